/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

#include "esp-proposals.h"
#include "names.h"

/* What is to be done: for the checks, which name what it disturbs, and for the plan. */

/* Above this a restart is quicker, and interrupts little more. */
enum {
	REPLACES_MAX = 32
};

/* ---- The conns' keys ---- */

static void want(struct judge_conn *c, const char *key, const char *value)
{
	c->changes[c->n_changes++] = (struct ipsec_conf_change){ key, value };
}

/* "aes_gcm128" and "aes_gcm128-null" are the same: nothing is rewritten for its looks. */
static bool has_esp(struct judge *j, const struct judge_conn *c, const char *esp)
{
	struct ipsec_conf_value v;

	if (!judge_value(j, c, "esp", &v))
		return false;
	return ipsec_conf_same_value(j->version, "esp", v.value, esp) ||
	       (esp_proposals_of(v.value) == ESP_ALL_FIT && esp_proposals_of(esp) == ESP_ALL_FIT);
}

/* The cipher before the offload: a conn whose edits break off in between still comes up. */
static void decide_changes(struct judge *j, struct judge_conn *c)
{
	const struct policy_ensure *e = &j->policy->ensure;

	if (e->esp && !has_esp(j, c, e->esp))
		want(c, "esp", e->esp);
	if (e->esn && !judge_is(j, c, "esn", e->esn))
		want(c, "esn", e->esn);
	if (!judge_is(j, c, NIC_OFFLOAD_KEY, "yes"))
		want(c, NIC_OFFLOAD_KEY, "yes");
}

/* ---- The SAs ---- */

static bool is_offloaded(const struct judge *j, const struct facts_sa *sa)
{
	return j->bond && sa->offload_link == j->bond->ifindex;
}

static size_t count_offloaded(const struct judge *j, const struct judge_conn *c,
			      enum facts_direction direction, size_t *ret_all)
{
	size_t n = 0;

	*ret_all = 0;
	for (size_t i = 0; i < c->n_sas; i++) {
		if (c->sas[i]->direction != direction)
			continue;
		(*ret_all)++;
		n += is_offloaded(j, c->sas[i]);
	}
	return n;
}

/*
 * Another conn between the same ends has SAs there too, and they cannot be told apart: so an SA
 * that is not offloaded says nothing, but none at all in a direction does.
 */
static bool is_software(const struct judge *j, const struct judge_conn *c)
{
	for (int direction = FACTS_IN; direction <= FACTS_OUT; direction++) {
		size_t all;

		if (count_offloaded(j, c, (enum facts_direction)direction, &all) == 0 && all > 0)
			return true;
	}
	return false;
}

/* By their ends SAs can be told to be a conn's only where these are known. */
static bool is_lost(const struct judge *j, const struct judge_conn *c)
{
	if (!c->tunnel)
		return false;
	if (c->tunnel->kernel_lost)
		return true;
	return j->facts->sas_known && !c->ends->assumed && c->ends->remote.family != 0 &&
	       c->n_sas == 0;
}

static bool any_offloaded(const struct judge *j, const struct judge_conn *c)
{
	for (size_t i = 0; i < c->n_sas; i++)
		if (is_offloaded(j, c->sas[i]))
			return true;
	return false;
}

/* ---- Pluto ---- */

static bool needs_take_up(const struct judge *j, const struct judge_conn *c)
{
	const struct judge_decision *d = &j->decision;

	if (c->n_changes > 0 || c->not_taken)
		return true;
	/* Libreswan 5 leaves out an interface whose feature was off when it started, and does not
	 * look again (kernel_xfrm.c, the probe of each interface). */
	if (j->version.major >= 5)
		return d->reactivate || d->live;
	/* Made while the feature was off, or of a conn that pluto has as it was before an edit. */
	if ((d->reactivate || d->live) && c->tunnel && j->facts->sas_known && is_software(j, c))
		return true;
	/* The bond goes down while it is activated, and its offloaded SAs with it, without a word
	 * to pluto (xfrm_dev_state_flush()). */
	return d->reactivate && any_offloaded(j, c);
}

/* That pluto 5 saw the feature when it started can only be told by what came of it. */
static bool pluto_saw_feature(const struct judge *j)
{
	for (size_t i = 0; i < j->facts->n_sas; i++)
		if (is_offloaded(j, &j->facts->sas[i]))
			return true;
	return false;
}

static const char *reason_to_restart(const struct judge *j)
{
	const struct judge_decision *d = &j->decision;

	if (j->policy->ipsec == POLICY_IPSEC_RESTART)
		return "the policy asks for a restart";
	if (j->policy->ipsec == POLICY_IPSEC_REPLACE)
		return NULL;
	if (j->version.major >= 5 && (d->reactivate || d->live))
		return "Libreswan 5 reads the feature of an interface only once, when it starts, "
		       "and it was off then";
	if (j->version.major >= 5 && !pluto_saw_feature(j))
		return "Libreswan 5 reads the feature of an interface only once, when it starts, "
		       "and whether it was on then cannot be seen";
	if (d->n_take_up > REPLACES_MAX)
		return "so many conns change that replacing them one by one would take longer";
	return NULL;
}

static void decide_feature(struct judge *j)
{
	struct judge_decision *d = &j->decision;
	bool on = j->bond && facts_feature_is_on(j->bond->esp_hw_offload);

	d->write_profile = j->profile && j->profile->esp_hw_offload != 1;
	if (!j->bond)
		return;
	switch (j->policy->activation) {
	case POLICY_ACTIVATION_AUTO:
		d->reactivate = !on;
		break;
	case POLICY_ACTIVATION_REACTIVATE:
		d->reactivate = !on || d->write_profile;
		break;
	case POLICY_ACTIVATION_LIVE:
		d->live = !on;
		break;
	}
}

void judge_decide(struct judge *j)
{
	struct judge_decision *d = &j->decision;
	bool on = j->bond && facts_feature_is_on(j->bond->esp_hw_offload);

	if (judge_changes(j))
		decide_feature(j);

	for (size_t i = 0; i < j->n_conns; i++) {
		struct judge_conn *c = &j->conns[i];

		c->lost = is_lost(j, c);
		if (judge_changes(j))
			decide_changes(j, c);
		c->not_taken = c->tunnel && j->facts->sas_known && on && c->n_changes == 0 &&
			       judge_is(j, c, NIC_OFFLOAD_KEY, "yes") && is_software(j, c);
		c->take_up = judge_changes(j) && j->policy->ipsec != POLICY_IPSEC_NEVER &&
			     needs_take_up(j, c);
		d->n_take_up += c->take_up;
		d->n_edited += c->n_changes > 0;
	}
	if (d->n_take_up == 0)
		return;
	d->why_restart = reason_to_restart(j);
	d->restart = d->why_restart != NULL;
	d->replace = !d->restart;
}
