/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "units.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "own-bus.h"
#include "unit.h"

/*
 * A bus of our own with a systemd that is only played: a process that owns systemd's name and
 * answers as it is told.
 */

#define LIMIT_USEC UINT64_C(10000000)

/* How systemd is to behave. */
struct play {
	const char *method; /* the only one that makes a job */
	const char *load;   /* LoadState */
	const char *active; /* ActiveState, before a job */
	const char *after;  /* ActiveState, after it */
	const char *result; /* of the job; NULL: the job never ends */
	bool other_job;     /* another job ends with "failed" first */
	bool early;         /* the job has ended before the call is answered */
	bool deaf;          /* nothing is answered at all */
	bool refuses;       /* the job is refused */
	bool dies;          /* it goes away in the middle of the job */
	bool not_a_service; /* there is no MainPID */
	bool tired;         /* it failed too often: no job before that is forgotten */
	bool ordered;       /* the job has to wait for others, unless it need not heed any */
	bool ends;          /* esp-offloadd is being stopped */
	bool begun;         /* the job is not waiting: it just takes long */
	bool half;          /* the unit is stopped, and its start is what waits */
	bool goes_down;     /* a second job is refused, for the host is going down; then it ends */
};

static const struct play running = { .method = "TryRestartUnit",
				     .load = "loaded",
				     .active = "active",
				     .after = "active",
				     .result = "done" };

struct systemd {
	struct play play;
	bool subscribed;
	bool had_job;
	bool has_job; /* whose end was not told */
};

#define UNIT_PATH "/org/freedesktop/systemd1/unit/ipsec_2eservice"
#define OWN_PATH  "/org/freedesktop/systemd1/unit/esp_2doffloadd_2eservice"
#define JOB_PATH  "/org/freedesktop/systemd1/job/7"
#define MANAGER   "org.freedesktop.systemd1.Manager"

static int on_load(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct systemd *s = userdata;
	const char *unit;

	(void)error;
	if (s->play.deaf)
		return 1;
	if (sd_bus_message_read(m, "s", &unit) < 0)
		return -1;
	return sd_bus_reply_method_return(
		m, "o", streq(unit, "esp-offloadd.service") ? OWN_PATH : UNIT_PATH);
}

static int on_subscribe(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct systemd *s = userdata;

	(void)error;
	s->subscribed = true;
	return sd_bus_reply_method_return(m, "");
}

static int on_unsubscribe(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct systemd *s = userdata;

	(void)error;
	s->subscribed = false;
	return sd_bus_reply_method_return(m, "");
}

static int on_reset(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct systemd *s = userdata;

	(void)error;
	s->play.tired = false;
	return sd_bus_reply_method_return(m, "");
}

static void tell_end(sd_bus *bus, const struct systemd *s, const char *job, const char *result)
{
	if (s->subscribed)
		sd_bus_emit_signal(bus, "/org/freedesktop/systemd1", MANAGER, "JobRemoved", "uoss",
				   7, job, "ipsec.service", result);
}

static int on_job(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	sd_bus *bus = sd_bus_message_get_bus(m);
	struct systemd *s = userdata;
	const char *unit, *mode;
	bool waits;
	int r;

	if (s->has_job) {
		/* Another method, or for one that has begun, would be another job. */
		const char *wanted = s->play.half ? "StartUnit" : "RestartUnit";

		if (s->play.goes_down) {
			tell_end(bus, s, JOB_PATH, "canceled");
			return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "going down");
		}
		if (s->play.begun || !streq(sd_bus_message_get_member(m), wanted))
			_exit(1);
	} else if (s->play.refuses || s->play.tired ||
		   !streq(sd_bus_message_get_member(m), s->play.method))
		return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "no");
	if (s->play.dies)
		_exit(0);
	if (sd_bus_message_read(m, "ss", &unit, &mode) < 0)
		return -1;
	waits = !s->play.result || (s->play.ordered && !streq(mode, "ignore-dependencies"));
	s->had_job = true;
	s->has_job = waits;
	if (s->play.other_job)
		tell_end(bus, s, "/org/freedesktop/systemd1/job/6", "failed");
	if (s->play.early)
		tell_end(bus, s, JOB_PATH, s->play.result);
	r = sd_bus_reply_method_return(m, "o", JOB_PATH);
	if (!s->play.early && !waits)
		tell_end(bus, s, JOB_PATH, s->play.result);
	return r;
}

