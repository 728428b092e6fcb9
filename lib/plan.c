/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan.h"

#include "array.h"
#include "judge.h"
#include "names.h"

const char *step_kind_name(enum step_kind kind)
{
	switch (kind) {
	case STEP_PROFILE:
		return "profile";
	case STEP_REACTIVATE:
		return "reactivate";
	case STEP_LIVE:
		return "live";
	case STEP_CONN:
		return "conn";
	case STEP_REPLACE:
		return "replace";
	case STEP_REKEY:
		return "rekey";
	case STEP_RESTART:
		break;
	}
	return "restart";
}

static void step_done(struct step *s)
{
	free(s->subject);
	free(s->key);
	free(s->value);
	free(s->change);
	free(s->interrupts);
	free(s->undo);
}

static void right_done(struct plan_right *r)
{
	free(r->subject);
	free(r->key);
	free(r->value);
}

void plan_done(struct plan *p)
{
	for (size_t i = 0; i < p->right.n; i++)
		right_done(&p->right.items[i]);
	free(p->right.items);
	for (size_t i = 0; i < p->n; i++)
		step_done(&p->items[i]);
	free(p->items);
	*p = PLAN_NULL;
}

int plan_add(struct plan *p, enum step_kind kind, const char *subject,
	     const struct ipsec_conf_change *change, const char *text, const char *interrupts,
	     const char *undo)
{
	struct step s = {
		.kind = kind,
		.subject = strdup(subject),
		.key = change ? strdup(change->key) : NULL,
		.value = change ? strdup(change->value) : NULL,
		.change = strdup(text),
		.interrupts = strdup(interrupts),
		.undo = strdup(undo),
	};

	if (!s.subject || (change && (!s.key || !s.value)) || !s.change || !s.interrupts ||
	    !s.undo || ARRAY_GROW(p) < 0) {
		step_done(&s);
		return -ENOMEM;
	}
	p->items[p->n++] = s;
	return 0;
}

/* ---- The feature ---- */

static const char *ports_of(struct judge *j)
{
	const struct facts_link *port = NULL;
	struct judge_list l = { .text = TEXT_NULL };

	while ((port = facts_next_port(j->facts, j->bond, port)))
		judge_list_add(&l, port->name);
	return judge_list_take(j, &l);
}

static const char *feature_word(int value)
{
	return value < 0 ? "not set" : value ? "on" : "off";
}

/* NetworkManager applies this setting only while it activates. */
static const char *until_activated(struct judge *j)
{
	return judge_say(j, " (\"nmcli device reapply %s\" fails until %s is next activated)",
			 j->policy->name, j->policy->name);
}

static int add_profile(struct judge *j, struct plan *p)
{
	const struct facts_profile *profile = j->profile;
	const char *old = feature_word(profile->esp_hw_offload);

	return plan_add(p, STEP_PROFILE, profile->uuid, NULL,
			judge_say(j, "profile \"%s\": ethtool.feature-esp-hw-offload %s -> on%s",
				  profile->id, old,
				  j->decision.reactivate ? "" : until_activated(j)),
			"nothing", judge_say(j, "it is put back: %s", old));
}

static int add_reactivate(struct judge *j, struct plan *p)
{
	return plan_add(
		p, STEP_REACTIVATE, j->policy->name, NULL,
		judge_say(j,
			  "the profile \"%s\" is activated again, which switches esp-hw-offload of "
			  "%s on (it is %s)",
			  j->profile ? j->profile->id : j->policy->name, j->policy->name,
			  facts_feature_name(j->bond->esp_hw_offload)),
		judge_say(j,
			  "all traffic of %s and its ports (%s): usually 1 to 5 s, given up after "
			  "60 s",
			  j->policy->name, ports_of(j)),
		"the feature is switched off again in the kernel, without another interruption");
}

static int add_live(struct judge *j, struct plan *p)
{
	return plan_add(p, STEP_LIVE, j->policy->name, NULL,
			judge_say(j, "esp-hw-offload of %s: %s -> on, in the kernel",
				  j->policy->name, facts_feature_name(j->bond->esp_hw_offload)),
			"nothing", "it is switched off again");
}

