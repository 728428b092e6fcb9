/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-host.h"
#include "temporary.h"
#include "transaction.h"
#include "unit.h"

/* ---- repairs ---- */

/* Pluto has let go of all it had before it finds out. */
static void leaves_pluto_alone(int (*apply_it)(void))
{
	_cleanup_free_ char *reason = NULL, *later = NULL;
	unsigned int lost;

	host_begin();
	ck_assert_int_eq(apply_it(), EXECUTOR_DONE);
	lost = world->neighbour_lost;
	world->files_broken = true;
	ck_assert_int_eq(revert(&reason), EXECUTOR_FAILED_HALF);
	ck_assert_ptr_nonnull(strstr(reason, "syntax error"));
	ck_assert(world->example_up);
	ck_assert(world->neighbour_up);
	ck_assert_uint_eq(world->neighbour_lost, lost);

	world->files_broken = false;
	ck_assert_int_eq(revert(&later), EXECUTOR_DONE);
	all_is_as_before();
	host_end();
}

START_TEST(files_that_somebody_has_broken_since_take_no_tunnel_down)
{
	leaves_pluto_alone(apply);
	leaves_pluto_alone(apply_with_restart);
}
END_TEST

START_TEST(a_revert_goes_back_before_the_first_apply_whatever_was_repaired)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	world->profile = 0;
	world->bit = 0;
	write_conf(conf_before);
	world->loaded = false;
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	all_is_as_it_should_be();
	world->profile = 0;
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	all_is_as_before();
	host_end();
}
END_TEST

static void conf_with(const char *line, char ret[1024])
{
	const char *end = strstr(conf_before, "\tauto=start\n");

	snprintf(ret, 1024, "%.*s%s%s", (int)(end - conf_before), conf_before, line, end);
}

/* Somebody undoes one of the four, or all, which is repaired. */
static void repair(int profile, int bit, const char *conf)
{
	_cleanup_free_ char *reason = NULL;

	if (profile <= 0)
		world->profile = profile;
	if (!bit)
		world->bit = 0;
	if (conf) {
		write_conf(conf);
		world->loaded = false;
	}
	ck_assert_int_eq(apply_missing(&reason), EXECUTOR_DONE);
	all_is_as_it_should_be();
}

START_TEST(a_revert_leaves_right_what_was_right_before_the_first_apply)
{
	_cleanup_free_ char *reason = NULL;
	char right[1024], wrong[1024];
	unsigned int replacements;

	conf_with("\tnic-offload=yes\n", right);
	conf_with("\tnic-offload=no\n", wrong);

	/* All but the profile. */
	host_begin();
	write_conf(right);
	world->bit = 1;
	world->loaded = true;
	ck_assert_int_eq(apply_missing(&reason), EXECUTOR_DONE);
	repair(1, 1, wrong);
	repair(1, 0, wrong);
	repair(0, 1, NULL);
	replacements = world->replacements;
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	ck_assert_int_eq(world->profile, -1);
	ck_assert_int_eq(world->bit, 1);
	conf_is(right);
	ck_assert_uint_eq(world->replacements, replacements);
	ck_assert_uint_eq(count_files(temporary_path("state")), 0);
	host_end();

	/* All but the conn. */
	host_begin();
	world->profile = world->bit = 1;
	ck_assert_int_eq(apply_missing(&reason), EXECUTOR_DONE);
	repair(0, 0, wrong);
	repair(-1, 0, NULL);
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	ck_assert_int_eq(world->profile, 1);
	ck_assert_int_eq(world->bit, 1);
	conf_is(conf_before);
	host_end();
}
END_TEST

