/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/socket.h>

#include "fake-kernel.h"
#include "many-bonds.h"
#include "unit.h"

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
	ck_assert_int_eq(supervisors[0]->verified.proof.verdict, VERDICT_OFFLOADED);
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	bonds_end();
}
END_TEST

/* One of the two pairs carries packets. */
static void carry(void)
{
	run_for_msec(700);
	kernel_carries(0, 10, 10);
}

START_TEST(what_the_kernel_refused_at_a_failover_is_not_offloaded_when_somebody_asks)
{
	struct facts_ip peer = kernel_peer(0);
	struct policy_proof how = { .within_usec = 2500000, .ratio = 0.95 };

	configured_and_proved();
	kernel_has_idle_sas();
	kernel_says("bond0: (slave ix1): bond_ipsec_add_sa_all: failed to add SA");
	kernel_switches(0, "ix1");
	carry();
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_PARTIAL);

	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &how), 0);
	carry();
	run_until_verified();
	ck_assert_int_eq(supervisors[0]->verified.proof.verdict, VERDICT_PARTIAL);
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_PARTIAL);

	supervisor_sa_added(supervisors[0], &peer);
	carry();
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_PARTIAL);

	/* It may be the one that goes. */
	supervisor_sa_removed(supervisors[0], &peer);
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &how), 0);
	carry();
	run_until_verified();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(supervisors[0]->proof.n_idle, 2);
	bonds_end();
}
END_TEST

START_TEST(who_asks_hears_what_the_kernel_refused_before_the_failover_is_proven)
{
	configured_and_proved();
	kernel_has_idle_sas();
	kernel_says("bond0: (slave ix1): bond_ipsec_add_sa_all: failed to add SA");
	kernel_switches(0, "ix1");
	/* Between a look of the proof and its next there is one of this. */
	run_for_msec(1250);
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &at_once), 0);
	run_for_msec(200);
	kernel_carries(0, 10, 10);
	run_until_verified();
	ck_assert(!failover_log_last(supervisors[0]->failovers)->proven);
	ck_assert_int_eq(supervisors[0]->verified.proof.verdict, VERDICT_PARTIAL);
	bonds_end();
}
END_TEST

START_TEST(a_neighbours_sa_that_goes_was_none_of_the_conns_that_were_refused)
{
	const struct policy_proof how = { .within_usec = 2500000, .ratio = 0.95 };
	const struct xfrm_message gone = { .change = XFRM_DELETED,
					   .spi = 4711,
					   .proto = 50,
					   .source = { AF_INET, { 203, 0, 113, 9 } },
					   .destination = kernel_local(0) };

	configured_and_proved();
	kernel_has_idle_sas();
	kernel_says("bond0: (slave ix1): bond_ipsec_add_sa_all: failed to add SA");
	kernel_switches(0, "ix1");
	carry();
	run_until_proved();
	supervisor_sa_told(supervisors[0], &gone);
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &how), 0);
	carry();
	run_until_verified();
	ck_assert_int_eq(supervisors[0]->verified.proof.verdict, VERDICT_PARTIAL);
	bonds_end();
}
END_TEST

START_TEST(once_all_sas_of_the_conns_are_others_none_of_them_was_refused)
{
	struct policy_proof how = { .within_usec = 2500000, .ratio = 0.95 };
	struct facts_ip peer = kernel_peer(0);

	configured_and_proved();
	kernel_has_idle_sas();
	/* More than they have: neighbours' as well. */
	for (int i = 0; i < 9; i++)
		kernel_says("bond0: (slave ix1): bond_ipsec_add_sa_all: failed to add SA");
	kernel_switches(0, "ix1");
	carry();
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_PARTIAL);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_PARTIAL);
		supervisor_sa_removed(supervisors[0], &peer);
	}
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &how), 0);
	carry();
	run_until_verified();
	ck_assert_int_eq(supervisors[0]->verified.proof.verdict, VERDICT_OFFLOADED);
	bonds_end();
}
END_TEST

START_TEST(the_next_failover_gives_what_was_refused_anew)
{
	struct policy_proof how = { .within_usec = 2500000, .ratio = 0.95 };

	configured_and_proved();
	kernel_has_idle_sas();
	kernel_says("bond0: (slave ix1): bond_ipsec_add_sa_all: failed to add SA");
	kernel_switches(0, "ix1");
	carry();
	run_until_proved();
	kernel_switches(0, "ix0");
	carry();
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &how), 0);
	carry();
	run_until_verified();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	bonds_end();
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
	bonds_end();
}
END_TEST

START_TEST(who_asks_without_traffic_takes_no_verdict_away_and_waits_a_second)
{
	configured_and_proved();
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &at_once), 0);
	run_for_msec(700);
	ck_assert_uint_eq(n_verified, 0);
	run_until_verified();
	ck_assert_int_eq(supervisors[0]->verified.proof.verdict, VERDICT_UNKNOWN);
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(changes, 0);
	bonds_end();
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
	bonds_end();
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
	bonds_end();
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
	bonds_end();
}
END_TEST

START_TEST(who_asks_is_answered_though_the_active_port_changes_on_and_on)
{
	const struct policy_proof how = { .within_usec = 5000000, .ratio = 0.95 };
	unsigned int seconds = 0;

	configured_and_proved();
	ck_assert_int_eq(supervisor_verify(supervisors[0], false, &how), 0);
	for (; n_verified == 0 && seconds < 700; seconds += 4) {
		kernel_switches(0, seconds % 8 == 0 ? "ix1" : "ix0");
		run_for_msec(4000);
	}
	ck_assert_uint_eq(n_verified, 1);
	ck_assert_uint_ge(seconds, 590);
	ck_assert_int_eq(supervisors[0]->verified.proof.verdict, VERDICT_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(supervisors[0]->verified.proof.reason, "time and again"));
	bonds_end();
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
	ck_assert_int_eq(supervisors[0]->verified.proof.verdict, VERDICT_UNKNOWN);
	ck_assert_str_eq(supervisors[0]->verified.proof.reason, "the bond has no active port");
	bonds_end();
}
END_TEST

UNIT_MAIN("supervisor-verify",
	  somebodys_verification_begins_anew_after_a_failover_as_it_was_asked_for,
	  what_the_kernel_refused_at_a_failover_is_not_offloaded_when_somebody_asks,
	  who_asks_hears_what_the_kernel_refused_before_the_failover_is_proven,
	  a_neighbours_sa_that_goes_was_none_of_the_conns_that_were_refused,
	  once_all_sas_of_the_conns_are_others_none_of_them_was_refused,
	  the_next_failover_gives_what_was_refused_anew,
	  who_asks_ends_no_proof_that_a_failover_waits_for,
	  who_asks_without_traffic_takes_no_verdict_away_and_waits_a_second,
	  who_asks_and_sees_software_makes_it_known,
	  who_asks_second_joins_the_first_for_the_longer_time,
	  who_asks_for_pings_gets_them_beside_who_does_not,
	  who_asks_is_answered_though_the_active_port_changes_on_and_on,
	  who_asks_is_told_of_an_outage)
