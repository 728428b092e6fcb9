/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "failover-log.h"

#include <sys/resource.h>
#include <unistd.h>

#include "temporary.h"
#include "unit.h"

static struct failover_log *log_;

static void open_log_after(const char *boot)
{
	failover_log_free(log_);
	log_ = NULL;
	ck_assert_int_eq(failover_log_open(temporary_path("failovers"), boot, &log_), 0);
}

static void open_log(void)
{
	open_log_after("monday");
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
	failover_log_add(log_, &f);
	ck_assert_int_eq(failover_log_sync(log_), 0);
}

static const struct proof offloaded = { .verdict = VERDICT_OFFLOADED,
					.tx = { 10, 10, 12 },
					.rx = { 7, 7, 7 } };
static const struct proof software = {
	.verdict = VERDICT_SOFTWARE, .tx = { 10, 0, 0 }, .n_idle = 5, .reason = "the CPU does it"
};
static const struct failover_evidence silence = { .sas = { .known = true, .n = 2 } };
static const struct failover_evidence words = { .sas = { .known = true, .n = 4 },
						.sas_refused = 3,
						.kernel_words = "No space for SA in Tx table",
						.xfrm_errors = "XfrmInNoStates +5" };

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

START_TEST(a_file_that_is_none_of_ours_is_begun_anew_with_the_next_failover)
{
	set_up();
	add("ix0", "ix1", 5);
	failover_log_free(log_);
	log_ = NULL;
	ck_assert_int_eq(truncate(temporary_path("failovers"), 17 * 1024 * 1024), 0);
	open_log();
	ck_assert_uint_eq(failover_log_count(log_), 0);
	add("ix1", "ix0", 6);
	open_log();
	ck_assert_uint_eq(failover_log_count(log_), 1);
	ck_assert_str_eq(failover_log_last(log_)->to, "ix0");
	tear_down();
}
END_TEST

