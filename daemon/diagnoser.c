/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnoser.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "checks.h"
#include "firewall-host.h"
#include "host-lock.h"
#include "ike-probe.h"
#include "ike-sharing.h"
#include "ipsec-conf.h"
#include "kernel-log.h"
#include "kernel-words.h"
#include "knock.h"
#include "observer.h"
#include "path.h"
#include "pluto-log.h"
#include "pluto-messages.h"
#include "xfrm.h"

/* One run of the ipsec command, and what else is asked. */
#define ASK_USEC UINT64_C(6000000)
/* How long pluto is listened to: four retransmissions, the last after 7.5 s, tell of silence. */
#define INITIATE_USEC UINT64_C(9000000)
/* And how long an exchange that is slow, and not refused, may take beyond that. */
#define SETTLE_USEC UINT64_C(3000000)
/* One that was refused is asked for once. */
#define REFUSED_USEC UINT64_C(1)
/* How long the peer has to answer a question about a version of IKE. */
#define IKE_USEC  UINT64_C(3000000)
#define PATH_USEC UINT64_C(10000000)
/* And a host that answers no pings, to refuse something else. */
#define KNOCK_USEC UINT64_C(1500000)
/* How far back the log tells of a tunnel that is down: pluto tries again every five minutes. */
#define LOG_USEC UINT64_C(600000000)
/* What pluto says last takes this long into the journal. */
#define LOG_DELAY_USEC 300000

struct diagnosing {
	const struct diagnoser_options *options;
	struct ipsec ipsec;
	struct ipsec_patience patience;
	struct facts *facts;
	struct diagnosis_seen seen;

	struct pluto_sas sas;
	struct facts_sa *later_sas;
	struct firewall firewall;
	char *unread, *said, *log, *log_unread, *kernel_said, *captured, *policy_name;
	struct ike_answer answer; /* to IKEv2 */
	struct diagnosis_counter *counters;
	struct findings findings;
	uint64_t looked_usec; /* when the kernel's SAs of @facts were read */
};

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void done(struct diagnosing *d)
{
	facts_free(d->facts);
	pluto_sas_done(&d->sas);
	free(d->later_sas);
	firewall_done(&d->firewall);
	free(d->unread);
	free(d->said);
	free(d->log);
	free(d->log_unread);
	free(d->kernel_said);
	free(d->captured);
	free(d->policy_name);
	free(d->counters);
	findings_done(&d->findings);
}

static void tell(const struct diagnosing *d, const char *what)
{
	if (d->options->progress)
		d->options->progress(d->options->userdata, what);
}

/* ---- the kernel's error counters ---- */

static int counters_before(struct diagnosing *d)
{
	_cleanup_free_ struct xfrm_counter *counters = NULL;
	size_t n = 0;

	if (xfrm_stat(&counters, &n) < 0 || n == 0)
		return 0;
	d->counters = calloc(n, sizeof(*d->counters));
	if (!d->counters)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		memcpy(d->counters[i].name, counters[i].name, sizeof(d->counters[i].name));
		d->counters[i].before = d->counters[i].after = counters[i].value;
	}
	d->seen.counters = d->counters;
	d->seen.n_counters = n;
	return 0;
}

static void counters_after(struct diagnosing *d)
{
	_cleanup_free_ struct xfrm_counter *counters = NULL;
	size_t n = 0;

	if (xfrm_stat(&counters, &n) < 0)
		return;
	for (size_t i = 0; i < d->seen.n_counters; i++)
		d->counters[i].after = xfrm_stat_value(counters, n, d->counters[i].name);
}

/* ---- the host, and pluto ---- */

static int look(struct diagnosing *d)
{
	const struct observer_options options = {
		.ipsec = d->ipsec,
		.ipsec_conf = d->options->ipsec_conf,
		.limit_usec = ASK_USEC,
		.sas = true,
	};

	d->facts = facts_free(d->facts);
	d->seen.facts = NULL;
	d->looked_usec = now_usec();
	if (observer_look(&options, &d->facts) < 0)
		return -EIO;
	d->seen.facts = d->facts;
	return 0;
}

