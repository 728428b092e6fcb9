/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "path.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ip-socket.h"
#include "probe.h"

/* Any port: nothing is sent there, the kernel is only asked for the way. */
#define SOME_PORT 9

/* What every link carries (RFC 791, RFC 8200): below that nothing is looked for. */
#define SMALLEST_4 68U
#define SMALLEST_6 1280U
#define SMALL_PING 84U

#define ROUND_SIZES 24U /* lengths that are tried at a time */
#define COPIES      2U  /* a lost packet is no proof */

#define WAIT_FIRST_USEC UINT64_C(1000000)
#define WAIT_MIN_USEC   UINT64_C(300000)
#define WAIT_MAX_USEC   UINT64_C(1500000)

struct measuring {
	struct probe *probe;
	struct path *path;
	uint64_t deadline;
	uint64_t wait_usec;
	uint16_t seq; /* of the request sent last */
};

/* ---- what the kernel believes ---- */

static unsigned int mtu_of_device(const char *device)
{
	struct ifreq request = { 0 };
	unsigned int mtu = 0;
	int fd;

	if (!device || strlen(device) >= sizeof(request.ifr_name))
		return 0;
	memcpy(request.ifr_name, device, strlen(device));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	if (ioctl(fd, SIOCGIFMTU, &request) >= 0 && request.ifr_mtu > 0)
		mtu = (unsigned int)request.ifr_mtu;
	close(fd);
	return mtu;
}

/* IP_MTU of a connected socket: the route's, less what IPsec adds, and what ICMP has told. */
static int ask_kernel(const struct facts_ip *to, const struct facts_ip *from, unsigned int *ret)
{
	bool four = to->family == AF_INET;
	socklen_t size = sizeof(int);
	int fd, mtu = 0, r;

	fd = ip_socket_open(from, to, SOCK_DGRAM, false);
	if (fd < 0)
		return fd;
	r = ip_socket_connect(fd, to, SOME_PORT);
	if (r == 0 && getsockopt(fd, four ? IPPROTO_IP : IPPROTO_IPV6, four ? IP_MTU : IPV6_MTU,
				 &mtu, &size) < 0)
		r = -errno;
	close(fd);
	if (r < 0)
		return r;
	*ret = mtu > 0 ? (unsigned int)mtu : 0;
	return 0;
}

/* ---- rounds ---- */

static int wait_for_replies(struct measuring *m, unsigned int wanted)
{
	uint64_t until = ip_socket_now_usec() + m->wait_usec;
	unsigned int got = 0;

	if (until > m->deadline)
		until = m->deadline;
	for (;;) {
		int r;

		if (got >= wanted || ip_socket_now_usec() >= until)
			return 0;
		r = ip_socket_wait(probe_fd(m->probe), until);
		if (r < 0)
			return r;
		r = probe_read(m->probe);
		if (r < 0)
			return r;
		got += (unsigned int)r;
	}
}

/*
 * Sends a packet of each length, COPIES times, and waits. @ret_came: which came back.
 */
static int try_sizes(struct measuring *m, const unsigned int *sizes, size_t n, bool *ret_came)
{
	uint16_t first = (uint16_t)(m->seq + 1);
	unsigned int sent = 0;
	int r;

	if (ip_socket_now_usec() >= m->deadline)
		return -ETIMEDOUT;
	for (size_t i = 0; i < n * COPIES; i++) {
		r = probe_send_sized(m->probe, ++m->seq, sizes[i / COPIES]);
		if (r == 0)
			sent++;
		else if (r == -ENETUNREACH || r == -EHOSTUNREACH || r == -EPERM || r == -EACCES ||
			 r == -ENOMEM || r == -EINVAL)
			return r;
	}
	m->path->sent += sent;
	r = wait_for_replies(m, sent);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		ret_came[i] = false;
		for (uint16_t k = 0; k < COPIES; k++)
			if (probe_answered(m->probe, (uint16_t)(first + i * COPIES + k)))
				ret_came[i] = true;
	}
	return 0;
}

/* A small packet, for the time that it takes; it may need a moment while ARP finds the way. */
static int say_hello(struct measuring *m)
{
	unsigned int size = SMALL_PING;
	bool came = false;
	int r = 0;

	for (int i = 0; i < 3 && r == 0 && !came; i++) {
		uint64_t began = ip_socket_now_usec();

		r = try_sizes(m, &size, 1, &came);
		m->path->rtt_usec = (unsigned int)(ip_socket_now_usec() - began);
	}
	if (r < 0)
		return r;
	m->path->answered = came;
	if (!came)
		m->path->rtt_usec = 0;
	m->wait_usec = 4 * (uint64_t)m->path->rtt_usec;
	if (m->wait_usec < WAIT_MIN_USEC)
		m->wait_usec = WAIT_MIN_USEC;
	if (m->wait_usec > WAIT_MAX_USEC)
		m->wait_usec = WAIT_MAX_USEC;
	return 0;
}

/*
 * Narrows down: @passes is known to pass and @lost is not, and all lengths between them are tried,
 * evenly spread, until they are neighbours.
 */
static int narrow(struct measuring *m, unsigned int passes, unsigned int lost)
{
	while (lost - passes > 1) {
		unsigned int sizes[ROUND_SIZES], between = lost - passes - 1;
		size_t n = between < ROUND_SIZES ? between : ROUND_SIZES;
		bool came[ROUND_SIZES];
		int r;

		for (size_t i = 0; i < n; i++)
			sizes[i] = passes + (unsigned int)((i + 1) * (between + 1) / (n + 1));
		r = try_sizes(m, sizes, n, came);
		if (r < 0)
			return r;
		for (size_t i = 0; i < n; i++) {
			if (came[i])
				passes = sizes[i];
		}
		for (size_t i = n; i-- > 0;)
			if (!came[i] && sizes[i] > passes)
				lost = sizes[i];
	}
	m->path->largest = passes;
	m->path->smallest_lost = lost;
	return 0;
}

static int measure(struct measuring *m, int family)
{
	unsigned int smallest = family == AF_INET ? SMALLEST_4 : SMALLEST_6;
	unsigned int most = m->path->believed, size;
	bool came = false;
	int r;

	r = say_hello(m);
	if (r < 0 || !m->path->answered)
		return r;
	m->path->largest = SMALL_PING;
	if (most <= smallest || most <= SMALL_PING)
		return 0;
	size = most;
	for (int i = 0; i < 2 && !came; i++) {
		r = try_sizes(m, &size, 1, &came);
		if (r < 0)
			return r;
	}
	if (came) {
		m->path->largest = most;
		return 0;
	}
	return narrow(m, SMALL_PING, most);
}

int path_measure(const struct facts_ip *to, const struct facts_ip *from, const char *device,
		 uint64_t limit_usec, struct path *ret)
{
	_cleanup_(probe_closep) struct probe *probe = NULL;
	struct path path = { .device = mtu_of_device(device) };
	struct measuring m = {
		.path = &path,
		.deadline = ip_socket_now_usec() + limit_usec,
		.wait_usec = WAIT_FIRST_USEC,
	};
	int r;

	if (to->family != AF_INET && to->family != AF_INET6)
		return -EAFNOSUPPORT;
	r = ask_kernel(to, from, &path.believed);
	if (r >= 0)
		r = probe_open(to, NULL, &probe);
	if (r >= 0)
		r = probe_set_path(probe, from);
	if (r >= 0) {
		m.probe = probe;
		r = measure(&m, to->family);
	}
	*ret = path;
	return r;
}
