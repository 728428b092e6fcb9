/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervisor-private.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "finding.h"
#include "folder.h"
#include "log.h"
#include "names.h"
#include "plan.h"
#include "text.h"
#include "worker-report.h"

/* ---- when it may be changed ---- */

static const char *held_text(enum bond_held held)
{
	switch (held) {
	case BOND_NOT_HELD:
		break;
	case BOND_HELD_FAILED:
		return "applying failed: waiting for \"esp-offloadctl apply\"";
	case BOND_HELD_REVERTED:
		return "reverted: waiting for \"esp-offloadctl apply\"";
	case BOND_HELD_FIGHT:
		return "somebody undoes what is applied: it is not repaired any more before "
		       "\"esp-offloadctl apply\"";
	}
	return "";
}

bool supervisor_may_change(const struct supervisor *s)
{
	return s->policy && s->policy->manage == POLICY_ENFORCE && s->held == BOND_NOT_HELD &&
	       !s->unsettled && drift_may_change(&s->drift);
}

bool supervisor_may_repair(const struct supervisor *s)
{
	return s->policy && s->policy->manage == POLICY_ENFORCE && s->held == BOND_NOT_HELD &&
	       !s->unsettled && s->lost;
}

/* The run that tells began before the bond was released. */
static bool is_of_before(const struct supervisor *s)
{
	return s->run_release != s->release;
}

void supervisor_run_begins(struct supervisor *s)
{
	s->run_release = s->release;
}

/* Return: true when it is not what was there before; without memory that is kept. */
static bool replace_string(char **p, const char *value)
{
	char *copy;

	if (value ? streq_ptr(*p, value) : !*p)
		return false;
	copy = value ? strdup(value) : NULL;
	if (value && !copy)
		return false;
	free(*p);
	*p = copy;
	return true;
}

static int sync_folder_of(const char *path)
{
	_cleanup_free_ char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;

	if (!slash)
		return folder ? -EINVAL : -ENOMEM;
	*slash = '\0';
	return folder_sync(folder);
}

/*
 * That somebody has reverted it is kept on disk: a boot must not apply it behind his back. A host
 * that crashes may be why it is reverted, and the undo journal is gone from the disk by now.
 */
