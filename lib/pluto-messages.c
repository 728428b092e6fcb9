/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pluto-messages.h"

#include <ctype.h>

#include "array.h"

/*
 * The causes, in the order of the ids below. A cause may be told by several wordings; a wording
 * belongs to one cause.
 */
enum cause {
	CAUSE_PSK_MISSING,
	CAUSE_PSK_DIFFERS,
	CAUSE_AUTHENTICATION,
	CAUSE_CERTIFICATE_MISSING,
	CAUSE_CERTIFICATE_EXPIRED,
	CAUSE_CERTIFICATE_REJECTED,
	CAUSE_ID_DIFFERS,
	CAUSE_UNORIENTED,
	CAUSE_NOT_LOADED,
	CAUSE_NO_PEER_ADDRESS,
	CAUSE_SA_REFUSED,
	CAUSE_OFFLOAD_UNAVAILABLE,
	CAUSE_TCP_UNAVAILABLE,
	CAUSE_LOCAL_FIREWALL,
	CAUSE_NOT_SENT,
	CAUSE_PEER_REJECTS,
	CAUSE_PACKET_TOO_BIG,
	CAUSE_UNREACHABLE,
	CAUSE_NO_MATCHING_CONN,
	CAUSE_IKE_VERSION,
	CAUSE_IKEV1_NOT_ALLOWED,
	CAUSE_IKE_PROPOSAL,
	CAUSE_ESP_PROPOSAL,
	CAUSE_SELECTORS,
	CAUSE_MODE_DIFFERS,
	CAUSE_CHILD_REJECTED,
	CAUSE_CHILD_UNACCEPTABLE,
	CAUSE_CHILD_MISSING,
	CAUSE_PHASE2_SILENCE,
	CAUSE_ENCRYPTED_SILENCE,
	CAUSE_PLUTO_NOT_RUNNING,
	CAUSE_SILENCE,
	CAUSE_RETRANSMITTED,
	CAUSE_DH_RETRY,
	CAUSE_MAX_,
};

