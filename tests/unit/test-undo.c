/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "temporary.h"
#include "undo.h"
#include "unit.h"

static struct undo *undo;

static const struct plan_rights nothing;

static void open_journal(void)
{
	undo_free(undo);
	undo = NULL;
	ck_assert_int_eq(undo_open(temporary_dir, "bond0", &undo), 0);
}

static void set_up(void)
{
	temporary_make();
	open_journal();
}

static void tear_down(void)
{
	undo = undo_free(undo);
	temporary_remove();
}

static void note_profile(const char *uuid, int before)
{
	struct undo_entry *e = calloc(1, sizeof(*e));

	e->kind = STEP_PROFILE;
	e->subject = strdup(uuid);
	e->before = before;
	e->after = 1;
	ck_assert_int_eq(undo_note(undo, e), 0);
}

/* A conn's entry, with the file before and after. */
static struct undo_entry *conn_entry(const char *conn, const char *before, size_t len,
				     const char *after)
{
	struct undo_entry *e = calloc(1, sizeof(*e));

	e->kind = STEP_CONN;
	e->subject = strdup(conn);
	e->file = strdup("/etc/ipsec.d/example.conf");
	e->key = strdup("nic-offload");
	e->value = strdup("yes");
	ck_assert_int_eq(patch_make(before, len, after, strlen(after), &e->patch), 0);
	return e;
}

static void note_conn(const char *conn, const char *before, size_t len, const char *old_value)
{
	struct undo_entry *e = conn_entry(conn, before, len, "new");

	e->old_value = old_value ? strdup(old_value) : NULL;
	ck_assert_int_eq(undo_note(undo, e), 0);
}

/* What the I-th entry makes of this file. */
static void ck_taken_back(size_t i, const char *now, const char *before, size_t len)
{
	char *seen;
	size_t seen_len;

	ck_assert_int_eq(
		patch_undo(&undo_entry(undo, i)->patch, now, strlen(now), &seen, &seen_len), 0);
	ck_assert_uint_eq(seen_len, len);
	ck_assert_mem_eq(seen, before, len);
	free(seen);
}

START_TEST(a_bond_without_a_journal_has_nothing_to_undo)
{
	set_up();
	ck_assert_uint_eq(undo_n_entries(undo), 0);
	ck_assert_int_ne(access(temporary_path("undo-bond0.jsonl"), F_OK), 0);
	tear_down();
}
END_TEST

START_TEST(what_was_noted_is_there_for_the_next_process)
{
	set_up();
	note_profile("uuid-1", -1);
	open_journal();
	ck_assert_uint_eq(undo_n_entries(undo), 1);
	ck_assert_uint_eq(undo_n_finished(undo), 0);
	ck_assert_int_eq(undo_entry(undo, 0)->kind, STEP_PROFILE);
	ck_assert_str_eq(undo_entry(undo, 0)->subject, "uuid-1");
	ck_assert_int_eq(undo_entry(undo, 0)->before, -1);
	ck_assert_int_eq(undo_entry(undo, 0)->after, 1);
	tear_down();
}
END_TEST

START_TEST(a_file_is_kept_to_the_byte_whatever_is_in_it)
{
	static const char bytes[] = "conn a\n\tleft=\xff\xfe\r\n\0x=\"\\u0000\"";

	set_up();
	note_conn("a", bytes, sizeof(bytes) - 1, NULL);
	open_journal();
	ck_taken_back(0, "new", bytes, sizeof(bytes) - 1);
	ck_assert_ptr_null(undo_entry(undo, 0)->old_value);
	tear_down();
}
END_TEST

START_TEST(so_is_each_name)
{
	static const char conn[] = "b\xfcro", file[] = "/etc/ipsec.d/b\xfcro.conf";
	struct undo_entry *e = conn_entry(conn, "", 0, "new");

	set_up();
	free(e->file);
	e->file = strdup(file);
	e->old_value = strdup("\xe4");
	e->up = calloc(2, sizeof(char *));
	e->up[e->n_up++] = strdup("plain");
	e->up[e->n_up++] = strdup(conn);
	ck_assert_int_eq(undo_note(undo, e), 0);
	open_journal();
	ck_assert_str_eq(undo_entry(undo, 0)->subject, conn);
	ck_assert_str_eq(undo_entry(undo, 0)->file, file);
	ck_assert_str_eq(undo_entry(undo, 0)->old_value, "\xe4");
	ck_assert_uint_eq(undo_entry(undo, 0)->n_up, 2);
	ck_assert_str_eq(undo_entry(undo, 0)->up[0], "plain");
	ck_assert_str_eq(undo_entry(undo, 0)->up[1], conn);
	tear_down();
}
END_TEST

