/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnosis-private.h"

#include <arpa/inet.h>
#include <inttypes.h>

/* The first two steps: is it up, and what became of bringing it up. */

/* ---- is it up ---- */

static void not_in_files(struct making *m)
{
	struct row row = ROW(STEP_TUNNEL, DIAGNOSIS_FAULT);

	row.id = "unknown-conn";
	if (!m->s->facts->conf) {
		text_add(&row.seen, "Libreswan's files were not read");
		text_add(&row.why, "Libreswan is not installed on this host");
		text_add(&row.remedy, "install it, and set the conn up");
		row.id = "not-installed";
	} else if (!m->s->is_root && ipsec_conf_n_conns(m->s->facts->conf) == 0) {
		row.status = DIAGNOSIS_SKIPPED;
		row.id = NULL;
		text_add(&row.seen,
			 "Libreswan's files can only be read by root, and say nothing of "
			 "the conn to others");
		text_add(&row.remedy, "run it as root, or with esp-offloadd running");
	} else {
		text_printf(&row.seen, "no file has a conn %s", m->s->conn);
		text_printf(&row.why, "there is no conn %s in /etc/ipsec.conf or what it includes",
			    m->s->conn);
		text_add(&row.remedy, "see which there are with: esp-offloadctl conn list");
	}
	diagnosis_add(m, &row);
}

static void findings_of_files(struct making *m)
{
	const struct ipsec_conf *conf = m->s->facts->conf;

	for (size_t i = 0; i < ipsec_conf_n_findings(conf); i++) {
		const struct ipsec_conf_finding *f = ipsec_conf_finding(conf, i);
		const struct ipsec_conf_file *file = ipsec_conf_file(conf, f->place.file);
		bool concerns =
			f->severity == IPSEC_CONF_FATAL || (f->conn && streq(f->conn, m->s->conn));
		bool matters = f->severity >= IPSEC_CONF_ERROR;
		struct row row = ROW(STEP_TUNNEL, DIAGNOSIS_WARN);

		if (!concerns || f->severity == IPSEC_CONF_NOTE)
			continue;
		/* A conn that is loaded all the same was loaded from other files than these. */
		if (matters && !m->s->pluto.loaded)
			row.status = DIAGNOSIS_FAULT;
		row.id = "conn-not-loaded";
		if (f->place.line && file)
			text_printf(&row.seen, "%s:%u: ", file->path, f->place.line);
		text_add(&row.seen, f->text);
		text_add(&row.why, "pluto reads the files otherwise than they are meant");
		text_add(&row.remedy, f->remedy);
		diagnosis_add(m, &row);
	}
}

/* Whether what hangs is pluto: `ipsec whack` waits for it, `ipsec --version` asks nobody. */
static bool waits_for_pluto(const struct diagnosis_seen *s)
{
	return !s->hung || strncmp(s->hung, "whack ", strlen("whack ")) == 0;
}

static void add_what_hung(const struct diagnosis_seen *s, struct text *t)
{
	if (s->hung)
		text_printf(t, "ipsec %s did not end within %" PRIu64 ".%" PRIu64 " s", s->hung,
			    s->hung_usec / 1000000, s->hung_usec / 100000 % 10);
	else
		text_add(t, "the ipsec command did not end within its time");
	text_add(t, ", and was killed");
}

static void ipsec_hangs(struct making *m)
{
	struct row row = ROW(STEP_TUNNEL, DIAGNOSIS_FAULT);

	row.id = "ipsec-hangs";
	add_what_hung(m->s, &row.seen);
	if (waits_for_pluto(m->s)) {
		text_add(&row.why, "pluto hangs: it does not answer the ipsec command");
		text_add(&row.remedy, "systemctl restart ipsec, which interrupts all tunnels");
	} else {
		text_printf(&row.why, "the ipsec command hangs: ipsec %s, which does not ask pluto",
			    m->s->hung);
		text_printf(&row.remedy,
			    "see what it waits for: strace -f ipsec %s; of pluto nothing can be "
			    "told until it ends",
			    m->s->hung);
	}
	diagnosis_add(m, &row);
}

