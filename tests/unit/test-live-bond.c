/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "live.h"

#include <linux/if_link.h>

#include "ethtool.h"
#include "facts.h"
#include "link.h"

/* Two veths a port each, since any kernel with bonding has them; their far ends cut the cables. */
#define MAKE_PORTS                                                                                 \
	"ip link add p0 type veth peer name q0 && ip link set q0 up && "                           \
	"ip link add p1 type veth peer name q1 && ip link set q1 up && "
#define MAKE_BOND                                                                                  \
	"ip link add bond0 type bond mode active-backup miimon 10 && "                             \
	"ip link set p0 master bond0 && ip link set p1 master bond0 && "                           \
	"ip link set bond0 up && "                                                                 \
	"ip link set bond0 type bond active_slave p0"

static struct facts host;

static void look(void)
{
	free(host.links);
	ck_assert_int_eq(link_dump(&host.links, &host.n_links), 0);
}

static const struct facts_link *link_of(const char *name)
{
	const struct facts_link *l = facts_link_by_name(&host, name);

	ck_assert_msg(l, "no device %s", name);
	return l;
}

static void begin(struct link_watch **ret)
{
	live_must(MAKE_PORTS MAKE_BOND);
	look();
	if (ret)
		ck_assert_int_eq(link_watch_open(ret), 0);
}

/* Waits for the bond's next failover message. */
static void await_failover(struct link_watch *w, struct link_message *ret)
{
	for (;;) {
		ck_assert(live_readable(link_watch_fd(w)));
		ck_assert_int_eq(link_watch_read(w, ret), 1);
		if (ret->event == IFLA_EVENT_BONDING_FAILOVER)
			return;
	}
}

/* Waits for a message of a device that says it has no active port any more. */
static void await_no_active_port(struct link_watch *w)
{
	struct link_message m;

	do {
		ck_assert(live_readable(link_watch_fd(w)));
		ck_assert_int_eq(link_watch_read(w, &m), 1);
	} while (!streq(m.link.name, "bond0") || m.link.bond.active_port != FACTS_NO_LINK);
}

START_TEST(a_bond_and_its_ports_are_told_in_full)
{
	const struct facts_link *bond, *p0, *p1;

	live_must(MAKE_PORTS MAKE_BOND " && ip link set bond0 type bond primary p1 && "
				       "ip link set bond0 type bond miimon 250");
	look();
	bond = link_of("bond0");
	p0 = link_of("p0");
	p1 = link_of("p1");

	ck_assert(facts_is_bond(bond));
	ck_assert_int_eq(bond->bond.mode, FACTS_MODE_ACTIVE_BACKUP);
	ck_assert_int_eq(bond->bond.primary, p1->ifindex);
	ck_assert_int_eq(bond->bond.active_port, p1->ifindex);
	ck_assert_uint_eq(bond->bond.miimon_ms, 250);
	ck_assert_int_eq(p0->master, bond->ifindex);
	ck_assert(!p0->port.active);
	ck_assert(p0->port.mii_up);
	ck_assert(p1->port.active);
	ck_assert(p1->port.mii_up);
	ck_assert_ptr_eq(facts_next_port(&host, bond, NULL), p0->ifindex < p1->ifindex ? p0 : p1);
	free(host.links);
}
END_TEST

START_TEST(each_mode_has_its_number)
{
	for (int mode = 0; mode < FACTS_MODE_MAX_; mode++) {
		char command[128];

		snprintf(command, sizeof(command), "ip link add b%i type bond mode %s", mode,
			 facts_mode_name((enum facts_bond_mode)mode));
		live_must(command);
	}
	look();
	for (int mode = 0; mode < FACTS_MODE_MAX_; mode++) {
		char name[FACTS_NAME_SIZE];

		snprintf(name, sizeof(name), "b%i", mode);
		ck_assert_int_eq(link_of(name)->bond.mode, mode);
	}
	free(host.links);
}
END_TEST

START_TEST(a_cut_cable_is_a_failover_to_the_other_port)
{
	struct link_message m;
	struct link_watch *w;

	begin(&w);
	live_must("ip link set q0 down");
	await_failover(w, &m);
	ck_assert_str_eq(m.link.name, "bond0");
	ck_assert_int_eq(m.link.bond.active_port, link_of("p1")->ifindex);

	look();
	ck_assert(!link_of("p0")->port.mii_up);
	ck_assert_uint_eq(link_of("p0")->port.link_failures, 1);
	ck_assert_int_eq(link_of("bond0")->bond.active_port, link_of("p1")->ifindex);
	free(host.links);
	w = link_watch_close(w);
}
END_TEST

