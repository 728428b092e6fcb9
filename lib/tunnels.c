/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tunnels.h"

#include "array.h"

/* No policy has this one. */
#define NO_REQID 0

void tunnels_done(struct tunnels *t)
{
	free(t->items);
	free(t->flows);
	*t = TUNNELS_NULL;
}

/* ---- the order of things ---- */

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_ips(const struct facts_ip *a, const struct facts_ip *b)
{
	int c = compare_numbers((uint64_t)a->family, (uint64_t)b->family);

	return c != 0 ? c : memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* What goes through: all but the reqid. */
static int compare_flows(const void *a, const void *b)
{
	const struct facts_flow *x = &((const struct tunnel_flow *)a)->flow,
				*y = &((const struct tunnel_flow *)b)->flow;
	const uint64_t pairs[][2] = {
		{ x->source_bits, y->source_bits },
		{ x->destination_bits, y->destination_bits },
		{ x->proto, y->proto },
		{ x->source_port, y->source_port },
		{ x->destination_port, y->destination_port },
		{ x->source_port_mask, y->source_port_mask },
		{ x->destination_port_mask, y->destination_port_mask },
		{ (uint64_t)x->link, (uint64_t)y->link },
		{ x->if_id, y->if_id },
		{ x->mark, y->mark },
		{ x->mask, y->mask },
	};
	int c = compare_ips(&x->source, &y->source);

	if (c == 0)
		c = compare_ips(&x->destination, &y->destination);
	for (size_t i = 0; i < ARRAY_SIZE(pairs) && c == 0; i++)
		c = compare_numbers(pairs[i][0], pairs[i][1]);
	return c;
}

/* An SA's place, and the tunnel that it leads to. */
struct route {
	struct facts_ip local, remote;
	uint32_t reqid;
	size_t tunnel;
};

static int compare_ends(const struct route *x, const struct route *y)
{
	int c = compare_ips(&x->local, &y->local);

	return c != 0 ? c : compare_ips(&x->remote, &y->remote);
}

static int compare_routes(const void *a, const void *b)
{
	const struct route *x = a, *y = b;
	int c = compare_ends(x, y);

	return c != 0 ? c : compare_numbers(x->reqid, y->reqid);
}

static struct route route_of(const struct facts_sa *sa)
{
	bool in = sa->direction == FACTS_IN;

	return (struct route){ .local = in ? sa->destination : sa->source,
			       .remote = in ? sa->source : sa->destination,
			       .reqid = sa->reqid };
}

static void sort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	if (n > 0)
		qsort(items, n, size, compare);
}

