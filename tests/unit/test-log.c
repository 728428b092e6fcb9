/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "log.h"

#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "journal-socket.h"
#include "text.h"
#include "unit.h"

/* What the journal got, and how often it was waited for. */
static struct text got;
static bool hangs, refuses;
static unsigned int n_waited;
/* How many entries it takes yet. */
static unsigned int room;

/* The journal's socket. */
bool journal_socket_takes(const char *path, int timeout_msec)
{
	ck_assert_str_eq(path, "/run/systemd/journal/socket");
	ck_assert_int_ge(timeout_msec, 0);
	ck_assert_int_le(timeout_msec, 1000);
	n_waited += hangs && timeout_msec > 0;
	return !hangs && room > 0;
}

/* libsystemd's. */
int sd_journal_sendv(const struct iovec *iov, int n)
{
	ck_assert_msg(!hangs && room > 0, "it would wait for ever");
	if (refuses) {
		errno = ECONNREFUSED;
		return -errno;
	}
	room--;
	for (int i = 0; i < n; i++) {
		text_add_bytes(&got, iov[i].iov_base, iov[i].iov_len);
		text_add(&got, i + 1 < n ? " " : "\n");
	}
	return 0;
}

static void begin(void)
{
	struct stat st;
	char stream[64];

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_open("test", LOG_INFO);
	room = 1000;
}

static void end(void)
{
	text_done(&got);
}

static void journal_has(const char *entries)
{
	ck_assert(!got.failed);
	ck_assert_str_eq(got.data ? got.data : "", entries);
}

START_TEST(an_entry_has_its_fields)
{
	struct log_field fields[] = { { "BOND", "bond0" }, { "PORT", NULL }, { "CONN", "office" } };

	log_event(LOG_NOTICE, "an-id", fields, ARRAY_SIZE(fields), "%s", "applied");
	journal_has("MESSAGE=applied PRIORITY=5 SYSLOG_IDENTIFIER=test MESSAGE_ID=an-id BOND=bond0 "
		    "CONN=office\n");
}
END_TEST

START_TEST(what_is_less_than_was_asked_for_is_left_out)
{
	log_debug("chatter");
	journal_has("");
}
END_TEST

START_TEST(a_journal_that_hangs_is_waited_for_once)
{
	hangs = true;
	for (int i = 0; i < 3; i++)
		log_info("lost");
	ck_assert_uint_eq(n_waited, 1);
	journal_has("");
}
END_TEST

START_TEST(what_it_did_not_get_is_told_before_what_it_gets_next)
{
	hangs = true;
	log_info("lost");
	log_info("lost");
	hangs = false;
	log_info("first");
	log_info("second");
	journal_has("MESSAGE=messages missing before this one, as the journal took none: 2 "
		    "PRIORITY=4 SYSLOG_IDENTIFIER=test\n"
		    "MESSAGE=first PRIORITY=6 SYSLOG_IDENTIFIER=test\n"
		    "MESSAGE=second PRIORITY=6 SYSLOG_IDENTIFIER=test\n");
}
END_TEST

START_TEST(with_room_for_one_entry_that_says_so_and_the_other_is_counted)
{
	hangs = true;
	log_info("lost");
	hangs = false;
	room = 1;
	log_info("lost");
	room = 2;
	log_info("then");
	journal_has("MESSAGE=messages missing before this one, as the journal took none: 1 "
		    "PRIORITY=4 SYSLOG_IDENTIFIER=test\n"
		    "MESSAGE=messages missing before this one, as the journal took none: 1 "
		    "PRIORITY=4 SYSLOG_IDENTIFIER=test\n"
		    "MESSAGE=then PRIORITY=6 SYSLOG_IDENTIFIER=test\n");
}
END_TEST

START_TEST(after_that_it_is_waited_for_again)
{
	hangs = true;
	log_info("lost");
	hangs = false;
	log_info("told");
	hangs = true;
	log_info("lost");
	ck_assert_uint_eq(n_waited, 2);
}
END_TEST

START_TEST(errno_is_kept)
{
	refuses = true;
	errno = ENOSPC;
	log_info("on standard error");
	ck_assert_int_eq(errno, ENOSPC);
	journal_has("");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_entry_has_its_fields,
		what_is_less_than_was_asked_for_is_left_out,
		a_journal_that_hangs_is_waited_for_once,
		what_it_did_not_get_is_told_before_what_it_gets_next,
		with_room_for_one_entry_that_says_so_and_the_other_is_counted,
		after_that_it_is_waited_for_again,
		errno_is_kept,
	};

	return unit_run_fixture("log", begin, end, tests, ARRAY_SIZE(tests));
}
