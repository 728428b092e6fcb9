/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>

#include "fake-kernel.h"
#include "many-bonds.h"
#include "unit.h"
#include "worker-report.h"

START_TEST(a_configured_bond_is_proved_by_its_traffic)
{
	configured_and_proved();
	ck_assert_double_eq(supervisors[0]->proof.ratio, 1);
	ck_assert_uint_eq(proved.proof.tx.packets, 10);
	ck_assert_uint_eq(proved.proof.after.tx_ipsec - proved.proof.before.tx_ipsec, 10);
	bonds_end();
}
END_TEST

START_TEST(without_traffic_the_verdict_is_unknown_and_sampling_ends)
{
	size_t dumps;

	bonds_begin(1);
	worker_says(0, STANDING_DONE, "");
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	dumps = kernel_n_dumps();
	run_for_msec(1500);
	ck_assert_uint_eq(kernel_n_dumps(), dumps);
	bonds_end();
}
END_TEST

START_TEST(after_a_verdict_sampling_ends)
{
	size_t dumps;

	configured_and_proved();
	dumps = kernel_n_dumps();
	run_for_msec(1500);
	ck_assert_uint_eq(kernel_n_dumps(), dumps);
	bonds_end();
}
END_TEST

START_TEST(looking_again_at_a_configured_bond_proves_nothing_anew)
{
	size_t dumps;

	configured_and_proved();
	dumps = kernel_n_dumps();
	worker_says(0, STANDING_DONE, "");
	run_for_msec(500);
	ck_assert_uint_eq(kernel_n_dumps(), dumps);
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	bonds_end();
}
END_TEST

START_TEST(software_is_believed_only_when_a_second_window_agrees)
{
	bonds_begin(1);
	worker_says(0, STANDING_DONE, "");
	run_for_msec(100);
	kernel_carries(0, 10, 0);
	run_for_msec(400);
	ck_assert_uint_eq(n_proved, 0);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	bonds_end();
}
END_TEST

START_TEST(software_twice_is_software)
{
	bonds_begin(1);
	worker_says(0, STANDING_DONE, "");
	run_for_msec(100);
	kernel_carries(0, 10, 0);
	run_for_msec(400);
	kernel_carries(0, 10, 0);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_SOFTWARE);
	bonds_end();
}
END_TEST

START_TEST(software_once_and_then_silence_is_software)
{
	bonds_begin(1);
	worker_says(0, STANDING_DONE, "");
	run_for_msec(100);
	kernel_carries(0, 10, 0);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_SOFTWARE);
	bonds_end();
}
END_TEST

/* A bond whose policy has five pings, which are answered through the hardware. */
static void begin_with_a_probe(void)
{
	bonds_begin(1);
	policies[0].proof.probe_address = kernel_peer(0);
	policies[0].proof.probe_count = 5;
	kernel_answers_probes(true);
}

static void expect_probed(void)
{
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(proved.probes_sent, 5);
	ck_assert_uint_eq(proved.probes_answered, 5);
	bonds_end();
}

START_TEST(beside_a_busy_neighbour_there_are_more_pings_until_they_can_be_told_apart)
{
	begin_with_a_probe();
	policies[0].proof.probe_count = 20;
	kernel_has_neighbour(2);
	worker_says(0, STANDING_DONE, "");
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(proved.probes_sent, 40);
	bonds_end();
}
END_TEST

