/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"
#include "facts.h"
#include "proof.h"

/*
 * The record of each switch of the active port, and the small machine that makes one out of what
 * the kernel says: from the last active port to the next, whether there was a time without or not.
 */

enum failover_cause {
	FAILOVER_UNKNOWN,
	FAILOVER_CARRIER,        /* the old port lost its link */
	FAILOVER_ADMINISTRATIVE, /* the old port was set down, or left the bond */
	FAILOVER_REQUEST,        /* somebody chose the port; both are fine */
	FAILOVER_PRIMARY,        /* the primary port is back */
	FAILOVER_RECONSTRUCTED,  /* messages were lost; seen by comparing afterwards */
};

/* "unknown", "carrier", "administrative", "request", "primary", "reconstructed" */
const char *failover_cause_name(enum failover_cause cause);

struct failover {
	uint64_t id; /* counts up, over restarts too */
	uint64_t realtime_usec;
	char from[FACTS_NAME_SIZE]; /* "" when there was none before */
	char to[FACTS_NAME_SIZE];
	enum failover_cause cause;
	uint64_t outage_usec; /* how long no port was active */
	bool proven;          /* the verdict below stands */
	enum verdict verdict;
	uint64_t verdict_usec; /* from the switch to the verdict */
	struct proof_flow tx, rx;
};

/*
 * Where a bond stands, as the tracker has seen it. Zeroed, it has seen nothing: the first look is
 * no failover.
 */
struct failover_tracker {
	bool seen;
	char last[FACTS_NAME_SIZE];    /* the last port that was active; "" for none so far */
	bool out;                      /* no port is active now */
	uint64_t out_since_usec;       /* monotonic */
	enum failover_cause out_cause; /* of the outage's beginning */
	uint64_t switches;             /* changes of the active port, outages included */
};

/* What is seen of a bond at one moment. */
struct failover_sight {
	uint64_t monotonic_usec;
	uint64_t realtime_usec;
	const struct facts_link *active; /* the active port; NULL for none */
	const struct facts_link *last;   /* how the port called tracker->last is now; NULL: gone */
	int bond;                        /* the bond's ifindex, or FACTS_NO_LINK: it is gone */
	int primary;                     /* ifindex of its primary port, or FACTS_NO_LINK */
	bool reconstructed;              /* messages were lost before this look */
};

/*
 * failover_see() - takes in what was seen
 * @ret: the failover that this ended, everything but id, proof and verdict filled in
 *
 * When no port is active an outage begins, and the next active port ends it with one record, from
 * the last active port even if the same comes back.
 *
 * Return: 1 when it was a failover; 0 when nothing switched, or an outage began.
 */
int failover_see(struct failover_tracker *t, const struct failover_sight *sight,
		 struct failover *ret);
