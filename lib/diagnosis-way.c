/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnosis-private.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

/* What drops or rejects IKE and ESP on the way, and what translates addresses. */

/* ---- the way to the peer ---- */

int diagnosis_filter(const struct diagnosis_seen *s, char **ret)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	const struct diagnosis_ports *p = &s->ports;
	char remote[FACTS_IP_TEXT_SIZE];

	text_printf(&t, "host %s and (esp or udp port 500 or udp port 4500 or tcp port 4500",
		    facts_ip_print(&s->remote, remote));
	if (p->own && p->remote != 4500)
		text_printf(&t, " or udp port %u", p->remote);
	if (p->own && p->local != 4500 && p->local != p->remote)
		text_printf(&t, " or udp port %u", p->local);
	if (p->tcp != DIAGNOSIS_TCP_NO && p->tcp_remote != 4500)
		text_printf(&t, " or tcp port %u", p->tcp_remote);
	text_add_char(&t, ')');
	return text_take(&t, ret);
}

static void add_tcpdump(struct making *m, struct text *t)
{
	_cleanup_free_ char *filter = NULL;

	if (diagnosis_filter(m->s, &filter) < 0) {
		m->failed = true;
		return;
	}
	text_printf(t, "tcpdump -i %s -n -n '%s'", *m->s->device ? m->s->device : "any", filter);
}

/* What has to be let through at each firewall. */
static void add_what_passes(const struct making *m, struct text *t)
{
	const struct diagnosis_ports *p = &m->s->ports;

	if (p->tcp == DIAGNOSIS_TCP_ONLY)
		text_printf(t, "TCP %u", p->tcp_remote);
	else if (p->own)
		text_printf(t, "UDP %u", p->remote);
	else
		text_add(t, "UDP 500, UDP 4500 and ESP");
	if (p->tcp == DIAGNOSIS_TCP_FALLBACK)
		text_printf(t, ", or TCP %u,", p->tcp_remote);
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
	/* The colon behind it; one before that is the address's own, as in 2001:db8::. */
	if (n > 0 && host[n - 1] == ':')
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
		text_add(&row.remedy, "let ");
		add_what_passes(m, &row.remedy);
		text_add(&row.remedy, " through at each firewall. To see how far packets come, at "
				      "both ends: ");
		add_tcpdump(m, &row.remedy);
		text_printf(&row.remedy,
			    "; then compare ikev2= (Libreswan 5: keyexchange=) of both "
			    "ends, here IKEv%d",
			    s->ikev1 ? 1 : 2);
	}
	diagnosis_add(m, &row);
}

/* ---- ESP of a tunnel that is up ---- */

/* What can be the reason; that the peer answers IKE, or does not, narrows it down. */
static void add_why_lost(const struct making *m, const char *to, struct text *t)
{
	enum diagnosis_ike asked = m->s->ikev1 ? m->s->asked_v1 : m->s->asked_v2;

	text_printf(t, "the tunnel is up, and nothing comes back through it%s: ",
		    diagnosis_has_carried(m) ? ", though it has worked" : "");
	if (asked == IKE_SILENT)
		text_add(t, "the peer is silent to IKE as well, so it is down or cut off, or a "
			    "firewall drops all that is sent to it");
	else
		text_printf(
			t,
			"%sa firewall on the way or at the peer drops ESP, or the peer has lost "
			"its SAs, unless %s answers to nothing at all",
			asked == IKE_NOT_ASKED ? "" : "the peer is there and answers IKE; ", to);
}

/* What is shown: it left this host as ESP, and not even a refusal came back. */
static void esp_is_lost(struct making *m)
{
	const struct diagnosis_path *p = &m->s->path;
	bool v5 = m->s->facts->libreswan.major >= 5;
	char to[FACTS_IP_TEXT_SIZE];
	struct row row = ROW(STEP_FIREWALL, DIAGNOSIS_FAULT);

	facts_ip_print(&p->to, to);
	row.id = "esp-silence";
	text_printf(&row.seen,
		    "%u pings and %u packets of UDP and TCP were sent through the tunnel to %s; "
		    "%" PRIu64 " packets left this host as ESP, and none came in",
		    p->sent - p->knocks, p->knocks, to, m->s->traffic.out);
	add_why_lost(m, to, &row.why);
	text_add(&row.remedy, "let ");
	if (m->s->ports.own || m->s->ports.tcp != DIAGNOSIS_TCP_NO)
		add_what_passes(m, &row.remedy);
	else
		text_add(&row.remedy, diagnosis_is_in_udp(m) ? "UDP 4500" : "ESP (IP protocol 50)");
	text_add(&row.remedy,
		 " through at each firewall, both ways. To see how far it comes, at both ends: ");
	add_tcpdump(m, &row.remedy);
	text_printf(&row.remedy,
		    "; if it arrives, make the SAs anew: ipsec %s %s, then ipsec %s %s; to ask "
		    "another host behind the peer: esp-offloadctl diagnose --to ADDRESS %s",
		    v5 ? "replace" : "auto --replace", m->s->conn, v5 ? "up" : "auto --up",
		    m->s->conn, m->s->conn);
	diagnosis_add(m, &row);
}

