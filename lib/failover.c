/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "failover.h"

#include <stdio.h>

const char *failover_cause_name(enum failover_cause cause)
{
	switch (cause) {
	case FAILOVER_CARRIER:
		return "carrier";
	case FAILOVER_ADMINISTRATIVE:
		return "administrative";
	case FAILOVER_REQUEST:
		return "request";
	case FAILOVER_PRIMARY:
		return "primary";
	case FAILOVER_RECONSTRUCTED:
		return "reconstructed";
	case FAILOVER_UNKNOWN:
		break;
	}
	return "unknown";
}

/*
 * Why the port that was active is not any more. The kernel tells the port's new flags before the
 * bond's new port (bond_miimon_commit() runs after linkwatch), so its state now is the cause.
 */
static enum failover_cause cause_of_loss(const struct failover_sight *sight)
{
	const struct facts_link *last = sight->last;

	if (sight->reconstructed)
		return FAILOVER_RECONSTRUCTED;
	if (sight->bond == FACTS_NO_LINK || !last || last->master != sight->bond || !last->up)
		return FAILOVER_ADMINISTRATIVE;
	if (!last->carrier || !last->port.mii_up)
		return FAILOVER_CARRIER;
	if (sight->active && sight->active->ifindex == sight->primary && sight->primary_is_back)
		return FAILOVER_PRIMARY;
	return sight->active ? FAILOVER_REQUEST : FAILOVER_UNKNOWN;
}

static void begin_outage(struct failover_tracker *t, const struct failover_sight *sight)
{
	t->out = true;
	t->out_known = !sight->reconstructed;
	t->out_since_usec = sight->monotonic_usec;
	t->out_cause = cause_of_loss(sight);
	t->switches++;
}

static bool is_last(const struct failover_tracker *t, const struct facts_link *port)
{
	return t->last_index == FACTS_NO_LINK ? streq(t->last, port->name)
					      : t->last_index == port->ifindex;
}

/* The port is what the tracker knows, and was away, which nobody saw. */
static bool was_away(const struct failover_tracker *t, const struct failover_sight *sight)
{
	return !t->out && is_last(t, sight->active) && (sight->reconstructed || sight->chosen) &&
	       t->link_failures != sight->active->port.link_failures;
}

static void remember(struct failover_tracker *t, const struct facts_link *active)
{
	t->out = false;
	snprintf(t->last, sizeof(t->last), "%s", active->name);
	t->last_index = active->ifindex;
	t->link_failures = active->port.link_failures;
}

int failover_see(struct failover_tracker *t, const struct failover_sight *sight,
		 struct failover *ret)
{
	struct failover f = { .realtime_usec = sight->realtime_usec };
	bool away;

	if (!t->seen) {
		t->seen = true;
		t->out = !sight->active;
		t->out_since_usec = sight->monotonic_usec;
		if (sight->active)
			remember(t, sight->active);
		return 0;
	}

	if (!sight->active) {
		if (!t->out)
			begin_outage(t, sight);
		return 0;
	}
	away = was_away(t, sight);
	if (!t->out && is_last(t, sight->active) && !away) {
		remember(t, sight->active);
		return 0;
	}

	snprintf(f.from, sizeof(f.from), "%s", t->last);
	snprintf(f.to, sizeof(f.to), "%s", sight->active->name);
	f.outage_known = !sight->reconstructed && !away && (!t->out || t->out_known);
	if (t->out) {
		if (f.outage_known)
			f.outage_usec = sight->monotonic_usec - t->out_since_usec;
		f.cause = sight->reconstructed ? FAILOVER_RECONSTRUCTED : t->out_cause;
	} else {
		/* That it lost its link is what the count is of, though it is well now. */
		f.cause = away && !sight->reconstructed ? FAILOVER_CARRIER : cause_of_loss(sight);
	}

	f.to_index = sight->active->ifindex;
	f.link_failures = sight->active->port.link_failures;
	t->switches++;
	remember(t, sight->active);

	/* The very first active port of a bond that had none: it comes up, it does not fail over.
	 */
	if (f.from[0] == '\0')
		return 0;

	*ret = f;
	return 1;
}
