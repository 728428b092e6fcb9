/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnosis-builder.h"

START_TEST(a_rule_of_this_host_comes_before_the_silence_that_it_makes)
{
	ck_assert_int_eq(
		firewall_read_iptables("*filter\n:OUTPUT ACCEPT [0:0]\n"
				       "-A OUTPUT -p udp -m udp --dport 500 -j DROP\nCOMMIT\n",
				       AF_INET, NULL, &rules),
		0);
	failed_with(
		"010 \"example\" #1: STATE_V2_PARENT_I1: retransmission; will wait 0.5 seconds for "
		"response\n");
	ck_assert_str_eq(cause(), "firewall-rule");
	contains(diagnosis_cause(&diagnosis)->seen, "--dport 500 -j DROP");
	contains(diagnosis_cause(&diagnosis)->remedy, "192.0.2.2");
}
END_TEST

START_TEST(what_pluto_sees_of_a_rule_is_a_symptom_of_it)
{
	size_t faults = 0;

	ck_assert_int_eq(
		firewall_read_iptables("*filter\n:OUTPUT ACCEPT [0:0]\n"
				       "-A OUTPUT -p udp -m udp --dport 500 -j DROP\nCOMMIT\n",
				       AF_INET, NULL, &rules),
		0);
	failed_with(
		"ERROR: \"example\" #25: send on bond0 from 192.0.2.1:500 to 192.0.2.2:500 using "
		"UDP failed in initiating IKE_SA_INIT: Operation not permitted (errno 1)\n");
	ck_assert_str_eq(cause(), "firewall-rule");
	for (size_t i = 0; i < diagnosis.n; i++)
		faults += diagnosis.items[i].status == DIAGNOSIS_FAULT;
	ck_assert_uint_eq(faults, 1);
}
END_TEST

static void nobody_is_pinged(void)
{
	seen.path = (struct diagnosis_path){ .error = -ENODATA };
}

START_TEST(a_rule_that_drops_ike_or_esp_is_blamed_whatever_the_tunnel_has_carried)
{
	nobody_is_pinged();
	host.facts->esp4_offload = false;
	iptables(":INPUT ACCEPT [0:0]\n-A INPUT -p esp -j DROP\n");
	ck_assert_str_eq(cause(), "firewall-rule");
	contains(diagnosis_cause(&diagnosis)->seen, "drops ESP from the peer");
	iptables(":OUTPUT ACCEPT [0:0]\n-A OUTPUT -p esp -j DROP\n");
	ck_assert_str_eq(cause(), "firewall-rule");
	iptables(":INPUT DROP [0:0]\n");
	ck_assert_str_eq(cause(), "firewall-rule");

	/* IKE may be stopped while ESP still passes. */
	seen.path = (struct diagnosis_path){ .answered = true, .largest = 1466 };
	iptables(":OUTPUT ACCEPT [0:0]\n-A OUTPUT -p udp -m udp --dport 500 -j DROP\n");
	ck_assert_str_eq(cause(), "firewall-rule");
}
END_TEST

/* esp4_offload decrypts in GRO, before netfilter sees the packet. */
START_TEST(a_rule_that_may_never_see_esp_is_blamed_only_where_nothing_passes)
{
	nobody_is_pinged();
	iptables(":INPUT ACCEPT [0:0]\n-A INPUT -p esp -j DROP\n");
	ck_assert_str_eq(cause(), "");
	contains(row(STEP_FIREWALL)->seen, "for certain, but one may drop ESP from the peer: ");

	nothing_comes_back();
	ck_assert_str_eq(cause(), "firewall-rule");
	seen.traffic.in = 1;
	ck_assert_str_eq(cause(), "");
}
END_TEST

