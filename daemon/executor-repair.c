/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "executor.h"

#include <stdio.h>

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

static int replace(struct steps *s, const struct step *step)
{
	_cleanup_(undo_entry_freep) struct undo_entry *entry = NULL;
	int r;

	r = step_replace.note(s, step, &entry);
	return r != 0 ? r : step_replace.take(s, step, entry);
}

/* One tunnel. Return: as a step. */
static int repair(struct steps *s, const struct step *step)
{
	_cleanup_free_ char *reason = NULL;
	int r;

	r = loss_is_there(s->facts, s->policy, &s->options->ipsec, step->subject);
	if (r <= 0)
		return r; /* it has come back by itself */
	r = step->kind == STEP_REKEY ? rekey(s, step->subject) : replace(s, step);
	if (r == 0)
		r = loss_wait_repaired(s->facts, s->policy, &s->options->ipsec, step->subject,
				       &reason);
	return r > 0 && reason ? steps_fail(s, "%s", reason) : r;
}

int executor_repair(const struct executor_options *options, const struct facts *facts,
		    const struct policy_bond *policy, const struct plan *plan, char **ret_reason)
{
	_cleanup_(steps_done) struct steps s = {
		.options = options, .facts = facts, .policy = policy, .bond = policy->name
	};
	int r, failed = 0;

	/* One that does not come back is no reason to leave the next one as it is. */
	for (size_t i = 0; i < plan->n; i++) {
		const struct step *step = &plan->items[i];

		tell(options, policy->name, step, STEP_STATUS_BEGINS, NULL);
		r = repair(&s, step);
		if (r < 0)
			r = steps_fail(&s, "%s", strerror(-r));
		tell(options, policy->name, step, r ? STEP_STATUS_FAILED : STEP_STATUS_DONE,
		     r ? s.why : NULL);
		failed |= r;
	}
	if (!failed)
		return plan->n > 0 ? EXECUTOR_DONE : EXECUTOR_NOTHING;
	*ret_reason = TAKE_PTR(s.why);
	return EXECUTOR_FAILED;
}