START_TEST(beside_a_busy_neighbour_pings_that_the_cpu_does_are_never_offloaded)
{
	begin_with_a_probe();
	policies[0].proof.probe_count = 20;
	kernel_answers_probes(false);
	kernel_has_neighbour(2);
	worker_says(0, STANDING_DONE, "");
	run_until_proved();
	ck_assert_int_ne(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	bonds_end();
}
END_TEST

START_TEST(the_policys_probe_makes_the_traffic)
{
	begin_with_a_probe();
	worker_says(0, STANDING_DONE, "");
	expect_probed();
}
END_TEST

START_TEST(a_probe_whose_socket_comes_late_is_sent_late)
{
	begin_with_a_probe();
	kernel_opens_probes_after(2, 0);
	worker_says(0, STANDING_DONE, "");
	expect_probed();
}
END_TEST

START_TEST(a_socket_for_a_probe_that_was_refused_is_asked_for_again)
{
	begin_with_a_probe();
	kernel_refuses_sockets(2);
	worker_says(0, STANDING_DONE, "");
	expect_probed();
}
END_TEST

/* And it is not taken for a tunnel that carries nothing. */
static void expect_no_probe(int asked, int error, const char *reason)
{
	begin_with_a_probe();
	kernel_opens_probes_after(asked, error);
	worker_says(0, STANDING_DONE, "");
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	ck_assert_str_eq(supervisors[0]->proof.reason, reason);
	ck_assert_uint_eq(proved.probes_sent, 0);
	bonds_end();
}

START_TEST(without_a_socket_for_a_probe_there_is_only_the_real_traffic)
{
	expect_no_probe(0, -EPERM,
			"too few packets went through the tunnels; no ping could be sent: "
			"Operation not permitted");
	expect_no_probe(INT_MAX, 0,
			"too few packets went through the tunnels; no ping could be sent: the "
			"socket for it did not come in time");
}
END_TEST

static void prove_after_a_switch_to(const char *port)
{
	kernel_switches(0, port);
	run_until_proved();
	ck_assert_uint_eq(proved.probes_sent, 5);
}

START_TEST(answers_that_are_read_after_the_last_sample_are_counted)
{
	begin_with_a_probe();
	kernel_queues_answers(true);
	worker_says(0, STANDING_DONE, "");
	for (int i = 0; i < 1000 && !prover_is_held(supervisors[0]->prover); i++)
		run_for_msec(2);
	ck_assert(prover_is_held(supervisors[0]->prover));
	kernel_queues_answers(false);
	expect_probed();
}
END_TEST

START_TEST(a_socket_that_brought_answers_is_kept_for_the_next_proof)
{
	begin_with_a_probe();
	worker_says(0, STANDING_DONE, "");
	run_until_proved();
	ck_assert_uint_eq(kernel_sockets_opened(), 1);

	prove_after_a_switch_to("ix1");
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(proved.probes_answered, 5);
	ck_assert_uint_eq(kernel_sockets_opened(), 1);

	/* One that brings nothing is given up, whatever is to blame. */
	kernel_loses_requests(1000);
	prove_after_a_switch_to("ix0");
	ck_assert_uint_eq(kernel_sockets_opened(), 1);
	prove_after_a_switch_to("ix1");
	ck_assert_uint_eq(kernel_sockets_opened(), 2);
	bonds_end();
}
END_TEST

START_TEST(a_socket_is_not_kept_for_another_address)
{
	begin_with_a_probe();
	worker_says(0, STANDING_DONE, "");
	run_until_proved();
	policies[0].proof.probe_address = kernel_peer(1);
	prove_after_a_switch_to("ix1");
	ck_assert_uint_eq(kernel_sockets_opened(), 2);
	bonds_end();
}
END_TEST

static void worker_begins_a_step(void)
{
	worker_reports(0, json_pack("{s:s, s:s, s:s, s:s, s:s}", "report", REPORT_STEP, "bond",
				    "bond0", "step", "conn", "subject", "example", "status",
				    STEP_STATUS_BEGINS));
}

/* A re-activation makes the bond fail over, and a conn may be without its SAs just then. */
START_TEST(no_probe_is_sent_while_steps_are_taken)
{
	begin_with_a_probe();
	worker_says(0, STANDING_DONE, "");
	run_until_proved();
	ck_assert_uint_eq(kernel_requests_sent(), 5);

	worker_begins_a_step();
	kernel_switches(0, "ix1");
	run_for_msec(1500);
	ck_assert(prover_is_open(supervisors[0]->prover));
	ck_assert_uint_eq(kernel_requests_sent(), 5);

	worker_says(0, STANDING_DONE, "");
	expect_probed();
}
END_TEST

static void begin_with_slow_answers(void)
{
	bonds_begin(1);
	policies[0].proof.probe_address = kernel_peer(0);
	policies[0].proof.probe_count = 5;
	policies[0].proof.within_usec = 6000000;
	kernel_answers_probes(true);
	kernel_keeps_answers();
	worker_says(0, STANDING_DONE, "");
	run_for_msec(1200);
	/* The hardware has sent all of them, which is half of the truth. */
	ck_assert_uint_eq(n_proved, 0);
}

START_TEST(answers_that_are_under_way_are_waited_for)
{
	begin_with_slow_answers();
	kernel_lets_answers_in(true);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(proved.proof.rx.hardware, 5);
	bonds_end();
}
END_TEST

START_TEST(answers_that_come_late_and_through_software_make_it_partial)
{
	begin_with_slow_answers();
	kernel_lets_answers_in(false);
	kernel_keeps_answers();
	/* A second window has to agree, with answers of its own. */
	run_for_msec(1500);
	ck_assert_uint_eq(n_proved, 0);
	kernel_lets_answers_in(false);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_PARTIAL);
	bonds_end();
}
END_TEST