/* One run hung and others did not: what it would have told is missing, and that is no cause. */
static void ipsec_is_slow(struct making *m)
{
	struct row row = ROW(STEP_TUNNEL, DIAGNOSIS_WARN);

	row.id = "ipsec-hangs";
	add_what_hung(m->s, &row.seen);
	text_add(&row.seen, "; other runs were answered");
	text_printf(&row.why, "%s slow, and not all could be asked",
		    waits_for_pluto(m->s) ? "pluto is" : "the ipsec command is");
	text_add(&row.remedy, "see what keeps it busy (top; journalctl -u ipsec), and diagnose "
			      "again");
	diagnosis_add(m, &row);
}

/* One that was heard in this very run does not hang. */
static bool is_only_slow(const struct diagnosis_seen *s)
{
	return s->pluto_error == -ETIMEDOUT && (s->initiated || s->facts->pluto_answers);
}

static bool pluto_is_away(struct making *m)
{
	const struct diagnosis_seen *s = m->s;
	struct row row = ROW(STEP_TUNNEL, DIAGNOSIS_FAULT);

	if (s->pluto_error == 0 || is_only_slow(s)) {
		if (s->hung)
			ipsec_is_slow(m);
		return false;
	}
	if (s->pluto_error == -ETIMEDOUT) {
		ipsec_hangs(m);
		return true;
	}
	if (s->pluto_error == -EACCES || (s->pluto_error == -ENOTCONN && !s->is_root)) {
		diagnosis_skip(m, STEP_TUNNEL,
			       "pluto answers nobody but root: run it as root, or "
			       "with esp-offloadd running");
		return true;
	}
	row.id = "pluto-not-running";
	if (s->pluto_error == -ENOENT) {
		row.id = "not-installed";
		text_add(&row.seen, "there is no ipsec command");
		text_add(&row.why, "Libreswan is not installed on this host");
		text_add(&row.remedy, "install it");
	} else {
		text_printf(&row.seen, "pluto does not answer (%s); ipsec.service is %s",
			    strerror(-s->pluto_error), facts_unit_state_name(s->facts->ipsec_unit));
		text_add(&row.why, "pluto does not run");
		text_add(&row.remedy,
			 "systemctl start ipsec; journalctl -u ipsec tells why it does "
			 "not run");
	}
	diagnosis_add(m, &row);
	return true;
}

static void not_loaded(struct making *m)
{
	const struct pluto_message *message = NULL;
	struct row row = ROW(STEP_TUNNEL, DIAGNOSIS_FAULT);
	bool v5 = m->s->facts->libreswan.major >= 5;

	for (size_t i = 0; i < m->messages.n; i++)
		if (streq(m->messages.items[i].cause->id, "not-loaded"))
			message = &m->messages.items[i];
	row.id = "not-loaded";
	if (m->cause && m->cause != message)
		row.status = DIAGNOSIS_SYMPTOM;
	text_printf(&row.seen, "ipsec status has no conn %s", m->s->conn);
	if (m->s->initiated)
		text_add(&row.seen, ", and adding it did not change that");
	text_add(&row.why, "the conn is in the files, and pluto has not loaded it");
	text_printf(&row.remedy,
		    "ipsec %s %s, which says what it does not like; for one that is "
		    "loaded at start-up set auto=add, ondemand or start",
		    v5 ? "add" : "auto --add", m->s->conn);
	if (m->s->said)
		text_add(&row.evidence, m->s->said);
	else if (message)
		text_add(&row.evidence, message->line);
	diagnosis_add(m, &row);
}

