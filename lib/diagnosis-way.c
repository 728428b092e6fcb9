/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnosis-private.h"

#include <arpa/inet.h>
#include <stdio.h>

/* What drops or rejects IKE and ESP, here or on the way. */

#define PROTO_UDP 17
#define PROTO_ESP 50

/* ---- this host's own rules ---- */

/* The packets that a tunnel needs to pass here, in the order in which it needs them. */
static const struct need {
	const char *what;
	enum firewall_hook hook;
	uint8_t protocol;
	uint16_t port;
	unsigned int state;
} needs[] = {
	{ "IKE (UDP 500) that this host sends", FIREWALL_OUTPUT, PROTO_UDP, 500,
	  FIREWALL_STATE_NEW },
	{ "IKE (UDP 500) that this host sends", FIREWALL_POSTROUTING, PROTO_UDP, 500,
	  FIREWALL_STATE_NEW },
	{ "IKE (UDP 500) from the peer", FIREWALL_PREROUTING, PROTO_UDP, 500,
	  FIREWALL_STATE_ESTABLISHED },
	{ "IKE (UDP 500) from the peer", FIREWALL_INPUT, PROTO_UDP, 500,
	  FIREWALL_STATE_ESTABLISHED },
	{ "IKE and ESP in UDP 4500 that this host sends", FIREWALL_OUTPUT, PROTO_UDP, 4500,
	  FIREWALL_STATE_NEW },
	{ "IKE and ESP in UDP 4500 from the peer", FIREWALL_PREROUTING, PROTO_UDP, 4500,
	  FIREWALL_STATE_ESTABLISHED },
	{ "IKE and ESP in UDP 4500 from the peer", FIREWALL_INPUT, PROTO_UDP, 4500,
	  FIREWALL_STATE_ESTABLISHED },
	{ "ESP that this host sends", FIREWALL_OUTPUT, PROTO_ESP, 0, 0 },
	{ "ESP that this host sends", FIREWALL_POSTROUTING, PROTO_ESP, 0, 0 },
	{ "ESP from the peer", FIREWALL_PREROUTING, PROTO_ESP, 0, 0 },
	{ "ESP from the peer", FIREWALL_INPUT, PROTO_ESP, 0, 0 },
};

static bool is_outgoing(const struct need *n)
{
	return n->hook == FIREWALL_OUTPUT || n->hook == FIREWALL_POSTROUTING;
}

static struct firewall_packet packet_of(const struct diagnosis_seen *s, const struct need *n)
{
	const char *device = *s->device ? s->device : NULL;
	bool out = is_outgoing(n);

	return (struct firewall_packet){
		.source = out ? s->local : s->remote,
		.destination = out ? s->remote : s->local,
		.protocol = n->protocol,
		.source_port = n->port,
		.destination_port = n->port,
		.in_device = out ? "" : device,
		.out_device = out ? device : "",
		.state = n->state,
	};
}

static void print_rule(const struct firewall_answer *a, struct text *t)
{
	_cleanup_free_ char *place = NULL;

	if (firewall_place(a->chain, &place) < 0)
		return;
	if (a->rule)
		text_printf(t, "%s: %s", place, a->rule->text ? a->rule->text : "");
	else
		text_printf(t, "%s: its policy is drop", place);
}

/* ESP travels in UDP 4500 where NAT was found, or that is forced. */
static bool is_in_udp(const struct making *m)
{
	const struct facts *f = m->s->facts;

	for (size_t i = 0; i < f->n_sas; i++)
		if (f->sas[i].encapsulated && facts_ip_equal(&f->sas[i].destination, &m->s->remote))
			return true;
	return streq(diagnosis_value(m, "encapsulation", NULL), "yes");
}

/* IKE begins at UDP 500 always; then it is either bare ESP or UDP 4500. */
static bool is_needed(const struct need *n, bool in_udp)
{
	return n->port == 500 || (n->port == 4500) == in_udp;
}

/* Packets went both ways at some time since the SAs were made: what is now, it does not tell. */
static bool has_carried(const struct making *m)
{
	const struct facts_tunnel *t = facts_tunnel_of(m->s->facts, m->s->conn);

	return t && t->in_bytes > 0 && t->out_bytes > 0;
}