START_TEST(so_it_does_where_nothing_was_ever_applied)
{
	_cleanup_free_ char *reason = NULL;
	struct policy none = { 0 };
	char right[1024], wrong[1024];

	conf_with("\tnic-offload=yes\n", right);
	conf_with("\tnic-offload=no\n", wrong);
	host_begin();
	write_conf(right);
	world->profile = world->bit = 1;
	world->loaded = true;
	ck_assert_int_eq(apply_missing(&reason), EXECUTOR_NOTHING);
	n_calls = 0;
	ck_assert_int_eq(apply_missing(&reason), EXECUTOR_NOTHING);
	ck_assert_uint_eq(n_calls, 0);
	ck_assert_int_eq(recover(), EXECUTOR_NOTHING);
	repair(0, 0, wrong);
	ck_assert_int_eq(settle_with(&none), 0);
	ck_assert_int_eq(world->profile, 1);
	ck_assert_int_eq(world->bit, 1);
	conf_is(right);
	ck_assert_uint_eq(world->replacements, 1);
	ck_assert_uint_eq(count_files(temporary_path("state")), 0);
	host_end();

	/* And without a repair there is nothing to be told. */
	host_begin();
	write_conf(right);
	world->profile = world->bit = 1;
	ck_assert_int_eq(apply_missing(&reason), EXECUTOR_NOTHING);
	ck_assert_int_eq(settle_with(&none), 0);
	ck_assert_uint_eq(n_told, 0);
	ck_assert_uint_eq(count_files(temporary_path("state")), 0);
	host_end();
}
END_TEST

START_TEST(and_with_a_conn_that_the_policy_names_no_more)
{
	struct policy p = { .bonds = &policy, .n_bonds = 1 };
	_cleanup_free_ char *reason = NULL;
	char right[1024], wrong[1024];

	conf_with("\tnic-offload=yes\n", right);
	conf_with("\tnic-offload=no\n", wrong);
	host_begin();
	write_conf(right);
	ck_assert_int_eq(apply_missing(&reason), EXECUTOR_DONE);
	repair(1, 1, wrong);
	ck_assert_uint_eq(world->replacements, 1);
	strcpy(policy.conns[0], "other");
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_uint_eq(n_told, 0);
	conf_is(right);
	ck_assert_uint_eq(world->replacements, 1);

	/* Named anew it is new. */
	strcpy(policy.conns[0], "example");
	write_conf(wrong);
	ck_assert_int_eq(apply_missing(&reason), EXECUTOR_DONE);
	strcpy(policy.conns[0], "other");
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_int_eq(told_what, SETTLE_CONNS);
	conf_is(wrong);
	host_end();
}
END_TEST

START_TEST(a_revert_has_what_was_there_at_first_and_not_what_was_repaired)
{
	_cleanup_free_ char *reason = NULL;
	char first[1024], between[1024];

	conf_with("\tnic-offload=no\n", first);
	conf_with("\tnic-offload=auto\n", between);
	host_begin();
	write_conf(first);
	ck_assert_int_eq(apply_missing(&reason), EXECUTOR_DONE);
	repair(0, 0, between);
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	ck_assert_int_eq(world->profile, -1);
	ck_assert_int_eq(world->bit, 0);
	conf_is(first);
	host_end();
}
END_TEST

START_TEST(a_bit_that_the_first_apply_did_not_come_to_was_off_before)
{
	/* Without "rollback" it ends with the profile, and the next one does the rest. */
	host_begin();
	policy.rollback = false;
	world->refuse_bit = true;
	for (int i = 0; i < 2; i++) {
		_cleanup_free_ char *reason = NULL;

		ck_assert_int_eq(apply_missing(&reason),
				 i == 0 ? EXECUTOR_FAILED_HALF : EXECUTOR_DONE);
		world->refuse_bit = false;
	}
	repair(1, 0, NULL);
	ck_assert_int_eq(settle_with(&(struct policy){ 0 }), 0);
	all_is_as_before();
	host_end();

	/* The same where it does not even come to that step. */
	host_begin();
	policy.rollback = false;
	policy.activation = POLICY_ACTIVATION_LIVE;
	how = HOW_FAIL;
	chosen = 4;
	n_calls = 0;
	for (int i = 0; i < 2; i++) {
		_cleanup_free_ char *reason = NULL;

		ck_assert_int_eq(apply_missing(&reason),
				 i == 0 ? EXECUTOR_FAILED_HALF : EXECUTOR_DONE);
		ck_assert_int_eq(world->profile, i == 0 ? -1 : 1);
		how = HOW_NOT;
	}
	ck_assert_int_eq(settle_with(&(struct policy){ 0 }), 0);
	all_is_as_before();
	host_end();
}
END_TEST

