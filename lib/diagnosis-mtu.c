/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnosis-private.h"

#include <arpa/inet.h>

#include "esp-size.h"

/* The size of packets: what ESP adds, what passes, and what is to be set. */

bool diagnosis_pings_answered(const struct making *m)
{
	return m->is_up && m->s->path_is_inner && m->s->path.answered;
}

bool diagnosis_pings_lost(const struct making *m)
{
	return m->is_up && m->s->path_is_inner && m->s->path.error == 0 && !m->s->path.answered;
}

enum flow diagnosis_flow(const struct making *m)
{
	const struct diagnosis_traffic *t = &m->s->traffic;

	if (!t->known)
		return FLOW_UNKNOWN;
	if (t->in > 0)
		return t->out > 0 ? FLOW_BOTH : FLOW_IN;
	return t->out > 0 ? FLOW_OUT : FLOW_NONE;
}

bool diagnosis_esp_is_lost(const struct making *m)
{
	const struct diagnosis_path *p = &m->s->path;

	return diagnosis_pings_lost(m) && p->knocks > 0 && diagnosis_flow(m) == FLOW_OUT &&
	       m->s->traffic.out >= p->sent;
}

/* IP and TCP headers without options: what is between a packet and its TCP data. */
static unsigned int tcp_headers(int family)
{
	return family == AF_INET ? 40 : 60;
}

/* The conn's outgoing SA; NULL when the kernel's SAs are not known. */
static const struct facts_sa *sa_of(const struct making *m)
{
	const struct facts *f = m->s->facts;

	for (size_t i = 0; i < f->n_sas; i++)
		if (f->sas[i].direction == FACTS_OUT && f->sas[i].proto == 50 &&
		    facts_ip_equal(&f->sas[i].destination, &m->s->remote))
			return &f->sas[i];
	return NULL;
}

static bool size_of(const struct making *m, struct esp_size *ret)
{
	const struct facts_sa *sa = sa_of(m);

	return sa && esp_size_of(sa->cipher, sa->icv_bits, !sa->transport, sa->encapsulated,
				 m->s->remote.family == AF_INET6, ret) == 0;
}

static void add_overhead(const struct making *m, const struct esp_size *size, unsigned int mtu,
			 struct text *t)
{
	const struct facts_sa *sa = sa_of(m);
	unsigned int inner = esp_size_inner(size, mtu);

	text_printf(t, "ESP (%s, %s mode%s) adds %u bytes to a packet of %u", sa->cipher,
		    sa->transport ? "transport" : "tunnel", sa->encapsulated ? ", in UDP" : "",
		    esp_size_packet(size, inner) - inner, inner);
}

/* Rounded down to what is easy to remember, as the chapter's 1400 is. */
static unsigned int advised(unsigned int largest)
{
	return largest / 10 * 10;
}

static void add_remedy(struct making *m, unsigned int mtu, struct text *t)
{
	unsigned int mss = mtu - tcp_headers(m->s->remote.family);

	text_printf(t,
		    "set mtu=%u in the conn (esp-offloadctl diagnose --apply-mtu %s writes it), "
		    "then have pluto take it up. For TCP that is forwarded: nft add rule inet "
		    "filter forward tcp flags syn tcp option maxseg size set rt mtu, or iptables "
		    "-I FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu; if "
		    "that does not do: tcp option maxseg size set %u, or -j TCPMSS --set-mss %u",
		    mtu, m->s->conn, mss, mss);
	m->d->mtu = mtu;
	m->d->max_mss = mss;
}

static void through_tunnel(struct making *m, const struct esp_size *size)
{
	const struct diagnosis_path *p = &m->s->path;
	char to[FACTS_IP_TEXT_SIZE];
	struct row row = ROW(STEP_MTU, DIAGNOSIS_OK);

	text_printf(&row.seen,
		    "packets of up to %u bytes pass through the tunnel to %s without "
		    "fragments (as ESP the path carries %u)",
		    p->largest, facts_ip_print(&p->to, to), esp_size_packet(size, p->largest));
	if (p->smallest_lost == 0) {
		text_add(&row.seen, ", as many as this host sends; ");
		add_overhead(m, size, p->device, &row.seen);
		diagnosis_add(m, &row);
		return;
	}
	row.id = "path-mtu";
	row.status = DIAGNOSIS_FAULT;
	text_printf(&row.seen, ", and longer ones vanish, though this host sends up to %u; ",
		    p->believed);
	add_overhead(m, size, p->device, &row.seen);
	text_printf(&row.why,
		    "the way to the peer carries shorter packets than this host believes: "
		    "packets of more than %u bytes are lost without a word, so that a ping "
		    "passes and a large transfer hangs",
		    p->largest);
	add_remedy(m, advised(p->largest), &row.remedy);
	diagnosis_add(m, &row);
}

