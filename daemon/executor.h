/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"
#include "ipsec.h"
#include "plan.h"
#include "policy.h"

/*
 * Takes the steps of a plan, each noted in the undo journal before and looked at afterwards, and
 * takes them back in the other order when one fails or the tunnel does not return.
 */

struct executor_options {
	const char *state_dir;
	const char *ipsec_conf; /* Libreswan's file; NULL: /etc/ipsec.conf */
	struct ipsec ipsec;
	/* Told of each step; @status: STEP_STATUS_… in worker-report.h. */
	void (*told)(void *userdata, const char *bond, const struct step *step, const char *status,
		     const char *text);
	void *userdata;
	/*
	 * Asked between the steps, and while something is waited for. Once it is true no step is
	 * begun, and what was begun is taken back, whatever the policy says of "rollback": nobody
	 * knows whether it would have worked. NULL: never.
	 */
	bool (*stop)(void);
};

enum executor_outcome {
	EXECUTOR_NOTHING, /* there was nothing to do */
	EXECUTOR_DONE,
	EXECUTOR_FAILED,      /* and all was taken back, or there was nothing to take back */
	EXECUTOR_FAILED_HALF, /* and something could not be taken back, or should not */
};

/*
 * executor_apply() - takes the steps
 * @facts: what the plan was made from; tells which tunnels must return
 * @ret_reason: why it failed; with EXECUTOR_DONE what could not be seen, or NULL; free with free()
 *
 * Return: one of enum executor_outcome; -EBADMSG when the undo journal cannot be understood, and
 * nothing was done; another negative errno from before the first step.
 */
int executor_apply(const struct executor_options *options, const struct facts *facts,
		   const struct policy_bond *policy, const struct plan *plan, char **ret_reason);

/*
 * executor_note_right() - remembers what is as the plan, which has no steps, wants it
 *
 * So that a revert leaves it right also when somebody changes it, and that is repaired. Where it is
 * known nothing is written.
 *
 * Return: 0; a negative errno.
 */
int executor_note_right(const struct executor_options *options, const char *bond,
			const struct plan *plan);

/*
 * executor_repair() - brings back tunnels whose SAs the kernel has lost, one after the other
 * @plan: from repair_plan()
 *
 * Each is looked at once more before, and waited for afterwards as long as the policy gives a
 * proof; but one that is not back within 5 seconds is waited for beside the next ones. There is
 * nothing to take back.
 *
 * Return: EXECUTOR_NOTHING; EXECUTOR_DONE when all are back; EXECUTOR_FAILED when one is not;
 * -ENOMEM.
 */
int executor_repair(const struct executor_options *options, const struct facts *facts,
		    const struct policy_bond *policy, const struct plan *plan, char **ret_reason);

/*
 * executor_is_unsettled() - whether something is left half done, for executor_recover()
 *
 * Return: true; false, also where that cannot be seen.
 */
bool executor_is_unsettled(const struct executor_options *options, const char *bond);

/*
 * executor_recover() - takes back what a transaction left that was not finished
 * @bond: its name
 *
 * What was taken back is forgotten at once, so that trying again does the rest alone.
 *
 * Return: as above: EXECUTOR_NOTHING in the ordinary case, EXECUTOR_DONE when something was taken
 * back, EXECUTOR_FAILED_HALF when that did not work.
 */
int executor_recover(const struct executor_options *options, const char *bond, char **ret_reason);

/*
 * executor_revert() - takes back all that was ever applied to a bond
 * @ret_reason: with EXECUTOR_DONE what there is to know about it all the same, or NULL
 *
 * Return: as executor_recover().
 */
int executor_revert(const struct executor_options *options, const char *bond, char **ret_reason);

/*
 * executor_revert_conns() - takes back what was applied to conns that the policy names no more
 * @policy: of the bond
 *
 * Return: as executor_revert().
 */
int executor_revert_conns(const struct executor_options *options, const struct policy_bond *policy,
			  char **ret_reason);
