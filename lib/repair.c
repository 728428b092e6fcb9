/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "repair.h"

#include "judge.h"

static const char *replace_interrupts(struct judge *j, const struct judge_conn *c)
{
	const char *neighbours = judge_neighbours(j, c);

	if (!*neighbours)
		return "nothing: the tunnel carries nothing as it is";
	return judge_say(j, "%s, because they share its IKE SA%s, until they are established again",
			 neighbours,
			 c->tunnel->ike ? "" : " or may do so (they have the same ends)");
}

static int add(struct judge *j, const struct judge_conn *c, struct plan *p)
{
	const char *name = c->ends->name;

	if (j->policy->on_loss == POLICY_LOSS_REKEY)
		return plan_add(
			p, STEP_REKEY, name, NULL,
			judge_say(j,
				  "pluto negotiates new SAs for conn %s: the kernel has lost them",
				  name),
			"nothing: the tunnel carries nothing as it is", "nothing takes it back");
	return plan_add(p, STEP_REPLACE, name, NULL,
			judge_say(j, "pluto takes conn %s up anew: the kernel has lost its SAs",
				  name),
			replace_interrupts(j, c), "nothing takes it back");
}

int repair_plan(const struct facts *facts, const struct policy_bond *policy, struct plan *ret)
{
	_cleanup_plan_ struct plan plan = PLAN_NULL;
	struct judge j;
	int r;

	r = judge_begin(facts, policy, NULL, &j);
	if (r < 0)
		return r;
	if (judge_changes(&j) && policy->on_loss != POLICY_LOSS_REPORT && j.bond && j.bond->up &&
	    j.bond->bond.active_port != FACTS_NO_LINK)
		for (size_t i = 0; r == 0 && i < j.n_conns; i++)
			if (j.conns[i].lost)
				r = add(&j, &j.conns[i], &plan);
	if (r == 0)
		r = j.error;
	judge_end(&j);
	if (r < 0)
		return r;

	plan.repairs = plan.n > 0;
	*ret = plan;
	plan = PLAN_NULL;
	return 0;
}
