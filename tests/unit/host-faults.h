/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "checks.h"
#include "facts-builder.h"

/*
 * The checks of a host that is built by verbs (facts-builder.h), and one verb more for each fault
 * that they tell, and for what only looks like it.
 */

static struct findings findings;

static inline void check(void)
{
	findings_done(&findings);
	ck_assert_int_eq(checks_run(facts(), &host.policy, &findings), 0);
}

static inline const char *all_findings(void)
{
	static struct text t;

	text_done(&t);
	text_add(&t, "");
	for (size_t i = 0; i < findings.n; i++) {
		const struct finding *f = &findings.items[i];

		text_printf(&t, "%s %s%s (%s): %s\n", finding_severity_name(f->severity), f->id,
			    f->missing ? ", missing" : "", f->subject, f->seen);
	}
	return t.data;
}

/* What each check dislikes, and what it just about lets pass. */

static inline void gone_bond(void)
{
	remove_link("bond0");
}

static inline void team_of_that_name(void)
{
	snprintf(link_named("bond0")->kind, FACTS_NAME_SIZE, "team");
}

static inline void another_bond_gone(void)
{
	add_link(30, "bond1", "bond");
	remove_link("bond1");
}

static inline void round_robin(void)
{
	link_named("bond0")->bond.mode = FACTS_MODE_BALANCE_RR;
}

static inline void another_bond_in_lacp(void)
{
	add_link(30, "bond1", "bond")->bond.mode = FACTS_MODE_802_3AD;
}

static inline void bond_down(void)
{
	link_named("bond0")->up = false;
}

static inline void bond_without_carrier(void)
{
	link_named("bond0")->carrier = false;
}

static inline void no_ports(void)
{
	remove_link("ix0");
	remove_link("ix1");
}

static inline void one_port(void)
{
	remove_link("ix1");
}

static inline void no_active_port(void)
{
	link_named("bond0")->bond.active_port = FACTS_NO_LINK;
	link_named("ix0")->carrier = link_named("ix1")->carrier = false;
}

static inline void other_port_active(void)
{
	link_named("bond0")->bond.active_port = IX1;
	link_named("ix0")->carrier = false;
}

static inline void bond_feature_fixed_off(void)
{
	link_named("bond0")->esp_hw_offload = FACTS_FEATURE_FIXED_OFF;
}

static inline void bond_feature_off(void)
{
	link_named("bond0")->esp_hw_offload = FACTS_FEATURE_OFF;
}

static inline void bond_in_open_vswitch(void)
{
	add_link(40, "ovs-system", "openvswitch");
	link_named("bond0")->master = 40;
}

static inline void bond_below_a_vlan(void)
{
	add_link(41, "bond0.100", "vlan")->lower = BOND0;
}

static inline void two_ports_with_a_link(void)
{
	add_port(13, "ix2")->carrier = false;
}

static inline void foreign_driver(void)
{
	set_driver("ix1", "i40e");
}

static inline void foreign_driver_trusted(void)
{
	set_driver("ix1", "i40e");
	free(host.policy.drivers[0]);
	host.policy.drivers[0] = builder_copy("i40e");
	set_driver("ix0", "i40e");
}

static inline void incapable_backup_port(void)
{
	link_named("ix1")->esp_hw_offload = FACTS_FEATURE_FIXED_OFF;
}

static inline void port_feature_switched_off(void)
{
	link_named("ix1")->esp_hw_offload = FACTS_FEATURE_OFF;
}

static inline void rx_all_on(void)
{
	link_named("ix0")->rx_all = FACTS_FEATURE_ON;
}

static inline void rx_all_on_elsewhere(void)
{
	link_named("eth0")->rx_all = FACTS_FEATURE_ON;
}

static inline void virtual_functions(void)
{
	link_named("ix0")->n_vfs = 4;
}

static inline void virtual_functions_behind_vepa(void)
{
	link_named("ix0")->n_vfs = 4;
	link_named("ix0")->bridge_mode = 1;
}

