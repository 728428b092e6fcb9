/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "knock.h"

#include <sys/socket.h>
#include <unistd.h>

#include "ip-socket.h"

/* Where traceroute(8) begins, for the same reason. */
#define PORT  33434
#define TRIES 2

/* Return: true when the packet was sent. */
static bool knock_udp(const struct facts_ip *to, const struct facts_ip *from, uint16_t port)
{
	int fd = ip_socket_open(from, to, SOCK_DGRAM, false);
	bool sent;

	if (fd < 0)
		return false;
	sent = ip_socket_connect(fd, to, port) == 0 && send(fd, "", 1, MSG_NOSIGNAL) == 1;
	close(fd);
	return sent;
}

int knock(const struct facts_ip *to, const struct facts_ip *from, uint64_t limit_usec)
{
	uint64_t until = ip_socket_now_usec() + limit_usec;
	int sent = 0, r, fd = ip_socket_open(from, to, SOCK_STREAM, false);

	if (fd < 0)
		return fd;
	for (uint16_t i = 0; i < TRIES; i++)
		sent += knock_udp(to, from, (uint16_t)(PORT + i));
	r = ip_socket_connect(fd, to, PORT);
	if (r == 0 || r == -EINPROGRESS)
		sent++;
	/* A refusal makes it readable. */
	r = ip_socket_wait(fd, until);
	close(fd);
	return r < 0 ? r : sent;
}
