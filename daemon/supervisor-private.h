/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "supervisor.h"

#include <time.h>

/* What the files of the supervisor share: supervisor.c follows the bond, supervisor-report.c takes
 * in what the worker tells, supervisor-verify.c proves for whoever asks. */

/* supervisor_clock_usec() - what a clock shows, in microseconds */
uint64_t supervisor_clock_usec(clockid_t clock);

/* The verdict, or what is told to who asks, while the devices are not followed. */
#define SUPERVISOR_BLIND                                                                           \
	((struct proof){ .reason = "the kernel's network devices cannot be followed, so that the " \
				   "active port may be another" })

/* supervisor_changed() - tells that something has changed; @what: bits, 0 for nothing */
void supervisor_changed(struct supervisor *s, unsigned int what);

/* supervisor_set_state() - a state and its reason, logged and told when it is another one */
void supervisor_set_state(struct supervisor *s, enum bond_state state, const char *reason);

/*
 * supervisor_open_proof() - begins a proof after the grace, where there is something to prove;
 * without the policy's probe while steps are taken
 *
 * Return: true; false when there is nothing, or it cannot be done.
 */
bool supervisor_open_proof(struct supervisor *s, uint64_t grace_usec);

/* supervisor_reread_feature() - the bond's bit, where it could not be read last */
void supervisor_reread_feature(struct supervisor *s);

/*
 * supervisor_settle_failover() - one that waits for a verdict while no proof is open gets a proof
 * where the conns are known, and soon the verdict unknown where there are none
 */
void supervisor_settle_failover(struct supervisor *s);

/* supervisor_set_verdict() - a proof has ended, and this is what it says */
void supervisor_set_verdict(struct supervisor *s, const struct proof *proof);

/* supervisor_prove_anew() - the verdict was about something that is not so any more */
void supervisor_prove_anew(struct supervisor *s);

/* supervisor_add_verifier() - makes the prover for who asks. Return: 0; a negative errno. */
int supervisor_add_verifier(struct supervisor *s, sd_event *event, const char *opener);

/* supervisor_verify_anew() - the same for who asked; without an active port they are answered */
void supervisor_verify_anew(struct supervisor *s);

/* supervisor_is_to_be_proved() - whether the hardware does the work matters now */
bool supervisor_is_to_be_proved(const struct supervisor *s);

/* supervisor_add_repair() - makes the timer of repairs. Return: 0; a negative errno. */
int supervisor_add_repair(struct supervisor *s, sd_event *event);

/*
 * supervisor_remember() - a bond that somebody has reverted stays so over restarts
 *
 * Return: 0; -ENOMEM.
 */
int supervisor_remember(struct supervisor *s, const char *state_dir);

void supervisor_free_conns(struct supervisor *s);
