/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "fake-kernel.h"
#include "many-bonds.h"
#include "temporary.h"
#include "unit.h"
#include "worker-report.h"

START_TEST(a_failover_is_told_at_once_and_its_verdict_follows)
{
	configured_and_proved();
	kernel_cuts_cable("ix0");
	kernel_switches(0, "ix1");
	run_for_msec(20);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_str_eq(told[0].f.from, "ix0");
	ck_assert_str_eq(told[0].f.to, "ix1");
	ck_assert_int_eq(told[0].f.cause, FAILOVER_CARRIER);
	ck_assert_str_eq(supervisors[0]->active, "ix1");
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	ck_assert(changes & SUPERVISOR_ACTIVE);
	ck_assert(changes & SUPERVISOR_FAILOVERS);
	ck_assert_str_eq(bond_state(), "configured");

	run_for_msec(600);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	ck_assert(failover_log_last(supervisors[0]->failovers)->proven);
	ck_assert_uint_eq(failover_log_last(supervisors[0]->failovers)->tx.hardware, 10);
	bonds_end();
}
END_TEST

START_TEST(each_failover_is_written_as_soon_as_it_was_told)
{
	temporary_make();
	bonds_state_dir = temporary_dir;
	configured_and_proved();
	/* An empty one, and where the bond stands. */
	ck_assert_uint_eq(temporary_count_lines("failovers-bond0.jsonl"), 2);
	kernel_switches(0, "ix1");
	run_until_told(1);
	ck_assert_uint_eq(temporary_count_lines("failovers-bond0.jsonl"), 3);
	kernel_switches(0, "ix0");
	run_until_told(2);
	ck_assert_uint_eq(temporary_count_lines("failovers-bond0.jsonl"), 4);
	bonds_end();
	bonds_state_dir = NULL;
	temporary_remove();
}
END_TEST

static size_t n_syncs;

int __wrap_fdatasync(int fd);
int __real_fdatasync(int fd);

int __wrap_fdatasync(int fd)
{
	n_syncs++;
	return __real_fdatasync(fd);
}

START_TEST(each_failover_is_on_disk_two_seconds_later_though_its_verdict_is_not_there)
{
	size_t before;

	temporary_make();
	bonds_state_dir = temporary_dir;
	configured_and_proved();
	for (size_t i = 0; i < 4; i++) {
		before = n_syncs;
		kernel_switches(0, i % 2 ? "ix0" : "ix1");
		run_for_msec(2000);
		ck_assert_uint_eq(n_told, i + 1);
		ck_assert_uint_eq(n_syncs, before + 1);
		ck_assert(failover_log_is_open(supervisors[0]->failovers));
	}
	/* However many come, and no more often than that. */
	before = n_syncs;
	for (size_t i = 0; i < 20; i++) {
		kernel_switches(0, i % 2 ? "ix0" : "ix1");
		run_for_msec(100);
	}
	ck_assert_uint_le(n_syncs, before + 2);
	run_for_msec(1600);
	ck_assert(failover_log_is_open(supervisors[0]->failovers));
	ck_assert(failover_log_due_usec(supervisors[0]->failovers) == UINT64_MAX);
	bonds_end();
	bonds_state_dir = NULL;
	temporary_remove();
}
END_TEST

START_TEST(what_was_written_just_before_the_end_is_waited_for)
{
	size_t before;

	temporary_make();
	bonds_state_dir = temporary_dir;
	configured_and_proved();
	kernel_switches(0, "ix1");
	run_for_msec(1600);
	kernel_switches(0, "ix0");
	run_until_told(2);
	before = n_syncs;
	bonds_end();
	ck_assert_uint_eq(n_syncs, before + 1);
	bonds_state_dir = NULL;
	temporary_remove();
}
END_TEST

