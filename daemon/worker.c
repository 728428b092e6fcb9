/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks.h"
#include "executor.h"
#include "host-lock.h"
#include "ipsec-files.h"
#include "log.h"
#include "observer.h"
#include "plan.h"
#include "policy-files.h"
#include "proposal.h"
#include "repair.h"
#include "settle.h"
#include "stop.h"
#include "worker-diagnose.h"
#include "worker-report.h"
#include "worker-serve.h"

/* The worker: looks at the host as a whole, says how each bond stands, and changes what it may. */

/*
 * One run of the ipsec command within a step. Replacing a conn deletes it first, so that a command
 * which is only slow, on a busy host, is better waited for than killed halfway.
 */
#define STEP_COMMAND_USEC UINT64_C(60000000)

/* Beside the time that the daemon gives it without a word: to take back what it has begun. */
#define TAKE_BACK_USEC UINT64_C(600000000)

static const char usage[] =
	"esp-offload-worker run [--policy=-] [--root DIR] [--state DIR]\n"
	"                       [--settle] [--apply BOND]… [--on-loss BOND]… [--revert BOND]… "
	"[BOND]…\n"
	"esp-offload-worker propose\n"
	"esp-offload-worker serve\n"
	"\n"
	"Looks at the host once and prints a report for each bond of the policy, or for those\n"
	"that are named; JSON, one object a line. Changes only the bonds named with --apply or\n"
	"--revert, and with --settle those of which an earlier run has left something that was\n"
	"half done, or that the policy names no more: that is taken back. With --on-loss nothing\n"
	"is configured, and tunnels whose SAs the kernel has lost are brought back as the policy\n"
	"says. It is run by esp-offloadd and by esp-offloadctl. With propose it prints a first\n"
	"configuration for this host. With serve it reads its arguments from standard input as\n"
	"well, which is a connection of esp-offloadd's.\n"
	"\n"
	"      --policy=-    read the policy from standard input, else from " CONFIG_DIR "\n"
	"      --root DIR    take the policy's files from below DIR\n"
	"      --state DIR   keep the undo journals in DIR instead of " STATE_DIR "\n";

/* Bonds named on the command line; they point into argv. */
struct names {
	const char *items[1024];
	size_t n;
};

struct options {
	const char *input; /* what was read already of the standard input; NULL: nothing */
	size_t input_len;
	const char *root;
	const char *state_dir;
	bool policy_from_stdin;
	bool settle;
	struct names apply, on_loss, revert, look;
};

static bool names_have(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (streq(names->items[i], name))
			return true;
	return false;
}

static int names_add(struct names *names, const char *name)
{
	if (names->n == ARRAY_SIZE(names->items))
		return -E2BIG;
	names->items[names->n++] = name;
	return 0;
}

static int read_options(int argc, char **argv, struct options *o)
{
	enum {
		POLICY = 256,
		ROOT,
		STATE,
		SETTLE,
		APPLY,
		ON_LOSS,
		REVERT
	};
	static const struct option longs[] = {
		{ "policy", required_argument, NULL, POLICY },
		{ "root", required_argument, NULL, ROOT },
		{ "state", required_argument, NULL, STATE },
		{ "settle", no_argument, NULL, SETTLE },
		{ "apply", required_argument, NULL, APPLY },
		{ "on-loss", required_argument, NULL, ON_LOSS },
		{ "revert", required_argument, NULL, REVERT },
		{ 0 },
	};
	int c, r = 0;

	while (r == 0 && (c = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		switch (c) {
		case POLICY:
			o->policy_from_stdin = true;
			r = streq(optarg, "-") ? 0 : -EINVAL;
			break;
		case ROOT:
			o->root = optarg;
			break;
		case STATE:
			o->state_dir = optarg;
			break;
		case SETTLE:
			o->settle = true;
			break;
		case APPLY:
			r = names_add(&o->apply, optarg);
			break;
		case ON_LOSS:
			r = names_add(&o->on_loss, optarg);
			break;
		case REVERT:
			r = names_add(&o->revert, optarg);
			break;
		default:
			r = -EINVAL;
		}
	}
	if (r == 0 && (optind >= argc || !streq(argv[optind], "run")))
		r = -EINVAL;
	for (int i = optind + 1; r == 0 && i < argc; i++)
		r = names_add(&o->look, argv[i]);
	return r;
}

/* ---- the policy ---- */

static int load_policy(const struct options *o, struct diagnostics *diagnostics,
		       struct policy **ret)
{
	struct policy_text text = { .file = "policy", .bytes = o->input, .len = o->input_len };
	_cleanup_free_ char *bytes = NULL;
	char **files = NULL;
	int r;

	if (o->policy_from_stdin) {
		if (!text.bytes) {
			r = worker_read_all(STDIN_FILENO, &bytes, &text.len);
			if (r < 0)
				return r;
			text.bytes = bytes;
		}
		return policy_parse(&text, 1, diagnostics, ret);
	}
	r = policy_files_load(o->root, diagnostics, &files, ret);
	for (char **f = files; f && *f; f++)
		free(*f);
	free(files);
	return r;
}

static void print_diagnostics(const struct diagnostics *d)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	for (size_t i = 0; i < d->n; i++)
		diagnostic_print(&d->items[i], &t);
	if (t.data)
		fputs(t.data, stderr);
}

