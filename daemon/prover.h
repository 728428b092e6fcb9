/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-event.h>

#include "failover.h"
#include "policy.h"
#include "proof.h"
#include "sampler.h"

/*
 * Opens windows of counters until a verdict stands, or the time that the policy gives is over.
 * Costs nothing while no proof is open.
 */
struct prover;

/* What became of a proof. */
struct prover_outcome {
	struct proof proof;
	struct failover_sas sas; /* in the kernel at the end, of the bond and its conns */
	unsigned int probes_sent;
	unsigned int probes_answered;
	uint64_t elapsed_usec; /* from prover_start() on */
	int error;             /* negative errno: no sample could be taken; proof says unknown */
};

struct prover_ops {
	/* How the bond stands now; what is pointed to lives until the call returns. */
	void (*view)(void *userdata, struct sampler_view *ret);
	/* The verdict stands. A new proof may be started from here. */
	void (*done)(void *userdata, const struct prover_outcome *outcome);
};

/*
 * prover_new() - @ops, @ethtool, @opener and @userdata stay the caller's, and live longer
 * @opener: where sockets for pings are asked for (probe_ask()); NULL: it opens them itself
 *
 * Return: 0; a negative errno.
 */
int prover_new(sd_event *event, struct ethtool *ethtool, const char *opener,
	       const struct prover_ops *ops, void *userdata, struct prover **ret);
struct prover *prover_free(struct prover *p);
DEFINE_CLEANUP(struct prover, prover_free)

/*
 * prover_start() - opens a proof; one that is open already is given up
 * @policy: how long, which share, and whom to ping; copied
 * @probe: ping, if the policy names an address
 * @grace_usec: how long to wait before the first window
 *
 * Return: 0; a negative errno.
 */
int prover_start(struct prover *p, const struct policy_proof *policy, bool probe,
		 uint64_t grace_usec);

/*
 * prover_restart() - begins an open proof anew, with all that was asked for and all of its time
 *
 * Return: true; false when none is open, or it cannot be done.
 */
bool prover_restart(struct prover *p, uint64_t grace_usec);

/* prover_left_usec() - how long an open proof may still take; 0 when none is open */
uint64_t prover_left_usec(const struct prover *p);

/* prover_extend() - an open proof may take so long from now on, but @most_usec in all */
void prover_extend(struct prover *p, uint64_t within_usec, uint64_t most_usec);

/* prover_stop() - gives an open proof up, without an outcome */
void prover_stop(struct prover *p);

/* prover_is_open() */
bool prover_is_open(const struct prover *p);

/*
 * prover_is_held() - the last sample is taken, and the verdict will be told in a moment: what
 * happens from now on is not in it
 */
bool prover_is_held(const struct prover *p);

/*
 * After a failover: bonding tells the switch before it adds the SAs to the new port
 * (bond_change_active_slave()), and ixgbe stops its data path for up to 200 ms for the first SA.
 */
#define PROVER_GRACE_USEC UINT64_C(500000)