START_TEST(a_failover_to_a_port_without_esp_is_software_though_the_dump_says_offload)
{
	configured_and_proved();
	kernel_takes_esp_from("ix1");
	kernel_cuts_cable("ix0");
	kernel_switches(0, "ix1");
	run_for_msec(700);
	kernel_carries(0, 10, 0);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_SOFTWARE);
	ck_assert_int_eq(failover_log_last(supervisors[0]->failovers)->verdict, VERDICT_SOFTWARE);
	bonds_end();
}
END_TEST

START_TEST(an_outage_has_no_active_port_and_is_one_failover_when_it_ends)
{
	configured_and_proved();
	kernel_cuts_cable("ix1");
	kernel_cuts_cable("ix0");
	kernel_switches(0, NULL);
	run_for_msec(50);
	ck_assert_str_eq(supervisors[0]->active, "");
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	ck_assert_uint_eq(n_told, 0);

	kernel_mends_cable("ix0");
	kernel_switches(0, "ix0");
	run_for_msec(20);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_str_eq(told[0].f.from, "ix0");
	ck_assert_str_eq(told[0].f.to, "ix0");
	ck_assert_uint_ge(told[0].f.outage_usec, 40000);
	bonds_end();
}
END_TEST

static void expect_told(size_t n, enum failover_cause cause)
{
	run_until_told(n);
	ck_assert_str_eq(failover_cause_name(told[n - 1].f.cause), failover_cause_name(cause));
}

START_TEST(the_primary_port_is_the_cause_where_it_is_back_or_newly_chosen)
{
	bonds_begin(1);
	kernel_switches(0, "ix1");
	expect_told(1, FAILOVER_REQUEST);
	kernel_sets_primary(0, "ix0");
	kernel_switches(0, "ix0");
	expect_told(2, FAILOVER_PRIMARY);
	kernel_cuts_cable("ix0");
	kernel_switches(0, "ix1");
	expect_told(3, FAILOVER_CARRIER);
	kernel_mends_cable("ix0");
	kernel_switches(0, "ix0");
	expect_told(4, FAILOVER_PRIMARY);
	bonds_end();
}
END_TEST

START_TEST(the_primary_port_may_be_asked_for_like_any_other)
{
	bonds_begin(1);
	kernel_sets_primary(0, "ix0");
	kernel_cuts_cable("ix1");
	kernel_mends_cable("ix1");
	kernel_switches(0, "ix1");
	run_until_told(1);
	/* Longer than bonding takes from the one to the other. */
	run_for_msec(1100);
	kernel_switches(0, "ix0");
	expect_told(2, FAILOVER_REQUEST);
	bonds_end();
}
END_TEST

START_TEST(a_failover_in_the_middle_of_a_proof_begins_it_anew)
{
	bonds_begin(1);
	worker_says(0, STANDING_DONE, "");
	run_for_msec(100);
	kernel_carries(0, 10, 10);
	kernel_switches(0, "ix1");
	run_for_msec(450);
	ck_assert_uint_eq(n_proved, 0);
	run_for_msec(250);
	kernel_carries(0, 4, 4);
	run_until_proved();
	ck_assert_uint_eq(proved.proof.tx.packets, 4);
	bonds_end();
}
END_TEST

START_TEST(a_switch_while_the_last_sample_is_taken_leaves_the_one_before_unknown)
{
	const struct failover *first;
	size_t dumps;

	configured_and_proved();
	kernel_switches(0, "ix1");
	run_until_told(1);
	/* One window says software, and the second one is to agree. */
	dumps = kernel_n_dumps();
	while (kernel_n_dumps() == dumps)
		run_for_msec(10);
	kernel_carries(0, 10, 0);
	dumps = kernel_n_dumps();
	while (kernel_n_dumps() == dumps)
		run_for_msec(10);
	kernel_carries(0, 10, 0);
	kernel_switches_during_dump("ix0");
	run_until_told(2);
	first = failover_log_get(supervisors[0]->failovers, 1);
	ck_assert_int_eq(first->verdict, VERDICT_UNKNOWN);
	ck_assert_str_eq(first->reason, "the next failover came before there was a verdict");
	ck_assert(!failover_log_last(supervisors[0]->failovers)->proven);
	bonds_end();
}
END_TEST

