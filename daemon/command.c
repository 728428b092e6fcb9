/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

#define COMMAND_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *const command_environment[] = {
	"PATH=" COMMAND_PATH,
	"LC_ALL=C",
	NULL,
};

bool command_exists(const char *name)
{
	const char *folder = COMMAND_PATH;
	char path[128];

	while (*folder) {
		int len = (int)strcspn(folder, ":");
		int n = snprintf(path, sizeof(path), "%.*s/%s", len, folder, name);

		if (n > 0 && (size_t)n < sizeof(path) && access(path, X_OK) == 0)
			return true;
		folder += len;
		folder += *folder == ':';
	}
	return false;
}

/* What runs, while it runs. */
struct command {
	const struct command_options *options;
	size_t max_output;
	uint64_t begin_usec;
	uint64_t limit_usec;
	uint64_t told_usec; /* since its beginning, when it was last told that it runs */
	pid_t pid;
	int in;  /* a socket, so that a command that does not read raises no SIGPIPE here */
	int out; /* -1 after its end */
	int err;
	size_t in_done;
	struct text out_text;
	struct text err_text;
	bool truncated;
};

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* What others have forgotten to mark: the child gets the three standard streams and nothing else.
 */
static void mark_close_on_exec(void)
{
#ifdef SYS_close_range
	const unsigned int close_range_cloexec = 1U << 2; /* linux/close_range.h, Linux 5.11 */

	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, close_range_cloexec) == 0)
		return;
#endif
	for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* In the child, between fork and exec: only calls that are safe there. */
_Noreturn static void command_exec(const char *const argv[], const char *directory, int in, int out,
				   int err, int report, pid_t parent)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;
	int r;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);

	sigemptyset(&none);
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &action, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);

	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(err, STDERR_FILENO) >= 0 && chdir(directory) >= 0) {
		mark_close_on_exec();
		environ = (char **)command_environment; /* its PATH is the one to look in */
		execvp(argv[0], (char *const *)argv);
	}

	r = errno;
	(void)!write(report, &r, sizeof(r));
	_exit(127);
}

/* A descriptor above the standard ones, which the child is about to replace. */
static int fd_above_standard(int *fd)
{
	int moved;

	if (*fd > STDERR_FILENO)
		return 0;
	moved = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (moved < 0)
		return -errno;
	close(*fd);
	*fd = moved;
	return 0;
}

static int command_start(struct command *c, const char *const argv[])
{
	const char *directory = c->options && c->options->directory ? c->options->directory : "/";
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 }, report[2] = { -1, -1 };
	int *const fds[] = { &in[0],  &in[1],  &out[0],    &out[1],
			     &err[0], &err[1], &report[0], &report[1] };
	pid_t parent = getpid();
	int child_errno = 0;
	ssize_t n;
	int r = 0;

	if (c->options && c->options->input) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) < 0)
			r = -errno;
	} else {
		in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (in[0] < 0)
			r = -errno;
	}
	if (r == 0 && (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0 ||
		       pipe2(report, O_CLOEXEC) < 0))
		r = -errno;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(fds); i++)
		if (*fds[i] >= 0)
			r = fd_above_standard(fds[i]);

	if (r == 0) {
		c->pid = fork();
		if (c->pid < 0)
			r = -errno;
		else if (c->pid == 0)
			command_exec(argv, directory, in[0], out[1], err[1], report[1], parent);
		else
			setpgid(c->pid, c->pid); /* both sides do it: neither can be too late */
	}

	close_fd(&in[0]);
	close_fd(&out[1]);
	close_fd(&err[1]);
	close_fd(&report[1]);
	if (r == 0) {
		do
			n = read(report[0], &child_errno, sizeof(child_errno));
		while (n < 0 && errno == EINTR);
		if (n == (ssize_t)sizeof(child_errno)) {
			while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
				;
			r = child_errno > 0 ? -child_errno : -EIO;
		}
	}
	close_fd(&report[0]);
	if (r < 0) {
		close_fd(&in[1]);
		close_fd(&out[0]);
		close_fd(&err[0]);
		return r;
	}

	c->in = in[1];
	c->out = out[0];
	c->err = err[0];
	return 0;
}

