/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/if_link.h>
#include <stdio.h>

#include "fake-kernel.h"
#include "names.h"
#include "supervisor.h"
#include "unit.h"
#include "worker-report.h"

enum {
	MAX = 8,
	MAX_TOLD = 1024
};

static sd_event *event;
static struct ethtool *ethtool;
static struct links *links;
static struct supervisor *supervisors[MAX];
static struct policy_bond policies[MAX];
static size_t n_bonds;

/* What the supervisors told, in order. */
static struct told {
	const struct supervisor *s;
	struct failover f;
	enum verdict verdict_then;
} told[MAX_TOLD];
static size_t n_told, n_proved, n_verified, n_looks;
static struct prover_outcome proved;
static unsigned int changes;

static void on_changed(void *userdata _unused_, struct supervisor *s _unused_, unsigned int what)
{
	changes |= what;
}

static void on_failed_over(void *userdata _unused_, struct supervisor *s, const struct failover *f)
{
	ck_assert_uint_lt(n_told, MAX_TOLD);
	told[n_told++] = (struct told){ s, *f, s->proof.verdict };
}

static void on_proved(void *userdata _unused_, struct supervisor *s _unused_,
		      const struct prover_outcome *outcome, bool asked)
{
	proved = *outcome;
	if (asked)
		n_verified++;
	else
		n_proved++;
}

static void on_wants_look(void *userdata _unused_, struct supervisor *s _unused_,
			  const char *why _unused_)
{
	n_looks++;
}

static const struct supervisor_ops ops = { on_changed, on_failed_over, on_proved, on_wants_look };

static void on_link_changed(void *userdata _unused_, const struct links_change *change)
{
	for (size_t i = 0; i < n_bonds; i++)
		supervisor_link_changed(supervisors[i], change);
}

static void report(size_t bond, json_t *j)
{
	ck_assert_ptr_nonnull(j);
	supervisor_report(supervisors[bond], j);
	json_decref(j);
}

static void worker_says(size_t bond, const char *standing, const char *reason)
{
	json_t *conns = json_array();
	char local[FACTS_IP_TEXT_SIZE], remote[FACTS_IP_TEXT_SIZE];
	const struct facts_ip l = kernel_local(bond), p = kernel_peer(bond);

	json_array_append_new(conns, json_pack("{s:s, s:s, s:s}", "name", "example", "local",
					       facts_ip_print(&l, local), "remote",
					       facts_ip_print(&p, remote)));
	report(bond, json_pack("{s:s, s:s, s:s, s:s, s:[], s:[], s:o}", "report", REPORT_BOND,
			       "bond", supervisors[bond]->name, "standing", standing, "reason",
			       reason, "findings", "plan", "conns", conns));
}

/* The worker has looked again, and the kernel lacks SAs, or does not any more. */
static void lose_tunnels(size_t bond, bool lost)
{
	report(bond, json_pack("{s:s, s:s, s:s, s:b, s:[], s:[], s:[]}", "report", REPORT_BOND,
			       "bond", supervisors[bond]->name, "standing", STANDING_DONE,
			       "repairs", lost, "findings", "plan", "conns"));
}

static void worker_ends(const char *outcome, const char *reason)
{
	report(0, json_pack("{s:s, s:s, s:s, s:s}", "report", REPORT_OUTCOME, "bond", "bond0",
			    "outcome", outcome, "reason", reason));
}

static void begin(size_t n)
{
	kernel_begin(n);
	n_bonds = n;
	n_told = n_proved = n_verified = n_looks = 0;
	changes = 0;
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(ethtool_open(&ethtool), 0);
	ck_assert_int_eq(links_new(event, on_link_changed, NULL, &links), 0);
	for (size_t i = 0; i < n; i++) {
		char name[FACTS_NAME_SIZE];

		snprintf(name, sizeof(name), "bond%hhu", (uint8_t)i);
		policies[i] =
			(struct policy_bond){ .name = strdup(name),
					      .proof = { .within_usec = 2500000, .ratio = 0.95 } };
		ck_assert_int_eq(supervisor_new(event, ethtool, &policies[i], NULL, NULL, &ops,
						NULL, &supervisors[i]),
				 0);
		supervisor_attach(supervisors[i], links);
	}
}

