/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"
#include "finding.h"
#include "policy.h"

/*
 * The prerequisites: a table of checks over the facts. A check is a function that adds nothing, or
 * one finding for each subject that it does not like.
 */

/*
 * checks_order() - puts SAs and tunnels in the order that the checks and the plan look them up by
 *
 * What is in another order is put in order for each bond again, which many bonds would feel.
 */
void checks_order(struct facts *facts);

/*
 * checks_run() - judges what was seen of one bond against its policy
 * @ret: what was found, the causes before their consequences and what blocks before what warns
 *
 * Return: 0 (also when nothing was found); -ENOMEM.
 */
int checks_run(const struct facts *facts, const struct policy_bond *policy, struct findings *ret);

/* What the table says of a check, for manual pages and completions. */
struct check_info {
	const char *id;
	const char *title;
};

/* checks_info() - the I-th check of the table, or NULL after the last */
const struct check_info *checks_info(size_t i);
