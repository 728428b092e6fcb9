/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-host.h"
#include "temporary.h"
#include "transaction.h"
#include "unit.h"

START_TEST(what_is_applied_can_be_reverted)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	all_is_as_it_should_be();
	ck_assert_int_eq(recover(), EXECUTOR_NOTHING);
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	all_is_as_before();
	ck_assert_ptr_nonnull(strstr(reason, "esp-offloadctl conn set example nic-offload=no"));
	ck_assert_int_eq(revert(&reason), EXECUTOR_NOTHING);
	ck_assert_uint_eq(world->neighbour_lost, 0);
	ck_assert_uint_eq(world->activations, 1);
	host_end();
}
END_TEST

START_TEST(a_restart_brings_up_again_what_nobody_else_would)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_DONE);
	ck_assert_uint_eq(world->neighbour_lost, 1);
	all_is_as_it_should_be();
	host_end();
}
END_TEST

START_TEST(so_it_does_whatever_auto_says)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	temporary_append("ipsec.conf", "\tauto=keep\n");
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_DONE);
	ck_assert_ptr_null(reason);
	ck_assert_uint_eq(world->neighbour_lost, 1);
	ck_assert(world->neighbour_up);
	host_end();
}
END_TEST

/* Looked at they were well. */
START_TEST(files_that_are_broken_by_the_time_of_the_restart_take_no_tunnel_down)
{
	static const enum step_kind kinds[] = { STEP_RESTART, STEP_REPLACE };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_free_ char *reason = NULL;

		host_begin();
		world->files_broken = true;
		ck_assert_int_eq(apply_by(STEP_LIVE, kinds[i], &reason), EXECUTOR_FAILED);
		ck_assert_ptr_nonnull(strstr(reason, "syntax error"));
		ck_assert_uint_eq(world->neighbour_lost, 0);
		ck_assert_uint_eq(world->replacements, 0);
		all_is_as_before();
		host_end();
	}
}
END_TEST

START_TEST(one_that_a_packet_would_bring_up_does_not_wait_for_one)
{
	static const char text[] = "conn example\n"
				   "\tleft=192.0.2.1\n"
				   "\tright=192.0.2.2\n"
				   "\tauto=ondemand\n"
				   "\n"
				   "conn neighbour\n"
				   "\tleft=192.0.2.1\n"
				   "\tright=192.0.2.3\n"
				   "\tauto=route\n";
	_cleanup_free_ char *reason = NULL;

	host_begin();
	write_conf(text);
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_DONE);
	ck_assert_ptr_null(reason);
	ck_assert(world->example_up);
	ck_assert(world->neighbour_up);
	host_end();
}
END_TEST

/* Down, and routed or not before its turn. */
static int apply_on_demand(bool routed, char **ret_reason)
{
	static const char text[] = "conn example\n"
				   "\tleft=192.0.2.1\n"
				   "\tright=192.0.2.2\n"
				   "\tauto=ondemand\n";

	write_conf(text);
	world->example_up = false;
	world->routed = routed;
	world->unroutable = true;
	return apply_by(STEP_LIVE, STEP_REPLACE, ret_reason);
}

START_TEST(a_conn_that_pluto_does_not_route_any_more_has_all_undone)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	/* The trial that is played wants it up. */
	ck_assert_int_eq(apply_on_demand(true, &reason), EXECUTOR_FAILED_HALF);
	ck_assert_ptr_nonnull(strstr(reason, "pluto does not route conn example any more"));
	ck_assert(!file_says_yes());
	host_end();
}
END_TEST

START_TEST(one_that_was_not_routed_before_need_not_be)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	ck_assert_int_eq(apply_on_demand(false, &reason), EXECUTOR_DONE);
	ck_assert(file_says_yes());
	host_end();
}
END_TEST

START_TEST(who_shares_an_ike_sa_comes_up_again_whatever_is_done)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	world->shares = true;
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert_uint_eq(world->neighbour_lost, 1);
	all_is_as_it_should_be();
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	ck_assert_uint_eq(world->neighbour_lost, 2);
	all_is_as_before();
	host_end();
}
END_TEST

START_TEST(one_that_pluto_believes_in_without_its_ike_sa_is_renewed)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	world->orphans = true;
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert_uint_eq(world->neighbour_lost, 1);
	ck_assert(world->orphaned && world->renewed);
	all_is_as_it_should_be();
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	ck_assert_uint_eq(world->neighbour_lost, 2);
	ck_assert(world->renewed);
	all_is_as_before();
	host_end();
}
END_TEST

START_TEST(one_that_was_down_is_not_brought_up)
{
	host_begin();
	world->shares = true;
	world->neighbour_up = false;
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert(!world->neighbour_up);
	host_end();
}
END_TEST

