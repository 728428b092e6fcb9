/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake-kernel.h"
#include "log.h"
#include "names.h"
#include "supervisor.h"
#include "unit.h"
#include "worker-report.h"

/*
 * A bond's life of some seconds: it is proven, fails over, messages are lost, somebody asks. Each
 * answer of the kernel's in it is struck in turn: it fails, is late, comes twice or never. Whatever
 * becomes of it, the daemon is where the kernel is in the end, has told each failover once, and no
 * verdict was wrong on the way. Many of these lives are led at the same time, by a process each:
 * they are mostly waiting.
 */

enum {
	AT_ONCE = 100,
	LIMIT_SEC = 200
};

static struct life {
	sd_event *event;
	struct ethtool *ethtool;
	struct links *links;
	struct supervisor *supervisor;
	struct policy_bond policy;
	bool hardware;
	size_t n_told, n_verified;
} life;

/* The packets go one way, and one way alone. */
static void expect_no_wrong_verdict(enum verdict verdict)
{
	if (life.hardware)
		ck_assert(verdict == VERDICT_OFFLOADED || verdict == VERDICT_UNKNOWN);
	else
		ck_assert(verdict == VERDICT_SOFTWARE || verdict == VERDICT_UNKNOWN);
}

static void on_changed(void *userdata _unused_, struct supervisor *s, unsigned int what _unused_)
{
	expect_no_wrong_verdict(s->proof.verdict);
}

static void on_failed_over(void *userdata _unused_, struct supervisor *s _unused_,
			   const struct failover *f)
{
	ck_assert_str_eq(f->to, life.n_told % 2 == 0 ? "ix1" : "ix0");
	life.n_told++;
}

static void on_proved(void *userdata _unused_, struct supervisor *s _unused_,
		      const struct prover_outcome *outcome, bool asked)
{
	expect_no_wrong_verdict(outcome->proof.verdict);
	life.n_verified += asked;
}

static void on_wants_look(void *userdata _unused_, struct supervisor *s _unused_,
			  const char *why _unused_)
{
}

static const struct supervisor_ops ops = { on_changed, on_failed_over, on_proved, on_wants_look };

static void on_link_changed(void *userdata _unused_, const struct links_change *change)
{
	supervisor_link_changed(life.supervisor, change);
}

static void begin(bool hardware)
{
	struct links *links = NULL;

	kernel_begin(1);
	kernel_answers_probes(hardware);
	life = (struct life){ .hardware = hardware };
	life.policy = (struct policy_bond){
		.name = strdup("bond0"),
		.proof = { .within_usec = 2500000,
			   .ratio = 0.95,
			   .probe_address = kernel_peer(0),
			   .probe_count = 5 },
	};
	ck_assert_int_ge(sd_event_new(&life.event), 0);
	ck_assert_int_eq(ethtool_open(&life.ethtool), 0);
	ck_assert_int_eq(supervisor_new(life.event, life.ethtool, &life.policy, NULL, NULL, &ops,
					NULL, &life.supervisor),
			 0);
	ck_assert_int_eq(links_new(life.event, on_link_changed, NULL, &links), 0);
	life.links = links;
	supervisor_attach(life.supervisor, links);
}

static void end(void)
{
	supervisor_free(life.supervisor);
	free(life.policy.name);
	links_free(life.links);
	ethtool_close(life.ethtool);
	sd_event_unref(life.event);
	kernel_end();
}

static void worker_says_all_is_done(void)
{
	const struct facts_ip local = kernel_local(0), peer = kernel_peer(0);
	char local_text[FACTS_IP_TEXT_SIZE], peer_text[FACTS_IP_TEXT_SIZE];
	json_t *report;

	report =
		json_pack("{s:s, s:s, s:s, s:[], s:[], s:[{s:s, s:s, s:s}]}", "report", REPORT_BOND,
			  "bond", "bond0", "standing", STANDING_DONE, "findings", "plan", "conns",
			  "name", "example", "local", facts_ip_print(&local, local_text), "remote",
			  facts_ip_print(&peer, peer_text));
	ck_assert_ptr_nonnull(report);
	supervisor_report(life.supervisor, report);
	json_decref(report);
}

static void run_for_msec(unsigned int msec)
{
	uint64_t now, until;

	sd_event_now(life.event, CLOCK_MONOTONIC, &now);
	until = now + (uint64_t)msec * 1000;
	while (now < until) {
		ck_assert_int_ge(sd_event_run(life.event, until - now), 0);
		sd_event_now(life.event, CLOCK_MONOTONIC, &now);
	}
}

static bool stands_at(const char *port)
{
	return streq(life.supervisor->active, port);
}

