/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pluto-status.h"

#include <stdio.h>

#include "unit.h"

static struct facts_tunnel *tunnels;
static size_t n_tunnels;
static struct pluto_sas sas;

static void read_tunnels(const char *text)
{
	ck_assert_int_eq(pluto_tunnels_parse(text, &tunnels, &n_tunnels), 0);
}

static void read_sas(const char *text)
{
	ck_assert_int_eq(pluto_sas_parse(text, &sas), 0);
}

static void done(void)
{
	tunnels = pluto_tunnels_free(tunnels, n_tunnels);
	n_tunnels = 0;
	pluto_sas_done(&sas);
}

static void expect_tunnel(size_t i, const char *conn, unsigned long serial, uint64_t in,
			  uint64_t out)
{
	ck_assert_uint_lt(i, n_tunnels);
	ck_assert_str_eq(tunnels[i].conn, conn);
	ck_assert_uint_eq(tunnels[i].serial, serial);
	ck_assert_uint_eq(tunnels[i].in_bytes, in);
	ck_assert_uint_eq(tunnels[i].out_bytes, out);
}

static void expect_sa(size_t i, const char *conn, uint32_t spi, const char *destination,
		      enum facts_direction direction, unsigned long ike)
{
	char text[FACTS_IP_TEXT_SIZE];

	ck_assert_uint_lt(i, sas.n);
	ck_assert_str_eq(sas.items[i].conn, conn);
	ck_assert_uint_eq(sas.items[i].spi, spi);
	ck_assert_str_eq(facts_ip_print(&sas.items[i].destination, text), destination);
	ck_assert_int_eq(sas.items[i].direction, direction);
	ck_assert_uint_eq(sas.items[i].ike, ike);
	ck_assert_uint_eq(sas.items[i].proto, 50);
}

START_TEST(libreswan_4_puts_a_number_before_each_tunnel)
{
	read_tunnels("006 #2: \"example\", type=ESP, add_time=1700000000, inBytes=840, "
		     "outBytes=1680, maxBytes=2^63B, id='@east'\n"
		     "006 #5: \"other\", type=ESP, add_time=1700000001, inBytes=0, outBytes=0, "
		     "id='192.0.2.9'\n");

	ck_assert_uint_eq(n_tunnels, 2);
	expect_tunnel(0, "example", 2, 840, 1680);
	expect_tunnel(1, "other", 5, 0, 0);
	ck_assert(!tunnels[0].offloaded);
	ck_assert(!tunnels[0].kernel_lost);
	done();
}
END_TEST

START_TEST(libreswan_5_says_how_it_offloads)
{
	read_tunnels(
		"#2: \"a\", type=ESP(nic-offload=crypto), add_time=1, inBytes=12884901888, "
		"outBytes=7, maxBytes=2^63B, id='@east'\n"
		"#4: \"b\", type=ESP, add_time=1, inBytes=8, outBytes=9, id='@west'\n"
		"#6: \"c\", type=ESP(nic-offload=packet), add_time=1, inBytes=1, outBytes=2\n");

	ck_assert_uint_eq(n_tunnels, 3);
	expect_tunnel(0, "a", 2, UINT64_C(12884901888), 7);
	ck_assert(tunnels[0].offloaded);
	expect_tunnel(1, "b", 4, 8, 9);
	ck_assert(!tunnels[1].offloaded);
	ck_assert(tunnels[2].offloaded);
	done();
}
END_TEST

START_TEST(an_instance_has_the_name_of_its_conn)
{
	read_tunnels("006 #8: \"vpn.example.com\"[1] 192.0.2.1, type=ESP, add_time=1595296930, "
		     "inBytes=5999, outBytes=3231, id='@vpn.example.com', lease=100.64.13.5/32\n");

	ck_assert_uint_eq(n_tunnels, 1);
	expect_tunnel(0, "vpn.example.com", 8, 5999, 3231);
	done();
}
END_TEST