START_TEST(one_that_stays_away_is_told)
{
	_cleanup_free_ char *reason = NULL, *of_subnets = NULL, *undone = NULL;

	host_begin();
	world->neighbour_away = true;
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_DONE);
	ck_assert_str_eq(reason,
			 "the tunnel of conn neighbour was up before, and is not up again yet");
	ck_assert(world->example_up && world->loaded);
	host_end();

	host_begin();
	world->neighbour_away = world->subnets = true;
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &of_subnets), EXECUTOR_DONE);
	ck_assert_ptr_nonnull(of_subnets);
	ck_assert_str_eq(of_subnets, "the tunnel of conn neighbour/1x2 was up before, and is not "
				     "up again yet");
	host_end();

	host_begin();
	world->neighbour_away = world->trial_fails = true;
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &undone), EXECUTOR_FAILED);
	ck_assert_ptr_nonnull(
		strstr(undone, "; undone, but the tunnel of conn neighbour is not up again yet"));
	ck_assert_int_eq(recover(), EXECUTOR_NOTHING);
	host_end();
}
END_TEST

START_TEST(who_answers_is_asked_before_the_steps_and_what_was_not_seen_is_told)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	world->trial_unseen = true;
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_REPLACE, &reason), EXECUTOR_DONE);
	ck_assert(world->answered);
	ck_assert_str_eq(reason, "it could not be seen");
	all_is_as_it_should_be();
	host_end();
}
END_TEST

/* ---- failures ---- */

START_TEST(a_tunnel_that_does_not_return_has_everything_undone_and_the_reason_told)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	world->trial_fails = true;
	ck_assert_int_eq(apply_by(STEP_REACTIVATE, STEP_REPLACE, &reason), EXECUTOR_FAILED);
	ck_assert_str_eq(reason, "the tunnel of conn example did not come back; pluto: no way; "
				 "undone: all is as it was before");
	all_is_as_before();
	host_end();
}
END_TEST

START_TEST(one_without_words_for_it_is_a_failure_as_well)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	world->trial_fails = world->no_words = true;
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_REPLACE, &reason), EXECUTOR_FAILED);
	ck_assert_ptr_nonnull(strstr(reason, "undone: all is as it was before"));
	world->no_words = false;
	all_is_as_before();
	host_end();
}
END_TEST

START_TEST(a_tunnel_that_is_deaf_is_replaced_once_more)
{
	_cleanup_free_ char *reason = NULL, *why = NULL;

	host_begin();
	world->deaf = 1;
	ck_assert_int_eq(apply_by(STEP_REACTIVATE, STEP_REPLACE, &reason), EXECUTOR_DONE);
	ck_assert_ptr_null(reason);
	ck_assert_uint_eq(world->replacements, 2);
	all_is_as_it_should_be();
	ck_assert_int_eq(revert(&why), EXECUTOR_DONE);
	all_is_as_before();
	host_end();

	host_begin();
	world->deaf = 1;
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_DONE);
	ck_assert_uint_eq(world->replacements, 1);
	ck_assert_uint_eq(world->neighbour_lost, 1);
	all_is_as_it_should_be();
	host_end();
}
END_TEST

START_TEST(who_goes_down_with_it_comes_up_again)
{
	host_begin();
	world->deaf = 1;
	world->shares = true;
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert_uint_eq(world->neighbour_lost, 2);
	all_is_as_it_should_be();
	host_end();
}
END_TEST

START_TEST(one_that_stays_deaf_has_everything_undone)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	world->deaf = 2;
	ck_assert_int_eq(apply_by(STEP_REACTIVATE, STEP_REPLACE, &reason), EXECUTOR_FAILED);
	ck_assert_str_eq(reason, "no answers, also after replacing once more; pluto: no way; "
				 "undone: all is as it was before");
	ck_assert_uint_eq(world->replacements, 3);
	all_is_as_before();
	host_end();
}
END_TEST

START_TEST(where_pluto_was_left_alone_a_deaf_one_is_not_replaced)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	world->deaf = 1;
	ck_assert_int_eq(apply_profile(&reason), EXECUTOR_FAILED);
	ck_assert_uint_eq(world->replacements, 0);
	all_is_as_before();
	host_end();
}
END_TEST

START_TEST(a_refused_feature_has_everything_undone)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	world->refuse_bit = true;
	ck_assert_int_eq(apply_by(STEP_REACTIVATE, STEP_REPLACE, &reason), EXECUTOR_FAILED);
	ck_assert_ptr_nonnull(strstr(reason, "yet the kernel has esp-hw-offload off"));
	all_is_as_before();
	host_end();
}
END_TEST

