/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "proof.h"
#include "unit.h"

/* Two ports, 11 and 12; SAs are numbered by their SPI. */
enum {
	PORT_A = 11,
	PORT_B = 12,
	BOND = 10
};

static struct proof_sample from, to;
static struct proof proof;

static void port(struct proof_sample *s, int ifindex, uint64_t tx, uint64_t rx)
{
	const struct facts_link l = { .ifindex = ifindex,
				      .esp_hw_offload = FACTS_FEATURE_ON,
				      .has_counters = true,
				      .counters = { tx, rx } };

	ck_assert_int_eq(proof_sample_add_port(s, &l), 0);
}

static void port_without_esp(struct proof_sample *s, int ifindex)
{
	const struct facts_link l = { .ifindex = ifindex,
				      .esp_hw_offload = FACTS_FEATURE_FIXED_OFF };

	ck_assert_int_eq(proof_sample_add_port(s, &l), 0);
}

static void sa_full(struct proof_sample *s, uint32_t spi, enum facts_direction direction,
		    bool offloaded, bool ours, uint64_t packets)
{
	const struct facts_sa sa = { .spi = spi,
				     .direction = direction,
				     .packets = packets,
				     .offload_link = offloaded ? BOND : FACTS_NO_LINK };

	ck_assert_int_eq(proof_sample_add_sa(s, &sa, ours ? spi / 10 : PROOF_NO_CONN, false), 0);
}

static void sa_out(struct proof_sample *s, uint32_t spi, uint64_t packets)
{
	sa_full(s, spi, FACTS_OUT, true, true, packets);
}

static void sa_in(struct proof_sample *s, uint32_t spi, uint64_t packets)
{
	sa_full(s, spi, FACTS_IN, true, true, packets);
}

static void judge(void)
{
	proof_judge(&from, &to, 0.95, 3, &proof);
}

static void set_up(void)
{
	from = to = PROOF_SAMPLE_NULL;
	from.active_port = to.active_port = PORT_A;
}

static void tear_down(void)
{
	proof_sample_done(&from);
	proof_sample_done(&to);
}

/* A pair of SAs that carried so many packets out and in, and what port A counted of them. */
static void tunnel_carried_each(uint64_t out, uint64_t in, uint64_t tx, uint64_t rx)
{
	set_up();
	sa_out(&from, 1, 100);
	sa_in(&from, 2, 200);
	sa_out(&to, 1, 100 + out);
	sa_in(&to, 2, 200 + in);
	port(&from, PORT_A, 1000, 2000);
	port(&to, PORT_A, 1000 + tx, 2000 + rx);
	judge();
	tear_down();
}

static void tunnel_carried(uint64_t n, uint64_t tx, uint64_t rx)
{
	tunnel_carried_each(n, n, tx, rx);
}

START_TEST(ten_of_ten_packets_each_way_are_offloaded)
{
	tunnel_carried(10, 10, 10);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	ck_assert_double_eq(proof.ratio, 1);
	ck_assert_str_eq(proof.reason, "");
	ck_assert_uint_eq(proof.tx.packets, 10);
	ck_assert_uint_eq(proof.rx.hardware, 10);
}
END_TEST

START_TEST(packets_that_no_counter_saw_are_software)
{
	tunnel_carried(10, 0, 0);
	ck_assert_int_eq(proof.verdict, VERDICT_SOFTWARE);
	ck_assert_double_eq(proof.ratio, 0);
	ck_assert_str_ne(proof.reason, "");
}
END_TEST

START_TEST(one_direction_alone_is_partial)
{
	tunnel_carried(10, 0, 10);
	ck_assert_int_eq(proof.verdict, VERDICT_PARTIAL);
	ck_assert_double_eq(proof.ratio, 0.5);
	ck_assert_str_eq(proof.reason, "only received packets went through the hardware");
}
END_TEST

START_TEST(questions_without_an_answer_prove_nothing)
{
	tunnel_carried_each(10, 0, 10, 0);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	ck_assert(!proof.discard);
	ck_assert_ptr_nonnull(strstr(proof.reason, "received to judge"));
	tunnel_carried_each(0, 10, 0, 10);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(proof.reason, "transmitted to judge"));
}
END_TEST

