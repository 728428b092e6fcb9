/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <time.h>

#include "ike-sharing.h"
#include "ipsec-conf.h"
#include "meter.h"
#include "names.h"
#include "steps.h"
#include "units.h"

/* Pluto takes the conns up anew: one of them, or all by a restart. */

/* A tunnel that was asked for, or that pluto brings up by itself, is established within so long. */
#define COMES_BACK_USEC UINT64_C(3000000)
#define STAYS_AWAY_USEC UINT64_C(10000000)

/* Twice a second. */
enum {
	RENEWED_LOOKS = 20
};

/* What auto= says of a conn. */
static enum ipsec_auto auto_in(struct ipsec_conf *conf, const char *name)
{
	const struct ipsec_conf_conn *conn = conf ? ipsec_conf_find(conf, name) : NULL;
	struct ipsec_conf_value value;

	if (!conn || ipsec_conf_effective(conf, conn, "auto", &value) < 0)
		return IPSEC_AUTO_START;
	return ipsec_auto_parse(value.value);
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
 * Pluto lets go of what it has before it reads the files, which somebody may have edited since they
 * were looked at. What it has is worth more than what it is to take up.
 */
static int see_files(struct steps *s)
{
	const char *config = s->options->ipsec_conf;
	_cleanup_free_ char *text = NULL;
	int r;

	r = ipsec_check_files(&s->options->ipsec, config ? config : IPSEC_FILES_CONFIG, &text);
	if (r <= 0)
		return r;
	return steps_fail(s,
			  "Libreswan rejects its files as they are, so that pluto keeps what it "
			  "has: %s",
			  text);
}

/* ---- tunnels that nobody else brings up ---- */

static bool is_noted(const struct undo_entry *e, const char *conn)
{
	for (size_t i = 0; i < e->n_up; i++)
		if (streq(e->up[i], conn))
			return true;
	return false;
}

/*
 * A tunnel that was up although its auto= does not say so comes up by nobody else's doing: pluto
 * forgets that somebody asked for it, or, with auto=ignore, loaded it. With auto=ondemand a packet
 * does, which may be long in coming, and those who wait for the tunnel send none. That is so of all
 * of them with a restart, and with a replacement of those that share the IKE SA; which ones do is
 * for pluto to know.
 */
static int note_up(const struct facts *facts, struct undo_entry *e)
{
	for (size_t i = 0; i < facts->n_tunnels; i++) {
		const char *tunnel = facts->tunnels[i].conn;
		_cleanup_free_ char *conn = strndup(tunnel, facts_conn_length(tunnel));
		char **grown;

		if (!conn)
			return -ENOMEM;
		if (!facts->conf || !ipsec_conf_find(facts->conf, conn) ||
		    auto_in(facts->conf, conn) == IPSEC_AUTO_START || is_noted(e, conn))
			continue;
		grown = reallocarray(e->up, e->n_up + 1, sizeof(*e->up));
		if (!grown)
			return -ENOMEM;
		e->up = grown;
		e->up[e->n_up++] = TAKE_PTR(conn);
	}
	return 0;
}

static bool is_replaced(const struct plan *plan, const char *conn)
{
	for (size_t i = 0; plan && i < plan->n; i++)
		if (plan->items[i].kind == STEP_REPLACE && streq(plan->items[i].subject, conn))
			return true;
	return false;
}

/* What a restart does not load. While something is taken back the files are read. */
static void load_by_hand(struct steps *s, const struct undo_entry *entry)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	struct ipsec_conf *conf = s->facts ? s->facts->conf : NULL;

	if (!s->facts && steps_files(s, &files) == 0)
		conf = ipsec_files_conf(files);
	/* A pluto that does not answer is not asked for each of them. */
	for (size_t i = 0; i < entry->n_up; i++)
		if (auto_in(conf, entry->up[i]) == IPSEC_AUTO_IGNORE &&
		    ipsec_load(&s->options->ipsec, entry->up[i]) < 0)
			return;
}

/*
 * At once, those of an entry that are not up; but for the conn that was replaced itself.
 * @but: what has a step of its own in this plan is brought up by that, too
 */