static bool goes_one_way(const struct making *m)
{
	const struct facts_tunnel *t = facts_tunnel_of(m->s->facts, m->s->conn);

	return t && (t->in_bytes > 0) != (t->out_bytes > 0);
}

static bool blames_network(const struct making *m)
{
	static const char *const ids[] = { "silence",       "local-firewall", "not-sent",
					   "peer-rejects",  "unreachable",    "encrypted-silence",
					   "phase2-silence" };

	for (size_t i = 0; m->cause && i < ARRAY_SIZE(ids); i++)
		if (streq(m->cause->cause->id, ids[i]))
			return true;
	return false;
}

/* Something is amiss that a rule could be the reason of. */
static bool is_amiss(const struct making *m)
{
	return diagnosis_pings_lost(m) || goes_one_way(m) || (blames_network(m) && !has_carried(m));
}

static bool is_certain(enum firewall_fate fate)
{
	return fate == FIREWALL_DROPS || fate == FIREWALL_REJECTS;
}

/*
 * ESP that has just passed, as answers to pings show, is not dropped, whatever a rule looks like.
 * And what is certain of IKE of a new connection is not so of a tunnel that has worked: conntrack
 * may know the connection.
 */
static enum firewall_fate fate_of(const struct making *m, const struct need *n,
				  struct firewall_answer *ret)
{
	struct firewall_packet p = packet_of(m->s, n);
	enum firewall_fate fate = firewall_judge(m->s->firewall, n->hook, &p, ret);
	struct firewall_answer other;

	if (n->port != 500 && diagnosis_pings_answered(m))
		return FIREWALL_PASSES;
	if (!is_certain(fate) || n->state != FIREWALL_STATE_NEW || !has_carried(m))
		return fate;
	p.state = FIREWALL_STATE_ESTABLISHED;
	return is_certain(firewall_judge(m->s->firewall, n->hook, &p, &other)) ? fate
									       : FIREWALL_MAY_DROP;
}

static void rule_row(struct making *m, const struct need *n, enum firewall_fate fate,
		     const struct firewall_answer *a)
{
	bool certain = is_certain(fate);
	const char *verb = fate == FIREWALL_REJECTS ? "rejects" : certain ? "drops" : "may drop";
	struct row row = ROW(STEP_FIREWALL, certain ? DIAGNOSIS_FAULT : DIAGNOSIS_WARN);
	char remote[FACTS_IP_TEXT_SIZE];
	const char *family = m->s->remote.family == AF_INET ? "ip" : "ip6";
	const char *side = is_outgoing(n) ? "daddr" : "saddr";

	facts_ip_print(&m->s->remote, remote);
	row.id = "firewall-rule";
	text_printf(&row.seen, "a rule of this host %s %s: ", verb, n->what);
	print_rule(a, &row.seen);
	text_printf(&row.why, "this host's own firewall %s %s", verb, n->what);
	text_printf(&row.remedy, "insert before it: %s %s %s ", family, side, remote);
	if (n->port)
		text_add(&row.remedy, "udp dport { 500, 4500 } accept");
	else
		text_add(&row.remedy, "meta l4proto esp accept");
	text_printf(&row.remedy,
		    "; with firewalld: firewall-cmd --add-service=ipsec, and --permanent");
	print_rule(a, &row.evidence);
	diagnosis_add(m, &row);
}

/* A rule of which it cannot be told whether it drops what is needed, and that has no row. */
struct doubt {
	const char *what; /* NULL: there is none */
	struct firewall_answer answer;
};

