/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trial.h"

#include <poll.h>
#include <stdio.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "conn-others.h"
#include "ethtool.h"
#include "ike-sharing.h"
#include "ipsec-conf.h"
#include "link.h"
#include "log.h"
#include "probe.h"
#include "prover.h"
#include "xfrm.h"

/* SAs are in the kernel a moment before pluto says "established", but not always both. */
#define SETTLE_USEC UINT64_C(200000)

/* How long traffic is watched for where the policy has no probe. */
#define PASSIVE_USEC UINT64_C(3000000)

/* How soon a trial that is to stop does so. */
#define STOP_USEC UINT64_C(200000)

/* Pings before and after the steps, and the time for each one. */
#define ASKS     3
#define ASK_USEC UINT64_C(700000)

static int explain(char **ret, const char *format, ...) _printf_(2, 3);

static int explain(char **ret, const char *format, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		return -ENOMEM;
	*ret = text;
	return 1;
}

/*
 * What was up of the conns, by the names that pluto gives: a conn with subnets is several tunnels,
 * of which one that is back says nothing of the others.
 */
static int names_of_tunnels(const struct facts *before, const struct conn_ends_list *conns,
			    const char ***ret, size_t *ret_n)
{
	const size_t n_conf = before->conf ? ipsec_conf_n_conns(before->conf) : 0;
	_cleanup_free_ const char **names = calloc(before->n_tunnels + 1, sizeof(*names));
	_cleanup_free_ bool *meant = calloc(n_conf + 1, sizeof(*meant));
	size_t n = 0;

	if (!names || !meant)
		return -ENOMEM;
	for (size_t i = 0; i < conns->n; i++)
		meant[conns->items[i].first] = true;
	for (size_t i = 0; i < before->n_tunnels && n_conf > 0; i++) {
		const struct ipsec_conf_conn *conn = ike_conn_of(before, before->tunnels[i].conn);

		if (conn && meant[conn->first])
			names[n++] = before->tunnels[i].conn;
	}
	*ret = TAKE_PTR(names);
	*ret_n = n;
	return 0;
}

int trial_wait_tunnels(const struct facts *before, const struct policy_bond *policy,
		       const struct ipsec *ipsec, char **ret_reason)
{
	_cleanup_(conn_ends_list_done) struct conn_ends_list conns = { 0 };
	_cleanup_free_ const char **names = NULL;
	const char *missing = NULL;
	size_t n = 0;
	int r;

	r = conn_ends_of(before, policy, &conns);
	if (r >= 0)
		r = names_of_tunnels(before, &conns, &names, &n);
	if (r < 0 || n == 0)
		return r;

	r = ipsec_wait_established(ipsec, names, n, policy->proof.within_usec, &missing);
	if (r <= 0)
		return r;
	return explain(ret_reason, "the tunnel of conn %s did not come back within %llu s", missing,
		       (unsigned long long)(policy->proof.within_usec / 1000000));
}

/* ---- pings ---- */

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static bool is_any_up(const struct facts *before, const struct conn_ends_list *conns)
{
	for (size_t i = 0; i < conns->n; i++)
		if (facts_tunnel_of(before, conns->items[i].name))
			return true;
	return false;
}

/* Waits for the answer to any ping of this probe. */
static bool wait_answer(struct probe *p, uint64_t limit_usec)
{
	uint64_t deadline = now_usec() + limit_usec, now;
	struct pollfd wanted = { .fd = probe_fd(p), .events = POLLIN };

	for (;;) {
		int r = probe_read(p);

		now = now_usec();
		if (r > 0 || now >= deadline)
			return r > 0;
		r = poll(&wanted, 1, (int)((deadline - now + 999) / 1000));
		if (r < 0 && errno != EINTR)
			return false;
	}
}

