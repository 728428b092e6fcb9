/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnoser.h"

#include <sys/file.h>

#include "ipsec-script.h"

/*
 * A diagnosis of this very host, with an `ipsec` command and a configuration of the test's: what
 * the command does not answer.
 */

static char conf[64];
static char state_dir[32]; /* "" for none */
static struct diagnosis diagnosis;
static char *summary;

#define HANGS "echo \"$*\" >>$LOG\nsleep 100\n"

/* Brings it up as well. Between two addresses of this host: what is sent stays here. */
static void diagnose(const char *body, uint64_t limit_usec)
{
	struct diagnoser_options options = { .conn = "example", .up = true, .ipsec_conf = conf };

	ipsec_is(body);
	options.state_dir = *state_dir ? state_dir : NULL;
	snprintf(conf, sizeof(conf), "%s/ipsec.conf", directory);
	write_file(conf, 0644, "conn example\n\tleft=127.0.0.1\n\tright=127.0.0.2\n",
		   "\tauto=add\n");
	options.ipsec = ipsec;
	options.ipsec.limit_usec = limit_usec;
	ck_assert_int_eq(diagnoser_run(&options, &diagnosis, &summary), 0);
}

static void end(void)
{
	diagnosis_done(&diagnosis);
	free(summary);
	summary = NULL;
	unlink(conf);
	teardown();
}

static const char *cause(void)
{
	return diagnosis_cause(&diagnosis) ? diagnosis_cause(&diagnosis)->id : "";
}

START_TEST(a_command_that_hangs_is_named_and_asked_for_little)
{
	char *log;

	diagnose(HANGS, 2000000);
	ck_assert_str_eq(cause(), "ipsec-hangs");
	ck_assert_ptr_nonnull(strstr(summary, "the ipsec command hangs: ipsec --version"));
	log = log_text();
	ck_assert_ptr_null(strstr(log, "delete"));
	free(log);
	end();
}
END_TEST

START_TEST(pluto_that_hangs_is_named)
{
	diagnose("[ $1 = whack ] || { echo Libreswan 4.10; exit; }\n" HANGS, 2000000);
	ck_assert_str_eq(cause(), "ipsec-hangs");
	ck_assert_ptr_nonnull(strstr(summary, "pluto hangs"));
	end();
}
END_TEST

/* For it would be torn down to be brought up. */
START_TEST(a_tunnel_whose_list_hung_once_is_not_taken_for_down)
{
	char *log;

	diagnose("case $* in\n"
		 "--version) echo Libreswan 4.10 ;;\n"
		 "*--trafficstatus) if [ ! -e $LOG ]; then echo hung >>$LOG; sleep 100; fi\n"
		 "echo '006 #2: \"example\", type=ESP, add_time=1, inBytes=1, outBytes=2' ;;\n"
		 "*--status) echo '000 \"example\": 127.0.0.1...127.0.0.2; erouted' ;;\n"
		 "*--showstates) ;;\n"
		 "*) echo \"$*\" >>$LOG ;;\n"
		 "esac\n",
		 6000000);
	expect_log("hung\n");
	log = diagnosis.items[0].seen;
	ck_assert_msg(strstr(log, "ipsec whack --trafficstatus did not end"), "%s", log);
	end();
}
END_TEST

START_TEST(a_status_that_hung_once_is_asked_for_again)
{
	char *log;

	diagnose("case $* in\n"
		 "--version) echo Libreswan 4.10 ;;\n"
		 "*--status) grep -q hung $LOG || { echo hung >>$LOG; sleep 100; } ;;\n"
		 "*) echo \"$*\" >>$LOG ;;\n"
		 "esac\n",
		 6000000);
	log = log_text();
	ck_assert_msg(strstr(log, "addconn -- example"), "%s", log);
	free(log);
	end();
}
END_TEST

/* Conn other is up by the IKE SA #1, which is of this one. */
#define OTHER_BY(conn)                                                                             \
	"case $* in\n"                                                                             \
	"--version) echo Libreswan 4.10 ;;\n"                                                      \
	"*--trafficstatus)\n"                                                                      \
	"echo '006 #5: \"other\", type=ESP, add_time=1, inBytes=1, outBytes=2' ;;\n"               \
	"*--status) echo '000 \"example\": 127.0.0.1...127.0.0.2; unrouted'\n"                     \
	"echo '000 \"example\":   newest ISAKMP SA: #1; newest IPsec SA: #0;' ;;\n"                \
	"*--showstates)\n"                                                                         \
	"echo '000 #1: \"" conn                                                                    \
	"\":500 STATE_V2_ESTABLISHED_IKE_SA (established IKE SA); newest;'\n"                      \
	"echo '000 #5: \"other\":500 STATE_V2_ESTABLISHED_CHILD_SA (established Child SA); "       \
	"newest; eroute owner; IKE SA #1; idle;'\n"                                                \
	"echo '000 #5: \"other\" esp.4@192.0.2.2 esp.5@192.0.2.1 Traffic: ESPin=0B ' ;;\n"         \
	"*) echo \"$*\" >>$LOG ;;\n"                                                               \
	"esac\n"

/* For that would be torn down with it. */
START_TEST(a_conn_whose_ike_sa_carries_another_one_is_not_added_anew)
{
	char *log;

	diagnose(OTHER_BY("example"), 6000000);
	log = log_text();
	ck_assert_msg(strstr(log, "--initiate"), "%s", log);
	ck_assert_msg(!strstr(log, "addconn -- example"), "%s", log);
	free(log);
	end();

	diagnose(OTHER_BY("other"), 6000000);
	log = log_text();
	ck_assert_msg(strstr(log, "addconn -- example"), "%s", log);
	free(log);
	end();
}
END_TEST

static void diagnose_while(bool locked)
{
	char path[64];
	int fd;

	setup();
	snprintf(state_dir, sizeof(state_dir), "%s", directory);
	snprintf(path, sizeof(path), "%s/lock", state_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(locked ? flock(fd, LOCK_EX | LOCK_NB) : 0, 0);
	diagnose(OTHER_BY("other"), 6000000);
	close(fd);
	unlink(path);
	rmdir(state_dir);
	*state_dir = '\0';
}

/* It may be down for a step that is under way. */
START_TEST(a_conn_is_not_added_anew_while_somebody_changes_the_host)
{
	const char *seen = "";
	char *log;

	diagnose_while(true);
	log = log_text();
	ck_assert_msg(!strstr(log, "addconn -- example") && !strstr(log, "--initiate"), "%s", log);
	free(log);
	for (size_t i = 0; i < diagnosis.n; i++)
		if (diagnosis.items[i].step == STEP_BRING_UP)
			seen = diagnosis.items[i].seen;
	ck_assert_msg(strstr(seen, "changes the host now"), "%s", seen);
	end();

	diagnose_while(false);
	log = log_text();
	ck_assert_msg(strstr(log, "addconn -- example"), "%s", log);
	free(log);
	end();
}
END_TEST

UNIT_MAIN("diagnoser", a_command_that_hangs_is_named_and_asked_for_little,
	  pluto_that_hangs_is_named, a_tunnel_whose_list_hung_once_is_not_taken_for_down,
	  a_status_that_hung_once_is_asked_for_again,
	  a_conn_whose_ike_sa_carries_another_one_is_not_added_anew,
	  a_conn_is_not_added_anew_while_somebody_changes_the_host)