/* Return: how many rows there are with a fault, or -1 when the rules could not be asked. */
static int own_rules(struct making *m, struct doubt *ret_doubt)
{
	const struct firewall_rule *told = NULL;
	const struct firewall_chain *told_policy = NULL;
	bool amiss = is_amiss(m), in_udp = is_in_udp(m);
	int faults = 0;

	*ret_doubt = (struct doubt){ 0 };
	if (m->s->firewall_error < 0 || !m->s->firewall || m->s->remote.family == 0 ||
	    m->s->local.family == 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		struct firewall_answer a;
		enum firewall_fate fate;

		if (!is_needed(&needs[i], in_udp))
			continue;
		fate = fate_of(m, &needs[i], &a);
		if (fate == FIREWALL_PASSES)
			continue;
		/* What may be is of interest only where something is amiss. */
		if (fate == FIREWALL_MAY_DROP && !amiss) {
			if (!ret_doubt->what)
				*ret_doubt = (struct doubt){ needs[i].what, a };
			continue;
		}
		if (a.rule ? a.rule == told : a.chain == told_policy)
			continue;
		told = a.rule;
		told_policy = a.rule ? NULL : a.chain;
		rule_row(m, &needs[i], fate, &a);
		faults += fate != FIREWALL_MAY_DROP;
	}
	return faults;
}

/* ---- the way to the peer ---- */

static void add_tcpdump(const struct making *m, struct text *t)
{
	char remote[FACTS_IP_TEXT_SIZE];

	text_printf(t,
		    "tcpdump -i %s -n -n host %s and '(esp or udp port 500 or udp port 4500 or tcp "
		    "port 4500)'",
		    *m->s->device ? m->s->device : "any", facts_ip_print(&m->s->remote, remote));
}

/* The host that sent the ICMP message, out of "…, complainant 198.51.100.1: Connection refused". */
static void add_complainant(const struct making *m, const char *line, struct text *t)
{
	static const char word[] = "complainant ";
	const char *s = strstr(line, word);
	char peer[FACTS_IP_TEXT_SIZE], host[FACTS_IP_TEXT_SIZE] = "";
	size_t n = 0;

	if (!s)
		return;
	for (s += strlen(word); *s && n + 1 < sizeof(host) && *s != ' ' && *s != ','; s++)
		host[n++] = *s;
	while (n > 0 && host[n - 1] == ':')
		n--;
	host[n] = '\0';
	facts_ip_print(&m->s->remote, peer);
	if (streq(host, peer))
		text_printf(t, "the peer %s itself sent the rejection", host);
	else
		text_printf(t, "the host that sent the rejection is %s, and not the peer", host);
}

static void add_capture(struct making *m)
{
	struct row row = ROW(STEP_FIREWALL, DIAGNOSIS_OK);

	if (!m->s->capture && m->s->capture_error == 0)
		return;
	row.id = "capture";
	if (m->s->capture_error < 0) {
		row.status = DIAGNOSIS_SKIPPED;
		text_printf(&row.seen, "nothing could be captured: %s",
			    m->s->capture_error == -ENOENT ? "tcpdump is not installed"
							   : strerror(-m->s->capture_error));
		text_add(&row.remedy, "on another host: ");
		add_tcpdump(m, &row.remedy);
	} else {
		size_t lines = 0;

		for (const char *s = m->s->capture; (s = strchr(s, '\n')); s++)
			lines++;
		text_printf(&row.seen, "%zu packet%s of IKE and ESP captured", lines,
			    lines == 1 ? "" : "s");
		text_add(&row.evidence, m->s->capture);
	}
	diagnosis_add(m, &row);
}

static void silence(struct making *m)
{
	const struct diagnosis_seen *s = m->s;
	struct row row = ROW(STEP_FIREWALL, DIAGNOSIS_FAULT);
	bool answers = s->asked_v1 >= IKE_REFUSED || s->asked_v2 >= IKE_REFUSED;

	row.id = "silence";
	text_add(&row.seen, m->cause->line);
	text_add(&row.evidence, m->cause->line);
	if (answers) {
		/* It is not the way, then: see the step about agreement. */
		row.status = DIAGNOSIS_SYMPTOM;
		text_printf(&row.why,
			    "the peer is silent to this host's IKEv%d, but answers a "
			    "question of ours: no firewall is in the way",
			    s->ikev1 ? 1 : 2);
	} else {
		text_add(&row.why,
			 "nothing came back from the peer: a firewall on the way or at the "
			 "peer drops IKE, or the peer ignores this version of IKE");
		text_add(&row.remedy,
			 "let UDP 500, UDP 4500 and ESP through at each firewall. To see "
			 "how far packets come, at both ends: ");
		add_tcpdump(m, &row.remedy);
		text_printf(&row.remedy,
			    "; then compare ikev2= (Libreswan 5: keyexchange=) of both "
			    "ends, here IKEv%d",
			    s->ikev1 ? 1 : 2);
	}
	diagnosis_add(m, &row);
}

