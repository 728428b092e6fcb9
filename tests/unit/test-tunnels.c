/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tunnels.h"

#include <sys/socket.h>

#include "unit.h"

/*
 * Two conns between the same hosts: through SAs with reqid 16389 goes 10.9.1.0/24 <-> 10.9.2.0/24,
 * through those with 16393 the hosts' own traffic; and one with another host.
 */

enum {
	OWN = 1,
	PEER = 2,
	OTHER = 3,
};

static struct facts_ip host(int n)
{
	return (struct facts_ip){ AF_INET, { 192, 0, 2, (uint8_t)n } };
}

static struct facts_sa out(uint32_t spi, int peer, uint32_t reqid)
{
	return (struct facts_sa){ .spi = spi,
				  .direction = FACTS_OUT,
				  .source = host(OWN),
				  .destination = host(peer),
				  .reqid = reqid };
}

static struct facts_sa in(uint32_t spi, int peer, uint32_t reqid)
{
	return (struct facts_sa){ .spi = spi,
				  .direction = FACTS_IN,
				  .source = host(peer),
				  .destination = host(OWN),
				  .reqid = reqid };
}

static struct facts_flow of_networks(uint32_t reqid)
{
	return (struct facts_flow){ .reqid = reqid,
				    .source = { AF_INET, { 10, 9, 1 } },
				    .source_bits = 24,
				    .destination = { AF_INET, { 10, 9, 2 } },
				    .destination_bits = 24 };
}

static struct facts_flow of_hosts(uint32_t reqid, int peer)
{
	return (struct facts_flow){ .reqid = reqid,
				    .source = host(OWN),
				    .source_bits = 32,
				    .destination = host(peer),
				    .destination_bits = 32 };
}

static char networks[] = "networks", hosts[] = "hosts", other[] = "other";
static struct tunnels t;

/* All three are up; the places of the tunnels are those of their names. */
static void begin(void)
{
	struct facts_sa sas[] = { out(11, OTHER, 20),  in(12, OTHER, 20),    out(21, PEER, 16389),
				  in(22, PEER, 16389), out(31, PEER, 16393), in(32, PEER, 16393),
				  out(0, PEER, 99) };
	struct facts_tunnel known[] = { { .conn = hosts, .spi = 32 },
					{ .conn = networks, .spi = 21 },
					{ .conn = other, .spi = 12 } };
	const struct facts_flow flows[] = { of_networks(16389), of_hosts(20, OTHER),
					    of_hosts(16393, PEER) };
	const struct facts facts = { .sas = sas,
				     .n_sas = ARRAY_SIZE(sas),
				     .tunnels = known,
				     .n_tunnels = ARRAY_SIZE(known) };

	t = TUNNELS_NULL;
	ck_assert_int_eq(tunnels_know(&t, &facts, flows, ARRAY_SIZE(flows)), 0);
}

static const struct tunnel *named(const char *conn)
{
	for (size_t i = 0; i < t.n; i++)
		if (streq_ptr(t.items[i].conn, conn))
			return &t.items[i];
	ck_abort_msg("no tunnel of %s", conn);
}

static void ck_up(bool networks_up, bool hosts_up, bool other_up)
{
	ck_assert_int_eq(tunnel_is_up(named(networks)), networks_up);
	ck_assert_int_eq(tunnel_is_up(named(hosts)), hosts_up);
	ck_assert_int_eq(tunnel_is_up(named(other)), other_up);
}

#define SEE(sas, flows)                                                                            \
	ck_assert_int_eq(tunnels_see(&t, sas, ARRAY_SIZE(sas), flows, ARRAY_SIZE(flows)), 0)

START_TEST(those_between_the_same_ends_are_told_apart_and_named_as_pluto_does)
{
	begin();
	ck_assert_uint_eq(t.n, 3);
	ck_up(true, true, true);
	ck_assert(facts_ip_equal(&named(networks)->remote, &named(hosts)->remote));
	ck_assert(!named(networks)->by_ends);
	tunnels_done(&t);
}
END_TEST

