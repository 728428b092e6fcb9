/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnosis-private.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "esp-proposals.h"

/* What this host itself does to the tunnel: crypto policy, kernel, offload. */

/* ---- the crypto policy ---- */

#define POLICY_FILE "/etc/crypto-policies/back-ends/libreswan.config"

static bool is_included(const struct making *m)
{
	const struct ipsec_conf *conf = m->s->facts->conf;

	for (size_t i = 0; i < ipsec_conf_n_files(conf); i++)
		if (strstr(ipsec_conf_file(conf, i)->path, "/crypto-policies/"))
			return true;
	return false;
}

/* Offload is wanted: said so, or Libreswan's own "auto" on a device that has the feature on. */
static bool wants_offload(const struct making *m)
{
	const struct facts_link *l = facts_link_by_name(m->s->facts, m->s->device);
	const char *value = diagnosis_value(m, "nic-offload", NULL);

	if (strcasecmp(value, "no") == 0)
		return false;
	if (strcasecmp(value, "yes") == 0 || strcasecmp(value, "crypto") == 0 ||
	    strcasecmp(value, "packet") == 0)
		return true;
	return m->s->bond || (l && facts_feature_is_on(l->esp_hw_offload));
}

static void judge_esp(struct making *m, const struct ipsec_conf_value *esp, struct row *row)
{
	enum esp_proposals fit = esp_proposals_of(esp->value);

	if (fit != ESP_NONE_FITS && fit != ESP_FIRST_UNFIT) {
		text_add(&row->seen, "; that can be offloaded");
		return;
	}
	if (fit == ESP_NONE_FITS && wants_offload(m))
		row->status = DIAGNOSIS_FAULT;
	else
		row->status = DIAGNOSIS_WARN;
	text_printf(&row->why, "%s, and ixgbe offloads AES-GCM-128 and nothing else",
		    fit == ESP_NONE_FITS
			    ? "the crypto policy gives the conn no AES-GCM-128"
			    : "the crypto policy puts other ciphers before AES-GCM-128");
	text_printf(&row->remedy,
		    "for this conn: esp-offloadctl conn set %s esp=aes_gcm128-null, which the peer "
		    "must accept; for all conns: esp-offloadctl conn crypto-policy off",
		    m->s->conn);
}

void diagnosis_crypto_policy(struct making *m)
{
	struct row row = ROW(STEP_CRYPTO_POLICY, DIAGNOSIS_OK);
	struct ipsec_conf_value esp;

	if (!m->s->in_files) {
		diagnosis_skip(m, STEP_CRYPTO_POLICY, "the conn is not known");
		return;
	}
	if (!is_included(m)) {
		text_add(&row.seen,
			 "no system-wide crypto policy is in force for Libreswan: " POLICY_FILE
			 " is not included");
		diagnosis_add(m, &row);
		return;
	}
	(void)diagnosis_value(m, "esp", &esp);
	text_printf(&row.seen, "policy %s is in force; ",
		    m->s->crypto_policy ? m->s->crypto_policy : "(its name is not known)");
	if (esp.origin == IPSEC_CONF_CRYPTO_POLICY) {
		text_add(&row.seen, "it gives this conn ");
		diagnosis_print_value(m, "esp", &row.seen);
		text_add(&row.seen, " and ");
		diagnosis_print_value(m, "ike", &row.seen);
		judge_esp(m, &esp, &row);
	} else {
		text_add(&row.seen, "the conn has its own ");
		diagnosis_print_value(m, "esp", &row.seen);
	}
	diagnosis_add(m, &row);
}

/* ---- the kernel ---- */

