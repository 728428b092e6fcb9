/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pluto-messages.h"

#include <stdio.h>

#include "unit.h"

/* The first finding of a text; "" when there is none. */
static const char *first_of(const char *text)
{
	struct pluto_messages m;
	const char *id;

	ck_assert_int_eq(pluto_messages_match(text, &m), 0);
	id = m.n > 0 ? m.items[0].cause->id : "";
	pluto_messages_done(&m);
	return id;
}

struct example {
	const char *text;
	const char *id;
};

static void expect(const struct example *examples, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(streq(first_of(examples[i].text), examples[i].id),
			      "%s: expected %s, not %s", examples[i].text, examples[i].id,
			      first_of(examples[i].text));
}

#define EXPECT(...)                                                                                \
	do {                                                                                       \
		static const struct example _e[] = { __VA_ARGS__ };                                \
		expect(_e, sizeof(_e) / sizeof(_e[0]));                                            \
	} while (0)

START_TEST(silence_is_a_firewall_with_either_version_of_ike)
{
	EXPECT({ "181 \"vpn.example.com\"[1] 192.0.2.2 #15: initiating IKEv2 IKE SA\n"
		 "181 \"vpn.example.com\"[1] 192.0.2.2 #15: STATE_PARENT_I1: sent v2I1, expected "
		 "v2R1\n"
		 "010 \"vpn.example.com\"[1] 192.0.2.2 #15: STATE_PARENT_I1: retransmission; will "
		 "wait 0.5 seconds for response\n"
		 "010 \"vpn.example.com\"[1] 192.0.2.2 #15: STATE_PARENT_I1: retransmission; will "
		 "wait 1 seconds for response\n",
		 "silence" },
	       { "002 \"vpn.example.com\" #9: initiating Main Mode\n"
		 "102 \"vpn.example.com\" #9: STATE_MAIN_I1: sent MI1, expecting MR1\n"
		 "010 \"vpn.example.com\" #9: STATE_MAIN_I1: retransmission; will wait 0.5 seconds "
		 "for response\n",
		 "silence" },
	       { "\"a\" #1: IKE_SA_INIT_I: retransmission; will wait 8 seconds for response\n"
		 "\"a\" #1: IKE_SA_INIT_I: 60 second timeout exceeded after 7 retransmits.  No "
		 "response (or no acceptable response) to our first IKEv2 message\n",
		 "silence" },
	       { "\"a\" #1: STATE_V2_PARENT_I1: max number of retransmissions (7) reached after 60 "
		 "seconds.  No response (or no acceptable response) to our first IKEv1 message",
		 "silence" });
}
END_TEST

START_TEST(an_icmp_answer_names_who_refused)
{
	EXPECT({ "000 \"vpn.example.com\"[1] 192.0.2.2 #16: ERROR: asynchronous network error "
		 "report "
		 "on wlp2s0 (192.0.2.2:500), complainant 198.51.100.1: Connection refused [errno "
		 "111, origin ICMP type 3 code 3 (not authenticated)]",
		 "peer-rejects" },
	       { "\"a\" #1: ERROR: asynchronous network error report on bond0 "
		 "(192.0.2.2:500), complainant 198.51.100.1: No route to host [errno 113, origin "
		 "ICMP type 3 code 1 (not authenticated)]",
		 "unreachable" },
	       { "\"a\" #1: ERROR: asynchronous network error report on bond0 "
		 "(192.0.2.2:500), complainant 198.51.100.1: Message too long [errno 90, origin "
		 "ICMP "
		 "type 3 code 4 (not authenticated)]",
		 "packet-too-big" });
}
END_TEST

START_TEST(what_this_host_could_not_send_is_told)
{
	EXPECT({ "ERROR: \"a\" #1: send on lo from 192.0.2.1:500 to 192.0.2.2:500 using UDP failed "
		 "in "
		 "initiating IKE_SA_INIT: Network is unreachable (errno 101)\n"
		 "\"a\" #1: IKE_SA_INIT_I: retransmission; will wait 0.5 seconds for response\n",
		 "not-sent" },
	       { "ERROR: \"a\" #1: send on bond0 from 192.0.2.1:500 to 192.0.2.2:500 using UDP "
		 "failed "
		 "in EVENT_RETRANSMIT: Operation not permitted (errno 1)",
		 "local-firewall" });
}
END_TEST

