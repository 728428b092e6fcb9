/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal-socket.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "temporary.h"
#include "unit.h"

enum {
	LONG_MSEC = 60000,
};

static int journald = -1, sender = -1;

static struct sockaddr_un address(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	ck_assert_uint_lt(strlen(temporary_path("socket")), sizeof(a.sun_path));
	strcpy(a.sun_path, temporary_path("socket"));
	return a;
}

static void set_up(void)
{
	struct sockaddr_un a;

	temporary_make();
	a = address();
	journald = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(journald, 0);
	ck_assert_int_eq(bind(journald, (struct sockaddr *)&a, sizeof(a)), 0);
	sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(sender, 0);
}

static void tear_down(void)
{
	close(sender);
	close(journald);
	temporary_remove();
}

static bool is_sent(void)
{
	struct sockaddr_un a = address();

	return sendto(sender, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)) == 1;
}

static void fill(void)
{
	while (is_sent())
		;
	ck_assert_int_eq(errno, EAGAIN);
}

static void read_one(void)
{
	char c;

	ck_assert_int_eq(recv(journald, &c, 1, 0), 1);
}

static pid_t read_one_later(void)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		usleep(50000);
		read_one();
		_exit(0);
	}
	return pid;
}

static void on_signal(int signal)
{
	(void)signal;
}

static bool takes(int timeout_msec)
{
	return journal_socket_takes(temporary_path("socket"), timeout_msec);
}

START_TEST(an_empty_queue_takes_a_message)
{
	ck_assert(takes(0));
}
END_TEST

START_TEST(a_full_queue_takes_none_until_one_is_read)
{
	fill();
	ck_assert(!takes(0));
	read_one();
	ck_assert(takes(0));
}
END_TEST

START_TEST(a_full_queue_is_waited_for)
{
	pid_t reader;

	fill();
	reader = read_one_later();
	ck_assert(takes(LONG_MSEC));
	ck_assert(is_sent());
	ck_assert_int_eq(waitpid(reader, NULL, 0), reader);
}
END_TEST

START_TEST(signals_do_not_cut_the_wait_short)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { 0 };
	struct sigaction heard = { .sa_handler = on_signal };
	pid_t reader;

	ck_assert_int_eq(sigaction(SIGALRM, &heard, NULL), 0);
	fill();
	reader = read_one_later();
	ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
	ck_assert(takes(LONG_MSEC));
	ck_assert(is_sent());
	ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
	ck_assert_int_eq(waitpid(reader, NULL, 0), reader);
}
END_TEST

START_TEST(where_nobody_is_the_sender_is_told_so)
{
	fill();
	ck_assert(journal_socket_takes(temporary_path("nobody"), 0));
	close(journald);
	journald = -1;
	ck_assert(takes(0));
}
END_TEST

START_TEST(a_path_too_long_for_a_socket_is_not_asked)
{
	char path[2 * sizeof(((struct sockaddr_un *)NULL)->sun_path)];

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ck_assert(journal_socket_takes(path, 0));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_empty_queue_takes_a_message,
		a_full_queue_takes_none_until_one_is_read,
		a_full_queue_is_waited_for,
		signals_do_not_cut_the_wait_short,
		where_nobody_is_the_sender_is_told_so,
		a_path_too_long_for_a_socket_is_not_asked,
	};

	return unit_run_fixture("journal-socket", set_up, tear_down, tests,
				sizeof(tests) / sizeof(tests[0]));
}