/* What the counters count (Documentation/networking/xfrm_proc.rst), for those who do not know. */
static const struct {
	const char *name;
	const char *meaning;
} meanings[] = {
	{ "XfrmInNoStates",
	  "ESP came for an SA that this host does not have: the two ends are out of "
	  "step, or somebody forges packets" },
	{ "XfrmInStateProtoError",
	  "packets failed their check: another key, a broken NIC, or damage on "
	  "the way" },
	{ "XfrmInStateModeError", "the packet's mode is not the SA's: type= differs" },
	{ "XfrmInStateSeqError",
	  "packets came twice or too late: the replay window is too small for "
	  "a path that reorders" },
	{ "XfrmInStateExpired", "packets came for an SA that had expired: rekeying is late" },
	{ "XfrmInStateMismatch",
	  "the SA does not fit the packet, such as ESP in UDP and bare ESP" },
	{ "XfrmInNoPols", "packets came through an SA with no policy for them" },
	{ "XfrmInTmplMismatch",
	  "packets came in the clear, or by another SA, that the policy wants "
	  "encrypted: the peer sends around the tunnel" },
	{ "XfrmInPolBlock", "a policy drops incoming packets" },
	{ "XfrmOutNoStates",
	  "packets wait for an SA that is not there: the tunnel is not up, or its "
	  "SAs are gone" },
	{ "XfrmOutStateProtoError", "the NIC or the cipher refused packets" },
	{ "XfrmOutStateSeqError", "the sequence number is used up: rekeying fails" },
	{ "XfrmOutStateExpired", "packets went to an SA that had expired: rekeying is late" },
	{ "XfrmOutPolBlock", "a policy drops outgoing packets, as pluto has it while a tunnel is "
			     "down" },
	{ "XfrmOutPolDead", "a policy was being deleted" },
	{ "XfrmOutStateInvalid", "an SA was being deleted" },
	{ "XfrmAcquireError", "pluto could not be asked for an SA" },
	{ "XfrmInError", "packets could not be processed for some other reason" },
	{ "XfrmInBufferError", "there was no memory for incoming packets" },
	{ "XfrmInHdrError", "packets had a broken header" },
	{ "XfrmInStateInvalid", "packets came for an SA that was being deleted" },
	{ "XfrmOutError", "packets could not be sent for some other reason" },
	{ "XfrmFwdHdrError", "packets to be forwarded had a broken header" },
	{ "XfrmInStateDirError", "packets used an SA in the wrong direction" },
	{ "XfrmOutStateDirError", "packets used an SA in the wrong direction" },
};

static const char *meaning_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (streq(name, meanings[i].name))
			return meanings[i].meaning;
	return "see Documentation/networking/xfrm_proc.rst of the kernel";
}

/* Return: true when an error was counted while we looked. */
static bool counters(struct making *m)
{
	const struct diagnosis_seen *s = m->s;
	struct row row = ROW(STEP_KERNEL, DIAGNOSIS_WARN);
	bool first = true;

	for (size_t i = 0; i < s->n_counters; i++) {
		const struct diagnosis_counter *c = &s->counters[i];

		if (c->after > 0)
			text_printf(&row.evidence, "%s %" PRIu64 "%s\n", c->name, c->after,
				    c->after > c->before ? " (moving)" : "");
		if (c->after <= c->before)
			continue;
		text_printf(&row.seen, "%s%s rose by %" PRIu64, first ? "" : ", ", c->name,
			    c->after - c->before);
		text_printf(&row.why, "%s%s: %s", first ? "" : "; ", c->name, meaning_of(c->name));
		first = false;
	}
	if (first) {
		text_done(&row.evidence);
		return false;
	}
	row.id = "kernel-errors";
	text_add(&row.seen, " while this host was looked at; the counters are of the whole host");
	diagnosis_add(m, &row);
	return true;
}

static bool has_sa(const struct facts_sa *sas, size_t n, uint32_t spi, uint8_t proto,
		   const struct facts_ip *destination)
{
	for (size_t i = 0; i < n; i++)
		if (sas[i].spi == spi && sas[i].proto == proto &&
		    facts_ip_equal(&sas[i].destination, destination))
			return true;
	return false;
}

/* Before pluto was asked, or after: an SA that a rekey made or took meanwhile is not lost. */
static bool kernel_has(const struct diagnosis_seen *s, const struct pluto_sa *sa)
{
	return has_sa(s->facts->sas, s->facts->n_sas, sa->spi, sa->proto, &sa->destination) ||
	       has_sa(s->later_sas, s->n_later_sas, sa->spi, sa->proto, &sa->destination);
}

/* Both sides told their SAs, so that they can be compared. */
static bool can_compare(const struct diagnosis_seen *s)
{
	return s->facts->sas_known && s->sas_error == 0 && s->pluto_sas && s->later_error == 0;
}