START_TEST(the_value_that_was_replaced_is_kept)
{
	set_up();
	note_conn("a", "", 0, "auto");
	open_journal();
	ck_assert_str_eq(undo_entry(undo, 0)->old_value, "auto");
	ck_taken_back(0, "new", "", 0);
	tear_down();
}
END_TEST

START_TEST(a_mark_tells_finished_transactions_from_the_one_that_is_not)
{
	set_up();
	note_profile("uuid-1", -1);
	note_conn("a", "x", 1, NULL);
	ck_assert_int_eq(undo_mark(undo, &nothing), 0);
	note_profile("uuid-2", 0);
	open_journal();
	ck_assert_uint_eq(undo_n_entries(undo), 3);
	ck_assert_uint_eq(undo_n_finished(undo), 2);
	ck_assert_str_eq(undo_entry(undo, 2)->subject, "uuid-2");
	tear_down();
}
END_TEST

START_TEST(what_was_taken_back_is_forgotten_and_the_rest_stays)
{
	set_up();
	note_profile("uuid-1", -1);
	ck_assert_int_eq(undo_mark(undo, &nothing), 0);
	note_profile("uuid-2", 0);
	ck_assert_int_eq(undo_forget(undo, 1), 0);
	open_journal();
	ck_assert_uint_eq(undo_n_entries(undo), 1);
	ck_assert_uint_eq(undo_n_finished(undo), 1);
	tear_down();
}
END_TEST

START_TEST(a_journal_without_entries_leaves_no_file)
{
	set_up();
	note_profile("uuid-1", -1);
	ck_assert_int_eq(access(temporary_path("undo-bond0.jsonl"), F_OK), 0);
	ck_assert_int_eq(undo_forget(undo, 0), 0);
	ck_assert_int_ne(access(temporary_path("undo-bond0.jsonl"), F_OK), 0);
	tear_down();
}
END_TEST

START_TEST(a_line_cut_short_by_a_crash_was_never_noted)
{
	set_up();
	note_profile("uuid-1", -1);
	temporary_append("undo-bond0.jsonl", "{\"step\":\"profile\",\"subj");
	open_journal();
	ck_assert_uint_eq(undo_n_entries(undo), 1);
	note_profile("uuid-2", 0);
	open_journal();
	ck_assert_uint_eq(undo_n_entries(undo), 2);
	tear_down();
}
END_TEST

#define CONN                                                                                       \
	"{\"step\":\"conn\",\"subject\":\"a\",\"file\":\"f\",\"key\":\"k\",\"value\":\"v\","       \
	"\"patch\":"
#define SUMS ",\"before\":\"00\",\"after\":\"00\"}}\n"

static void ck_refused(const char *line)
{
	struct undo *u = NULL;

	set_up();
	temporary_append("undo-bond0.jsonl", line);
	ck_assert_int_eq(undo_open(temporary_dir, "bond0", &u), -EBADMSG);
	ck_assert_ptr_null(u);
	tear_down();
}

static void expect_one_bond(void)
{
	struct undo_bonds bonds;

	ck_assert_int_eq(undo_bonds(temporary_dir, &bonds), 0);
	ck_assert_uint_eq(bonds.n, 1);
	ck_assert_str_eq(bonds.items[0], "bond0");
	undo_bonds_done(&bonds);
}

/* Nothing was done by then. Whoever settles what is left opens it, and it is gone. */
START_TEST(a_journal_that_was_never_whole_is_found_and_leaves_no_file)
{
	set_up();
	note_profile("uuid-1", -1);
	temporary_append("undo-bond0.jsonl.new", "{");
	expect_one_bond();
	ck_assert_int_eq(undo_forget(undo, 0), 0);
	expect_one_bond();
	open_journal();
	ck_assert_uint_eq(undo_n_entries(undo), 0);
	ck_assert_int_ne(access(temporary_path("undo-bond0.jsonl.new"), F_OK), 0);
	tear_down();
}
END_TEST

