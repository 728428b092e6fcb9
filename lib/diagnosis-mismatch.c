/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnosis-private.h"

#include <arpa/inet.h>

/* What the two ends do not agree on: what we offer, what the message says, what to compare. */

/* The keys that a cause is about: their values here are told, to be compared with the peer's. */
static const struct {
	const char *cause;
	const char *keys[8];
} keys_of[] = {
	{ "ike-version", { "ikev2", "keyexchange" } },
	{ "ike-proposal", { "ike" } },
	{ "esp-proposal", { "esp", "esn", "pfs" } },
	{ "selectors", { "leftsubnet", "rightsubnet", "leftprotoport", "rightprotoport", "type" } },
	{ "mode-differs", { "type" } },
	{ "psk-missing", { "authby", "leftid", "rightid" } },
	{ "psk-differs", { "authby", "leftid", "rightid" } },
	{ "authentication", { "authby", "leftid", "rightid", "leftcert", "rightcert" } },
	{ "id-differs", { "leftid", "rightid" } },
	{ "certificate-missing", { "leftcert", "rightcert" } },
	{ "certificate-expired", { "leftcert", "rightcert" } },
	{ "certificate-rejected", { "leftid", "rightid", "leftcert" } },
	{ "no-matching-conn", { "left", "right", "authby", "ikev2" } },
	{ "phase2-silence", { "esp", "pfs", "leftsubnet", "rightsubnet", "type" } },
	{ "encrypted-silence", { "authby", "leftid", "rightid" } },
};

static void add_offer(const struct making *m, const char *cause, struct text *t)
{
	bool first = true;

	for (size_t i = 0; i < ARRAY_SIZE(keys_of); i++) {
		if (!streq(keys_of[i].cause, cause))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(keys_of[i].keys) && keys_of[i].keys[k]; k++) {
			struct ipsec_conf_value v;

			if (!*diagnosis_value(m, keys_of[i].keys[k], &v))
				continue;
			text_add(t, first ? "here: " : ", ");
			diagnosis_print_value(m, keys_of[i].keys[k], t);
			first = false;
		}
	}
	if (first)
		text_add(t, "here: the defaults of Libreswan");
}

/* Without a name of its own an end calls itself by its address. */
static void add_identities(const struct making *m, struct text *t)
{
	const struct diagnosis_seen *s = m->s;
	const char *ours = diagnosis_value(m, s->local_is_left ? "leftid" : "rightid", NULL);
	const char *theirs = diagnosis_value(m, s->local_is_left ? "rightid" : "leftid", NULL);
	char local[FACTS_IP_TEXT_SIZE], remote[FACTS_IP_TEXT_SIZE];

	text_printf(t, "; this host calls itself %s and expects the peer to be %s",
		    *ours ? ours : facts_ip_print(&s->local, local),
		    *theirs ? theirs : facts_ip_print(&s->remote, remote));
}

static bool is_about_identity(const char *cause)
{
	return streq(cause, "authentication") || streq(cause, "id-differs") ||
	       has_prefix(cause, "psk-") || streq(cause, "encrypted-silence");
}

/* ---- the version of IKE ---- */

/* The peer takes the other version from this host, and nothing of ours. */
static bool version_differs(const struct diagnosis_seen *s)
{
	return s->ikev1 ? s->asked_v2 == IKE_SPEAKS && s->asked_v1 != IKE_SPEAKS
			: s->asked_v1 == IKE_SPEAKS && s->asked_v2 != IKE_SPEAKS;
}

/* It takes this very version, when we ask and not pluto: it has a conn for this host. */
static bool takes_ours(const struct diagnosis_seen *s)
{
	return (s->ikev1 ? s->asked_v1 : s->asked_v2) == IKE_SPEAKS;
}

