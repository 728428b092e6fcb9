/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnosis-private.h"

#include <arpa/inet.h>
#include <strings.h>

#include "array.h"

const char *diagnosis_status_name(enum diagnosis_status status)
{
	static const char *const names[] = {
		[DIAGNOSIS_OK] = "ok",           [DIAGNOSIS_FAULT] = "fault",
		[DIAGNOSIS_SYMPTOM] = "symptom", [DIAGNOSIS_WARN] = "warn",
		[DIAGNOSIS_SKIPPED] = "skipped",
	};

	return names[status];
}

static const struct {
	const char *name;
	const char *title;
	void (*look)(struct making *m);
} steps[STEP_MAX_] = {
	[STEP_TUNNEL] = { "tunnel", "Is it up", diagnosis_tunnel },
	[STEP_BRING_UP] = { "bring-up", "Bringing it up", diagnosis_bring_up },
	[STEP_FIREWALL] = { "firewall", "Firewalls", diagnosis_firewall },
	[STEP_MISMATCH] = { "mismatch", "Agreement with the peer", diagnosis_mismatch },
	[STEP_MTU] = { "mtu", "Packet size", diagnosis_mtu },
	[STEP_NAT] = { "nat", "Address translation", diagnosis_nat },
	[STEP_CRYPTO_POLICY] = { "crypto-policy", "Crypto policy", diagnosis_crypto_policy },
	[STEP_KERNEL] = { "kernel", "The kernel", diagnosis_kernel },
	[STEP_OFFLOAD] = { "offload", "Offload", diagnosis_offload },
};

const char *diagnosis_step_name(enum diagnosis_step step)
{
	return steps[step].name;
}

const char *diagnosis_step_title(enum diagnosis_step step)
{
	return steps[step].title;
}

/* Ids that no message of pluto has; the steps' own names come before them. */
static const char *const own_ids[] = {
	"unknown-conn",  "not-installed", "conn-not-loaded", "no-traffic", "no-answer",
	"firewall-rule", "esp-silence",   "path-mtu",        "nat-rule",   "nat-between",
	"kernel-lost",   "kernel-errors", "stale-sas",       "capture",    "ipsec-hangs",
};

const char *diagnosis_ids(size_t i)
{
	if (i < STEP_MAX_)
		return steps[i].name;
	i -= STEP_MAX_;
	if (i < ARRAY_SIZE(own_ids))
		return own_ids[i];
	i -= ARRAY_SIZE(own_ids);
	/* What is harmless has no row. */
	for (size_t k = 0; pluto_causes(k); k++)
		if (pluto_causes(k)->rank != PLUTO_RANK_HARMLESS && i-- == 0)
			return pluto_causes(k)->id;
	return NULL;
}

void diagnosis_done(struct diagnosis *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->items[i].seen);
		free(d->items[i].why);
		free(d->items[i].remedy);
		free(d->items[i].evidence);
	}
	free(d->items);
	*d = DIAGNOSIS_NULL;
}

const struct diagnosis_row *diagnosis_cause(const struct diagnosis *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->items[i].status == DIAGNOSIS_FAULT)
			return &d->items[i];
	return NULL;
}

static const struct diagnosis_row *first_with(const struct diagnosis *d,
					      enum diagnosis_status status)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->items[i].status == status)
			return &d->items[i];
	return NULL;
}

const struct diagnosis_row *diagnosis_unseen(const struct diagnosis *d)
{
	if (diagnosis_cause(d) || first_with(d, DIAGNOSIS_SYMPTOM))
		return NULL;
	for (size_t i = 0; i < d->n; i++)
		if (d->items[i].step == STEP_TUNNEL && d->items[i].status == DIAGNOSIS_SKIPPED)
			return &d->items[i];
	return NULL;
}

