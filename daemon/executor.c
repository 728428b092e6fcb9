/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "executor.h"

#include <stdio.h>

#include "log.h"
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
	int r = ops_of(e->kind)->undo(s, e);

	if (r < 0)
		r = steps_fail(s, "%s", strerror(-r));
	tell(s->options, s->bond, &step, r ? STEP_STATUS_FAILED : STEP_STATUS_UNDONE,
	     r ? s->why : NULL);
	return r;
}

/*
 * Takes back the entries from the I-th on. Libreswan wants the order of taking turned around but
 * for one thing: pluto takes the conns up after all files are as they were, and before the feature
 * goes. A restart serves for all replacements.
 *
 * Return: 0 when all was taken back; 1 when something was not; negative errno.
 */
static int take_back(struct steps *s, struct undo *u, size_t i)
{
	const struct undo_entry *restart = NULL;
	int r, failed = 0;

	for (size_t k = undo_n_entries(u); k-- > i;)
		if (undo_entry(u, k)->kind == STEP_CONN)
			failed |= undo_one(s, undo_entry(u, k));

	for (size_t k = undo_n_entries(u); k-- > i;)
		if (undo_entry(u, k)->kind == STEP_RESTART)
			restart = undo_entry(u, k);
	if (restart)
		failed |= undo_one(s, restart);
	for (size_t k = undo_n_entries(u); k-- > i && !restart;)
		if (undo_entry(u, k)->kind == STEP_REPLACE)
			failed |= undo_one(s, undo_entry(u, k));

	for (size_t k = undo_n_entries(u); k-- > i;)
		if (undo_entry(u, k)->kind != STEP_CONN && !is_plutos(undo_entry(u, k)->kind))
			failed |= undo_one(s, undo_entry(u, k));

	/* What could not be taken back stays in the journal for the next try. */
	if (failed)
		return 1;
	r = undo_forget(u, i);
	return r < 0 ? r : 0;
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
	from = finished_too ? 0 : undo_n_finished(u);
	if (undo_n_entries(u) == from)
		return EXECUTOR_NOTHING;
	r = take_back(&s, u, from);
	if (r < 0)
		return r;
	if (r > 0) {
		*ret_reason = TAKE_PTR(s.why);
		return EXECUTOR_FAILED_HALF;
	}
	return EXECUTOR_DONE;
}

int executor_recover(const struct executor_options *options, const char *bond, char **ret_reason)
{
	return take_back_from(options, bond, false, ret_reason);
}

int executor_revert(const struct executor_options *options, const char *bond, char **ret_reason)
{
	return take_back_from(options, bond, true, ret_reason);
}

/* ---- taking ---- */

static int take_step(struct steps *s, struct undo *u, const struct step *step)
{
	const struct step_kind_ops *ops = ops_of(step->kind);
	struct undo_entry *entry = NULL;
	int r;

	tell(s->options, s->bond, step, STEP_STATUS_BEGINS, NULL);
	r = ops->note(s, step, &entry);
	if (r == 0 && entry)
		r = undo_note(u, entry);
	if (r == 0)
		r = ops->take(s, step, entry);
	if (r < 0)
		r = steps_fail(s, "%s", strerror(-r));
	tell(s->options, s->bond, step, r ? STEP_STATUS_FAILED : STEP_STATUS_DONE,
	     r ? s->why : NULL);
	return r;
}

/* Return: 0; 1 with the reason in s->why; negative errno. */
static int take_all(struct steps *s, struct undo *u, const struct plan *plan)
{
	_cleanup_free_ char *reason = NULL;
	int r;

	for (size_t i = 0; i < plan->n; i++) {
		r = take_step(s, u, &plan->items[i]);
		if (r != 0)
			return r;
	}
	r = trial_run(s->facts, s->policy, &s->options->ipsec, &reason);
	if (r > 0)
		return steps_fail(s, "%s", reason);
	if (r < 0)
		return steps_fail(s, "the outcome cannot be looked at: %s", strerror(-r));
	return 0;
}

/* The steps failed: back to what was, if the policy wants that, and the tunnels too. */
static int fall_back(struct steps *s, struct undo *u, char **ret_reason)
{
	_cleanup_free_ char *why = TAKE_PTR(s->why);
	_cleanup_free_ char *tunnels = NULL;
	const char *then;
	char *reason;
	int r;

	if (!s->policy->rollback) {
		r = undo_mark(u);
		*ret_reason = TAKE_PTR(why);
		return r < 0 ? r : EXECUTOR_FAILED_HALF;
	}

	r = take_back(s, u, undo_n_finished(u));
	if (r == 0 && trial_wait_tunnels(s->facts, s->policy, &s->options->ipsec, &tunnels) == 0)
		then = "all is as it was before";
	else
		then = r == 0 ? tunnels : s->why;
	if (asprintf(&reason, "%s; %s: %s", why, r == 0 ? "undone" : "could not be undone",
		     then ? then : "for no known reason") < 0)
		return -ENOMEM;
	*ret_reason = reason;
	return r == 0 && !tunnels ? EXECUTOR_FAILED : EXECUTOR_FAILED_HALF;
}

int executor_apply(const struct executor_options *options, const struct facts *facts,
		   const struct policy_bond *policy, const struct plan *plan, char **ret_reason)
{
	_cleanup_(steps_done) struct steps s = {
		.options = options, .facts = facts, .policy = policy, .bond = policy->name
	};
	_cleanup_(undo_freep) struct undo *u = NULL;
	int r;

	if (plan->n == 0)
		return EXECUTOR_NOTHING;
	r = undo_open(options->state_dir, policy->name, &u);
	if (r < 0)
		return r;

	r = take_all(&s, u, plan);
	if (r > 0)
		return fall_back(&s, u, ret_reason);
	if (r < 0)
		return r;
	r = undo_mark(u);
	return r < 0 ? r : EXECUTOR_DONE;
}