static void end(void)
{
	for (size_t i = 0; i < n_bonds; i++) {
		supervisor_free(supervisors[i]);
		free(policies[i].name);
	}
	links_free(links);
	ethtool_close(ethtool);
	sd_event_unref(event);
	kernel_end();
}

/* Lets the loop run until nothing has happened for that long. */
static void run_for_msec(unsigned int msec)
{
	uint64_t now, until;

	sd_event_now(event, CLOCK_MONOTONIC, &now);
	until = now + (uint64_t)msec * 1000;
	while (now < until) {
		ck_assert_int_ge(sd_event_run(event, until - now), 0);
		sd_event_now(event, CLOCK_MONOTONIC, &now);
	}
}

static void run_until_proved(void)
{
	size_t before = n_proved;

	for (int i = 0; i < 100 && n_proved == before; i++)
		run_for_msec(100);
	ck_assert_uint_eq(n_proved, before + 1);
}

static void configured_and_proved(void)
{
	begin(1);
	worker_says(0, STANDING_DONE, "");
	run_for_msec(100);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	changes = 0;
}

static const char *state(void)
{
	return bond_state_name(supervisors[0]->state);
}

/* ---- state ---- */

START_TEST(a_bond_is_waiting_until_the_worker_has_looked)
{
	begin(1);
	ck_assert_str_eq(state(), "waiting");
	ck_assert_str_eq(supervisors[0]->active, "ix0");
	ck_assert(supervisors[0]->feature_on);
	end();
}
END_TEST

START_TEST(what_the_worker_finds_is_the_state)
{
	begin(1);
	worker_says(0, STANDING_BLOCKED, "ix1: the driver is e1000e");
	ck_assert_str_eq(state(), "blocked");
	ck_assert_str_eq(supervisors[0]->reason, "ix1: the driver is e1000e");
	worker_says(0, STANDING_MISSING, "no conn");
	ck_assert_str_eq(state(), "waiting");
	worker_says(0, STANDING_DONE, "");
	ck_assert_str_eq(state(), "configured");
	ck_assert_str_eq(supervisors[0]->reason, "");
	end();
}
END_TEST