static int add_feature(struct judge *j, struct plan *p)
{
	int r = 0;

	if (j->decision.write_profile)
		r = add_profile(j, p);
	if (r == 0 && j->decision.reactivate)
		r = add_reactivate(j, p);
	if (r == 0 && j->decision.live)
		r = add_live(j, p);
	return r;
}

/* ---- The conns ---- */

static const char *undo_of(struct judge *j, const struct judge_conn *c,
			   const struct ipsec_conf_change *change)
{
	struct ipsec_conf_value v;
	bool has = judge_value(j, c, change->key, &v);

	if (has && v.origin == IPSEC_CONF_OWN)
		return judge_say(j, "%s=%s is put back", change->key, v.value);
	if (has && v.origin == IPSEC_CONF_BUILTIN && streq(change->key, NIC_OFFLOAD_KEY) &&
	    j->version.major < 5)
		return judge_say(j,
				 "the line is taken out again, which means auto to Libreswan 4: "
				 "\"esp-offloadctl conn set %s %s=no\" writes no in its place",
				 c->ends->name, change->key);
	return "the line is taken out again";
}

/* Return: 0; -EPERM; -ENOMEM */
static int add_change(struct judge *j, const struct judge_conn *c,
		      const struct ipsec_conf_change *change, struct plan *p)
{
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *e = NULL;
	int r = ipsec_conf_plan(j->facts->conf, c->ends->name, change, 1, &e);

	if (r < 0)
		return r;
	if (r == IPSEC_CONF_ALREADY)
		return 0;
	if (r == IPSEC_CONF_REFUSED)
		return -EPERM;
	return plan_add(p, STEP_CONN, c->ends->name, change, e->diff, "nothing",
			undo_of(j, c, change));
}

static int add_changes(struct judge *j, struct plan *p)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < j->n_conns; i++) {
		const struct judge_conn *c = &j->conns[i];

		for (size_t k = 0; r == 0 && k < c->n_changes; k++)
			r = add_change(j, c, &c->changes[k], p);
	}
	return r;
}

/* ---- Pluto ---- */

static const char *within(struct judge *j)
{
	return judge_say(j, "until it is established again: usually 1 to 3 s, missed after %llu s",
			 (unsigned long long)((j->policy->proof.within_usec + 999999) / 1000000));
}

static const char *replace_interrupts(struct judge *j, const struct judge_conn *c)
{
	const char *neighbours = judge_neighbours(j, c);

	if (!c->tunnel && !*neighbours)
		return "nothing";
	if (!c->tunnel)
		return judge_say(j, "%s, which hang on its IKE SA, %s", neighbours, within(j));
	if (*neighbours)
		return judge_say(
			j, "the tunnel of %s, %s; with it %s, because they share its IKE SA%s",
			c->ends->name, within(j), neighbours,
			c->tunnel->ike ? "" : " or may do so (they have the same ends)");
	return judge_say(j, "the tunnel of %s alone, %s", c->ends->name, within(j));
}

static int add_replace(struct judge *j, const struct judge_conn *c, struct plan *p)
{
	const char *remark = "";

	if (c->not_taken)
		remark = ": its SAs are not offloaded, although the files ask for it";
	else if (!c->tunnel)
		remark = " (its tunnel is not up)";
	return plan_add(
		p, STEP_REPLACE, c->ends->name, NULL,
		judge_say(j, "pluto takes conn %s up anew from the files%s", c->ends->name, remark),
		replace_interrupts(j, c), "it is taken up once more, after the file is as it was");
}

static size_t count_foreign(const struct judge *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->facts->n_sas; i++)
		n += judge_is_foreign(&j->facts->sas[i]);
	return n;
}

