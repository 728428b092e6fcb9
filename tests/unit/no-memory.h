/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"
#include "unit.h"

/*
 * Memory that runs out. no-memory.c takes the place of malloc() and its kin for the whole process,
 * the libraries in it too, so that each allocation can be made to fail in turn.
 */

/*
 * each_failing() - calls @act with its first, second, third … allocation failing, until none does
 * @act: returns -ENOMEM, or 0 when all is as it is with memory enough, which it looks after itself
 *
 * What was leaked on the way is for the address sanitizer to see.
 *
 * Return: how many allocations there were.
 */
size_t each_failing(int (*act)(void));

/* no_memory_is_in_place() - valgrind, for one, takes that place for its own */
bool no_memory_is_in_place(void);

/* A unit test's main(), which is skipped where that is so. */
#define NO_MEMORY_MAIN(subject, ...)                                                               \
	int main(void)                                                                             \
	{                                                                                          \
		const TTest *const tests[] = { __VA_ARGS__ };                                      \
                                                                                                   \
		if (!no_memory_is_in_place()) {                                                    \
			puts("memory does not run out here: skipped");                             \
			return 77;                                                                 \
		}                                                                                  \
		return unit_run(subject, tests, sizeof(tests) / sizeof(tests[0]));                 \
	}

/* no_memory_pause(), no_memory_resume() - between them no allocation fails, nor counts; an act may
 * end paused */
void no_memory_pause(void);
void no_memory_resume(void);