START_TEST(a_failed_bond_stays_so_until_somebody_asks)
{
	begin(1);
	worker_ends(OUTCOME_FAILED, "the tunnel did not come back; undone");
	ck_assert_str_eq(state(), "failed");
	worker_says(0, STANDING_TODO, "");
	ck_assert_str_eq(state(), "failed");
	ck_assert_int_eq(supervisors[0]->held, BOND_HELD_FAILED);
	supervisor_release(supervisors[0]);
	ck_assert_int_eq(supervisors[0]->held, BOND_NOT_HELD);
	supervisor_run_begins(supervisors[0]);
	worker_says(0, STANDING_DONE, "");
	ck_assert_str_eq(state(), "configured");
	end();
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

/* The worker is let loose, and does what is to be done. */
static void worker_repairs(void)
{
	worker_says(0, STANDING_TODO, "");
	worker_ends(OUTCOME_APPLIED, "");
	worker_says(0, STANDING_DONE, "");
}

START_TEST(what_was_never_applied_is_applied_at_once)
{
	begin(1);
	ck_assert(supervisor_may_change(supervisors[0]));
	worker_says(0, STANDING_TODO, "");
	ck_assert(supervisor_may_change(supervisors[0]));
	end();
}
END_TEST

START_TEST(what_somebody_changed_is_repaired_after_a_wait)
{
	begin(1);
	worker_says(0, STANDING_DONE, "");
	ck_assert(!supervisor_may_change(supervisors[0]));
	worker_says(0, STANDING_TODO, "");
	ck_assert_str_eq(state(), "waiting");
	ck_assert_str_eq(supervisors[0]->reason, "changed by somebody: it is repaired in 2 s");
	ck_assert(!supervisor_may_change(supervisors[0]));
	n_looks = 0;
	run_for_msec(1500);
	ck_assert_uint_eq(n_looks, 0);
	run_for_msec(1000);
	ck_assert_uint_eq(n_looks, 1);
	ck_assert(supervisor_may_change(supervisors[0]));
	worker_repairs();
	ck_assert_str_eq(state(), "configured");
	ck_assert(!supervisor_may_change(supervisors[0]));
	end();
}
END_TEST

START_TEST(what_somebody_takes_back_meanwhile_is_not_repaired)
{
	begin(1);
	worker_says(0, STANDING_DONE, "");
	worker_says(0, STANDING_TODO, "");
	worker_says(0, STANDING_DONE, "");
	ck_assert_str_eq(state(), "configured");
	n_looks = 0;
	run_for_msec(2500);
	ck_assert_uint_eq(n_looks, 0);
	end();
}
END_TEST

START_TEST(two_repairs_that_somebody_undoes_are_enough)
{
	begin(1);
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
	ck_assert_str_eq(state(), "waiting");
	ck_assert(has_finding(FINDING_ID_DRIFT_FIGHT));
	ck_assert(!supervisor_may_change(supervisors[0]));
	supervisor_release(supervisors[0]);
	supervisor_run_begins(supervisors[0]);
	worker_says(0, STANDING_TODO, "");
	ck_assert(supervisor_may_change(supervisors[0]));
	ck_assert(!has_finding(FINDING_ID_DRIFT_FIGHT));
	end();
}
END_TEST

START_TEST(what_is_only_watched_is_never_repaired)
{
	begin(1);
	policies[0].manage = POLICY_MONITOR;
	worker_says(0, STANDING_DONE, "");
	worker_says(0, STANDING_TODO, "");
	n_looks = 0;
	run_for_msec(2500);
	ck_assert_uint_eq(n_looks, 0);
	ck_assert(!supervisor_may_change(supervisors[0]));
	end();
}
END_TEST

START_TEST(what_cannot_be_taken_back_yet_is_not_applied_anew)
{
	begin(1);
	worker_ends(OUTCOME_UNSETTLED, "NetworkManager does not run any more");
	ck_assert_str_eq(state(), "failed");
	ck_assert(!supervisor_may_change(supervisors[0]));
	worker_says(0, STANDING_TODO, "");
	ck_assert_str_eq(state(), "failed");
	n_looks = 0;
	worker_ends(OUTCOME_UNDONE, "");
	ck_assert_uint_eq(n_looks, 1);
	ck_assert(supervisor_may_change(supervisors[0]));
	worker_says(0, STANDING_DONE, "");
	ck_assert_str_eq(state(), "configured");
	end();
}
END_TEST

START_TEST(once_nothing_is_left_half_done_a_bond_is_looked_at_anew)
{
	begin(1);
	worker_ends(OUTCOME_UNSETTLED, "the undo journal cannot be understood");
	n_looks = 0;
	/* Somebody has removed the journal: there is nothing that could be reported as undone. */
	supervisor_settled(supervisors[0]);
	ck_assert_str_eq(state(), "waiting");
	ck_assert_uint_eq(n_looks, 1);
	ck_assert(supervisor_may_change(supervisors[0]));
	worker_says(0, STANDING_BLOCKED, "");
	ck_assert_str_eq(state(), "blocked");
	supervisor_settled(supervisors[0]);
	ck_assert_str_eq(state(), "blocked");
	ck_assert_uint_eq(n_looks, 1);
	end();
}
END_TEST

START_TEST(a_bond_that_is_held_stays_so_when_nothing_is_left_half_done)
{
	begin(1);
	worker_ends(OUTCOME_FAILED, "the kernel refused");
	worker_ends(OUTCOME_UNSETTLED, "NetworkManager does not run any more");
	supervisor_settled(supervisors[0]);
	ck_assert_str_eq(state(), "failed");
	ck_assert_str_eq(supervisors[0]->reason,
			 "applying failed; nothing is left half done any more");
	ck_assert(!supervisor_may_change(supervisors[0]));
	end();
}
END_TEST

static void step_begins(void)
{
	report(0, json_pack("{s:s, s:s, s:s, s:s, s:s}", "report", REPORT_STEP, "bond", "bond0",
			    "step", "conn", "subject", "example", "status", STEP_STATUS_BEGINS));
	ck_assert_str_eq(state(), "applying");
}

START_TEST(what_fails_by_the_old_policy_does_not_hold_the_bond_by_the_new_one)
{
	begin(1);
	supervisor_run_begins(supervisors[0]);
	step_begins();
	supervisor_set_policy(supervisors[0], &policies[0]);
	n_looks = 0;
	worker_ends(OUTCOME_FAILED, "the kernel refused");
	ck_assert_int_eq(supervisors[0]->held, BOND_NOT_HELD);
	ck_assert_str_eq(state(), "waiting");
	ck_assert_uint_eq(n_looks, 1);
	step_begins();
	supervisor_worker_failed(supervisors[0], "killed");
	ck_assert_int_eq(supervisors[0]->held, BOND_NOT_HELD);
	ck_assert_str_eq(state(), "waiting");
	supervisor_run_begins(supervisors[0]);
	worker_ends(OUTCOME_FAILED, "the kernel refused");
	ck_assert_int_eq(supervisors[0]->held, BOND_HELD_FAILED);
	end();
}
END_TEST

START_TEST(what_is_done_by_the_old_policy_makes_no_drift_of_the_new_one)
{
	begin(1);
	supervisor_run_begins(supervisors[0]);
	supervisor_set_policy(supervisors[0], &policies[0]);
	worker_says(0, STANDING_DONE, "");
	ck_assert_str_eq(state(), "waiting");
	supervisor_run_begins(supervisors[0]);
	worker_says(0, STANDING_TODO, "");
	ck_assert(supervisor_may_change(supervisors[0]));
	end();
}
END_TEST

START_TEST(a_revert_that_is_done_after_somebody_asked_to_apply_does_not_hold)
{
	begin(1);
	supervisor_run_begins(supervisors[0]);
	supervisor_release(supervisors[0]);
	worker_ends(OUTCOME_REVERTED, "");
	ck_assert_int_eq(supervisors[0]->held, BOND_NOT_HELD);
	ck_assert(supervisor_may_change(supervisors[0]));
	end();
}
END_TEST

START_TEST(a_revert_says_what_there_is_to_know)
{
	begin(1);
	worker_ends(OUTCOME_REVERTED, "conn example says nothing of nic-offload again");
	worker_says(0, STANDING_TODO, "");
	ck_assert_str_eq(state(), "waiting");
	ck_assert_str_eq(supervisors[0]->reason,
			 "reverted: waiting for \"esp-offloadctl apply\"; conn example says "
			 "nothing of nic-offload again");
	ck_assert(!supervisor_may_change(supervisors[0]));
	end();
}
END_TEST

START_TEST(so_does_a_policy_that_names_a_conn_no_more_until_the_next_one)
{
	begin(1);
	worker_ends(OUTCOME_LEFT, "conn other says nothing of nic-offload again");
	worker_says(0, STANDING_DONE, "");
	ck_assert_str_eq(state(), "configured");
	ck_assert_str_eq(supervisors[0]->reason, "conn other says nothing of nic-offload again");
	supervisor_set_policy(supervisors[0], &policies[0]);
	supervisor_run_begins(supervisors[0]);
	worker_says(0, STANDING_DONE, "");
	ck_assert_str_eq(supervisors[0]->reason, "");
	end();
}
END_TEST

/* Behind the reason of the failure, which stays; and until it is taken back, nothing is done. */
START_TEST(what_has_failed_by_halves_is_known_to_be_unsettled)
{
	begin(1);
	worker_ends(OUTCOME_FAILED, "no way; could not be undone");
	worker_ends(OUTCOME_UNSETTLED, "");
	ck_assert_str_eq(supervisors[0]->reason, "no way; could not be undone");
	ck_assert(supervisors[0]->unsettled);
	worker_ends(OUTCOME_UNDONE, "");
	ck_assert(!supervisors[0]->unsettled);
	ck_assert_str_eq(supervisors[0]->reason,
			 "no way; could not be undone; what was half done is taken back now");
	end();
}
END_TEST

START_TEST(a_worker_that_dies_while_applying_means_failed)
{
	begin(1);
	step_begins();
	supervisor_worker_failed(supervisors[0], "killed");
	ck_assert_str_eq(state(), "failed");
	ck_assert(!supervisor_may_change(supervisors[0]));
	worker_ends(OUTCOME_UNDONE, "");
	ck_assert_str_eq(state(), "failed");
	ck_assert_str_eq(supervisors[0]->reason, "killed; what was half done is taken back now");
	end();
}
END_TEST

START_TEST(reports_that_make_no_sense_change_nothing)
{
	begin(1);
	report(0, json_pack("{}"));
	report(0, json_pack("{s:i}", "report", 5));
	report(0, json_pack("{s:s}", "report", REPORT_STEP));
	report(0, json_pack("{s:s}", "report", REPORT_OUTCOME));
	report(0, json_pack("{s:s, s:s, s:i, s:s, s:s}", "report", REPORT_BOND, "standing", "odd",
			    "conns", 7, "findings", "x", "plan", "y"));
	ck_assert_str_eq(state(), "waiting");
	end();
}
END_TEST

/* ---- proof ---- */

START_TEST(a_configured_bond_is_proved_by_its_traffic)
{
	configured_and_proved();
	ck_assert_double_eq(supervisors[0]->proof.ratio, 1);
	ck_assert_uint_eq(proved.proof.tx.packets, 10);
	ck_assert_uint_eq(proved.proof.after.tx_ipsec - proved.proof.before.tx_ipsec, 10);
	end();
}
END_TEST

START_TEST(without_traffic_the_verdict_is_unknown_and_sampling_ends)
{
	size_t dumps;

	begin(1);
	worker_says(0, STANDING_DONE, "");
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	dumps = kernel_n_dumps();
	run_for_msec(1500);
	ck_assert_uint_eq(kernel_n_dumps(), dumps);
	end();
}
END_TEST

START_TEST(after_a_verdict_sampling_ends)
{
	size_t dumps;

	configured_and_proved();
	dumps = kernel_n_dumps();
	run_for_msec(1500);
	ck_assert_uint_eq(kernel_n_dumps(), dumps);
	end();
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
	end();
}
END_TEST

START_TEST(software_is_believed_only_when_a_second_window_agrees)
{
	begin(1);
	worker_says(0, STANDING_DONE, "");
	run_for_msec(100);
	kernel_carries(0, 10, 0);
	run_for_msec(400);
	ck_assert_uint_eq(n_proved, 0);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	end();
}
END_TEST

START_TEST(software_twice_is_software)
{
	begin(1);
	worker_says(0, STANDING_DONE, "");
	run_for_msec(100);
	kernel_carries(0, 10, 0);
	run_for_msec(400);
	kernel_carries(0, 10, 0);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_SOFTWARE);
	end();
}
END_TEST