static const struct pluto_cause causes[CAUSE_MAX_] = {
	[CAUSE_PSK_MISSING] = {
		.id = "psk-missing",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "there is no pre-shared key for these two identities on this host",
		.remedy = "add it to a file in /etc/ipsec.d/*.secrets under the identities of the conn, "
			  "then run: ipsec whack --rereadsecrets",
	},
	[CAUSE_PSK_DIFFERS] = {
		.id = "psk-differs",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "the two ends have different pre-shared keys",
		.remedy = "compare the key and the identities it stands under in the .secrets files of "
			  "both ends",
	},
	[CAUSE_AUTHENTICATION] = {
		.id = "authentication",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "one end does not accept how the other proves who it is",
		.remedy = "compare leftid=, rightid= and authby= of both ends, then the pre-shared key "
			  "or the certificates; the log of the end that refuses tells which",
	},
	[CAUSE_CERTIFICATE_MISSING] = {
		.id = "certificate-missing",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "the certificate that the conn names is not in the NSS database",
		.remedy = "import it with: ipsec import FILE.p12; ipsec certutil -L lists what is there",
	},
	[CAUSE_CERTIFICATE_EXPIRED] = {
		.id = "certificate-expired",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "a certificate is outside of its time of validity",
		.remedy = "renew it, and look at the clocks of both ends",
	},
	[CAUSE_CERTIFICATE_REJECTED] = {
		.id = "certificate-rejected",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "the peer's certificate was not accepted",
		.remedy = "its issuer must be in the NSS database with trust CT,, and the identity of the "
			  "conn must be a subject of the certificate",
	},
	[CAUSE_ID_DIFFERS] = {
		.id = "id-differs",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "the peer calls itself something else than the conn expects",
		.remedy = "set rightid= to what the peer sends, or its leftid= to what is expected here",
	},
	[CAUSE_UNORIENTED] = {
		.id = "unoriented",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "neither end of the conn is an address of this host that pluto uses; with "
			 "Libreswan 5 and nic-offload this is also said of an interface whose "
			 "esp-hw-offload is off",
		.remedy = "see that left= is an address of this host and its interface is up; then that "
			  "esp-hw-offload is on, and restart ipsec, which looks for addresses anew",
	},
	[CAUSE_NOT_LOADED] = {
		.id = "not-loaded",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "pluto has no conn of that name",
		.remedy = "load it with: ipsec auto --add NAME (Libreswan 5: ipsec add NAME), which says "
			  "what it does not like",
	},
	[CAUSE_NO_PEER_ADDRESS] = {
		.id = "no-peer-address",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "the peer's address is not known: right=%any, or a name that does not resolve",
		.remedy = "let the peer initiate, or see that the name in right= resolves",
	},
	[CAUSE_SA_REFUSED] = {
		.id = "sa-refused",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "the kernel or the NIC refused the SA",
		.remedy = "compare the conn with what the NIC can do: type=transport, esp=aes_gcm128, "
			  "esn=no, no NAT in between, and the active port of the bond with ESP offload; "
			  "esp-offloadctl check tells which of them",
	},
	[CAUSE_OFFLOAD_UNAVAILABLE] = {
		.id = "offload-unavailable",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "pluto found no ESP offload at the conn's interface",
		.remedy = "turn esp-hw-offload on for the bond, then restart ipsec: pluto asks only once",
	},
	[CAUSE_TCP_UNAVAILABLE] = {
		.id = "tcp-unavailable",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "the conn is for IKE and ESP in TCP, which this host's kernel cannot do",
		.remedy = "use a kernel with CONFIG_INET_ESPINTCP (CONFIG_INET6_ESPINTCP), or set "
			  "enable-tcp=no in the conn",
	},
	[CAUSE_LOCAL_FIREWALL] = {
		.id = "local-firewall",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "a firewall rule of this host does not let IKE out",
		.remedy = "let UDP 500 and 4500 and ESP through in the output chain; nft list ruleset "
			  "shows all rules",
	},
	[CAUSE_NOT_SENT] = {
		.id = "not-sent",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "this host could not send to the peer",
		.remedy = "the end of the line says why; ip route get PEER shows the way that is taken",
	},
	[CAUSE_PEER_REJECTS] = {
		.id = "peer-rejects",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "a host answered that nothing listens for IKE: no IKE daemon runs at the peer, or "
			 "a firewall rejects",
		.remedy = "start the peer's IKE daemon, or let UDP 500 and 4500 and ESP through at the "
			  "host named as complainant",
	},
	[CAUSE_PACKET_TOO_BIG] = {
		.id = "packet-too-big",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "a packet of IKE was too long for a link on the way",
		.remedy = "set fragmentation=yes in the conn, and look at the MTU towards the peer",
	},
	[CAUSE_UNREACHABLE] = {
		.id = "unreachable",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "the network reported that the peer cannot be reached",
		.remedy = "look at the routes and firewalls as far as the host named as complainant",
	},
	[CAUSE_NO_MATCHING_CONN] = {
		.id = "no-matching-conn",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "the end that was asked has no conn that fits the request",
		.remedy = "compare left=, right=, authby= and the IKE version of both ends",
	},
	[CAUSE_IKE_VERSION] = {
		.id = "ike-version",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "the two ends do not speak the same version of IKE",
		.remedy = "set ikev2= (Libreswan 5: keyexchange=) alike at both ends",
	},
	[CAUSE_IKEV1_NOT_ALLOWED] = {
		.id = "ikev1-not-allowed",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "the conn is for IKEv1, which this host's pluto does not allow",
		.remedy = "use IKEv2, or set ikev1-policy=accept in \"config setup\" and restart ipsec",
	},
	[CAUSE_IKE_PROPOSAL] = {
		.id = "ike-proposal",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "the two ends have no IKE algorithms in common, or the peer has no conn for this "
			 "address",
		.remedy = "align ike= of both ends, the system-wide crypto policy included",
	},
	[CAUSE_ESP_PROPOSAL] = {
		.id = "esp-proposal",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "the two ends have no ESP algorithms in common",
		.remedy = "align esp=, esn= and pfs= of both ends, the system-wide crypto policy included",
	},
	[CAUSE_SELECTORS] = {
		.id = "selectors",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "the traffic selectors differ, or the peer's kernel or NIC refused the SA, which "
			 "looks the same from here",
		.remedy = "compare leftsubnet=, rightsubnet=, the protoports and type= of both ends; if "
			  "they agree, look for a refused SA in the peer's log",
	},
	[CAUSE_MODE_DIFFERS] = {
		.id = "mode-differs",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "one end wants transport mode and the other tunnel mode",
		.remedy = "set type= alike at both ends",
	},
	[CAUSE_CHILD_REJECTED] = {
		.id = "child-rejected",
		.rank = PLUTO_RANK_CONSEQUENCE,
		.cause = "the peer accepted the IKE SA and refused the Child SA",
		.remedy = "look into the peer's log for the reason",
	},
	[CAUSE_CHILD_UNACCEPTABLE] = {
		.id = "child-unacceptable",
		.rank = PLUTO_RANK_CONSEQUENCE,
		.cause = "this host could not take the Child SA that the peer agreed to",
		.remedy = "look for the reason in the lines before, and in the log of this host's pluto",
	},
	[CAUSE_CHILD_MISSING] = {
		.id = "child-missing",
		.rank = PLUTO_RANK_CONSEQUENCE,
		.cause = "the peer broke off before the Child SA",
		.remedy = "look into the peer's log for the reason",
	},
	[CAUSE_PHASE2_SILENCE] = {
		.id = "phase2-silence",
		.rank = PLUTO_RANK_CONSEQUENCE,
		.cause = "phase 2 found no answer: its parameters differ, or the peer's kernel refused the "
			 "SA",
		.remedy = "compare esp=, pfs=, leftsubnet= and rightsubnet= of both ends, then the peer's "
			  "log",
	},
	[CAUSE_ENCRYPTED_SILENCE] = {
		.id = "encrypted-silence",
		.rank = PLUTO_RANK_CONSEQUENCE,
		.cause = "the first encrypted message found no answer: with IKEv1 the pre-shared keys "
			 "differ most of the time; else larger packets or UDP 4500 are lost on the way",
		.remedy = "compare the pre-shared keys; then see that UDP 4500 and fragments pass",
	},
	[CAUSE_PLUTO_NOT_RUNNING] = {
		.id = "pluto-not-running",
		.rank = PLUTO_RANK_CAUSE,
		.cause = "pluto does not run",
		.remedy = "start it with: systemctl start ipsec; journalctl -u ipsec tells why it does not",
	},
	[CAUSE_SILENCE] = {
		.id = "silence",
		.rank = PLUTO_RANK_SILENCE,
		.cause = "no answer came: packets are dropped on the way, or the peer ignores this version "
			 "of IKE",
		.remedy = "let UDP 500 and 4500 and ESP through at each firewall; then compare ikev2= "
			  "(Libreswan 5: keyexchange=) of both ends",
	},
	[CAUSE_RETRANSMITTED] = {
		.id = "retransmitted",
		.rank = PLUTO_RANK_HARMLESS,
		.cause = "a message had to be sent again",
		.remedy = "nothing: the answer came, or another finding tells why it did not",
	},
	[CAUSE_DH_RETRY] = {
		.id = "dh-retry",
		.rank = PLUTO_RANK_HARMLESS,
		.cause = "the peer prefers another Diffie-Hellman group, and got it",
		.remedy = "nothing; naming that group first in ike= saves a round trip",
	},
};