START_TEST(a_switch_among_lost_messages_is_found_and_marked)
{
	configured_and_proved();
	kernel_switches(0, "ix1");
	kernel_loses_messages();
	run_for_msec(50);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0].f.cause, FAILOVER_RECONSTRUCTED);
	ck_assert_str_eq(supervisors[0]->active, "ix1");
	bonds_end();
}
END_TEST

START_TEST(a_bit_that_was_taken_among_lost_messages_is_missed)
{
	configured_and_proved();
	kernel_sets_feature(0, false);
	kernel_loses_messages();
	run_for_msec(50);
	ck_assert(!supervisors[0]->feature_on);
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	ck_assert(prover_is_open(supervisors[0]->prover));
	ck_assert_uint_eq(n_told, 0);

	/* Where messages are lost on and on, a look each time would give the worker no rest. */
	n_looks = 0;
	kernel_loses_messages();
	run_for_msec(50);
	ck_assert_uint_eq(n_looks, 0);
	bonds_end();
}
END_TEST

/* Two bonds get each other's name; afterwards that is told in the order of their numbers. */
START_TEST(bonds_that_changed_their_names_among_lost_messages_are_followed_on)
{
	bonds_begin(2);
	kernel_exchanges_names(0, 1);
	kernel_loses_messages();
	run_for_msec(50);
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_ne(supervisors[i]->ifindex, FACTS_NO_LINK);
	ck_assert_int_ne(supervisors[0]->ifindex, supervisors[1]->ifindex);
	ck_assert_str_eq(supervisors[0]->active, "ix2");
	ck_assert_str_eq(supervisors[1]->active, "ix0");
	bonds_end();
}
END_TEST

START_TEST(a_port_that_is_chosen_anew_is_proven_anew)
{
	configured_and_proved();
	/* As "active_slave" of bonding without a name does: its SAs are taken along. */
	kernel_switches(0, "ix0");
	run_for_msec(20);
	ck_assert_uint_eq(n_told, 0);
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	ck_assert(prover_is_open(supervisors[0]->prover));
	bonds_end();
}
END_TEST

/* The bond's own message of having none is sent later than bonding's of having one again. */
START_TEST(an_outage_too_short_to_be_told_is_a_failover_all_the_same)
{
	configured_and_proved();
	kernel_cuts_cable("ix0");
	kernel_counts_failure("ix0");
	kernel_mends_cable("ix0");
	kernel_switches(0, "ix0");
	run_for_msec(20);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_str_eq(told[0].f.from, "ix0");
	ck_assert_str_eq(told[0].f.to, "ix0");
	ck_assert_int_eq(told[0].f.cause, FAILOVER_CARRIER);
	ck_assert(!told[0].f.outage_known);
	ck_assert(prover_is_open(supervisors[0]->prover));
	kernel_sets_bond(0, true);
	run_for_msec(20);
	ck_assert_uint_eq(n_told, 1);
	bonds_end();
}
END_TEST

START_TEST(a_bond_that_is_deleted_and_made_again_is_followed_on)
{
	configured_and_proved();
	n_looks = 0;
	kernel_removes_bond(0);
	run_for_msec(20);
	ck_assert_int_eq(supervisors[0]->ifindex, FACTS_NO_LINK);
	ck_assert_str_eq(supervisors[0]->active, "");
	ck_assert_uint_ge(n_looks, 1);

	kernel_makes_bond(0);
	run_for_msec(20);
	ck_assert_int_ne(supervisors[0]->ifindex, FACTS_NO_LINK);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0].f.cause, FAILOVER_ADMINISTRATIVE);
	kernel_switches(0, "ix1");
	run_for_msec(20);
	ck_assert_uint_eq(n_told, 2);
	bonds_end();
}
END_TEST

