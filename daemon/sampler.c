/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sampler.h"

#include "names.h"
#include "xfrm.h"

/* The ends of an SA seen from this host. */
static bool sa_is_of(const struct facts_sa *sa, const struct conn_ends *conn)
{
	bool in = sa->direction == FACTS_IN;
	const struct facts_ip *local = in ? &sa->destination : &sa->source;
	const struct facts_ip *remote = in ? &sa->source : &sa->destination;

	return facts_ip_equal(local, &conn->local) &&
	       (conn->remote.family == 0 || facts_ip_equal(remote, &conn->remote));
}

static bool sa_is_ours(const struct facts_sa *sa, const struct sampler_view *view)
{
	for (size_t i = 0; i < view->n_conns; i++)
		if (sa_is_of(sa, &view->conns[i]))
			return true;
	return false;
}

static int add_sas(const struct sampler_view *view, struct proof_sample *sample)
{
	_cleanup_free_ struct facts_address *local = NULL;
	_cleanup_free_ struct facts_sa *sas = NULL;
	size_t n_sas;
	int r;

	/* An SA without offload does not tell its direction; the conns' own addresses do. */
	local = calloc(view->n_conns + 1, sizeof(*local));
	if (!local)
		return -ENOMEM;
	for (size_t i = 0; i < view->n_conns; i++)
		local[i] = (struct facts_address){ view->bond, view->conns[i].local };

	r = xfrm_dump(local, view->n_conns, &sas, &n_sas);
	if (r < 0)
		return r;

	for (size_t i = 0; i < n_sas; i++) {
		bool ours = sa_is_ours(&sas[i], view);

		/* SPI 0: the kernel asks for an SA, and has none yet. */
		if (sas[i].spi == 0 || (!ours && sas[i].offload_link != view->bond))
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

int sampler_take(struct ethtool *ethtool, const struct sampler_view *view, struct proof_sample *ret)
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
