/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "conn-ends.h"

/*
 * The conns that no bond of the policy means. By its ends alone an SA of one of them cannot be told
 * from an SA of a conn that has the same.
 */
struct conn_others {
	struct conn_ends *items;
	size_t n;
	size_t alloc;
};

void conn_others_done(struct conn_others *others);

/*
 * conn_others_of()
 * @bonds, @n_bonds: the policy's
 *
 * Those are left out of which pluto makes no SAs. Their names are not kept.
 *
 * Return: 0; -ENOMEM.
 */
int conn_others_of(const struct facts *facts, const struct policy_bond *bonds, size_t n_bonds,
		   struct conn_others *ret);

/* conn_others_mark() - sets "shared" of those between whose ends another may have SAs as well */
void conn_others_mark(const struct conn_others *others, struct conn_ends_list *list);
