/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <time.h>

#include "checks.h"
#include "facts-builder.h"

static struct findings findings;

static void check(void)
{
	findings_done(&findings);
	ck_assert_int_eq(checks_run(facts(), &host.policy, &findings), 0);
}

static const char *all_findings(void)
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

/* ---- What each check dislikes, and what it just about lets pass ---- */

static void gone_bond(void)
{
	remove_link("bond0");
}

static void team_of_that_name(void)
{
	snprintf(link_named("bond0")->kind, FACTS_NAME_SIZE, "team");
}

static void another_bond_gone(void)
{
	add_link(30, "bond1", "bond");
	remove_link("bond1");
}

static void round_robin(void)
{
	link_named("bond0")->bond.mode = FACTS_MODE_BALANCE_RR;
}

static void another_bond_in_lacp(void)
{
	add_link(30, "bond1", "bond")->bond.mode = FACTS_MODE_802_3AD;
}

static void bond_down(void)
{
	link_named("bond0")->up = false;
}

static void bond_without_carrier(void)
{
	link_named("bond0")->carrier = false;
}

static void no_ports(void)
{
	remove_link("ix0");
	remove_link("ix1");
}

static void one_port(void)
{
	remove_link("ix1");
}

static void no_active_port(void)
{
	link_named("bond0")->bond.active_port = FACTS_NO_LINK;
	link_named("ix0")->carrier = link_named("ix1")->carrier = false;
}

static void other_port_active(void)
{
	link_named("bond0")->bond.active_port = IX1;
	link_named("ix0")->carrier = false;
}

static void bond_feature_fixed_off(void)
{
	link_named("bond0")->esp_hw_offload = FACTS_FEATURE_FIXED_OFF;
}

static void bond_feature_off(void)
{
	link_named("bond0")->esp_hw_offload = FACTS_FEATURE_OFF;
}

static void bond_in_open_vswitch(void)
{
	add_link(40, "ovs-system", "openvswitch");
	link_named("bond0")->master = 40;
}

static void bond_below_a_vlan(void)
{
	add_link(41, "bond0.100", "vlan")->lower = BOND0;
}

static void two_ports_with_a_link(void)
{
	add_port(13, "ix2")->carrier = false;
}

static void foreign_driver(void)
{
	set_driver("ix1", "i40e");
}

static void foreign_driver_trusted(void)
{
	set_driver("ix1", "i40e");
	free(host.policy.drivers[0]);
	host.policy.drivers[0] = builder_copy("i40e");
	set_driver("ix0", "i40e");
}

static void incapable_backup_port(void)
{
	link_named("ix1")->esp_hw_offload = FACTS_FEATURE_FIXED_OFF;
}

static void port_feature_switched_off(void)
{
	link_named("ix1")->esp_hw_offload = FACTS_FEATURE_OFF;
}

static void rx_all_on(void)
{
	link_named("ix0")->rx_all = FACTS_FEATURE_ON;
}

static void rx_all_on_elsewhere(void)
{
	link_named("eth0")->rx_all = FACTS_FEATURE_ON;
}

static void virtual_functions(void)
{
	link_named("ix0")->n_vfs = 4;
}

static void virtual_functions_behind_vepa(void)
{
	link_named("ix0")->n_vfs = 4;
	link_named("ix0")->bridge_mode = 1;
}

static void no_counters(void)
{
	link_named("ix0")->has_counters = false;
}

static void no_counters_elsewhere(void)
{
	link_named("eth0")->has_counters = false;
}

static void other_firmware(void)
{
	snprintf(link_named("ix1")->driver.firmware, 32, "0x80000001");
}

static void other_bus(void)
{
	snprintf(link_named("ix1")->driver.bus, 32, "0000:02:00.1");
}

static void no_esp4_offload(void)
{
	host.facts->esp4_offload = false;
}

static void no_esp6_offload(void)
{
	host.facts->esp6_offload = false;
}

static void kernel_with_a_fault(void)
{
	snprintf(host.facts->kernel_build, 65, "#1 SMP Debian 6.12.38-1 (2025-07-16)");
}

static void kernel_before_the_fault(void)
{
	snprintf(host.facts->kernel_build, 65, "#1 SMP Debian 6.12.36-1 (2025-07-16)");
}

static void no_network_manager(void)
{
	host.facts->nm_running = false;
	remove_profile();
}

static void no_network_manager_to_look_only(void)
{
	no_network_manager();
	host.policy.manage = POLICY_MONITOR;
}

static void profile_of_another(void)
{
	snprintf(profile()->bond, FACTS_NAME_SIZE, "bond1");
}

static void no_profile_to_look_only(void)
{
	remove_profile();
	host.policy.manage = POLICY_MONITOR;
}

static void profile_in_memory(void)
{
	profile()->writable = false;
	profile()->esp_hw_offload = -1;
}

static void profile_in_memory_with_the_feature(void)
{
	profile()->writable = false;
}

static void profile_not_active(void)
{
	profile()->active = false;
}

static void profile_not_active_without_a_bond(void)
{
	profile()->active = false;
	remove_link("bond0");
}

