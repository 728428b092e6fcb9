/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/wait.h>

#include "fake-host.h"
#include "transaction.h"
#include "unit.h"

/* Whatever fails, at whichever call: undone, with a reason, and nothing lies about. */
static unsigned int fail_at_each_call(enum step_kind feature, enum step_kind pluto)
{
	unsigned int i;

	for (i = 1;; i++) {
		_cleanup_free_ char *reason = NULL;
		int outcome;

		host_begin();
		chosen = i;
		n_calls = 0;
		how = HOW_FAIL;
		outcome = apply_by(feature, pluto, &reason);
		how = HOW_NOT;
		if (outcome == EXECUTOR_DONE) {
			all_is_as_it_should_be();
			host_end();
			if (n_calls < i)
				return i;
			continue;
		}
		ck_assert_msg(outcome == EXECUTOR_FAILED, "call %u: outcome %d", i, outcome);
		ck_assert_ptr_nonnull(reason);
		all_is_as_before();
		host_end();
	}
}

START_TEST(each_call_that_fails_has_everything_undone)
{
	ck_assert_uint_gt(fail_at_each_call(STEP_REACTIVATE, STEP_REPLACE), 20);
	ck_assert_uint_gt(fail_at_each_call(STEP_LIVE, STEP_RESTART), 20);
}
END_TEST

/* ---- the end of the process ---- */

/* Does it in a process of its own, which ends at the chosen call. Return: false when it did not. */
static bool dies(unsigned int at, enum how in_which_way, int (*what)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		chosen = at;
		n_calls = 0;
		how = in_which_way;
		(void)what();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert(WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 0);
	return WEXITSTATUS(status) == 77;
}

/* What the next start finds is taken back or finished; the tunnels are up. */
static void is_made_good(void)
{
	ck_assert_int_ne(recover(), EXECUTOR_FAILED_HALF);
	ck_assert_int_eq(recover(), EXECUTOR_NOTHING);
	ck_assert(!world->orphaned || world->renewed);
	if (world->profile == 1)
		all_is_as_it_should_be();
	else
		all_is_as_before();
}

static void die_at_each_call(int (*what)(void))
{
	for (unsigned int i = 1;; i++) {
		bool died = false;

		for (int way = HOW_DIE_BEFORE; way <= HOW_DIE_AFTER; way++) {
			host_begin();
			died |= dies(i, (enum how)way, what);
			is_made_good();
			host_end();
		}
		if (!died)
			return;
	}
}

START_TEST(a_process_that_ends_at_any_call_is_made_good_by_the_next)
{
	die_at_each_call(apply);
	die_at_each_call(apply_with_restart);
	always_shares = true;
	die_at_each_call(apply);
	always_shares = false;
	always_orphans = true;
	die_at_each_call(apply);
	always_orphans = false;
	always_deaf = true;
	die_at_each_call(apply);
	always_deaf = false;
	nm_always_restarts = true;
	die_at_each_call(apply);
	nm_always_restarts = false;
}
END_TEST

static int settle_nothing_named(void)
{
	struct policy none = { 0 };

	return settle_with(&none);
}

/* Its profile is none of a finished transaction's business. */
START_TEST(what_network_manager_makes_of_the_bond_when_it_starts_is_waited_for)
{
	unsigned int at = 1;

	nm_always_restarts = true;
	host_begin();
	while (dies(at, HOW_DIE_AFTER, apply) && world->activations == 0) {
		host_end();
		host_begin();
		at++;
	}
	ck_assert_uint_eq(world->activations, 1);
	nm_always_restarts = false;
	world->nm_away = true;
	ck_assert_int_eq(recover(), EXECUTOR_FAILED_HALF);
	ck_assert_int_eq(world->bit, 0);
	world->nm_away = false;
	ck_assert_int_eq(recover(), EXECUTOR_DONE);
	all_is_as_before();
	host_end();

	host_begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	world->made_up = true;
	ck_assert_int_eq(settle_nothing_named(), 0);
	ck_assert(world->made_up);
	ck_assert_uint_eq(world->activations, 1);
	host_end();
}
END_TEST

START_TEST(so_is_one_that_ends_while_it_makes_good)
{
	bool more = true;

	for (unsigned int i = 3; more; i += 5) {
		host_begin();
		more = dies(i, HOW_DIE_AFTER, apply);
		host_end();
		for (unsigned int k = 1, again = more; again; k++) {
			host_begin();
			(void)dies(i, HOW_DIE_AFTER, apply);
			again = dies(k, k % 2 ? HOW_DIE_BEFORE : HOW_DIE_AFTER, recover);
			is_made_good();
			host_end();
		}
	}
}
END_TEST

static int settle_without_conn(void)
{
	struct policy p = { .bonds = &policy, .n_bonds = 1 };

	strcpy(policy.conns[0], "other");
	return settle_with(&p);
}

START_TEST(so_is_one_that_ends_while_it_reverts)
{
	for (unsigned int i = 1, more = true; more; i++) {
		host_begin();
		ck_assert_int_eq(apply(), EXECUTOR_DONE);
		more = dies(i, i % 2 ? HOW_DIE_BEFORE : HOW_DIE_AFTER, settle_nothing_named);
		ck_assert_int_eq(settle_nothing_named(), 0);
		all_is_as_before();
		host_end();
	}
	for (unsigned int i = 1, more = true; more; i++) {
		host_begin();
		ck_assert_int_eq(apply_with_restart(), EXECUTOR_DONE);
		more = dies(i, i % 2 ? HOW_DIE_BEFORE : HOW_DIE_AFTER, settle_nothing_named);
		ck_assert_int_eq(settle_nothing_named(), 0);
		all_is_as_before();
		host_end();
	}
	for (unsigned int i = 1, more = true; more; i++) {
		host_begin();
		ck_assert_int_eq(apply(), EXECUTOR_DONE);
		more = dies(i, i % 2 ? HOW_DIE_BEFORE : HOW_DIE_AFTER, settle_without_conn);
		ck_assert_int_eq(settle_without_conn(), 0);
		conf_is(conf_before);
		ck_assert(!world->loaded);
		ck_assert(world->example_up);
		ck_assert_int_eq(world->profile, 1);
		host_end();
	}
}
END_TEST

/* Whenever it ends: who makes it good leaves pluto alone. */
START_TEST(where_the_policy_says_so_pluto_is_left_alone_whatever_is_taken_back)
{
	for (unsigned int i = 1, more = true; more; i++) {
		host_begin();
		ck_assert_int_eq(apply(), EXECUTOR_DONE);
		policy.ipsec = POLICY_IPSEC_NEVER;
		more = dies(i, i % 2 ? HOW_DIE_BEFORE : HOW_DIE_AFTER, settle_without_conn);
		ck_assert_int_eq(settle_without_conn(), 0);
		conf_is(conf_before);
		ck_assert_uint_eq(world->replacements, 1);
		host_end();
	}
}
END_TEST

UNIT_MAIN("executor-crash", each_call_that_fails_has_everything_undone,
	  a_process_that_ends_at_any_call_is_made_good_by_the_next,
	  what_network_manager_makes_of_the_bond_when_it_starts_is_waited_for,
	  so_is_one_that_ends_while_it_makes_good, so_is_one_that_ends_while_it_reverts,
	  where_the_policy_says_so_pluto_is_left_alone_whatever_is_taken_back)
