/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

/*
 * A host that the test plays, behind the headers of the adapters, for transactions; the undo
 * journal and Libreswan's files are real, in temporary.h's folder. Each call that touches something
 * can be made to fail, or to end the process before or after it.
 */

/* What outlives a process. */
extern struct world {
	int profile; /* the feature in it: -1 not set, 0, 1 */
	int bit;
	bool loaded; /* pluto has taken nic-offload=yes up */
	bool example_up, neighbour_up;
	unsigned int neighbour_lost; /* how often its tunnel went down */
	unsigned int activations;
	unsigned int nm_clients; /* how often libnm's client was made */
	unsigned int replacements;
	/* A NetworkManager that is asked to activate is restarted, and has made a profile up. */
	bool nm_restarts, made_up;
	bool hand_back_fails;
	unsigned int checkpoint; /* how often one that is left has to be removed before it goes */
	bool nm_away, trial_fails, trial_unseen, answered, refuse_bit, pluto_stopped, files_refused,
		restart_fails, start_fails;
	bool routed, unroutable; /* example, by auto=ondemand: it is, and cannot be any more */
	bool files_broken;       /* somebody has edited them so that pluto cannot start */
	bool no_words;           /* no reason can be put together, for want of memory */
	bool subnets;            /* pluto has the neighbour by the name of one of its subnets */
	bool shares;  /* both conns have one IKE SA, so that replacing one takes both down */
	bool orphans; /* the same, but that pluto still believes in the other one */
	bool orphaned, renewed;
	unsigned int deaf;       /* how many trials find example so */
	bool neighbour_unloaded; /* by hand it was loaded, and a restart has not */
	bool neighbour_away;     /* its peer does not answer any more */
	bool failed;             /* the unit */
} * world;

enum how {
	HOW_NOT,
	HOW_DIE_BEFORE,
	HOW_DIE_AFTER,
	HOW_FAIL,
};

/* neighbour_tunnel() - the neighbour's name, as pluto has it */
const char *neighbour_tunnel(void);

/* What becomes of the chosen call, from 1, and how many there were. */
extern enum how how;
extern unsigned int chosen, n_calls;

/* file_says_yes() - Libreswan's file has nic-offload=yes */
bool file_says_yes(void);

/* files_cannot_be_put_back() - somebody has edited the file, and the key alone cannot be put back
 */
void files_cannot_be_put_back(void);
