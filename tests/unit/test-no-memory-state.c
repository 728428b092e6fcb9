/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "failover-log.h"
#include "no-memory.h"
#include "temporary.h"
#include "text.h"
#include "undo.h"
#include "unit.h"

/*
 * What is kept on disk, when memory runs out: each allocation fails in turn, those of the libraries
 * too. The answer is -ENOMEM or all of it, and the file is as it was before or as it should be.
 */

static struct undo_entry *entry(const char *subject)
{
	struct undo_entry *e;

	no_memory_pause();
	e = calloc(1, sizeof(*e));
	ck_assert_ptr_nonnull(e);
	e->kind = STEP_PROFILE;
	e->subject = strdup(subject);
	e->before = -1;
	e->after = 1;
	no_memory_resume();
	return e;
}

static struct undo *open_with_memory(void)
{
	struct undo *u = NULL;

	no_memory_pause();
	ck_assert_int_eq(undo_open(temporary_dir, "bond0", &u), 0);
	no_memory_resume();
	return u;
}

static const struct plan_rights nothing;

static char bond0[] = "bond0", one[] = "one";

static struct plan_right rights_of_bond0[] = {
	{ .kind = STEP_LIVE, .subject = bond0 },
	{ .kind = STEP_CONN, .subject = one, .key = one, .value = one },
};

static const struct plan_rights right = { .items = rights_of_bond0, .n = 2 };

static void begin_journal(void)
{
	struct undo *u;

	temporary_make();
	u = open_with_memory();
	ck_assert_int_eq(undo_note(u, entry("one")), 0);
	ck_assert_int_eq(undo_mark(u, &nothing), 0);
	ck_assert_int_eq(undo_note(u, entry("two")), 0);
	undo_free(u);
}

static int open_journal(void)
{
	struct undo *u = NULL;
	int r = undo_open(temporary_dir, "bond0", &u);

	no_memory_pause();
	ck_assert_int_eq(r == 0, u != NULL);
	if (r == 0) {
		ck_assert_uint_eq(undo_n_entries(u), 2);
		ck_assert_uint_eq(undo_n_finished(u), 1);
		undo_free(u);
	}
	return r;
}

/* One more entry, and then without it again. */
static int note_and_forget(void)
{
	struct undo *u = open_with_memory(), *now;
	int r = undo_note(u, entry("three"));

	no_memory_pause();
	ck_assert_uint_eq(undo_n_entries(u), r == 0 ? 3 : 2);
	now = open_with_memory();
	ck_assert_uint_eq(undo_n_entries(now), undo_n_entries(u));
	undo_free(now);
	no_memory_resume();
	if (r == 0)
		r = undo_forget(u, 2);
	no_memory_pause();
	if (undo_n_entries(u) == 3 || r < 0) {
		undo_free(u);
		u = open_with_memory();
		ck_assert_uint_ge(undo_n_entries(u), 2);
		if (undo_n_entries(u) == 3)
			ck_assert_int_eq(undo_forget(u, 2), 0);
	}
	undo_free(u);
	return r;
}

START_TEST(a_journal_is_read_or_there_is_no_memory)
{
	begin_journal();
	ck_assert_uint_gt(each_failing(open_journal), 10);
	temporary_remove();
}
END_TEST

START_TEST(a_journal_gets_an_entry_and_loses_it_or_there_is_no_memory)
{
	begin_journal();
	ck_assert_uint_gt(each_failing(note_and_forget), 10);
	temporary_remove();
}
END_TEST

static int mark(void)
{
	struct undo *u = open_with_memory();
	int r = undo_mark(u, &right);

	no_memory_pause();
	ck_assert_uint_eq(undo_n_entries(u), r == 0 ? 4 : 2);
	ck_assert_uint_eq(undo_n_finished(u), r == 0 ? 4 : 1);
	undo_free(u);
	return r;
}

START_TEST(a_journal_gets_a_mark_or_there_is_no_memory)
{
	begin_journal();
	ck_assert_uint_gt(each_failing(mark), 10);
	temporary_remove();
}
END_TEST

static const char *log_path(void)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/failovers", temporary_dir);
	return path;
}

static struct failover_log *open_log_with_memory(void)
{
	struct failover_log *l = NULL;

	no_memory_pause();
	ck_assert_int_eq(failover_log_open(log_path(), "boot", &l), 0);
	no_memory_resume();
	return l;
}

static int add_failover(void)
{
	struct failover f = { .realtime_usec = 1, .from = "ix0", .to = "ix1" };
	struct failover_log *l = open_log_with_memory();
	uint64_t before = failover_log_count(l);
	int r;

	failover_log_add(l, &f);
	r = failover_log_write(l);
	no_memory_pause();
	/* Remembered in any case. */
	ck_assert_uint_eq(failover_log_count(l), before + 1);
	failover_log_free(l);
	l = open_log_with_memory();
	/* What could not be written is tried again in the end. */
	ck_assert_uint_eq(failover_log_count(l), before + 1);
	failover_log_free(l);
	return r;
}

static int open_log(void)
{
	struct failover_log *l = NULL;
	int r = failover_log_open(log_path(), "boot", &l);

	no_memory_pause();
	if (r == 0)
		ck_assert_uint_eq(failover_log_count(l), 1);
	failover_log_free(l);
	return r;
}

static int tell_failovers(void)
{
	struct failover_log *l = open_log_with_memory();
	json_t *array = failover_log_since(l, 0);

	no_memory_pause();
	if (array)
		ck_assert_uint_eq(json_array_size(array), 1);
	failover_log_free(l);
	if (!array)
		return -ENOMEM;
	json_decref(array);
	return 0;
}

static void begin_log(void)
{
	struct failover f = { .realtime_usec = 1, .from = "ix0", .to = "ix1" };
	struct failover_log *l;

	temporary_make();
	l = open_log_with_memory();
	failover_log_add(l, &f);
	ck_assert_int_eq(failover_log_write(l), 0);
	failover_log_free(l);
}

START_TEST(a_failover_is_kept_or_there_is_no_memory)
{
	begin_log();
	ck_assert_uint_gt(each_failing(add_failover), 10);
	temporary_remove();
}
END_TEST

START_TEST(failovers_are_read_and_told_or_there_is_no_memory)
{
	begin_log();
	ck_assert_uint_gt(each_failing(tell_failovers), 10);
	ck_assert_uint_gt(each_failing(open_log), 5);
	temporary_remove();
}
END_TEST

NO_MEMORY_MAIN("no memory for what is kept", a_journal_is_read_or_there_is_no_memory,
	       a_journal_gets_an_entry_and_loses_it_or_there_is_no_memory,
	       a_journal_gets_a_mark_or_there_is_no_memory,
	       a_failover_is_kept_or_there_is_no_memory,
	       failovers_are_read_and_told_or_there_is_no_memory)