START_TEST(a_rule_that_drops_esp_is_not_why_a_tunnel_is_down)
{
	iptables(":OUTPUT ACCEPT [0:0]\n-A OUTPUT -p esp -j DROP\n");
	failed_with("002 \"example\" #1: IKE SA authentication request rejected by peer: "
		    "AUTHENTICATION_FAILED\n");
	ck_assert_str_eq(cause(), "authentication");
	ck_assert_int_eq(row(STEP_FIREWALL)->status, DIAGNOSIS_WARN);
}
END_TEST

/* conntrack knows the connection from before the rules were made. */
START_TEST(a_rule_that_drops_ike_is_not_blamed_where_the_peer_has_answered)
{
	iptables(":OUTPUT DROP [0:0]\n"
		 "-A OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n");
	failed_with("002 \"example\" #1: IKE SA authentication request rejected by peer: "
		    "AUTHENTICATION_FAILED\n");
	ck_assert_str_eq(cause(), "authentication");
	/* An answer in the log may be from before the rule. */
	seen.initiated = seen.up_asked = false;
	seen.log = seen.said;
	seen.said = NULL;
	ck_assert_str_eq(cause(), "firewall-rule");
}
END_TEST

/* ---- IKE by TCP, and by other ports ---- */

static const char silent[] =
	"010 \"example\" #1: STATE_V2_PARENT_I1: retransmission; will wait 0.5 seconds for "
	"response\n";

START_TEST(where_ike_takes_tcp_rules_about_udp_are_not_blamed)
{
	failed_with(silent);
	set_key("enable-tcp", "yes");
	iptables(":OUTPUT ACCEPT [0:0]\n-A OUTPUT -p udp -m udp --dport 500 -j DROP\n"
		 "-A OUTPUT -p esp -j DROP\n");
	ck_assert_str_eq(cause(), "silence");
	ck_assert_str_eq(row(STEP_FIREWALL)->id, "silence");
	contains(diagnosis_cause(&diagnosis)->remedy, "let TCP 4500 through");
	iptables(":OUTPUT ACCEPT [0:0]\n-A OUTPUT -p tcp -m tcp --dport 4500 -j DROP\n");
	ck_assert_str_eq(cause(), "firewall-rule");
	contains(diagnosis_cause(&diagnosis)->seen, "drops IKE and ESP (TCP 4500) that this host");
	contains(diagnosis_cause(&diagnosis)->remedy, "tcp dport 4500 accept");
	ck_assert_ptr_null(strstr(diagnosis_cause(&diagnosis)->remedy, "firewalld"));
}
END_TEST

START_TEST(where_tcp_is_the_other_way_neither_is_blamed_for_certain)
{
	failed_with(silent);
	set_key("enable-tcp", "fallback");
	set_key("tcp-remoteport", "443");
	iptables(":OUTPUT ACCEPT [0:0]\n-A OUTPUT -p udp -m udp --dport 500 -j DROP\n");
	ck_assert_str_eq(cause(), "silence");
	ck_assert_str_eq(row(STEP_FIREWALL)->id, "firewall-rule");
	ck_assert_int_eq(row(STEP_FIREWALL)->status, DIAGNOSIS_WARN);
	contains(diagnosis_cause(&diagnosis)->remedy, "or tcp port 443)'");
}
END_TEST

START_TEST(a_tunnel_that_came_up_over_tcp_needs_no_udp)
{
	nobody_is_pinged();
	set_key("enable-tcp", "yes");
	host.facts->sas[0].encapsulated = host.facts->sas[1].encapsulated = true;
	iptables(":OUTPUT DROP [0:0]\n-A OUTPUT -p tcp -j ACCEPT\n");
	ck_assert_str_eq(cause(), "");
	/* And the peer may have made the connection. */
	seen.initiated = true;
	host.facts->tunnels[0].in_bytes = 0;
	iptables(":OUTPUT ACCEPT [0:0]\n-A OUTPUT -p tcp -m tcp --dport 4500 -j DROP\n");
	ck_assert_str_eq(cause(), "");
}
END_TEST

