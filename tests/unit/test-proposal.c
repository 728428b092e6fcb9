/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts-builder.h"

#include "proposal.h"

static struct proposal proposal;
static struct policy *policy;

/* The proposal for the host, read as a policy: without a word against it. */
static void propose(void)
{
	struct diagnostics diagnostics = DIAGNOSTICS_NULL;
	struct policy_text text = { .file = "proposal" };

	ck_assert_int_eq(proposal_make(facts(), &proposal), 0);
	text.bytes = proposal.text;
	text.len = strlen(proposal.text);
	ck_assert_msg(policy_parse(&text, 1, &diagnostics, &policy) == 0, "%s", proposal.text);
	ck_assert_uint_eq(diagnostics.n, 0);
	diagnostics_done(&diagnostics);
	ck_assert_uint_eq(policy->n_bonds, proposal.n_bonds);
}

static void done(void)
{
	policy = policy_free(policy);
	proposal_done(&proposal);
	end_host();
}

static bool says(const char *text)
{
	return strstr(proposal.text, text) != NULL;
}

static struct facts_link *add_bond1(enum facts_bond_mode mode)
{
	struct facts_link *l = add_link(30, "bond1", "bond");

	l->bond.mode = mode;
	l->esp_hw_offload = FACTS_FEATURE_ON;
	return l;
}

START_TEST(a_bond_with_a_conn_is_proposed)
{
	begin_host();
	propose();
	ck_assert_uint_eq(policy->n_bonds, 1);
	ck_assert_str_eq(policy->bonds[0].name, "bond0");
	ck_assert_uint_eq(policy->bonds[0].n_conns, 1);
	ck_assert_str_eq(policy->bonds[0].conns[0], "example");
	ck_assert_uint_eq(proposal.n_conns, 1);
	ck_assert(says("bond0: active-backup over ix0 (ixgbe, active), ix1 (ixgbe)."));
	ck_assert(
		says("- example  # " OWN " to " PEER ", transport mode, up; /etc/ipsec.conf:2\n"));
	ck_assert(says("Nothing speaks against it"));
	done();
}
END_TEST

START_TEST(every_other_value_is_the_default)
{
	struct policy_bond usual;

	begin_host();
	propose();
	ck_assert_int_eq(policy_bond_init("bond0", &usual), 0);
	usual.conns = policy->bonds[0].conns;
	usual.n_conns = 1;
	usual.proof.probe_address = ip_of(PEER);
	usual.proof.probe_count = 5;
	ck_assert(policy_bond_equal(&usual, &policy->bonds[0]));
	usual.conns = NULL;
	usual.n_conns = 0;
	policy_bond_done(&usual);
	done();
}
END_TEST

START_TEST(behind_a_gateway_nobody_is_pinged_unasked)
{
	begin_host();
	set_key("type", "tunnel");
	propose();
	ck_assert_int_eq(policy->bonds[0].proof.probe_address.family, 0);
	ck_assert(says("# probe: {address: "));
	ck_assert(says("blocks  conn-type, example: "));
	done();
}
END_TEST

START_TEST(what_both_ends_must_agree_upon_is_a_comment)
{
	begin_host();
	set_keys("esn=yes\nesp=aes256-sha2");
	propose();
	ck_assert_ptr_null(policy->bonds[0].ensure.esn);
	ck_assert_ptr_null(policy->bonds[0].ensure.esp);
	ck_assert(says("# ensure: {esn: no, esp: aes_gcm128-null}\n"));
	ck_assert(says("blocks  conn-esn, example: "));
	ck_assert(says("blocks  conn-esp, example: "));
	done();
}
END_TEST

START_TEST(conns_of_other_devices_are_left_out_and_it_is_said)
{
	begin_host();
	add_good_conn("office", "203.0.113.1", "203.0.113.9");
	add_good_conn("strange", "198.51.100.1", "198.51.100.2");
	propose();
	ck_assert_uint_eq(policy->bonds[0].n_conns, 1);
	ck_assert(says("# conn office is left out: its own address is eth0's."));
	ck_assert(says("# conn strange is left out: neither of its addresses is this host's."));
	done();
}
END_TEST

START_TEST(a_conn_that_is_not_to_be_offloaded_is_left_out_and_it_is_said)
{
	begin_host();
	add_conf("conn loud\n\tleft=" OWN "\n\tright=" PEER "\n\tnic-offload=no\n");
	propose();
	ck_assert_uint_eq(policy->bonds[0].n_conns, 1);
	ck_assert(says("# conn loud is left out: somebody has written nic-offload=no there.\n"));
	done();
}
END_TEST

START_TEST(no_pattern_stands_where_it_would_take_that_in)
{
	begin_host();
	for (int i = 0; i < PROPOSAL_CONNS_NAMED; i++) {
		char name[32];

		snprintf(name, sizeof(name), "site-%d", i);
		add_good_conn(name, OWN, PEER);
	}
	add_conf("conn loud\n\tleft=" OWN "\n\tright=" PEER "\n\tnic-offload=no\n");
	propose();
	ck_assert_uint_eq(policy->bonds[0].n_conns, PROPOSAL_CONNS_NAMED + 1);
	done();
}
END_TEST

START_TEST(many_that_are_left_out_are_counted)
{
	begin_host();
	for (int i = 0; i < 30; i++) {
		char name[32];

		snprintf(name, sizeof(name), "office-%d", i);
		add_good_conn(name, "203.0.113.1", "203.0.113.9");
	}
	propose();
	ck_assert(says("# conn office-19 is left out: "));
	ck_assert(!says("office-20"));
	ck_assert(says("# And 10 conns more.\n"));
	done();
}
END_TEST

