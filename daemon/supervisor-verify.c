/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervisor-private.h"

/* Whoever asks: shorter than this, no packet has a chance. */
#define MIN_WITHIN_USEC UINT64_C(1000000)

/* One that more and more join, or that begins anew time and again, ends all the same. */
#define MAX_IN_ALL_USEC UINT64_C(600000000)

/*
 * A proof that somebody asked for has a prover of its own: anybody may ask, at any time, and none
 * of them is to end the proof that a failover's record waits for.
 */

static void verifier_view(void *userdata, struct sampler_view *ret)
{
	supervisor_view(userdata, ret);
}

static void tell(struct supervisor *s, const struct prover_outcome *outcome)
{
	s->verified = *outcome;
	s->verified_by_pings = s->verifier_probes;
	s->ops->proved(s->userdata, s, outcome, true);
}

static void verifier_done(void *userdata, const struct prover_outcome *outcome)
{
	struct prover_outcome told = *outcome;
	struct supervisor *s = userdata;

	if (s->blind)
		told.proof = SUPERVISOR_BLIND;
	follower_take_refusals(s->follower, &told.proof, &told.sas);
	/* That this one saw no traffic takes nothing from what was proven. */
	if (told.proof.verdict != VERDICT_UNKNOWN)
		supervisor_set_verdict(s, &told.proof);
	tell(s, &told);
}

static const struct prover_ops verifier_ops = {
	.view = verifier_view,
	.done = verifier_done,
};

int supervisor_add_verifier(struct supervisor *s, sd_event *event, const char *opener)
{
	return prover_new(event, s->ethtool, opener, &verifier_ops, s, &s->verifier);
}

void supervisor_verify_anew(struct supervisor *s)
{
	static const struct prover_outcome no_port = { .proof.reason =
							       "the bond has no active port" },
					   flaps = { .proof.reason = "the active port, or what is "
								     "to be proven, changes time "
								     "and again" };
	uint64_t now = supervisor_clock_usec(CLOCK_MONOTONIC);

	if (!prover_is_open(s->verifier))
		return;
	if (*s->active && now < s->verifier_until_usec) {
		(void)prover_restart(s->verifier, PROVER_GRACE_USEC);
		return;
	}
	prover_stop(s->verifier);
	tell(s, *s->active ? &flaps : &no_port);
}

int supervisor_verify(struct supervisor *s, bool probe, const struct policy_proof *how)
{
	uint64_t since = follower_since_usec(s->follower), left = prover_left_usec(s->verifier);
	struct policy_proof longer = *how;

	if (longer.within_usec < MIN_WITHIN_USEC)
		longer.within_usec = MIN_WITHIN_USEC;
	if (longer.within_usec < left)
		longer.within_usec = left;
	/* Pings answer those as well who only wait for traffic, but not the other way round. */
	if (prover_is_open(s->verifier) && (s->verifier_probes || !probe)) {
		prover_extend(s->verifier, longer.within_usec, MAX_IN_ALL_USEC);
		return 0;
	}
	if (!prover_is_open(s->verifier))
		s->verifier_until_usec = supervisor_clock_usec(CLOCK_MONOTONIC) + MAX_IN_ALL_USEC +
					 longer.within_usec;
	s->verifier_probes = probe;
	return prover_start(s->verifier, &longer, probe,
			    since < PROVER_GRACE_USEC ? PROVER_GRACE_USEC - since : 0);
}
