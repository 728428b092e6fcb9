/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

#include <stdio.h>
#include <strings.h>

/* The conns: that they are there, are what they seem, and go through the bond. */

static bool is_readable(const struct judge *j)
{
	return j->facts->conf && !ipsec_conf_is_broken(j->facts->conf);
}

/* ---- conn-exists ---- */

static const char *nearest_conn(const struct judge *j, const char *name)
{
	size_t n = ipsec_conf_n_conns(j->facts->conf);
	_cleanup_free_ const char **names = calloc(n + 1, sizeof(*names));

	if (!names)
		return NULL;
	for (size_t i = 0; i < n; i++)
		names[i] = ipsec_conf_conn(j->facts->conf, i)->name;
	return nearest_word(name, names);
}

static void missing_conn(struct judge *j, const char *name, const char *nearest)
{
	judge_waits(j, name,
		    judge_say(j, "none of the %zu conns in Libreswan's files %s",
			      ipsec_conf_n_conns(j->facts->conf),
			      policy_is_pattern(name) ? judge_say(j, "matches \"%s\"", name)
						      : judge_say(j, "is called \"%s\"", name)),
		    "the policy names the conns whose traffic the hardware is to do",
		    nearest ? judge_say(j,
					"did you mean \"%s\"? \"esp-offloadctl conn list\" "
					"shows all",
					nearest)
			    : "\"esp-offloadctl conn list\" shows all; correct the name in the "
			      "policy, or write the conn");
}

static void check_exists(struct judge *j)
{
	bool searched = false;

	if (!is_readable(j))
		return;
	for (size_t i = 0; i < j->policy->n_conns; i++) {
		const char *name = j->policy->conns[i], *nearest = NULL;

		if (ipsec_conf_match(j->facts->conf, name, NULL))
			continue;
		/* Only for one: it looks through all of them. */
		if (!searched && !policy_is_pattern(name))
			nearest = nearest_conn(j, name);
		searched = searched || nearest;
		missing_conn(j, name, nearest);
	}
	if (j->n_said > 0 || j->n_conns > 0)
		return;
	judge_waits(j, j->policy->name,
		    judge_say(j, "%zu conns match, and none of them goes through %s",
			      j->ends.n_skipped, j->policy->name),
		    "there is nothing to be done as long as no conn has its own address on the "
		    "bond",
		    judge_say(j,
			      "compare \"ip address show %s\" with left= and right= of the conns",
			      j->policy->name));
}

/* ---- conn-skipped ---- */

static const char *reason_of(struct judge *j, const struct conn_skipped *s)
{
	const struct facts_link *owner = facts_link_by_index(j->facts, s->owner);

	switch (s->why) {
	case CONN_LEFT_OUT_ELSEWHERE:
		return judge_say(j, "its own address is on %s", owner ? owner->name : "another");
	case CONN_LEFT_OUT_NOT_HERE:
		return "neither of its addresses is this host's";
	case CONN_LEFT_OUT_NM_OWNED:
		return "NetworkManager made it";
	case CONN_LEFT_OUT_NO_SA:
		break;
	}
	return "it encrypts nothing";
}

static bool lies_on_bond(const struct judge *j, int ifindex)
{
	const struct facts_link *l = facts_link_by_index(j->facts, ifindex);

	return l && j->bond && l->lower == j->bond->ifindex;
}

static void check_skipped(struct judge *j)
{
	for (size_t i = 0; i < j->ends.n_skipped; i++) {
		const struct conn_skipped *s = &j->ends.skipped[i];

		if (s->why == CONN_LEFT_OUT_NO_SA)
			continue;
		(lies_on_bond(j, s->owner) ? judge_warns : judge_notes)(
			j, s->name,
			judge_say(j, "a pattern of the policy matches it, but %s", reason_of(j, s)),
			"a pattern means those of its conns that go through the bond itself; this "
			"one is left as it is",
			lies_on_bond(j, s->owner)
				? judge_say(j,
					    "a device on top of the bond cannot offload: move the "
					    "address to %s if this conn is to be offloaded",
					    j->policy->name)
				: "nothing, if that is as it should be");
	}
}

/* ---- conn-unique, conn-loads, conn-nm-owned ---- */

