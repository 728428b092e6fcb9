/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipsec.h"

#include "ipsec-script.h"

/*
 * The adapter against an `ipsec` that is a script of the test: it prints what was recorded, lies
 * with its exit status, hangs.
 */

static void expect_version(const char *body, int r, unsigned int major, unsigned int minor)
{
	struct facts_version version = { 9, 9 };

	ipsec_is(body);
	ck_assert_int_eq(ipsec_version(&ipsec, &version), r);
	ck_assert_uint_eq(version.major, major);
	ck_assert_uint_eq(version.minor, minor);
	teardown();
}

/* Expects an error, and that nothing was put out. */
static void expect_no_tunnels(const char *body, int error)
{
	struct facts_tunnel *tunnels = NULL;
	size_t n = 99;

	ipsec_is(body);
	ck_assert_int_eq(ipsec_tunnels(&ipsec, &tunnels, &n), error);
	ck_assert_ptr_null(tunnels);
	ck_assert_uint_eq(n, 99);
	teardown();
}

static void expect_tunnels(const char *body, size_t n, const char *first)
{
	struct facts_tunnel *tunnels = NULL;
	size_t n_tunnels = 99;

	ipsec_is(body);
	ck_assert_int_eq(ipsec_tunnels(&ipsec, &tunnels, &n_tunnels), 0);
	ck_assert_uint_eq(n_tunnels, n);
	if (first)
		ck_assert_str_eq(tunnels[0].conn, first);
	pluto_tunnels_free(tunnels, n_tunnels);
	teardown();
}

START_TEST(the_version_is_read)
{
	expect_version("echo Libreswan 4.10\n", 0, 4, 10);
	expect_version("echo Libreswan 5.2\n", 0, 5, 2);
}
END_TEST

START_TEST(a_version_that_makes_no_sense_is_none)
{
	expect_version("echo strongSwan\n", -EBADMSG, 9, 9);
	expect_version("exit 0\n", -EBADMSG, 9, 9);
}
END_TEST

START_TEST(without_the_command_libreswan_is_not_installed)
{
	struct facts_version version;

	setup();
	ck_assert_int_eq(ipsec_version(&ipsec, &version), -ENOENT);
	teardown();
}
END_TEST

START_TEST(the_exit_status_of_a_list_is_not_believed)
{
	expect_tunnels("[ \"$*\" = 'whack --trafficstatus' ] || exit\n"
		       "echo '006 #2: \"example\", type=ESP, add_time=1, inBytes=1, outBytes=2'\n"
		       "exit 7\n",
		       1, "example");
}
END_TEST

START_TEST(an_empty_list_is_an_answer)
{
	expect_tunnels("exit 0\n", 0, NULL);
	expect_tunnels("echo; echo '000  '\n", 0, NULL);
}
END_TEST

START_TEST(garbage_is_no_empty_list)
{
	expect_no_tunnels("echo 'Segmentation fault'\n", -EBADMSG);
	expect_no_tunnels("printf '\\377\\376x'\n", -EBADMSG);
}
END_TEST

START_TEST(a_pluto_that_does_not_run_is_told)
{
	expect_no_tunnels("echo 'whack: Pluto is not running (no \"/run/pluto/pluto.ctl\")' >&2\n"
			  "exit 33\n",
			  -ENOTCONN);
	expect_no_tunnels(
		"echo 'ERROR: ipsec whack: Pluto is not running (no \"/x\"): No such file "
		"or directory (errno 2)' >&2\nexit 33\n",
		-ENOTCONN);
}
END_TEST

START_TEST(a_missing_right_is_not_taken_for_a_missing_pluto)
{
	expect_no_tunnels("echo 'whack: no right to communicate with pluto "
			  "(access(\"/run/pluto/pluto.ctl\"))' >&2\nexit 33\n",
			  -EACCES);
}
END_TEST

START_TEST(a_command_that_hangs_is_killed)
{
	struct facts_tunnel *tunnels = NULL;
	double begin = seconds();
	size_t n;

	ipsec_is("sleep 100\n");
	ipsec.limit_usec = 300000;
	ck_assert_int_eq(ipsec_tunnels(&ipsec, &tunnels, &n), -ETIMEDOUT);
	ck_assert_double_lt(seconds() - begin, 10);
	teardown();
}
END_TEST

