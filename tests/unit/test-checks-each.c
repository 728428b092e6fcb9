/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-faults.h"

struct cause {
	void (*make)(void);
	const char *keys;
};

#define DONE(f)                                                                                    \
	{                                                                                          \
		.make = (f)                                                                        \
	}
#define KEYS(s)                                                                                    \
	{                                                                                          \
		.keys = (s)                                                                        \
	}
#define FOREVER false
#define MISSING true

static const struct {
	const char *id;
	enum finding_severity severity;
	bool missing;
	const char *subject;
	struct cause fault, near_miss;
} cases[] = {
	{ "bond-exists", FINDING_BLOCKS, MISSING, "bond0", DONE(gone_bond),
	  DONE(another_bond_gone) },
	{ "bond-exists", FINDING_BLOCKS, FOREVER, "bond0", DONE(team_of_that_name),
	  DONE(another_bond_in_lacp) },
	{ "bond-mode", FINDING_BLOCKS, FOREVER, "bond0", DONE(round_robin),
	  DONE(another_bond_in_lacp) },
	{ "bond-up", FINDING_BLOCKS, MISSING, "bond0", DONE(bond_down),
	  DONE(bond_without_carrier) },
	{ "bond-ports", FINDING_BLOCKS, MISSING, "bond0", DONE(no_ports), DONE(one_port) },
	{ "bond-active-port", FINDING_BLOCKS, MISSING, "bond0", DONE(no_active_port),
	  DONE(other_port_active) },
	{ "bond-feature", FINDING_BLOCKS, FOREVER, "bond0", DONE(bond_feature_fixed_off),
	  DONE(bond_feature_off) },
	{ "bond-upper", FINDING_BLOCKS, FOREVER, "bond0", DONE(bond_in_open_vswitch),
	  DONE(bond_below_a_vlan) },
	{ "bond-redundancy", FINDING_NOTES, FOREVER, "bond0", DONE(other_port_active),
	  DONE(two_ports_with_a_link) },

	{ "port-driver", FINDING_BLOCKS, FOREVER, "ix1", DONE(foreign_driver),
	  DONE(foreign_driver_trusted) },
	{ "port-feature", FINDING_BLOCKS, FOREVER, "ix1", DONE(incapable_backup_port),
	  DONE(port_feature_switched_off) },
	{ "port-rx-all", FINDING_BLOCKS, FOREVER, "ix0", DONE(rx_all_on),
	  DONE(rx_all_on_elsewhere) },
	{ "port-vfs", FINDING_BLOCKS, FOREVER, "ix0", DONE(virtual_functions),
	  DONE(virtual_functions_behind_vepa) },
	{ "port-counters", FINDING_WARNS, FOREVER, "ix0", DONE(no_counters),
	  DONE(no_counters_elsewhere) },
	{ "port-alike", FINDING_NOTES, FOREVER, "ix1", DONE(other_firmware), DONE(other_bus) },

	{ "kernel-esp-offload", FINDING_BLOCKS, FOREVER, "esp4_offload", DONE(no_esp4_offload),
	  DONE(no_esp6_offload) },
	{ "kernel-fault", FINDING_BLOCKS, FOREVER, "kernel", DONE(kernel_with_a_fault),
	  DONE(kernel_before_the_fault) },

	{ "profile-manager", FINDING_BLOCKS, MISSING, "NetworkManager", DONE(no_network_manager),
	  DONE(no_network_manager_to_look_only) },
	{ "profile-manager", FINDING_BLOCKS, MISSING, "NetworkManager",
	  DONE(network_manager_that_hangs), DONE(no_network_manager_to_look_only) },
	{ "profile-exists", FINDING_BLOCKS, MISSING, "bond0", DONE(profile_of_another),
	  DONE(no_profile_to_look_only) },
	{ "profile-writable", FINDING_BLOCKS, FOREVER, "bond0", DONE(profile_in_memory),
	  DONE(profile_in_memory_with_the_feature) },
	{ "profile-active", FINDING_WARNS, FOREVER, "bond0", DONE(profile_not_active),
	  DONE(profile_not_active_without_a_bond) },
	{ "profile-autoconnect", FINDING_NOTES, FOREVER, "bond0", DONE(profile_without_autoconnect),
	  DONE(ports_held_back) },
	{ "profile-ports", FINDING_WARNS, FOREVER, "bond0", DONE(ports_held_back),
	  DONE(ports_held_back_but_fetched) },
	{ "profile-reactivation", FINDING_WARNS, FOREVER, "bond0", DONE(bond_feature_off),
	  DONE(bond_feature_off_to_be_switched_live) },

	{ "ipsec-installed", FINDING_BLOCKS, MISSING, "ipsec", DONE(no_libreswan),
	  DONE(pluto_stopped) },
	{ "ipsec-version", FINDING_BLOCKS, FOREVER, "ipsec", DONE(libreswan_3_20),
	  DONE(libreswan_3_21) },
	{ "ipsec-version", FINDING_BLOCKS, MISSING, "ipsec", DONE(version_that_hangs),
	  DONE(libreswan_3_21) },
	{ "ipsec-running", FINDING_BLOCKS, MISSING, "ipsec", DONE(pluto_stopped),
	  DONE(systemd_cannot_be_asked) },
	{ "ipsec-files", FINDING_BLOCKS, FOREVER, "ipsec", DONE(broken_files), DONE(odd_files) },
	{ "ipsec-files", FINDING_WARNS, FOREVER, "ipsec", DONE(unreadable_file),
	  DONE(include_of_nothing) },
	{ "ipsec-restart", FINDING_NOTES, FOREVER, "ipsec", DONE(restart_with_a_neighbour),
	  DONE(replace_with_a_neighbour) },
	{ "ipsec-restart", FINDING_WARNS, FOREVER, "ipsec",
	  DONE(restart_with_a_vpn_of_network_manager), DONE(restart_with_a_tunnel_of_subnets) },
	{ "ipsec-foreign-sas", FINDING_WARNS, FOREVER, "ipsec", DONE(restart_with_foreign_sas),
	  DONE(restart_of_5_with_foreign_sas) },

	{ "conn-exists", FINDING_BLOCKS, MISSING, "exmaple", DONE(conn_misspelled),
	  DONE(conn_by_pattern) },
	{ "conn-unique", FINDING_BLOCKS, FOREVER, "example", DONE(conn_defined_twice),
	  DONE(other_conn_defined_twice) },
	{ "conn-loads", FINDING_BLOCKS, FOREVER, "example", DONE(conn_with_a_conflict),
	  DONE(conn_without_a_conflict) },
	{ "conn-nm-owned", FINDING_BLOCKS, FOREVER, "example", KEYS("nm-configured=yes"),
	  KEYS("nm-configured=no") },
	{ "conn-address", FINDING_BLOCKS, FOREVER, "example", DONE(address_on_a_vlan),
	  DONE(address_on_the_right) },
	{ "conn-address", FINDING_BLOCKS, MISSING, "example", KEYS("left=192.0.2.99"),
	  KEYS("left=%defaultroute") },
	{ "conn-address", FINDING_BLOCKS, FOREVER, "example", KEYS("left=%eth0"),
	  KEYS("left=%bond0") },
	{ "conn-address", FINDING_BLOCKS, MISSING, "example", KEYS("left=%bond0.7"),
	  KEYS("left=%any") },
	{ "conn-skipped", FINDING_NOTES, FOREVER, "elsewhere", DONE(pattern_with_a_conn_elsewhere),
	  DONE(pattern_with_a_passthrough) },
	{ "conn-type", FINDING_BLOCKS, FOREVER, "example", KEYS("type=tunnel"),
	  KEYS("type=Transport") },
	{ "conn-phase2", FINDING_BLOCKS, FOREVER, "example", KEYS("phase2=ah"),
	  KEYS("phase2=esp") },
	{ "conn-esp", FINDING_BLOCKS, FOREVER, "example", KEYS("esp=aes_gcm256-null"),
	  KEYS("esp=aes_gcm_c_128") },
	{ "conn-esn", FINDING_BLOCKS, FOREVER, "example", KEYS("esn=either"),
	  KEYS("esn=yes\nreplay-window=0") },
	{ "conn-replay", FINDING_WARNS, FOREVER, "example", KEYS("replay-window=0"),
	  KEYS("replay-window=64") },
	{ "conn-compress", FINDING_BLOCKS, FOREVER, "example", KEYS("compress=yes"),
	  KEYS("compress=no") },
	{ "conn-encapsulation", FINDING_BLOCKS, FOREVER, "example", KEYS("encapsulation=yes"),
	  KEYS("encapsulation=auto\nenable-tcp=no") },
	{ "conn-encapsulation", FINDING_BLOCKS, FOREVER, "example", KEYS("enable-tcp=fallback"),
	  KEYS("encapsulation=no") },
	{ "conn-tfc", FINDING_BLOCKS, FOREVER, "example", KEYS("tfc=1400"), KEYS("tfc=0") },
	{ "conn-interface", FINDING_BLOCKS, FOREVER, "example", KEYS("ipsec-interface=yes"),
	  KEYS("ipsec-interface=no") },
	{ "conn-table", FINDING_BLOCKS, FOREVER, "bond0", DONE(conn_of_one_thousand_subnets),
	  DONE(conn_of_four_subnets) },
	{ "conn-ike", FINDING_NOTES, FOREVER, "example", KEYS("ikev2=never"), KEYS("ikev2=yes") },
	{ "conn-ike", FINDING_NOTES, FOREVER, "example", KEYS("ikev2=permit"),
	  KEYS("ikev2=propose") },
	{ "conn-ike", FINDING_NOTES, FOREVER, "example", DONE(ikev1_by_keyexchange),
	  DONE(ikev2_by_keyexchange) },
	{ "conn-nic-offload", FINDING_WARNS, FOREVER, "example",
	  KEYS("type=tunnel\nnic-offload=yes"), KEYS("type=tunnel\nnic-offload=no") },
	{ "conn-nic-offload", FINDING_NOTES, FOREVER, "example",
	  KEYS("type=tunnel\nnic-offload=auto"), KEYS("nic-offload=auto") },

	{ "sa-lost", FINDING_WARNS, FOREVER, "example", DONE(tunnel_lost),
	  DONE(kernel_that_was_not_asked) },
	{ "sa-cipher", FINDING_BLOCKS, FOREVER, "example", DONE(longer_keys_in_use),
	  DONE(longer_keys_in_use_by_a_neighbour) },
	{ "sa-cipher", FINDING_BLOCKS, FOREVER, "example", DONE(longer_keys_in_use),
	  DONE(sa_that_is_being_negotiated) },
	{ "sa-lost", FINDING_WARNS, FOREVER, "example",
	  DONE(nothing_but_sas_that_are_being_negotiated), DONE(sa_that_is_being_negotiated) },
	{ "sa-offload", FINDING_WARNS, FOREVER, "example", DONE(sas_in_software),
	  DONE(sa_that_is_being_negotiated) },
	{ "sa-encapsulated", FINDING_BLOCKS, FOREVER, "example", DONE(nat_on_the_way),
	  DONE(nat_on_a_neighbours_way) },
	{ "sa-offload", FINDING_WARNS, FOREVER, "example", DONE(sas_in_software),
	  DONE(a_neighbours_sa_in_software) },

	{ "conn-edit", FINDING_BLOCKS, FOREVER, "example", DONE(value_shared_by_others),
	  DONE(value_shared_by_nobody) },
	{ "conn-edit", FINDING_BLOCKS, FOREVER, "bond0", DONE(more_edits_than_are_made),
	  DONE(many_conns_and_a_default) },
	{ "conn-auto", FINDING_WARNS, FOREVER, "example", DONE(restart_of_a_conn_that_stays_down),
	  DONE(restart_of_a_conn_that_comes_back) },
	{ "conn-auto", FINDING_WARNS, FOREVER, "example",
	  DONE(restart_of_a_conn_that_stays_down_in_capitals),
	  DONE(restart_of_a_conn_that_comes_back) },
};

