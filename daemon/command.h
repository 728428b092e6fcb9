/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * Running one command with a limit in time and in output: what goes in, what comes out, and nothing
 * left behind. The child has a process group of its own, which is killed as a whole when the time
 * is over, so that a hanging script takes its own children with it. It dies with its parent.
 *
 * The environment is PATH and LC_ALL=C and nothing else: messages are to be read by us.
 */
struct command_options {
	uint64_t limit_usec; /* 0: COMMAND_LIMIT_USEC */
	size_t max_output;   /* of each of the two streams, in bytes; 0: COMMAND_MAX_OUTPUT */
	const char *input;   /* what the command reads; NULL: /dev/null */
	size_t input_len;
	const char *directory; /* where it runs; NULL: / */
	/* Called each second for as long as it runs; NULL: nobody wants to know. */
	void (*waiting)(void *userdata);
	void *userdata;
};

#define COMMAND_LIMIT_USEC UINT64_C(10000000)
#define COMMAND_MAX_OUTPUT ((size_t)4 * 1024 * 1024)

struct command_result {
	int exit_status; /* -1 when it did not exit by itself */
	int signal;      /* the one that ended it, or 0 */
	bool timed_out;  /* it was killed for its time */
	bool truncated;  /* it said more than max_output; the rest was read and dropped */
	char *out;       /* NUL follows, but there may be others in it */
	size_t out_len;
	char *err;
	size_t err_len;
	uint64_t usec; /* how long it took */
};

#define COMMAND_RESULT_NULL ((struct command_result){ .exit_status = -1, .out = NULL, .err = NULL })

/*
 * command_run() - runs a command to its end
 * @argv:    ends in NULL; the first is a path, or a name that is looked for in the standard PATH
 * @options: NULL for the defaults
 *
 * Ends when the command itself has ended; what a grandchild that lives on says later is not waited
 * for. How the command ended is in @ret, a time limit included: none of that is a failure here.
 *
 * Return: 0; -ENOENT, -EACCES, … when it cannot be started; -ENOMEM, -EMFILE, …
 */
int command_run(const char *const argv[], const struct command_options *options,
		struct command_result *ret) _must_check_;

/* command_exists() - true when a command of that name (no path) is there to be run */
bool command_exists(const char *name);

/* True when the command exited by itself with status 0. */
static inline bool command_succeeded(const struct command_result *r)
{
	return r->exit_status == 0 && !r->timed_out;
}

void command_result_done(struct command_result *r);

/* For a local struct command_result. */
#define _cleanup_command_result_ _cleanup_(command_result_done)