START_TEST(with_a_port_of_its_own_ike_needs_that_one)
{
	failed_with(silent);
	set_key("rightikeport", "5500");
	iptables(":OUTPUT ACCEPT [0:0]\n-A OUTPUT -p udp -m udp --dport 500 -j DROP\n"
		 "-A OUTPUT -p esp -j DROP\n");
	ck_assert_str_eq(cause(), "silence");
	contains(diagnosis_cause(&diagnosis)->remedy, "let UDP 5500 through");
	contains(diagnosis_cause(&diagnosis)->remedy, "or udp port 5500)'");
	iptables(":OUTPUT ACCEPT [0:0]\n-A OUTPUT -p udp -m udp --sport 4500 --dport 5500 -j "
		 "DROP\n");
	ck_assert_str_eq(cause(), "firewall-rule");
	contains(diagnosis_cause(&diagnosis)->seen, "IKE and ESP (UDP 5500) that this host sends");
	iptables(":INPUT ACCEPT [0:0]\n-A INPUT -p udp -m udp --sport 5500 -j DROP\n");
	ck_assert_str_eq(cause(), "firewall-rule");
}
END_TEST

/* ---- IPv6 ---- */

#define OWN_6  "2001:db8::1"
#define PEER_6 "2001:db8:1::"

static void speaks_ipv6(void)
{
	set_key("left", OWN_6);
	set_key("right", PEER_6);
	add_address(BOND0, OWN_6);
	for (size_t i = 0; i < host.facts->n_sas; i++) {
		struct facts_sa *sa = &host.facts->sas[i];

		sa->source = ip_of(sa->direction == FACTS_OUT ? OWN_6 : PEER_6);
		sa->destination = ip_of(sa->direction == FACTS_OUT ? PEER_6 : OWN_6);
		sas.items[i].destination = sa->destination;
	}
}

START_TEST(between_ipv6_ends_the_rules_of_ipv6_count)
{
	speaks_ipv6();
	ck_assert_str_eq(cause(), "");
	nobody_is_pinged();
	iptables(":OUTPUT DROP [0:0]\n");
	ck_assert_str_eq(cause(), "");
	firewall_done(&rules);
	rules = FIREWALL_NULL;
	ck_assert_int_eq(firewall_read_iptables("*filter\n:OUTPUT ACCEPT [0:0]\n"
						"-A OUTPUT -d 2001:db8:1::/48 -p esp -j DROP\n"
						"COMMIT\n",
						AF_INET6, NULL, &rules),
			 0);
	ck_assert_str_eq(cause(), "firewall-rule");
	contains(diagnosis_cause(&diagnosis)->seen, "ip6tables -t filter -A OUTPUT");
	contains(diagnosis_cause(&diagnosis)->remedy,
		 "ip6 daddr 2001:db8:1:: meta l4proto esp accept");
}
END_TEST

START_TEST(an_ipv6_address_that_ends_in_colons_is_known_again)
{
	speaks_ipv6();
	failed_with("000 \"example\" #1: ERROR: asynchronous network error report on bond0 "
		    "([2001:db8::1]:500), complainant " PEER_6 ": Connection refused [errno 111, "
		    "origin ICMP6 type 1 code 4 (not authenticated)]\n");
	ck_assert_str_eq(cause(), "peer-rejects");
	contains(diagnosis_cause(&diagnosis)->seen, "the peer " PEER_6 " itself");
}
END_TEST

START_TEST(a_rule_that_seems_to_drop_what_passes_is_not_blamed)
{
	iptables(":INPUT ACCEPT [0:0]\n-A INPUT -p esp -j DROP\n");
	ck_assert_str_eq(cause(), "");
	ck_assert_int_eq(row(STEP_FIREWALL)->status, DIAGNOSIS_OK);
	ck_assert_str_eq(row(STEP_FIREWALL)->seen,
			 "pings through the tunnel were answered, so ESP passes; no rule of this "
			 "host drops IKE");
}
END_TEST

