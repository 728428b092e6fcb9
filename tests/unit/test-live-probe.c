/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "live.h"

#include "probe-opener.h"
#include "probe.h"

static struct probe *open_probe(const char *address, const char *device)
{
	struct facts_ip ip;
	struct probe *p;

	ck_assert_int_eq(facts_ip_parse(address, &ip), 0);
	ck_assert_int_eq(probe_open(&ip, device, &p), 0);
	return p;
}

/* All replies up to a number, or to a second of silence. */
static int replies(struct probe *p, int wanted)
{
	int n = 0;

	while (n < wanted && live_readable(probe_fd(p))) {
		int r = probe_read(p);

		ck_assert_int_ge(r, 0);
		n += r;
	}
	return n;
}

/* Once by a ping socket, and once by a raw one. */
static const char *const ranges[] = { "0 2147483647", "1 0" };

static void allow(const char *range)
{
	char command[128];

	snprintf(command, sizeof(command), "echo %s >/proc/sys/net/ipv4/ping_group_range", range);
	live_must(command);
}

static void ping(const char *address)
{
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct probe *p;

		allow(ranges[i]);
		p = open_probe(address, NULL);
		ck_assert_int_eq(probe_read(p), 0);
		for (uint16_t seq = 1; seq <= 5; seq++)
			ck_assert_int_eq(probe_send(p, seq), 0);
		ck_assert_int_eq(replies(p, 5), 5);
		ck_assert_int_eq(probe_read(p), 0);
		p = probe_close(p);
	}
}

START_TEST(each_request_has_its_reply)
{
	ping("127.0.0.1");
}
END_TEST

START_TEST(each_request_has_its_reply_by_ipv6_as_well)
{
	ping("::1");
}
END_TEST

START_TEST(two_probes_count_their_own_replies_only)
{
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct probe *a, *b;

		allow(ranges[i]);
		a = open_probe("127.0.0.1", NULL);
		b = open_probe("127.0.0.1", NULL);
		for (uint16_t seq = 1; seq <= 3; seq++)
			ck_assert_int_eq(probe_send(a, seq), 0);
		ck_assert_int_eq(probe_send(b, 1), 0);
		ck_assert_int_eq(replies(a, 3), 3);
		ck_assert_int_eq(replies(b, 1), 1);
		ck_assert_int_eq(probe_read(a), 0);
		ck_assert_int_eq(probe_read(b), 0);
		a = probe_close(a);
		b = probe_close(b);
	}
}
END_TEST

START_TEST(a_reply_that_comes_twice_counts_once)
{
	allow(ranges[1]);
	struct probe *p = open_probe("127.0.0.1", NULL);

	/* The same number twice makes two replies of one number. */
	ck_assert_int_eq(probe_send(p, 9), 0);
	ck_assert_int_eq(probe_send(p, 9), 0);
	ck_assert_int_eq(replies(p, 2), 1);
	p = probe_close(p);
}
END_TEST

/* An echo as probe.c makes it. */
struct echo {
	struct icmphdr head;
	uint8_t cookie[16];
};

static uint16_t checksum(const struct echo *e)
{
	const uint16_t *p = (const uint16_t *)(const void *)e;
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(*e) / 2; i++)
		sum += p[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Sends a reply with something changed. */
static void forge(int fd, struct echo e)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};

	e.head.checksum = 0;
	e.head.checksum = checksum(&e);
	ck_assert_int_eq(sendto(fd, &e, sizeof(e), 0, (const struct sockaddr *)&to, sizeof(to)),
			 sizeof(e));
}

/*
 * A probe whose one request nobody answers but the test: what a reply to it would be, and a socket
 * to send replies by.
 */
static struct probe *open_unanswered(struct echo *ret_reply, int *ret_fd)
{
	struct {
		struct iphdr ip;
		struct echo echo;
	} seen;
	struct probe *p;
	int fd;

	live_must("echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all");
	allow(ranges[1]);
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	ck_assert_int_ge(fd, 0);
	p = open_probe("127.0.0.1", NULL);
	ck_assert_int_eq(probe_send(p, 7), 0);
	ck_assert(live_readable(fd));
	ck_assert_int_eq(recv(fd, &seen, sizeof(seen), 0), sizeof(seen));
	ck_assert_uint_eq(seen.echo.head.type, ICMP_ECHO);

	seen.echo.head.type = ICMP_ECHOREPLY;
	*ret_reply = seen.echo;
	*ret_fd = fd;
	return p;
}

START_TEST(a_reply_that_is_not_ours_in_one_thing_does_not_count)
{
	struct echo reply, e;
	struct probe *p;
	int fd;

	p = open_unanswered(&reply, &fd);
	e = reply;
	e.head.un.echo.id ^= 1;
	forge(fd, e);
	e = reply;
	e.cookie[15] ^= 1;
	forge(fd, e);
	e = reply;
	e.head.un.echo.sequence ^= 1;
	forge(fd, e);
	e = reply;
	e.head.code = 1;
	forge(fd, e);
	e = reply;
	e.head.type = ICMP_ECHO;
	forge(fd, e);
	ck_assert_int_eq(probe_read(p), 0);

	forge(fd, reply);
	ck_assert_int_eq(replies(p, 1), 1);
	close(fd);
	p = probe_close(p);
}
END_TEST