static inline void no_counters(void)
{
	link_named("ix0")->has_counters = false;
}

static inline void no_counters_elsewhere(void)
{
	link_named("eth0")->has_counters = false;
}

static inline void other_firmware(void)
{
	snprintf(link_named("ix1")->driver.firmware, 32, "0x80000001");
}

static inline void other_bus(void)
{
	snprintf(link_named("ix1")->driver.bus, 32, "0000:02:00.1");
}

static inline void no_esp4_offload(void)
{
	host.facts->esp4_offload = false;
}

static inline void no_esp6_offload(void)
{
	host.facts->esp6_offload = false;
}

static inline void kernel_with_a_fault(void)
{
	snprintf(host.facts->kernel_build, 65, "#1 SMP Debian 6.12.38-1 (2025-07-16)");
}

static inline void kernel_before_the_fault(void)
{
	snprintf(host.facts->kernel_build, 65, "#1 SMP Debian 6.12.36-1 (2025-07-16)");
}

static inline void no_network_manager(void)
{
	host.facts->nm_running = false;
	remove_profile();
}

static inline void network_manager_that_hangs(void)
{
	no_network_manager();
	host.facts->nm_silent = true;
}

static inline void version_that_hangs(void)
{
	set_version(0, 0);
	host.facts->version_silent = true;
}

static inline void no_network_manager_to_look_only(void)
{
	no_network_manager();
	host.policy.manage = POLICY_MONITOR;
}

static inline void profile_of_another(void)
{
	snprintf(profile()->bond, FACTS_NAME_SIZE, "bond1");
}

static inline void no_profile_to_look_only(void)
{
	remove_profile();
	host.policy.manage = POLICY_MONITOR;
}

static inline void profile_in_memory(void)
{
	profile()->writable = false;
	profile()->esp_hw_offload = -1;
}

static inline void profile_in_memory_with_the_feature(void)
{
	profile()->writable = false;
}

static inline void profile_not_active(void)
{
	profile()->active = false;
}

static inline void profile_not_active_without_a_bond(void)
{
	profile()->active = false;
	remove_link("bond0");
}

static inline void profile_without_autoconnect(void)
{
	profile()->autoconnect = false;
}

static inline void ports_held_back(void)
{
	profile()->n_ports_held_back = 1;
	profile()->autoconnect_ports = -1;
}

static inline void ports_held_back_but_fetched(void)
{
	profile()->n_ports_held_back = 1;
}

static inline void bond_feature_off_to_be_switched_live(void)
{
	bond_feature_off();
	host.policy.activation = POLICY_ACTIVATION_LIVE;
}

static inline void no_libreswan(void)
{
	host.facts->ipsec_installed = false;
	host.facts->ipsec_unit = FACTS_UNIT_UNKNOWN;
	host.facts->pluto_answers = false;
	remove_tunnels();
}

static inline void libreswan_3_20(void)
{
	set_version(3, 20);
}

static inline void libreswan_3_21(void)
{
	set_version(3, 21);
}

static inline void pluto_stopped(void)
{
	host.facts->ipsec_unit = FACTS_UNIT_INACTIVE;
	host.facts->pluto_answers = false;
	remove_tunnels();
}

static inline void systemd_cannot_be_asked(void)
{
	host.facts->ipsec_unit = FACTS_UNIT_UNKNOWN;
}

static inline void broken_files(void)
{
	add_conf("conn broken\nleft=192.0.2.7\n");
}

static inline void unreadable_file(void)
{
	add_conf("include /etc/ipsec.d/unreadable.conf\n");
}

static inline void include_of_nothing(void)
{
	add_conf("include /etc/ipsec.d/*.conf\n");
}

static inline void odd_files(void)
{
	add_conf("# nothing\n\nconn other\n\tleft=192.0.2.7\n\tright=192.0.2.8\n");
}

