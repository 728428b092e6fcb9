/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "checks.h"
#include "conn-others.h"
#include "facts.h"
#include "plan.h"
#include "policy.h"

/*
 * What the worker prints on its standard output: JSON objects, one a line. "report" says which:
 *
 *   bond     how a bond stands: "bond", "standing", "reason", "findings", "plan", "repairs" (the
 *            plan brings back tunnels whose SAs are lost), "conns", "profile_uuid", "profile_path",
 *            "device_path", "libreswan", "again" (somebody has not answered who is there)
 *   step     a step of a plan: "bond", "step", "subject", "status", "text"
 *   outcome  the end of applying or reverting: "bond", "outcome", "reason"
 *   settled  nothing is left any more of what earlier runs had half done, or had done for bonds and
 *            conns that the policy names no more
 *   end      the end of all, where nobody sees the exit status: "status"
 *
 * The objects in "findings" and "plan" are those of the bus and of --json.
 */
#define REPORT_BOND    "bond"
#define REPORT_STEP    "step"
#define REPORT_OUTCOME "outcome"
#define REPORT_SETTLED "settled"
#define REPORT_END     "end"

/* "standing" */
#define STANDING_MISSING "missing" /* something is not there yet */
#define STANDING_BLOCKED "blocked" /* a prerequisite fails */
#define STANDING_TODO    "todo"    /* there are steps to be done */
#define STANDING_DONE    "done"    /* there are none */

/* "status" */
#define STEP_STATUS_BEGINS "begins"
#define STEP_STATUS_DONE   "done"
#define STEP_STATUS_FAILED "failed"
#define STEP_STATUS_UNDONE "undone"
/* After all of them: "text" says what the step has really interrupted, and for how long. */
#define STEP_STATUS_INTERRUPTED "interrupted"

/* "outcome" */
#define OUTCOME_UNCHANGED "unchanged"
#define OUTCOME_APPLIED   "applied"
/* Tunnels whose SAs the kernel had lost are back, or some of them are not. */
#define OUTCOME_REPAIRED     "repaired"
#define OUTCOME_NOT_REPAIRED "not-repaired"
#define OUTCOME_UNDONE       "undone" /* after a crash: what was half done was taken back */
/*
 * What an earlier run has left half done cannot be taken back now; nothing else was done. Behind
 * "failed", and without a reason: what this run has left.
 */
#define OUTCOME_UNSETTLED "unsettled"
#define OUTCOME_LEFT                                                                               \
	"left" /* what was applied to conns that the policy names no more is taken back */
#define OUTCOME_REVERTED "reverted"
#define OUTCOME_FAILED   "failed"

/*
 * worker_report_bond()
 * @others: the conns that no bond of the policy means
 *
 * Return: 0; -ENOMEM; -EIO when it could not be printed.
 */
int worker_report_bond(const struct facts *facts, const struct policy_bond *policy,
		       const struct conn_others *others, const struct findings *findings,
		       const struct plan *plan);

/* worker_report_step(), worker_report_outcome() - @text and @reason may be NULL. Return: as above
 */
int worker_report_step(const char *bond, const struct step *step, const char *status,
		       const char *text);
int worker_report_outcome(const char *bond, const char *outcome, const char *reason);

/* worker_report_settled() - Return: as above */
int worker_report_settled(void);

/* The worker's exit status when another one is at it, as sysexits.h has it for "try again". */
#define WORKER_EXIT_BUSY 75

/* worker_report_end() - @status: the exit status. Return: as above */
int worker_report_end(int status);
