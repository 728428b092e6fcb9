/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/stat.h>

#include "fake-kernel.h"
#include "many-bonds.h"
#include "names.h"
#include "temporary.h"
#include "unit.h"
#include "worker-report.h"

START_TEST(a_bond_is_waiting_until_the_worker_has_looked)
{
	bonds_begin(1);
	ck_assert_str_eq(bond_state(), "waiting");
	ck_assert_str_eq(supervisors[0]->active, "ix0");
	ck_assert(supervisors[0]->feature_on);
	bonds_end();
}
END_TEST

START_TEST(what_the_worker_finds_is_the_state)
{
	bonds_begin(1);
	worker_says(0, STANDING_BLOCKED, "ix1: the driver is e1000e");
	ck_assert_str_eq(bond_state(), "blocked");
	ck_assert_str_eq(supervisors[0]->reason, "ix1: the driver is e1000e");
	worker_says(0, STANDING_MISSING, "no conn");
	ck_assert_str_eq(bond_state(), "waiting");
	worker_says(0, STANDING_DONE, "");
	ck_assert_str_eq(bond_state(), "configured");
	ck_assert_str_eq(supervisors[0]->reason, "");
	bonds_end();
}
END_TEST

START_TEST(a_failed_bond_stays_so_until_somebody_asks)
{
	bonds_begin(1);
	worker_ends(OUTCOME_FAILED, "the tunnel did not come back; undone");
	ck_assert_str_eq(bond_state(), "failed");
	worker_says(0, STANDING_TODO, "");
	ck_assert_str_eq(bond_state(), "failed");
	ck_assert_int_eq(supervisors[0]->held, BOND_HELD_FAILED);
	supervisor_release(supervisors[0]);
	ck_assert_int_eq(supervisors[0]->held, BOND_NOT_HELD);
	supervisor_run_begins(supervisors[0]);
	worker_says(0, STANDING_DONE, "");
	ck_assert_str_eq(bond_state(), "configured");
	bonds_end();
}
END_TEST

static bool has_finding(const char *id)
{
	json_t *f;
	size_t i;

	json_array_foreach(supervisors[0]->findings, i,
			   f) if (streq_ptr(json_string_value(json_object_get(f, "id")),
					    id)) return true;
	return false;
}

START_TEST(what_was_never_applied_is_applied_at_once)
{
	bonds_begin(1);
	ck_assert(supervisor_may_change(supervisors[0]));
	worker_says(0, STANDING_TODO, "");
	ck_assert(supervisor_may_change(supervisors[0]));
	bonds_end();
}
END_TEST

START_TEST(what_somebody_changed_is_repaired_after_a_wait)
{
	bonds_begin(1);
	worker_says(0, STANDING_DONE, "");
	ck_assert(!supervisor_may_change(supervisors[0]));
	worker_says(0, STANDING_TODO, "");
	ck_assert_str_eq(bond_state(), "waiting");
	ck_assert_str_eq(supervisors[0]->reason, "changed by somebody: it is repaired in 2 s");
	ck_assert(!supervisor_may_change(supervisors[0]));
	n_looks = 0;
	run_for_msec(1500);
	ck_assert_uint_eq(n_looks, 0);
	run_for_msec(1000);
	ck_assert_uint_eq(n_looks, 1);
	ck_assert(supervisor_may_change(supervisors[0]));
	worker_repairs();
	ck_assert_str_eq(bond_state(), "configured");
	ck_assert(!supervisor_may_change(supervisors[0]));
	bonds_end();
}
END_TEST

START_TEST(what_somebody_takes_back_meanwhile_is_not_repaired)
{
	bonds_begin(1);
	worker_says(0, STANDING_DONE, "");
	worker_says(0, STANDING_TODO, "");
	worker_says(0, STANDING_DONE, "");
	ck_assert_str_eq(bond_state(), "configured");
	n_looks = 0;
	run_for_msec(2500);
	ck_assert_uint_eq(n_looks, 0);
	bonds_end();
}
END_TEST

START_TEST(two_repairs_that_somebody_undoes_are_enough)
{
	bonds_begin(1);
	worker_says(0, STANDING_DONE, "");
	for (int i = 0; i < 2; i++) {
		worker_says(0, STANDING_TODO, "");
		ck_assert_int_eq(supervisors[0]->held, BOND_NOT_HELD);
		drift_come_due(&supervisors[0]->drift);
		worker_repairs();
	}
	ck_assert(!has_finding(FINDING_ID_DRIFT_FIGHT));
	worker_says(0, STANDING_TODO, "");
	ck_assert_int_eq(supervisors[0]->held, BOND_HELD_FIGHT);
	ck_assert_str_eq(bond_state(), "waiting");
	ck_assert(has_finding(FINDING_ID_DRIFT_FIGHT));
	ck_assert(!supervisor_may_change(supervisors[0]));
	supervisor_release(supervisors[0]);
	supervisor_run_begins(supervisors[0]);
	worker_says(0, STANDING_TODO, "");
	ck_assert(supervisor_may_change(supervisors[0]));
	ck_assert(!has_finding(FINDING_ID_DRIFT_FIGHT));
	bonds_end();
}
END_TEST

