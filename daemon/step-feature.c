/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "log.h"
#include "names.h"
#include "nm-look.h"
#include "steps.h"

/* The feature: in the profile, and in the kernel. */

static int new_entry(enum step_kind kind, const char *subject, int before, int after,
		     struct undo_entry **ret)
{
	_cleanup_(undo_entry_freep) struct undo_entry *e = NULL;

	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->kind = kind;
	e->before = before;
	e->after = after;
	e->subject = strdup(subject);
	if (!e->subject)
		return -ENOMEM;
	*ret = TAKE_PTR(e);
	return 0;
}

/* ---- the profile ---- */

/*
 * What the profile says now, active or not: NetworkManager may have made up another one for the
 * bond, when it was restarted. 2 when there is no such profile.
 */
static int profile_value(struct steps *s, const char *uuid, int *ret)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	r = steps_bus(s);
	if (r != 0)
		return r;
	r = nm_look_feature(s->bus, STEPS_NM_USEC, uuid, ret, &error);
	if (r == -ESRCH || r == -ENOTCONN)
		return steps_fail(s, "NetworkManager does not run any more");
	if (r == -ENOENT)
		*ret = 2;
	else if (r < 0)
		return steps_fail(s, "NetworkManager cannot be asked: %s",
				  error.message ? error.message : strerror(-r));
	return 0;
}

static int profile_note(struct steps *s, const struct step *step, struct undo_entry **ret)
{
	int before, r;

	r = profile_value(s, step->subject, &before);
	if (r != 0)
		return r;
	if (before == 2)
		return steps_fail(s, "NetworkManager has no profile %s any more", step->subject);
	return new_entry(STEP_PROFILE, step->subject, before, 1, ret);
}

static int profile_set(struct steps *s, const char *uuid, int value)
{
	int r;

	r = steps_nm(s);
	if (r != 0)
		return r;
	r = nm_set_feature(s->nm, uuid, value, STEPS_NM_USEC);
	if (r < 0)
		return steps_fail(s, "the profile %s cannot be written: %s", uuid,
				  *nm_error(s->nm) ? nm_error(s->nm) : strerror(-r));
	return 0;
}

static int profile_take(struct steps *s, const struct step *step,
			const struct undo_entry *noted _unused_)
{
	return profile_set(s, step->subject, 1);
}

static int profile_undo(struct steps *s, const struct undo_entry *entry)
{
	int now, r;

	r = profile_value(s, entry->subject, &now);
	if (r != 0)
		return r;
	if (now != entry->after)
		return 0;
	return profile_set(s, entry->subject, entry->before);
}

const struct step_kind_ops step_profile = {
	.note = profile_note,
	.take = profile_take,
	.undo = profile_undo,
};

/* ---- the kernel's bit ---- */

/* Return: 0; -ENODEV when there is no such bond; else as steps_fail() does. */
static int bit_is_on(struct steps *s, bool *ret)
{
	enum facts_feature feature;
	int r;

	r = steps_ethtool(s);
	if (r < 0)
		return r;
	r = ethtool_get_feature(s->ethtool, s->bond, FEATURE_ESP_HW_OFFLOAD, &feature);
	if (r == -ENODEV)
		return r;
	if (r < 0)
		return steps_fail(s, "the feature of %s cannot be read: %s", s->bond, strerror(-r));
	*ret = facts_feature_is_on(feature);
	return 0;
}

static int bit_note(struct steps *s, const struct step *step, struct undo_entry **ret)
{
	bool on;
	int r;

	r = bit_is_on(s, &on);
	if (r != 0)
		return r;
	return new_entry(step->kind, step->subject, on, 1, ret);
}

static int bit_set(struct steps *s, bool on)
{
	int r;

	r = steps_ethtool(s);
	if (r < 0)
		return r;
	r = ethtool_set_feature(s->ethtool, s->bond, FEATURE_ESP_HW_OFFLOAD, on);
	if (r == -ENODEV)
		return steps_fail(s, "the bond %s is gone", s->bond);
	if (r < 0)
		return steps_fail(s, "the kernel does not switch %s of %s %s: %s",
				  FEATURE_ESP_HW_OFFLOAD, s->bond, on ? "on" : "off", strerror(-r));
	return 0;
}

/* The least disturbance: the bit alone, without activating the profile once more. */
static int bit_undo(struct steps *s, const struct undo_entry *entry)
{
	bool on;
	int r;

	r = bit_is_on(s, &on);
	if (r == -ENODEV)
		return 0; /* no bond, no bit */
	if (r != 0)
		return r;
	if (on != entry->after)
		return 0;
	return bit_set(s, entry->before);
}

static int live_take(struct steps *s, const struct step *step _unused_,
		     const struct undo_entry *noted _unused_)
{
	return bit_set(s, true);
}

const struct step_kind_ops step_live = {
	.note = bit_note,
	.take = live_take,
	.undo = bit_undo,
};

/* ---- the activation ---- */

