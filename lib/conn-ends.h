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
	bool assumed; /* the files name no own address: it is the device's, or the bond's */
	bool absent;  /* they name a device in its stead that is not there */
	int owner;    /* ifindex of the device that holds the own address, or that the files name */
	size_t first; /* its name's first conn in the configuration, as ipsec_conf_conn() counts */
	bool shared;  /* conn_others_mark() */
};

/*
 * conn_ends_compare() - orders ends by the peer's address and then by the own
 *
 * Those of any peer, whose address is of no family, come before all others.
 */
int conn_ends_compare(const struct facts_ip *remote, const struct facts_ip *local,
		      const struct conn_ends *conn);

struct ipsec_conf_conn;

/*
 * conn_ends_of_one() - the ends of a conn
 * @bond: whose address is taken for an own one that the files do not name
 * @ret: name and shared stay untouched
 *
 * Return: 1; 0 when one of its sides says nothing: pluto takes no such conn; -ENOMEM.
 */
int conn_ends_of_one(const struct facts *facts, const char *bond,
		     const struct ipsec_conf_conn *conn, struct conn_ends *ret);

/*
 * conn_encrypts() - false for a conn of the type passthrough, drop or reject
 *
 * Return: 0; -ENOMEM.
 */
int conn_encrypts(const struct facts *facts, const struct ipsec_conf_conn *conn, bool *ret);

/* A conn that a pattern of the policy matches and that is not meant all the same. */
enum conn_left_out {
	CONN_LEFT_OUT_ELSEWHERE, /* its own address is another device's */
	CONN_LEFT_OUT_NOT_HERE,  /* neither of its addresses, nor its device, is this host's */
	CONN_LEFT_OUT_NM_OWNED,  /* NetworkManager made it */
	CONN_LEFT_OUT_NO_SA,     /* of a type that encrypts nothing: passthrough, drop, reject */
};

struct conn_skipped {
	char *name;
	enum conn_left_out why;
	int owner; /* as in struct conn_ends */
};

struct conn_ends_list {
	struct conn_ends *items;
	size_t n;
	size_t alloc;

	struct conn_skipped *skipped;
	size_t n_skipped;
	size_t skipped_alloc;
};

void conn_ends_list_done(struct conn_ends_list *l);

/*
 * conn_ends_of() - the conns of a bond's policy, each once, in the order of the policy
 *
 * Which side is the local one is told by the host's addresses, as pluto orients a conn. A side that
 * names a device (%bond0) is local, and the address is that device's. One that says neither
 * (%defaultroute) is local, and taken to be the bond's own address.
 *
 * A conn that is named is meant, whatever it says. A pattern means those of its conns that go
 * through the bond: the others are listed apart.
 *
 * Return: 0; -ENOMEM.
 */
int conn_ends_of(const struct facts *facts, const struct policy_bond *policy,
		 struct conn_ends_list *ret);
