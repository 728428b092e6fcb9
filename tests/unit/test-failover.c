/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "failover.h"
#include "unit.h"

enum {
	BOND = 10
};

static struct failover_tracker tracker;
static struct failover failover;
static uint64_t now;
static struct facts_link ports[3];
static int bond, primary;
static bool primary_is_back, chosen;

static struct facts_link *named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		if (streq(ports[i].name, name))
			return &ports[i];
	return NULL;
}

static struct facts_link *numbered(int ifindex)
{
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		if (ports[i].ifindex == ifindex)
			return &ports[i];
	return NULL;
}

static void set_up(void)
{
	tracker = (struct failover_tracker){ 0 };
	failover = (struct failover){ 0 };
	now = 1000;
	bond = BOND;
	primary = FACTS_NO_LINK;
	primary_is_back = chosen = false;
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		ports[i] = (struct facts_link){ .ifindex = 11 + (int)i,
						.master = BOND,
						.up = true,
						.carrier = true,
						.port.mii_up = true };
		snprintf(ports[i].name, sizeof(ports[i].name), "ix%zu", i);
	}
}

static int see_with(const char *active, bool reconstructed)
{
	const struct failover_sight sight = {
		.monotonic_usec = now,
		.realtime_usec = now + 5000000,
		.active = active ? named(active) : NULL,
		.last = numbered(tracker.last_index),
		.bond = bond,
		.primary = primary,
		.primary_is_back = primary_is_back,
		.reconstructed = reconstructed,
		.chosen = chosen,
	};

	return failover_see(&tracker, &sight, &failover);
}

static int see(const char *active)
{
	return see_with(active, false);
}

static void ck_failover(const char *from, const char *to, enum failover_cause cause)
{
	ck_assert_str_eq(failover.from, from);
	ck_assert_str_eq(failover.to, to);
	ck_assert_str_eq(failover_cause_name(failover.cause), failover_cause_name(cause));
}

START_TEST(the_first_look_is_no_failover)
{
	set_up();
	ck_assert_int_eq(see("ix0"), 0);
	ck_assert_uint_eq(tracker.switches, 0);
}
END_TEST

START_TEST(the_same_port_again_is_no_failover)
{
	set_up();
	see("ix0");
	ck_assert_int_eq(see("ix0"), 0);
	ck_assert_uint_eq(tracker.switches, 0);
}
END_TEST

START_TEST(a_cut_cable_is_a_failover_by_carrier)
{
	set_up();
	see("ix0");
	ports[0].carrier = false;
	ck_assert_int_eq(see("ix1"), 1);
	ck_failover("ix0", "ix1", FAILOVER_CARRIER);
	ck_assert_uint_eq(failover.realtime_usec, now + 5000000);
	ck_assert(failover.outage_known);
	ck_assert_uint_eq(failover.outage_usec, 0);
	ck_assert_uint_eq(tracker.switches, 1);
}
END_TEST

START_TEST(a_port_that_bonding_finds_dead_is_a_failover_by_carrier)
{
	set_up();
	see("ix0");
	ports[0].port.mii_up = false;
	ck_assert_int_eq(see("ix1"), 1);
	ck_failover("ix0", "ix1", FAILOVER_CARRIER);
}
END_TEST

START_TEST(a_port_set_down_is_administrative_though_it_has_no_carrier_either)
{
	set_up();
	see("ix0");
	ports[0].up = ports[0].carrier = false;
	ck_assert_int_eq(see("ix1"), 1);
	ck_failover("ix0", "ix1", FAILOVER_ADMINISTRATIVE);
}
END_TEST

START_TEST(a_port_that_left_the_bond_is_administrative)
{
	set_up();
	see("ix0");
	ports[0].master = FACTS_NO_LINK;
	ck_assert_int_eq(see("ix1"), 1);
	ck_failover("ix0", "ix1", FAILOVER_ADMINISTRATIVE);
}
END_TEST

START_TEST(a_port_that_is_gone_is_administrative)
{
	set_up();
	see("ix0");
	ports[0].ifindex = 99;
	ck_assert_int_eq(see("ix1"), 1);
	ck_failover("ix0", "ix1", FAILOVER_ADMINISTRATIVE);
}
END_TEST

START_TEST(a_bond_that_is_deleted_is_an_outage_by_administration)
{
	set_up();
	see("ix0");
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		ports[i].master = FACTS_NO_LINK;
	bond = FACTS_NO_LINK;
	ck_assert_int_eq(see(NULL), 0);
	bond = BOND;
	ck_assert_int_eq(see("ix0"), 1);
	ck_failover("ix0", "ix0", FAILOVER_ADMINISTRATIVE);
}
END_TEST

