/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"
#include "policy.h"

/*
 * The conns that a policy means, and their two ends seen from this host: by them an SA of the
 * kernel is told to be a conn's.
 */

/* A conn's own address and its peer's; family 0 where it is not known before the peer comes. */
struct conn_ends {
	char *name;
	struct facts_ip local;
	struct facts_ip remote;
};

struct conn_ends_list {
	struct conn_ends *items;
	size_t n;
	size_t alloc;
};

void conn_ends_list_done(struct conn_ends_list *l);

/*
 * conn_ends_of() - the conns of a bond's policy, each once, in the order of the policy
 *
 * Which side is the local one is told by the host's addresses, as pluto orients a conn. A side that
 * is no address (%defaultroute, %bond0) is local, and taken to be the bond's own address.
 *
 * Return: 0; -ENOMEM.
 */
int conn_ends_of(const struct facts *facts, const struct policy_bond *policy,
		 struct conn_ends_list *ret);
