/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnosis-builder.h"

START_TEST(silence_without_a_rule_is_the_way)
{
	failed_with(
		"010 \"example\" #1: STATE_V2_PARENT_I1: retransmission; will wait 0.5 seconds for "
		"response\n");
	seen.asked_v1 = seen.asked_v2 = IKE_SILENT;
	ck_assert_str_eq(cause(), "silence");
	contains(diagnosis_cause(&diagnosis)->remedy,
		 "tcpdump -i bond0 -n -n 'host 192.0.2.2 and (esp or udp port 500 or udp port 4500 "
		 "or tcp port 4500)'");
}
END_TEST

START_TEST(a_log_that_could_not_be_read_is_told_where_nothing_is_known)
{
	is_down();
	seen.log = "";
	ck_assert_str_eq(cause(), "");
	ck_assert_str_eq(row(STEP_MISMATCH)->seen, "pluto says nothing of a disagreement");
	seen.log_unread = "/srv/pluto.log (logfile=): Permission denied";
	diagnose();
	ck_assert_str_eq(row(STEP_MISMATCH)->seen,
			 "pluto says nothing of a disagreement; its log could not be read: "
			 "/srv/pluto.log (logfile=): Permission denied");
}
END_TEST

START_TEST(a_peer_that_speaks_only_the_other_version_is_no_firewall)
{
	failed_with("010 \"example\" #1: STATE_MAIN_I1: retransmission; will wait 0.5 seconds for "
		    "response\n");
	set_key("ikev2", "no");
	seen.asked_v1 = IKE_SILENT;
	seen.asked_v2 = IKE_SPEAKS;
	ck_assert_str_eq(cause(), "ike-version");
	ck_assert_int_eq(row(STEP_FIREWALL)->status, DIAGNOSIS_SYMPTOM);
	contains(diagnosis_cause(&diagnosis)->remedy, "ikev2=insist");
}
END_TEST

START_TEST(a_peer_that_refuses_ikev2_and_takes_ikev1_has_the_other_version)
{
	failed_with("003 \"example\" #1: dropping unexpected IKE_SA_INIT message containing "
		    "NO_PROPOSAL_CHOSEN notification; message payloads: N; missing payloads: "
		    "SA,KE,Ni\n");
	seen.asked_v1 = IKE_SPEAKS;
	seen.asked_v2 = IKE_REFUSED;
	ck_assert_str_eq(cause(), "ike-version");
	contains(diagnosis_cause(&diagnosis)->remedy, "ikev2=no");
}
END_TEST

START_TEST(a_peer_that_takes_other_algorithms_differs_in_ike)
{
	failed_with("003 \"example\" #1: dropping unexpected IKE_SA_INIT message containing "
		    "NO_PROPOSAL_CHOSEN notification; message payloads: N; missing payloads: "
		    "SA,KE,Ni\n");
	set_key("ike", "aes256-sha1");
	seen.asked_v1 = IKE_SILENT;
	seen.asked_v2 = IKE_SPEAKS;
	seen.accepts = "AES_GCM_16_128-HMAC_SHA2_256-DH19";
	ck_assert_str_eq(cause(), "ike-proposal");
	contains(diagnosis_cause(&diagnosis)->seen, "ike=aes256-sha1 (/etc/ipsec.conf:");
	contains(diagnosis_cause(&diagnosis)->seen, "the peer takes AES_GCM_16_128");
}
END_TEST

START_TEST(a_peer_that_answers_only_to_refuse_has_no_conn_for_us)
{
	failed_with("010 \"example\" #1: STATE_MAIN_I1: retransmission; will wait 0.5 seconds for "
		    "response\n");
	set_key("ikev2", "no");
	seen.asked_v1 = IKE_SILENT;
	seen.asked_v2 = IKE_REFUSED;
	ck_assert_str_eq(cause(), "no-matching-conn");
}
END_TEST

/* It takes our question with this very version: it has a conn for us, and was away before. */
START_TEST(a_peer_that_takes_our_version_after_all_does_not_lack_a_conn)
{
	failed_with(
		"010 \"example\" #1: STATE_V2_PARENT_I1: retransmission; will wait 0.5 seconds for "
		"response\n");
	seen.asked_v1 = IKE_SILENT;
	seen.asked_v2 = IKE_SPEAKS;
	ck_assert_str_eq(cause(), "");
	ck_assert_int_eq(row(STEP_FIREWALL)->status, DIAGNOSIS_SYMPTOM);
	ck_assert_str_eq(row(STEP_MISMATCH)->id, "silence");
	contains(row(STEP_MISMATCH)->why, "it has a conn for it");
	contains(row(STEP_MISMATCH)->remedy, "esp-offloadctl diagnose --up example");
}
END_TEST

