/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker-report.h"

#include <stdio.h>

#include "json-text.h"

static json_t *finding_to_json(const struct finding *f)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "id", f->id, "severity",
			 finding_severity_name(f->severity), "subject", json_text(f->subject),
			 "seen", json_text(f->seen), "why", json_text(f->why), "remedy",
			 json_text(f->remedy));
}

static json_t *step_to_json(const struct step *s)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "step", step_kind_name(s->kind), "subject",
			 json_text(s->subject), "change", json_text(s->change ? s->change : ""),
			 "interrupts", json_text(s->interrupts ? s->interrupts : ""), "undo",
			 json_text(s->undo ? s->undo : ""));
}

static json_t *findings_to_json(const struct findings *findings)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < findings->n; i++)
		array = json_append(array, finding_to_json(&findings->items[i]));
	return array;
}

static json_t *plan_to_json(const struct plan *plan)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < plan->n; i++)
		array = json_append(array, step_to_json(&plan->items[i]));
	return array;
}

static json_t *conns_to_json(const struct facts *facts, const struct policy_bond *policy,
			     const struct conn_others *others)
{
	_cleanup_(conn_ends_list_done) struct conn_ends_list list = { 0 };
	json_t *array = json_array();

	if (conn_ends_of(facts, policy, &list) < 0) {
		json_decref(array);
		return NULL;
	}
	conn_others_mark(others, &list);
	for (size_t i = 0; array && i < list.n; i++) {
		char local[FACTS_IP_TEXT_SIZE], remote[FACTS_IP_TEXT_SIZE];
		const struct conn_ends *c = &list.items[i];

		array = json_append(
			array, json_pack("{s:o, s:s, s:s, s:b, s:b}", "name", json_text(c->name),
					 "local", facts_ip_print(&c->local, local), "remote",
					 facts_ip_print(&c->remote, remote), "shared", c->shared,
					 "established", facts_tunnel_of(facts, c->name) != NULL));
	}
	return array;
}

/* The checks name the cause before its consequences: the first one that blocks is the reason. */
static const struct finding *decisive(const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		if (findings->items[i].severity == FINDING_BLOCKS)
			return &findings->items[i];
	return NULL;
}

static const char *standing_of(const struct finding *decisive_finding, const struct plan *plan)
{
	if (decisive_finding)
		return decisive_finding->missing ? STANDING_MISSING : STANDING_BLOCKED;
	return plan->n > 0 && !plan->repairs ? STANDING_TODO : STANDING_DONE;
}

static int set_string(json_t *j, const char *key, const char *value)
{
	return value ? json_object_set_new(j, key, json_text(value)) : 0;
}

int worker_report_bond(const struct facts *facts, const struct policy_bond *policy,
		       const struct conn_others *others, const struct findings *findings,
		       const struct plan *plan)
{
	const struct facts_profile *profile = facts_profile_of(facts, policy->name);
	const struct finding *f = decisive(findings);
	_cleanup_free_ char *reason = NULL;
	json_t *j;

	if (f && asprintf(&reason, "%s: %s", f->subject, f->seen) < 0) {
		reason = NULL;
		return -ENOMEM;
	}
	j = json_pack("{s:s, s:s, s:s, s:o, s:b, s:o, s:o, s:o}", "report", REPORT_BOND, "bond",
		      policy->name, "standing", standing_of(f, plan), "reason",
		      json_text(reason ? reason : ""), "repairs", plan->repairs, "findings",
		      findings_to_json(findings), "plan", plan_to_json(plan), "conns",
		      conns_to_json(facts, policy, others));
	if (!j)
		return -ENOMEM;
	if (facts_is_incomplete(facts) && json_object_set_new(j, "again", json_true()) < 0) {
		json_decref(j);
		return -ENOMEM;
	}
	if (facts->libreswan.major > 0 &&
	    json_object_set_new(j, "libreswan",
				json_sprintf("%u.%u", facts->libreswan.major,
					     facts->libreswan.minor)) < 0) {
		json_decref(j);
		return -ENOMEM;
	}
	if (profile && (set_string(j, "profile_uuid", profile->uuid) < 0 ||
			set_string(j, "profile_path", profile->path) < 0 ||
			set_string(j, "device_path", profile->device_path) < 0)) {
		json_decref(j);
		return -ENOMEM;
	}
	return json_print(j);
}

int worker_report_step(const char *bond, const struct step *step, const char *status,
		       const char *text)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:o, s:s}", "report", REPORT_STEP, "bond", bond,
			      "step", step_kind_name(step->kind), "subject",
			      json_text(step->subject), "status", status);

	if (j && text && json_object_set_new(j, "text", json_text(text)) < 0) {
		json_decref(j);
		return -ENOMEM;
	}
	return json_print(j);
}

int worker_report_outcome(const char *bond, const char *outcome, const char *reason)
{
	json_t *j = json_pack("{s:s, s:s, s:s}", "report", REPORT_OUTCOME, "bond", bond, "outcome",
			      outcome);

	if (j && reason && json_object_set_new(j, "reason", json_text(reason)) < 0) {
		json_decref(j);
		return -ENOMEM;
	}
	return json_print(j);
}

int worker_report_settled(void)
{
	return json_print(json_pack("{s:s}", "report", REPORT_SETTLED));
}

int worker_report_end(int status)
{
	return json_print(json_pack("{s:s, s:i}", "report", REPORT_END, "status", status));
}
