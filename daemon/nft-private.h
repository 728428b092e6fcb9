/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "nft-rules.h"

/* What reading a rule's matches (nft-match.c) and all else (nft-rules.c) share. */

/* A whole ruleset while it is read. */
struct nft_reading {
	json_t *entries;
	const char *listing;
	struct firewall *f;
	struct nft_foreign foreign;
	bool failed; /* no memory */
};

/* The rule that is being read. */
struct nft_rule_reading {
	struct nft_reading *r;
	int family;
	const char *table;
	struct firewall_rule rule;
	const json_t *vmap; /* its verdict map, to be expanded */
	bool foreign;
};

/* nft_string() - a string of an object; "" for none */
const char *nft_string(const json_t *object, const char *key);

/*
 * nft_family() - reads a table's family: AF_INET, AF_INET6, or 0 for both
 *
 * Return: false for families that are not about IP packets.
 */
bool nft_family(const char *name, int *ret);

/* nft_elements() - the elements of a named set or map; NULL when it is not in the listing */
const json_t *nft_elements(const struct nft_rule_reading *rr, const char *name);

/* nft_add_match() - an empty match; NULL without memory, which is remembered */
struct firewall_match *nft_add_match(struct nft_rule_reading *rr, enum firewall_field field,
				     bool negated);

/* nft_read_left() - reads the left side of a match, and adds what it implies. Return: the field. */
enum firewall_field nft_read_left(struct nft_rule_reading *rr, const json_t *left);

/* nft_read_values() - whatever stands on the right. Return: false when it is not understood. */
bool nft_read_values(struct nft_rule_reading *rr, const json_t *v, enum firewall_field field,
		     struct firewall_match *m);

/* nft_forget() - makes a match uncertain */
void nft_forget(struct firewall_match *m);

/* nft_read_match() - a "match" statement */
void nft_read_match(struct nft_rule_reading *rr, const json_t *e);
