/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipsec-conf-keys.h"

#include "array.h"

/*
 * What was found out by giving every key with every kind of value to the parsers of 4.10 and 5.2.
 * The names and their words are Libreswan's interface; how they are read is in the header.
 */
#define NONE     IPSEC_KEY_NONE
#define OBSOLETE IPSEC_KEY_OBSOLETE
#define STRING   IPSEC_KEY_STRING
#define LOOSE    IPSEC_KEY_LOOSE
#define WORD     IPSEC_KEY_WORD
#define BOOL     IPSEC_KEY_BOOL
#define NUMBER   IPSEC_KEY_NUMBER
#define TIME     IPSEC_KEY_TIME
#define PERCENT  IPSEC_KEY_PERCENT
#define BINARY   IPSEC_KEY_BINARY
#define BYTE     IPSEC_KEY_BYTE
#define APPEND   IPSEC_KEY_APPEND
#define ALSO     IPSEC_KEY_ALSO
#define CONN     IPSEC_KEY_IN_CONN
#define SETUP    IPSEC_KEY_IN_SETUP
#define END      IPSEC_KEY_OF_END

#define WORDS_YES_NO_AUTO_4    "auto no yes"
#define WORDS_YES_NO           "0 1 false n no off on true y yes"
#define WORDS_AUTH             "eaponly ecdsa never null rsa rsasig secret"
#define WORDS_AUTHEAP          "none tls"
#define WORDS_AUTO             "add ignore keep ondemand route start up"
#define WORDS_FAMILY           "inet inet6 ipv4 ipv6 v4 v6"
#define WORDS_DDOS_MODE        "auto busy unlimited"
#define WORDS_DPDACTION        "clear hold restart restart_by_peer"
#define WORDS_ENABLE_TCP       "fallback no yes"
#define WORDS_ENABLE_TCP_5     "fallback false n no off on true y yes"
#define WORDS_YES_NO_AUTO      "auto false n no off on true y yes"
#define WORDS_ESN              "either no yes"
#define WORDS_ESN_5            "either false n no off on true y yes"
#define WORDS_FAILURESHUNT     "drop hold none passthrough reject"
#define WORDS_FRAGMENTATION    "force insist never no yes"
#define WORDS_FRAGMENTATION_5  "false force insist n never no off on true y yes"
#define WORDS_IKEV1_POLICY     "accept drop reject"
#define WORDS_IKEV2            "always insist never no permit propose yes"
#define WORDS_IKEV2_5          "always false insist n never no off on permit propose true y yes"
#define WORDS_KEYEXCHANGE      "ike"
#define WORDS_KEYEXCHANGE_5    "ike ikev1 ikev2"
#define WORDS_NAT_IKEV1_METHOD "both drafts none rfc"
#define WORDS_NEGOTIATIONSHUNT "drop hold passthrough"
#define WORDS_NIC_OFFLOAD      "crypto no packet yes"
#define WORDS_OCSP_METHOD      "get post"
#define WORDS_PHASE2           "ah default esp"
#define WORDS_REMOTE_PEER_TYPE "cisco"
#define WORDS_SENDCA           "all issuer none"
#define WORDS_SENDCERT         "always alwayssend never sendifasked"
#define WORDS_TYPE             "drop pass passthrough reject transport tunnel"
#define WORDS_XAUTHBY          "alwaysok file pam"
#define WORDS_XAUTHFAIL        "hard soft"

