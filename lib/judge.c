/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

#include "array.h"
#include "ike-sharing.h"

/* A line of trafficstatus by the name of its conn, without the "/1x2" of an expanded subnet. */
struct judge_tunnel {
	size_t len;
	const struct facts_tunnel *tunnel;
};

/* ---- Texts ---- */

const char *judge_take(struct judge *j, struct text *t)
{
	char *s;

	if (array_reserve(&j->texts, &j->texts_alloc, j->n_texts, 1, sizeof(*j->texts)) < 0 ||
	    text_take(t, &s) < 0) {
		text_done(t);
		j->error = -ENOMEM;
		return "";
	}
	j->texts[j->n_texts++] = s;
	return s;
}

const char *judge_say(struct judge *j, const char *format, ...)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	va_list args;

	va_start(args, format);
	text_vprintf(&t, format, args);
	va_end(args);
	return judge_take(j, &t);
}

static void add(struct judge *j, enum finding_severity severity, bool missing, const char *subject,
		const char *seen, const char *why, const char *remedy)
{
	if (++j->n_said <= JUDGE_SAID_MAX) {
		if (findings_add(j->findings, j->id, severity, missing, subject, seen, why,
				 remedy) < 0)
			j->error = -ENOMEM;
		return;
	}
	if (severity < j->worst_unsaid)
		j->worst_unsaid = severity;
	if (severity == FINDING_BLOCKS && !missing)
		j->unsaid_wait = false;
}

void judge_run(struct judge *j, const struct check *check)
{
	j->id = check->info.id;
	j->n_said = 0;
	j->worst_unsaid = FINDING_NOTES;
	j->unsaid_wait = true;
	check->run(j);

	if (j->n_said > JUDGE_SAID_MAX &&
	    findings_add(j->findings, j->id, j->worst_unsaid,
			 j->worst_unsaid == FINDING_BLOCKS && j->unsaid_wait, j->policy->name,
			 judge_say(j, "the same of %zu more", j->n_said - JUDGE_SAID_MAX),
			 "only the first are shown one by one", "the same") < 0)
		j->error = -ENOMEM;
}

void judge_blocks(struct judge *j, const char *subject, const char *seen, const char *why,
		  const char *remedy)
{
	add(j, FINDING_BLOCKS, false, subject, seen, why, remedy);
}

void judge_waits(struct judge *j, const char *subject, const char *seen, const char *why,
		 const char *remedy)
{
	add(j, FINDING_BLOCKS, true, subject, seen, why, remedy);
}

void judge_warns(struct judge *j, const char *subject, const char *seen, const char *why,
		 const char *remedy)
{
	add(j, FINDING_WARNS, false, subject, seen, why, remedy);
}

void judge_notes(struct judge *j, const char *subject, const char *seen, const char *why,
		 const char *remedy)
{
	add(j, FINDING_NOTES, false, subject, seen, why, remedy);
}

/* ---- Values of conns ---- */

bool judge_value(struct judge *j, const struct judge_conn *c, const char *key,
		 struct ipsec_conf_value *ret)
{
	struct ipsec_conf_value value;
	int r = ipsec_conf_effective(j->facts->conf, c->conf, key, &value);

	if (r == -ENOMEM)
		j->error = r;
	if (r < 0 || !value.value)
		return false;
	*ret = value;
	return true;
}

bool judge_is(struct judge *j, const struct judge_conn *c, const char *key, const char *value)
{
	struct ipsec_conf_value v;

	return judge_value(j, c, key, &v) && ipsec_conf_same_value(j->version, key, v.value, value);
}

const char *judge_place(struct judge *j, const struct ipsec_conf_place *place)
{
	return judge_say(j, "%s:%u", ipsec_conf_file(j->facts->conf, place->file)->path,
			 place->line);
}

