/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "executor.h"

#include <stdio.h>

#include "conn-ends.h"
#include "evidence.h"
#include "log.h"
#include "meter.h"
#include "steps.h"
#include "trial.h"
#include "undo.h"
#include "worker-report.h"

static const struct step_kind_ops *ops_of(enum step_kind kind)
{
	switch (kind) {
	case STEP_PROFILE:
		return &step_profile;
	case STEP_REACTIVATE:
		return &step_reactivate;
	case STEP_LIVE:
		return &step_live;
	case STEP_CONN:
		return &step_conn;
	case STEP_REPLACE:
		return &step_replace;
	case STEP_REKEY: /* of executor_repair() alone */
		break;
	case STEP_RESTART:
		return &step_restart;
	}
	return NULL;
}

static bool is_plutos(enum step_kind kind)
{
	return kind == STEP_REPLACE || kind == STEP_RESTART;
}

static void tell(const struct executor_options *options, const char *bond, const struct step *step,
		 const char *status, const char *text)
{
	if (options->told)
		options->told(options->userdata, bond, step, status, text);
}

/* ---- taking back ---- */

static int undo_one(struct steps *s, const struct undo_entry *e)
{
	const struct step step = { .kind = e->kind, .subject = e->subject };
	const struct step_kind_ops *ops = ops_of(e->kind);
	int r = ops ? ops->undo(s, e) : -EOPNOTSUPP;

	if (r < 0)
		r = steps_fail(s, "%s", strerror(-r));
	tell(s->options, s->bond, &step, r ? STEP_STATUS_FAILED : STEP_STATUS_UNDONE,
	     r ? s->why : NULL);
	return r;
}

/* Whoever takes it back after a crash knows then what he has to bring up again. */
static void note_now(struct steps *s, struct undo *u, size_t k)
{
	const struct step_kind_ops *ops = ops_of(undo_entry(u, k)->kind);
	_cleanup_(undo_entry_freep) struct undo_entry *now = NULL;

	if (ops && ops->note_now && ops->note_now(s, undo_entry(u, k), &now) == 0)
		(void)undo_note_up(u, k, now);
}

/* Takes back the K-th entry. What could not be taken back stays in the journal for the next try. */
static int undo_at(struct steps *s, struct undo *u, size_t k)
{
	int r = undo_one(s, undo_entry(u, k));

	if (r == 0)
		s->forgotten = undo_forget(u, k);
	return r;
}

/*
 * Takes back the entries of files, with their number in @ret_put_back.
 *
 * Return: 0 when all were; 1 or a negative errno when one was not.
 */
static int undo_files(struct steps *s, struct undo *u, size_t i, size_t *ret_put_back)
{
	size_t n = 0;
	int failed = 0;

	for (size_t k = undo_n_entries(u); k-- > i;)
		if (undo_entry(u, k)->kind == STEP_CONN) {
			int r = undo_at(s, u, k);

			n += r == 0;
			failed |= r;
		}
	*ret_put_back = n;
	return failed;
}

/*
 * Pluto takes the conns up, after all files are as they were. A restart serves for all
 * replacements. The entries stay while a file could not be put back: then pluto has to be told once
 * more.
 */
static int undo_pluto(struct steps *s, struct undo *u, size_t i, bool files_failed)
{
	const struct undo_entry *restart = NULL;
	int failed = 0;

	for (size_t k = undo_n_entries(u); k-- > i;)
		if (is_plutos(undo_entry(u, k)->kind)) {
			note_now(s, u, k);
			if (undo_entry(u, k)->kind == STEP_RESTART)
				restart = undo_entry(u, k);
		}
	if (restart)
		failed |= undo_one(s, restart);
	for (size_t k = undo_n_entries(u); k-- > i;)
		if (is_plutos(undo_entry(u, k)->kind)) {
			int r = restart ? failed : undo_one(s, undo_entry(u, k));

			failed |= r;
			if (r == 0 && !files_failed)
				s->forgotten = undo_forget(u, k);
		}
	return failed;
}

static bool is_left_down(struct steps *s, const struct undo *u, size_t i)
{
	for (size_t k = i; k < undo_n_entries(u); k++) {
		const struct step_kind_ops *ops = ops_of(undo_entry(u, k)->kind);

		if (ops && ops->left_down && ops->left_down(s, undo_entry(u, k)))
			return true;
	}
	return false;
}

