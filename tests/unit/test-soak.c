/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>

#include "catch-up.h"
#include "fake-kernel.h"
#include "log.h"
#include "one-bond.h"
#include "simulated-clock.h"
#include "temporary.h"
#include "unit.h"

/*
 * Four days of a bond, with a clock that skips what is only waiting: failovers, rekeys, lost
 * messages, somebody who takes the bit, a bond that goes and comes, questions. Memory, descriptors
 * and the processor's time of an hour are the same at the end as at the beginning.
 */

/* $SOAK_HOURS for more of them. */
enum {
	HOURS = 96,
	FULL = 72, /* by then as many failovers are remembered as ever are */
	MAX_HOURS = 24 * 366
};

struct usage {
	size_t bytes;
	unsigned int descriptors;
	uint64_t processor_usec;
};

static struct one_bond bond;
static size_t n_told, n_proved;

static void on_changed(void *userdata _unused_, struct supervisor *s _unused_,
		       unsigned int what _unused_)
{
}

static void on_failed_over(void *userdata _unused_, struct supervisor *s _unused_,
			   const struct failover *f _unused_)
{
	n_told++;
}

static void on_proved(void *userdata _unused_, struct supervisor *s _unused_,
		      const struct prover_outcome *outcome _unused_, bool asked _unused_)
{
	n_proved++;
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

/* struct mallinfo2, which glibc has since 2.33. */
struct heap {
	size_t before[7], allocated, after[2];
};

/* The account of the address sanitizer, and that of the C library: where there is one. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));
struct heap mallinfo2(void) __attribute__((weak));

static bool is_exact(void)
{
	return __sanitizer_get_current_allocated_bytes != NULL;
}

static size_t allocated(void)
{
	if (is_exact())
		return __sanitizer_get_current_allocated_bytes();
	return mallinfo2 ? mallinfo2().allocated : 0;
}

static unsigned int descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned int n = 0;

	ck_assert_ptr_nonnull(folder);
	while (readdir(folder))
		n++;
	closedir(folder);
	return n;
}

static struct usage usage(void)
{
	struct rusage r;

	ck_assert_int_eq(getrusage(RUSAGE_SELF, &r), 0);
	return (struct usage){
		.bytes = allocated(),
		.descriptors = descriptors(),
		.processor_usec =
			(uint64_t)r.ru_utime.tv_sec * 1000000 + (uint64_t)r.ru_utime.tv_usec,
	};
}

static const char *other(void)
{
	return streq(bond.supervisor->active, "ix0") ? "ix1" : "ix0";
}

/* One minute of them: what happens in it, and then nothing. */
static size_t live(unsigned int minute)
{
	const struct facts_ip peer = kernel_peer(0);
	const char *to = other(), *from = bond.supervisor->active;
	char was[FACTS_NAME_SIZE];
	size_t failovers = 0;

	snprintf(was, sizeof(was), "%s", from);
	if (minute % 5 == 0) {
		kernel_cuts_cable(was);
		kernel_switches(0, to);
		one_bond_run_for_msec(&bond, 100);
		kernel_refuses_packets(1);
		failovers++;
	}
	if (minute % 8 == 1) {
		kernel_rekeys(0);
		supervisor_sa_removed(bond.supervisor, &peer);
		supervisor_sa_added(bond.supervisor, &peer);
	}
	if (minute % 30 == 2) {
		kernel_switches(0, to);
		kernel_loses_messages();
		failovers++;
	}
	if (minute % 60 == 3) {
		kernel_sets_feature(0, false);
		one_bond_run_for_msec(&bond, 5000);
		kernel_sets_feature(0, true);
	}
	if (minute % 180 == 4) {
		kernel_removes_bond(0);
		one_bond_run_for_msec(&bond, 1000);
		kernel_makes_bond(0);
		failovers++;
	}
	if (minute % 10 == 6)
		one_bond_is_done(&bond);
	if (minute % 15 == 7)
		ck_assert_int_ge(supervisor_verify(bond.supervisor, true, &bond.policy.proof), 0);
	one_bond_run_for_msec(&bond, 30000);
	if (minute % 5 == 0)
		kernel_mends_cable(was);
	one_bond_run_for_msec(&bond, 30000);
	return failovers;
}

static unsigned int hours_wanted(void)
{
	const char *text = getenv("SOAK_HOURS");
	unsigned int hours = text ? (unsigned int)strtoul(text, NULL, 10) : HOURS;

	ck_assert_uint_ge(hours, HOURS);
	ck_assert_uint_le(hours, MAX_HOURS);
	return hours;
}

START_TEST(days_leave_memory_descriptors_and_processor_as_they_were)
{
	static struct usage at[MAX_HOURS + 1];
	const unsigned int hours = hours_wanted();
	uint64_t began = clock_usec();
	size_t failovers = 0;

	log_open("test", LOG_EMERG - 1);
	temporary_make();
	kernel_begin(1);
	kernel_answers_probes(true);
	/* Said again with each failover, as far as the daemon sees. */
	kernel_says("bond0: (slave ix1): bond_ipsec_add_sa_all: failed to add SA");
	one_bond_begin(&bond, temporary_dir, &ops, NULL);
	one_bond_is_done(&bond);
	one_bond_run_for_msec(&bond, 10000);
	at[0] = usage();
	for (unsigned int hour = 0; hour < hours; hour++) {
		for (unsigned int minute = 0; minute < 60; minute++) {
			failovers += live(hour * 60 + minute);
			ck_assert_msg(bond.supervisor->proof.verdict == VERDICT_OFFLOADED,
				      "minute %u of hour %u", minute, hour);
		}
		ck_assert_uint_eq(n_told, failovers);
		at[hour + 1] = usage();
	}
	ck_assert_uint_ge(clock_usec() - began, UINT64_C(3600000000) * hours);
	printf("%zu failovers, %zu proofs; after %d hours %zu bytes, %u descriptors, at the end "
	       "%zu "
	       "bytes, %u descriptors; processor: hours 7 to 12 %llu ms, the last six %llu ms\n",
	       n_told, n_proved, FULL, at[FULL].bytes, at[FULL].descriptors, at[hours].bytes,
	       at[hours].descriptors,
	       (unsigned long long)(at[12].processor_usec - at[6].processor_usec) / 1000,
	       (unsigned long long)(at[hours].processor_usec - at[hours - 6].processor_usec) /
		       1000);

	ck_assert_uint_eq(at[hours].descriptors, at[FULL].descriptors);
	/*
	 * Words and numbers differ in length. The C library counts a few chunks that it keeps for
	 * later of each size that ever came up, too.
	 */
	ck_assert_uint_le(at[hours].bytes, at[FULL].bytes + (is_exact() ? 2048 : 16384));
	ck_assert_uint_le(at[hours].processor_usec - at[hours - 6].processor_usec,
			  2 * (at[12].processor_usec - at[6].processor_usec) + 200000);
	one_bond_end(&bond);
	kernel_end();
	temporary_remove();
	clock_return();
}
END_TEST

UNIT_MAIN("soak", days_leave_memory_descriptors_and_processor_as_they_were)