bool trial_is_answered(const struct facts *before, const struct policy_bond *policy)
{
	_cleanup_(conn_ends_list_done) struct conn_ends_list conns = { 0 };
	_cleanup_(probe_closep) struct probe *p = NULL;

	if (policy->proof.probe_address.family == 0 || conn_ends_of(before, policy, &conns) < 0 ||
	    !is_any_up(before, &conns) || probe_open(&policy->proof.probe_address, NULL, &p) < 0)
		return false;
	for (uint16_t seq = 0; seq < ASKS; seq++) {
		int r = probe_send(p, seq);

		if (r < 0)
			log_debug("Cannot ping: %s", strerror(-r));
		if (wait_answer(p, ASK_USEC))
			return true;
	}
	return false;
}

/* ---- the SAs ---- */

struct trial {
	const struct policy_bond *policy;
	struct conn_ends_list conns;
	struct facts_link *links;
	size_t n_links;
	struct link_watch *watch;
	uint64_t switches;
	int last_active;

	struct ethtool *ethtool;
	sd_event *event;
	struct prover *prover;
	struct prover_outcome outcome;
	bool (*stop)(void);

	struct facts_sa *sas; /* before the pings */
	size_t n_sas;
};

static void trial_done(struct trial *t)
{
	prover_free(t->prover);
	sd_event_unref(t->event);
	ethtool_close(t->ethtool);
	link_watch_close(t->watch);
	conn_ends_list_done(&t->conns);
	free(t->links);
	free(t->sas);
}

static const struct facts_link *link_named(const struct trial *t, const char *name)
{
	for (size_t i = 0; i < t->n_links; i++)
		if (streq(t->links[i].name, name))
			return &t->links[i];
	return NULL;
}

static const struct facts_link *link_numbered(const struct trial *t, int ifindex)
{
	for (size_t i = 0; i < t->n_links; i++)
		if (t->links[i].ifindex == ifindex)
			return &t->links[i];
	return NULL;
}

/* More messages than that are not counted in one go. */
#define MAX_MESSAGES 100000

/* Counts the switches that the kernel told of since the last call: there and back is two. */
static void count_switches(struct trial *t)
{
	struct link_message m;
	int r;

	for (int i = 0; i < MAX_MESSAGES && (r = link_watch_read(t->watch, &m)) != 0; i++) {
		if (r == -ENOBUFS) {
			t->switches++;
			continue;
		}
		if (r < 0)
			return;
		if (streq(m.link.name, t->policy->name) &&
		    m.link.bond.active_port != t->last_active) {
			t->last_active = m.link.bond.active_port;
			t->switches++;
		}
	}
}

static void view(void *userdata, struct sampler_view *ret)
{
	struct trial *t = userdata;
	struct facts_link *links;
	const struct facts_link *bond;
	size_t n;

	count_switches(t);
	if (link_dump(&links, &n) >= 0) {
		free(t->links);
		t->links = links;
		t->n_links = n;
	}
	bond = link_named(t, t->policy->name);
	*ret = (struct sampler_view){
		.bond = bond ? bond->ifindex : FACTS_NO_LINK,
		.active = bond ? link_numbered(t, bond->bond.active_port) : NULL,
		.switches = t->switches,
		.conns = t->conns.items,
		.n_conns = t->conns.n,
	};
}

static void done(void *userdata, const struct prover_outcome *outcome)
{
	struct trial *t = userdata;

	t->outcome = *outcome;
	(void)sd_event_exit(t->event, 0);
}

static const struct prover_ops prover_ops = { .view = view, .done = done };

static int trial_open(struct trial *t, const struct facts *before, const struct policy_bond *policy)
{
	_cleanup_(conn_others_done) struct conn_others others = { 0 };
	int r;

	t->policy = policy;
	r = conn_ends_of(before, policy, &t->conns);
	/* Those of other bonds' policies are none of this bond's either way. */
	if (r >= 0)
		r = conn_others_of(before, policy, 1, &others);
	if (r >= 0)
		conn_others_mark(&others, &t->conns);
	if (r >= 0)
		r = link_watch_open(&t->watch);
	if (r >= 0)
		r = ethtool_open(&t->ethtool);
	if (r >= 0)
		r = sd_event_new(&t->event);
	if (r >= 0)
		r = prover_new(t->event, t->ethtool, NULL, &prover_ops, t, &t->prover);
	return r;
}

