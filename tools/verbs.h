/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "output.h"

/*
 * The verbs of esp-offloadctl. Each gets the common options as they stood before the verb, and
 * the arguments from the verb on (argv[0] is the verb's name), reads its own options with
 * getopt_long(), and returns an exit status.
 */
int verb_diagnose(struct ctl *ctl, int argc, char **argv);
int verb_conn(struct ctl *ctl, int argc, char **argv);
int verb_init(struct ctl *ctl, int argc, char **argv);
int verb_status(struct ctl *ctl, int argc, char **argv);
int verb_check(struct ctl *ctl, int argc, char **argv);
int verb_plan(struct ctl *ctl, int argc, char **argv);
int verb_apply(struct ctl *ctl, int argc, char **argv);
int verb_verify(struct ctl *ctl, int argc, char **argv);
int verb_revert(struct ctl *ctl, int argc, char **argv);
int verb_failovers(struct ctl *ctl, int argc, char **argv);
int verb_reload(struct ctl *ctl, int argc, char **argv);
int verb_monitor(struct ctl *ctl, int argc, char **argv);
int verb_config(struct ctl *ctl, int argc, char **argv);
int verb_metrics(struct ctl *ctl, int argc, char **argv);
int verb_completion_words(struct ctl *ctl, int argc, char **argv);

/* verb_name() - the I-th verb that people use, or NULL after the last */
const char *verb_name(size_t i);
