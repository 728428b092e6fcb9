/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"
#include "ipsec.h"
#include "policy.h"

/*
 * After the steps: are the tunnels back, does the kernel hold their SAs with offload, and does the
 * hardware do the work? Software or a refused SA is a failure; no traffic is not, since the proof
 * goes on in the daemon.
 */

/*
 * trial_run() - waits and looks, for no longer than the policy's proof.within each time
 * @before: the facts from before the steps: what was established must be so again
 * @ret_reason: why it failed; NULL when it did not. Free with free().
 *
 * Return: 0 when nothing speaks against the steps; 1 when something does; a negative errno when it
 * could not be looked at.
 */
int trial_run(const struct facts *before, const struct policy_bond *policy,
	      const struct ipsec *ipsec, char **ret_reason);

/*
 * trial_wait_tunnels() - waits until the policy's conns that were established are so again
 *
 * Return: as trial_run().
 */
int trial_wait_tunnels(const struct facts *before, const struct policy_bond *policy,
		       const struct ipsec *ipsec, char **ret_reason);
