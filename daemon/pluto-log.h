/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * What pluto has logged: in the journal, under ipsec.service, and in the file that logfile= names.
 */

/* The place that ipsec.conf(5) and the file that is shipped suggest. */
#define PLUTO_LOG_FILE "/var/log/pluto.log"

/* A place in both to read on from. */
struct pluto_log_mark {
	uint64_t realtime_usec;
	uint64_t file_size;
};

/* pluto_log_mark() - the end of both, now */
void pluto_log_mark(const char *file, struct pluto_log_mark *ret);

/* pluto_log_mark_before() - that long ago in the journal, and the last 64 KiB of the file */
void pluto_log_mark_before(const char *file, uint64_t usec, struct pluto_log_mark *ret);

/*
 * pluto_log_read() - the lines since the mark that are about a conn, in their order
 * @conn: its name; lines with it in quotes count, and those about packets of @peer
 * @peer: the peer's address as text, or ""
 *
 * @ret_file_error: 0, or why the file could not be read as a negative errno; -ENOENT is common
 *                  where pluto logs to the journal; set with -EACCES as well
 *
 * At most the last 1,000 lines. @file: what logfile= names, or PLUTO_LOG_FILE.
 *
 * Return: 0, and the lines in @ret (free with free(); "" for none); -EACCES when neither can be
 * read; -ENOMEM.
 */
int pluto_log_read(const char *file, const struct pluto_log_mark *since, const char *conn,
		   const char *peer, char **ret, int *ret_file_error);
