/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/socket.h>

#include "fake-kernel.h"
#include "sampler.h"
#include "unit.h"

enum {
	MANY = 3000
};

static struct ethtool *ethtool;
static struct conn_ends conns[MANY];
static struct proof_sample sample;

static void set_up(void)
{
	kernel_begin(8);
	ck_assert_int_eq(ethtool_open(&ethtool), 0);
}

static void tear_down(void)
{
	proof_sample_done(&sample);
	ethtool_close(ethtool);
	kernel_end();
}

/* Samples a bond that is not there, so that only the conns decide which SAs are meant. */
static void take(size_t n_conns)
{
	const struct sampler_view view = { .bond = 4711, .conns = conns, .n_conns = n_conns };

	proof_sample_done(&sample);
	ck_assert_int_eq(sampler_take(ethtool, &view, &sample), 0);
	for (size_t i = 0; i < sample.n_sas; i++)
		ck_assert_uint_lt(sample.sas[i].conn, n_conns);
}

START_TEST(an_sa_between_the_ends_of_a_conn_is_its_own_both_ways)
{
	set_up();
	conns[0] = (struct conn_ends){ .local = kernel_local(2), .remote = kernel_peer(2) };
	take(1);
	ck_assert_uint_eq(sample.n_sas, 2);
	ck_assert_int_ne(sample.sas[0].direction, sample.sas[1].direction);
	tear_down();
}
END_TEST

START_TEST(an_sa_that_is_only_asked_for_is_none)
{
	set_up();
	conns[0] = (struct conn_ends){ .local = kernel_local(2), .remote = kernel_peer(2) };
	kernel_asks_for_sas(2);
	take(1);
	ck_assert_uint_eq(sample.n_sas, 1);
	ck_assert_int_eq(sample.sas[0].direction, FACTS_IN);
	tear_down();
}
END_TEST

START_TEST(one_end_alone_makes_it_nobodys)
{
	set_up();
	conns[0] = (struct conn_ends){ .local = kernel_local(2), .remote = kernel_peer(3) };
	conns[1] = (struct conn_ends){ .local = kernel_local(3), .remote = kernel_peer(2) };
	conns[2] = (struct conn_ends){ .local = kernel_peer(4), .remote = kernel_local(4) };
	take(3);
	ck_assert_uint_eq(sample.n_sas, 0);
	tear_down();
}
END_TEST

START_TEST(a_conn_for_any_peer_has_the_sas_of_its_own_address)
{
	set_up();
	conns[0] = (struct conn_ends){ .local = kernel_local(5), .remote = kernel_peer(1) };
	conns[1] = (struct conn_ends){ .local = kernel_local(2) };
	take(2);
	ck_assert_uint_eq(sample.n_sas, 2);
	tear_down();
}
END_TEST

START_TEST(among_thousands_of_conns_each_sa_finds_its_own)
{
	size_t n;

	set_up();
	for (n = 0; n < MANY - 3; n++)
		conns[n] = (struct conn_ends){
			.local = kernel_local(1),
			.remote = { AF_INET,
				    { 10, (uint8_t)(n * 7919 >> 8), (uint8_t)(n * 7919) } },
		};
	for (size_t bond = 1; bond <= 5; bond += 2)
		conns[n++] = (struct conn_ends){ .local = kernel_local(bond),
						 .remote = kernel_peer(bond) };
	take(n);
	ck_assert_uint_eq(sample.n_sas, 6);
	tear_down();
}
END_TEST

START_TEST(without_conns_those_that_are_offloaded_to_the_bond_count)
{
	const struct sampler_view view = { .bond = 10 };

	set_up();
	ck_assert_int_eq(sampler_take(ethtool, &view, &sample), 0);
	ck_assert_uint_eq(sample.n_sas, 2);
	ck_assert_uint_eq(sample.sas[0].conn, PROOF_NO_CONN);
	tear_down();
}
END_TEST

/* The active port of bond0, with what the counters say beside what its SAs have carried. */
static void take_while_packets_go(size_t n_dumps)
{
	const struct facts_link active = { .ifindex = 11, .name = "ix0", .master = 10 };
	const struct sampler_view view = { .bond = 10, .active = &active };

	kernel_carries_between_reads(n_dumps);
	proof_sample_done(&sample);
	ck_assert_int_eq(sampler_take(ethtool, &view, &sample), 0);
	ck_assert_uint_eq(sample.n_ports, 1);
	ck_assert_uint_eq(sample.n_sas, 2);
}