/* It answers only to refuse: the way is open, and it has no conn for us. */
static bool ignores_us(const struct making *m)
{
	const struct diagnosis_seen *s = m->s;

	return streq(m->cause->cause->id, "silence") && !version_differs(s) && !takes_ours(s) &&
	       (s->asked_v1 >= IKE_REFUSED || s->asked_v2 >= IKE_REFUSED);
}

static void ike_version(struct making *m)
{
	const struct diagnosis_seen *s = m->s;
	int ours = s->ikev1 ? 1 : 2, theirs = s->ikev1 ? 2 : 1;
	bool refused = !s->ikev1 && s->asked_v2 == IKE_REFUSED;
	struct row row = ROW(STEP_MISMATCH, DIAGNOSIS_FAULT);

	row.id = "ike-version";
	text_printf(&row.seen, "the peer %s IKEv%d, and takes IKEv%d; ",
		    refused ? "refuses whatever is offered over" : "is silent to", ours, theirs);
	add_offer(m, "ike-version", &row.seen);
	text_printf(&row.why,
		    "the two ends do not speak the same version of IKE: this conn starts with "
		    "IKEv%d, and the peer takes IKEv%d from this host",
		    ours, theirs);
	text_printf(&row.remedy,
		    "set ikev2=%s (Libreswan 5: keyexchange=ikev%d) here, or the other at the "
		    "peer, and ike= and esp= that fit the version",
		    theirs == 1 ? "no" : "insist", theirs);
	text_add(&row.evidence, m->cause->line);
	diagnosis_add(m, &row);
}

static void ignored(struct making *m)
{
	const struct diagnosis_seen *s = m->s;
	struct row row = ROW(STEP_MISMATCH, DIAGNOSIS_FAULT);

	row.id = "no-matching-conn";
	text_printf(&row.seen,
		    "the peer is silent to what pluto sends, and answers a question about "
		    "IKEv%d",
		    s->asked_v2 >= IKE_REFUSED ? 2 : 1);
	text_add(&row.why, "the peer is there and its IKE daemon runs, and it has no conn for this "
			   "host's address and version of IKE");
	text_add(&row.remedy,
		 "compare left=, right=, authby= and ikev2= (Libreswan 5: keyexchange=) "
		 "with the conn at the peer, and see that it is loaded");
	text_add(&row.evidence, m->cause->line);
	diagnosis_add(m, &row);
}

/* What pluto met is over, or is about its packets: they are longer, and come from port 500. */
static void answers_after_all(struct making *m)
{
	int ours = m->s->ikev1 ? 1 : 2;
	struct row row = ROW(STEP_MISMATCH, DIAGNOSIS_SYMPTOM);

	row.id = "silence";
	text_printf(&row.seen,
		    "the peer was silent to what pluto sent, and takes IKEv%d when a question of "
		    "ours comes from another port",
		    ours);
	text_printf(&row.why,
		    "the peer takes IKEv%d from this host, so it has a conn for it: it was away a "
		    "moment ago, or something drops what pluto sends from UDP 500",
		    ours);
	text_printf(&row.remedy,
		    "try it once more: esp-offloadctl diagnose --up %s; if it is silent to pluto "
		    "again, look for UDP 500 from port 500 at both ends with tcpdump",
		    m->s->conn);
	text_add(&row.evidence, m->cause->line);
	diagnosis_add(m, &row);
}

/* ---- all others ---- */

static void add_what_peer_takes(const struct making *m, struct text *t)
{
	if (m->s->asked_v2 == IKE_SPEAKS && m->s->accepts)
		text_printf(t, "; asked with many algorithms, the peer takes %s", m->s->accepts);
	else if (m->s->asked_v2 == IKE_REFUSED && !m->s->ikev1)
		text_add(t,
			 "; asked with many algorithms, the peer takes none: it may have no conn "
			 "for this host's address at all");
}

/*
 * With IKEv1 the pre-shared key encrypts the third message: a peer with another one cannot read it,
 * and says nothing. It is short, and takes the same way as those before it, unless NAT was found.
 */