START_TEST(a_look_that_is_disturbed_tells_nothing_old_as_new)
{
	configured_and_proved();
	kernel_switches(0, "ix1");
	kernel_loses_messages();
	kernel_talks_during_dumps(1);
	run_for_msec(50);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_str_eq(told[0].f.to, "ix1");
	kernel_switches(0, "ix0");
	run_for_msec(50);
	ck_assert_uint_eq(n_told, 2);
	ck_assert_int_eq(told[1].f.cause, FAILOVER_REQUEST);
	bonds_end();
}
END_TEST

static uint64_t realtime_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

START_TEST(words_on_a_switch_that_nobody_saw_are_looked_for_from_the_last_sight_on)
{
	/* The journal may have got them a bit earlier. */
	const uint64_t slack = 1000000;
	uint64_t before;

	configured_and_proved();
	before = realtime_usec();
	kernel_switches(0, "ix1");
	run_until_proved();
	ck_assert_uint_ge(kernel_log_asked_since() + slack, before);

	before = realtime_usec();
	kernel_switches(0, "ix0");
	kernel_loses_messages();
	run_until_proved();
	ck_assert_uint_eq(n_told, 2);
	ck_assert_uint_lt(kernel_log_asked_since() + slack, before);
	bonds_end();
}
END_TEST

START_TEST(a_storm_that_disturbs_every_look_invents_no_failover)
{
	configured_and_proved();
	kernel_switches(0, "ix1");
	kernel_loses_messages();
	kernel_talks_during_dumps(12);
	run_for_msec(50);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_str_eq(told[0].f.to, "ix1");
	ck_assert_int_eq(told[0].f.cause, FAILOVER_RECONSTRUCTED);

	/* Before a look has come through, a message is not believed; what it says is seen then. */
	kernel_switches(0, "ix0");
	run_for_msec(50);
	ck_assert_uint_eq(n_told, 1);
	run_for_msec(700);
	ck_assert_uint_eq(n_told, 2);
	ck_assert_str_eq(told[1].f.to, "ix0");
	ck_assert_int_eq(told[1].f.cause, FAILOVER_RECONSTRUCTED);

	kernel_switches(0, "ix1");
	run_for_msec(50);
	ck_assert_uint_eq(n_told, 3);
	ck_assert_int_eq(told[2].f.cause, FAILOVER_REQUEST);
	bonds_end();
}
END_TEST

START_TEST(a_port_that_gets_another_name_does_not_fail_over)
{
	configured_and_proved();
	kernel_renames_port("ix0", "eth7");
	run_for_msec(20);
	ck_assert_str_eq(supervisors[0]->active, "eth7");
	ck_assert(changes & SUPERVISOR_ACTIVE);
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);

	kernel_sets_bond(0, true);
	run_for_msec(20);
	ck_assert_uint_eq(n_told, 0);
	kernel_switches(0, "ix1");
	run_for_msec(20);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_str_eq(told[0].f.from, "eth7");
	ck_assert_int_eq(told[0].f.cause, FAILOVER_REQUEST);
	bonds_end();
}
END_TEST

START_TEST(a_look_that_fails_is_taken_again_until_it_works)
{
	configured_and_proved();
	kernel_switches(0, "ix1");
	kernel_loses_messages();
	kernel_fails_dumps(2);
	run_for_msec(50);
	ck_assert_uint_eq(n_told, 0);
	kernel_switches(0, "ix0");
	kernel_switches(0, "ix1");
	run_until_told(1);
	ck_assert_int_eq(told[0].f.cause, FAILOVER_RECONSTRUCTED);
	ck_assert_str_eq(supervisors[0]->active, "ix1");
	kernel_switches(0, "ix0");
	run_until_told(2);
	bonds_end();
}
END_TEST

START_TEST(a_socket_that_gives_nothing_but_errors_keeps_nobody_busy)
{
	static const int errors[] = { -EIO, -ENOBUFS };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		size_t before;

		configured_and_proved();
		kernel_breaks_link_watch(errors[i], false);
		run_for_msec(50);
		before = kernel_n_link_reads();
		run_for_msec(60000);
		/* Eleven attempts, each of which drains the old socket, and the new one. */
		ck_assert_uint_lt(kernel_n_link_reads() - before, 16 * 2 * 12);

		kernel_switches(0, "ix1");
		kernel_breaks_link_watch(0, false);
		run_until_told(1);
		ck_assert_int_eq(told[0].f.cause, FAILOVER_RECONSTRUCTED);
		kernel_switches(0, "ix0");
		run_for_msec(20);
		ck_assert_uint_eq(n_told, 2);
		bonds_end();
	}
}
END_TEST