START_TEST(what_is_only_watched_is_never_repaired)
{
	bonds_begin(1);
	policies[0].manage = POLICY_MONITOR;
	worker_says(0, STANDING_DONE, "");
	worker_says(0, STANDING_TODO, "");
	n_looks = 0;
	run_for_msec(2500);
	ck_assert_uint_eq(n_looks, 0);
	ck_assert(!supervisor_may_change(supervisors[0]));
	bonds_end();
}
END_TEST

START_TEST(what_cannot_be_taken_back_yet_is_not_applied_anew)
{
	bonds_begin(1);
	worker_ends(OUTCOME_UNSETTLED, "NetworkManager does not run any more");
	ck_assert_str_eq(bond_state(), "failed");
	ck_assert(!supervisor_may_change(supervisors[0]));
	worker_says(0, STANDING_TODO, "");
	ck_assert_str_eq(bond_state(), "failed");
	n_looks = 0;
	worker_ends(OUTCOME_UNDONE, "");
	ck_assert_uint_eq(n_looks, 1);
	ck_assert(supervisor_may_change(supervisors[0]));
	worker_says(0, STANDING_DONE, "");
	ck_assert_str_eq(bond_state(), "configured");
	bonds_end();
}
END_TEST

START_TEST(once_nothing_is_left_half_done_a_bond_is_looked_at_anew)
{
	bonds_begin(1);
	worker_ends(OUTCOME_UNSETTLED, "the undo journal cannot be understood");
	n_looks = 0;
	/* Somebody has removed the journal: there is nothing that could be reported as undone. */
	supervisor_settled(supervisors[0]);
	ck_assert_str_eq(bond_state(), "waiting");
	ck_assert_uint_eq(n_looks, 1);
	ck_assert(supervisor_may_change(supervisors[0]));
	worker_says(0, STANDING_BLOCKED, "");
	ck_assert_str_eq(bond_state(), "blocked");
	supervisor_settled(supervisors[0]);
	ck_assert_str_eq(bond_state(), "blocked");
	ck_assert_uint_eq(n_looks, 1);
	bonds_end();
}
END_TEST

START_TEST(a_bond_that_is_held_stays_so_when_nothing_is_left_half_done)
{
	bonds_begin(1);
	worker_ends(OUTCOME_FAILED, "the kernel refused");
	worker_ends(OUTCOME_UNSETTLED, "NetworkManager does not run any more");
	supervisor_settled(supervisors[0]);
	ck_assert_str_eq(bond_state(), "failed");
	ck_assert_str_eq(supervisors[0]->reason,
			 "applying failed; nothing is left half done any more");
	ck_assert(!supervisor_may_change(supervisors[0]));
	bonds_end();
}
END_TEST

static void step_begins_for(const char *conn)
{
	worker_reports(0, json_pack("{s:s, s:s, s:s, s:s, s:s}", "report", REPORT_STEP, "bond",
				    "bond0", "step", "conn", "subject", conn, "status",
				    STEP_STATUS_BEGINS));
	ck_assert_str_eq(bond_state(), "applying");
}

static void step_begins(void)
{
	step_begins_for("example");
}

/* Half a character would be no word for the bus, which tells of no bond at all then. */
START_TEST(a_step_for_a_conn_with_a_long_name_is_told_whole)
{
	char name[3 * 100 + 1] = "", reason[sizeof(name) + 8];

	for (size_t i = 0; i + 3 < sizeof(name); i += 3)
		memcpy(name + i, "\xe2\x82\xac", 4);
	snprintf(reason, sizeof(reason), "conn %s", name);
	bonds_begin(1);
	step_begins_for(name);
	ck_assert_str_eq(supervisors[0]->reason, reason);
	bonds_end();
}
END_TEST