START_TEST(the_number_of_a_subnet_pair_stays_in_the_name)
{
	struct facts facts = { 0 };

	read_tunnels("006 #3: \"nets/1x2\", type=ESP, add_time=1, inBytes=1, outBytes=2, id='b'\n");

	expect_tunnel(0, "nets/1x2", 3, 1, 2);
	facts.tunnels = tunnels;
	facts.n_tunnels = n_tunnels;
	ck_assert_ptr_eq(facts_tunnel_of(&facts, "nets"), &tunnels[0]);
	ck_assert_ptr_null(facts_tunnel_of(&facts, "net"));
	done();
}
END_TEST

START_TEST(a_tunnel_without_byte_counts_was_lost_by_the_kernel)
{
	read_tunnels("006 #2: \"example\", type=ESP, add_time=0, id='@east'\n"
		     "006 #3: \"half\", type=ESP, add_time=0, outBytes=179, id='@east'\n");

	ck_assert_uint_eq(n_tunnels, 2);
	ck_assert(tunnels[0].kernel_lost);
	ck_assert(tunnels[1].kernel_lost);
	expect_tunnel(1, "half", 3, 0, 179);
	done();
}
END_TEST

START_TEST(a_peer_cannot_lie_about_the_counts_with_its_name)
{
	read_tunnels("006 #2: \"a\"[1] 192.0.2.1, username=x, type=ESP, inBytes=77, "
		     "outBytes=77, type=ESP, add_time=1, inBytes=5, outBytes=6\n"
		     "006 #3: \"b\", type=ESP, add_time=1, inBytes=5, outBytes=6, id='CN=x, "
		     "type=ESP(nic-offload=crypto), inBytes=88, outBytes=88'\n");

	expect_tunnel(0, "a", 2, 5, 6);
	expect_tunnel(1, "b", 3, 5, 6);
	ck_assert(!tunnels[1].offloaded);
	done();

	read_tunnels("006 #4: \"c\", type=ESP, add_time=1, inBytes=5, outBytes=6, id='CN=x, "
		     "username=y, type=ESP(nic-offload=crypto), add_time=1'\n");
	expect_tunnel(0, "c", 4, 5, 6);
	ck_assert(!tunnels[0].offloaded && !tunnels[0].kernel_lost);
	done();
}
END_TEST

START_TEST(other_lines_between_the_tunnels_do_no_harm)
{
	read_tunnels("WARNING: ipsec auto has been deprecated\n"
		     "000  \n"
		     "\n"
		     "# 2: \"no\", type=ESP, inBytes=1\n"
		     "#99999999999999999999999: \"no\", type=ESP, inBytes=1, outBytes=1\n"
		     "#1: \"unterminated, type=ESP, inBytes=1\n"
		     "#1: \"\", type=ESP, inBytes=1, outBytes=2\n"
		     "021 no such connection or aliased connection named \"x\"\n"
		     "006 #7: \"yes\", type=ESP, add_time=1, inBytes=1, outBytes=2\n"
		     "#8: \"cut\", type=E");

	ck_assert_uint_eq(n_tunnels, 2);
	expect_tunnel(0, "yes", 7, 1, 2);
	expect_tunnel(1, "cut", 8, 0, 0);
	ck_assert(tunnels[1].kernel_lost);
	done();
}
END_TEST

START_TEST(an_empty_answer_has_no_tunnels)
{
	read_tunnels("");
	ck_assert_uint_eq(n_tunnels, 0);
	done();
}
END_TEST

START_TEST(of_two_sas_of_a_state_the_first_is_outgoing)
{
	read_sas("000 #1: \"example\":500 STATE_V2_ESTABLISHED_IKE_SA (established IKE SA); REKEY "
		 "in 27980s; newest; idle;\n"
		 "000 #2: \"example\":500 STATE_V2_ESTABLISHED_CHILD_SA (established Child SA); "
		 "REKEY in 27080s; newest; eroute owner; IKE SA #1; idle;\n"
		 "000 #2: \"example\" used 2s ago; esp.3a6c6eb@198.51.100.2 "
		 "esp.8fd9bdcd@198.51.100.1 Traffic: ESPin=128B ESPout=128B ESPmax=2^63B \n"
		 "000  \n");

	ck_assert_uint_eq(sas.n, 2);
	expect_sa(0, "example", 0x3a6c6eb, "198.51.100.2", FACTS_OUT, 1);
	expect_sa(1, "example", 0x8fd9bdcd, "198.51.100.1", FACTS_IN, 1);
	ck_assert_uint_eq(sas.items[1].serial, 2);
	done();
}
END_TEST

