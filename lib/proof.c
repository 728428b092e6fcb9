/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "proof.h"

#include <stdio.h>

#include "array.h"

/* Packets that a port holds before it counts them: a ring of ixgbe's default size. */
#define RING_SIZE 512

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
		.later = port->counters,
	};
	return 0;
}

int proof_sample_add_sa(struct proof_sample *s, const struct facts_sa *sa, size_t conn, bool shared)
{
	int r;

	r = array_reserve(&s->sas, &s->sas_alloc, s->n_sas, 1, sizeof(*s->sas));
	if (r < 0)
		return r;

	s->sas[s->n_sas++] = (struct proof_sa){
		.spi = sa->spi,
		.destination = sa->destination,
		.direction = sa->direction,
		.conn = conn,
		.shared = shared,
		.offloaded = sa->offload_link != FACTS_NO_LINK,
		.packets = sa->packets,
	};
	return 0;
}

uint64_t proof_sample_n_offloaded(const struct proof_sample *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n_sas; i++)
		n += s->sas[i].offloaded;
	return n;
}

uint64_t proof_sample_n_of_conns(const struct proof_sample *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n_sas; i++)
		n += s->sas[i].conn != PROOF_NO_CONN;
	return n;
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

/* One direction of a window. */
struct side {
	enum facts_direction direction;

	/* Packets by whose SAs carried them. */
	uint64_t offloadable; /* of the policy's conns, by SAs that can be in hardware */
	uint64_t software;    /* of the policy's conns, by the other SAs */
	uint64_t doubtful;    /* by the other SAs, of such a conn or of a neighbour */
	uint64_t others;      /* of conns that the policy does not name, with offload as well */
	uint64_t n_idle;
	bool neighbours;

	/* What all SAs with offload carried and the port did not count: for certain, and at most.
	 */
	uint64_t missing, missing_most;
	/* Of the policy's, what the port did even if all that it counted while the SAs were read is
	 * another's. */
	uint64_t least;
	/* What the port counted for certain and no SA carried; 0 where that can hide nothing. */
	uint64_t surplus;

	struct proof_flow flow;
	enum verdict verdict; /* of this direction by itself; unknown where it has no say */
	enum why {
		WHY_RATIO,      /* as the ratio says */
		WHY_SOFTWARE,   /* SAs without offload carried some */
		WHY_SHARED,     /* they did, and may be a neighbour's */
		WHY_ONE_LACKS,  /* just as much is missing as an SA carried */
		WHY_ONE_MAY,    /* more is */
		WHY_NEIGHBOURS, /* packets are missing that may be the neighbours' */
		WHY_MEANWHILE,  /* the neighbours' went while the SAs were read, and may be ours */
		WHY_SURPLUS,    /* the port counted more, which may make up for an SA */
	} why;
};

/* A window: two samples, and what comes of them. */
struct window {
	const struct proof_sample *from, *to;
	double ratio;
	uint64_t min_packets;
};

/* What an SA of the later sample carried; UINT64_MAX when it is another one of the same SPI. */
static uint64_t carried(const struct window *w, const struct proof_sa *now, size_t *next)
{
	const struct proof_sa *before = sample_sa(w->from, now, next);
	uint64_t base = before ? before->packets : 0;

	return now->packets < base ? UINT64_MAX : now->packets - base;
}

/* The conn of an SA without offload has one with offload, so this one may be the neighbour's. */
static bool is_doubtful(const struct proof_sample *to, const struct proof_sa *sa)
{
	for (size_t i = 0; sa->shared && i < to->n_sas; i++)
		if (to->sas[i].conn == sa->conn && to->sas[i].direction == sa->direction &&
		    to->sas[i].offloaded)
			return true;
	return false;
}

/*
 * The SAs' part of the window. Return: false when an SA went away, or was made anew under the same
 * SPI, so that packets are missing from the sums.
 */