START_TEST(a_missing_proposal_is_of_ike_or_of_esp_by_its_exchange)
{
	EXPECT({ "003 \"vpn.example.com\"[1] 193.110.157.148 #3: dropping unexpected IKE_SA_INIT "
		 "message containing NO_PROPOSAL_CHOSEN notification; message payloads: N; missing "
		 "payloads: SA,KE,Ni",
		 "ike-proposal" },
	       { "\"a\" #1: ignoring unexpected IKE_SA_INIT message containing NO_PROPOSAL_CHOSEN "
		 "notification; message payloads: N; missing payloads: SA,KE,Ni",
		 "ike-proposal" },
	       { "\"a\"[3] 192.0.2.1 #3: unexpected IKE_SA_INIT message containing "
		 "NO_PROPOSAL_CHOSEN notification",
		 "ike-proposal" },
	       { "182 \"vpn.example.com\"[1] 193.110.157.148 #5: STATE_PARENT_I2: sent v2I2, "
		 "expected v2R2 {auth=IKEv2 cipher=AES_GCM_16_256 integ=n/a prf=HMAC_SHA2_256 "
		 "group=MODP2048}\n"
		 "002 \"vpn.example.com\"[1] 193.110.157.148 #6: IKE_AUTH response contained the "
		 "error notification NO_PROPOSAL_CHOSEN\n",
		 "esp-proposal" },
	       { "\"a\" #2: IKE_AUTH response rejected Child SA with NO_PROPOSAL_CHOSEN",
		 "esp-proposal" },
	       { "\"a\" #4: CREATE_CHILD_SA failed with error notification NO_PROPOSAL_CHOSEN",
		 "esp-proposal" },
	       { "\"a\" #2: no local proposal matches remote proposals "
		 "1:ESP:ENCR=AES_CBC_256;INTEG=HMAC_SHA1_96;ESN=NO",
		 "esp-proposal" },
	       { "\"a\" #1: no local proposal matches remote proposals "
		 "1:IKE:ENCR=AES_CBC_256;INTEG=HMAC_SHA1_96;DH=MODP2048",
		 "ike-proposal" },
	       { "\"a\" #1: ignoring secured informational payload NO_PROPOSAL_CHOSEN, "
		 "msgid=f00dcafe, length=12\n",
		 "esp-proposal" },
	       { "\"a\" #1: ignoring unsecured informational payload NO_PROPOSAL_CHOSEN, "
		 "length=12\n",
		 "ike-proposal" },
	       { "003 \"a\" #1: ignoring informational payload NO_PROPOSAL_CHOSEN, msgid=00000000, "
		 "length=12",
		 "ike-proposal" });
}
END_TEST

START_TEST(unacceptable_selectors_are_told_with_the_doubt_about_the_nic)
{
	EXPECT({ "1v2 \"vpn.example.com\" #1: STATE_PARENT_I2: sent v2I2, expected v2R2 "
		 "{auth=IKEv2 cipher=AES_GCM_16_256 integ=n/a prf=HMAC_SHA2_512 group=MODP2048}\n"
		 "002 \"vpn.example.com\" #2: IKE_AUTH response contained the error notification "
		 "TS_UNACCEPTABLE\n",
		 "selectors" },
	       { "\"a\" #2: IKE_AUTH response rejected Child SA with TS_UNACCEPTABLE",
		 "selectors" },
	       { "\"a\" #1: no IKEv2 connection found with compatible Traffic Selectors",
		 "selectors" });
	ck_assert_ptr_nonnull(strstr(first_of("TS_UNACCEPTABLE"), "selectors"));
}
END_TEST

