/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnosis-private.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

/* This host's own rules: which of them drop or reject what the tunnel needs. */

#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_ESP 50

/* Where connections of this host begin, without anybody's choice. */
#define EPHEMERAL_PORT 49152

/* One kind of packets that must pass, both ways. */
struct kind {
	char name[48];
	uint8_t protocol;
	uint16_t local, remote;
	bool esp; /* it carries ESP, alone or with IKE */
	/*
	 * The tunnel cannot do without it. Else it may go another way, and nothing is to be blamed
	 * for certain.
	 */
	bool needed;
};

/* IKE and ESP by UDP or alone, and the same by TCP. */
#define MAX_KINDS 4

struct kinds {
	struct kind items[MAX_KINDS];
	size_t n;
};

/* The format is of its name, with the remote port. */
static _printf_(5, 6) struct kind *add(struct kinds *k, uint8_t protocol, uint16_t local,
				       uint16_t remote, const char *format, ...)
{
	struct kind *one = &k->items[k->n++];
	va_list args;

	*one = (struct kind){ .protocol = protocol, .local = local, .remote = remote };
	va_start(args, format);
	vsnprintf(one->name, sizeof(one->name), format, args);
	va_end(args);
	return one;
}

bool diagnosis_is_in_udp(const struct making *m)
{
	const struct facts *f = m->s->facts;

	for (size_t i = 0; i < f->n_sas; i++)
		if (f->sas[i].encapsulated && facts_ip_equal(&f->sas[i].destination, &m->s->remote))
			return true;
	return streq(diagnosis_value(m, "encapsulation", NULL), "yes");
}

static bool is_one_of(const struct pluto_message *cause, const char *const *ids)
{
	for (; cause && *ids; ids++)
		if (streq(cause->cause->id, *ids))
			return true;
	return false;
}

/* What only a peer says that was heard, or that is silent later than at its first message. */
static bool has_answered(const struct making *m)
{
	static const char *const ids[] = {
		"ike-proposal",      "ike-version",
		"esp-proposal",      "selectors",
		"mode-differs",      "psk-differs",
		"authentication",    "id-differs",
		"no-matching-conn",  "certificate-rejected",
		"child-rejected",    "child-unacceptable",
		"child-missing",     "phase2-silence",
		"encrypted-silence", NULL,
	};

	return m->s->initiated && is_one_of(m->cause, ids);
}

static void add_tcp(const struct making *m, struct kinds *k)
{
	uint16_t port = m->s->ports.tcp_remote;
	struct kind *one = add(k, PROTO_TCP, EPHEMERAL_PORT, port, "IKE and ESP (TCP %u)", port);

	one->esp = true;
	/* A tunnel that is up may be carried by a connection that the peer has made. */
	one->needed = m->s->ports.tcp == DIAGNOSIS_TCP_ONLY && m->s->initiated && !m->is_up;
}

static void add_udp(const struct making *m, struct kinds *k)
{
	static const char *const later_silence[] = { "encrypted-silence", NULL };
	const struct diagnosis_ports *p = &m->s->ports;
	bool only = p->tcp == DIAGNOSIS_TCP_NO, in_udp = diagnosis_is_in_udp(m);
	struct kind *one;

	one = add(k, PROTO_UDP, p->local, p->remote, "IKE%s (UDP %u)", p->own ? " and ESP" : "",
		  p->remote);
	one->esp = p->own;
	one->needed = only && !has_answered(m);
	if (p->own)
		return;
	if (in_udp || is_one_of(m->cause, later_silence)) {
		one = add(k, PROTO_UDP, 4500, 4500, "IKE and ESP in UDP 4500");
		one->esp = true;
		one->needed = only && in_udp;
	}
	if (!in_udp) {
		/* Before it is up, nobody knows whether ESP will travel in UDP. */
		one = add(k, PROTO_ESP, 0, 0, "ESP");
		one->esp = true;
		one->needed = only && m->is_up;
	}
}

static void kinds_of(const struct making *m, struct kinds *ret)
{
	*ret = (struct kinds){ .n = 0 };
	if (m->s->ports.tcp != DIAGNOSIS_TCP_ONLY)
		add_udp(m, ret);
	if (m->s->ports.tcp != DIAGNOSIS_TCP_NO)
		add_tcp(m, ret);
}