static void not_oriented(struct making *m)
{
	const struct diagnosis_seen *s = m->s;
	const struct facts_link *l = facts_link_by_name(s->facts, s->device);
	const char *offload = diagnosis_value(m, "nic-offload", NULL);
	/* Libreswan 5 leaves out an interface that had not the feature when pluto saw it first. */
	bool strict = s->facts->libreswan.major >= 5 && l && *offload && !streq(offload, "no");
	char local[FACTS_IP_TEXT_SIZE];
	struct row row = ROW(STEP_TUNNEL, DIAGNOSIS_FAULT);

	row.id = "unoriented";
	text_add(&row.seen, "pluto says that the conn is not oriented; ");
	diagnosis_print_value(m, "left", &row.seen);
	text_add(&row.seen, ", ");
	diagnosis_print_value(m, "right", &row.seen);
	if (*s->device && strict && !facts_feature_is_on(l->esp_hw_offload)) {
		text_printf(&row.why,
			    "esp-hw-offload of %s is off, and Libreswan 5 leaves out a conn "
			    "with nic-offload= there",
			    s->device);
		text_printf(&row.remedy,
			    "turn it on (ethtool -K %s esp-hw-offload on, or "
			    "esp-offloadctl apply), then systemctl restart ipsec",
			    s->device);
	} else if (*s->device && strict) {
		text_printf(&row.why,
			    "pluto does not use the address %s of %s: it came, or esp-hw-offload "
			    "was turned on, after pluto looked at %s",
			    facts_ip_print(&s->local, local), s->device, s->device);
		text_add(&row.remedy,
			 "systemctl restart ipsec: Libreswan 5 asks an interface for the feature "
			 "only once");
	} else if (*s->device) {
		text_printf(&row.why,
			    "pluto does not use the address %s of %s: it came after pluto "
			    "looked for addresses",
			    facts_ip_print(&s->local, local), s->device);
		text_add(&row.remedy, "ipsec whack --listen, which looks for addresses anew");
	} else {
		text_add(&row.why, "neither left= nor right= is an address of this host");
		text_add(&row.remedy, "set left= to an address that this host has: ip address");
	}
	diagnosis_add(m, &row);
}

/* Now, where the kernel's SAs tell; what it carried before is no word about now. */
static void add_now(const struct making *m, struct text *t)
{
	const struct diagnosis_traffic *now = &m->s->traffic;

	if (!now->known)
		text_add(t, "; whether it carries anything now was not seen");
	else if (diagnosis_flow(m) == FLOW_NONE)
		text_printf(t, "; no traffic was seen in %" PRIu64 ".%" PRIu64 " s",
			    now->usec / 1000000, now->usec / 100000 % 10);
	else
		text_printf(t,
			    "; in %" PRIu64 ".%" PRIu64 " s %" PRIu64 " packets came in and "
			    "%" PRIu64 " went out",
			    now->usec / 1000000, now->usec / 100000 % 10, now->in, now->out);
}

/* Somebody else's packets went out, more than a stray one, and none came in. */
static bool goes_out_only(const struct making *m, const struct facts_tunnel *t)
{
	enum flow flow = diagnosis_flow(m);

	if (flow == FLOW_OUT)
		return t->in_bytes == 0 || m->s->traffic.out > m->s->path.sent + 10;
	return (flow == FLOW_NONE || flow == FLOW_UNKNOWN) && t->out_bytes > 0 && t->in_bytes == 0;
}

static bool comes_in_only(const struct making *m, const struct facts_tunnel *t)
{
	enum flow flow = diagnosis_flow(m);

	return flow != FLOW_BOTH && flow != FLOW_OUT && t->in_bytes > 0 && t->out_bytes == 0;
}

static void traffic(struct making *m, const struct facts_tunnel *t)
{
	struct row row = ROW(STEP_TUNNEL, DIAGNOSIS_OK);

	text_printf(&row.seen,
		    "established (#%lu)%s%s; since it came up or was last rekeyed it carried "
		    "%" PRIu64 " bytes in and %" PRIu64 " bytes out",
		    t->serial, *m->s->pluto.esp_algorithm ? ", " : "", m->s->pluto.esp_algorithm,
		    t->in_bytes, t->out_bytes);
	add_now(m, &row.seen);
	if (goes_out_only(m, t)) {
		row.id = "no-traffic";
		row.status = DIAGNOSIS_SYMPTOM;
		text_add(&row.why,
			 "packets go out and none come back: ESP is dropped on the way, or "
			 "the peer's answers do not go through the tunnel");
		text_add(&row.remedy, "look for ESP (IP protocol 50, or UDP 4500) at the peer with "
				      "tcpdump; then at its routes and NAT rules");
	} else if (comes_in_only(m, t)) {
		row.id = "no-traffic";
		row.status = DIAGNOSIS_SYMPTOM;
		text_add(&row.why, "packets come in and none go out: this host does not send its "
				   "answers through the tunnel");
		text_add(&row.remedy, "look at the routes and the NAT rules of this host");
	}
	diagnosis_add(m, &row);
}

