/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "conn-ends.h"
#include "ethtool.h"
#include "facts.h"
#include "proof.h"
#include "sa-book.h"

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
	struct sa_book *book; /* which has been told of all SAs up to now; NULL: there is none */
};

/*
 * sampler_take() - takes a sample
 *
 * Transmitted packets are counted by the SA first and by the port later, received ones the other
 * way round, so a packet under way can be missing from either: a judgement over few packets wants
 * a second look. Where nothing goes for as long as a sample takes, or at one of some attempts,
 * both are of one moment.
 *
 * Return: 0; -EPERM without CAP_NET_ADMIN; what ethtool.h and xfrm.h say.
 */
int sampler_take(struct ethtool *ethtool, const struct sampler_view *view,
		 struct proof_sample *ret);

/* sampler_name_conns() - puts the names behind the reason; @view is that of the later sample */
void sampler_name_conns(const struct sampler_view *view, struct proof *proof);

/* Packets of SAs that live now, since each was made. */
struct sampler_flow {
	uint64_t offloadable; /* of SAs that the kernel names as offloaded to the bond */
	uint64_t software;    /* of SAs of the conns that it does not */
};

struct sampler_traffic {
	size_t n_sas;
	struct sampler_flow tx, rx;
};

/*
 * sampler_traffic() - sums over the SAs of a bond
 *
 * Return: as sampler_take().
 */
int sampler_traffic(const struct sampler_view *view, struct sampler_traffic *ret);
