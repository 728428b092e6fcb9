/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager-private.h"

#include <malloc.h>

#include "log.h"
#include "names.h"
#include "worker-report.h"

/* The runs of the worker: when, for whom, and again. */

/* One look serves all that happened within this time: a restart sends a dozen signals. */
#define GATHER_USEC UINT64_C(250000)
/*
 * A run that went wrong is repeated after the first of these, as is one that could not take back
 * what an earlier one had left; and ever later, since each attempt may restart pluto.
 */
#define AGAIN_FIRST_USEC UINT64_C(5000000)
#define AGAIN_LAST_USEC  UINT64_C(600000000)
/* Another worker has the lock: one that looks is done in a moment, one that applies in minutes. */
#define BUSY_LAST_USEC UINT64_C(60000000)

/* ---- those who wait ---- */

static void requests_free(struct request *q)
{
	while (q) {
		struct request *next = q->next;

		free(q->bond);
		free(q);
		q = next;
	}
}

static void requests_answer(struct request *q, int error)
{
	for (struct request *i = q; i; i = i->next)
		i->done(i->userdata, error);
	requests_free(q);
}

/* ---- a run ---- */

/* Of a bond that the policy names no more. */
static void log_left_bond(const char *bond, json_t *report)
{
	const struct log_field fields[] = { { LOG_FIELD_BOND, bond } };
	const char *outcome = json_string_value(json_object_get(report, "outcome"));
	const char *reason = json_string_value(json_object_get(report, "reason"));
	bool bad = outcome && streq(outcome, OUTCOME_UNSETTLED);

	if (outcome)
		log_event(bad ? LOG_ERR : LOG_NOTICE, bad ? MESSAGE_UNSETTLED : MESSAGE_UNDONE,
			  fields, ARRAY_SIZE(fields), "%s: the policy names it no more: %s%s%s",
			  bond,
			  bad ? "what was applied cannot be taken back yet"
			      : "what was applied is taken back",
			  reason ? ": " : "", reason ? reason : "");
}

/* Also a run that was not to settle comes upon what is left, and this one is repeated as well. */
static bool is_unsettled(json_t *report)
{
	const char *kind = json_string_value(json_object_get(report, "report"));
	const char *outcome = json_string_value(json_object_get(report, "outcome"));

	return streq_ptr(kind, REPORT_OUTCOME) && streq_ptr(outcome, OUTCOME_UNSETTLED);
}

static void on_report(void *userdata, json_t *report)
{
	struct manager *m = userdata;
	const char *kind = json_string_value(json_object_get(report, "report"));
	const char *bond = json_string_value(json_object_get(report, "bond"));
	struct supervisor *s = bond ? manager_bond_named(m, bond) : NULL;

	if (is_unsettled(report))
		m->unsettled = true;
	if (json_is_true(json_object_get(report, "again")))
		m->unanswered = true;
	if (kind && streq(kind, REPORT_SETTLED)) {
		/* By the policy that the run began with: one that came since is for the next. */
		m->unsettled = m->settle_due;
		for (size_t i = 0; i < m->n; i++)
			supervisor_settled(m->items[i]);
	} else if (s) {
		supervisor_report(s, report);
	} else if (bond && kind && streq(kind, REPORT_OUTCOME)) {
		log_left_bond(bond, report);
	}
}

static void run_again_in(struct manager *m, uint64_t usec)
{
	uint64_t now;

	if (sd_event_now(m->event, CLOCK_MONOTONIC, &now) < 0)
		return;
	(void)sd_event_source_set_time(m->again, now + usec);
	(void)sd_event_source_set_enabled(m->again, SD_EVENT_ONESHOT);
}

static bool is_to_run_again(const struct manager *m)
{
	int enabled = SD_EVENT_OFF;

	return sd_event_source_get_enabled(m->again, &enabled) >= 0 && enabled != SD_EVENT_OFF;
}

