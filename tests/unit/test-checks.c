/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-faults.h"

/* ---- Causes come first ---- */

static void ck_first(const char *id)
{
	ck_assert_msg(findings.n > 0 && streq(findings.items[0].id, id), "%s", all_findings());
	end_host();
}

START_TEST(the_cause_is_named_first)
{
	begin_host();
	gone_bond();
	no_network_manager();
	check();
	ck_first("bond-exists");

	begin_host();
	foreign_driver();
	set_driver("ix0", "i40e");
	incapable_backup_port();
	set_key("type", "tunnel");
	check();
	ck_first("port-driver");

	begin_host();
	no_network_manager();
	pluto_stopped();
	check();
	ck_first("profile-manager");

	begin_host();
	broken_files();
	pluto_stopped();
	check();
	ck_first("ipsec-files");
}
END_TEST

START_TEST(what_blocks_comes_before_what_warns_and_that_before_notes)
{
	begin_host();
	no_counters();
	other_firmware();
	set_keys("esn=yes\nikev2=never");
	check();
	ck_assert_uint_gt(findings.n, 3);
	for (size_t i = 1; i < findings.n; i++)
		ck_assert_int_le(findings.items[i - 1].severity, findings.items[i].severity);
	end_host();
}
END_TEST

START_TEST(without_a_bond_nothing_is_said_of_its_ports)
{
	begin_host();
	gone_bond();
	check();
	for (size_t i = 0; i < findings.n; i++)
		ck_assert_msg(!has_prefix(findings.items[i].id, "port-"), "%s", all_findings());
	end_host();
}
END_TEST

/* ---- Ciphers ---- */

static void ck_severity(const char *id, int severity)
{
	const struct finding *f = findings_by_id(&findings, id);

	check();
	f = findings_by_id(&findings, id);
	if (severity < 0)
		ck_assert_msg(!f, "%s", all_findings());
	else
		ck_assert_msg(f && (int)f->severity == severity, "%s", all_findings());
}

START_TEST(what_is_asked_for_first_decides_what_a_list_of_ciphers_does)
{
	begin_host();
	set_key("esp", "aes_gcm128-null,aes_gcm256-null");
	ck_severity("conn-esp", FINDING_WARNS);
	end_host();

	begin_host();
	remove_tunnels();
	set_key("esp", "aes_gcm256-null,aes_gcm128-null");
	ck_severity("conn-esp", FINDING_BLOCKS);
	end_host();

	/* … unless the tunnel that is up says otherwise. */
	begin_host();
	set_key("esp", "aes_gcm256-null,aes_gcm128-null");
	ck_severity("conn-esp", FINDING_WARNS);
	end_host();
}
END_TEST

START_TEST(libreswans_own_defaults_never_fit)
{
	static const unsigned int versions[][2] = { { 4, 10 }, { 5, 2 } };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		begin_host();
		set_version(versions[i][0], versions[i][1]);
		remove_tunnels();
		set_keys("type=\nesp=\nesn=");
		check();
		ck_assert_msg(findings_by_id(&findings, "conn-type") &&
				      findings_by_id(&findings, "conn-esp") &&
				      findings_by_id(&findings, "conn-esn"),
			      "%s", all_findings());
		end_host();
	}
}
END_TEST

START_TEST(the_crypto_policy_is_named_when_it_decides_the_cipher)
{
	begin_host();
	set_key("esp", NULL);
	remove_tunnels();
	text_add(&host.crypto_policy, "conn %default\n\tesp=aes_gcm256,chacha20_poly1305\n");
	check();
	ck_assert_msg(findings_by_id(&findings, "conn-esp"), "%s", all_findings());
	ck_assert_ptr_nonnull(strstr(findings_by_id(&findings, "conn-esp")->seen,
				     "the system-wide crypto policy, "
				     "/etc/crypto-policies/back-ends/libreswan.config:2"));
	end_host();
}
END_TEST

START_TEST(what_the_policy_ensures_does_not_block)
{
	begin_host();
	set_keys("esp=aes_gcm256\nesn=yes");
	ensure_esp("aes_gcm128-null");
	ensure_esn("no");
	ck_severity("conn-esp", -1);
	ck_severity("conn-esn", -1);
	end_host();
}
END_TEST

START_TEST(what_the_policy_ensures_must_itself_fit)
{
	begin_host();
	ensure_esp("aes256-sha2");
	ensure_esn("yes");
	ck_severity("conn-esp", FINDING_BLOCKS);
	ck_severity("conn-esn", FINDING_BLOCKS);
	end_host();
}
END_TEST

START_TEST(who_only_looks_ensures_nothing)
{
	begin_host();
	host.policy.manage = POLICY_MONITOR;
	set_keys("esp=aes_gcm256");
	ensure_esp("aes_gcm128-null");
	ck_severity("conn-esp", FINDING_BLOCKS);
	end_host();
}
END_TEST

START_TEST(the_limits_of_ixgbe_are_not_those_of_others)
{
	begin_host();
	foreign_driver_trusted();
	set_keys("type=tunnel\nesp=aes_gcm256\nesn=yes");
	ck_severity("conn-type", -1);
	ck_severity("conn-esp", -1);
	ck_severity("conn-esn", -1);
	end_host();
}
END_TEST

