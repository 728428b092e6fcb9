/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "many-bonds.h"

#include <stdio.h>

#include "catch-up.h"
#include "fake-kernel.h"
#include "unit.h"
#include "worker-report.h"

static sd_event *event;
static struct ethtool *ethtool;
static struct links *links;
struct supervisor *supervisors[MAX_BONDS];
struct policy_bond policies[MAX_BONDS];
const char *bonds_state_dir;
static size_t n_bonds;

struct told told[MAX_TOLD];
size_t n_told, n_proved, n_verified, n_looks;
struct prover_outcome proved;
unsigned int changes;

static void on_changed(void *userdata _unused_, struct supervisor *s _unused_, unsigned int what)
{
	changes |= what;
}

static void on_failed_over(void *userdata _unused_, struct supervisor *s, const struct failover *f)
{
	ck_assert_uint_lt(n_told, MAX_TOLD);
	told[n_told++] = (struct told){ s, *f, s->proof.verdict };
}

static void on_proved(void *userdata _unused_, struct supervisor *s _unused_,
		      const struct prover_outcome *outcome, bool asked)
{
	proved = *outcome;
	if (asked)
		n_verified++;
	else
		n_proved++;
}

static void on_wants_look(void *userdata _unused_, struct supervisor *s _unused_,
			  const char *why _unused_)
{
	n_looks++;
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

static void on_followed(void *userdata _unused_, bool followed)
{
	for (size_t i = 0; i < n_bonds; i++)
		supervisor_followed(supervisors[i], followed);
}

void worker_reports(size_t bond, json_t *j)
{
	ck_assert_ptr_nonnull(j);
	supervisor_report(supervisors[bond], j);
	json_decref(j);
}

void worker_says(size_t bond, const char *standing, const char *reason)
{
	json_t *conns = json_array();
	char local[FACTS_IP_TEXT_SIZE], remote[FACTS_IP_TEXT_SIZE];
	const struct facts_ip l = kernel_local(bond), p = kernel_peer(bond);

	json_array_append_new(conns, json_pack("{s:s, s:s, s:s}", "name", "example", "local",
					       facts_ip_print(&l, local), "remote",
					       facts_ip_print(&p, remote)));
	worker_reports(bond,
		       json_pack("{s:s, s:s, s:s, s:s, s:[], s:[], s:o}", "report", REPORT_BOND,
				 "bond", supervisors[bond]->name, "standing", standing, "reason",
				 reason, "findings", "plan", "conns", conns));
}

void lose_tunnels(size_t bond, bool lost)
{
	worker_reports(bond,
		       json_pack("{s:s, s:s, s:s, s:b, s:[], s:[], s:[]}", "report", REPORT_BOND,
				 "bond", supervisors[bond]->name, "standing", STANDING_DONE,
				 "repairs", lost, "findings", "plan", "conns"));
}

void worker_ends(const char *outcome, const char *reason)
{
	worker_reports(0, json_pack("{s:s, s:s, s:s, s:s}", "report", REPORT_OUTCOME, "bond",
				    "bond0", "outcome", outcome, "reason", reason));
}

void bonds_begin(size_t n)
{
	kernel_begin(n);
	n_bonds = n;
	n_told = n_proved = n_verified = n_looks = 0;
	changes = 0;
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(ethtool_open(&ethtool), 0);
	ck_assert_int_eq(links_new(event, on_link_changed, NULL, &links), 0);
	links_tell_followed(links, on_followed);
	for (size_t i = 0; i < n; i++) {
		char name[FACTS_NAME_SIZE];

		snprintf(name, sizeof(name), "bond%hhu", (uint8_t)i);
		policies[i] =
			(struct policy_bond){ .name = strdup(name),
					      .proof = { .within_usec = 2500000, .ratio = 0.95 } };
		ck_assert_int_eq(supervisor_new(event, ethtool, &policies[i], bonds_state_dir, NULL,
						&ops, NULL, &supervisors[i]),
				 0);
		supervisor_attach(supervisors[i], links);
	}
}

void bonds_end(void)
{
	for (size_t i = 0; i < n_bonds; i++) {
		supervisor_free(supervisors[i]);
		free(policies[i].name);
	}
	links_free(links);
	ethtool_close(ethtool);
	sd_event_unref(event);
	kernel_end();
}

void run_for_msec(unsigned int msec)
{
	uint64_t now, until;

	sd_event_now(event, CLOCK_MONOTONIC, &now);
	until = now + (uint64_t)msec * 1000;
	while (now < until) {
		ck_assert_int_ge(sd_event_run(event, until - now), 0);
		sd_event_now(event, CLOCK_MONOTONIC, &now);
	}
}

void run_until_told(size_t n)
{
	uint64_t now, until;

	sd_event_now(event, CLOCK_MONOTONIC, &now);
	until = now + 30000000;
	while (n_told < n && now < until) {
		ck_assert_int_ge(sd_event_run(event, until - now), 0);
		sd_event_now(event, CLOCK_MONOTONIC, &now);
	}
	ck_assert_uint_eq(n_told, n);
}

void run_until_proved(void)
{
	size_t before = n_proved;

	for (int i = 0; i < 100 && n_proved == before; i++)
		run_for_msec(100);
	ck_assert_uint_eq(n_proved, before + 1);
}

void configured_and_proved(void)
{
	bonds_begin(1);
	worker_says(0, STANDING_DONE, "");
	run_for_msec(100);
	kernel_carries(0, 10, 10);
	run_until_proved();
	ck_assert_int_eq(supervisors[0]->proof.verdict, VERDICT_OFFLOADED);
	changes = 0;
}

const char *bond_state(void)
{
	return bond_state_name(supervisors[0]->state);
}

void worker_repairs(void)
{
	worker_says(0, STANDING_TODO, "");
	worker_ends(OUTCOME_APPLIED, "");
	worker_says(0, STANDING_DONE, "");
}
