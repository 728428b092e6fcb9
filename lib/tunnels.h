/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"

/*
 * Tells the tunnels of a host apart, also those between the same two ends, and sees whether each
 * has its SAs. What goes through an SA is written in the kernel's policies alone: both have a
 * number (reqid), which is another one each time pluto takes a conn up, while what the policy lets
 * through stays.
 */

struct tunnel {
	struct facts_ip local, remote;
	/*
	 * The kernel has no policy for any SA between these ends: they are one tunnel then, all of
	 * them.
	 */
	bool by_ends;
	/*
	 * By which pluto knows it; belongs to the facts that it was taken in from. NULL: pluto does
	 * not say, or knows it by several.
	 */
	const char *conn;
	size_t in, out; /* SAs seen last */
	size_t subject; /* the user's */
};

/* What goes through one of them. */
struct tunnel_flow {
	struct facts_flow flow;
	size_t tunnel;
};

struct tunnels {
	struct tunnel *items;
	size_t n, alloc;

	/* By which each is known again, sorted. */
	struct tunnel_flow *flows;
	size_t n_flows, flows_alloc;
};

#define TUNNELS_NULL ((struct tunnels){ 0 })

void tunnels_done(struct tunnels *t);

/*
 * tunnels_know() - takes in the tunnels that have an outgoing SA
 * @facts: with the SAs, and with the tunnels that pluto knows; an SA with SPI 0 is none yet
 * @flows, @n_flows: of the same moment; none: each two ends are one tunnel
 *
 * An SA through which nothing may go belongs to no tunnel where others between its ends are in use.
 *
 * Return: 0; -ENOMEM.
 */
int tunnels_know(struct tunnels *t, const struct facts *facts, const struct facts_flow *flows,
		 size_t n_flows);

/*
 * tunnels_see() - counts the SAs that each of them has now
 *
 * The two dumps are of different moments. With @flows as the older one, a tunnel that came up in
 * between looks down, but none that is down looks up.
 *
 * Return: 0; -ENOMEM, with the counts as they were.
 */
int tunnels_see(struct tunnels *t, const struct facts_sa *sas, size_t n_sas,
		const struct facts_flow *flows, size_t n_flows);

/* tunnel_is_up() - it has an SA in each direction */
static inline bool tunnel_is_up(const struct tunnel *t)
{
	return t->in > 0 && t->out > 0;
}