static void check_unique(struct judge *j)
{
	for (size_t i = 0; i < j->n_conns; i++) {
		const struct ipsec_conf_conn *conn = j->conns[i].conf;

		if (conn->n_definitions < 2)
			continue;
		judge_blocks(
			j, conn->name,
			judge_say(j, "the conn is defined %u times, first in %s",
				  conn->n_definitions, judge_place(j, &conn->place)),
			"at start-up the last definition counts, when the conn is loaded by "
			"hand the first: no edit could be right for both",
			"leave one of them; \"esp-offloadctl conn list\" shows where they are");
	}
}

static bool is_about_conn(const struct judge *j, const struct ipsec_conf_finding *f)
{
	return f->conn && f->severity == IPSEC_CONF_ERROR && f->code != IPSEC_CONF_DUPLICATE_CONN &&
	       judge_means(j, ipsec_conf_find(j->facts->conf, f->conn));
}

static void check_loads(struct judge *j)
{
	if (!is_readable(j))
		return;
	for (size_t i = 0; i < ipsec_conf_n_findings(j->facts->conf); i++) {
		const struct ipsec_conf_finding *f = ipsec_conf_finding(j->facts->conf, i);

		if (is_about_conn(j, f))
			judge_blocks(j, f->conn,
				     judge_say(j, "%s: %s", judge_place(j, &f->place), f->text),
				     "Libreswan does not load such a conn, or not as it is meant, "
				     "and says so at best in its log",
				     f->remedy ? f->remedy : "correct the line");
	}
}

static void check_nm_owned(struct judge *j)
{
	for (size_t i = 0; i < j->n_conns; i++) {
		const struct ipsec_conf_conn *conn = j->conns[i].conf;

		if (!ipsec_conf_nm_owned(j->facts->conf, conn))
			continue;
		judge_blocks(
			j, conn->name,
			judge_say(j, "NetworkManager made this conn (%s)",
				  judge_place(j, &conn->place)),
			"it writes the conn anew each time it connects, and has no setting for "
			"offload: an edit would be lost",
			"write a conn of your own in /etc/ipsec.d, and name that in the policy");
	}
}

/* ---- conn-address ---- */

static const char *ends_text(struct judge *j, const struct conn_ends *e)
{
	char local[FACTS_IP_TEXT_SIZE], remote[FACTS_IP_TEXT_SIZE];

	return judge_say(j, "%s and %s", facts_ip_print(&e->local, local),
			 e->remote.family ? facts_ip_print(&e->remote, remote) : "any peer");
}

static void address_elsewhere(struct judge *j, const struct judge_conn *c)
{
	const struct facts_link *owner = facts_link_by_index(j->facts, c->ends->owner);
	bool port = owner->master != FACTS_NO_LINK && j->bond && owner->master == j->bond->ifindex;
	bool above = lies_on_bond(j, owner->ifindex);
	char ip[FACTS_IP_TEXT_SIZE];

	judge_blocks(
		j, c->ends->name,
		judge_say(j, "its own address%s%s is on %s%s%s%s, not on %s itself",
			  c->ends->assumed ? "" : " ",
			  c->ends->assumed ? "" : facts_ip_print(&c->ends->local, ip), owner->name,
			  above ? " (a " : "", above ? owner->kind : "",
			  above ? judge_say(j, " on %s)", j->policy->name) : "", j->policy->name),
		above  ? "Libreswan hands the SA to the device that has the address, and a VLAN or "
			 "macvlan cannot pass it on to the bond below it (its esp-hw-offload is off "
			 "[fixed])"
		: port ? "an address belongs on the bond: Libreswan leaves out interfaces that are "
			 "ports of one, and after a failover the address would be on the wrong port"
		       : "Libreswan hands the SA to the device that has the address",
		judge_say(j,
			  "move the address to %s (the VLAN's tag can be taken off by the switch), "
			  "or take the conn out of the policy",
			  j->policy->name));
}

static void check_address(struct judge *j)
{
	for (size_t i = 0; i < j->n_conns; i++) {
		const struct judge_conn *c = &j->conns[i];
		const struct facts_link *owner = facts_link_by_index(j->facts, c->ends->owner);

		if (owner && !streq(owner->name, j->policy->name))
			address_elsewhere(j, c);
		else if (c->ends->absent && j->bond)
			judge_waits(
				j, c->ends->name, "its own end is an interface that is not there",
				"pluto does not load such a conn, and whose address it would have "
				"is not known",
				"make the interface, or correct left= and right=");
		else if (!owner && !c->ends->assumed && j->bond)
			judge_waits(j, c->ends->name,
				    judge_say(j, "neither of its addresses (%s) is this host's",
					      ends_text(j, c->ends)),
				    "pluto cannot tell which end of the conn it is (it is "
				    "\"unoriented\"), so the tunnel cannot come up",
				    judge_say(j,
					      "add the address to the profile of %s, or correct "
					      "left= and right=",
					      j->policy->name));
		else if (c->ends->assumed && c->ends->local.family == 0 && j->bond)
			judge_warns(j, c->ends->name,
				    judge_say(j,
					      "its own address is left to pluto, and %s has none",
					      j->policy->name),
				    "pluto takes the address of the route to the peer; if that is "
				    "not on the bond, nothing is offloaded",
				    "write the address into left= or right=");
	}
}