static void profile_without_autoconnect(void)
{
	profile()->autoconnect = false;
}

static void ports_held_back(void)
{
	profile()->n_ports_held_back = 1;
	profile()->autoconnect_ports = -1;
}

static void ports_held_back_but_fetched(void)
{
	profile()->n_ports_held_back = 1;
}

static void bond_feature_off_to_be_switched_live(void)
{
	bond_feature_off();
	host.policy.activation = POLICY_ACTIVATION_LIVE;
}

static void no_libreswan(void)
{
	host.facts->ipsec_installed = false;
	host.facts->ipsec_unit = FACTS_UNIT_UNKNOWN;
	host.facts->pluto_answers = false;
	remove_tunnels();
}

static void libreswan_3_20(void)
{
	set_version(3, 20);
}

static void libreswan_3_21(void)
{
	set_version(3, 21);
}

static void pluto_stopped(void)
{
	host.facts->ipsec_unit = FACTS_UNIT_INACTIVE;
	host.facts->pluto_answers = false;
	remove_tunnels();
}

static void systemd_cannot_be_asked(void)
{
	host.facts->ipsec_unit = FACTS_UNIT_UNKNOWN;
}

static void broken_files(void)
{
	add_conf("conn broken\nleft=192.0.2.7\n");
}

static void unreadable_file(void)
{
	add_conf("include /etc/ipsec.d/unreadable.conf\n");
}

static void include_of_nothing(void)
{
	add_conf("include /etc/ipsec.d/*.conf\n");
}

static void odd_files(void)
{
	add_conf("# nothing\n\nconn other\n\tleft=192.0.2.7\n\tright=192.0.2.8\n");
}

/* A change that pluto takes up by a restart, and a neighbour that is up. */
static void restart_with_a_neighbour(void)
{
	set_key("nic-offload", NULL);
	host.policy.ipsec = POLICY_IPSEC_RESTART;
	add_good_conn("neighbour", "203.0.113.1", "203.0.113.2");
	add_tunnel("neighbour", 2);
}

static void replace_with_a_neighbour(void)
{
	restart_with_a_neighbour();
	host.policy.ipsec = POLICY_IPSEC_AUTO;
}

static void restart_with_a_vpn_of_network_manager(void)
{
	set_key("nic-offload", NULL);
	host.policy.ipsec = POLICY_IPSEC_RESTART;
	add_tunnel("7d1a3f4e-0000-4000-8000-000000000001", 2);
}

static void restart_with_a_tunnel_of_subnets(void)
{
	set_keys("nic-offload=\nleftsubnets=\"10.1.1.0/24 10.1.2.0/24\"");
	host.policy.ipsec = POLICY_IPSEC_RESTART;
	remove_tunnels();
	add_tunnel("example/1x0", 1);
}

static void restart_with_foreign_sas(void)
{
	set_key("nic-offload", NULL);
	host.policy.ipsec = POLICY_IPSEC_RESTART;
	add_sa(FACTS_OUT, "203.0.113.1", "203.0.113.9")->reqid = 1;
}

static void restart_of_5_with_foreign_sas(void)
{
	restart_with_foreign_sas();
	set_version(5, 2);
}

static void conn_misspelled(void)
{
	set_policy_conns("exmaple");
}

static void conn_by_pattern(void)
{
	set_policy_conns("exam*");
}

static void conn_defined_twice(void)
{
	add_good_conn("example", OWN, PEER);
}

static void other_conn_defined_twice(void)
{
	add_good_conn("other", OWN, PEER);
	add_good_conn("other", OWN, PEER);
}

static void conn_with_a_conflict(void)
{
	set_key("also", "more");
	add_conf("conn more\n\ttype=tunnel\n");
}

static void conn_without_a_conflict(void)
{
	set_key("also", "more");
	add_conf("conn more\n\tike=aes256\n");
}

static void address_on_a_vlan(void)
{
	bond_below_a_vlan();
	host.facts->addresses[0].ifindex = 41;
}

static void address_on_the_right(void)
{
	set_keys("left=" PEER "\nright=" OWN);
}

static void pattern_with_a_conn_elsewhere(void)
{
	set_policy_conns("*");
	add_good_conn("elsewhere", "203.0.113.1", "203.0.113.2");
}

static void pattern_with_a_passthrough(void)
{
	set_policy_conns("*");
	add_conf("conn clear\n\tleft=203.0.113.1\n\tright=203.0.113.2\n\ttype=passthrough\n"
		 "\tauthby=never\n");
}

static void conn_of_one_thousand_subnets(void)
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

static void conn_of_four_subnets(void)
{
	set_keys("leftsubnets=\"10.1.1.0/24 10.1.2.0/24\"\n"
		 "rightsubnets=\"10.2.1.0/24 10.2.2.0/24\"");
}

static void tunnel_lost(void)
{
	host.facts->n_sas = 0;
}

static void kernel_that_was_not_asked(void)
{
	host.facts->n_sas = 0;
	host.facts->sas_known = false;
}

