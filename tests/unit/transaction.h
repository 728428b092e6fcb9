/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "executor.h"
#include "settle.h"

/* Transactions of the main job, on the host that the test plays (fake-host.h). */

/* Libreswan's file as it is before; with it the conns example, and a neighbour of it. */
extern const char conf_before[];

extern struct policy_bond policy;

/* From which question on the executor is told to stop, 0 for never; and how many it has asked. */
extern unsigned int stop_at, n_asked;

/* What host_begin() has in the world. */
extern bool always_shares, always_orphans, always_deaf, nm_always_restarts;

/* What settle() told in settle_with(): how often, and the last. */
extern size_t n_told;
extern enum settle_what told_what;
extern int told_outcome;

/* host_begin() - both conns are up, nothing is offloaded, and the policy names example */
void host_begin(void);
void host_end(void);
const struct executor_options *host_options(void);

/* write_conf(), conf_is() - what stands in Libreswan's file */
void write_conf(const char *text);
void conf_is(const char *text);

/* count_files() - of a folder; all_is_as_…() - nothing lies about, either */
size_t count_files(const char *dir);
void all_is_as_before(void);
void all_is_as_it_should_be(void);

/* apply_missing() - as the worker does: those steps that the plan has for the host as it is */
int apply_missing(char **ret_reason);
/* apply_by() - the four steps of the main job: the feature's and pluto's in this way */
int apply_by(enum step_kind feature, enum step_kind pluto, char **ret_reason);
/* apply_profile() - the first of them alone, which leaves pluto as it is */
int apply_profile(char **ret_reason);
int apply(void);
int apply_with_restart(void);
int recover(void);
int revert(char **ret_reason);

/* settle_with() - as the worker does before anything else, by this policy */
int settle_with(struct policy *p);
