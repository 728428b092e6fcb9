/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"
#include "ipsec.h"
#include "policy.h"

/* Tunnels whose SAs the kernel has lost while pluto believes in them. */

/*
 * loss_is_there() - pluto says now that the conn is up, and the kernel lacks its SAs
 * @facts: tell the conn's ends
 *
 * Return: 1; 0; a negative errno when it could not be looked at.
 */
int loss_is_there(const struct facts *facts, const struct policy_bond *policy,
		  const struct ipsec *ipsec, const char *conn);

/*
 * loss_wait_repaired() - waits until the conn is up in both
 * @limit_usec: no longer than that; 0: looks once
 *
 * Return: 0; 1 when it is not; -ECANCELED when @ipsec->stop had it given up; another negative
 * errno.
 */
int loss_wait_repaired(const struct facts *facts, const struct policy_bond *policy,
		       const struct ipsec *ipsec, const char *conn, uint64_t limit_usec);
