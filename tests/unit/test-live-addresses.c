/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <net/if.h>

#include "addresses.h"
#include "facts.h"
#include "live.h"

static sd_event *event;
static struct addresses *addresses;
static unsigned int told;
static int told_of;

static void on_changed(void *userdata, int ifindex)
{
	(void)userdata;
	told++;
	told_of = ifindex;
}

static void begin(void)
{
	live_must(
		"ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(addresses_new(event, on_changed, NULL, &addresses), 0);
}

/* How often it was told since the last time. */
static unsigned int times(void)
{
	unsigned int n;

	while (sd_event_run(event, 300000) > 0)
		;
	n = told;
	told = 0;
	return n;
}

static void end(void)
{
	addresses = addresses_free(addresses);
	event = sd_event_unref(event);
}

START_TEST(an_address_that_comes_or_goes_is_told_with_its_device)
{
	begin();
	live_must("ip addr add 192.0.2.1/24 dev v0");
	ck_assert_uint_eq(times(), 1);
	ck_assert_int_eq(told_of, (int)if_nametoindex("v0"));
	live_must("ip addr del 192.0.2.1/24 dev v0 && ip addr add 2001:db8::1/64 dev v1 nodad");
	ck_assert_uint_eq(times(), 2);
	ck_assert_int_eq(told_of, (int)if_nametoindex("v1"));
	end();
}
END_TEST

START_TEST(one_whose_time_is_prolonged_is_not)
{
	live_must("ip link add v0 type veth peer name v1 && "
		  "ip addr add 192.0.2.1/24 dev v0 valid_lft 1000 preferred_lft 900");
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(addresses_new(event, on_changed, NULL, &addresses), 0);
	live_must("ip addr change 192.0.2.1/24 dev v0 valid_lft 2000 preferred_lft 1900");
	ck_assert_uint_eq(times(), 0);
	live_must("ip addr del 192.0.2.1/24 dev v0");
	ck_assert_uint_eq(times(), 1);
	end();
}
END_TEST

START_TEST(those_that_each_container_has_wake_nobody)
{
	begin();
	(void)times();
	live_must("ip addr add fe80::7/64 dev v0 nodad && ip link set v1 down");
	ck_assert_uint_eq(times(), 0);
	end();
}
END_TEST

START_TEST(where_messages_were_lost_it_is_told_that_something_may_have_changed)
{
	begin();
	live_must("{ for i in $(seq 5000); do echo addr add 10.0.$((i / 100))"
		  ".$((i % 100 + 1))/32 dev v0; done; } | ip -batch -");
	live_must("ip addr del 10.0.0.3/32 dev v0");
	/* One for all of them, and what was kept is no news after it. */
	ck_assert_uint_eq(times(), 1);
	ck_assert_int_eq(told_of, FACTS_NO_LINK);
	live_must("ip addr del 10.0.0.2/32 dev v0");
	ck_assert_uint_eq(times(), 1);
	live_must("ip addr add 10.0.0.3/32 dev v0");
	ck_assert_uint_eq(times(), 1);
	end();
}
END_TEST

static bool possible(void)
{
	return true;
}

LIVE_MAIN("live-addresses", possible, an_address_that_comes_or_goes_is_told_with_its_device,
	  one_whose_time_is_prolonged_is_not, those_that_each_container_has_wake_nobody,
	  where_messages_were_lost_it_is_told_that_something_may_have_changed)