static void bring_up(struct steps *s, const struct plan *but, const struct undo_entry *entry)
{
	struct facts now = { 0 };

	if (entry->n_up == 0)
		return;
	if (entry->kind == STEP_RESTART)
		load_by_hand(s, entry);
	(void)ipsec_tunnels(&s->options->ipsec, &now.tunnels, &now.n_tunnels);
	for (size_t i = 0; i < entry->n_up; i++) {
		if (!facts_tunnel_of(&now, entry->up[i]) && !streq(entry->up[i], entry->subject) &&
		    !is_replaced(but, entry->up[i]))
			(void)ipsec_ask_up(&s->options->ipsec, entry->up[i]);
	}
	pluto_tunnels_free(now.tunnels, now.n_tunnels);
}

/* ---- tunnels whose IKE SA is gone ---- */

static bool has_another(const struct pluto_sas *sas, const char *conn)
{
	for (size_t i = 0; i < sas->n; i++)
		if (!sas->items[i].orphan && streq(sas->items[i].conn, conn))
			return true;
	return false;
}

/*
 * Those that share the IKE SA which has gone with the conn that was replaced: Libreswan 4 still
 * believes in them, while the peer has deleted them. New ones are asked for, which take their place
 * without a moment in which no policy is in the kernel. The old ones end with their time: by
 * "whack --deletestate" pluto 4.10 aborts, having no IKE SA to tell the peer by.
 */
static void renew_orphans(struct steps *s, const struct plan *but)
{
	struct pluto_sas sas = PLUTO_SAS_NULL;

	if (ipsec_sas(&s->options->ipsec, &sas) < 0)
		return;
	if (s->meter)
		meter_disown(s->meter, &sas);
	for (size_t i = 0; i < sas.n; i++) {
		const struct pluto_sa *sa = &sas.items[i];

		if (sa->orphan && sa->direction == FACTS_OUT && !has_another(&sas, sa->conn) &&
		    !is_replaced(but, sa->conn))
			(void)ipsec_ask_up(&s->options->ipsec, sa->conn);
	}
	pluto_sas_done(&sas);
}

/* Return: the first that has no new one yet, to be freed; NULL when there is none. */
static char *first_orphan(struct steps *s)
{
	struct pluto_sas sas = PLUTO_SAS_NULL;
	char *first = NULL;

	if (ipsec_sas(&s->options->ipsec, &sas) < 0)
		return NULL;
	for (size_t i = 0; i < sas.n && !first; i++)
		if (sas.items[i].orphan && !has_another(&sas, sas.items[i].conn))
			first = strdup(sas.items[i].conn);
	pluto_sas_done(&sas);
	return first;
}

/* ---- all of them ---- */

static int pluto_note(const struct facts *facts, const struct step *step, struct undo_entry **ret)
{
	_cleanup_(undo_entry_freep) struct undo_entry *e = NULL;
	int r;

	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->kind = step->kind;
	e->subject = strdup(step->subject);
	if (!e->subject)
		return -ENOMEM;
	r = note_up(facts, e);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(e);
	return 0;
}

/*
 * The tunnels that were up, by the names that pluto has for them: of a conn with subnets each one.
 * One whose conn is not in the files is nobody's we know.
 * @others: but for those that this policy names; NULL: all
 */
static int names_of_before(const struct facts *before, const struct policy_bond *others,
			   const char ***ret, size_t *ret_n)
{
	const char **names = calloc(before->n_tunnels + 1, sizeof(*names));
	size_t n = 0;

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < before->n_tunnels; i++) {
		const struct ipsec_conf_conn *conn = ike_conn_of(before, before->tunnels[i].conn);

		if (conn && !(others && steps_is_named(others, conn->name)))
			names[n++] = before->tunnels[i].conn;
	}
	*ret = names;
	*ret_n = n;
	return 0;
}

/* An orphan is no tunnel, whatever pluto says. Return: the first that stays one, as in the facts.
 */
static const char *wait_renewed(struct steps *s)
{
	const struct timespec pause = { .tv_nsec = 500000000 };
	const struct facts_tunnel *tunnel = NULL;
	_cleanup_free_ char *waiting = first_orphan(s);

	for (int i = 0; waiting && i < RENEWED_LOOKS; i++) {
		nanosleep(&pause, NULL);
		free(waiting);
		waiting = first_orphan(s);
	}
	if (waiting)
		tunnel = facts_tunnel_of(s->facts, waiting);
	return tunnel ? tunnel->conn : NULL;
}