/* ---- conn-auto ---- */

static void check_auto(struct judge *j)
{
	if (!j->decision.restart)
		return;
	for (size_t i = 0; i < j->n_conns; i++) {
		const struct judge_conn *c = &j->conns[i];
		struct ipsec_conf_value v;
		bool has = judge_value(j, c, "auto", &v);

		/* Its words are read so by Libreswan. */
		if (!c->tunnel ||
		    (has && strcasecmp(v.value, "add") != 0 && strcasecmp(v.value, "ignore") != 0 &&
		     strcasecmp(v.value, "keep") != 0))
			continue;
		judge_warns(
			j, c->ends->name,
			judge_say(j, "the tunnel is up, and auto=%s (%s)", has ? v.value : "ignore",
				  has ? judge_origin(j, &v) : "the default"),
			"the plan has a restart of ipsec.service, after which the tunnel is asked "
			"for since it was up; after any other restart, or a boot, this end does "
			"not bring it up by itself",
			judge_say(j, "esp-offloadctl conn set %s auto=start", c->ends->name));
	}
}

/* ---- conn-edit ---- */

/* What other checks say already, and better. */
static bool is_known(enum ipsec_conf_refusal refusal)
{
	return refusal == IPSEC_CONF_REFUSED_NO_CONN || refusal == IPSEC_CONF_REFUSED_BROKEN ||
	       refusal == IPSEC_CONF_REFUSED_DUPLICATE_CONN ||
	       refusal == IPSEC_CONF_REFUSED_NM_OWNED;
}

/* Each edit reads the files again to see what it means: so many take their square in time. */
enum {
	EDITS_MAX = 512
};

static void check_edit(struct judge *j)
{
	if (!is_readable(j))
		return;
	if (j->decision.n_edited > EDITS_MAX) {
		judge_blocks(
			j, j->policy->name,
			judge_say(j, "%zu conns would have to be edited one by one",
				  j->decision.n_edited),
			judge_say(j,
				  "one line in conn %%default says the same for all of them; "
				  "more than %d single edits are not made",
				  EDITS_MAX),
			"write nic-offload=yes (and what \"ensure\" asks for) into conn %default "
			"of /etc/ipsec.conf");
		return;
	}
	for (size_t i = 0; i < j->n_conns; i++) {
		const struct judge_conn *c = &j->conns[i];
		_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *e = NULL;
		int r;

		if (c->n_changes == 0)
			continue;
		r = ipsec_conf_plan(j->facts->conf, c->ends->name, c->changes, c->n_changes, &e);
		if (r < 0)
			j->error = r;
		if (r != IPSEC_CONF_REFUSED || is_known(e->refusal))
			continue;
		judge_blocks(j, c->ends->name,
			     judge_say(j, "the conn cannot be edited safely: %s", e->reason),
			     "esp-offloadd changes a file only where Libreswan would surely "
			     "understand the new text as it is meant",
			     e->remedy);
	}
}

const struct check checks_conn[] = {
	{ { "conn-exists", "The policy's conns are there" }, check_exists },
	{ { "conn-unique", "Each conn is defined once" }, check_unique },
	{ { "conn-loads", "Libreswan loads each conn as it is written" }, check_loads },
	{ { "conn-nm-owned", "No conn is NetworkManager's" }, check_nm_owned },
	{ { "conn-address", "Each conn has its own address on the bond itself" }, check_address },
	{ { "conn-skipped", "The patterns match no conn of another interface" }, check_skipped },
	{ { NULL, NULL }, NULL },
};

const struct check checks_conn_last[] = {
	{ { "conn-edit", "Each conn can be edited safely" }, check_edit },
	{ { "conn-auto", "Each tunnel comes back after a restart" }, check_auto },
	{ { NULL, NULL }, NULL },
};
