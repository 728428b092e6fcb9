/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "proposal.h"

#include <ctype.h>
#include <strings.h>

#include "checks.h"
#include "conn-ends.h"
#include "ipsec-conf.h"
#include "text.h"

/* Of findings, and of conns that are left out, so many are shown. */
#define SHOWN_MAX 20

/* What is proposed, while it is being made. */
struct maker {
	const struct facts *facts;
	size_t n_bonds;    /* active-backup ones of the host */
	bool some_refused; /* a pattern would take in conns that are left out */
	struct text text;
	struct proposal made;
};

void proposal_done(struct proposal *p)
{
	free(p->text);
	*p = PROPOSAL_NULL;
}

/* ---- words in YAML ---- */

/* Some words are values of another type for YAML 1.1. */
static bool is_plain(const char *s)
{
	static const char *const words[] = { "y",   "n",    "yes",   "no",  "on",
					     "off", "true", "false", "null" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(s, words[i]) == 0)
			return false;
	if (!isalpha((unsigned char)s[0]))
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '-' && *s != '_' && *s != '.')
			return false;
	return true;
}

/* Between double quotes: what YAML 1.1, section 5.7, wants escaped. */
static void add_word(struct text *t, const char *s)
{
	if (is_plain(s)) {
		text_add(t, s);
		return;
	}
	text_add_char(t, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == 0x7f) {
			text_printf(t, "\\x%02x", c);
			continue;
		}
		if (c == '"' || c == '\\')
			text_add_char(t, '\\');
		text_add_char(t, *s);
	}
	text_add_char(t, '"');
}

/* Within a comment: whatever it is, it stays in its line. */
static void add_comment(struct text *t, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		text_add_char(t, c < 0x20 || c == 0x7f ? '?' : *s);
	}
}

/* ---- bonds ---- */

static bool is_ours(const struct facts_link *l)
{
	return facts_is_bond(l) && l->bond.mode == FACTS_MODE_ACTIVE_BACKUP;
}

static void add_ports(struct maker *m, const struct facts_link *bond)
{
	const struct facts_link *port = NULL;
	const char *between = " over ";

	while ((port = facts_next_port(m->facts, bond, port))) {
		text_printf(&m->text, "%s%s (", between, port->name);
		add_comment(&m->text, port->driver.name[0] ? port->driver.name : "driver unknown");
		text_printf(&m->text, "%s)", port->port.active ? ", active" : "");
		between = ", ";
	}
	if (streq(between, " over "))
		text_add(&m->text, " without ports");
}

/* ---- conns ---- */

static const char *value_of(const struct maker *m, const struct ipsec_conf_conn *conn,
			    const char *key)
{
	struct ipsec_conf_value value;

	if (!conn || ipsec_conf_effective(m->facts->conf, conn, key, &value) < 0 || !value.value)
		return "";
	return value.value;
}

static void add_conn(struct maker *m, const struct conn_ends *ends)
{
	const struct ipsec_conf_conn *conn = ipsec_conf_find(m->facts->conf, ends->name);
	const struct ipsec_conf_file *file =
		conn ? ipsec_conf_file(m->facts->conf, conn->place.file) : NULL;
	char local[FACTS_IP_TEXT_SIZE], remote[FACTS_IP_TEXT_SIZE];
	struct text *t = &m->text;

	text_add(t, "      - ");
	add_word(t, ends->name);
	text_add(t, "  # ");
	if (ends->assumed && ends->owner == FACTS_NO_LINK)
		text_add(t, "own address not in the file, taken to be the bond's; ");
	text_printf(t, "%s to %s, ", facts_ip_print(&ends->local, local),
		    ends->remote.family ? facts_ip_print(&ends->remote, remote) : "any");
	add_comment(t, value_of(m, conn, "type"));
	text_printf(t, " mode, %s", facts_tunnel_of(m->facts, ends->name) ? "up" : "not up");
	if (file) {
		text_add(t, "; ");
		add_comment(t, file->path);
		text_printf(t, ":%u", conn->place.line);
	}
	text_add_char(t, '\n');
}

static void add_conns(struct maker *m, const struct conn_ends_list *ends)
{
	struct text *t = &m->text;

	text_add(t,
		 "    # The conns of Libreswan whose own address is the bond's. A pattern such as\n"
		 "    # \"site-*\" takes in those that come later.\n"
		 "    connections:\n");
	if (ends->n > PROPOSAL_CONNS_NAMED && !m->some_refused) {
		text_printf(t, "      - \"*\"  # %zu conns now: those that end on the bond\n",
			    ends->n);
		return;
	}
	for (size_t i = 0; i < ends->n; i++)
		add_conn(m, &ends->items[i]);
}

/* ---- the other keys ---- */