START_TEST(a_different_pre_shared_key_is_told_from_a_missing_one)
{
	EXPECT({ "003 \"vpn.example.com\" #1: received Hash Payload does not match computed value\n"
		 "223 \"vpn.example.com\" #1: sending notification INVALID_HASH_INFORMATION to "
		 "192.0.2.23:500\n",
		 "psk-differs" },
	       { "003 \"a\" #1: authentication failed: PSK AUTH mismatch", "psk-differs" },
	       { "003 \"a\" #1: probable authentication failure (mismatch of preshared secrets?): "
		 "malformed payload in packet",
		 "psk-differs" },
	       { "003 \"a\" #1: authentication failed: no PSK found for '@east'", "psk-missing" },
	       { "003 \"a\" #1: Failed to find our PreShared Key", "psk-missing" },
	       { "003 \"a\" #1: Can't authenticate: no preshared key found for `@west' and "
		 "`@east'. "
		 " Attribute OAKLEY_AUTHENTICATION_METHOD",
		 "psk-missing" },
	       { "031 \"a\" #1: STATE_MAIN_I3: 60 second timeout exceeded after 7 retransmits.  "
		 "Possible authentication failure: no acceptable response to our first encrypted "
		 "message",
		 "encrypted-silence" });
}
END_TEST

START_TEST(a_refused_authentication_is_told)
{
	EXPECT({ "002 \"vpn.example.com\" #1: IKE SA authentication request rejected by peer: "
		 "AUTHENTICATION_FAILED",
		 "authentication" },
	       { "003 \"a\" #1: authentication failed: peer attempted PSK authentication but we "
		 "want "
		 "RSASIG",
		 "authentication" },
	       { "003 \"a\" #1: Peer ID '@other' mismatched on first found connection and no "
		 "better "
		 "connection found",
		 "id-differs" },
	       { "003 \"a\" #1: we require IKEv1 peer to have ID '@east', but peer declares '@x'",
		 "id-differs" });
}
END_TEST

START_TEST(the_exchanges_of_ikev1_that_end_in_silence_are_told_apart)
{
	EXPECT({ "031 \"vpn.example.com\" #2: STATE_QUICK_I1: 60 second timeout exceeded after 0 "
		 "retransmits.  No acceptable response to our first Quick Mode message: perhaps "
		 "peer "
		 "likes no proposal",
		 "phase2-silence" });
}
END_TEST

START_TEST(a_child_sa_that_broke_off_is_only_a_consequence)
{
	EXPECT({ "003 \"a\" #1: IKE_AUTH response missing v2SA, v2TSi or v2TSr: not attempting to "
		 "setup CHILD SA",
		 "child-missing" },
	       { "\"a\" #2: IKE_AUTH response rejected Child SA with FAILED_CP_REQUIRED",
		 "child-rejected" },
	       { "\"a\" #1: IKE SA established but initiator rejected Child SA response",
		 "child-unacceptable" },
	       { "\"a\" #2: policy dictates Transport Mode, but peer requested Tunnel Mode\n"
		 "\"a\" #1: IKE SA established but initiator rejected Child SA response\n",
		 "mode-differs" });
}
END_TEST

START_TEST(a_refusal_by_kernel_or_nic_comes_before_its_consequences)
{
	EXPECT({ "003 ERROR: \"a\" #2: netlink response for Add SA esp.1234@192.0.2.1: Invalid "
		 "argument (errno 22)\n"
		 "002 \"a\" #2: setup_half_ipsec_sa() hit fail:\n"
		 "\"a\" #1: IKE SA established but initiator rejected Child SA response\n",
		 "sa-refused" },
	       { "\"a\" #1: IKE SA established but initiator rejected Child SA response\n"
		 "\"a\" #2: Warning: Adding IPsec SA to failed - NIC packet esp-hw-offload "
		 "possibly "
		 "not available for the negotiated parameters\n",
		 "sa-refused" },
	       { "\"a\": interface search skipped interface bond0 as it does not have nic-offload "
		 "support\n"
		 "\"a\": we cannot identify ourselves with either end of this connection.  "
		 "192.0.2.1 or 192.0.2.2 are not usable\n",
		 "offload-unavailable" },
	       { "kernel: NIC esp-hw-offload not for connection 'a' not available on interface "
		 "bond0",
		 "offload-unavailable" },
	       { "ERROR: \"a\" #2: setsockopt(SOL_TCP, TCP_ULP) failed "
		 "(connect_to_tcp_endpoint() +546 /programs/pluto/iface_tcp.c): No such file or "
		 "directory (errno 2)",
		 "tcp-unavailable" },
	       { "ERROR: \"a\": TCP: socket 15: setting socket option \"espintcp\": No such file "
		 "or "
		 "directory (errno 2)",
		 "tcp-unavailable" });
}
END_TEST

