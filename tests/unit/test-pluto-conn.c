/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pluto-conn.h"

#include "unit.h"

static struct pluto_conn c;

START_TEST(libreswan_4_tells_of_a_conn_that_is_down_and_not_oriented)
{
	/* From Libreswan 4.10, as Debian 12 ships it. */
	pluto_conn_parse(
		"000 \"example\": 192.0.2.1...192.0.2.2; unrouted; eroute owner: #0\n"
		"000 \"example\":     unoriented; my_ip=unset; their_ip=unset; my_updown=ipsec "
		"_updown;\n"
		"000 \"example\":   conn_prio: 32,32; interface: ; metric: 0; mtu: unset; "
		"sa_prio:auto; sa_tfc:none;\n"
		"000 \"example\":   newest IKE SA: #0; newest IPsec SA: #0; conn serial: $1;\n"
		"000 \"example\":   ESP algorithms: AES_GCM_16_128-NONE\n",
		"example", &c);

	ck_assert(c.loaded);
	ck_assert(!c.oriented);
	ck_assert(!c.routed);
	ck_assert_str_eq(c.interface, "");
	ck_assert_uint_eq(c.mtu, 0);
	ck_assert_uint_eq(c.ike, 0);
	ck_assert_str_eq(c.esp_algorithm, "");
}
END_TEST

START_TEST(libreswan_4_tells_of_a_conn_that_is_up)
{
	pluto_conn_parse(
		"000 \"example\": 192.0.2.1...192.0.2.2; erouted; eroute owner: #2\n"
		"000 \"example\":     oriented; my_ip=unset; their_ip=unset;\n"
		"000 \"example\":   conn_prio: 32,32; interface: bond0; metric: 0; mtu: 1400; "
		"sa_prio:auto;\n"
		"000 \"example\":   newest IKE SA: #1; newest IPsec SA: #2; conn serial: $1;\n"
		"000 \"example\":   IKE algorithms: AES_GCM_16_128-HMAC_SHA2_256-DH19\n"
		"000 \"example\":   IKEv2 algorithm newest: AES_GCM_16_128-HMAC_SHA2_256-DH19\n"
		"000 \"example\":   ESP algorithm newest: AES_GCM_16_128-NONE; pfsgroup=<Phase1>\n",
		"example", &c);

	ck_assert(c.loaded && c.oriented && c.routed);
	ck_assert_str_eq(c.interface, "bond0");
	ck_assert_uint_eq(c.mtu, 1400);
	ck_assert_uint_eq(c.ike, 1);
	ck_assert_uint_eq(c.child, 2);
	ck_assert_str_eq(c.ike_algorithm, "AES_GCM_16_128-HMAC_SHA2_256-DH19");
	ck_assert_str_eq(c.esp_algorithm, "AES_GCM_16_128-NONE");
}
END_TEST

START_TEST(libreswan_5_has_other_words_and_no_numbers)
{
	/* From Libreswan 5.2, as Debian 13 ships it. */
	pluto_conn_parse(
		"\"example\": 192.0.2.1...192.0.2.2; unrouted; my_ip=unset; their_ip=unset;\n"
		"\"example\":   host: oriented; local: 192.0.2.1; remote: 192.0.2.2;\n"
		"\"example\":   conn_prio: 32,32,0; interface: va; metric: 0; mtu: unset; "
		"sa_prio:auto; sa_tfc:none;\n"
		"\"example\":   routing: unrouted;\n"
		"\"example\":   conn serial: $2;\n",
		"example", &c);
	ck_assert(c.loaded && c.oriented);
	ck_assert(!c.routed);
	ck_assert_str_eq(c.interface, "va");

	pluto_conn_parse(
		"\"example\": 192.0.2.1...192.0.2.2; routed-tunnel; my_ip=unset; "
		"their_ip=unset;\n"
		"\"example\":   newest IKE SA: #3; newest Child SA: #4; conn serial: $1;\n",
		"example", &c);
	ck_assert(c.loaded && c.routed);
	ck_assert_uint_eq(c.ike, 3);
	ck_assert_uint_eq(c.child, 4);
}
END_TEST