START_TEST(the_last_port_going_leaves_none_active)
{
	struct link_message m;
	struct link_watch *w;

	begin(&w);
	live_must("ip link set p1 down");
	live_must("ip link set p0 down");
	await_no_active_port(w);
	look();
	ck_assert_int_eq(link_of("bond0")->bond.active_port, FACTS_NO_LINK);
	ck_assert(!link_of("bond0")->carrier);

	live_must("ip link set p1 up");
	await_failover(w, &m);
	ck_assert_int_eq(m.link.bond.active_port, link_of("p1")->ifindex);
	free(host.links);
	w = link_watch_close(w);
}
END_TEST

START_TEST(a_port_that_comes_and_goes_is_told_with_its_bond)
{
	bool joined = false, gone = false;
	struct link_message m;
	struct link_watch *w;
	int bond;

	begin(&w);
	bond = link_of("bond0")->ifindex;
	live_must("ip link add p2 type veth peer name q2 && ip link set p2 master bond0 && "
		  "ip link del p2");
	while (!gone) {
		ck_assert(live_readable(link_watch_fd(w)));
		ck_assert_int_eq(link_watch_read(w, &m), 1);
		if (!streq(m.link.name, "p2"))
			continue;
		joined = joined || m.link.master == bond;
		gone = m.gone;
	}
	ck_assert(joined);
	free(host.links);
	w = link_watch_close(w);
}
END_TEST

START_TEST(a_bond_that_is_deleted_is_gone)
{
	struct link_message m;
	struct link_watch *w;
	bool gone = false;

	begin(&w);
	live_must("ip link del bond0");
	while (!gone) {
		ck_assert(live_readable(link_watch_fd(w)));
		ck_assert_int_eq(link_watch_read(w, &m), 1);
		gone = m.gone && streq(m.link.name, "bond0");
	}
	free(host.links);
	w = link_watch_close(w);
}
END_TEST

START_TEST(five_hundred_switches_are_told_each_once_and_in_order)
{
	unsigned int n = 0, others = 0;
	struct link_message m;
	struct link_watch *w;
	int ports[2], r;

	begin(&w);
	ports[0] = link_of("p0")->ifindex;
	ports[1] = link_of("p1")->ifindex;
	live_must("for i in $(seq 250); do echo link set bond0 type bond active_slave p1; "
		  "echo link set bond0 type bond active_slave p0; done | ip -batch -");
	while ((r = link_watch_read(w, &m)) == 1) {
		if (m.event != IFLA_EVENT_BONDING_FAILOVER) {
			others++;
			continue;
		}
		ck_assert_int_eq(m.link.bond.active_port, ports[(n + 1) % 2]);
		n++;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_uint_eq(n, 500);
	ck_assert_uint_gt(others, 0);
	free(host.links);
	w = link_watch_close(w);
}
END_TEST

START_TEST(the_bonds_bit_can_be_switched_though_its_ports_cannot)
{
	enum facts_feature f;
	struct ethtool *e;

	begin(NULL);
	ck_assert_int_eq(ethtool_open(&e), 0);
	ck_assert_int_eq(ethtool_get_feature(e, "bond0", "esp-hw-offload", &f), 0);
	ck_assert_int_eq(ethtool_set_feature(e, "bond0", "esp-hw-offload", !facts_feature_is_on(f)),
			 1);
	ck_assert_int_eq(ethtool_set_feature(e, "bond0", "esp-hw-offload", facts_feature_is_on(f)),
			 1);
	ck_assert_int_eq(ethtool_get_feature(e, "p0", "esp-hw-offload", &f), 0);
	ck_assert_int_eq(f, FACTS_FEATURE_FIXED_OFF);
	free(host.links);
	e = ethtool_close(e);
}
END_TEST

static bool possible(void)
{
	if (live_run("ip link add bond0 type bond 2>/dev/null && ip link del bond0"))
		return true;
	fprintf(stderr, "this kernel has no bonding\n");
	return false;
}

LIVE_MAIN("live-bond", possible, a_bond_and_its_ports_are_told_in_full, each_mode_has_its_number,
	  a_cut_cable_is_a_failover_to_the_other_port, the_last_port_going_leaves_none_active,
	  a_port_that_comes_and_goes_is_told_with_its_bond, a_bond_that_is_deleted_is_gone,
	  five_hundred_switches_are_told_each_once_and_in_order,
	  the_bonds_bit_can_be_switched_though_its_ports_cannot)