static int get_load(sd_bus *bus, const char *path, const char *interface, const char *property,
		    sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct systemd *s = userdata;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "s", s->play.load);
}

static int get_active(sd_bus *bus, const char *path, const char *interface, const char *property,
		      sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct systemd *s = userdata;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "s", s->had_job ? s->play.after : s->play.active);
}

static int get_job_state(sd_bus *bus, const char *path, const char *interface, const char *property,
			 sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct systemd *s = userdata;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "s", s->play.begun ? "running" : "waiting");
}

static int get_job_type(sd_bus *bus, const char *path, const char *interface, const char *property,
			sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct systemd *s = userdata;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "s", s->play.half ? "start" : "restart");
}

static int get_own_active(sd_bus *bus, const char *path, const char *interface,
			  const char *property, sd_bus_message *reply, void *userdata,
			  sd_bus_error *error)
{
	const struct systemd *s = userdata;

	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "s", s->play.ends ? "deactivating" : "active");
}

static int get_pid(sd_bus *bus, const char *path, const char *interface, const char *property,
		   sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void)bus, (void)path, (void)interface, (void)property, (void)userdata, (void)error;
	return sd_bus_message_append(reply, "u", 4711);
}

static const sd_bus_vtable manager_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("LoadUnit", "s", "o", on_load, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Subscribe", "", "", on_subscribe, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Unsubscribe", "", "", on_unsubscribe, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("TryRestartUnit", "ss", "o", on_job, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StartUnit", "ss", "o", on_job, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RestartUnit", "ss", "o", on_job, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ResetFailedUnit", "s", "", on_reset, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable unit_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("LoadState", "s", get_load, 0, 0),
	SD_BUS_PROPERTY("ActiveState", "s", get_active, 0, 0),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable own_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("LoadState", "s", get_load, 0, 0),
	SD_BUS_PROPERTY("ActiveState", "s", get_own_active, 0, 0),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable job_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("State", "s", get_job_state, 0, 0),
	SD_BUS_PROPERTY("JobType", "s", get_job_type, 0, 0),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable service_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("MainPID", "u", get_pid, 0, 0),
	SD_BUS_VTABLE_END,
};

static pid_t systemd;
static sd_bus *bus;

static int play_systemd(sd_bus *b, const void *play)
{
	static struct systemd s;

	s.play = *(const struct play *)play;
	if (sd_bus_add_object_vtable(b, NULL, "/org/freedesktop/systemd1", MANAGER, manager_vtable,
				     &s) < 0 ||
	    sd_bus_add_object_vtable(b, NULL, UNIT_PATH, "org.freedesktop.systemd1.Unit",
				     unit_vtable, &s) < 0 ||
	    sd_bus_add_object_vtable(b, NULL, OWN_PATH, "org.freedesktop.systemd1.Unit", own_vtable,
				     &s) < 0 ||
	    sd_bus_add_object_vtable(b, NULL, JOB_PATH, "org.freedesktop.systemd1.Job", job_vtable,
				     &s) < 0 ||
	    (!s.play.not_a_service &&
	     sd_bus_add_object_vtable(b, NULL, UNIT_PATH, "org.freedesktop.systemd1.Service",
				      service_vtable, &s) < 0))
		return -1;
	return sd_bus_request_name(b, "org.freedesktop.systemd1", 0);
}

static void setup(void)
{
	own_bus_start();
	bus = own_bus_connect();
	ck_assert_ptr_nonnull(bus);
}

static void teardown(void)
{
	bus = sd_bus_flush_close_unref(bus);
	own_bus_end(&systemd);
	own_bus_stop();
}

static void systemd_is(const struct play *play)
{
	systemd = own_bus_play(play_systemd, play);
}

/* The job goes on, and systemd, which goes away where it is asked for what it must not be, is
 * there. */
static void expect_no_end(const struct play *play, uint64_t limit_usec)
{
	struct units_state state;
	char *told = NULL;

	setup();
	systemd_is(play);
	ck_assert_int_eq(units_restart(bus, "ipsec.service", limit_usec, &told), -ETIMEDOUT);
	ck_assert_ptr_null(told);
	ck_assert_int_eq(units_look(bus, "ipsec.service", LIMIT_USEC, &state), 0);
	teardown();
}

static void expect_restart(const struct play *play, int outcome, const char *text)
{
	char *told = NULL;

	setup();
	systemd_is(play);
	ck_assert_int_eq(units_restart(bus, "ipsec.service", LIMIT_USEC, &told), outcome);
	if (text)
		ck_assert_str_eq(told, text);
	else
		ck_assert_ptr_null(told);
	free(told);
	teardown();
}

START_TEST(a_running_service_has_a_main_process)
{
	struct units_state state;

	setup();
	systemd_is(&running);
	ck_assert_int_eq(units_look(bus, "ipsec.service", LIMIT_USEC, &state), 0);
	ck_assert_int_eq(state.state, FACTS_UNIT_ACTIVE);
	ck_assert_int_eq(state.main_pid, 4711);
	teardown();
}
END_TEST

START_TEST(a_unit_that_is_no_service_has_no_process)
{
	const struct play target = { .load = "loaded", .active = "failed", .not_a_service = true };
	struct units_state state;

	setup();
	systemd_is(&target);
	ck_assert_int_eq(units_look(bus, "ipsec.target", LIMIT_USEC, &state), 0);
	ck_assert_int_eq(state.state, FACTS_UNIT_FAILED);
	ck_assert_int_eq(state.main_pid, 0);
	teardown();
}
END_TEST

START_TEST(each_state_of_systemd_has_its_word)
{
	static const struct {
		const char *active;
		enum facts_unit_state state;
	} states[] = {
		{ "active", FACTS_UNIT_ACTIVE },
		{ "reloading", FACTS_UNIT_ACTIVE },
		{ "inactive", FACTS_UNIT_INACTIVE },
		{ "activating", FACTS_UNIT_ACTIVATING },
		{ "deactivating", FACTS_UNIT_DEACTIVATING },
		{ "failed", FACTS_UNIT_FAILED },
	};

	setup();
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		const struct play play = { .load = "loaded", .active = states[i].active };
		struct units_state state;

		systemd_is(&play);
		ck_assert_int_eq(units_look(bus, "ipsec.service", LIMIT_USEC, &state), 0);
		ck_assert_int_eq(state.state, states[i].state);
		own_bus_end(&systemd);
	}
	teardown();
}
END_TEST

