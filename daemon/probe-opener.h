/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * Sockets for ICMP echo, and how one process opens them for another.
 *
 * Who asks connects to a socket of the file system, and sends one byte, the family: '4' or '6'. The
 * answer is one message: an int, 0 with the open socket (SCM_RIGHTS, unix(7)) or a negative errno
 * alone. The daemon, whose sandbox knows no addresses of networks, gets its sockets so.
 */
#define PROBE_OPENER_FOUR '4'
#define PROBE_OPENER_SIX  '6'

/*
 * probe_socket() - opens one
 * @family: AF_INET or AF_INET6
 *
 * Return: its file descriptor: a ping socket (icmp(7)), or a raw one that gets replies only;
 * -EACCES or -EPERM when neither is allowed; -EAFNOSUPPORT; another negative errno.
 */
int probe_socket(int family) _must_check_;

/*
 * probe_opener_answer() - reads one request from a connection, and answers it
 *
 * Return: 0, also when the answer was an error, or who asked has hung up; -EBADMSG for a strange
 * request; another negative errno.
 */
int probe_opener_answer(int connection) _must_check_;

/*
 * probe_opener_ask() - connects to an opener, and asks
 *
 * Return: the connection's file descriptor, for probe_opener_take(); a negative errno.
 */
int probe_opener_ask(const char *path, int family) _must_check_;

/*
 * probe_opener_take() - takes the answer, without waiting
 *
 * The socket is what was asked for: of that family, for ICMP, and does not block.
 *
 * Return: 0, with the socket in @ret; -EAGAIN when there is no answer yet; what kept the opener
 * from it; -EBADMSG for a strange answer; another negative errno.
 */
int probe_opener_take(int connection, int family, int *ret) _must_check_;
