/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <stdio.h>

#include "array.h"

static bool text_reserve(struct text *t, size_t n_more)
{
	if (t->failed)
		return false;
	if (n_more == SIZE_MAX || array_reserve(&t->data, &t->alloc, t->len, n_more + 1, 1) < 0) {
		t->failed = true;
		return false;
	}
	return true;
}

void text_add_bytes(struct text *t, const char *s, size_t len)
{
	if (!text_reserve(t, len))
		return;
	if (len > 0)
		memcpy(t->data + t->len, s, len);
	t->len += len;
	t->data[t->len] = '\0';
}

void text_add(struct text *t, const char *s)
{
	text_add_bytes(t, s, strlen(s));
}

void text_add_char(struct text *t, char c)
{
	text_add_bytes(t, &c, 1);
}

void text_vprintf(struct text *t, const char *format, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);

	if (n < 0) {
		t->failed = true;
		return;
	}
	if (!text_reserve(t, (size_t)n))
		return;
	vsnprintf(t->data + t->len, (size_t)n + 1, format, args);
	t->len += (size_t)n;
}

void text_printf(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vprintf(t, format, args);
	va_end(args);
}

int text_take(struct text *t, char **ret)
{
	char *data;

	if (t->failed) {
		text_done(t);
		return -ENOMEM;
	}

	data = t->data ? TAKE_PTR(t->data) : strdup("");
	text_done(t);
	if (!data)
		return -ENOMEM;

	*ret = data;
	return 0;
}

size_t text_keep_lines(struct text *t, size_t max, size_t max_bytes)
{
	size_t from = t->len, n = 0;

	while (from > 0 && n < max) {
		size_t line = from - 1;

		while (line > 0 && t->data[line - 1] != '\n')
			line--;
		if (t->len - line > max_bytes)
			break;
		from = line;
		n++;
	}
	if (from > 0) {
		t->len -= from;
		memmove(t->data, t->data + from, t->len + 1);
	}
	return n;
}

void text_done(struct text *t)
{
	free(t->data);
	*t = TEXT_NULL;
}
