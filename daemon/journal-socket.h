/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

/*
 * The journal's socket, asked before something is sent there: sd_journal_sendv() waits without a
 * limit where journald takes nothing, and one that hangs is ended by its watchdog after three
 * minutes only (WatchdogSec= of systemd-journald.service).
 */

/* Where sd_journal_sendv() sends to, see "Native Journal Protocol" of systemd. */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/*
 * journal_socket_takes() - whether the socket @path takes a message within @timeout_msec, which is
 * not more than what others leave room for: somebody else may fill it right after
 *
 * Return: false where it is full; true as well where nobody is there, or it cannot be asked, for
 * who sends is told then, and does not wait.
 */
bool journal_socket_takes(const char *path, int timeout_msec);
