/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "output.h"

/*
 * What goes on during long work, on the standard error output. On a terminal it is one line that
 * counts the seconds and goes away at the end; elsewhere each new thing is a line of its own, and
 * waiting says nothing.
 */
struct progress {
	bool live;  /* a terminal */
	bool quiet; /* the answer is for machines: nothing is said */
	bool drawn;
	bool step;           /* it was told by progress_step() */
	uint64_t since_usec; /* monotonic, of the present thing */
	char *what;
};

#define PROGRESS_NULL ((struct progress){ 0 })

/* progress_begin() - @what is copied */
void progress_begin(struct progress *p, const struct ctl *ctl, const char *what);

/* progress_step() - something new goes on; on a terminal the line of the step before stays */
void progress_step(struct progress *p, const char *what);

/* progress_tick() - draws the line anew; to be called each second */
void progress_tick(struct progress *p);

/* progress_end() - takes the line away */
void progress_end(struct progress *p);

/* For a local struct progress. */
#define _cleanup_progress_ _cleanup_(progress_end)
