/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-event.h>

#include "base.h"

/*
 * What somebody else has changed since a bond was as the policy says: when it is repaired, and when
 * not any more. A repair waits a while, longer the second time, so that whoever is at it can
 * finish; when two repairs were undone, somebody means it, and nobody's tunnels are interrupted in
 * turns.
 */
struct drift {
	sd_event_source *timer;
	bool settled;           /* the bond was seen as it should be: what differs now is drift */
	bool seen;              /* it differs */
	bool due;               /* and the time for its repair has come */
	unsigned int n_repairs; /* that somebody may have undone */
	uint64_t repaired_usec; /* the last one, of CLOCK_MONOTONIC */
};

typedef void (*drift_due_fn)(void *userdata);

/*
 * drift_init() - @due is called when the time for a repair has come: then drift_may_change()
 *
 * Return: 0; a negative errno.
 */
int drift_init(struct drift *d, sd_event *event, sd_event_time_handler_t on_due, void *userdata);
void drift_done(struct drift *d);

/* drift_reset() - somebody asked, or the policy is new: what is done next is no repair */
void drift_reset(struct drift *d);

/* drift_may_change() - true before the bond was ever as it should be, and when a repair is due */
bool drift_may_change(const struct drift *d);

/* drift_is_due() - the timer's time has come */
void drift_is_due(struct drift *d);

/* drift_see_done() - the bond is as it should be. */
void drift_see_done(struct drift *d);

enum drift_kind {
	DRIFT_NONE,  /* it never was as it should be */
	DRIFT_KNOWN, /* it was seen before */
	DRIFT_NEW,   /* a repair is on its way, at @ret_in_usec from now */
	DRIFT_FIGHT, /* it was repaired often enough */
};

/* drift_see_todo() - the bond is not as it should be; @now_usec: of CLOCK_MONOTONIC */
enum drift_kind drift_see_todo(struct drift *d, uint64_t now_usec, uint64_t *ret_in_usec);

/* drift_see_applied() - something was applied */
void drift_see_applied(struct drift *d, uint64_t now_usec);
