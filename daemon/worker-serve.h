/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * The worker at the other end of a connection: systemd starts one for each, with the connection as
 * its standard input and output, in a sandbox of its own.
 *
 * What comes in is the arguments of the command line, a JSON array of strings in one line, after it
 * what the worker would read from its standard input, and a NUL, by which an order is known to be
 * whole. Reports go out as they always do, and after them one with the exit status. Who asked stops
 * the worker by closing his half of the connection, or all of it: SIGTERM comes of both, as of the
 * death of a parent.
 */
struct worker_order {
	char **argv; /* as main() gets it, ending in NULL */
	int argc;
	char *input; /* what follows the arguments, to the NUL */
	size_t input_len;
};

#define WORKER_ORDER_NULL ((struct worker_order){ .argv = NULL })

/* Bytes of an order; a longer one is refused. */
#define WORKER_ORDER_MAX ((size_t)16 * 1024 * 1024)

/*
 * worker_read_all() - reads a file descriptor to its end
 *
 * Return: 0, with the bytes in @ret (NUL follows; free with free()); -EFBIG for more than
 * WORKER_ORDER_MAX; another negative errno.
 */
int worker_read_all(int fd, char **ret, size_t *ret_len) _must_check_;

/*
 * worker_order_read() - reads an order from a file descriptor, to its NUL
 *
 * Return: 0; -EBADMSG when it begins with no such line, or something follows it, or it breaks off;
 * -EFBIG; another negative errno.
 */
int worker_order_read(int fd, struct worker_order *ret) _must_check_;
void worker_order_done(struct worker_order *o);

/*
 * worker_die_with() - from now on this process gets SIGTERM when the other end hangs up, or will
 * say no more
 *
 * Nothing must come in any more: what does would be taken for the same.
 *
 * Return: 0; -ENOTCONN when it has hung up already; another negative errno.
 */
int worker_die_with(int connection) _must_check_;