enum diagnosis_status diagnosis_worst(const struct diagnosis *d)
{
	if (diagnosis_cause(d))
		return DIAGNOSIS_FAULT;
	if (first_with(d, DIAGNOSIS_SYMPTOM))
		return DIAGNOSIS_SYMPTOM;
	if (diagnosis_unseen(d))
		return DIAGNOSIS_SKIPPED;
	return first_with(d, DIAGNOSIS_WARN) ? DIAGNOSIS_WARN : DIAGNOSIS_OK;
}

int diagnosis_summary(const struct diagnosis *d, const char *conn, char **ret)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	const struct diagnosis_row *row = diagnosis_cause(d);

	text_printf(&t, "conn %s: ", conn);
	if (row)
		text_printf(&t, "%s", *row->why ? row->why : row->seen);
	else if ((row = first_with(d, DIAGNOSIS_SYMPTOM)))
		text_printf(&t, "%s; the cause was not found", row->seen);
	else if ((row = diagnosis_unseen(d)))
		text_printf(&t, "it could not be looked: %s", row->seen);
	else if ((row = first_with(d, DIAGNOSIS_WARN)))
		text_printf(&t, "no fault was found, but: %s", row->seen);
	else
		text_add(&t, "no fault was found");
	return text_take(&t, ret);
}

/* ---- rows ---- */

static void take(struct making *m, struct text *t, char **ret)
{
	if (text_take(t, ret) < 0) {
		*ret = NULL;
		m->failed = true;
	}
}

void diagnosis_add(struct making *m, struct row *row)
{
	struct diagnosis_row *r;

	if (ARRAY_GROW(m->d) < 0) {
		m->failed = true;
		text_done(&row->seen);
		text_done(&row->why);
		text_done(&row->remedy);
		text_done(&row->evidence);
		return;
	}
	r = &m->d->items[m->d->n++];
	*r = (struct diagnosis_row){
		.step = row->step,
		.id = row->id ? row->id : steps[row->step].name,
		.status = row->status,
	};
	take(m, &row->seen, &r->seen);
	take(m, &row->why, &r->why);
	take(m, &row->remedy, &r->remedy);
	take(m, &row->evidence, &r->evidence);
}

void diagnosis_skip(struct making *m, enum diagnosis_step step, const char *why)
{
	struct row row = ROW(step, DIAGNOSIS_SKIPPED);

	text_add(&row.seen, why);
	diagnosis_add(m, &row);
}

void diagnosis_add_message(struct making *m, enum diagnosis_step step,
			   const struct pluto_message *message, const char *more)
{
	bool is_cause = message == m->cause;
	struct row row = ROW(step, is_cause ? DIAGNOSIS_FAULT : DIAGNOSIS_SYMPTOM);

	row.id = message->cause->id;
	text_add(&row.seen, message->line);
	if (more && *more)
		text_printf(&row.seen, "; %s", more);
	text_add(&row.why, message->cause->cause);
	text_add(&row.remedy, message->cause->remedy);
	text_add(&row.evidence, message->line);
	diagnosis_add(m, &row);
}

/* ---- what the files say ---- */

const char *diagnosis_value(const struct making *m, const char *key,
			    struct ipsec_conf_value *ret_value)
{
	struct ipsec_conf *conf = m->s->facts->conf;
	const struct ipsec_conf_conn *conn = conf ? ipsec_conf_find(conf, m->s->conn) : NULL;
	struct ipsec_conf_value value = { 0 };

	if (conn && ipsec_conf_effective(conf, conn, key, &value) < 0)
		value = (struct ipsec_conf_value){ 0 };
	if (ret_value)
		*ret_value = value;
	return value.value ? value.value : "";
}