/* ---- one bond ---- */

/* A run that hangs ends, whoever is still there to wait for it. */
static void put_end_off(const struct policy *policy)
{
	const uint64_t usec = policy_run_limit_usec(policy) + TAKE_BACK_USEC;

	(void)alarm((unsigned int)(usec / 1000000));
}

static void told(void *userdata, const char *bond, const struct step *step, const char *status,
		 const char *text)
{
	const struct policy *policy = userdata;

	put_end_off(policy);
	(void)worker_report_step(bond, step, status, text);
}

static int look(struct facts **facts)
{
	const struct observer_options options = { .sas = true };
	int r;

	r = observer_look(&options, facts);
	if (r < 0)
		log_error("Cannot look at the host: %s", strerror(-r));
	else
		checks_order(*facts);
	return r;
}

/*
 * The steps that would make it so, also where the policy says to look only: then they are told, and
 * never taken. What blocks a change may be no more than a note to who only looks, so the checks
 * are asked once more.
 */
static int plan_as_enforced(const struct facts *facts, const struct policy_bond *policy,
			    struct plan *ret)
{
	_cleanup_(findings_done) struct findings findings = FINDINGS_NULL;
	_cleanup_(plan_done) struct plan repairs = PLAN_NULL;
	struct policy_bond enforced = *policy;
	int r;

	enforced.manage = POLICY_ENFORCE;
	r = checks_run(facts, &enforced, &findings);
	if (r < 0 || findings_block(&findings) > 0)
		return r;
	r = plan_make(facts, &enforced, ret);
	if (r < 0 || ret->n > 0)
		return r;
	/* A tunnel is brought back once all is configured: taking it up anew does so as well. */
	r = repair_plan(facts, &enforced, &repairs);
	if (r < 0)
		return r;
	repairs.right = ret->right;
	ret->right = (struct plan_rights){ 0 };
	plan_done(ret);
	*ret = repairs;
	repairs = PLAN_NULL;
	return 0;
}

/* Judges one bond, plans where nothing blocks, and reports both. */
static int judge(const struct facts *facts, const struct policy_bond *policy,
		 const struct conn_others *others, struct plan *ret)
{
	_cleanup_(findings_done) struct findings findings = FINDINGS_NULL;
	_cleanup_(plan_done) struct plan plan = PLAN_NULL;
	int r;

	r = checks_run(facts, policy, &findings);
	if (r >= 0 && findings_block(&findings) == 0)
		r = plan_as_enforced(facts, policy, &plan);
	if (r >= 0)
		r = worker_report_bond(facts, policy, others, &findings, &plan);
	if (r < 0) {
		log_error("%s: Cannot judge it: %s", policy->name, strerror(-r));
		return r;
	}
	*ret = plan;
	plan = PLAN_NULL;
	return 0;
}

/* What nobody hears any more, because the daemon has died, is for the log. */
static int tell_outcome(const char *bond, const char *outcome, const char *reason)
{
	int r = worker_report_outcome(bond, outcome, reason);

	if (r < 0)
		log_notice("%s: %s%s%s", bond, outcome, reason ? ": " : "", reason ? reason : "");
	return r;
}

static int report_outcome_as(const char *bond, int outcome, const char *good, const char *bad,
			     const char *reason)
{
	if (outcome < 0)
		return tell_outcome(bond, bad,
				    outcome == -EBADMSG ? "the undo journal cannot be understood"
							: strerror(-outcome));
	switch ((enum executor_outcome)outcome) {
	case EXECUTOR_NOTHING:
		return tell_outcome(bond, OUTCOME_UNCHANGED, NULL);
	case EXECUTOR_DONE:
		return tell_outcome(bond, good, reason);
	case EXECUTOR_FAILED:
	case EXECUTOR_FAILED_HALF:
		break;
	}
	return tell_outcome(bond, bad, reason);
}

static int report_outcome(const char *bond, int outcome, const char *good, const char *reason)
{
	return report_outcome_as(bond, outcome, good, OUTCOME_FAILED, reason);
}