START_TEST(runs_that_hang_lose_no_more_than_twice_the_limit)
{
	struct ipsec_patience patience = { 0 };
	struct pluto_sas sas = PLUTO_SAS_NULL;
	struct facts_version version;
	uint64_t lost = 0;

	ipsec_is("sleep 100\n");
	ipsec.limit_usec = 400000;
	ipsec.patience = &patience;
	for (unsigned int i = 0; i < 5; i++) {
		lost += ipsec_limit(&ipsec);
		ck_assert_int_eq(ipsec_sas(&ipsec, &sas), -ETIMEDOUT);
		ck_assert_int_eq(ipsec_version(&ipsec, &version), -ETIMEDOUT);
	}
	ck_assert_uint_lt(lost, 2 * ipsec.limit_usec);
	ck_assert_uint_eq(patience.n_hung, 10);
	ck_assert_str_eq(patience.first, "whack --showstates");
	ck_assert_uint_eq(patience.first_usec, ipsec.limit_usec);
	/* There is always some time, and 0 would be another limit. */
	patience.n_hung = 1000;
	ck_assert_uint_gt(ipsec_limit(&ipsec), 0);
	teardown();
}
END_TEST

/* Of a pluto that is slow, and answers after all, as much as before is to be had. */
START_TEST(who_was_answered_has_the_whole_limit_again)
{
	struct ipsec_patience patience = { .n_hung = 2, .first = "whack --status" };
	struct facts_tunnel *tunnels;
	struct facts_version version;
	size_t n;

	ipsec_is("[ $1 = whack ] || echo Libreswan 4.10\n");
	ipsec.patience = &patience;
	/* That asks nobody. */
	ck_assert_int_eq(ipsec_version(&ipsec, &version), 0);
	ck_assert_uint_eq(ipsec_limit(&ipsec), ipsec.limit_usec / 4);
	ck_assert_int_eq(ipsec_tunnels(&ipsec, &tunnels, &n), 0);
	ck_assert_uint_eq(ipsec_limit(&ipsec), ipsec.limit_usec);
	ck_assert_str_eq(patience.first, "whack --status");
	pluto_tunnels_free(tunnels, n);
	teardown();
}
END_TEST

START_TEST(reading_along_until_the_limit_is_no_hanging)
{
	struct ipsec_patience patience = { 0 };
	char *text = NULL;

	ipsec_is("echo x\nsleep 100\n");
	ipsec.patience = &patience;
	ck_assert_int_eq(ipsec_initiate(&ipsec, "a", 300000, &text), 0);
	ck_assert_uint_eq(patience.n_hung, 0);
	free(text);
	teardown();
}
END_TEST

START_TEST(a_command_that_was_killed_by_others_has_no_answer)
{
	expect_no_tunnels("echo '006 #2: \"a\", type=ESP, inBytes=1, outBytes=2'\nkill -9 $$\n",
			  -EIO);
}
END_TEST

START_TEST(the_sas_are_asked_for_by_state)
{
	struct pluto_sas sas = PLUTO_SAS_NULL;

	ipsec_is("[ \"$*\" = 'whack --showstates' ] || exit\n"
		 "echo '000 #2: \"a\" esp.a@192.0.2.2 esp.b@192.0.2.1 Traffic: ESPin=0B '\n");
	ck_assert_int_eq(ipsec_sas(&ipsec, &sas), 0);
	ck_assert_uint_eq(sas.n, 2);
	pluto_sas_done(&sas);
	teardown();
}
END_TEST

