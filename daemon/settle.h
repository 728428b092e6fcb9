/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "executor.h"

/*
 * What earlier runs have left: transactions that were not finished, and what was applied to bonds
 * and conns that the policy names no more. All of it is taken back.
 */

/* Told of each bond for which there was something; as executor.h has outcome and reason. */
typedef void (*settle_told_fn)(const char *bond, int outcome, bool reverted, const char *reason);

/*
 * settle() - goes through the undo journals of all bonds
 *
 * Return: 0 when nothing is left; 1 when something could not be taken back; a negative errno when
 * the journals cannot be listed.
 */
int settle(const struct executor_options *options, const struct policy *policy,
	   settle_told_fn told);
