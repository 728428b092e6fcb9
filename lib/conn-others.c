/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conn-others.h"

#include "array.h"
#include "ipsec-conf.h"

void conn_others_done(struct conn_others *others)
{
	free(others->items);
	*others = (struct conn_others){ 0 };
}

static int by_ends(const void *a, const void *b)
{
	const struct conn_ends *x = a;

	return conn_ends_compare(&x->remote, &x->local, b);
}

/* Whether a bond means it, by the number of a name's first conn. */
static int mark_meant(const struct facts *facts, const struct policy_bond *bonds, size_t n_bonds,
		      bool *meant)
{
	for (size_t b = 0; b < n_bonds; b++) {
		struct conn_ends_list list = { 0 };
		int r = conn_ends_of(facts, &bonds[b], &list);

		if (r < 0)
			return r;
		for (size_t i = 0; i < list.n; i++)
			meant[list.items[i].first] = true;
		conn_ends_list_done(&list);
	}
	return 0;
}

static int add(const struct facts *facts, const struct ipsec_conf_conn *conn,
	       struct conn_others *others)
{
	struct conn_ends ends = { 0 };
	bool encrypts;
	int r;

	r = conn_ends_of_one(facts, "", conn, &ends);
	if (r <= 0)
		return r;
	r = conn_encrypts(facts, conn, &encrypts);
	if (r < 0 || !encrypts)
		return r;
	r = ARRAY_GROW(others);
	if (r < 0)
		return r;
	others->items[others->n++] = ends;
	return 0;
}

int conn_others_of(const struct facts *facts, const struct policy_bond *bonds, size_t n_bonds,
		   struct conn_others *ret)
{
	_cleanup_(conn_others_done) struct conn_others others = { 0 };
	size_t n = facts->conf ? ipsec_conf_n_conns(facts->conf) : 0;
	_cleanup_free_ bool *meant = calloc(n + 1, sizeof(*meant));
	int r;

	if (!meant)
		return -ENOMEM;
	r = n > 0 ? mark_meant(facts, bonds, n_bonds, meant) : 0;
	for (size_t i = 0; r >= 0 && i < n; i++) {
		const struct ipsec_conf_conn *conn = ipsec_conf_conn(facts->conf, i);

		if (conn->first == i && !meant[i])
			r = add(facts, conn, &others);
	}
	if (r < 0)
		return r;
	if (others.n > 1)
		qsort(others.items, others.n, sizeof(*others.items), by_ends);
	*ret = others;
	others = (struct conn_others){ 0 };
	return 0;
}

static bool is_among(const struct conn_others *others, const struct facts_ip *remote,
		     const struct facts_ip *local)
{
	const struct conn_ends key = { .remote = *remote, .local = *local };

	return others->n > 0 &&
	       bsearch(&key, others->items, others->n, sizeof(key), by_ends) != NULL;
}

/* Of whatever peer. */
static bool has_local(const struct conn_others *others, const struct facts_ip *local)
{
	for (size_t i = 0; i < others->n; i++)
		if (others->items[i].assumed || facts_ip_equal(&others->items[i].local, local))
			return true;
	return false;
}

/* An end that the files do not name may be any. */
void conn_others_mark(const struct conn_others *others, struct conn_ends_list *list)
{
	static const struct facts_ip any = { 0 };

	for (size_t i = 0; i < list->n; i++) {
		struct conn_ends *c = &list->items[i];

		if (c->remote.family == 0)
			c->shared = has_local(others, &c->local);
		else
			c->shared = is_among(others, &c->remote, &c->local) ||
				    is_among(others, &c->remote, &any) ||
				    is_among(others, &any, &c->local) ||
				    is_among(others, &any, &any);
	}
}