const struct ipsec_key ipsec_keys[] = {
	{ "", NULL, END | CONN, { LOOSE, LOOSE }, { NULL, NULL } },
	{ "accept-redirect", NULL, CONN, { WORD, WORD }, { WORDS_YES_NO_AUTO_4, WORDS_YES_NO } },
	{ "accept-redirect-to", NULL, CONN, { STRING, STRING }, { NULL, NULL } },
	{ "addresspool", NULL, END | CONN, { STRING, STRING }, { NULL, NULL } },
	{ "aggressive", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "aggrmode", "aggressive", CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "ah", "esp", CONN, { STRING, STRING }, { NULL, NULL } },
	{ "also", NULL, CONN, { ALSO, ALSO }, { NULL, NULL } },
	{ "alsoflip", NULL, CONN, { STRING, NONE }, { NULL, NULL } },
	{ "audit-log", NULL, SETUP, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "auth", NULL, END | CONN, { WORD, WORD }, { WORDS_AUTH, WORDS_AUTH } },
	{ "authby", NULL, CONN, { STRING, STRING }, { NULL, NULL } },
	{ "autheap", NULL, END | CONN, { WORD, WORD }, { WORDS_AUTHEAP, WORDS_AUTHEAP } },
	{ "auto", NULL, CONN, { WORD, WORD }, { WORDS_AUTO, WORDS_AUTO } },
	{ "ca", NULL, END | CONN, { STRING, STRING }, { NULL, NULL } },
	{ "cat", NULL, END | CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "cert", NULL, END | CONN, { STRING, STRING }, { NULL, NULL } },
	{ "cisco-unity", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "ckaid", NULL, END | CONN, { STRING, STRING }, { NULL, NULL } },
	{ "clientaddrfamily", NULL, CONN, { WORD, WORD }, { WORDS_FAMILY, WORDS_FAMILY } },
	{ "compress", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "connalias", NULL, CONN, { APPEND, APPEND }, { NULL, NULL } },
	{ "crl-strict", NULL, SETUP, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "crlcheckinterval", NULL, SETUP, { TIME, TIME }, { NULL, NULL } },
	{ "curl-iface", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "curl-timeout", NULL, SETUP, { TIME, TIME }, { NULL, NULL } },
	{ "ddos-ike-threshold", NULL, SETUP, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "ddos-mode", NULL, SETUP, { WORD, WORD }, { WORDS_DDOS_MODE, WORDS_DDOS_MODE } },
	{ "debug", "plutodebug", CONN | SETUP, { NONE, STRING }, { NULL, NULL } },
	{ "decap-dscp", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "dns-match-id,", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "dnssec-anchors", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "dnssec-enable", NULL, SETUP, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "dnssec-rootkey-file", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "dpdaction", NULL, CONN, { WORD, OBSOLETE }, { WORDS_DPDACTION, NULL } },
	{ "dpddelay", NULL, CONN, { TIME, STRING }, { NULL, NULL } },
	{ "dpdtimeout", NULL, CONN, { TIME, STRING }, { NULL, NULL } },
	{ "drop-oppo-null", NULL, SETUP, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "dumpdir", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "ecdsakey", NULL, END | CONN, { LOOSE, LOOSE }, { NULL, NULL } },
	{ "enable-tcp", NULL, CONN, { WORD, WORD }, { WORDS_ENABLE_TCP, WORDS_ENABLE_TCP_5 } },
	{ "encap-dscp", NULL, CONN, { NONE, WORD }, { NULL, WORDS_YES_NO } },
	{ "encapsulation", NULL, CONN, { WORD, WORD }, { WORDS_YES_NO_AUTO_4, WORDS_YES_NO_AUTO } },
	{ "esn", NULL, CONN, { WORD, WORD }, { WORDS_ESN, WORDS_ESN_5 } },
	{ "esp", NULL, CONN, { STRING, STRING }, { NULL, NULL } },
	{ "failureshunt", NULL, CONN, { WORD, WORD }, { WORDS_FAILURESHUNT, WORDS_FAILURESHUNT } },
	{ "fake-strongswan", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "forceencaps", NULL, CONN, { OBSOLETE, NONE }, { NULL, NULL } },
	{ "fragmentation",
	  NULL,
	  CONN,
	  { WORD, WORD },
	  { WORDS_FRAGMENTATION, WORDS_FRAGMENTATION_5 } },
	{ "global-redirect", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "global-redirect-to", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "groundhog", NULL, END | CONN, { NONE, STRING }, { NULL, NULL } },
	{ "hostaddrfamily", NULL, CONN, { WORD, WORD }, { WORDS_FAMILY, WORDS_FAMILY } },
	{ "id", NULL, END | CONN, { STRING, STRING }, { NULL, NULL } },
	{ "ignore-peer-dns", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "ike", NULL, CONN, { STRING, STRING }, { NULL, NULL } },
	{ "ike-socket-bufsize", NULL, SETUP, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "ike-socket-errqueue", NULL, SETUP, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "ikelifetime", NULL, CONN, { TIME, TIME }, { NULL, NULL } },
	{ "ikepad", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO_AUTO } },
	{ "ikeport", NULL, END | CONN, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "ikev1-dpdtimeout", "dpdtimeout", CONN, { NONE, STRING }, { NULL, NULL } },
	{ "ikev1-policy", NULL, SETUP, { WORD, WORD }, { WORDS_IKEV1_POLICY, WORDS_IKEV1_POLICY } },
	{ "ikev1-secctx-attr-type", NULL, SETUP, { STRING, OBSOLETE }, { NULL, NULL } },
	{ "ikev2", NULL, CONN, { WORD, WORD }, { WORDS_IKEV2, WORDS_IKEV2_5 } },
	{ "initial-contact", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "interface-ip", NULL, END | CONN, { NONE, STRING }, { NULL, NULL } },
	{ "interfaces", NULL, SETUP, { STRING, OBSOLETE }, { NULL, NULL } },
	{ "intermediate", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "ipsec-interface", NULL, CONN, { LOOSE, STRING }, { NULL, NULL } },
	{ "ipsec-interface-managed", NULL, SETUP, { NONE, WORD }, { NULL, WORDS_YES_NO } },
	{ "ipsec-lifetime", "salifetime", CONN, { TIME, TIME }, { NULL, NULL } },
	{ "ipsec-max-bytes", NULL, CONN, { BYTE, BYTE }, { NULL, NULL } },
	{ "ipsec-max-packets", NULL, CONN, { BINARY, BINARY }, { NULL, NULL } },
	{ "ipsecdir", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "iptfs", NULL, CONN, { NONE, WORD }, { NULL, WORDS_YES_NO } },
	{ "iptfs-drop-time", NULL, CONN, { NONE, TIME }, { NULL, NULL } },
	{ "iptfs-fragmentation", NULL, CONN, { NONE, WORD }, { NULL, WORDS_YES_NO } },
	{ "iptfs-init-delay", NULL, CONN, { NONE, TIME }, { NULL, NULL } },
	{ "iptfs-max-queue-size", NULL, CONN, { NONE, BINARY }, { NULL, NULL } },
	{ "iptfs-packet-size", NULL, CONN, { NONE, BINARY }, { NULL, NULL } },
	{ "iptfs-reorder-window", NULL, CONN, { NONE, BINARY }, { NULL, NULL } },
	{ "keep-alive", NULL, SETUP, { NUMBER, TIME }, { NULL, NULL } },
	{ "keyexchange", NULL, CONN, { WORD, WORD }, { WORDS_KEYEXCHANGE, WORDS_KEYEXCHANGE_5 } },
	{ "keyingtries", NULL, CONN, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "keylife", "salifetime", CONN, { TIME, TIME }, { NULL, NULL } },
	{ "lifetime", "salifetime", CONN, { TIME, TIME }, { NULL, NULL } },
	{ "listen", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "listen-tcp", NULL, SETUP, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "listen-udp", NULL, SETUP, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "logappend", NULL, SETUP, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "logfile", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "logip", NULL, SETUP, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "logtime", NULL, SETUP, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "mark", NULL, CONN, { STRING, STRING }, { NULL, NULL } },
	{ "mark-in", NULL, CONN, { STRING, STRING }, { NULL, NULL } },
	{ "mark-out", NULL, CONN, { STRING, STRING }, { NULL, NULL } },
	{ "max-halfopen-ike", NULL, SETUP, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "metric", NULL, CONN, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "mobike", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "modecfgbanner", NULL, CONN, { STRING, STRING }, { NULL, NULL } },
	{ "modecfgclient", NULL, END | CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "modecfgdns", NULL, CONN, { STRING, STRING }, { NULL, NULL } },
	{ "modecfgdomains", NULL, CONN, { STRING, STRING }, { NULL, NULL } },
	{ "modecfgpull", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "modecfgserver", NULL, END | CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "ms-dh-downgrade", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "mtu", NULL, CONN, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "myvendorid", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "narrowing", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "nat-ikev1-method",
	  NULL,
	  CONN,
	  { WORD, WORD },
	  { WORDS_NAT_IKEV1_METHOD, WORDS_NAT_IKEV1_METHOD } },
	{ "nat-keepalive", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "negotiationshunt",
	  NULL,
	  CONN,
	  { WORD, WORD },
	  { WORDS_NEGOTIATIONSHUNT, WORDS_NEGOTIATIONSHUNT } },
	{ "nexthop", NULL, END | CONN, { STRING, STRING }, { NULL, NULL } },
	{ "nflog", NULL, CONN, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "nflog-all", NULL, SETUP, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "nhelpers", NULL, SETUP, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "nic-offload", NULL, CONN, { WORD, WORD }, { WORDS_YES_NO_AUTO_4, WORDS_NIC_OFFLOAD } },
	{ "nm-configured", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "nopmtudisc", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "nssdir", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "ocsp-cache-max-age", NULL, SETUP, { TIME, TIME }, { NULL, NULL } },
	{ "ocsp-cache-min-age", NULL, SETUP, { TIME, TIME }, { NULL, NULL } },
	{ "ocsp-cache-size", NULL, SETUP, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "ocsp-enable", NULL, SETUP, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "ocsp-method", NULL, SETUP, { WORD, WORD }, { WORDS_OCSP_METHOD, WORDS_OCSP_METHOD } },
	{ "ocsp-strict", NULL, SETUP, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "ocsp-timeout", NULL, SETUP, { NUMBER, TIME }, { NULL, NULL } },
	{ "ocsp-trustname", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "ocsp-uri", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "overlapip", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "pam-authorize", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "pfs", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "pfs-rekey-workaround", NULL, CONN, { NONE, WORD }, { NULL, WORDS_YES_NO } },
	{ "phase2", NULL, CONN, { WORD, WORD }, { WORDS_PHASE2, WORDS_PHASE2 } },
	{ "phase2alg", "esp", CONN, { STRING, STRING }, { NULL, NULL } },
	{ "plutodebug", NULL, CONN | SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "plutostderrlog", "logfile", SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "policy-label", "sec-label", CONN, { STRING, STRING }, { NULL, NULL } },
	{ "ppk", NULL, CONN, { WORD, WORD }, { WORDS_IKEV2, WORDS_IKEV2_5 } },
	{ "ppk-ids", NULL, CONN, { NONE, STRING }, { NULL, NULL } },
	{ "priority", NULL, CONN, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "protoport", NULL, END | CONN, { STRING, STRING }, { NULL, NULL } },
	{ "protostack", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "pubkey", NULL, END | CONN, { LOOSE, LOOSE }, { NULL, NULL } },
	{ "reauth", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "redirect-to", NULL, CONN, { STRING, STRING }, { NULL, NULL } },
	{ "rekey", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "rekeyfuzz", NULL, CONN, { PERCENT, PERCENT }, { NULL, NULL } },
	{ "rekeymargin", NULL, CONN, { TIME, TIME }, { NULL, NULL } },
	{ "remote-peer-type",
	  NULL,
	  CONN,
	  { WORD, WORD },
	  { WORDS_REMOTE_PEER_TYPE, WORDS_REMOTE_PEER_TYPE } },
	{ "remote_peer_type",
	  "remote-peer-type",
	  CONN,
	  { WORD, WORD },
	  { WORDS_REMOTE_PEER_TYPE, WORDS_REMOTE_PEER_TYPE } },
	{ "replay-window", NULL, CONN, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "reqid", NULL, CONN, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "require-id-on-certificate", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "retransmit-interval", NULL, CONN, { TIME, TIME }, { NULL, NULL } },
	{ "retransmit-timeout", NULL, CONN, { TIME, TIME }, { NULL, NULL } },
	{ "rsasigkey", NULL, END | CONN, { LOOSE, LOOSE }, { NULL, NULL } },
	{ "salifetime", NULL, CONN, { TIME, TIME }, { NULL, NULL } },
	{ "sec-label", NULL, CONN, { STRING, STRING }, { NULL, NULL } },
	{ "secctx-attr-type", NULL, SETUP, { STRING, OBSOLETE }, { NULL, NULL } },
	{ "secretsfile", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "seedbits", NULL, SETUP, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "send-no-esp-tfc", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "send-redirect", NULL, CONN, { WORD, WORD }, { WORDS_YES_NO_AUTO_4, WORDS_YES_NO_AUTO } },
	{ "send-vendorid", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "sendca", NULL, CONN, { WORD, WORD }, { WORDS_SENDCA, WORDS_SENDCA } },
	{ "sendcert", NULL, END | CONN, { WORD, WORD }, { WORDS_SENDCERT, WORDS_SENDCERT } },
	{ "session-resumption", NULL, CONN, { NONE, WORD }, { NULL, WORDS_YES_NO } },
	{ "sha2-truncbug", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "shuntlifetime", NULL, SETUP, { TIME, TIME }, { NULL, NULL } },
	{ "sourceip", NULL, END | CONN, { STRING, STRING }, { NULL, NULL } },
	{ "statsbin", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "subnet", NULL, END | CONN, { STRING, STRING }, { NULL, NULL } },
	{ "subnets", NULL, END | CONN, { APPEND, APPEND }, { NULL, NULL } },
	{ "syslog", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "tcp-remoteport", NULL, CONN, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "tfc", NULL, CONN, { NUMBER, NUMBER }, { NULL, NULL } },
	{ "type", NULL, CONN, { WORD, WORD }, { WORDS_TYPE, WORDS_TYPE } },
	{ "uniqueids", NULL, SETUP, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "updown", NULL, END | CONN, { STRING, STRING }, { NULL, NULL } },
	{ "username", NULL, END | CONN, { STRING, STRING }, { NULL, NULL } },
	{ "virtual-private", NULL, SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "virtual_private", "virtual-private", SETUP, { STRING, STRING }, { NULL, NULL } },
	{ "vti", NULL, END | CONN, { STRING, STRING }, { NULL, NULL } },
	{ "vti-interface", NULL, CONN, { STRING, STRING }, { NULL, NULL } },
	{ "vti-routing", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "vti-shared", NULL, CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "xauthby", NULL, CONN, { WORD, WORD }, { WORDS_XAUTHBY, WORDS_XAUTHBY } },
	{ "xauthclient", NULL, END | CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "xauthfail", NULL, CONN, { WORD, WORD }, { WORDS_XAUTHFAIL, WORDS_XAUTHFAIL } },
	{ "xauthserver", NULL, END | CONN, { BOOL, WORD }, { NULL, WORDS_YES_NO } },
	{ "xauthusername", "username", END | CONN, { STRING, STRING }, { NULL, NULL } },
	{ "xfrmlifetime", NULL, SETUP, { NUMBER, NUMBER }, { NULL, NULL } },
};

const size_t ipsec_n_keys = ARRAY_SIZE(ipsec_keys);