/* Takes the steps, and reports what came of it: in @ret_outcome what executor.h says. */
static int take(const struct executor_options *executor, const struct facts *facts,
		const struct policy_bond *policy, const struct plan *plan, int *ret_outcome)
{
	_cleanup_free_ char *reason = NULL;
	int outcome, r;

	if (plan->repairs) {
		outcome = executor_repair(executor, facts, policy, plan, &reason);
		r = tell_outcome(policy->name,
				 outcome == EXECUTOR_DONE ? OUTCOME_REPAIRED : OUTCOME_NOT_REPAIRED,
				 reason);
	} else {
		outcome = executor_apply(executor, facts, policy, plan, &reason);
		r = report_outcome(policy->name, outcome, OUTCOME_APPLIED, reason);
	}
	*ret_outcome = outcome;
	return r;
}

static int apply(const struct executor_options *executor, const struct facts *facts,
		 const struct policy_bond *policy, const struct conn_others *others,
		 const struct plan *plan)
{
	_cleanup_(facts_freep) struct facts *now = NULL;
	_cleanup_(plan_done) struct plan rest = PLAN_NULL;
	int r, outcome;

	r = take(executor, facts, policy, plan, &outcome);
	/* The reason was told: now it is to be tried again until it is taken back. */
	if (r >= 0 && outcome == EXECUTOR_FAILED_HALF &&
	    executor_is_unsettled(executor, policy->name))
		r = tell_outcome(policy->name, OUTCOME_UNSETTLED, NULL);
	if (r < 0 || outcome == EXECUTOR_NOTHING || stop_asked())
		return r;

	/* What is there now, after the steps or their undoing. */
	r = look(&now);
	return r < 0 ? r : judge(now, policy, others, &rest);
}

/* Nothing is applied, so that nothing fails by it. */
static void note_right(const struct executor_options *executor, const char *bond,
		       const struct plan *plan)
{
	int r = executor_note_right(executor, bond, plan);

	if (r < 0)
		log_warning("%s: That all is as it should be cannot be noted in %s: %s", bond,
			    executor->state_dir, strerror(-r));
}

/*
 * Takes back what an earlier run has left half done. Where that fails, what is there is left as it
 * is: by whom it was changed nobody knows any more.
 */
static bool recover(const struct executor_options *executor, const char *bond)
{
	_cleanup_free_ char *reason = NULL;
	int r;

	r = executor_recover(executor, bond, &reason);
	if (r == EXECUTOR_NOTHING)
		return true;
	(void)report_outcome_as(bond, r, OUTCOME_UNDONE, OUTCOME_UNSETTLED, reason);
	return r == EXECUTOR_DONE;
}

static void revert(const struct executor_options *executor, const char *bond)
{
	_cleanup_free_ char *reason = NULL;
	int r;

	r = executor_revert(executor, bond, &reason);
	(void)report_outcome(bond, r == EXECUTOR_NOTHING ? EXECUTOR_DONE : r, OUTCOME_REVERTED,
			     reason);
}

static void settled(const char *bond, enum settle_what what, int outcome, const char *reason)
{
	static const char *const words[] = {
		[SETTLE_HALF_DONE] = OUTCOME_UNDONE,
		[SETTLE_CONNS] = OUTCOME_LEFT,
		[SETTLE_BOND] = OUTCOME_REVERTED,
	};

	(void)report_outcome_as(bond, outcome, words[what], OUTCOME_UNSETTLED, reason);
}

static void settle_all(const struct executor_options *executor, const struct policy *policy)
{
	int r = settle(executor, policy, settled);

	ipsec_files_sweep();
	if (r == 0)
		(void)worker_report_settled();
	else if (r < 0)
		log_error("Cannot list what earlier runs have left in %s: %s", executor->state_dir,
			  strerror(-r));
}

/* ---- all of it ---- */