START_TEST(while_the_devices_are_not_followed_nothing_is_proven)
{
	const struct policy_proof how = { .within_usec = 1000000, .ratio = 0.95 };
	struct facts_ip peer = kernel_peer(0);

	configured_and_proved();
	kernel_breaks_link_watch(-EIO, false);
	kernel_switches(0, "ix1");
	run_for_msec(3000);
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	run_for_msec(10000);
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(supervisors[0]->proof.reason, "cannot be followed"));

	/* Of the port that was active only the packets could be told, and none of them. */
	supervisor_sa_added(supervisors[0], &peer);
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &how), 0);
	run_for_msec(700);
	kernel_carries(0, 10, 10);
	run_for_msec(5000);
	ck_assert_uint_eq(n_verified, 1);
	ck_assert_int_eq(supervisors[0]->verified.proof.verdict, VERDICT_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(supervisors[0]->verified.proof.reason, "cannot be followed"));
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);

	kernel_breaks_link_watch(0, false);
	run_until_told(1);
	run_for_msec(700);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	bonds_end();
}
END_TEST

START_TEST(a_socket_that_is_broken_is_opened_anew)
{
	configured_and_proved();
	kernel_switches(0, "ix1");
	kernel_breaks_link_watch(-EIO, true);
	run_for_msec(50);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0].f.cause, FAILOVER_RECONSTRUCTED);
	kernel_switches(0, "ix0");
	run_for_msec(20);
	ck_assert_uint_eq(n_told, 2);
	ck_assert_int_eq(told[1].f.cause, FAILOVER_REQUEST);
	bonds_end();
}
END_TEST

START_TEST(a_port_that_was_away_among_lost_messages_is_found_by_its_count_of_failures)
{
	configured_and_proved();
	kernel_switches(0, "ix1");
	kernel_counts_failure("ix0");
	kernel_switches(0, "ix0");
	kernel_loses_messages();
	run_for_msec(50);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_str_eq(told[0].f.from, "ix0");
	ck_assert_str_eq(told[0].f.to, "ix0");
	ck_assert_int_eq(told[0].f.cause, FAILOVER_RECONSTRUCTED);
	kernel_loses_messages();
	run_for_msec(50);
	ck_assert_uint_eq(n_told, 1);
	bonds_end();
}
END_TEST

START_TEST(a_second_failover_before_the_verdict_leaves_the_first_one_unknown)
{
	json_t *all;

	configured_and_proved();
	kernel_switches(0, "ix1");
	run_for_msec(100);
	kernel_switches(0, "ix0");
	run_for_msec(800);
	kernel_carries(0, 10, 10);
	run_until_proved();
	all = failover_log_since(supervisors[0]->failovers, 0);
	ck_assert_uint_eq(json_array_size(all), 2);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(all, 0), "verdict")),
			 "unknown");
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(all, 1), "verdict")),
			 "offloaded");
	json_decref(all);
	bonds_end();
}
END_TEST

START_TEST(sas_that_went_since_the_proof_are_counted_before_the_next_failover)
{
	struct facts_ip peer = kernel_peer(0);
	size_t dumps;

	configured_and_proved();
	kernel_flushes_sas(0);
	dumps = kernel_n_dumps();
	for (int i = 0; i < 100; i++)
		supervisor_sa_removed(supervisors[0], &peer);
	run_for_msec(1200);
	ck_assert_uint_eq(kernel_n_dumps(), dumps + 1);
	kernel_switches(0, "ix1");
	run_for_msec(50);
	ck_assert(told[0].f.sas_before.known);
	ck_assert_uint_eq(told[0].f.sas_before.n, 0);
	ck_assert_uint_eq(kernel_n_dumps(), dumps + 1);
	bonds_end();
}
END_TEST