START_TEST(the_sas_of_libreswan_5_are_read_as_well)
{
	read_sas("#5: \"west/1x1\"[2] 192.0.2.7:4500 ESTABLISHED_CHILD_SA (established Child SA); "
		 "REKEY in 10284s; newest; eroute owner; IKE SA #6; idle;\n"
		 "#5: \"west/1x1\"[2] 192.0.2.7 esp.1@192.0.2.7 esp.ffffffff@192.0.2.8 "
		 "tun.0@192.0.2.7 tun.0@192.0.2.8 Traffic: ESPin=0B ESPout=0B ESPmax=2^63B \n"
		 "#6: \"west/1x1\":4500 ESTABLISHED_IKE_SA (established IKE SA); newest; idle;\n"
		 "#6: pending CHILD SA for \"other\"\n");

	ck_assert_uint_eq(sas.n, 2);
	expect_sa(0, "west/1x1", 1, "192.0.2.7", FACTS_OUT, 6);
	expect_sa(1, "west/1x1", 0xffffffff, "192.0.2.8", FACTS_IN, 6);
	done();
}
END_TEST

START_TEST(sas_over_ipv6_are_written_with_a_colon)
{
	read_sas("#2: \"six\" esp:c0ffee@2001:db8::2 esp:beef@2001:db8::1 Traffic: ESPin=0B \n");

	ck_assert_uint_eq(sas.n, 2);
	expect_sa(0, "six", 0xc0ffee, "2001:db8::2", FACTS_OUT, 0);
	expect_sa(1, "six", 0xbeef, "2001:db8::1", FACTS_IN, 0);
	done();
}
END_TEST

START_TEST(an_ikev1_state_names_its_ike_sa_in_an_older_way)
{
	read_sas("000 #2: \"v1\":500 STATE_QUICK_I2 (sent QI2, IPsec SA established); "
		 "EVENT_SA_REPLACE in 28s; newest IPSEC; eroute owner; isakmp#7; idle;\n"
		 "000 #2: \"v1\" esp.2@192.0.2.2 esp.3@192.0.2.1 Traffic: ESPin=0B \n");

	ck_assert_uint_eq(sas.n, 2);
	expect_sa(0, "v1", 2, "192.0.2.2", FACTS_OUT, 7);
	done();
}
END_TEST

START_TEST(sas_whose_ike_sa_is_gone_are_orphans)
{
	read_sas("000 #5: \"b\":500 STATE_V2_ESTABLISHED_CHILD_SA (established Child SA); newest; "
		 "eroute owner; IKE SA #1; idle;\n"
		 "000 #5: \"b\" esp.4@192.0.2.2 esp.5@192.0.2.1 Traffic: ESPin=0B \n"
		 "000 #9: \"a\":500 STATE_V2_ESTABLISHED_CHILD_SA (established Child SA); newest; "
		 "eroute owner; IKE SA #8; idle;\n"
		 "000 #9: \"a\" esp.2@192.0.2.2 esp.3@192.0.2.1 Traffic: ESPin=0B \n"
		 "000 #8: \"a\":500 STATE_V2_ESTABLISHED_IKE_SA (established IKE SA); newest;\n");
	ck_assert_uint_eq(sas.n, 4);
	ck_assert(sas.items[0].orphan && sas.items[1].orphan);
	ck_assert(!sas.items[2].orphan && !sas.items[3].orphan);
	ck_assert_ptr_null(sas.items[0].ike_conn);
	ck_assert_str_eq(sas.items[2].ike_conn, "a");
	done();

	/* IKEv1's live on, and of others nobody knows. */
	read_sas("000 #2: \"v1\":500 STATE_QUICK_I2 (sent QI2, IPsec SA established); isakmp#7;\n"
		 "000 #2: \"v1\" esp.2@192.0.2.2 esp.3@192.0.2.1 Traffic: ESPin=0B \n"
		 "000 #3: \"x\" esp.6@192.0.2.2 esp.7@192.0.2.1 Traffic: ESPin=0B \n");
	ck_assert_uint_eq(sas.n, 4);
	for (size_t i = 0; i < sas.n; i++)
		ck_assert(!sas.items[i].orphan);
	done();
}
END_TEST

