/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>

#include "config.h"
#include "output.h"
#include "pager.h"
#include "verbs.h"

/* The verbs, in the order of the help text. */
static const struct verb {
	const char *name;
	int (*function)(struct ctl *ctl, int argc, char **argv);
	const char *help;
	bool paged; /* it prints what may be longer than a terminal, and is done */
} verbs[] = {
	{ "init", verb_init, "propose a first configuration for this host", false },
	{ "status", verb_status, "how the bonds stand, and what the counters prove", true },
	{ "check", verb_check, "what stands in the way of offload, and what to do", true },
	{ "plan", verb_plan, "what would be changed, and what that interrupts", true },
	{ "apply", verb_apply, "bring a bond to what the policy says", false },
	{ "verify", verb_verify, "prove by counters that the hardware does the work, now", false },
	{ "revert", verb_revert, "take back all that was applied to a bond", false },
	{ "failovers", verb_failovers, "the switches of the active port, and what came after",
	  true },
	{ "monitor", verb_monitor, "switches, states and verdicts while they happen", false },
	{ "diagnose", verb_diagnose, "why a tunnel does not come up, or carries nothing", false },
	{ "conn", verb_conn, "list|show|set|unset|crypto-policy: Libreswan's files, offline",
	  true },
	{ "config", verb_config, "show|validate: the policy that the files make", true },
	{ "metrics", verb_metrics, "the state of all bonds as OpenMetrics", false },
	{ "reload", verb_reload, "have esp-offloadd read its configuration anew", false },
	{ "completion-words", verb_completion_words, NULL,
	  false }, /* for the shells; hidden ones are last */
};

const char *verb_name(size_t i)
{
	return i < ARRAY_SIZE(verbs) && verbs[i].help ? verbs[i].name : NULL;
}

static void print_help(void)
{
	puts("Usage: esp-offloadctl [OPTION…] VERB …\n\n"
	     "ESP hardware offload of bonds: state, proof, and the conns behind it.\n\n"
	     "Verbs:");
	for (size_t i = 0; verb_name(i); i++)
		printf("  %-10s %s\n", verbs[i].name, verbs[i].help);
	puts("\nOptions:\n"
	     "  --json=short|pretty|off   machine-readable output\n"
	     "  --no-legend               tables without headings\n"
	     "  --root=FOLDER             work offline on another file system\n"
	     "  --no-pager                what is longer than the terminal is not shown by a "
	     "pager\n"
	     "  -h, --help                this text, or that of a verb\n"
	     "  --version                 the program's version\n\n"
	     "Exit status: 0 fine, 1 error, 2 usage, 3 blocked, 4 not offloaded, 5 not provable "
	     "now.");
}

/* Wherever it stands: the verb reads its options only once its output has begun. */
static bool has_no_pager(char **argv)
{
	for (; *argv && !streq(*argv, "--"); argv++)
		if (streq(*argv, "--no-pager"))
			return true;
	return false;
}

/* Half an answer is none, for who reads it from a file on a disk that was full. */
static int judge_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (status != CTL_ERROR)
		ctl_error("Cannot write all of the answer.");
	return CTL_ERROR;
}

static int run(const struct verb *verb, bool no_pager, struct ctl *ctl, int argc, char **argv)
{
	int status;

	if (verb->paged && !no_pager)
		pager_begin();
	status = judge_output(verb->function(ctl, argc, argv));
	pager_end();
	return status;
}

int main(int argc, char **argv)
{
	enum {
		OPTION_VERSION = CTL_OPTION_OWN
	};
	static const struct option options[] = { CTL_OPTIONS,
						 { "version", no_argument, NULL, OPTION_VERSION },
						 { 0 } };
	bool no_pager = has_no_pager(argv);
	struct ctl ctl;
	int option;

	setlocale(LC_ALL, "");
	/* The point of a number is the same everywhere: metrics are read by programs. */
	setlocale(LC_NUMERIC, "C");
	ctl_init(&ctl);
	while ((option = getopt_long(argc, argv, "+h", options, NULL)) >= 0) {
		int status;

		if (option == OPTION_VERSION) {
			puts("esp-offloadctl " PROJECT_VERSION);
			return CTL_FINE;
		}
		if (option == 'h') {
			print_help();
			return CTL_FINE;
		}
		status = ctl_option(&ctl, option, optarg, "");
		if (status >= 0)
			return status;
	}

	if (optind == argc) {
		ctl_error("Which verb? See esp-offloadctl --help.");
		return CTL_USAGE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (!streq(argv[optind], verbs[i].name))
			continue;
		argc -= optind;
		argv += optind;
		optind = 0; /* the verb reads its own options afresh */
		return run(&verbs[i], no_pager, &ctl, argc, argv);
	}
	ctl_error("There is no verb \"%s\"; see esp-offloadctl --help.", argv[optind]);
	return CTL_USAGE;
}