START_TEST(when_messages_about_sas_were_lost_a_proof_is_opened)
{
	configured_and_proved();
	supervisor_sa_added(supervisors[0], NULL);
	ck_assert(prover_is_open(supervisors[0]->prover));
	bonds_end();
}
END_TEST

START_TEST(the_record_has_what_speaks_beside_the_counters)
{
	const struct failover *f;

	configured_and_proved();
	kernel_says("bond0: (slave ix0): bond_ipsec_add_sa_all: failed to add SA");
	kernel_says("ixgbe 0000:03:00.1 ix1: No space for SA in Tx table");
	kernel_says("bond0: (slave ix1): bond_ipsec_add_sa_all: failed to add SA");
	kernel_refuses_packets(3);
	kernel_switches(0, "ix1");
	run_for_msec(700);
	kernel_refuses_packets(5);
	kernel_carries(0, 10, 0);
	run_until_proved();
	f = failover_log_last(supervisors[0]->failovers);
	ck_assert_int_eq(f->verdict, VERDICT_SOFTWARE);
	ck_assert(f->sas_before.known && f->evidence.sas.known);
	ck_assert_uint_eq(f->sas_before.n, 2);
	ck_assert_uint_eq(f->evidence.sas.n, 2);
	ck_assert_uint_eq(f->evidence.sas_refused, 1);
	ck_assert_str_eq(f->evidence.kernel_words,
			 "No space for SA in Tx table; bond_ipsec_add_sa_all: failed to add SA");
	ck_assert_str_eq(f->evidence.xfrm_errors, "XfrmInNoStates +5");
	bonds_end();
}
END_TEST

START_TEST(a_port_whose_driver_offloads_nothing_refuses_those_that_have_offload)
{
	const struct failover *f;

	configured_and_proved();
	kernel_has_sas_in_software();
	kernel_says("bond0: (slave ix1): bond_ipsec_add_sa_all: no slave xdo_dev_state_add");
	kernel_switches(0, "ix1");
	run_until_proved();
	f = failover_log_last(supervisors[0]->failovers);
	ck_assert_uint_eq(f->evidence.sas.n, 4);
	ck_assert_uint_eq(f->evidence.sas_refused, 2);
	bonds_end();
}
END_TEST

START_TEST(a_failover_before_the_conns_are_known_is_proven_once_they_are)
{
	const struct failover *f;

	bonds_begin(1);
	lose_tunnels(0, false); /* that report has no conn */
	kernel_switches(0, "ix1");
	run_until_told(1);
	f = failover_log_last(supervisors[0]->failovers);
	ck_assert(!f->proven);
	worker_says(0, STANDING_DONE, "");
	run_for_msec(700);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert(f->proven);
	ck_assert_int_eq(f->verdict, VERDICT_OFFLOADED);
	bonds_end();
}
END_TEST

START_TEST(a_failover_of_a_bond_without_conns_is_unknown_and_says_so)
{
	const struct failover *f;

	bonds_begin(1);
	/* Nobody has looked yet. */
	kernel_switches(0, "ix1");
	run_until_told(1);
	f = failover_log_last(supervisors[0]->failovers);
	run_for_msec(1500);
	ck_assert(!f->proven);
	lose_tunnels(0, false); /* that report has no conn */
	run_for_msec(1500);
	ck_assert(f->proven);
	ck_assert_int_eq(f->verdict, VERDICT_UNKNOWN);
	ck_assert_str_eq(f->reason, "no conn of the policy is known");
	ck_assert_str_eq(supervisors[0]->proof.reason, f->reason);

	kernel_switches(0, "ix0");
	run_until_told(2);
	run_for_msec(1500);
	ck_assert(failover_log_last(supervisors[0]->failovers)->proven);
	bonds_end();
}
END_TEST