/*
 * Takes back the entries from the I-th on. Libreswan wants the order of taking turned around but
 * for one thing: pluto comes after all files, and before the feature goes.
 *
 * Return: 0 when all was taken back; 1 when something was not; negative errno.
 */
static int take_back(struct steps *s, struct undo *u, size_t i)
{
	size_t n_put_back = 0;
	int failed;

	s->forgotten = 0;
	failed = undo_files(s, u, i, &n_put_back);
	/*
	 * Whoever tries again and again must not interrupt the tunnels each time, for files that
	 * stay as they are; but for what this transaction itself has left down, in this process or
	 * in an earlier one.
	 */
	if (!failed || n_put_back > 0 || s->restart_failed || s->replace_failed ||
	    is_left_down(s, u, i))
		failed |= undo_pluto(s, u, i, failed);
	for (size_t k = undo_n_entries(u); k-- > i;)
		if (undo_entry(u, k)->kind != STEP_CONN && !is_plutos(undo_entry(u, k)->kind))
			failed |= undo_at(s, u, k);

	/* On a full disk the journal can be written no more, but its end needs no room. */
	return failed ? 1 : s->forgotten;
}

static int outcome_of(int r, struct steps *s, char **ret_reason)
{
	if (r < 0)
		return r;
	*ret_reason = TAKE_PTR(*(r > 0 ? &s->why : &s->remark));
	return r > 0 ? EXECUTOR_FAILED_HALF : EXECUTOR_DONE;
}

static int take_back_from(const struct executor_options *options, const char *bond,
			  bool finished_too, char **ret_reason)
{
	_cleanup_(steps_done) struct steps s = { .options = options, .bond = bond };
	_cleanup_(undo_freep) struct undo *u = NULL;
	size_t from;
	int r;

	r = undo_open(options->state_dir, bond, &u);
	if (r < 0)
		return r;
	if (finished_too) {
		r = undo_forget_right(u, NULL, NULL);
		if (r < 0)
			return r;
	}
	from = finished_too ? 0 : undo_n_finished(u);
	if (undo_n_entries(u) == from)
		return EXECUTOR_NOTHING;
	r = take_back(&s, u, from);
	if (!finished_too) {
		free(s.remark);
		s.remark = NULL;
	}
	return outcome_of(r, &s, ret_reason);
}

bool executor_is_unsettled(const struct executor_options *options, const char *bond)
{
	_cleanup_(undo_freep) struct undo *u = NULL;

	return undo_open(options->state_dir, bond, &u) >= 0 &&
	       undo_n_entries(u) > undo_n_finished(u);
}

int executor_recover(const struct executor_options *options, const char *bond, char **ret_reason)
{
	return take_back_from(options, bond, false, ret_reason);
}

int executor_revert(const struct executor_options *options, const char *bond, char **ret_reason)
{
	return take_back_from(options, bond, true, ret_reason);
}

/* ---- conns that the policy names no more ---- */

/* The conn of the last entry of the journal that is to be taken back, or NULL. */
static const char *next_unnamed(const struct steps *s, struct undo *u)
{
	for (size_t k = undo_n_entries(u); k-- > 0;)
		if (undo_entry(u, k)->kind == STEP_CONN &&
		    !steps_is_named(s->policy, undo_entry(u, k)->subject))
			return undo_entry(u, k)->subject;
	return NULL;
}

/* undo_forget_right(): but for the conns that the policy does not name. */
static bool is_named(const void *policy, const struct undo_entry *e)
{
	return e->kind != STEP_CONN || steps_is_named(policy, e->subject);
}

static bool is_of_conn(const struct undo_entry *e, enum step_kind kind, const char *conn)
{
	return e->kind == kind && streq(e->subject, conn);
}

static int note_replacement(struct steps *s, struct undo *u, const char *conn)
{
	const struct step step = { .kind = STEP_REPLACE, .subject = (char *)(uintptr_t)conn };
	struct undo_entry *noted = NULL;
	int r;

	r = ops_of(STEP_REPLACE)->note(s, &step, &noted);
	return r == 0 ? undo_note(u, noted) : r;
}

/*
 * Puts the files of one conn back, the last entry first, until one cannot be. Those before it are
 * forgotten then: who tries again would take them for put back anew.
 *
 * Return: as a step; in @ret_n how many were put back.
 */