START_TEST(one_that_goes_down_is_not_hidden_by_its_neighbour)
{
	const struct facts_sa sas[] = { out(11, OTHER, 20), in(12, OTHER, 20), out(31, PEER, 16393),
					in(32, PEER, 16393) };
	const struct facts_flow flows[] = { of_hosts(20, OTHER), of_hosts(16393, PEER) };

	begin();
	SEE(sas, flows);
	ck_up(false, true, true);
	tunnels_done(&t);
}
END_TEST

START_TEST(one_that_is_taken_up_anew_is_known_again_by_what_goes_through)
{
	const struct facts_sa sas[] = { in(42, PEER, 16397), out(31, PEER, 16393),
					out(41, PEER, 16397), in(32, PEER, 16393) };
	const struct facts_flow before[] = { of_hosts(16393, PEER) };
	const struct facts_flow after[] = { of_hosts(16393, PEER), of_networks(16397) };

	begin();
	SEE(sas, before);
	ck_up(false, true, false);
	SEE(sas, after);
	ck_up(true, true, false);
	ck_assert_uint_eq(named(networks)->in, 1);
	tunnels_done(&t);
}
END_TEST

START_TEST(one_direction_is_no_tunnel)
{
	const struct facts_sa sas[] = { in(22, PEER, 16389), out(31, PEER, 16393) };
	const struct facts_flow flows[] = { of_networks(16389), of_hosts(16393, PEER) };

	begin();
	SEE(sas, flows);
	ck_up(false, false, false);
	tunnels_done(&t);
}
END_TEST

START_TEST(the_same_number_with_another_host_is_another_tunnels)
{
	const struct facts_sa sas[] = { out(21, OTHER, 16389), in(22, OTHER, 16389) };
	const struct facts_flow flows[] = { of_networks(16389) };

	begin();
	SEE(sas, flows);
	ck_up(false, false, false);
	tunnels_done(&t);
}
END_TEST

/* Each thing that can tell what goes through apart does. */
START_TEST(whatever_differs_in_what_goes_through_it_is_another)
{
	struct facts_flow flows[] = { of_networks(1), of_networks(1), of_networks(1),
				      of_networks(1), of_networks(1), of_networks(1),
				      of_networks(1), of_networks(1), of_networks(1),
				      of_networks(1), of_networks(1), of_networks(1),
				      of_networks(1) };
	const struct facts_sa sas[] = { out(21, PEER, 1), in(22, PEER, 1) };

	flows[0].source.bytes[2]++;
	flows[1].destination.family = AF_INET6;
	flows[2].source_bits++;
	flows[3].destination_bits--;
	flows[4].proto = 17;
	flows[5].source_port = 5;
	flows[6].destination_port = 5;
	flows[7].source_port_mask = 0xffff;
	flows[8].destination_port_mask = 0xffff;
	flows[9].link = 7;
	flows[10].if_id = 7;
	flows[11].mark = 7;
	flows[12].mask = 7;
	begin();
	SEE(sas, flows);
	ck_up(false, false, false);
	tunnels_done(&t);
}
END_TEST

START_TEST(an_sa_that_nothing_leads_into_is_no_tunnel_beside_one_that_is_used)
{
	struct facts_sa sas[] = { out(21, PEER, 1), in(22, PEER, 1), out(31, PEER, 2),
				  in(32, PEER, 2) };
	const struct facts_flow flows[] = { of_networks(2) };
	const struct facts facts = { .sas = sas, .n_sas = ARRAY_SIZE(sas) };

	t = TUNNELS_NULL;
	ck_assert_int_eq(tunnels_know(&t, &facts, flows, ARRAY_SIZE(flows)), 0);
	ck_assert_uint_eq(t.n, 1);
	ck_assert_ptr_null(t.items[0].conn);
	ck_assert_uint_eq(t.items[0].out, 1);
	tunnels_done(&t);
}
END_TEST