static bool is_of(const struct facts_sa *sa, const struct conn_ends *conn)
{
	bool in = sa->direction == FACTS_IN;

	return sa->spi != 0 && facts_ip_equal(in ? &sa->destination : &sa->source, &conn->local) &&
	       (conn->remote.family == 0 ||
		facts_ip_equal(in ? &sa->source : &sa->destination, &conn->remote));
}

/*
 * One conn in one direction. Another conn between the same ends has SAs there too, and they cannot
 * be told apart: so one that is not offloaded says nothing, but none at all does.
 */
static int look_at_conn(const struct conn_ends *conn, enum facts_direction direction, int bond,
			const struct facts_sa *sas, size_t n, char **ret_reason)
{
	const char *word = direction == FACTS_IN ? "incoming" : "outgoing";
	size_t all = 0, offloaded = 0;

	for (size_t i = 0; i < n; i++) {
		if (sas[i].direction != direction || !is_of(&sas[i], conn))
			continue;
		all++;
		offloaded += sas[i].offload_link == bond;
	}
	if (all == 0)
		return explain(ret_reason,
			       "pluto says that conn %s is established, yet the kernel has no %s "
			       "SA of it",
			       conn->name, word);
	if (offloaded == 0)
		return explain(ret_reason, "the kernel holds the %s SA of conn %s without offload",
			       word, conn->name);
	return 0;
}

/* What the dump says is no proof, but what it does not say is one of the contrary. */
static int look_at_sas(struct trial *t, const struct facts *before, char **ret_reason)
{
	struct sampler_view v;
	int r;

	view(t, &v);
	r = xfrm_dump(before->addresses, before->n_addresses, &t->sas, &t->n_sas);
	for (size_t i = 0; i < t->conns.n && r == 0; i++) {
		const struct conn_ends *conn = &t->conns.items[i];

		if (!facts_tunnel_of(before, conn->name))
			continue;
		r = look_at_conn(conn, FACTS_IN, v.bond, t->sas, t->n_sas, ret_reason);
		if (r == 0)
			r = look_at_conn(conn, FACTS_OUT, v.bond, t->sas, t->n_sas, ret_reason);
	}
	return r;
}

/* Without a probe only what traffic there is can prove anything; where there is none in this time,
 * the daemon goes on waiting for it. */
static struct policy_proof how_to_prove(const struct policy_bond *policy)
{
	struct policy_proof how = policy->proof;

	if (how.probe_address.family == 0 && how.within_usec > PASSIVE_USEC)
		how.within_usec = PASSIVE_USEC;
	return how;
}

static int explain_verdict(const struct proof *p, char **ret_reason)
{
	return explain(
		ret_reason,
		"%s: %llu of %llu packets sent and %llu of %llu received by the hardware: %s",
		verdict_name(p->verdict), (unsigned long long)p->tx.hardware,
		(unsigned long long)p->tx.packets, (unsigned long long)p->rx.hardware,
		(unsigned long long)p->rx.packets, p->reason);
}

/* Until the verdict stands. Return: 0; -ECANCELED; another negative errno. */
static int wait_verdict(struct trial *t)
{
	int r = 0;

	while (r >= 0 && sd_event_get_state(t->event) != SD_EVENT_FINISHED) {
		if (t->stop && t->stop())
			return -ECANCELED;
		r = sd_event_run(t->event, STOP_USEC);
	}
	return r < 0 ? r : 0;
}

/* Asked once more, since an answer may have come after the verdict. */
static bool has_fallen_silent(const struct trial *t, const struct facts *before)
{
	return t->outcome.probes_sent > 0 && t->outcome.probes_answered == 0 &&
	       !trial_is_answered(before, t->policy);
}

