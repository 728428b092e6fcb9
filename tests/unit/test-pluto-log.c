/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pluto-log.h"

#include <stdio.h>
#include <systemd/sd-journal.h>

#include "temporary.h"
#include "unit.h"

/* Against a journal that the test plays: each entry is a line about the conn, with its number. */

static size_t n_entries, at; /* the entry that is next */
static const char *beginning = "\"example\"";

int sd_journal_open(sd_journal **ret, int flags _unused_)
{
	*ret = NULL;
	at = 0;
	return 0;
}

void sd_journal_close(sd_journal *j _unused_)
{
}

int sd_journal_add_match(sd_journal *j _unused_, const void *data _unused_, size_t size _unused_)
{
	return 0;
}

int sd_journal_seek_realtime_usec(sd_journal *j _unused_, uint64_t usec _unused_)
{
	at = 0;
	return 0;
}

int sd_journal_seek_tail(sd_journal *j _unused_)
{
	at = n_entries;
	return 0;
}

int sd_journal_previous_skip(sd_journal *j _unused_, uint64_t skip)
{
	size_t n = at < skip ? at : (size_t)skip;

	at -= n;
	/* It stands on that entry: the next one comes after it. */
	at += n > 0;
	return (int)n;
}

int sd_journal_next(sd_journal *j _unused_)
{
	return at < n_entries ? (at++, 1) : 0;
}

int sd_journal_get_data(sd_journal *j _unused_, const char *field, const void **ret,
			size_t *ret_len)
{
	static char line[64];

	ck_assert_str_eq(field, "MESSAGE");
	*ret_len = (size_t)snprintf(line, sizeof(line), "MESSAGE=%s #%zu.", beginning, at);
	*ret = line;
	return 0;
}

/* The numbers of the first and the last line that are read, and how many these are. */
static void expect_lines(size_t entries, size_t first, size_t last)
{
	const struct pluto_log_mark mark = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	char line[32];
	int error;

	n_entries = entries;
	ck_assert_int_eq(pluto_log_read("/nowhere", &mark, "example", "", &text, &error), 0);
	ck_assert_int_eq(error, -ENOENT);
	for (const char *s = text; *s; s++)
		n += *s == '\n';
	ck_assert_uint_eq(n, last - first + 1);
	snprintf(line, sizeof(line), "\"example\" #%zu.\n", first);
	ck_assert_int_eq(strncmp(text, line, strlen(line)), 0);
	snprintf(line, sizeof(line), "\"example\" #%zu.\n", last);
	ck_assert_str_eq(text + strlen(text) - strlen(line), line);
}

START_TEST(the_last_lines_are_read)
{
	expect_lines(10, 1, 10);
	expect_lines(5000, 4001, 5000);
}
END_TEST

START_TEST(they_are_of_a_pluto_that_debugs_as_well)
{
	expect_lines(49999, 49000, 49999);
	expect_lines(50000, 49001, 50000);
	expect_lines(50001, 49002, 50001);
	expect_lines(300000, 299001, 300000);
}
END_TEST

/* How many of ten such lines are taken for the conn's. */
static size_t count_lines(const char *begin)
{
	const struct pluto_log_mark mark = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	int error;

	n_entries = 10;
	beginning = begin;
	ck_assert_int_eq(pluto_log_read("/nowhere", &mark, "example", "192.0.2.2", &text, &error),
			 0);
	for (const char *s = text; *s; s++)
		n += *s == '\n';
	return n;
}

START_TEST(they_are_about_the_conn_and_its_tunnels_only)
{
	ck_assert_uint_eq(count_lines("\"example/1x2\"[3] 192.0.2.2"), 10);
	ck_assert_uint_eq(count_lines("\"example2\" #1: switched to \"example\""), 10);
	ck_assert_uint_eq(count_lines("packet from 192.0.2.2:500:"), 10);
	ck_assert_uint_eq(count_lines("\"example2\""), 0);
	ck_assert_uint_eq(count_lines("\"example/backup\""), 0);
	ck_assert_uint_eq(count_lines("\"example"), 0);
}
END_TEST

/* What is read of a file from there on, and the error that is told. */
static void expect_of_file(const char *file, const struct pluto_log_mark *since, const char *lines,
			   int error)
{
	_cleanup_free_ char *text = NULL;
	int seen = 1;

	n_entries = 0;
	ck_assert_int_eq(pluto_log_read(file, since, "example", "", &text, &seen), 0);
	ck_assert_str_eq(text, lines);
	ck_assert_int_eq(seen, error);
}

START_TEST(the_lines_of_a_file_are_read_from_the_mark_on)
{
	struct pluto_log_mark mark;
	const char *file;

	temporary_make();
	temporary_append("log", "\"example\" #1: before\n\"other\" #2: before\n");
	file = temporary_path("log");
	pluto_log_mark(file, &mark);
	expect_of_file(file, &mark, "", 0);
	temporary_append("log", "\"example\" #3: after\n\"other\" #4: after\n");
	file = temporary_path("log");
	expect_of_file(file, &mark, "\"example\" #3: after\n", 0);
	pluto_log_mark_before(file, 1, &mark);
	expect_of_file(file, &mark, "\"example\" #1: before\n\"example\" #3: after\n", 0);
	temporary_remove();
}
END_TEST

START_TEST(what_is_no_file_is_told)
{
	const struct pluto_log_mark mark = { 0 };

	expect_of_file("/nowhere/pluto.log", &mark, "", -ENOENT);
	expect_of_file("/dev/zero", &mark, "", -EINVAL);
	expect_of_file("/", &mark, "", -EINVAL);
}
END_TEST

UNIT_MAIN("pluto-log", the_lines_of_a_file_are_read_from_the_mark_on, what_is_no_file_is_told,
	  the_last_lines_are_read, they_are_of_a_pluto_that_debugs_as_well,
	  they_are_about_the_conn_and_its_tunnels_only)
