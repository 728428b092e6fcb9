/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"

/*
 * A first policy for a host that has none: its active-backup bonds, the conns that end on them, and
 * for each line what it means. What speaks against it is said there as well, and decided nowhere.
 */

struct proposal {
	char *text; /* a whole config.yaml; policy_parse() takes it without a warning */
	size_t n_bonds;
	size_t n_conns;
};

#define PROPOSAL_NULL ((struct proposal){ .text = NULL })

/* With more conns on a bond than that, a pattern stands for all of them. */
#define PROPOSAL_CONNS_NAMED 50

/*
 * proposal_make() - what could be written for this host
 *
 * A conn that names no own address is proposed only where a single bond could be meant, and one with
 * nic-offload=no not at all: somebody knows why. What nobody
 * but the administrator can know, such as whether the other end takes another cipher, stands there
 * as a comment.
 *
 * Return: 0, also when there is nothing to propose; -ENOMEM.
 */
int proposal_make(const struct facts *facts, struct proposal *ret);

void proposal_done(struct proposal *p);

/* For a local struct proposal. */
#define _cleanup_proposal_ _cleanup_(proposal_done)
