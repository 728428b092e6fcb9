/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netlink.h"

#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/*
 * The kernel makes the parts of a dump as large as the largest read so far, up to 32 kB
 * (netlink_recvmsg(), netlink_dump()), so this is the size to begin with.
 */
#define BUFFER_SIZE 32768

/* More than any message has: a device with all its virtual functions is far below. */
#define BUFFER_SIZE_MAX (4 * 1024 * 1024)

struct netlink {
	int fd;
	uint32_t port; /* our own address */
	uint32_t seq;
	char *buffer;
	size_t size;
	size_t used;                 /* bytes of the datagram in the buffer */
	const struct nlmsghdr *next; /* of a watch: the next message in the buffer */
	int rest;                    /* bytes from there on */
};

static void forget(struct netlink *nl)
{
	if (nl->used > 0)
		explicit_bzero(nl->buffer, nl->used);
	nl->used = 0;
	nl->next = NULL;
	nl->rest = 0;
}

struct netlink *netlink_close(struct netlink *nl)
{
	if (!nl)
		return NULL;
	forget(nl);
	if (nl->fd >= 0)
		close(nl->fd);
	free(nl->buffer);
	free(nl);
	return NULL;
}

static int open_socket(int protocol, int type, struct netlink **ret)
{
	_cleanup_(netlink_closep) struct netlink *nl = NULL;
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(address);

	nl = calloc(1, sizeof(*nl));
	if (!nl)
		return -ENOMEM;
	nl->fd = -1;
	nl->size = BUFFER_SIZE;
	nl->buffer = malloc(nl->size);
	if (!nl->buffer)
		return -ENOMEM;

	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | type, protocol);
	if (nl->fd < 0)
		return -errno;
	if (bind(nl->fd, (struct sockaddr *)&address, len) < 0 ||
	    getsockname(nl->fd, (struct sockaddr *)&address, &len) < 0)
		return -errno;
	nl->port = address.nl_pid;

	*ret = TAKE_PTR(nl);
	return 0;
}

int netlink_open(int protocol, struct netlink **ret)
{
	_cleanup_(netlink_closep) struct netlink *nl = NULL;
	int on = 1, r;

	r = open_socket(protocol, 0, &nl);
	if (r < 0)
		return r;

	/* Saves the kernel sending back a request that it refuses, keys and all; no harm without.
	 */
	(void)setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));

	*ret = TAKE_PTR(nl);
	return 0;
}

int netlink_watch(int protocol, const unsigned int *groups, int receive_buffer,
		  struct netlink **ret)
{
	_cleanup_(netlink_closep) struct netlink *nl = NULL;
	int r;

	r = open_socket(protocol, SOCK_NONBLOCK, &nl);
	if (r < 0)
		return r;

	if (setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer,
		       sizeof(receive_buffer)) < 0 &&
	    setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer)) < 0)
		return -errno;

	for (; *groups != 0; groups++)
		if (setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, groups,
			       sizeof(*groups)) < 0)
			return -errno;

	*ret = TAKE_PTR(nl);
	return 0;
}