START_TEST(a_journal_that_cannot_be_understood_is_refused)
{
	ck_refused("garbage\n");
	ck_refused("[]\n");
	ck_refused("{\"step\":\"dance\",\"subject\":\"x\"}\n");
	ck_refused("{\"step\":\"profile\"}\n");
	ck_refused("{\"step\":\"rekey\",\"subject\":\"a\"}\n"); /* leaves nothing to be undone */
	ck_refused("{\"step\":\"restart\",\"subject\":\"x\",\"up\":\"a\"}\n");
	ck_refused("{\"step\":\"restart\",\"subject\":\"x\",\"up\":[\"a\",7]}\n");
	ck_refused(CONN "{\"at\":0,\"old\":\"0g\",\"new\":\"\"" SUMS);
	ck_refused(CONN "{\"at\":0,\"old\":\"000\",\"new\":\"\"" SUMS);
	ck_refused(CONN "{\"at\":-1,\"old\":\"00\",\"new\":\"\"" SUMS);
	ck_refused(CONN "{\"at\":0,\"old\":\"00\",\"new\":\"\",\"before\":\"\"}}\n");
	ck_refused(CONN "{}}\n");
}
END_TEST

START_TEST(a_journal_that_is_no_file_is_refused)
{
	struct undo *u = NULL;

	set_up();
	ck_assert_int_eq(mkfifo(temporary_path("undo-bond0.jsonl"), 0600), 0);
	ck_assert_int_eq(undo_open(temporary_dir, "bond0", &u), -EBADMSG);
	tear_down();
}
END_TEST

START_TEST(a_step_is_not_noted_where_nothing_can_be_written)
{
	struct undo_entry *e = calloc(1, sizeof(*e));

	set_up();
	temporary_remove();
	e->kind = STEP_PROFILE;
	e->subject = strdup("uuid-1");
	ck_assert_int_lt(undo_note(undo, e), 0);
	ck_assert_uint_eq(undo_n_entries(undo), 0);
	tear_down();
}
END_TEST

/* A file of lines, the I-th of which was edited. */
static struct undo_entry *entry_of_large_file(size_t n_lines, size_t i)
{
	static const char line[] = "\tnic-offload=no\n";
	const size_t len = sizeof(line) - 1;
	char *before = malloc(n_lines * len + 1), *after;
	struct undo_entry *e;

	for (size_t k = 0; k < n_lines; k++)
		memcpy(before + k * len, line, len);
	before[n_lines * len] = '\0';
	after = strdup(before);
	memcpy(after + i * len, "\tnic-offload=ye\n", len);
	e = conn_entry("a", before, n_lines * len, after);
	free(before);
	free(after);
	return e;
}

START_TEST(a_large_file_takes_no_more_room_than_what_was_edited)
{
	struct stat st;

	set_up();
	for (size_t i = 0; i < 50; i++)
		ck_assert_int_eq(undo_note(undo, entry_of_large_file(100000, i * 1999)), 0);
	ck_assert_int_eq(stat(temporary_path("undo-bond0.jsonl"), &st), 0);
	ck_assert_int_lt(st.st_size, 50 * 500);
	tear_down();
}
END_TEST

START_TEST(who_was_up_is_kept_until_the_transaction_is_finished)
{
	struct undo_entry *e = calloc(1, sizeof(*e)), *more = calloc(1, sizeof(*e));

	set_up();
	e->kind = STEP_RESTART;
	e->subject = strdup("ipsec.service");
	e->up = calloc(1, sizeof(char *));
	e->up[e->n_up++] = strdup("a b");
	ck_assert_int_eq(undo_note(undo, e), 0);
	open_journal();
	ck_assert_uint_eq(undo_entry(undo, 0)->n_up, 1);
	ck_assert_str_eq(undo_entry(undo, 0)->up[0], "a b");

	more->up = calloc(2, sizeof(char *));
	more->up[more->n_up++] = strdup("a b");
	more->up[more->n_up++] = strdup("c");
	ck_assert_int_eq(undo_note_up(undo, 0, more), 0);
	undo_entry_free(more);
	open_journal();
	ck_assert_uint_eq(undo_entry(undo, 0)->n_up, 2);
	ck_assert_str_eq(undo_entry(undo, 0)->up[1], "c");

	note_conn("a", "x", 1, NULL);
	ck_assert_int_eq(undo_mark(undo, &nothing), 0);
	ck_assert_uint_eq(undo_entry(undo, 0)->n_up, 0);
	open_journal();
	ck_assert_uint_eq(undo_entry(undo, 0)->n_up, 0);
	tear_down();
}
END_TEST

