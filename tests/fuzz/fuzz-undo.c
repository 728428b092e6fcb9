/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "file-input.h"
#include "undo.h"

/*
 * Any bytes as an undo journal. Whatever they are: it is refused, or each entry has what its step
 * needs to be taken back; written and read again it is the same.
 */

static struct undo *open_it(const char *folder)
{
	struct undo *u = NULL;
	int r = undo_open(folder, "b", &u);

	FUZZ_CHECK(r == 0 || r == -EBADMSG);
	FUZZ_CHECK((r == 0) == (u != NULL));
	return u;
}

static void look_at(const struct undo_entry *e)
{
	FUZZ_CHECK(e->subject);
	if (e->kind == STEP_CONN)
		FUZZ_CHECK(e->key && !e->file == !e->value &&
			   !e->patch.old_bytes == !e->patch.new_bytes);
	for (size_t i = 0; i < e->n_up; i++)
		FUZZ_CHECK(e->up[i]);
}

static bool same_patch(const struct patch *a, const struct patch *b)
{
	return a->at == b->at && a->old_len == b->old_len && a->new_len == b->new_len &&
	       (a->old_len == 0 || memcmp(a->old_bytes, b->old_bytes, a->old_len) == 0) &&
	       (a->new_len == 0 || memcmp(a->new_bytes, b->new_bytes, a->new_len) == 0) &&
	       streq(a->before, b->before) && streq(a->after, b->after);
}

/* A file, with whatever the journal says of it. */
static void take_back(const struct undo_entry *e)
{
	static const char file[] = "conn example\n\tnic-offload=yes\n";
	char *bytes;
	size_t len;

	if (patch_undo(&e->patch, file, sizeof(file) - 1, &bytes, &len) == 0) {
		FUZZ_CHECK(bytes[len] == '\0');
		free(bytes);
	}
}

static bool same(const struct undo_entry *a, const struct undo_entry *b)
{
	return a->kind == b->kind && streq(a->subject, b->subject) && a->before == b->before &&
	       a->after == b->after && streq_ptr(a->file, b->file) && streq_ptr(a->key, b->key) &&
	       streq_ptr(a->value, b->value) && streq_ptr(a->old_value, b->old_value) &&
	       same_patch(&a->patch, &b->patch);
}

static char bond[] = "b", conn[] = "a", key[] = "k";

static struct plan_right right[] = {
	{ .kind = STEP_LIVE, .subject = bond },
	{ .kind = STEP_CONN, .subject = conn, .key = key },
};

static void write_and_read(const char *folder, struct undo *u)
{
	struct undo *again;

	FUZZ_CHECK(undo_mark(u, &(struct plan_rights){ .items = right, .n = 2 }) == 0);
	again = open_it(folder);
	FUZZ_CHECK(again && undo_n_entries(again) == undo_n_entries(u));
	FUZZ_CHECK(undo_n_finished(again) == undo_n_entries(u));
	for (size_t i = 0; i < undo_n_entries(u); i++)
		FUZZ_CHECK(same(undo_entry(again, i), undo_entry(u, i)));
	undo_free(again);
}

/* One from the middle, which is the only one where there is but one. */
static void forget_and_read(const char *folder, struct undo *u)
{
	size_t n = undo_n_entries(u);
	struct undo *again;

	FUZZ_CHECK(undo_forget(u, n / 2) == 0);
	FUZZ_CHECK(undo_n_entries(u) == n - 1);
	again = open_it(folder);
	FUZZ_CHECK(again && undo_n_entries(again) == n - 1);
	for (size_t i = 0; i < n - 1; i++)
		FUZZ_CHECK(same(undo_entry(again, i), undo_entry(u, i)));
	undo_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *folder = file_input("undo-b.jsonl", data, size);
	struct undo *u = open_it(folder);

	if (u) {
		FUZZ_CHECK(undo_n_finished(u) <= undo_n_entries(u));
		for (size_t i = 0; i < undo_n_entries(u); i++)
			look_at(undo_entry(u, i));
		for (size_t i = 0; i < undo_n_entries(u); i++)
			take_back(undo_entry(u, i));
		if (undo_n_entries(u) > 0) {
			write_and_read(folder, u);
			forget_and_read(folder, u);
		}
	}
	undo_free(u);
	return 0;
}