static bool count_packets(const struct window *w, struct side *tx, struct side *rx)
{
	size_t next = 0;

	for (size_t i = 0; i < w->from->n_sas; i++)
		if (!sample_sa(w->to, &w->from->sas[i], &next))
			return false;

	next = 0;
	for (size_t i = 0; i < w->to->n_sas; i++) {
		const struct proof_sa *sa = &w->to->sas[i];
		struct side *s = sa->direction == FACTS_OUT ? tx : rx;
		uint64_t packets = carried(w, sa, &next);

		if (packets == UINT64_MAX)
			return false;
		s->n_idle += sa->conn != PROOF_NO_CONN && sa->offloaded && packets < w->min_packets;
		s->neighbours = s->neighbours || (sa->conn == PROOF_NO_CONN && sa->offloaded);
		if (sa->conn == PROOF_NO_CONN)
			s->others += sa->offloaded ? packets : 0;
		else if (sa->offloaded)
			s->offloadable += packets;
		else if (is_doubtful(w->to, sa))
			s->doubtful += packets;
		else
			s->software += packets;
	}
	return true;
}

static uint64_t at_most(uint64_t n, uint64_t limit)
{
	return n < limit ? n : limit;
}

static uint64_t beyond(uint64_t n, uint64_t limit)
{
	return n - at_most(n, limit);
}

/*
 * Whether what the port counted beyond the packets may stand for one of the policy's SAs in this
 * direction: it is another's then, so that another one must have carried something.
 */
static bool may_hide_one(const struct window *w, enum facts_direction direction)
{
	size_t next = 0, n = 0, n_ours = 0;

	for (size_t i = 0; i < w->to->n_sas; i++) {
		const struct proof_sa *sa = &w->to->sas[i];
		uint64_t packets;

		if (!sa->offloaded || sa->direction != direction)
			continue;
		packets = carried(w, sa, &next);
		n += packets > 0;
		n_ours += sa->conn != PROOF_NO_CONN && packets >= w->min_packets;
	}
	return n > 1 && n_ours > 0;
}

/*
 * The port's part, by its counter before and after each sample. The port counts for all conns: what
 * it counted less than all SAs carried is held against the policy's conns, for a busy neighbour
 * would hide any number of their packets otherwise.
 */
static void count_hardware(const struct window *w, struct side *s, const uint64_t from[2],
			   const uint64_t to[2])
{
	uint64_t all = s->offloadable + s->others, counted = to[0] - from[0];

	s->flow = (struct proof_flow){
		.packets = s->offloadable + s->software,
		.hardware = at_most(beyond(counted, s->others), s->offloadable),
		.counted = counted,
	};
	s->least = at_most(beyond(beyond(to[0], from[1]), s->others), s->offloadable);
	s->missing = beyond(all, to[1] - from[0]);
	s->missing_most = beyond(all, beyond(to[0], from[1]));
	s->surplus = beyond(beyond(to[0], from[1]), all);
	if (s->surplus > 0 && !may_hide_one(w, s->direction))
		s->surplus = 0;
}

static double flow_ratio(const struct proof_flow *f)
{
	return f->packets ? (double)f->hardware / (double)f->packets : 0;
}

/* Packets are missing, and they may as well be the neighbours'. */
static bool is_hidden(const struct side *s, double ratio)
{
	uint64_t at_best = at_most(s->flow.counted, s->offloadable);

	return s->others > 0 && s->flow.packets > 0 && flow_ratio(&s->flow) < ratio &&
	       (double)at_best >= ratio * (double)s->flow.packets;
}

/* Just as much is missing as these packets of one SA, told exactly enough for that to say much. */
static bool is_what_is_missing(const struct side *s, uint64_t packets)
{
	return packets >= s->missing && packets <= s->missing_most &&
	       s->missing_most - s->missing <= packets / 10;
}

/* Whether what is missing may be all that one of the policy's SAs carried. */
static enum why look_for_one(const struct window *w, const struct side *s)
{
	bool may = false, lacks = false;
	size_t next = 0;

