/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drift.h"

/* How long each repair waits. */
static const uint64_t waits_usec[] = { UINT64_C(2000000), UINT64_C(60000000) };

/* A repair that has held so long was not undone by whoever is at it now. */
#define FORGOTTEN_USEC (UINT64_C(24) * 3600 * 1000000)

void drift_reset(struct drift *d)
{
	*d = DRIFT_NULL;
}

bool drift_may_change(const struct drift *d)
{
	return !d->settled || d->due;
}

void drift_come_due(struct drift *d)
{
	d->due = d->seen;
}

void drift_see_done(struct drift *d)
{
	d->settled = true;
	d->seen = d->due = false;
}

enum drift_kind drift_see_todo(struct drift *d, uint64_t now_usec, uint64_t *ret_wait_usec)
{
	if (!d->settled)
		return DRIFT_NONE;
	if (d->seen)
		return DRIFT_KNOWN;
	if (d->n_repairs > 0 && now_usec - d->repaired_usec > FORGOTTEN_USEC)
		d->n_repairs = 0;
	d->seen = true;
	if (d->n_repairs == ARRAY_SIZE(waits_usec))
		return DRIFT_FIGHT;
	*ret_wait_usec = waits_usec[d->n_repairs];
	return DRIFT_NEW;
}

void drift_see_applied(struct drift *d, uint64_t now_usec)
{
	if (!d->due)
		return;
	d->n_repairs++;
	d->repaired_usec = now_usec;
	d->seen = d->due = false;
}
