/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * The kernel's log, as the journal keeps it. /dev/kmsg would need CAP_SYSLOG, and may have lost the
 * message by then.
 */

/* @message: without time and priority; lives until the call returns */
typedef void (*kernel_log_each_fn)(void *userdata, const char *message);

/*
 * kernel_log_read() - the messages that the journal got since then, oldest first
 *
 * No more than KERNEL_LOG_MAX of them, and none once KERNEL_LOG_USEC are over: the loop that
 * follows failovers waits meanwhile.
 *
 * Return: 0; a negative errno: there is no journal, or we may not read it.
 */
int kernel_log_read(uint64_t since_realtime_usec, kernel_log_each_fn each, void *userdata);

#define KERNEL_LOG_MAX  5000
#define KERNEL_LOG_USEC UINT64_C(200000)
