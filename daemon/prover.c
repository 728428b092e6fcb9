/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prover.h"

#include <stdio.h>
#include <time.h>

#include "log.h"
#include "probe.h"

/* Packets in a direction before it has a say; at the end of the time one must do. */
#define MIN_PACKETS 3

/* An answer that takes longer is none that is waited for. */
#define ANSWERS_USEC UINT64_C(3000000)

/* The first look at a window, and the longest time between two. */
#define FIRST_LOOK_USEC UINT64_C(300000)
#define LAST_LOOK_USEC  UINT64_C(4000000)

/*
 * A verdict is held back so long: bonding takes the SAs from the old port before it tells of the
 * switch, and a sample may have been taken in between. A switch that is told meanwhile begins the
 * proof anew.
 */
#define HOLD_USEC UINT64_C(50000)

struct prover {
	sd_event *event;
	struct ethtool *ethtool;
	const char *opener;
	const struct prover_ops *ops;
	void *userdata;

	sd_event_source *timer;
	bool open;
	struct policy_proof policy;
	bool asked_to_probe;
	struct probe *probe;
	struct probe *rested; /* that of the last proof, which was answered */
	struct facts_ip rested_address;
	unsigned int to_send; /* as soon as the probe is ready */
	int ping_error; /* what kept the last ping from being sent; 0: nothing, or no answer */
	uint16_t next_seq;

	uint64_t started_usec;
	uint64_t deadline_usec;
	uint64_t look_usec; /* time to the next look */

	bool have_from;
	uint64_t window_usec;        /* when the window began */
	unsigned int sent, answered; /* pings of earlier windows */
	struct proof_sample from;
	bool doubted; /* a first window said less than offloaded; this is the second */
	struct proof doubt;
	bool stands; /* the outcome is only held back */
	struct prover_outcome outcome;
};

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int arm_at(struct prover *p, uint64_t at)
{
	int r = sd_event_source_set_time(p->timer, at);

	if (r < 0)
		return r;
	return sd_event_source_set_enabled(p->timer, SD_EVENT_ONESHOT);
}

static int arm(struct prover *p, uint64_t in_usec)
{
	uint64_t at = now_usec() + in_usec;

	if (at > p->deadline_usec && now_usec() < p->deadline_usec)
		at = p->deadline_usec;
	return arm_at(p, at);
}

static void finish(struct prover *p)
{
	struct prover_outcome outcome = p->outcome;

	outcome.elapsed_usec = now_usec() - p->started_usec;
	prover_stop(p);
	p->ops->done(p->userdata, &outcome);
}

static bool wants_probe(const struct prover *p)
{
	return p->asked_to_probe && p->policy.probe_address.family != 0;
}

/* That nothing could be pinged is no word on the tunnel, nor on the hardware. */
static void tell_of_no_pings(const struct prover *p, struct proof *proof)
{
	size_t len = strlen(proof->reason);

	if (proof->verdict == VERDICT_UNKNOWN && wants_probe(p) && p->outcome.probes_sent == 0)
		snprintf(proof->reason + len, sizeof(proof->reason) - len,
			 "%sno ping could be sent: %s", len ? "; " : "",
			 p->ping_error < 0 ? strerror(-p->ping_error)
					   : "the socket for it did not come in time");
}

static int hold(struct prover *p, const struct proof *proof)
{
	p->outcome.proof = *proof;
	tell_of_no_pings(p, &p->outcome.proof);
	p->stands = true;
	return arm_at(p, now_usec() + HOLD_USEC);
}

static void note_no_ping(struct prover *p, int error)
{
	p->ping_error = error;
	log_debug("Cannot ping: %s", strerror(-error));
}

/*
 * A socket that was good for the last proof is for this one: nobody has to be started who opens
 * another, and a failover is proven sooner. One that brought no answer is not kept.
 */
static void rest_probe(struct prover *p)
{
	if (p->outcome.probes_answered > 0 && probe_fd(p->probe) >= 0) {
		probe_close(p->rested);
		p->rested = TAKE_PTR(p->probe);
		p->rested_address = p->policy.probe_address;
	}
	p->probe = probe_close(p->probe);
}