static int leave_files(struct steps *s, struct undo *u, const char *conn, size_t *ret_n)
{
	size_t n = 0, k;
	int r = 0;

	for (k = undo_n_entries(u); k-- > 0;)
		if (is_of_conn(undo_entry(u, k), STEP_CONN, conn)) {
			r = undo_one(s, undo_entry(u, k));
			if (r != 0)
				break;
			n++;
		}
	for (size_t i = undo_n_entries(u); r != 0 && i-- > k + 1;)
		if (is_of_conn(undo_entry(u, i), STEP_CONN, conn))
			(void)undo_forget(u, i);
	*ret_n = n;
	return r;
}

/*
 * Takes one conn back. That pluto has to take it up is noted before, so that whoever finds the
 * journal after a crash knows it; while its files stay as they are, or the policy wants pluto left
 * alone, it has not.
 */
static int leave_conn(struct steps *s, struct undo *u, const char *conn)
{
	const bool tell_pluto = s->policy->ipsec != POLICY_IPSEC_NEVER;
	size_t n_put_back = 0;
	int r;

	r = tell_pluto ? note_replacement(s, u, conn) : 0;
	if (r != 0)
		return r;
	r = leave_files(s, u, conn, &n_put_back);
	if (tell_pluto && r == 0)
		r = undo_one(s, undo_entry(u, undo_n_entries(u) - 1));
	else if (tell_pluto && n_put_back == 0)
		(void)undo_forget(u, undo_n_entries(u) - 1);
	for (size_t k = undo_n_entries(u); k-- > 0 && r == 0;)
		if (is_of_conn(undo_entry(u, k), STEP_CONN, conn) ||
		    is_of_conn(undo_entry(u, k), STEP_REPLACE, conn))
			r = undo_forget(u, k);
	return r;
}

int executor_revert_conns(const struct executor_options *options, const struct policy_bond *policy,
			  char **ret_reason)
{
	_cleanup_(steps_done) struct steps s = { .options = options,
						 .policy = policy,
						 .bond = policy->name };
	_cleanup_(undo_freep) struct undo *u = NULL;
	const char *next;
	int r;

	r = undo_open(options->state_dir, policy->name, &u);
	if (r < 0)
		return r;
	r = undo_forget_right(u, is_named, policy);
	if (r < 0)
		return r;
	if (!next_unnamed(&s, u))
		return EXECUTOR_NOTHING;
	while (r == 0 && (next = next_unnamed(&s, u))) {
		_cleanup_free_ char *conn = strdup(next);

		r = conn ? leave_conn(&s, u, conn) : -ENOMEM;
	}
	return outcome_of(r, &s, ret_reason);
}

/* ---- taking ---- */

static int stopped(struct steps *s)
{
	s->stopped = true;
	return steps_fail(s, "told to stop before it was finished");
}

static int take_step(struct steps *s, struct undo *u, const struct step *step)
{
	const struct step_kind_ops *ops = ops_of(step->kind);
	struct undo_entry *entry = NULL;
	int r;

	tell(s->options, s->bond, step, STEP_STATUS_BEGINS, NULL);
	r = ops ? ops->note(s, step, &entry) : -EOPNOTSUPP;
	if (r == 0 && entry) {
		r = undo_note(u, entry);
		if (r == -EFBIG)
			r = steps_fail(s,
				       "the undo journal %s/undo-%s.jsonl would be larger than %d "
				       "MiB: have the policy name fewer conns for %s at a time",
				       s->options->state_dir, s->bond, UNDO_MAX_BYTES >> 20,
				       s->bond);
		else if (r < 0)
			r = steps_fail(s, "the undo journal in %s cannot be written: %s",
				       s->options->state_dir, strerror(-r));
	}
	if (r == 0)
		r = ops->take(s, step, entry);
	if (r < 0)
		r = steps_fail(s, "%s", strerror(-r));
	tell(s->options, s->bond, step, r ? STEP_STATUS_FAILED : STEP_STATUS_DONE,
	     r ? s->why : NULL);
	return r;
}

static bool has_plutos(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (is_plutos(plan->items[i].kind))
			return true;
	return false;
}

/*
 * Also of the tunnels that the policy does not name. One of those that stays away is told and no
 * more: whether it could come back is not for us to judge, as with a peer that has gone.
 */
static void bring_back(struct steps *s)
{
	const char *missing = NULL;

	free(s->remark);
	s->remark = NULL;
	if (steps_bring_back(s, &missing) < 0 || !missing)
		return;
	if (asprintf(&s->remark, "the tunnel of conn %s was up before, and is not up again yet",
		     missing) < 0)
		s->remark = NULL;
	else
		log_warning("%s: %s", s->bond, s->remark);
}