/* ---- one question ---- */

static const struct hook {
	enum firewall_hook hook;
	bool out;
} hooks[] = {
	{ FIREWALL_OUTPUT, true },
	{ FIREWALL_POSTROUTING, true },
	{ FIREWALL_PREROUTING, false },
	{ FIREWALL_INPUT, false },
};

static struct firewall_packet packet_of(const struct diagnosis_seen *s, const struct kind *k,
					bool out)
{
	const char *device = *s->device ? s->device : NULL;

	return (struct firewall_packet){
		.source = out ? s->local : s->remote,
		.destination = out ? s->remote : s->local,
		.protocol = k->protocol,
		.source_port = out ? k->local : k->remote,
		.destination_port = out ? k->remote : k->local,
		.in_device = out ? "" : device,
		.out_device = out ? device : "",
		.state = k->protocol == PROTO_ESP ? 0
			 : out                    ? FIREWALL_STATE_NEW
						  : FIREWALL_STATE_ESTABLISHED,
	};
}

static bool is_certain(enum firewall_fate fate)
{
	return fate == FIREWALL_DROPS || fate == FIREWALL_REJECTS;
}

/* ESP that has just passed, as the kernel's SAs and answers to pings show, is not dropped. */
static bool has_passed(const struct making *m, const struct kind *k, bool out)
{
	return k->esp && (diagnosis_pings_answered(m) ||
			  (!out && m->s->traffic.known && m->s->traffic.in > 0));
}

/* GRO may take ESP up before netfilter sees it: esp4_gro_receive() of esp4_offload. */
static bool may_be_by_gro(const struct making *m, const struct kind *k, bool out)
{
	const struct facts *f = m->s->facts;

	return !out && k->protocol == PROTO_ESP &&
	       (m->s->remote.family == AF_INET ? f->esp4_offload : f->esp6_offload) &&
	       !diagnosis_pings_lost(m);
}

/*
 * What is certain of a new connection is not so of a tunnel that has worked: conntrack may know the
 * connection.
 */
static enum firewall_fate fate_of(const struct making *m, const struct kind *k,
				  const struct hook *h, struct firewall_answer *ret)
{
	struct firewall_packet p = packet_of(m->s, k, h->out);
	enum firewall_fate fate = firewall_judge(m->s->firewall, h->hook, &p, ret);
	struct firewall_answer other;

	if (has_passed(m, k, h->out))
		return FIREWALL_PASSES;
	if (!is_certain(fate))
		return fate;
	if (!k->needed || may_be_by_gro(m, k, h->out))
		return FIREWALL_MAY_DROP;
	if (p.state != FIREWALL_STATE_NEW || !diagnosis_has_carried(m))
		return fate;
	p.state = FIREWALL_STATE_ESTABLISHED;
	return is_certain(firewall_judge(m->s->firewall, h->hook, &p, &other)) ? fate
									       : FIREWALL_MAY_DROP;
}

/* ---- rows ---- */

void diagnosis_print_rule(const struct firewall_answer *a, struct text *t)
{
	_cleanup_free_ char *place = NULL;

	if (firewall_place(a->chain, &place) < 0)
		return;
	if (a->rule)
		text_printf(t, "%s: %s", place, a->rule->text ? a->rule->text : "");
	else
		text_printf(t, "%s: its policy is drop", place);
}

static void add_remedy(const struct making *m, const struct kind *k, bool out, struct text *t)
{
	char remote[FACTS_IP_TEXT_SIZE];
	bool ordinary = k->protocol == PROTO_ESP ||
			(k->protocol == PROTO_UDP && (k->remote == 500 || k->remote == 4500));

	text_printf(t, "insert before it: %s %s %s ", m->s->remote.family == AF_INET ? "ip" : "ip6",
		    out ? "daddr" : "saddr", facts_ip_print(&m->s->remote, remote));
	if (k->protocol == PROTO_ESP)
		text_add(t, "meta l4proto esp accept");
	else if (ordinary)
		text_add(t, "udp dport { 500, 4500 } accept");
	else
		text_printf(t, "%s %s %u accept", k->protocol == PROTO_TCP ? "tcp" : "udp",
			    out ? "dport" : "sport", k->remote);
	if (ordinary)
		text_add(t, "; with firewalld: firewall-cmd --add-service=ipsec, and --permanent");
}

