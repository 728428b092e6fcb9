/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of the test's own, which goes with it: one for all files of a test. */

__attribute__((weak)) char temporary_dir[64];

static inline void temporary_make(void)
{
	strcpy(temporary_dir, "/tmp/esp-offload-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(temporary_dir));
}

static inline int temporary_unlink(const char *path, const struct stat *st, int type,
				   struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void temporary_remove(void)
{
	(void)nftw(temporary_dir, temporary_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a file in it; overwritten by the next call. */
static inline const char *temporary_path(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", temporary_dir, name);
	return path;
}

static inline void temporary_append(const char *name, const char *text)
{
	FILE *f = fopen(temporary_path(name), "ae");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static inline size_t temporary_count_lines(const char *name)
{
	FILE *f = fopen(temporary_path(name), "re");
	size_t n = 0;
	int c;

	if (!f)
		return 0;
	while ((c = getc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}
