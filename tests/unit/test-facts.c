/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/socket.h>

#include "facts.h"
#include "unit.h"

static struct facts_link links[] = {
	{ .ifindex = 1, .name = "lo" },
	{ .ifindex = 2, .name = "ix0", .master = 5 },
	{ .ifindex = 3, .name = "ix1", .master = 6 },
	{ .ifindex = 5, .name = "bond0", .kind = "bond" },
	{ .ifindex = 4, .name = "ix2", .master = 5 },
};

static const struct facts host = { .links = links, .n_links = ARRAY_SIZE(links) };

START_TEST(a_link_is_found_by_its_name_and_by_its_index)
{
	ck_assert_ptr_eq(facts_link_by_name(&host, "bond0"), &links[3]);
	ck_assert_ptr_eq(facts_link_by_index(&host, 4), &links[4]);
	ck_assert_ptr_null(facts_link_by_name(&host, "bond"));
	ck_assert_ptr_null(facts_link_by_index(&host, 7));
}
END_TEST

START_TEST(no_link_has_the_index_of_no_link)
{
	struct facts_link odd = { .ifindex = FACTS_NO_LINK, .name = "odd" };
	const struct facts f = { .links = &odd, .n_links = 1 };

	ck_assert_ptr_null(facts_link_by_index(&f, FACTS_NO_LINK));
}
END_TEST

START_TEST(the_ports_of_a_bond_come_in_the_order_of_the_dump_and_no_others)
{
	const struct facts_link *port = facts_next_port(&host, &links[3], NULL);

	ck_assert_ptr_eq(port, &links[1]);
	port = facts_next_port(&host, &links[3], port);
	ck_assert_ptr_eq(port, &links[4]);
	ck_assert_ptr_null(facts_next_port(&host, &links[3], port));
}
END_TEST

START_TEST(only_the_kind_makes_a_bond)
{
	ck_assert(facts_is_bond(&links[3]));
	ck_assert(!facts_is_bond(&links[1]));
}
END_TEST

START_TEST(a_profile_is_found_by_its_interface)
{
	struct facts_profile profiles[] = { { .bond = "bond1" }, { .bond = "bond0" } };
	const struct facts f = { .profiles = profiles, .n_profiles = 2 };

	ck_assert_ptr_eq(facts_profile_of(&f, "bond0"), &profiles[1]);
	ck_assert_ptr_null(facts_profile_of(&f, "bond2"));
}
END_TEST

START_TEST(a_conn_of_subnets_counts_as_its_conn_and_a_longer_name_does_not)
{
	char longer[] = "example-2", dash[] = "example-12x3", bare[] = "example/x3",
	     open[] = "example/1x", odd[] = "example/1", word[] = "example/1xb",
	     more[] = "example/1x2x3", instance[] = "example/12x3", plain[] = "other";
	struct facts_tunnel tunnels[] = {
		{ .conn = longer }, { .conn = dash },     { .conn = bare },
		{ .conn = open },   { .conn = odd },      { .conn = word },
		{ .conn = more },   { .conn = instance }, { .conn = plain },
	};
	const struct facts f = { .tunnels = tunnels, .n_tunnels = ARRAY_SIZE(tunnels) };

	ck_assert_ptr_eq(facts_tunnel_of(&f, "example"), &tunnels[7]);
	ck_assert_ptr_eq(facts_tunnel_of(&f, "other"), &tunnels[8]);
	ck_assert_ptr_eq(facts_tunnel_of(&f, "example-2"), &tunnels[0]);
	ck_assert_ptr_null(facts_tunnel_of(&f, "exampl"));
	ck_assert_ptr_null(facts_tunnel_of(&f, "oth"));
}
END_TEST

START_TEST(an_address_leads_to_the_device_that_holds_it)
{
	struct facts_address addresses[] = { { .ifindex = 2 }, { .ifindex = 5 } };
	struct facts f = host;
	struct facts_ip ip;

	ck_assert_int_eq(facts_ip_parse("192.0.2.1", &addresses[0].ip), 0);
	ck_assert_int_eq(facts_ip_parse("2001:db8::1", &addresses[1].ip), 0);
	f.addresses = addresses;
	f.n_addresses = ARRAY_SIZE(addresses);

	ck_assert_int_eq(facts_ip_parse("2001:db8:0::1", &ip), 0);
	ck_assert_ptr_eq(facts_owner_of(&f, &ip), &links[3]);
	ck_assert_int_eq(facts_ip_parse("192.0.2.2", &ip), 0);
	ck_assert_ptr_null(facts_owner_of(&f, &ip));

	addresses[0].ip = (struct facts_ip){ 0 };
	ck_assert_ptr_null(facts_owner_of(&f, &(struct facts_ip){ 0 }));
}
END_TEST

START_TEST(only_literal_addresses_are_read_and_the_result_is_untouched_else)
{
	static const char *const no[] = {
		"",       "%defaultroute",    "gateway.example", "192.0.2",   "192.0.2.256",
		"1.2.3.", "2001:db8::1::2",   "fe80::1%eth0",    " 10.0.0.1", "10.0.0.1/24",
		"::g",    "010.000.000.001x",
	};

	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		struct facts_ip ip = { .family = 77 };

		ck_assert_msg(facts_ip_parse(no[i], &ip) == -EINVAL, "%s was taken", no[i]);
		ck_assert_int_eq(ip.family, 77);
	}
}
END_TEST

