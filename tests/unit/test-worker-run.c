/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stop.h"
#include "temporary.h"
#include "unit.h"
#include "worker-run.h"
#include "worker-serve.h"

/* A worker behind a socket: a process of the test's, with the connection as its input and output.
 */

static const char *path;
static sd_event *event;
static struct worker_run *run;
static pid_t worker;
static int n_reports, end_error;
static char last_report[256];

/* What the worker does; its return value is its exit status. */
typedef int (*worker_fn)(const struct worker_order *order);

static void on_report(void *userdata _unused_, json_t *report)
{
	char *text = json_dumps(report, JSON_COMPACT);

	snprintf(last_report, sizeof(last_report), "%s", text);
	free(text);
	n_reports++;
	if (strstr(last_report, "\"begins\""))
		worker_run_stop(run);
}

static void on_done(void *userdata _unused_, int error)
{
	end_error = error;
	(void)sd_event_exit(event, 0);
}

static const struct worker_run_ops ops = { on_report, on_done };

static int listen_there(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_uint_lt(strlen(path), sizeof(at.sun_path));
	strcpy(at.sun_path, path);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

_Noreturn static void be_worker(int listening, worker_fn what)
{
	struct worker_order order;
	int fd = accept(listening, NULL, NULL);
	int status = 1;

	(void)signal(SIGTERM, SIG_DFL); /* the test's runner catches it */
	if (fd >= 0 && dup2(fd, STDIN_FILENO) >= 0 && dup2(fd, STDOUT_FILENO) >= 0) {
		close(fd);
		if (worker_order_read(STDIN_FILENO, &order) == 0 &&
		    worker_die_with(STDIN_FILENO) == 0)
			status = what(&order);
	}
	fflush(stdout);
	_exit(status);
}

/* Starts a run with a worker that does so; a limit in milliseconds. */
static void begin(worker_fn what, unsigned int limit_msec)
{
	static const char *const arguments[] = { "run", "--policy=-", "--apply", "bond0", NULL };
	const char *argv[ARRAY_SIZE(arguments) + 1];
	int listening;

	temporary_make();
	path = temporary_path("worker");
	listening = listen_there();
	fflush(NULL);
	worker = fork();
	ck_assert_int_ge(worker, 0);
	if (worker == 0)
		be_worker(listening, what);
	close(listening);

	argv[0] = path;
	memcpy(&argv[1], arguments, sizeof(arguments));
	n_reports = 0;
	end_error = 1;
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(worker_run_start(event, argv, "version: 1\nbonds: {}\n",
					  (uint64_t)limit_msec * 1000, &ops, NULL, &run),
			 0);
}

/* How the worker ended, as wait() tells. */
static int end(void)
{
	int status;

	run = worker_run_free(run);
	event = sd_event_unref(event);
	ck_assert_int_eq(waitpid(worker, &status, 0), worker);
	temporary_remove();
	return status;
}

static int tells_its_order(const struct worker_order *o)
{
	json_t *arguments = json_array(), *report;

	for (int i = 0; i < o->argc; i++)
		json_array_append_new(arguments, json_string(o->argv[i]));
	report = json_pack("{s:o, s:s}", "arguments", arguments, "input", o->input);
	json_dumpf(report, stdout, JSON_COMPACT);
	json_decref(report);
	puts("\n{\"report\": \"end\", \"status\": 0}");
	return o->argv[o->argc] == NULL && strlen(o->input) == o->input_len ? 0 : 1;
}

START_TEST(what_is_ordered_arrives_and_reports_come_back)
{
	begin(tells_its_order, 20000);
	ck_assert_int_ge(sd_event_loop(event), 0);
	ck_assert_int_eq(end_error, 0);
	ck_assert_int_eq(n_reports, 1);
	ck_assert_str_eq(last_report,
			 "{\"arguments\":[\"esp-offload-worker\",\"run\",\"--policy=-\","
			 "\"--apply\",\"bond0\"],\"input\":\"version: 1\\nbonds: {}\\n\"}");
	ck_assert_int_eq(end(), 0);
}
END_TEST

static int fails(const struct worker_order *o _unused_)
{
	puts("{\"report\": \"bond\"}\n{\"report\": \"end\", \"status\": 1}");
	return 1;
}

START_TEST(a_worker_that_fails_is_a_failure)
{
	begin(fails, 20000);
	ck_assert_int_ge(sd_event_loop(event), 0);
	ck_assert_int_eq(end_error, -ECHILD);
	ck_assert_int_eq(n_reports, 1);
	end();
}
END_TEST

static int is_busy(const struct worker_order *o _unused_)
{
	puts("{\"report\": \"end\", \"status\": 75}");
	return 75;
}

START_TEST(one_that_finds_another_at_it_says_so)
{
	begin(is_busy, 20000);
	ck_assert_int_ge(sd_event_loop(event), 0);
	ck_assert_int_eq(end_error, -EBUSY);
	end();
}
END_TEST

static int says_nothing_at_the_end(const struct worker_order *o _unused_)
{
	puts("{\"report\": \"bond\"}\n{\"report\": \"end\"}\n{\"report\": \"end\", \"status\": "
	     "\"0\"}");
	return 0;
}

START_TEST(one_that_does_not_tell_how_it_ended_is_one_as_well)
{
	begin(says_nothing_at_the_end, 20000);
	ck_assert_int_ge(sd_event_loop(event), 0);
	ck_assert_int_eq(end_error, -ECHILD);
	end();
}
END_TEST

static int hangs(const struct worker_order *o _unused_)
{
	puts("{\"report\": \"bond\"}");
	fflush(stdout);
	return pause();
}

START_TEST(one_that_hangs_is_ended_at_its_limit)
{
	int status;

	begin(hangs, 300);
	ck_assert_int_ge(sd_event_loop(event), 0);
	ck_assert_int_eq(end_error, -ETIME);
	ck_assert_int_eq(n_reports, 1);
	status = end();
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}
END_TEST

START_TEST(one_that_nobody_waits_for_any_more_dies)
{
	int status;

	begin(hangs, 20000);
	while (n_reports == 0)
		ck_assert_int_ge(sd_event_run(event, UINT64_MAX), 0);
	status = end();
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	ck_assert_int_eq(end_error, 1);
}
END_TEST

/* More than a socket holds, while nobody reads. */
static int tells_much(const struct worker_order *o _unused_)
{
	if (stop_defer() < 0)
		return 1;
	for (int i = 0; i < 20; i++)
		printf("{\"report\": \"%0*d\"}\n", 100000, i);
	fflush(stdout);
	printf("{\"report\": \"%s\"}\n{\"report\": \"end\", \"status\": 0}\n",
	       stop_asked() ? "stopped" : "whole");
	return 0;
}

START_TEST(one_that_has_much_to_tell_is_not_stopped_by_it)
{
	begin(tells_much, 30000);
	usleep(300000);
	ck_assert_int_ge(sd_event_loop(event), 0);
	ck_assert_int_eq(end_error, 0);
	ck_assert_int_eq(n_reports, 21);
	ck_assert_str_eq(last_report, "{\"report\":\"whole\"}");
	ck_assert_int_eq(end(), 0);
}
END_TEST

/* As one in the middle of changing something. */
static int takes_back_when_it_is_told_to_stop(const struct worker_order *o _unused_)
{
	if (stop_defer() < 0 || stop_asked())
		return 1;
	puts("{\"report\": \"begins\"}");
	fflush(stdout);
	for (int i = 0; i < 2000 && !stop_asked(); i++)
		usleep(10000);
	if (!stop_asked())
		return 1;
	puts("{\"report\": \"undone\"}\n{\"report\": \"end\", \"status\": 0}");
	return 0;
}

START_TEST(one_that_is_told_to_stop_is_heard_to_its_end)
{
	begin(takes_back_when_it_is_told_to_stop, 30000);
	ck_assert_int_ge(sd_event_loop(event), 0);
	ck_assert_int_eq(end_error, 0);
	ck_assert_int_eq(n_reports, 2);
	ck_assert_str_eq(last_report, "{\"report\":\"undone\"}");
	ck_assert_int_eq(end(), 0);
}
END_TEST

START_TEST(a_socket_where_nobody_answers_is_an_error)
{
	const char *argv[] = { NULL, NULL };

	temporary_make();
	path = temporary_path("worker");
	close(listen_there());
	argv[0] = path;
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(worker_run_start(event, argv, "", 1000000, &ops, NULL, &run),
			 -ECONNREFUSED);
	event = sd_event_unref(event);
	temporary_remove();
}
END_TEST

/* ---- orders by themselves ---- */

static int read_order(const char *bytes, size_t len, struct worker_order *ret)
{
	FILE *f = tmpfile();
	int r;

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
	rewind(f);
	r = worker_order_read(fileno(f), ret);
	fclose(f);
	return r;
}

START_TEST(an_order_without_arguments_is_one)
{
	struct worker_order order;

	ck_assert_int_eq(read_order("[]\n", 4, &order), 0);
	ck_assert_int_eq(order.argc, 1);
	ck_assert_ptr_null(order.argv[1]);
	ck_assert_uint_eq(order.input_len, 0);
	worker_order_done(&order);
}
END_TEST

START_TEST(a_strange_order_is_refused)
{
	static const char *const strange[] = {
		"",           "\n",    "[]",
		"{}\n",       "[7]\n", "[\"run\", null]\n",
		"[\"run\"\n", "run\n", "[\"\\u0000\"]\n",
	};
	struct worker_order order = WORKER_ORDER_NULL;

	for (size_t i = 0; i < ARRAY_SIZE(strange); i++)
		ck_assert_int_eq(read_order(strange[i], strlen(strange[i]) + 1, &order), -EBADMSG);
	ck_assert_ptr_null(order.argv);
}
END_TEST

/* Its writer has died. */
START_TEST(an_order_that_breaks_off_is_none)
{
	static const char order[] = "[\"run\"]\nversion: 1\n";
	struct worker_order read = WORKER_ORDER_NULL;

	for (size_t len = 0; len < sizeof(order); len++)
		ck_assert_int_eq(read_order(order, len, &read), -EBADMSG);
	ck_assert_int_eq(read_order(order, sizeof(order), &read), 0);
	ck_assert_str_eq(read.input, "version: 1\n");
	worker_order_done(&read);
	ck_assert_int_eq(read_order("[]\n\0more", 8, &read), -EBADMSG);
}
END_TEST

UNIT_MAIN("worker-run", what_is_ordered_arrives_and_reports_come_back,
	  a_worker_that_fails_is_a_failure, one_that_finds_another_at_it_says_so,
	  one_that_does_not_tell_how_it_ended_is_one_as_well, one_that_hangs_is_ended_at_its_limit,
	  one_that_nobody_waits_for_any_more_dies, a_socket_where_nobody_answers_is_an_error,
	  one_that_has_much_to_tell_is_not_stopped_by_it,
	  one_that_is_told_to_stop_is_heard_to_its_end, an_order_without_arguments_is_one,
	  a_strange_order_is_refused, an_order_that_breaks_off_is_none)
