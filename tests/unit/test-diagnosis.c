/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnosis-builder.h"

START_TEST(a_tunnel_that_is_up_has_no_fault_and_each_step_its_row)
{
	_cleanup_free_ char *summary = NULL;

	ck_assert_str_eq(cause(), "");
	for (unsigned int step = 0; step < STEP_MAX_; step++)
		ck_assert_ptr_nonnull(row((enum diagnosis_step)step));
	for (size_t i = 0; i < diagnosis.n; i++)
		ck_assert_msg(diagnosis.items[i].status == DIAGNOSIS_OK ||
				      diagnosis.items[i].status == DIAGNOSIS_SKIPPED,
			      "%s: %s", diagnosis.items[i].id, diagnosis.items[i].seen);
	ck_assert_int_eq(diagnosis_summary(&diagnosis, "example", &summary), 0);
	ck_assert_str_eq(summary, "conn example: no fault was found");
}
END_TEST

START_TEST(a_conn_that_is_not_there_is_the_cause)
{
	seen.conn = "nosuch";
	ck_assert_str_eq(cause(), "unknown-conn");
}
END_TEST

START_TEST(pluto_that_is_away_is_the_cause)
{
	is_down();
	seen.pluto_error = -ENOTCONN;
	ck_assert_str_eq(cause(), "pluto-not-running");
}
END_TEST

/* Nothing was told by anybody but the files and the kernel. */
static void hangs_at(const char *what)
{
	is_down();
	host.facts->pluto_answers = false;
	seen.pluto_error = -ETIMEDOUT;
	seen.hung = what;
	seen.hung_usec = 6000000;
}

static void summary_has(const char *what)
{
	_cleanup_free_ char *summary = NULL;

	ck_assert_int_eq(diagnosis_summary(&diagnosis, "example", &summary), 0);
	contains(summary, what);
}

START_TEST(pluto_that_hangs_is_the_cause_and_what_it_did_not_answer_is_told)
{
	hangs_at("whack --trafficstatus");
	ck_assert_str_eq(cause(), "ipsec-hangs");
	contains(diagnosis_cause(&diagnosis)->seen,
		 "ipsec whack --trafficstatus did not end within 6.0 s, and was killed");
	contains(diagnosis_cause(&diagnosis)->remedy, "restart");
	summary_has("pluto hangs: it does not answer the ipsec command");
}
END_TEST

START_TEST(a_command_that_hangs_without_pluto_is_not_mended_by_restarting_pluto)
{
	hangs_at("--version");
	ck_assert_str_eq(cause(), "ipsec-hangs");
	summary_has("the ipsec command hangs: ipsec --version, which does not ask pluto");
	ck_assert_ptr_null(strstr(diagnosis_cause(&diagnosis)->remedy, "restart"));
}
END_TEST

START_TEST(pluto_that_was_heard_meanwhile_is_slow_and_does_not_hang)
{
	hangs_at("whack --trafficstatus");
	seen.up_asked = seen.initiated = true;
	seen.said = "002 \"example\" #1: IKE SA authentication request rejected by peer: "
		    "AUTHENTICATION_FAILED\n";
	ck_assert_str_eq(cause(), "authentication");
	ck_assert_str_eq(row(STEP_TUNNEL)->id, "ipsec-hangs");
	ck_assert_int_eq(row(STEP_TUNNEL)->status, DIAGNOSIS_WARN);
	/* Nobody has said that it is down. */
	for (size_t i = 0; i < diagnosis.n; i++)
		ck_assert_ptr_null(strstr(diagnosis.items[i].seen, "trafficstatus has no entry"));
}
END_TEST

START_TEST(pluto_that_told_its_tunnels_is_slow_and_does_not_hang)
{
	seen.hung = "whack --status";
	seen.pluto_error = -ETIMEDOUT;
	seen.pluto = (struct pluto_conn){ 0 };
	ck_assert_str_eq(cause(), "");
	ck_assert_int_eq(row(STEP_TUNNEL)->status, DIAGNOSIS_WARN);
	/* Nobody has said that the conn is not loaded. */
	is_down();
	ck_assert_str_eq(cause(), "");
	contains(diagnosis.items[1].seen, "whether the conn is loaded was asked in vain");
}
END_TEST