START_TEST(a_unit_without_a_file_is_not_there)
{
	const struct play play = { .load = "not-found", .active = "inactive" };
	struct units_state state;

	setup();
	systemd_is(&play);
	ck_assert_int_eq(units_look(bus, "ipsec.service", LIMIT_USEC, &state), -ENOENT);
	teardown();
}
END_TEST

START_TEST(without_systemd_nothing_is_started)
{
	struct units_state state;

	setup();
	ck_assert_int_eq(units_look(bus, "ipsec.service", LIMIT_USEC, &state), -ENOTCONN);
	teardown();
}
END_TEST

START_TEST(without_a_bus_nothing_hangs)
{
	struct units_state state;

	setup();
	own_bus_stop();
	ck_assert_int_eq(units_look(bus, "ipsec.service", LIMIT_USEC, &state), -ENOTCONN);
	teardown();
}
END_TEST

START_TEST(a_systemd_that_does_not_answer_is_not_waited_for)
{
	const struct play deaf = { .deaf = true };
	struct units_state state;
	struct timespec from, to;

	setup();
	systemd_is(&deaf);
	clock_gettime(CLOCK_MONOTONIC, &from);
	ck_assert_int_eq(units_look(bus, "ipsec.service", 200000, &state), -ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ck_assert_int_lt(to.tv_sec - from.tv_sec, 5);
	teardown();
}
END_TEST

START_TEST(a_restart_ends_with_its_job)
{
	expect_restart(&running, UNITS_RESTARTED, NULL);
}
END_TEST

START_TEST(the_end_of_another_job_is_not_taken_for_it)
{
	struct play play = running;

	play.other_job = true;
	expect_restart(&play, UNITS_RESTARTED, NULL);
}
END_TEST

START_TEST(a_job_may_end_before_it_is_answered)
{
	struct play play = running;

	play.early = true;
	expect_restart(&play, UNITS_RESTARTED, NULL);
}
END_TEST

START_TEST(a_failed_job_is_told_with_the_state_it_left)
{
	struct play play = running;

	play.result = "failed";
	play.after = "failed";
	expect_restart(
		&play, UNITS_FAILED,
		"the restart of ipsec.service ended with \"failed\", and the unit is failed");
}
END_TEST

START_TEST(a_job_that_is_done_without_the_unit_is_a_failure)
{
	struct play play = running;

	play.after = "inactive";
	expect_restart(
		&play, UNITS_FAILED,
		"the restart of ipsec.service ended with \"done\", and the unit is inactive");
}
END_TEST

START_TEST(a_job_that_was_cancelled_is_a_failure_though_the_unit_runs)
{
	struct play play = running;

	play.result = "canceled";
	expect_restart(
		&play, UNITS_FAILED,
		"the restart of ipsec.service ended with \"canceled\", and the unit is active");
}
END_TEST

START_TEST(a_stopped_unit_is_not_restarted)
{
	struct play play = running;

	play.active = "inactive";
	play.refuses = true;
	expect_restart(&play, UNITS_NOT_RUNNING, NULL);
	play.active = "failed";
	expect_restart(&play, UNITS_NOT_RUNNING, NULL);
}
END_TEST

START_TEST(a_refusal_is_told)
{
	struct play play = running;

	play.refuses = true;
	expect_restart(&play, -EACCES, NULL);
}
END_TEST

START_TEST(a_systemd_that_goes_away_ends_the_wait)
{
	struct play play = running;

	play.dies = true;
	expect_restart(&play, -ENOTCONN, NULL);
}
END_TEST

START_TEST(a_job_that_never_ends_is_not_waited_for)
{
	struct play play = running;

	play.result = NULL;
	expect_no_end(&play, 300000);
}
END_TEST

/* systemd puts the restart behind the end of the service, which waits for whoever asked for it. */
START_TEST(a_job_that_is_ordered_behind_our_own_end_need_not_wait_for_it)
{
	struct play play = running;

	play.ordered = play.ends = true;
	expect_restart(&play, UNITS_RESTARTED, NULL);
	play.half = true;
	expect_restart(&play, UNITS_RESTARTED, NULL);
}
END_TEST

/* Asked for anew, it would be done twice. */
START_TEST(a_job_that_has_begun_is_not_asked_for_again)
{
	struct play play = running;

	play.ordered = play.ends = play.begun = true;
	expect_no_end(&play, 2500000);
}
END_TEST

START_TEST(where_it_may_not_be_asked_for_again_the_job_tells_its_end)
{
	struct play play = running;

	play.ordered = play.ends = play.goes_down = true;
	expect_restart(
		&play, UNITS_FAILED,
		"the restart of ipsec.service ended with \"canceled\", and the unit is active");
}
END_TEST

START_TEST(a_job_that_is_ordered_behind_others_waits_for_them)
{
	struct play play = running;

	play.ordered = true;
	expect_no_end(&play, 2500000);
}
END_TEST

START_TEST(a_unit_that_we_stopped_can_be_started_again)
{
	struct play play = running;
	char *told = NULL;

	play.method = "RestartUnit";
	play.tired = true;
	play.active = "failed";
	setup();
	systemd_is(&play);
	ck_assert_int_eq(units_start_again(bus, "ipsec.service", LIMIT_USEC, &told),
			 UNITS_RESTARTED);
	ck_assert_ptr_null(told);
	teardown();
}
END_TEST

START_TEST(a_second_restart_works_like_the_first)
{
	setup();
	systemd_is(&running);
	for (int i = 0; i < 3; i++) {
		char *told = NULL;

		ck_assert_int_eq(units_restart(bus, "ipsec.service", LIMIT_USEC, &told),
				 UNITS_RESTARTED);
	}
	teardown();
}
END_TEST

UNIT_MAIN("units", a_running_service_has_a_main_process, a_unit_that_is_no_service_has_no_process,
	  each_state_of_systemd_has_its_word, a_unit_without_a_file_is_not_there,
	  without_systemd_nothing_is_started, without_a_bus_nothing_hangs,
	  a_systemd_that_does_not_answer_is_not_waited_for, a_restart_ends_with_its_job,
	  the_end_of_another_job_is_not_taken_for_it, a_job_may_end_before_it_is_answered,
	  a_failed_job_is_told_with_the_state_it_left,
	  a_job_that_is_done_without_the_unit_is_a_failure,
	  a_job_that_was_cancelled_is_a_failure_though_the_unit_runs,
	  a_stopped_unit_is_not_restarted, a_refusal_is_told,
	  a_job_that_is_ordered_behind_our_own_end_need_not_wait_for_it,
	  a_job_that_has_begun_is_not_asked_for_again,
	  where_it_may_not_be_asked_for_again_the_job_tells_its_end,
	  a_job_that_is_ordered_behind_others_waits_for_them,
	  a_systemd_that_goes_away_ends_the_wait, a_job_that_never_ends_is_not_waited_for,
	  a_unit_that_we_stopped_can_be_started_again, a_second_restart_works_like_the_first)