static void keep_on_disk(const struct supervisor *s)
{
	int fd, r;

	if (!s->revert_path)
		return;
	if (s->held != BOND_HELD_REVERTED) {
		(void)unlink(s->revert_path);
		return;
	}
	fd = open(s->revert_path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	r = fd < 0 ? -errno : 0;
	if (fd >= 0) {
		close(fd);
		r = sync_folder_of(s->revert_path);
	}
	if (r < 0)
		log_warning("%s: That it is reverted cannot be kept on disk: %s", s->name,
			    strerror(-r));
}

int supervisor_remember(struct supervisor *s, const char *state_dir)
{
	if (!state_dir)
		return 0;
	if (asprintf(&s->revert_path, "%s/reverted-%s", state_dir, s->name) < 0) {
		s->revert_path = NULL;
		return -ENOMEM;
	}
	if (access(s->revert_path, F_OK) == 0)
		s->held = BOND_HELD_REVERTED;
	return 0;
}

static void hold(struct supervisor *s, enum bond_held held, const char *remark)
{
	s->held = held;
	keep_on_disk(s);
	(void)replace_string(&s->remark, remark);
	drift_reset(&s->drift);
	(void)sd_event_source_set_enabled(s->repair, SD_EVENT_OFF);
}

static int on_repair(sd_event_source *source _unused_, uint64_t usec _unused_, void *userdata)
{
	struct supervisor *s = userdata;

	drift_come_due(&s->drift);
	s->ops->wants_look(s->userdata, s, "a repair is due");
	return 0;
}

int supervisor_add_repair(struct supervisor *s, sd_event *event)
{
	int r;

	r = sd_event_add_time(event, &s->repair, CLOCK_MONOTONIC, UINT64_MAX, 0, on_repair, s);
	return r < 0 ? r : sd_event_source_set_enabled(s->repair, SD_EVENT_OFF);
}

/* The steps that would make it so again: what somebody has changed. */
static void say_steps(json_t *plan, struct text *t)
{
	json_t *step;
	size_t i;

	json_array_foreach(plan, i, step)
	{
		const char *kind = json_string_value(json_object_get(step, "step"));
		const char *subject = json_string_value(json_object_get(step, "subject"));

		if (kind && subject)
			text_printf(t, "%s%s %s", t->len > 0 ? ", " : "", kind, subject);
	}
}

/* The bond was as it should be, and is not any more. */
static void drifted(struct supervisor *s, json_t *plan)
{
	const struct log_field fields[] = { { LOG_FIELD_BOND, s->name } };
	_cleanup_text_ struct text t = TEXT_NULL;
	uint64_t now = supervisor_clock_usec(CLOCK_MONOTONIC), wait_usec = 0;
	bool enforce = s->policy && s->policy->manage == POLICY_ENFORCE;
	char reason[160];

	say_steps(plan, &t);
	switch (drift_see_todo(&s->drift, now, &wait_usec)) {
	case DRIFT_NONE:
	case DRIFT_KNOWN:
		return;
	case DRIFT_FIGHT:
		log_event(LOG_WARNING, MESSAGE_DRIFT, fields, ARRAY_SIZE(fields),
			  "%s: changed by somebody, once more, and not repaired any more: %s",
			  s->name, t.data ? t.data : "");
		if (enforce)
			hold(s, BOND_HELD_FIGHT, NULL);
		return;
	case DRIFT_NEW:
		break;
	}
	log_event(LOG_WARNING, MESSAGE_DRIFT, fields, ARRAY_SIZE(fields),
		  "%s: changed by somebody: to be put right: %s", s->name, t.data ? t.data : "");
	if (!enforce)
		return;
	snprintf(reason, sizeof(reason), "changed by somebody: it is repaired in %llu s",
		 (unsigned long long)(wait_usec / 1000000));
	supervisor_set_state(s, BOND_WAITING, reason);
	(void)sd_event_source_set_time(s->repair, now + wait_usec);
	(void)sd_event_source_set_enabled(s->repair, SD_EVENT_ONESHOT);
}

/* ---- how the bond stands ---- */

void supervisor_free_conns(struct supervisor *s)
{
	if (s->book)
		sa_book_forget(s->book);
	for (size_t i = 0; i < s->n_conns; i++)
		free(s->conns[i].name);
	free(s->conns);
	s->conns = NULL;
	s->n_conns = 0;
}

static void take_ip(json_t *j, const char *key, struct facts_ip *ret)
{
	const char *text = json_string_value(json_object_get(j, key));

	if (!text || facts_ip_parse(text, ret) < 0)
		*ret = (struct facts_ip){ 0 };
}

/*
 * Return: true when their names are not those of before; @ret_others: when these or their ends are
 * not, so that other SAs are theirs. Without memory the old ones are kept.
 */
static bool take_conns(struct supervisor *s, json_t *array, bool *ret_others)
{
	size_t n = json_array_size(array), i;
	bool differs = n != s->n_conns, others = differs;
	struct conn_ends *conns;
	json_t *j;

	*ret_others = false;
	conns = calloc(n + 1, sizeof(*conns));
	if (!conns)
		return false;
	json_array_foreach(array, i, j)
	{
		const char *name = json_string_value(json_object_get(j, "name"));

		conns[i].name = strdup(name ? name : "");
		if (!conns[i].name) {
			while (i > 0)
				free(conns[--i].name);
			free(conns);
			return false;
		}
		take_ip(j, "local", &conns[i].local);
		take_ip(j, "remote", &conns[i].remote);
		differs = differs || !streq(conns[i].name, s->conns[i].name);
		others = others || differs ||
			 conn_ends_compare(&conns[i].remote, &conns[i].local, &s->conns[i]) != 0;
		conns[i].shared = json_is_true(json_object_get(j, "shared"));
	}
	supervisor_free_conns(s);
	s->conns = conns;
	s->n_conns = n;
	*ret_others = others;
	return differs;
}

/* Return: true when it is not what was there before. */
static bool take_json(json_t **p, json_t *value)
{
	bool differs = !*p || !value || !json_equal(*p, value);

	json_decref(*p);
	*p = json_incref(value);
	return differs;
}

static void log_new_findings(const struct supervisor *s, json_t *findings)
{
	json_t *f, *old;
	size_t i, k;

	json_array_foreach(findings, i, f)
	{
		const char *id = json_string_value(json_object_get(f, "id"));
		const char *subject = json_string_value(json_object_get(f, "subject"));
		const char *seen = json_string_value(json_object_get(f, "seen"));
		const char *severity = json_string_value(json_object_get(f, "severity"));
		const struct log_field fields[] = { { LOG_FIELD_BOND, s->name },
						    { LOG_FIELD_FINDING, id } };
		bool known = false;

		json_array_foreach(s->findings, k, old) known = known || json_equal(old, f);
		if (known || !id || !seen || !severity)
			continue;
		log_event(streq(severity, "notes") ? LOG_INFO : LOG_WARNING, MESSAGE_FINDING,
			  fields, ARRAY_SIZE(fields), "%s: %s %s: %s: %s", s->name, id, severity,
			  subject ? subject : "", seen);
	}
}

/* A remark goes along, such as that Libreswan 4 takes no line for "auto". */
static void wait_held(struct supervisor *s)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	text_printf(&t, "%s%s%s", held_text(s->held), s->remark ? "; " : "",
		    s->remark ? s->remark : "");
	supervisor_set_state(s, BOND_WAITING, t.data ? t.data : "");
}