/* The first of the sorted items that is not before the key; their number when all are. */
static size_t first_at(const void *items, size_t n, size_t size, const void *key,
		       int (*compare)(const void *, const void *))
{
	size_t from = 0, to = n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (compare((const char *)items + middle * size, key) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* ---- seeing them ---- */

struct routes {
	struct route *items;
	size_t n, alloc;
};

static int compare_whole_routes(const void *a, const void *b)
{
	const struct route *x = a, *y = b;
	int c = compare_routes(x, y);

	return c != 0 ? c : compare_numbers(x->tunnel, y->tunnel);
}

static void sort_once_each(struct routes *routes)
{
	size_t n = 0;

	sort(routes->items, routes->n, sizeof(*routes->items), compare_whole_routes);
	for (size_t i = 0; i < routes->n; i++)
		if (n == 0 || compare_whole_routes(&routes->items[n - 1], &routes->items[i]) != 0)
			routes->items[n++] = routes->items[i];
	routes->n = n;
}

static int add_route(struct routes *routes, const struct tunnels *t, size_t tunnel, uint32_t reqid)
{
	int r = ARRAY_GROW(routes);

	if (r >= 0)
		routes->items[routes->n++] = (struct route){
			.local = t->items[tunnel].local,
			.remote = t->items[tunnel].remote,
			.reqid = reqid,
			.tunnel = tunnel,
		};
	return r;
}

/* The reqids that lead to the tunnels at this moment. */
static int find_routes(const struct tunnels *t, const struct facts_flow *flows, size_t n_flows,
		       struct routes *ret)
{
	int r = 0;

	for (size_t i = 0; i < n_flows && r >= 0; i++) {
		const struct tunnel_flow key = { .flow = flows[i] };
		size_t k = first_at(t->flows, t->n_flows, sizeof(key), &key, compare_flows);

		for (; k < t->n_flows && compare_flows(&t->flows[k], &key) == 0 && r >= 0; k++)
			r = add_route(ret, t, t->flows[k].tunnel, flows[i].reqid);
	}
	for (size_t i = 0; i < t->n && r >= 0; i++)
		if (t->items[i].by_ends)
			r = add_route(ret, t, i, NO_REQID);
	sort_once_each(ret);
	return r;
}

/* Return: the first of the routes of an SA, which go on while they are equal; NULL for none. */
static const struct route *routes_of(const struct routes *routes, const struct facts_sa *sa)
{
	const struct route by_ends = { .local = route_of(sa).local,
				       .remote = route_of(sa).remote,
				       .reqid = NO_REQID };
	const struct route keys[] = { route_of(sa), by_ends };

	for (size_t i = 0; i < ARRAY_SIZE(keys) && sa->spi != 0; i++) {
		size_t k = first_at(routes->items, routes->n, sizeof(keys[i]), &keys[i],
				    compare_routes);

		if (k < routes->n && compare_routes(&routes->items[k], &keys[i]) == 0)
			return &routes->items[k];
	}
	return NULL;
}

static void count(struct tunnels *t, const struct facts_sa *sa, const struct routes *routes)
{
	const struct route *first = routes_of(routes, sa), *end = routes->items + routes->n;

	for (const struct route *x = first; x && x < end && compare_routes(x, first) == 0; x++) {
		struct tunnel *tunnel = &t->items[x->tunnel];

		if (sa->direction == FACTS_IN)
			tunnel->in++;
		else
			tunnel->out++;
	}
}

int tunnels_see(struct tunnels *t, const struct facts_sa *sas, size_t n_sas,
		const struct facts_flow *flows, size_t n_flows)
{
	struct routes routes = { 0 };
	int r;

	r = find_routes(t, flows, n_flows, &routes);
	for (size_t i = 0; i < t->n && r >= 0; i++)
		t->items[i].in = t->items[i].out = 0;
	for (size_t i = 0; i < n_sas && r >= 0; i++)
		count(t, &sas[i], &routes);
	free(routes.items);
	return r;
}

/* ---- taking them in ---- */

static int compare_reqids(const void *a, const void *b)
{
	const struct facts_flow *x = a, *y = b;

	return compare_numbers(x->reqid, y->reqid);
}

/* Return: its number; -ENOMEM. */
static int add_tunnel(struct tunnels *t, const struct route *ends, bool by_ends)
{
	int r = ARRAY_GROW(t);

	if (r < 0)
		return r;
	t->items[t->n] =
		(struct tunnel){ .local = ends->local, .remote = ends->remote, .by_ends = by_ends };
	return (int)t->n++;
}

static int add_flow(struct tunnels *t, const struct facts_flow *flow, int tunnel)
{
	int r = array_reserve(&t->flows, &t->flows_alloc, t->n_flows, 1, sizeof(*t->flows));

	if (r >= 0)
		t->flows[t->n_flows++] =
			(struct tunnel_flow){ .flow = *flow, .tunnel = (size_t)tunnel };
	return r;
}

/* Return: 1 when something goes through SAs of that place, so that they are a tunnel; 0; -ENOMEM */
static int know_place(struct tunnels *t, const struct route *place, const struct facts_flow *flows,
		      size_t n_flows)
{
	const struct facts_flow key = { .reqid = place->reqid };
	size_t k = first_at(flows, n_flows, sizeof(key), &key, compare_reqids);
	int tunnel, r = 0;

	if (k == n_flows || flows[k].reqid != place->reqid)
		return 0;
	tunnel = add_tunnel(t, place, false);
	for (; tunnel >= 0 && k < n_flows && flows[k].reqid == place->reqid && r >= 0; k++)
		r = add_flow(t, &flows[k], tunnel);
	r = tunnel < 0 ? tunnel : r;
	return r < 0 ? r : 1;
}

/* The places of outgoing SAs, sorted, each once. */
static int find_places(const struct facts *facts, struct routes *ret)
{
	int r;

	for (size_t i = 0; i < facts->n_sas; i++) {
		if (facts->sas[i].spi == 0 || facts->sas[i].direction != FACTS_OUT)
			continue;
		r = ARRAY_GROW(ret);
		if (r < 0)
			return r;
		ret->items[ret->n++] = route_of(&facts->sas[i]);
	}
	sort_once_each(ret);
	return 0;
}

static int know_places(struct tunnels *t, const struct routes *places,
		       const struct facts_flow *flows, size_t n_flows)
{
	size_t i = 0;

	while (i < places->n) {
		const struct route *first = &places->items[i];
		bool in_use = false;
		int r;

		for (; i < places->n && compare_ends(&places->items[i], first) == 0; i++) {
			r = know_place(t, &places->items[i], flows, n_flows);
			if (r < 0)
				return r;
			in_use = in_use || r > 0;
		}
		r = in_use ? 0 : add_tunnel(t, first, true);
		if (r < 0)
			return r;
	}
	sort(t->flows, t->n_flows, sizeof(*t->flows), compare_flows);
	return 0;
}

/* ---- their names ---- */

static int compare_spis(const void *a, const void *b)
{
	const struct facts_tunnel *const *x = a, *const *y = b;

	return compare_numbers((*x)->spi, (*y)->spi);
}

/* Two of pluto's that are one tunnel here have no name, unless both have the same. */
static void name_tunnels_of(struct tunnels *t, const struct facts_sa *sa, const char *conn,
			    const struct routes *routes, bool *several)
{
	const struct route *first = routes_of(routes, sa), *end = routes->items + routes->n;

	for (const struct route *x = first; x && x < end && compare_routes(x, first) == 0; x++) {
		struct tunnel *tunnel = &t->items[x->tunnel];

		several[x->tunnel] |= tunnel->conn && !streq(tunnel->conn, conn);
		tunnel->conn = conn;
	}
}

static int name_all(struct tunnels *t, const struct facts *facts, const struct routes *routes)
{
	_cleanup_free_ const struct facts_tunnel **known = NULL;
	_cleanup_free_ bool *several = NULL;

	known = calloc(facts->n_tunnels + 1, sizeof(*known));
	several = calloc(t->n + 1, sizeof(*several));
	if (!known || !several)
		return -ENOMEM;
	for (size_t i = 0; i < facts->n_tunnels; i++)
		known[i] = &facts->tunnels[i];
	sort(known, facts->n_tunnels, sizeof(*known), compare_spis);
	for (size_t i = 0; i < facts->n_sas; i++) {
		const struct facts_tunnel wanted = { .spi = facts->sas[i].spi }, *key = &wanted;
		size_t k = first_at(known, facts->n_tunnels, sizeof(key), &key, compare_spis);

		if (k < facts->n_tunnels && known[k]->spi == wanted.spi)
			name_tunnels_of(t, &facts->sas[i], known[k]->conn, routes, several);
	}
	for (size_t i = 0; i < t->n; i++)
		if (several[i])
			t->items[i].conn = NULL;
	return 0;
}

int tunnels_know(struct tunnels *t, const struct facts *facts, const struct facts_flow *flows,
		 size_t n_flows)
{
	struct routes places = { 0 }, routes = { 0 };
	_cleanup_free_ struct facts_flow *sorted = NULL;
	int r;

	sorted = calloc(n_flows + 1, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	if (n_flows > 0)
		memcpy(sorted, flows, n_flows * sizeof(*sorted));
	sort(sorted, n_flows, sizeof(*sorted), compare_reqids);

	r = find_places(facts, &places);
	if (r >= 0)
		r = know_places(t, &places, sorted, n_flows);
	if (r >= 0)
		r = find_routes(t, sorted, n_flows, &routes);
	if (r >= 0)
		r = name_all(t, facts, &routes);
	if (r >= 0)
		r = tunnels_see(t, facts->sas, facts->n_sas, sorted, n_flows);
	free(places.items);
	free(routes.items);
	return r;
}