/* Pluto's SAs that the kernel does not have: flushed, or lost when a device went. */
static bool lost(struct making *m)
{
	const struct diagnosis_seen *s = m->s;
	const struct facts_tunnel *t = facts_tunnel_of(s->facts, s->conn);
	bool v5 = s->facts->libreswan.major >= 5, told = t && t->kernel_lost;
	struct row row = ROW(STEP_KERNEL, DIAGNOSIS_FAULT);
	size_t n = 0, missing = 0;

	for (size_t i = 0; can_compare(s) && i < s->pluto_sas->n; i++) {
		const struct pluto_sa *sa = &s->pluto_sas->items[i];
		char to[FACTS_IP_TEXT_SIZE];

		if (!diagnosis_is_of(sa->conn, s->conn))
			continue;
		n++;
		if (kernel_has(s, sa))
			continue;
		missing++;
		text_printf(&row.evidence, "esp.%x@%s\n", sa->spi,
			    facts_ip_print(&sa->destination, to));
	}
	if (missing == 0 && !told) {
		text_done(&row.evidence);
		return false;
	}
	row.id = "kernel-lost";
	if (missing > 0)
		text_printf(&row.seen,
			    "%zu of the %zu SAs that pluto has for the conn are not in the "
			    "kernel",
			    missing, n);
	else
		text_add(&row.seen, "pluto finds its SAs in the kernel no more");
	text_add(&row.why,
		 "pluto and the kernel are out of step: pluto believes the tunnel to be up, "
		 "and the kernel lost its SAs (flushed by hand or by another program, or a "
		 "device went away)");
	text_printf(&row.remedy, "have pluto make them anew: ipsec %s %s, then ipsec %s %s",
		    v5 ? "replace" : "auto --replace", s->conn, v5 ? "up" : "auto --up", s->conn);
	diagnosis_add(m, &row);
	return true;
}

/* SAs with the peer that no tunnel of pluto's knows. */
static bool stale(struct making *m)
{
	const struct diagnosis_seen *s = m->s;
	struct row row = ROW(STEP_KERNEL, DIAGNOSIS_WARN);
	size_t n = 0;

	for (size_t i = 0; can_compare(s) && i < s->facts->n_sas; i++) {
		const struct facts_sa *sa = &s->facts->sas[i];
		const struct facts_ip *peer =
			sa->direction == FACTS_OUT ? &sa->destination : &sa->source;
		bool known = false;

		if (sa->proto != 50 || sa->spi == 0 || *sa->cipher == '\0' ||
		    !facts_ip_equal(peer, &s->remote))
			continue;
		for (size_t k = 0; k < s->pluto_sas->n && !known; k++)
			known = s->pluto_sas->items[k].spi == sa->spi;
		n += !known &&
		     has_sa(s->later_sas, s->n_later_sas, sa->spi, sa->proto, &sa->destination);
	}
	if (n == 0)
		return false;
	row.id = "stale-sas";
	text_printf(&row.seen, "the kernel has %zu SA%s with the peer that pluto does not know", n,
		    n == 1 ? "" : "s");
	text_add(&row.why,
		 "they are left over from an earlier pluto, or were made by another program");
	text_add(&row.remedy, "ip -s xfrm state shows them; a restart of ipsec clears them on 4.x");
	diagnosis_add(m, &row);
	return true;
}

/* Who it was that did not take an SA: the kernel, bonding, or the driver of the active port. */
static void add_who_refused(const struct making *m, struct text *t)
{
	const struct facts *f = m->s->facts;
	const struct facts_link *bond = facts_link_by_name(f, m->s->bond);
	const struct facts_link *port =
		bond ? facts_link_by_index(f, bond->bond.active_port) : NULL;
	const char *said = m->s->kernel_said;
	const char *offload = diagnosis_value(m, "nic-offload", NULL);

	/* The default of Libreswan 4 is auto. */
	if (strcasecmp(offload, "no") == 0 || (!*offload && f->libreswan.major >= 5))
		text_add(t, "no offload was asked for (nic-offload=no), so the kernel itself "
			    "refused it");
	else if (!port)
		text_printf(t, "%s has no active port, and bonding refuses then", m->s->bond);
	else if (said && *said)
		text_printf(t,
			    "it was refused at %s (driver %s), the active port of %s; the kernel's "
			    "log: %s",
			    port->name, port->driver.name, m->s->bond, said);
	else if (!facts_feature_is_on(port->esp_hw_offload))
		text_printf(t,
			    "bonding refused it, for %s (driver %s), the active port of %s, has no "
			    "esp-hw-offload",
			    port->name, port->driver.name, m->s->bond);
	else
		text_printf(t,
			    "%s (driver %s), the active port of %s, was asked; the kernel's log "
			    "%s",
			    port->name, port->driver.name, m->s->bond,
			    said ? "tells no reason" : "could not be read");
}