static void longer_keys_in_use(void)
{
	for (size_t i = 0; i < host.facts->n_sas; i++)
		host.facts->sas[i].key_bits = 288;
}

static void longer_keys_in_use_by_a_neighbour(void)
{
	add_sa(FACTS_OUT, OWN, PEER)->key_bits = 288;
}

static void make_larval(struct facts_sa *sa)
{
	sa->cipher[0] = '\0';
	sa->key_bits = sa->icv_bits = 0;
	sa->offload_link = FACTS_NO_LINK;
}

static void sa_that_is_being_negotiated(void)
{
	make_larval(add_sa(FACTS_IN, OWN, PEER));
}

static void nothing_but_sas_that_are_being_negotiated(void)
{
	for (size_t i = 0; i < host.facts->n_sas; i++)
		make_larval(&host.facts->sas[i]);
}

static void nat_on_the_way(void)
{
	for (size_t i = 0; i < host.facts->n_sas; i++)
		host.facts->sas[i].encapsulated = true;
}

static void nat_on_a_neighbours_way(void)
{
	add_sa(FACTS_IN, OWN, "192.0.2.77")->encapsulated = true;
}

static void sas_in_software(void)
{
	for (size_t i = 0; i < host.facts->n_sas; i++)
		host.facts->sas[i].offload_link = FACTS_NO_LINK;
}

static void a_neighbours_sa_in_software(void)
{
	add_sa(FACTS_OUT, OWN, PEER)->offload_link = FACTS_NO_LINK;
}

/* nic-offload is to be set, and the value that stands comes from a conn that others use too. */
static void value_shared_by_others(void)
{
	set_keys("nic-offload=\nalso=shared");
	add_conf("conn shared\n\tnic-offload=no\n");
	add_conf("conn other\n\talso=shared\n\tleft=203.0.113.1\n\tright=203.0.113.2\n");
}

static void value_shared_by_nobody(void)
{
	set_keys("nic-offload=\nalso=shared");
	add_conf("conn shared\n\tnic-offload=no\n");
}

/* Each at an address of its own, on ports whose driver has room for them all. */
static void set_fresh_conns(int n)
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

static void more_edits_than_are_made(void)
{
	set_fresh_conns(513);
}

static void many_conns_and_a_default(void)
{
	set_fresh_conns(513);
	add_conf("conn %default\n\tnic-offload=yes\n");
}

static void restart_of_a_conn_that_stays_down(void)
{
	set_keys("nic-offload=\nauto=add");
	host.policy.ipsec = POLICY_IPSEC_RESTART;
}

static void restart_of_a_conn_that_comes_back(void)
{
	set_keys("nic-offload=\nauto=ondemand");
	host.policy.ipsec = POLICY_IPSEC_RESTART;
}

/* What is done to a good host: by a function, or to the keys of its conn. */
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

/* ---- Size ---- */

static double check_with_conns(int n)
{
	struct timespec from, to;

	begin_host();
	set_policy_conns("example\nc-*");
	for (int i = 0; i < n; i++) {
		char name[32], peer[32];

		snprintf(name, sizeof(name), "c-%d", i);
		snprintf(peer, sizeof(peer), "10.%d.%d.1", i / 250, i % 250);
		add_good_conn(name, OWN, peer);
		add_tunnel(name, (unsigned long)i + 2);
		add_sa(FACTS_OUT, OWN, peer);
		add_sa(FACTS_IN, OWN, peer);
	}
	(void)facts();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	check();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	end_host();
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

START_TEST(the_time_grows_with_the_conns_and_not_with_their_square)
{
	double few = check_with_conns(1000), many = check_with_conns(10000);

	ck_assert_msg(many < 25 * few + 0.2, "%f s for 1,000, %f s for 10,000", few, many);
}
END_TEST

UNIT_MAIN("checks", a_host_on_which_all_is_well_has_no_finding, each_check_fires_on_its_fault,
	  each_check_lets_a_near_miss_pass, each_check_of_the_table_is_tried,
	  the_ids_are_stable_words_of_known_groups_and_each_is_there_once, the_cause_is_named_first,
	  what_blocks_comes_before_what_warns_and_that_before_notes,
	  without_a_bond_nothing_is_said_of_its_ports,
	  what_is_asked_for_first_decides_what_a_list_of_ciphers_does,
	  libreswans_own_defaults_never_fit, the_crypto_policy_is_named_when_it_decides_the_cipher,
	  what_the_policy_ensures_does_not_block, what_the_policy_ensures_must_itself_fit,
	  who_only_looks_ensures_nothing, the_limits_of_ixgbe_are_not_those_of_others,
	  extended_sequence_numbers_are_refused_or_worse_by_the_kernel,
	  a_finding_says_what_was_seen_with_its_place,
	  a_near_name_is_suggested_for_a_conn_that_is_missing,
	  a_pattern_whose_conns_all_lie_elsewhere_is_waited_for,
	  a_distribution_that_hides_its_fixes_gets_a_note,
	  of_a_thousand_conns_with_one_fault_twenty_are_shown,
	  the_time_grows_with_the_conns_and_not_with_their_square)