static void is_down(struct making *m)
{
	struct row row = ROW(STEP_TUNNEL, DIAGNOSIS_SYMPTOM);

	if (m->s->facts->pluto_answers)
		text_printf(&row.seen,
			    "the tunnel is not up: ipsec trafficstatus has no entry of %s%s",
			    m->s->conn, m->s->pluto.ike > 0 ? ", though there is an IKE SA" : "");
	else
		text_add(&row.seen, "whether the tunnel is up was asked in vain");
	if (m->s->pluto.loaded)
		text_printf(&row.seen, "; the conn is loaded, oriented and %s",
			    m->s->pluto.routed ? "routed" : "not routed");
	else
		text_add(&row.seen, "; whether the conn is loaded was asked in vain");
	if (!m->s->up_asked && !m->cause)
		text_printf(&row.remedy,
			    "esp-offloadctl diagnose --up %s tries it, and reads along",
			    m->s->conn);
	diagnosis_add(m, &row);
}

void diagnosis_tunnel(struct making *m)
{
	const struct facts_tunnel *t = facts_tunnel_of(m->s->facts, m->s->conn);

	if (!m->s->in_files) {
		not_in_files(m);
		return;
	}
	findings_of_files(m);
	if (pluto_is_away(m))
		return;
	if (t && t->kernel_lost) {
		struct row row = ROW(STEP_TUNNEL, DIAGNOSIS_SYMPTOM);

		text_printf(&row.seen,
			    "pluto has the tunnel as established (#%lu) and can tell no "
			    "traffic of it",
			    t->serial);
		diagnosis_add(m, &row);
	} else if (t) {
		traffic(m, t);
	} else if (!m->s->pluto.loaded && m->s->pluto_error == 0) {
		not_loaded(m);
	} else if (m->s->pluto.loaded && !m->s->pluto.oriented) {
		not_oriented(m);
	} else {
		if (m->cause && diagnosis_step_of(m->cause->cause->id) == STEP_TUNNEL)
			diagnosis_add_message(m, STEP_TUNNEL, m->cause, NULL);
		is_down(m);
	}
}

/* ---- bringing it up ---- */

void diagnosis_bring_up(struct making *m)
{
	const struct diagnosis_seen *s = m->s;
	struct row row = ROW(STEP_BRING_UP, DIAGNOSIS_OK);

	if (!s->up_asked && m->is_up) {
		diagnosis_skip(m, STEP_BRING_UP, "it is up");
	} else if (!s->up_asked) {
		diagnosis_skip(m, STEP_BRING_UP,
			       m->cause ? "not asked for (--up); what pluto logged the last time "
					  "was read instead"
					: "not asked for (--up)");
	} else if (s->initiate_error < 0) {
		row.status = DIAGNOSIS_SKIPPED;
		text_printf(&row.seen, "it could not be tried: %s",
			    s->initiate_error == -ETIMEDOUT
				    ? "the ipsec command hung, and was killed"
			    : s->initiate_error == -EBUSY
				    ? "esp-offloadd, or another worker of it, changes the host now"
				    : strerror(-s->initiate_error));
		if (s->initiate_error == -EBUSY)
			text_add(&row.remedy, "try it again when that is done: esp-offloadctl "
					      "status");
		diagnosis_add(m, &row);
	} else if (!s->initiated) {
		diagnosis_skip(m, STEP_BRING_UP,
			       m->is_up ? "it is up, and was left alone"
			       : s->pluto_error == -ETIMEDOUT
				       ? "pluto did not answer in time, and was not asked to"
				       : "there is nothing that could be brought up");
	} else {
		row.status = s->came_up ? DIAGNOSIS_OK : DIAGNOSIS_SYMPTOM;
		text_printf(&row.seen,
			    "it was added and initiated, and %s after %" PRIu64 ".%" PRIu64 " s",
			    s->came_up ? "came up" : "was not up", s->waited_usec / 1000000,
			    s->waited_usec / 100000 % 10);
		if (!s->came_up && !m->cause)
			text_add(&row.remedy, "what pluto says tells no cause that is known here: "
					      "journalctl -u ipsec, and the log of the peer");
		if (s->said)
			text_add(&row.evidence, s->said);
		diagnosis_add(m, &row);
	}
}