static bool is_to_stop(const struct steps *s)
{
	return s->options->stop && s->options->stop();
}

/* What was done to whom once more is told like a step. */
static int replace_deaf(struct steps *s, const char *const *conns, const char *reason)
{
	log_warning("%s: %s", s->bond, reason);
	for (size_t i = 0; conns[i]; i++) {
		const struct step step = { .kind = STEP_REPLACE,
					   .subject = (char *)(uintptr_t)conns[i] };
		int r;

		if (is_to_stop(s))
			return stopped(s);
		tell(s->options, s->bond, &step, STEP_STATUS_BEGINS, NULL);
		r = steps_replace(s, conns[i]);
		if (r < 0)
			r = steps_fail(s, "%s", strerror(-r));
		tell(s->options, s->bond, &step, r ? STEP_STATUS_FAILED : STEP_STATUS_DONE,
		     r ? s->why : NULL);
		if (r != 0)
			return r;
	}
	return 0;
}

/* Return: 0, with what could not be seen in s->remark; 1 with the reason in s->why. */
static int conclude(struct steps *s, int r, char *reason, bool again)
{
	if (r == -ECANCELED)
		return stopped(s);
	if (r > 0)
		return steps_fail(s, "%s%s", reason,
				  again ? ", also after replacing once more" : "");
	if (r < 0)
		return steps_fail(s, "the outcome cannot be looked at: %s", strerror(-r));
	if (reason) {
		log_warning("%s: %s", s->bond, reason);
		free(s->remark);
		s->remark = strdup(reason);
	}
	return 0;
}

/*
 * Once pluto has taken conns up, a tunnel may be deaf for the reason alone that the peer began at
 * the same moment. Before everything is undone for that, it is tried once more.
 */
static int try_out(struct steps *s, const struct plan *plan, bool answered)
{
	struct ipsec ipsec = s->options->ipsec;

	ipsec.stop = s->options->stop;
	for (bool again = false;; again = true) {
		_cleanup_free_ const char **deaf = NULL;
		_cleanup_free_ char *reason = NULL;
		int r;

		if (has_plutos(plan))
			bring_back(s);
		r = trial_run(s->facts, s->policy, &ipsec, answered, &deaf, &reason);
		if (r != TRIAL_DEAF || again || !has_plutos(plan))
			return conclude(s, r, reason, again);
		r = replace_deaf(s, deaf, reason);
		if (r != 0)
			return r;
	}
}

/* Return: as conclude(). */
static int take_all(struct steps *s, struct undo *u, const struct plan *plan, struct meter *meter)
{
	const bool answered = trial_is_answered(s->facts, s->policy);

	for (size_t i = 0; i < plan->n; i++) {
		int r;

		if (is_to_stop(s))
			return stopped(s);
		if (meter)
			meter_step(meter, i);
		r = take_step(s, u, &plan->items[i]);
		if (r != 0)
			return r;
	}
	return try_out(s, plan, answered);
}

/* What the steps have really interrupted, and their undoing, until all was back or given up. */
static void tell_interruptions(struct steps *s, const struct plan *plan, struct meter *meter,
			       struct text *undone)
{
	meter_stop(meter);
	if (undone) {
		text_add(undone, "; the undoing by itself interrupted ");
		meter_print(meter, plan->n, undone);
	}
	for (size_t i = 0; i < plan->n; i++) {
		_cleanup_text_ struct text t = TEXT_NULL;

		meter_print(meter, i, &t);
		if (t.data && !t.failed)
			tell(s->options, s->bond, &plan->items[i], STEP_STATUS_INTERRUPTED, t.data);
	}
}

/* ---- failing ---- */

/* The names of what the evidence is about: the conns of the policy, and the bond with its ports. */
static int gather(struct steps *s, uint64_t since_usec, struct text *t)
{
	const struct facts_link *bond = facts_link_by_name(s->facts, s->bond), *port = NULL;
	_cleanup_(conn_ends_list_done) struct conn_ends_list conns = { 0 };
	_cleanup_free_ const char **names = NULL, **devices = NULL;
	size_t n = 0;
	int r;

	r = conn_ends_of(s->facts, s->policy, &conns);
	if (r < 0)
		return r;
	names = calloc(conns.n + 1, sizeof(*names));
	devices = calloc(s->facts->n_links + 2, sizeof(*devices));
	if (!names || !devices)
		return -ENOMEM;
	for (size_t i = 0; i < conns.n; i++)
		names[i] = conns.items[i].name;
	devices[n++] = s->bond;
	while (bond && (port = facts_next_port(s->facts, bond, port)))
		devices[n++] = port->name;
	evidence_gather(since_usec, names, devices, t);
	return 0;
}