void diagnosis_print_value(const struct making *m, const char *key, struct text *t)
{
	const struct ipsec_conf *conf = m->s->facts->conf;
	const struct ipsec_conf_file *file;
	struct ipsec_conf_value v;

	if (!*diagnosis_value(m, key, &v)) {
		text_printf(t, "%s= is not set", key);
		return;
	}
	text_printf(t, "%s=%s", key, v.value);
	file = v.place.line ? ipsec_conf_file(conf, v.place.file) : NULL;
	if (file)
		text_printf(t, " (%s%s:%u)",
			    v.origin == IPSEC_CONF_CRYPTO_POLICY ? "crypto policy, " : "",
			    file->path, v.place.line);
	else
		text_printf(t, " (%s)", ipsec_conf_origin_name(v.origin));
}

static struct facts_ip address_of(const struct making *m, const char *key)
{
	struct facts_ip ip;

	return facts_ip_parse(diagnosis_value(m, key, NULL), &ip) < 0 ? (struct facts_ip){ 0 } : ip;
}

/* A subnet, or without one the end itself. */
static struct diagnosis_net net_of(const struct making *m, const char *key,
				   const struct facts_ip *end)
{
	const char *text = diagnosis_value(m, key, NULL);
	struct diagnosis_net net;

	if (*text && firewall_net_parse(text, &net.first, &net.last) == 0)
		return net;
	return (struct diagnosis_net){ *end, *end };
}

/* The first address of a device; for ends that name none, such as %defaultroute. */
static struct facts_ip any_address_of(const struct facts *f, const char *device, int family)
{
	const struct facts_link *l = facts_link_by_name(f, device);

	for (size_t i = 0; l && i < f->n_addresses; i++)
		if (f->addresses[i].ifindex == l->ifindex &&
		    (family == 0 || f->addresses[i].ip.family == family))
			return f->addresses[i].ip;
	return (struct facts_ip){ 0 };
}

static bool is_word(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(s, *words) == 0)
			return true;
	return false;
}

/*
 * Which version the conn speaks. In 5.x keyexchange= goes before ikev2=, if it says which
 * (confread.c); ikev2=permit is a "no" in all versions.
 */
static bool is_ikev1(const struct making *m)
{
	static const char *const noes[] = { "no", "never", "permit", "n", "off", "false", NULL };
	const char *exchange = diagnosis_value(m, "keyexchange", NULL);

	if (strcasecmp(exchange, "ikev1") == 0 || strcasecmp(exchange, "ikev2") == 0)
		return strcasecmp(exchange, "ikev1") == 0;
	return is_word(diagnosis_value(m, "ikev2", NULL), noes);
}

static uint16_t port_of(const struct making *m, const char *key)
{
	const char *text = diagnosis_value(m, key, NULL);
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	return end != text && !*end && n <= UINT16_MAX ? (uint16_t)n : 0;
}

/* An end without a port of its own sends from 4500 to one that has: IKE is marked for ESP in UDP.
 */
static void read_ports(const struct making *m, bool local_is_left, struct diagnosis_ports *ret)
{
	static const char *const yes[] = { "yes", "y", "on", "true", NULL };
	const char *tcp = diagnosis_value(m, "enable-tcp", NULL);
	uint16_t local = port_of(m, local_is_left ? "leftikeport" : "rightikeport");
	uint16_t remote = port_of(m, local_is_left ? "rightikeport" : "leftikeport");
	uint16_t tcp_remote = port_of(m, "tcp-remoteport");

	ret->own = local || remote;
	ret->local = local ? local : ret->own ? 4500 : 500;
	ret->remote = remote ? remote : ret->own ? 4500 : 500;
	ret->tcp = is_word(tcp, yes)                  ? DIAGNOSIS_TCP_ONLY
		   : strcasecmp(tcp, "fallback") == 0 ? DIAGNOSIS_TCP_FALLBACK
						      : DIAGNOSIS_TCP_NO;
	ret->tcp_remote = tcp_remote ? tcp_remote : 4500;
}