/* Taken for an empty one, its next line would have a number that is in the file already. */
START_TEST(a_file_for_which_no_descriptor_is_left_is_not_taken_for_none)
{
	struct failover_log *other = NULL;
	struct rlimit before, none;

	set_up();
	add("ix0", "ix1", 5);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_eq(failover_log_open(temporary_path("failovers"), "monday", &other), -EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_ptr_null(other);
	tear_down();
}
END_TEST

START_TEST(failovers_and_their_verdicts_outlive_the_process)
{
	const struct failover *f;

	set_up();
	add("ix0", "ix1", 5);
	ck_assert_int_eq(failover_log_prove(log_, &offloaded, &silence, 900), 1);
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
	ck_assert_int_eq(failover_log_prove(log_, &offloaded, &silence, 900), 0);
	add("ix0", "ix1", 5);
	ck_assert_int_eq(failover_log_prove(log_, &offloaded, &silence, 900), 1);
	ck_assert_int_eq(failover_log_prove(log_, &offloaded, &silence, 901), 0);
	ck_assert_uint_eq(failover_log_last(log_)->verdict_usec, 900);
	tear_down();
}
END_TEST

START_TEST(the_evidence_is_kept_with_the_verdict)
{
	const struct failover *f;

	set_up();
	add("ix0", "ix1", 5);
	ck_assert_int_eq(failover_log_prove(log_, &software, &words, 900), 1);
	open_log();
	f = failover_log_last(log_);
	ck_assert_int_eq(f->verdict, VERDICT_SOFTWARE);
	ck_assert_str_eq(f->reason, "the CPU does it");
	ck_assert_uint_eq(f->sas_idle, 5);
	ck_assert(f->evidence.sas.known);
	ck_assert_uint_eq(f->evidence.sas.n, 4);
	ck_assert_uint_eq(f->evidence.sas_refused, 3);
	ck_assert_str_eq(f->evidence.kernel_words, "No space for SA in Tx table");
	ck_assert_str_eq(f->evidence.xfrm_errors, "XfrmInNoStates +5");
	tear_down();
}
END_TEST

START_TEST(what_is_not_known_is_left_out_and_stays_unknown)
{
	json_t *j;

	set_up();
	add("ix0", "ix1", 5);
	j = failover_log_since(log_, 0);
	ck_assert_ptr_null(json_object_get(json_array_get(j, 0), "sas_before"));
	ck_assert_ptr_null(json_object_get(json_array_get(j, 0), "outage_usec"));
	ck_assert_ptr_null(json_object_get(json_array_get(j, 0), "verdict"));
	json_decref(j);
	open_log();
	ck_assert(!failover_log_last(log_)->sas_before.known);
	ck_assert(!failover_log_last(log_)->outage_known);
	ck_assert(failover_log_is_open(log_));
	tear_down();
}
END_TEST

START_TEST(an_outage_of_no_time_is_not_one_that_is_not_known)
{
	struct failover f = { .from = "ix0", .to = "ix1", .outage_known = true };

	set_up();
	failover_log_add(log_, &f);
	ck_assert_int_eq(failover_log_sync(log_), 0);
	open_log();
	ck_assert(failover_log_last(log_)->outage_known);
	ck_assert_uint_eq(failover_log_last(log_)->outage_usec, 0);
	tear_down();
}
END_TEST

START_TEST(a_failover_before_the_verdict_leaves_the_first_one_unknown)
{
	json_t *all, *first;

	set_up();
	add("ix0", "ix1", 5);
	add("ix1", "ix0", 25);
	for (int i = 0; i < 2; i++) {
		ck_assert(failover_log_is_open(log_));
		all = failover_log_since(log_, 0);
		first = json_array_get(all, 0);
		ck_assert_str_eq(json_string_value(json_object_get(first, "verdict")), "unknown");
		ck_assert_int_eq(json_integer_value(json_object_get(first, "verdict_usec")), 20);
		ck_assert_str_eq(json_string_value(json_object_get(first, "reason")),
				 "the next failover came before there was a verdict");
		json_decref(all);
		open_log();
	}
	ck_assert_int_eq(failover_log_prove(log_, &offloaded, &silence, 1), 1);
	tear_down();
}
END_TEST

START_TEST(a_verdict_is_still_waited_for_after_a_restart_and_not_after_a_boot)
{
	set_up();
	add("ix0", "ix1", 5);
	open_log();
	ck_assert(failover_log_is_open(log_));
	open_log_after("tuesday");
	ck_assert(!failover_log_is_open(log_));
	ck_assert_int_eq(failover_log_last(log_)->verdict, VERDICT_UNKNOWN);
	tear_down();
}
END_TEST

START_TEST(where_the_bond_stands_outlives_the_process_and_not_the_boot)
{
	const struct failover_log_standing noted = { "ix7", 12, 3 };
	struct failover_log_standing seen;

	set_up();
	ck_assert(!failover_log_standing(log_, &seen));
	ck_assert_int_eq(failover_log_note(log_, &noted), 0);
	open_log();
	ck_assert(failover_log_standing(log_, &seen));
	ck_assert_str_eq(seen.port, "ix7");
	ck_assert_int_eq(seen.ifindex, 12);
	ck_assert_uint_eq(seen.link_failures, 3);
	ck_assert_uint_eq(failover_log_count(log_), 0);
	open_log_after("tuesday");
	ck_assert(!failover_log_standing(log_, &seen));
	tear_down();
}
END_TEST

START_TEST(a_failover_tells_where_the_bond_stands)
{
	struct failover f = { .from = "ix0", .to = "ix1", .to_index = 12, .link_failures = 9 };
	struct failover_log_standing seen;

	set_up();
	failover_log_add(log_, &f);
	ck_assert_int_eq(failover_log_sync(log_), 0);
	open_log();
	ck_assert(failover_log_standing(log_, &seen));
	ck_assert_str_eq(seen.port, "ix1");
	ck_assert_int_eq(seen.ifindex, 12);
	ck_assert_uint_eq(seen.link_failures, 9);
	tear_down();
}
END_TEST

START_TEST(the_same_standing_is_written_once)
{
	const struct failover_log_standing noted = { "ix7", 12, 3 };

	set_up();
	failover_log_note(log_, &noted);
	ck_assert_uint_eq(temporary_count_lines("failovers"), 2);
	failover_log_note(log_, &noted);
	open_log();
	failover_log_note(log_, &noted);
	ck_assert_uint_eq(temporary_count_lines("failovers"), 2);
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

START_TEST(words_without_a_verdict_are_none_of_it)
{
	set_up();
	temporary_append("failovers", "{\"boot\": \"monday\", \"id\": 1, \"realtime_usec\": 5, "
				      "\"from\": \"ix0\", \"to\": "
				      "\"ix1\", \"reason\": \"damaged\", \"kernel\": \"words\", "
				      "\"xfrm_errors\": \"more\"}\n");
	open_log();
	ck_assert(failover_log_is_open(log_));
	ck_assert_ptr_null(failover_log_last(log_)->reason);
	ck_assert_int_eq(failover_log_prove(log_, &software, &words, 7), 1);
	ck_assert_str_eq(failover_log_last(log_)->reason, software.reason);
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
	/* And where the bond stands. */
	ck_assert_uint_eq(temporary_count_lines("failovers"), FAILOVER_LOG_SIZE + 1);
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

static void add_without_writing(const char *from, const char *to)
{
	struct failover f = { .realtime_usec = 5 };

	strcpy(f.from, from);
	strcpy(f.to, to);
	failover_log_add(log_, &f);
}

START_TEST(what_was_added_is_written_together_with_whatever_is_written_next)
{
	const struct failover_log_standing noted = { "ix7", 12, 3 };
	struct failover_log_standing seen;

	set_up();
	add_without_writing("ix0", "ix1");
	add_without_writing("ix1", "ix0");
	ck_assert_uint_eq(failover_log_count(log_), 2);
	ck_assert_uint_eq(temporary_count_lines("failovers"), 0);
	ck_assert_int_eq(failover_log_write(log_), 0);
	ck_assert_int_eq(failover_log_write(log_), 0);
	/* The first line of a process is an empty one. */
	ck_assert_uint_eq(temporary_count_lines("failovers"), 3);

	add_without_writing("ix0", "ix1");
	ck_assert_int_eq(failover_log_prove(log_, &offloaded, &silence, 900), 1);
	ck_assert_uint_eq(temporary_count_lines("failovers"), 4);

	add_without_writing("ix1", "ix0");
	ck_assert_int_eq(failover_log_note(log_, &noted), 0);
	add_without_writing("ix7", "ix1");
	open_log(); /* after the old one has ended */
	ck_assert_uint_eq(failover_log_count(log_), 5);
	ck_assert_int_eq(failover_log_get(log_, 3)->verdict, VERDICT_OFFLOADED);
	ck_assert_str_eq(failover_log_get(log_, 4)->to, "ix0");
	ck_assert_ptr_null(failover_log_get(log_, 6));
	ck_assert(failover_log_standing(log_, &seen));
	ck_assert_str_eq(seen.port, "ix1");
	tear_down();
}
END_TEST

START_TEST(what_has_to_be_written_anew_waits_for_who_waits_for_the_disk)
{
	set_up();
	add_without_writing("ix0", "ix1");
	temporary_remove();
	ck_assert_int_lt(failover_log_write(log_), 0);
	ck_assert_int_eq(mkdir(temporary_dir, 0700), 0);
	ck_assert_int_eq(failover_log_write(log_), 0);
	ck_assert_uint_eq(temporary_count_lines("failovers"), 0);
	ck_assert_int_eq(failover_log_sync(log_), 0);
	/* The failover, and where the bond stands. */
	ck_assert_uint_eq(temporary_count_lines("failovers"), 2);
	ck_assert_int_eq(failover_log_sync(log_), 0);
	ck_assert_uint_eq(temporary_count_lines("failovers"), 2);
	add_without_writing("ix1", "ix0");
	ck_assert_int_eq(failover_log_write(log_), 0);
	open_log();
	ck_assert_uint_eq(failover_log_count(log_), 2);
	tear_down();
}
END_TEST

START_TEST(a_failover_is_remembered_though_the_disk_refuses_it)
{
	struct failover f = { .realtime_usec = 5, .to = "ix1" };

	set_up();
	temporary_remove();
	failover_log_add(log_, &f);
	ck_assert_int_lt(failover_log_sync(log_), 0);
	ck_assert_uint_eq(failover_log_count(log_), 1);
	ck_assert_int_eq(mkdir(temporary_dir, 0700), 0);
	open_log(); /* after the old one has ended, which tries it again */
	ck_assert_uint_eq(failover_log_count(log_), 1);
	ck_assert_str_eq(failover_log_last(log_)->to, "ix1");
	tear_down();
}
END_TEST

START_TEST(what_the_disk_refused_is_tried_again_at_the_next_write)
{
	const struct failover_log_standing noted = { "ix7", 12, 3 };
	struct failover_log_standing seen;

	set_up();
	add_without_writing("ix0", "ix1");
	temporary_remove();
	ck_assert_int_lt(failover_log_sync(log_), 0);
	ck_assert_int_lt(failover_log_sync(log_), 0);
	ck_assert_int_eq(mkdir(temporary_dir, 0700), 0);
	ck_assert_int_eq(failover_log_sync(log_), 0);
	ck_assert_int_eq(temporary_count_lines("failovers"), 2);

	/* A verdict and where the bond stands, too. */
	temporary_remove();
	ck_assert_int_lt(failover_log_prove(log_, &offloaded, &silence, 900), 0);
	ck_assert_int_lt(failover_log_note(log_, &noted), 0);
	ck_assert_int_eq(mkdir(temporary_dir, 0700), 0);
	ck_assert_int_eq(failover_log_sync(log_), 0);
	open_log();
	ck_assert_int_eq(failover_log_last(log_)->verdict, VERDICT_OFFLOADED);
	ck_assert(failover_log_standing(log_, &seen));
	ck_assert_str_eq(seen.port, "ix7");
	tear_down();
}
END_TEST

UNIT_MAIN("failover-log", an_outage_of_no_time_is_not_one_that_is_not_known,
	  what_has_to_be_written_anew_waits_for_who_waits_for_the_disk,
	  what_was_added_is_written_together_with_whatever_is_written_next,
	  failovers_are_numbered_and_the_last_one_is_known,
	  a_file_that_is_none_of_ours_is_begun_anew_with_the_next_failover,
	  a_file_for_which_no_descriptor_is_left_is_not_taken_for_none,
	  failovers_and_their_verdicts_outlive_the_process, a_verdict_is_noted_once,
	  the_evidence_is_kept_with_the_verdict, what_is_not_known_is_left_out_and_stays_unknown,
	  a_failover_before_the_verdict_leaves_the_first_one_unknown,
	  a_verdict_is_still_waited_for_after_a_restart_and_not_after_a_boot,
	  where_the_bond_stands_outlives_the_process_and_not_the_boot,
	  a_failover_tells_where_the_bond_stands, the_same_standing_is_written_once,
	  a_line_cut_short_by_a_crash_spoils_no_other, words_without_a_verdict_are_none_of_it,
	  lines_that_are_no_failovers_are_passed_over,
	  only_the_newest_are_kept_in_memory_and_in_the_file, those_since_a_time_come_oldest_first,
	  a_failover_is_remembered_though_the_disk_refuses_it,
	  what_the_disk_refused_is_tried_again_at_the_next_write)
