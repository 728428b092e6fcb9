/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "executor.h"

#include <stdio.h>
#include <time.h>

#include "loss.h"
#include "steps.h"
#include "worker-report.h"

/* Tunnels whose SAs the kernel has lost are brought back: nothing is configured, or taken back. */

static void tell(const struct executor_options *options, const char *bond, const struct step *step,
		 const char *status, const char *text)
{
	if (options->told)
		options->told(options->userdata, bond, step, status, text);
}

/*
 * One tunnel at a time is brought back, which takes a second or two. One that takes longer is not
 * allowed to keep the next ones down: it has the rest of its time beside them.
 */
#define PATIENCE_USEC UINT64_C(5000000)

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int rekey(struct steps *s, const char *conn)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = ipsec_rekey(&s->options->ipsec, conn, &text);
	if (r == -ENOTCONN)
		return steps_fail(s, "pluto does not run any more");
	if (r < 0)
		return steps_fail(s, "conn %s cannot be rekeyed: %s", conn, strerror(-r));
	return 0;
}

/* ---- one tunnel ---- */

struct repair {
	const struct step *step;
	uint64_t deadline_usec; /* 0: it is not waited for, or not any more */
};

static void end(struct steps *s, struct repair *r, int result)
{
	if (result < 0)
		result = steps_fail(s, "%s", strerror(-result));
	r->deadline_usec = 0;
	s->n_failed += result != 0;
	tell(s->options, s->bond, r->step, result ? STEP_STATUS_FAILED : STEP_STATUS_DONE,
	     result ? s->why : NULL);
}

/* Waits for it, but not beyond its deadline. Return: true when it has ended. */
static bool wait_for(struct steps *s, struct repair *r, const struct ipsec *ipsec, uint64_t usec)
{
	uint64_t now = now_usec(), left = r->deadline_usec > now ? r->deadline_usec - now : 0;
	int result;

	result = loss_wait_repaired(s->facts, s->policy, ipsec, r->step->subject,
				    usec < left ? usec : left);
	if (result > 0 && usec < left)
		return false;
	if (result > 0)
		result = steps_fail(s, "the kernel has no SAs of conn %s, %llu s after the repair",
				    r->step->subject,
				    (unsigned long long)(s->policy->proof.within_usec / 1000000));
	end(s, r, result);
	return true;
}

static void begin(struct steps *s, struct repair *r, const struct ipsec *ipsec)
{
	int result;

	tell(s->options, s->bond, r->step, STEP_STATUS_BEGINS, NULL);
	result = loss_is_there(s->facts, s->policy, ipsec, r->step->subject);
	if (result <= 0) { /* it has come back by itself */
		end(s, r, result);
		return;
	}
	result = r->step->kind == STEP_REKEY ? rekey(s, r->step->subject)
					     : steps_replace(s, r->step->subject);
	if (result != 0) {
		end(s, r, result);
		return;
	}
	r->deadline_usec = now_usec() + s->policy->proof.within_usec;
	(void)wait_for(s, r, ipsec, PATIENCE_USEC);
}

/* ---- all of them ---- */

static bool is_to_stop(const struct executor_options *options)
{
	return options->stop && options->stop();
}

int executor_repair(const struct executor_options *options, const struct facts *facts,
		    const struct policy_bond *policy, const struct plan *plan, char **ret_reason)
{
	_cleanup_(steps_done) struct steps s = {
		.options = options, .facts = facts, .policy = policy, .bond = policy->name
	};
	_cleanup_free_ struct repair *repairs = NULL;
	struct ipsec ipsec = options->ipsec;
	size_t n;

	if (plan->n == 0)
		return EXECUTOR_NOTHING;
	repairs = calloc(plan->n, sizeof(*repairs));
	if (!repairs)
		return -ENOMEM;
	ipsec.stop = options->stop;

	for (n = 0; n < plan->n && !is_to_stop(options); n++) {
		repairs[n].step = &plan->items[n];
		begin(&s, &repairs[n], &ipsec);
	}
	/* Those that took longer have been on their way meanwhile. */
	for (size_t i = 0; i < n; i++)
		if (repairs[i].deadline_usec > 0)
			(void)wait_for(&s, &repairs[i], &ipsec, UINT64_MAX);
	if (n == plan->n && s.n_failed == 0)
		return EXECUTOR_DONE;
	if (n < plan->n)
		(void)steps_fail(&s, "told to stop before all tunnels were brought back");
	*ret_reason = TAKE_PTR(s.why);
	return EXECUTOR_FAILED;
}