START_TEST(errors_count_from_the_switch_or_from_the_outage_before_it_on)
{
	configured_and_proved();
	kernel_switches(0, "ix1");
	run_until_told(1);
	kernel_refuses_packets(5);
	run_for_msec(700);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_str_eq(failover_log_last(supervisors[0]->failovers)->evidence.xfrm_errors,
			 "XfrmInNoStates +5");

	kernel_switches(0, NULL);
	run_for_msec(50);
	ck_assert_str_eq(supervisors[0]->active, "");
	kernel_refuses_packets(3);
	kernel_switches(0, "ix0");
	run_until_told(2);
	kernel_refuses_packets(4);
	run_for_msec(700);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_str_eq(failover_log_last(supervisors[0]->failovers)->evidence.xfrm_errors,
			 "XfrmInNoStates +7");
	bonds_end();
}
END_TEST

START_TEST(sas_that_the_kernel_lost_are_in_the_record_and_looked_into)
{
	const struct failover *f;

	configured_and_proved();
	kernel_flushes_sas(0);
	kernel_switches(0, NULL);
	run_for_msec(50);
	kernel_switches(0, "ix0");
	run_for_msec(50);
	n_looks = 0;
	run_until_proved();
	f = failover_log_last(supervisors[0]->failovers);
	ck_assert_int_eq(f->verdict, VERDICT_UNKNOWN);
	ck_assert_uint_eq(f->sas_before.n, 2);
	ck_assert(f->evidence.sas.known);
	ck_assert_uint_eq(f->evidence.sas.n, 0);
	ck_assert_uint_ge(n_looks, 1);
	bonds_end();
}
END_TEST

START_TEST(lost_tunnels_are_wished_back_once_and_only_where_something_may_be_changed)
{
	bonds_begin(1);
	worker_says(0, STANDING_DONE, "");
	n_looks = 0;
	lose_tunnels(0, true);
	ck_assert(supervisor_may_repair(supervisors[0]));
	ck_assert_uint_eq(n_looks, 1);
	worker_ends(OUTCOME_NOT_REPAIRED, "the kernel has no SAs of conn example");
	lose_tunnels(0, true);
	ck_assert_uint_eq(n_looks, 1);
	ck_assert(supervisor_may_repair(supervisors[0]));
	lose_tunnels(0, false);
	ck_assert(!supervisor_may_repair(supervisors[0]));
	ck_assert_str_eq(bond_state(), "configured");

	policies[0].manage = POLICY_MONITOR;
	lose_tunnels(0, true);
	ck_assert(!supervisor_may_repair(supervisors[0]));
	ck_assert_uint_eq(n_looks, 1);
	bonds_end();
}
END_TEST

START_TEST(a_bond_that_somebody_sets_down_and_up_is_an_outage_and_proved_anew)
{
	configured_and_proved();
	kernel_sets_bond(0, false);
	run_for_msec(30);
	ck_assert_str_eq(supervisors[0]->active, "");
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	n_looks = 0;
	kernel_sets_bond(0, true);
	run_for_msec(30);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_str_eq(told[0].f.from, "ix0");
	ck_assert_str_eq(told[0].f.to, "ix0");
	ck_assert_int_eq(told[0].f.cause, FAILOVER_ADMINISTRATIVE);
	ck_assert_uint_ge(told[0].f.outage_usec, 20000);
	ck_assert_uint_ge(n_looks, 1);
	ck_assert(prover_is_open(supervisors[0]->prover));
	bonds_end();
}
END_TEST

START_TEST(a_mode_that_changes_is_told_and_looked_into)
{
	configured_and_proved();
	changes = 0;
	n_looks = 0;
	kernel_changes_mode(0, FACTS_MODE_BALANCE_RR);
	run_for_msec(30);
	ck_assert(changes & SUPERVISOR_MODE);
	ck_assert_int_eq(supervisors[0]->mode, FACTS_MODE_BALANCE_RR);
	ck_assert_uint_ge(n_looks, 1);
	bonds_end();
}
END_TEST

