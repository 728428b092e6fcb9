/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include "unit.h"

/*
 * Tests that ask the real kernel, in a network namespace of their own: the machine's network is
 * neither seen nor touched. Where that is not allowed, the test is skipped and says so.
 */

/* What meson takes as "skipped". */
#define LIVE_SKIPPED 77

/*
 * live_enter() - goes into a new network namespace (and a user namespace, where not root)
 *
 * Return: true; false when that is not to be had, with a reason on standard error.
 */
bool live_enter(void);

/* live_run() - runs a shell command; true when it succeeds */
bool live_run(const char *command);

/* live_must() - the same, and the test fails when the command does */
void live_must(const char *command);

/* live_readable() - waits up to a second for something to read */
bool live_readable(int fd);

/* live_must_enter() - a namespace for each test; the one that main() goes into is for @possible */
void live_must_enter(void);

/* live_quiet() - true when there is nothing to read, now that all has happened */
bool live_quiet(int fd);

/* LIVE_MAIN() - as UNIT_MAIN(), where @possible says whether this kernel has what is needed */
#define LIVE_MAIN(subject, possible, ...)                                                          \
	int main(void)                                                                             \
	{                                                                                          \
		const TTest *const tests[] = { __VA_ARGS__ };                                      \
                                                                                                   \
		if (!live_enter() || !possible())                                                  \
			return LIVE_SKIPPED;                                                       \
		return unit_run_with(subject, live_must_enter, tests,                              \
				     sizeof(tests) / sizeof(tests[0]));                            \
	}
