/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "proof.h"

#include "array.h"

const char *verdict_name(enum verdict v)
{
	switch (v) {
	case VERDICT_SOFTWARE:
		return "software";
	case VERDICT_PARTIAL:
		return "partial";
	case VERDICT_OFFLOADED:
		return "offloaded";
	case VERDICT_UNKNOWN:
		break;
	}
	return "unknown";
}

void proof_sample_done(struct proof_sample *s)
{
	free(s->ports);
	free(s->sas);
	*s = PROOF_SAMPLE_NULL;
}

int proof_sample_add_port(struct proof_sample *s, const struct facts_link *port)
{
	int r;

	r = array_reserve(&s->ports, &s->ports_alloc, s->n_ports, 1, sizeof(*s->ports));
	if (r < 0)
		return r;

	s->ports[s->n_ports++] = (struct proof_port){
		.ifindex = port->ifindex,
		.capable = port->esp_hw_offload == FACTS_FEATURE_OFF ||
			   facts_feature_is_on(port->esp_hw_offload),
		.has_counters = port->has_counters,
		.counters = port->counters,
	};
	return 0;
}

int proof_sample_add_sa(struct proof_sample *s, const struct facts_sa *sa, bool ours)
{
	int r;

	r = array_reserve(&s->sas, &s->sas_alloc, s->n_sas, 1, sizeof(*s->sas));
	if (r < 0)
		return r;

	s->sas[s->n_sas++] = (struct proof_sa){
		.spi = sa->spi,
		.destination = sa->destination,
		.direction = sa->direction,
		.ours = ours,
		.offloaded = sa->offload_link != FACTS_NO_LINK,
		.packets = sa->packets,
	};
	return 0;
}

static const struct proof_port *sample_port(const struct proof_sample *s, int ifindex)
{
	for (size_t i = 0; i < s->n_ports; i++)
		if (s->ports[i].ifindex == ifindex)
			return &s->ports[i];
	return NULL;
}

/*
 * The same SA in the other sample. The kernel's dumps keep their order, so it is looked for behind
 * the one found last (@next), and thousands of SAs cost no more than one look each.
 */
static const struct proof_sa *sample_sa(const struct proof_sample *s, const struct proof_sa *sa,
					size_t *next)
{
	for (size_t k = 0; k < s->n_sas; k++) {
		size_t i = (*next + k) % s->n_sas;

		if (s->sas[i].spi == sa->spi && s->sas[i].direction == sa->direction &&
		    facts_ip_equal(&s->sas[i].destination, &sa->destination)) {
			*next = i + 1;
			return &s->sas[i];
		}
	}
	return NULL;
}

/* The packets of a window in one direction. */
struct carried {
	uint64_t offloadable; /* of the policy's conns, by SAs that can be in hardware */
	uint64_t software;    /* of the policy's conns, by the other SAs */
	uint64_t others;      /* of conns that the policy does not name, with offload as well */
};

/*
 * The SAs' side of the window. Return: false when an SA went away, or was made anew under the same
 * SPI, so that packets are missing from the sums.
 */
static bool count_packets(const struct proof_sample *from, const struct proof_sample *to,
			  struct carried *tx, struct carried *rx)
{
	size_t next = 0;

	for (size_t i = 0; i < from->n_sas; i++)
		if (!sample_sa(to, &from->sas[i], &next))
			return false;

	next = 0;
	for (size_t i = 0; i < to->n_sas; i++) {
		const struct proof_sa *now = &to->sas[i];
		const struct proof_sa *before = sample_sa(from, now, &next);
		struct carried *c = now->direction == FACTS_OUT ? tx : rx;
		uint64_t base = before ? before->packets : 0;

		if (now->packets < base)
			return false;
		if (!now->ours)
			c->others += now->offloaded ? now->packets - base : 0;
		else if (now->offloaded)
			c->offloadable += now->packets - base;
		else
			c->software += now->packets - base;
	}
	return true;
}

static uint64_t at_most(uint64_t n, uint64_t limit)
{
	return n < limit ? n : limit;
}

/*
 * The port counts for all conns. What it counted less than all SAs carried is held against the
 * policy's conns, for a busy neighbour would hide any number of their packets otherwise.
 */
static struct proof_flow flow_of(const struct carried *c, uint64_t counted)
{
	uint64_t left = counted - at_most(c->others, counted);

	return (struct proof_flow){
		.packets = c->offloadable + c->software,
		.hardware = at_most(left, c->offloadable),
		.counted = counted,
	};
}

static double flow_ratio(const struct proof_flow *f)
{
	return f->packets ? (double)f->hardware / (double)f->packets : 0;
}

/* Packets are missing, and they may as well be the neighbours'. */
static bool is_hidden(const struct proof_flow *f, const struct carried *c, double ratio)
{
	uint64_t at_best = at_most(f->counted, c->offloadable);

	return c->others > 0 && f->packets > 0 && flow_ratio(f) < ratio &&
	       (double)at_best >= ratio * (double)f->packets;
}