START_TEST(half_of_the_packets_is_partial)
{
	tunnel_carried(10, 5, 5);
	ck_assert_int_eq(proof.verdict, VERDICT_PARTIAL);
}
END_TEST

START_TEST(no_traffic_is_unknown_whatever_the_configuration_says)
{
	tunnel_carried(0, 0, 0);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	ck_assert(!proof.discard);
}
END_TEST

START_TEST(too_few_packets_have_no_say)
{
	tunnel_carried(2, 2, 2);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	tunnel_carried(3, 3, 3);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
}
END_TEST

START_TEST(counters_of_others_do_not_make_idle_tunnels_offloaded)
{
	tunnel_carried(0, 50, 50);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
}
END_TEST

START_TEST(a_super_frame_that_was_segmented_later_counts_no_more_than_it_was)
{
	tunnel_carried(10, 440, 10);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(proof.tx.hardware, 10);
	ck_assert_uint_eq(proof.tx.counted, 440);
	ck_assert_double_eq(proof.ratio, 1);
}
END_TEST

START_TEST(surplus_counts_of_one_sa_do_not_hide_the_software_of_another)
{
	set_up();
	sa_out(&from, 1, 0);
	sa_out(&to, 1, 10);
	sa_full(&from, 2, FACTS_OUT, false, true, 0);
	sa_full(&to, 2, FACTS_OUT, false, true, 10);
	port(&from, PORT_A, 0, 0);
	port(&to, PORT_A, 400, 0);
	judge();
	ck_assert_int_eq(proof.verdict, VERDICT_PARTIAL);
	ck_assert_str_eq(proof.reason, "the kernel holds some of the SAs without offload");
	tear_down();
}
END_TEST

START_TEST(sas_of_others_without_offload_are_left_aside)
{
	set_up();
	sa_out(&from, 1, 0);
	sa_out(&to, 1, 10);
	sa_in(&from, 3, 0);
	sa_in(&to, 3, 10);
	sa_full(&from, 2, FACTS_OUT, false, false, 0);
	sa_full(&to, 2, FACTS_OUT, false, false, 1000);
	port(&from, PORT_A, 0, 0);
	port(&to, PORT_A, 10, 10);
	judge();
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	tear_down();
}
END_TEST

/* Ten packets of the policy's each way, and many of a neighbour's; what port A counted. */
static void beside_a_neighbour(uint64_t neighbours, uint64_t counted)
{
	set_up();
	sa_out(&from, 1, 0);
	sa_out(&to, 1, 10);
	sa_in(&from, 3, 0);
	sa_in(&to, 3, 10);
	sa_full(&from, 2, FACTS_OUT, true, false, 0);
	sa_full(&to, 2, FACTS_OUT, true, false, neighbours);
	sa_full(&from, 4, FACTS_IN, true, false, 0);
	sa_full(&to, 4, FACTS_IN, true, false, neighbours);
	port(&from, PORT_A, 0, 0);
	port(&to, PORT_A, counted, counted);
	judge();
	tear_down();
}

START_TEST(sas_of_others_with_offload_explain_their_share_of_the_counters)
{
	beside_a_neighbour(90, 100);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(proof.tx.packets, 10);
	ck_assert_uint_eq(proof.tx.hardware, 10);
	ck_assert_uint_eq(proof.tx.counted, 100);
}
END_TEST

START_TEST(a_busy_neighbour_does_not_hide_packets_in_software)
{
	beside_a_neighbour(1000, 1000);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(proof.reason, "whose"));
	ck_assert_uint_eq(proof.tx.hardware, 0);
}
END_TEST

/*
 * So many packets of the policy's each way, of which the port did so many, and 10,010 of a
 * neighbour's, 50 and 20 of them while the SAs of the two samples were read.
 */