/* A change that pluto takes up by a restart, and a neighbour that is up. */
static inline void restart_with_a_neighbour(void)
{
	set_key("nic-offload", NULL);
	host.policy.ipsec = POLICY_IPSEC_RESTART;
	add_good_conn("neighbour", "203.0.113.1", "203.0.113.2");
	add_tunnel("neighbour", 2);
}

static inline void replace_with_a_neighbour(void)
{
	restart_with_a_neighbour();
	host.policy.ipsec = POLICY_IPSEC_AUTO;
}

static inline void restart_with_a_vpn_of_network_manager(void)
{
	set_key("nic-offload", NULL);
	host.policy.ipsec = POLICY_IPSEC_RESTART;
	add_tunnel("7d1a3f4e-0000-4000-8000-000000000001", 2);
}

static inline void restart_with_a_tunnel_of_subnets(void)
{
	set_keys("nic-offload=\nleftsubnets=\"10.1.1.0/24 10.1.2.0/24\"");
	host.policy.ipsec = POLICY_IPSEC_RESTART;
	remove_tunnels();
	add_tunnel("example/1x0", 1);
}

static inline void restart_with_foreign_sas(void)
{
	set_key("nic-offload", NULL);
	host.policy.ipsec = POLICY_IPSEC_RESTART;
	add_sa(FACTS_OUT, "203.0.113.1", "203.0.113.9")->reqid = 1;
}

static inline void restart_of_5_with_foreign_sas(void)
{
	restart_with_foreign_sas();
	set_version(5, 2);
}

static inline void conn_misspelled(void)
{
	set_policy_conns("exmaple");
}

static inline void conn_by_pattern(void)
{
	set_policy_conns("exam*");
}

static inline void conn_defined_twice(void)
{
	add_good_conn("example", OWN, PEER);
}

static inline void other_conn_defined_twice(void)
{
	add_good_conn("other", OWN, PEER);
	add_good_conn("other", OWN, PEER);
}

static inline void conn_with_a_conflict(void)
{
	set_key("also", "more");
	add_conf("conn more\n\ttype=tunnel\n");
}

static inline void conn_without_a_conflict(void)
{
	set_key("also", "more");
	add_conf("conn more\n\tike=aes256\n");
}

static inline void address_on_a_vlan(void)
{
	bond_below_a_vlan();
	host.facts->addresses[0].ifindex = 41;
}

static inline void address_on_the_right(void)
{
	set_keys("left=" PEER "\nright=" OWN);
}

static inline void pattern_with_a_conn_elsewhere(void)
{
	set_policy_conns("*");
	add_good_conn("elsewhere", "203.0.113.1", "203.0.113.2");
}

static inline void pattern_with_a_passthrough(void)
{
	set_policy_conns("*");
	add_conf("conn clear\n\tleft=203.0.113.1\n\tright=203.0.113.2\n\ttype=passthrough\n"
		 "\tauthby=never\n");
}

static inline void conn_of_one_thousand_subnets(void)
{
	struct text left = TEXT_NULL, right = TEXT_NULL;

	for (int i = 0; i < 33; i++) {
		text_printf(&left, "%s10.1.%d.0/24", i ? " " : "\"", i);
		text_printf(&right, "%s10.2.%d.0/24", i ? " " : "\"", i);
	}
	text_add(&left, "\"");
	text_add(&right, "\"");
	set_key("leftsubnets", left.data);
	set_key("rightsubnets", right.data);
	text_done(&left);
	text_done(&right);
}

static inline void conn_of_four_subnets(void)
{
	set_keys("leftsubnets=\"10.1.1.0/24 10.1.2.0/24\"\n"
		 "rightsubnets=\"10.2.1.0/24 10.2.2.0/24\"");
}

/* In Libreswan 5 keyexchange= goes before ikev2=. */
static inline void ikev1_by_keyexchange(void)
{
	set_version(5, 2);
	set_keys("keyexchange=ikev1\nikev2=insist");
}

