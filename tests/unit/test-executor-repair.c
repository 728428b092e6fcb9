/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "executor.h"
#include "loss.h"
#include "steps.h"
#include "text.h"
#include "unit.h"
#include "worker-report.h"

/* Pluto and the kernel, as the test plays them: what is done to which conn is written down. */
static struct text done;
static const char *lost = "abc"; /* the conns whose SAs the kernel lacks, by their letters */
static const char *slow = "";    /* those that come back only once the others are under way */
static const char *deaf = "";    /* those that do not come back */
static int pluto;                /* what it answers */

static bool among(const char *conns, const char *conn)
{
	return strchr(conns, *conn) != NULL;
}

int loss_is_there(const struct facts *f _unused_, const struct policy_bond *p _unused_,
		  const struct ipsec *i _unused_, const char *conn)
{
	return among(lost, conn);
}

int loss_wait_repaired(const struct facts *f _unused_, const struct policy_bond *p _unused_,
		       const struct ipsec *i, const char *conn, uint64_t limit_usec)
{
	bool patient = limit_usec > 5000000;

	text_printf(&done, "wait%s %s; ", patient ? " on" : "", conn);
	if (i->stop && i->stop())
		return -ECANCELED;
	return among(deaf, conn) || (among(slow, conn) && !patient);
}

int ipsec_rekey(const struct ipsec *i _unused_, const char *conn, char **ret_text)
{
	text_printf(&done, "rekey %s; ", conn);
	if (pluto < 0)
		return pluto;
	*ret_text = strdup("");
	return 0;
}

int steps_replace(struct steps *s _unused_, const char *conn)
{
	text_printf(&done, "replace %s; ", conn);
	return 0;
}

void steps_done(struct steps *s)
{
	free(s->why);
}

int steps_fail(struct steps *s, const char *format, ...)
{
	va_list args;
	int n;

	free(s->why);
	va_start(args, format);
	n = vasprintf(&s->why, format, args);
	va_end(args);
	ck_assert_int_ge(n, 0);
	return 1;
}

static void told(void *userdata _unused_, const char *bond, const struct step *step,
		 const char *status, const char *text)
{
	ck_assert_str_eq(bond, "bond0");
	if (!streq(status, STEP_STATUS_BEGINS))
		text_printf(&done, "%s %s%s%s; ", step->subject, status, text ? ": " : "",
			    text ? text : "");
}

/* It is told to stop after so many questions; 0: never. */
static unsigned int stop_after;

static bool stop(void)
{
	return stop_after > 0 && --stop_after == 0;
}

static void ck_repair(enum step_kind kind, int outcome, const char *reason, const char *expected)
{
	char a[] = "a", b[] = "b", bond[] = "bond0";
	struct step steps[] = { { .kind = kind, .subject = a }, { .kind = kind, .subject = b } };
	const struct plan plan = { .items = steps, .n = 2, .repairs = true };
	const struct policy_bond policy = { .name = bond, .proof.within_usec = 30000000 };
	const struct executor_options options = { .told = told, .stop = stop_after ? stop : NULL };
	char *why = NULL;

	ck_assert_int_eq(executor_repair(&options, NULL, &policy, &plan, &why), outcome);
	ck_assert_str_eq(why ? why : "", reason);
	ck_assert_str_eq(done.data ? done.data : "", expected);
	free(why);
	text_done(&done);
}

START_TEST(tunnels_are_rekeyed_one_after_the_other)
{
	ck_repair(STEP_REKEY, EXECUTOR_DONE, "",
		  "rekey a; wait a; a done; rekey b; wait b; b done; ");
}
END_TEST

START_TEST(or_replaced)
{
	ck_repair(STEP_REPLACE, EXECUTOR_DONE, "",
		  "replace a; wait a; a done; replace b; wait b; b done; ");
}
END_TEST

START_TEST(one_that_has_come_back_by_itself_is_left_alone)
{
	lost = "b";
	ck_repair(STEP_REKEY, EXECUTOR_DONE, "", "a done; rekey b; wait b; b done; ");
}
END_TEST

START_TEST(one_that_takes_longer_has_its_time_beside_the_next)
{
	slow = "a";
	ck_repair(STEP_REKEY, EXECUTOR_DONE, "",
		  "rekey a; wait a; rekey b; wait b; b done; wait on a; a done; ");
	slow = "ab";
	ck_repair(STEP_REKEY, EXECUTOR_DONE, "",
		  "rekey a; wait a; rekey b; wait b; wait on a; a done; wait on b; b done; ");
}
END_TEST

#define DEAF "the kernel has no SAs of conn a, 30 s after the repair"

START_TEST(one_that_stays_away_does_not_keep_the_next_from_coming_back)
{
	deaf = "a";
	ck_repair(STEP_REKEY, EXECUTOR_FAILED, DEAF,
		  "rekey a; wait a; rekey b; wait b; b done; wait on a; a failed: " DEAF "; ");
}
END_TEST

START_TEST(who_is_told_to_stop_begins_with_no_other)
{
	stop_after = 3;
	ck_repair(STEP_REKEY, EXECUTOR_FAILED, "told to stop before all tunnels were brought back",
		  "rekey a; wait a; a done; ");
}
END_TEST

START_TEST(without_pluto_nothing_is_waited_for)
{
	pluto = -ENOTCONN;
	ck_repair(STEP_REKEY, EXECUTOR_FAILED, "pluto does not run any more",
		  "rekey a; a failed: pluto does not run any more; "
		  "rekey b; b failed: pluto does not run any more; ");
}
END_TEST

UNIT_MAIN("executor-repair", tunnels_are_rekeyed_one_after_the_other, or_replaced,
	  one_that_has_come_back_by_itself_is_left_alone,
	  one_that_takes_longer_has_its_time_beside_the_next,
	  one_that_stays_away_does_not_keep_the_next_from_coming_back,
	  who_is_told_to_stop_begins_with_no_other, without_pluto_nothing_is_waited_for)
