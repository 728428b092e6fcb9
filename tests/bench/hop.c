/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

/*
 * What the row "failover" has for a limit: the least that anybody can do between the kernel's
 * message and a subscriber on the system's bus, and the bus alone.
 *
 * "hop listen" is a subscriber: for each signal it prints its member, the time (realtime, in us) at
 * which it was here, and for a Hop the time at which it was sent.
 *
 * "hop tell BOND" waits for the kernel's message of a failover, and sends a signal Bare that was
 * made before; it knows, looks at and keeps nothing else.
 *
 * "hop send N" sends N signals Hop, ten a second.
 */

#define INTERFACE "org.espoffload1.Bench"

static unsigned long long now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (unsigned long long)ts.tv_sec * 1000000 + (unsigned long long)ts.tv_nsec / 1000;
}

static int fail(const char *what, int error)
{
	fprintf(stderr, "hop: %s: %s\n", what, strerror(-error));
	return EXIT_FAILURE;
}

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	unsigned long long now = now_usec();
	uint64_t sent = 0;

	(void)userdata;
	(void)error;
	if (strcmp(sd_bus_message_get_member(m), "Hop") == 0)
		(void)sd_bus_message_read(m, "t", &sent);
	printf("%s %llu %llu\n", sd_bus_message_get_member(m), now, (unsigned long long)sent);
	return 0;
}

static int listen_to(sd_bus *bus)
{
	int r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	r = sd_bus_match_signal(bus, NULL, NULL, NULL, "org.espoffload1.Bond", "FailedOver",
				on_signal, NULL);
	if (r >= 0)
		r = sd_bus_match_signal(bus, NULL, NULL, NULL, INTERFACE, NULL, on_signal, NULL);
	if (r >= 0)
		puts("listening");
	while (r >= 0) {
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, UINT64_MAX);
	}
	return fail("listen", r);
}

static int make(sd_bus *bus, const char *member, sd_bus_message **ret)
{
	return sd_bus_message_new_signal(bus, ret, "/org/espoffload1/bench", INTERFACE, member);
}

static int is_failover(const char *buffer, ssize_t n, int bond)
{
	const struct nlmsghdr *h = (const void *)buffer;
	const struct ifinfomsg *info = NLMSG_DATA(h);
	const struct rtattr *a = IFLA_RTA(info);
	int rest;

	if (!NLMSG_OK(h, n) || h->nlmsg_type != RTM_NEWLINK || info->ifi_index != bond)
		return 0;
	rest = (int)IFLA_PAYLOAD(h);
	for (; RTA_OK(a, rest); a = RTA_NEXT(a, rest))
		if (a->rta_type == IFLA_EVENT)
			return *(const uint32_t *)RTA_DATA(a) == IFLA_EVENT_BONDING_FAILOVER;
	return 0;
}

static int tell(sd_bus *bus, const char *name)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK,
					     .nl_groups = 1 << (RTNLGRP_LINK - 1) };
	static _Alignas(struct nlmsghdr) char buffer[32768];
	int bond = (int)if_nametoindex(name), fd, r;
	sd_bus_message *ready = NULL;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return fail("socket", -errno);
	r = make(bus, "Bare", &ready);
	while (r >= 0) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

		if (n < 0)
			return fail("recv", -errno);
		if (!is_failover(buffer, n, bond))
			continue;
		r = sd_bus_send(bus, ready, NULL);
		ready = sd_bus_message_unref(ready);
		if (r >= 0)
			r = make(bus, "Bare", &ready);
	}
	return fail("send", r);
}

static int send_hops(sd_bus *bus, long n)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	int r = 0;

	while (r >= 0 && n-- > 0) {
		r = sd_bus_emit_signal(bus, "/org/espoffload1/bench", INTERFACE, "Hop", "t",
				       (uint64_t)now_usec());
		nanosleep(&pause, NULL);
	}
	return r < 0 ? fail("send", r) : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	sd_bus *bus = NULL;
	int r = sd_bus_open_system(&bus);

	if (r >= 0) /* the bus has let us in before anything is to be told */
		r = sd_bus_get_unique_name(bus, &(const char *){ NULL });
	if (r < 0)
		return fail("the bus", r);
	if (argc == 2 && strcmp(argv[1], "listen") == 0)
		return listen_to(bus);
	if (argc == 3 && strcmp(argv[1], "tell") == 0)
		return tell(bus, argv[2]);
	if (argc == 3 && strcmp(argv[1], "send") == 0)
		return send_hops(bus, atol(argv[2]));
	fprintf(stderr, "usage: hop listen | tell BOND | send N\n");
	return 2;
}
