/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sampler.h"

#include <stdio.h>

#include "names.h"
#include "text.h"
#include "xfrm.h"

/*
 * A sample is taken again while packets go, up to this often: of few packets each one matters, and
 * of many the few that go meanwhile do not.
 */
#define MAX_TAKES 3

/* Of equal ones the first comes first, so that all of them are known by it. */
static int by_ends(const void *a, const void *b)
{
	const struct conn_ends *const *x = a, *const *y = b;
	int c = conn_ends_compare(&(*x)->remote, &(*x)->local, *y);

	return c != 0 ? c : *x < *y ? -1 : *x > *y;
}

/* The conns put in order, so that thousands of them do not make each SA dear. */
struct ends {
	const struct conn_ends **items; /* by_ends() */
	size_t n;
	struct facts_address *locals; /* the conns' own addresses, each once */
	size_t n_locals;
};

static void ends_done(struct ends *e)
{
	free(e->items);
	free(e->locals);
}

static bool has_local(const struct ends *e, const struct facts_ip *local)
{
	for (size_t i = 0; i < e->n_locals; i++)
		if (facts_ip_equal(&e->locals[i].ip, local))
			return true;
	return false;
}

static int ends_of(const struct sampler_view *view, struct ends *ret)
{
	struct ends e = { .n = view->n_conns };

	e.items = calloc(e.n + 1, sizeof(*e.items));
	e.locals = calloc(e.n + 1, sizeof(*e.locals));
	if (!e.items || !e.locals) {
		ends_done(&e);
		return -ENOMEM;
	}
	for (size_t i = 0; i < e.n; i++) {
		const struct conn_ends *conn = &view->conns[i];

		e.items[i] = conn;
		if (!has_local(&e, &conn->local))
			e.locals[e.n_locals++] = (struct facts_address){ view->bond, conn->local };
	}
	if (e.n > 1)
		qsort(e.items, e.n, sizeof(*e.items), by_ends);
	*ret = e;
	return 0;
}