START_TEST(software_once_and_then_silence_is_software)
{
	begin(1);
	worker_says(0, STANDING_DONE, "");
	run_for_msec(100);
	kernel_carries(0, 10, 0);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_SOFTWARE);
	end();
}
END_TEST

/* A bond whose policy has five pings, which are answered through the hardware. */
static void begin_with_a_probe(void)
{
	begin(1);
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
	end();
}

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

START_TEST(without_a_socket_for_a_probe_there_is_only_the_real_traffic)
{
	begin_with_a_probe();
	kernel_opens_probes_after(0, -EPERM);
	worker_says(0, STANDING_DONE, "");
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_UNKNOWN);
	ck_assert_uint_eq(proved.probes_sent, 0);
	end();
}
END_TEST

static void worker_begins_a_step(void)
{
	report(0, json_pack("{s:s, s:s, s:s, s:s, s:s}", "report", REPORT_STEP, "bond", "bond0",
			    "step", "conn", "subject", "example", "status", STEP_STATUS_BEGINS));
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
	begin(1);
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
	end();
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
	end();
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
	end();
}
END_TEST

START_TEST(sas_that_are_rekeyed_meanwhile_only_take_a_window_more)
{
	begin(1);
	worker_says(0, STANDING_DONE, "");
	run_for_msec(100);
	kernel_carries(0, 10, 10);
	kernel_rekeys(0);
	run_for_msec(400);
	ck_assert_uint_eq(n_proved, 0);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	end();
}
END_TEST