START_TEST(what_others_have_edited_meanwhile_stays)
{
	static const char edited[] = "# of the administrator\n"
				     "conn example\n"
				     "\tleft=192.0.2.1\n"
				     "\tright=192.0.2.2\n"
				     "\tauto=start\n"
				     "\tmtu=1400\n"
				     "\n"
				     "conn neighbour\n"
				     "\tleft=192.0.2.1\n"
				     "\tright=192.0.2.3\n"
				     "\tnic-offload=no\n";
	_cleanup_free_ char *reason = NULL;

	host_begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	write_conf(edited);
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert(file_says_yes());
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	conf_is(edited);
	host_end();
}
END_TEST

START_TEST(what_somebody_has_put_into_the_default_for_all_is_his)
{
	static const char edited[] = "conn %default\n"
				     "\tnic-offload=yes\n"
				     "\n"
				     "conn example\n"
				     "\tleft=192.0.2.1\n"
				     "\tright=192.0.2.2\n"
				     "\tauto=start\n"
				     "\n"
				     "conn neighbour\n"
				     "\tleft=192.0.2.1\n"
				     "\tright=192.0.2.3\n"
				     "\tnic-offload=no\n";
	_cleanup_free_ char *reason = NULL;
	char before[1024];

	host_begin();
	conf_with("\tnic-offload=no\n", before);
	write_conf(before);
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert(file_says_yes());
	write_conf(edited);
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	conf_is(edited);
	host_end();
}
END_TEST

START_TEST(what_somebody_has_set_otherwise_is_not_taken_back)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	world->profile = 0;
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	ck_assert_int_eq(world->profile, 0);
	host_end();
}
END_TEST

START_TEST(libnms_client_is_made_for_a_change_only)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_REPLACE, &reason), EXECUTOR_DONE);
	ck_assert_uint_eq(world->nm_clients, 1);
	world->profile = 0;
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	ck_assert_uint_eq(world->nm_clients, 1);
	host_end();
}
END_TEST

/* ---- conns that the policy names no more ---- */

START_TEST(a_bond_that_the_policy_names_no_more_is_reverted)
{
	struct policy none = { 0 };

	host_begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert_int_eq(settle_with(&none), 0);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told_what, SETTLE_BOND);
	ck_assert_int_eq(told_outcome, EXECUTOR_DONE);
	all_is_as_before();
	ck_assert_int_eq(settle_with(&none), 0);
	ck_assert_uint_eq(n_told, 0);
	host_end();
}
END_TEST

START_TEST(a_conn_that_the_policy_names_no_more_is_reverted_alone)
{
	struct policy p = { .bonds = &policy, .n_bonds = 1 };

	host_begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_uint_eq(n_told, 0);
	strcpy(policy.conns[0], "other");
	policy.manage = POLICY_MONITOR;
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_uint_eq(n_told, 0);
	policy.manage = POLICY_ENFORCE;
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told_what, SETTLE_CONNS);
	conf_is(conf_before);
	ck_assert(!world->loaded);
	ck_assert(world->example_up);
	ck_assert_int_eq(world->profile, 1);
	ck_assert_int_eq(world->bit, 1);
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_uint_eq(n_told, 0);
	host_end();
}
END_TEST

START_TEST(what_cannot_be_taken_back_is_tried_again_and_nothing_done_twice)
{
	struct policy none = { 0 };
	_cleanup_free_ char *reason = NULL;

	host_begin();
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_DONE);
	world->nm_away = true;
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert_int_eq(told_outcome, EXECUTOR_FAILED_HALF);
	ck_assert_uint_eq(world->neighbour_lost, 2);
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert_uint_eq(world->neighbour_lost, 2);
	world->nm_away = false;
	ck_assert_int_eq(settle_with(&none), 0);
	ck_assert_uint_eq(world->neighbour_lost, 2);
	ck_assert_int_eq(world->profile, -1);
	ck_assert_int_eq(world->bit, 0);
	conf_is(conf_before);
	host_end();
}
END_TEST

static const char conf_without_example[] = "conn neighbour\n"
					   "\tleft=192.0.2.1\n"
					   "\tright=192.0.2.3\n"
					   "\tnic-offload=no\n";