static bool is_other_key(const struct making *m, const struct pluto_message *message)
{
	const char *authby = diagnosis_value(m, "authby", NULL);

	return streq(message->cause->id, "encrypted-silence") && m->s->ikev1 &&
	       (streq(authby, "secret") || streq(authby, "")) && strstr(message->line, "MAIN_I3");
}

static void other_key(struct making *m, const struct pluto_message *message)
{
	struct row row =
		ROW(STEP_MISMATCH, message == m->cause ? DIAGNOSIS_FAULT : DIAGNOSIS_SYMPTOM);

	row.id = "psk-differs";
	text_printf(&row.seen, "%s; ", message->line);
	add_offer(m, "psk-differs", &row.seen);
	add_identities(m, &row.seen);
	text_add(&row.why,
		 "the two ends have different pre-shared keys: with IKEv1 the peer cannot "
		 "read the first message that is encrypted with another key, and is silent");
	text_add(&row.remedy, "compare the key and the identities it stands under in the .secrets "
			      "files of both ends, then run: ipsec whack --rereadsecrets");
	text_add(&row.evidence, message->line);
	diagnosis_add(m, &row);
}

static void message_row(struct making *m, const struct pluto_message *message)
{
	_cleanup_text_ struct text more = TEXT_NULL;
	const char *cause = message->cause->id;

	add_offer(m, cause, &more);
	if (is_about_identity(cause))
		add_identities(m, &more);
	if (streq(cause, "ike-proposal"))
		add_what_peer_takes(m, &more);
	diagnosis_add_message(m, STEP_MISMATCH, message, more.data);
}

static void nothing_said(struct making *m)
{
	struct row row = ROW(STEP_MISMATCH, DIAGNOSIS_SKIPPED);

	text_add(&row.seen, m->s->said || m->s->log
				    ? "pluto says nothing of a disagreement"
				    : "nothing that pluto says could be read; --up has it try");
	if (m->s->log_unread)
		text_printf(&row.seen, "; its log could not be read: %s", m->s->log_unread);
	diagnosis_add(m, &row);
}

void diagnosis_mismatch(struct making *m)
{
	const struct pluto_message *cause = m->cause;
	bool about_ike = cause && (streq(cause->cause->id, "silence") ||
				   streq(cause->cause->id, "ike-proposal") ||
				   streq(cause->cause->id, "ike-version"));
	size_t before = m->d->n;
	struct row row = ROW(STEP_MISMATCH, DIAGNOSIS_OK);

	if (m->is_up) {
		text_add(&row.seen, "the two ends agree: ");
		if (*m->s->pluto.ike_algorithm)
			text_printf(&row.seen, "IKE %s, ", m->s->pluto.ike_algorithm);
		text_printf(&row.seen, "ESP %s",
			    *m->s->pluto.esp_algorithm ? m->s->pluto.esp_algorithm : "established");
		diagnosis_add(m, &row);
		return;
	}
	if (about_ike && version_differs(m->s)) {
		ike_version(m);
		/* What pluto says of it follows from that. */
		if (diagnosis_step_of(cause->cause->id) == STEP_MISMATCH) {
			m->cause = NULL;
			message_row(m, cause);
			m->cause = cause;
		}
		return;
	}
	if (about_ike && ignores_us(m)) {
		ignored(m);
		return;
	}
	if (about_ike && streq(cause->cause->id, "silence") && takes_ours(m->s)) {
		answers_after_all(m);
		return;
	}
	for (size_t i = 0; i < m->messages.n; i++) {
		const struct pluto_message *message = &m->messages.items[i];

		if (message->cause->rank == PLUTO_RANK_HARMLESS ||
		    diagnosis_step_of(message->cause->id) != STEP_MISMATCH)
			continue;
		if (is_other_key(m, message))
			other_key(m, message);
		else
			message_row(m, message);
	}
	if (m->d->n == before)
		nothing_said(m);
}