/* How it ended: what to say after the reason. Return: one of enum executor_outcome, or an errno. */
static int fall_back(struct steps *s, struct undo *u, struct text *t)
{
	_cleanup_free_ char *tunnels = NULL;
	const char *missing = NULL;
	int r;

	if (!s->policy->rollback && !s->stopped) {
		text_add(t, "; left as it is, since the policy says \"rollback: false\"");
		r = undo_mark(u, &s->plan->right);
		return r < 0 ? r : EXECUTOR_FAILED_HALF;
	}
	r = take_back(s, u, undo_n_finished(u));
	if (r < 0)
		r = steps_fail(s, "the undo journal cannot be written: %s", strerror(-r));
	if (r > 0) {
		text_printf(t, "; could not be undone: %s",
			    s->why ? s->why : "for no known reason");
		return EXECUTOR_FAILED_HALF;
	}
	r = has_plutos(s->plan) ? steps_bring_back(s, &missing) : 0;
	if (r == 0 && missing) {
		text_printf(t, "; undone, but the tunnel of conn %s is not up again yet", missing);
		return EXECUTOR_FAILED;
	}
	r = trial_wait_tunnels(s->facts, s->policy, &s->options->ipsec, &tunnels);
	if (r == 0) {
		text_add(t, "; undone: all is as it was before");
		return EXECUTOR_FAILED;
	}
	text_printf(t, "; undone, but %s",
		    tunnels ? tunnels : "whether the tunnels are back cannot be seen");
	return EXECUTOR_FAILED_HALF;
}

/* Once the steps have failed: the reason and its evidence, and back to what was. */
static int fail(struct steps *s, struct undo *u, uint64_t since_usec, struct text *t)
{
	int r;

	text_add(t, s->why ? s->why : "for no known reason");
	/* Nothing has gone wrong then. */
	r = s->stopped ? 0 : gather(s, since_usec, t);
	return r < 0 ? r : fall_back(s, u, t);
}

int executor_note_right(const struct executor_options *options, const char *bond,
			const struct plan *plan)
{
	_cleanup_(undo_freep) struct undo *u = NULL;
	int r;

	r = undo_open(options->state_dir, bond, &u);
	if (r < 0 || undo_n_entries(u) > undo_n_finished(u))
		return r;
	return undo_note_right(u, &plan->right);
}

int executor_apply(const struct executor_options *options, const struct facts *facts,
		   const struct policy_bond *policy, const struct plan *plan, char **ret_reason)
{
	_cleanup_(steps_done) struct steps s = {
		.options = options,
		.facts = facts,
		.policy = policy,
		.plan = plan,
		.bond = policy->name,
	};
	_cleanup_(meter_freep) struct meter *meter = NULL;
	_cleanup_(undo_freep) struct undo *u = NULL;
	_cleanup_text_ struct text reason = TEXT_NULL;
	uint64_t since_usec = evidence_now();
	int outcome, r;

	if (plan->n == 0)
		return EXECUTOR_NOTHING;
	r = undo_open(options->state_dir, policy->name, &u);
	if (r < 0)
		return r;
	r = meter_start(facts, policy, &meter);
	if (r < 0)
		log_warning("%s: What the steps interrupt cannot be measured: %s", policy->name,
			    strerror(-r));
	s.meter = meter;

	r = take_all(&s, u, plan, meter);
	if (r == 0) {
		r = undo_mark(u, &plan->right);
		/* A journal that is not finished would have the next start take back what works. */
		if (r < 0)
			r = steps_fail(&s, "the undo journal in %s cannot be written: %s",
				       options->state_dir, strerror(-r));
	}
	outcome = EXECUTOR_DONE;
	/* Negative where memory lacks to say why. */
	if (r != 0) {
		if (meter)
			meter_step(meter, plan->n);
		outcome = fail(&s, u, since_usec, &reason);
	}
	if (meter)
		tell_interruptions(&s, plan, meter, r != 0 ? &reason : NULL);
	if (outcome == EXECUTOR_DONE) {
		*ret_reason = TAKE_PTR(s.remark);
		return outcome;
	}
	r = text_take(&reason, ret_reason);
	return r < 0 ? r : outcome;
}