/*
 * The wordings. All words of one must stand in the line, in their order. The first that fits
 * decides, so what tells more comes before what tells less.
 */
struct wording {
	enum cause cause;
	const char *words[3];
};

static const struct wording wordings[] = {
	/* Local mistakes */
	{ CAUSE_PLUTO_NOT_RUNNING, { "Pluto is not running" } },
	{ CAUSE_PLUTO_NOT_RUNNING, { "is Pluto running?" } },
	{ CAUSE_NOT_LOADED, { "no connection named" } },
	{ CAUSE_NOT_LOADED, { "no connection or alias named" } },
	{ CAUSE_NOT_LOADED, { "no such connection" } },
	{ CAUSE_IKEV1_NOT_ALLOWED, { "ikev1-policy does not allow IKEv1" } },
	/* 5.x says why it does not take an interface before it says that none is left. */
	{ CAUSE_OFFLOAD_UNAVAILABLE,
	  { "interface search skipped interface", "does not have nic-offload support" } },
	{ CAUSE_UNORIENTED, { "we cannot identify ourselves with either end of this connection" } },
	{ CAUSE_UNORIENTED, { "connection is unoriented" } },
	{ CAUSE_NO_PEER_ADDRESS, { "cannot initiate connection", "without knowing peer IP" } },
	{ CAUSE_PSK_MISSING, { "no PSK found for" } },
	{ CAUSE_PSK_MISSING, { "Failed to find our PreShared Key" } },
	{ CAUSE_PSK_MISSING, { "no preshared key found for" } },
	{ CAUSE_CERTIFICATE_MISSING, { "certificate '", "not found in the NSS database" } },
	{ CAUSE_CERTIFICATE_MISSING, { "cert='", "not found in the NSS database" } },
	{ CAUSE_CERTIFICATE_EXPIRED, { "expired or not yet valid" } },
	{ CAUSE_CERTIFICATE_REJECTED, { "X509: certificate rejected for this connection" } },
	{ CAUSE_CERTIFICATE_REJECTED, { "certificate invalid" } },

	/* The kernel. 5.x says "Adding IPsec SA to failed" with its guess of the reason behind it.
	 */
	{ CAUSE_SA_REFUSED, { "netlink response for Add SA" } },
	{ CAUSE_SA_REFUSED, { "Adding IPsec SA to failed" } },
	{ CAUSE_SA_REFUSED, { "setup_half_ipsec_sa() hit fail" } },
	{ CAUSE_OFFLOAD_UNAVAILABLE, { "NIC esp-hw-offload", "not available on interface" } },
	{ CAUSE_TCP_UNAVAILABLE, { "setsockopt(", "SOL_TCP, TCP_ULP", "failed" } },
	{ CAUSE_TCP_UNAVAILABLE, { "TCP: socket ", "setting socket option \"espintcp\"" } },
	{ CAUSE_OFFLOAD_UNAVAILABLE, { "does not support NIC esp-hw-offload" } },

	/* Answers of the peer. IKE_AUTH and CREATE_CHILD_SA speak of the Child SA. */
	{ CAUSE_LOCAL_FIREWALL, { "send on ", " failed in ", "Operation not permitted" } },
	{ CAUSE_NOT_SENT, { "send on ", " failed in " } },
	{ CAUSE_PEER_REJECTS, { "asynchronous network error report on", "Connection refused" } },
	{ CAUSE_PACKET_TOO_BIG, { "asynchronous network error report on", "Message too long" } },
	{ CAUSE_UNREACHABLE, { "asynchronous network error report on" } },
	{ CAUSE_ESP_PROPOSAL, { "IKE_AUTH", "NO_PROPOSAL_CHOSEN" } },
	{ CAUSE_ESP_PROPOSAL, { "CREATE_CHILD_SA", "NO_PROPOSAL_CHOSEN" } },
	{ CAUSE_ESP_PROPOSAL, { "Child SA", "NO_PROPOSAL_CHOSEN" } },
	{ CAUSE_ESP_PROPOSAL, { "no local proposal matches remote proposals", "ESP" } },
	/* IKEv1: under the protection of the ISAKMP SA, which stands then. */
	{ CAUSE_ESP_PROPOSAL, { "ignoring secured informational payload NO_PROPOSAL_CHOSEN" } },
	{ CAUSE_CHILD_UNACCEPTABLE, { "CHILD SA failed: NO_PROPOSAL_CHOSEN" } },
	{ CAUSE_IKE_PROPOSAL, { "no acceptable Oakley Transform" } },
	{ CAUSE_IKE_PROPOSAL, { "no local proposal matches remote proposals" } },
	{ CAUSE_IKE_PROPOSAL, { "proposals do not contain a valid DH" } },
	{ CAUSE_IKE_PROPOSAL, { "NO_PROPOSAL_CHOSEN" } },
	{ CAUSE_SELECTORS, { "TS_UNACCEPTABLE" } },
	{ CAUSE_SELECTORS, { "onnection found with compatible Traffic Selectors" } },
	{ CAUSE_SELECTORS,
	  { "cannot respond to IPsec SA request because no connection is known for" } },
	{ CAUSE_SELECTORS, { "INVALID_ID_INFORMATION" } },
	{ CAUSE_MODE_DIFFERS,
	  { "policy dictates Transport Mode, but peer requested Tunnel Mode" } },
	{ CAUSE_MODE_DIFFERS,
	  { "policy dictates Tunnel Mode, but peer requested Transport Mode" } },
	{ CAUSE_MODE_DIFFERS, { "local policy requires", "Mode but peer requires", "Mode" } },
	{ CAUSE_PSK_DIFFERS, { "PSK AUTH mismatch" } },
	{ CAUSE_PSK_DIFFERS, { "received Hash Payload does not match computed value" } },
	{ CAUSE_PSK_DIFFERS, { "INVALID_HASH_INFORMATION" } },
	{ CAUSE_PSK_DIFFERS, { "mismatch of preshared secrets" } },
	{ CAUSE_ID_DIFFERS, { "eer ID '", "mismatched on first found connection" } },
	{ CAUSE_ID_DIFFERS, { "eer ID", "does not match expected" } },
	{ CAUSE_ID_DIFFERS, { "we require", "peer to have ID '" } },
	{ CAUSE_AUTHENTICATION, { "AUTHENTICATION_FAILED" } },
	{ CAUSE_AUTHENTICATION, { "authentication failed:" } },
	{ CAUSE_NO_MATCHING_CONN, { "no connection has been authorized" } },
	{ CAUSE_NO_MATCHING_CONN, { "no matching connection has been authorized" } },
	{ CAUSE_NO_MATCHING_CONN, { "no suitable connection found" } },
	{ CAUSE_IKE_VERSION, { "INVALID_MAJOR_VERSION" } },
	{ CAUSE_CHILD_UNACCEPTABLE, { "initiator rejected Child SA response" } },
	{ CAUSE_CHILD_REJECTED, { "response rejected Child SA with" } },
	{ CAUSE_CHILD_REJECTED, { "IKE_AUTH response contained the error notification" } },
	{ CAUSE_CHILD_REJECTED, { "CREATE_CHILD_SA failed with error notification" } },
	{ CAUSE_CHILD_MISSING, { "IKE_AUTH response missing v2SA, v2TSi or v2TSr" } },
	{ CAUSE_DH_RETRY, { "INVALID_KE_PAYLOAD", "resending" } },
	{ CAUSE_DH_RETRY, { "responding with INVALID_KE_PAYLOAD requesting" } },

	/* Silence: the more telling endings first. */
	{ CAUSE_ENCRYPTED_SILENCE, { "no acceptable response to our first encrypted message" } },
	{ CAUSE_ENCRYPTED_SILENCE,
	  { "second timeout exceeded after", "acceptable response) to our IKE_AUTH message" } },
	{ CAUSE_PHASE2_SILENCE, { "No acceptable response to our first Quick Mode message" } },
	/* Where the exchange stands when it is silent: the first message had its answer then. */
	{ CAUSE_ENCRYPTED_SILENCE, { "STATE_MAIN_I3: retransmission; will wait" } },
	{ CAUSE_ENCRYPTED_SILENCE, { "PARENT_I2: retransmission; will wait" } },
	{ CAUSE_ENCRYPTED_SILENCE, { "IKE_AUTH_I: retransmission; will wait" } },
	{ CAUSE_PHASE2_SILENCE, { "STATE_QUICK_I1: retransmission; will wait" } },
	{ CAUSE_SILENCE, { "second timeout exceeded after" } },
	{ CAUSE_SILENCE, { "max number of retransmissions", "reached" } },
	{ CAUSE_SILENCE, { "retransmission; will wait" } },
};

