/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progress.h"

#include <time.h>
#include <unistd.h>

#include "terminal.h"

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void erase(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr); /* ECMA-48, "EL": the line from the cursor on */
	p->drawn = false;
}

/* A step's line stays, with the time that it took; what was only waited for goes. */
static void leave_line(struct progress *p)
{
	if (p->drawn && p->step) {
		putc('\n', stderr);
		p->drawn = false;
	}
	erase(p);
}

static void set_what(struct progress *p, const char *what)
{
	free(p->what);
	p->what = strdup(what);
	p->since_usec = now_usec();
}

void progress_begin(struct progress *p, const struct ctl *ctl, const char *what)
{
	p->live = terminal_can(STDERR_FILENO);
	p->quiet = ctl->json != CTL_JSON_OFF;
	set_what(p, what);
}

void progress_step(struct progress *p, const char *what)
{
	if (p->what && streq(p->what, what))
		return;
	leave_line(p);
	set_what(p, what);
	p->step = true;
	if (p->live) {
		progress_tick(p);
	} else if (!p->quiet) {
		ctl_print_safe(stderr, what);
		putc('\n', stderr);
	}
}

void progress_tick(struct progress *p)
{
	uint64_t seconds = (now_usec() - p->since_usec) / 1000000;

	if (!p->live || p->quiet || !p->what)
		return;
	erase(p);
	ctl_print_safe(stderr, p->what);
	fprintf(stderr, " … %llu s", (unsigned long long)seconds);
	fflush(stderr);
	p->drawn = true;
}

void progress_end(struct progress *p)
{
	leave_line(p);
	free(p->what);
	p->what = NULL;
}