START_TEST(a_sample_is_taken_again_when_packets_went_between_counters_and_sas)
{
	set_up();
	take_while_packets_go(2);
	ck_assert_uint_eq(kernel_n_dumps(), 3);
	ck_assert_uint_eq(sample.sas[0].packets, 10);
	ck_assert_uint_eq(sample.ports[0].counters.tx_ipsec, 10);
	tear_down();
}
END_TEST

START_TEST(of_several_samples_the_one_is_taken_in_which_the_fewest_packets_went)
{
	set_up();
	kernel_gets_slower(1);
	take_while_packets_go(100);
	ck_assert_uint_eq(kernel_n_dumps(), 3);
	ck_assert_uint_eq(sample.ports[0].later.tx_ipsec - sample.ports[0].counters.tx_ipsec, 6);
	tear_down();
}
END_TEST

START_TEST(where_packets_go_all_the_time_a_sample_is_taken_all_the_same)
{
	set_up();
	take_while_packets_go(100);
	ck_assert_uint_eq(kernel_n_dumps(), 3);
	ck_assert_uint_eq(sample.sas[0].packets, 15);
	ck_assert_uint_eq(sample.ports[0].counters.tx_ipsec, 10);
	tear_down();
}
END_TEST

START_TEST(traffic_is_summed_by_direction_and_by_who_should_do_it)
{
	const struct sampler_view view = { .bond = 10, .conns = conns, .n_conns = 2 };
	struct sampler_traffic traffic;

	set_up();
	conns[0] = (struct conn_ends){ .local = kernel_local(0), .remote = kernel_peer(0) };
	conns[1] = (struct conn_ends){ .local = kernel_local(3), .remote = kernel_peer(3) };
	kernel_carries(0, 30, 20);
	kernel_forgets_offload(3);
	kernel_carries(3, 4, 0);
	ck_assert_int_eq(sampler_traffic(&view, &traffic), 0);
	ck_assert_uint_eq(traffic.n_sas, 4);
	ck_assert_uint_eq(traffic.tx.offloadable, 30);
	ck_assert_uint_eq(traffic.rx.offloadable, 30);
	ck_assert_uint_eq(traffic.tx.software, 4);
	ck_assert_uint_eq(traffic.rx.software, 4);
	tear_down();
}
END_TEST

START_TEST(the_counters_are_read_before_and_after_the_sas)
{
	set_up();
	take_while_packets_go(100);
	ck_assert_uint_eq(sample.ports[0].counters.tx_ipsec, 10);
	ck_assert_uint_eq(sample.ports[0].later.tx_ipsec, 15);
	tear_down();
}
END_TEST

START_TEST(conns_of_the_same_ends_are_named_together)
{
	const struct sampler_view view = { .bond = 4711, .conns = conns, .n_conns = 4 };
	struct proof proof = { .reason = "so", .n_conns = 2 };
	char names[4][2] = { "a", "b", "c", "d" };

	set_up();
	for (size_t i = 0; i < 4; i++)
		conns[i] = (struct conn_ends){ .name = names[i],
					       .local = kernel_local(2),
					       .remote = kernel_peer(i == 1 ? 3 : 2) };
	take(4);
	for (size_t i = 0; i < sample.n_sas; i++)
		ck_assert_uint_eq(sample.sas[i].conn, 0);
	proof.conns[0] = 0;
	proof.conns[1] = 1;
	sampler_name_conns(&view, &proof);
	ck_assert_str_eq(proof.reason, "so: conns a or c or d, b");
	tear_down();
}
END_TEST

UNIT_MAIN("sampler", the_counters_are_read_before_and_after_the_sas,
	  conns_of_the_same_ends_are_named_together,
	  an_sa_between_the_ends_of_a_conn_is_its_own_both_ways,
	  an_sa_that_is_only_asked_for_is_none, one_end_alone_makes_it_nobodys,
	  a_conn_for_any_peer_has_the_sas_of_its_own_address,
	  among_thousands_of_conns_each_sa_finds_its_own,
	  without_conns_those_that_are_offloaded_to_the_bond_count,
	  a_sample_is_taken_again_when_packets_went_between_counters_and_sas,
	  of_several_samples_the_one_is_taken_in_which_the_fewest_packets_went,
	  where_packets_go_all_the_time_a_sample_is_taken_all_the_same,
	  traffic_is_summed_by_direction_and_by_who_should_do_it)
