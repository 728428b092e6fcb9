/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "plan.h"

/*
 * repair_plan() - how to bring back the tunnels whose SAs the kernel has lost
 * @facts, @policy: what is, and what should be; plan_make() has nothing to do
 *
 * A step for each conn that pluto believes is up while the kernel lacks its SAs, in the order of
 * the policy, as "on-loss" wants it: none with "report", with "manage: monitor", and while the bond
 * has no active port, for an SA cannot be added then (bond_ipsec_add_sa() gives ENODEV).
 *
 * Return: 0 with the steps in @ret, whose repairs is true when there are any; -ENOMEM.
 */
int repair_plan(const struct facts *facts, const struct policy_bond *policy, struct plan *ret);