static void begin_with(const struct cause *cause)
{
	begin_host();
	if (cause->keys)
		set_keys(cause->keys);
	else
		cause->make();
	check();
}

START_TEST(a_host_on_which_all_is_well_has_no_finding)
{
	begin_host();
	check();
	ck_assert_msg(findings.n == 0, "%s", all_findings());
	end_host();
}
END_TEST

START_TEST(each_check_fires_on_its_fault)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct finding *f;

		begin_with(&cases[i].fault);
		f = findings_by_id(&findings, cases[i].id);
		ck_assert_msg(f, "case %zu, %s: not found\n%s", i, cases[i].id, all_findings());
		ck_assert_msg(f->severity == cases[i].severity && f->missing == cases[i].missing &&
				      streq(f->subject, cases[i].subject),
			      "case %zu, %s: otherwise\n%s", i, cases[i].id, all_findings());
		ck_assert(*f->seen && *f->why && *f->remedy);
		end_host();
	}
}
END_TEST

START_TEST(each_check_lets_a_near_miss_pass)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		begin_with(&cases[i].near_miss);
		ck_assert_msg(!findings_by_id(&findings, cases[i].id), "case %zu, %s\n%s", i,
			      cases[i].id, all_findings());
		end_host();
	}
}
END_TEST

