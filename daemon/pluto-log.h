/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * What pluto has logged: in the journal, under ipsec.service, and where logfile= says so in
 * /var/log/pluto.log (the place that ipsec.conf(5) and the file that is shipped suggest).
 */

/* A place in both to read on from. */
struct pluto_log_mark {
	uint64_t realtime_usec;
	uint64_t file_size;
};

/* pluto_log_mark() - the end of both, now */
void pluto_log_mark(struct pluto_log_mark *ret);

/* pluto_log_mark_before() - that long ago in the journal, and the last 64 KiB of the file */
void pluto_log_mark_before(uint64_t usec, struct pluto_log_mark *ret);

/*
 * pluto_log_read() - the lines since the mark that are about a conn, in their order
 * @conn: its name; lines with it in quotes count, and those about packets of @peer
 * @peer: the peer's address as text, or ""
 *
 * At most the last 1,000 lines.
 *
 * Return: 0, and the lines in @ret (free with free(); "" for none); -EACCES when neither can be
 * read; -ENOMEM.
 */
int pluto_log_read(const struct pluto_log_mark *since, const char *conn, const char *peer,
		   char **ret);
