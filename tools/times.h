/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/* Points in time and spans of it as people write and read them. All times are microseconds. */

/*
 * times_parse() - a point in time
 * @now_usec: the present, since the epoch
 *
 * "2026-01-02 03:04:05", its parts "2026-01-02 03:04", "2026-01-02", "03:04:05" and "03:04" (today)
 * in local time; "now", "today", "yesterday"; "@1767323045" in seconds since the epoch; "-1h",
 * "1h ago" before the present. As in systemd.time(7), what of it is of use here.
 *
 * Return: 0; -EINVAL.
 */
int times_parse(const char *text, uint64_t now_usec, uint64_t *ret_usec);

/*
 * times_parse_span() - a span of time: "30s", "1h 30min", "500ms", "1.5min"; a plain number is
 * seconds
 *
 * Return: 0; -EINVAL; -ERANGE.
 */
int times_parse_span(const char *text, uint64_t *ret_usec);

enum {
	TIMES_TEXT_SIZE = 64
};

/* times_print() - "2026-01-02 03:04:05" in local time */
void times_print(uint64_t usec, char buffer[TIMES_TEXT_SIZE]);

/* times_print_clock() - "03:04:05.678" in local time */
void times_print_clock(uint64_t usec, char buffer[TIMES_TEXT_SIZE]);

/* times_print_span() - "850 ms", "2.4 s", "3 min 20 s", "2 h 5 min", "4 d 7 h" */
void times_print_span(uint64_t usec, char buffer[TIMES_TEXT_SIZE]);