START_TEST(one_run_that_hung_is_told_where_nothing_else_is_wrong)
{
	seen.hung = "whack --showstates";
	seen.hung_usec = 6000000;
	ck_assert_str_eq(cause(), "");
	summary_has("no fault was found, but: ipsec whack --showstates did not end");
}
END_TEST

START_TEST(who_is_not_root_is_told_and_blames_nobody)
{
	is_down();
	seen.is_root = false;
	seen.pluto_error = -EACCES;
	seen.firewall = NULL;
	seen.firewall_error = -EPERM;
	host.facts->sas_known = false;
	ck_assert_str_eq(cause(), "");
	ck_assert_int_eq(row(STEP_TUNNEL)->status, DIAGNOSIS_SKIPPED);
	ck_assert_int_eq(row(STEP_FIREWALL)->status, DIAGNOSIS_SKIPPED);
	ck_assert_int_eq(row(STEP_KERNEL)->status, DIAGNOSIS_SKIPPED);
	contains(row(STEP_FIREWALL)->remedy, "tcpdump -i bond0");
	/* Not to have looked is not to have found nothing. */
	summary_has("conn example: it could not be looked: pluto answers nobody but root");
	ck_assert_int_eq(diagnosis_worst(&diagnosis), DIAGNOSIS_SKIPPED);
}
END_TEST

START_TEST(a_conn_that_is_not_loaded_or_not_oriented_is_the_cause)
{
	is_down();
	seen.pluto.loaded = false;
	ck_assert_str_eq(cause(), "not-loaded");
	seen.pluto.loaded = true;
	seen.pluto.oriented = false;
	ck_assert_str_eq(cause(), "unoriented");
	contains(diagnosis_cause(&diagnosis)->remedy, "whack --listen");
}
END_TEST

START_TEST(libreswan_5_leaves_a_conn_unoriented_for_want_of_the_feature)
{
	is_down();
	set_version(5, 2);
	link_named("bond0")->esp_hw_offload = FACTS_FEATURE_OFF;
	seen.pluto.oriented = false;
	ck_assert_str_eq(cause(), "unoriented");
	contains(diagnosis_cause(&diagnosis)->why, "esp-hw-offload of bond0 is off");
}
END_TEST

START_TEST(libreswan_5_does_not_see_the_feature_that_came_after_it)
{
	is_down();
	set_version(5, 2);
	link_named("bond0")->esp_hw_offload = FACTS_FEATURE_ON;
	seen.pluto.oriented = false;
	ck_assert_str_eq(cause(), "unoriented");
	contains(diagnosis_cause(&diagnosis)->why, "esp-hw-offload was turned on, after");
	contains(diagnosis_cause(&diagnosis)->remedy, "systemctl restart ipsec");
}
END_TEST