	for (size_t i = 0; s->missing > 0 && i < w->to->n_sas; i++) {
		const struct proof_sa *sa = &w->to->sas[i];
		uint64_t packets;

		if (sa->conn == PROOF_NO_CONN || !sa->offloaded || sa->direction != s->direction)
			continue;
		packets = carried(w, sa, &next);
		if (packets < w->min_packets)
			continue;
		lacks = lacks || is_what_is_missing(s, packets);
		may = may || packets <= s->missing;
	}
	if (!lacks && !may)
		return WHY_RATIO;
	if (s->others > 0)
		return WHY_NEIGHBOURS;
	return lacks ? WHY_ONE_LACKS : WHY_ONE_MAY;
}

/*
 * More than can have been under way at the window's beginning, when the SA had counted it already
 * and the port had not: a small share of the packets, and no more than a ring of the card holds.
 */
static bool is_surplus_proven(const struct window *w, const struct side *s)
{
	return s->surplus > RING_SIZE ||
	       (double)s->surplus > (1 - w->ratio) * (double)(s->offloadable + s->others);
}

/* The ratio is good: is there anything that it hides? */
static enum verdict doubt_good_ratio(const struct window *w, struct side *s)
{
	if (s->software > 0)
		s->why = WHY_SOFTWARE;
	else if (s->doubtful > 0)
		s->why = WHY_SHARED;
	else if (is_surplus_proven(w, s))
		s->why = WHY_SURPLUS;
	else if (s->others > 0 && (double)s->least < w->ratio * (double)s->flow.packets)
		s->why = WHY_MEANWHILE;
	else
		s->why = look_for_one(w, s);

	switch (s->why) {
	case WHY_RATIO:
		return VERDICT_OFFLOADED;
	case WHY_SOFTWARE:
	case WHY_ONE_LACKS:
		return VERDICT_PARTIAL;
	case WHY_SHARED:
	case WHY_ONE_MAY:
	case WHY_NEIGHBOURS:
	case WHY_MEANWHILE:
	case WHY_SURPLUS:
		break;
	}
	return VERDICT_UNKNOWN;
}

static enum verdict judge_side(const struct window *w, struct side *s)
{
	double r = flow_ratio(&s->flow);

