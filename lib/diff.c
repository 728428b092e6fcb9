/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diff.h"

#include "array.h"
#include "text.h"

#define MAX_CHANGES 500

struct line {
	const char *s;
	size_t len; /* with its newline, when there is one */
};

struct lines {
	struct line *items;
	size_t n, alloc;
};

/* A stretch of lines that differs: [old, old_end) became [new, new_end). */
struct change {
	size_t old, old_end;
	size_t new, new_end;
};

struct changes {
	struct change *items;
	size_t n, alloc;
};

static int split(const char *s, size_t len, struct lines *ret)
{
	while (len > 0) {
		const char *newline = memchr(s, '\n', len);
		size_t n = newline ? (size_t)(newline - s) + 1 : len;
		int r = ARRAY_GROW(ret);

		if (r < 0)
			return r;
		ret->items[ret->n++] = (struct line){ s, n };
		s += n;
		len -= n;
	}
	return 0;
}

static bool same_line(const struct line *a, const struct line *b)
{
	return a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
}

static int add_change(struct changes *changes, size_t old, size_t old_end, size_t new,
		      size_t new_end)
{
	int r = ARRAY_GROW(changes);

	if (r == 0)
		changes->items[changes->n++] = (struct change){ old, old_end, new, new_end };
	return r;
}

/*
 * Myers's greedy algorithm (An O(ND) Difference Algorithm and Its Variations, 1986): for each
 * number of changes d, the furthest point on each diagonal k. A row of the furthest points is kept
 * for each d, to walk back along.
 */
struct search {
	const struct line *a, *b;
	size_t n_a, n_b;
	size_t **rows; /* row d has 2d + 1 points, of diagonals -d … d, by old line */
	size_t d;
};

/* The furthest old line on diagonal @k after @d changes, before the equal lines that follow. */
static size_t step(const struct search *s, size_t d, ptrdiff_t k, bool *ret_down)
{
	const size_t *before = s->rows[d - 1];
	ptrdiff_t width = (ptrdiff_t)d - 1;
	bool left = k - 1 >= -width && k - 1 <= width, right = k + 1 >= -width && k + 1 <= width;
	size_t by_deletion = left ? before[k - 1 + width] + 1 : 0;
	size_t by_insertion = right ? before[k + 1 + width] : 0;

	*ret_down = !left || (right && by_insertion >= by_deletion);
	return *ret_down ? by_insertion : by_deletion;
}

static bool on_grid(const struct search *s, size_t x, ptrdiff_t k)
{
	return x <= s->n_a && (ptrdiff_t)x - k >= 0 && (size_t)((ptrdiff_t)x - k) <= s->n_b;
}

/* Returns 1 when the ends were met, 0 when there are too many changes. */
static int search(struct search *s)
{
	for (s->d = 0; s->d <= MAX_CHANGES; s->d++) {
		size_t d = s->d;
		size_t *row = calloc(2 * d + 1, sizeof(*row));

		if (!row)
			return -ENOMEM;
		s->rows[d] = row;
		for (ptrdiff_t k = -(ptrdiff_t)d; k <= (ptrdiff_t)d; k += 2) {
			bool down;
			size_t x = d == 0 ? 0 : step(s, d, k, &down);

			while (on_grid(s, x + 1, k) && x < s->n_a &&
			       (size_t)((ptrdiff_t)x - k) < s->n_b &&
			       same_line(&s->a[x], &s->b[(ptrdiff_t)x - k]))
				x++;
			row[k + (ptrdiff_t)d] = x;
			if (x >= s->n_a && (ptrdiff_t)x - k >= (ptrdiff_t)s->n_b)
				return 1;
		}
	}
	return 0;
}

/* Back from the end: the single changes in reverse, put together where they touch. */
static int walk_back(const struct search *s, size_t offset, struct changes *changes)
{
	size_t x = s->n_a, y = s->n_b;

	for (size_t d = s->d; d > 0; d--) {
		ptrdiff_t k = (ptrdiff_t)x - (ptrdiff_t)y;
		struct change *last;
		bool down;
		size_t begin = step(s, d, k, &down);
		int r;

		/* From (x, y) back over equal lines to @begin, then one change. */
		x = begin;
		y = (size_t)((ptrdiff_t)begin - k);
		last = changes->n > 0 ? &changes->items[changes->n - 1] : NULL;
		if (last && last->old == x + offset && last->new == y + offset) {
			last->old -= !down;
			last->new -= down;
		} else {
			r = add_change(changes, x + offset - !down, x + offset, y + offset - down,
				       y + offset);
			if (r < 0)
				return r;
		}
		if (down)
			y--;
		else
			x--;
	}
	for (size_t i = 0; i < changes->n / 2; i++) {
		struct change c = changes->items[i];

		changes->items[i] = changes->items[changes->n - 1 - i];
		changes->items[changes->n - 1 - i] = c;
	}
	return 0;
}