/* One direction by itself; unknown where it has no say. */
static enum verdict flow_verdict(const struct proof_flow *f, const struct carried *c, double ratio,
				 uint64_t min_packets)
{
	double r = flow_ratio(f);

	if (f->packets < min_packets || f->packets == 0)
		return VERDICT_UNKNOWN;
	if (r >= ratio)
		return VERDICT_OFFLOADED;
	if (is_hidden(f, c, ratio))
		return VERDICT_UNKNOWN;
	/* A stray packet of a neighbour is no partial offload. */
	if (r <= 1 - ratio)
		return VERDICT_SOFTWARE;
	return VERDICT_PARTIAL;
}

/*
 * Both directions together. Bad news of one direction stands by itself; good news of one alone
 * proves nothing of the other: it is also what a tunnel looks like whose answers are lost.
 */
static enum verdict both(enum verdict tx, enum verdict rx)
{
	if (tx == VERDICT_UNKNOWN)
		return rx == VERDICT_OFFLOADED ? VERDICT_UNKNOWN : rx;
	if (rx == VERDICT_UNKNOWN)
		return tx == VERDICT_OFFLOADED ? VERDICT_UNKNOWN : tx;
	return tx == rx ? tx : VERDICT_PARTIAL;
}

static const char *reason_for(const struct proof *p, enum verdict tx, enum verdict rx,
			      const struct proof_port *port, const struct carried *out,
			      const struct carried *in)
{
	if (p->verdict == VERDICT_UNKNOWN && tx == VERDICT_OFFLOADED)
		return "what was transmitted went through the hardware, but too little was "
		       "received to judge that direction";
	if (p->verdict == VERDICT_UNKNOWN && rx == VERDICT_OFFLOADED)
		return "what was received went through the hardware, but too little was "
		       "transmitted to judge that direction";
	if (p->verdict == VERDICT_UNKNOWN)
		return "too few packets went through the tunnels";
	if (p->verdict == VERDICT_OFFLOADED)
		return NULL;
	if (!port->has_counters)
		return "the active port cannot offload ESP";
	if (out->software + in->software > 0 && out->offloadable + in->offloadable == 0)
		return "the kernel holds the SAs without offload";
	if (out->software + in->software > 0)
		return "the kernel holds some of the SAs without offload";
	if (p->verdict == VERDICT_SOFTWARE)
		return "the active port counted none of the packets that the SAs carried";
	if (tx == VERDICT_SOFTWARE)
		return "only received packets went through the hardware";
	if (rx == VERDICT_SOFTWARE)
		return "only transmitted packets went through the hardware";
	return "the active port counted only some of the packets that the SAs carried";
}

static struct proof proof_discarded(const char *reason)
{
	return (struct proof){ .verdict = VERDICT_UNKNOWN, .reason = reason, .discard = true };
}

void proof_judge(const struct proof_sample *from, const struct proof_sample *to, double ratio,
		 uint64_t min_packets, struct proof *ret)
{
	const struct proof_port *before, *now;
	struct carried out = { 0 }, in = { 0 };
	enum verdict tx, rx;
	struct proof p;

	if (to->active_port == FACTS_NO_LINK) {
		*ret = proof_discarded("the bond has no active port");
		return;
	}
	if (from->active_port != to->active_port || from->switches != to->switches) {
		*ret = proof_discarded("the active port changed meanwhile");
		return;
	}

	before = sample_port(from, to->active_port);
	now = sample_port(to, to->active_port);
	if (!before || !now || before->has_counters != now->has_counters) {
		*ret = proof_discarded("the active port was not there all the time");
		return;
	}
	if (!now->has_counters && now->capable) {
		*ret = (struct proof){
			.port = now->ifindex,
			.reason = "the active port has no counters tx_ipsec and rx_ipsec",
		};
		return;
	}
	if (now->counters.tx_ipsec < before->counters.tx_ipsec ||
	    now->counters.rx_ipsec < before->counters.rx_ipsec) {
		*ret = proof_discarded("the port's counters were reset meanwhile");
		return;
	}
	if (!count_packets(from, to, &out, &in)) {
		*ret = proof_discarded("an SA went away meanwhile");
		return;
	}

	p = (struct proof){
		.port = now->ifindex,
		.before = before->counters,
		.after = now->counters,
		.tx = flow_of(&out, now->counters.tx_ipsec - before->counters.tx_ipsec),
		.rx = flow_of(&in, now->counters.rx_ipsec - before->counters.rx_ipsec),
	};
	tx = flow_verdict(&p.tx, &out, ratio, min_packets);
	rx = flow_verdict(&p.rx, &in, ratio, min_packets);
	p.verdict = both(tx, rx);
	p.ratio = flow_ratio(&(struct proof_flow){
		.packets = p.tx.packets + p.rx.packets,
		.hardware = p.tx.hardware + p.rx.hardware,
	});
	if (p.verdict == VERDICT_UNKNOWN &&
	    (is_hidden(&p.tx, &out, ratio) || is_hidden(&p.rx, &in, ratio)))
		p.reason = "packets are missing in the port's counters, and tunnels that the "
			   "policy does not name share them: it cannot be told whose";
	else
		p.reason = reason_for(&p, tx, rx, now, &out, &in);
	*ret = p;
}
