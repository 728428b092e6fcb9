/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <syslog.h>

#include "base.h"

/*
 * The one writer of log entries. With the journal on the other side each entry carries typed
 * fields; else it is a line on standard error. A journal that takes nothing is waited for once, for a
second; what it does not get is counted, and it is told so later. Keys never come here: see
daemon/xfrm.h.
 */

/* A field of an entry; its value may be NULL, and then it is left out. */
struct log_field {
	const char *name; /* LOG_FIELD_… in names.h */
	const char *value;
};

/* log_open() - looks where standard error goes; @max_priority: LOG_INFO, LOG_DEBUG, … */
void log_open(const char *identifier, int max_priority);

/*
 * log_event() - an entry with fields
 * @message_id: MESSAGE_… in names.h, or NULL
 *
 * errno is kept, so that %m may be used in @format and after the call.
 */
void log_event(int priority, const char *message_id, const struct log_field *fields,
	       size_t n_fields, const char *format, ...) _printf_(5, 6);

#define log_plain(priority, ...) log_event(priority, NULL, NULL, 0, __VA_ARGS__)
#define log_error(...)           log_plain(LOG_ERR, __VA_ARGS__)
#define log_warning(...)         log_plain(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)          log_plain(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)            log_plain(LOG_INFO, __VA_ARGS__)
#define log_debug(...)           log_plain(LOG_DEBUG, __VA_ARGS__)