START_TEST(sas_without_offload_are_software)
{
	begin(1);
	kernel_forgets_offload(0);
	worker_says(0, STANDING_DONE, "");
	run_for_msec(100);
	kernel_carries(0, 10, 0);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_SOFTWARE);
	ck_assert_str_eq(supervisors[0]->proof.reason,
			 "the kernel holds the SAs without offload: conn example");
	end();
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
	end();
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
	ck_assert_str_eq(state(), "configured");
	expect_proved_anew_as_software();
	end();
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
	end();
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
	end();
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
	end();
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
	end();
}
END_TEST

/* ---- failovers ---- */

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
	ck_assert_str_eq(state(), "configured");

	run_for_msec(600);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	ck_assert(failover_log_last(supervisors[0]->failovers)->proven);
	ck_assert_uint_eq(failover_log_last(supervisors[0]->failovers)->tx.hardware, 10);
	end();
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
	end();
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
	end();
}
END_TEST

START_TEST(a_failover_in_the_middle_of_a_proof_begins_it_anew)
{
	begin(1);
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
	end();
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
	end();
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
	end();
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
	end();
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
	end();
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
	end();
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
	end();
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
	run_for_msec(1200);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0].f.cause, FAILOVER_RECONSTRUCTED);
	ck_assert_str_eq(supervisors[0]->active, "ix1");
	kernel_switches(0, "ix0");
	run_for_msec(50);
	ck_assert_uint_eq(n_told, 2);
	end();
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
	end();
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
	end();
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
	end();
}
END_TEST

