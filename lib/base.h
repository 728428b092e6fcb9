/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What every file of the project may use: cleanup attributes and small helpers.
 *
 * The contract of all functions: a negative return value is an errno and goes up; zero or a
 * documented positive value is a condition that the caller handles. Outputs are the last
 * parameters, named ret_..., and are untouched on failure. Destructors accept NULL and return
 * NULL of their type, so that "p = thing_free(p)" can be written.
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define _cleanup_(f)   __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _unused_       __attribute__((unused))
#define _must_check_   __attribute__((warn_unused_result))

/* A cleanup function NAMEp for a destructor "type *NAME(type *)". */
#define DEFINE_CLEANUP(type, name)                                                                 \
	static inline void name##p(type **p)                                                       \
	{                                                                                          \
		if (*p)                                                                            \
			name(*p);                                                                  \
	}

/* Hands the pointer over: the variable is NULL afterwards. */
#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) *_pp = &(p);                                                         \
		__typeof__(p) _p = *_pp;                                                           \
		*_pp = NULL;                                                                       \
		_p;                                                                                \
	})

static inline void freep(void *p)
{
	free(*(void **)p);
}

/* For a local variable that owns memory from malloc. */
#define _cleanup_free_ _cleanup_(freep)

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* True when both are NULL, or both are strings and equal. */
static inline bool streq_ptr(const char *a, const char *b)
{
	return a && b ? streq(a, b) : a == b;
}

static inline bool has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}