static bool has_verdict(void)
{
	return life.supervisor->proof.verdict ==
	       (life.hardware ? VERDICT_OFFLOADED : VERDICT_SOFTWARE);
}

static bool run_until_verdict(void)
{
	for (int i = 0; i < 80 && !has_verdict(); i++)
		run_for_msec(100);
	return has_verdict();
}

static void expect_at(const char *port, size_t n_told)
{
	for (int i = 0; i < 100 && !(stands_at(port) && life.n_told == n_told); i++)
		run_for_msec(20);
	ck_assert_str_eq(life.supervisor->active, port);
	ck_assert_uint_eq(life.n_told, n_told);
}

/* Leads it. Return: how many answers the kernel has given. */
static size_t lead(bool hardware, size_t nth, enum kernel_fault fault)
{
	const struct policy_proof *how = &life.policy.proof;
	size_t n;

	begin(hardware);
	kernel_strikes(nth, fault);
	worker_says_all_is_done();
	(void)run_until_verdict();

	kernel_cuts_cable("ix0");
	kernel_switches(0, "ix1");
	expect_at("ix1", 1);
	(void)run_until_verdict();

	kernel_mends_cable("ix0");
	kernel_switches(0, "ix0");
	kernel_loses_messages();
	expect_at("ix0", 2);
	(void)run_until_verdict();

	/* Whoever asks is told, and once nothing is struck any more it is the truth. */
	ck_assert_int_ge(supervisor_verify(life.supervisor, true, how), 0);
	for (int i = 0; i < 80 && life.n_verified == 0; i++)
		run_for_msec(100);
	ck_assert_uint_eq(life.n_verified, 1);
	n = kernel_n_answers();
	kernel_strikes(0, fault);
	ck_assert_int_ge(supervisor_verify(life.supervisor, true, how), 0);
	ck_assert(run_until_verdict());
	ck_assert_uint_eq(failover_log_count(life.supervisor->failovers), 2);
	ck_assert(failover_log_last(life.supervisor->failovers)->proven);
	expect_at("ix0", 2);
	end();
	return n;
}

/* A life that is led by a process of its own. */
struct leader {
	pid_t pid;
	bool hardware;
	size_t nth;
	enum kernel_fault fault;
};

static struct leader leaders[AT_ONCE];
static size_t n_leaders;

static const char *const fault_names[] = { "fails", "is late", "comes twice", "never comes" };

static void await_one(void)
{
	struct leader l;
	size_t i = 0;
	int status;
	pid_t pid;

	pid = wait(&status);
	ck_assert_int_gt(pid, 0);
	while (leaders[i].pid != pid)
		i++;
	l = leaders[i];
	leaders[i] = leaders[--n_leaders];
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: answer %zu %s",
		      l.hardware ? "hardware" : "software", l.nth, fault_names[l.fault]);
}

static void send_one(bool hardware, size_t nth, enum kernel_fault fault)
{
	struct leader l = { .hardware = hardware, .nth = nth, .fault = fault };

	if (n_leaders == AT_ONCE)
		await_one();
	l.pid = fork();
	ck_assert_int_ge(l.pid, 0);
	if (l.pid == 0) {
		alarm(LIMIT_SEC);
		lead(hardware, nth, fault);
		_exit(EXIT_SUCCESS);
	}
	leaders[n_leaders++] = l;
}

/* Each answer is struck in one of the ways, and with $ANSWERS_ALL in all of them. */
static bool is_wanted(size_t nth, enum kernel_fault fault)
{
	return getenv("ANSWERS_ALL") || nth % ARRAY_SIZE(fault_names) == fault;
}

START_TEST(an_answer_that_fails_is_late_comes_twice_or_never_makes_nothing_wrong)
{
	/* What so many lives have to say is of no use. */
	log_open("test", LOG_EMERG - 1);
	for (int hardware = 0; hardware <= 1; hardware++) {
		size_t n = lead(hardware, 0, KERNEL_FAILS);

		/* Messages, dumps, counters, pings of five proofs. */
		ck_assert_uint_gt(n, 30);
		for (size_t nth = 1; nth <= n; nth++)
			for (enum kernel_fault f = KERNEL_FAILS; f <= KERNEL_NEVER_TELLS; f++)
				if (is_wanted(nth + (size_t)hardware, f))
					send_one(hardware, nth, f);
		printf("%zu answers\n", n);
	}
	while (n_leaders > 0)
		await_one();
}
END_TEST

UNIT_MAIN("answers", an_answer_that_fails_is_late_comes_twice_or_never_makes_nothing_wrong)
