/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "no-memory.h"

#include <check.h>
#include <unistd.h>

/* With the address sanitizer, what it puts in the place of the C library's. */
void *__interceptor_malloc(size_t size) __attribute__((weak));
void *__interceptor_calloc(size_t n, size_t size) __attribute__((weak));
void *__interceptor_realloc(void *p, size_t size) __attribute__((weak));
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static bool counting;
static unsigned int pauses; /* one in another */
static size_t countdown;    /* the allocation that fails, from 1; 0: none */

static bool fails(void)
{
	if (!counting || pauses > 0 || countdown == 0 || --countdown > 0)
		return false;
	errno = ENOMEM;
	return true;
}

/* Seen from outside, or only this program's own calls would come here. */
#pragma GCC visibility push(default)

void *malloc(size_t size)
{
	if (fails())
		return NULL;
	return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	if (fails())
		return NULL;
	return __interceptor_calloc ? __interceptor_calloc(n, size) : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	if (fails())
		return NULL;
	return __interceptor_realloc ? __interceptor_realloc(p, size) : __libc_realloc(p, size);
}

void *reallocarray(void *p, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, total);
}

char *strndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = malloc(len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *strdup(const char *s)
{
	return strndup(s, strlen(s));
}

#pragma GCC visibility pop

void no_memory_pause(void)
{
	pauses++;
}

void no_memory_resume(void)
{
	pauses--;
}

bool no_memory_is_in_place(void)
{
	/* Of malloc() itself the compiler thinks that it sees none of what is set here. */
	void *(*volatile allocate)(size_t size) = malloc;
	void *p;

	countdown = 1;
	counting = true;
	p = allocate(1);
	counting = false;
	free(p);
	return !p;
}

size_t each_failing(int (*act)(void))
{
	for (size_t n = 1;; n++) {
		int r;

		countdown = n;
		pauses = 0;
		counting = true;
		r = act();
		counting = false;
		if (countdown > 0) {
			ck_assert_int_eq(r, 0);
			return n - 1;
		}
		ck_assert_msg(r == -ENOMEM || r == 0,
			      "allocation %zu failed, and the answer was %d", n, r);
	}
}