START_TEST(each_check_of_the_table_is_tried)
{
	for (size_t i = 0; checks_info(i); i++) {
		bool tried = false;

		for (size_t k = 0; k < ARRAY_SIZE(cases); k++)
			tried = tried || streq(cases[k].id, checks_info(i)->id);
		ck_assert_msg(tried, "%s", checks_info(i)->id);
	}
}
END_TEST

START_TEST(the_ids_are_stable_words_of_known_groups_and_each_is_there_once)
{
	static const char *const groups[] = { "bond-",  "port-",    "kernel-", "conn-",
					      "ipsec-", "profile-", "sa-" };

	for (size_t i = 0; checks_info(i); i++) {
		const char *id = checks_info(i)->id;
		bool known = false;

		for (size_t g = 0; g < ARRAY_SIZE(groups); g++)
			known = known || has_prefix(id, groups[g]);
		ck_assert_msg(known && id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-")] ==
					       '\0',
			      "%s", id);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(checks_info(k)->id, id);
	}
}
END_TEST

UNIT_MAIN("checks-each", a_host_on_which_all_is_well_has_no_finding, each_check_fires_on_its_fault,
	  each_check_lets_a_near_miss_pass, each_check_of_the_table_is_tried,
	  the_ids_are_stable_words_of_known_groups_and_each_is_there_once)
