/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>
#include <systemd/sd-event.h>

#include "base.h"

/*
 * One run of the worker, the process that looks at the host as a whole and changes it. Its reports
 * come line by line; see worker-report.h.
 *
 * It is a child of ours, or, where its path is that of a socket, a process that systemd starts for
 * the connection, in a sandbox of its own: worker-serve.h tells what goes over it. Such a worker
 * ends when the connection does, or, in the middle of changing something, once that is taken back.
 */
struct worker_run;

struct worker_run_ops {
	/* A report; it is the caller's for the time of the call. */
	void (*report)(void *userdata, json_t *report);
	/*
	 * The worker has ended. @error is 0 when it did so by itself with exit status 0, -ETIME
	 * when it was ended at the limit, -EBUSY when another worker is at it, -ECHILD when it
	 * ended otherwise. The run may be freed from here.
	 */
	void (*done)(void *userdata, int error);
};

/*
 * worker_run_start() - starts the worker
 * @argv: the path of the program or of the socket, and arguments, ending in NULL
 * @input: what it reads on standard input; copied
 * @limit_usec: when it is killed, with all that it started: so long after the last report
 *
 * Return: 0; a negative errno.
 */
int worker_run_start(sd_event *event, const char *const argv[], const char *input,
		     uint64_t limit_usec, const struct worker_run_ops *ops, void *userdata,
		     struct worker_run **ret);

/*
 * worker_run_stop() - tells the worker to stop
 *
 * What it has begun is taken back; its reports and its end come as ever.
 */
void worker_run_stop(struct worker_run *w);

/* worker_run_free() - ends it at once if it is still there; a child's end is waited for */
struct worker_run *worker_run_free(struct worker_run *w);
DEFINE_CLEANUP(struct worker_run, worker_run_free)
