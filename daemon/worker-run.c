/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker-run.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "text.h"
#include "worker-report.h"

/* A longer line is no report of ours. */
#define MAX_LINE (16 * 1024 * 1024)

struct worker_run {
	const struct worker_run_ops *ops;
	void *userdata;

	pid_t pid;   /* 0 once it was waited for, and with a connection */
	bool remote; /* it is at the other end of a connection */
	int status;  /* as it told there; -1: not told */
	uint64_t limit_usec;
	sd_event_source *child, *limit, *reading, *writing;
	int in_fd, out_fd; /* the worker's standard input and output, our ends */
	char *input;
	size_t input_len, input_done;
	struct text line;
	bool stopped, timed_out, ended;
	int error;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool is_end(const json_t *report)
{
	const char *kind = json_string_value(json_object_get(report, "report"));

	return kind && streq(kind, REPORT_END) &&
	       json_is_integer(json_object_get(report, "status"));
}

/* A run may have many steps, and each is told. */
static void put_limit_off(struct worker_run *w)
{
	uint64_t now;

	if (sd_event_now(sd_event_source_get_event(w->limit), CLOCK_MONOTONIC, &now) >= 0)
		(void)sd_event_source_set_time(w->limit, now + w->limit_usec);
}

static void take_line(struct worker_run *w, const char *line, size_t len)
{
	json_error_t error;
	json_t *report;

	if (len == 0)
		return;
	put_limit_off(w);
	report = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (w->remote && is_end(report))
		w->status = (int)json_integer_value(json_object_get(report, "status"));
	else if (!json_is_object(report))
		log_warning("The worker reported something strange, ignoring: %s",
			    report ? "not an object" : error.text);
	else
		w->ops->report(w->userdata, report);
	json_decref(report);
}

static void take_bytes(struct worker_run *w, const char *bytes, size_t len)
{
	const char *newline;

	while ((newline = memchr(bytes, '\n', len))) {
		text_add_bytes(&w->line, bytes, (size_t)(newline - bytes));
		if (!w->line.failed && w->line.data)
			take_line(w, w->line.data, w->line.len);
		text_done(&w->line);
		len -= (size_t)(newline - bytes) + 1;
		bytes = newline + 1;
	}
	text_add_bytes(&w->line, bytes, len);
	if (w->line.len > MAX_LINE)
		text_done(&w->line);
}

/* The end is told when both the process has ended and all that it wrote was read. */
static void maybe_done(struct worker_run *w)
{
	if (w->pid == 0 && w->out_fd < 0 && !w->ended) {
		w->ended = true;
		w->ops->done(w->userdata, w->error);
	}
}

static void judge_status(struct worker_run *w, int status)
{
	if (status == 0)
		return;
	w->error = status == WORKER_EXIT_BUSY ? -EBUSY : -ECHILD;
	if (!w->stopped)
		log_error("The worker ended with exit status %d", status);
}

static int on_output(sd_event_source *s, int fd, uint32_t events _unused_, void *userdata)
{
	struct worker_run *w = userdata;
	char buffer[16384];
	ssize_t n;

	n = read(fd, buffer, sizeof(buffer));
	if (n > 0) {
		take_bytes(w, buffer, (size_t)n);
		return 0;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;

	sd_event_source_set_enabled(s, SD_EVENT_OFF);
	close_fd(&w->out_fd);
	if (w->remote && w->status < 0) {
		w->error = -ECHILD;
		log_error("The worker ended before it told how");
	} else if (w->remote) {
		judge_status(w, w->status);
	}
	maybe_done(w);
	return 0;
}

static int on_input(sd_event_source *s, int fd, uint32_t events _unused_, void *userdata)
{
	struct worker_run *w = userdata;
	ssize_t n;

	n = write(fd, w->input + w->input_done, w->input_len - w->input_done);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0)
		w->input_done += (size_t)n;
	if (n < 0 || w->input_done == w->input_len) {
		sd_event_source_set_enabled(s, SD_EVENT_OFF);
		/* What comes after an order is the wish that the worker stop. */
		if (!w->remote)
			close_fd(&w->in_fd);
	}
	return 0;
}

static int on_child(sd_event_source *s _unused_, const siginfo_t *si, void *userdata)
{
	struct worker_run *w = userdata;

	w->pid = 0;
	if (si->si_code == CLD_EXITED) {
		judge_status(w, si->si_status);
	} else {
		w->error = -ECHILD;
		log_error("The worker was ended by signal %d%s", si->si_status,
			  w->timed_out ? ", at its limit in time" : "");
	}
	if (w->timed_out)
		w->error = -ETIME;
	maybe_done(w);
	return 0;
}

static int on_limit(sd_event_source *s _unused_, uint64_t usec _unused_, void *userdata)
{
	struct worker_run *w = userdata;

	w->timed_out = true;
	if (w->pid > 0)
		kill(-w->pid, SIGKILL);
	if (w->remote && !w->ended) {
		log_error("The worker was ended at its limit in time");
		(void)sd_event_source_set_enabled(w->reading, SD_EVENT_OFF);
		(void)sd_event_source_set_enabled(w->writing, SD_EVENT_OFF);
		close_fd(&w->in_fd);
		close_fd(&w->out_fd);
		w->error = -ETIME;
		maybe_done(w);
	}
	return 0;
}

/* Between fork and exec: nothing but async-signal-safe calls. */
_Noreturn static void become_worker(const char *const argv[], int in, int out)
{
	sigset_t none;

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

static int spawn(struct worker_run *w, const char *const argv[])
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	int r = 0;

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0) {
		r = -errno;
		goto fail;
	}
	w->pid = fork();
	if (w->pid < 0) {
		r = -errno;
		w->pid = 0;
		goto fail;
	}
	if (w->pid == 0)
		become_worker(argv, in[0], out[1]);