/* Its instance is no part of the name, and the number of an expanded leftsubnets= is. */
START_TEST(who_has_made_the_ike_sa_is_told)
{
	read_sas("000 #3: \"b\":500 STATE_V2_ESTABLISHED_CHILD_SA (established Child SA); IKE SA "
		 "#1;\n"
		 "000 #3: \"b\" esp.4@192.0.2.2 esp.5@192.0.2.1 Traffic: ESPin=0B \n"
		 "000 #1: \"a/1x2\"[1] 192.0.2.2:500 STATE_V2_ESTABLISHED_IKE_SA (established IKE "
		 "SA); newest;\n"
		 "000 #5: \"v1\":500 STATE_QUICK_I2 (sent QI2, IPsec SA established); isakmp#4;\n"
		 "000 #5: \"v1\" esp.6@192.0.2.2 esp.7@192.0.2.1 Traffic: ESPin=0B \n"
		 "000 #4: \"other\":500 STATE_MAIN_I4 (ISAKMP SA established); nodpd;\n");
	ck_assert_uint_eq(sas.n, 4);
	ck_assert_str_eq(sas.items[0].ike_conn, "a/1x2");
	ck_assert_str_eq(sas.items[1].ike_conn, "a/1x2");
	ck_assert_str_eq(sas.items[2].ike_conn, "other");
	done();
}
END_TEST

START_TEST(sas_without_the_line_of_their_state_have_no_ike_sa)
{
	read_sas("#2: \"a\":500 ESTABLISHED_CHILD_SA (established Child SA); IKE SA #1; idle;\n"
		 "#3: \"b\" esp.a@192.0.2.2 esp.b@192.0.2.1 Traffic: ESPin=0B \n");

	ck_assert_uint_eq(sas.n, 2);
	expect_sa(0, "b", 10, "192.0.2.2", FACTS_OUT, 0);
	done();
}
END_TEST

START_TEST(numbers_end_where_their_base_ends)
{
	read_tunnels("006 #2: \"a\", type=ESP, add_time=1, inBytes=12ab, outBytes=3\n");
	expect_tunnel(0, "a", 2, 12, 3);
	done();
}
END_TEST

START_TEST(what_is_no_sa_is_left_out)
{
	read_sas("#2: \"x\" esp.0@192.0.2.1 esp.zz@192.0.2.1 esp.1@nowhere esp.100000000@192.0.2.1 "
		 "esp1@192.0.2.1 esp.1 esp. <unset-said> Traffic: esp.5@192.0.2.1\n"
		 "esp.5@192.0.2.1 Traffic:\n");

	ck_assert_uint_eq(sas.n, 0);
	done();
}
END_TEST

UNIT_MAIN("pluto-status", libreswan_4_puts_a_number_before_each_tunnel,
	  libreswan_5_says_how_it_offloads, an_instance_has_the_name_of_its_conn,
	  the_number_of_a_subnet_pair_stays_in_the_name,
	  a_tunnel_without_byte_counts_was_lost_by_the_kernel,
	  a_peer_cannot_lie_about_the_counts_with_its_name,
	  other_lines_between_the_tunnels_do_no_harm, an_empty_answer_has_no_tunnels,
	  of_two_sas_of_a_state_the_first_is_outgoing, the_sas_of_libreswan_5_are_read_as_well,
	  sas_over_ipv6_are_written_with_a_colon, an_ikev1_state_names_its_ike_sa_in_an_older_way,
	  sas_whose_ike_sa_is_gone_are_orphans, who_has_made_the_ike_sa_is_told,
	  sas_without_the_line_of_their_state_have_no_ike_sa, numbers_end_where_their_base_ends,
	  what_is_no_sa_is_left_out)
