/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "supervisor.h"

/*
 * Bonds of the kernel that the test plays (fake-kernel.h), each with a supervisor, and what they
 * told. Most tests need the first of them only; those that need nothing but one, and no record of
 * what it told, have one-bond.h.
 */
enum {
	MAX_BONDS = 8,
	MAX_TOLD = 1024
};

extern struct supervisor *supervisors[MAX_BONDS];
extern struct policy_bond policies[MAX_BONDS];
extern const char *bonds_state_dir; /* where their failovers are kept; NULL: nowhere */

/* The failovers that the supervisors told, in order. */
extern struct told {
	const struct supervisor *s;
	struct failover f;
	enum verdict verdict_then;
} told[MAX_TOLD];

/* What else they told since the beginning; a proof that somebody asked for counts as verified. */
extern size_t n_told, n_proved, n_verified, n_looks;
extern struct prover_outcome proved; /* the last */
extern unsigned int changes;         /* all bits together, until a test sets it to 0 */

/* bonds_begin() - so many bonds, which wait for the worker; what was told is forgotten */
void bonds_begin(size_t n);
void bonds_end(void);

/* worker_reports() - a report about a bond, which is freed */
void worker_reports(size_t bond, json_t *j);

/* worker_says() - the worker has looked: the bond's standing, with its tunnel and no finding */
void worker_says(size_t bond, const char *standing, const char *reason);

/* worker_ends() - the worker has changed bond0, or has failed to */
void worker_ends(const char *outcome, const char *reason);

/* worker_repairs() - it is let loose on bond0, and does what is to be done */
void worker_repairs(void);

/* lose_tunnels() - the worker has looked again: the kernel lacks SAs, or does not any more */
void lose_tunnels(size_t bond, bool lost);

/* run_for_msec() - lets the loop run for that long */
void run_for_msec(unsigned int msec);

/* run_until_told() - until so many failovers were told since the beginning, and no longer */
void run_until_told(size_t n);

/* run_until_proved() - until one more proof has ended that nobody asked for */
void run_until_proved(void);

/* configured_and_proved() - begins with bond0 alone, whose traffic has gone through the hardware */
void configured_and_proved(void);

/* bond_state() - the word for bond0's state */
const char *bond_state(void);
