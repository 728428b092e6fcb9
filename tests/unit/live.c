/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool put(const char *path, const char *text)
{
	size_t len = strlen(text);
	ssize_t n;
	int fd;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = write(fd, text, len);
	close(fd);
	return n == (ssize_t)len;
}

/* Without the map, a program that is started loses the capabilities of the new namespace. */
static bool become_root(uid_t uid, gid_t gid)
{
	char map[64];

	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)uid);
	if (!put("/proc/self/setgroups", "deny") || !put("/proc/self/uid_map", map))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)gid);
	return put("/proc/self/gid_map", map);
}

bool live_enter(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int flags = CLONE_NEWNET | (uid == 0 ? 0 : CLONE_NEWUSER);

	if (unshare(flags) < 0) {
		fprintf(stderr, "no network namespace to be had: %s\n", strerror(errno));
		return false;
	}
	if (uid != 0 && !become_root(uid, gid)) {
		fprintf(stderr, "no user namespace to be had: %s\n", strerror(errno));
		return false;
	}
	if (!live_run("ip link set lo up")) {
		fprintf(stderr, "the ip command does not work here\n");
		return false;
	}
	return true;
}

void live_must_enter(void)
{
	ck_assert(live_enter());
}

bool live_run(const char *command)
{
	return system(command) == 0;
}

void live_must(const char *command)
{
	ck_assert_msg(live_run(command), "failed: %s", command);
}

bool live_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 1000) > 0;
}

bool live_quiet(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	/* Netlink delivers before the call that changed something returns. */
	return poll(&p, 1, 50) == 0;
}