START_TEST(what_fails_by_the_old_policy_does_not_hold_the_bond_by_the_new_one)
{
	bonds_begin(1);
	supervisor_run_begins(supervisors[0]);
	step_begins();
	supervisor_set_policy(supervisors[0], &policies[0]);
	n_looks = 0;
	worker_ends(OUTCOME_FAILED, "the kernel refused");
	ck_assert_int_eq(supervisors[0]->held, BOND_NOT_HELD);
	ck_assert_str_eq(bond_state(), "waiting");
	ck_assert_uint_eq(n_looks, 1);
	step_begins();
	supervisor_worker_failed(supervisors[0], "killed");
	ck_assert_int_eq(supervisors[0]->held, BOND_NOT_HELD);
	ck_assert_str_eq(bond_state(), "waiting");
	supervisor_run_begins(supervisors[0]);
	worker_ends(OUTCOME_FAILED, "the kernel refused");
	ck_assert_int_eq(supervisors[0]->held, BOND_HELD_FAILED);
	bonds_end();
}
END_TEST

START_TEST(what_is_done_by_the_old_policy_makes_no_drift_of_the_new_one)
{
	bonds_begin(1);
	supervisor_run_begins(supervisors[0]);
	supervisor_set_policy(supervisors[0], &policies[0]);
	worker_says(0, STANDING_DONE, "");
	ck_assert_str_eq(bond_state(), "waiting");
	supervisor_run_begins(supervisors[0]);
	worker_says(0, STANDING_TODO, "");
	ck_assert(supervisor_may_change(supervisors[0]));
	bonds_end();
}
END_TEST

START_TEST(a_revert_that_is_done_after_somebody_asked_to_apply_does_not_hold)
{
	bonds_begin(1);
	supervisor_run_begins(supervisors[0]);
	supervisor_release(supervisors[0]);
	worker_ends(OUTCOME_REVERTED, "");
	ck_assert_int_eq(supervisors[0]->held, BOND_NOT_HELD);
	ck_assert(supervisor_may_change(supervisors[0]));
	bonds_end();
}
END_TEST

START_TEST(a_revert_says_what_there_is_to_know)
{
	bonds_begin(1);
	worker_ends(OUTCOME_REVERTED, "conn example says nothing of nic-offload again");
	worker_says(0, STANDING_TODO, "");
	ck_assert_str_eq(bond_state(), "waiting");
	ck_assert_str_eq(supervisors[0]->reason,
			 "reverted: waiting for \"esp-offloadctl apply\"; conn example says "
			 "nothing of nic-offload again");
	ck_assert(!supervisor_may_change(supervisors[0]));
	bonds_end();
}
END_TEST

static size_t n_folders_synced;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	n_folders_synced += S_ISDIR(st.st_mode);
	return __real_fsync(fd);
}

/* What the worker has taken back is on disk by then, and a boot would apply it again. */
START_TEST(that_a_bond_is_reverted_outlives_a_host_that_crashes)
{
	temporary_make();
	bonds_state_dir = temporary_dir;
	bonds_begin(1);
	n_folders_synced = 0;
	worker_ends(OUTCOME_REVERTED, "");
	ck_assert_int_eq(access(temporary_path("reverted-bond0"), F_OK), 0);
	ck_assert_uint_eq(n_folders_synced, 1);
	bonds_end();
	bonds_state_dir = NULL;
	temporary_remove();
}
END_TEST

START_TEST(so_does_a_policy_that_names_a_conn_no_more_until_the_next_one)
{
	bonds_begin(1);
	worker_ends(OUTCOME_LEFT, "conn other says nothing of nic-offload again");
	worker_says(0, STANDING_DONE, "");
	ck_assert_str_eq(bond_state(), "configured");
	ck_assert_str_eq(supervisors[0]->reason, "conn other says nothing of nic-offload again");
	supervisor_set_policy(supervisors[0], &policies[0]);
	supervisor_run_begins(supervisors[0]);
	worker_says(0, STANDING_DONE, "");
	ck_assert_str_eq(supervisors[0]->reason, "");
	bonds_end();
}
END_TEST

/* Behind the reason of the failure, which stays; and until it is taken back, nothing is done. */
START_TEST(what_has_failed_by_halves_is_known_to_be_unsettled)
{
	bonds_begin(1);
	worker_ends(OUTCOME_FAILED, "no way; could not be undone");
	worker_ends(OUTCOME_UNSETTLED, "");
	ck_assert_str_eq(supervisors[0]->reason, "no way; could not be undone");
	ck_assert(supervisors[0]->unsettled);
	worker_ends(OUTCOME_UNDONE, "");
	ck_assert(!supervisors[0]->unsettled);
	ck_assert_str_eq(supervisors[0]->reason,
			 "no way; could not be undone; what was half done is taken back now");
	bonds_end();
}
END_TEST