/* What pluto says, in any version, when a Child SA or an IPsec SA of IKEv1 stands. */
static const struct wording established[] = {
	{ .words = { "established Child SA" } },
	{ .words = { "IPsec SA established" } },
	{ .words = { "STATE_V2_ESTABLISHED_CHILD_SA" } },
};

/* One that was established before, and goes: 5.x, and 4.x, use the same words for it. */
static const struct wording gone[] = {
	{ .words = { "delete established Child SA" } },
	{ .words = { "deleting established Child SA" } },
	{ .words = { "replace established Child SA" } },
	{ .words = { "has established Child SA" } },
};

const struct pluto_cause *pluto_causes(size_t i)
{
	return i < ARRAY_SIZE(causes) ? &causes[i] : NULL;
}

static const char *find(const char *s, const char *end, const char *word)
{
	return memmem(s, (size_t)(end - s), word, strlen(word));
}

static bool fits(const struct wording *w, const char *line, const char *end)
{
	for (size_t i = 0; i < ARRAY_SIZE(w->words) && w->words[i]; i++) {
		line = find(line, end, w->words[i]);
		if (!line)
			return false;
		line += strlen(w->words[i]);
	}
	return true;
}

static const struct wording *recognise(const char *line, const char *end)
{
	for (size_t i = 0; i < ARRAY_SIZE(wordings); i++)
		if (fits(&wordings[i], line, end))
			return &wordings[i];
	return NULL;
}