/* After pluto: what a rekey changed while it was asked is not to look like a loss. */
static int ask_kernel_again(struct diagnosing *d)
{
	struct facts_sa *sas = NULL;
	size_t n = 0;
	int r;

	free(d->later_sas);
	d->later_sas = NULL;
	d->seen.later_sas = NULL;
	d->seen.n_later_sas = 0;
	r = xfrm_dump(d->facts->addresses, d->facts->n_addresses, &sas, &n);
	d->seen.later_error = r;
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	d->seen.later_sas = d->later_sas = sas;
	d->seen.n_later_sas = n;
	return 0;
}

static int ask_pluto(struct diagnosing *d)
{
	int r = ipsec_conn(&d->ipsec, d->options->conn, &d->seen.pluto);

	if (r == -ENOMEM)
		return r;
	d->seen.pluto_error = r;
	pluto_sas_done(&d->sas);
	d->seen.pluto_sas = NULL;
	/* A command that hung once is not asked again. */
	d->seen.sas_error = r < 0 ? r : ipsec_sas(&d->ipsec, &d->sas);
	if (d->seen.sas_error == 0)
		d->seen.pluto_sas = &d->sas;
	return d->seen.sas_error == -ENOMEM ? -ENOMEM : ask_kernel_again(d);
}

/*
 * Both at once. What hung is asked for again where pluto answers after all: a tunnel whose list
 * hung is not down, and --up would tear it down.
 */
static int look_and_ask(struct diagnosing *d)
{
	int r = look(d);

	if (r >= 0)
		r = ask_pluto(d);
	if (r < 0 || !*d->patience.first)
		return r;
	if (d->seen.pluto_error == -ETIMEDOUT)
		return d->facts->pluto_answers ? ask_pluto(d) : 0;
	if (d->facts->pluto_answers || d->seen.pluto_error < 0)
		return 0;
	r = look(d);
	if (r >= 0 && !d->facts->pluto_answers)
		d->seen.pluto_error = -ETIMEDOUT;
	return r;
}

static bool is_up(const struct diagnosing *d)
{
	return facts_tunnel_of(d->facts, d->options->conn) != NULL;
}

/* ---- bringing it up ---- */

/*
 * The conn's IKE SA carries another conn's tunnel, which adding it anew would tear down.
 *
 * Return: 1; 0; -ENOMEM.
 */
static int is_shared(const struct diagnosing *d)
{
	const struct ike_sharer sharer = { .conn = d->options->conn,
					   .has_ike = d->seen.pluto.ike > 0,
					   .ike = d->seen.pluto.ike };
	int r = 0;

	for (size_t i = 0; r == 0 && i < d->facts->n_tunnels; i++)
		r = ike_takes_down(d->facts, &sharer, &d->facts->tunnels[i]);
	return r;
}

/* It is initiated apart, and read along; so of auto= only what routes it is done anew. */
static enum ipsec_auto auto_of(const struct diagnosing *d)
{
	struct ipsec_conf *conf = d->facts->conf;
	const struct ipsec_conf_conn *conn = ipsec_conf_find(conf, d->options->conn);
	struct ipsec_conf_value value;

	if (!conn || ipsec_conf_effective(conf, conn, "auto", &value) < 0 || !value.value)
		return IPSEC_AUTO_ADD;
	return ipsec_auto_parse(value.value) == IPSEC_AUTO_ONDEMAND ? IPSEC_AUTO_ONDEMAND
								    : IPSEC_AUTO_ADD;
}

static bool is_refused(const char *said)
{
	struct pluto_messages messages;
	bool refused;

	if (pluto_messages_match(said, &messages) < 0)
		return false;
	refused = messages.n > 0 && messages.items[0].cause->rank == PLUTO_RANK_CAUSE;
	pluto_messages_done(&messages);
	return refused;
}

