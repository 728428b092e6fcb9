/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

static struct command_result run(const char *script, struct command_options options)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct command_result result;

	ck_assert_int_eq(command_run(argv, &options, &result), 0);
	return result;
}

START_TEST(what_a_command_says_and_how_it_ends_is_told)
{
	_cleanup_command_result_ struct command_result r =
		run("echo one; echo two >&2; exit 7", (struct command_options){ 0 });

	ck_assert_str_eq(r.out, "one\n");
	ck_assert_str_eq(r.err, "two\n");
	ck_assert_int_eq(r.exit_status, 7);
	ck_assert(!command_succeeded(&r));
	ck_assert(!r.timed_out);
}
END_TEST

START_TEST(a_command_that_is_not_there_is_an_error)
{
	const char *const argv[] = { "/nonexistent/command", NULL };
	struct command_result result;

	ck_assert_int_eq(command_run(argv, NULL, &result), -ENOENT);
}
END_TEST

START_TEST(its_death_by_a_signal_is_told)
{
	_cleanup_command_result_ struct command_result r =
		run("kill -TERM $$", (struct command_options){ 0 });

	ck_assert_int_eq(r.signal, SIGTERM);
	ck_assert_int_eq(r.exit_status, -1);
}
END_TEST

START_TEST(it_reads_what_it_is_given)
{
	_cleanup_command_result_ struct command_result r =
		run("cat", (struct command_options){ .input = "a\0b", .input_len = 3 });

	ck_assert_uint_eq(r.out_len, 3);
	ck_assert_mem_eq(r.out, "a\0b", 4);
}
END_TEST

START_TEST(a_command_that_does_not_read_is_no_trouble)
{
	size_t len = 8 * 1024 * 1024;
	_cleanup_free_ char *much = malloc(len);

	memset(much, 'x', len);
	_cleanup_command_result_ struct command_result r =
		run("exec <&-; echo fine",
		    (struct command_options){ .input = much, .input_len = len });
	ck_assert_str_eq(r.out, "fine\n");
	ck_assert(command_succeeded(&r));
}
END_TEST

START_TEST(much_goes_in_and_out_at_once)
{
	size_t len = 3 * 1024 * 1024;
	_cleanup_free_ char *much = malloc(len);

	memset(much, 'x', len);
	_cleanup_command_result_ struct command_result r =
		run("cat", (struct command_options){ .input = much, .input_len = len });
	ck_assert_uint_eq(r.out_len, len);
	ck_assert_mem_eq(r.out, much, len);
	ck_assert(!r.truncated);
}
END_TEST

START_TEST(without_input_it_reads_nothing)
{
	_cleanup_command_result_ struct command_result r =
		run("cat; echo done", (struct command_options){ 0 });

	ck_assert_str_eq(r.out, "done\n");
}
END_TEST

START_TEST(output_over_the_limit_is_dropped_and_said_so)
{
	_cleanup_command_result_ struct command_result r =
		run("yes | head -c 300000; echo end >&2",
		    (struct command_options){ .max_output = 1000 });

	ck_assert_uint_eq(r.out_len, 1000);
	ck_assert(r.truncated);
	ck_assert_str_eq(r.err, "end\n");
	ck_assert(command_succeeded(&r));
}
END_TEST

START_TEST(a_hanging_command_is_killed_with_all_its_children)
{
	_cleanup_command_result_ struct command_result r =
		run("sleep 600 & echo $!; wait", (struct command_options){ .limit_usec = 200000 });
	pid_t child = (pid_t)atoi(r.out);
	char path[64];

	ck_assert(r.timed_out);
	ck_assert(!command_succeeded(&r));
	ck_assert_int_eq(r.signal, SIGKILL);
	ck_assert_uint_lt(r.usec, 5000000);
	ck_assert_int_gt(child, 1);
	/* It is gone, or a zombie that its new parent has not fetched yet. */
	snprintf(path, sizeof(path), "/proc/%d/cmdline", child);
	for (int i = 0; i < 100; i++) {
		char buffer[16];
		FILE *f = fopen(path, "re");
		size_t n = f ? fread(buffer, 1, sizeof(buffer), f) : 0;

		if (f)
			fclose(f);
		if (n == 0)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	}
	ck_abort_msg("the child of a killed command lives on");
}
END_TEST

