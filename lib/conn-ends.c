/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conn-ends.h"

#include "array.h"
#include "ipsec-conf.h"

void conn_ends_list_done(struct conn_ends_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i].name);
	free(l->items);
	*l = (struct conn_ends_list){ 0 };
}

/* The address that a side of a conn names, or one of family 0. */
static int side_of(const struct facts *facts, const struct ipsec_conf_conn *conn, const char *key,
		   struct facts_ip *ret)
{
	struct ipsec_conf_value value;
	struct facts_ip ip;
	int r;

	r = ipsec_conf_effective(facts->conf, conn, key, &value);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || !value.value || facts_ip_parse(value.value, &ip) < 0)
		ip = (struct facts_ip){ 0 };
	*ret = ip;
	return 0;
}

/* An address of the bond of the same family as the peer's. */
static struct facts_ip address_of_bond(const struct facts *facts, const char *bond, int family)
{
	const struct facts_link *l = facts_link_by_name(facts, bond);

	for (size_t i = 0; l && i < facts->n_addresses; i++)
		if (facts->addresses[i].ifindex == l->ifindex &&
		    (family == 0 || facts->addresses[i].ip.family == family))
			return facts->addresses[i].ip;
	return (struct facts_ip){ 0 };
}

static int ends_of(const struct facts *facts, const char *bond, const struct ipsec_conf_conn *conn,
		   struct conn_ends *ret)
{
	struct facts_ip left, right, local, remote;
	bool left_is_local;
	int r;

	r = side_of(facts, conn, "left", &left);
	if (r < 0)
		return r;
	r = side_of(facts, conn, "right", &right);
	if (r < 0)
		return r;

	if (left.family != 0 && facts_owner_of(facts, &left))
		left_is_local = true;
	else if (right.family != 0 && facts_owner_of(facts, &right))
		left_is_local = false;
	else
		left_is_local = left.family == 0 || right.family != 0;

	local = left_is_local ? left : right;
	remote = left_is_local ? right : left;
	if (local.family == 0)
		local = address_of_bond(facts, bond, remote.family);

	ret->local = local;
	ret->remote = remote;
	return 0;
}

static bool is_listed(const struct conn_ends_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->items[i].name, name))
			return true;
	return false;
}

static int add_conn(const struct facts *facts, const char *bond, const struct ipsec_conf_conn *conn,
		    struct conn_ends_list *l)
{
	struct conn_ends *c;
	int r;

	r = ARRAY_GROW(l);
	if (r < 0)
		return r;
	c = &l->items[l->n];
	*c = (struct conn_ends){ 0 };
	r = ends_of(facts, bond, conn, c);
	if (r < 0)
		return r;
	c->name = strdup(conn->name);
	if (!c->name)
		return -ENOMEM;
	l->n++;
	return 0;
}

int conn_ends_of(const struct facts *facts, const struct policy_bond *policy,
		 struct conn_ends_list *ret)
{
	_cleanup_(conn_ends_list_done) struct conn_ends_list list = { 0 };
	int r;

	for (size_t i = 0; facts->conf && i < policy->n_conns; i++) {
		const struct ipsec_conf_conn *conn = NULL;

		while ((conn = ipsec_conf_match(facts->conf, policy->conns[i], conn))) {
			if (is_listed(&list, conn->name))
				continue;
			r = add_conn(facts, policy->name, conn, &list);
			if (r < 0)
				return r;
		}
	}
	*ret = list;
	list = (struct conn_ends_list){ 0 };
	return 0;
}