START_TEST(the_profile_that_a_bond_had_is_kept_until_the_transaction_is_finished)
{
	struct undo_entry *e = calloc(1, sizeof(*e));

	set_up();
	e->kind = STEP_REACTIVATE;
	e->subject = strdup("bond0");
	e->profile = strdup("uuid-1");
	ck_assert_int_eq(undo_note(undo, e), 0);
	open_journal();
	ck_assert_str_eq(undo_entry(undo, 0)->profile, "uuid-1");
	ck_assert_int_eq(undo_mark(undo, &nothing), 0);
	open_journal();
	ck_assert_ptr_null(undo_entry(undo, 0)->profile);
	tear_down();

	/* One of before there were any. */
	set_up();
	temporary_append("undo-bond0.jsonl", "{\"step\":\"reactivate\",\"subject\":\"bond0\","
					     "\"before\":0,\"after\":1}\n");
	open_journal();
	ck_assert_uint_eq(undo_n_entries(undo), 1);
	ck_assert_ptr_null(undo_entry(undo, 0)->profile);
	tear_down();
}
END_TEST

START_TEST(a_journal_is_never_written_larger_than_it_can_be_read)
{
	char *bytes;

	set_up();
	note_profile("uuid-1", -1);
	/* One line, and two digits a byte: with the rest it is above the limit, by a little. */
	bytes = memset(malloc(UNDO_MAX_BYTES / 2), 'x', UNDO_MAX_BYTES / 2);
	ck_assert_int_eq(undo_note(undo, conn_entry("a", bytes, UNDO_MAX_BYTES / 2, "new")),
			 -EFBIG);
	free(bytes);
	ck_assert_uint_eq(undo_n_entries(undo), 1);
	open_journal();
	ck_assert_uint_eq(undo_n_entries(undo), 1);
	note_profile("uuid-2", -1);
	open_journal();
	ck_assert_uint_eq(undo_n_entries(undo), 2);
	tear_down();
}
END_TEST

static void note_bit(enum step_kind kind, int before)
{
	struct undo_entry *e = calloc(1, sizeof(*e));

	e->kind = kind;
	e->subject = strdup("bond0");
	e->before = before;
	e->after = 1;
	ck_assert_int_eq(undo_note(undo, e), 0);
}

static char bond0[] = "bond0", uuid[] = "uuid-1", a[] = "a", esn[] = "esn", esp[] = "esp",
	    no[] = "no";

static struct plan_right rights_of_bond0[] = {
	{ .kind = STEP_LIVE, .subject = bond0 },
	{ .kind = STEP_PROFILE, .subject = uuid },
	{ .kind = STEP_CONN, .subject = a, .key = esn, .value = no },
	{ .kind = STEP_CONN, .subject = a, .key = esp },
};

static const struct plan_rights right = { .items = rights_of_bond0, .n = 4 };

static void note_key(const char *key, const char *value, const char *old_value)
{
	struct undo_entry *e = conn_entry("a", "old", 3, "new");

	free(e->key);
	free(e->value);
	e->key = strdup(key);
	e->value = strdup(value);
	e->old_value = old_value ? strdup(old_value) : NULL;
	ck_assert_int_eq(undo_note(undo, e), 0);
}

static const struct undo_entry *entry_of(enum step_kind kind, const char *key)
{
	for (size_t i = 0; i < undo_n_entries(undo); i++) {
		const struct undo_entry *e = undo_entry(undo, i);

		if (e->kind == kind && streq_ptr(e->key, key))
			return e;
	}
	return NULL;
}