START_TEST(answers_that_never_come_prove_nothing)
{
	begin_with_slow_answers();
	run_for_msec(3500);
	ck_assert_uint_eq(n_proved, 0);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(supervisors[0]->proof.reason, "received to judge"));
	ck_assert_uint_eq(proved.proof.tx.hardware, 5);
	ck_assert_uint_eq(proved.proof.rx.packets, 0);
	bonds_end();
}
END_TEST

START_TEST(sas_that_are_rekeyed_meanwhile_only_take_a_window_more)
{
	bonds_begin(1);
	worker_says(0, STANDING_DONE, "");
	run_for_msec(100);
	kernel_carries(0, 10, 10);
	kernel_rekeys(0);
	run_for_msec(400);
	ck_assert_uint_eq(n_proved, 0);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	bonds_end();
}
END_TEST

START_TEST(sas_without_offload_are_software)
{
	bonds_begin(1);
	kernel_forgets_offload(0);
	worker_says(0, STANDING_DONE, "");
	run_for_msec(100);
	kernel_carries(0, 10, 0);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_SOFTWARE);
	ck_assert_str_eq(supervisors[0]->proof.reason,
			 "the kernel holds the SAs without offload: conn example");
	bonds_end();
}
END_TEST

START_TEST(a_new_sa_of_a_conn_opens_a_proof)
{
	struct facts_ip peer = kernel_peer(0), stranger = kernel_peer(7);

	configured_and_proved();
	supervisor_sa_added(supervisors[0], &stranger);
	ck_assert(!prover_is_open(supervisors[0]->prover));
	supervisor_sa_added(supervisors[0], &peer);
	ck_assert(prover_is_open(supervisors[0]->prover));
	bonds_end();
}
END_TEST

START_TEST(what_is_left_is_not_proven_while_no_port_is_active)
{
	struct facts_ip peer = kernel_peer(0);

	configured_and_proved();
	kernel_has_sas_in_software();
	supervisor_sa_told(supervisors[0], NULL);
	run_for_msec(700);
	kernel_carries(0, 10, 10);
	run_until_proved();
	kernel_switches(0, NULL);
	run_for_msec(100);
	ck_assert(!prover_is_open(supervisors[0]->prover));
	kernel_loses_sas_in_software();
	supervisor_sa_removed(supervisors[0], &peer);
	run_for_msec(1200);
	ck_assert(!prover_is_open(supervisors[0]->prover));
	bonds_end();
}
END_TEST