	if (s->flow.packets < w->min_packets || s->flow.packets == 0) {
		s->why = s->doubtful >= w->min_packets ? WHY_SHARED : WHY_RATIO;
		return VERDICT_UNKNOWN;
	}
	if (r >= w->ratio)
		return doubt_good_ratio(w, s);
	s->why = s->software > 0 ? WHY_SOFTWARE : WHY_RATIO;
	if (is_hidden(s, w->ratio)) {
		s->why = WHY_NEIGHBOURS;
		return VERDICT_UNKNOWN;
	}
	/* A stray packet of a neighbour is no partial offload. */
	return r <= 1 - w->ratio ? VERDICT_SOFTWARE : VERDICT_PARTIAL;
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

static bool has(const struct side *tx, const struct side *rx, enum why why)
{
	return tx->why == why || rx->why == why;
}

static const char *reason_for_unknown(const struct side *tx, const struct side *rx)
{
	if (has(tx, rx, WHY_NEIGHBOURS))
		return "packets are missing in the port's counters, and tunnels that the policy "
		       "does not name share them: it cannot be told whose";
	if (has(tx, rx, WHY_MEANWHILE))
		return "tunnels that the policy does not name carried so much while the counters "
		       "were read that it cannot be told whose packets the port did";
	if (has(tx, rx, WHY_SHARED))
		return "the CPU did packets of a conn, or of one that the policy does not name and "
		       "that has the same ends: it cannot be told whose";
	if (has(tx, rx, WHY_ONE_MAY))
		return "more packets are missing in the port's counters than some of the SAs "
		       "carried: it cannot be told whether the CPU does all of one";
	if (has(tx, rx, WHY_SURPLUS))
		return "the port counted more than the SAs carried, such as segments that were "
		       "made of larger packets: it cannot be told whether the CPU does all of an "
		       "SA beside";
	if (tx->verdict == VERDICT_OFFLOADED)
		return "what was transmitted went through the hardware, but too little was "
		       "received to judge that direction";
	if (rx->verdict == VERDICT_OFFLOADED)
		return "what was received went through the hardware, but too little was "
		       "transmitted to judge that direction";
	return "too few packets went through the tunnels";
}

static const char *reason_for(enum verdict verdict, const struct side *tx, const struct side *rx,
			      const struct proof_port *port)
{
	if (verdict == VERDICT_UNKNOWN)
		return reason_for_unknown(tx, rx);
	if (verdict == VERDICT_OFFLOADED)
		return "";
	if (!port->has_counters)
		return "the active port cannot offload ESP";
	if (tx->software + rx->software > 0 && tx->offloadable + rx->offloadable == 0)
		return "the kernel holds the SAs without offload";
	if (tx->software + rx->software > 0)
		return "the kernel holds some of the SAs without offload";
	if (verdict == VERDICT_SOFTWARE)
		return "the active port counted none of the packets that the SAs carried";
	if (tx->verdict == VERDICT_SOFTWARE)
		return "only received packets went through the hardware";
	if (rx->verdict == VERDICT_SOFTWARE)
		return "only transmitted packets went through the hardware";
	if (has(tx, rx, WHY_ONE_LACKS))
		return "just as many packets are missing in the port's counters as one SA carried";
	return "the active port counted only some of the packets that the SAs carried";
}

static void add_conn(struct proof *p, size_t conn)
{
	for (size_t i = 0; i < p->n_conns; i++)
		if (p->conns[i] == conn)
			return;
	if (p->n_conns < PROOF_MAX_CONNS)
		p->conns[p->n_conns++] = conn;
	else
		p->more_conns = true;
}

/* The conns of the SAs that made a direction's verdict what it is. */
static void add_conns_of(const struct window *w, const struct side *s, struct proof *p)
{
	size_t next = 0;

	for (size_t i = 0; i < w->to->n_sas; i++) {
		const struct proof_sa *sa = &w->to->sas[i];
		uint64_t packets;

		if (sa->conn == PROOF_NO_CONN || sa->direction != s->direction)
			continue;
		packets = carried(w, sa, &next);
		if (packets == 0)
			continue;
		if (s->why == WHY_SOFTWARE && !sa->offloaded && !is_doubtful(w->to, sa))
			add_conn(p, sa->conn);
		else if (s->why == WHY_SHARED && !sa->offloaded && is_doubtful(w->to, sa))
			add_conn(p, sa->conn);
		else if (s->why == WHY_ONE_LACKS && sa->offloaded && packets >= w->min_packets &&
			 is_what_is_missing(s, packets))
			add_conn(p, sa->conn);
	}
}

static void set_reason(struct proof *p, const char *reason)
{
	snprintf(p->reason, sizeof(p->reason), "%s", reason);
}

static void discard(struct proof *ret, const char *reason)
{
	*ret = (struct proof){ .verdict = VERDICT_UNKNOWN, .discard = true };
	set_reason(ret, reason);
}

static void judge(const struct window *w, const struct proof_port *before,
		  const struct proof_port *now, struct proof *ret)
{
	struct side tx = { .direction = FACTS_OUT }, rx = { .direction = FACTS_IN };
	const uint64_t tx_from[] = { before->counters.tx_ipsec, before->later.tx_ipsec };
	const uint64_t rx_from[] = { before->counters.rx_ipsec, before->later.rx_ipsec };
	const uint64_t tx_to[] = { now->counters.tx_ipsec, now->later.tx_ipsec };
	const uint64_t rx_to[] = { now->counters.rx_ipsec, now->later.rx_ipsec };

	if (!count_packets(w, &tx, &rx)) {
		discard(ret, "an SA went away meanwhile");
		return;
	}
	count_hardware(w, &tx, tx_from, tx_to);
	count_hardware(w, &rx, rx_from, rx_to);
	tx.verdict = judge_side(w, &tx);
	rx.verdict = judge_side(w, &rx);

	*ret = (struct proof){
		.verdict = both(tx.verdict, rx.verdict),
		.port = now->ifindex,
		.before = before->counters,
		.after = now->counters,
		.tx = tx.flow,
		.rx = rx.flow,
		.n_idle = tx.n_idle + rx.n_idle,
		.surplus = tx.surplus + rx.surplus,
		.neighbours = tx.neighbours || rx.neighbours,
	};
	ret->crowded = ret->verdict == VERDICT_UNKNOWN &&
		       (has(&tx, &rx, WHY_NEIGHBOURS) || has(&tx, &rx, WHY_MEANWHILE));
	ret->ratio = flow_ratio(&(struct proof_flow){
		.packets = tx.flow.packets + rx.flow.packets,
		.hardware = tx.flow.hardware + rx.flow.hardware,
	});
	set_reason(ret, reason_for(ret->verdict, &tx, &rx, now));
	if (now->has_counters && ret->verdict != VERDICT_OFFLOADED) {
		add_conns_of(w, &tx, ret);
		add_conns_of(w, &rx, ret);
	}
}

static bool went_backwards(const struct facts_counters *now, const struct facts_counters *before)
{
	return now->tx_ipsec < before->tx_ipsec || now->rx_ipsec < before->rx_ipsec;
}

void proof_judge(const struct proof_sample *from, const struct proof_sample *to, double ratio,
		 uint64_t min_packets, struct proof *ret)
{
	const struct window w = { from, to, ratio, min_packets };
	const struct proof_port *before, *now;

	if (to->active_port == FACTS_NO_LINK) {
		discard(ret, "the bond has no active port");
		return;
	}
	if (from->active_port != to->active_port || from->switches != to->switches) {
		discard(ret, "the active port changed meanwhile");
		return;
	}

	before = sample_port(from, to->active_port);
	now = sample_port(to, to->active_port);
	if (!before || !now || before->has_counters != now->has_counters) {
		discard(ret, "the active port was not there all the time");
		return;
	}
	if (!now->has_counters && now->capable) {
		*ret = (struct proof){ .port = now->ifindex };
		set_reason(ret, "the active port has no counters tx_ipsec and rx_ipsec");
		return;
	}
	if (went_backwards(&before->later, &before->counters) ||
	    went_backwards(&now->counters, &before->later) ||
	    went_backwards(&now->later, &now->counters)) {
		discard(ret, "the port's counters were reset meanwhile");
		return;
	}
	judge(&w, before, now, ret);
}

void proof_take_refusals(struct proof *p, uint64_t n_refused)
{
	const char *neighbours =
		p->neighbours ? "; they may be of tunnels that the policy does not name" : "";

	if (p->verdict != VERDICT_OFFLOADED || n_refused == 0 ||
	    (p->n_idle == 0 && p->surplus == 0))
		return;
	p->verdict = p->neighbours ? VERDICT_UNKNOWN : VERDICT_PARTIAL;
	if (p->n_idle > 0)
		snprintf(p->reason, sizeof(p->reason),
			 "the kernel could not give %llu of the SAs to the active port, and %llu "
			 "have not carried enough to show that they are none of these%s",
			 (unsigned long long)n_refused, (unsigned long long)p->n_idle, neighbours);
	else
		snprintf(p->reason, sizeof(p->reason),
			 "the kernel could not give %llu of the SAs to the active port, which "
			 "counted more than the SAs carried, so that it does not show which%s",
			 (unsigned long long)n_refused, neighbours);
}

void proof_name_conns(struct proof *p, const char *const names[])
{
	size_t len = strlen(p->reason);

	for (size_t i = 0; i < p->n_conns && len < sizeof(p->reason); i++) {
		const char *before = i > 0                             ? ", "
				     : p->n_conns > 1 || p->more_conns ? ": conns "
								       : ": conn ";

		len += (size_t)snprintf(p->reason + len, sizeof(p->reason) - len, "%s%s", before,
					names[i]);
	}
	if (p->more_conns && len < sizeof(p->reason))
		snprintf(p->reason + len, sizeof(p->reason) - len, " and others");
}