START_TEST(what_was_right_is_there_for_the_next_process_and_only_once)
{
	struct stat st, again;

	set_up();
	ck_assert_int_eq(undo_note_right(undo, &right), 0);
	open_journal();
	ck_assert_uint_eq(undo_n_entries(undo), 4);
	ck_assert_uint_eq(undo_n_finished(undo), 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert(undo_entry_is_right(undo_entry(undo, i)));
	ck_assert_str_eq(entry_of(STEP_CONN, "esn")->old_value, "no");
	ck_assert_ptr_null(entry_of(STEP_CONN, "esp")->old_value);
	ck_assert_int_eq(stat(temporary_path("undo-bond0.jsonl"), &st), 0);
	ck_assert_int_eq(undo_note_right(undo, &right), 0);
	ck_assert_int_eq(stat(temporary_path("undo-bond0.jsonl"), &again), 0);
	ck_assert_uint_eq(st.st_ino, again.st_ino);
	ck_assert_int_eq(undo_mark(undo, &right), 0);
	ck_assert_uint_eq(undo_n_entries(undo), 4);
	ck_assert_int_eq(undo_forget_right(undo, NULL, NULL), 0);
	ck_assert_int_ne(access(temporary_path("undo-bond0.jsonl"), F_OK), 0);
	tear_down();
}
END_TEST

START_TEST(what_was_repaired_is_as_it_was_before_the_first)
{
	/* Somebody has changed what was right before anything was applied. */
	set_up();
	ck_assert_int_eq(undo_mark(undo, &right), 0);
	note_bit(STEP_REACTIVATE, 0);
	note_profile("uuid-1", 0);
	note_key("esn", "no", "yes");
	note_key("esp", "aes_gcm128", "aes_gcm256");
	ck_assert_int_eq(undo_mark(undo, &nothing), 0);
	open_journal();
	ck_assert_uint_eq(undo_n_entries(undo), 4);
	ck_assert(undo_entry_is_right(entry_of(STEP_LIVE, NULL)));
	ck_assert(undo_entry_is_right(entry_of(STEP_PROFILE, NULL)));
	ck_assert(undo_entry_is_right(entry_of(STEP_CONN, "esn")));
	/* It was inherited, and is a line of its own now, which goes. */
	ck_assert_str_eq(entry_of(STEP_CONN, "esp")->value, "aes_gcm128");
	ck_assert_ptr_null(entry_of(STEP_CONN, "esp")->old_value);
	ck_assert_ptr_null(entry_of(STEP_CONN, "esp")->patch.old_bytes);
	tear_down();

	/* The policy wants another value, and then the first one again. */
	set_up();
	ck_assert_int_eq(undo_mark(undo, &right), 0);
	note_key("esn", "either", "no");
	ck_assert_int_eq(undo_mark(undo, &nothing), 0);
	open_journal();
	ck_assert_str_eq(entry_of(STEP_CONN, "esn")->value, "either");
	ck_assert_str_eq(entry_of(STEP_CONN, "esn")->old_value, "no");
	ck_assert_ptr_nonnull(entry_of(STEP_CONN, "esn")->patch.old_bytes);
	note_key("esn", "no", "either");
	ck_assert_int_eq(undo_mark(undo, &nothing), 0);
	open_journal();
	ck_assert(undo_entry_is_right(entry_of(STEP_CONN, "esn")));
	tear_down();

	/* It was off, and is switched in another way later. */
	set_up();
	note_profile("uuid-1", -1);
	note_bit(STEP_LIVE, 0);
	ck_assert_int_eq(undo_mark(undo, &nothing), 0);
	note_bit(STEP_REACTIVATE, 1);
	ck_assert_int_eq(undo_mark(undo, &right), 0);
	open_journal();
	ck_assert_int_eq(entry_of(STEP_LIVE, NULL)->before, 0);
	ck_assert_int_eq(entry_of(STEP_PROFILE, NULL)->before, -1);
	ck_assert_ptr_null(entry_of(STEP_REACTIVATE, NULL));
	tear_down();
}
END_TEST

START_TEST(pluto_is_told_in_a_revert_only_of_what_changes_then)
{
	static const enum step_kind kinds[] = { STEP_REPLACE, STEP_RESTART };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct undo_entry *e = calloc(1, sizeof(*e)), *again = calloc(1, sizeof(*e));

		set_up();
		e->kind = again->kind = kinds[i];
		e->subject = strdup("a");
		again->subject = strdup("a");
		ck_assert_int_eq(undo_note(undo, e), 0);
		ck_assert_int_eq(undo_mark(undo, &nothing), 0);
		ck_assert_uint_eq(undo_n_entries(undo), 0);
		ck_assert_int_ne(access(temporary_path("undo-bond0.jsonl"), F_OK), 0);
		note_conn(i == 0 ? "a" : "b", "x", 1, NULL);
		ck_assert_int_eq(undo_note(undo, again), 0);
		ck_assert_int_eq(undo_mark(undo, &nothing), 0);
		ck_assert_uint_eq(undo_n_entries(undo), 2);
		tear_down();
	}
}
END_TEST

