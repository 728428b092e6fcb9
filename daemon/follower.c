/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "follower.h"

#include <stdio.h>
#include <systemd/sd-id128.h>
#include <time.h>

#include "hints.h"

/* What the kernel said longer ago than this is none of a switch that nobody saw. */
#define WORDS_USEC UINT64_C(86400000000)

/* Bonding takes its primary port back in the same turn in which it finds its link well. */
#define PRIMARY_USEC UINT64_C(1000000)

struct follower {
	char *bond;
	int primary;           /* ifindex of the bond's primary port, as seen last */
	uint64_t primary_usec; /* monotonic, when that became usable or the primary; 0: never */
	bool begun;
	struct failover_tracker tracker;
	struct failover_log *log;
	struct hints *hints;
	uint64_t switched_usec;  /* monotonic, of the last failover; 0: this process saw none */
	uint64_t seen_usec;      /* realtime, when the bond was seen last, by whatever process */
	uint64_t since_usec;     /* realtime, the last failover was not before this */
	struct failover_sas sas; /* at the end of the last proof */
	uint64_t n_refused;      /* SAs of the conns that the active port was perhaps not given */
	uint64_t n_gone;         /* SAs that went since; each may be one of those */
	bool counts_errors;      /* from the beginning of an outage on */
};

static uint64_t clock_usec(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int open_log(struct follower *f, const char *state_dir)
{
	char boot[FAILOVER_LOG_BOOT_SIZE] = "";
	_cleanup_free_ char *path = NULL;
	sd_id128_t id;

	if (sd_id128_get_boot(&id) >= 0)
		sd_id128_to_string(id, boot);
	if (state_dir && asprintf(&path, "%s/failovers-%s.jsonl", state_dir, f->bond) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return failover_log_open(path, boot, &f->log);
}

int follower_new(const char *bond, const char *state_dir, struct follower **ret)
{
	_cleanup_(follower_freep) struct follower *f = NULL;
	int r;

	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->bond = strdup(bond);
	if (!f->bond)
		return -ENOMEM;
	r = hints_new(&f->hints);
	if (r >= 0)
		r = open_log(f, state_dir);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(f);
	return 0;
}

struct follower *follower_free(struct follower *f)
{
	if (!f)
		return NULL;
	failover_log_free(f->log);
	hints_free(f->hints);
	free(f->bond);
	free(f);
	return NULL;
}

/* Where the bond stood when somebody followed it last is where this one begins. */
static void begin(struct follower *f)
{
	struct failover_log_standing standing;

	f->begun = true;
	f->seen_usec = failover_log_written_usec(f->log);
	if (!failover_log_standing(f->log, &standing))
		return;
	f->tracker.seen = true;
	f->tracker.link_failures = standing.link_failures;
	f->tracker.last_index = standing.ifindex;
	memcpy(f->tracker.last, standing.port, sizeof(f->tracker.last));
}

const struct facts_link *follower_active(const struct links *links, const struct facts_link *bond)
{
	if (!bond || !bond->up || bond->bond.active_port == FACTS_NO_LINK)
		return NULL;
	return links_by_index(links, bond->bond.active_port);
}

static bool is_usable(const struct facts_link *port)
{
	return port->up && port->carrier && port->port.mii_up;
}

void follower_see_port(struct follower *f, const struct facts_link *before,
		       const struct facts_link *now)
{
	if (now->ifindex == f->primary && is_usable(now) &&
	    !(before && before->master == now->master && is_usable(before)))
		f->primary_usec = clock_usec(CLOCK_MONOTONIC);
}

/* Return: true when the bond's primary port became usable, or the primary, just before. */
static bool is_primary_back(struct follower *f, int primary, uint64_t now)
{
	if (f->begun && primary != f->primary)
		f->primary_usec = now;
	f->primary = primary;
	return f->primary_usec && now - f->primary_usec < PRIMARY_USEC;
}

int follower_see(struct follower *f, const struct links *links, const struct facts_link *bond,
		 bool reconstructed, bool chosen, struct failover *ret)
{
	struct failover_sight sight = {
		.monotonic_usec = clock_usec(CLOCK_MONOTONIC),
		.realtime_usec = clock_usec(CLOCK_REALTIME),
		.active = follower_active(links, bond),
		.bond = bond && bond->up ? bond->ifindex : FACTS_NO_LINK,
		.primary = bond ? bond->bond.primary : FACTS_NO_LINK,
		.reconstructed = reconstructed || !f->begun,
		.chosen = chosen,
	};
	bool was_out = f->tracker.out;
	uint64_t since;

	sight.primary_is_back = is_primary_back(f, sight.primary, sight.monotonic_usec);
	if (!f->begun)
		begin(f);
	sight.last = f->tracker.last_index == FACTS_NO_LINK
			     ? links_by_name(links, f->tracker.last)
			     : links_by_index(links, f->tracker.last_index);

	since = f->seen_usec;
	f->seen_usec = sight.realtime_usec;
	if (failover_see(&f->tracker, &sight, ret) > 0) {
		f->switched_usec = sight.monotonic_usec;
		f->since_usec = sight.realtime_usec;
		if (sight.reconstructed && since < sight.realtime_usec &&
		    sight.realtime_usec - since < WORDS_USEC)
			f->since_usec = since;
		ret->sas_before = f->sas;
		f->n_refused = f->n_gone = 0;
		return 1;
	}
	if (f->tracker.out && !was_out) {
		hints_begin(f->hints);
		f->counts_errors = true;
	}
	if (sight.active) {
		struct failover_log_standing standing = {
			.ifindex = f->tracker.last_index,
			.link_failures = f->tracker.link_failures,
		};

		/* Of the time before its first active port there is nothing to tell. */
		f->counts_errors = false;
		memcpy(standing.port, f->tracker.last, sizeof(standing.port));
		/* Where that fails, what is missed is a reconstruction after a restart. */
		(void)failover_log_note(f->log, &standing);
	}
	return 0;
}

void follower_keep(struct follower *f, struct failover *failover)
{
	failover_log_add(f->log, failover);
	/* What cannot be written is said when it is to be on disk. */
	(void)failover_log_write(f->log);
	if (!f->counts_errors)
		hints_begin(f->hints);
	f->counts_errors = false;
}

int follower_sync(struct follower *f)
{
	return failover_log_sync(f->log);
}

/* From the newest failover until now. One of an earlier process is dated by the host's clock. */
static uint64_t elapsed_usec(const struct follower *f)
{
	uint64_t then = failover_log_last(f->log)->realtime_usec;
	uint64_t now = clock_usec(CLOCK_REALTIME);

	if (f->switched_usec)
		return clock_usec(CLOCK_MONOTONIC) - f->switched_usec;
	return now > then ? now - then : 0;
}

/* From when on the kernel may have had words on the newest failover. */
static uint64_t words_since_usec(const struct follower *f)
{
	return f->switched_usec ? f->since_usec : failover_log_last(f->log)->realtime_usec;
}

static void take_hints(struct follower *f, const struct failover_sas *sas,
		       struct failover_evidence *ret)
{
	hints_take(f->hints, f->bond, failover_log_last(f->log), words_since_usec(f), sas, ret);
}

/*
 * The kernel's words are of neighbours' SAs as well, whose end nobody tells here: no more than the
 * conns had at the failover can be theirs, which are those of now and those that went since.
 */
static void remember_refusals(struct follower *f, uint64_t n, const struct failover_sas *sas)
{
	f->n_refused = n;
	if (sas->known && f->n_gone < n && sas->n_of_conns < n - f->n_gone)
		f->n_refused = sas->n_of_conns + f->n_gone;
}

int follower_prove(struct follower *f, struct proof *proof, const struct failover_sas *sas)
{
	struct failover_evidence evidence;

	if (sas->known)
		f->sas = *sas;
	if (!failover_log_is_open(f->log)) {
		follower_take_refusals(f, proof, sas);
		return 0;
	}
	take_hints(f, sas, &evidence);
	remember_refusals(f, evidence.sas_refused, sas);
	proof_take_refusals(proof, evidence.sas_refused);
	return failover_log_prove(f->log, proof, &evidence, elapsed_usec(f));
}

void follower_take_refusals(struct follower *f, struct proof *proof, const struct failover_sas *sas)
{
	struct failover_evidence evidence;

	/* Its own proof, which reads the words for all later ones, has not ended yet. */
	if (failover_log_is_open(f->log)) {
		take_hints(f, sas, &evidence);
		remember_refusals(f, evidence.sas_refused, sas);
	}
	if (f->n_refused > f->n_gone)
		proof_take_refusals(proof, f->n_refused - f->n_gone);
}

void follower_lose_sas(struct follower *f, uint64_t n)
{
	f->n_gone = n < UINT64_MAX - f->n_gone ? f->n_gone + n : UINT64_MAX;
}

bool follower_count_sas(struct follower *f, uint64_t n)
{
	bool fewer = f->sas.known && n < f->sas.n;

	f->sas = (struct failover_sas){ .known = true, .n = n };
	return fewer;
}

uint64_t follower_switches(const struct follower *f)
{
	return f->tracker.switches;
}

uint64_t follower_since_usec(const struct follower *f)
{
	return f->switched_usec ? clock_usec(CLOCK_MONOTONIC) - f->switched_usec : UINT64_MAX;
}

const struct failover_log *follower_log(const struct follower *f)
{
	return f->log;
}
