/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>

#include "config.h"
#include "output.h"
#include "verbs.h"

/* The verbs, in the order of the help text. */
static const struct verb {
	const char *name;
	int (*function)(struct ctl *ctl, int argc, char **argv);
	const char *help;
} verbs[] = {
	{ "init", verb_init, "propose a first configuration for this host" },
	{ "status", verb_status, "how the bonds stand, and what the counters prove" },
	{ "check", verb_check, "what stands in the way of offload, and what to do" },
	{ "plan", verb_plan, "what would be changed, and what that interrupts" },
	{ "apply", verb_apply, "bring a bond to what the policy says" },
	{ "verify", verb_verify, "prove by counters that the hardware does the work, now" },
	{ "revert", verb_revert, "take back all that was applied to a bond" },
	{ "failovers", verb_failovers, "the switches of the active port, and what came after" },
	{ "monitor", verb_monitor, "switches, states and verdicts while they happen" },
	{ "diagnose", verb_diagnose, "why a tunnel does not come up, or carries nothing" },
	{ "conn", verb_conn, "list|show|set|unset: Libreswan's files, read and edited offline" },
	{ "config", verb_config, "show|validate: the policy that the files make" },
	{ "metrics", verb_metrics, "the state of all bonds as OpenMetrics" },
	{ "reload", verb_reload, "have esp-offloadd read its configuration anew" },
	{ "completion-words", verb_completion_words,
	  NULL }, /* for the shells; hidden ones are last */
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
	     "  -h, --help                this text, or that of a verb\n"
	     "  --version                 the program's version\n\n"
	     "Exit status: 0 fine, 1 error, 2 usage, 3 blocked, 4 not offloaded, 5 not provable "
	     "now.");
}

int main(int argc, char **argv)
{
	enum {
		OPTION_VERSION = CTL_OPTION_OWN
	};
	static const struct option options[] = { CTL_OPTIONS,
						 { "version", no_argument, NULL, OPTION_VERSION },
						 { 0 } };
	struct ctl ctl;
	int option;

	setlocale(LC_ALL, "");
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
		return verbs[i].function(&ctl, argc, argv);
	}
	ctl_error("There is no verb \"%s\"; see esp-offloadctl --help.", argv[optind]);
	return CTL_USAGE;
}