/* The proof was made while the old SAs carried everything. */
START_TEST(what_a_rekey_leaves_is_proven_once_the_old_sas_are_gone)
{
	struct facts_ip peer = kernel_peer(0);

	configured_and_proved();
	kernel_has_sas_in_software();
	supervisor_sa_added(supervisors[0], &peer);
	run_for_msec(700);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);

	/* As many are left: one that was only asked for, or a stranger's. */
	supervisor_sa_removed(supervisors[0], &peer);
	run_for_msec(1200);
	ck_assert(!prover_is_open(supervisors[0]->prover));

	kernel_loses_sas_in_software();
	supervisor_sa_removed(supervisors[0], &peer);
	supervisor_sa_removed(supervisors[0], &peer);
	run_for_msec(1200);
	ck_assert(prover_is_open(supervisors[0]->prover));
	run_for_msec(500);
	kernel_carries(0, 10, 0);
	run_for_msec(500);
	kernel_carries(0, 10, 0);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_SOFTWARE);
	bonds_end();
}
END_TEST

/* Up to the sample by which the verdict stands; it is told a moment later. */
static void run_until_the_last_sample(void)
{
	size_t proofs = n_proved, dumps;

	do {
		dumps = kernel_n_dumps();
		while (kernel_n_dumps() == dumps)
			run_for_msec(10);
	} while (!prover_is_held(supervisors[0]->prover));
	ck_assert_uint_eq(n_proved, proofs);
}

START_TEST(an_sa_that_comes_after_the_last_sample_is_proven_in_a_proof_of_its_own)
{
	struct facts_ip peer = kernel_peer(0);

	bonds_begin(1);
	worker_says(0, STANDING_DONE, "");
	run_for_msec(100);
	kernel_carries(0, 10, 10);
	run_until_the_last_sample();
	kernel_has_sas_in_software();
	supervisor_sa_added(supervisors[0], &peer);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(proved.sas.n, 2);

	ck_assert(prover_is_open(supervisors[0]->prover));
	run_until_proved();
	ck_assert_uint_eq(proved.sas.n, 4);
	ck_assert(!prover_is_open(supervisors[0]->prover));
	bonds_end();
}
END_TEST

START_TEST(an_sa_that_goes_after_the_last_sample_is_counted_once_the_verdict_is_told)
{
	struct facts_ip peer = kernel_peer(0);

	configured_and_proved();
	kernel_has_sas_in_software();
	/* One that went before, so that it is time to count just then. */
	supervisor_sa_removed(supervisors[0], &peer);
	run_for_msec(180);
	supervisor_sa_added(supervisors[0], &peer);
	run_for_msec(520);
	kernel_carries(0, 10, 10);
	run_until_the_last_sample();
	kernel_loses_sas_in_software();
	supervisor_sa_removed(supervisors[0], &peer);
	run_until_proved();
	ck_assert_uint_eq(proved.sas.n, 4);
	run_for_msec(1200);
	ck_assert(prover_is_open(supervisors[0]->prover));
	bonds_end();
}
END_TEST

static json_t *conn_between(const char *name, struct facts_ip local, struct facts_ip remote)
{
	char local_text[FACTS_IP_TEXT_SIZE], remote_text[FACTS_IP_TEXT_SIZE];

	return json_pack("{s:s, s:s, s:s}", "name", name, "local",
			 facts_ip_print(&local, local_text), "remote",
			 facts_ip_print(&remote, remote_text));
}

static void worker_names_conns(json_t *conns)
{
	worker_reports(0, json_pack("{s:s, s:s, s:s, s:[], s:[], s:o}", "report", REPORT_BOND,
				    "bond", "bond0", "standing", STANDING_DONE, "findings", "plan",
				    "conns", conns));
}

static json_t *example(void)
{
	return conn_between("example", kernel_local(0), kernel_peer(0));
}

static json_t *another(void)
{
	return conn_between("another", kernel_local(0), kernel_peer(7));
}

/* Its SAs may have come before it was known whose they are. */
START_TEST(a_conn_that_is_named_newly_is_proven_with_the_others)
{
	configured_and_proved();
	worker_names_conns(json_pack("[o, o]", example(), another()));
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	ck_assert(prover_is_open(supervisors[0]->prover));
	run_for_msec(700);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	worker_names_conns(json_pack("[o, o]", example(), another()));
	ck_assert(!prover_is_open(supervisors[0]->prover));
	bonds_end();
}
END_TEST