static void command_feed(struct command *c)
{
	size_t left = c->options->input_len - c->in_done;
	ssize_t n = 0;

	if (left > 0) {
		n = send(c->in, c->options->input + c->in_done, left, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
	}
	if (n > 0)
		c->in_done += (size_t)n;
	/* A command that no longer reads is none of our business. */
	if (n < 0 || c->in_done == c->options->input_len)
		close_fd(&c->in);
}

static void command_collect(struct command *c, int *fd, struct text *text)
{
	char buffer[16384];
	size_t room = c->max_output - text->len;
	ssize_t n = read(*fd, buffer, sizeof(buffer));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close_fd(fd);
		return;
	}
	if ((size_t)n > room) {
		c->truncated = true;
		n = (ssize_t)room;
	}
	text_add_bytes(text, buffer, (size_t)n);
}

/* Waits for something to read or write, and handles it. Returns whether there was something. */
static bool command_turn(struct command *c, int timeout_msec)
{
	struct pollfd fds[] = {
		{ .fd = c->in, .events = POLLOUT },
		{ .fd = c->out, .events = POLLIN },
		{ .fd = c->err, .events = POLLIN },
	};

	if (poll(fds, ARRAY_SIZE(fds), timeout_msec) <= 0)
		return false;
	if (fds[0].revents)
		command_feed(c);
	if (fds[1].revents)
		command_collect(c, &c->out, &c->out_text);
	if (fds[2].revents)
		command_collect(c, &c->err, &c->err_text);
	return true;
}

static void command_tell(struct command *c, uint64_t spent)
{
	if (!c->options || !c->options->waiting || spent - c->told_usec < 1000000)
		return;
	c->told_usec = spent;
	c->options->waiting(c->options->userdata);
}

/*
 * There is no descriptor that tells of a child's end on every kernel that is supported, so its end
 * is asked for: at once when its streams close, which is how nearly all end, and else at intervals
 * that grow from 1 to 20 ms.
 */
static void command_wait(struct command *c, struct command_result *ret)
{
	int interval_msec = 1;
	int status = 0;

	for (;;) {
		uint64_t spent;
		pid_t pid = waitpid(c->pid, &status, WNOHANG);

		if (pid == c->pid)
			break;
		spent = now_usec() - c->begin_usec;
		if (spent >= c->limit_usec) {
			ret->timed_out = true;
			kill(-c->pid, SIGKILL);
			while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
				;
			break;
		}
		command_tell(c, spent);
		if ((c->limit_usec - spent) / 1000 < (uint64_t)interval_msec)
			interval_msec = (int)((c->limit_usec - spent) / 1000) + 1;
		if (!command_turn(c, interval_msec) && interval_msec < 20)
			interval_msec *= 2;
	}

	/* What it said before its end may still be in the pipes, up to their size each. */
	for (int i = 0; i < 128 && (c->out >= 0 || c->err >= 0); i++) {
		close_fd(&c->in);
		if (!command_turn(c, 0))
			break;
	}

	if (WIFEXITED(status))
		ret->exit_status = WEXITSTATUS(status);
	else if (WIFSIGNALED(status))
		ret->signal = WTERMSIG(status);
}

int command_run(const char *const argv[], const struct command_options *options,
		struct command_result *ret)
{
	struct command c = {
		.options = options,
		.max_output =
			options && options->max_output ? options->max_output : COMMAND_MAX_OUTPUT,
		.limit_usec =
			options && options->limit_usec ? options->limit_usec : COMMAND_LIMIT_USEC,
		.begin_usec = now_usec(),
		.in = -1,
		.out = -1,
		.err = -1,
	};
	struct command_result result = COMMAND_RESULT_NULL;
	int r;

	r = command_start(&c, argv);
	if (r < 0)
		return r;

	command_wait(&c, &result);
	close_fd(&c.in);
	close_fd(&c.out);
	close_fd(&c.err);

	result.truncated = c.truncated;
	result.out_len = c.out_text.len;
	result.err_len = c.err_text.len;
	result.usec = now_usec() - c.begin_usec;
	r = text_take(&c.out_text, &result.out);
	if (r == 0)
		r = text_take(&c.err_text, &result.err);
	text_done(&c.out_text);
	text_done(&c.err_text);
	if (r < 0) {
		command_result_done(&result);
		return r;
	}
	*ret = result;
	return 0;
}

void command_result_done(struct command_result *r)
{
	free(r->out);
	free(r->err);
	*r = COMMAND_RESULT_NULL;
}
