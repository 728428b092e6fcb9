/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "command.h"

#define MAX_OUTPUT ((size_t)256 * 1024)
/* How long tcpdump takes to open its socket, on a busy host. */
#define OPENING_MSEC 700

struct capture {
	pthread_t thread;
	char device[FACTS_NAME_SIZE];
	char *filter;
	uint64_t limit_usec;
	struct command_result result;
	int error;
};

/*
 * It has no limit in time of its own: its time is over when it is killed. A thread waits for it, so
 * that the tunnel can be tried meanwhile.
 */
static void *run(void *userdata)
{
	struct capture *c = userdata;
	const char *const argv[] = { "tcpdump", "-i", c->device, "-n", "-n",
				     "-l",      "-t", c->filter, NULL };
	const struct command_options options = { .limit_usec = c->limit_usec,
						 .max_output = MAX_OUTPUT };

	c->error = command_run(argv, &options, &c->result);
	return NULL;
}

static void capture_free(struct capture *c)
{
	command_result_done(&c->result);
	free(c->filter);
	free(c);
}

int capture_start(const char *device, const char *filter, unsigned int seconds,
		  struct capture **ret)
{
	const struct timespec opening = { .tv_nsec = OPENING_MSEC * 1000000L };
	struct capture *c;
	int r;

	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->result = COMMAND_RESULT_NULL;
	snprintf(c->device, sizeof(c->device), "%s", *device ? device : "any");
	c->limit_usec = (uint64_t)seconds * 1000000 + OPENING_MSEC * 1000;
	c->filter = strdup(filter);
	r = c->filter ? -pthread_create(&c->thread, NULL, run, c) : -ENOMEM;
	if (r < 0) {
		capture_free(c);
		return r;
	}
	nanosleep(&opening, NULL);
	*ret = c;
	return 0;
}

int capture_finish(struct capture *c, char **ret)
{
	int r;

	pthread_join(c->thread, NULL);
	r = c->error;
	if (r == 0 && !c->result.timed_out && c->result.exit_status != 0)
		r = strstr(c->result.err, "permission") ? -EPERM : -EIO;
	if (r == 0) {
		*ret = TAKE_PTR(c->result.out);
		if (!*ret)
			r = -ENOMEM;
	}
	capture_free(c);
	return r;
}
