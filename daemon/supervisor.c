/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervisor.h"

#include <linux/if_link.h>
#include <stdio.h>
#include <time.h>

#include "log.h"
#include "names.h"
#include "supervisor-private.h"

/* After SAs went: pluto takes several away together. */
#define RECOUNT_USEC UINT64_C(1000000)

/*
 * A failover is waited for to be on disk, and put into the journal, this long after it was
 * signalled and written: the bus passes the signal on in less, and on a small host has the same
 * processors as journald and we.
 */
#define RECORD_USEC UINT64_C(20000)

/* A tunnel that does not come back is tried this often in a row; then whenever there is a look. */
#define MAX_NOT_REPAIRED 5

const char *bond_state_name(enum bond_state state)
{
	switch (state) {
	case BOND_WAITING:
		return "waiting";
	case BOND_BLOCKED:
		return "blocked";
	case BOND_APPLYING:
		return "applying";
	case BOND_CONFIGURED:
		return "configured";
	case BOND_FAILED:
		return "failed";
	}
	return "waiting";
}

uint64_t supervisor_clock_usec(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void supervisor_changed(struct supervisor *s, unsigned int what)
{
	if (what)
		s->ops->changed(s->userdata, s, what);
}

static void set_proof(struct supervisor *s, const struct proof *proof)
{
	bool same = s->proof.verdict == proof->verdict && s->proof.ratio == proof->ratio &&
		    streq(s->proof.reason, proof->reason);

	s->proof = *proof;
	if (!same)
		supervisor_changed(s, SUPERVISOR_VERDICT);
}

/* What was proven was about another configuration; an application ends with a proof anyway. */
static void configuration_changed(struct supervisor *s)
{
	const struct proof none = { .reason = "it is being applied" };

	if (s->state == BOND_APPLYING)
		set_proof(s, &none);
	else
		supervisor_prove_anew(s);
}

void supervisor_set_state(struct supervisor *s, enum bond_state state, const char *reason)
{
	const struct log_field fields[] = { { LOG_FIELD_BOND, s->name },
					    { LOG_FIELD_STATE, bond_state_name(state) } };
	bool left = s->state == BOND_CONFIGURED && state != BOND_CONFIGURED;
	char *copy;

	if (s->state == state && streq_ptr(s->reason, reason))
		return;
	copy = strdup(reason);
	if (!copy)
		return;
	free(s->reason);
	s->reason = copy;
	s->state = state;
	log_event(state == BOND_BLOCKED || state == BOND_FAILED ? LOG_WARNING : LOG_INFO,
		  MESSAGE_STATE, fields, ARRAY_SIZE(fields), "%s: %s%s%s", s->name,
		  bond_state_name(state), *reason ? ": " : "", reason);
	supervisor_changed(s, SUPERVISOR_STATE);
	if (left)
		configuration_changed(s);
}

bool supervisor_open_proof(struct supervisor *s, uint64_t grace_usec)
{
	int r;

	if (!s->policy || s->n_conns == 0 || s->blind)
		return false;
	s->unproven = false;
	/*
	 * While steps are taken a conn may be without its SAs for a moment: a ping would have pluto
	 * bring them up on demand, here or at the peer, across what the step brings up.
	 */
	r = prover_start(s->prover, &s->policy->proof, s->state != BOND_APPLYING, grace_usec);
	if (r < 0)
		log_warning("%s: Cannot open a proof: %s", s->name, strerror(-r));
	return r >= 0;
}

/* ---- the bond and its ports ---- */

/* Nothing is known of it now, so that what was stands, until the worker has looked. */
static void feature_unseen(struct supervisor *s, int error)
{
	bool again = s->feature_unseen;

	log_debug("%s: Cannot read %s: %s", s->name, FEATURE_ESP_HW_OFFLOAD, strerror(-error));
	s->feature_unseen = true;
	if (!again)
		s->ops->wants_look(s->userdata, s, "the bond's feature bit could not be read");
}

static void look_at_feature(struct supervisor *s)
{
	enum facts_feature feature = FACTS_FEATURE_UNKNOWN;
	int r = 0;
	bool on;

	if (s->ifindex != FACTS_NO_LINK)
		r = ethtool_get_feature(s->ethtool, s->name, FEATURE_ESP_HW_OFFLOAD, &feature);
	if (r < 0 && r != -ENODEV && r != -EOPNOTSUPP) {
		feature_unseen(s, r);
		return;
	}
	s->feature_unseen = false;
	on = facts_feature_is_on(feature);
	if (on == s->feature_on)
		return;
	s->feature_on = on;
	if (s->ifindex != FACTS_NO_LINK)
		log_notice("%s: %s is %s now", s->name, FEATURE_ESP_HW_OFFLOAD, on ? "on" : "off");
	supervisor_changed(s, SUPERVISOR_FEATURE);
	/* Off, what the bond sends is the CPU's at once. */
	configuration_changed(s);
	s->ops->wants_look(s->userdata, s, "the bond's feature bit has changed");
}

void supervisor_reread_feature(struct supervisor *s)
{
	if (s->feature_unseen)
		look_at_feature(s);
}

static void log_failover(const struct supervisor *s, const struct failover *f)
{
	const struct log_field fields[] = { { LOG_FIELD_BOND, s->name },
					    { LOG_FIELD_PORT, f->to } };

	log_event(LOG_NOTICE, MESSAGE_FAILOVER, fields, ARRAY_SIZE(fields),
		  "%s: failover from %s to %s (%s)", s->name, f->from, f->to,
		  failover_cause_name(f->cause));
}

static void record_at(struct supervisor *s, uint64_t usec)
{
	(void)sd_event_source_set_time(s->record, usec);
	(void)sd_event_source_set_enabled(s->record, SD_EVENT_ONESHOT);
}

static void record_failovers(struct supervisor *s)
{
	int r = follower_sync(s->follower);

	if (r < 0)
		log_warning("%s: Cannot keep the failover on disk: %s", s->name, strerror(-r));
	else if (failover_log_due_usec(s->failovers) != UINT64_MAX)
		record_at(s, failover_log_due_usec(s->failovers));
	while (s->n_in_journal < failover_log_count(s->failovers)) {
		const struct failover *f = failover_log_get(s->failovers, ++s->n_in_journal);

		if (f)
			log_failover(s, f);
	}
}

static int on_record(sd_event_source *source _unused_, uint64_t usec _unused_, void *userdata)
{
	record_failovers(userdata);
	return 0;
}

/* Those that come meanwhile go with the first, unless it waits for its turn at the disk. */
static void record_failovers_soon(struct supervisor *s)
{
	uint64_t soon = supervisor_clock_usec(CLOCK_MONOTONIC) + RECORD_USEC, at = UINT64_MAX;
	int enabled = SD_EVENT_OFF;

	(void)sd_event_source_get_enabled(s->record, &enabled);
	(void)sd_event_source_get_time(s->record, &at);
	if (enabled == SD_EVENT_OFF || at > soon)
		record_at(s, soon);
}

static void tell_failover(struct supervisor *s, struct failover *f)
{
	s->ops->failed_over(s->userdata, s, f);
	follower_keep(s->follower, f);
	record_failovers_soon(s);
	/* An SA that was made or rekeyed while no port was active may be lost. */
	if (!f->outage_known || f->outage_usec > 0)
		s->ops->wants_look(s->userdata, s, "the bond has an active port again");
}

static void log_outage(const struct supervisor *s)
{
	const struct log_field fields[] = { { LOG_FIELD_BOND, s->name },
					    { LOG_FIELD_PORT, s->active } };

	log_event(LOG_WARNING, MESSAGE_OUTAGE, fields, ARRAY_SIZE(fields),
		  "%s: no active port any more, the last one was %s", s->name, s->active);
}

/*
 * Takes in where the bond stands now. Return: the bits that changed; @ret_anew: it works through
 * another port, or was without one, and does not only have one of another name.
 */
static unsigned int see_active_port(struct supervisor *s, const struct facts_link *bond,
				    const struct links_change *change, bool *ret_anew)
{
	bool chosen = change->event == IFLA_EVENT_BONDING_FAILOVER;
	const struct facts_link *port = follower_active(s->links, bond);
	const char *active = port ? port->name : "";
	int index = port ? port->ifindex : FACTS_NO_LINK;
	unsigned int what = 0;
	struct failover f;

	/* Chosen anew, the same port has got the SAs anew (bond_change_active_slave()). */
	*ret_anew = s->active_index != index || chosen;
	s->active_index = index;
	if (follower_see(s->follower, s->links, bond, change->reconstructed, chosen, &f) > 0) {
		tell_failover(s, &f);
		what |= SUPERVISOR_FAILOVERS;
		*ret_anew = true;
	}
	if (!streq(s->active, active)) {
		if (!*active)
			log_outage(s);
		snprintf(s->active, sizeof(s->active), "%s", active);
		what |= SUPERVISOR_ACTIVE;
	}
	return what;
}

/* What is proven is the verdict on the failover that waits for one; its words go into @proof. */
static void prove_failover(struct supervisor *s, struct proof *proof,
			   const struct failover_sas *sas)
{
	int r = follower_prove(s->follower, proof, sas);

	if (r < 0)
		log_warning("%s: Cannot keep the verdict on disk: %s", s->name, strerror(-r));
	if (r != 0)
		supervisor_changed(s, SUPERVISOR_FAILOVERS);
}

static void recount_soon(struct supervisor *s)
{
	int enabled = SD_EVENT_OFF;

	(void)sd_event_source_get_enabled(s->recount, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	(void)sd_event_source_set_time(s->recount,
				       supervisor_clock_usec(CLOCK_MONOTONIC) + RECOUNT_USEC);
	(void)sd_event_source_set_enabled(s->recount, SD_EVENT_ONESHOT);
}

static bool is_failover_unsettled(const struct supervisor *s)
{
	return failover_log_is_open(s->failovers) && !prover_is_open(s->prover) && *s->active;
}

void supervisor_settle_failover(struct supervisor *s)
{
	if (!is_failover_unsettled(s) || !s->looked)
		return;
	if (s->n_conns > 0)
		supervisor_prove_anew(s);
	else
		recount_soon(s); /* in a burst not each time */
}

/* Return: true when there is no conn to be proven. */
static bool settle_without_conns(struct supervisor *s)
{
	struct proof none = { .reason = "no conn of the policy is known" };
	const struct failover_sas unknown = { 0 };

	if (s->n_conns > 0)
		return false;
	if (s->looked && is_failover_unsettled(s)) {
		prove_failover(s, &none, &unknown);
		set_proof(s, &none);
	}
	return true;
}

/* The verdict was about another port or configuration: it says nothing about this one. */
void supervisor_prove_anew(struct supervisor *s)
{
	static const struct proof none = { .reason = "not proven yet" },
				  no_port = { .reason = "the bond has no active port" },
				  open = { .reason = "the proof is under way" };

	if (s->blind) {
		prover_stop(s->prover);
		set_proof(s, &SUPERVISOR_BLIND);
	} else if (!*s->active) {
		prover_stop(s->prover);
		set_proof(s, &no_port);
	} else {
		set_proof(s, supervisor_open_proof(s, PROVER_GRACE_USEC) ? &open : &none);
		if (s->n_conns == 0)
			supervisor_settle_failover(s);
	}
	supervisor_verify_anew(s);
}

void supervisor_followed(struct supervisor *s, bool followed)
{
	if (s->blind == !followed)
		return;
	s->blind = !followed;
	supervisor_prove_anew(s);
}

static void bond_changed(struct supervisor *s, const struct links_change *change)
{
	const struct facts_link *before = change->before, *now = change->now;
	bool came, went, anew;
	unsigned int what;

	if (now && !facts_is_bond(now))
		now = NULL;
	came = now && s->ifindex != now->ifindex;
	/* Unless another has its name already: then one that had it before has lost it just now. */
	went = !now && s->ifindex != FACTS_NO_LINK && before && before->ifindex == s->ifindex;
	if (!now && !went)
		return;

	s->ifindex = now ? now->ifindex : FACTS_NO_LINK;
	what = see_active_port(s, now, change, &anew);
	if (now && s->mode != now->bond.mode) {
		s->mode = now->bond.mode;
		what |= SUPERVISOR_MODE;
	}
	if (came || went)
		what |= SUPERVISOR_PROFILE | SUPERVISOR_PORTS;
	supervisor_changed(s, what);
	if (anew)
		supervisor_prove_anew(s);

	/* What told of features may be among what was lost. */
	if (came || went || change->event == IFLA_EVENT_FEATURES || change->reconstructed ||
	    what & SUPERVISOR_MODE)
		look_at_feature(s);
	if (came || went)
		s->ops->wants_look(s->userdata, s, came ? "the bond is there" : "the bond is gone");
	else if (what & SUPERVISOR_MODE)
		s->ops->wants_look(s->userdata, s, "the bond's mode has changed");
	else if (before && before->up != now->up)
		s->ops->wants_look(s->userdata, s, "the bond was set up or down");
}

static bool is_port_of(const struct supervisor *s, const struct facts_link *l)
{
	return l && s->ifindex != FACTS_NO_LINK && l->master == s->ifindex;
}

static void log_port(const struct supervisor *s, const char *port, const char *what)
{
	const struct log_field fields[] = { { LOG_FIELD_BOND, s->name }, { LOG_FIELD_PORT, port } };

	log_event(LOG_NOTICE, NULL, fields, ARRAY_SIZE(fields), "%s: port %s %s", s->name, port,
		  what);
}

/* The bond has no message for that. */
static void port_renamed(struct supervisor *s, const struct links_change *change)
{
	const struct facts_link *bond = links_by_index(s->links, s->ifindex);
	bool anew;

	supervisor_changed(s, SUPERVISOR_PORTS | see_active_port(s, bond, change, &anew));
	if (anew)
		supervisor_prove_anew(s);
}

static void port_changed(struct supervisor *s, const struct links_change *change)
{
	bool was = is_port_of(s, change->before), is = is_port_of(s, change->now);

	if (!was && !is)
		return;
	if (is)
		follower_see_port(s->follower, change->before, change->now);
	if (was != is) {
		log_port(s, is ? change->now->name : change->before->name,
			 is ? "was added" : "was removed");
		supervisor_changed(s, SUPERVISOR_PORTS);
		s->ops->wants_look(s->userdata, s, is ? "a port was added" : "a port was removed");
		return;
	}
	if (change->event == IFLA_EVENT_FEATURES)
		s->ops->wants_look(s->userdata, s, "a port's features have changed");
	if (!streq(change->before->name, change->now->name))
		port_renamed(s, change);
	if (change->before->carrier != change->now->carrier ||
	    change->before->up != change->now->up ||
	    change->before->port.active != change->now->port.active ||
	    change->before->port.mii_up != change->now->port.mii_up)
		supervisor_changed(s, SUPERVISOR_PORTS);
}

void supervisor_link_changed(struct supervisor *s, const struct links_change *change)
{
	bool named = (change->before && streq(change->before->name, s->name)) ||
		     (change->now && streq(change->now->name, s->name));

	if (named) {
		struct links_change renamed = *change;

		if (change->now && !streq(change->now->name, s->name))
			renamed.now = NULL;
		bond_changed(s, &renamed);
	} else {
		port_changed(s, change);
	}
}

void supervisor_attach(struct supervisor *s, const struct links *links)
{
	const struct facts_link *bond = links_by_name(links, s->name);
	const struct links_change change = { .now = bond };
	bool anew;

	s->links = links;
	if (bond)
		bond_changed(s, &change);
	else
		(void)see_active_port(s, NULL, &change, &anew);
}

/*
 * Whether the hardware does the work matters once it should, always to who only looks, and where
 * something was proven before, or nothing is changed any more: what is shown is to be true.
 */
bool supervisor_is_to_be_proved(const struct supervisor *s)
{
	bool stays = s->held != BOND_NOT_HELD || s->proof.verdict != VERDICT_UNKNOWN ||
		     (s->policy && s->policy->manage == POLICY_MONITOR);

	switch (s->state) {
	case BOND_CONFIGURED:
		return true;
	case BOND_WAITING:
	case BOND_FAILED:
		return stays && *s->active;
	case BOND_BLOCKED:
		return *s->active;
	case BOND_APPLYING:
		break;
	}
	return false;
}

static bool is_end_of_a_conn(const struct supervisor *s, const struct facts_ip *ip)
{
	for (size_t i = 0; i < s->n_conns; i++)
		if (!ip || facts_ip_equal(ip, &s->conns[i].local) ||
		    facts_ip_equal(ip, &s->conns[i].remote))
			return true;
	return false;
}

void supervisor_sa_added(struct supervisor *s, const struct facts_ip *destination)
{
	if (!supervisor_is_to_be_proved(s) || !is_end_of_a_conn(s, destination))
		return;
	if (!prover_is_open(s->prover))
		(void)supervisor_open_proof(s, PROVER_GRACE_USEC);
	else if (prover_is_held(s->prover))
		s->unproven = true;
}

/*
 * How many there are before a failover is in its record, and must not be counted during it. While
 * SAs are rekeyed there are old ones and new ones, and what was proven then may rest upon the old
 * ones alone: software though the new ones are offloaded, or the other way round. Once there are
 * fewer, those that are left are proven.
 */
static int on_recount(sd_event_source *source _unused_, uint64_t usec _unused_, void *userdata)
{
	const struct proof none = { .reason = "the kernel has no SA of the conns" };
	struct supervisor *s = userdata;
	struct sampler_traffic traffic;
	struct sampler_view view;
	bool fewer;

	/* An open proof counts them at its end, unless that is behind it. */
	if (prover_is_held(s->prover))
		recount_soon(s);
	if (prover_is_open(s->prover) || settle_without_conns(s))
		return 0;
	supervisor_view(s, &view);
	if (sampler_traffic(&view, &traffic) < 0)
		return 0;
	fewer = follower_count_sas(s->follower, traffic.n_sas);
	/* The next one that comes opens a proof. */
	if (traffic.n_sas == 0)
		set_proof(s, &none);
	else if (fewer && *s->active && supervisor_is_to_be_proved(s))
		(void)supervisor_open_proof(s, PROVER_GRACE_USEC);
	return 0;
}

/* A gateway's own address is an end of its neighbours' SAs as well. */
static bool is_between_ends(const struct supervisor *s, const struct facts_ip *a,
			    const struct facts_ip *b)
{
	for (size_t i = 0; i < s->n_conns; i++) {
		const struct conn_ends *c = &s->conns[i];
		bool any = c->remote.family == 0;

		if ((facts_ip_equal(a, &c->local) && (any || facts_ip_equal(b, &c->remote))) ||
		    (facts_ip_equal(b, &c->local) && (any || facts_ip_equal(a, &c->remote))))
			return true;
	}
	return false;
}

/* @source: NULL: it is not known */
static void lose_sa(struct supervisor *s, const struct facts_ip *source,
		    const struct facts_ip *destination)
{
	if (!is_end_of_a_conn(s, destination))
		return;
	if (!destination)
		follower_lose_sas(s->follower, UINT64_MAX);
	else if (!source || is_between_ends(s, source, destination))
		follower_lose_sas(s->follower, 1);
	recount_soon(s);
}

void supervisor_sa_removed(struct supervisor *s, const struct facts_ip *destination)
{
	lose_sa(s, NULL, destination);
}

void supervisor_sa_told(struct supervisor *s, const struct xfrm_message *message)
{
	if (!message) { /* whose they were nobody knows */
		sa_book_forget(s->book);
		supervisor_sa_added(s, NULL);
		supervisor_sa_removed(s, NULL);
		return;
	}
	sa_book_take(s->book, message);
	switch (message->change) {
	case XFRM_ADDED:
	case XFRM_UPDATED:
		supervisor_sa_added(s, &message->destination);
		break;
	case XFRM_DELETED:
	case XFRM_EXPIRED_HARD:
		lose_sa(s, message->source.family ? &message->source : NULL, &message->destination);
		break;
	case XFRM_FLUSHED:
		supervisor_sa_removed(s, NULL);
		break;
	case XFRM_MIGRATED:
		supervisor_sa_added(s, NULL);
		break;
	case XFRM_EXPIRED_SOFT:
		break;
	}
}

/* ---- the proof ---- */

void supervisor_view(const struct supervisor *s, struct sampler_view *ret)
{
	bool told = s->ops->catch_up && s->ops->catch_up(s->userdata);
	const struct facts_link *bond = links_by_index(s->links, s->ifindex);

	*ret = (struct sampler_view){
		.bond = s->ifindex,
		.active = follower_active(s->links, bond),
		.switches = follower_switches(s->follower),
		.conns = s->conns,
		.n_conns = s->n_conns,
		.book = told ? s->book : NULL,
	};
}

static void prover_view(void *userdata, struct sampler_view *ret)
{
	supervisor_view(userdata, ret);
}

static void log_verdict(const struct supervisor *s, const struct proof *proof)
{
	const struct log_field fields[] = { { LOG_FIELD_BOND, s->name },
					    { LOG_FIELD_PORT, s->active },
					    { LOG_FIELD_VERDICT, verdict_name(proof->verdict) } };
	bool bad = proof->verdict == VERDICT_SOFTWARE || proof->verdict == VERDICT_PARTIAL;
	char idle[48] = "";

	if (proof->n_idle > 0)
		snprintf(idle, sizeof(idle), " (%llu SA%s idle)", (unsigned long long)proof->n_idle,
			 proof->n_idle == 1 ? "" : "s");
	log_event(bad ? LOG_WARNING : LOG_INFO, MESSAGE_VERDICT, fields, ARRAY_SIZE(fields),
		  "%s: %s on %s: transmitted %llu of %llu and received %llu of %llu packets "
		  "through the hardware%s%s%s",
		  s->name, verdict_name(proof->verdict), *s->active ? s->active : "no port",
		  (unsigned long long)proof->tx.hardware, (unsigned long long)proof->tx.packets,
		  (unsigned long long)proof->rx.hardware, (unsigned long long)proof->rx.packets,
		  idle, *proof->reason ? ": " : "", proof->reason);
}

void supervisor_set_verdict(struct supervisor *s, const struct proof *proof)
{
	log_verdict(s, proof);
	set_proof(s, proof);
}

static void prover_done(void *userdata, const struct prover_outcome *outcome)
{
	struct proof proof = outcome->proof;
	struct supervisor *s = userdata;

	prove_failover(s, &proof, &outcome->sas);
	/* Pluto may believe in some: whoever takes a bond down takes its SAs, and tells nobody. */
	if (outcome->sas.known && outcome->sas.n == 0 && s->n_conns > 0 &&
	    s->n_not_repaired < MAX_NOT_REPAIRED)
		s->ops->wants_look(s->userdata, s, "the kernel has no SA of the conns");
	supervisor_set_verdict(s, &proof);
	s->ops->proved(s->userdata, s, outcome, false);
	if (s->unproven && supervisor_is_to_be_proved(s))
		(void)supervisor_open_proof(s, PROVER_GRACE_USEC);
}

static const struct prover_ops prover_ops = {
	.view = prover_view,
	.done = prover_done,
};

/* ---- life ---- */

int supervisor_new(sd_event *event, struct ethtool *ethtool, const struct policy_bond *policy,
		   const char *state_dir, const char *opener, const struct supervisor_ops *ops,
		   void *userdata, struct supervisor **ret)
{
	_cleanup_(supervisor_freep) struct supervisor *s = NULL;
	int r;

	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->ethtool = ethtool;
	s->policy = policy;
	s->ops = ops;
	s->userdata = userdata;
	s->name = strdup(policy->name);
	s->reason = strdup("not looked at yet");
	s->proof = (struct proof){ .reason = "not proven yet" };
	if (!s->name || !s->reason)
		return -ENOMEM;

	r = sa_book_new(&s->book);
	if (r >= 0)
		r = follower_new(s->name, state_dir, &s->follower);
	if (r < 0)
		return r;
	s->failovers = follower_log(s->follower);
	s->n_in_journal = failover_log_count(s->failovers);
	r = prover_new(event, ethtool, opener, &prover_ops, s, &s->prover);
	if (r >= 0)
		r = supervisor_add_verifier(s, event, opener);
	if (r >= 0)
		r = supervisor_add_repair(s, event);
	if (r >= 0)
		r = supervisor_remember(s, state_dir);
	if (r >= 0)
		r = sd_event_add_time(event, &s->recount, CLOCK_MONOTONIC, UINT64_MAX, 0,
				      on_recount, s);
	if (r >= 0)
		r = sd_event_source_set_enabled(s->recount, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(event, &s->record, CLOCK_MONOTONIC, UINT64_MAX,
				      RECORD_USEC / 4, on_record, s);
	if (r >= 0)
		r = sd_event_source_set_enabled(s->record, SD_EVENT_OFF);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(s);
	return 0;
}

struct supervisor *supervisor_free(struct supervisor *s)
{
	if (!s)
		return NULL;
	if (s->failovers && s->n_in_journal < failover_log_count(s->failovers))
		record_failovers(s);
	prover_free(s->prover);
	prover_free(s->verifier);
	follower_free(s->follower);
	supervisor_free_conns(s);
	sa_book_free(s->book);
	sd_event_source_unref(s->repair);
	sd_event_source_unref(s->recount);
	sd_event_source_unref(s->record);
	json_decref(s->findings);
	json_decref(s->plan);
	json_decref(s->interruptions);
	free(s->revert_path);
	free(s->libreswan);
	free(s->remark);
	free(s->left);
	free(s->profile_uuid);
	free(s->profile_path);
	free(s->device_path);
	free(s->reason);
	free(s->name);
	free(s);
	return NULL;
}