static void refused(struct making *m)
{
	_cleanup_text_ struct text more = TEXT_NULL;

	if (m->s->bond && streq(m->cause->cause->id, "sa-refused"))
		add_who_refused(m, &more);
	else if (m->s->bond && streq(m->cause->cause->id, "offload-unavailable"))
		text_printf(&more, "the conn goes through %s; see the checks of it", m->s->bond);
	diagnosis_add_message(m, STEP_KERNEL, m->cause, more.data);
}

static void not_compared(struct making *m)
{
	struct row row = ROW(STEP_KERNEL, DIAGNOSIS_SKIPPED);
	int error = m->s->sas_error < 0 ? m->s->sas_error : m->s->later_error;

	text_printf(&row.seen,
		    "the SAs of pluto and of the kernel were not compared: %s could not be asked "
		    "for them%s%s",
		    m->s->later_error < 0 && m->s->sas_error == 0 ? "the kernel" : "pluto",
		    error < 0 ? ": " : "", error < 0 ? strerror(-error) : "");
	diagnosis_add(m, &row);
}

void diagnosis_kernel(struct making *m)
{
	const struct facts *f = m->s->facts;
	size_t before = m->d->n, n = 0;
	struct row row = ROW(STEP_KERNEL, DIAGNOSIS_OK);

	if (m->cause && diagnosis_step_of(m->cause->cause->id) == STEP_KERNEL)
		refused(m);
	if (!lost(m))
		(void)stale(m);
	(void)counters(m);
	if (m->d->n > before)
		return;
	if (!f->sas_known) {
		diagnosis_skip(m, STEP_KERNEL, "the kernel's SAs can only be seen by root");
		return;
	}
	if (m->s->remote.family == 0) {
		diagnosis_skip(m, STEP_KERNEL, "the peer's address is not known");
		return;
	}
	if (!can_compare(m->s)) {
		not_compared(m);
		return;
	}
	for (size_t i = 0; i < f->n_sas; i++)
		n += facts_ip_equal(&f->sas[i].destination, &m->s->remote) ||
		     facts_ip_equal(&f->sas[i].source, &m->s->remote);
	text_printf(&row.seen,
		    "pluto and the kernel agree on %zu SA%s with the peer, and no error of "
		    "/proc/net/xfrm_stat was counted meanwhile",
		    n, n == 1 ? "" : "s");
	for (size_t i = 0; i < m->s->n_counters; i++)
		if (m->s->counters[i].after > 0)
			text_printf(&row.evidence, "%s %" PRIu64 "\n", m->s->counters[i].name,
				    m->s->counters[i].after);
	diagnosis_add(m, &row);
}

/* ---- offload ---- */

static size_t offloaded(const struct making *m, size_t *ret_all)
{
	const struct facts *f = m->s->facts;
	size_t n = 0, all = 0;

	for (size_t i = 0; i < f->n_sas; i++) {
		if (!facts_ip_equal(&f->sas[i].destination, &m->s->remote) &&
		    !facts_ip_equal(&f->sas[i].source, &m->s->remote))
			continue;
		all++;
		n += f->sas[i].offload_link != FACTS_NO_LINK;
	}
	*ret_all = all;
	return n;
}

void diagnosis_offload(struct making *m)
{
	const struct finding *first = NULL;
	struct row row = ROW(STEP_OFFLOAD, DIAGNOSIS_OK);
	size_t all, n = offloaded(m, &all);

	if (!m->s->findings || !m->s->bond) {
		diagnosis_skip(m, STEP_OFFLOAD, "the conn does not go through a bond");
		return;
	}
	for (size_t i = 0; i < m->s->findings->n && !first; i++)
		if (m->s->findings->items[i].severity == FINDING_BLOCKS)
			first = &m->s->findings->items[i];
	if (first) {
		row.status = DIAGNOSIS_WARN;
		text_printf(&row.seen, "%zu finding%s of %s stand%s in the way; the first: %s: %s",
			    findings_block(m->s->findings),
			    findings_block(m->s->findings) == 1 ? "" : "s", m->s->bond,
			    findings_block(m->s->findings) == 1 ? "s" : "", first->subject,
			    first->seen);
		text_add(&row.why, first->why);
		text_add(&row.remedy, first->remedy);
	} else if (!m->is_up) {
		text_printf(&row.seen, "nothing stands in the way of it at %s", m->s->bond);
	} else {
		text_printf(&row.seen,
			    "nothing stands in the way of it at %s, and %zu of %zu SAs name "
			    "a device; whether it does the work: esp-offloadctl verify %s",
			    m->s->bond, n, all, m->s->bond);
	}
	diagnosis_add(m, &row);
}
