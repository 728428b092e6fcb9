/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ipsec.h"
#include "text.h"
#include "unit.h"

/*
 * An `ipsec` command that is a script of the test: ipsec_is() writes it, and ipsec leads to it. In
 * the script, $LOG is a file that the test reads afterwards.
 */

static char directory[32];
static char script[64];
static char log_file[64];
static struct ipsec ipsec;

static inline void write_file(const char *path, mode_t mode, const char *a, const char *b)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(dprintf(fd, "%s%s", a, b), 0);
	ck_assert_int_eq(close(fd), 0);
}

static inline void setup(void)
{
	snprintf(directory, sizeof(directory), "/tmp/test-ipsec-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(script, sizeof(script), "%s/ipsec", directory);
	snprintf(log_file, sizeof(log_file), "%s/log", directory);
	ipsec = (struct ipsec){ .path = script, .limit_usec = 20000000 };
}

static inline void teardown(void)
{
	unlink(script);
	unlink(log_file);
	rmdir(directory);
}

static inline void ipsec_is(const char *body)
{
	char head[128];

	setup();
	snprintf(head, sizeof(head), "#!/bin/sh\nLOG=%s\n", log_file);
	write_file(script, 0755, head, body);
}

/* What the script has put into its log. */
static inline char *log_text(void)
{
	struct text t = TEXT_NULL;
	FILE *f = fopen(log_file, "re");
	char *s = NULL;
	int c;

	while (f && (c = fgetc(f)) != EOF)
		text_add_char(&t, (char)c);
	if (f)
		fclose(f);
	ck_assert_int_eq(text_take(&t, &s), 0);
	return s;
}

static inline void expect_log(const char *expected)
{
	char *s = log_text();

	ck_assert_str_eq(s, expected);
	free(s);
}

static inline double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}