START_TEST(a_worker_that_dies_while_applying_means_failed)
{
	bonds_begin(1);
	step_begins();
	supervisor_worker_failed(supervisors[0], "killed");
	ck_assert_str_eq(bond_state(), "failed");
	ck_assert(!supervisor_may_change(supervisors[0]));
	worker_ends(OUTCOME_UNDONE, "");
	ck_assert_str_eq(bond_state(), "failed");
	ck_assert_str_eq(supervisors[0]->reason, "killed; what was half done is taken back now");
	bonds_end();
}
END_TEST

START_TEST(reports_that_make_no_sense_change_nothing)
{
	bonds_begin(1);
	worker_reports(0, json_pack("{}"));
	worker_reports(0, json_pack("{s:i}", "report", 5));
	worker_reports(0, json_pack("{s:s}", "report", REPORT_STEP));
	worker_reports(0, json_pack("{s:s}", "report", REPORT_OUTCOME));
	worker_reports(0, json_pack("{s:s, s:s, s:i, s:s, s:s}", "report", REPORT_BOND, "standing",
				    "odd", "conns", 7, "findings", "x", "plan", "y"));
	ck_assert_str_eq(bond_state(), "waiting");
	bonds_end();
}
END_TEST

START_TEST(a_policy_without_a_conn_keeps_no_verdict_of_the_one_before)
{
	bonds_begin(1);
	policies[0].manage = POLICY_MONITOR;
	worker_says(0, STANDING_BLOCKED, "the kernel is too old");
	run_for_msec(100);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	supervisor_set_policy(supervisors[0], &policies[0]);
	worker_reports(0, json_pack("{s:s, s:s, s:s, s:s, s:[], s:[], s:[]}", "report", REPORT_BOND,
				    "bond", "bond0", "standing", STANDING_BLOCKED, "reason",
				    "the kernel is too old", "findings", "plan", "conns"));
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	bonds_end();
}
END_TEST

START_TEST(a_feature_bit_that_cannot_be_read_for_once_is_not_off)
{
	configured_and_proved();
	n_looks = 0;
	kernel_sets_feature(0, true);
	kernel_strikes(2, KERNEL_FAILS);
	run_for_msec(10);
	ck_assert(supervisors[0]->feature_on);
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	/* It is read again once the worker has looked. */
	ck_assert_uint_eq(n_looks, 1);
	kernel_strikes(0, KERNEL_FAILS);
	worker_says(0, STANDING_DONE, "");
	ck_assert(supervisors[0]->feature_on);
	bonds_end();
}
END_TEST

START_TEST(a_feature_bit_that_was_switched_off_unseen_is_seen_at_the_next_look)
{
	configured_and_proved();
	kernel_sets_feature(0, false);
	kernel_strikes(2, KERNEL_FAILS);
	run_for_msec(10);
	ck_assert(supervisors[0]->feature_on);
	worker_says(0, STANDING_DONE, "");
	ck_assert(!supervisors[0]->feature_on);
	bonds_end();
}
END_TEST

UNIT_MAIN("supervisor", a_policy_without_a_conn_keeps_no_verdict_of_the_one_before,
	  a_feature_bit_that_cannot_be_read_for_once_is_not_off,
	  a_feature_bit_that_was_switched_off_unseen_is_seen_at_the_next_look,
	  a_bond_is_waiting_until_the_worker_has_looked,
	  a_step_for_a_conn_with_a_long_name_is_told_whole, what_the_worker_finds_is_the_state,
	  a_failed_bond_stays_so_until_somebody_asks, what_was_never_applied_is_applied_at_once,
	  what_somebody_changed_is_repaired_after_a_wait,
	  what_somebody_takes_back_meanwhile_is_not_repaired,
	  two_repairs_that_somebody_undoes_are_enough, what_is_only_watched_is_never_repaired,
	  what_cannot_be_taken_back_yet_is_not_applied_anew,
	  once_nothing_is_left_half_done_a_bond_is_looked_at_anew,
	  a_bond_that_is_held_stays_so_when_nothing_is_left_half_done,
	  a_revert_says_what_there_is_to_know, that_a_bond_is_reverted_outlives_a_host_that_crashes,
	  so_does_a_policy_that_names_a_conn_no_more_until_the_next_one,
	  what_has_failed_by_halves_is_known_to_be_unsettled,
	  what_fails_by_the_old_policy_does_not_hold_the_bond_by_the_new_one,
	  what_is_done_by_the_old_policy_makes_no_drift_of_the_new_one,
	  a_revert_that_is_done_after_somebody_asked_to_apply_does_not_hold,
	  a_worker_that_dies_while_applying_means_failed, reports_that_make_no_sense_change_nothing)