static int initiate(struct diagnosing *d)
{
	_cleanup_free_ char *added = NULL, *said = NULL;
	const char *missing = NULL;
	uint64_t began = now_usec();
	int r = is_shared(d);

	if (r == 0)
		r = ipsec_replace(&d->ipsec, d->options->conn, auto_of(d), false, &added);
	if (r >= 0)
		r = ipsec_initiate(&d->ipsec, d->options->conn, INITIATE_USEC, &said);
	if (r < 0)
		return r;
	d->seen.initiated = true;
	r = ipsec_wait_established(&d->ipsec, &d->options->conn, 1,
				   is_refused(said) ? REFUSED_USEC : SETTLE_USEC, &missing);
	d->seen.came_up = r == 0;
	d->seen.waited_usec = now_usec() - began;
	if (asprintf(&d->said, "%s%s", added ? added : "", said) < 0) {
		d->said = NULL;
		return -ENOMEM;
	}
	d->seen.said = d->said;
	return 0;
}

/* The bond that the conn goes through: its device, or what a VLAN lies on. */
static const struct facts_link *bond_of(const struct diagnosing *d)
{
	const struct facts_link *l = facts_link_by_name(d->facts, d->seen.device);

	for (int i = 0; l && i < 4 && !facts_is_bond(l); i++)
		l = facts_link_by_index(d->facts, l->lower);
	return l && facts_is_bond(l) ? l : NULL;
}

struct about_port {
	const char *bond, *port;
	struct kernel_words words;
};

static void on_message(void *userdata, const char *message)
{
	struct about_port *a = userdata;

	(void)kernel_words_take(&a->words, a->bond, a->port, message);
}

/* Who refuses an SA says so there, and pluto is told a number. */
static int read_kernel_log(struct diagnosing *d, uint64_t since_usec)
{
	const struct facts_link *bond = bond_of(d);
	const struct facts_link *port =
		bond ? facts_link_by_index(d->facts, bond->bond.active_port) : NULL;
	struct about_port about = { 0 };
	struct text t = TEXT_NULL;

	if (!port)
		return 0;
	about.bond = bond->name;
	about.port = port->name;
	if (kernel_log_read(since_usec, on_message, &about) < 0)
		return 0;
	kernel_words_print(&about.words, &t);
	if (text_take(&t, &d->kernel_said) < 0)
		return -ENOMEM;
	d->seen.kernel_said = d->kernel_said;
	return 0;
}

/* What logfile= names; NULL where it names nothing. */
static const char *named_log(const struct diagnosing *d)
{
	const char *file = d->facts && d->facts->conf
				   ? ipsec_conf_setup_value(d->facts->conf, "logfile")
				   : NULL;

	return file && *file == '/' ? file : NULL;
}

static const char *log_file(const struct diagnosing *d)
{
	const char *named = named_log(d);

	return named ? named : PLUTO_LOG_FILE;
}

/* Without logfile= pluto logs to the journal, and none of its files is missed. */
static int note_unread_log(struct diagnosing *d, int error)
{
	const char *named = named_log(d);

	if (!named || error == 0)
		return 0;
	if (asprintf(&d->log_unread, "%s (logfile=): %s", named, strerror(-error)) < 0) {
		d->log_unread = NULL;
		return -ENOMEM;
	}
	d->seen.log_unread = d->log_unread;
	return 0;
}

static int read_log(struct diagnosing *d, const struct pluto_log_mark *since)
{
	char peer[FACTS_IP_TEXT_SIZE];
	int r, error = 0;

	usleep(LOG_DELAY_USEC);
	r = pluto_log_read(log_file(d), since, d->options->conn,
			   facts_ip_print(&d->seen.remote, peer), &d->log, &error);
	if (r >= 0)
		d->seen.log = d->log;
	if (r != -ENOMEM)
		r = note_unread_log(d, error);
	return r == -ENOMEM ? r : read_kernel_log(d, since->realtime_usec);
}

/*
 * Not while somebody changes the host: the tunnel may be down because of that, and adding the conn
 * anew would end what is being negotiated, and have all of it taken back.
 */