START_TEST(a_grandchild_that_lives_on_is_not_waited_for)
{
	_cleanup_command_result_ struct command_result r =
		run("sleep 3 & echo early", (struct command_options){ 0 });

	ck_assert_str_eq(r.out, "early\n");
	ck_assert(command_succeeded(&r));
	ck_assert_uint_lt(r.usec, 2000000);
}
END_TEST

static void count(void *userdata)
{
	(*(int *)userdata)++;
}

START_TEST(who_waits_is_told_each_second_that_it_still_runs)
{
	int n = 0;
	_cleanup_command_result_ struct command_result r =
		run("sleep 1.5", (struct command_options){ .waiting = count, .userdata = &n });

	ck_assert_int_ge(n, 1);
	ck_assert_uint_le((uint64_t)n, r.usec / 1000000);
}
END_TEST

START_TEST(a_command_that_closes_its_streams_is_waited_for)
{
	_cleanup_command_result_ struct command_result r =
		run("exec >&- 2>&-; sleep 0.2; exit 5", (struct command_options){ 0 });

	ck_assert_int_eq(r.exit_status, 5);
}
END_TEST

START_TEST(the_environment_and_the_folder_are_always_the_same)
{
	setenv("LC_ALL", "de_DE.UTF-8", 1);
	setenv("SECRET", "x", 1);
	setenv("PATH", "/nonexistent", 1);
	_cleanup_command_result_ struct command_result r =
		run("echo $LC_ALL-$SECRET-$(pwd)", (struct command_options){ 0 });
	_cleanup_command_result_ struct command_result tmp =
		run("pwd", (struct command_options){ .directory = "/usr" });

	ck_assert_str_eq(r.out, "C--/\n");
	ck_assert_str_eq(tmp.out, "/usr\n");
}
END_TEST

START_TEST(no_descriptor_is_left_open_here_or_there)
{
	_cleanup_command_result_ struct command_result r =
		run("ls /proc/self/fd | wc -l", (struct command_options){ 0 });
	int before = dup(0), after;

	ck_assert_str_eq(r.out, "4\n"); /* the three streams, and the folder that ls reads */
	for (int i = 0; i < 20; i++) {
		_cleanup_command_result_ struct command_result again =
			run("exit 0", (struct command_options){ .input = "x", .input_len = 1 });
		const char *const missing[] = { "/nonexistent/command", NULL };
		struct command_result none;

		ck_assert_int_eq(command_run(missing, NULL, &none), -ENOENT);
	}
	after = dup(0);
	ck_assert_int_eq(after, before + 1);
	close(before);
	close(after);
}
END_TEST

START_TEST(it_works_where_the_standard_streams_are_closed)
{
	int saved = dup(STDIN_FILENO);

	close(STDIN_FILENO);
	_cleanup_command_result_ struct command_result r =
		run("cat", (struct command_options){ .input = "in", .input_len = 2 });
	dup2(saved, STDIN_FILENO);
	close(saved);
	ck_assert_str_eq(r.out, "in");
}
END_TEST

START_TEST(a_command_that_is_there_is_known_to_be)
{
	char name[200];

	ck_assert(command_exists("sh"));
	ck_assert(!command_exists("no-such-command"));
	/* Neither a folder's beginning nor its whole path is a name. */
	ck_assert(!command_exists("usr/bin/sh"));
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ck_assert(!command_exists(name));
}
END_TEST

UNIT_MAIN("command", what_a_command_says_and_how_it_ends_is_told,
	  a_command_that_is_not_there_is_an_error, its_death_by_a_signal_is_told,
	  it_reads_what_it_is_given, a_command_that_does_not_read_is_no_trouble,
	  much_goes_in_and_out_at_once, without_input_it_reads_nothing,
	  output_over_the_limit_is_dropped_and_said_so,
	  a_hanging_command_is_killed_with_all_its_children,
	  a_grandchild_that_lives_on_is_not_waited_for,
	  who_waits_is_told_each_second_that_it_still_runs,
	  a_command_that_closes_its_streams_is_waited_for,
	  the_environment_and_the_folder_are_always_the_same,
	  no_descriptor_is_left_open_here_or_there, it_works_where_the_standard_streams_are_closed,
	  a_command_that_is_there_is_known_to_be)
