/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conn-others.h"
#include "facts-builder.h"

static struct conn_ends_list list;

/* The conns that are meant, blanks between them. */
static void ck_meant(const char *expected)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	_cleanup_free_ char *names = NULL;

	conn_ends_list_done(&list);
	ck_assert_int_eq(conn_ends_of(facts(), &host.policy, &list), 0);
	for (size_t i = 0; i < list.n; i++)
		text_printf(&t, "%s%s", i > 0 ? " " : "", list.items[i].name);
	ck_assert_int_eq(text_take(&t, &names), 0);
	ck_assert_str_eq(names, expected);
}

static void ck_ends(size_t i, const char *local, const char *remote)
{
	char ip[FACTS_IP_TEXT_SIZE];

	ck_assert_str_eq(facts_ip_print(&list.items[i].local, ip), local);
	ck_assert_str_eq(facts_ip_print(&list.items[i].remote, ip), remote);
}

static void ck_skipped(const char *name, enum conn_left_out why)
{
	ck_assert_uint_eq(list.n_skipped, 1);
	ck_assert_str_eq(list.skipped[0].name, name);
	ck_assert_int_eq(list.skipped[0].why, why);
}

static void end(void)
{
	conn_ends_list_done(&list);
	end_host();
}

START_TEST(the_own_end_is_the_one_whose_address_is_here)
{
	begin_host();
	ck_meant("example");
	ck_ends(0, OWN, PEER);
	ck_assert(!list.items[0].assumed);
	ck_assert_int_eq(list.items[0].owner, BOND0);
	end();

	begin_host();
	set_keys("left=" PEER "\nright=" OWN);
	ck_meant("example");
	ck_ends(0, OWN, PEER);
	end();
}
END_TEST

START_TEST(an_end_that_is_no_address_is_taken_to_be_the_bonds)
{
	begin_host();
	set_keys("left=%defaultroute");
	ck_meant("example");
	ck_ends(0, OWN, PEER);
	ck_assert(list.items[0].assumed);
	end();

	/* … and one of the peer's family. */
	begin_host();
	host.facts->addresses[0].ifindex = ETH0;
	add_address(BOND0, "192.0.2.9");
	add_address(BOND0, "2001:db8::9");
	set_keys("left=%defaultroute\nright=2001:db8::2");
	ck_meant("example");
	ck_ends(0, "2001:db8::9", "2001:db8::2");
	end();

	begin_host();
	remove_link("bond0");
	set_keys("left=%defaultroute");
	ck_meant("example");
	ck_ends(0, "", PEER);
	end();
}
END_TEST

START_TEST(an_end_that_names_a_device_has_its_address)
{
	begin_host();
	set_keys("left=%bond0");
	ck_meant("example");
	ck_ends(0, OWN, PEER);
	ck_assert_int_eq(list.items[0].owner, BOND0);
	end();

	begin_host();
	set_keys("left=" PEER "\nright=%eth0");
	ck_meant("example");
	ck_ends(0, "203.0.113.1", PEER);
	ck_assert_int_eq(list.items[0].owner, ETH0);
	end();

	/* One that is not there has none, and least of all the bond's. */
	begin_host();
	set_keys("left=%bond0.7");
	ck_meant("example");
	ck_ends(0, "", PEER);
	ck_assert(list.items[0].absent);
	end();
}
END_TEST

START_TEST(a_peer_that_may_be_anybody_is_not_known)
{
	begin_host();
	set_keys("right=%any");
	ck_meant("example");
	ck_ends(0, OWN, "");
	end();
}
END_TEST

START_TEST(a_conn_is_meant_once_in_the_order_of_the_policy)
{
	begin_host();
	add_good_conn("other", OWN, "192.0.2.3");
	set_policy_conns("other\n*\nexample");
	ck_meant("other example");
	end();
}
END_TEST