START_TEST(the_words_of_auto_are_read_in_any_case)
{
	ck_assert_int_eq(ipsec_auto_parse("add"), IPSEC_AUTO_ADD);
	ck_assert_int_eq(ipsec_auto_parse("Start"), IPSEC_AUTO_START);
	ck_assert_int_eq(ipsec_auto_parse("up"), IPSEC_AUTO_START);
	ck_assert_int_eq(ipsec_auto_parse("ONDEMAND"), IPSEC_AUTO_ONDEMAND);
	ck_assert_int_eq(ipsec_auto_parse("route"), IPSEC_AUTO_ONDEMAND);
	ck_assert_int_eq(ipsec_auto_parse("keep"), IPSEC_AUTO_KEEP);
	ck_assert_int_eq(ipsec_auto_parse("ignore"), IPSEC_AUTO_IGNORE);
	ck_assert_int_eq(ipsec_auto_parse("adds"), IPSEC_AUTO_IGNORE);
	ck_assert_int_eq(ipsec_auto_parse(NULL), IPSEC_AUTO_IGNORE);
}
END_TEST

/* A script that writes its arguments into the log, one command a line, each argument in brackets.
 */
#define LOGGING "for a; do printf '[%s]' \"$a\" >>$LOG; done; echo >>$LOG\n"

static void expect_replace(const char *conn, const char *body, enum ipsec_auto want, bool was_up,
			   int r, const char *log)
{
	char *text = NULL;

	ipsec_is(body);
	ck_assert_int_eq(ipsec_replace(&ipsec, conn, want, was_up, &text), r);
	expect_log(log);
	free(text);
	teardown();
}

START_TEST(a_replaced_conn_is_started_as_its_auto_says)
{
	expect_replace("example", LOGGING, IPSEC_AUTO_START, false, 0,
		       "[whack][--delete][--name][example]\n"
		       "[addconn][--][example]\n"
		       "[whack][--trafficstatus][--name][example]\n"
		       "[whack][--name][example][--initiate][--asynchronous]\n");
	expect_replace("example", LOGGING, IPSEC_AUTO_ONDEMAND, false, 0,
		       "[whack][--delete][--name][example]\n"
		       "[addconn][--][example]\n"
		       "[whack][--trafficstatus][--name][example]\n"
		       "[whack][--route][--name][example]\n");
	expect_replace("example", LOGGING, IPSEC_AUTO_ADD, false, 0,
		       "[whack][--delete][--name][example]\n"
		       "[addconn][--][example]\n"
		       "[whack][--trafficstatus][--name][example]\n");
}
END_TEST

START_TEST(what_was_up_comes_up_again_whatever_auto_says)
{
	expect_replace("example", LOGGING, IPSEC_AUTO_ONDEMAND, true, 0,
		       "[whack][--delete][--name][example]\n"
		       "[addconn][--][example]\n"
		       "[whack][--trafficstatus][--name][example]\n"
		       "[whack][--route][--name][example]\n"
		       "[whack][--name][example][--initiate][--asynchronous]\n");
}
END_TEST

START_TEST(a_name_with_blanks_stays_one_name)
{
	expect_replace("-a b*", LOGGING, IPSEC_AUTO_ADD, false, 0,
		       "[whack][--delete][--name][-a b*]\n"
		       "[addconn][--][-a b*]\n"
		       "[whack][--trafficstatus][--name][-a b*]\n");
}
END_TEST

START_TEST(a_conn_that_was_not_accepted_again_is_told_whatever_the_status)
{
	char *text = NULL;

	ipsec_is("case $* in\n"
		 "*trafficstatus*) echo '021 no such connection or aliased connection named "
		 "\"a\"';;\n"
		 "addconn*) echo 'conn a: bad esp=' >&2;;\n"
		 "*initiate*) echo initiated >>$LOG;;\n"
		 "esac\nexit 0\n");
	ck_assert_int_eq(ipsec_replace(&ipsec, "a", IPSEC_AUTO_START, true, &text), 1);
	ck_assert_ptr_nonnull(strstr(text, "conn a: bad esp="));
	expect_log("");
	free(text);
	teardown();

	ipsec_is("case $* in *trafficstatus*) echo 'no connection or alias named \"a\"' >&2;; "
		 "esac\n");
	ck_assert_int_eq(ipsec_replace(&ipsec, "a", IPSEC_AUTO_ADD, false, &text), 1);
	free(text);
	teardown();
}
END_TEST