static int initiate_alone(struct diagnosing *d)
{
	int lock = d->options->state_dir ? host_lock(d->options->state_dir) : -ENOENT, r;

	if (lock == -EBUSY || lock == -ENOMEM)
		return lock;
	r = initiate(d);
	if (lock >= 0)
		close(lock);
	return r;
}

static int try_it(struct diagnosing *d)
{
	struct pluto_log_mark mark;
	int r;

	pluto_log_mark(log_file(d), &mark);
	tell(d, "bringing the tunnel up");
	r = initiate_alone(d);
	if (r == -ENOMEM)
		return r;
	d->seen.initiate_error = r;
	r = read_log(d, &mark);
	return r < 0 ? r : look_and_ask(d);
}

/* ---- what the peer speaks ---- */

/* Silence and a refusal of all algorithms may both come from the version, or the lack of a conn. */
static bool is_about_ike(const struct diagnosing *d)
{
	static const char *const ids[] = { "silence", "ike-proposal", "ike-version",
					   "no-matching-conn" };
	struct pluto_messages messages;
	bool any = false;

	if (!d->said || pluto_messages_match(d->said, &messages) < 0)
		return false;
	for (size_t i = 0; i < messages.n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(ids); k++)
			any = any || streq(messages.items[i].cause->id, ids[k]);
	pluto_messages_done(&messages);
	return any;
}

static enum diagnosis_ike meaning_of(const struct ike_answer *a)
{
	switch (a->kind) {
	case IKE_ANSWER_TAKES:
	case IKE_ANSWER_OTHER_GROUP:
	case IKE_ANSWER_COOKIE:
		return IKE_SPEAKS;
	case IKE_ANSWER_REFUSES:
		return IKE_REFUSED;
	case IKE_ANSWER_NONE:
	case IKE_ANSWER_NOT_VERSION:
		break;
	}
	return IKE_SILENT;
}

/* By UDP 500, which is not where each conn speaks IKE. */
static bool can_ask(const struct diagnosing *d)
{
	return d->seen.remote.family && !d->seen.ports.own &&
	       d->seen.ports.tcp != DIAGNOSIS_TCP_ONLY;
}

static void ask_peer(struct diagnosing *d)
{
	struct ike_answer one;

	if (!d->seen.initiated || d->seen.came_up || !can_ask(d) || !is_about_ike(d))
		return;
	tell(d, "asking the peer for its version of IKE");
	if (ike_probe(&d->seen.local, &d->seen.remote, 1, IKE_USEC, &one) == 0)
		d->seen.asked_v1 = meaning_of(&one);
	if (ike_probe(&d->seen.local, &d->seen.remote, 2, IKE_USEC, &d->answer) < 0)
		return;
	d->seen.asked_v2 = meaning_of(&d->answer);
	if (d->answer.kind == IKE_ANSWER_TAKES && *d->answer.takes)
		d->seen.accepts = d->answer.takes;
}

/* Where nothing comes through the tunnel: whether the peer is there at all. */
static void ask_whether_there(struct diagnosing *d)
{
	const struct diagnosis_traffic *t = &d->seen.traffic;
	struct ike_answer one;

	if (d->seen.path.knocks == 0 || !t->known || t->in > 0 || !can_ask(d))
		return;
	tell(d, "asking the peer whether it is there");
	if (ike_probe(&d->seen.local, &d->seen.remote, d->seen.ikev1 ? 1 : 2, IKE_USEC, &one) < 0)
		return;
	*(d->seen.ikev1 ? &d->seen.asked_v1 : &d->seen.asked_v2) = meaning_of(&one);
}

static int begin_capture(struct diagnosing *d, struct capture **ret)
{
	_cleanup_free_ char *filter = NULL;
	int r = diagnosis_filter(&d->seen, &filter);

	if (r < 0)
		return r;
	tell(d, "capturing");
	d->seen.capture_error =
		capture_start(d->seen.device, filter, d->options->capture_seconds, ret);
	return 0;
}