START_TEST(mistakes_of_this_host_are_told)
{
	EXPECT({ "022 \"a\": we cannot identify ourselves with either end of this connection.  "
		 "192.0.2.1 or 192.0.2.2 are not usable",
		 "unoriented" },
	       { "021 no connection named \"a\"", "not-loaded" },
	       { "no connection or alias named \"a\"'", "not-loaded" },
	       { "029 \"a\": cannot initiate connection without knowing peer IP address "
		 "(kind=CK_TEMPLATE narrowing=no)",
		 "no-peer-address" },
	       { "029 \"a\": cannot initiate connection (serial $1) without knowing peer IP "
		 "address "
		 "(kind=CK_TEMPLATE)",
		 "no-peer-address" },
	       { "036 \"a\": failed to add connection: left certificate 'west' not found in the "
		 "NSS "
		 "database",
		 "certificate-missing" },
	       { "\"a\": left certificate 'west' is expired or not yet valid",
		 "certificate-expired" },
	       { "whack: Pluto is not running (no \"/run/pluto/pluto.ctl\")", "pluto-not-running" },
	       { "ERROR: ipsec whack: Pluto is not running (no \"/run/pluto/pluto.ctl\"): No such "
		 "file or directory (errno 2)",
		 "pluto-not-running" });
}
END_TEST

START_TEST(a_responder_without_a_conn_is_told)
{
	EXPECT({ "packet from 192.0.2.2:500: IKE_SA_INIT message received on 192.0.2.1:500 but no "
		 "connection has been authorized with policy PSK+IKEV2_ALLOW",
		 "no-matching-conn" },
	       { "packet from 192.0.2.2:500: ISAKMP_v2_IKE_SA_INIT message received on "
		 "192.0.2.1:500 but no suitable connection found with IKEv2 policy",
		 "no-matching-conn" });
}
END_TEST

START_TEST(a_success_after_retransmissions_is_no_silence)
{
	EXPECT({ "010 \"a\" #1: STATE_V2_PARENT_I2: retransmission; will wait 0.5 seconds for "
		 "response\n"
		 "004 \"a\" #2: initiator established Child SA using #1; IPsec transport "
		 "[198.51.100.1/32===198.51.100.1/32]\n",
		 "retransmitted" },
	       { "003 \"a\" #1: Received unauthenticated INVALID_KE_PAYLOAD response to DH "
		 "MODP2048; "
		 "resending with suggested DH DH19",
		 "dh-retry" });
}
END_TEST

START_TEST(a_cause_that_is_told_explains_the_retransmissions)
{
	struct pluto_messages m;

	ck_assert_int_eq(pluto_messages_match(
				 "010 \"a\" #1: STATE_PARENT_I1: retransmission; will wait 0.5 "
				 "seconds for response\n"
				 "002 \"a\" #1: IKE SA authentication request rejected by peer: "
				 "AUTHENTICATION_FAILED\n"
				 "010 \"a\" #3: STATE_PARENT_I1: retransmission; will wait 0.5 "
				 "seconds for response\n",
				 &m),
			 0);
	ck_assert_uint_eq(m.n, 2);
	ck_assert_str_eq(m.items[0].cause->id, "authentication");
	ck_assert_str_eq(m.items[0].line,
			 "\"a\" #1: IKE SA authentication request rejected by peer: "
			 "AUTHENTICATION_FAILED");
	ck_assert_uint_eq(m.items[0].number, 2);
	ck_assert_str_eq(m.items[1].cause->id, "retransmitted");
	ck_assert_uint_eq(m.items[1].count, 2);
	pluto_messages_done(&m);
}
END_TEST