START_TEST(a_conn_that_is_loaded_counts_though_a_command_failed)
{
	expect_replace("a", "exit 4\n", IPSEC_AUTO_ADD, false, 0, "");
}
END_TEST

START_TEST(without_pluto_nothing_is_replaced)
{
	char *text = NULL;

	ipsec_is("exit 33\n");
	ck_assert_int_eq(ipsec_replace(&ipsec, "a", IPSEC_AUTO_ADD, false, &text), -ENOTCONN);
	ck_assert_ptr_null(text);
	teardown();
}
END_TEST

/* A conn that is deleted by a run which is killed is not to stay away. */
START_TEST(a_conn_whose_deletion_hangs_is_loaded_again)
{
	char *text = NULL;

	ipsec_is(LOGGING "case $* in *delete*) [ $(wc -l <$LOG) -gt 1 ] || sleep 100;; esac\n");
	ipsec.limit_usec = 2000000;
	ck_assert_int_eq(ipsec_replace(&ipsec, "a", IPSEC_AUTO_ADD, false, &text), 0);
	expect_log("[whack][--delete][--name][a]\n"
		   "[whack][--delete][--name][a]\n"
		   "[addconn][--][a]\n"
		   "[whack][--trafficstatus][--name][a]\n");
	free(text);
	text = NULL;
	teardown();

	ipsec_is(LOGGING "case $* in *delete*) sleep 100;; esac\n");
	ipsec.limit_usec = 2000000;
	ck_assert_int_eq(ipsec_replace(&ipsec, "a", IPSEC_AUTO_ADD, false, &text), -ETIMEDOUT);
	ck_assert_ptr_null(text);
	expect_log("[whack][--delete][--name][a]\n"
		   "[whack][--delete][--name][a]\n"
		   "[addconn][--][a]\n");
	teardown();
}
END_TEST

START_TEST(a_conn_is_loaded_unless_pluto_has_it)
{
	ipsec_is(LOGGING);
	ck_assert_int_eq(ipsec_load(&ipsec, "a b"), 0);
	expect_log("[whack][--trafficstatus][--name][a b]\n");
	teardown();

	ipsec_is(LOGGING "case $* in *addconn*) : >$LOG.loaded;; esac\n"
			 "[ -e $LOG.loaded ] || echo 'no connection named \"a b\"'\n");
	ck_assert_int_eq(ipsec_load(&ipsec, "a b"), 0);
	expect_log("[whack][--trafficstatus][--name][a b]\n"
		   "[addconn][--][a b]\n"
		   "[whack][--trafficstatus][--name][a b]\n");
	teardown();

	ipsec_is("echo 'no connection named \"a\"'\n");
	ck_assert_int_eq(ipsec_load(&ipsec, "a"), 1);
	teardown();

	ipsec_is("exit 33\n");
	ck_assert_int_eq(ipsec_load(&ipsec, "a"), -ENOTCONN);
	teardown();
}
END_TEST

START_TEST(a_conn_is_taken_out_of_pluto_and_one_that_stays_is_told)
{
	ipsec_is(LOGGING "case $* in *trafficstatus*) echo 'no connection or alias named \"a b\"' "
			 ">&2;; esac\n");
	ck_assert_int_eq(ipsec_delete(&ipsec, "a b"), 0);
	expect_log("[whack][--delete][--name][a b]\n"
		   "[whack][--trafficstatus][--name][a b]\n");
	teardown();

	ipsec_is("exit 0\n");
	ck_assert_int_eq(ipsec_delete(&ipsec, "a"), 1);
	teardown();

	ipsec_is("exit 33\n");
	ck_assert_int_eq(ipsec_delete(&ipsec, "a"), -ENOTCONN);
	teardown();
}
END_TEST

START_TEST(what_is_said_while_a_conn_comes_up_is_read_until_the_limit)
{
	char *text = NULL;

	ipsec_is("[ \"$*\" = 'whack --name a --initiate' ] || exit\n"
		 "echo '181 \"a\" #1: initiating IKEv2 connection'\nsleep 100\n");
	ck_assert_int_eq(ipsec_initiate(&ipsec, "a", 500000, &text), 0);
	ck_assert_str_eq(text, "181 \"a\" #1: initiating IKEv2 connection\n");
	free(text);
	teardown();
}
END_TEST