START_TEST(a_switch_between_two_good_ports_is_by_request)
{
	set_up();
	see("ix0");
	ck_assert_int_eq(see("ix1"), 1);
	ck_failover("ix0", "ix1", FAILOVER_REQUEST);
}
END_TEST

START_TEST(a_switch_back_to_the_primary_port_is_the_primary)
{
	set_up();
	see("ix1");
	primary = ports[0].ifindex;
	primary_is_back = true;
	ck_assert_int_eq(see("ix0"), 1);
	ck_failover("ix1", "ix0", FAILOVER_PRIMARY);
	/* To another one it is none of its doing. */
	ck_assert_int_eq(see("ix1"), 1);
	ck_failover("ix0", "ix1", FAILOVER_REQUEST);
}
END_TEST

START_TEST(a_switch_to_a_primary_port_that_was_there_all_along_is_by_request)
{
	set_up();
	see("ix1");
	primary = ports[0].ifindex;
	ck_assert_int_eq(see("ix0"), 1);
	ck_failover("ix1", "ix0", FAILOVER_REQUEST);
}
END_TEST

START_TEST(an_outage_ends_with_one_failover_that_tells_its_length)
{
	set_up();
	see("ix0");
	ports[0].carrier = false;
	now = 2000;
	ck_assert_int_eq(see(NULL), 0);
	now = 3000;
	ck_assert_int_eq(see(NULL), 0);
	now = 5500;
	ck_assert_int_eq(see("ix1"), 1);
	ck_failover("ix0", "ix1", FAILOVER_CARRIER);
	ck_assert(failover.outage_known);
	ck_assert_uint_eq(failover.outage_usec, 3500);
	ck_assert_int_eq(see("ix1"), 0);
}
END_TEST

START_TEST(an_outage_that_the_same_port_ends_is_a_failover_too)
{
	set_up();
	see("ix0");
	ports[0].carrier = false;
	see(NULL);
	ports[0].carrier = true;
	now += 700;
	ck_assert_int_eq(see("ix0"), 1);
	ck_failover("ix0", "ix0", FAILOVER_CARRIER);
	ck_assert_uint_eq(failover.outage_usec, 700);
}
END_TEST

START_TEST(how_long_an_outage_was_that_nobody_saw_begin_or_end_is_not_known)
{
	/* All of it among lost messages. */
	set_up();
	see("ix0");
	ports[0].port.link_failures++;
	now += 60000000;
	ck_assert_int_eq(see_with("ix0", true), 1);
	ck_assert(!failover.outage_known);
	ck_assert_int_eq(see_with("ix1", true), 1);
	ck_assert(!failover.outage_known);

	/* It had begun before somebody listened. */
	set_up();
	see("ix0");
	ck_assert_int_eq(see_with(NULL, true), 0);
	now += 700;
	ck_assert_int_eq(see("ix0"), 1);
	ck_assert(!failover.outage_known);
	ck_assert_uint_eq(failover.outage_usec, 0);

	/* It has ended when nobody listened. */
	set_up();
	see("ix0");
	ck_assert_int_eq(see(NULL), 0);
	now += 700;
	ck_assert_int_eq(see_with("ix0", true), 1);
	ck_assert(!failover.outage_known);
}
END_TEST

START_TEST(a_bond_that_gets_its_first_port_does_not_fail_over)
{
	set_up();
	see(NULL);
	ck_assert_int_eq(see("ix0"), 0);
	ck_assert_int_eq(see("ix1"), 1);
	ck_failover("ix0", "ix1", FAILOVER_REQUEST);
}
END_TEST

START_TEST(a_switch_seen_only_afterwards_says_so)
{
	set_up();
	see("ix0");
	ck_assert_int_eq(see_with("ix1", true), 1);
	ck_failover("ix0", "ix1", FAILOVER_RECONSTRUCTED);
}
END_TEST

START_TEST(a_port_that_was_away_while_nobody_listened_is_a_failover_from_and_to_it)
{
	set_up();
	see("ix0");
	ck_assert_int_eq(see_with("ix0", true), 0);
	ports[0].port.link_failures++;
	ck_assert_int_eq(see_with("ix0", true), 1);
	ck_failover("ix0", "ix0", FAILOVER_RECONSTRUCTED);
	ck_assert_uint_eq(failover.link_failures, 1);
	ck_assert_int_eq(see_with("ix0", true), 0);
}
END_TEST