static void beside_a_neighbour_at_work(uint64_t packets, uint64_t hardware)
{
	set_up();
	sa_out(&from, 1, 0);
	sa_out(&to, 1, packets);
	sa_in(&from, 3, 0);
	sa_in(&to, 3, packets);
	sa_full(&from, 2, FACTS_OUT, true, false, 30);
	sa_full(&to, 2, FACTS_OUT, true, false, 10040);
	sa_full(&from, 4, FACTS_IN, true, false, 30);
	sa_full(&to, 4, FACTS_IN, true, false, 10040);
	port(&from, PORT_A, 0, 0);
	from.ports[0].later = (struct facts_counters){ 50, 50 };
	port(&to, PORT_A, hardware + 10030, hardware + 10030);
	to.ports[0].later = (struct facts_counters){ hardware + 10050, hardware + 10050 };
	judge();
	tear_down();
}

START_TEST(what_a_busy_neighbour_carries_while_the_counters_are_read_hides_nothing)
{
	beside_a_neighbour_at_work(10, 0);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(proof.reason, "while the counters were read"));
	beside_a_neighbour_at_work(10, 10);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	/* Of many it is a small share. */
	beside_a_neighbour_at_work(1000, 1000);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
}
END_TEST

START_TEST(a_busy_neighbour_says_nothing_of_idle_tunnels)
{
	set_up();
	sa_out(&from, 1, 0);
	sa_out(&to, 1, 0);
	sa_full(&from, 2, FACTS_OUT, true, false, 0);
	sa_full(&to, 2, FACTS_OUT, true, false, 1000);
	port(&from, PORT_A, 0, 0);
	port(&to, PORT_A, 1000, 1000);
	judge();
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	ck_assert_str_eq(proof.reason, "too few packets went through the tunnels");
	tear_down();
}
END_TEST

START_TEST(what_nobody_counted_is_software_beside_a_neighbour_too)
{
	beside_a_neighbour(1000, 0);
	ck_assert_int_eq(proof.verdict, VERDICT_SOFTWARE);
}
END_TEST

START_TEST(a_window_with_a_failover_in_it_is_thrown_away)
{
	set_up();
	port(&from, PORT_A, 0, 0);
	port(&to, PORT_A, 10, 10);
	port(&to, PORT_B, 0, 0);
	to.active_port = PORT_B;
	judge();
	ck_assert(proof.discard);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	tear_down();
}
END_TEST

START_TEST(a_window_with_a_failover_there_and_back_is_thrown_away)
{
	set_up();
	port(&from, PORT_A, 0, 0);
	port(&to, PORT_A, 10, 10);
	to.switches = from.switches + 2;
	judge();
	ck_assert(proof.discard);
	tear_down();
}
END_TEST

START_TEST(a_bond_without_an_active_port_proves_nothing)
{
	set_up();
	from.active_port = to.active_port = FACTS_NO_LINK;
	judge();
	ck_assert(proof.discard);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	tear_down();
}
END_TEST

START_TEST(counters_that_went_backwards_are_thrown_away)
{
	set_up();
	port(&from, PORT_A, 100, 100);
	port(&to, PORT_A, 5, 105);
	judge();
	ck_assert(proof.discard);
	tear_down();
}
END_TEST

START_TEST(an_sa_that_went_away_takes_the_window_with_it)
{
	set_up();
	sa_out(&from, 1, 100);
	sa_out(&from, 2, 100);
	sa_out(&to, 1, 110);
	port(&from, PORT_A, 0, 0);
	port(&to, PORT_A, 10, 0);
	judge();
	ck_assert(proof.discard);
	tear_down();
}
END_TEST

START_TEST(an_sa_that_counts_backwards_is_another_one)
{
	set_up();
	sa_out(&from, 1, 100);
	sa_out(&to, 1, 10);
	port(&from, PORT_A, 0, 0);
	port(&to, PORT_A, 10, 0);
	judge();
	ck_assert(proof.discard);
	tear_down();
}
END_TEST

START_TEST(an_sa_that_came_by_rekeying_counts_from_zero)
{
	set_up();
	sa_out(&from, 1, 100);
	sa_out(&to, 1, 105);
	sa_out(&to, 3, 5);
	sa_in(&from, 2, 0);
	sa_in(&to, 2, 10);
	port(&from, PORT_A, 0, 0);
	port(&to, PORT_A, 10, 10);
	judge();
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(proof.tx.packets, 10);
	tear_down();
}
END_TEST