static const char *restart_interrupts(struct judge *j)
{
	struct judge_list others = { .text = TEXT_NULL };
	struct text t = TEXT_NULL;
	const char *names;
	size_t foreign;

	for (size_t i = 0; i < j->facts->n_tunnels; i++)
		if (!judge_means(j, judge_conf_of(j, &j->facts->tunnels[i])))
			judge_list_add(&others, j->facts->tunnels[i].conn);
	names = judge_list_take(j, &others);
	text_printf(&t, "every tunnel of the host (%zu are up), each %s", j->facts->n_tunnels,
		    within(j));
	if (*names)
		text_printf(&t, "; of these the policy does not name %s", names);
	foreign = j->version.major < 5 ? count_foreign(j) : 0;
	if (foreign > 0)
		text_printf(&t, "; Libreswan 4 also flushes %zu SAs that are not its own", foreign);
	return judge_take(j, &t);
}

static int add_pluto(struct judge *j, struct plan *p)
{
	int r = 0;

	if (j->decision.restart)
		return plan_add(p, STEP_RESTART, IPSEC_UNIT, NULL,
				judge_say(j, "systemd restarts %s: %s", IPSEC_UNIT,
					  j->decision.why_restart),
				restart_interrupts(j),
				"it is restarted once more, after the files are as they were");

	for (size_t i = 0; r == 0 && j->decision.replace && i < j->n_conns; i++)
		if (j->conns[i].take_up)
			r = add_replace(j, &j->conns[i], p);
	return r;
}

/* ---- What is right already ---- */

static int add_right(struct plan *p, enum step_kind kind, const char *subject, const char *key,
		     const char *value)
{
	struct plan_right r = {
		.kind = kind,
		.subject = strdup(subject),
		.key = key ? strdup(key) : NULL,
		.value = value ? strdup(value) : NULL,
	};

	if (!r.subject || (key && !r.key) || (value && !r.value) || ARRAY_GROW(&p->right) < 0) {
		right_done(&r);
		return -ENOMEM;
	}
	p->right.items[p->right.n++] = r;
	return 0;
}

static bool is_to_change(const struct judge_conn *c, const char *key)
{
	for (size_t i = 0; i < c->n_changes; i++)
		if (streq(c->changes[i].key, key))
			return true;
	return false;
}

static int add_right_key(struct judge *j, const struct judge_conn *c, const char *key,
			 struct plan *p)
{
	struct ipsec_conf_value v;

	if (is_to_change(c, key) || !judge_value(j, c, key, &v))
		return 0;
	return add_right(p, STEP_CONN, c->ends->name, key,
			 v.origin == IPSEC_CONF_OWN || v.origin == IPSEC_CONF_ALSO ? v.value
										   : NULL);
}

static int add_rights(struct judge *j, struct plan *p)
{
	const struct policy_ensure *e = &j->policy->ensure;
	int r = 0;

	if (!judge_changes(j))
		return 0;
	if (j->profile && !j->decision.write_profile)
		r = add_right(p, STEP_PROFILE, j->profile->uuid, NULL, NULL);
	if (r == 0 && j->bond && !j->decision.reactivate && !j->decision.live)
		r = add_right(p, STEP_LIVE, j->policy->name, NULL, NULL);
	for (size_t i = 0; r == 0 && i < j->n_conns; i++) {
		const struct judge_conn *c = &j->conns[i];

		if (e->esp)
			r = add_right_key(j, c, "esp", p);
		if (r == 0 && e->esn)
			r = add_right_key(j, c, "esn", p);
		if (r == 0)
			r = add_right_key(j, c, NIC_OFFLOAD_KEY, p);
	}
	return r;
}

int plan_make(const struct facts *facts, const struct policy_bond *policy, struct plan *ret)
{
	_cleanup_plan_ struct plan plan = PLAN_NULL;
	struct judge j;
	int r;

	r = judge_begin(facts, policy, NULL, &j);
	if (r < 0)
		return r;
	r = add_feature(&j, &plan);
	if (r == 0)
		r = add_changes(&j, &plan);
	if (r == 0)
		r = add_pluto(&j, &plan);
	if (r == 0)
		r = add_rights(&j, &plan);
	if (r == 0)
		r = j.error;
	judge_end(&j);
	if (r < 0)
		return r;

	*ret = plan;
	plan = PLAN_NULL;
	return 0;
}
