/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe-opener.h"

#include <fcntl.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/icmp.h>

static int protocol_of(int family)
{
	return family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
}

/* A raw socket sees everybody's messages: replies suffice. */
static int filter_raw(int fd, int family)
{
	struct icmp_filter four = { .data = ~(1U << ICMP_ECHOREPLY) };
	struct icmp6_filter six;
	int r;

	if (family == AF_INET) {
		r = setsockopt(fd, SOL_RAW, ICMP_FILTER, &four, sizeof(four));
	} else {
		ICMP6_FILTER_SETBLOCKALL(&six);
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &six);
		r = setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &six, sizeof(six));
	}
	return r < 0 ? -errno : 0;
}

int probe_socket(int family)
{
	int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
	int fd, r;

	if (family != AF_INET && family != AF_INET6)
		return -EAFNOSUPPORT;
	fd = socket(family, SOCK_DGRAM | flags, protocol_of(family));
	if (fd >= 0)
		return fd;

	fd = socket(family, SOCK_RAW | flags, protocol_of(family));
	if (fd < 0)
		return -errno;
	r = filter_raw(fd, family);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

/* ---- messages ---- */

/* Room for one file descriptor beside a message, aligned as the kernel wants it. */
union rights {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static int send_answer(int connection, int answer, int fd)
{
	union rights rights = { .bytes = { 0 } };
	struct iovec iov = { .iov_base = &answer, .iov_len = sizeof(answer) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd >= 0) {
		m.msg_control = rights.bytes;
		m.msg_controllen = sizeof(rights.bytes);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(connection, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* A proof that began anew has no use for the socket any more, nor has one that stands already. */
static bool has_hung_up(int error)
{
	return error == -EPIPE || error == -ECONNRESET;
}

int probe_opener_answer(int connection)
{
	char family = 0;
	ssize_t n;
	int fd, r;

	do
		n = recv(connection, &family, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return has_hung_up(-errno) ? 0 : -errno;
	if (n == 0)
		return 0;
	if (family != PROBE_OPENER_FOUR && family != PROBE_OPENER_SIX)
		return -EBADMSG;

	fd = probe_socket(family == PROBE_OPENER_FOUR ? AF_INET : AF_INET6);
	r = send_answer(connection, fd < 0 ? fd : 0, fd);
	if (fd >= 0)
		close(fd);
	return has_hung_up(r) ? 0 : r;
}

int probe_opener_ask(const char *path, int family)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char request = family == AF_INET ? PROBE_OPENER_FOUR : PROBE_OPENER_SIX;
	int fd, r;

	if (family != AF_INET && family != AF_INET6)
		return -EAFNOSUPPORT;
	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0 ||
	    send(fd, &request, 1, MSG_NOSIGNAL) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

/* Return: 1 when the socket has that for the option; 0; a negative errno */
static int socket_has(int fd, int option, int wanted)
{
	socklen_t len = sizeof(int);
	int value = 0;

	if (getsockopt(fd, SOL_SOCKET, option, &value, &len) < 0)
		return -errno;
	return value == wanted;
}

/* Doubted: what came may be any file. */
static int check_socket(int fd, int family)
{
	int flags;

	if (socket_has(fd, SO_DOMAIN, family) <= 0 ||
	    socket_has(fd, SO_PROTOCOL, protocol_of(family)) <= 0)
		return -EBADMSG;
	flags = fcntl(fd, F_GETFL);
	return flags < 0 || !(flags & O_NONBLOCK) ? -EBADMSG : 0;
}

int probe_opener_take(int connection, int family, int *ret)
{
	union rights rights = { .bytes = { 0 } };
	int answer = 0, fd = -1, r;
	struct iovec iov = { .iov_base = &answer, .iov_len = sizeof(answer) };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = rights.bytes,
		.msg_controllen = sizeof(rights.bytes),
	};
	struct cmsghdr *c;
	ssize_t n;

	n = recvmsg(connection, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));

	if (n != sizeof(answer) || (answer == 0) != (fd >= 0) || answer > 0)
		r = -EBADMSG;
	else
		r = answer < 0 ? answer : check_socket(fd, family);
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		return r;
	}
	*ret = fd;
	return 0;
}
