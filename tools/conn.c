/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>

#include "verbs.h"

static const char help[] = "Usage: esp-offloadctl conn list|show|set|unset …\n";

int verb_conn(struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { CTL_OPTIONS, { 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		int status = ctl_option(ctl, option, optarg, help);

		if (status >= 0)
			return status;
	}
	ctl_error("Which of list, show, set and unset? See esp-offloadctl conn --help.");
	return CTL_USAGE;
}