/* No rule drops for certain: what is known beyond that, and what is not. */
static void no_fault(struct making *m, const struct doubt *doubt)
{
	struct row row = ROW(STEP_FIREWALL, DIAGNOSIS_OK);
	bool answered = diagnosis_pings_answered(m), unread = m->s->firewall_unread;
	const char *what = answered ? "IKE" : "IKE or ESP";

	if (answered)
		text_add(&row.seen, "pings through the tunnel were answered, so ESP passes; ");
	if (doubt->what) {
		text_printf(&row.seen,
			    "no rule of this host drops %s for certain, but one may drop %s: ",
			    what, doubt->what);
		print_rule(&doubt->answer, &row.seen);
	} else {
		text_printf(&row.seen, "no rule of this host%s drops %s",
			    unread ? " that could be read" : "", what);
	}
	if (unread)
		text_printf(&row.seen, "; not all could be read: %s", m->s->firewall_unread);
	if ((unread || doubt->what) && !answered && !has_carried(m))
		row.status = DIAGNOSIS_WARN;
	if (!m->is_up) {
		text_add(&row.remedy, "to see packets: ");
		add_tcpdump(m, &row.remedy);
	}
	diagnosis_add(m, &row);
}

void diagnosis_firewall(struct making *m)
{
	const struct pluto_message *cause = m->cause;
	size_t before = m->d->n;
	struct doubt doubt;
	int faults = own_rules(m, &doubt);
	bool told = m->d->n > before;
	bool is_way = cause && diagnosis_step_of(cause->cause->id) == STEP_FIREWALL;
	struct row row = ROW(STEP_FIREWALL, DIAGNOSIS_SKIPPED);

	add_capture(m);
	if (is_way && streq(cause->cause->id, "silence") && faults <= 0) {
		silence(m);
		return;
	}
	if (is_way) {
		_cleanup_text_ struct text more = TEXT_NULL;

		add_complainant(m, cause->line, &more);
		/* A rule that was found says more than what pluto saw of it. */
		if (faults > 0)
			m->cause = NULL;
		diagnosis_add_message(m, STEP_FIREWALL, cause, more.data);
		m->cause = cause;
		return;
	}
	if (faults > 0)
		return;
	if (m->s->remote.family == 0) {
		diagnosis_skip(m, STEP_FIREWALL, "the peer's address is not known");
	} else if (faults < 0) {
		text_printf(&row.seen, "the rules of this host could not be read%s%s",
			    m->s->firewall_error < 0 ? ": " : "",
			    m->s->firewall_error < 0 ? strerror(-m->s->firewall_error) : "");
		text_add(&row.remedy, "as root: nft list ruleset. To see packets: ");
		add_tcpdump(m, &row.remedy);
		diagnosis_add(m, &row);
	} else if (!told) {
		no_fault(m, &doubt);
	}
}

/* ---- translation ---- */

static void nat_between(struct making *m, bool *ret_any)
{
	const struct facts *f = m->s->facts;

	for (size_t i = 0; i < f->n_sas; i++) {
		struct row row = ROW(STEP_NAT, DIAGNOSIS_WARN);

		if (!f->sas[i].encapsulated ||
		    !facts_ip_equal(&f->sas[i].destination, &m->s->remote))
			continue;
		row.id = "nat-between";
		text_add(&row.seen, "ESP to the peer travels in UDP 4500");
		if (streq(diagnosis_value(m, "encapsulation", NULL), "yes"))
			text_add(&row.why,
				 "encapsulation=yes forces it, and no NIC offloads ESP in "
				 "UDP");
		else
			text_add(&row.why,
				 "there is NAT between the two ends, and no NIC offloads ESP "
				 "in UDP");
		text_add(&row.remedy,
			 "give the two ends addresses that reach each other without NAT, "
			 "or do without offload");
		diagnosis_add(m, &row);
		*ret_any = true;
		return;
	}
}