START_TEST(what_network_manager_would_take_back_later_is_not_left_to_it)
{
	_cleanup_free_ char *reason = NULL, *undone = NULL;

	host_begin();
	world->checkpoint = 1;
	ck_assert_int_eq(apply_by(STEP_REACTIVATE, STEP_REPLACE, &reason), EXECUTOR_DONE);
	ck_assert_uint_eq(world->checkpoint, 0);
	all_is_as_it_should_be();
	host_end();

	host_begin();
	world->checkpoint = 2;
	ck_assert_int_eq(apply_by(STEP_REACTIVATE, STEP_REPLACE, &undone), EXECUTOR_FAILED);
	ck_assert_ptr_nonnull(strstr(undone, "the checkpoint could not be removed"));
	ck_assert_uint_eq(world->checkpoint, 0);
	all_is_as_before();
	host_end();
}
END_TEST

START_TEST(a_profile_that_was_made_up_gives_way_to_the_bonds_own)
{
	_cleanup_free_ char *reason = NULL, *half = NULL;

	host_begin();
	world->nm_restarts = true;
	ck_assert_int_eq(apply_by(STEP_REACTIVATE, STEP_REPLACE, &reason), EXECUTOR_FAILED);
	ck_assert_ptr_nonnull(strstr(reason, "NetworkManager went away"));
	ck_assert_uint_eq(world->activations, 2);
	all_is_as_before();
	host_end();

	/* One that cannot be activated stays for the next run, and nothing else does. */
	host_begin();
	world->nm_restarts = world->hand_back_fails = true;
	ck_assert_int_eq(apply_by(STEP_REACTIVATE, STEP_REPLACE, &half), EXECUTOR_FAILED_HALF);
	ck_assert_ptr_nonnull(strstr(half, "bond0 could not be given its profile u-1 back"));
	ck_assert_int_eq(world->bit, 0);
	ck_assert_int_eq(world->profile, -1);
	world->hand_back_fails = false;
	ck_assert_int_eq(recover(), EXECUTOR_DONE);
	all_is_as_before();
	host_end();
}
END_TEST

START_TEST(without_rollback_what_was_done_stays)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	world->trial_fails = true;
	policy.rollback = false;
	ck_assert_int_eq(apply_by(STEP_REACTIVATE, STEP_REPLACE, &reason), EXECUTOR_FAILED_HALF);
	all_is_as_it_should_be();
	ck_assert_int_eq(recover(), EXECUTOR_NOTHING);
	host_end();
}
END_TEST

/* Before each step, and while it is tried: there is nothing wrong with it, so nothing is blamed. */
START_TEST(whenever_it_is_told_to_stop_everything_is_undone)
{
	for (stop_at = 1; stop_at <= 5; stop_at++) {
		_cleanup_free_ char *reason = NULL;

		host_begin();
		n_asked = 0;
		policy.rollback = stop_at % 2;
		ck_assert_int_eq(apply_by(STEP_REACTIVATE, STEP_REPLACE, &reason), EXECUTOR_FAILED);
		ck_assert_str_eq(reason, "told to stop before it was finished; undone: all is as "
					 "it was before");
		all_is_as_before();
		host_end();
	}
	host_begin();
	n_asked = 0;
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert_uint_eq(n_asked, 5);
	host_end();

	/* The same before one is replaced once more. */
	host_begin();
	n_asked = 0;
	world->deaf = 1;
	ck_assert_int_eq(apply(), EXECUTOR_FAILED);
	ck_assert_uint_eq(world->replacements, 2);
	all_is_as_before();
	stop_at = 0;
	host_end();
}
END_TEST

UNIT_MAIN("executor", what_is_applied_can_be_reverted,
	  a_restart_brings_up_again_what_nobody_else_would, so_it_does_whatever_auto_says,
	  files_that_are_broken_by_the_time_of_the_restart_take_no_tunnel_down,
	  one_that_a_packet_would_bring_up_does_not_wait_for_one,
	  a_conn_that_pluto_does_not_route_any_more_has_all_undone,
	  one_that_was_not_routed_before_need_not_be,
	  who_shares_an_ike_sa_comes_up_again_whatever_is_done,
	  one_that_pluto_believes_in_without_its_ike_sa_is_renewed,
	  one_that_was_down_is_not_brought_up, one_that_stays_away_is_told,
	  who_answers_is_asked_before_the_steps_and_what_was_not_seen_is_told,
	  a_tunnel_that_does_not_return_has_everything_undone_and_the_reason_told,
	  one_without_words_for_it_is_a_failure_as_well,
	  a_tunnel_that_is_deaf_is_replaced_once_more, who_goes_down_with_it_comes_up_again,
	  one_that_stays_deaf_has_everything_undone,
	  where_pluto_was_left_alone_a_deaf_one_is_not_replaced,
	  a_refused_feature_has_everything_undone,
	  what_network_manager_would_take_back_later_is_not_left_to_it,
	  a_profile_that_was_made_up_gives_way_to_the_bonds_own,
	  without_rollback_what_was_done_stays, whenever_it_is_told_to_stop_everything_is_undone)