/* Twice as late each time, up to @last. Nothing else puts off an attempt that is due already. */
static void run_again_by(struct manager *m, uint64_t last_usec)
{
	if (is_to_run_again(m))
		return;
	m->again_usec = m->again_usec == 0 ? AGAIN_FIRST_USEC : 2 * m->again_usec;
	if (m->again_usec > last_usec)
		m->again_usec = last_usec;
	run_again_in(m, m->again_usec);
}

static void run_again_later(struct manager *m)
{
	run_again_by(m, AGAIN_LAST_USEC);
}

/* What it finds there need be none of the daemon's: esp-offloadctl runs one, too. */
static void run_again_when_free(struct manager *m)
{
	run_again_by(m, BUSY_LAST_USEC);
	log_info("Another process works on the host, so it is looked at again in %llu s",
		 (unsigned long long)(m->again_usec / 1000000));
}

/* Nothing tells that a program which hung goes on. */
static void run_again_for_answers(struct manager *m)
{
	run_again_later(m);
	log_info("Somebody has not answered, so the host is looked at again in %llu s",
		 (unsigned long long)(m->again_usec / 1000000));
}

/* From now on a run that goes wrong is the first one to do so. */
static void forget_failures(struct manager *m)
{
	m->again_usec = 0;
	m->hurried = false;
	(void)sd_event_source_set_enabled(m->again, SD_EVENT_OFF);
}

static int on_again(sd_event_source *s _unused_, uint64_t usec _unused_, void *userdata)
{
	struct manager *m = userdata;

	m->settle_due = true;
	manager_wish_look(m, "a run is to be repeated");
	return 0;
}

/* What it was doing is in the undo journal. */
static void worker_failed(struct manager *m)
{
	/* Everything from before was settled: what it leaves is new. */
	bool new = m->changing && !(m->settling && m->unsettled);

	for (size_t i = 0; i < m->n; i++)
		supervisor_worker_failed(m->items[i], "the worker ended before its work was done");
	if (m->changing)
		m->unsettled = true;
	/* That is taken back at once, but for a worker that ends so time and again. */
	if (new && !m->hurried) {
		m->hurried = m->settle_due = true;
		manager_wish_look(m, "the worker ended before its work was done");
	} else {
		run_again_later(m);
	}
}

/* A run that went well has told of each bond that it changed how that stands now. */
static bool is_still_applying(const struct manager *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->items[i]->state == BOND_APPLYING)
			return true;
	return false;
}

static void on_worker_done(void *userdata, int error)
{
	struct manager *m = userdata;
	struct request *done = m->running;

	m->running = NULL;
	m->worker = worker_run_free(m->worker);
	if (error == 0 && !m->stopping && is_still_applying(m)) {
		error = -ECHILD;
		log_error(
			"The worker ended and has not told how a bond stands that it was changing");
	}
	if (m->stopping)
		(void)manager_bus_end(m, 0);
	else if (error == -EBUSY)
		run_again_when_free(m);
	else if (error < 0)
		worker_failed(m);
	else if (m->unsettled && !m->settle_due)
		run_again_later(m);
	else if (m->unanswered)
		run_again_for_answers(m);
	else if (!m->unsettled)
		forget_failures(m);
	requests_answer(done, error);
	if (!m->stopping && (m->look_wished || m->waiting))
		manager_wish_look(m, "more was asked for meanwhile");
	/* The reports of many bonds, as they came in, left room that is not needed before the next.
	 */
	(void)malloc_trim(0);
}

static const struct worker_run_ops worker_ops = {
	.report = on_report,
	.done = on_worker_done,
};

/* The names of the bonds that a run is for. */
static bool is_asked_for(const struct manager *m, enum manager_task task, const char *bond)
{
	for (const struct request *q = m->waiting; q; q = q->next)
		if (q->task == task && q->bond && streq(q->bond, bond))
			return true;
	return false;
}

/*
 * The worker's command line: what may be changed is named, all else is only looked at. A bond is
 * reverted or applied, never both in one run.
 */
