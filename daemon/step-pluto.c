/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "ipsec-conf.h"
#include "names.h"
#include "steps.h"
#include "units.h"

/* Pluto takes the conns up anew: one of them, or all by a restart. */

static int pluto_note(struct steps *s _unused_, const struct step *step, struct undo_entry **ret)
{
	_cleanup_(undo_entry_freep) struct undo_entry *e = NULL;

	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->kind = step->kind;
	e->subject = strdup(step->subject);
	if (!e->subject)
		return -ENOMEM;
	*ret = TAKE_PTR(e);
	return 0;
}

/* What came of a restart, as units.h tells it. */
static int restarted(struct steps *s, int r, const char *text)
{
	if (r == UNITS_RESTARTED)
		return 0;
	if (r == UNITS_NOT_RUNNING)
		return steps_fail(s, "%s does not run any more", IPSEC_UNIT);
	if (r == UNITS_FAILED)
		return steps_fail(s, "%s did not start again: %s", IPSEC_UNIT, text ? text : "");
	return steps_fail(s, "%s cannot be restarted: %s", IPSEC_UNIT, strerror(-r));
}

static int restart_take(struct steps *s, const struct step *step _unused_,
			const struct undo_entry *noted _unused_)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = steps_bus(s);
	if (r != 0)
		return r;
	r = units_restart(s->bus, IPSEC_UNIT, STEPS_RESTART_USEC, &text);
	s->restart_failed = r != UNITS_RESTARTED && r != UNITS_NOT_RUNNING;
	return restarted(s, r, text);
}

/*
 * A unit that our own restart has left down or failing is started; one that somebody stopped in the
 * meantime stays so, and reads the files when it starts.
 */
static int restart_undo(struct steps *s, const struct undo_entry *entry _unused_)
{
	_cleanup_free_ char *text = NULL;
	struct units_state now;
	int r;

	r = steps_bus(s);
	if (r != 0)
		return r;
	r = units_look(s->bus, IPSEC_UNIT, STEPS_NM_USEC, &now);
	if (r < 0)
		return restarted(s, r, NULL);
	if (now.state == FACTS_UNIT_INACTIVE && !s->restart_failed)
		return 0;
	if (now.state == FACTS_UNIT_ACTIVE && !s->restart_failed)
		r = units_restart(s->bus, IPSEC_UNIT, STEPS_RESTART_USEC, &text);
	else
		r = units_start_again(s->bus, IPSEC_UNIT, STEPS_RESTART_USEC, &text);
	return restarted(s, r, text);
}

const struct step_kind_ops step_restart = { pluto_note, restart_take, restart_undo };

/* What auto= says of a conn, from the facts; taking back, nobody knows, and it comes up anyway. */
static enum ipsec_auto wanted(const struct steps *s, const char *name)
{
	const struct ipsec_conf_conn *conn;
	struct ipsec_conf_value value;

	conn = s->facts && s->facts->conf ? ipsec_conf_find(s->facts->conf, name) : NULL;
	if (!conn || ipsec_conf_effective(s->facts->conf, conn, "auto", &value) < 0)
		return IPSEC_AUTO_START;
	return ipsec_auto_parse(value.value);
}

static int replace(struct steps *s, const char *conn, bool was_up)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = ipsec_replace(&s->options->ipsec, conn, wanted(s, conn), was_up, &text);
	if (r == 0)
		return 0;
	if (r == 1)
		return steps_fail(s, "pluto does not accept conn %s any more: %s", conn,
				  text ? text : "");
	if (r == -ENOTCONN)
		return steps_fail(s, "pluto does not run any more");
	return steps_fail(s, "conn %s cannot be replaced: %s", conn, strerror(-r));
}

static int replace_take(struct steps *s, const struct step *step,
			const struct undo_entry *noted _unused_)
{
	return replace(s, step->subject, facts_tunnel_of(s->facts, step->subject) != NULL);
}

static int replace_undo(struct steps *s, const struct undo_entry *entry)
{
	bool was_up = !s->facts || facts_tunnel_of(s->facts, entry->subject);

	return replace(s, entry->subject, was_up);
}

const struct step_kind_ops step_replace = { pluto_note, replace_take, replace_undo };
