/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sampler.h"

#include "names.h"
#include "xfrm.h"

/*
 * A sample is taken again while packets go, up to this often: of few packets each one matters, and
 * of many the few that go meanwhile do not.
 */
#define MAX_TAKES 3

static int compare_ips(const struct facts_ip *a, const struct facts_ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* By the peer first: those of any peer, whose address is of no family, come before all others. */
static int compare_ends(const struct facts_ip *remote, const struct facts_ip *local,
			const struct conn_ends *conn)
{
	int c = compare_ips(remote, &conn->remote);

	return c != 0 ? c : compare_ips(local, &conn->local);
}

static int by_ends(const void *a, const void *b)
{
	const struct conn_ends *const *x = a, *const *y = b;

	return compare_ends(&(*x)->remote, &(*x)->local, *y);
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

static bool has_ends(const struct ends *e, const struct facts_ip *remote,
		     const struct facts_ip *local)
{
	size_t low = 0, high = e->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = compare_ends(remote, local, e->items[middle]);

		if (c == 0)
			return true;
		if (c > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* The ends of an SA seen from this host are a conn's, or its own end is that of one for any peer.
 */
static bool sa_is_ours(const struct facts_sa *sa, const struct ends *e)
{
	static const struct facts_ip any = { 0 };
	bool in = sa->direction == FACTS_IN;
	const struct facts_ip *local = in ? &sa->destination : &sa->source;
	const struct facts_ip *remote = in ? &sa->source : &sa->destination;

	return has_ends(e, remote, local) || has_ends(e, &any, local);
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
		bool ours = sa_is_ours(&sas[i], &ends);

		if (facts_sa_is_larval(&sas[i]) || (!ours && sas[i].offload_link != view->bond))
			continue;
		r = proof_sample_add_sa(sample, &sas[i], ours);
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

/* The port counted nothing while the SAs were read: the two belong to one moment. */
static bool is_of_one_moment(struct ethtool *ethtool, const struct sampler_view *view,
			     const struct proof_sample *sample)
{
	struct facts_counters now;

	if (sample->n_ports == 0 || !sample->ports[0].has_counters)
		return true;
	return ethtool_get_counters(ethtool, view->active->name, &now) < 0 ||
	       (now.tx_ipsec == sample->ports[0].counters.tx_ipsec &&
		now.rx_ipsec == sample->ports[0].counters.rx_ipsec);
}

int sampler_take(struct ethtool *ethtool, const struct sampler_view *view, struct proof_sample *ret)
{
	_cleanup_(proof_sample_done) struct proof_sample sample = PROOF_SAMPLE_NULL;

	for (int i = 1;; i++) {
		int r = take(ethtool, view, &sample);

		if (r < 0)
			return r;
		if (i == MAX_TAKES || is_of_one_moment(ethtool, view, &sample))
			break;
		proof_sample_done(&sample);
	}
	*ret = sample;
	sample = PROOF_SAMPLE_NULL;
	return 0;
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