int netlink_attach_filter(struct netlink *nl, const struct sock_filter *program, unsigned short n)
{
	const struct sock_fprog filter = { .len = n, .filter = (struct sock_filter *)program };

	if (setsockopt(nl->fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0)
		return -errno;
	return 0;
}

int netlink_fd(const struct netlink *nl)
{
	return nl->fd;
}

static int64_t now_msec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Return: 0 once there is something to read; -ETIMEDOUT */
static int wait_readable(const struct netlink *nl, int64_t deadline)
{
	struct pollfd p = { .fd = nl->fd, .events = POLLIN };

	for (;;) {
		int64_t left = deadline - now_msec();
		int r;

		if (left <= 0)
			return -ETIMEDOUT;
		r = poll(&p, 1, (int)left);
		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return -errno;
	}
}

static ssize_t receive_once(struct netlink *nl, void *buffer, size_t size, int flags,
			    struct sockaddr_nl *ret_from)
{
	struct iovec iov = { .iov_base = buffer, .iov_len = size };
	struct msghdr m = {
		.msg_name = ret_from,
		.msg_namelen = sizeof(*ret_from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	ssize_t n;

	do {
		n = recvmsg(nl->fd, &m, flags | MSG_TRUNC | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);

	return n < 0 ? -errno : n;
}

static int make_room(struct netlink *nl, size_t size)
{
	char *buffer;

	if (size <= nl->size)
		return 0;
	if (size > BUFFER_SIZE_MAX)
		return -EMSGSIZE;

	buffer = malloc(size);
	if (!buffer)
		return -ENOMEM;
	free(nl->buffer); /* forgotten already */
	nl->buffer = buffer;
	nl->size = size;
	return 0;
}

/*
 * Takes one datagram into the buffer.
 *
 * Return: 1; 0 for one that is not from the kernel (another process with CAP_NET_ADMIN may send to
 * our address), which is thrown away; -EAGAIN when there is none; another negative errno.
 */
static int receive(struct netlink *nl)
{
	struct sockaddr_nl from = { 0 };
	ssize_t n;
	int r;

	forget(nl);

	n = receive_once(nl, NULL, 0, MSG_PEEK, &from);
	if (n >= 0) {
		r = make_room(nl, (size_t)n);
		if (r < 0) { /* or a watch would stumble over it for ever */
			(void)receive_once(nl, NULL, 0, 0, &from);
			return r;
		}
		n = receive_once(nl, nl->buffer, nl->size, 0, &from);
	}
	if (n < 0)
		return (int)n;

	nl->used = (size_t)n < nl->size ? (size_t)n : nl->size;
	if (from.nl_pid != 0) {
		forget(nl);
		return 0;
	}
	if ((size_t)n > nl->size)
		return -EMSGSIZE;
	return 1;
}

/* The state of an answer that comes in. */
struct answer {
	bool dump;
	bool done;
	bool disturbed;
};

/* The error in an NLMSG_ERROR, or in the NLMSG_DONE of a dump (since Linux 4.14). */
static int reported(const struct nlmsghdr *h, bool dump)
{
	int error;

	if (h->nlmsg_len < NLMSG_HDRLEN + sizeof(error))
		return dump ? 0 : -EBADMSG;
	memcpy(&error, NLMSG_DATA(h), sizeof(error));
	return error < 0 ? error : 0;
}

static int take_one(struct answer *a, const struct nlmsghdr *h, netlink_each_t each, void *userdata)
{
	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		a->disturbed = true;

	switch (h->nlmsg_type) {
	case NLMSG_NOOP:
		return 0;
	case NLMSG_ERROR:
		a->done = true;
		return reported(h, false);
	case NLMSG_DONE:
		a->done = true;
		return reported(h, true);
	default:
		/* What a disturbed dump says is of no use any more. */
		return each && !a->disturbed ? each(h, userdata) : 0;
	}
}

static int take_answer(struct netlink *nl, struct answer *a, int64_t deadline, netlink_each_t each,
		       void *userdata)
{
	int r;

	while (!a->done) {
		const struct nlmsghdr *h;
		int rest;

		r = wait_readable(nl, deadline);
		if (r < 0)
			return r;
		r = receive(nl);
		if (r == 0 || r == -EAGAIN)
			continue;
		if (r < 0)
			return r;

		h = (const struct nlmsghdr *)(const void *)nl->buffer;
		rest = (int)nl->used;
		for (; nlmsg_ok(h, rest) && !a->done; h = nlmsg_next((struct nlmsghdr *)h, &rest)) {
			if (h->nlmsg_seq != nl->seq || h->nlmsg_pid != nl->port)
				continue; /* the rest of an earlier answer */
			r = take_one(a, h, each, userdata);
			if (r < 0)
				return r;
		}
		if (!a->done && rest > 0)
			return -EBADMSG;
	}
	return 0;
}

/* Sends the request and takes the whole answer; the buffer is clean afterwards. */
static int transact(struct netlink *nl, struct nl_msg *m, struct answer *a, int64_t deadline,
		    netlink_each_t each, void *userdata)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr *h = nlmsg_hdr(m);
	ssize_t n;
	int r;

	h->nlmsg_flags |= NLM_F_REQUEST | (a->dump ? NLM_F_DUMP : NLM_F_ACK);
	h->nlmsg_seq = ++nl->seq;
	h->nlmsg_pid = nl->port;

	do {
		n = sendto(nl->fd, h, h->nlmsg_len, 0, (const struct sockaddr *)&kernel,
			   sizeof(kernel));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;

	r = take_answer(nl, a, deadline, each, userdata);
	forget(nl);
	return r;
}

int netlink_request(struct netlink *nl, struct nl_msg *m, netlink_each_t each, void *userdata)
{
	struct answer a = { 0 };

	return transact(nl, m, &a, now_msec() + NETLINK_TIMEOUT_MSEC, each, userdata);
}

int netlink_dump(struct netlink *nl, struct nl_msg *m, netlink_each_t each,
		 void (*restart)(void *userdata), void *userdata)
{
	int64_t deadline = now_msec() + NETLINK_TIMEOUT_MSEC;

	for (unsigned int i = 0; i < NETLINK_DUMP_TRIES; i++) {
		struct answer a = { .dump = true };
		int r;

		restart(userdata);
		r = transact(nl, m, &a, deadline, each, userdata);
		if (r < 0)
			return r;
		if (!a.disturbed)
			return 0;
	}
	return -EAGAIN;
}

/* Goes to the next message of the datagram, wiping the one behind. */
static void step(struct netlink *nl)
{
	struct nlmsghdr *h = (struct nlmsghdr *)nl->next;
	size_t len = h->nlmsg_len;

	nl->next = nlmsg_next(h, &nl->rest);
	explicit_bzero(h, len);
}

int netlink_next(struct netlink *nl, netlink_each_t take, void *userdata)
{
	int r;

	for (;;) {
		if (!nl->next) {
			r = receive(nl);
			if (r == -EAGAIN)
				return 0;
			if (r < 0)
				return r;
			if (r == 0)
				continue;
			nl->next = (const struct nlmsghdr *)(const void *)nl->buffer;
			nl->rest = (int)nl->used;
		}

		if (!nlmsg_ok(nl->next, nl->rest)) {
			bool cut = nl->rest > 0;

			forget(nl);
			if (cut)
				return -EBADMSG;
			continue;
		}

		r = take(nl->next, userdata);
		step(nl);
		if (r != -ENOMSG)
			return r < 0 ? r : 1;
	}
}