START_TEST(a_port_without_esp_offload_means_software_though_the_dump_says_offload)
{
	set_up();
	sa_out(&from, 1, 0);
	sa_out(&to, 1, 10);
	port_without_esp(&from, PORT_A);
	port_without_esp(&to, PORT_A);
	judge();
	ck_assert_int_eq(proof.verdict, VERDICT_SOFTWARE);
	ck_assert_str_eq(proof.reason, "the active port cannot offload ESP");
	tear_down();
}
END_TEST

START_TEST(a_capable_port_without_the_counters_proves_nothing)
{
	const struct facts_link l = { .ifindex = PORT_A, .esp_hw_offload = FACTS_FEATURE_ON };

	set_up();
	sa_out(&from, 1, 0);
	sa_out(&to, 1, 10);
	ck_assert_int_eq(proof_sample_add_port(&from, &l), 0);
	ck_assert_int_eq(proof_sample_add_port(&to, &l), 0);
	judge();
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	ck_assert(!proof.discard);
	tear_down();
}
END_TEST

START_TEST(sas_without_offload_are_software_and_the_reason_says_so)
{
	set_up();
	sa_full(&from, 1, FACTS_OUT, false, true, 0);
	sa_full(&to, 1, FACTS_OUT, false, true, 10);
	port(&from, PORT_A, 0, 0);
	port(&to, PORT_A, 0, 0);
	judge();
	ck_assert_int_eq(proof.verdict, VERDICT_SOFTWARE);
	ck_assert_str_eq(proof.reason, "the kernel holds the SAs without offload");
	tear_down();
}
END_TEST

/* So many conns with one SA each way, of which each carried ten packets. */
enum {
	CONNS = 25,
	LOST = 7,
	EACH = 10
};

static void add_conn(size_t conn, bool offloaded, bool shared, uint64_t packets)
{
	for (int in = 0; in <= 1; in++) {
		struct facts_sa sa = { .spi = 0x100 + (uint32_t)conn * 2 + (uint32_t)in,
				       .direction = in ? FACTS_IN : FACTS_OUT,
				       .offload_link = offloaded ? BOND : FACTS_NO_LINK };

		ck_assert_int_eq(proof_sample_add_sa(&from, &sa, conn, shared), 0);
		sa.packets = packets;
		ck_assert_int_eq(proof_sample_add_sa(&to, &sa, conn, shared), 0);
	}
}

static void counted(uint64_t packets)
{
	port(&from, PORT_A, 0, 0);
	port(&to, PORT_A, packets, packets);
	judge();
}

START_TEST(one_conn_of_many_without_offload_makes_it_partial_and_is_named)
{
	set_up();
	for (size_t i = 0; i < CONNS; i++)
		add_conn(i, i != LOST, false, EACH);
	counted((CONNS - 1) * EACH);
	ck_assert_int_eq(proof.verdict, VERDICT_PARTIAL);
	ck_assert_double_eq_tol(proof.ratio, 0.96, 1e-9);
	ck_assert_str_eq(proof.reason, "the kernel holds some of the SAs without offload");
	ck_assert_uint_eq(proof.n_conns, 1);
	ck_assert_uint_eq(proof.conns[0], LOST);
	ck_assert(!proof.more_conns);
	tear_down();
}
END_TEST

START_TEST(one_packet_of_an_sa_without_offload_is_enough_for_that)
{
	set_up();
	for (size_t i = 0; i < CONNS; i++)
		add_conn(i, i != LOST, false, i == LOST ? 1 : EACH);
	counted((CONNS - 1) * EACH);
	ck_assert_int_eq(proof.verdict, VERDICT_PARTIAL);
	ck_assert_uint_eq(proof.conns[0], LOST);
	tear_down();
}
END_TEST

START_TEST(an_idle_sa_without_offload_says_nothing)
{
	set_up();
	for (size_t i = 0; i < CONNS; i++)
		add_conn(i, i != LOST, false, i == LOST ? 0 : EACH);
	counted((CONNS - 1) * EACH);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(proof.n_conns, 0);
	tear_down();
}
END_TEST