static void add_hands(struct text *t)
{
	text_add(t,
		 "    # The drivers that are trusted below the bond. Others show the feature, and\n"
		 "    # may not do it, or do harm.\n"
		 "    drivers: [ixgbe]\n"
		 "    # enforce: make it so, and keep it so. monitor: look and prove, change "
		 "nothing;\n"
		 "    # good for a first look at a host in use.\n"
		 "    manage: enforce\n"
		 "    # How the bond's feature is switched on where it is off. auto: by bringing "
		 "the\n"
		 "    # profile up again, which interrupts the bond for seconds, and only where it "
		 "is\n"
		 "    # off. live: in the kernel, without an interruption.\n"
		 "    activation: auto\n"
		 "    # How pluto takes up a changed conn. auto: what disturbs least with the "
		 "Libreswan\n"
		 "    # that is installed. Others: restart, replace, never (you do it).\n"
		 "    ipsec: auto\n");
}

static bool finds(const struct findings *f, const char *id)
{
	for (size_t i = 0; i < f->n; i++)
		if (streq(f->items[i].id, id))
			return true;
	return false;
}

/* Changes that both ends must agree upon are nobody's to make but the administrator's. */
static void add_ensure(struct text *t, const struct findings *findings)
{
	bool esn = finds(findings, "conn-esn"), esp = finds(findings, "conn-esp");

	text_add(t,
		 "    # Changes to the conns beside nic-offload, made only when they stand here:\n"
		 "    # ixgbe takes neither extended sequence numbers nor other ciphers than\n"
		 "    # AES-GCM with 128 bits. The other end of the tunnel must agree.\n");
	if (!esn && !esp) {
		text_add(t, "    ensure: {}\n");
		return;
	}
	text_printf(
		t,
		"    # Needed here, once the other end is ready for it:\n    # ensure: {%s%s%s}\n",
		esn ? "esn: no" : "", esn && esp ? ", " : "", esp ? "esp: aes_gcm128-null" : "");
}

/* Between two hosts the peer itself answers; what answers behind a gateway, nobody knows here. */
static const struct conn_ends *to_ping(const struct maker *m, const struct conn_ends_list *ends)
{
	for (size_t i = 0; i < ends->n; i++) {
		const struct ipsec_conf_conn *conn =
			ipsec_conf_find(m->facts->conf, ends->items[i].name);

		if (ends->items[i].remote.family != 0 &&
		    strcasecmp(value_of(m, conn, "type"), "transport") == 0)
			return &ends->items[i];
	}
	return NULL;
}

static void add_proof(struct maker *m, const struct conn_ends_list *ends)
{
	const struct conn_ends *peer = to_ping(m, ends);
	char address[FACTS_IP_TEXT_SIZE];
	struct text *t = &m->text;

	text_add(t,
		 "    # The proof by the ports' counters: how long it may take, and the share of "
		 "the\n"
		 "    # packets that must go through the hardware.\n"
		 "    proof:\n"
		 "      within: 30s\n"
		 "      ratio: 0.95\n"
		 "      # Whom to ping through the tunnel when there is no traffic to judge by.\n");
	if (peer) {
		text_printf(t, "      probe: {address: \"%s\", count: 5}  # the peer of conn ",
			    facts_ip_print(&peer->remote, address));
		add_comment(t, peer->name);
		text_add_char(t, '\n');
	} else {
		text_add(t, "      # Put in an address that answers behind it:\n"
			    "      # probe: {address: 198.51.100.2, count: 5}\n");
	}
	text_add(t, "    # Undo everything when a tunnel does not come back.\n"
		    "    rollback: true\n");
}

static void add_findings(struct text *t, const struct findings *findings)
{
	static const char *const words[] = { "blocks", "warns", "notes" };
	size_t shown = 0, n = 0;

	for (size_t i = 0; i < findings->n; i++)
		n += findings->items[i].severity != FINDING_NOTES;
	if (n == 0) {
		text_add(t, "    # Nothing speaks against it as things stand.\n");
		return;
	}
	text_add(t, "    # As things stand this speaks against it; \"esp-offloadctl check\" says "
		    "why it\n"
		    "    # matters and what to do:\n");
	for (size_t i = 0; i < findings->n && shown < SHOWN_MAX; i++) {
		const struct finding *f = &findings->items[i];

		if (f->severity == FINDING_NOTES)
			continue;
		text_printf(t, "    #   %s  %s, ", words[f->severity], f->id);
		add_comment(t, f->subject);
		text_add(t, ": ");
		add_comment(t, f->seen);
		text_add_char(t, '\n');
		shown++;
	}
	if (shown < n)
		text_printf(t, "    #   and %zu more\n", n - shown);
}

/* ---- one bond ---- */