static int compare(const struct lines *a, const struct lines *b, struct changes *changes)
{
	size_t head = 0, tail = 0;
	struct search s = { 0 };
	int r;

	while (head < a->n && head < b->n && same_line(&a->items[head], &b->items[head]))
		head++;
	while (tail < a->n - head && tail < b->n - head &&
	       same_line(&a->items[a->n - 1 - tail], &b->items[b->n - 1 - tail]))
		tail++;
	if (head + tail == a->n && head + tail == b->n)
		return 0;

	s.a = a->items + head;
	s.b = b->items + head;
	s.n_a = a->n - head - tail;
	s.n_b = b->n - head - tail;
	s.rows = calloc(MAX_CHANGES + 1, sizeof(*s.rows));
	if (!s.rows)
		return -ENOMEM;
	r = search(&s);
	if (r > 0)
		r = walk_back(&s, head, changes);
	else if (r == 0)
		r = add_change(changes, head, a->n - tail, head, b->n - tail);
	for (size_t i = 0; i <= MAX_CHANGES; i++)
		free(s.rows[i]);
	free(s.rows);
	return r;
}

static void print_line(struct text *text, char sign, const struct line *line)
{
	text_add_char(text, sign);
	text_add_bytes(text, line->s, line->len);
	if (line->s[line->len - 1] != '\n')
		text_add(text, "\n\\ No newline at end of file\n");
}

/* "3,7", "3" for one line, "2,0" for none after line 2 */
static void print_range(struct text *text, size_t begin, size_t n)
{
	if (n == 1)
		text_printf(text, "%zu", begin + 1);
	else
		text_printf(text, "%zu,%zu", n == 0 ? begin : begin + 1, n);
}

static void print_hunk(struct text *text, const struct lines *a, const struct lines *b,
		       const struct change *changes, size_t n, size_t context)
{
	size_t before = changes[0].old < context ? changes[0].old : context;
	size_t after = a->n - changes[n - 1].old_end;
	size_t old = changes[0].old - before, old_end, new_end;

	if (after > context)
		after = context;
	old_end = changes[n - 1].old_end + after;
	new_end = changes[n - 1].new_end + after;
	text_add(text, "@@ -");
	print_range(text, old, old_end - old);
	text_add(text, " +");
	print_range(text, changes[0].new - before, new_end - (changes[0].new - before));
	text_add(text, " @@\n");
	for (size_t i = 0; i < n; i++) {
		for (; old < changes[i].old; old++)
			print_line(text, ' ', &a->items[old]);
		for (; old < changes[i].old_end; old++)
			print_line(text, '-', &a->items[old]);
		for (size_t new = changes[i].new; new < changes[i].new_end; new ++)
			print_line(text, '+', &b->items[new]);
	}
	for (; old < old_end; old++)
		print_line(text, ' ', &a->items[old]);
}

static void print(struct text *text, const char *old_name, const struct lines *a,
		  const char *new_name, const struct lines *b, const struct changes *changes,
		  size_t context)
{
	if (changes->n == 0)
		return;
	text_printf(text, "--- %s\n+++ %s\n", old_name, new_name);
	for (size_t i = 0; i < changes->n;) {
		size_t n = 1;

		while (i + n < changes->n &&
		       changes->items[i + n].old - changes->items[i + n - 1].old_end <= 2 * context)
			n++;
		print_hunk(text, a, b, &changes->items[i], n, context);
		i += n;
	}
}

int diff_unified(const char *old_name, const char *old_bytes, size_t old_len, const char *new_name,
		 const char *new_bytes, size_t new_len, unsigned context, char **ret)
{
	struct lines a = { 0 }, b = { 0 };
	struct changes changes = { 0 };
	struct text text = TEXT_NULL;
	int r;

	r = split(old_bytes, old_len, &a);
	if (r == 0)
		r = split(new_bytes, new_len, &b);
	if (r == 0)
		r = compare(&a, &b, &changes);
	if (r == 0) {
		print(&text, old_name, &a, new_name, &b, &changes, context);
		r = text_take(&text, ret);
	}
	free(a.items);
	free(b.items);
	free(changes.items);
	return r;
}