int diagnosis_read_conn(struct diagnosis_seen *s)
{
	const struct making m = { .s = s };
	const struct facts_link *owner;
	struct facts_ip left, right;

	s->in_files = s->facts->conf && ipsec_conf_find(s->facts->conf, s->conn);
	if (!s->in_files)
		return 0;
	left = address_of(&m, "left");
	right = address_of(&m, "right");
	s->local_is_left = facts_owner_of(s->facts, &left) || !facts_owner_of(s->facts, &right);
	s->local = s->local_is_left ? left : right;
	s->remote = s->local_is_left ? right : left;
	s->ikev1 = is_ikev1(&m);
	read_ports(&m, s->local_is_left, &s->ports);
	s->has_nets = *diagnosis_value(&m, "leftsubnet", NULL) ||
		      *diagnosis_value(&m, "rightsubnet", NULL);

	owner = facts_owner_of(s->facts, &s->local);
	if (owner)
		memcpy(s->device, owner->name, sizeof(s->device));
	else if (*s->pluto.interface)
		memcpy(s->device, s->pluto.interface, sizeof(s->device));
	if (s->local.family == 0 && *s->device)
		s->local = any_address_of(s->facts, s->device, s->remote.family);
	s->local_net = net_of(&m, s->local_is_left ? "leftsubnet" : "rightsubnet", &s->local);
	s->remote_net = net_of(&m, s->local_is_left ? "rightsubnet" : "leftsubnet", &s->remote);
	return 0;
}

/* ---- what the SAs carried ---- */

bool diagnosis_is_of(const char *name, const char *conn)
{
	return facts_is_tunnel_of(name, strlen(name), conn);
}

static bool is_conns(const struct diagnosis_seen *s, const struct facts_sa *sa)
{
	const struct facts_ip *peer = sa->direction == FACTS_OUT ? &sa->destination : &sa->source;

	if (sa->proto != 50 || !facts_ip_equal(peer, &s->remote))
		return false;
	for (size_t i = 0; s->pluto_sas && i < s->pluto_sas->n; i++) {
		const struct pluto_sa *known = &s->pluto_sas->items[i];

		if (known->spi == sa->spi && facts_ip_equal(&known->destination, &sa->destination))
			return diagnosis_is_of(known->conn, s->conn);
	}
	/* One that a rekey has brought. */
	return true;
}

static uint64_t packets_of(const struct facts_sa *sas, size_t n, const struct facts_sa *like)
{
	for (size_t i = 0; i < n; i++)
		if (sas[i].spi == like->spi && sas[i].proto == like->proto &&
		    facts_ip_equal(&sas[i].destination, &like->destination))
			return sas[i].packets;
	return 0;
}

void diagnosis_count(const struct diagnosis_seen *s, const struct facts_sa *before, size_t n_before,
		     const struct facts_sa *after, size_t n_after,
		     struct diagnosis_traffic *ret_traffic)
{
	ret_traffic->known = true;
	ret_traffic->in = ret_traffic->out = 0;
	for (size_t i = 0; i < n_after; i++) {
		uint64_t was = packets_of(before, n_before, &after[i]);

		if (!is_conns(s, &after[i]) || after[i].packets < was)
			continue;
		*(after[i].direction == FACTS_OUT ? &ret_traffic->out : &ret_traffic->in) +=
			after[i].packets - was;
	}
}

/* ---- all of it ---- */

static const struct {
	const char *cause;
	enum diagnosis_step step;
} step_of_cause[] = {
	{ "pluto-not-running", STEP_TUNNEL }, { "not-loaded", STEP_TUNNEL },
	{ "unoriented", STEP_TUNNEL },        { "no-peer-address", STEP_TUNNEL },
	{ "local-firewall", STEP_FIREWALL },  { "not-sent", STEP_FIREWALL },
	{ "peer-rejects", STEP_FIREWALL },    { "unreachable", STEP_FIREWALL },
	{ "silence", STEP_FIREWALL },         { "packet-too-big", STEP_MTU },
	{ "sa-refused", STEP_KERNEL },        { "offload-unavailable", STEP_KERNEL },
	{ "tcp-unavailable", STEP_KERNEL },
};