START_TEST(a_conn_that_is_gone_from_the_files_leaves_pluto_and_the_journal)
{
	struct policy p = { .bonds = &policy, .n_bonds = 1 };
	_cleanup_free_ char *reason = NULL;

	host_begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	strcpy(policy.conns[0], "other");
	write_conf(conf_without_example);
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_int_eq(told_outcome, EXECUTOR_DONE);
	ck_assert(!world->loaded);
	ck_assert(!world->example_up);
	ck_assert_uint_eq(world->replacements, 1);
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_uint_eq(n_told, 0);
	host_end();

	host_begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	write_conf(conf_without_example);
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	ck_assert(!world->example_up);
	ck_assert_int_eq(world->profile, -1);
	conf_is(conf_without_example);
	ck_assert_uint_eq(count_files(temporary_path("state")), 0);
	host_end();
}
END_TEST

START_TEST(a_conn_that_cannot_be_seen_stays_in_pluto)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	write_conf("conn neighbour\n\tthis is no line of Libreswan's\n");
	ck_assert_int_eq(revert(&reason), EXECUTOR_FAILED_HALF);
	ck_assert_ptr_nonnull(strstr(reason, "whether conn example is gone"));
	ck_assert(world->example_up);
	host_end();
}
END_TEST

START_TEST(nor_is_its_key_forgotten)
{
	static const char line[] = "\tnic-offload=yes\n";
	_cleanup_free_ char *reason = NULL, *then = NULL;
	char text[512];
	FILE *f;

	host_begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	/* Somebody moves the conn behind a link that leads nowhere: what is there is not read. */
	ck_assert_int_eq(mkdir(temporary_path("d"), 0700), 0);
	snprintf(text, sizeof(text), "conn example\n\tleft=192.0.2.1\n%s", line);
	temporary_append("d/b.conf", text);
	ck_assert_int_eq(symlink("/nonexistent", temporary_path("d/a.conf")), 0);
	snprintf(text, sizeof(text), "# conn example is there\ninclude %s\n",
		 temporary_path("d/*.conf"));
	write_conf(text);
	ck_assert_int_eq(revert(&reason), EXECUTOR_FAILED_HALF);
	ck_assert_ptr_nonnull(strstr(reason, "whether conn example is gone"));

	ck_assert_int_eq(unlink(temporary_path("d/a.conf")), 0);
	ck_assert_int_eq(revert(&then), EXECUTOR_DONE);
	f = fopen(temporary_path("d/b.conf"), "re");
	ck_assert_ptr_nonnull(f);
	memset(text, 0, sizeof(text));
	(void)!fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	ck_assert_ptr_null(strstr(text, line));
	ck_assert_uint_eq(count_files(temporary_path("state")), 0);
	host_end();
}
END_TEST

START_TEST(a_restart_that_is_undone_brings_up_again_what_nobody_else_would)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_DONE);
	ck_assert_int_eq(revert(&reason), EXECUTOR_DONE);
	ck_assert_uint_eq(world->neighbour_lost, 2);
	all_is_as_before();
	host_end();
}
END_TEST

static long journal_size(void)
{
	struct stat st;

	ck_assert_int_eq(stat(temporary_path("state/undo-bond0.jsonl"), &st), 0);
	return (long)st.st_size;
}

START_TEST(a_file_that_cannot_be_put_back_costs_no_tunnel_however_often_it_is_tried)
{
	struct policy none = { 0 };
	_cleanup_free_ char *reason = NULL;

	host_begin();
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_DONE);
	files_cannot_be_put_back();
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert_uint_eq(world->neighbour_lost, 1);
	world->files_refused = false;
	ck_assert_int_eq(settle_with(&none), 0);
	ck_assert_uint_eq(world->neighbour_lost, 2);
	ck_assert(!world->loaded);
	ck_assert_uint_eq(count_files(temporary_path("state")), 0);
	host_end();

	host_begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	files_cannot_be_put_back();
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert_uint_eq(world->replacements, 1);
	world->files_refused = false;
	ck_assert_int_eq(settle_with(&none), 0);
	ck_assert_uint_eq(world->replacements, 2);
	ck_assert(!world->loaded);
	host_end();
}
END_TEST