START_TEST(a_conn_is_rekeyed_by_the_name_that_the_installed_version_has_for_it)
{
	char *text = NULL;

	/* As whack of Libreswan 5 answers, and of 4. */
	ipsec_is("echo \"$*\" >>$LOG\n"
		 "case $* in *rekey-ipsec*) echo \"unrecognized option\" >&2; exit 33;; esac\n"
		 "echo rekeyed\n");
	ck_assert_int_eq(ipsec_rekey(&ipsec, "a b", &text), 0);
	ck_assert_str_eq(text, "rekeyed\n");
	expect_log("whack --name a b --asynchronous --rekey-ipsec\n"
		   "whack --name a b --asynchronous --rekey-child\n");
	free(text);
	teardown();

	ipsec_is("echo \"$*\" >>$LOG\n");
	ck_assert_int_eq(ipsec_rekey(&ipsec, "a", &text), 0);
	expect_log("whack --name a --asynchronous --rekey-ipsec\n");
	free(text);
	teardown();

	ipsec_is("exit 33\n");
	ck_assert_int_eq(ipsec_rekey(&ipsec, "a", &text), -ENOTCONN);
	teardown();
}
END_TEST

START_TEST(files_are_rejected_by_the_word_of_addconn_alone)
{
	char *text = NULL;

	ipsec_is("echo \"$*\" >>$LOG; echo 'bad value: 7' >&2; echo more >&2; exit 3\n");
	ck_assert_int_eq(ipsec_check_files(&ipsec, "/x.conf", &text), 1);
	ck_assert_str_eq(text, "exit status 3, bad value: 7");
	expect_log("addconn --config /x.conf --checkconfig\n");
	free(text);
	text = NULL;
	teardown();

	ipsec_is("echo 'warning' >&2\n");
	ck_assert_int_eq(ipsec_check_files(&ipsec, "/x.conf", &text), 0);
	teardown();
	ipsec_is("exit 127\n");
	ck_assert_int_eq(ipsec_check_files(&ipsec, "/x.conf", &text), 0);
	teardown();
	ipsec_is("kill -9 $$\n");
	ck_assert_int_eq(ipsec_check_files(&ipsec, "/x.conf", &text), 0);
	ck_assert_ptr_null(text);
	teardown();
}
END_TEST

START_TEST(a_conn_is_asked_for_without_waiting)
{
	ipsec_is("echo \"$*\" >>$LOG\nexit 1\n");
	ck_assert_int_eq(ipsec_ask_up(&ipsec, "a b"), 0);
	expect_log("whack --name a b --initiate --asynchronous\n");
	teardown();

	ipsec_is("exit 33\n");
	ck_assert_int_eq(ipsec_ask_up(&ipsec, "a"), -ENOTCONN);
	teardown();
}
END_TEST

static const char *const two[] = { "a", "b" };

START_TEST(waiting_ends_as_soon_as_all_are_established)
{
	const char *missing = "untouched";
	double begin = seconds();

	/* Each time it is asked it knows one conn more; at first pluto is away. */
	ipsec_is("echo x >>$LOG\n"
		 "n=$(wc -l <$LOG)\n"
		 "[ $n -ge 2 ] || exit 33\n"
		 "[ $n -ge 3 ] && echo '006 #2: \"a/1x1\", type=ESP, inBytes=1, outBytes=2'\n"
		 "[ $n -ge 4 ] && echo '006 #4: \"b\", type=ESP, inBytes=1, outBytes=2'\n"
		 "exit 1\n");
	ck_assert_int_eq(ipsec_wait_established(&ipsec, two, 2, 30000000, &missing), 0);
	ck_assert_str_eq(missing, "untouched");
	ck_assert_double_lt(seconds() - begin, 15);
	expect_log("x\nx\nx\nx\n");
	teardown();
}
END_TEST

