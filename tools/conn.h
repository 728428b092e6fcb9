/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ipsec-files.h"
#include "output.h"

/*
 * What the verbs about conns share. Each gets the configuration, read, and the arguments after its
 * own name.
 */
struct conn_context {
	struct ctl *ctl;
	struct ipsec_files *files;
	struct ipsec_conf *conf;
	bool dry_run;
};

int conn_list(struct conn_context *c, int argc, char **argv);
int conn_show(struct conn_context *c, int argc, char **argv);
int conn_set(struct conn_context *c, int argc, char **argv);
int conn_unset(struct conn_context *c, int argc, char **argv);
int conn_crypto_policy(struct conn_context *c, int argc, char **argv);

/* conn_edit() - plans, checks and writes an edit, and says what became of it. An exit status. */
int conn_edit(struct conn_context *c, const char *name, const struct ipsec_conf_change *changes,
	      size_t n);

/* {"file", "line", "column"}, or null for no place */
json_t *conn_place_json(const struct ipsec_conf *conf, struct ipsec_conf_place place);

/*
 * conn_findings_json() - the findings, all or those of one conn and of the whole set
 * @name: NULL for all
 */
json_t *conn_findings_json(const struct ipsec_conf *conf, const char *name);

/* conn_print_findings() - the same for people, on the standard error output, without notes */
void conn_print_findings(const struct ipsec_conf *conf, const char *name);