START_TEST(nor_does_one_of_a_conn_that_the_policy_names_no_more)
{
	struct policy p = { .bonds = &policy, .n_bonds = 1 };
	long size;

	host_begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	size = journal_size();
	strcpy(policy.conns[0], "other");
	files_cannot_be_put_back();
	ck_assert_int_eq(settle_with(&p), 1);
	ck_assert_int_eq(settle_with(&p), 1);
	ck_assert_int_eq(told_what, SETTLE_CONNS);
	ck_assert_uint_eq(world->replacements, 1);
	ck_assert_int_eq(journal_size(), size);
	world->files_refused = false;
	ck_assert_int_eq(settle_with(&p), 0);
	ck_assert_uint_eq(world->replacements, 2);
	ck_assert(!world->loaded);
	host_end();
}
END_TEST

START_TEST(what_a_failed_restart_left_down_comes_up_though_a_file_cannot_be_put_back)
{
	_cleanup_free_ char *reason = NULL;

	host_begin();
	world->restart_fails = true;
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_FAILED_HALF);
	ck_assert(world->example_up && world->neighbour_up);
	ck_assert(executor_is_unsettled(host_options(), "bond0"));
	host_end();
}
END_TEST

/* Each try has pluto started, for there is no tunnel left to be interrupted; until it is up. */
START_TEST(so_does_what_could_not_be_started_then_with_the_next_try)
{
	_cleanup_free_ char *reason = NULL;
	struct policy none = { 0 };

	host_begin();
	world->restart_fails = world->start_fails = true;
	ck_assert_int_eq(apply_by(STEP_LIVE, STEP_RESTART, &reason), EXECUTOR_FAILED_HALF);
	ck_assert(!world->example_up);
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert(!world->example_up);
	world->start_fails = false;
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert(world->example_up && world->neighbour_up);
	ck_assert_uint_eq(world->neighbour_lost, 1);
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert_uint_eq(world->neighbour_lost, 1);
	world->files_refused = world->restart_fails = false;
	ck_assert_int_eq(settle_with(&none), 0);
	ck_assert(!executor_is_unsettled(host_options(), "bond0"));
	ck_assert(world->example_up && world->neighbour_up && !world->loaded);
	host_end();
}
END_TEST

START_TEST(so_does_a_conn_that_a_replacement_has_lost)
{
	struct policy none = { 0 };

	host_begin();
	ck_assert_int_eq(apply(), EXECUTOR_DONE);
	files_cannot_be_put_back();
	world->example_up = false;
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert(world->example_up);
	ck_assert_uint_eq(world->replacements, 2);
	ck_assert_int_eq(settle_with(&none), 1);
	ck_assert_uint_eq(world->replacements, 2);
	host_end();
}
END_TEST

UNIT_MAIN("executor-revert", files_that_somebody_has_broken_since_take_no_tunnel_down,
	  a_revert_goes_back_before_the_first_apply_whatever_was_repaired,
	  a_revert_leaves_right_what_was_right_before_the_first_apply,
	  so_it_does_where_nothing_was_ever_applied, and_with_a_conn_that_the_policy_names_no_more,
	  a_revert_has_what_was_there_at_first_and_not_what_was_repaired,
	  a_bit_that_the_first_apply_did_not_come_to_was_off_before,
	  what_others_have_edited_meanwhile_stays,
	  what_somebody_has_put_into_the_default_for_all_is_his,
	  what_somebody_has_set_otherwise_is_not_taken_back,
	  libnms_client_is_made_for_a_change_only, a_bond_that_the_policy_names_no_more_is_reverted,
	  a_conn_that_the_policy_names_no_more_is_reverted_alone,
	  what_cannot_be_taken_back_is_tried_again_and_nothing_done_twice,
	  a_conn_that_is_gone_from_the_files_leaves_pluto_and_the_journal,
	  a_conn_that_cannot_be_seen_stays_in_pluto, nor_is_its_key_forgotten,
	  a_restart_that_is_undone_brings_up_again_what_nobody_else_would,
	  a_file_that_cannot_be_put_back_costs_no_tunnel_however_often_it_is_tried,
	  nor_does_one_of_a_conn_that_the_policy_names_no_more,
	  what_a_failed_restart_left_down_comes_up_though_a_file_cannot_be_put_back,
	  so_does_what_could_not_be_started_then_with_the_next_try,
	  so_does_a_conn_that_a_replacement_has_lost)