START_TEST(one_conn_of_many_that_the_port_did_not_count_makes_it_partial_and_is_named)
{
	set_up();
	for (size_t i = 0; i < CONNS; i++)
		add_conn(i, true, false, EACH + i);
	counted(CONNS * EACH + CONNS * (CONNS - 1) / 2 - (EACH + LOST));
	ck_assert_double_ge(proof.ratio, 0.95);
	ck_assert_int_eq(proof.verdict, VERDICT_PARTIAL);
	ck_assert_str_eq(proof.reason, "just as many packets are missing in the port's counters as "
				       "one SA carried");
	ck_assert_uint_eq(proof.n_conns, 1);
	ck_assert_uint_eq(proof.conns[0], LOST);
	tear_down();
}
END_TEST

START_TEST(where_it_may_be_any_of_many_some_are_named)
{
	set_up();
	for (size_t i = 0; i < CONNS; i++)
		add_conn(i, true, false, EACH);
	counted((CONNS - 1) * EACH);
	ck_assert_int_eq(proof.verdict, VERDICT_PARTIAL);
	ck_assert_uint_eq(proof.n_conns, PROOF_MAX_CONNS);
	ck_assert(proof.more_conns);
	tear_down();
}
END_TEST

START_TEST(more_missing_than_an_sa_carried_waits_for_a_longer_window)
{
	set_up();
	for (size_t i = 0; i < 2 * CONNS; i++)
		add_conn(i, true, false, EACH);
	counted((2 * CONNS - 2) * EACH);
	ck_assert_double_ge(proof.ratio, 0.95);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	ck_assert(!proof.discard);
	ck_assert_ptr_nonnull(strstr(proof.reason, "whether"));
	tear_down();
}
END_TEST

START_TEST(less_missing_than_any_sa_carried_is_what_the_ratio_is_for)
{
	set_up();
	for (size_t i = 0; i < CONNS; i++)
		add_conn(i, true, false, EACH);
	counted(CONNS * EACH - EACH / 2);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	tear_down();
}
END_TEST

START_TEST(what_the_port_counted_while_the_sas_were_read_is_not_missing)
{
	set_up();
	for (size_t i = 0; i < CONNS; i++)
		add_conn(i, true, false, EACH);
	port(&from, PORT_A, 0, 0);
	port(&to, PORT_A, (CONNS - 1) * EACH, (CONNS - 1) * EACH);
	to.ports[0].later = (struct facts_counters){ CONNS * EACH - 1, CONNS * EACH - 1 };
	judge();
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	tear_down();
}
END_TEST

START_TEST(missing_packets_may_be_a_neighbours)
{
	set_up();
	for (size_t i = 0; i < CONNS; i++)
		add_conn(i, true, false, EACH);
	add_conn(PROOF_NO_CONN, true, false, EACH);
	counted(CONNS * EACH);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(proof.reason, "whose"));
	tear_down();
}
END_TEST

START_TEST(an_sa_that_may_be_a_neighbours_of_the_same_ends_proves_nothing)
{
	set_up();
	add_conn(0, true, true, EACH);
	add_conn(1, true, false, EACH);
	for (int in = 0; in <= 1; in++) {
		struct facts_sa sa = { .spi = 0x900 + (uint32_t)in,
				       .direction = in ? FACTS_IN : FACTS_OUT };

		ck_assert_int_eq(proof_sample_add_sa(&from, &sa, 0, true), 0);
		sa.packets = EACH;
		ck_assert_int_eq(proof_sample_add_sa(&to, &sa, 0, true), 0);
	}
	counted(2 * EACH);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(proof.reason, "same ends"));
	ck_assert_uint_eq(proof.n_conns, 1);
	ck_assert_uint_eq(proof.conns[0], 0);
	tear_down();
}
END_TEST

START_TEST(without_one_that_has_offload_the_sa_of_shared_ends_is_the_conns_own)
{
	set_up();
	add_conn(0, false, true, EACH);
	add_conn(1, true, false, 3 * EACH);
	counted(3 * EACH);
	ck_assert_int_eq(proof.verdict, VERDICT_PARTIAL);
	ck_assert_uint_eq(proof.conns[0], 0);
	tear_down();
}
END_TEST