START_TEST(when_messages_about_sas_were_lost_a_proof_is_opened)
{
	configured_and_proved();
	supervisor_sa_added(supervisors[0], NULL);
	ck_assert(prover_is_open(supervisors[0]->prover));
	end();
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
	end();
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
	end();
}
END_TEST

START_TEST(lost_tunnels_are_wished_back_once_and_only_where_something_may_be_changed)
{
	begin(1);
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
	ck_assert_str_eq(state(), "configured");

	policies[0].manage = POLICY_MONITOR;
	lose_tunnels(0, true);
	ck_assert(!supervisor_may_repair(supervisors[0]));
	ck_assert_uint_eq(n_looks, 1);
	end();
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
	end();
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
	end();
}
END_TEST

/* ---- for who asks ---- */

static const struct policy_proof at_once = { .within_usec = 0, .ratio = 0.95 };

static void run_until_verified(void)
{
	size_t before = n_verified;

	for (int i = 0; i < 100 && n_verified == before; i++)
		run_for_msec(100);
	ck_assert_uint_eq(n_verified, before + 1);
}

START_TEST(somebodys_verification_begins_anew_after_a_failover_as_it_was_asked_for)
{
	struct policy_proof how = { .within_usec = 3000000,
				    .ratio = 0.95,
				    .probe_address = kernel_peer(0),
				    .probe_count = 7 };

	configured_and_proved();
	ck_assert_int_eq(supervisor_verify(supervisors[0], true, &how), 0);
	run_for_msec(100);
	kernel_switches(0, "ix1");
	run_for_msec(50);
	kernel_answers_probes(true);
	run_until_verified();
	ck_assert_uint_eq(proved.probes_sent, 7);
	ck_assert_int_eq(supervisors[0]->verified.verdict, VERDICT_OFFLOADED);
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	end();
}
END_TEST