START_TEST(in_udp_bare_esp_is_not_needed_and_port_4500_is)
{
	nobody_is_pinged();
	host.facts->sas[0].encapsulated = true;
	iptables(":INPUT ACCEPT [0:0]\n-A INPUT -p esp -j DROP\n");
	ck_assert_str_eq(cause(), "");
	iptables(":INPUT ACCEPT [0:0]\n-A INPUT -p udp -m udp --sport 4500 -j DROP\n");
	ck_assert_str_eq(cause(), "firewall-rule");
}
END_TEST

START_TEST(a_rule_that_lets_known_connections_pass_is_not_blamed_where_one_was)
{
	nobody_is_pinged();
	iptables(":OUTPUT DROP [0:0]\n"
		 "-A OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n");
	ck_assert_str_eq(cause(), "");
	host.facts->tunnels[0].in_bytes = host.facts->tunnels[0].out_bytes = 0;
	ck_assert_str_eq(cause(), "firewall-rule");
}
END_TEST

/* Of ESP conntrack's state is not known. */
#define UNDECIDED                                                                                  \
	":INPUT DROP [0:0]\n-A INPUT -p udp -j ACCEPT\n"                                           \
	"-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n"

START_TEST(a_rule_that_cannot_be_decided_is_told_as_what_it_is)
{
	nobody_is_pinged();
	iptables(UNDECIDED);
	ck_assert_str_eq(cause(), "");
	ck_assert_int_eq(row(STEP_FIREWALL)->status, DIAGNOSIS_OK);
	contains(row(STEP_FIREWALL)->seen, "for certain, but one may drop ESP from the peer: ");

	is_down();
	ck_assert_str_eq(cause(), "");
	ck_assert_int_eq(row(STEP_FIREWALL)->status, DIAGNOSIS_WARN);
	contains(row(STEP_FIREWALL)->seen, "for certain, but one may drop ESP from the peer: ");
}
END_TEST

START_TEST(a_rule_that_cannot_be_decided_is_told_apart_where_pings_are_lost)
{
	iptables(UNDECIDED);
	seen.path = (struct diagnosis_path){ .device = 1500 };
	ck_assert_str_eq(cause(), "");
	ck_assert_str_eq(row(STEP_FIREWALL)->id, "firewall-rule");
	ck_assert_int_eq(row(STEP_FIREWALL)->status, DIAGNOSIS_WARN);
}
END_TEST

DIAGNOSIS_MAIN("diagnosis-firewall", a_rule_of_this_host_comes_before_the_silence_that_it_makes,
	       what_pluto_sees_of_a_rule_is_a_symptom_of_it,
	       a_rule_that_drops_ike_or_esp_is_blamed_whatever_the_tunnel_has_carried,
	       a_rule_that_may_never_see_esp_is_blamed_only_where_nothing_passes,
	       a_rule_that_drops_esp_is_not_why_a_tunnel_is_down,
	       a_rule_that_drops_ike_is_not_blamed_where_the_peer_has_answered,
	       where_ike_takes_tcp_rules_about_udp_are_not_blamed,
	       where_tcp_is_the_other_way_neither_is_blamed_for_certain,
	       a_tunnel_that_came_up_over_tcp_needs_no_udp,
	       with_a_port_of_its_own_ike_needs_that_one, between_ipv6_ends_the_rules_of_ipv6_count,
	       an_ipv6_address_that_ends_in_colons_is_known_again,
	       a_rule_that_seems_to_drop_what_passes_is_not_blamed,
	       in_udp_bare_esp_is_not_needed_and_port_4500_is,
	       a_rule_that_lets_known_connections_pass_is_not_blamed_where_one_was,
	       a_rule_that_cannot_be_decided_is_told_as_what_it_is,
	       a_rule_that_cannot_be_decided_is_told_apart_where_pings_are_lost)