START_TEST(waiting_names_the_first_that_is_missing)
{
	const char *missing = NULL;

	ipsec_is("echo '006 #2: \"a\", type=ESP, inBytes=1, outBytes=2'\n"
		 "echo '006 #3: \"bb\", type=ESP, inBytes=1, outBytes=2'\n");
	ck_assert_int_eq(ipsec_wait_established(&ipsec, two, 2, 200000, &missing), 1);
	ck_assert_ptr_eq(missing, two[1]);
	teardown();
}
END_TEST

START_TEST(waiting_for_a_hanging_command_keeps_its_limit)
{
	const char *missing = NULL;
	double begin = seconds();

	ipsec_is("sleep 100\n");
	ck_assert_int_eq(ipsec_wait_established(&ipsec, two, 2, 500000, &missing), 1);
	ck_assert_ptr_eq(missing, two[0]);
	ck_assert_double_lt(seconds() - begin, 10);
	teardown();
}
END_TEST

START_TEST(waiting_asks_at_a_modest_pace)
{
	const char *missing = NULL;
	char *s;

	ipsec_is("echo x >>$LOG\n");
	ck_assert_int_eq(ipsec_wait_established(&ipsec, two, 2, 3000000, &missing), 1);
	s = log_text();
	ck_assert_uint_ge(strlen(s), 2 * 3);
	ck_assert_uint_le(strlen(s), 2 * 7);
	free(s);
	teardown();
}
END_TEST

START_TEST(waiting_without_libreswan_ends_at_once)
{
	const char *missing = NULL;

	setup();
	ck_assert_int_eq(ipsec_wait_established(&ipsec, two, 2, 60000000, &missing), -ENOENT);
	ck_assert_int_eq(ipsec_wait_established(&ipsec, two, 0, 60000000, &missing), 0);
	teardown();
}
END_TEST

static unsigned int n_asked;

static bool stops_at_the_third(void)
{
	return ++n_asked == 3;
}

START_TEST(waiting_can_be_given_up)
{
	const char *missing = NULL;

	ipsec_is("echo x >>$LOG\n");
	ipsec.stop = stops_at_the_third;
	ck_assert_int_eq(ipsec_wait_established(&ipsec, two, 2, 60000000, &missing), -ECANCELED);
	ck_assert_ptr_null(missing);
	expect_log("x\nx\nx\n");
	ipsec.stop = NULL;
	teardown();
}
END_TEST

UNIT_MAIN("ipsec", files_are_rejected_by_the_word_of_addconn_alone, the_version_is_read,
	  a_version_that_makes_no_sense_is_none, without_the_command_libreswan_is_not_installed,
	  the_exit_status_of_a_list_is_not_believed, an_empty_list_is_an_answer,
	  garbage_is_no_empty_list, a_pluto_that_does_not_run_is_told,
	  a_missing_right_is_not_taken_for_a_missing_pluto, a_command_that_hangs_is_killed,
	  runs_that_hang_lose_no_more_than_twice_the_limit,
	  who_was_answered_has_the_whole_limit_again, reading_along_until_the_limit_is_no_hanging,
	  a_command_that_was_killed_by_others_has_no_answer, the_sas_are_asked_for_by_state,
	  the_words_of_auto_are_read_in_any_case, a_replaced_conn_is_started_as_its_auto_says,
	  what_was_up_comes_up_again_whatever_auto_says, a_name_with_blanks_stays_one_name,
	  a_conn_that_was_not_accepted_again_is_told_whatever_the_status,
	  a_conn_that_is_loaded_counts_though_a_command_failed, without_pluto_nothing_is_replaced,
	  a_conn_whose_deletion_hangs_is_loaded_again, a_conn_is_loaded_unless_pluto_has_it,
	  a_conn_is_taken_out_of_pluto_and_one_that_stays_is_told,
	  what_is_said_while_a_conn_comes_up_is_read_until_the_limit,
	  a_conn_is_rekeyed_by_the_name_that_the_installed_version_has_for_it,
	  a_conn_is_asked_for_without_waiting, waiting_ends_as_soon_as_all_are_established,
	  waiting_names_the_first_that_is_missing, waiting_for_a_hanging_command_keeps_its_limit,
	  waiting_asks_at_a_modest_pace, waiting_without_libreswan_ends_at_once,
	  waiting_can_be_given_up)
