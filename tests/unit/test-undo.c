/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "temporary.h"
#include "undo.h"
#include "unit.h"

static struct undo *undo;

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

static void note_conn(const char *conn, const char *old_bytes, size_t len, const char *old_value)
{
	struct undo_entry *e = calloc(1, sizeof(*e));

	e->kind = STEP_CONN;
	e->subject = strdup(conn);
	e->file = strdup("/etc/ipsec.d/example.conf");
	e->key = strdup("nic-offload");
	e->value = strdup("yes");
	e->old_value = old_value ? strdup(old_value) : NULL;
	e->old_bytes = memcpy(malloc(len + 1), old_bytes, len);
	e->old_len = len;
	e->new_bytes = strdup("new");
	e->new_len = 3;
	ck_assert_int_eq(undo_note(undo, e), 0);
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
	ck_assert_uint_eq(undo_entry(undo, 0)->old_len, sizeof(bytes) - 1);
	ck_assert_mem_eq(undo_entry(undo, 0)->old_bytes, bytes, sizeof(bytes) - 1);
	ck_assert_str_eq(undo_entry(undo, 0)->new_bytes, "new");
	ck_assert_ptr_null(undo_entry(undo, 0)->old_value);
	tear_down();
}
END_TEST

START_TEST(the_value_that_was_replaced_is_kept)
{
	set_up();
	note_conn("a", "", 0, "auto");
	open_journal();
	ck_assert_str_eq(undo_entry(undo, 0)->old_value, "auto");
	ck_assert_uint_eq(undo_entry(undo, 0)->old_len, 0);
	tear_down();
}
END_TEST

START_TEST(a_mark_tells_finished_transactions_from_the_one_that_is_not)
{
	set_up();
	note_profile("uuid-1", -1);
	note_conn("a", "x", 1, NULL);
	ck_assert_int_eq(undo_mark(undo), 0);
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
	ck_assert_int_eq(undo_mark(undo), 0);
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

static void ck_refused(const char *line)
{
	struct undo *u = NULL;

	set_up();
	temporary_append("undo-bond0.jsonl", line);
	ck_assert_int_eq(undo_open(temporary_dir, "bond0", &u), -EBADMSG);
	ck_assert_ptr_null(u);
	tear_down();
}

START_TEST(a_journal_that_cannot_be_understood_is_refused)
{
	ck_refused("garbage\n");
	ck_refused("[]\n");
	ck_refused("{\"step\":\"dance\",\"subject\":\"x\"}\n");
	ck_refused("{\"step\":\"profile\"}\n");
	ck_refused("{\"step\":\"rekey\",\"subject\":\"a\"}\n"); /* leaves nothing to be undone */
	ck_refused("{\"step\":\"conn\",\"subject\":\"a\",\"file\":\"f\",\"key\":\"k\",\"value\":"
		   "\"v\",\"old_bytes\":\"0g\",\"new_bytes\":\"\"}\n");
	ck_refused("{\"step\":\"conn\",\"subject\":\"a\",\"file\":\"f\",\"key\":\"k\",\"value\":"
		   "\"v\",\"old_bytes\":\"000\",\"new_bytes\":\"\"}\n");
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

/* A conn's entry, with a file of that many bytes before. */
static struct undo_entry *large_entry(size_t len)
{
	struct undo_entry *e = calloc(1, sizeof(*e));

	e->kind = STEP_CONN;
	e->subject = strdup("a");
	e->file = strdup("/etc/ipsec.d/example.conf");
	e->key = strdup("nic-offload");
	e->value = strdup("yes");
	e->old_bytes = memset(malloc(len + 1), 'x', len);
	e->old_len = len;
	e->new_bytes = strdup("new");
	e->new_len = 3;
	return e;
}

START_TEST(a_journal_is_never_written_larger_than_it_can_be_read)
{
	set_up();
	note_profile("uuid-1", -1);
	/* Two digits a byte: with the rest of the line it is above the limit, by a little. */
	ck_assert_int_eq(undo_note(undo, large_entry(32 << 20)), -EFBIG);
	ck_assert_uint_eq(undo_n_entries(undo), 1);
	open_journal();
	ck_assert_uint_eq(undo_n_entries(undo), 1);
	tear_down();
}
END_TEST

START_TEST(a_mark_that_cannot_be_written_loses_no_entry)
{
	set_up();
	note_profile("uuid-1", -1);
	ck_assert_int_eq(undo_mark(undo), 0);
	note_profile("uuid-1", 0);
	/* Where the new file would be written there is a folder. */
	ck_assert_int_eq(mkdir(temporary_path("undo-bond0.jsonl.new"), 0700), 0);
	ck_assert_int_lt(undo_mark(undo), 0);
	ck_assert_uint_eq(undo_n_entries(undo), 2);
	ck_assert_uint_eq(undo_n_finished(undo), 1);
	ck_assert_int_eq(undo_entry(undo, 1)->before, 0);
	ck_assert_int_eq(rmdir(temporary_path("undo-bond0.jsonl.new")), 0);
	ck_assert_int_eq(undo_mark(undo), 0);
	ck_assert_uint_eq(undo_n_entries(undo), 1);
	ck_assert_int_eq(undo_entry(undo, 0)->before, -1);
	tear_down();
}
END_TEST

UNIT_MAIN("undo", a_bond_without_a_journal_has_nothing_to_undo,
	  what_was_noted_is_there_for_the_next_process,
	  a_file_is_kept_to_the_byte_whatever_is_in_it, the_value_that_was_replaced_is_kept,
	  a_mark_tells_finished_transactions_from_the_one_that_is_not,
	  what_was_taken_back_is_forgotten_and_the_rest_stays,
	  a_journal_without_entries_leaves_no_file, a_line_cut_short_by_a_crash_was_never_noted,
	  a_journal_that_cannot_be_understood_is_refused, a_journal_that_is_no_file_is_refused,
	  a_step_is_not_noted_where_nothing_can_be_written,
	  a_journal_is_never_written_larger_than_it_can_be_read,
	  a_mark_that_cannot_be_written_loses_no_entry)