static bool says_established(const char *line, const char *end)
{
	for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
		if (fits(&gone[i], line, end))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(established); i++)
		if (fits(&established[i], line, end))
			return true;
	return false;
}

static char *copy_line(const char *line, const char *end)
{
	size_t len;
	char *c;

	/* The number that 3.x and 4.x put before each line: "002 ", "1v2 ". */
	if (end - line >= 4 && isdigit((unsigned char)line[0]) && isalnum((unsigned char)line[1]) &&
	    isdigit((unsigned char)line[2]) && line[3] == ' ')
		line += 4;
	len = (size_t)(end - line);
	c = malloc(len + 1);
	if (!c)
		return NULL;
	memcpy(c, line, len);
	c[len] = '\0';
	return c;
}

static int add(struct pluto_messages *m, enum cause cause, const char *line, const char *end,
	       unsigned int number)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->items[i].cause == &causes[cause]) {
			m->items[i].count++;
			return 0;
		}

	if (ARRAY_GROW(m) < 0)
		return -ENOMEM;
	m->items[m->n] = (struct pluto_message){
		.cause = &causes[cause],
		.line = copy_line(line, end),
		.number = number,
		.count = 1,
	};
	if (!m->items[m->n].line)
		return -ENOMEM;
	m->n++;
	return 0;
}