START_TEST(libreswan_5_2_calls_the_sas_established)
{
	/* show_connection_status() in Libreswan 5.2's whack_connectionstatus.c */
	pluto_conn_parse("\"example\": 192.0.2.1...192.0.2.2; routed-tunnel; my_ip=unset; "
			 "their_ip=unset;\n"
			 "\"example\":   host: oriented; local: 192.0.2.1; remote: 192.0.2.2; "
			 "established IKE SA: #3;\n"
			 "\"example\":   routing: routed-tunnel; owner: Child SA #4; "
			 "established IKE SA: #3; established Child SA: #4;\n",
			 "example", &c);
	ck_assert(c.loaded && c.oriented && c.routed);
	ck_assert_uint_eq(c.ike, 3);
	ck_assert_uint_eq(c.child, 4);

	pluto_conn_parse("\"example\":   routing: routed-tunnel; established ISAKMP SA: #1; "
			 "established IPsec SA: #2;\n",
			 "example", &c);
	ck_assert_uint_eq(c.ike, 1);
	ck_assert_uint_eq(c.child, 2);
}
END_TEST

START_TEST(the_interface_is_the_one_below_the_conns_own)
{
	pluto_conn_parse(
		"000 \"example\":   conn_prio: 32,32; interface: ipsec1@bond0; metric: 0;\n",
		"example", &c);
	ck_assert_str_eq(c.interface, "bond0");
	pluto_conn_parse("\"example\":   conn_prio: 32,32,0; interface: "
			 "ipsec16384[1]@bond0.100; metric: 0;\n",
			 "example", &c);
	ck_assert_str_eq(c.interface, "bond0.100");
	pluto_conn_parse("\"example\":   conn_prio: 32,32,0; interface: ipsec1@; metric: 0;\n",
			 "example", &c);
	ck_assert_str_eq(c.interface, "");
	pluto_conn_parse("\"example\":   conn_prio: 32,32,0; interface: a@b; metric: 0;\n",
			 "example", &c);
	ck_assert_str_eq(c.interface, "a@b");
}
END_TEST

START_TEST(another_conn_whose_name_begins_alike_is_another_conn)
{
	pluto_conn_parse("000 \"example2\":     oriented;\n000 \"anexample\":     oriented;\n",
			 "example", &c);
	ck_assert(!c.loaded);

	pluto_conn_parse("000 \"example/backup\":     oriented;\n"
			 "000 \"example/1x\":     oriented;\n000 \"example/1x1",
			 "example", &c);
	ck_assert(!c.loaded);
	pluto_conn_parse("000 \"example/backup\":     oriented;\n", "example/backup", &c);
	ck_assert(c.loaded && c.oriented);
}
END_TEST

START_TEST(each_pair_of_subnets_is_the_conn)
{
	pluto_conn_parse("000 \"example/1x2\": 10.0.0.0/8===192.0.2.1...192.0.2.2; unrouted;\n"
			 "000 \"example/1x1\":     oriented;\n"
			 "000 \"example\"[1]:   newest IKE SA: #7; newest IPsec SA: #0;\n",
			 "example", &c);
	ck_assert(c.loaded && c.oriented);
	ck_assert(!c.routed);
	ck_assert_uint_eq(c.ike, 7);
}
END_TEST

UNIT_MAIN("pluto-conn", libreswan_4_tells_of_a_conn_that_is_down_and_not_oriented,
	  libreswan_4_tells_of_a_conn_that_is_up, libreswan_5_has_other_words_and_no_numbers,
	  libreswan_5_2_calls_the_sas_established, the_interface_is_the_one_below_the_conns_own,
	  another_conn_whose_name_begins_alike_is_another_conn, each_pair_of_subnets_is_the_conn)