/* Somebody has written nic-offload=no, and knows why. */
static bool is_refused(const struct maker *m, const char *name)
{
	const struct ipsec_conf_conn *conn = ipsec_conf_find(m->facts->conf, name);
	struct ipsec_conf_value value;

	if (!conn || ipsec_conf_effective(m->facts->conf, conn, "nic-offload", &value) < 0)
		return false;
	return value.origin > IPSEC_CONF_BUILTIN && value.value &&
	       strcasecmp(value.value, "no") == 0;
}

/* A conn without an own address is the bond's only where there is no other that it may be. */
static bool is_nobodys(const struct maker *m, const struct conn_ends *ends)
{
	return m->n_bonds > 1 && ends->assumed && ends->owner == FACTS_NO_LINK;
}

static void leave_out(struct maker *m, struct conn_ends_list *ends)
{
	size_t kept = 0;

	m->some_refused = false;
	for (size_t i = 0; i < ends->n; i++) {
		bool refused = is_refused(m, ends->items[i].name);

		m->some_refused = m->some_refused || refused;
		if (refused || is_nobodys(m, &ends->items[i]))
			free(ends->items[i].name);
		else
			ends->items[kept++] = ends->items[i];
	}
	ends->n = kept;
}

/* The policy as it is proposed: with every default, and these conns. */
static int policy_of(const struct facts_link *bond, const struct conn_ends_list *ends,
		     struct policy_bond *ret)
{
	struct policy_bond policy;
	int r;

	r = policy_bond_init(bond->name, &policy);
	if (r < 0)
		return r;
	policy.conns = calloc(ends->n + 1, sizeof(*policy.conns));
	for (size_t i = 0; policy.conns && i < ends->n; i++) {
		policy.conns[i] = strdup(ends->items[i].name);
		if (!policy.conns[i])
			break;
		policy.n_conns++;
	}
	if (policy.n_conns < ends->n || !policy.conns) {
		policy_bond_done(&policy);
		return -ENOMEM;
	}
	*ret = policy;
	return 0;
}

static int judge(const struct maker *m, const struct facts_link *bond,
		 const struct conn_ends_list *ends, struct findings *ret)
{
	struct policy_bond policy;
	int r;

	r = policy_of(bond, ends, &policy);
	if (r < 0)
		return r;
	r = checks_run(m->facts, &policy, ret);
	policy_bond_done(&policy);
	return r;
}

static int ends_on(const struct maker *m, const struct facts_link *bond, struct conn_ends_list *ret)
{
	static char all[] = "*";
	char *patterns[] = { all }, name[FACTS_NAME_SIZE];
	const struct policy_bond policy = { .name = name, .conns = patterns, .n_conns = 1 };

	memcpy(name, bond->name, sizeof(name));
	return conn_ends_of(m->facts, &policy, ret);
}

static int add_bond(struct maker *m, const struct facts_link *bond)
{
	_cleanup_(conn_ends_list_done) struct conn_ends_list ends = { 0 };
	_cleanup_findings_ struct findings findings = FINDINGS_NULL;
	struct text *t = &m->text;
	int r;

	r = ends_on(m, bond, &ends);
	if (r < 0)
		return r;
	leave_out(m, &ends);
	text_printf(t, "\n  # %s: active-backup", bond->name);
	add_ports(m, bond);
	if (ends.n == 0) {
		text_add(t, ".\n  # No conn is known to have its own address there, so it is left "
			    "out.\n");
		return 0;
	}
	r = judge(m, bond, &ends, &findings);
	if (r < 0)
		return r;

	text_add(t, ".\n  ");
	add_word(t, bond->name);
	text_add(t, ":\n");
	add_conns(m, &ends);
	add_hands(t);
	add_ensure(t, &findings);
	add_proof(m, &ends);
	add_findings(t, &findings);
	m->made.n_bonds++;
	m->made.n_conns += ends.n;
	return 0;
}

/* ---- what is left out ---- */

static void add_other_bonds(struct maker *m)
{
	for (size_t i = 0; i < m->facts->n_links; i++) {
		const struct facts_link *l = &m->facts->links[i];

		if (facts_is_bond(l) && !is_ours(l))
			text_printf(
				&m->text,
				"\n# %s is left out: its mode is %s, and the kernel offloads ESP "
				"over active-backup bonds only.\n",
				l->name, facts_mode_name(l->bond.mode));
	}
}

static void add_reason(struct maker *m, const struct conn_skipped *s)
{
	const struct facts_link *owner = facts_link_by_index(m->facts, s->owner);
	struct text *t = &m->text;

	switch (s->why) {
	case CONN_LEFT_OUT_ELSEWHERE:
		text_printf(t, "its own address is %s's", owner ? owner->name : "another device");
		return;
	case CONN_LEFT_OUT_NOT_HERE:
		text_add(t, "neither of its addresses is this host's");
		return;
	case CONN_LEFT_OUT_NM_OWNED:
		text_add(t, "NetworkManager made it");
		return;
	case CONN_LEFT_OUT_NO_SA:
		text_add(t, "it encrypts nothing");
		return;
	}
}