START_TEST(five_hundred_switches_over_eight_bonds_are_told_once_each_in_order)
{
	size_t seen[MAX_BONDS] = { 0 };

	bonds_begin(8);
	for (int i = 0; i < 500; i++) {
		size_t bond = (size_t)i % 8;
		char port[FACTS_NAME_SIZE];

		snprintf(port, sizeof(port), "ix%hhu", (uint8_t)(bond * 2 + (i / 8 % 2 ? 0 : 1)));
		kernel_switches(bond, port);
	}
	run_for_msec(300);
	ck_assert_uint_eq(n_told, 500);
	for (size_t i = 0; i < n_told; i++) {
		size_t bond = i % 8;

		ck_assert_ptr_eq(told[i].s, supervisors[bond]);
		ck_assert_uint_eq(told[i].f.id, 0); /* told before it is numbered and kept */
		ck_assert_str_ne(told[i].f.from, told[i].f.to);
		seen[bond]++;
	}
	for (size_t b = 0; b < 8; b++)
		ck_assert_uint_eq(failover_log_count(supervisors[b]->failovers), seen[b]);
	bonds_end();
}
END_TEST

UNIT_MAIN("supervisor-failover", a_failover_before_the_conns_are_known_is_proven_once_they_are,
	  a_failover_of_a_bond_without_conns_is_unknown_and_says_so,
	  a_port_whose_driver_offloads_nothing_refuses_those_that_have_offload,
	  a_switch_while_the_last_sample_is_taken_leaves_the_one_before_unknown,
	  the_primary_port_is_the_cause_where_it_is_back_or_newly_chosen,
	  the_primary_port_may_be_asked_for_like_any_other,
	  errors_count_from_the_switch_or_from_the_outage_before_it_on,
	  each_failover_is_written_as_soon_as_it_was_told,
	  each_failover_is_on_disk_two_seconds_later_though_its_verdict_is_not_there,
	  what_was_written_just_before_the_end_is_waited_for,
	  a_failover_is_told_at_once_and_its_verdict_follows,
	  a_failover_to_a_port_without_esp_is_software_though_the_dump_says_offload,
	  an_outage_has_no_active_port_and_is_one_failover_when_it_ends,
	  a_failover_in_the_middle_of_a_proof_begins_it_anew,
	  a_switch_among_lost_messages_is_found_and_marked,
	  words_on_a_switch_that_nobody_saw_are_looked_for_from_the_last_sight_on,
	  a_storm_that_disturbs_every_look_invents_no_failover,
	  a_port_that_gets_another_name_does_not_fail_over,
	  a_bond_that_is_deleted_and_made_again_is_followed_on,
	  a_bit_that_was_taken_among_lost_messages_is_missed,
	  bonds_that_changed_their_names_among_lost_messages_are_followed_on,
	  a_port_that_is_chosen_anew_is_proven_anew,
	  an_outage_too_short_to_be_told_is_a_failover_all_the_same,
	  a_look_that_is_disturbed_tells_nothing_old_as_new,
	  a_look_that_fails_is_taken_again_until_it_works,
	  a_socket_that_gives_nothing_but_errors_keeps_nobody_busy,
	  while_the_devices_are_not_followed_nothing_is_proven,
	  a_socket_that_is_broken_is_opened_anew,
	  a_port_that_was_away_among_lost_messages_is_found_by_its_count_of_failures,
	  a_second_failover_before_the_verdict_leaves_the_first_one_unknown,
	  sas_that_went_since_the_proof_are_counted_before_the_next_failover,
	  when_messages_about_sas_were_lost_a_proof_is_opened,
	  the_record_has_what_speaks_beside_the_counters,
	  sas_that_the_kernel_lost_are_in_the_record_and_looked_into,
	  lost_tunnels_are_wished_back_once_and_only_where_something_may_be_changed,
	  a_bond_that_somebody_sets_down_and_up_is_an_outage_and_proved_anew,
	  a_mode_that_changes_is_told_and_looked_into,
	  five_hundred_switches_over_eight_bonds_are_told_once_each_in_order)