START_TEST(a_reply_of_another_host_does_not_count)
{
	const struct sockaddr_in other = {
		.sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK + 1) },
	};
	struct echo reply;
	struct probe *p;
	int fd;

	p = open_unanswered(&reply, &fd);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&other, sizeof(other)), 0);
	forge(fd, reply);
	ck_assert_int_eq(probe_read(p), 0);
	close(fd);
	p = probe_close(p);
}
END_TEST

START_TEST(a_device_below_can_be_chosen)
{
	struct facts_ip ip;
	struct probe *p;

	live_must("ip link add v0 type veth peer name v1 && ip link set v0 up && "
		  "ip link set v1 up && ip addr add 192.0.2.1/24 dev v0");
	p = open_probe("127.0.0.1", "lo");
	ck_assert_int_eq(probe_send(p, 1), 0);
	ck_assert_int_eq(replies(p, 1), 1);
	p = probe_close(p);

	/* nobody is there */
	p = open_probe("192.0.2.2", "v0");
	ck_assert_int_eq(probe_send(p, 1), 0);
	ck_assert_int_eq(replies(p, 1), 0);
	p = probe_close(p);

	ck_assert_int_eq(facts_ip_parse("192.0.2.2", &ip), 0);
	ck_assert_int_eq(probe_open(&ip, "v9", &p), -ENODEV);
}
END_TEST

START_TEST(no_way_to_the_address_is_told)
{
	struct probe *p = open_probe("203.0.113.1", NULL);

	ck_assert_int_eq(probe_send(p, 1), -ENETUNREACH);
	p = probe_close(p);
}
END_TEST

START_TEST(an_address_that_is_rejected_is_neither_a_reply_nor_an_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct probe *p;

		live_must("ip route replace prohibit 203.0.113.0/24");
		allow(ranges[i]);
		p = open_probe("203.0.113.1", NULL);
		ck_assert_int_lt(probe_send(p, 1), 0);
		ck_assert_int_eq(probe_read(p), 0);
		p = probe_close(p);
	}
}
END_TEST

START_TEST(no_address_is_no_one_to_ping)
{
	struct probe *p;

	ck_assert_int_eq(probe_open(&(struct facts_ip){ 0 }, NULL, &p), -EAFNOSUPPORT);
}
END_TEST

/* ---- who asks another process for the socket ---- */

static const char *const opener = "/tmp/opener";

/* What listens where an opener would. */
static int listen_as_opener(void)
{
	const struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "/tmp/opener" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	(void)unlink(opener);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

static struct probe *ask(const char *address)
{
	struct facts_ip ip;
	struct probe *p;

	ck_assert_int_eq(facts_ip_parse(address, &ip), 0);
	ck_assert_int_eq(probe_ask(opener, &ip, &p), 0);
	return p;
}

START_TEST(a_socket_that_another_opened_pings_as_well)
{
	static const char *const addresses[] = { "127.0.0.1", "::1" };
	int listening = listen_as_opener();

	for (size_t i = 0; i < ARRAY_SIZE(ranges) * 2; i++) {
		struct probe *p;
		int connection;

		allow(ranges[i / 2]);
		p = ask(addresses[i % 2]);
		ck_assert_int_eq(probe_ready(p), 0);
		ck_assert_int_eq(probe_fd(p), -1);
		connection = accept(listening, NULL, NULL);
		ck_assert_int_eq(probe_ready(p), 0);
		ck_assert_int_eq(probe_opener_answer(connection), 0);
		close(connection);
		ck_assert_int_eq(probe_ready(p), 1);
		for (uint16_t seq = 1; seq <= 3; seq++)
			ck_assert_int_eq(probe_send(p, seq), 0);
		ck_assert_int_eq(replies(p, 3), 3);
		p = probe_close(p);
	}
	close(listening);
}
END_TEST

START_TEST(who_asks_is_told_why_there_is_no_socket)
{
	int listening = listen_as_opener(), connection, answer = -EPERM;
	struct probe *p = ask("127.0.0.1");

	connection = accept(listening, NULL, NULL);
	ck_assert_int_eq(write(connection, &answer, sizeof(answer)), sizeof(answer));
	ck_assert_int_eq(probe_ready(p), -EPERM);
	ck_assert_int_eq(probe_ready(p), -EPERM);
	p = probe_close(p);
	close(connection);
	close(listening);
}
END_TEST

/* Gives away any file as if it were the socket that was asked for. */
static void give(int connection, int answer, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} rights = { .bytes = { 0 } };
	struct iovec iov = { &answer, sizeof(answer) };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = rights.bytes,
		.msg_controllen = sizeof(rights.bytes),
	};

	rights.head = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(&rights.head), &fd, sizeof(fd));
	ck_assert_int_eq(sendmsg(connection, &m, 0), sizeof(answer));
}