/* What pluto says is named as it is, in its step, with what stands here. */
START_TEST(each_message_of_pluto_is_the_cause_that_it_tells)
{
	static const struct {
		const char *said, *cause, *here;
	} cases[] = {
		{ "002 \"example\" #2: IKE_AUTH response contained the error notification "
		  "NO_PROPOSAL_CHOSEN\n",
		  "esp-proposal", "esp=aes_gcm128-null" },
		{ "002 \"example\" #2: IKE_AUTH response contained the error notification "
		  "TS_UNACCEPTABLE\n",
		  "selectors", "type=transport" },
		{ "002 \"example\" #1: IKE SA authentication request rejected by peer: "
		  "AUTHENTICATION_FAILED\n",
		  "authentication", "calls itself 192.0.2.1 and expects the peer to be 192.0.2.2" },
		{ "003 \"example\" #1: received Hash Payload does not match computed value\n",
		  "psk-differs", "authby=secret" },
		{ "000 \"example\" #16: ERROR: asynchronous network error report on bond0 "
		  "(192.0.2.2:500), complainant 198.51.100.1: Connection refused [errno 111, "
		  "origin "
		  "ICMP type 3 code 3 (not authenticated)]\n",
		  "peer-rejects", "the host that sent the rejection is 198.51.100.1" },
		{ "002 \"example\" #2: ERROR: netlink response for Add SA "
		  "esp.d2e1c1c3@192.0.2.2: Invalid argument (errno 22)\n"
		  "002 \"example\" #2: IKE_AUTH response contained the error notification "
		  "TS_UNACCEPTABLE\n",
		  "sa-refused", "bond0" },
		/* Libreswan 5 has no numbers. */
		{ "\"example\" #1: initiator rejected Child SA response: NO_PROPOSAL_CHOSEN\n",
		  "esp-proposal", "esp=" },
		{ "\"example\" #1: ignoring unexpected IKE_SA_INIT message containing "
		  "NO_PROPOSAL_CHOSEN notification; message payloads: N; missing payloads: "
		  "SA,KE,Ni\n",
		  "ike-proposal", "here: the defaults of Libreswan" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		failed_with(cases[i].said);
		ck_assert_str_eq(cause(), cases[i].cause);
		contains(diagnosis_cause(&diagnosis)->seen, cases[i].here);
		end();
		begin();
	}
}
END_TEST

/*
 * What two plutos of Libreswan 5.2 (Debian 13) said to each other's faults: captured, and not
 * written from the sources.
 */
START_TEST(what_libreswan_5_says_is_recognised)
{
	static const struct {
		const char *said, *log, *keys, *cause;
	} cases[] = {
		{ "\"example\" #3: initiating IKEv2 connection to 192.0.2.2 using UDP\n"
		  "\"example\" #3: sent IKE_SA_INIT request to 192.0.2.2:UDP/500\n"
		  "\"example\" #3: ignoring IKE_SA_INIT response containing NO_PROPOSAL_CHOSEN "
		  "notification (Message ID 0; message payloads N, missing SA,KE,Ni)\n"
		  "\"example\" #3: IKE_SA_INIT_I: retransmission; will wait 0.5 seconds for "
		  "response\n",
		  NULL, "ike=aes256-sha1-modp2048", "ike-proposal" },
		{ "\"example\" #4: sent IKE_AUTH request to 192.0.2.2:UDP/500\n"
		  "\"example\" #4: initiator established IKE SA; authenticated peer using "
		  "authby=secret and ID_IPV4_ADDR '192.0.2.2'\n"
		  "\"example\" #5: IKE_AUTH response rejected Child SA with NO_PROPOSAL_CHOSEN\n"
		  "\"example\" #5: connection is supposed to remain up; revival attempt 1 "
		  "scheduled in 0 seconds\n",
		  NULL, "esp=aes256-sha2", "esp-proposal" },
		{ "\"example\" #7: initiator established IKE SA; authenticated peer using "
		  "authby=secret and ID_IPV4_ADDR '192.0.2.2'\n"
		  "\"example\" #8: IKE_AUTH response rejected Child SA with TS_UNACCEPTABLE\n",
		  NULL, "leftsubnet=10.9.0.0/24", "selectors" },
		{ "\"example\" #10: IKE SA authentication request rejected by peer: "
		  "AUTHENTICATION_FAILED\n"
		  "\"example\" #10: encountered fatal error in state IKE_AUTH_I\n"
		  "\"example\" #10: deleting IKE SA (sent IKE_AUTH request)\n",
		  NULL, "leftid=@somebody", "authentication" },
		{ "\"example\" #18: initiating IKEv1 Main Mode connection\n"
		  "\"example\" #18: sent Main Mode I3\n"
		  "\"example\" #18: STATE_MAIN_I3: retransmission; will wait 0.5 seconds for "
		  "response\n",
		  NULL, "keyexchange=ikev1\nikev2=", "psk-differs" },
		{ "no connection or alias named \"example\"'\n",
		  "\"example\": failed to add connection: left certificate 'nosuch' not found in "
		  "the NSS database\n",
		  "leftcert=nosuch", "certificate-missing" },
		{ "\"example\": we cannot identify ourselves with either end of this connection.  "
		  "203.0.113.9 or 192.0.2.2 are not usable\n",
		  NULL, "left=203.0.113.9", "unoriented" },
		{ "\"example\": cannot initiate connection (serial $14) without knowing peer IP "
		  "address (kind=CK_TEMPLATE)\n",
		  NULL, "right=%any", "no-peer-address" },
		{ "\"example\" #23: sent IKE_SA_INIT request to 192.0.2.2:UDP/500\n"
		  "\"example\" #23: IKE_SA_INIT_I: retransmission; will wait 0.5 seconds for "
		  "response\n",
		  NULL, "auto=add", "silence" },
		{ "\"example\" #24: ERROR: asynchronous network error report on va "
		  "(192.0.2.1:500), complainant 192.0.2.2: Connection refused [errno 111, origin "
		  "ICMP type 3 code 3 (not authenticated)]\n"
		  "\"example\" #24: IKE_SA_INIT_I: retransmission; will wait 0.5 seconds for "
		  "response\n",
		  NULL, "auto=add", "peer-rejects" },
		{ "ERROR: \"example\" #25: send on va from 192.0.2.1:500 to 192.0.2.2:500 using "
		  "UDP "
		  "failed in initiating IKE_SA_INIT: Operation not permitted (errno 1)\n"
		  "\"example\" #25: IKE_SA_INIT_I: retransmission; will wait 0.5 seconds for "
		  "response\n",
		  NULL, "auto=add", "local-firewall" },
		/* The end that is asked, with a kernel that refuses the SA. */
		{ "",
		  "ERROR: \"example\" #2: netlink response for Add SA esp.be302bb3@192.0.2.2: "
		  "Function not implemented (errno 38)\n"
		  "\"example\" #2: Warning: Adding IPsec SA to failed - unknown error\n",
		  "auto=add", "sa-refused" },
		/* And with another key, as IKEv1 tells it there. */
		{ "",
		  "\"example\" #18: probable authentication failure (mismatch of preshared "
		  "secrets?): malformed payload in packet\n",
		  "keyexchange=ikev1\nikev2=", "psk-differs" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_version(5, 2);
		set_keys(cases[i].keys);
		failed_with(cases[i].said);
		seen.log = cases[i].log;
		ck_assert_str_eq(cause(), cases[i].cause);
		end();
		begin();
	}
}
END_TEST

/* One SA is refused, and that is who did it. */
static void refused_by(const char *who)
{
	failed_with("002 \"example\" #2: ERROR: netlink response for Add SA "
		    "esp.d2e1c1c3@192.0.2.2: Invalid argument (errno 22)\n");
	ck_assert_str_eq(cause(), "sa-refused");
	contains(diagnosis_cause(&diagnosis)->seen, who);
	end();
	begin();
}

START_TEST(who_refused_an_sa_is_told)
{
	seen.kernel_said = "IPsec offload requires 128 bit authentication";
	refused_by("refused at ix0 (driver ixgbe), the active port of bond0; the kernel's log: "
		   "IPsec offload requires");
	seen.kernel_said = "";
	refused_by("ix0 (driver ixgbe), the active port of bond0, was asked");
	link_named("ix0")->esp_hw_offload = FACTS_FEATURE_OFF;
	refused_by("bonding refused it, for ix0");
	link_named("bond0")->bond.active_port = FACTS_NO_LINK;
	refused_by("bond0 has no active port");
	set_key("nic-offload", "no");
	seen.kernel_said = "an older word";
	refused_by("so the kernel itself refused it");
}
END_TEST

START_TEST(ikev1_that_is_silent_at_its_third_message_has_another_key)
{
	failed_with("010 \"example\" #1: STATE_MAIN_I3: retransmission; will wait 0.5 seconds for "
		    "response\n");
	set_key("ikev2", "no");
	ck_assert_str_eq(cause(), "psk-differs");
}
END_TEST

START_TEST(what_failed_before_it_came_up_is_no_fault)
{
	seen.log = "\"example\" #1: IKE_AUTH response contained the error notification "
		   "TS_UNACCEPTABLE\n";
	ck_assert_str_eq(cause(), "");
}
END_TEST

DIAGNOSIS_MAIN("diagnosis-pluto", silence_without_a_rule_is_the_way,
	       a_peer_that_speaks_only_the_other_version_is_no_firewall,
	       a_peer_that_refuses_ikev2_and_takes_ikev1_has_the_other_version,
	       a_peer_that_takes_other_algorithms_differs_in_ike,
	       a_peer_that_answers_only_to_refuse_has_no_conn_for_us,
	       a_peer_that_takes_our_version_after_all_does_not_lack_a_conn,
	       each_message_of_pluto_is_the_cause_that_it_tells,
	       a_log_that_could_not_be_read_is_told_where_nothing_is_known,
	       what_libreswan_5_says_is_recognised, who_refused_an_sa_is_told,
	       ikev1_that_is_silent_at_its_third_message_has_another_key,
	       what_failed_before_it_came_up_is_no_fault)