START_TEST(each_single_wording_tells_its_cause)
{
	EXPECT({ "whack: is Pluto running?  connect() for \"/run/pluto/pluto.ctl\" failed (111 "
		 "Connection refused)",
		 "pluto-not-running" },
	       { "021 no such connection or aliased connection named \"x\"", "not-loaded" },
	       { "\"a\": connection is unoriented", "unoriented" },
	       { "reloading leftcert='west' failed: not found in the NSS database",
		 "certificate-missing" },
	       { "003 \"a\" #1: X509: certificate rejected for this connection",
		 "certificate-rejected" },
	       { "003 \"a\" #1: NSS: end certificate invalid", "certificate-rejected" },
	       { "ERROR: \"a\" #2: netlink response for Add SA esp.1@192.0.2.1: Invalid argument "
		 "(errno 22)",
		 "sa-refused" },
	       { "\"a\" #2: setup_half_ipsec_sa() hit fail:", "sa-refused" },
	       { "Kernel does not support NIC esp-hw-offload (ETHTOOL_GSSET_INFO failed)",
		 "offload-unavailable" },
	       { "\"a\" #2: Child SA failed: NO_PROPOSAL_CHOSEN", "esp-proposal" },
	       { "003 \"a\" #1: no acceptable Oakley Transform", "ike-proposal" },
	       { "\"a\" #1: proposals do not contain a valid DH", "ike-proposal" },
	       { "003 \"a\" #1: cannot respond to IPsec SA request because no connection is known "
		 "for 192.0.2.0/24",
		 "selectors" },
	       { "003 \"a\" #2: sending encrypted notification INVALID_ID_INFORMATION to "
		 "192.0.2.2:500",
		 "selectors" },
	       { "\"a\" #2: policy dictates Tunnel Mode, but peer requested Transport Mode",
		 "mode-differs" },
	       { "\"a\" #2: local policy requires Transport Mode but peer requires required Tunnel "
		 "Mode",
		 "mode-differs" },
	       { "003 \"a\" #1: received Hash Payload does not match computed value",
		 "psk-differs" },
	       { "223 \"a\" #1: sending notification INVALID_HASH_INFORMATION to 192.0.2.23:500",
		 "psk-differs" },
	       { "003 \"a\" #1: peer ID_DER_ASN1_DN 'CN=x' does not match expected 'CN=y'",
		 "id-differs" },
	       { "initial Aggressive Mode packet claiming to be from @x on 192.0.2.1:500 but no "
		 "matching connection has been authorized",
		 "no-matching-conn" },
	       { "\"a\" #1: unexpected IKE_SA_INIT message containing INVALID_MAJOR_VERSION "
		 "notification",
		 "ike-version" },
	       { "\"a\" #2: IKE_AUTH response contained the error notification "
		 "INTERNAL_ADDRESS_FAILURE",
		 "child-rejected" },
	       { "\"a\" #3: CREATE_CHILD_SA failed with error notification NO_ADDITIONAL_SAS",
		 "child-rejected" },
	       { "\"a\" #1: initiator guessed wrong keying material group (MODP2048); responding "
		 "with INVALID_KE_PAYLOAD requesting DH19",
		 "dh-retry" },
	       { "\"a\" #1: STATE_V2_PARENT_I2: 60 second timeout exceeded after 7 retransmits.  "
		 "No "
		 "response (or no acceptable response) to our IKE_AUTH message",
		 "encrypted-silence" },
	       { "\"a\" #1: IKE_SA_INIT_I: 60 second timeout exceeded after 7 retransmits.  No "
		 "response (or no acceptable response) to our first IKEv2 message",
		 "silence" });
}
END_TEST

START_TEST(giving_up_is_told_beside_another_cause)
{
	struct pluto_messages m;

	ck_assert_int_eq(
		pluto_messages_match(
			"\"a\" #1: ERROR: asynchronous network error report on bond0 "
			"(192.0.2.2:500), complainant 192.0.2.2: Connection refused [errno "
			"111, origin ICMP type 3 code 3 (not authenticated)]\n"
			"\"a\" #1: IKE_SA_INIT_I: retransmission; will wait 0.5 seconds for "
			"response\n"
			"\"a\" #1: IKE_SA_INIT_I: 60 second timeout exceeded after 7 "
			"retransmits.  No response (or no acceptable response) to our first "
			"IKEv2 message\n",
			&m),
		0);
	ck_assert_uint_eq(m.n, 2);
	ck_assert_str_eq(m.items[0].cause->id, "peer-rejects");
	ck_assert_str_eq(m.items[1].cause->id, "silence");
	ck_assert_uint_eq(m.items[1].count, 2);
	pluto_messages_done(&m);
}
END_TEST