START_TEST(who_asks_ends_no_proof_that_a_failover_waits_for)
{
	configured_and_proved();
	policies[0].proof.probe_address = kernel_peer(0);
	policies[0].proof.probe_count = 5;
	policies[0].proof.within_usec = 6000000;
	kernel_answers_probes(true);
	kernel_keeps_answers();
	kernel_switches(0, "ix1");
	run_for_msec(50);
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &at_once), 0);
	run_for_msec(700);
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &at_once), 0);
	run_for_msec(500);
	ck_assert(!failover_log_last(supervisors[0]->failovers)->proven);
	kernel_lets_answers_in(true);
	run_until_proved();
	ck_assert_int_eq(failover_log_last(supervisors[0]->failovers)->verdict, VERDICT_OFFLOADED);
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	end();
}
END_TEST

START_TEST(who_asks_without_traffic_takes_no_verdict_away_and_waits_a_second)
{
	configured_and_proved();
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &at_once), 0);
	run_for_msec(700);
	ck_assert_uint_eq(n_verified, 0);
	run_until_verified();
	ck_assert_int_eq(supervisors[0]->verified.verdict, VERDICT_UNKNOWN);
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(changes, 0);
	end();
}
END_TEST

START_TEST(who_asks_and_sees_software_makes_it_known)
{
	configured_and_proved();
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &at_once), 0);
	run_for_msec(100);
	kernel_carries(0, 10, 0);
	run_until_verified();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_SOFTWARE);
	ck_assert_uint_eq(n_proved, 1);
	end();
}
END_TEST

START_TEST(who_asks_second_joins_the_first_for_the_longer_time)
{
	const struct policy_proof two_seconds = { .within_usec = 2000000, .ratio = 0.95 };

	configured_and_proved();
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &at_once), 0);
	run_for_msec(100);
	kernel_carries(0, 2, 2);
	/* Begun anew, its window would be without these. */
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &two_seconds), 0);
	run_for_msec(1300);
	ck_assert_uint_eq(n_verified, 0);
	run_until_verified();
	ck_assert_uint_eq(proved.proof.tx.packets, 2);
	end();
}
END_TEST

START_TEST(who_asks_for_pings_gets_them_beside_who_does_not)
{
	const struct policy_proof pings = { .within_usec = 3000000,
					    .ratio = 0.95,
					    .probe_address = kernel_peer(0),
					    .probe_count = 7 };

	configured_and_proved();
	kernel_answers_probes(true);
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &at_once), 0);
	run_for_msec(100);
	ck_assert_int_eq(supervisor_verify(supervisors[0], true, &pings), 0);
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &at_once), 0);
	run_until_verified();
	ck_assert_uint_eq(proved.probes_sent, 7);
	end();
}
END_TEST

START_TEST(who_asks_is_told_of_an_outage)
{
	configured_and_proved();
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &at_once), 0);
	run_for_msec(50);
	kernel_switches(0, NULL);
	run_for_msec(50);
	ck_assert_uint_eq(n_verified, 1);
	ck_assert_int_eq(supervisors[0]->verified.verdict, VERDICT_UNKNOWN);
	ck_assert_str_eq(supervisors[0]->verified.reason, "the bond has no active port");
	end();
}
END_TEST

START_TEST(five_hundred_switches_over_eight_bonds_are_told_once_each_in_order)
{
	size_t seen[MAX] = { 0 };

	begin(8);
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
	end();
}
END_TEST