static inline void ikev2_by_keyexchange(void)
{
	set_version(5, 2);
	set_keys("keyexchange=ikev2\nikev2=no");
}

static inline void tunnel_lost(void)
{
	host.facts->n_sas = 0;
}

static inline void kernel_that_was_not_asked(void)
{
	host.facts->n_sas = 0;
	host.facts->sas_known = false;
}

static inline void longer_keys_in_use(void)
{
	for (size_t i = 0; i < host.facts->n_sas; i++)
		host.facts->sas[i].key_bits = 288;
}

static inline void longer_keys_in_use_by_a_neighbour(void)
{
	add_sa(FACTS_OUT, OWN, PEER)->key_bits = 288;
}

static inline void make_larval(struct facts_sa *sa)
{
	sa->cipher[0] = '\0';
	sa->key_bits = sa->icv_bits = 0;
	sa->offload_link = FACTS_NO_LINK;
}

static inline void sa_that_is_being_negotiated(void)
{
	make_larval(add_sa(FACTS_IN, OWN, PEER));
}

static inline void nothing_but_sas_that_are_being_negotiated(void)
{
	for (size_t i = 0; i < host.facts->n_sas; i++)
		make_larval(&host.facts->sas[i]);
}

static inline void nat_on_the_way(void)
{
	for (size_t i = 0; i < host.facts->n_sas; i++)
		host.facts->sas[i].encapsulated = true;
}

static inline void nat_on_a_neighbours_way(void)
{
	add_sa(FACTS_IN, OWN, "192.0.2.77")->encapsulated = true;
}

static inline void sas_in_software(void)
{
	for (size_t i = 0; i < host.facts->n_sas; i++)
		host.facts->sas[i].offload_link = FACTS_NO_LINK;
}

static inline void a_neighbours_sa_in_software(void)
{
	add_sa(FACTS_OUT, OWN, PEER)->offload_link = FACTS_NO_LINK;
}

/* nic-offload is to be set, and the value that stands comes from a conn that others use too. */
static inline void value_shared_by_others(void)
{
	set_keys("nic-offload=\nalso=shared");
	add_conf("conn shared\n\tnic-offload=no\n");
	add_conf("conn other\n\talso=shared\n\tleft=203.0.113.1\n\tright=203.0.113.2\n");
}

static inline void value_shared_by_nobody(void)
{
	set_keys("nic-offload=\nalso=shared");
	add_conf("conn shared\n\tnic-offload=no\n");
}

/* Each at an address of its own, on ports whose driver has room for them all. */
static inline void set_fresh_conns(int n)
{
	foreign_driver_trusted();
	set_policy_conns("c-*");
	for (int i = 0; i < n; i++) {
		char text[128];

		snprintf(text, sizeof(text), "conn c-%d\n\tleft=%s\n\tright=10.9.%d.%d\n", i, OWN,
			 i / 250, i % 250 + 1);
		add_conf(text);
	}
}

static inline void more_edits_than_are_made(void)
{
	set_fresh_conns(513);
}

static inline void many_conns_and_a_default(void)
{
	set_fresh_conns(513);
	add_conf("conn %default\n\tnic-offload=yes\n");
}

static inline void restart_of_a_conn_that_stays_down(void)
{
	set_keys("nic-offload=\nauto=add");
	host.policy.ipsec = POLICY_IPSEC_RESTART;
}

static inline void restart_of_a_conn_that_stays_down_in_capitals(void)
{
	set_keys("nic-offload=\nauto=Add");
	host.policy.ipsec = POLICY_IPSEC_RESTART;
}

static inline void restart_of_a_conn_that_comes_back(void)
{
	set_keys("nic-offload=\nauto=ondemand");
	host.policy.ipsec = POLICY_IPSEC_RESTART;
}

/* What is done to a good host: by a function, or to the keys of its conn. */
