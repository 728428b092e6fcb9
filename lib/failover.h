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
	FAILOVER_PRIMARY,        /* the primary port is back, or another port is the primary */
	FAILOVER_RECONSTRUCTED,  /* nobody saw it happen; found by comparing afterwards */
};

/* "unknown", "carrier", "administrative", "request", "primary", "reconstructed" */
const char *failover_cause_name(enum failover_cause cause);

/* A number of SAs; zeroed, it is not known. */
struct failover_sas {
	bool known;
	uint64_t n;
	uint64_t n_offloaded; /* of these, as the kernel's dump says; not kept */
	uint64_t n_of_conns;  /* of these, of the policy's conns; not kept */
};

/* What speaks beside the counters, once the verdict stands. Strings may be NULL: nothing to say. */
struct failover_evidence {
	struct failover_sas sas;  /* in the kernel, of the bond and its conns */
	uint64_t sas_refused;     /* that the kernel says it could not give to the new port */
	const char *kernel_words; /* what it says of that, in its log */
	const char
		*xfrm_errors; /* by what the counters of /proc/net/xfrm_stat have grown: a hint */
};

struct failover {
	uint64_t id; /* counts up, over restarts too */
	uint64_t realtime_usec;
	char from[FACTS_NAME_SIZE]; /* "" when there was none before */
	char to[FACTS_NAME_SIZE];
	int to_index;           /* ifindex of that port */
	uint32_t link_failures; /* of that port, as bonding counts them */
	enum failover_cause cause;
	bool outage_known;              /* somebody saw how long: its beginning and its end */
	uint64_t outage_usec;           /* how long no port was active */
	struct failover_sas sas_before; /* as seen last before the switch */

	bool proven; /* all that follows stands */
	enum verdict verdict;
	uint64_t verdict_usec; /* from the switch to the verdict */
	struct proof_flow tx, rx;
	uint64_t sas_idle; /* of the policy's conns, that carried too little to show where */
	struct failover_evidence evidence;
	char *reason; /* why not offloaded; NULL when it is */
};

/*
 * Where a bond stands, as the tracker has seen it. Zeroed, it has seen nothing: the first look is
 * no failover.
 */
struct failover_tracker {
	bool seen;
	char last[FACTS_NAME_SIZE];    /* the last port that was active; "" for none so far */
	int last_index;                /* its ifindex; FACTS_NO_LINK: only the name is known */
	uint32_t link_failures;        /* of that port, when it was seen last */
	bool out;                      /* no port is active now */
	bool out_known;                /* it was seen when that began */
	uint64_t out_since_usec;       /* monotonic */
	enum failover_cause out_cause; /* of the outage's beginning */
	uint64_t switches;             /* changes of the active port, outages included */
};

/* What is seen of a bond at one moment. */
struct failover_sight {
	uint64_t monotonic_usec;
	uint64_t realtime_usec;
	const struct facts_link *active; /* the active port; NULL for none */
	const struct facts_link *last;   /* how the tracker's last port is now; NULL: gone */
	int bond;             /* the bond's ifindex, or FACTS_NO_LINK: it is gone, or set down */
	int primary;          /* ifindex of its primary port, or FACTS_NO_LINK */
	bool primary_is_back; /* that became usable, or the primary, just before */
	bool reconstructed;   /* messages were lost, or nobody listened, before this */
	bool chosen;          /* bonding has chosen the active port just now */
};

/*
 * failover_see() - takes in what was seen
 * @ret: the failover that this ended, everything that is known at the switch filled in but the id
 *       and the SAs
 *
 * When no port is active an outage begins, and the next active port ends it with one record, from
 * the last active port even if the same comes back. So does a look at the same port as before, when
 * nobody listened meanwhile, or bonding has chosen it anew, and bonding has counted a failure of
 * its link, or counts anew: it was away (bond_miimon_commit()), for so short a time that the bond's
 * own message, which comes later than bonding's (linkwatch), did not tell. A port is the same under
 * another name, and another under the same name: its ifindex tells, where that is known.
 *
 * Return: 1 when it was a failover; 0 when nothing switched, or an outage began.
 */
int failover_see(struct failover_tracker *t, const struct failover_sight *sight,
		 struct failover *ret);