START_TEST(a_conn_with_other_ends_is_proven_anew)
{
	configured_and_proved();
	worker_names_conns(
		json_pack("[o]", conn_between("example", kernel_local(0), kernel_peer(7))));
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	ck_assert(prover_is_open(supervisors[0]->prover));
	bonds_end();
}
END_TEST

START_TEST(what_is_said_of_conns_that_are_none_any_more_is_no_verdict)
{
	configured_and_proved();
	worker_names_conns(json_array());
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	bonds_end();
}
END_TEST

START_TEST(an_open_proof_goes_by_the_policy_that_was_loaded_meanwhile)
{
	bonds_begin(1);
	policies[0].proof.ratio = 0.5;
	worker_says(0, STANDING_DONE, "");
	run_for_msec(100);
	policies[0].proof.ratio = 0.95;
	supervisor_set_policy(supervisors[0], &policies[0]);
	worker_says(0, STANDING_DONE, "");
	for (int i = 0; i < 2; i++) {
		run_for_msec(700);
		kernel_carries(0, 10, 6);
	}
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_PARTIAL);
	bonds_end();
}
END_TEST

/* Nothing was told of it yet but "unknown", and the counters will tell. */
static void expect_proved_anew_as_software(void)
{
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	ck_assert_str_eq(supervisors[0]->proof.reason, "the proof is under way");
	ck_assert(changes & SUPERVISOR_VERDICT);
	run_for_msec(700);
	kernel_carries(0, 10, 0);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_SOFTWARE);
}

START_TEST(a_bond_whose_bit_somebody_takes_is_offloaded_no_more)
{
	configured_and_proved();
	kernel_sets_feature(0, false);
	run_for_msec(30);
	ck_assert_str_eq(bond_state(), "configured");
	expect_proved_anew_as_software();
	bonds_end();
}
END_TEST

START_TEST(a_fight_shows_no_verdict_of_before_it)
{
	struct facts_ip peer = kernel_peer(0);

	configured_and_proved();
	for (int i = 0; i < 2; i++) {
		worker_says(0, STANDING_TODO, "");
		drift_come_due(&supervisors[0]->drift);
		worker_repairs();
	}
	run_for_msec(700);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	worker_says(0, STANDING_TODO, "");
	ck_assert_int_eq(supervisors[0]->held, BOND_HELD_FIGHT);
	expect_proved_anew_as_software();

	/* It stays so, and what a rekey changes is seen all the same. */
	kernel_rekeys(0);
	supervisor_sa_added(supervisors[0], &peer);
	run_for_msec(700);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	bonds_end();
}
END_TEST

START_TEST(a_bond_that_is_blocked_is_proved_anew)
{
	struct facts_ip peer = kernel_peer(0);

	configured_and_proved();
	worker_says(0, STANDING_BLOCKED, "ix0: rx-all is on");
	expect_proved_anew_as_software();
	worker_says(0, STANDING_BLOCKED, "ix0: rx-all is on");
	ck_assert(!prover_is_open(supervisors[0]->prover));
	supervisor_sa_added(supervisors[0], &peer);
	ck_assert(prover_is_open(supervisors[0]->prover));
	bonds_end();
}
END_TEST

START_TEST(what_is_being_applied_is_not_proven)
{
	configured_and_proved();
	worker_begins_a_step();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	ck_assert(!prover_is_open(supervisors[0]->prover));
	supervisor_worker_failed(supervisors[0], "killed");
	ck_assert(prover_is_open(supervisors[0]->prover));
	bonds_end();
}
END_TEST