START_TEST(two_bonds_have_their_own_conns)
{
	begin_host();
	add_bond1(FACTS_MODE_ACTIVE_BACKUP);
	add_address(30, "198.51.100.1");
	add_good_conn("second", "198.51.100.1", "198.51.100.2");
	propose();
	ck_assert_uint_eq(policy->n_bonds, 2);
	ck_assert_str_eq(policy->bonds[0].conns[0], "example");
	ck_assert_uint_eq(policy->bonds[0].n_conns, 1);
	ck_assert_str_eq(policy->bonds[1].conns[0], "second");
	ck_assert_uint_eq(policy->bonds[1].n_conns, 1);
	ck_assert(!says("conn second is left out"));
	ck_assert(!says("conn example is left out"));
	done();
}
END_TEST

START_TEST(a_conn_without_an_own_address_is_the_only_bonds)
{
	begin_host();
	set_key("left", "%defaultroute");
	propose();
	ck_assert_uint_eq(policy->bonds[0].n_conns, 1);
	ck_assert(says("- example  # own address not in the file, taken to be the bond's; "));
	done();
}
END_TEST

START_TEST(of_several_bonds_it_is_nobodys)
{
	begin_host();
	add_bond1(FACTS_MODE_ACTIVE_BACKUP);
	set_key("left", "%defaultroute");
	propose();
	ck_assert_uint_eq(policy->n_bonds, 0);
	ck_assert(
		says("# conn example is left out: it names no own address, and there are several"));
	ck_assert(says("# bond1: active-backup without ports.\n"));
	done();
}
END_TEST

START_TEST(a_conn_that_names_its_bond_is_that_bonds)
{
	begin_host();
	add_bond1(FACTS_MODE_ACTIVE_BACKUP);
	add_address(30, "198.51.100.1");
	set_key("left", "%bond1");
	propose();
	ck_assert_uint_eq(policy->n_bonds, 1);
	ck_assert_str_eq(policy->bonds[0].name, "bond1");
	ck_assert(says("- example  # 198.51.100.1 to "));
	ck_assert(!says("conn example is left out"));
	done();
}
END_TEST

START_TEST(a_bond_of_another_mode_is_left_out_and_it_is_said)
{
	begin_host();
	add_bond1(FACTS_MODE_802_3AD);
	propose();
	ck_assert_uint_eq(policy->n_bonds, 1);
	ck_assert(says("# bond1 is left out: its mode is 802.3ad"));
	done();
}
END_TEST

START_TEST(without_a_bond_there_is_nothing_to_propose)
{
	begin_host();
	link_named("bond0")->bond.mode = FACTS_MODE_BALANCE_RR;
	propose();
	ck_assert_uint_eq(policy->n_bonds, 0);
	ck_assert(says("bonds: {}\n"));
	ck_assert(says("There is no active-backup bond"));
	done();
}
END_TEST

START_TEST(without_libreswan_it_is_said_that_there_is_none)
{
	begin_host();
	host.facts->ipsec_installed = false;
	propose();
	ck_assert_uint_eq(policy->n_bonds, 0);
	ck_assert(says("Libreswan is not installed"));
	done();
}
END_TEST

START_TEST(many_conns_are_a_pattern)
{
	begin_host();
	for (int i = 0; i < PROPOSAL_CONNS_NAMED; i++) {
		char name[32];

		snprintf(name, sizeof(name), "site-%d", i);
		add_good_conn(name, OWN, PEER);
	}
	propose();
	ck_assert_uint_eq(policy->bonds[0].n_conns, 1);
	ck_assert_str_eq(policy->bonds[0].conns[0], "*");
	ck_assert_uint_eq(proposal.n_conns, PROPOSAL_CONNS_NAMED + 1);
	ck_assert(says("- \"*\"  # 51 conns now"));
	done();
}
END_TEST

START_TEST(names_that_yaml_takes_for_something_else_are_quoted)
{
	static const char *const names[] = { "yes", "Off", "1a", "~", "a:b", "*a" };

	begin_host();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		add_good_conn(names[i], OWN, PEER);
	propose();
	ck_assert_msg(policy->bonds[0].n_conns == ARRAY_SIZE(names) + 1, "%s", proposal.text);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		ck_assert_str_eq(policy->bonds[0].conns[i + 1], names[i]);
	done();
}
END_TEST

UNIT_MAIN("proposal", a_bond_with_a_conn_is_proposed, every_other_value_is_the_default,
	  behind_a_gateway_nobody_is_pinged_unasked, what_both_ends_must_agree_upon_is_a_comment,
	  conns_of_other_devices_are_left_out_and_it_is_said,
	  a_conn_that_is_not_to_be_offloaded_is_left_out_and_it_is_said,
	  no_pattern_stands_where_it_would_take_that_in, many_that_are_left_out_are_counted,
	  two_bonds_have_their_own_conns, a_conn_without_an_own_address_is_the_only_bonds,
	  of_several_bonds_it_is_nobodys, a_conn_that_names_its_bond_is_that_bonds,
	  a_bond_of_another_mode_is_left_out_and_it_is_said,
	  without_a_bond_there_is_nothing_to_propose,
	  without_libreswan_it_is_said_that_there_is_none, many_conns_are_a_pattern,
	  names_that_yaml_takes_for_something_else_are_quoted)
