/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"

/*
 * The proof: packets that went through the SAs beside what the port's hardware counted, over the
 * same window. Configuration never enters: a dump that says "offload" proves nothing
 * (bond_ipsec_add_sa_all() may have failed without a trace in it).
 */

enum verdict {
	VERDICT_UNKNOWN,   /* no traffic, or nothing that could be judged */
	VERDICT_SOFTWARE,  /* the CPU does the work */
	VERDICT_PARTIAL,   /* some of it, or one direction only */
	VERDICT_OFFLOADED, /* the hardware does the work, in both directions */
};

/* "unknown", "software", "partial", "offloaded" */
const char *verdict_name(enum verdict v);

/* An SA of a conn under the policy, and any other that is offloaded through the bond. */
struct proof_sa {
	uint32_t spi;
	struct facts_ip destination;
	enum facts_direction direction;
	bool ours;      /* of a conn under the policy */
	bool offloaded; /* as the kernel's dump says */
	uint64_t packets;
};

struct proof_port {
	int ifindex;
	bool capable; /* its esp-hw-offload bit is there, and not fixed off */
	bool has_counters;
	struct facts_counters counters;
};

/* All that is compared, taken as close together as can be. */
struct proof_sample {
	int active_port;   /* ifindex, or FACTS_NO_LINK */
	uint64_t switches; /* changes of the active port seen so far */
	struct proof_port *ports;
	size_t n_ports, ports_alloc;
	struct proof_sa *sas;
	size_t n_sas, sas_alloc;
};

#define PROOF_SAMPLE_NULL ((struct proof_sample){ 0 })

void proof_sample_done(struct proof_sample *s);

/* One direction's figures. */
struct proof_flow {
	uint64_t packets;  /* that the SAs of the policy's conns carried */
	uint64_t hardware; /* of these, done by the active port for certain */
	uint64_t counted;  /* what the port counted, as it stands in its statistics */
};

struct proof {
	enum verdict verdict;
	double ratio; /* hardware / packets over both directions; 0 where no packets */
	struct proof_flow tx, rx;
	int port;                            /* the active port's ifindex */
	struct facts_counters before, after; /* its counters, at both ends of the window */
	const char *reason; /* why not offloaded, of static storage; NULL when it is */
	bool discard;       /* the window cannot be judged; take a new one from its end on */
};

/*
 * proof_judge() - compares two samples
 * @from, @to: the beginning and the end of the window
 * @ratio: the share of the packets, above 0 to 1, from which on a direction counts as offloaded
 * @min_packets: fewer in a direction than this, and it has no say; at least 1
 *
 * A window is discarded (ret->discard, verdict unknown) when the active port changed in it, the
 * port's counters went backwards, or an SA went away: what it carried cannot be told any more. A
 * new SA counts from zero.
 *
 * Only SAs that the kernel's dump shows as offloaded can be in hardware; packets of the others are
 * the CPU's, whatever the port counted. The port counts for all conns: what it counted less than
 * all SAs carried is taken for the policy's conns' own, and the verdict is unknown where the
 * neighbours' packets may as well be the ones that are missing. A port that segments after
 * encryption counts more than the SA, which sees a TSO super-frame once: what it counts beyond the
 * packets is left aside.
 */
void proof_judge(const struct proof_sample *from, const struct proof_sample *to, double ratio,
		 uint64_t min_packets, struct proof *ret);

/*
 * proof_sample_add_port(), proof_sample_add_sa() - builds a sample
 *
 * Return: 0; -ENOMEM.
 */
int proof_sample_add_port(struct proof_sample *s, const struct facts_link *port);
int proof_sample_add_sa(struct proof_sample *s, const struct facts_sa *sa, bool ours);
