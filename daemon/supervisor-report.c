/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervisor-private.h"

#include <stdio.h>
#include <time.h>

#include "log.h"
#include "names.h"
#include "worker-report.h"

#define HELD_FAILED   "applying failed: waiting for \"esp-offloadctl apply\""
#define HELD_REVERTED "reverted: waiting for \"esp-offloadctl apply\""
#define HELD_FIGHT                                                                                 \
	"somebody undoes what is applied: it is not repaired any more before \"esp-offloadctl "    \
	"apply\""

/* ---- how the bond stands ---- */

void supervisor_free_conns(struct supervisor *s)
{
	for (size_t i = 0; i < s->n_conns; i++)
		free(s->conns[i].name);
	free(s->conns);
	s->conns = NULL;
	s->n_conns = 0;
}

static void replace_string(char **p, const char *value)
{
	char *copy = value ? strdup(value) : NULL;

	if (value && !copy)
		return;
	free(*p);
	*p = copy;
}

static void take_ip(json_t *j, const char *key, struct facts_ip *ret)
{
	const char *text = json_string_value(json_object_get(j, key));

	if (!text || facts_ip_parse(text, ret) < 0)
		*ret = (struct facts_ip){ 0 };
}

/* Return: false without memory, with the old ones kept. */
static bool take_conns(struct supervisor *s, json_t *array)
{
	size_t n = json_array_size(array), i;
	struct conn_ends *conns;
	json_t *j;

	conns = calloc(n + 1, sizeof(*conns));
	if (!conns)
		return false;
	json_array_foreach(array, i, j)
	{
		const char *name = json_string_value(json_object_get(j, "name"));

		conns[i].name = strdup(name ? name : "");
		take_ip(j, "local", &conns[i].local);
		take_ip(j, "remote", &conns[i].remote);
	}
	supervisor_free_conns(s);
	s->conns = conns;
	s->n_conns = n;
	return true;
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

static void take_standing(struct supervisor *s, json_t *report)
{
	const char *standing = json_string_value(json_object_get(report, "standing"));
	const char *reason = json_string_value(json_object_get(report, "reason"));
	bool monitor = s->policy && s->policy->manage == POLICY_MONITOR;

	reason = reason ? reason : "";
	if (!standing || (s->held && s->state == BOND_FAILED))
		return;
	if (streq(standing, STANDING_MISSING))
		supervisor_set_state(s, BOND_WAITING, reason);
	else if (streq(standing, STANDING_BLOCKED))
		supervisor_set_state(s, BOND_BLOCKED, reason);
	else if (streq(standing, STANDING_DONE))
		supervisor_set_state(s, BOND_CONFIGURED, "");
	else if (monitor)
		supervisor_set_state(s, BOND_WAITING,
				     "not applied: the policy says to monitor only");
	else if (s->held)
		supervisor_set_state(s, BOND_WAITING, s->held);
}

static void take_bond_report(struct supervisor *s, json_t *report)
{
	enum bond_state before = s->state;
	unsigned int what = 0;

	log_new_findings(s, json_object_get(report, "findings"));
	if (take_json(&s->findings, json_object_get(report, "findings")))
		what |= SUPERVISOR_FINDINGS;
	take_json(&s->plan, json_object_get(report, "plan"));

	if (take_conns(s, json_object_get(report, "conns")))
		what |= SUPERVISOR_PROFILE;
	replace_string(&s->profile_uuid,
		       json_string_value(json_object_get(report, "profile_uuid")));
	replace_string(&s->profile_path,
		       json_string_value(json_object_get(report, "profile_path")));
	replace_string(&s->device_path, json_string_value(json_object_get(report, "device_path")));
	supervisor_changed(s, what);

	take_standing(s, report);
	if (supervisor_is_to_be_proved(s) && (before != s->state || !s->first_proof_done)) {
		s->first_proof_done = true;
		if (!prover_is_open(s->prover))
			supervisor_open_proof(s, 0);
	}
}

static void take_step(struct supervisor *s, json_t *report)
{
	const char *step = json_string_value(json_object_get(report, "step"));
	const char *subject = json_string_value(json_object_get(report, "subject"));
	const char *status = json_string_value(json_object_get(report, "status"));
	const char *text = json_string_value(json_object_get(report, "text"));
	const struct log_field fields[] = { { LOG_FIELD_BOND, s->name }, { LOG_FIELD_STEP, step } };
	bool bad;

	if (!step || !subject || !status)
		return;
	bad = streq(status, STEP_STATUS_FAILED);
	if (streq(status, STEP_STATUS_BEGINS)) {
		char reason[128];

		snprintf(reason, sizeof(reason), "%s %s", step, subject);
		supervisor_set_state(s, BOND_APPLYING, reason);
		return;
	}
	log_event(bad ? LOG_ERR : LOG_INFO, bad ? MESSAGE_STEP_FAILED : MESSAGE_STEP, fields,
		  ARRAY_SIZE(fields), "%s: step %s %s: %s%s%s", s->name, step, subject, status,
		  text ? ": " : "", text ? text : "");
}

/*
 * Who undoes two repairs within a while means it: the next time it is only reported, and nobody's
 * tunnels are restarted in turns. The first application is no repair.
 */
#define FIGHT_REPAIRS 2
#define FIGHT_USEC    UINT64_C(600000000)

static bool is_a_fight(struct supervisor *s)
{
	uint64_t now = supervisor_clock_usec(CLOCK_MONOTONIC);

	if (s->n_applied == 0 || now - s->first_applied_usec > FIGHT_USEC) {
		s->n_applied = 0;
		s->first_applied_usec = now;
	}
	return ++s->n_applied > FIGHT_REPAIRS;
}

static void take_outcome(struct supervisor *s, json_t *report)
{
	const char *outcome = json_string_value(json_object_get(report, "outcome"));
	const char *reason = json_string_value(json_object_get(report, "reason"));

	if (!outcome)
		return;
	if (streq(outcome, OUTCOME_FAILED)) {
		s->held = HELD_FAILED;
		supervisor_set_state(s, BOND_FAILED, reason ? reason : "");
	} else if (streq(outcome, OUTCOME_REVERTED)) {
		s->held = HELD_REVERTED;
	} else if (streq(outcome, OUTCOME_APPLIED) && is_a_fight(s)) {
		s->held = HELD_FIGHT;
		log_warning("%s: %s", s->name, s->held);
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
	/* Whatever it was doing is in its undo journal, and the next run takes it back. */
	if (s->state == BOND_APPLYING) {
		s->held = HELD_FAILED;
		supervisor_set_state(s, BOND_FAILED, why);
	}
}

void supervisor_release(struct supervisor *s)
{
	s->held = NULL;
	s->n_applied = 0;
	if (s->state == BOND_FAILED)
		supervisor_set_state(s, BOND_WAITING, "to be applied anew");
}

void supervisor_set_policy(struct supervisor *s, const struct policy_bond *policy)
{
	s->policy = policy;
	s->first_proof_done = false;
	supervisor_release(s);
}
