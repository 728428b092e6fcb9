/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "conn-ends.h"
#include "ethtool.h"
#include "facts.h"
#include "proof.h"

/*
 * Takes a sample for the proof: the SAs' packets and the active port's counters, as close together
 * as can be.
 */

/* The bond, as the one who asks sees it. */
struct sampler_view {
	int bond;                        /* its ifindex */
	const struct facts_link *active; /* the active port, or NULL */
	uint64_t switches;               /* changes of the active port seen so far */
	const struct conn_ends *conns;   /* those under the policy */
	size_t n_conns;
};

/*
 * sampler_take() - takes a sample
 *
 * Transmitted packets are counted by the SA first and by the port later, received ones the other
 * way round, so a packet under way can be missing from either: a judgement over few packets wants
 * a second look.
 *
 * Return: 0; -EPERM without CAP_NET_ADMIN; what ethtool.h and xfrm.h say.
 */
int sampler_take(struct ethtool *ethtool, const struct sampler_view *view,
		 struct proof_sample *ret);