START_TEST(a_pattern_means_only_conns_that_go_through_the_bond)
{
	static const struct {
		const char *conf;
		enum conn_left_out why;
	} rows[] = {
		{ "\tleft=203.0.113.1\n\tright=203.0.113.2\n", CONN_LEFT_OUT_ELSEWHERE },
		{ "\tleft=%eth0\n\tright=203.0.113.2\n", CONN_LEFT_OUT_ELSEWHERE },
		{ "\tleft=%any\n\tright=%eth0\n", CONN_LEFT_OUT_ELSEWHERE },
		{ "\tleft=192.0.2.77\n\tright=192.0.2.78\n", CONN_LEFT_OUT_NOT_HERE },
		{ "\tleft=%bond0.7\n\tright=192.0.2.78\n", CONN_LEFT_OUT_NOT_HERE },
		{ "\tleft=" OWN "\n\tright=192.0.2.3\n\tnm-configured=yes\n",
		  CONN_LEFT_OUT_NM_OWNED },
		{ "\tleft=" OWN "\n\tright=192.0.2.3\n\ttype=passthrough\n", CONN_LEFT_OUT_NO_SA },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin_host();
		add_conf("conn odd\n");
		add_conf(rows[i].conf);
		set_policy_conns("*");
		ck_meant("example");
		ck_skipped("odd", rows[i].why);
		end();
	}
}
END_TEST

START_TEST(a_conn_that_is_named_is_meant_whatever_it_says)
{
	begin_host();
	add_conf("conn odd\n\tleft=203.0.113.1\n\tright=203.0.113.2\n");
	set_policy_conns("*\nodd");
	ck_meant("example odd");
	ck_assert_uint_eq(list.n_skipped, 0);
	end();
}
END_TEST

static void mark_shared(void)
{
	_cleanup_(conn_others_done) struct conn_others others = { 0 };

	ck_assert_int_eq(conn_others_of(facts(), &host.policy, 1, &others), 0);
	conn_others_mark(&others, &list);
}

static void ck_shared(const char *conf, bool shared)
{
	begin_host();
	add_conf(conf);
	ck_meant("example");
	mark_shared();
	ck_assert_int_eq(list.items[0].shared, shared);
	end();
}

START_TEST(a_conn_beside_the_policy_shares_the_ends_that_it_may_have_sas_between)
{
	ck_shared("", false);
	ck_shared("conn odd\n\tleft=" OWN "\n\tright=" PEER "\n", true);
	ck_shared("conn odd\n\tleft=" PEER "\n\tright=" OWN "\n", true);
	ck_shared("conn odd\n\tleft=" OWN "\n\tright=%any\n", true);
	ck_shared("conn odd\n\tleft=%defaultroute\n\tright=" PEER "\n", true);
	ck_shared("conn odd\n\tleft=" OWN "\n\tright=192.0.2.99\n", false);
	ck_shared("conn odd\n\tleft=203.0.113.1\n\tright=" PEER "\n", false);
	/* Pluto makes no SA of these. */
	ck_shared("conn odd\n\tleft=" OWN "\n\tright=" PEER "\n\ttype=passthrough\n", false);
	ck_shared("conn odd\n\tleft=%defaultroute\n", false);
}
END_TEST

START_TEST(a_conn_for_any_peer_shares_its_end_with_whoever_has_it)
{
	begin_host();
	set_keys("right=%any");
	add_conf("conn odd\n\tleft=" OWN "\n\tright=192.0.2.99\n");
	ck_meant("example");
	mark_shared();
	ck_assert(list.items[0].shared);
	end();
}
END_TEST

START_TEST(conns_of_the_policy_share_nothing_with_each_other)
{
	begin_host();
	add_good_conn("other", OWN, PEER);
	set_policy_conns("*");
	ck_meant("example other");
	mark_shared();
	ck_assert(!list.items[0].shared && !list.items[1].shared);
	end();

	/* One that a pattern matches and does not mean is beside the policy, too. */
	begin_host();
	add_conf("conn odd\n\tleft=" OWN "\n\tright=" PEER "\n\tnm-configured=yes\n");
	set_policy_conns("*");
	ck_meant("example");
	mark_shared();
	ck_assert(list.items[0].shared);
	end();
}
END_TEST

START_TEST(without_libreswan_no_conn_is_meant)
{
	begin_host();
	host.facts->ipsec_installed = false;
	ck_meant("");
	end();
}
END_TEST

UNIT_MAIN("conn-ends", the_own_end_is_the_one_whose_address_is_here,
	  an_end_that_is_no_address_is_taken_to_be_the_bonds,
	  an_end_that_names_a_device_has_its_address, a_peer_that_may_be_anybody_is_not_known,
	  a_conn_is_meant_once_in_the_order_of_the_policy,
	  a_pattern_means_only_conns_that_go_through_the_bond,
	  a_conn_that_is_named_is_meant_whatever_it_says,
	  a_conn_beside_the_policy_shares_the_ends_that_it_may_have_sas_between,
	  a_conn_for_any_peer_shares_its_end_with_whoever_has_it,
	  conns_of_the_policy_share_nothing_with_each_other, without_libreswan_no_conn_is_meant)
