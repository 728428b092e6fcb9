/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "log.h"
#include "manager.h"

static const char usage[] =
	"esp-offloadd [OPTION…]\n"
	"\n"
	"Lets the NICs under active-backup bonds do the ESP cryptography of Libreswan's conns,\n"
	"proves that they do, and follows each failover. Configured in " CONFIG_DIR
	"/config.yaml.\n"
	"\n"
	"      --root DIR     take the configuration from below DIR\n"
	"      --state DIR    keep state in DIR instead of " STATE_DIR "\n"
	"      --worker FILE  the worker's program instead of " WORKER_PATH ",\n"
	"                     or the socket where it is to be had\n"
	"      --probe FILE   the socket of esp-offload-probe, which opens those for pings\n"
	"      --session      use the session's bus instead of the system's\n"
	"  -d, --debug        log more\n"
	"  -h, --help         show this\n"
	"      --version      show the version\n"
	"\n"
	"See esp-offloadd(8).\n";

struct options {
	struct manager_options manager;
	bool debug;
	bool done; /* --help or --version was served */
};

static int read_options(int argc, char **argv, struct options *o)
{
	enum {
		ROOT = 256,
		STATE,
		WORKER,
		PROBE,
		SESSION,
		VERSION
	};
	static const struct option longs[] = {
		{ "root", required_argument, NULL, ROOT },
		{ "state", required_argument, NULL, STATE },
		{ "worker", required_argument, NULL, WORKER },
		{ "probe", required_argument, NULL, PROBE },
		{ "session", no_argument, NULL, SESSION },
		{ "debug", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, VERSION },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "dh", longs, NULL)) >= 0) {
		switch (c) {
		case ROOT:
			o->manager.root = optarg;
			break;
		case STATE:
			o->manager.state_dir = optarg;
			break;
		case WORKER:
			o->manager.worker_path = optarg;
			break;
		case PROBE:
			o->manager.probe_path = optarg;
			break;
		case SESSION:
			o->manager.session_bus = true;
			break;
		case 'd':
			o->debug = true;
			break;
		case 'h':
			fputs(usage, stdout);
			o->done = true;
			return 0;
		case VERSION:
			puts("esp-offloadd " PROJECT_VERSION);
			o->done = true;
			return 0;
		default:
			return -EINVAL;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "esp-offloadd: \"%s\" is too much\n", argv[optind]);
		return -EINVAL;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = { .manager = { .state_dir = STATE_DIR, .worker_path = WORKER_PATH } };
	_cleanup_(manager_freep) struct manager *manager = NULL;

	/* The kernel's messages about SAs have their keys in them: no core, whatever the limits. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	/*
	 * A bond has room for a thousand failovers, most of which is never touched. The kernel
	 * would make huge pages of that of many bonds, and give all of it (prctl(2),
	 * transparent_hugepage).
	 */
	(void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	if (read_options(argc, argv, &o) < 0)
		return 2;
	if (o.done)
		return EXIT_SUCCESS;

	log_open("esp-offloadd", o.debug ? LOG_DEBUG : LOG_INFO);
	if (manager_new(&o.manager, &manager) < 0)
		return EXIT_FAILURE;
	return manager_run(manager) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