/* Of the bond, ending in NULL; the names are the facts'. */
static int port_names(const struct steps *s, const char ***ret)
{
	const struct facts_link *bond = facts_link_by_name(s->facts, s->bond), *port = NULL;
	const char **names;
	size_t n = 0;

	names = calloc(s->facts->n_links + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	while (bond && (port = facts_next_port(s->facts, bond, port)))
		names[n++] = port->name;
	*ret = names;
	return 0;
}

static int reactivate_take(struct steps *s, const struct step *step _unused_,
			   const struct undo_entry *noted _unused_)
{
	_cleanup_(nm_outcome_done) struct nm_outcome outcome = NM_OUTCOME_NULL;
	const struct facts_profile *profile = facts_profile_of(s->facts, s->bond);
	_cleanup_free_ const char **ports = NULL;
	bool on;
	int r;

	r = steps_nm(s);
	if (r != 0)
		return r;
	if (!profile)
		return steps_fail(s, "NetworkManager has no profile for %s any more", s->bond);
	r = port_names(s, &ports);
	if (r < 0)
		return r;
	r = nm_activate(s->nm, profile->uuid, s->bond, ports, STEPS_ACTIVATE_USEC, &outcome);
	if (r < 0)
		return steps_fail(s, "the profile of %s cannot be activated: %s", s->bond,
				  *nm_error(s->nm) ? nm_error(s->nm) : strerror(-r));
	if (!outcome.activated)
		return steps_fail(s, "activating the profile of %s failed%s: %s", s->bond,
				  outcome.rolled_back ? ", and was rolled back" : "",
				  outcome.error ? outcome.error : "for no stated reason");

	/* It stands, and NetworkManager may still go back to its checkpoint minutes later. */
	if (outcome.error && nm_settle(s->nm, s->bond, STEPS_ACTIVATE_USEC) < 0)
		return steps_fail(s, "the profile of %s is activated, yet %s", s->bond,
				  outcome.error);

	/* ACTIVATED proves nothing: a refused feature is a line in NetworkManager's log. */
	r = bit_is_on(s, &on);
	if (r != 0)
		return r;
	if (!on)
		return steps_fail(s, "the profile of %s is activated, yet the kernel has %s off",
				  s->bond, FEATURE_ESP_HW_OFFLOAD);
	return 0;
}

static int copy_names(const char *const *names, char ***ret, size_t *ret_n)
{
	size_t n = 0;

	while (names[n])
		n++;
	*ret = calloc(n + 1, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	for (; *names; names++) {
		(*ret)[*ret_n] = strdup(*names);
		if (!(*ret)[*ret_n])
			return -ENOMEM;
		(*ret_n)++;
	}
	return 0;
}

/* What the bond has to get back should NetworkManager lose it on the way. */
static int note_profile(struct steps *s, struct undo_entry *e)
{
	const struct facts_profile *profile = facts_profile_of(s->facts, s->bond);
	_cleanup_free_ const char **ports = NULL;
	int r;

	if (!profile || !profile->active)
		return 0;
	e->profile = strdup(profile->uuid);
	if (!e->profile)
		return -ENOMEM;
	r = port_names(s, &ports);
	return r < 0 ? r : copy_names(ports, &e->up, &e->n_up);
}

static int reactivate_note(struct steps *s, const struct step *step, struct undo_entry **ret)
{
	_cleanup_(undo_entry_freep) struct undo_entry *e = NULL;
	int r;

	r = bit_note(s, step, &e);
	if (r == 0)
		r = note_profile(s, e);
	if (r == 0)
		*ret = TAKE_PTR(e);
	return r;
}

static int hand_back(struct steps *s, const struct undo_entry *entry)
{
	_cleanup_free_ const char **ports = calloc(entry->n_up + 1, sizeof(*ports));
	int r;

	if (!ports)
		return -ENOMEM;
	for (size_t i = 0; i < entry->n_up; i++)
		ports[i] = entry->up[i];
	r = nm_hand_back(s->nm, entry->profile, s->bond, ports, STEPS_ACTIVATE_USEC);
	if (r < 0)
		return steps_fail(s, "%s could not be given its profile %s back: %s", s->bond,
				  entry->profile,
				  *nm_error(s->nm) ? nm_error(s->nm) : strerror(-r));
	if (r > 0)
		log_warning("%s: NetworkManager, restarted in between, had another profile for it: "
			    "%s is active again",
			    s->bond, entry->profile);
	return 0;
}

/*
 * The bond's bit comes last: activating switches it, too.
 *
 * A NetworkManager that does not run has forgotten the activation, and its checkpoint as well; but
 * what it makes of the bond when it starts is still to come.
 */
static int reactivate_undo(struct steps *s, const struct undo_entry *entry)
{
	bool runs = s->nm || nm_open(STEPS_NM_USEC, &s->nm) >= 0;
	int failed = 0, r = 0;

	if (runs)
		r = nm_settle(s->nm, s->bond, STEPS_ACTIVATE_USEC);
	if (r < 0)
		return steps_fail(s,
				  "an activation of %s that was begun cannot be seen through: %s",
				  s->bond, *nm_error(s->nm) ? nm_error(s->nm) : strerror(-r));
	if (entry->profile)
		failed = runs ? hand_back(s, entry)
			      : steps_fail(s,
					   "NetworkManager does not run any more, so that nobody "
					   "can say whether %s has its profile %s",
					   s->bond, entry->profile);
	r = bit_undo(s, entry);
	return failed != 0 ? failed : r;
}

const struct step_kind_ops step_reactivate = {
	.note = reactivate_note,
	.take = reactivate_take,
	.undo = reactivate_undo,
};