START_TEST(a_conn_that_has_moved_to_another_file_is_the_same)
{
	struct undo_entry *e = conn_entry("a", "old", 3, "new");

	set_up();
	note_conn("a", "x", 1, "no");
	ck_assert_int_eq(undo_mark(undo, &nothing), 0);
	free(e->file);
	e->file = strdup("/etc/ipsec.d/other.conf");
	e->old_value = strdup("auto");
	ck_assert_int_eq(undo_note(undo, e), 0);
	ck_assert_int_eq(undo_mark(undo, &nothing), 0);
	open_journal();
	ck_assert_uint_eq(undo_n_entries(undo), 1);
	ck_assert_str_eq(undo_entry(undo, 0)->file, "/etc/ipsec.d/other.conf");
	ck_assert_str_eq(undo_entry(undo, 0)->old_value, "no");
	ck_assert_ptr_null(undo_entry(undo, 0)->patch.old_bytes);
	tear_down();
}
END_TEST

START_TEST(a_mark_that_cannot_be_written_loses_no_entry)
{
	set_up();
	note_profile("uuid-1", -1);
	ck_assert_int_eq(undo_mark(undo, &nothing), 0);
	note_profile("uuid-1", 0);
	/* Where the new file would be written there is a folder. */
	ck_assert_int_eq(mkdir(temporary_path("undo-bond0.jsonl.new"), 0700), 0);
	ck_assert_int_lt(undo_mark(undo, &nothing), 0);
	ck_assert_uint_eq(undo_n_entries(undo), 2);
	ck_assert_uint_eq(undo_n_finished(undo), 1);
	ck_assert_int_eq(undo_entry(undo, 1)->before, 0);
	ck_assert_int_eq(rmdir(temporary_path("undo-bond0.jsonl.new")), 0);
	ck_assert_int_eq(undo_mark(undo, &nothing), 0);
	ck_assert_uint_eq(undo_n_entries(undo), 1);
	ck_assert_int_eq(undo_entry(undo, 0)->before, -1);
	tear_down();
}
END_TEST

UNIT_MAIN("undo", a_bond_without_a_journal_has_nothing_to_undo,
	  what_was_noted_is_there_for_the_next_process,
	  a_file_is_kept_to_the_byte_whatever_is_in_it, so_is_each_name,
	  the_value_that_was_replaced_is_kept,
	  a_mark_tells_finished_transactions_from_the_one_that_is_not,
	  what_was_taken_back_is_forgotten_and_the_rest_stays,
	  a_journal_without_entries_leaves_no_file, a_line_cut_short_by_a_crash_was_never_noted,
	  a_journal_that_was_never_whole_is_found_and_leaves_no_file,
	  a_journal_that_cannot_be_understood_is_refused, a_journal_that_is_no_file_is_refused,
	  a_step_is_not_noted_where_nothing_can_be_written,
	  a_large_file_takes_no_more_room_than_what_was_edited,
	  who_was_up_is_kept_until_the_transaction_is_finished,
	  the_profile_that_a_bond_had_is_kept_until_the_transaction_is_finished,
	  a_journal_is_never_written_larger_than_it_can_be_read,
	  a_mark_that_cannot_be_written_loses_no_entry,
	  what_was_right_is_there_for_the_next_process_and_only_once,
	  what_was_repaired_is_as_it_was_before_the_first,
	  pluto_is_told_in_a_revert_only_of_what_changes_then,
	  a_conn_that_has_moved_to_another_file_is_the_same)
