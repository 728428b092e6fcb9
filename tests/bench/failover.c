/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "../unit/catch-up.h"
#include "../unit/fake-kernel.h"
#include "../unit/unit.h"
#include "names.h"
#include "supervisor.h"
#include "worker-report.h"

/*
 * What a failover takes the daemon, by the number of bonds that it looks after, and of SAs of
 * others that are on the host: failover BONDS SAS. The links, supervisors and provers are real and
 * the kernel is played, as in test-supervisor.c: it has 64 bonds in any case, and each that is
 * looked after has 156 conns. From the first message to the signal and through the whole proof, all
 * of it is in measured(), which callgrind can be told to look at alone. The played kernel's part is
 * the same however many bonds are looked after.
 */

enum {
	MAX = 64,
	CONNS = 156
};

static sd_event *event;
static struct ethtool *ethtool;
static struct links *links;
static struct supervisor *supervisors[MAX];
static struct policy_bond policies[MAX];
static size_t n_bonds, n_others, n_told, n_proved;

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
	return catch_up(supervisors, n_bonds);
}

static const struct supervisor_ops ops = { on_changed, on_failed_over, on_proved, on_wants_look,
					   on_catch_up };

static void on_link_changed(void *userdata _unused_, const struct links_change *change)
{
	for (size_t i = 0; i < n_bonds; i++)
		supervisor_link_changed(supervisors[i], change);
}

/* The worker's report: all is done; the first conn is the tunnel that the kernel has. */
static void report(size_t bond)
{
	char local[FACTS_IP_TEXT_SIZE], remote[FACTS_IP_TEXT_SIZE];
	struct facts_ip own = kernel_local(bond), peer = kernel_peer(bond);
	json_t *conns = json_array(), *j;

	for (uint8_t i = 0; i < CONNS; i++) {
		json_array_append_new(conns, json_pack("{s:s, s:s, s:s}", "name", "example",
						       "local", facts_ip_print(&own, local),
						       "remote", facts_ip_print(&peer, remote)));
		peer.bytes[1] = (uint8_t)(i + 1);
	}
	j = json_pack("{s:s, s:s, s:s, s:s, s:[], s:[], s:o}", "report", REPORT_BOND, "bond",
		      supervisors[bond]->name, "standing", STANDING_DONE, "reason", "", "findings",
		      "plan", "conns", conns);
	ck_assert_ptr_nonnull(j);
	supervisor_report(supervisors[bond], j);
	json_decref(j);
}

static void run_until_proved(size_t n)
{
	for (int i = 0; i < 10000 && n_proved < n; i++)
		ck_assert_int_ge(sd_event_run(event, 1000000), 0);
	ck_assert_uint_ge(n_proved, n);
}

__attribute__((noinline, noipa, used)) static void measured(void)
{
	size_t proved = n_proved;

	kernel_switches(0, "ix1");
	while (n_proved == proved)
		ck_assert_int_ge(sd_event_run(event, UINT64_MAX), 0);
}

static void begin(void)
{
	kernel_begin(MAX);
	kernel_has_strangers(n_others);
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(ethtool_open(&ethtool), 0);
	ck_assert_int_eq(links_new(event, on_link_changed, NULL, &links), 0);
	for (size_t i = 0; i < n_bonds; i++) {
		char name[FACTS_NAME_SIZE];

		snprintf(name, sizeof(name), "bond%hhu", (uint8_t)i);
		/* Without traffic a proof ends at its time: as many samples whatever the load. */
		policies[i] =
			(struct policy_bond){ .name = strdup(name),
					      .proof = { .within_usec = 2500000, .ratio = 0.95 } };
		ck_assert_int_eq(supervisor_new(event, ethtool, &policies[i], NULL, NULL, &ops,
						NULL, &supervisors[i]),
				 0);
		supervisor_attach(supervisors[i], links);
	}
}

START_TEST(a_failover_is_told_and_proven)
{
	begin();
	for (size_t i = 0; i < n_bonds; i++)
		report(i);
	run_until_proved(n_bonds);

	n_told = n_proved = 0;
	measured();
	ck_assert_uint_eq(n_told, 1);
	ck_assert_uint_eq(n_proved, 1);
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *const tests[] = { a_failover_is_told_and_proven };

	n_bonds = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	n_others = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	if (n_bonds < 1 || n_bonds > MAX)
		return 2;
	/* In this process, for the tools that look on. */
	setenv("CK_FORK", "no", 1);
	return unit_run("failover", tests, ARRAY_SIZE(tests));
}
