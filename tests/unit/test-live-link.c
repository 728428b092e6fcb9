/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "facts.h"
#include "link.h"
#include "netlink.h"

static struct facts host;

static void look(void)
{
	free(host.links);
	free(host.addresses);
	ck_assert_int_eq(link_dump(&host.links, &host.n_links), 0);
	ck_assert_int_eq(link_dump_addresses(&host.addresses, &host.n_addresses), 0);
}

static void forget(void)
{
	free(host.links);
	free(host.addresses);
	host = (struct facts){ 0 };
}

static int owner_of(const char *text)
{
	const struct facts_link *l;
	struct facts_ip ip;

	ck_assert_int_eq(facts_ip_parse(text, &ip), 0);
	l = facts_owner_of(&host, &ip);
	return l ? l->ifindex : FACTS_NO_LINK;
}

START_TEST(all_devices_are_told_with_what_they_are)
{
	const struct facts_link *lo, *v0, *v1;

	live_must("ip link add v0 type veth peer name v1 && ip link set v0 up");
	look();
	lo = facts_link_by_name(&host, "lo");
	v0 = facts_link_by_name(&host, "v0");
	v1 = facts_link_by_name(&host, "v1");
	ck_assert(lo && v0 && v1);
	ck_assert_int_eq(lo->ifindex, 1);
	ck_assert(lo->up && lo->carrier);
	ck_assert_str_eq(lo->kind, "");
	ck_assert_str_eq(v0->kind, "veth");
	ck_assert(v0->up && !v0->carrier);
	ck_assert(!v1->up);
	ck_assert_int_eq(v0->lower, v1->ifindex);
	ck_assert_int_eq(v0->bridge_mode, -1);
	forget();
}
END_TEST

START_TEST(a_bridge_is_above_its_ports)
{
	const struct facts_link *bridge, *v0;

	live_must("ip link add br0 type bridge && ip link add v0 type veth peer name v1 && "
		  "ip link set v0 master br0");
	look();
	bridge = facts_link_by_name(&host, "br0");
	v0 = facts_link_by_name(&host, "v0");
	ck_assert(bridge && v0);
	ck_assert_int_eq(v0->master, bridge->ifindex);
	ck_assert(!facts_is_bond(bridge));
	forget();
}
END_TEST

START_TEST(hundreds_of_devices_come_in_one_whole_dump)
{
	const struct facts_link *last;

	live_must("for i in $(seq 300); do echo link add a$i type veth peer name b$i; done | "
		  "ip -batch -");
	look();
	ck_assert_uint_ge(host.n_links, 601);
	last = facts_link_by_name(&host, "b300");
	ck_assert_ptr_nonnull(last);
	forget();
}
END_TEST

START_TEST(the_hosts_own_addresses_are_told_and_not_the_peers)
{
	const struct facts_link *v0;

	live_must("ip link add v0 type veth peer name v1 && "
		  "ip addr add 192.0.2.1/24 dev v0 && "
		  "ip addr add 198.51.100.1 peer 198.51.100.2 dev v0 && "
		  "ip addr add 2001:db8::1/64 dev v0 nodad");
	look();
	v0 = facts_link_by_name(&host, "v0");
	ck_assert_ptr_nonnull(v0);
	ck_assert_int_eq(owner_of("192.0.2.1"), v0->ifindex);
	ck_assert_int_eq(owner_of("198.51.100.1"), v0->ifindex);
	ck_assert_int_eq(owner_of("198.51.100.2"), FACTS_NO_LINK);
	ck_assert_int_eq(owner_of("2001:db8::1"), v0->ifindex);
	ck_assert_int_eq(owner_of("127.0.0.1"), 1);
	ck_assert_int_eq(owner_of("::1"), 1);
	forget();
}
END_TEST

/* Makes and deletes devices until it is killed. */
static pid_t disturb(void)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		execlp("sh", "sh", "-c",
		       "while :; do ip link add x0 type veth peer name x1; ip link del x0; done",
		       NULL);
		_exit(127);
	}
	return pid;
}