/* The path was measured beside the tunnel, to the peer itself. */
static void beside_tunnel(struct making *m, const struct esp_size *size)
{
	const struct diagnosis_path *p = &m->s->path;
	unsigned int inner = esp_size_inner(size, p->largest);
	char to[FACTS_IP_TEXT_SIZE];
	struct row row = ROW(STEP_MTU, DIAGNOSIS_OK);

	text_printf(&row.seen, "the path to the peer %s carries packets of %u bytes; ",
		    facts_ip_print(&p->to, to), p->largest);
	add_overhead(m, size, p->largest, &row.seen);
	text_printf(&row.seen, ", so that %u pass through the tunnel", inner);
	if (p->smallest_lost == 0 || (m->s->pluto.mtu && m->s->pluto.mtu <= inner)) {
		diagnosis_add(m, &row);
		return;
	}
	row.id = "path-mtu";
	row.status = DIAGNOSIS_FAULT;
	text_printf(&row.why,
		    "the path to the peer carries packets of %u bytes, and this host sends "
		    "up to %u: longer ones are lost, and with them what is too long for the "
		    "tunnel",
		    p->largest, p->believed);
	add_remedy(m, advised(inner), &row.remedy);
	diagnosis_add(m, &row);
}

/*
 * Pings are sent by the dozen, and answers may be limited in number; no path that an IKE of today
 * comes through carries less than this (RFC 791: what each host takes).
 */
#define LEAST_PATH 576

static void irregular(struct making *m)
{
	const struct diagnosis_path *p = &m->s->path;
	char to[FACTS_IP_TEXT_SIZE];
	struct row row = ROW(STEP_MTU, DIAGNOSIS_WARN);

	text_printf(&row.seen,
		    "of the pings of different lengths to %s those of more than %u bytes were not "
		    "answered",
		    facts_ip_print(&p->to, to), p->largest);
	text_add(&row.why, "no path is that narrow: that host, or one on the way, limits how many "
			   "pings are answered, or how long they are; how long packets may be was "
			   "not measured");
	text_printf(&row.remedy,
		    "name another host behind the peer that answers pings: esp-offloadctl "
		    "diagnose --to ADDRESS %s",
		    m->s->conn);
	diagnosis_add(m, &row);
}

/* It may be the tunnel, and it may be a host that answers no pings: only the peer can tell. */
static void no_answer(struct making *m)
{
	const struct diagnosis_path *p = &m->s->path;
	struct row row = ROW(STEP_MTU, DIAGNOSIS_WARN);
	struct esp_size size;
	char to[FACTS_IP_TEXT_SIZE];

	row.id = "no-answer";
	text_printf(&row.seen, "pings through the tunnel to %s were sent, and none was answered",
		    facts_ip_print(&p->to, to));
	if (p->device && size_of(m, &size)) {
		text_add(&row.seen, "; ");
		add_overhead(m, &size, p->device, &row.seen);
	}
	if (diagnosis_flow(m) == FLOW_BOTH || diagnosis_flow(m) == FLOW_IN)
		text_add(&row.why,
			 "packets came in through the tunnel meanwhile, so ESP passes: that host "
			 "answers no pings, or is not there; how long packets may be was not "
			 "measured");
	else
		text_add(&row.why,
			 "ESP is dropped on the way there or back, or that host answers no "
			 "pings: that packets go through the tunnel now is not shown");
	text_printf(&row.remedy,
		    "name a host behind the peer that answers pings: esp-offloadctl "
		    "diagnose --to ADDRESS %s; if that is silent too, look for ESP (IP protocol "
		    "50, or UDP 4500) at both ends with tcpdump",
		    m->s->conn);
	diagnosis_add(m, &row);
}

void diagnosis_mtu(struct making *m)
{
	const struct diagnosis_path *p = &m->s->path;
	struct row row = ROW(STEP_MTU, DIAGNOSIS_SKIPPED);
	struct esp_size size;

	if (m->cause && diagnosis_step_of(m->cause->cause->id) == STEP_MTU) {
		diagnosis_add_message(m, STEP_MTU, m->cause, NULL);
		return;
	}
	if (!m->is_up) {
		diagnosis_skip(m, STEP_MTU, "the tunnel is not up");
		return;
	}
	if (diagnosis_esp_is_lost(m)) {
		diagnosis_skip(m, STEP_MTU, "nothing comes back through the tunnel: see Firewalls");
		return;
	}
	if (diagnosis_pings_lost(m)) {
		no_answer(m);
		return;
	}
	if (!size_of(m, &size)) {
		diagnosis_skip(m, STEP_MTU,
			       m->s->facts->sas_known
				       ? "the cipher of the conn's SA is not known"
				       : "the kernel's SAs can only be seen by root");
		return;
	}
	if (p->error == 0 && p->answered && p->smallest_lost && p->largest < LEAST_PATH) {
		irregular(m);
		return;
	}
	if (p->error == 0 && p->answered) {
		(m->s->path_is_inner ? through_tunnel : beside_tunnel)(m, &size);
		return;
	}
	if (p->error == -ENODATA)
		text_add(&row.seen, "nothing was measured");
	else if (p->error < 0)
		text_printf(&row.seen, "it could not be measured: %s", strerror(-p->error));
	else
		text_add(&row.seen, "nobody answers pings");
	if (p->device) {
		text_add(&row.seen, "; ");
		add_overhead(m, &size, p->device, &row.seen);
	}
	text_printf(&row.remedy,
		    "name a host behind the peer that answers pings: esp-offloadctl "
		    "diagnose --to ADDRESS %s",
		    m->s->conn);
	diagnosis_add(m, &row);
}