/* What there is to know of conns that the policy names no more goes along, too. */
static void set_standing(struct supervisor *s, enum bond_state state, const char *reason)
{
	const char *left = s->left ? s->left : "";
	_cleanup_text_ struct text t = TEXT_NULL;

	text_printf(&t, "%s%s%s", reason, *reason && *left ? "; " : "", left);
	supervisor_set_state(s, state, t.data ? t.data : "");
}

static void take_standing(struct supervisor *s, json_t *report)
{
	const char *standing = json_string_value(json_object_get(report, "standing"));
	const char *reason = json_string_value(json_object_get(report, "reason"));
	bool monitor = s->policy && s->policy->manage == POLICY_MONITOR;

	reason = reason ? reason : "";
	/* By another policy; the next run tells by this one. */
	if (!standing || is_of_before(s))
		return;
	if (streq(standing, STANDING_TODO))
		drifted(s, json_object_get(report, "plan"));
	if (s->unsettled || (s->held && s->state == BOND_FAILED))
		return;
	if (streq(standing, STANDING_MISSING)) {
		set_standing(s, BOND_WAITING, reason);
	} else if (streq(standing, STANDING_BLOCKED)) {
		set_standing(s, BOND_BLOCKED, reason);
	} else if (streq(standing, STANDING_DONE)) {
		drift_see_done(&s->drift);
		(void)sd_event_source_set_enabled(s->repair, SD_EVENT_OFF);
		set_standing(s, BOND_CONFIGURED, "");
	} else if (monitor) {
		supervisor_set_state(s, BOND_WAITING,
				     "not applied: the policy says to monitor only");
	} else if (s->held) {
		wait_held(s);
	}
}