/* Return: whether there was one, to that address */
static bool wake_probe(struct prover *p)
{
	struct probe *probe = TAKE_PTR(p->rested);

	if (!probe)
		return false;
	if (!facts_ip_equal(&p->rested_address, &p->policy.probe_address) ||
	    probe_renew(probe) < 0) {
		probe_close(probe);
		return false;
	}
	p->probe = probe;
	return true;
}

/* Real traffic may do as well as pings: the verdict says unknown if it does not. */
static void open_probe(struct prover *p)
{
	const struct facts_ip *address = &p->policy.probe_address;
	int r;

	if (wake_probe(p))
		return;
	if (p->opener)
		r = probe_ask(p->opener, address, &p->probe);
	else
		r = probe_open(address, NULL, &p->probe);
	if (r < 0)
		note_no_ping(p, r);
}

/* Who opens the sockets may have been too slow, or away: it is asked once at each look. */
static void send_probes(struct prover *p)
{
	int r;

	if (p->to_send == 0)
		return;
	if (!p->probe)
		open_probe(p);
	if (!p->probe)
		return;
	r = probe_ready(p->probe);
	if (r == 0)
		return;
	if (r < 0) {
		note_no_ping(p, r);
		p->probe = probe_close(p->probe);
		return;
	}
	for (; p->to_send > 0; p->to_send--) {
		r = probe_send(p->probe, p->next_seq++);
		if (r < 0)
			note_no_ping(p, r);
		else
			p->outcome.probes_sent++;
	}
}

static void count_answers(struct prover *p)
{
	int n;

	if (!p->probe || probe_ready(p->probe) <= 0)
		return;
	n = probe_read(p->probe);
	if (n > 0)
		p->outcome.probes_answered += (unsigned int)n;
}

/* A new window begins with this sample, which becomes the prover's. */
static void begin_window(struct prover *p, struct proof_sample *sample)
{
	proof_sample_done(&p->from);
	p->from = *sample;
	*sample = PROOF_SAMPLE_NULL;
	p->have_from = true;
	p->window_usec = now_usec();
	p->sent = p->outcome.probes_sent;
	p->answered = p->outcome.probes_answered;
	p->look_usec = FIRST_LOOK_USEC;
	p->to_send = wants_probe(p) ? p->policy.probe_count : 0;
	send_probes(p);
}

/*
 * Pings were sent, and one direction has no say yet: their answers are under way, and a verdict
 * from half of the truth would be early rather than right.
 */
static bool is_one_sided(const struct prover *p, const struct proof *proof)
{
	bool waits = p->outcome.probes_sent - p->sent > p->outcome.probes_answered - p->answered;

	return waits && now_usec() - p->window_usec < ANSWERS_USEC &&
	       (proof->tx.packets < MIN_PACKETS || proof->rx.packets < MIN_PACKETS);
}

/*
 * What a window says, weighed: hardware that does the work is believed at once. Less than that may
 * be packets under way while the samples were taken, or SAs that were still being moved, so a
 * second window has to agree.
 *
 * Return: true when the verdict stands.
 */
static bool weigh(struct prover *p, const struct proof *proof, struct proof_sample *sample)
{
	if (proof->verdict == VERDICT_UNKNOWN || is_one_sided(p, proof))
		return false;
	if (proof->verdict == VERDICT_OFFLOADED)
		return true;
	if (p->doubted)
		return true;

	p->doubted = true;
	p->doubt = *proof;
	begin_window(p, sample);
	return false;
}

/*
 * Beside neighbours that carry much there have to be more packets in a window than go while the
 * counters are read: pings are sent again, as many at a time as the policy says.
 */
static void add_pings(struct prover *p)
{
	p->to_send = p->policy.probe_count;
	send_probes(p);
}