START_TEST(what_is_not_known_is_not_guessed)
{
	EXPECT({ "", "" }, { "\n\n", "" },
	       { "002 \"a\": added IKEv2 connection\n"
		 "1v2 \"a\" #1: sent IKE_SA_INIT request\n",
		 "" });
}
END_TEST

START_TEST(every_cause_has_an_id_of_its_own_and_says_what_to_do)
{
	size_t n = 0;

	for (const struct pluto_cause *c; (c = pluto_causes(n)); n++) {
		ck_assert_ptr_nonnull(c->id);
		ck_assert_uint_gt(strlen(c->cause), 10);
		ck_assert_uint_ge(strlen(c->remedy), 7);
		for (size_t i = 0; i < n; i++)
			ck_assert_str_ne(pluto_causes(i)->id, c->id);
	}
	ck_assert_uint_gt(n, 20);
}
END_TEST

START_TEST(a_child_sa_that_goes_is_not_one_that_came)
{
	/* ikev2_delete.c and ikev2_ike_sa_init.c of 5.2, ikev2_delete.c of 4.10 */
	static const char *const lines[] = {
		"\"a\" #2: sent INFORMATIONAL request to delete established Child SA using IKE SA "
		"#1\n",
		"\"a\" #2: deleting established Child SA using IKE SA #1\n",
		"\"a\" #3: initiating IKEv2 connection to replace established Child SA #2\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_free_ char *text = NULL;

		ck_assert_int_ge(
			asprintf(&text,
				 "\"a\" #4: CREATE_CHILD_SA failed with error notification "
				 "NO_PROPOSAL_CHOSEN\n%s"
				 "\"a\" #5: IKE_SA_INIT_I: retransmission; will wait 8 seconds "
				 "for response\n"
				 "\"a\" #5: IKE_SA_INIT_I: 60 second timeout exceeded after 7 "
				 "retransmits\n",
				 lines[i]),
			0);
		ck_assert_ptr_eq(pluto_messages_since_established(text), text);
		ck_assert_str_eq(first_of(text), "esp-proposal");
		ck_assert_str_eq(first_of(strstr(text, lines[i])), "silence");
	}
}
END_TEST

START_TEST(a_child_sa_that_failed_here_says_nothing_of_ikes_algorithms)
{
	/* From ikev2-21-mode-mismatch-01 of Libreswan 5.2. */
	static const char text[] =
		"\"a\" #2: policy dictates Transport Mode, but peer requested Tunnel Mode\n"
		"\"a\" #2: CHILD SA failed: NO_PROPOSAL_CHOSEN\n"
		"\"a\" #1: IKE SA established but initiator rejected Child SA response\n"
		"\"a\" #2: sent INFORMATIONAL request to delete larval Child SA using IKE SA #1\n";
	struct pluto_messages m;

	ck_assert_int_eq(pluto_messages_match(text, &m), 0);
	ck_assert_uint_eq(m.n, 2);
	ck_assert_str_eq(m.items[0].cause->id, "mode-differs");
	ck_assert_str_eq(m.items[1].cause->id, "child-unacceptable");
	pluto_messages_done(&m);
}
END_TEST

UNIT_MAIN("pluto-messages", silence_is_a_firewall_with_either_version_of_ike,
	  an_icmp_answer_names_who_refused, what_this_host_could_not_send_is_told,
	  a_missing_proposal_is_of_ike_or_of_esp_by_its_exchange,
	  unacceptable_selectors_are_told_with_the_doubt_about_the_nic,
	  a_different_pre_shared_key_is_told_from_a_missing_one, a_refused_authentication_is_told,
	  the_exchanges_of_ikev1_that_end_in_silence_are_told_apart,
	  a_child_sa_that_broke_off_is_only_a_consequence,
	  a_refusal_by_kernel_or_nic_comes_before_its_consequences, mistakes_of_this_host_are_told,
	  a_responder_without_a_conn_is_told, a_success_after_retransmissions_is_no_silence,
	  a_cause_that_is_told_explains_the_retransmissions, each_single_wording_tells_its_cause,
	  giving_up_is_told_beside_another_cause, what_is_not_known_is_not_guessed,
	  every_cause_has_an_id_of_its_own_and_says_what_to_do,
	  a_child_sa_that_goes_is_not_one_that_came,
	  a_child_sa_that_failed_here_says_nothing_of_ikes_algorithms)
