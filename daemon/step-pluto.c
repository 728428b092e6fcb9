/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "ipsec-conf.h"
#include "names.h"
#include "steps.h"
#include "units.h"

/* Pluto takes the conns up anew: one of them, or all by a restart. */

/* How long to read along after asking pluto to bring a conn up; it goes on by itself. */
#define INITIATE_USEC UINT64_C(500000)

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

/* What auto= says of a conn. */
static enum ipsec_auto auto_in(struct ipsec_conf *conf, const char *name)
{
	const struct ipsec_conf_conn *conn = conf ? ipsec_conf_find(conf, name) : NULL;
	struct ipsec_conf_value value;

	if (!conn || ipsec_conf_effective(conf, conn, "auto", &value) < 0)
		return IPSEC_AUTO_START;
	return ipsec_auto_parse(value.value);
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

/*
 * A tunnel that was up although its auto= does not say so comes up by nobody else's doing: pluto
 * forgets that somebody asked for it. What comes of it is for the trial to see.
 */
static void initiate_again(struct steps *s, const struct facts *before)
{
	for (size_t i = 0; before && i < before->n_tunnels; i++) {
		const char *name = before->tunnels[i].conn;
		struct ipsec_conf *conf = before->conf;
		_cleanup_free_ char *text = NULL;

		if (conf && ipsec_conf_find(conf, name) && auto_in(conf, name) == IPSEC_AUTO_ADD)
			(void)ipsec_initiate(&s->options->ipsec, name, INITIATE_USEC, &text);
	}
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
	if (r == UNITS_RESTARTED)
		initiate_again(s, s->facts);
	return restarted(s, r, text);
}

/*
 * The files and the tunnels as they are now: for what is taken back without facts.
 *
 * A pluto that does not answer has no tunnels.
 */
static int look_now(struct steps *s, struct facts **ret)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	_cleanup_(facts_freep) struct facts *now = NULL;
	int r;

	now = calloc(1, sizeof(*now));
	if (!now)
		return -ENOMEM;
	r = steps_files(s, &files);
	if (r != 0)
		return r;
	now->conf = ipsec_files_take_conf(files);
	(void)ipsec_tunnels(&s->options->ipsec, &now->tunnels, &now->n_tunnels);
	*ret = TAKE_PTR(now);
	return 0;
}

/*
 * A unit that our own restart has left down or failing is started; one that somebody stopped in the
 * meantime stays so, and reads the files when it starts.
 */
static int restart_undo(struct steps *s, const struct undo_entry *entry _unused_)
{
	_cleanup_(facts_freep) struct facts *before = NULL;
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
	/* Tunnels of which nothing can be seen are no reason to leave pluto as it is. */
	if (!s->facts)
		(void)look_now(s, &before);
	if (now.state == FACTS_UNIT_ACTIVE && !s->restart_failed)
		r = units_restart(s->bus, IPSEC_UNIT, STEPS_RESTART_USEC, &text);
	else
		r = units_start_again(s->bus, IPSEC_UNIT, STEPS_RESTART_USEC, &text);
	if (r == UNITS_RESTARTED)
		initiate_again(s, s->facts ? s->facts : before);
	return restarted(s, r, text);
}

const struct step_kind_ops step_restart = { pluto_note, restart_take, restart_undo };

/* Without facts the files are read, and pluto is asked. */
static int look(struct steps *s, const char *conn, enum ipsec_auto *ret_want, bool *ret_up)
{
	_cleanup_(facts_freep) struct facts *now = NULL;
	const struct facts *facts = s->facts;
	int r;

	if (!facts) {
		r = look_now(s, &now);
		if (r != 0)
			return r;
		facts = now;
	}
	*ret_want = auto_in(facts->conf, conn);
	*ret_up = facts_tunnel_of(facts, conn) != NULL;
	return 0;
}

static int replace_note(struct steps *s, const struct step *step, struct undo_entry **ret)
{
	enum ipsec_auto want = IPSEC_AUTO_IGNORE;
	bool up = false;
	int r;

	r = look(s, step->subject, &want, &up);
	if (r == 0)
		r = pluto_note(s, step, ret);
	if (r == 0) {
		(*ret)->before = up;
		(*ret)->after = want;
	}
	return r;
}

static int replace(struct steps *s, const char *conn, enum ipsec_auto want, bool was_up)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = ipsec_replace(&s->options->ipsec, conn, want, was_up, &text);
	if (r == 0)
		return 0;
	if (r == 1)
		return steps_fail(s, "pluto does not accept conn %s any more: %s", conn,
				  text ? text : "");
	if (r == -ENOTCONN)
		return steps_fail(s, "pluto does not run any more");
	return steps_fail(s, "conn %s cannot be replaced: %s", conn, strerror(-r));
}

static int replace_take(struct steps *s, const struct step *step, const struct undo_entry *noted)
{
	int r = replace(s, step->subject, (enum ipsec_auto)noted->after, noted->before);

	s->replace_failed |= r != 0;
	return r;
}

/* A pluto that does not run reads the files when it starts. */
static bool is_stopped(struct steps *s)
{
	struct units_state now;

	return steps_bus(s) == 0 && units_look(s->bus, IPSEC_UNIT, STEPS_NM_USEC, &now) == 0 &&
	       (now.state == FACTS_UNIT_INACTIVE || now.state == FACTS_UNIT_FAILED);
}

/* What keeps files from being read, or NULL: a conn in them is not seen then. */
static const struct ipsec_conf_finding *what_hides(const struct ipsec_conf *conf)
{
	for (size_t i = 0; i < ipsec_conf_n_findings(conf); i++) {
		const struct ipsec_conf_finding *f = ipsec_conf_finding(conf, i);

		if (f->severity == IPSEC_CONF_FATAL || f->code == IPSEC_CONF_INCLUDE_UNREADABLE ||
		    f->code == IPSEC_CONF_INCLUDE_DEPTH)
			return f;
	}
	return NULL;
}

/* Pluto lets go of a conn that is in the files no more. */
static int drop(struct steps *s, struct ipsec_conf *conf, const char *conn)
{
	const struct ipsec_conf_finding *f = what_hides(conf);
	int r;

	if (f)
		return steps_fail(s,
				  "whether conn %s is gone from Libreswan's files cannot be "
				  "seen: %s; %s",
				  conn, f->text, f->remedy);
	r = ipsec_delete(&s->options->ipsec, conn);
	if (r == 1)
		return steps_fail(s, "conn %s is gone from Libreswan's files, yet pluto keeps it",
				  conn);
	return r == -ENOTCONN ? 0 : r;
}

static int replace_undo(struct steps *s, const struct undo_entry *entry)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	int r;

	if (is_stopped(s))
		return 0;
	r = steps_files(s, &files);
	if (r != 0)
		return r;
	if (!ipsec_conf_find(ipsec_files_conf(files), entry->subject))
		return drop(s, ipsec_files_conf(files), entry->subject);
	return replace(s, entry->subject, (enum ipsec_auto)entry->after, entry->before);
}

const struct step_kind_ops step_replace = { replace_note, replace_take, replace_undo };