UNIT_MAIN("supervisor", a_bond_is_waiting_until_the_worker_has_looked,
	  what_the_worker_finds_is_the_state, a_failed_bond_stays_so_until_somebody_asks,
	  what_was_never_applied_is_applied_at_once, what_somebody_changed_is_repaired_after_a_wait,
	  what_somebody_takes_back_meanwhile_is_not_repaired,
	  two_repairs_that_somebody_undoes_are_enough, what_is_only_watched_is_never_repaired,
	  what_cannot_be_taken_back_yet_is_not_applied_anew,
	  once_nothing_is_left_half_done_a_bond_is_looked_at_anew,
	  a_bond_that_is_held_stays_so_when_nothing_is_left_half_done,
	  a_revert_says_what_there_is_to_know,
	  so_does_a_policy_that_names_a_conn_no_more_until_the_next_one,
	  what_has_failed_by_halves_is_known_to_be_unsettled,
	  what_fails_by_the_old_policy_does_not_hold_the_bond_by_the_new_one,
	  what_is_done_by_the_old_policy_makes_no_drift_of_the_new_one,
	  a_revert_that_is_done_after_somebody_asked_to_apply_does_not_hold,
	  a_worker_that_dies_while_applying_means_failed, reports_that_make_no_sense_change_nothing,
	  a_configured_bond_is_proved_by_its_traffic,
	  without_traffic_the_verdict_is_unknown_and_sampling_ends, after_a_verdict_sampling_ends,
	  looking_again_at_a_configured_bond_proves_nothing_anew,
	  software_is_believed_only_when_a_second_window_agrees, software_twice_is_software,
	  software_once_and_then_silence_is_software, the_policys_probe_makes_the_traffic,
	  a_probe_whose_socket_comes_late_is_sent_late,
	  a_socket_for_a_probe_that_was_refused_is_asked_for_again,
	  without_a_socket_for_a_probe_there_is_only_the_real_traffic,
	  no_probe_is_sent_while_steps_are_taken, answers_that_are_under_way_are_waited_for,
	  answers_that_come_late_and_through_software_make_it_partial,
	  answers_that_never_come_prove_nothing,
	  sas_that_are_rekeyed_meanwhile_only_take_a_window_more, sas_without_offload_are_software,
	  a_new_sa_of_a_conn_opens_a_proof, a_bond_whose_bit_somebody_takes_is_offloaded_no_more,
	  a_fight_shows_no_verdict_of_before_it, a_bond_that_is_blocked_is_proved_anew,
	  what_is_being_applied_is_not_proven, sas_that_are_all_gone_are_not_offloaded,
	  a_failover_is_told_at_once_and_its_verdict_follows,
	  a_failover_to_a_port_without_esp_is_software_though_the_dump_says_offload,
	  an_outage_has_no_active_port_and_is_one_failover_when_it_ends,
	  a_failover_in_the_middle_of_a_proof_begins_it_anew,
	  a_switch_among_lost_messages_is_found_and_marked,
	  words_on_a_switch_that_nobody_saw_are_looked_for_from_the_last_sight_on,
	  a_storm_that_disturbs_every_look_invents_no_failover,
	  a_port_that_gets_another_name_does_not_fail_over,
	  a_bond_that_is_deleted_and_made_again_is_followed_on,
	  a_look_that_is_disturbed_tells_nothing_old_as_new,
	  a_look_that_fails_is_taken_again_until_it_works,
	  a_port_that_was_away_among_lost_messages_is_found_by_its_count_of_failures,
	  a_second_failover_before_the_verdict_leaves_the_first_one_unknown,
	  sas_that_went_since_the_proof_are_counted_before_the_next_failover,
	  when_messages_about_sas_were_lost_a_proof_is_opened,
	  the_record_has_what_speaks_beside_the_counters,
	  sas_that_the_kernel_lost_are_in_the_record_and_looked_into,
	  lost_tunnels_are_wished_back_once_and_only_where_something_may_be_changed,
	  a_bond_that_somebody_sets_down_and_up_is_an_outage_and_proved_anew,
	  a_mode_that_changes_is_told_and_looked_into,
	  somebodys_verification_begins_anew_after_a_failover_as_it_was_asked_for,
	  who_asks_ends_no_proof_that_a_failover_waits_for,
	  who_asks_without_traffic_takes_no_verdict_away_and_waits_a_second,
	  who_asks_and_sees_software_makes_it_known,
	  who_asks_second_joins_the_first_for_the_longer_time,
	  who_asks_for_pings_gets_them_beside_who_does_not, who_asks_is_told_of_an_outage,
	  five_hundred_switches_over_eight_bonds_are_told_once_each_in_order)