enum diagnosis_step diagnosis_step_of(const char *cause)
{
	for (size_t i = 0; i < ARRAY_SIZE(step_of_cause); i++)
		if (streq(cause, step_of_cause[i].cause))
			return step_of_cause[i].step;
	return STEP_MISMATCH;
}

static bool is_established(const struct diagnosis_seen *s)
{
	const struct facts_tunnel *t = facts_tunnel_of(s->facts, s->conn);

	return t && !t->kernel_lost;
}

/* That pluto has no such conn has a cause itself, when it says why it did not take it. */
static const struct pluto_message *choose_cause(const struct making *m)
{
	const struct pluto_message *least = NULL;

	for (size_t i = 0; i < m->messages.n; i++) {
		const struct pluto_message *message = &m->messages.items[i];

		if (message->cause->rank == PLUTO_RANK_HARMLESS)
			continue;
		if (!streq(message->cause->id, "not-loaded"))
			return message;
		least = message;
	}
	return least;
}

/* A conn that pluto does not have now: what kept it from being loaded tells, and no old attempt. */
static void keep_what_concerns_loading(struct pluto_messages *messages)
{
	static const char *const ids[] = { "not-loaded", "certificate-missing",
					   "certificate-expired", "ikev1-not-allowed" };
	size_t kept = 0;

	for (size_t i = 0; i < messages->n; i++) {
		bool concerns = false;

		for (size_t k = 0; k < ARRAY_SIZE(ids); k++)
			concerns = concerns || streq(messages->items[i].cause->id, ids[k]);
		if (concerns)
			messages->items[kept++] = messages->items[i];
		else
			free(messages->items[i].line);
	}
	messages->n = kept;
}

static int match(struct making *m, const char *text)
{
	int r;

	pluto_messages_done(&m->messages);
	r = pluto_messages_match(text, &m->messages);
	if (r < 0)
		return r;
	if (m->s->pluto_error == 0 && !m->s->pluto.loaded && !m->s->initiated)
		keep_what_concerns_loading(&m->messages);
	m->cause = choose_cause(m);
	return 0;
}

/* Where the last attempt begins in a log: what failed earlier may be mended since. */
static const char *last_attempt(const char *log)
{
	const char *last = log;

	for (const char *s = log; (s = strstr(s, ": initiating ")); s++) {
		const char *line = s;

		while (line > log && line[-1] != '\n')
			line--;
		last = line;
	}
	return last;
}

/* What pluto printed and then what it logged: of two lines of a rank the first one tells. */
static int read_messages(struct making *m)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	_cleanup_free_ char *all = NULL;
	const char *first, *last;
	int r;

	/* What failed before the tunnel came up after all is no fault any more. */
	if (m->is_up)
		return 0;
	if (m->s->said)
		text_printf(&t, "%s\n", m->s->said);
	if (m->s->log)
		text_add(&t, m->s->log);
	r = text_take(&t, &all);
	if (r < 0)
		return r;
	/* Nor is it one where the tunnel came up after it, and went down again. */
	first = m->s->initiated ? all : pluto_messages_since_established(all);
	last = m->s->initiated ? all : last_attempt(first);
	r = match(m, last);
	/* One that has just begun tells nothing yet. */
	if (r == 0 && !m->cause && last > first)
		r = match(m, first);
	return r;
}

int diagnosis_make(const struct diagnosis_seen *s, struct diagnosis *ret)
{
	struct diagnosis d = DIAGNOSIS_NULL;
	struct making m = { .s = s, .d = &d };
	int r;

	m.is_up = is_established(s);
	r = read_messages(&m);
	for (size_t i = 0; r >= 0 && i < STEP_MAX_; i++) {
		steps[i].look(&m);
		if (m.failed)
			r = -ENOMEM;
	}
	pluto_messages_done(&m.messages);
	if (r < 0) {
		diagnosis_done(&d);
		return r;
	}
	*ret = d;
	return 0;
}
