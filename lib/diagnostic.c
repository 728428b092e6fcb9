/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnostic.h"

#include <ctype.h>

#include "array.h"

/* The part of a source line that is kept, in characters: what a wide terminal shows in a line. */
enum {
	SOURCE_MAX = 160
};

/* The bytes that continue a character of UTF-8 do not count. */
static bool starts_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static size_t count_characters(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += starts_character(s[i]);
	return n;
}

/* The offset of the Nth character, from 0; @len past the end. */
static size_t offset_of_character(const char *s, size_t len, size_t n)
{
	for (size_t i = 0; i < len; i++)
		if (starts_character(s[i]) && n-- == 0)
			return i;
	return len;
}

/*
 * Control characters (but the tab) could rewrite what the terminal shows; so could those of
 * ISO 6429's second set, which UTF-8 writes as 0xc2 0x80 to 0xc2 0x9f.
 */
static void make_printable(char *s)
{
	for (char *p = s; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if ((c < 0x20 && c != '\t') || c == 0x7f) {
			*p = '?';
		} else if (c == 0xc2 && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xa0) {
			p[0] = '?';
			memmove(p + 1, p + 2, strlen(p + 2) + 1);
		}
	}
}

static char *copy_source(const char *source, size_t len, unsigned int column,
			 unsigned int *ret_caret)
{
	size_t n = count_characters(source, len), from = 0;
	size_t begin, end;
	char *copy;

	if (n > SOURCE_MAX && column > SOURCE_MAX / 2) {
		from = column - SOURCE_MAX / 2;
		if (from > n - SOURCE_MAX)
			from = n - SOURCE_MAX;
	}
	begin = offset_of_character(source, len, from);
	end = begin + offset_of_character(source + begin, len - begin, SOURCE_MAX);

	copy = strndup(source + begin, end - begin);
	if (!copy)
		return NULL;
	make_printable(copy);
	*ret_caret = column > from ? (unsigned int)(column - from) : 0;
	return copy;
}

static void diagnostic_done(struct diagnostic *d)
{
	free(d->file);
	free(d->message);
	free(d->source);
	free(d->hint);
	*d = (struct diagnostic){ 0 };
}

int diagnostics_add(struct diagnostics *d, enum diagnostic_level level, const char *file,
		    unsigned int line, unsigned int column, const char *source, size_t source_len,
		    const char *hint, const char *message)
{
	struct diagnostic new = { .level = level, .line = line, .column = column };

	new.file = strdup(file);
	new.message = strdup(message);
	new.hint = hint ? strdup(hint) : NULL;
	new.source = source ? copy_source(source, source_len, column, &new.caret) : NULL;
	if (!new.file || !new.message || (hint && !new.hint) || (source && !new.source) ||
	    ARRAY_GROW(d) < 0) {
		diagnostic_done(&new);
		return -ENOMEM;
	}
	make_printable(new.message);

	d->items[d->n++] = new;
	return 0;
}

int diagnostics_move(struct diagnostics *to, struct diagnostics *from)
{
	int r = array_reserve(&to->items, &to->alloc, to->n, from->n, sizeof(*to->items));

	if (r < 0)
		return r;
	for (size_t i = 0; i < from->n; i++)
		to->items[to->n++] = from->items[i];
	from->n = 0;
	diagnostics_done(from);
	return 0;
}

size_t diagnostics_errors(const struct diagnostics *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		n += d->items[i].level == DIAGNOSTIC_ERROR;
	return n;
}

/* Below the character in question; the line's own tabs keep it there, however wide they are. */
static void print_caret(const char *source, unsigned int caret, struct text *text)
{
	unsigned int column = 1;

	for (const char *p = source; *p && column < caret; p++) {
		if (!starts_character(*p))
			continue;
		text_add_char(text, *p == '\t' ? '\t' : ' ');
		column++;
	}
	text_add(text, "^\n");
}

void diagnostic_print_line(const struct diagnostic *d, struct text *text)
{
	text_add(text, d->file);
	if (d->line > 0)
		text_printf(text, ":%u", d->line);
	if (d->line > 0 && d->column > 0)
		text_printf(text, ":%u", d->column);
	text_printf(text, ": %s: %s", d->level == DIAGNOSTIC_ERROR ? "error" : "warning",
		    d->message);
}

void diagnostic_print(const struct diagnostic *d, struct text *text)
{
	diagnostic_print_line(d, text);
	text_add(text, "\n");
	if (d->source) {
		text_printf(text, "%s\n", d->source);
		if (d->caret > 0)
			print_caret(d->source, d->caret, text);
	}
	if (d->hint)
		text_printf(text, "%s\n", d->hint);
}

void diagnostics_done(struct diagnostics *d)
{
	for (size_t i = 0; i < d->n; i++)
		diagnostic_done(&d->items[i]);
	free(d->items);
	*d = DIAGNOSTICS_NULL;
}

/* Words beyond this are not compared: no key or value is near as long. */
enum {
	WORD_MAX = 64
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* The optimal string alignment distance, in three rows of its table. */
static size_t edit_distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= n_b; j++)
		last[j] = j;

	for (size_t i = 1; i <= n_a; i++) {
		size_t *free_row = before;

		row[0] = i;
		for (size_t j = 1; j <= n_b; j++) {
			size_t changed = last[j - 1] + !same_letter(a[i - 1], b[j - 1]);

			row[j] = smaller(smaller(last[j], row[j - 1]) + 1, changed);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
			    same_letter(a[i - 2], b[j - 1]))
				row[j] = smaller(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = free_row;
	}
	return last[n_b];
}

const char *nearest_word(const char *word, const char *const *words)
{
	size_t len = strlen(word), best = SIZE_MAX;
	const char *nearest = NULL;

	if (len > WORD_MAX)
		return NULL;

	for (; *words; words++) {
		size_t other = strlen(*words), longer = other > len ? other : len;
		size_t distance;

		if (other > WORD_MAX)
			continue;
		distance = edit_distance(word, len, *words, other);
		if (distance * 3 <= longer && distance < best) {
			best = distance;
			nearest = *words;
		}
	}
	return nearest;
}
