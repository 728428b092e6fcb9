/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "supervisor.h"

/*
 * bond0 of the kernel that the test plays (fake-kernel.h), with a supervisor and an event loop of
 * its own, and a policy of five pings.
 */
struct one_bond {
	sd_event *event;
	struct ethtool *ethtool;
	struct links *links;
	struct supervisor *supervisor;
	struct policy_bond policy;
};

/* one_bond_begin() - @state_dir, or NULL to keep nothing; @userdata is for @ops */
void one_bond_begin(struct one_bond *b, const char *state_dir, const struct supervisor_ops *ops,
		    void *userdata);
void one_bond_end(struct one_bond *b);

/* one_bond_is_done() - the worker has looked, and there is nothing left to do */
void one_bond_is_done(struct one_bond *b);

void one_bond_run_for_msec(struct one_bond *b, unsigned int msec);
