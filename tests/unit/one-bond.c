/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "one-bond.h"

#include <check.h>

#include "fake-kernel.h"
#include "names.h"
#include "worker-report.h"

static void on_link_changed(void *userdata, const struct links_change *change)
{
	struct one_bond *b = userdata;

	supervisor_link_changed(b->supervisor, change);
}

void one_bond_begin(struct one_bond *b, const char *state_dir, const struct supervisor_ops *ops,
		    void *userdata)
{
	*b = (struct one_bond){
		.policy = { .name = strdup("bond0"),
			    .proof = { .within_usec = 2500000,
				       .ratio = 0.95,
				       .probe_address = kernel_peer(0),
				       .probe_count = 5 } },
	};
	ck_assert_int_ge(sd_event_new(&b->event), 0);
	ck_assert_int_eq(ethtool_open(&b->ethtool), 0);
	ck_assert_int_eq(supervisor_new(b->event, b->ethtool, &b->policy, state_dir, NULL, ops,
					userdata, &b->supervisor),
			 0);
	ck_assert_int_eq(links_new(b->event, on_link_changed, b, &b->links), 0);
	supervisor_attach(b->supervisor, b->links);
}

void one_bond_end(struct one_bond *b)
{
	supervisor_free(b->supervisor);
	free(b->policy.name);
	links_free(b->links);
	ethtool_close(b->ethtool);
	sd_event_unref(b->event);
}

void one_bond_is_done(struct one_bond *b)
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
	supervisor_report(b->supervisor, report);
	json_decref(report);
}

void one_bond_run_for_msec(struct one_bond *b, unsigned int msec)
{
	uint64_t now, until;

	sd_event_now(b->event, CLOCK_MONOTONIC, &now);
	until = now + (uint64_t)msec * 1000;
	while (now < until) {
		ck_assert_int_ge(sd_event_run(b->event, until - now), 0);
		sd_event_now(b->event, CLOCK_MONOTONIC, &now);
	}
}