START_TEST(a_file_that_is_no_such_socket_is_refused)
{
	int listening = listen_as_opener(), six = probe_socket(AF_INET6),
	    udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0),
	    blocking = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), good = probe_socket(AF_INET);
	const struct {
		int answer, fd, ready;
	} given[] = {
		{ 0, STDIN_FILENO, -EBADMSG },
		{ 0, six, -EBADMSG },
		{ 0, udp, -EBADMSG },
		{ 0, blocking, -EBADMSG },
		{ 1, good, -EBADMSG },
		{ -EPERM, good, -EBADMSG },
		{ 0, good, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
		struct probe *p = ask("127.0.0.1");
		int connection = accept(listening, NULL, NULL);

		give(connection, given[i].answer, given[i].fd);
		ck_assert_int_eq(probe_ready(p), given[i].ready);
		p = probe_close(p);
		close(connection);
	}
	close(listening);
}
END_TEST

START_TEST(an_opener_that_hangs_up_or_is_not_there_is_told)
{
	int listening = listen_as_opener();
	struct probe *p = ask("127.0.0.1");
	struct facts_ip ip;

	close(accept(listening, NULL, NULL));
	ck_assert_int_lt(probe_ready(p), 0);
	p = probe_close(p);
	close(listening);
	ck_assert_int_eq(facts_ip_parse("127.0.0.1", &ip), 0);
	ck_assert_int_eq(probe_ask(opener, &ip, &p), -ECONNREFUSED);
	ck_assert_int_eq(unlink(opener), 0);
	ck_assert_int_eq(probe_ask(opener, &ip, &p), -ENOENT);
}
END_TEST

START_TEST(a_strange_request_gets_no_socket)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	ck_assert_int_eq(write(ends[0], "x", 1), 1);
	ck_assert_int_eq(probe_opener_answer(ends[1]), -EBADMSG);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* As a proof does that began anew, before it asked or after. */
START_TEST(who_asks_may_hang_up)
{
	int ends[2];

	for (int asks = 0; asks <= 1; asks++) {
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
		if (asks)
			ck_assert_int_eq(write(ends[0], "4", 1), 1);
		close(ends[0]);
		ck_assert_int_eq(probe_opener_answer(ends[1]), 0);
		close(ends[1]);
	}

	/* One that leaves something unread resets the connection. */
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	close(ends[0]);
	ck_assert_int_eq(probe_opener_answer(ends[1]), 0);
	close(ends[1]);
}
END_TEST

/* The socket is the same, and what was sent before is another's. */
START_TEST(a_renewed_probe_counts_only_what_it_has_sent_itself)
{
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct probe *p;
		int fd;

		allow(ranges[i]);
		p = open_probe("127.0.0.1", NULL);
		fd = probe_fd(p);
		for (uint16_t seq = 1; seq <= 3; seq++)
			ck_assert_int_eq(probe_send(p, seq), 0);
		ck_assert_int_eq(probe_renew(p), 0);
		ck_assert_int_eq(probe_fd(p), fd);
		ck_assert(!probe_answered(p, 1));
		ck_assert_int_eq(probe_send(p, 1), 0);
		ck_assert_int_eq(probe_send(p, 2), 0);
		ck_assert_int_eq(replies(p, 2), 2);
		ck_assert_int_eq(probe_read(p), 0);

		/* Those that come after it was renewed are in nobody's way either. */
		ck_assert_int_eq(probe_send(p, 3), 0);
		ck_assert_int_eq(probe_renew(p), 0);
		ck_assert_int_eq(probe_send(p, 3), 0);
		ck_assert_int_eq(replies(p, 1), 1);
		p = probe_close(p);
	}
}
END_TEST

START_TEST(a_probe_without_a_socket_cannot_be_renewed)
{
	int listening = listen_as_opener();
	struct probe *p = ask("127.0.0.1");

	ck_assert_int_eq(probe_renew(p), -ENOTCONN);
	p = probe_close(p);
	close(listening);
}
END_TEST

static bool possible(void)
{
	return true;
}

LIVE_MAIN("live-probe", possible, each_request_has_its_reply,
	  each_request_has_its_reply_by_ipv6_as_well, two_probes_count_their_own_replies_only,
	  a_reply_that_comes_twice_counts_once,
	  a_reply_that_is_not_ours_in_one_thing_does_not_count,
	  a_reply_of_another_host_does_not_count, a_device_below_can_be_chosen,
	  no_way_to_the_address_is_told,
	  an_address_that_is_rejected_is_neither_a_reply_nor_an_error, no_address_is_no_one_to_ping,
	  a_socket_that_another_opened_pings_as_well, who_asks_is_told_why_there_is_no_socket,
	  a_file_that_is_no_such_socket_is_refused, an_opener_that_hangs_up_or_is_not_there_is_told,
	  a_strange_request_gets_no_socket, who_asks_may_hang_up,
	  a_renewed_probe_counts_only_what_it_has_sent_itself,
	  a_probe_without_a_socket_cannot_be_renewed)
