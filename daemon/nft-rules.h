/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "firewall.h"

/*
 * The rules of nf_tables, by way of libnftables and its JSON (libnftables-json(5)).
 *
 * Rules that iptables-nft made may hold matches and targets of xtables, of which the JSON says at
 * most the name: such tables are left out, and named, to be read with iptables-save.
 */

/* A table whose rules say more than can be read here. */
struct nft_foreign {
	struct {
		int family; /* AF_INET or AF_INET6; 0 for inet */
		char *name;
	} * items;
	size_t n;
	size_t alloc;
	/* There are tables of family bridge, arp or netdev that have rules or drop all, or chains
	 * of family inet that see packets as early as those of netdev. */
	bool other_families;
};

void nft_foreign_done(struct nft_foreign *f);

/*
 * nft_rules_parse() - reads what "list ruleset" prints as JSON
 * @listing: the same as text with handles ("nft -a list ruleset"): each rule gets its line from
 *           there; may be NULL
 *
 * Return: 0; -EBADMSG for what is no such JSON; -ENOMEM.
 */
int nft_rules_parse(const char *json, size_t len, const char *listing, struct firewall *f,
		    struct nft_foreign *ret_foreign);

/*
 * nft_rules_read() - asks the kernel
 *
 * Return: 0; -EPERM without CAP_NET_ADMIN; -EOPNOTSUPP in a build without libnftables; -EIO when it
 * fails otherwise; -EBADMSG; -ENOMEM.
 */
int nft_rules_read(struct firewall *f, struct nft_foreign *ret_foreign);
