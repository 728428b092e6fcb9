/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "failover-log.h"
#include "temporary.h"
#include "unit.h"

static struct failover_log *log_;

static void open_log(void)
{
	failover_log_free(log_);
	log_ = NULL;
	ck_assert_int_eq(failover_log_open(temporary_path("failovers"), &log_), 0);
}

static void set_up(void)
{
	temporary_make();
	open_log();
}

static void tear_down(void)
{
	log_ = failover_log_free(log_);
	temporary_remove();
}

static void add(const char *from, const char *to, uint64_t realtime_usec)
{
	struct failover f = { .realtime_usec = realtime_usec, .cause = FAILOVER_CARRIER };

	strcpy(f.from, from);
	strcpy(f.to, to);
	ck_assert_int_eq(failover_log_add(log_, &f), 0);
}

static const struct proof offloaded = { .verdict = VERDICT_OFFLOADED,
					.tx = { 10, 10, 12 },
					.rx = { 7, 7, 7 } };

START_TEST(failovers_are_numbered_and_the_last_one_is_known)
{
	set_up();
	ck_assert_ptr_null(failover_log_last(log_));
	add("ix0", "ix1", 5);
	add("ix1", "ix0", 6);
	ck_assert_uint_eq(failover_log_count(log_), 2);
	ck_assert_uint_eq(failover_log_last(log_)->id, 2);
	ck_assert_str_eq(failover_log_last(log_)->to, "ix0");
	tear_down();
}
END_TEST

START_TEST(failovers_and_their_verdicts_outlive_the_process)
{
	const struct failover *f;

	set_up();
	add("ix0", "ix1", 5);
	ck_assert_int_eq(failover_log_prove(log_, &offloaded, 900), 1);
	open_log();
	f = failover_log_last(log_);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->id, 1);
	ck_assert_uint_eq(f->realtime_usec, 5);
	ck_assert_str_eq(f->from, "ix0");
	ck_assert_int_eq(f->cause, FAILOVER_CARRIER);
	ck_assert(f->proven);
	ck_assert_int_eq(f->verdict, VERDICT_OFFLOADED);
	ck_assert_uint_eq(f->verdict_usec, 900);
	ck_assert_uint_eq(f->tx.packets, 10);
	ck_assert_uint_eq(f->rx.hardware, 7);
	add("ix1", "ix0", 6);
	ck_assert_uint_eq(failover_log_count(log_), 2);
	tear_down();
}
END_TEST

START_TEST(a_verdict_is_noted_once)
{
	set_up();
	ck_assert_int_eq(failover_log_prove(log_, &offloaded, 900), 0);
	add("ix0", "ix1", 5);
	ck_assert_int_eq(failover_log_prove(log_, &offloaded, 900), 1);
	ck_assert_int_eq(failover_log_prove(log_, &offloaded, 901), 0);
	ck_assert_uint_eq(failover_log_last(log_)->verdict_usec, 900);
	tear_down();
}
END_TEST

START_TEST(a_line_cut_short_by_a_crash_spoils_no_other)
{
	set_up();
	add("ix0", "ix1", 5);
	temporary_append("failovers", "{\"id\":2,\"to\":\"ix");
	open_log();
	ck_assert_uint_eq(failover_log_count(log_), 1);
	add("ix1", "ix0", 6);
	open_log();
	ck_assert_uint_eq(failover_log_count(log_), 2);
	tear_down();
}
END_TEST

START_TEST(lines_that_are_no_failovers_are_passed_over)
{
	set_up();
	temporary_append("failovers", "garbage\n[]\n{}\n{\"id\":-4,\"to\":\"a\"}\n{\"id\":9e99}\n"
				      "{\"id\":3,\"to\":\"ix1\",\"from\":5,\"cause\":\"magic\"}\n");
	open_log();
	ck_assert_uint_eq(failover_log_count(log_), 3);
	ck_assert_str_eq(failover_log_last(log_)->from, "");
	ck_assert_int_eq(failover_log_last(log_)->cause, FAILOVER_UNKNOWN);
	tear_down();
}
END_TEST

START_TEST(only_the_newest_are_kept_in_memory_and_in_the_file)
{
	const uint64_t many = 4 * FAILOVER_LOG_SIZE;
	json_t *all;

	set_up();
	for (uint64_t i = 1; i <= many; i++) {
		char line[64];

		snprintf(line, sizeof(line), "{\"id\":%u,\"from\":\"ix0\",\"to\":\"ix1\"}\n",
			 (unsigned int)i);
		temporary_append("failovers", line);
	}
	open_log();
	all = failover_log_since(log_, 0);
	ck_assert_uint_eq(json_array_size(all), FAILOVER_LOG_SIZE);
	json_decref(all);

	add("ix0", "ix1", 5);
	ck_assert_uint_eq(temporary_count_lines("failovers"), FAILOVER_LOG_SIZE);
	open_log();
	ck_assert_uint_eq(failover_log_count(log_), many + 1);
	ck_assert_uint_eq(failover_log_last(log_)->realtime_usec, 5);
	tear_down();
}
END_TEST

START_TEST(those_since_a_time_come_oldest_first)
{
	json_t *some;

	set_up();
	for (uint64_t i = 1; i <= 5; i++)
		add("ix0", "ix1", i * 100);
	some = failover_log_since(log_, 300);
	ck_assert_uint_eq(json_array_size(some), 3);
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(some, 0), "id")), 3);
	json_decref(some);
	tear_down();
}
END_TEST

START_TEST(a_failover_is_remembered_though_the_disk_refuses_it)
{
	struct failover f = { .realtime_usec = 5, .to = "ix1" };

	set_up();
	temporary_remove();
	ck_assert_int_lt(failover_log_add(log_, &f), 0);
	ck_assert_uint_eq(failover_log_count(log_), 1);
	tear_down();
}
END_TEST

UNIT_MAIN("failover-log", failovers_are_numbered_and_the_last_one_is_known,
	  failovers_and_their_verdicts_outlive_the_process, a_verdict_is_noted_once,
	  a_line_cut_short_by_a_crash_spoils_no_other, lines_that_are_no_failovers_are_passed_over,
	  only_the_newest_are_kept_in_memory_and_in_the_file, those_since_a_time_come_oldest_first,
	  a_failover_is_remembered_though_the_disk_refuses_it)
