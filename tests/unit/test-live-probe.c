/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "live.h"

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
	  an_address_that_is_rejected_is_neither_a_reply_nor_an_error, no_address_is_no_one_to_ping)