/* Return: 0; -ECANCELED when it was told to stop before the end; another negative errno. */
static int run_bonds(const struct options *o, const struct policy *policy)
{
	const struct executor_options executor = {
		.state_dir = o->state_dir,
		.ipsec.limit_usec = STEP_COMMAND_USEC,
		.told = told,
		.userdata = (void *)(uintptr_t)policy,
		.stop = stop_asked,
	};
	_cleanup_(conn_others_done) struct conn_others others = { 0 };
	_cleanup_(facts_freep) struct facts *facts = NULL;
	struct names broken = { 0 };
	int r;

	if (o->settle)
		settle_all(&executor, policy);
	for (size_t i = 0; i < o->revert.n && !stop_asked(); i++)
		revert(&executor, o->revert.items[i]);
	for (size_t i = 0; i < o->apply.n; i++)
		if (!recover(&executor, o->apply.items[i]))
			broken.items[broken.n++] = o->apply.items[i];

	r = look(&facts);
	if (r >= 0)
		r = conn_others_of(facts, policy->bonds, policy->n_bonds, &others);
	if (r < 0)
		return r;
	for (size_t i = 0; i < policy->n_bonds; i++) {
		const struct policy_bond *bond = &policy->bonds[i];
		_cleanup_(plan_done) struct plan plan = PLAN_NULL;
		bool to_apply =
			names_have(&o->apply, bond->name) && !names_have(&broken, bond->name);

		if (stop_asked())
			return -ECANCELED;
		if (o->look.n > 0 && !to_apply && !names_have(&o->look, bond->name))
			continue;
		r = judge(facts, bond, &others, &plan);
		if (r < 0)
			return r;
		if ((plan.n == 0 || plan.repairs) && to_apply)
			note_right(&executor, bond->name, &plan);
		if (plan.n == 0 ||
		    !(to_apply || (plan.repairs && names_have(&o->on_loss, bond->name))))
			continue;
		r = apply(&executor, facts, bond, &others, &plan);
		if (r < 0)
			return r;
		/* What was seen before the steps is not true any more for the next bond. */
		facts = facts_free(facts);
		r = stop_asked() ? -ECANCELED : look(&facts);
		if (r < 0)
			return r;
	}
	return 0;
}

static int run(int argc, char **argv, struct options *o)
{
	_cleanup_(diagnostics_done) struct diagnostics diagnostics = DIAGNOSTICS_NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	int lock = -1, r;

	if (argc > 1 && streq(argv[1], "diagnose"))
		return worker_diagnose(argc - 1, argv + 1, o->state_dir);
	if (read_options(argc, argv, o) < 0) {
		fprintf(stderr, "%s\n%s", usage, worker_diagnose_usage);
		return 2;
	}
	r = load_policy(o, &diagnostics, &policy);
	print_diagnostics(&diagnostics);
	if (r < 0) {
		if (r != -EBADMSG)
			log_error("Cannot read the policy: %s", strerror(-r));
		return EXIT_FAILURE;
	}
	if (o->settle || o->apply.n + o->on_loss.n + o->revert.n > 0) {
		(void)mkdir(o->state_dir, 0700);
		lock = host_lock(o->state_dir);
		if (lock < 0) {
			log_error("Cannot lock %s: %s", o->state_dir,
				  lock == -EBUSY ? "another worker is at it" : strerror(-lock));
			return lock == -EBUSY ? WORKER_EXIT_BUSY : EXIT_FAILURE;
		}
		put_end_off(policy);
		r = stop_defer();
		if (r < 0) {
			log_error("Cannot put signals off: %s", strerror(-r));
			close(lock);
			return EXIT_FAILURE;
		}
	}
	r = run_bonds(o, policy);
	if (lock >= 0)
		close(lock);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int propose(void)
{
	_cleanup_(facts_freep) struct facts *facts = NULL;
	_cleanup_proposal_ struct proposal proposal = PROPOSAL_NULL;
	int r;

	r = look(&facts);
	if (r < 0)
		return EXIT_FAILURE;
	r = proposal_make(facts, &proposal);
	if (r < 0) {
		log_error("Cannot propose anything: %s", strerror(-r));
		return EXIT_FAILURE;
	}
	return fputs(proposal.text, stdout) < 0 || fflush(stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The standard input is a connection, by which the order comes. */
static int serve(void)
{
	_cleanup_(worker_order_done) struct worker_order order = WORKER_ORDER_NULL;
	struct options o = { .state_dir = STATE_DIR };
	int r, status;

	r = worker_order_read(STDIN_FILENO, &order);
	if (r >= 0)
		r = worker_die_with(STDIN_FILENO);
	if (r < 0) {
		log_error("Cannot take an order: %s", strerror(-r));
		return EXIT_FAILURE;
	}
	o.input = order.input;
	o.input_len = order.input_len;
	status = run(order.argc, order.argv, &o);
	return worker_report_end(status) < 0 ? EXIT_FAILURE : status;
}

int main(int argc, char **argv)
{
	struct options o = { .state_dir = STATE_DIR };

	/* As in the daemon: SAs have keys, and /etc/ipsec.d has secrets beside the conns. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	log_open("esp-offloadd", LOG_INFO);
	if (argc == 2 && streq(argv[1], "serve"))
		return serve();
	if (argc == 2 && streq(argv[1], "propose"))
		return propose();
	return run(argc, argv, &o);
}