static void add_what(const struct kind *k, bool out, char *ret, size_t size)
{
	snprintf(ret, size, "%s %s", k->name, out ? "that this host sends" : "from the peer");
}

static void rule_row(struct making *m, const struct kind *k, bool out, enum firewall_fate fate,
		     const struct firewall_answer *a)
{
	bool certain = is_certain(fate);
	const char *verb = fate == FIREWALL_REJECTS ? "rejects" : certain ? "drops" : "may drop";
	struct row row = ROW(STEP_FIREWALL, certain ? DIAGNOSIS_FAULT : DIAGNOSIS_WARN);
	char what[96];

	add_what(k, out, what, sizeof(what));
	row.id = "firewall-rule";
	text_printf(&row.seen, "a rule of this host %s %s: ", verb, what);
	diagnosis_print_rule(a, &row.seen);
	text_printf(&row.why, "this host's own firewall %s %s", verb, what);
	add_remedy(m, k, out, &row.remedy);
	diagnosis_print_rule(a, &row.evidence);
	diagnosis_add(m, &row);
}

/* ---- all of them ---- */

bool diagnosis_has_carried(const struct making *m)
{
	const struct facts_tunnel *t = facts_tunnel_of(m->s->facts, m->s->conn);

	return t && t->in_bytes > 0 && t->out_bytes > 0;
}

/* One way only: now, or where that is not known, since the SAs were made. */
static bool goes_one_way(const struct making *m)
{
	const struct facts_tunnel *t = facts_tunnel_of(m->s->facts, m->s->conn);
	enum flow flow = diagnosis_flow(m);

	if (flow == FLOW_UNKNOWN || flow == FLOW_NONE)
		return t && (t->in_bytes > 0) != (t->out_bytes > 0);
	return flow != FLOW_BOTH;
}

static bool blames_network(const struct making *m)
{
	static const char *const ids[] = { "silence",        "local-firewall",
					   "not-sent",       "peer-rejects",
					   "unreachable",    "encrypted-silence",
					   "phase2-silence", NULL };

	return is_one_of(m->cause, ids);
}

/* Something is amiss that a rule could be the reason of. */
static bool is_amiss(const struct making *m)
{
	return diagnosis_pings_lost(m) || goes_one_way(m) ||
	       (blames_network(m) && !diagnosis_has_carried(m));
}

struct told {
	const struct firewall_rule *rule;
	const struct firewall_chain *policy;
};

static bool is_told(const struct told *t, const struct firewall_answer *a)
{
	return a->rule ? a->rule == t->rule : a->chain == t->policy;
}

int diagnosis_own_rules(struct making *m, struct firewall_doubt *ret_doubt)
{
	struct told told = { 0 };
	bool amiss = is_amiss(m);
	struct kinds kinds;
	int faults = 0;

	*ret_doubt = (struct firewall_doubt){ 0 };
	if (m->s->firewall_error < 0 || !m->s->firewall || m->s->remote.family == 0 ||
	    m->s->local.family == 0)
		return -1;
	kinds_of(m, &kinds);
	for (size_t i = 0; i < kinds.n * ARRAY_SIZE(hooks); i++) {
		const struct kind *k = &kinds.items[i / ARRAY_SIZE(hooks)];
		const struct hook *h = &hooks[i % ARRAY_SIZE(hooks)];
		struct firewall_answer a;
		enum firewall_fate fate = fate_of(m, k, h, &a);

		if (fate == FIREWALL_PASSES)
			continue;
		/* What may be is of interest only where something is amiss. */
		if (fate == FIREWALL_MAY_DROP && !amiss) {
			if (!*ret_doubt->what) {
				add_what(k, h->out, ret_doubt->what, sizeof(ret_doubt->what));
				ret_doubt->answer = a;
			}
			continue;
		}
		if (is_told(&told, &a))
			continue;
		told.rule = a.rule;
		told.policy = a.rule ? NULL : a.chain;
		rule_row(m, k, h->out, fate, &a);
		faults += fate != FIREWALL_MAY_DROP;
	}
	return faults;
}