START_TEST(extended_sequence_numbers_are_refused_or_worse_by_the_kernel)
{
	begin_host();
	set_key("esn", "yes");
	check();
	ck_assert_ptr_nonnull(strstr(findings_by_id(&findings, "conn-esn")->why, "refuses"));
	end_host();

	begin_host();
	set_key("esn", "yes");
	kernel_before_the_fault();
	check();
	ck_assert_ptr_nonnull(
		strstr(findings_by_id(&findings, "conn-esn")->why, "gets them wrong"));
	end_host();
}
END_TEST

/* ---- Words ---- */

START_TEST(a_finding_says_what_was_seen_with_its_place)
{
	begin_host();
	set_key("type", "tunnel");
	check();
	ck_assert_str_eq(findings_by_id(&findings, "conn-type")->seen,
			 "type=tunnel (/etc/ipsec.conf:7)");
	end_host();
}
END_TEST

START_TEST(a_vrf_is_not_taken_for_a_switch)
{
	const struct finding *f;

	begin_host();
	add_link(40, "blue", "vrf");
	link_named("bond0")->master = 40;
	check();
	f = findings_by_id(&findings, "bond-upper");
	ck_assert_str_eq(f->seen, "the bond is itself part of blue (VRF)");
	ck_assert_ptr_nonnull(strstr(f->why, "the VRF's device"));
	ck_assert_ptr_null(strstr(f->why, "switch"));
	end_host();
}
END_TEST

START_TEST(a_near_name_is_suggested_for_a_conn_that_is_missing)
{
	begin_host();
	conn_misspelled();
	check();
	ck_assert_ptr_nonnull(
		strstr(findings_by_id(&findings, "conn-exists")->remedy, "\"example\""));
	end_host();
}
END_TEST

START_TEST(a_pattern_whose_conns_all_lie_elsewhere_is_waited_for)
{
	begin_host();
	set_policy_conns("else*");
	add_good_conn("elsewhere", "203.0.113.1", "203.0.113.2");
	check();
	ck_assert_msg(findings_by_id(&findings, "conn-exists"), "%s", all_findings());
	ck_assert(findings_by_id(&findings, "conn-exists")->missing);
	end_host();
}
END_TEST

START_TEST(a_distribution_that_hides_its_fixes_gets_a_note)
{
	begin_host();
	snprintf(host.facts->kernel, 65, "6.8.0-45-generic");
	snprintf(host.facts->kernel_build, 65, "#45-Ubuntu SMP");
	ck_severity("kernel-fault", FINDING_NOTES);
	snprintf(host.facts->kernel, 65, "5.14.0-427.el9.x86_64");
	ck_severity("kernel-fault", -1);
	snprintf(host.facts->kernel, 65, "6.6.40-301.fc40.x86_64");
	ck_severity("kernel-fault", FINDING_WARNS);
	snprintf(host.facts->kernel, 65, "6.12.118");
	ck_severity("kernel-fault", FINDING_BLOCKS);
	snprintf(host.facts->kernel, 65, "6.12.119");
	ck_severity("kernel-fault", FINDING_WARNS);
	snprintf(host.facts->kernel, 65, "7.2.13");
	ck_severity("kernel-fault", -1);
	end_host();
}
END_TEST

START_TEST(of_a_thousand_conns_with_one_fault_twenty_are_shown)
{
	const struct finding *last;
	size_t n = 0;

	begin_host();
	set_policy_conns("example\nc-*");
	for (int i = 0; i < 1000; i++) {
		char text[128];

		snprintf(text, sizeof(text),
			 "conn c-%d\n\tleft=%s\n\tright=198.51.%d.%d\n\ttype=tunnel\n\tesn=no\n"
			 "\tesp=aes_gcm128\n\tnic-offload=yes\n",
			 i, OWN, i / 250, i % 250 + 1);
		add_conf(text);
	}
	check();
	for (size_t i = 0; i < findings.n; i++)
		n += streq(findings.items[i].id, "conn-type");
	ck_assert_uint_eq(n, 21);
	last = &findings.items[20];
	ck_assert_str_eq(last->id, "conn-type");
	ck_assert_str_eq(last->seen, "the same of 980 more");
	ck_assert_int_eq(last->severity, FINDING_BLOCKS);
	ck_assert(!last->missing);
	end_host();
}
END_TEST

UNIT_MAIN("checks", the_cause_is_named_first,
	  what_blocks_comes_before_what_warns_and_that_before_notes,
	  without_a_bond_nothing_is_said_of_its_ports,
	  what_is_asked_for_first_decides_what_a_list_of_ciphers_does,
	  libreswans_own_defaults_never_fit, the_crypto_policy_is_named_when_it_decides_the_cipher,
	  what_the_policy_ensures_does_not_block, what_the_policy_ensures_must_itself_fit,
	  who_only_looks_ensures_nothing, the_limits_of_ixgbe_are_not_those_of_others,
	  extended_sequence_numbers_are_refused_or_worse_by_the_kernel,
	  a_finding_says_what_was_seen_with_its_place, a_vrf_is_not_taken_for_a_switch,
	  a_near_name_is_suggested_for_a_conn_that_is_missing,
	  a_pattern_whose_conns_all_lie_elsewhere_is_waited_for,
	  a_distribution_that_hides_its_fixes_gets_a_note,
	  of_a_thousand_conns_with_one_fault_twenty_are_shown)
