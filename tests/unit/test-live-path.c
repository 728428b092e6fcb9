/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "path.h"

#include <stdio.h>
#include <time.h>

#include "knock.h"
#include "live.h"

/* The length of packets on a cable to another namespace, whose end there carries less. */

#define OWN  "10.77.0.1"
#define PEER "10.77.0.2"

static const char begin[] =
	"set -e\n"
	"unshare -n sleep 50 & pid=$!\n"
	"echo $pid >/tmp/test-live-path.$PPID\n"
	"ip link add cable type veth peer name far\n"
	"ip addr add " OWN "/24 dev cable\n"
	"ip link set cable up\n"
	"i=0\n"
	"until [ $(readlink /proc/$pid/ns/net) != $(readlink /proc/$$/ns/net) ]; do\n"
	"	i=$((i + 1)); [ $i -lt 50 ]; sleep 0.1\n"
	"done\n"
	"ip link set far netns $pid\n"
	"nsenter -t $pid -n ip link set far up\n"
	"nsenter -t $pid -n ip addr add " PEER "/24 dev far\n";

static void end(void)
{
	live_must("kill $(cat /tmp/test-live-path.$PPID); rm /tmp/test-live-path.$PPID");
}

static void far(const char *command)
{
	char text[256];

	snprintf(text, sizeof(text), "nsenter -t $(cat /tmp/test-live-path.$PPID) -n %s", command);
	live_must(text);
}

static struct path measure(const char *to, int expected)
{
	struct facts_ip peer = { 0 }, own = { 0 };
	struct path path = { 0 };

	ck_assert_int_eq(facts_ip_parse(to, &peer), 0);
	ck_assert_int_eq(facts_ip_parse(OWN, &own), 0);
	ck_assert_int_eq(path_measure(&peer, &own, "cable", 10000000, &path), expected);
	return path;
}

START_TEST(a_path_that_carries_all_has_nothing_lost)
{
	struct path path;

	live_must(begin);
	path = measure(PEER, 0);
	ck_assert(path.answered);
	ck_assert_uint_eq(path.device, 1500);
	ck_assert_uint_eq(path.believed, 1500);
	ck_assert_uint_eq(path.largest, 1500);
	ck_assert_uint_eq(path.smallest_lost, 0);
	end();
}
END_TEST

START_TEST(a_path_that_swallows_long_packets_is_measured_to_the_byte)
{
	struct path path;

	live_must(begin);
	/* A veth takes four bytes more than its MTU, for a VLAN tag (is_skb_forwardable()). */
	far("ip link set far mtu 1300");
	path = measure(PEER, 0);
	ck_assert(path.answered);
	ck_assert_uint_eq(path.believed, 1500);
	ck_assert_uint_eq(path.largest, 1304);
	ck_assert_uint_eq(path.smallest_lost, 1305);
	end();
}
END_TEST

START_TEST(nobody_who_answers_is_told_with_what_is_known)
{
	struct path path;

	live_must(begin);
	path = measure("10.77.0.3", 0);
	ck_assert(!path.answered);
	ck_assert_uint_eq(path.believed, 1500);
	ck_assert_uint_eq(path.largest, 0);
	end();
}
END_TEST

START_TEST(a_host_that_is_knocked_at_refuses_at_once)
{
	struct facts_ip peer = { 0 }, own = { 0 };
	time_t began = time(NULL);

	live_must(begin);
	ck_assert_int_eq(facts_ip_parse(PEER, &peer), 0);
	ck_assert_int_eq(facts_ip_parse(OWN, &own), 0);
	ck_assert_int_eq(knock(&peer, &own, 40000000), 3);
	ck_assert_int_lt(time(NULL) - began, 20);
	/* Nobody is there to refuse: the limit ends it. */
	ck_assert_int_eq(facts_ip_parse("10.77.0.3", &peer), 0);
	ck_assert_int_eq(knock(&peer, &own, 300000), 3);
	ck_assert_int_eq(facts_ip_parse("198.51.100.1", &own), 0);
	ck_assert_int_eq(knock(&peer, &own, 300000), -EADDRNOTAVAIL);
	end();
}
END_TEST

START_TEST(without_a_way_there_is_an_error)
{
	(void)measure("198.51.100.1", -EADDRNOTAVAIL);
}
END_TEST

static bool possible(void)
{
	return live_run(
		"command -v nsenter unshare ip >/dev/null && "
		"ip link add t0 type veth peer name t1 && ip link del t0 && unshare -n true");
}

LIVE_MAIN("live-path", possible, a_path_that_carries_all_has_nothing_lost,
	  a_path_that_swallows_long_packets_is_measured_to_the_byte,
	  nobody_who_answers_is_told_with_what_is_known, a_host_that_is_knocked_at_refuses_at_once,
	  without_a_way_there_is_an_error)