	(void)setpgid(w->pid, w->pid);
	close(in[0]);
	close(out[1]);
	w->in_fd = in[1];
	w->out_fd = out[0];
	if (fcntl(w->in_fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(w->out_fd, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return 0;

fail:
	close_fd(&in[0]);
	close_fd(&in[1]);
	close_fd(&out[0]);
	close_fd(&out[1]);
	return r;
}

/* ---- a worker at the other end of a connection ---- */

static bool is_socket(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* The arguments come first, as JSON in a line; the rest is what the worker would read. */
static int add_arguments(const char *const argv[], char **input)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	_cleanup_free_ char *line = NULL;
	json_t *arguments = json_array();
	int r = 0;

	for (const char *const *a = argv + 1; arguments && *a; a++)
		r |= json_array_append_new(arguments, json_string(*a));
	if (arguments && r == 0)
		line = json_dumps(arguments, JSON_COMPACT);
	json_decref(arguments);
	if (!line)
		return -ENOMEM;
	text_printf(&t, "%s\n%s", line, *input);
	free(TAKE_PTR(*input));
	return text_take(&t, input);
}

static int connect_to(struct worker_run *w, const char *const argv[])
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int r;

	if (strlen(argv[0]) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	strcpy(to.sun_path, argv[0]);
	r = add_arguments(argv, &w->input);
	if (r < 0)
		return r;

	w->remote = true;
	w->status = -1;
	w->out_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (w->out_fd < 0 || connect(w->out_fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	w->in_fd = fcntl(w->out_fd, F_DUPFD_CLOEXEC, 0);
	return w->in_fd < 0 ? -errno : 0;
}

static int watch(struct worker_run *w, sd_event *event, uint64_t limit_usec)
{
	uint64_t now;
	int r;

	r = sd_event_now(event, CLOCK_MONOTONIC, &now);
	if (r < 0)
		return r;
	if (!w->remote) {
		r = sd_event_add_child(event, &w->child, w->pid, WEXITED, on_child, w);
		if (r < 0)
			return r;
	}
	r = sd_event_add_io(event, &w->reading, w->out_fd, EPOLLIN, on_output, w);
	if (r < 0)
		return r;
	r = sd_event_add_io(event, &w->writing, w->in_fd, EPOLLOUT, on_input, w);
	if (r < 0)
		return r;
	return sd_event_add_time(event, &w->limit, CLOCK_MONOTONIC, now + limit_usec, 0, on_limit,
				 w);
}

int worker_run_start(sd_event *event, const char *const argv[], const char *input,
		     uint64_t limit_usec, const struct worker_run_ops *ops, void *userdata,
		     struct worker_run **ret)
{
	_cleanup_(worker_run_freep) struct worker_run *w = NULL;
	int r;

	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->in_fd = w->out_fd = -1;
	w->ops = ops;
	w->userdata = userdata;
	w->limit_usec = limit_usec;
	w->input = strdup(input);
	if (!w->input)
		return -ENOMEM;

	r = is_socket(argv[0]) ? connect_to(w, argv) : spawn(w, argv);
	if (r < 0)
		return r;
	w->input_len = strlen(w->input) + (w->remote ? 1 : 0); /* with the NUL */
	r = watch(w, event, limit_usec);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(w);
	return 0;
}

void worker_run_stop(struct worker_run *w)
{
	w->stopped = true;
	if (w->remote)
		(void)shutdown(w->in_fd, SHUT_WR);
	else if (w->pid > 0)
		(void)kill(w->pid, SIGTERM);
}

struct worker_run *worker_run_free(struct worker_run *w)
{
	if (!w)
		return NULL;

	sd_event_source_unref(w->child);
	sd_event_source_unref(w->limit);
	sd_event_source_unref(w->reading);
	sd_event_source_unref(w->writing);
	if (w->pid > 0) {
		kill(-w->pid, SIGKILL);
		while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close_fd(&w->in_fd);
	close_fd(&w->out_fd);
	text_done(&w->line);
	free(w->input);
	free(w);
	return NULL;
}
