/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "executor.h"

/*
 * What earlier runs have left: transactions that were not finished, and what was applied to bonds
 * and conns that the policy names no more. All of it is taken back.
 */

enum settle_what {
	SETTLE_HALF_DONE, /* a transaction that was not finished */
	SETTLE_CONNS,     /* conns that the policy names no more */
	SETTLE_BOND,      /* a bond that the policy names no more */
};

/* Told of each bond for which there was something; as executor.h has outcome and reason. */
typedef void (*settle_told_fn)(const char *bond, enum settle_what what, int outcome,
			       const char *reason);

/*
 * settle() - goes through the undo journals of all bonds
 *
 * Return: 0 when nothing is left; 1 when something could not be taken back; a negative errno when
 * the journals cannot be listed.
 */
int settle(const struct executor_options *options, const struct policy *policy,
	   settle_told_fn told);