START_TEST(an_sa_that_the_kernel_refused_may_be_one_that_carried_nothing)
{
	set_up();
	add_conn(0, true, false, EACH);
	add_conn(1, true, false, 0);
	counted(EACH);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	proof_take_refusals(&proof, 0);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	proof_take_refusals(&proof, 1);
	ck_assert_int_eq(proof.verdict, VERDICT_PARTIAL);
	ck_assert_ptr_nonnull(strstr(proof.reason, "could not give 1 "));
	tear_down();

	/* … or a neighbour's. */
	set_up();
	add_conn(0, true, false, EACH);
	add_conn(1, true, false, 0);
	add_conn(PROOF_NO_CONN, true, false, 0);
	counted(EACH);
	proof_take_refusals(&proof, 1);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	tear_down();

	/* Those that carried something are proven. */
	set_up();
	add_conn(0, true, false, EACH);
	add_conn(PROOF_NO_CONN, true, false, 0);
	counted(EACH);
	proof_take_refusals(&proof, 1);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	tear_down();
}
END_TEST

/* Two conns' SAs out and one in each; what port A counted out, and in exactly. */
static void two_sent(uint64_t bulk, uint64_t other, uint64_t counted_out)
{
	set_up();
	sa_out(&from, 11, 0);
	sa_out(&from, 21, 0);
	sa_in(&from, 12, 0);
	sa_in(&from, 22, 0);
	sa_out(&to, 11, bulk);
	sa_out(&to, 21, other);
	sa_in(&to, 12, EACH);
	sa_in(&to, 22, EACH);
	port(&from, PORT_A, 0, 0);
	port(&to, PORT_A, counted_out, 2 * EACH);
	judge();
	tear_down();
}

START_TEST(a_surplus_may_hide_all_that_one_of_several_sas_carried)
{
	two_sent(100, 500, 1000);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	ck_assert(!proof.discard);
	ck_assert_ptr_nonnull(strstr(proof.reason, "more than the SAs carried"));

	/* The only conn of the policy, beside a neighbour's super-frames. */
	set_up();
	sa_out(&from, 11, 0);
	sa_in(&from, 12, 0);
	sa_full(&from, 21, FACTS_OUT, true, false, 0);
	sa_out(&to, 11, 500);
	sa_in(&to, 12, 500);
	sa_full(&to, 21, FACTS_OUT, true, false, 100);
	port(&from, PORT_A, 0, 0);
	port(&to, PORT_A, 1000, 500);
	judge();
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
	tear_down();
}
END_TEST

START_TEST(a_surplus_of_the_only_sa_that_carried_something_hides_nothing)
{
	two_sent(100, 0, 1000);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(proof.tx.counted, 1000);
	ck_assert_uint_eq(proof.surplus, 0);
}
END_TEST

START_TEST(a_surplus_of_what_was_under_way_takes_no_verdict)
{
	two_sent(100, 500, 600);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(proof.surplus, 0);
	two_sent(100, 500, 610);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	/* Of very many packets no share is under way, but what a card's ring holds. */
	two_sent(1000000, 500, 1000500 + 400);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	two_sent(1000000, 500, 1000500 + 4000);
	ck_assert_int_eq(proof.verdict, VERDICT_UNKNOWN);
}
END_TEST

START_TEST(what_was_counted_while_the_sas_were_read_is_no_surplus)
{
	set_up();
	for (size_t i = 0; i < CONNS; i++)
		add_conn(i, true, false, EACH);
	port(&from, PORT_A, 0, 0);
	from.ports[0].later = (struct facts_counters){ CONNS * EACH, CONNS * EACH };
	port(&to, PORT_A, 2 * CONNS * EACH, 2 * CONNS * EACH);
	judge();
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(proof.surplus, 0);
	tear_down();
}
END_TEST

START_TEST(any_surplus_may_hide_an_sa_that_the_kernel_refused)
{
	two_sent(100, 500, 601);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
	proof_take_refusals(&proof, 1);
	ck_assert_int_eq(proof.verdict, VERDICT_PARTIAL);
	ck_assert_ptr_nonnull(strstr(proof.reason, "could not give 1 "));
	ck_assert_ptr_nonnull(strstr(proof.reason, "more than the SAs carried"));

	two_sent(100, 500, 600);
	proof_take_refusals(&proof, 1);
	ck_assert_int_eq(proof.verdict, VERDICT_OFFLOADED);
}
END_TEST

