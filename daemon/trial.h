/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"
#include "ipsec.h"
#include "policy.h"

/*
 * After the steps: are the tunnels back, does the kernel hold their SAs with offload, and does the
 * hardware do the work? Software or a refused SA is a failure, and so are pings that were answered
 * before the steps and are not any more; no traffic is not, since the proof goes on in the daemon.
 */

/*
 * trial_is_answered() - pings whom the policy's proof names, for some 2 seconds at most
 *
 * To be asked before the first step too.
 *
 * Return: true when an answer came; false without one, without an address, or where no tunnel of
 * the policy's conns was up in @before.
 */
bool trial_is_answered(const struct facts *before, const struct policy_bond *policy);

/* What comes of a trial, beside 0. */
enum {
	TRIAL_FAILED = 1, /* something speaks against the steps */
	/*
	 * A tunnel is established, with offload, and nothing comes back of what is sent, though it
	 * did before the steps. That happens when both ends begin to negotiate at the same moment,
	 * and one drops the SA into which the other sends.
	 */
	TRIAL_DEAF = 2,
};

/*
 * trial_run() - waits and looks, for no longer than the policy's proof.within each time
 * @before: the facts from before the steps: what was established must be so again
 * @answered: what trial_is_answered() said before the first step
 * @ret_deaf: with TRIAL_DEAF the conns that only send, ended by NULL; the names belong to @before;
 *            free with free(). One that shares its ends with a conn that receives is not told.
 * @ret_reason: why it failed; or, with 0, what could not be seen; NULL when there is nothing to
 *              say. Free with free().
 *
 * Return: 0 when nothing speaks against the steps; TRIAL_FAILED, TRIAL_DEAF; -ECANCELED when
 * @ipsec->stop had it given up; another negative errno when it could not be looked at.
 */
int trial_run(const struct facts *before, const struct policy_bond *policy,
	      const struct ipsec *ipsec, bool answered, const char ***ret_deaf, char **ret_reason);

/*
 * trial_wait_tunnels() - waits until the policy's conns that were established are so again
 *
 * Return: as trial_run().
 */
int trial_wait_tunnels(const struct facts *before, const struct policy_bond *policy,
		       const struct ipsec *ipsec, char **ret_reason);
