/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outage.h"
#include "unit.h"

#define SECOND UINT64_C(1000000)

static struct outages o;

/* What a step interrupted, when watching ended at @end_usec. */
static void interrupted(size_t step, uint64_t end_usec, const char *expected)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	outages_print(&o, step, end_usec, &t);
	ck_assert_str_eq(t.data, expected);
}

static void begin(void)
{
	o = OUTAGES_NULL;
	ck_assert_int_eq(outages_add(&o, "bond0", true), 0);
	ck_assert_int_eq(outages_add(&o, "the tunnel of example", true), 1);
	ck_assert_int_eq(outages_add(&o, "the tunnel of sleeper", false), 2);
}

static void see(size_t subject, bool up, uint64_t usec)
{
	ck_assert_int_eq(outages_see(&o, subject, up, usec), 0);
}

START_TEST(nothing_happened)
{
	begin();
	see(1, true, 5 * SECOND);
	see(2, false, 6 * SECOND);
	interrupted(0, 9 * SECOND, "nothing");
	outages_done(&o);
}
END_TEST

START_TEST(an_outage_is_of_the_step_in_which_it_began)
{
	begin();
	outages_step(&o, 1);
	see(1, false, 10 * SECOND);
	outages_step(&o, 2);
	see(1, true, 12 * SECOND + 345678);
	interrupted(0, 20 * SECOND, "nothing");
	interrupted(1, 20 * SECOND, "the tunnel of example for 2.34 s");
	interrupted(2, 20 * SECOND, "nothing");
	outages_done(&o);
}
END_TEST

START_TEST(the_first_outage_of_a_step_tells_since_when)
{
	begin();
	see(0, false, 3 * SECOND);
	see(0, true, 4 * SECOND);
	outages_step(&o, 1);
	ck_assert_uint_eq(outages_since(&o, 9 * SECOND), 9 * SECOND);
	see(0, false, 7 * SECOND);
	see(0, true, 8 * SECOND);
	see(1, false, 8 * SECOND);
	ck_assert_uint_eq(outages_since(&o, 9 * SECOND), 7 * SECOND);
	outages_done(&o);
}
END_TEST

START_TEST(several_of_one_step_are_added_up)
{
	begin();
	see(1, false, 1 * SECOND);
	see(1, false, 2 * SECOND);
	see(1, true, 3 * SECOND);
	see(1, false, 4 * SECOND);
	see(1, true, 4 * SECOND + 50000);
	see(0, false, 1 * SECOND);
	see(0, true, 1 * SECOND + 500000);
	interrupted(0, 9 * SECOND, "bond0 for 0.50 s, the tunnel of example for 2.05 s");
	outages_done(&o);
}
END_TEST

START_TEST(what_does_not_come_back_is_said)
{
	begin();
	see(1, false, 1 * SECOND);
	interrupted(0, 31 * SECOND, "the tunnel of example for 30.00 s and not back yet");
	outages_done(&o);
}
END_TEST

START_TEST(what_was_not_up_can_be_interrupted_once_it_is)
{
	begin();
	see(2, true, 1 * SECOND);
	see(2, false, 2 * SECOND);
	see(2, true, 3 * SECOND);
	interrupted(0, 9 * SECOND, "the tunnel of sleeper for 1.00 s");
	outages_done(&o);
}
END_TEST

UNIT_MAIN("outage", nothing_happened, an_outage_is_of_the_step_in_which_it_began,
	  the_first_outage_of_a_step_tells_since_when, several_of_one_step_are_added_up,
	  what_does_not_come_back_is_said, what_was_not_up_can_be_interrupted_once_it_is)