/* An upgrade changes what nic-offload means; its rules are looked at anew in each look. */
static void take_version(struct supervisor *s, const char *version)
{
	const struct log_field fields[] = { { LOG_FIELD_BOND, s->name } };

	if (!version || streq_ptr(s->libreswan, version))
		return;
	if (s->libreswan)
		log_event(LOG_NOTICE, MESSAGE_DRIFT, fields, ARRAY_SIZE(fields),
			  "%s: Libreswan was %s, and is %s now: its rules are looked at anew",
			  s->name, s->libreswan, version);
	(void)replace_string(&s->libreswan, version);
}

/* What no check can find, since it takes having looked before. Return: a new reference. */
static json_t *add_own_findings(const struct supervisor *s, json_t *reported)
{
	json_t *findings = json_is_array(reported) ? json_copy(reported) : json_array();

	if (findings && s->held == BOND_HELD_FIGHT)
		(void)json_array_append_new(
			findings,
			json_pack(
				"{s:s, s:s, s:s, s:s, s:s, s:s}", "id", FINDING_ID_DRIFT_FIGHT,
				"severity", finding_severity_name(FINDING_WARNS), "subject",
				s->name, "seen", "two repairs were undone by somebody", "why",
				"each repair interrupts the tunnels, and would be undone again",
				"remedy",
				"find out who changes it (the journal has what was changed), then "
				"run \"esp-offloadctl apply\""));
	return findings;
}

/* They are brought back at the next look; what could not be waits for a look that has a reason. */
static void take_loss(struct supervisor *s, bool lost)
{
	bool is_new = lost && !s->lost;

	s->lost = lost;
	if (!lost)
		s->n_not_repaired = 0;
	if (is_new && supervisor_may_repair(s))
		s->ops->wants_look(s->userdata, s, "lost tunnels are to be brought back");
}

/* Return: as replace_string() */
static bool take_text(char **p, json_t *report, const char *key)
{
	return replace_string(p, json_string_value(json_object_get(report, key)));
}

static void take_bond_report(struct supervisor *s, json_t *report)
{
	enum bond_state before = s->state;
	unsigned int what = 0;
	json_t *findings;
	bool others;

	take_json(&s->plan, json_object_get(report, "plan"));
	take_version(s, json_string_value(json_object_get(report, "libreswan")));

	if (take_conns(s, json_object_get(report, "conns"), &others))
		what |= SUPERVISOR_PROFILE;
	if (take_text(&s->profile_uuid, report, "profile_uuid"))
		what |= SUPERVISOR_PROFILE;
	if (take_text(&s->profile_path, report, "profile_path"))
		what |= SUPERVISOR_PROFILE;
	if (take_text(&s->device_path, report, "device_path"))
		what |= SUPERVISOR_PROFILE;
	take_standing(s, report);
	findings = add_own_findings(s, json_object_get(report, "findings"));
	log_new_findings(s, findings);
	if (take_json(&s->findings, findings))
		what |= SUPERVISOR_FINDINGS;
	json_decref(findings);
	supervisor_changed(s, what);
	supervisor_reread_feature(s);
	take_loss(s, json_is_true(json_object_get(report, "repairs")));

	if (supervisor_is_to_be_proved(s) && (before != s->state || !s->first_proof_done)) {
		s->first_proof_done = true;
		/* One that a failover has opened while steps were taken has no probe. */
		if ((before == BOND_APPLYING || others || !prover_is_open(s->prover)) &&
		    !supervisor_open_proof(s, 0) && others)
			supervisor_prove_anew(s); /* there is none without conns, nor a verdict */
	} else if (others && supervisor_is_to_be_proved(s)) {
		/* Their SAs may have come before it was known whose they are. */
		supervisor_prove_anew(s);
	}
	s->looked = true;
	supervisor_settle_failover(s);
}

/* The first step of an application has what the one before had interrupted forgotten. */
static void take_interruption(struct supervisor *s, const char *step, const char *subject,
			      const char *text)
{
	if (!s->interruptions)
		s->interruptions = json_array();
	if (json_array_append_new(s->interruptions,
				  json_pack("{s:s, s:s, s:s}", "step", step, "subject", subject,
					    "interrupted", text)) == 0)
		supervisor_changed(s, SUPERVISOR_INTERRUPTIONS);
}

