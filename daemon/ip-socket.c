/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ip-socket.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/xfrm.h>

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

uint64_t ip_socket_now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static socklen_t fill(const struct facts_ip *ip, uint16_t port, union address *a)
{
	*a = (union address){ .any = { .sa_family = (sa_family_t)ip->family } };
	if (ip->family == AF_INET) {
		memcpy(&a->in.sin_addr, ip->bytes, 4);
		a->in.sin_port = htons(port);
		return sizeof(a->in);
	}
	memcpy(&a->in6.sin6_addr, ip->bytes, 16);
	a->in6.sin6_port = htons(port);
	return sizeof(a->in6);
}

static void pass_by_policies(int fd, int family)
{
	static const uint8_t directions[] = { XFRM_POLICY_IN, XFRM_POLICY_OUT };

	for (size_t i = 0; i < ARRAY_SIZE(directions); i++) {
		const struct xfrm_userpolicy_info policy = {
			.sel.family = (uint16_t)family,
			.dir = directions[i],
			.action = XFRM_POLICY_ALLOW,
		};

		(void)setsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
				 family == AF_INET ? IP_XFRM_POLICY : IPV6_XFRM_POLICY, &policy,
				 sizeof(policy));
	}
}

int ip_socket_open(const struct facts_ip *from, const struct facts_ip *to, int type, bool bypass)
{
	union address a;
	socklen_t len;
	int fd, r;

	if (to->family != AF_INET && to->family != AF_INET6)
		return -EAFNOSUPPORT;
	fd = socket(to->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (bypass)
		pass_by_policies(fd, to->family);
	if (from->family != to->family)
		return fd;
	len = fill(from, 0, &a);
	if (bind(fd, &a.any, len) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

int ip_socket_connect(int fd, const struct facts_ip *to, uint16_t port)
{
	union address a;
	socklen_t len = fill(to, port, &a);

	return connect(fd, &a.any, len) < 0 ? -errno : 0;
}

int ip_socket_wait(int fd, uint64_t until_usec)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t now = ip_socket_now_usec();

	if (now >= until_usec)
		return 0;
	return poll(&p, 1, (int)((until_usec - now) / 1000) + 1) < 0 && errno != EINTR ? -errno : 0;
}