/* A conn of another bond is none that is left out. */
static bool is_left_out(const struct maker *m, const struct conn_skipped *s)
{
	const struct facts_link *owner = facts_link_by_index(m->facts, s->owner);

	return s->why != CONN_LEFT_OUT_ELSEWHERE || !owner || !is_ours(owner);
}

/* Begins to say so, where there is room for it. */
static void add_left_out(struct maker *m, const char *name, size_t *n)
{
	if ((*n)++ >= SHOWN_MAX)
		return;
	text_add(&m->text, "\n# conn ");
	add_comment(&m->text, name);
	text_add(&m->text, " is left out: ");
}

/* Those that end on a bond, and are in nobody's list all the same. */
static int add_refused_conns(struct maker *m, const struct facts_link *bond, bool last, size_t *n)
{
	_cleanup_(conn_ends_list_done) struct conn_ends_list ends = { 0 };
	int r;

	r = ends_on(m, bond, &ends);
	for (size_t i = 0; r == 0 && i < ends.n; i++) {
		const struct conn_ends *e = &ends.items[i];

		if (e->assumed && e->owner == FACTS_NO_LINK && !last)
			continue; /* it is among those of every bond */
		if (!is_refused(m, e->name) && !is_nobodys(m, e))
			continue;
		add_left_out(m, e->name, n);
		if (*n <= SHOWN_MAX)
			text_add(&m->text, is_refused(m, e->name)
						   ? "somebody has written nic-offload=no there.\n"
						   : "it names no own address, and there are "
						     "several bonds.\n");
	}
	return r;
}

static int add_other_conns(struct maker *m, const struct facts_link *last)
{
	_cleanup_(conn_ends_list_done) struct conn_ends_list ends = { 0 };
	struct text *t = &m->text;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < m->facts->n_links; i++)
		if (is_ours(&m->facts->links[i]))
			r = add_refused_conns(m, &m->facts->links[i], &m->facts->links[i] == last,
					      &n);
	if (r == 0)
		r = ends_on(m, last, &ends);
	for (size_t i = 0; r == 0 && i < ends.n_skipped; i++) {
		if (!is_left_out(m, &ends.skipped[i]))
			continue;
		add_left_out(m, ends.skipped[i].name, &n);
		if (n > SHOWN_MAX)
			continue;
		add_reason(m, &ends.skipped[i]);
		text_add(t, ".\n");
	}
	if (n > SHOWN_MAX)
		text_printf(t, "\n# And %zu conns more.\n", n - SHOWN_MAX);
	return r;
}

/* ---- the whole ---- */

static int add_bonds(struct maker *m)
{
	const struct facts_link *any = NULL;
	int r;

	for (size_t i = 0; i < m->facts->n_links; i++) {
		if (!is_ours(&m->facts->links[i]))
			continue;
		any = &m->facts->links[i];
		r = add_bond(m, any);
		if (r < 0)
			return r;
	}
	if (!any)
		text_add(&m->text, "\n# There is no active-backup bond on this host.\n");
	else if (!m->facts->ipsec_installed)
		text_add(&m->text, "\n# Libreswan is not installed, so there are no conns.\n");
	add_other_bonds(m);
	return any ? add_other_conns(m, any) : 0;
}

int proposal_make(const struct facts *facts, struct proposal *ret)
{
	struct maker m = { .facts = facts, .text = TEXT_NULL };
	_cleanup_text_ struct text whole = TEXT_NULL;
	int r;

	for (size_t i = 0; i < facts->n_links; i++)
		m.n_bonds += is_ours(&facts->links[i]);
	r = add_bonds(&m);

	text_add(&whole, "# The policy of esp-offloadd, as \"esp-offloadctl init\" proposes it for "
			 "what it saw on\n"
			 "# this host. Read it, and change what you like: esp-offloadd.yaml(5) "
			 "explains every\n"
			 "# key, and those that are left out have the defaults that it names.\n"
			 "#\n"
			 "#     esp-offloadctl config validate     says what is wrong with this "
			 "file, and where\n"
			 "#     esp-offloadctl check               says what stands in the way on "
			 "this host\n"
			 "#     esp-offloadctl plan                says what would be changed\n"
			 "\n"
			 "version: 1  # of this file's format\n"
			 "\n");
	text_add(&whole, m.made.n_bonds > 0 ? "bonds:\n" : "bonds: {}\n");
	if (m.text.failed)
		r = -ENOMEM;
	if (r == 0 && m.text.data)
		text_add_bytes(&whole, m.text.data, m.text.len);
	text_done(&m.text);
	if (r == 0)
		r = text_take(&whole, &m.made.text);
	if (r == 0)
		*ret = m.made;
	return r;
}