static int bring_up(struct diagnosing *d)
{
	struct pluto_log_mark mark;
	struct capture *capture = NULL;
	bool can_try = d->options->up && !is_up(d) && d->seen.in_files && d->seen.pluto_error == 0;
	int r = 0;

	d->seen.up_asked = d->options->up;
	if (d->options->capture_seconds > 0 && d->seen.remote.family)
		r = begin_capture(d, &capture);
	if (r < 0)
		return r;
	if (can_try) {
		r = try_it(d);
		if (r >= 0)
			ask_peer(d);
	} else if (!is_up(d) && d->seen.in_files) {
		pluto_log_mark_before(log_file(d), LOG_USEC, &mark);
		r = read_log(d, &mark);
	}
	if (capture) {
		int error = capture_finish(capture, &d->captured);

		d->seen.capture_error = error;
		d->seen.capture = d->captured;
	}
	return r;
}

/* ---- the way ---- */

static int read_rules(struct diagnosing *d)
{
	int r;

	tell(d, "reading the firewall's rules");
	r = firewall_read(ASK_USEC, &d->firewall, &d->unread);
	if (r == -ENOMEM)
		return r;
	d->seen.firewall_error = r;
	if (r >= 0) {
		d->seen.firewall = &d->firewall;
		d->seen.firewall_unread = d->unread;
	}
	return 0;
}

static bool net_has(const struct diagnosis_net *net, const struct facts_ip *ip)
{
	return ip->family && ip->family == net->first.family &&
	       memcmp(ip->bytes, net->first.bytes, sizeof(ip->bytes)) >= 0 &&
	       memcmp(ip->bytes, net->last.bytes, sizeof(ip->bytes)) <= 0;
}

/* An address of this host within the conn's own network, to be the source of pings. */
static struct facts_ip inner_address(const struct diagnosing *d)
{
	for (size_t i = 0; i < d->facts->n_addresses; i++)
		if (net_has(&d->seen.local_net, &d->facts->addresses[i].ip))
			return d->facts->addresses[i].ip;
	return (struct facts_ip){ 0 };
}

static const struct policy_bond *policy_of(const struct diagnosing *d)
{
	const struct policy *p = d->options->policy;

	for (size_t i = 0; p && i < p->n_bonds; i++)
		for (size_t k = 0; k < p->bonds[i].n_conns; k++)
			if (fnmatch(p->bonds[i].conns[k], d->options->conn, 0) == 0)
				return &p->bonds[i];
	return NULL;
}

/* Whom to ask: who was named, the policy's address, the peer itself where it is in the tunnel. */
static struct facts_ip whom_to_ping(const struct diagnosing *d)
{
	const struct policy_bond *policy = policy_of(d);

	if (d->options->to.family)
		return d->options->to;
	if (policy && net_has(&d->seen.remote_net, &policy->proof.probe_address))
		return policy->proof.probe_address;
	return d->seen.remote;
}

static void measure_path(struct diagnosing *d)
{
	struct diagnosis_path *p = &d->seen.path;
	struct facts_ip from = inner_address(d);
	struct path path = { 0 };

	*p = (struct diagnosis_path){ .error = -ENODATA };
	if (!is_up(d) || !d->seen.remote.family)
		return;
	tell(d, "measuring packet sizes");
	p->to = whom_to_ping(d);
	d->seen.path_is_inner = net_has(&d->seen.remote_net, &p->to) && from.family;
	if (!d->seen.path_is_inner) {
		p->to = d->seen.remote;
		from = d->seen.local;
	}
	p->error = path_measure(&p->to, &from, *d->seen.device ? d->seen.device : NULL, PATH_USEC,
				&path);
	if (d->seen.path_is_inner && p->error == 0 && !path.answered) {
		int knocks = knock(&p->to, &from, KNOCK_USEC);

		p->knocks = knocks > 0 ? (unsigned int)knocks : 0;
	}
	p->sent = path.sent + p->knocks;
	p->answered = path.answered;
	p->device = path.device;
	p->believed = path.believed;
	p->largest = path.largest;
	p->smallest_lost = path.smallest_lost;
}

