/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe.h"

#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/icmp.h>

#include "probe-opener.h"

/* What a request carries, besides its header: something that nobody else's has. */
#define COOKIE_SIZE 16

/* Echo has the same header in both families: type, code, checksum, identifier, number. */
struct echo {
	uint8_t type;
	uint8_t code;
	uint16_t checksum;
	uint16_t id;
	uint16_t seq;
	uint8_t cookie[COOKIE_SIZE];
};

/* A bit for each of the 65,536 numbers. */
struct numbers {
	uint8_t bits[65536 / 8];
};

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct probe {
	int fd;
	int opener; /* a connection to who opens the socket; -1: none, or it has answered */
	int error;  /* what came of that */
	bool raw;
	union address to;
	socklen_t to_len;
	uint16_t id; /* of a raw socket; the kernel sets a ping socket's */
	uint8_t cookie[COOKIE_SIZE];
	struct numbers sent;     /* and not answered */
	struct numbers answered; /* since the beginning */
};

static bool has(const struct numbers *n, uint16_t i)
{
	return n->bits[i / 8] & (1U << (i % 8));
}

static void add(struct numbers *n, uint16_t i)
{
	n->bits[i / 8] |= (uint8_t)(1U << (i % 8));
}

/* RFC 1071 */
static uint16_t checksum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2) {
		uint16_t word;

		memcpy(&word, p + i, sizeof(word));
		sum += word;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static int set_address(const struct facts_ip *ip, const char *device, struct probe *p)
{
	switch (ip->family) {
	case AF_INET:
		p->to.in.sin_family = AF_INET;
		memcpy(&p->to.in.sin_addr, ip->bytes, 4);
		p->to_len = sizeof(p->to.in);
		return 0;
	case AF_INET6:
		p->to.in6.sin6_family = AF_INET6;
		memcpy(&p->to.in6.sin6_addr, ip->bytes, 16);
		if (IN6_IS_ADDR_LINKLOCAL(&p->to.in6.sin6_addr))
			p->to.in6.sin6_scope_id = device ? if_nametoindex(device) : 0;
		p->to_len = sizeof(p->to.in6);
		return 0;
	default:
		return -EAFNOSUPPORT;
	}
}

/* Return: 0, and whether the socket in p->fd is a raw one is known; a negative errno */
static int look_at_socket(struct probe *p)
{
	socklen_t len = sizeof(int);
	int type;

	if (getsockopt(p->fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return -errno;
	p->raw = type == SOCK_RAW;
	return 0;
}

/* Return: 0; -EIO when the kernel has no random bytes */
static int set_cookie(struct probe *p)
{
	if (getrandom(p->cookie, sizeof(p->cookie), 0) != sizeof(p->cookie) ||
	    getrandom(&p->id, sizeof(p->id), 0) != sizeof(p->id))
		return -EIO;
	return 0;
}

static int probe_new(const struct facts_ip *address, const char *device, struct probe **ret)
{
	_cleanup_(probe_closep) struct probe *p = NULL;
	int r;

	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->fd = p->opener = -1;
	r = set_address(address, device, p);
	if (r < 0)
		return r;
	r = set_cookie(p);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(p);
	return 0;
}

int probe_open(const struct facts_ip *address, const char *device, struct probe **ret)
{
	_cleanup_(probe_closep) struct probe *p = NULL;
	int r;

	r = probe_new(address, device, &p);
	if (r < 0)
		return r;
	p->fd = probe_socket(p->to.any.sa_family);
	if (p->fd < 0)
		return p->fd;
	r = look_at_socket(p);
	if (r < 0)
		return r;
	if (device && setsockopt(p->fd, SOL_SOCKET, SO_BINDTODEVICE, device,
				 (socklen_t)strlen(device) + 1) < 0)
		return -errno;

	*ret = TAKE_PTR(p);
	return 0;
}

int probe_ask(const char *opener, const struct facts_ip *address, struct probe **ret)
{
	_cleanup_(probe_closep) struct probe *p = NULL;
	int r;

	r = probe_new(address, NULL, &p);
	if (r < 0)
		return r;
	p->opener = probe_opener_ask(opener, p->to.any.sa_family);
	if (p->opener < 0)
		return p->opener;

	*ret = TAKE_PTR(p);
	return 0;
}

int probe_ready(struct probe *p)
{
	int r;

	if (p->fd >= 0)
		return 1;
	if (p->error < 0)
		return p->error;
	r = probe_opener_take(p->opener, p->to.any.sa_family, &p->fd);
	if (r == -EAGAIN)
		return 0;
	if (r >= 0)
		r = look_at_socket(p);
	p->error = r;
	close(p->opener);
	p->opener = -1;
	return r < 0 ? r : 1;
}

struct probe *probe_close(struct probe *p)
{
	if (!p)
		return NULL;
	if (p->fd >= 0)
		close(p->fd);
	if (p->opener >= 0)
		close(p->opener);
	free(p);
	return NULL;
}

int probe_fd(const struct probe *p)
{
	return p->fd;
}

/* Sends an echo request that begins with the cookie, and is filled up with zeros. */
static int send_echo(struct probe *p, uint16_t seq, uint8_t *bytes, size_t len)
{
	bool four = p->to.any.sa_family == AF_INET;
	struct echo e = {
		.type = four ? ICMP_ECHO : ICMP6_ECHO_REQUEST,
		.id = p->id,
		.seq = htons(seq),
	};
	ssize_t n;

	memcpy(e.cookie, p->cookie, sizeof(e.cookie));
	memcpy(bytes, &e, sizeof(e));
	/* The kernel does so itself for ping sockets, and for ICMPv6. The zeros count nothing. */
	if (four) {
		e.checksum = checksum(&e, sizeof(e));
		memcpy(bytes, &e, sizeof(e));
	}

	n = sendto(p->fd, bytes, len, MSG_NOSIGNAL, &p->to.any, p->to_len);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;

	add(&p->sent, seq);
	return 0;
}

int probe_send(struct probe *p, uint16_t seq)
{
	uint8_t bytes[sizeof(struct echo)];

	return send_echo(p, seq, bytes, sizeof(bytes));
}

int probe_set_path(struct probe *p, const struct facts_ip *source)
{
	int four = IP_PMTUDISC_PROBE, six = IPV6_PMTUDISC_PROBE, r;
	union address from = { .any = { .sa_family = p->to.any.sa_family } };

	if (p->to.any.sa_family == AF_INET)
		r = setsockopt(p->fd, IPPROTO_IP, IP_MTU_DISCOVER, &four, sizeof(four));
	else
		r = setsockopt(p->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &six, sizeof(six));
	if (r < 0)
		return -errno;
	if (source->family == 0)
		return 0;
	if (source->family != p->to.any.sa_family)
		return -EAFNOSUPPORT;
	if (source->family == AF_INET)
		memcpy(&from.in.sin_addr, source->bytes, 4);
	else
		memcpy(&from.in6.sin6_addr, source->bytes, 16);
	return bind(p->fd, &from.any, p->to_len) < 0 ? -errno : 0;
}

int probe_send_sized(struct probe *p, uint16_t seq, unsigned int length)
{
	size_t ip = p->to.any.sa_family == AF_INET ? 20 : 40;
	_cleanup_free_ uint8_t *bytes = NULL;

	if (length < ip + sizeof(struct echo) || length > UINT16_MAX)
		return -EINVAL;
	bytes = calloc(1, length - ip);
	return bytes ? send_echo(p, seq, bytes, length - ip) : -ENOMEM;
}

bool probe_answered(const struct probe *p, uint16_t seq)
{
	return has(&p->answered, seq);
}

/* Where the echo begins in what was read: only raw IPv4 sockets give the IP header as well. */
static const struct echo *find_echo(const struct probe *p, const uint8_t *bytes, size_t len,
				    struct echo *ret)
{
	size_t skip = 0;

	if (p->raw && p->to.any.sa_family == AF_INET) {
		if (len < sizeof(struct iphdr))
			return NULL;
		skip = (size_t)(bytes[0] & 0xf) * 4;
	}
	if (len < skip || len - skip < sizeof(*ret))
		return NULL;
	memcpy(ret, bytes + skip, sizeof(*ret));
	return ret;
}

static bool same_host(const union address *a, const union address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
}

/* True for the first reply to a request of this probe. */
static bool is_reply(struct probe *p, const union address *from, const uint8_t *bytes, size_t len)
{
	bool four = p->to.any.sa_family == AF_INET;
	struct echo e;
	uint16_t seq;

	if (!same_host(from, &p->to) || !find_echo(p, bytes, len, &e))
		return false;
	if (e.type != (four ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) || e.code != 0)
		return false;
	if (p->raw && e.id != p->id)
		return false;
	if (memcmp(e.cookie, p->cookie, sizeof(e.cookie)) != 0)
		return false;

	seq = ntohs(e.seq);
	if (!has(&p->sent, seq) || has(&p->answered, seq))
		return false;
	add(&p->answered, seq);
	return true;
}

int probe_read(struct probe *p)
{
	uint8_t bytes[1500];
	int count = 0;

	/* Bounded, should somebody send faster than this reads. */
	for (unsigned int i = 0; i < UINT16_MAX; i++) {
		union address from = { 0 };
		socklen_t from_len = sizeof(from);
		ssize_t n;

		n = recvfrom(p->fd, bytes, sizeof(bytes), 0, &from.any, &from_len);
		if (n >= 0)
			count += is_reply(p, &from, bytes, (size_t)n);
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			return -errno;
	}
	return count;
}

int probe_renew(struct probe *p)
{
	int r;

	if (p->fd < 0)
		return -ENOTCONN;
	p->sent = p->answered = (struct numbers){ 0 };
	r = set_cookie(p);
	if (r < 0)
		return r;
	/* What came too late would be in the way of what is to come. */
	r = probe_read(p);
	return r < 0 ? r : 0;
}
