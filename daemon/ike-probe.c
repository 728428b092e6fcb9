/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike-probe.h"

#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ip-socket.h"

#define IKE_PORT 500
#define TRIES    2U
/* Another group, a cookie, and once more: a peer that wants more than that plays games. */
#define MAX_TURNS 4

/* Waits for an answer; what is none is passed over. */
static int wait_answer(int fd, const struct ike_question *q, uint64_t until, struct ike_answer *ret)
{
	uint8_t bytes[4096];

	ret->kind = IKE_ANSWER_NONE;
	for (;;) {
		ssize_t n;
		int r;

		if (ip_socket_now_usec() >= until)
			return 0;
		r = ip_socket_wait(fd, until);
		if (r < 0)
			return r;
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
		r = wait_answer(fd, q, ip_socket_now_usec() + limit_usec / TRIES, ret);
	}
	return r;
}

int ike_probe(const struct facts_ip *from, const struct facts_ip *to, int version,
	      uint64_t limit_usec, struct ike_answer *ret)
{
	struct ike_question q = { .version = version, .group = IKE_GROUP_FIRST };
	struct ike_answer answer = { .kind = IKE_ANSWER_NONE }, best = answer;
	int fd, r;

	if (getrandom(q.random, sizeof(q.random), 0) != sizeof(q.random) ||
	    getrandom(q.spi, sizeof(q.spi), 0) != sizeof(q.spi))
		return -EIO;
	fd = ip_socket_open(from, to, SOCK_DGRAM, true);
	if (fd < 0)
		return fd;
	r = ip_socket_connect(fd, to, IKE_PORT);
	if (r < 0) {
		close(fd);
		return r;
	}
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