START_TEST(no_dump_is_half_while_devices_come_and_go)
{
	unsigned int whole = 0;
	pid_t pid;

	live_must("for i in $(seq 100); do echo link add a$i type veth peer name b$i; done | "
		  "ip -batch -");
	pid = disturb();
	for (int i = 0; i < 300; i++) {
		struct facts_link *links;
		size_t n, lasting = 0;
		int r = link_dump(&links, &n);

		ck_assert(r == 0 || r == -EAGAIN);
		if (r < 0)
			continue;
		for (size_t j = 0; j < n; j++)
			lasting += links[j].name[0] == 'a' || links[j].name[0] == 'b';
		ck_assert_uint_eq(lasting, 200);
		whole++;
		free(links);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ck_assert_uint_gt(whole, 0);
}
END_TEST

/* Reads until nothing more waits; returns the number of changes of a device, or of all. */
static unsigned int count_changes(struct link_watch *w, const char *name, bool *ret_gone)
{
	struct link_message m;
	unsigned int n = 0;
	int r;

	while ((r = link_watch_read(w, &m)) == 1) {
		if (name && !streq(m.link.name, name))
			continue;
		if (ret_gone)
			*ret_gone = m.gone;
		n++;
	}
	ck_assert_int_eq(r, 0);
	return n;
}

START_TEST(a_change_is_told_as_it_happens)
{
	struct link_watch *w;
	struct link_message m;

	ck_assert_int_eq(link_watch_open(&w), 0);
	ck_assert_int_eq(link_watch_read(w, &m), 0);

	live_must("ip link set lo down");
	ck_assert(live_readable(link_watch_fd(w)));
	ck_assert_int_eq(link_watch_read(w, &m), 1);
	ck_assert_str_eq(m.link.name, "lo");
	ck_assert_int_eq(m.link.ifindex, 1);
	ck_assert(!m.link.up);
	ck_assert(!m.gone);
	count_changes(w, NULL, NULL);

	live_must("ip link set lo up");
	ck_assert(live_readable(link_watch_fd(w)));
	ck_assert_int_eq(link_watch_read(w, &m), 1);
	ck_assert(m.link.up);
	w = link_watch_close(w);
}
END_TEST

START_TEST(what_no_bond_depends_on_wakes_nobody_until_it_is_deleted)
{
	struct link_watch *w;
	bool gone = false;

	ck_assert_int_eq(link_watch_open(&w), 0);
	live_must("ip link add v0 type veth peer name v1 && ip link add br0 type bridge && "
		  "ip link set v0 master br0 && ip link set v0 up && ip link set v1 up && "
		  "ip link set br0 up && ip link set v0 nomaster");
	ck_assert(live_quiet(link_watch_fd(w)));

	live_must("ip link del v0");
	ck_assert(live_readable(link_watch_fd(w)));
	ck_assert_uint_eq(count_changes(w, "v0", &gone), 1);
	ck_assert(gone);
	w = link_watch_close(w);
}
END_TEST

START_TEST(a_bridge_that_lets_a_port_go_deletes_no_device)
{
	struct link_watch *w;

	live_must("ip link add br0 type bridge && ip link add v0 type veth peer name v1 && "
		  "ip link set v0 master br0");
	ck_assert_int_eq(link_watch_open(&w), 0);
	live_must("ip link set v0 nomaster");
	ck_assert(live_quiet(link_watch_fd(w)));
	w = link_watch_close(w);
}
END_TEST

START_TEST(a_forged_message_is_not_believed)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg info;
	} forged = {
		.h = { .nlmsg_len = sizeof(forged), .nlmsg_type = RTM_DELLINK },
		.info = { .ifi_index = 1 },
	};
	struct sockaddr_nl address;
	socklen_t len = sizeof(address);
	struct link_watch *w;
	struct link_message m;
	int fd;

	ck_assert_int_eq(link_watch_open(&w), 0);
	ck_assert_int_eq(getsockname(link_watch_fd(w), (struct sockaddr *)&address, &len), 0);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(sendto(fd, &forged, sizeof(forged), 0, (struct sockaddr *)&address, len),
			 sizeof(forged));
	ck_assert(live_readable(link_watch_fd(w)));
	ck_assert_int_eq(link_watch_read(w, &m), 0);
	close(fd);
	w = link_watch_close(w);
}
END_TEST

static int count_one(const struct nlmsghdr *h, void *userdata)
{
	(void)h;
	(void)userdata;
	return 0;
}

START_TEST(a_loss_is_reported_and_the_watch_goes_on)
{
	static const unsigned int groups[] = { RTNLGRP_LINK, 0 };
	unsigned int losses = 0, messages = 0;
	struct netlink *nl;
	int r;

	ck_assert_int_eq(netlink_watch(NETLINK_ROUTE, groups, 4096, &nl), 0);
	live_must("for i in $(seq 50); do ip link set lo down; ip link set lo up; done");
	do {
		r = netlink_next(nl, count_one, NULL);
		losses += r == -ENOBUFS;
		messages += r == 1;
	} while (r == 1 || r == -ENOBUFS);
	ck_assert_int_eq(r, 0);
	ck_assert_uint_eq(losses, 1);
	ck_assert_uint_gt(messages, 0);

	live_must("ip link set lo down");
	ck_assert(live_readable(netlink_fd(nl)));
	ck_assert_int_eq(netlink_next(nl, count_one, NULL), 1);
	nl = netlink_close(nl);
}
END_TEST

START_TEST(ten_thousand_changes_are_kept_for_a_reader_that_is_late)
{
	struct link_watch *w;

	ck_assert_int_eq(link_watch_open(&w), 0);
	live_must("for i in $(seq 2500); do echo link set lo down; echo link set lo up; done | "
		  "ip -batch -");
	ck_assert_uint_ge(count_changes(w, "lo", NULL), 5000);
	w = link_watch_close(w);
}
END_TEST

static bool possible(void)
{
	if (live_run("ip link add v0 type veth peer name v1 2>/dev/null && ip link del v0"))
		return true;
	fprintf(stderr, "this kernel has no veth\n");
	return false;
}

LIVE_MAIN("live-link", possible, all_devices_are_told_with_what_they_are,
	  a_bridge_is_above_its_ports, hundreds_of_devices_come_in_one_whole_dump,
	  the_hosts_own_addresses_are_told_and_not_the_peers,
	  no_dump_is_half_while_devices_come_and_go, a_change_is_told_as_it_happens,
	  what_no_bond_depends_on_wakes_nobody_until_it_is_deleted,
	  a_bridge_that_lets_a_port_go_deletes_no_device, a_forged_message_is_not_believed,
	  a_loss_is_reported_and_the_watch_goes_on,
	  ten_thousand_changes_are_kept_for_a_reader_that_is_late)
