/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drift.h"
#include "unit.h"

#define SECOND UINT64_C(1000000)
#define DAY    (24 * 3600 * SECOND)

static struct drift d;
static uint64_t now, wait_usec;

static void begin(void)
{
	d = DRIFT_NULL;
	now = 1000 * SECOND;
	wait_usec = 0;
}

static enum drift_kind todo(void)
{
	return drift_see_todo(&d, now, &wait_usec);
}

/* Somebody changes it, and it is repaired. */
static void changed_and_repaired(void)
{
	ck_assert_int_eq(todo(), DRIFT_NEW);
	now += wait_usec;
	drift_come_due(&d);
	ck_assert(drift_may_change(&d));
	drift_see_applied(&d, now);
	drift_see_done(&d);
}

START_TEST(before_it_was_ever_as_it_should_be_nothing_is_drift)
{
	begin();
	ck_assert_int_eq(todo(), DRIFT_NONE);
	ck_assert(drift_may_change(&d));
	drift_see_applied(&d, now);
	drift_see_done(&d);
	ck_assert_uint_eq(d.n_repairs, 0);
	ck_assert(!drift_may_change(&d));
}
END_TEST

START_TEST(a_change_is_told_once_and_repaired_when_due)
{
	begin();
	drift_see_done(&d);
	ck_assert_int_eq(todo(), DRIFT_NEW);
	ck_assert_uint_eq(wait_usec, 2 * SECOND);
	ck_assert_int_eq(todo(), DRIFT_KNOWN);
	ck_assert(!drift_may_change(&d));
	drift_come_due(&d);
	ck_assert(drift_may_change(&d));
	ck_assert_int_eq(todo(), DRIFT_KNOWN);
}
END_TEST

START_TEST(the_second_repair_waits_longer_and_there_is_no_third)
{
	begin();
	drift_see_done(&d);
	changed_and_repaired();
	ck_assert_int_eq(todo(), DRIFT_NEW);
	ck_assert_uint_eq(wait_usec, 60 * SECOND);
	drift_come_due(&d);
	drift_see_applied(&d, now);
	drift_see_done(&d);
	ck_assert_int_eq(todo(), DRIFT_FIGHT);
	ck_assert(!drift_may_change(&d));
	drift_come_due(&d);
	drift_reset(&d);
	ck_assert(drift_may_change(&d));
}
END_TEST

START_TEST(a_repair_that_held_for_a_day_does_not_count)
{
	begin();
	drift_see_done(&d);
	changed_and_repaired();
	changed_and_repaired();
	now += DAY + 1;
	ck_assert_int_eq(todo(), DRIFT_NEW);
	ck_assert_uint_eq(wait_usec, 2 * SECOND);
}
END_TEST

START_TEST(one_that_held_for_less_does)
{
	begin();
	drift_see_done(&d);
	changed_and_repaired();
	changed_and_repaired();
	now += DAY;
	ck_assert_int_eq(todo(), DRIFT_FIGHT);
}
END_TEST

START_TEST(what_vanishes_by_itself_is_not_repaired)
{
	begin();
	drift_see_done(&d);
	ck_assert_int_eq(todo(), DRIFT_NEW);
	drift_see_done(&d);
	drift_come_due(&d);
	ck_assert(!drift_may_change(&d));
}
END_TEST

UNIT_MAIN("drift", before_it_was_ever_as_it_should_be_nothing_is_drift,
	  a_change_is_told_once_and_repaired_when_due,
	  the_second_repair_waits_longer_and_there_is_no_third,
	  a_repair_that_held_for_a_day_does_not_count, one_that_held_for_less_does,
	  what_vanishes_by_itself_is_not_repaired)