/* The first conn of these ends, or NULL. */
static const struct conn_ends *find_ends(const struct ends *e, const struct facts_ip *remote,
					 const struct facts_ip *local)
{
	size_t low = 0, high = e->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (conn_ends_compare(remote, local, e->items[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == e->n || conn_ends_compare(remote, local, e->items[low]) != 0)
		return NULL;
	return e->items[low];
}

/* The conn whose ends, seen from this host, an SA has; or one for any peer that has its own end. */
static const struct conn_ends *conn_of(const struct facts_sa *sa, const struct ends *e)
{
	static const struct facts_ip any = { 0 };
	bool in = sa->direction == FACTS_IN;
	const struct facts_ip *local = in ? &sa->destination : &sa->source;
	const struct facts_ip *remote = in ? &sa->source : &sa->destination;

	return find_ends(e, remote, local) ?: find_ends(e, &any, local);
}

static int add_sas(const struct sampler_view *view, struct proof_sample *sample)
{
	_cleanup_(ends_done) struct ends ends = { 0 };
	_cleanup_free_ struct facts_sa *sas = NULL;
	size_t n_sas;
	int r;

	r = ends_of(view, &ends);
	if (r < 0)
		return r;
	/* An SA without offload does not tell its direction; the conns' own addresses do. */
	r = xfrm_dump(ends.locals, ends.n_locals, &sas, &n_sas);
	if (r < 0)
		return r;

	for (size_t i = 0; i < n_sas; i++) {
		const struct conn_ends *conn = conn_of(&sas[i], &ends);

		if (facts_sa_is_larval(&sas[i]) || (!conn && sas[i].offload_link != view->bond))
			continue;
		r = proof_sample_add_sa(sample, &sas[i],
					conn ? (size_t)(conn - view->conns) : PROOF_NO_CONN,
					conn && conn->shared);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_active_port(struct ethtool *ethtool, const struct sampler_view *view,
			   struct proof_sample *sample)
{
	struct facts_link port;
	int r;

	if (!view->active)
		return 0;

	port = *view->active;
	r = ethtool_get_feature(ethtool, port.name, FEATURE_ESP_HW_OFFLOAD, &port.esp_hw_offload);
	if (r < 0)
		return r;
	r = ethtool_get_counters(ethtool, port.name, &port.counters);
	if (r < 0 && r != -ENOENT)
		return r;
	port.has_counters = r == 0;
	return proof_sample_add_port(sample, &port);
}

static int take(struct ethtool *ethtool, const struct sampler_view *view, struct proof_sample *ret)
{
	_cleanup_(proof_sample_done) struct proof_sample sample = PROOF_SAMPLE_NULL;
	int r;

	sample.active_port = view->active ? view->active->ifindex : FACTS_NO_LINK;
	sample.switches = view->switches;

	r = add_active_port(ethtool, view, &sample);
	if (r == -ENODEV)
		sample.active_port = FACTS_NO_LINK; /* it left just now; the message is under way */
	else if (r < 0)
		return r;

	r = add_sas(view, &sample);
	if (r < 0)
		return r;

	*ret = sample;
	sample = PROOF_SAMPLE_NULL;
	return 0;
}

/*
 * Reads the port's counters once more. Return: true when it counted nothing while the SAs were
 * read: the two belong to one moment.
 */
static bool is_of_one_moment(struct ethtool *ethtool, const struct sampler_view *view,
			     struct proof_sample *sample)
{
	struct proof_port *port = sample->ports;

	if (sample->n_ports == 0 || !port->has_counters)
		return true;
	if (ethtool_get_counters(ethtool, view->active->name, &port->later) < 0)
		port->later = port->counters;
	return port->later.tx_ipsec == port->counters.tx_ipsec &&
	       port->later.rx_ipsec == port->counters.rx_ipsec;
}

int sampler_take(struct ethtool *ethtool, const struct sampler_view *view, struct proof_sample *ret)
{
	_cleanup_(proof_sample_done) struct proof_sample sample = PROOF_SAMPLE_NULL;

	for (int i = 1;; i++) {
		int r = take(ethtool, view, &sample);

		if (r < 0)
			return r;
		if (is_of_one_moment(ethtool, view, &sample) || i == MAX_TAKES)
			break;
		proof_sample_done(&sample);
	}
	*ret = sample;
	sample = PROOF_SAMPLE_NULL;
	return 0;
}

/* A conn is known by the first of its ends; by these alone nobody can tell it from the others. */
static void name_conn(const struct sampler_view *view, size_t conn, char *ret, size_t size)
{
	const struct conn_ends *ends = &view->conns[conn];
	_cleanup_text_ struct text t = TEXT_NULL;

	for (size_t i = conn; i < view->n_conns && t.len < size; i++)
		if (conn_ends_compare(&ends->remote, &ends->local, &view->conns[i]) == 0)
			text_printf(&t, "%s%s", i > conn ? " or " : "", view->conns[i].name);
	snprintf(ret, size, "%s", t.data ? t.data : "");
}

void sampler_name_conns(const struct sampler_view *view, struct proof *proof)
{
	char names[PROOF_MAX_CONNS][PROOF_REASON_SIZE / 4];
	const char *list[PROOF_MAX_CONNS];

	for (size_t i = 0; i < proof->n_conns; i++) {
		name_conn(view, proof->conns[i], names[i], sizeof(names[i]));
		list[i] = names[i];
	}
	proof_name_conns(proof, list);
}

int sampler_traffic(const struct sampler_view *view, struct sampler_traffic *ret)
{
	_cleanup_(proof_sample_done) struct proof_sample sample = PROOF_SAMPLE_NULL;
	struct sampler_traffic traffic = { 0 };
	int r;

	r = add_sas(view, &sample);
	if (r < 0)
		return r;
	for (size_t i = 0; i < sample.n_sas; i++) {
		const struct proof_sa *sa = &sample.sas[i];
		struct sampler_flow *flow = sa->direction == FACTS_OUT ? &traffic.tx : &traffic.rx;

		if (sa->offloaded)
			flow->offloadable += sa->packets;
		else
			flow->software += sa->packets;
	}
	traffic.n_sas = sample.n_sas;
	*ret = traffic;
	return 0;
}