/* A pluto that has not answered in time says nothing of its tunnels. Return: 1; 0; -errno */
static int is_away(struct steps *s, const char *conn)
{
	struct facts now = { 0 };
	int r = ipsec_tunnels(&s->options->ipsec, &now.tunnels, &now.n_tunnels);

	if (r < 0)
		return r;
	r = !facts_tunnel_of(&now, conn);
	pluto_tunnels_free(now.tunnels, now.n_tunnels);
	return r;
}

int steps_bring_back(struct steps *s, const char **ret_missing)
{
	const struct step all = { .kind = STEP_RESTART, .subject = (char *)(uintptr_t)IPSEC_UNIT };
	_cleanup_(undo_entry_freep) struct undo_entry *alone = NULL;
	_cleanup_free_ const char **names = NULL, **others = NULL;
	const struct ipsec *ipsec = &s->options->ipsec;
	const char *missing = NULL;
	size_t n, n_others;
	int r;

	r = pluto_note(s->facts, &all, &alone);
	if (r >= 0)
		r = names_of_before(s->facts, NULL, &names, &n);
	if (r >= 0)
		r = names_of_before(s->facts, s->policy, &others, &n_others);
	if (r >= 0)
		r = ipsec_wait_established(ipsec, names, n, COMES_BACK_USEC, &missing);
	if (r > 0) {
		bring_up(s, NULL, alone);
		r = ipsec_wait_established(ipsec, others, n_others, STAYS_AWAY_USEC, &missing);
		if (r > 0)
			r = is_away(s, missing);
		missing = r > 0 ? missing : NULL;
	}
	if (r < 0)
		return r;
	if (r == 0)
		missing = wait_renewed(s);
	*ret_missing = missing;
	return 0;
}

static int restart_note(struct steps *s, const struct step *step, struct undo_entry **ret)
{
	int r = see_files(s);

	return r != 0 ? r : pluto_note(s->facts, step, ret);
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
			const struct undo_entry *noted)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = steps_bus(s);
	if (r != 0)
		return r;
	r = units_restart(s->bus, IPSEC_UNIT, STEPS_RESTART_USEC, &text);
	s->restart_failed = r != UNITS_RESTARTED && r != UNITS_NOT_RUNNING;
	if (r == UNITS_RESTARTED)
		bring_up(s, NULL, noted);
	return restarted(s, r, text);
}

/* Those that are up now go down with what takes the entry back. */
static int note_now(struct steps *s, const struct undo_entry *entry, struct undo_entry **ret)
{
	const struct step step = { .kind = entry->kind, .subject = entry->subject };
	_cleanup_(facts_freep) struct facts *now = NULL;
	int r;

	r = look_now(s, &now);
	return r != 0 ? r : pluto_note(now, &step, ret);
}

/*
 * A unit that our own restart has left down or failing is started; one that somebody stopped in the
 * meantime stays so, and reads the files when it starts.
 */
static int restart_undo(struct steps *s, const struct undo_entry *entry)
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
	if (now.state == FACTS_UNIT_ACTIVE) {
		r = see_files(s);
		if (r != 0)
			return r;
	}
	if (now.state == FACTS_UNIT_ACTIVE && !s->restart_failed)
		r = units_restart(s->bus, IPSEC_UNIT, STEPS_RESTART_USEC, &text);
	else
		r = units_start_again(s->bus, IPSEC_UNIT, STEPS_RESTART_USEC, &text);
	if (r == UNITS_RESTARTED)
		bring_up(s, NULL, entry);
	return restarted(s, r, text);
}

static bool restart_left_down(struct steps *s, const struct undo_entry *entry _unused_)
{
	struct units_state now;

	return steps_bus(s) == 0 && units_look(s->bus, IPSEC_UNIT, STEPS_NM_USEC, &now) == 0 &&
	       now.state == FACTS_UNIT_FAILED;
}

const struct step_kind_ops step_restart = {
	.note = restart_note,
	.take = restart_take,
	.undo = restart_undo,
	.note_now = note_now,
	.left_down = restart_left_down,
};

