/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "times.h"

#include <time.h>

#include "unit.h"

#define SECOND UINT64_C(1000000)
#define HOUR   (3600 * SECOND)

/* 2026-01-02 03:04:05 UTC */
#define NOW (UINT64_C(1767323045) * SECOND)

static void in_zone(const char *zone)
{
	ck_assert_int_eq(setenv("TZ", zone, 1), 0);
	tzset();
}

static void use_utc(void)
{
	in_zone("UTC");
}

static uint64_t point(const char *text)
{
	uint64_t usec = 12345;

	ck_assert_msg(times_parse(text, NOW, &usec) == 0, "\"%s\" is a time", text);
	return usec;
}

static uint64_t span(const char *text)
{
	uint64_t usec = 12345;

	ck_assert_msg(times_parse_span(text, &usec) == 0, "\"%s\" is a span", text);
	return usec;
}

START_TEST(a_date_may_leave_out_what_is_zero)
{
	ck_assert_uint_eq(point("2026-01-02 03:04:05"), NOW);
	ck_assert_uint_eq(point("2026-01-02 03:04"), NOW - 5 * SECOND);
	ck_assert_uint_eq(point("2026-01-02"), NOW - 3 * HOUR - 245 * SECOND);
}
END_TEST

START_TEST(a_clock_alone_is_of_today)
{
	ck_assert_uint_eq(point("03:04"), NOW - 5 * SECOND);
	ck_assert_uint_eq(point("03:04:05"), NOW);
}
END_TEST

START_TEST(words_stand_for_days)
{
	ck_assert_uint_eq(point("now"), NOW);
	ck_assert_uint_eq(point("today"), point("2026-01-02"));
	ck_assert_uint_eq(point("yesterday"), point("2026-01-01"));
}
END_TEST

START_TEST(a_span_before_the_present_is_a_point)
{
	ck_assert_uint_eq(point("-1h"), NOW - HOUR);
	ck_assert_uint_eq(point("-1h 30min"), NOW - HOUR - 1800 * SECOND);
	ck_assert_uint_eq(point("2 days ago"), NOW - 48 * HOUR);
}
END_TEST

START_TEST(seconds_since_the_epoch_may_have_decimals)
{
	ck_assert_uint_eq(point("@1767323045"), NOW);
	ck_assert_uint_eq(point("@7.25"), 7250000);
}
END_TEST

START_TEST(a_date_is_in_local_time)
{
	in_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	ck_assert_uint_eq(point("2026-01-02 04:04:05"), NOW);
	/* In summer, asked in winter. */
	ck_assert_uint_eq(point("2025-07-01 12:00"), UINT64_C(1751364000) * SECOND);
}
END_TEST

START_TEST(what_is_no_time_is_refused)
{
	static const char *const texts[] = { "",
					     "never",
					     "2026-02-30",
					     "2026-13-01",
					     "2026-01-02 25:00",
					     "2026-01-02 03:04:05 UTC?",
					     "@",
					     "@x",
					     "@1x",
					     "-",
					     "-1y2",
					     " ago",
					     "1h ago ago",
					     "-99999 weeks",
					     "1969-12-31",
					     "@99999999999999999999" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		uint64_t usec = 12345;

		ck_assert_msg(times_parse(texts[i], NOW, &usec) == -EINVAL, "\"%s\" is no time",
			      texts[i]);
		ck_assert_uint_eq(usec, 12345);
	}
}
END_TEST

START_TEST(a_span_is_a_sum_of_parts)
{
	ck_assert_uint_eq(span("30s"), 30 * SECOND);
	ck_assert_uint_eq(span("30"), 30 * SECOND);
	ck_assert_uint_eq(span("1min 500ms"), 60 * SECOND + 500000);
	ck_assert_uint_eq(span("1h30min"), HOUR + 1800 * SECOND);
	ck_assert_uint_eq(span(" 2 weeks "), 14 * 24 * HOUR);
	ck_assert_uint_eq(span("1.5min"), 90 * SECOND);
	ck_assert_uint_eq(span("0.000001s"), 1);
}
END_TEST

START_TEST(what_is_no_span_is_refused)
{
	static const char *const texts[] = { "",    "s",     "1x",  "1..5s", "1.s", ".5s",
					     "-1s", "1h 30", "1 2", "1s,",   "s1",  "1s 2" };
	uint64_t usec;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		ck_assert_msg(times_parse_span(texts[i], &usec) == -EINVAL, "\"%s\" is no span",
			      texts[i]);
}
END_TEST

START_TEST(a_span_that_is_too_long_is_refused)
{
	uint64_t usec;

	ck_assert_int_eq(times_parse_span("1800000000000 weeks", &usec), -ERANGE);
	ck_assert_int_eq(times_parse_span("1800000000000s 17000000000000s", &usec), -ERANGE);
	ck_assert_int_lt(times_parse_span("99999999999999999999999s", &usec), 0);
}
END_TEST

START_TEST(a_time_is_printed_in_local_time)
{
	char buffer[TIMES_TEXT_SIZE];

	times_print(NOW, buffer);
	ck_assert_str_eq(buffer, "2026-01-02 03:04:05");
	times_print_clock(NOW + 67890, buffer);
	ck_assert_str_eq(buffer, "03:04:05.067");
	times_print(UINT64_MAX, buffer);
	ck_assert_str_eq(buffer, "586524-01-19 08:01:49");
}
END_TEST

START_TEST(a_span_is_printed_as_coarsely_as_it_is_long)
{
	static const struct {
		uint64_t usec;
		const char *text;
	} spans[] = {
		{ 0, "0 ms" },
		{ 999999, "999 ms" },
		{ SECOND, "1.0 s" },
		{ 2450000, "2.4 s" },
		{ 60 * SECOND, "1 min" },
		{ 200 * SECOND, "3 min 20 s" },
		{ 2 * HOUR + 300 * SECOND, "2 h 5 min" },
		{ 103 * HOUR, "4 d 7 h" },
	};
	char buffer[TIMES_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		times_print_span(spans[i].usec, buffer);
		ck_assert_str_eq(buffer, spans[i].text);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_date_may_leave_out_what_is_zero,
		a_clock_alone_is_of_today,
		words_stand_for_days,
		a_span_before_the_present_is_a_point,
		seconds_since_the_epoch_may_have_decimals,
		a_date_is_in_local_time,
		what_is_no_time_is_refused,
		a_span_is_a_sum_of_parts,
		what_is_no_span_is_refused,
		a_span_that_is_too_long_is_refused,
		a_time_is_printed_in_local_time,
		a_span_is_printed_as_coarsely_as_it_is_long,
	};

	return unit_run_with("times", use_utc, tests, ARRAY_SIZE(tests));
}