START_TEST(conns_stand_behind_the_reason_as_far_as_there_is_room)
{
	static const char *const names[] = { "a", "b or c", "d" };
	char room[PROOF_REASON_SIZE];

	proof = (struct proof){ .reason = "so", .n_conns = 1 };
	proof_name_conns(&proof, names);
	ck_assert_str_eq(proof.reason, "so: conn a");

	proof = (struct proof){ .reason = "so", .n_conns = 3, .more_conns = true };
	proof_name_conns(&proof, names);
	ck_assert_str_eq(proof.reason, "so: conns a, b or c, d and others");

	for (size_t n = 0; n < sizeof(room) - 1; n++) {
		memset(room, 'x', n);
		room[n] = '\0';
		proof = (struct proof){ .n_conns = 3, .more_conns = true };
		memcpy(proof.reason, room, n + 1);
		proof_name_conns(&proof, names);
		ck_assert_uint_lt(strlen(proof.reason), sizeof(proof.reason));
		ck_assert_int_eq(strncmp(proof.reason, room, n), 0);
	}
}
END_TEST

UNIT_MAIN("proof", a_surplus_may_hide_all_that_one_of_several_sas_carried,
	  a_surplus_of_the_only_sa_that_carried_something_hides_nothing,
	  a_surplus_of_what_was_under_way_takes_no_verdict,
	  what_was_counted_while_the_sas_were_read_is_no_surplus,
	  any_surplus_may_hide_an_sa_that_the_kernel_refused,
	  one_conn_of_many_without_offload_makes_it_partial_and_is_named,
	  one_packet_of_an_sa_without_offload_is_enough_for_that,
	  an_idle_sa_without_offload_says_nothing,
	  one_conn_of_many_that_the_port_did_not_count_makes_it_partial_and_is_named,
	  where_it_may_be_any_of_many_some_are_named,
	  more_missing_than_an_sa_carried_waits_for_a_longer_window,
	  less_missing_than_any_sa_carried_is_what_the_ratio_is_for,
	  what_the_port_counted_while_the_sas_were_read_is_not_missing,
	  missing_packets_may_be_a_neighbours,
	  an_sa_that_may_be_a_neighbours_of_the_same_ends_proves_nothing,
	  without_one_that_has_offload_the_sa_of_shared_ends_is_the_conns_own,
	  an_sa_that_the_kernel_refused_may_be_one_that_carried_nothing,
	  conns_stand_behind_the_reason_as_far_as_there_is_room,
	  a_busy_neighbour_does_not_hide_packets_in_software,
	  a_busy_neighbour_says_nothing_of_idle_tunnels,
	  what_a_busy_neighbour_carries_while_the_counters_are_read_hides_nothing,
	  what_nobody_counted_is_software_beside_a_neighbour_too,
	  ten_of_ten_packets_each_way_are_offloaded, packets_that_no_counter_saw_are_software,
	  one_direction_alone_is_partial, questions_without_an_answer_prove_nothing,
	  half_of_the_packets_is_partial, no_traffic_is_unknown_whatever_the_configuration_says,
	  too_few_packets_have_no_say, counters_of_others_do_not_make_idle_tunnels_offloaded,
	  a_super_frame_that_was_segmented_later_counts_no_more_than_it_was,
	  surplus_counts_of_one_sa_do_not_hide_the_software_of_another,
	  sas_of_others_without_offload_are_left_aside,
	  sas_of_others_with_offload_explain_their_share_of_the_counters,
	  a_window_with_a_failover_in_it_is_thrown_away,
	  a_window_with_a_failover_there_and_back_is_thrown_away,
	  a_bond_without_an_active_port_proves_nothing,
	  counters_that_went_backwards_are_thrown_away,
	  an_sa_that_went_away_takes_the_window_with_it, an_sa_that_counts_backwards_is_another_one,
	  an_sa_that_came_by_rekeying_counts_from_zero,
	  a_port_without_esp_offload_means_software_though_the_dump_says_offload,
	  a_capable_port_without_the_counters_proves_nothing,
	  sas_without_offload_are_software_and_the_reason_says_so)