static int start_worker(struct manager *m)
{
	_cleanup_free_ const char **argv = NULL;
	_cleanup_free_ char *policy = NULL;
	size_t n = 0;
	int r;

	argv = calloc(2 * m->n + 8, sizeof(*argv));
	if (!argv)
		return -ENOMEM;
	argv[n++] = m->options.worker_path;
	argv[n++] = "run";
	argv[n++] = "--policy=-";
	m->settling = m->unsettled && m->settle_due;
	m->changing = m->settling;
	if (m->settling)
		argv[n++] = "--settle";
	for (size_t i = 0; i < m->n; i++) {
		struct supervisor *s = m->items[i];

		if (is_asked_for(m, MANAGER_REVERT, s->name)) {
			m->changing = true;
			argv[n++] = "--revert";
			argv[n++] = s->name;
		} else if (supervisor_may_change(s)) {
			m->changing = true;
			argv[n++] = "--apply";
			argv[n++] = s->name;
		} else if (supervisor_may_repair(s)) {
			m->changing = true;
			argv[n++] = "--on-loss";
			argv[n++] = s->name;
		}
	}

	r = policy_print(m->policy, &policy);
	if (r < 0)
		return r;
	/* Without a word it is ended by force then; each of its own waits is far shorter. */
	r = worker_run_start(m->event, argv, policy, policy_run_limit_usec(m->policy), &worker_ops,
			     m, &m->worker);
	if (r < 0)
		return r;
	for (size_t i = 0; i < m->n; i++)
		supervisor_run_begins(m->items[i]);
	m->running = TAKE_PTR(m->waiting);
	m->look_wished = m->settle_due = m->unanswered = false;
	return 0;
}

static int on_gathered(sd_event_source *s _unused_, uint64_t usec _unused_, void *userdata)
{
	struct manager *m = userdata;
	int r;

	if (m->worker || !m->policy || m->stopping)
		return 0;
	r = start_worker(m);
	if (r < 0) {
		log_error("Cannot start %s: %s", m->options.worker_path, strerror(-r));
		run_again_later(m);
		requests_answer(TAKE_PTR(m->waiting), r);
	}
	return 0;
}

void manager_wish_look(struct manager *m, const char *why)
{
	uint64_t now;

	log_debug("To look at the host: %s", why);
	m->look_wished = true;
	if (m->worker || !m->ready)
		return;
	if (sd_event_now(m->event, CLOCK_MONOTONIC, &now) < 0)
		return;
	(void)sd_event_source_set_time(m->gather, now + GATHER_USEC);
	(void)sd_event_source_set_enabled(m->gather, SD_EVENT_ONESHOT);
}

int manager_ask(struct manager *m, enum manager_task task, const char *bond, manager_done_fn done,
		void *userdata)
{
	struct request *q;

	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	if (bond) {
		q->bond = strdup(bond);
		if (!q->bond) {
			free(q);
			return -ENOMEM;
		}
	}
	q->task = task;
	q->done = done;
	q->userdata = userdata;
	q->next = m->waiting;
	m->waiting = q;

	if (task == MANAGER_APPLY && bond && manager_bond_named(m, bond))
		supervisor_release(manager_bond_named(m, bond));
	manager_wish_look(m, "somebody asked");
	/* And waits for it: this look is not put off for others to join. */
	(void)sd_event_source_set_time(m->gather, 0);
	return 0;
}

/* ---- life ---- */

void manager_wish_settle(struct manager *m)
{
	m->unsettled = m->settle_due = true;
	forget_failures(m);
}

int manager_worker_init(struct manager *m)
{
	int r;

	r = manager_add_timer(m, on_gathered, &m->gather);
	return r < 0 ? r : manager_add_timer(m, on_again, &m->again);
}

bool manager_worker_stop(struct manager *m)
{
	/* Who asks a second time is not kept waiting. */
	if (!m->worker || !m->changing || m->stopping)
		return false;
	log_info("To end: the worker takes back what it has begun");
	m->stopping = true;
	worker_run_stop(m->worker);
	return true;
}

void manager_worker_done(struct manager *m)
{
	m->worker = worker_run_free(m->worker);
	requests_answer(TAKE_PTR(m->running), -ECANCELED);
	requests_answer(TAKE_PTR(m->waiting), -ECANCELED);
	m->gather = sd_event_source_unref(m->gather);
	m->again = sd_event_source_unref(m->again);
}