/* Whether the subject of such a step is a conn. */
static bool is_about_conn(const char *step)
{
	return streq_ptr(step, step_kind_name(STEP_CONN)) ||
	       streq_ptr(step, step_kind_name(STEP_REPLACE)) ||
	       streq_ptr(step, step_kind_name(STEP_REKEY));
}

static void take_step(struct supervisor *s, json_t *report)
{
	const char *step = json_string_value(json_object_get(report, "step"));
	const char *subject = json_string_value(json_object_get(report, "subject"));
	const char *status = json_string_value(json_object_get(report, "status"));
	const char *text = json_string_value(json_object_get(report, "text"));
	const struct log_field fields[] = { { LOG_FIELD_BOND, s->name },
					    { LOG_FIELD_STEP, step },
					    { LOG_FIELD_CONN,
					      is_about_conn(step) ? subject : NULL } };
	bool bad;

	if (!step || !subject || !status)
		return;
	bad = streq(status, STEP_STATUS_FAILED);
	if (streq(status, STEP_STATUS_BEGINS)) {
		_cleanup_text_ struct text reason = TEXT_NULL;

		if (s->state != BOND_APPLYING && s->interruptions) {
			json_decref(s->interruptions);
			s->interruptions = NULL;
			supervisor_changed(s, SUPERVISOR_INTERRUPTIONS);
		}
		/* Whole: a conn's name may be long, and half a character is none for the bus. */
		text_printf(&reason, "%s %s", step, subject);
		supervisor_set_state(s, BOND_APPLYING, reason.failed ? step : reason.data);
		return;
	}
	if (streq(status, STEP_STATUS_INTERRUPTED) && text)
		take_interruption(s, step, subject, text);
	log_event(bad ? LOG_ERR : LOG_INFO, bad ? MESSAGE_STEP_FAILED : MESSAGE_STEP, fields,
		  ARRAY_SIZE(fields), "%s: step %s %s: %s%s%s", s->name, step, subject, status,
		  text ? ": " : "", text ? text : "");
}

/* The reason of a failure that was made good later, or of one that cannot be made good yet. */
static void set_failed(struct supervisor *s, const char *reason, const char *more)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	text_printf(&t, "%s%s%s", reason, *reason && *more ? "; " : "", more);
	supervisor_set_state(s, BOND_FAILED, t.data ? t.data : "");
}

static void log_undone(const struct supervisor *s, const char *what, const char *remark)
{
	const struct log_field fields[] = { { LOG_FIELD_BOND, s->name } };

	log_event(LOG_NOTICE, MESSAGE_UNDONE, fields, ARRAY_SIZE(fields), "%s: %s%s%s", s->name,
		  what, *remark ? ": " : "", remark);
}

static void take_undone(struct supervisor *s, const char *reason)
{
	log_undone(s, "took back what an earlier run had left half done", reason);
	s->unsettled = false;
	if (s->held == BOND_HELD_FAILED && s->state == BOND_FAILED)
		set_failed(s, s->reason, "what was half done is taken back now");
	else
		s->ops->wants_look(s->userdata, s, "what was half done is taken back");
}

void supervisor_settled(struct supervisor *s)
{
	if (!s->unsettled)
		return;
	s->unsettled = false;
	if (s->held == BOND_HELD_FAILED)
		set_failed(s, "applying failed", "nothing is left half done any more");
	else if (s->held != BOND_NOT_HELD)
		wait_held(s);
	else
		supervisor_set_state(s, BOND_WAITING,
				     "nothing is left half done any more: to be looked at anew");
	/* The run that says so was not allowed to change this bond. */
	s->ops->wants_look(s->userdata, s, "nothing is left half done any more");
}

