/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sampler.h"

#include <stdio.h>

#include "names.h"
#include "text.h"

/*
 * A sample is taken again while packets go, up to this often, and the one is kept in which the
 * fewest went: of few packets each one matters, and of many the few that go meanwhile do not.
 */
#define MAX_TAKES 3

struct adding {
	const struct sampler_view *view;
	struct proof_sample *sample;
};

static int add_sa(const struct facts_sa *sa, const struct conn_ends *conn, void *userdata)
{
	struct adding *a = userdata;

	return proof_sample_add_sa(a->sample, sa,
				   conn ? (size_t)(conn - a->view->conns) : PROOF_NO_CONN,
				   conn && conn->shared);
}

static int add_sas(const struct sampler_view *view, struct proof_sample *sample)
{
	_cleanup_(sa_book_freep) struct sa_book *of_its_own = NULL;
	struct adding a = { view, sample };
	int r = view->book ? 0 : sa_book_new(&of_its_own);

	if (r < 0)
		return r;
	return sa_book_read(view->book ?: of_its_own, view->bond, view->conns, view->n_conns,
			    add_sa, &a);
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
 * Reads the port's counters once more. Return: how much it counted while the SAs were read; 0: the
 * two belong to one moment.
 */
static uint64_t count_meanwhile(struct ethtool *ethtool, const struct sampler_view *view,
				struct proof_sample *sample)
{
	struct proof_port *port = sample->ports;

	if (sample->n_ports == 0 || !port->has_counters)
		return 0;
	if (ethtool_get_counters(ethtool, view->active->name, &port->later) < 0)
		port->later = port->counters;
	return port->later.tx_ipsec - port->counters.tx_ipsec + port->later.rx_ipsec -
	       port->counters.rx_ipsec;
}

int sampler_take(struct ethtool *ethtool, const struct sampler_view *view, struct proof_sample *ret)
{
	_cleanup_(proof_sample_done) struct proof_sample best = PROOF_SAMPLE_NULL;
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < MAX_TAKES && least > 0; i++) {
		struct proof_sample sample;
		uint64_t n;
		int r = take(ethtool, view, &sample);

		if (r < 0)
			return r;
		n = count_meanwhile(ethtool, view, &sample);
		if (n <= least) {
			proof_sample_done(&best);
			best = sample;
			least = n;
		} else {
			proof_sample_done(&sample);
		}
	}
	*ret = best;
	best = PROOF_SAMPLE_NULL;
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