static int look(struct prover *p)
{
	_cleanup_(proof_sample_done) struct proof_sample sample = PROOF_SAMPLE_NULL;
	bool last = now_usec() >= p->deadline_usec;
	struct sampler_view view = { 0 };
	struct proof proof = { 0 };
	int r;

	send_probes(p);
	count_answers(p);
	p->ops->view(p->userdata, &view);
	r = sampler_take(p->ethtool, &view, &sample);
	p->outcome.sas = (struct failover_sas){
		.known = r >= 0,
		.n = sample.n_sas,
		.n_offloaded = proof_sample_n_offloaded(&sample),
		.n_of_conns = proof_sample_n_of_conns(&sample),
	};
	if (r < 0) {
		if (!last)
			return arm(p, LAST_LOOK_USEC);
		snprintf(proof.reason, sizeof(proof.reason), "%s",
			 "the counters or the SAs could not be read");
		p->outcome.proof = proof;
		p->outcome.error = r;
		finish(p);
		return 0;
	}

	if (!p->have_from) {
		begin_window(p, &sample);
		return arm(p, p->look_usec);
	}

	proof_judge(&p->from, &sample, p->policy.ratio, last ? 1 : MIN_PACKETS, &proof);
	sampler_name_conns(&view, &proof);
	if (last || weigh(p, &proof, &sample))
		return hold(p, proof.verdict == VERDICT_UNKNOWN && p->doubted ? &p->doubt : &proof);
	if (proof.discard) {
		p->doubted = false;
		begin_window(p, &sample);
	} else {
		if (proof.crowded && wants_probe(p))
			add_pings(p);
		if (p->look_usec < LAST_LOOK_USEC)
			p->look_usec *= 2;
	}
	return arm(p, p->look_usec);
}

static int on_timer(sd_event_source *s _unused_, uint64_t usec _unused_, void *userdata)
{
	struct prover *p = userdata;

	if (!p->stands)
		return look(p);
	/* The port had counted them, and they were not here yet. */
	count_answers(p);
	finish(p);
	return 0;
}

int prover_new(sd_event *event, struct ethtool *ethtool, const char *opener,
	       const struct prover_ops *ops, void *userdata, struct prover **ret)
{
	_cleanup_(prover_freep) struct prover *p = NULL;
	int r;

	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->event = sd_event_ref(event);
	p->ethtool = ethtool;
	p->opener = opener;
	p->ops = ops;
	p->userdata = userdata;

	r = sd_event_add_time(event, &p->timer, CLOCK_MONOTONIC, UINT64_MAX, 10000, on_timer, p);
	if (r < 0)
		return r;
	r = sd_event_source_set_enabled(p->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(p);
	return 0;
}

struct prover *prover_free(struct prover *p)
{
	if (!p)
		return NULL;
	if (p->timer)
		prover_stop(p);
	probe_close(p->rested);
	sd_event_source_unref(p->timer);
	sd_event_unref(p->event);
	free(p);
	return NULL;
}

int prover_start(struct prover *p, const struct policy_proof *policy, bool probe,
		 uint64_t grace_usec)
{
	prover_stop(p);
	p->policy = *policy;
	p->asked_to_probe = probe;
	p->to_send = 0;
	p->ping_error = 0;
	if (wants_probe(p))
		open_probe(p);
	else if (policy->probe_address.family == 0)
		p->rested = probe_close(p->rested);
	p->outcome = (struct prover_outcome){ 0 };
	p->started_usec = now_usec();
	p->deadline_usec = p->started_usec + grace_usec + policy->within_usec;
	p->open = true;
	return arm(p, grace_usec);
}

bool prover_restart(struct prover *p, uint64_t grace_usec)
{
	const struct policy_proof policy = p->policy;

	return p->open && prover_start(p, &policy, p->asked_to_probe, grace_usec) >= 0;
}

uint64_t prover_left_usec(const struct prover *p)
{
	uint64_t now = now_usec();

	return p->open && p->deadline_usec > now ? p->deadline_usec - now : 0;
}

/* What was to be the last look is then one of many. */
void prover_extend(struct prover *p, uint64_t within_usec, uint64_t most_usec)
{
	uint64_t until = now_usec() + within_usec;

	if (until > p->started_usec + most_usec)
		until = p->started_usec + most_usec;
	if (p->open && p->deadline_usec < until)
		p->deadline_usec = until;
}

void prover_stop(struct prover *p)
{
	(void)sd_event_source_set_enabled(p->timer, SD_EVENT_OFF);
	proof_sample_done(&p->from);
	if (p->probe)
		rest_probe(p);
	p->have_from = p->doubted = p->stands = p->open = false;
}

bool prover_is_open(const struct prover *p)
{
	return p->open;
}

bool prover_is_held(const struct prover *p)
{
	return p->stands;
}