/* What the SAs carried since they were looked at first, all of the above included. */
static int count_traffic(struct diagnosing *d)
{
	struct facts_sa *sas = NULL;
	size_t n = 0;
	int r;

	if (!d->facts->sas_known || !d->seen.remote.family)
		return 0;
	r = xfrm_dump(d->facts->addresses, d->facts->n_addresses, &sas, &n);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	diagnosis_count(&d->seen, d->facts->sas, d->facts->n_sas, sas, n, &d->seen.traffic);
	d->seen.traffic.usec = now_usec() - d->looked_usec;
	free(sas);
	return 0;
}

/* ---- the crypto policy's name ---- */

static int read_policy_name(struct diagnosing *d)
{
	static const char *const files[] = { "/etc/crypto-policies/state/current",
					     "/etc/crypto-policies/config" };

	for (size_t i = 0; i < ARRAY_SIZE(files) && !d->policy_name; i++) {
		FILE *f = fopen(files[i], "re");
		char line[256];

		while (f && !d->policy_name && fgets(line, sizeof(line), f)) {
			line[strcspn(line, "\r\n")] = '\0';
			if (*line && *line != '#')
				d->policy_name = strdup(line);
		}
		if (f)
			(void)fclose(f);
	}
	d->seen.crypto_policy = d->policy_name;
	return 0;
}

/* ---- the checks ---- */

static int run_checks(struct diagnosing *d)
{
	const struct facts_link *bond = bond_of(d);
	const struct policy_bond *policy = policy_of(d);
	char *names[] = { (char *)d->options->conn };
	struct policy_bond own;
	int r;

	if (!bond)
		return 0;
	d->seen.bond = bond->name;
	d->seen.findings = &d->findings;
	if (policy && streq(policy->name, bond->name))
		return checks_run(d->facts, policy, &d->findings);
	r = policy_bond_init(bond->name, &own);
	if (r < 0)
		return r;
	own.conns = names;
	own.n_conns = 1;
	r = checks_run(d->facts, &own, &d->findings);
	own.conns = NULL;
	own.n_conns = 0;
	policy_bond_done(&own);
	return r;
}

/* ---- all of it ---- */

static int gather(struct diagnosing *d)
{
	int r;

	tell(d, "looking at the host");
	r = counters_before(d);
	if (r >= 0)
		r = look_and_ask(d);
	if (r >= 0)
		r = diagnosis_read_conn(&d->seen);
	if (r >= 0)
		r = read_rules(d);
	if (r >= 0)
		r = bring_up(d);
	if (r < 0)
		return r;
	measure_path(d);
	r = count_traffic(d);
	ask_whether_there(d);
	counters_after(d);
	if (r >= 0)
		r = read_policy_name(d);
	return r < 0 ? r : run_checks(d);
}

int diagnoser_run(const struct diagnoser_options *options, struct diagnosis *ret,
		  char **ret_summary)
{
	struct diagnosing d = {
		.options = options,
		.ipsec = options->ipsec,
		.seen = { .conn = options->conn, .is_root = geteuid() == 0 },
	};
	struct diagnosis diagnosis = DIAGNOSIS_NULL;
	int r;

	if (d.ipsec.limit_usec == 0)
		d.ipsec.limit_usec = ASK_USEC;
	d.ipsec.patience = &d.patience;
	r = gather(&d);
	if (*d.patience.first) {
		d.seen.hung = d.patience.first;
		d.seen.hung_usec = d.patience.first_usec;
	}
	if (r >= 0)
		r = diagnosis_make(&d.seen, &diagnosis);
	if (r >= 0)
		r = diagnosis_summary(&diagnosis, options->conn, ret_summary);
	done(&d);
	if (r < 0) {
		diagnosis_done(&diagnosis);
		return r;
	}
	*ret = diagnosis;
	return 0;
}