static void print_net(const struct diagnosis_net *net, struct text *t)
{
	char first[FACTS_IP_TEXT_SIZE];
	unsigned int bits = 0, width = net->first.family == AF_INET ? 32 : 128;

	while (bits < width &&
	       !((net->first.bytes[bits / 8] ^ net->last.bytes[bits / 8]) & (0x80U >> bits % 8)))
		bits++;
	text_add(t, facts_ip_print(&net->first, first));
	if (bits < width)
		text_printf(t, "/%u", bits);
}

/* An address within a net that is nobody's network address. */
static struct facts_ip host_in(const struct diagnosis_net *net)
{
	struct facts_ip ip = net->first;
	size_t last = ip.family == AF_INET ? 3 : 15;

	if (!facts_ip_equal(&net->first, &net->last) && ip.bytes[last] < net->last.bytes[last])
		ip.bytes[last]++;
	return ip;
}

static void nat_row(struct making *m, enum firewall_translation translation,
		    const struct firewall_answer *a)
{
	bool certain = translation == FIREWALL_TRANSLATES;
	struct row row = ROW(STEP_NAT, certain ? DIAGNOSIS_FAULT : DIAGNOSIS_WARN);
	const struct diagnosis_seen *s = m->s;
	bool four = s->local_net.first.family == AF_INET;
	bool by_iptables = a->rule && a->rule->text && has_prefix(a->rule->text, "ip");
	_cleanup_text_ struct text from = TEXT_NULL, to = TEXT_NULL;

	print_net(&s->local_net, &from);
	print_net(&s->remote_net, &to);
	if (!from.data || !to.data) {
		m->failed = true;
		return;
	}
	row.id = "nat-rule";
	text_printf(&row.seen, "packets from %s to %s %s a new source address: ", from.data,
		    to.data, certain ? "get" : "may get");
	print_rule(a, &row.seen);
	text_printf(
		&row.why,
		"a NAT rule of this host changes the source of packets for the tunnel before they "
		"are encrypted, so that they no longer match the conn and leave in the clear");
	if (by_iptables)
		text_printf(&row.remedy,
			    "insert in front of it: %s -t nat -I POSTROUTING -s %s -d %s "
			    "-j RETURN",
			    four ? "iptables" : "ip6tables", from.data, to.data);
	else
		text_printf(&row.remedy,
			    "insert in front of it: nft insert rule %s %s %s %s saddr %s "
			    "%s daddr %s return",
			    a->chain->family == AF_INET    ? "ip"
			    : a->chain->family == AF_INET6 ? "ip6"
							   : "inet",
			    a->chain->table, a->chain->name, four ? "ip" : "ip6", from.data,
			    four ? "ip" : "ip6", to.data);
	print_rule(a, &row.evidence);
	diagnosis_add(m, &row);
}

void diagnosis_nat(struct making *m)
{
	const struct diagnosis_seen *s = m->s;
	enum firewall_translation translation;
	struct firewall_packet p = {
		.protocol = 0,
		.in_device = NULL,
		.out_device = *s->device ? s->device : NULL,
		.state = FIREWALL_STATE_NEW,
		.encrypts = true,
	};
	struct row row = ROW(STEP_NAT, DIAGNOSIS_OK);
	struct firewall_answer a;
	bool any = false;

	nat_between(m, &any);
	if (!s->in_files || s->local_net.first.family == 0 || s->remote_net.first.family == 0) {
		diagnosis_skip(m, STEP_NAT, "the networks of the conn are not known");
		return;
	}
	if (s->firewall_error < 0 || !s->firewall) {
		diagnosis_skip(m, STEP_NAT,
			       "the rules of this host could not be read: see Firewalls");
		return;
	}
	p.source = host_in(&s->local_net);
	p.destination = host_in(&s->remote_net);
	translation = firewall_translation(s->firewall, &p, &s->local, &a);
	if (translation != FIREWALL_KEEPS) {
		nat_row(m, translation, &a);
		return;
	}
	if (any)
		return;
	text_add(&row.seen, "no NAT rule of this host changes packets for the tunnel");
	if (m->is_up)
		text_add(&row.seen, ", and there is no NAT between the two ends");
	diagnosis_add(m, &row);
}
