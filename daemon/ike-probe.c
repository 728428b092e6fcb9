/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike-probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/xfrm.h>

#define IKE_PORT 500
#define TRIES    2U
/* Another group, a cookie, and once more: a peer that wants more than that plays games. */
#define MAX_TURNS 4

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static uint64_t now_usec(void)
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

/* As IKE daemons do for their own sockets: what the tunnel's policies say is not for these. */
static void bypass(int fd, int family)
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

static int open_socket(const struct facts_ip *from, const struct facts_ip *to)
{
	union address a;
	socklen_t len;
	int fd, r = 0;

	if (to->family != AF_INET && to->family != AF_INET6)
		return -EAFNOSUPPORT;
	fd = socket(to->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	bypass(fd, to->family);
	if (from->family == to->family) {
		len = fill(from, 0, &a);
		if (bind(fd, &a.any, len) < 0)
			r = -errno;
	}
	len = fill(to, IKE_PORT, &a);
	if (r == 0 && connect(fd, &a.any, len) < 0)
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

/* Waits for an answer; what is none is passed over. */
static int wait_answer(int fd, const struct ike_question *q, uint64_t until, struct ike_answer *ret)
{
	uint8_t bytes[4096];

	ret->kind = IKE_ANSWER_NONE;
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint64_t now = now_usec();
		ssize_t n;

		if (now >= until)
			return 0;
		if (poll(&p, 1, (int)((until - now) / 1000) + 1) < 0 && errno != EINTR)
			return -errno;
		n = recv(fd, bytes, sizeof(bytes), 0);
		/* An ICMP error is no answer either: somebody else may still give one. */
		if (n > 0)
			ike_answer_parse(q, bytes, (size_t)n, ret);
		if (ret->kind != IKE_ANSWER_NONE)
			return 0;
	}
}

static int ask(int fd, const struct ike_question *q, uint64_t limit_usec, struct ike_answer *ret)
{
	uint8_t bytes[IKE_MESSAGE_MAX];
	int len = ike_question_make(q, bytes), r = 0;

	if (len < 0)
		return len;
	ret->kind = IKE_ANSWER_NONE;
	for (unsigned int i = 0; r == 0 && i < TRIES && ret->kind == IKE_ANSWER_NONE; i++) {
		/* A refusal of the port comes back as an error of the next call. */
		if (send(fd, bytes, (size_t)len, MSG_NOSIGNAL) < 0 && errno != ECONNREFUSED &&
		    errno != EAGAIN)
			return -errno;
		r = wait_answer(fd, q, now_usec() + limit_usec / TRIES, ret);
	}
	return r;
}

int ike_probe(const struct facts_ip *from, const struct facts_ip *to, int version,
	      uint64_t limit_usec, struct ike_answer *ret)
{
	struct ike_question q = { .version = version, .group = IKE_GROUP_FIRST };
	struct ike_answer answer = { .kind = IKE_ANSWER_NONE }, best = answer;
	int fd, r = 0;

	if (getrandom(q.random, sizeof(q.random), 0) != sizeof(q.random) ||
	    getrandom(q.spi, sizeof(q.spi), 0) != sizeof(q.spi))
		return -EIO;
	fd = open_socket(from, to);
	if (fd < 0)
		return fd;
	for (int i = 0; i < MAX_TURNS; i++) {
		r = ask(fd, &q, limit_usec, &answer);
		if (r < 0 || answer.kind == IKE_ANSWER_NONE)
			break;
		best = answer;
		if (answer.kind == IKE_ANSWER_OTHER_GROUP)
			q.group = answer.group;
		else if (answer.kind == IKE_ANSWER_COOKIE) {
			memcpy(q.cookie, answer.cookie, answer.cookie_len);
			q.cookie_len = answer.cookie_len;
		} else {
			break;
		}
	}
	close(fd);
	/* A group that we have no value for, or silence after an answer: that one stands. */
	if (r < 0 && best.kind == IKE_ANSWER_NONE)
		return r;
	*ret = best;
	return 0;
}
