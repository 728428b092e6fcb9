/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "unit.h"

#include "base.h"
#include "xfrm.h"

/* As Linux 6.1 prints it, in part. */
static const char sample[] = "XfrmInError             \t0\n"
			     "XfrmInNoStates          \t12\n"
			     "XfrmInStateProtoError   \t18446744073709551615\n"
			     "XfrmOutStateProtoError\t3\n";

static size_t count(const char *text, size_t len)
{
	struct xfrm_counter *counters;
	size_t n;

	ck_assert_int_eq(xfrm_stat_parse(text, len, &counters, &n), 0);
	free(counters);
	return n;
}

START_TEST(the_counters_are_read_by_their_names)
{
	struct xfrm_counter *counters;
	size_t n;

	ck_assert_int_eq(xfrm_stat_parse(sample, strlen(sample), &counters, &n), 0);
	ck_assert_uint_eq(n, 4);
	ck_assert_str_eq(counters[1].name, "XfrmInNoStates");
	ck_assert_uint_eq(counters[1].value, 12);
	ck_assert_uint_eq(xfrm_stat_value(counters, n, "XfrmInStateProtoError"), UINT64_MAX);
	ck_assert_uint_eq(xfrm_stat_value(counters, n, "XfrmOutStateProtoError"), 3);
	ck_assert_uint_eq(xfrm_stat_value(counters, n, "XfrmInSomethingNew"), 0);
	free(counters);
}
END_TEST

START_TEST(a_last_line_without_an_end_counts)
{
	ck_assert_uint_eq(count("A 1\nB 2", 7), 2);
}
END_TEST

START_TEST(an_empty_text_has_no_counters)
{
	ck_assert_uint_eq(count("", 0), 0);
}
END_TEST

START_TEST(a_line_that_is_no_name_and_number_is_left_out)
{
	static const char *const no[] = {
		"\n",
		"XfrmInError\n",
		"XfrmInError \n",
		" 12\n",
		"XfrmInError -1\n",
		"XfrmInError 1x\n",
		"XfrmInError 1 2\n",
		"XfrmInError 18446744073709551616\n",
		"XfrmInError 99999999999999999999\n",
		"A-name-of-forty-letters-or-even-more-....\t1\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		ck_assert_msg(count(no[i], strlen(no[i])) == 0, "%s was taken", no[i]);
	ck_assert_uint_eq(count("A\0B 1\n", 6), 0);
	ck_assert_uint_eq(count("A-name-of-thirty-nine-letters-and-so-on 1\n", 42), 1);
}
END_TEST

UNIT_MAIN("xfrm-stat", the_counters_are_read_by_their_names, a_last_line_without_an_end_counts,
	  an_empty_text_has_no_counters, a_line_that_is_no_name_and_number_is_left_out)