START_TEST(where_nothing_is_known_to_lead_into_any_the_ends_are_one_tunnel)
{
	struct facts_sa sas[] = { out(21, PEER, 1), in(22, PEER, 1), out(31, PEER, 2),
				  in(32, PEER, 2) };
	const struct facts_sa later[] = { out(41, PEER, 7), in(42, PEER, 8) };
	struct facts_tunnel known[] = { { .conn = hosts, .spi = 21 },
					{ .conn = hosts, .spi = 22 },
					{ .conn = networks, .spi = 31 } };
	struct facts facts = {
		.sas = sas, .n_sas = ARRAY_SIZE(sas), .tunnels = known, .n_tunnels = 2
	};

	t = TUNNELS_NULL;
	ck_assert_int_eq(tunnels_know(&t, &facts, NULL, 0), 0);
	ck_assert_uint_eq(t.n, 1);
	ck_assert(t.items[0].by_ends);
	ck_assert_str_eq(t.items[0].conn, hosts);
	ck_assert_uint_eq(t.items[0].in, 2);
	ck_assert_int_eq(tunnels_see(&t, later, 2, NULL, 0), 0);
	ck_assert(tunnel_is_up(&t.items[0]));
	ck_assert_int_eq(tunnels_see(&t, later, 1, NULL, 0), 0);
	ck_assert(!tunnel_is_up(&t.items[0]));
	tunnels_done(&t);

	facts.n_tunnels = 3;
	ck_assert_int_eq(tunnels_know(&t, &facts, NULL, 0), 0);
	ck_assert_ptr_null(t.items[0].conn);
	tunnels_done(&t);
}
END_TEST

START_TEST(several_flows_of_one_tunnel_are_one_tunnel)
{
	struct facts_sa sas[] = { out(21, PEER, 1), in(22, PEER, 1) };
	const struct facts_sa later[] = { out(31, PEER, 5), in(32, PEER, 5) };
	struct facts_flow flows[] = { of_networks(1), of_hosts(1, PEER) };
	const struct facts facts = { .sas = sas, .n_sas = ARRAY_SIZE(sas) };

	t = TUNNELS_NULL;
	ck_assert_int_eq(tunnels_know(&t, &facts, flows, ARRAY_SIZE(flows)), 0);
	ck_assert_uint_eq(t.n, 1);
	ck_assert_uint_eq(t.items[0].in, 1);
	flows[0].reqid = 5;
	ck_assert_int_eq(tunnels_see(&t, later, 2, flows, 1), 0);
	ck_assert(tunnel_is_up(&t.items[0]));
	tunnels_done(&t);
}
END_TEST

START_TEST(nothing_is_nothing)
{
	const struct facts facts = { 0 };

	t = TUNNELS_NULL;
	ck_assert_int_eq(tunnels_know(&t, &facts, NULL, 0), 0);
	ck_assert_uint_eq(t.n, 0);
	ck_assert_int_eq(tunnels_see(&t, NULL, 0, NULL, 0), 0);
	tunnels_done(&t);
}
END_TEST

UNIT_MAIN("tunnels", those_between_the_same_ends_are_told_apart_and_named_as_pluto_does,
	  one_that_goes_down_is_not_hidden_by_its_neighbour,
	  one_that_is_taken_up_anew_is_known_again_by_what_goes_through, one_direction_is_no_tunnel,
	  the_same_number_with_another_host_is_another_tunnels,
	  whatever_differs_in_what_goes_through_it_is_another,
	  an_sa_that_nothing_leads_into_is_no_tunnel_beside_one_that_is_used,
	  where_nothing_is_known_to_lead_into_any_the_ends_are_one_tunnel,
	  several_flows_of_one_tunnel_are_one_tunnel, nothing_is_nothing)