const char *judge_origin(struct judge *j, const struct ipsec_conf_value *value)
{
	switch (value->origin) {
	case IPSEC_CONF_UNSET:
		break;
	case IPSEC_CONF_BUILTIN:
		return "Libreswan's own default, since the files say nothing";
	case IPSEC_CONF_CRYPTO_POLICY:
		return judge_say(j, "the system-wide crypto policy, %s",
				 judge_place(j, &value->place));
	case IPSEC_CONF_DEFAULT:
		return judge_say(j, "conn %%default, %s", judge_place(j, &value->place));
	case IPSEC_CONF_ALSO:
		return judge_say(j, "also=%s, %s", value->section, judge_place(j, &value->place));
	case IPSEC_CONF_OWN:
		return judge_place(j, &value->place);
	}
	return "not set";
}

/* ---- Putting the facts in order ---- */

static int compare_ips(const struct facts_ip *a, const struct facts_ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static const struct facts_ip *own_end(const struct facts_sa *sa)
{
	return sa->direction == FACTS_IN ? &sa->destination : &sa->source;
}

static const struct facts_ip *other_end(const struct facts_sa *sa)
{
	return sa->direction == FACTS_IN ? &sa->source : &sa->destination;
}

/* By the ends; with a peer that is not known beforehand (family 0) all SAs of the own end match. */
static int compare_ends(const struct facts_ip *own_a, const struct facts_ip *other_a,
			const struct facts_sa *b)
{
	int r = compare_ips(own_a, own_end(b));

	return r != 0 || other_a->family == 0 ? r : compare_ips(other_a, other_end(b));
}

static int compare_sas(const void *a, const void *b)
{
	const struct facts_sa *x = a;

	return compare_ends(own_end(x), other_end(x), b);
}

static int compare_pointed_sas(const void *a, const void *b)
{
	return compare_sas(*(const struct facts_sa *const *)a, *(const struct facts_sa *const *)b);
}

/* Facts in order (see checks_order()) are only looked through, for each bond. */
static bool is_sorted(const void *items, size_t n, size_t size,
		      int (*compare)(const void *a, const void *b))
{
	for (const char *item = items; n > 1; n--, item += size)
		if (compare(item, item + size) > 0)
			return false;
	return true;
}

static void sort(void *items, size_t n, size_t size, int (*compare)(const void *a, const void *b))
{
	if (!is_sorted(items, n, size, compare))
		qsort(items, n, size, compare);
}

static int sort_sas(struct judge *j)
{
	j->sas = calloc(j->facts->n_sas + 1, sizeof(*j->sas));
	if (!j->sas)
		return -ENOMEM;
	for (size_t i = 0; i < j->facts->n_sas; i++)
		if (!facts_sa_is_larval(&j->facts->sas[i]))
			j->sas[j->n_sas++] = &j->facts->sas[i];
	sort(j->sas, j->n_sas, sizeof(*j->sas), compare_pointed_sas);
	return 0;
}

/* The first SA that is not before (or, with @past, that is behind) the ends of the conn. */
static size_t search_sas(const struct judge *j, const struct conn_ends *e, bool past)
{
	size_t from = 0, to = j->n_sas;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int r = compare_ends(&e->local, &e->remote, j->sas[middle]);

		if (r > 0 || (r == 0 && past))
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static void find_sas(const struct judge *j, struct judge_conn *c)
{
	size_t from = search_sas(j, c->ends, false), to = search_sas(j, c->ends, true);

	c->sas = j->sas + from;
	c->n_sas = to - from;
}

static int compare_names(const char *a, size_t n_a, const char *b, size_t n_b)
{
	int r = memcmp(a, b, n_a < n_b ? n_a : n_b);

	return r != 0 ? r : (n_a > n_b) - (n_a < n_b);
}

static int compare_tunnels(const void *a, const void *b)
{
	const struct judge_tunnel *x = a, *y = b;

	return compare_names(x->tunnel->conn, x->len, y->tunnel->conn, y->len);
}

static int sort_tunnels(struct judge *j)
{
	j->tunnels = calloc(j->facts->n_tunnels + 1, sizeof(*j->tunnels));
	if (!j->tunnels)
		return -ENOMEM;
	for (size_t i = 0; i < j->facts->n_tunnels; i++)
		j->tunnels[i] = (struct judge_tunnel){ facts_conn_length(j->facts->tunnels[i].conn),
						       &j->facts->tunnels[i] };
	sort(j->tunnels, j->facts->n_tunnels, sizeof(*j->tunnels), compare_tunnels);
	return 0;
}

static int compare_tunnel_facts(const void *a, const void *b)
{
	const struct judge_tunnel x = { facts_conn_length(((const struct facts_tunnel *)a)->conn),
					a };
	const struct judge_tunnel y = { facts_conn_length(((const struct facts_tunnel *)b)->conn),
					b };

	return compare_tunnels(&x, &y);
}

void checks_order(struct facts *facts)
{
	sort(facts->sas, facts->n_sas, sizeof(*facts->sas), compare_sas);
	sort(facts->tunnels, facts->n_tunnels, sizeof(*facts->tunnels), compare_tunnel_facts);
}

static const struct facts_tunnel *find_tunnel(const struct judge *j, const char *name)
{
	const struct facts_tunnel key = { .conn = (char *)(uintptr_t)name };
	const struct judge_tunnel wanted = { strlen(name), &key };
	const struct judge_tunnel *found = bsearch(&wanted, j->tunnels, j->facts->n_tunnels,
						   sizeof(*j->tunnels), compare_tunnels);

	return found ? found->tunnel : NULL;
}

const struct ipsec_conf_conn *judge_conf_of(const struct judge *j, const struct facts_tunnel *t)
{
	return ike_conn_of(j->facts, t->conn);
}

static int find_conns(struct judge *j)
{
	size_t n_conf = j->facts->conf ? ipsec_conf_n_conns(j->facts->conf) : 0;
	int r = conn_ends_of(j->facts, j->policy, &j->ends);

	if (r < 0)
		return r;
	j->conns = calloc(j->ends.n + 1, sizeof(*j->conns));
	j->meant = calloc(n_conf + 1, sizeof(*j->meant));
	if (!j->conns || !j->meant)
		return -ENOMEM;
	for (size_t i = 0; i < j->ends.n; i++) {
		struct judge_conn *c = &j->conns[j->n_conns++];

		c->ends = &j->ends.items[i];
		c->conf = ipsec_conf_find(j->facts->conf, c->ends->name);
		j->meant[c->conf->first] = true;
		c->tunnel = find_tunnel(j, c->ends->name);
		find_sas(j, c);
	}
	return 0;
}

/* What is not known to be another driver is taken for ixgbe: its limits are the narrowest. */
static bool limits_are_ixgbes(const struct judge *j)
{
	const struct facts_link *port = NULL;
	bool others = false;

	while (j->bond && (port = facts_next_port(j->facts, j->bond, port))) {
		if (has_prefix(port->driver.name, "ixgbe") || port->driver.name[0] == '\0')
			return true;
		others = true;
	}
	return !others;
}

int judge_begin(const struct facts *facts, const struct policy_bond *policy,
		struct findings *findings, struct judge *ret)
{
	const struct facts_link *link = facts_link_by_name(facts, policy->name);
	struct judge j = {
		.facts = facts,
		.policy = policy,
		.bond = link && facts_is_bond(link) ? link : NULL,
		.profile = facts_profile_of(facts, policy->name),
		.version = { facts->libreswan.major, facts->libreswan.minor },
		.findings = findings,
	};
	int r;

	j.ixgbe = limits_are_ixgbes(&j);
	r = sort_sas(&j);
	if (r >= 0)
		r = sort_tunnels(&j);
	if (r >= 0)
		r = find_conns(&j);
	if (r >= 0)
		judge_decide(&j);
	if (r >= 0)
		r = j.error;
	if (r < 0) {
		judge_end(&j);
		return r;
	}
	*ret = j;
	return 0;
}

void judge_end(struct judge *j)
{
	for (size_t i = 0; i < j->n_texts; i++)
		free(j->texts[i]);
	free(j->texts);
	free(j->conns);
	free(j->meant);
	free(j->tunnels);
	free(j->sas);
	conn_ends_list_done(&j->ends);
}