START_TEST(sas_that_are_all_gone_are_not_offloaded)
{
	struct facts_ip peer = kernel_peer(0);

	configured_and_proved();
	kernel_flushes_sas(0);
	supervisor_sa_removed(supervisors[0], &peer);
	run_for_msec(1200);
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	ck_assert_str_eq(supervisors[0]->proof.reason, "the kernel has no SA of the conns");
	ck_assert(changes & SUPERVISOR_VERDICT);
	bonds_end();
}
END_TEST

START_TEST(a_failovers_proof_asks_for_the_bonds_own_sas_alone)
{
	size_t read, asked;

	configured_and_proved();
	read = kernel_n_dumps();
	asked = kernel_n_asked_for();
	kernel_switches(0, "ix1");
	run_until_told(1);
	kernel_rekeys(0);
	kernel_carries(0, 10, 10);
	run_for_msec(600);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_int_eq(proved.proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_ge(kernel_n_dumps() - read, 2);
	ck_assert_uint_eq(kernel_n_asked_for() - asked, kernel_n_dumps() - read);

	/* Whose they are is another matter once the conns are told anew, or messages were lost. */
	for (int lost = 0; lost <= 1; lost++) {
		if (lost)
			kernel_loses_sa_messages();
		else
			worker_says(0, STANDING_DONE, "");
		read = kernel_n_dumps();
		asked = kernel_n_asked_for();
		kernel_switches(0, lost ? "ix1" : "ix0");
		run_until_told(2 + (size_t)lost);
		run_for_msec(600);
		kernel_carries(0, 10, 10);
		run_until_proved();
		ck_assert_uint_eq(kernel_n_dumps() - read, kernel_n_asked_for() - asked + 1);
	}
	bonds_end();
}
END_TEST

UNIT_MAIN("supervisor-proof", a_failovers_proof_asks_for_the_bonds_own_sas_alone,
	  a_configured_bond_is_proved_by_its_traffic,
	  without_traffic_the_verdict_is_unknown_and_sampling_ends, after_a_verdict_sampling_ends,
	  looking_again_at_a_configured_bond_proves_nothing_anew,
	  software_is_believed_only_when_a_second_window_agrees, software_twice_is_software,
	  software_once_and_then_silence_is_software,
	  beside_a_busy_neighbour_there_are_more_pings_until_they_can_be_told_apart,
	  beside_a_busy_neighbour_pings_that_the_cpu_does_are_never_offloaded,
	  the_policys_probe_makes_the_traffic, a_probe_whose_socket_comes_late_is_sent_late,
	  answers_that_are_read_after_the_last_sample_are_counted,
	  a_socket_that_brought_answers_is_kept_for_the_next_proof,
	  a_socket_is_not_kept_for_another_address,
	  a_socket_for_a_probe_that_was_refused_is_asked_for_again,
	  without_a_socket_for_a_probe_there_is_only_the_real_traffic,
	  no_probe_is_sent_while_steps_are_taken, answers_that_are_under_way_are_waited_for,
	  answers_that_come_late_and_through_software_make_it_partial,
	  answers_that_never_come_prove_nothing,
	  sas_that_are_rekeyed_meanwhile_only_take_a_window_more, sas_without_offload_are_software,
	  what_a_rekey_leaves_is_proven_once_the_old_sas_are_gone,
	  a_conn_that_is_named_newly_is_proven_with_the_others,
	  a_conn_with_other_ends_is_proven_anew,
	  what_is_said_of_conns_that_are_none_any_more_is_no_verdict,
	  an_open_proof_goes_by_the_policy_that_was_loaded_meanwhile,
	  an_sa_that_comes_after_the_last_sample_is_proven_in_a_proof_of_its_own,
	  an_sa_that_goes_after_the_last_sample_is_counted_once_the_verdict_is_told,
	  what_is_left_is_not_proven_while_no_port_is_active, a_new_sa_of_a_conn_opens_a_proof,
	  a_bond_whose_bit_somebody_takes_is_offloaded_no_more,
	  a_fight_shows_no_verdict_of_before_it, a_bond_that_is_blocked_is_proved_anew,
	  what_is_being_applied_is_not_proven, sas_that_are_all_gone_are_not_offloaded)
