/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conn-ends.h"

#include <strings.h>

#include "array.h"
#include "ipsec-conf.h"
#include "policy-words.h"

void conn_ends_list_done(struct conn_ends_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i].name);
	for (size_t i = 0; i < l->n_skipped; i++)
		free(l->skipped[i].name);
	free(l->items);
	free(l->skipped);
	*l = (struct conn_ends_list){ 0 };
}

static int compare_ips(const struct facts_ip *a, const struct facts_ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

int conn_ends_compare(const struct facts_ip *remote, const struct facts_ip *local,
		      const struct conn_ends *conn)
{
	int c = compare_ips(remote, &conn->remote);

	return c != 0 ? c : compare_ips(local, &conn->local);
}

/* One side of a conn, as the files have it. */
struct side {
	bool given;                     /* it says anything at all */
	struct facts_ip ip;             /* the address that it names, or one of family 0 */
	const struct facts_link *owner; /* the device of this host that has it, or that it names */
	bool absent;                    /* it names a device, and there is none of that name */
};

/* "%eth0" names a device, if it is none of the words (kw_host_list in Libreswan's keywords.c). */
static const char *device_of(const char *value)
{
	static const char *const words[] = { "unset", "defaultroute",  "any",
					     "oppo",  "opportunistic", "opportunisticgroup",
					     "group", "oppogroup",     "hostname",
					     "dns",   "address",       "direct",
					     NULL };

	if (*value != '%' || policy_interface_fault(value + 1))
		return NULL;
	for (size_t i = 0; words[i]; i++)
		if (strcasecmp(value + 1, words[i]) == 0)
			return NULL;
	return value + 1;
}

static int side_of(const struct facts *facts, const struct ipsec_conf_conn *conn, const char *key,
		   struct side *ret)
{
	struct ipsec_conf_value value;
	struct side side = { 0 };
	const char *device;
	int r;

	r = ipsec_conf_effective(facts->conf, conn, key, &value);
	if (r == -ENOMEM)
		return r;
	side.given = r == 0 && value.value;
	device = side.given ? device_of(value.value) : NULL;
	if (device) {
		side.owner = facts_link_by_name(facts, device);
		side.absent = !side.owner;
	} else if (side.given && facts_ip_parse(value.value, &side.ip) == 0) {
		side.owner = facts_owner_of(facts, &side.ip);
	}
	*ret = side;
	return 0;
}

/* An address of the device of the same family as the peer's. */
static struct facts_ip address_on(const struct facts *facts, const struct facts_link *l, int family)
{
	for (size_t i = 0; l && i < facts->n_addresses; i++)
		if (facts->addresses[i].ifindex == l->ifindex &&
		    (family == 0 || facts->addresses[i].ip.family == family))
			return facts->addresses[i].ip;
	return (struct facts_ip){ 0 };
}

static bool is_left_local(const struct side *left, const struct side *right)
{
	if (left->owner || right->owner)
		return left->owner;
	if (left->absent || right->absent)
		return left->absent;
	return left->ip.family == 0 || right->ip.family != 0;
}

int conn_ends_of_one(const struct facts *facts, const char *bond,
		     const struct ipsec_conf_conn *conn, struct conn_ends *ret)
{
	const struct side *local, *remote;
	struct side left, right;
	int r;

	r = side_of(facts, conn, "left", &left);
	if (r < 0)
		return r;
	r = side_of(facts, conn, "right", &right);
	if (r < 0)
		return r;

	local = is_left_local(&left, &right) ? &left : &right;
	remote = local == &left ? &right : &left;
	ret->assumed = local->ip.family == 0;
	ret->absent = local->absent;
	ret->owner = local->owner ? local->owner->ifindex : FACTS_NO_LINK;
	ret->local = local->ip;
	if (ret->assumed && !ret->absent)
		ret->local =
			address_on(facts,
				   local->owner ? local->owner : facts_link_by_name(facts, bond),
				   remote->ip.family);
	ret->remote = remote->ip;
	ret->first = conn->first;
	return left.given && right.given;
}

int conn_encrypts(const struct facts *facts, const struct ipsec_conf_conn *conn, bool *ret)
{
	static const char *const others[] = { "passthrough", "pass", "drop", "reject", NULL };
	struct ipsec_conf_value value;
	int r;

	*ret = true;
	r = ipsec_conf_effective(facts->conf, conn, "type", &value);
	if (r == -ENOMEM)
		return r;
	for (size_t i = 0; r == 0 && value.value && others[i]; i++)
		if (strcasecmp(value.value, others[i]) == 0)
			*ret = false;
	return 0;
}

/* Return: 1 and the reason when a conn that a pattern matches is not meant; 0; -ENOMEM. */
static int left_out(const struct facts *facts, const char *bond, const struct ipsec_conf_conn *conn,
		    const struct conn_ends *ends, enum conn_left_out *ret)
{
	const struct facts_link *owner = facts_link_by_index(facts, ends->owner);
	bool has_sas;
	int r;

	r = conn_encrypts(facts, conn, &has_sas);
	if (r < 0)
		return r;

	if (ipsec_conf_nm_owned(facts->conf, conn))
		*ret = CONN_LEFT_OUT_NM_OWNED;
	else if (!has_sas)
		*ret = CONN_LEFT_OUT_NO_SA;
	else if (owner && !streq(owner->name, bond))
		*ret = CONN_LEFT_OUT_ELSEWHERE;
	else if (!owner && (!ends->assumed || ends->absent))
		*ret = CONN_LEFT_OUT_NOT_HERE;
	else
		return 0;
	return 1;
}

static int add_skipped(const char *name, enum conn_left_out why, int owner,
		       struct conn_ends_list *l)
{
	int r = array_reserve(&l->skipped, &l->skipped_alloc, l->n_skipped, 1, sizeof(*l->skipped));

	if (r < 0)
		return r;
	l->skipped[l->n_skipped] = (struct conn_skipped){ strdup(name), why, owner };
	if (!l->skipped[l->n_skipped].name)
		return -ENOMEM;
	l->n_skipped++;
	return 0;
}

static int add_conn(const struct facts *facts, const char *bond, const struct ipsec_conf_conn *conn,
		    bool by_pattern, struct conn_ends_list *l)
{
	struct conn_ends ends = { 0 };
	enum conn_left_out why;
	int r;

	r = conn_ends_of_one(facts, bond, conn, &ends);
	if (r < 0)
		return r;
	if (by_pattern) {
		r = left_out(facts, bond, conn, &ends, &why);
		if (r < 0)
			return r;
		if (r > 0)
			return add_skipped(conn->name, why, ends.owner, l);
	}

	r = ARRAY_GROW(l);
	if (r < 0)
		return r;
	ends.name = strdup(conn->name);
	if (!ends.name)
		return -ENOMEM;
	l->items[l->n++] = ends;
	return 0;
}

/* What is known of a name while the policy is gone through. */
struct mark {
	bool named; /* the policy names it, and does not only match it */
	bool seen;
};

static int mark_named(const struct facts *facts, const struct policy_bond *policy,
		      struct mark **ret)
{
	struct mark *marks = calloc(ipsec_conf_n_conns(facts->conf) + 1, sizeof(*marks));

	if (!marks)
		return -ENOMEM;
	for (size_t i = 0; i < policy->n_conns; i++) {
		const struct ipsec_conf_conn *conn = ipsec_conf_find(facts->conf, policy->conns[i]);

		if (conn)
			marks[conn->first].named = true;
	}
	*ret = marks;
	return 0;
}

int conn_ends_of(const struct facts *facts, const struct policy_bond *policy,
		 struct conn_ends_list *ret)
{
	_cleanup_(conn_ends_list_done) struct conn_ends_list list = { 0 };
	_cleanup_free_ struct mark *marks = NULL; /* by the number of a name's first conn */
	int r = 0;

	if (facts->conf)
		r = mark_named(facts, policy, &marks);
	if (r < 0)
		return r;

	for (size_t i = 0; marks && i < policy->n_conns; i++) {
		const struct ipsec_conf_conn *conn = NULL;

		while ((conn = ipsec_conf_match(facts->conf, policy->conns[i], conn))) {
			struct mark *m = &marks[conn->first];

			if (m->seen)
				continue;
			m->seen = true;
			r = add_conn(facts, policy->name, conn, !m->named, &list);
			if (r < 0)
				return r;
		}
	}
	*ret = list;
	list = (struct conn_ends_list){ 0 };
	return 0;
}
