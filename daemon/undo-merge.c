/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "array.h"
#include "undo-private.h"

/* The bond's bit, in whichever way it is switched. */
static bool is_bit(const struct undo_entry *e)
{
	return e->kind == STEP_LIVE || e->kind == STEP_REACTIVATE;
}

/* A conn that has moved to another file is the same one. */
static bool same_thing(const struct undo_entry *a, const struct undo_entry *b)
{
	return (a->kind == b->kind || (is_bit(a) && is_bit(b))) && streq(a->subject, b->subject) &&
	       streq_ptr(a->key, b->key);
}

static void swap(char **a, char **b)
{
	char *c = *a;

	*a = *b;
	*b = c;
}

/* Return: 0 when @first has the bytes of before both; 1 when nobody has; -ENOMEM */
static int merge_patches(struct undo_entry *first, struct undo_entry *again)
{
	if (!first->value && streq_ptr(first->old_value, again->old_value)) {
		patch_done(&first->patch);
		first->patch = again->patch;
		again->patch = PATCH_NULL;
		return 0;
	}
	return patch_join(&first->patch, &again->patch);
}

/*
 * A repair of what was applied before: what was there at first is kept, and what was put there
 * last. Where others have edited the file in between, its bytes of then are nobody's wish any more,
 * and the key alone will be put back; where it says again what it said at first, nothing will.
 */
static int merge(struct undo_entry *first, struct undo_entry *again)
{
	first->after = again->after;
	if (first->kind != STEP_CONN)
		return 0;
	if (streq_ptr(first->old_value, again->value)) {
		free(first->value);
		free(first->file);
		first->value = first->file = NULL;
		patch_done(&first->patch);
	} else {
		int r = merge_patches(first, again);

		if (r < 0)
			return r;
		if (r > 0)
			patch_done(&first->patch);
		swap(&first->value, &again->value);
		swap(&first->file, &again->file);
	}
	return 0;
}

/* Each thing once, however often it was repaired. */
static int merge_repairs(struct undo *u)
{
	for (size_t i = u->n_finished; i < u->n;) {
		size_t k = 0;

		while (k < u->n_finished && !same_thing(u->items[k], u->items[i]))
			k++;
		if (k == u->n_finished) {
			i++;
			continue;
		}
		if (merge(u->items[k], u->items[i]) < 0)
			return -ENOMEM;
		undo_drop(u, i);
	}
	return 0;
}

/* Whether a revert changes the file of this conn, or of any. */
static bool has_edit(const struct undo *u, const char *conn)
{
	for (size_t i = 0; i < u->n; i++)
		if (u->items[i]->kind == STEP_CONN && u->items[i]->value &&
		    (!conn || streq(u->items[i]->subject, conn)))
			return true;
	return false;
}

/* What pluto had to be told by this transaction, and has not by a revert. */
static void drop_needless(struct undo *u)
{
	for (size_t i = u->n_finished; i < u->n;) {
		const struct undo_entry *e = u->items[i];

		if ((e->kind == STEP_REPLACE && !has_edit(u, e->subject)) ||
		    (e->kind == STEP_RESTART && !has_edit(u, NULL)))
			undo_drop(u, i);
		else
			i++;
	}
}

int undo_merge(struct undo *u)
{
	int r = merge_repairs(u);

	if (r >= 0)
		drop_needless(u);
	return r;
}

/* ---- what is right ---- */

/* By kind, subject and key; a conn's keys may be thousands. */
static int compare_entries(const void *a, const void *b)
{
	const struct undo_entry *x = *(const struct undo_entry *const *)a;
	const struct undo_entry *y = *(const struct undo_entry *const *)b;
	int kind_x = is_bit(x) ? STEP_LIVE : (int)x->kind;
	int kind_y = is_bit(y) ? STEP_LIVE : (int)y->kind;
	int r = kind_x - kind_y;

	if (r == 0)
		r = strcmp(x->subject, y->subject);
	return r != 0 || !x->key || !y->key ? r : strcmp(x->key, y->key);
}

static int entry_of_right(const struct plan_right *right, struct undo_entry **ret)
{
	struct undo_entry e = {
		.kind = right->kind,
		.subject = right->subject,
		.key = right->key,
		.old_value = right->value,
		.before = right->kind != STEP_CONN,
		.after = right->kind != STEP_CONN,
	};

	return undo_entry_copy(&e, ret);
}

/* Return: 1 when some were not known; 0; -ENOMEM */
int undo_add_right(struct undo *u, const struct plan_rights *right)
{
	_cleanup_free_ struct undo_entry **known = NULL;
	size_t n = u->n;

	known = calloc(n + 1, sizeof(struct undo_entry *));
	if (!known)
		return -ENOMEM;
	if (n > 0)
		memcpy(known, u->items, n * sizeof(struct undo_entry *));
	qsort(known, n, sizeof(struct undo_entry *), compare_entries);
	for (size_t i = 0; i < right->n; i++) {
		_cleanup_(undo_entry_freep) struct undo_entry *e = NULL;
		int r = entry_of_right(&right->items[i], &e);

		if (r < 0)
			return r;
		if (bsearch(&e, known, n, sizeof(struct undo_entry *), compare_entries))
			continue;
		r = undo_remember(u, e);
		if (r < 0)
			return r;
		TAKE_PTR(e);
	}
	return u->n > n;
}
