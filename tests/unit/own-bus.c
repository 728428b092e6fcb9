/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "own-bus.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[32];
static char address[128];
static pid_t broker;

sd_bus *own_bus_connect(void)
{
	sd_bus *b = NULL;

	if (sd_bus_new(&b) < 0 || sd_bus_set_address(b, address) < 0 ||
	    sd_bus_set_bus_client(b, true) < 0 || sd_bus_start(b) < 0)
		return NULL;
	return b;
}

/* A child that dies with the test; @ret_ready is the end of a pipe: it writes when it is ready. */
static pid_t fork_child(int *ret_ready)
{
	int fds[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		*ret_ready = fds[1];
		return 0;
	}
	close(fds[1]);
	*ret_ready = fds[0];
	return pid;
}

void own_bus_start(void)
{
	static const char config[] = "<busconfig><type>session</type><listen>%s</listen>"
				     "<policy context=\"default\"><allow send_destination=\"*\"/>"
				     "<allow receive_sender=\"*\"/><allow own=\"*\"/></policy>"
				     /* As on the system's bus. */
				     "<limit name=\"max_replies_per_connection\">128</limit>"
				     "</busconfig>";
	char file[64], ready[16];
	struct pollfd p;
	FILE *f;
	int fd;

	snprintf(directory, sizeof(directory), "/tmp/own-bus-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(address, sizeof(address), "unix:path=%s/bus", directory);
	snprintf(file, sizeof(file), "%s/config", directory);
	f = fopen(file, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, config, address);
	fclose(f);

	broker = fork_child(&fd);
	if (broker == 0) {
		char option[96], number[32];

		snprintf(option, sizeof(option), "--config-file=%s", file);
		snprintf(number, sizeof(number), "--print-pid=%d", dup(fd));
		/* It complains about limits that it does not need here. */
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
		execlp("dbus-daemon", "dbus-daemon", "--nofork", "--nosyslog", option, number,
		       NULL);
		_exit(127);
	}
	p = (struct pollfd){ .fd = fd, .events = POLLIN };
	ck_assert_int_eq(poll(&p, 1, 20000), 1);
	ck_assert_int_gt(read(fd, ready, sizeof(ready)), 0);
	close(fd);
}

static void serve(sd_bus *b)
{
	for (;;) {
		int r = sd_bus_process(b, NULL);

		if (r < 0)
			_exit(0);
		if (r == 0)
			sd_bus_wait(b, UINT64_MAX);
	}
}

pid_t own_bus_play(int (*prepare)(sd_bus *b, const void *play), const void *play)
{
	char byte;
	pid_t pid;
	int fd;

	pid = fork_child(&fd);
	if (pid == 0) {
		sd_bus *b = own_bus_connect();

		if (!b || prepare(b, play) < 0 || write(fd, "", 1) != 1)
			_exit(1);
		serve(b);
	}
	ck_assert_int_eq(read(fd, &byte, 1), 1);
	close(fd);
	return pid;
}

void own_bus_end(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	waitpid(*pid, NULL, 0);
	*pid = 0;
}

void own_bus_stop(void)
{
	char path[64];

	own_bus_end(&broker);
	snprintf(path, sizeof(path), "%s/config", directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/bus", directory);
	unlink(path);
	rmdir(directory);
}
