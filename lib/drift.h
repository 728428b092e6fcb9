/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * What somebody else has changed since a bond was as the policy says: when it is repaired, and when
 * not any more. A repair waits a while, longer the second time, so that whoever is at it can
 * finish; when two repairs were undone, somebody means it, and nobody's tunnels are interrupted in
 * turns.
 */
struct drift {
	bool settled;           /* the bond was seen as it should be: what differs now is drift */
	bool seen;              /* it differs */
	bool due;               /* and the time for its repair has come */
	unsigned int n_repairs; /* that somebody may have undone */
	uint64_t repaired_usec; /* the last one, of CLOCK_MONOTONIC */
};

#define DRIFT_NULL ((struct drift){ 0 })

/* drift_reset() - somebody asked, or the policy is new: what is done next is no repair */
void drift_reset(struct drift *d);

/* drift_may_change() - true before the bond was ever as it should be, and when a repair is due */
bool drift_may_change(const struct drift *d);

/* drift_come_due() - the wait before a repair is over */
void drift_come_due(struct drift *d);

/* drift_see_done() - the bond is as it should be */
void drift_see_done(struct drift *d);

enum drift_kind {
	DRIFT_NONE,  /* it never was as it should be */
	DRIFT_KNOWN, /* it was seen before */
	DRIFT_NEW,   /* it is to be repaired after a wait: then drift_come_due() */
	DRIFT_FIGHT, /* it was repaired often enough */
};

/*
 * drift_see_todo() - the bond is not as it should be
 * @now_usec: of CLOCK_MONOTONIC
 * @ret_wait_usec: with DRIFT_NEW how long the repair waits
 */
enum drift_kind drift_see_todo(struct drift *d, uint64_t now_usec, uint64_t *ret_wait_usec);

/* drift_see_applied() - something was applied */
void drift_see_applied(struct drift *d, uint64_t now_usec);
