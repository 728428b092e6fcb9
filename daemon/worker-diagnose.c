/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker-diagnose.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "diagnoser.h"
#include "diagnosis-report.h"
#include "log.h"
#include "policy-files.h"

/* The parts have limits of their own; this one is for what none of them thought of. */
#define LIMIT_SECONDS 170U

/* A longer capture is better made by hand. */
#define MAX_CAPTURE_SECONDS 60

const char worker_diagnose_usage[] =
	"esp-offload-worker diagnose [--up] [--capture SECONDS] [--to ADDRESS] [--root DIR] CONN\n"
	"\n"
	"Diagnoses one conn, and prints what it finds in the same way. With --up it is added anew\n"
	"and initiated, unless it is up; with --capture IKE and ESP are captured meanwhile; with\n"
	"--to that host is pinged through the tunnel, to measure packet sizes.\n";

struct options {
	struct diagnoser_options diagnoser;
	const char *root;
};

static bool read_seconds(const char *text, unsigned int *ret)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 1 || n > MAX_CAPTURE_SECONDS)
		return false;
	*ret = (unsigned int)n;
	return true;
}

static int read_options(int argc, char **argv, struct options *o)
{
	enum {
		UP = 256,
		CAPTURE,
		TO,
		ROOT
	};
	static const struct option longs[] = {
		{ "up", no_argument, NULL, UP },
		{ "capture", required_argument, NULL, CAPTURE },
		{ "to", required_argument, NULL, TO },
		{ "root", required_argument, NULL, ROOT },
		{ 0 },
	};
	int c, r = 0;

	while (r == 0 && (c = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		switch (c) {
		case UP:
			o->diagnoser.up = true;
			break;
		case CAPTURE:
			r = read_seconds(optarg, &o->diagnoser.capture_seconds) ? 0 : -EINVAL;
			break;
		case TO:
			r = facts_ip_parse(optarg, &o->diagnoser.to);
			break;
		case ROOT:
			o->root = optarg;
			break;
		default:
			r = -EINVAL;
		}
	}
	if (r == 0 && (argc - optind != 1 || !*argv[optind]))
		r = -EINVAL;
	if (r == 0)
		o->diagnoser.conn = argv[optind];
	return r;
}

static void progress(void *userdata _unused_, const char *what)
{
	(void)diagnosis_report_progress(what);
}

int worker_diagnose(int argc, char **argv, const char *state_dir)
{
	_cleanup_(diagnostics_done) struct diagnostics mistakes = DIAGNOSTICS_NULL;
	_cleanup_(diagnosis_done) struct diagnosis diagnosis = DIAGNOSIS_NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	_cleanup_free_ char *summary = NULL;
	struct options o = { .diagnoser = { .state_dir = state_dir, .progress = progress } };
	char **files = NULL;
	int r;

	if (read_options(argc, argv, &o) < 0) {
		fputs(worker_diagnose_usage, stderr);
		return 2;
	}
	(void)alarm(LIMIT_SECONDS);
	/* The policy tells which bond a conn belongs to; it is no loss where there is none. */
	(void)policy_files_load(o.root, &mistakes, &files, &policy);
	for (char **f = files; f && *f; f++)
		free(*f);
	free(files);
	o.diagnoser.policy = policy;

	r = diagnoser_run(&o.diagnoser, &diagnosis, &summary);
	if (r >= 0)
		r = diagnosis_report(&diagnosis, o.diagnoser.conn, summary);
	if (r < 0)
		log_error("Cannot diagnose conn %s: %s", o.diagnoser.conn, strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