/* Without facts the files are read, and pluto is asked. */
static int replace_note(struct steps *s, const struct step *step, struct undo_entry **ret)
{
	_cleanup_(facts_freep) struct facts *now = NULL;
	const struct facts *facts = s->facts;
	int r = see_files(s);

	if (r != 0)
		return r;
	if (!facts) {
		r = look_now(s, &now);
		if (r != 0)
			return r;
		facts = now;
	}
	r = pluto_note(facts, step, ret);
	if (r == 0) {
		(*ret)->before = facts_tunnel_of(facts, step->subject) != NULL;
		(*ret)->after = auto_in(facts->conf, step->subject);
	}
	return r;
}

/* @unseen: what is assumed of a pluto that does not answer */
static bool is_routed(struct steps *s, const char *conn, bool unseen)
{
	struct pluto_conn now;

	return ipsec_conn(&s->options->ipsec, conn, &now) < 0 ? unseen : now.routed;
}

static int replace(struct steps *s, const char *conn, enum ipsec_auto want, bool was_up)
{
	/* A template for any peer never is, and of one that is up the tunnel is waited for. */
	bool routed = want == IPSEC_AUTO_ONDEMAND && !was_up && is_routed(s, conn, false);
	_cleanup_free_ char *text = NULL;
	int r;

	r = ipsec_replace(&s->options->ipsec, conn, want, was_up, &text);
	if (r == 0 && routed && !is_routed(s, conn, true))
		return steps_fail(s,
				  "pluto does not route conn %s any more, so that no packet brings "
				  "it up: %s",
				  conn, text ? text : "");
	if (r == 0)
		return 0;
	if (r == 1)
		return steps_fail(s, "pluto does not accept conn %s any more: %s", conn,
				  text ? text : "");
	if (r == -ENOTCONN)
		return steps_fail(s, "pluto does not run any more");
	return steps_fail(s, "conn %s cannot be replaced: %s", conn, strerror(-r));
}

static int take_up(struct steps *s, const struct undo_entry *noted, const struct plan *but)
{
	int r = replace(s, noted->subject, (enum ipsec_auto)noted->after, noted->before);

	s->replace_failed |= r != 0;
	bring_up(s, but, noted);
	renew_orphans(s, but);
	return r;
}

static int replace_take(struct steps *s, const struct step *step _unused_,
			const struct undo_entry *noted)
{
	return take_up(s, noted, s->plan);
}

int steps_replace(struct steps *s, const char *conn)
{
	const struct step step = { .kind = STEP_REPLACE, .subject = (char *)(uintptr_t)conn };
	_cleanup_(undo_entry_freep) struct undo_entry *entry = NULL;
	int r = replace_note(s, &step, &entry);

	return r != 0 ? r : take_up(s, entry, NULL);
}

/* A pluto that does not run reads the files when it starts. */
static bool is_stopped(struct steps *s)
{
	struct units_state now;

	return steps_bus(s) == 0 && units_look(s->bus, IPSEC_UNIT, STEPS_NM_USEC, &now) == 0 &&
	       (now.state == FACTS_UNIT_INACTIVE || now.state == FACTS_UNIT_FAILED);
}

/* Pluto lets go of a conn that is in the files no more. */
static int drop(struct steps *s, struct ipsec_conf *conf, const char *conn)
{
	int r = steps_see_gone(s, conf, conn);

	if (r != 0)
		return r;
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
	r = see_files(s);
	if (r != 0)
		return r;
	r = replace(s, entry->subject, (enum ipsec_auto)entry->after,
		    entry->before || is_noted(entry, entry->subject));
	bring_up(s, s->plan, entry);
	renew_orphans(s, s->plan);
	return r;
}

static bool replace_left_down(struct steps *s, const struct undo_entry *entry)
{
	struct facts now = { 0 };
	bool down;

	if (!entry->before || ipsec_tunnels(&s->options->ipsec, &now.tunnels, &now.n_tunnels) < 0)
		return false;
	down = !facts_tunnel_of(&now, entry->subject);
	pluto_tunnels_free(now.tunnels, now.n_tunnels);
	return down;
}

const struct step_kind_ops step_replace = {
	.note = replace_note,
	.take = replace_take,
	.undo = replace_undo,
	.note_now = note_now,
	.left_down = replace_left_down,
};
