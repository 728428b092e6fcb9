/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdarg.h>

#include "base.h"

/*
 * A text that grows. A failed allocation is remembered, later calls do nothing, and text_take()
 * tells: so a text can be built without a check at each line.
 */
struct text {
	char *data; /* ends in NUL once anything was added, else NULL */
	size_t len; /* without the NUL */
	size_t alloc;
	bool failed;
};

#define TEXT_NULL ((struct text){ 0 })

void text_add(struct text *t, const char *s);
void text_add_bytes(struct text *t, const char *s, size_t len);
void text_add_char(struct text *t, char c);
void text_printf(struct text *t, const char *format, ...) _printf_(2, 3);
void text_vprintf(struct text *t, const char *format, va_list args) _printf_(2, 0);

/*
 * text_take() - hands the text over to the caller
 *
 * Return: 0, and the text in @ret (free with free(); an empty text is ""); -ENOMEM when any
 * addition failed. Either way the text is empty afterwards and can be used anew.
 */
int text_take(struct text *t, char **ret) _must_check_;

/*
 * text_keep_lines() - drops what stands before the last @max lines, or before the last ones that
 * have no more than @max_bytes together, newlines included
 *
 * Return: how many lines are left.
 */
size_t text_keep_lines(struct text *t, size_t max, size_t max_bytes);

/* text_done() - frees what the text holds */
void text_done(struct text *t);

/* For a local struct text. */
#define _cleanup_text_ _cleanup_(text_done)
