/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal-socket.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base.h"

/* Not longer than that: a signal would begin the wait anew. */
static int poll_undisturbed(struct pollfd *p, int timeout_msec)
{
	struct timespec timeout = {
		.tv_sec = timeout_msec / 1000,
		.tv_nsec = timeout_msec % 1000 * 1000000L,
	};
	sigset_t all;

	sigfillset(&all);
	return ppoll(p, 1, &timeout, &all);
}

bool journal_socket_takes(const char *path, int timeout_msec)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct pollfd p = { .events = POLLOUT };
	bool takes = true;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return true;
	strcpy(address.sun_path, path);

	/*
	 * A socket that is connected to another one becomes writable once the other one's queue has
	 * room, unix_dgram_poll() in the kernel. It is made each time, for journald's may be
	 * another one.
	 */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return true;
	p.fd = fd;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		takes = poll_undisturbed(&p, timeout_msec) != 0;
	close(fd);
	return takes;
}
