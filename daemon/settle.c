/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settle.h"

#include "undo.h"

static bool went_well(int outcome)
{
	return outcome == EXECUTOR_NOTHING || outcome == EXECUTOR_DONE;
}

/* Return: true when nothing is left of this bond. */
static bool settle_bond(const struct executor_options *options, const struct policy *policy,
			const char *bond, settle_told_fn told)
{
	const struct policy_bond *named = policy_bond_named(policy, bond);
	_cleanup_free_ char *half = NULL, *reverted = NULL;
	int outcome;

	outcome = executor_recover(options, bond, &half);
	if (outcome != EXECUTOR_NOTHING)
		told(bond, SETTLE_HALF_DONE, outcome, half);
	if (!went_well(outcome))
		return false;
	/* Who only looks wants nothing changed, but for what was left half done. */
	if (named && named->manage == POLICY_MONITOR)
		return true;
	outcome = named ? executor_revert_conns(options, named, &reverted)
			: executor_revert(options, bond, &reverted);
	if (outcome != EXECUTOR_NOTHING)
		told(bond, named ? SETTLE_CONNS : SETTLE_BOND, outcome, reverted);
	return went_well(outcome);
}

int settle(const struct executor_options *options, const struct policy *policy, settle_told_fn told)
{
	struct undo_bonds bonds = UNDO_BONDS_NULL;
	bool all = true;
	int r;

	r = undo_bonds(options->state_dir, &bonds);
	if (r < 0)
		return r;
	for (size_t i = 0; i < bonds.n; i++)
		all &= settle_bond(options, policy, bonds.items[i], told);
	undo_bonds_done(&bonds);
	return all ? 0 : 1;
}