/* No rule drops for certain: what is known beyond that, and what is not. */
static void no_fault(struct making *m, const struct firewall_doubt *doubt)
{
	struct row row = ROW(STEP_FIREWALL, DIAGNOSIS_OK);
	bool answered = diagnosis_pings_answered(m), unread = m->s->firewall_unread;
	const char *what = answered ? "IKE" : "IKE or ESP";

	if (answered)
		text_add(&row.seen, "pings through the tunnel were answered, so ESP passes; ");
	if (*doubt->what) {
		text_printf(&row.seen,
			    "no rule of this host drops %s for certain, but one may drop %s: ",
			    what, doubt->what);
		diagnosis_print_rule(&doubt->answer, &row.seen);
	} else {
		text_printf(&row.seen, "no rule of this host%s drops %s",
			    unread ? " that could be read" : "", what);
	}
	if (unread)
		text_printf(&row.seen, "; not all could be read: %s", m->s->firewall_unread);
	if ((unread || *doubt->what) && !answered && !diagnosis_has_carried(m))
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
	struct firewall_doubt doubt;
	int faults = diagnosis_own_rules(m, &doubt);
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
	if (diagnosis_esp_is_lost(m)) {
		esp_is_lost(m);
		return;
	}
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

/* An interface of the conn's own, by which packets leave before they are encrypted; "" for none. */
static void add_interface(const struct making *m, char ret[FACTS_NAME_SIZE])
{
	static const char *const noes[] = { "", "no", "n", "off", "false", "0" };
	const char *ipsec = diagnosis_value(m, "ipsec-interface", NULL);
	bool numbered = *ipsec >= '1' && *ipsec <= '9', none = false;

	for (size_t i = 0; i < ARRAY_SIZE(noes); i++)
		none = none || strcasecmp(ipsec, noes[i]) == 0;
	if (none)
		snprintf(ret, FACTS_NAME_SIZE, "%s", diagnosis_value(m, "vti-interface", NULL));
	else
		snprintf(ret, FACTS_NAME_SIZE, "ipsec%s", numbered ? ipsec : "1");
}

static void nat_row(struct making *m, const char *interface, enum firewall_translation translation,
		    const struct firewall_answer *a)
{
	bool certain = translation == FIREWALL_TRANSLATES;
	struct row row = ROW(STEP_NAT, certain ? DIAGNOSIS_FAULT : DIAGNOSIS_WARN);
	const struct diagnosis_seen *s = m->s;
	bool four = s->local_net.first.family == AF_INET;
	const char *text = a->rule && a->rule->text ? a->rule->text : "";
	/* With its command in front, and not such as nft's "ip saddr ...". */
	bool by_iptables = has_prefix(text, "iptables") || has_prefix(text, "ip6tables");
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
	diagnosis_print_rule(a, &row.seen);
	text_printf(
		&row.why,
		"a NAT rule of this host changes the source of packets for the tunnel before they "
		"are encrypted, so that they no longer match the conn and %s",
		*interface ? "are dropped" : "leave in the clear");
	if (by_iptables)
		text_printf(&row.remedy,
			    "insert in front of it: %.*s -t nat -I POSTROUTING -s %s -d %s "
			    "-j RETURN",
			    (int)strcspn(text, " "), text, from.data, to.data);
	else
		text_printf(&row.remedy,
			    "insert in front of it: nft insert rule %s %s %s %s saddr %s "
			    "%s daddr %s return",
			    a->chain->family == AF_INET    ? "ip"
			    : a->chain->family == AF_INET6 ? "ip6"
							   : "inet",
			    a->chain->table, a->chain->name, four ? "ip" : "ip6", from.data,
			    four ? "ip" : "ip6", to.data);
	diagnosis_print_rule(a, &row.evidence);
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
	char interface[FACTS_NAME_SIZE];
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
	add_interface(m, interface);
	if (*interface) {
		p.out_device = interface;
		p.encrypts = false;
	}
	p.source = host_in(&s->local_net);
	p.destination = host_in(&s->remote_net);
	translation = firewall_translation(s->firewall, &p, &s->local, &a);
	if (translation != FIREWALL_KEEPS) {
		nat_row(m, interface, translation, &a);
		return;
	}
	if (any)
		return;
	text_add(&row.seen, "no NAT rule of this host changes packets for the tunnel");
	if (m->is_up)
		text_add(&row.seen, ", and there is no NAT between the two ends");
	diagnosis_add(m, &row);
}
