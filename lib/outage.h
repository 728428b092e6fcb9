/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"
#include "text.h"

/*
 * What was interrupted, for how long, and by which step: an account that whoever watches keeps.
 * Times are of one clock, in microseconds.
 */

/* One time without, of one thing. */
struct outage {
	size_t subject;
	size_t step; /* the one that was being taken when it began */
	uint64_t from_usec;
	uint64_t until_usec;
	bool open; /* not over yet; until_usec is not known */
};

/* A thing that can be interrupted, such as "bond0" or "the tunnel of example". */
struct outage_subject {
	char *name;
	bool up;
};

struct outages {
	struct outage_subject *subjects;
	size_t n_subjects, subjects_alloc;
	size_t step;

	struct outage *items;
	size_t n, alloc;
};

#define OUTAGES_NULL ((struct outages){ 0 })

void outages_done(struct outages *o);

/* outages_add() - one more subject. Return: its number; -ENOMEM. */
int outages_add(struct outages *o, const char *name, bool up);

/* outages_step() - what begins from now on is this step's doing */
void outages_step(struct outages *o, size_t step);

/* outages_since() - when this step's first outage began; @now_usec without one */
uint64_t outages_since(const struct outages *o, uint64_t now_usec);

/*
 * outages_see() - a subject was seen up, or not
 *
 * Return: 0; -ENOMEM.
 */
int outages_see(struct outages *o, size_t subject, bool up, uint64_t now_usec);

/*
 * outages_print() - what a step interrupted, in a sentence's words
 * @now_usec: the end of watching; for what has not come back by then
 *
 * "the tunnel of example for 1.3 s, bond0 for 0.4 s", the subjects in the order they were added,
 * what did not come back with that remark; "nothing".
 */
void outages_print(const struct outages *o, size_t step, uint64_t now_usec, struct text *t);
