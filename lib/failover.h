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
