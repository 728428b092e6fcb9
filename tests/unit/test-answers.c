/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catch-up.h"
#include "fake-kernel.h"
#include "log.h"
#include "one-bond.h"
#include "unit.h"

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

static struct one_bond bond;
static bool hardware;
static size_t n_told, n_verified;

/* The packets go one way, and one way alone. */
static void expect_no_wrong_verdict(enum verdict verdict)
{
	if (hardware)
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
	ck_assert_str_eq(f->to, n_told % 2 == 0 ? "ix1" : "ix0");
	n_told++;
}

static void on_proved(void *userdata _unused_, struct supervisor *s _unused_,
		      const struct prover_outcome *outcome, bool asked)
{
	expect_no_wrong_verdict(outcome->proof.verdict);
	n_verified += asked;
}

static void on_wants_look(void *userdata _unused_, struct supervisor *s _unused_,
			  const char *why _unused_)
{
}

static bool on_catch_up(void *userdata _unused_)
{
	return catch_up(&bond.supervisor, 1);
}

static const struct supervisor_ops ops = { on_changed, on_failed_over, on_proved, on_wants_look,
					   on_catch_up };

static void begin(bool in_hardware)
{
	kernel_begin(1);
	kernel_answers_probes(in_hardware);
	hardware = in_hardware;
	n_told = n_verified = 0;
	one_bond_begin(&bond, NULL, &ops, NULL);
}

static void end(void)
{
	one_bond_end(&bond);
	kernel_end();
}

static void run_for_msec(unsigned int msec)
{
	one_bond_run_for_msec(&bond, msec);
}

static bool stands_at(const char *port)
{
	return streq(bond.supervisor->active, port);
}

static bool has_verdict(void)
{
	return bond.supervisor->proof.verdict == (hardware ? VERDICT_OFFLOADED : VERDICT_SOFTWARE);
}

static bool run_until_verdict(void)
{
	for (int i = 0; i < 80 && !has_verdict(); i++)
		run_for_msec(100);
	return has_verdict();
}

static void expect_at(const char *port, size_t n)
{
	for (int i = 0; i < 100 && !(stands_at(port) && n_told == n); i++)
		run_for_msec(20);
	ck_assert_str_eq(bond.supervisor->active, port);
	ck_assert_uint_eq(n_told, n);
}

/* Leads it. Return: how many answers the kernel has given. */
static size_t lead(bool in_hardware, size_t nth, enum kernel_fault fault)
{
	const struct policy_proof *how = &bond.policy.proof;
	size_t n;

	begin(in_hardware);
	kernel_strikes(nth, fault);
	one_bond_is_done(&bond);
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
	ck_assert_int_ge(supervisor_verify(bond.supervisor, true, how), 0);
	for (int i = 0; i < 80 && n_verified == 0; i++)
		run_for_msec(100);
	ck_assert_uint_eq(n_verified, 1);
	n = kernel_n_answers();
	kernel_strikes(0, fault);
	ck_assert_int_ge(supervisor_verify(bond.supervisor, true, how), 0);
	ck_assert(run_until_verdict());
	ck_assert_uint_eq(failover_log_count(bond.supervisor->failovers), 2);
	ck_assert(failover_log_last(bond.supervisor->failovers)->proven);
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

static void send_one(bool in_hardware, size_t nth, enum kernel_fault fault)
{
	struct leader l = { .hardware = in_hardware, .nth = nth, .fault = fault };

	if (n_leaders == AT_ONCE)
		await_one();
	l.pid = fork();
	ck_assert_int_ge(l.pid, 0);
	if (l.pid == 0) {
		alarm(LIMIT_SEC);
		lead(in_hardware, nth, fault);
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
	for (int in_hardware = 0; in_hardware <= 1; in_hardware++) {
		size_t n = lead(in_hardware, 0, KERNEL_FAILS);

		/* Messages, dumps, counters, pings of five proofs. */
		ck_assert_uint_gt(n, 30);
		for (size_t nth = 1; nth <= n; nth++)
			for (enum kernel_fault f = KERNEL_FAILS; f <= KERNEL_NEVER_TELLS; f++)
				if (is_wanted(nth + (size_t)in_hardware, f))
					send_one(in_hardware, nth, f);
		printf("%zu answers\n", n);
	}
	while (n_leaders > 0)
		await_one();
}
END_TEST

UNIT_MAIN("answers", an_answer_that_fails_is_late_comes_twice_or_never_makes_nothing_wrong)