/* One that tells of silence only by a message that had to be sent again. */
static bool only_waits(const struct pluto_message *m)
{
	return m->cause->rank != PLUTO_RANK_CAUSE && strstr(m->line, "retransmission; will wait");
}

/*
 * Retransmissions mean silence only when pluto gave up over them, or when nothing else tells why
 * there is no SA; and not even then when a later attempt succeeded. One that is left over is told
 * as what it is.
 */
static void weigh_silence(struct pluto_messages *m, bool is_established, bool gave_up)
{
	struct pluto_message *harmless = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < m->n; i++) {
		struct pluto_message *one = &m->items[i];
		bool explained = is_established;

		for (size_t k = 0; k < m->n && one->cause == &causes[CAUSE_SILENCE]; k++)
			if (k != i && m->items[k].cause->rank < PLUTO_RANK_SILENCE && !gave_up)
				explained = true;
		if (explained && (one->cause == &causes[CAUSE_SILENCE] || only_waits(one))) {
			if (harmless) {
				harmless->count += one->count;
				free(one->line);
				continue;
			}
			one->cause = &causes[CAUSE_RETRANSMITTED];
			harmless = &m->items[kept];
		}
		m->items[kept++] = *one;
	}
	m->n = kept;
}

/* By rank, and by line within a rank. */
static int compare(const void *a, const void *b)
{
	const struct pluto_message *x = a, *y = b;

	if (x->cause->rank != y->cause->rank)
		return x->cause->rank < y->cause->rank ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

int pluto_messages_match(const char *text, struct pluto_messages *ret)
{
	struct pluto_messages m = PLUTO_MESSAGES_NULL;
	bool is_established = false, gave_up = false;
	unsigned int number = 0;
	const char *end;

	for (const char *line = text; *line; line = *end ? end + 1 : end) {
		const struct wording *w;

		end = strchrnul(line, '\n');
		number++;
		if (says_established(line, end)) {
			is_established = true;
			continue;
		}
		w = recognise(line, end);
		if (w && w->cause == CAUSE_SILENCE && !find(line, end, "will wait"))
			gave_up = true;
		if (w && add(&m, w->cause, line, end, number) < 0) {
			pluto_messages_done(&m);
			return -ENOMEM;
		}
	}

	weigh_silence(&m, is_established, gave_up);
	if (m.n > 1)
		qsort(m.items, m.n, sizeof(*m.items), compare);
	*ret = m;
	return 0;
}

const char *pluto_messages_since_established(const char *log)
{
	const char *since = log, *end;

	for (const char *line = log; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		if (says_established(line, end))
			since = *end ? end + 1 : end;
	}
	return since;
}

void pluto_messages_done(struct pluto_messages *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->items[i].line);
	free(m->items);
	*m = PLUTO_MESSAGES_NULL;
}