START_TEST(which_ike_a_conn_speaks_is_told_as_libreswan_reads_it)
{
	static const struct {
		unsigned int major, minor;
		const char *keys;
		bool ikev1;
	} rows[] = {
		{ 4, 10, "ikev2=no", true },
		{ 4, 10, "ikev2=permit", true },
		{ 4, 10, "ikev2=propose", false },
		{ 5, 2, "ikev2=permit", true },
		{ 5, 2, "ikev2=no\nkeyexchange=ikev2", false },
		{ 5, 2, "ikev2=no\nkeyexchange=ike", true },
		{ 5, 2, "ikev2=yes\nkeyexchange=ikev1", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		end();
		begin();
		set_version(rows[i].major, rows[i].minor);
		set_keys(rows[i].keys);
		cause();
		ck_assert_msg(seen.ikev1 == rows[i].ikev1, "%s", rows[i].keys);
	}
}
END_TEST

START_TEST(why_a_conn_was_not_loaded_comes_before_that_it_was_not)
{
	failed_with("021 no connection named \"example\"\n");
	seen.pluto.loaded = seen.pluto.oriented = false;
	seen.log =
		"\"example\": failed to add connection: left certificate 'nosuch' not found in the "
		"NSS database\n";
	ck_assert_str_eq(cause(), "certificate-missing");
	ck_assert_int_eq(row(STEP_TUNNEL)->status, DIAGNOSIS_SYMPTOM);

	seen.log =
		"\"example\": failed to add IKEv1 connection: global ikev1-policy does not allow "
		"IKEv1 connections\n";
	ck_assert_str_eq(cause(), "ikev1-not-allowed");
}
END_TEST

START_TEST(what_an_attempt_met_is_not_why_a_conn_is_not_loaded)
{
	is_down();
	seen.pluto.loaded = false;
	seen.log = "\"example\" #4: initiating IKEv2 connection\n"
		   "\"example\" #4: IKE SA authentication request rejected by peer: "
		   "AUTHENTICATION_FAILED\n";
	ck_assert_str_eq(cause(), "not-loaded");
	for (size_t i = 0; i < diagnosis.n; i++)
		ck_assert_str_ne(diagnosis.items[i].id, "authentication");
	seen.log = "\"example\": failed to add connection: certificate 'x' not found in the NSS "
		   "database\n";
	ck_assert_str_eq(cause(), "certificate-missing");
}
END_TEST

START_TEST(of_the_log_the_last_attempt_that_tells_something_counts)
{
	is_down();
	seen.log = "\"example\" #3: initiating IKEv2 connection\n"
		   "\"example\" #3: dropping unexpected IKE_SA_INIT message containing "
		   "NO_PROPOSAL_CHOSEN notification\n"
		   "\"example\" #4: initiating IKEv2 connection\n"
		   "\"example\" #4: IKE SA authentication request rejected by peer: "
		   "AUTHENTICATION_FAILED\n";
	ck_assert_str_eq(cause(), "authentication");
	seen.log = "\"example\" #3: initiating IKEv2 connection\n"
		   "\"example\" #3: dropping unexpected IKE_SA_INIT message containing "
		   "NO_PROPOSAL_CHOSEN notification\n"
		   "\"example\" #4: initiating IKEv2 connection\n";
	ck_assert_str_eq(cause(), "ike-proposal");
}
END_TEST

START_TEST(of_the_log_what_failed_before_it_came_up_is_not_why_it_is_down_now)
{
	is_down();
	seen.log = "\"example\" #3: initiating IKEv2 connection\n"
		   "\"example\" #3: IKE SA authentication request rejected by peer: "
		   "AUTHENTICATION_FAILED\n"
		   "\"example\" #4: initiating IKEv2 connection\n"
		   "\"example\" #5: initiator established Child SA using #4; IPsec transport\n"
		   "\"example\" #5: ESP traffic information: in=84B out=84B\n";
	ck_assert_str_eq(cause(), "");
	ck_assert_int_eq(row(STEP_TUNNEL)->status, DIAGNOSIS_SYMPTOM);

	/* The peer has begun it, and what comes behind it tells. */
	seen.log = "\"example\" #3: initiating IKEv2 connection\n"
		   "\"example\" #3: IKE SA authentication request rejected by peer: "
		   "AUTHENTICATION_FAILED\n"
		   "\"example\" #5: responder established Child SA using #4; IPsec transport\n"
		   "\"example\" #6: CREATE_CHILD_SA failed with error notification "
		   "NO_PROPOSAL_CHOSEN\n";
	ck_assert_str_eq(cause(), "esp-proposal");
}
END_TEST

START_TEST(a_path_that_swallows_long_packets_is_measured_and_mended)
{
	seen.path.largest = 1266;
	seen.path.smallest_lost = 1267;
	ck_assert_str_eq(cause(), "path-mtu");
	ck_assert_uint_eq(diagnosis.mtu, 1260);
	ck_assert_uint_eq(diagnosis.max_mss, 1220);
	/* 1266 less the IP header, and 2, to a multiple of 4: 1248; and 20, 8, 8 and 16. */
	contains(diagnosis_cause(&diagnosis)->seen, "as ESP the path carries 1300");
	contains(diagnosis_cause(&diagnosis)->remedy, "mtu=1260");
	contains(diagnosis_cause(&diagnosis)->remedy, "--set-mss 1220");
}
END_TEST

START_TEST(beside_the_tunnel_the_overhead_is_reckoned)
{
	seen.path_is_inner = false;
	seen.path.believed = 1500;
	seen.path.largest = 1300;
	seen.path.smallest_lost = 1301;
	ck_assert_str_eq(cause(), "path-mtu");
	/* 1300 less 20, 8, 8 and 16 is 1248, less 2, and the IP header again: 1266 */
	ck_assert_uint_eq(diagnosis.mtu, 1260);
	seen.pluto.mtu = 1260;
	ck_assert_str_eq(cause(), "");
}
END_TEST

/* It takes part of many pings at a time: such an MTU would cut off what works. */
START_TEST(a_host_that_limits_its_answers_is_no_path_that_carries_nothing)
{
	for (int inner = 0; inner < 2; inner++) {
		seen.path_is_inner = inner;
		seen.path.largest = 84;
		seen.path.smallest_lost = 85;
		ck_assert_str_eq(cause(), "");
		ck_assert_int_eq(row(STEP_MTU)->status, DIAGNOSIS_WARN);
		contains(row(STEP_MTU)->seen, "of the pings of different lengths to ");
		ck_assert_uint_eq(diagnosis.mtu, 0);
		ck_assert_uint_eq(diagnosis.max_mss, 0);
	}
	seen.path.largest = 576;
	seen.path.smallest_lost = 577;
	ck_assert_str_eq(cause(), "path-mtu");
}
END_TEST

START_TEST(pings_that_nobody_answers_are_a_warning_and_no_proof_of_passing)
{
	_cleanup_free_ char *summary = NULL;

	seen.path = (struct diagnosis_path){ .device = 1500 };
	ck_assert_str_eq(cause(), "");
	ck_assert_int_eq(row(STEP_MTU)->status, DIAGNOSIS_WARN);
	ck_assert_str_eq(row(STEP_MTU)->id, "no-answer");
	contains(row(STEP_MTU)->seen, "adds 34 bytes to a packet of 1466");
	contains(row(STEP_MTU)->remedy, "--to ADDRESS");
	ck_assert_str_eq(row(STEP_FIREWALL)->seen, "no rule of this host drops IKE or ESP");
	ck_assert_int_eq(diagnosis_summary(&diagnosis, "example", &summary), 0);
	contains(summary, "no fault was found, but: pings through the tunnel");
}
END_TEST

START_TEST(a_tunnel_that_is_up_and_brings_nothing_back_is_a_firewall)
{
	nothing_comes_back();
	ck_assert_str_eq(cause(), "esp-silence");
	contains(diagnosis_cause(&diagnosis)->seen, "6 pings and 3 packets of UDP and TCP were");
	contains(diagnosis_cause(&diagnosis)->why,
		 "though it has worked: a firewall on the way or at the peer drops ESP, or the "
		 "peer has lost its SAs, unless 192.0.2.2");
	contains(diagnosis_cause(&diagnosis)->remedy, "tcpdump -i bond0 -n -n 'host 192.0.2.2");
	ck_assert_int_eq(row(STEP_MTU)->status, DIAGNOSIS_SKIPPED);
	seen.asked_v2 = IKE_SPEAKS;
	diagnose();
	contains(diagnosis_cause(&diagnosis)->why, "the peer is there and answers IKE; a firewall");
	seen.asked_v2 = IKE_SILENT;
	diagnose();
	contains(diagnosis_cause(&diagnosis)->why, "so it is down or cut off, or a firewall");
}
END_TEST

START_TEST(what_comes_in_meanwhile_acquits_the_way)
{
	nothing_comes_back();
	seen.traffic.in = 1;
	ck_assert_str_eq(cause(), "");
	ck_assert_str_eq(row(STEP_MTU)->id, "no-answer");
	contains(row(STEP_MTU)->why, "so ESP passes");
}
END_TEST

START_TEST(without_knocks_or_where_they_took_another_way_nothing_is_blamed)
{
	nothing_comes_back();
	seen.path.knocks = 0;
	ck_assert_str_eq(cause(), "");
	nothing_comes_back();
	seen.traffic.out = 8;
	ck_assert_str_eq(cause(), "");
	nothing_comes_back();
	seen.traffic.known = false;
	ck_assert_str_eq(cause(), "");
	ck_assert_str_eq(row(STEP_MTU)->id, "no-answer");
}
END_TEST

START_TEST(traffic_is_judged_by_what_moves)
{
	seen.traffic = (struct diagnosis_traffic){ .known = true, .usec = 1500000 };
	diagnose();
	contains(row(STEP_TUNNEL)->seen, "; no traffic was seen in 1.5 s");
	ck_assert_int_eq(row(STEP_TUNNEL)->status, DIAGNOSIS_OK);
	seen.traffic.in = 3;
	seen.traffic.out = 4;
	diagnose();
	contains(row(STEP_TUNNEL)->seen, "; in 1.5 s 3 packets came in and 4 went out");
	seen.traffic.known = false;
	diagnose();
	contains(row(STEP_TUNNEL)->seen, "; whether it carries anything now was not seen");

	/* Others' packets go out, and none comes in, whatever came earlier. */
	seen.traffic = (struct diagnosis_traffic){ .known = true, .out = 500 };
	seen.path.sent = 9;
	diagnose();
	ck_assert_str_eq(row(STEP_TUNNEL)->id, "no-traffic");
	ck_assert_int_eq(row(STEP_TUNNEL)->status, DIAGNOSIS_SYMPTOM);
	/* Both ways now, though the totals of pluto say otherwise. */
	host.facts->tunnels[0].in_bytes = 0;
	seen.traffic.in = 500;
	diagnose();
	ck_assert_int_eq(row(STEP_TUNNEL)->status, DIAGNOSIS_OK);
	host.facts->tunnels[0].in_bytes = 840;
	host.facts->tunnels[0].out_bytes = 0;
	diagnose();
	ck_assert_int_eq(row(STEP_TUNNEL)->status, DIAGNOSIS_OK);
}
END_TEST

START_TEST(what_the_conns_own_sas_carried_is_counted)
{
	struct diagnosis_traffic t = { 0 };
	struct facts_sa before[4], after[5];

	diagnose();
	/* The conn's two, and a neighbour's between the same ends. */
	for (size_t i = 0; i < 4; i++) {
		before[i] = seen.facts->sas[i % 2];
		before[i].packets = 100;
		before[i].spi += i < 2 ? 0 : 0x100;
		after[i] = before[i];
		after[i].packets = 100 + 10 * (i + 1);
	}
	sas.items = realloc(sas.items, 4 * sizeof(*sas.items));
	for (size_t i = 2; i < 4; i++)
		sas.items[i] = (struct pluto_sa){ .conn = strdup("neighbour"),
						  .spi = before[i].spi,
						  .proto = 50,
						  .destination = before[i].destination };
	sas.n = 4;
	/* One that a rekey has brought. */
	after[4] = after[1];
	after[4].spi = 0x999;
	after[4].packets = 7;
	diagnosis_count(&seen, before, 4, after, 5, &t);
	ck_assert(t.known);
	ck_assert_uint_eq(t.out, 10);
	ck_assert_uint_eq(t.in, 20 + 7);
}
END_TEST

START_TEST(nobody_who_answers_pings_beside_the_tunnel_tells_nothing_of_it)
{
	seen.path = (struct diagnosis_path){ .device = 1500 };
	seen.path_is_inner = false;
	ck_assert_str_eq(cause(), "");
	ck_assert_int_eq(row(STEP_MTU)->status, DIAGNOSIS_SKIPPED);
	contains(row(STEP_MTU)->remedy, "--to ADDRESS");
}
END_TEST

START_TEST(what_a_tunnel_has_carried_is_no_word_about_now)
{
	diagnose();
	contains(row(STEP_TUNNEL)->seen, "since it came up or was last rekeyed it carried 840 "
					 "bytes in and 840 bytes out");
}
END_TEST

START_TEST(a_masquerade_before_encryption_is_the_cause)
{
	set_keys("leftsubnet=10.0.2.0/24\nrightsubnet=192.168.0.0/16\ntype=tunnel");
	ck_assert_int_eq(firewall_read_iptables("*nat\n:POSTROUTING ACCEPT [0:0]\n"
						"-A POSTROUTING -o bond0 -j MASQUERADE\nCOMMIT\n",
						AF_INET, NULL, &rules),
			 0);
	ck_assert_str_eq(cause(), "nat-rule");
	contains(diagnosis_cause(&diagnosis)->remedy,
		 "iptables -t nat -I POSTROUTING -s 10.0.2.0/24 -d 192.168.0.0/16 -j RETURN");
}
END_TEST

START_TEST(what_exempts_from_a_translation_is_put_where_it_is)
{
	static const char nat[] = "*nat\n:POSTROUTING ACCEPT [0:0]\n"
				  "-A POSTROUTING -o bond0 -j MASQUERADE\nCOMMIT\n";
	struct firewall_rule *rule;

	set_keys("leftsubnet=10.0.2.0/24\nrightsubnet=192.168.0.0/16\ntype=tunnel");
	ck_assert_int_eq(firewall_read_iptables(nat, AF_INET, NULL, &rules), 0);
	rule = &rules.items[0].rules[0];
	free(rule->text);
	rule->text = strdup("ip saddr 10.0.0.0/8 oifname \"bond0\" masquerade");
	ck_assert_str_eq(cause(), "nat-rule");
	contains(diagnosis_cause(&diagnosis)->remedy,
		 "nft insert rule ip nat POSTROUTING ip saddr 10.0.2.0/24");
	firewall_done(&rules);

	ck_assert_int_eq(firewall_read_legacy_iptables(nat, AF_INET, &rules), 0);
	ck_assert_str_eq(cause(), "nat-rule");
	contains(diagnosis_cause(&diagnosis)->remedy,
		 "in front of it: iptables-legacy -t nat -I POSTROUTING");
}
END_TEST

/* Packets leave by that interface, before they are encrypted and leave by the bond. */
START_TEST(with_an_interface_of_its_own_only_translation_there_is_blamed)
{
	static const struct {
		const char *key, *value, *rule, *cause;
	} cases[] = {
		{ "ipsec-interface", "yes", "-A POSTROUTING -o bond0 -j MASQUERADE", "" },
		{ "ipsec-interface", "yes", "-A POSTROUTING -o ipsec1 -j MASQUERADE", "nat-rule" },
		{ "ipsec-interface", "5", "-A POSTROUTING -o ipsec5 -j MASQUERADE", "nat-rule" },
		{ "ipsec-interface", "no", "-A POSTROUTING -o bond0 -j MASQUERADE", "nat-rule" },
		{ "vti-interface", "vti7", "-A POSTROUTING -o bond0 -j MASQUERADE", "" },
		{ "vti-interface", "vti7", "-A POSTROUTING -o vti+ -j MASQUERADE", "nat-rule" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[256];

		end();
		begin();
		set_keys("leftsubnet=10.0.2.0/24\nrightsubnet=192.168.0.0/16\ntype=tunnel");
		snprintf(text, sizeof(text), "*nat\n:POSTROUTING ACCEPT [0:0]\n%s\nCOMMIT\n",
			 cases[i].rule);
		ck_assert_int_eq(firewall_read_iptables(text, AF_INET, NULL, &rules), 0);
		set_key(cases[i].key, cases[i].value);
		ck_assert_msg(streq(cause(), cases[i].cause), "%s=%s, %s: %s", cases[i].key,
			      cases[i].value, cases[i].rule, cause());
	}
}
END_TEST

START_TEST(nat_between_the_peers_is_told)
{
	host.facts->sas[0].encapsulated = true;
	ck_assert_str_eq(cause(), "");
	ck_assert_str_eq(row(STEP_NAT)->id, "nat-between");
	ck_assert_int_eq(row(STEP_NAT)->status, DIAGNOSIS_WARN);
}
END_TEST

START_TEST(a_crypto_policy_without_gcm_128_cannot_be_offloaded)
{
	set_key("esp", NULL);
	text_add(&host.crypto_policy, "conn %default\n\tike=aes_gcm256-sha2_512\n"
				      "\tesp=aes_gcm256,aes256-sha2_512\n");
	seen.crypto_policy = "FUTURE";
	ck_assert_str_eq(cause(), "crypto-policy");
	contains(diagnosis_cause(&diagnosis)->seen, "policy FUTURE is in force");
	contains(diagnosis_cause(&diagnosis)->seen,
		 "esp=aes_gcm256,aes256-sha2_512 (crypto policy, "
		 "/etc/crypto-policies/");
}
END_TEST

START_TEST(with_its_own_esp_or_without_offload_the_policy_is_no_fault)
{
	text_add(&host.crypto_policy, "conn %default\n\tesp=aes_gcm256\n");
	ck_assert_str_eq(cause(), "");
	end();
	begin();

	text_add(&host.crypto_policy, "conn %default\n\tesp=aes_gcm256\n");
	set_keys("esp=\nnic-offload=no");
	ck_assert_str_eq(cause(), "");
	ck_assert_int_eq(row(STEP_CRYPTO_POLICY)->status, DIAGNOSIS_WARN);
}
END_TEST

START_TEST(sas_that_the_kernel_has_lost_are_the_cause)
{
	host.facts->tunnels[0].kernel_lost = true;
	host.facts->n_sas = 0;
	ck_assert_str_eq(cause(), "kernel-lost");
	contains(diagnosis_cause(&diagnosis)->seen, "2 of the 2 SAs");
	contains(diagnosis_cause(&diagnosis)->remedy, "ipsec auto --replace example");
}
END_TEST

START_TEST(a_rekey_while_pluto_is_asked_is_no_loss_and_leaves_nothing_over)
{
	struct facts_sa later[2] = { host.facts->sas[0], host.facts->sas[1] };

	rekeys = true;
	later[0].spi++;
	later[1].spi++;
	seen.later_sas = later;
	seen.n_later_sas = 2;
	/* Pluto has the first one as it was, and the second as it is. */
	sas.items[1].spi++;
	ck_assert_str_eq(cause(), "");
	ck_assert_int_eq(row(STEP_KERNEL)->status, DIAGNOSIS_OK);

	/* What is in the kernel neither before nor after is lost. */
	sas.items[1].spi++;
	ck_assert_str_eq(cause(), "kernel-lost");
	contains(diagnosis_cause(&diagnosis)->seen, "1 of the 2 SAs");
}
END_TEST

START_TEST(sas_that_could_not_be_compared_do_not_agree)
{
	seen.sas_error = -ETIMEDOUT;
	seen.pluto_sas = NULL;
	ck_assert_str_eq(cause(), "");
	ck_assert_int_eq(row(STEP_KERNEL)->status, DIAGNOSIS_SKIPPED);
	contains(row(STEP_KERNEL)->seen, "pluto could not be asked for them: ");

	seen.sas_error = 0;
	seen.pluto_sas = &sas;
	seen.later_error = -EAGAIN;
	sas.items[0].spi++;
	ck_assert_str_eq(cause(), "");
	ck_assert_int_eq(row(STEP_KERNEL)->status, DIAGNOSIS_SKIPPED);
	contains(row(STEP_KERNEL)->seen, "the kernel could not be asked for them: ");
}
END_TEST

START_TEST(sas_that_pluto_does_not_know_are_told)
{
	for (size_t i = 0; i < sas.n; i++) {
		sas.items[i].conn[0] = 'E';
		sas.items[i].spi = 1;
	}
	ck_assert_str_eq(cause(), "");
	ck_assert_str_eq(row(STEP_KERNEL)->id, "stale-sas");
}
END_TEST

START_TEST(errors_that_move_are_told_with_their_meaning)
{
	static const struct diagnosis_counter counters[] = {
		{ "XfrmInNoStates", 3, 3 },
		{ "XfrmInStateProtoError", 1, 6 },
	};

	seen.counters = counters;
	seen.n_counters = ARRAY_SIZE(counters);
	ck_assert_str_eq(cause(), "");
	ck_assert_str_eq(row(STEP_KERNEL)->id, "kernel-errors");
	contains(row(STEP_KERNEL)->seen, "XfrmInStateProtoError rose by 5");
	ck_assert_ptr_null(strstr(row(STEP_KERNEL)->seen, "XfrmInNoStates"));
	contains(row(STEP_KERNEL)->evidence, "XfrmInNoStates 3");
}
END_TEST

START_TEST(bytes_that_go_one_way_only_are_a_symptom)
{
	host.facts->tunnels[0].in_bytes = 0;
	ck_assert_str_eq(cause(), "");
	ck_assert_str_eq(row(STEP_TUNNEL)->id, "no-traffic");
	ck_assert_int_eq(row(STEP_TUNNEL)->status, DIAGNOSIS_SYMPTOM);
}
END_TEST

START_TEST(every_id_is_told_once)
{
	for (size_t i = 0; diagnosis_ids(i); i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(diagnosis_ids(i), diagnosis_ids(k));
}
END_TEST

DIAGNOSIS_MAIN("diagnosis", a_tunnel_that_is_up_has_no_fault_and_each_step_its_row,
	       a_conn_that_is_not_there_is_the_cause, pluto_that_is_away_is_the_cause,
	       pluto_that_hangs_is_the_cause_and_what_it_did_not_answer_is_told,
	       a_command_that_hangs_without_pluto_is_not_mended_by_restarting_pluto,
	       pluto_that_was_heard_meanwhile_is_slow_and_does_not_hang,
	       pluto_that_told_its_tunnels_is_slow_and_does_not_hang,
	       one_run_that_hung_is_told_where_nothing_else_is_wrong,
	       who_is_not_root_is_told_and_blames_nobody,
	       a_conn_that_is_not_loaded_or_not_oriented_is_the_cause,
	       libreswan_5_leaves_a_conn_unoriented_for_want_of_the_feature,
	       libreswan_5_does_not_see_the_feature_that_came_after_it,
	       which_ike_a_conn_speaks_is_told_as_libreswan_reads_it,
	       why_a_conn_was_not_loaded_comes_before_that_it_was_not,
	       what_an_attempt_met_is_not_why_a_conn_is_not_loaded,
	       of_the_log_the_last_attempt_that_tells_something_counts,
	       of_the_log_what_failed_before_it_came_up_is_not_why_it_is_down_now,
	       a_path_that_swallows_long_packets_is_measured_and_mended,
	       beside_the_tunnel_the_overhead_is_reckoned,
	       a_host_that_limits_its_answers_is_no_path_that_carries_nothing,
	       pings_that_nobody_answers_are_a_warning_and_no_proof_of_passing,
	       a_tunnel_that_is_up_and_brings_nothing_back_is_a_firewall,
	       what_comes_in_meanwhile_acquits_the_way,
	       without_knocks_or_where_they_took_another_way_nothing_is_blamed,
	       traffic_is_judged_by_what_moves, what_the_conns_own_sas_carried_is_counted,
	       nobody_who_answers_pings_beside_the_tunnel_tells_nothing_of_it,
	       what_a_tunnel_has_carried_is_no_word_about_now,
	       a_masquerade_before_encryption_is_the_cause,
	       what_exempts_from_a_translation_is_put_where_it_is,
	       with_an_interface_of_its_own_only_translation_there_is_blamed,
	       nat_between_the_peers_is_told, a_crypto_policy_without_gcm_128_cannot_be_offloaded,
	       with_its_own_esp_or_without_offload_the_policy_is_no_fault,
	       sas_that_the_kernel_has_lost_are_the_cause,
	       a_rekey_while_pluto_is_asked_is_no_loss_and_leaves_nothing_over,
	       sas_that_could_not_be_compared_do_not_agree, sas_that_pluto_does_not_know_are_told,
	       errors_that_move_are_told_with_their_meaning,
	       bytes_that_go_one_way_only_are_a_symptom, every_id_is_told_once)