/* The one who released the bond wants it done anew, whatever came of it before. */
static void take_outcome_of_before(struct supervisor *s, const char *outcome, const char *reason)
{
	if (streq(outcome, OUTCOME_REVERTED))
		log_undone(s, "reverted", reason);
	if (s->state == BOND_APPLYING)
		supervisor_set_state(s, BOND_WAITING, "to be applied anew");
	s->ops->wants_look(s->userdata, s, "a run has ended that began before");
}

static void take_outcome(struct supervisor *s, json_t *report)
{
	const char *outcome = json_string_value(json_object_get(report, "outcome"));
	const char *reason = json_string_value(json_object_get(report, "reason"));

	if (!outcome)
		return;
	reason = reason ? reason : "";
	if (streq(outcome, OUTCOME_UNDONE)) {
		take_undone(s, reason);
	} else if (streq(outcome, OUTCOME_LEFT)) {
		log_undone(s, "reverted the conns that the policy names no more", reason);
		replace_string(&s->left, reason);
	} else if (is_of_before(s)) {
		take_outcome_of_before(s, outcome, reason);
	} else if (streq(outcome, OUTCOME_FAILED)) {
		hold(s, BOND_HELD_FAILED, NULL);
		supervisor_set_state(s, BOND_FAILED, reason);
	} else if (streq(outcome, OUTCOME_UNSETTLED)) {
		s->unsettled = true;
		if (*reason || s->state != BOND_FAILED)
			set_failed(
				s,
				"what an earlier run has left half done cannot be taken back yet",
				reason);
	} else if (streq(outcome, OUTCOME_REVERTED)) {
		log_undone(s, "reverted", reason);
		s->unsettled = false;
		hold(s, BOND_HELD_REVERTED, *reason ? reason : NULL);
		if (s->state == BOND_FAILED)
			wait_held(s);
	} else if (streq(outcome, OUTCOME_NOT_REPAIRED)) {
		s->n_not_repaired++;
	} else if (streq(outcome, OUTCOME_APPLIED)) {
		drift_see_applied(&s->drift, supervisor_clock_usec(CLOCK_MONOTONIC));
	}
	/* What was proven before was about another configuration. */
	if (!streq(outcome, OUTCOME_UNCHANGED))
		supervisor_prove_anew(s);
}

void supervisor_report(struct supervisor *s, json_t *report)
{
	const char *kind = json_string_value(json_object_get(report, "report"));

	if (!kind)
		return;
	if (streq(kind, REPORT_BOND))
		take_bond_report(s, report);
	else if (streq(kind, REPORT_STEP))
		take_step(s, report);
	else if (streq(kind, REPORT_OUTCOME))
		take_outcome(s, report);
}

void supervisor_worker_failed(struct supervisor *s, const char *why)
{
	/* Whatever it was doing is in its undo journal: the manager has it taken back. */
	if (s->state != BOND_APPLYING)
		return;
	if (is_of_before(s)) {
		supervisor_set_state(s, BOND_WAITING, "to be applied anew");
		return;
	}
	hold(s, BOND_HELD_FAILED, NULL);
	supervisor_set_state(s, BOND_FAILED, why);
	supervisor_prove_anew(s);
}

void supervisor_release(struct supervisor *s)
{
	hold(s, BOND_NOT_HELD, NULL);
	s->unsettled = false;
	s->release++;
	if (s->state == BOND_FAILED)
		supervisor_set_state(s, BOND_WAITING, "to be applied anew");
}

void supervisor_set_policy(struct supervisor *s, const struct policy_bond *policy)
{
	s->policy = policy;
	s->first_proof_done = s->looked = false;
	replace_string(&s->left, NULL);
	supervisor_release(s);
	/* One that is open goes by what it was opened with. */
	if (prover_is_open(s->prover))
		(void)supervisor_open_proof(s, PROVER_GRACE_USEC);
}