/* What a conn's SAs have carried in a direction. */
static uint64_t carried(const struct conn_ends *conn, enum facts_direction direction,
			const struct facts_sa *sas, size_t n)
{
	uint64_t packets = 0;

	for (size_t i = 0; i < n; i++)
		if (sas[i].direction == direction && is_of(&sas[i], conn))
			packets += sas[i].packets;
	return packets;
}

/* The conns that were up and whose SAs only send since look_at_sas(). Return: 1; 0 for none; -errno
 */
static int find_deaf(const struct trial *t, const struct facts *before, const char ***ret)
{
	_cleanup_free_ struct facts_sa *now = NULL;
	_cleanup_free_ const char **names = NULL;
	size_t n_now, n = 0;
	int r;

	names = calloc(t->conns.n + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	r = xfrm_dump(before->addresses, before->n_addresses, &now, &n_now);
	if (r < 0)
		return r;
	for (size_t i = 0; i < t->conns.n; i++) {
		const struct conn_ends *conn = &t->conns.items[i];
		const struct ipsec_conf_conn *known = ipsec_conf_find(before->conf, conn->name);

		if (known && facts_tunnel_of(before, conn->name) &&
		    carried(conn, FACTS_OUT, now, n_now) >
			    carried(conn, FACTS_OUT, t->sas, t->n_sas) &&
		    carried(conn, FACTS_IN, now, n_now) <=
			    carried(conn, FACTS_IN, t->sas, t->n_sas))
			names[n++] = known->name;
	}
	if (n > 0)
		*ret = TAKE_PTR(names);
	return n > 0;
}

static int explain_silence(const struct trial *t, const struct facts *before,
			   const char ***ret_deaf, char **ret_reason)
{
	char address[FACTS_IP_TEXT_SIZE];
	int r;

	facts_ip_print(&t->policy->proof.probe_address, address);
	r = explain(ret_reason,
		    "the tunnels are established, yet none of %u pings to %s was answered: before "
		    "the steps it did answer",
		    t->outcome.probes_sent, address);
	if (r < 0)
		return r;
	return find_deaf(t, before, ret_deaf) > 0 ? TRIAL_DEAF : TRIAL_FAILED;
}

static int prove(struct trial *t, const struct facts *before, bool answered, const char ***ret_deaf,
		 char **ret_reason)
{
	const struct policy_proof how = how_to_prove(t->policy);
	const struct proof *p = &t->outcome.proof;
	int r;

	r = prover_start(t->prover, &how, true, SETTLE_USEC);
	if (r >= 0)
		r = wait_verdict(t);
	if (r < 0)
		return r;
	if (p->verdict != VERDICT_OFFLOADED && p->verdict != VERDICT_UNKNOWN)
		return explain_verdict(p, ret_reason);
	if (answered && has_fallen_silent(t, before))
		return explain_silence(t, before, ret_deaf, ret_reason);
	if (t->outcome.error == 0)
		return 0;
	r = explain(ret_reason, "whether the hardware does the work could not be seen: %s: %s",
		    p->reason, strerror(-t->outcome.error));
	return r < 0 ? r : 0;
}

int trial_run(const struct facts *before, const struct policy_bond *policy,
	      const struct ipsec *ipsec, bool answered, const char ***ret_deaf, char **ret_reason)
{
	_cleanup_(trial_done) struct trial t = { .stop = ipsec->stop };
	int r;

	r = trial_wait_tunnels(before, policy, ipsec, ret_reason);
	if (r != 0)
		return r;
	r = trial_open(&t, before, policy);
	if (r < 0)
		return r;
	if (!is_any_up(before, &t.conns))
		return 0; /* no tunnel was up: there is nothing to be tried */

	r = look_at_sas(&t, before, ret_reason);
	return r != 0 ? r : prove(&t, before, answered, ret_deaf, ret_reason);
}