START_TEST(a_count_of_failures_that_was_seen_growing_is_no_failover_later)
{
	set_up();
	see("ix0");
	ports[0].port.link_failures++;
	ck_assert_int_eq(see("ix0"), 0);
	ck_assert_int_eq(see_with("ix0", true), 0);
}
END_TEST

START_TEST(a_port_that_is_chosen_anew_was_away_where_its_count_of_failures_says_so)
{
	set_up();
	see("ix0");
	chosen = true;
	ck_assert_int_eq(see("ix0"), 0);
	ports[0].port.link_failures++;
	ck_assert_int_eq(see("ix0"), 1);
	ck_failover("ix0", "ix0", FAILOVER_CARRIER);
	ck_assert(!failover.outage_known);
	/* The bond may have told of its new port before bonding does, when it takes its address. */
	ck_assert_int_eq(see("ix0"), 0);
	ports[1].port.link_failures++;
	ck_assert_int_eq(see("ix1"), 1);
	ck_failover("ix0", "ix1", FAILOVER_REQUEST);
	ck_assert(failover.outage_known);
	ck_assert_int_eq(see("ix1"), 0);
}
END_TEST

START_TEST(a_port_that_was_renamed_is_the_same)
{
	set_up();
	see("ix0");
	snprintf(ports[0].name, sizeof(ports[0].name), "eth7");
	ck_assert_int_eq(see("eth7"), 0);
	ck_assert_int_eq(see("ix1"), 1);
	ck_failover("eth7", "ix1", FAILOVER_REQUEST);
}
END_TEST

START_TEST(a_port_that_took_the_name_of_another_is_another)
{
	set_up();
	see("ix0");
	snprintf(ports[0].name, sizeof(ports[0].name), "old");
	snprintf(ports[1].name, sizeof(ports[1].name), "ix0");
	ck_assert_int_eq(see("ix0"), 1);
	ck_failover("ix0", "ix0", FAILOVER_REQUEST);
}
END_TEST

START_TEST(what_another_process_knew_of_a_port_is_its_name)
{
	set_up();
	tracker = (struct failover_tracker){ .seen = true, .last = "ix0" };
	ck_assert_int_eq(see_with("ix0", true), 0);
	ck_assert_int_eq(tracker.last_index, ports[0].ifindex);
}
END_TEST

START_TEST(five_hundred_switches_are_five_hundred_failovers_in_order)
{
	set_up();
	see("ix0");
	for (int i = 1; i <= 500; i++) {
		ck_assert_int_eq(see(i % 2 ? "ix1" : "ix0"), 1);
		ck_failover(i % 2 ? "ix0" : "ix1", i % 2 ? "ix1" : "ix0", FAILOVER_REQUEST);
	}
	ck_assert_uint_eq(tracker.switches, 500);
}
END_TEST

UNIT_MAIN("failover", how_long_an_outage_was_that_nobody_saw_begin_or_end_is_not_known,
	  the_first_look_is_no_failover, the_same_port_again_is_no_failover,
	  a_cut_cable_is_a_failover_by_carrier,
	  a_port_that_bonding_finds_dead_is_a_failover_by_carrier,
	  a_port_set_down_is_administrative_though_it_has_no_carrier_either,
	  a_port_that_left_the_bond_is_administrative, a_port_that_is_gone_is_administrative,
	  a_bond_that_is_deleted_is_an_outage_by_administration,
	  a_switch_between_two_good_ports_is_by_request,
	  a_switch_back_to_the_primary_port_is_the_primary,
	  a_switch_to_a_primary_port_that_was_there_all_along_is_by_request,
	  an_outage_ends_with_one_failover_that_tells_its_length,
	  an_outage_that_the_same_port_ends_is_a_failover_too,
	  a_bond_that_gets_its_first_port_does_not_fail_over, a_switch_seen_only_afterwards_says_so,
	  a_port_that_was_away_while_nobody_listened_is_a_failover_from_and_to_it,
	  a_count_of_failures_that_was_seen_growing_is_no_failover_later,
	  a_port_that_is_chosen_anew_was_away_where_its_count_of_failures_says_so,
	  a_port_that_was_renamed_is_the_same, a_port_that_took_the_name_of_another_is_another,
	  what_another_process_knew_of_a_port_is_its_name,
	  five_hundred_switches_are_five_hundred_failovers_in_order)
