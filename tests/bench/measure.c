/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * measure [--ready] COMMAND [ARGUMENT…]: runs it with its output thrown away, and prints wall clock
 * and processor time in microseconds, peak resident memory in kB, and the exit status. With --ready
 * the times are those at which it has told READY=1, as sd_notify(3) does; then it is ended.
 *
 * It is small, as the peak that the kernel reports begins with what the process was before it
 * became the command.
 */

/* A command that does not get ready in this time never will. */
#define READY_LIMIT_MSEC 60000

static long usec_of(struct timespec t)
{
	return (long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static long now_usec(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) < 0)
		return -1;
	return usec_of(t);
}

/* The socket that READY=1 is to come to; where it is goes into the environment. */
static int listen_for_ready(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sa_family_t);
	char name[32];
	int fd;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* An address of no more than the family lets the kernel choose one that is free. */
	if (bind(fd, (struct sockaddr *)&address, len) < 0)
		goto fail;
	len = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		goto fail;
	snprintf(name, sizeof(name), "@%.*s", (int)(len - sizeof(sa_family_t)) - 1,
		 address.sun_path + 1);
	if (setenv("NOTIFY_SOCKET", name, 1) < 0)
		goto fail;
	return fd;
fail:
	close(fd);
	return -1;
}

/* Return: 0 when it is ready; -1 when it says so never. */
static int wait_for_ready(int fd)
{
	long until = now_usec(CLOCK_MONOTONIC) + READY_LIMIT_MSEC * 1000L;
	char message[4096];

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		long left = (until - now_usec(CLOCK_MONOTONIC)) / 1000;
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return -1;
		n = recv(fd, message, sizeof(message) - 1, 0);
		if (n < 0)
			return -1;
		message[n] = '\0';
		for (char *line = strtok(message, "\n"); line; line = strtok(NULL, "\n"))
			if (strcmp(line, "READY=1") == 0)
				return 0;
	}
}

int main(int argc, char **argv)
{
	int ready = argc > 1 && strcmp(argv[1], "--ready") == 0;
	long begin, wall = 0, processor = 0;
	int status, fd = -1, missed = 0;
	struct rusage usage;
	clockid_t clock;
	pid_t pid;

	if (argc < 2 + ready)
		return 2;
	if (ready) {
		fd = listen_for_ready();
		if (fd < 0) {
			perror("measure");
			return 1;
		}
	}

	begin = now_usec(CLOCK_MONOTONIC);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDOUT_FILENO);
		execvp(argv[1 + ready], argv + 1 + ready);
		_exit(127);
	}
	if (pid < 0)
		return 1;
	if (ready) {
		missed = wait_for_ready(fd);
		wall = now_usec(CLOCK_MONOTONIC) - begin;
		if (clock_getcpuclockid(pid, &clock) == 0)
			processor = now_usec(clock);
		kill(pid, SIGTERM);
	}
	if (wait4(pid, &status, 0, &usage) != pid)
		return 1;
	if (!ready) {
		wall = now_usec(CLOCK_MONOTONIC) - begin;
		processor = (long)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec +
			    (long)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec;
	}
	status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	printf("%ld %ld %ld %d\n", wall, processor, usage.ru_maxrss, missed ? -1 : status);
	return 0;
}
