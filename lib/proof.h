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

/* Of no conn under the policy. */
#define PROOF_NO_CONN SIZE_MAX

/* An SA of a conn under the policy, and any other that is offloaded through the bond. */
struct proof_sa {
	uint32_t spi;
	struct facts_ip destination;
	enum facts_direction direction;
	size_t conn;    /* the caller's number of its conn, or PROOF_NO_CONN */
	bool shared;    /* a conn that the policy does not name has the same ends */
	bool offloaded; /* as the kernel's dump says */
	uint64_t packets;
};

struct proof_port {
	int ifindex;
	bool capable; /* its esp-hw-offload bit is there, and not fixed off */
	bool has_counters;
	struct facts_counters counters; /* before the SAs were read */
	struct facts_counters later;    /* and after */
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

/* The room for a reason, with its NUL and the names of conns. */
#define PROOF_REASON_SIZE 320
/* So many conns are told apart in a proof. */
#define PROOF_MAX_CONNS 3

struct proof {
	enum verdict verdict;
	double ratio; /* hardware / packets over both directions; 0 where no packets */
	struct proof_flow tx, rx;
	int port;                            /* the active port's ifindex */
	struct facts_counters before, after; /* its counters, at both ends of the window */
	char reason[PROOF_REASON_SIZE];      /* why not offloaded; "" when it is */
	/* The conns that the reason is about, by the caller's numbers in the later sample. */
	size_t conns[PROOF_MAX_CONNS];
	size_t n_conns;
	bool more_conns;
	uint64_t n_idle;  /* SAs of the policy's conns that carried too little to show where */
	uint64_t surplus; /* counted beyond what all SAs carried, so that one more may be missing */
	bool neighbours;  /* there are SAs with offload of conns that the policy does not name */
	bool crowded;     /* unknown as the neighbours' packets hide the policy's: more may show */
	bool discard;     /* the window cannot be judged; take a new one from its end on */
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
 * the CPU's, whatever the port counted: a conn with one such packet makes it partial at best, be it
 * one of a hundred. Where a neighbour has the same ends, and the conn has an SA with offload too,
 * it cannot be told whose the one without is, and the verdict is unknown rather than offloaded.
 *
 * The port counts for all conns: what it counted less than all SAs carried is taken for the
 * policy's conns' own, and the verdict is unknown where the neighbours' packets may as well be the
 * ones that are missing, or those that the port counted while the SAs were read stand for ours.
 * What is missing for certain, with all that the port counted while the SAs were read, may be all
 * that one SA carried: the ratio does not excuse that. The verdict is partial when it is just as
 * much as an SA carried, and unknown, so that a longer window decides, when it is more.
 *
 * Where segments are made of a super-frame after the SA has counted it, the port counts more than
 * the SA: what it counts beyond the packets is no hardware's merit. Such a surplus may make up for
 * all that another SA carried in software: where several carried something, and it is more than can
 * have been under way, the verdict is unknown rather than offloaded.
 */
void proof_judge(const struct proof_sample *from, const struct proof_sample *to, double ratio,
		 uint64_t min_packets, struct proof *ret);

/*
 * proof_take_refusals() - what the kernel said beside the counters
 * @n_refused: SAs that it could not give to the active port
 *
 * Counters that agree prove the SAs that carried something. One that carried nothing may be the one
 * that was refused, and any surplus may make up for what it carried: then "offloaded" is too much
 * to say. It is unknown where it may as well be a neighbour's.
 */
void proof_take_refusals(struct proof *p, uint64_t n_refused);

/*
 * proof_name_conns() - puts the conns' names behind the reason
 * @names: in the order of p->conns, p->n_conns of them
 */
void proof_name_conns(struct proof *p, const char *const names[]);

/* proof_sample_n_offloaded() - SAs with offload, as the kernel's dump says */
uint64_t proof_sample_n_offloaded(const struct proof_sample *s);

/* proof_sample_n_of_conns() - SAs of the policy's conns */
uint64_t proof_sample_n_of_conns(const struct proof_sample *s);

/*
 * proof_sample_add_port(), proof_sample_add_sa() - builds a sample
 * @conn, @shared: as in struct proof_sa
 *
 * Return: 0; -ENOMEM.
 */
int proof_sample_add_port(struct proof_sample *s, const struct facts_link *port);
int proof_sample_add_sa(struct proof_sample *s, const struct facts_sa *sa, size_t conn,
			bool shared);
