/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts-builder.h"
#include "fake-kernel.h"
#include "trial.h"
#include "unit.h"

/* The end of a transaction, with a kernel and a pluto that the test plays. */

static const char *missing; /* the conn that does not come back */
static const char *waited;  /* all that must */
static char *reason;
static const char **deaf; /* conns */
static bool answered;     /* before the steps */

int ipsec_wait_established(const struct ipsec *ipsec _unused_, const char *const *conns,
			   size_t n_conns, uint64_t limit_usec, const char **ret_missing)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	for (size_t i = 0; i < n_conns; i++)
		text_printf(&t, "%s%s", i > 0 ? " " : "", conns[i]);
	ck_assert_str_eq(t.data, waited);
	ck_assert_uint_eq(limit_usec, host.policy.proof.within_usec);
	if (!missing)
		return 0;
	*ret_missing = missing;
	return 1;
}

/* Conn example is the tunnel over bond0 that the kernel has. */
static void begin(void)
{
	char own[FACTS_IP_TEXT_SIZE], peer[FACTS_IP_TEXT_SIZE];
	const struct facts_ip local = kernel_local(0), remote = kernel_peer(0);

	kernel_begin(1);
	begin_host();
	missing = NULL;
	waited = "example";
	reason = NULL;
	deaf = NULL;
	answered = false;
	facts_ip_print(&local, own);
	facts_ip_print(&remote, peer);
	set_key("left", own);
	set_key("right", peer);
	add_address(BOND0, own);
	host.policy.proof.within_usec = 2000000;
	host.policy.proof.ratio = 0.95;
}

static void end(void)
{
	free(reason);
	free(deaf);
	end_host();
	kernel_end();
}

static int try(void)
{
	const struct ipsec ipsec = { 0 };

	return trial_run(facts(), &host.policy, &ipsec, answered, &deaf, &reason);
}

static void fails(const char *why)
{
	ck_assert_int_eq(try(), 1);
	ck_assert_str_eq(reason, why);
}

static void silent_probe(void)
{
	host.policy.proof.probe_address = kernel_peer(0);
	host.policy.proof.probe_count = 5;
}

static void probe(bool hardware)
{
	silent_probe();
	kernel_answers_probes(hardware);
}

START_TEST(a_tunnel_that_does_not_come_back_is_a_failure)
{
	begin();
	missing = "example";
	fails("the tunnel of conn example did not come back within 2 s");
	end();
}
END_TEST

START_TEST(each_of_a_conns_subnets_has_to_come_back)
{
	begin();
	remove_tunnels();
	add_tunnel("example/1x1", 1);
	add_tunnel("example/1x2", 1);
	add_tunnel("neighbour/1x1", 2);
	waited = "example/1x1 example/1x2";
	missing = "example/1x2";
	fails("the tunnel of conn example/1x2 did not come back within 2 s");
	end();
}
END_TEST

START_TEST(where_no_tunnel_was_up_there_is_nothing_to_try)
{
	begin();
	remove_tunnels();
	kernel_forgets_offload(0);
	ck_assert_int_eq(try(), 0);
	end();
}
END_TEST

START_TEST(sas_without_offload_are_a_failure)
{
	begin();
	kernel_forgets_offload(0);
	fails("the kernel holds the incoming SA of conn example without offload");
	end();
}
END_TEST

START_TEST(what_pluto_says_is_no_sa)
{
	begin();
	kernel_flushes_sas(0);
	fails("pluto says that conn example is established, yet the kernel has no incoming SA of "
	      "it");
	end();
}
END_TEST

START_TEST(without_traffic_nothing_speaks_against_it)
{
	begin();
	ck_assert_int_eq(try(), 0);
	end();
}
END_TEST

START_TEST(pings_through_the_hardware_are_fine)
{
	begin();
	probe(true);
	ck_assert_int_eq(try(), 0);
	end();
}
END_TEST

START_TEST(pings_through_software_are_a_failure)
{
	begin();
	probe(false);
	ck_assert_int_eq(try(), 1);
	ck_assert_msg(has_prefix(reason, "software: 0 of "), "%s", reason);
	end();
}
END_TEST

static bool told_to_stop(void)
{
	return true;
}

START_TEST(one_that_is_told_to_stop_waits_for_no_verdict)
{
	const struct ipsec ipsec = { .stop = told_to_stop };

	begin();
	silent_probe();
	ck_assert_int_eq(trial_run(facts(), &host.policy, &ipsec, true, &deaf, &reason),
			 -ECANCELED);
	ck_assert_ptr_null(reason);
	end();
}
END_TEST

static bool is_answered(void)
{
	return trial_is_answered(facts(), &host.policy);
}

START_TEST(who_answers_is_seen_before_the_steps)
{
	begin();
	ck_assert(!is_answered()); /* the policy names nobody */
	silent_probe();
	ck_assert(!is_answered());
	probe(false);
	ck_assert(is_answered());
	kernel_loses_requests(2);
	ck_assert(is_answered());
	remove_tunnels();
	ck_assert(!is_answered());
	end();
}
END_TEST

START_TEST(who_answered_before_the_steps_has_to_answer_after_them)
{
	begin();
	silent_probe();
	ck_assert_int_eq(try(), 0);
	ck_assert_ptr_null(reason);
	answered = true;
	ck_assert_int_eq(try(), TRIAL_FAILED);
	ck_assert_ptr_null(deaf);
	ck_assert_msg(has_prefix(reason, "the tunnels are established, yet none of 5 pings to "),
		      "%s", reason);
	end();
}
END_TEST

START_TEST(one_that_sends_and_receives_nothing_is_deaf)
{
	begin();
	probe(true);
	kernel_keeps_answers();
	answered = true;
	ck_assert_int_eq(try(), TRIAL_DEAF);
	ck_assert_msg(has_prefix(reason, "the tunnels are established, yet none of 5 pings to "),
		      "%s", reason);
	ck_assert_str_eq(deaf[0], "example");
	ck_assert_ptr_null(deaf[1]);
	end();
}
END_TEST

START_TEST(an_answer_after_the_verdict_is_an_answer)
{
	begin();
	probe(true);
	answered = true;
	kernel_loses_requests(5);
	ck_assert_int_eq(try(), 0);
	end();
}
END_TEST

START_TEST(what_could_not_be_seen_is_told)
{
	begin();
	kernel_fails_sas(1);
	ck_assert_int_eq(try(), 0);
	ck_assert_ptr_nonnull(reason);
	ck_assert_str_eq(reason, "whether the hardware does the work could not be seen: the "
				 "counters or the SAs could not be read: Input/output error");
	end();
}
END_TEST

UNIT_MAIN("trial", a_tunnel_that_does_not_come_back_is_a_failure,
	  each_of_a_conns_subnets_has_to_come_back, where_no_tunnel_was_up_there_is_nothing_to_try,
	  sas_without_offload_are_a_failure, what_pluto_says_is_no_sa,
	  without_traffic_nothing_speaks_against_it, pings_through_the_hardware_are_fine,
	  pings_through_software_are_a_failure, one_that_is_told_to_stop_waits_for_no_verdict,
	  who_answers_is_seen_before_the_steps,
	  who_answered_before_the_steps_has_to_answer_after_them,
	  one_that_sends_and_receives_nothing_is_deaf, an_answer_after_the_verdict_is_an_answer,
	  what_could_not_be_seen_is_told)