START_TEST(an_address_is_printed_as_everybody_writes_it)
{
	static const struct {
		const char *in, *out;
		int family;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1", AF_INET },
		{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1", AF_INET6 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AF_INET6 },
	};
	char buffer[FACTS_IP_TEXT_SIZE];
	struct facts_ip ip;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert_int_eq(facts_ip_parse(cases[i].in, &ip), 0);
		ck_assert_int_eq(ip.family, cases[i].family);
		ck_assert_str_eq(facts_ip_print(&ip, buffer), cases[i].out);
	}
	ck_assert_str_eq(facts_ip_print(&(struct facts_ip){ 0 }, buffer), "");
	ck_assert_str_eq(facts_ip_print(&(struct facts_ip){ .family = AF_UNIX }, buffer), "");
}
END_TEST

START_TEST(two_addresses_of_different_families_are_never_equal)
{
	const struct facts_ip four = { .family = AF_INET }, six = { .family = AF_INET6 };

	ck_assert(!facts_ip_equal(&four, &six));
	ck_assert(facts_ip_equal(&four, &(struct facts_ip){ .family = AF_INET }));
}
END_TEST

START_TEST(each_word_is_the_one_that_people_know)
{
	ck_assert_str_eq(facts_mode_name(FACTS_MODE_BALANCE_RR), "balance-rr");
	ck_assert_str_eq(facts_mode_name(FACTS_MODE_ACTIVE_BACKUP), "active-backup");
	ck_assert_str_eq(facts_mode_name(FACTS_MODE_BALANCE_XOR), "balance-xor");
	ck_assert_str_eq(facts_mode_name(FACTS_MODE_BROADCAST), "broadcast");
	ck_assert_str_eq(facts_mode_name(FACTS_MODE_802_3AD), "802.3ad");
	ck_assert_str_eq(facts_mode_name(FACTS_MODE_BALANCE_TLB), "balance-tlb");
	ck_assert_str_eq(facts_mode_name(FACTS_MODE_BALANCE_ALB), "balance-alb");
	ck_assert_str_eq(facts_mode_name(FACTS_MODE_MAX_), "unknown");

	ck_assert_str_eq(facts_feature_name(FACTS_FEATURE_UNKNOWN), "unknown");
	ck_assert_str_eq(facts_feature_name(FACTS_FEATURE_ABSENT), "absent");
	ck_assert_str_eq(facts_feature_name(FACTS_FEATURE_FIXED_OFF), "off [fixed]");
	ck_assert_str_eq(facts_feature_name(FACTS_FEATURE_OFF), "off");
	ck_assert_str_eq(facts_feature_name(FACTS_FEATURE_ON), "on");
	ck_assert_str_eq(facts_feature_name(FACTS_FEATURE_FIXED_ON), "on [fixed]");

	ck_assert_str_eq(facts_unit_state_name(FACTS_UNIT_UNKNOWN), "unknown");
	ck_assert_str_eq(facts_unit_state_name(FACTS_UNIT_INACTIVE), "inactive");
	ck_assert_str_eq(facts_unit_state_name(FACTS_UNIT_ACTIVE), "active");
	ck_assert_str_eq(facts_unit_state_name(FACTS_UNIT_ACTIVATING), "activating");
	ck_assert_str_eq(facts_unit_state_name(FACTS_UNIT_DEACTIVATING), "deactivating");
	ck_assert_str_eq(facts_unit_state_name(FACTS_UNIT_FAILED), "failed");
}
END_TEST

START_TEST(only_a_bit_that_is_set_is_on)
{
	ck_assert(facts_feature_is_on(FACTS_FEATURE_ON));
	ck_assert(facts_feature_is_on(FACTS_FEATURE_FIXED_ON));
	ck_assert(!facts_feature_is_on(FACTS_FEATURE_OFF));
	ck_assert(!facts_feature_is_on(FACTS_FEATURE_FIXED_OFF));
	ck_assert(!facts_feature_is_on(FACTS_FEATURE_ABSENT));
	ck_assert(!facts_feature_is_on(FACTS_FEATURE_UNKNOWN));
}
END_TEST

START_TEST(all_that_the_facts_own_goes_with_them)
{
	struct facts *f = calloc(1, sizeof(*f));

	f->profiles = calloc(1, sizeof(*f->profiles));
	f->n_profiles = 1;
	f->profiles[0].id = strdup("id");
	f->profiles[0].path = strdup("path");
	f->profiles[0].device_path = strdup("device");
	f->profiles[0].filename = strdup("file");
	f->tunnels = calloc(1, sizeof(*f->tunnels));
	f->n_tunnels = 1;
	f->tunnels[0].conn = strdup("conn");
	f->links = calloc(1, sizeof(*f->links));
	f->addresses = calloc(1, sizeof(*f->addresses));
	f->sas = calloc(1, sizeof(*f->sas));

	ck_assert_ptr_null(facts_free(f)); /* the leak checker sees the rest */
	ck_assert_ptr_null(facts_free(NULL));
}
END_TEST

UNIT_MAIN("facts", a_link_is_found_by_its_name_and_by_its_index, no_link_has_the_index_of_no_link,
	  the_ports_of_a_bond_come_in_the_order_of_the_dump_and_no_others,
	  only_the_kind_makes_a_bond, a_profile_is_found_by_its_interface,
	  a_conn_of_subnets_counts_as_its_conn_and_a_longer_name_does_not,
	  an_address_leads_to_the_device_that_holds_it,
	  only_literal_addresses_are_read_and_the_result_is_untouched_else,
	  an_address_is_printed_as_everybody_writes_it,
	  two_addresses_of_different_families_are_never_equal,
	  each_word_is_the_one_that_people_know, only_a_bit_that_is_set_is_on,
	  all_that_the_facts_own_goes_with_them)
