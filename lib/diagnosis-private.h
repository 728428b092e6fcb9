/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnosis.h"
#include "ipsec-conf.h"
#include "pluto-messages.h"
#include "text.h"

/* What the steps share; for diagnosis-….c only. */

/* A diagnosis while it is made. */
struct making {
	const struct diagnosis_seen *s;
	struct diagnosis *d;
	struct pluto_messages messages;
	const struct pluto_message *cause; /* the first of them that names the cause, or NULL */
	bool is_up;                        /* established, and the kernel has its SAs */
	bool failed;                       /* no memory */
};

/* A row while it is written. All texts may stay empty. */
struct row {
	enum diagnosis_step step;
	const char *id; /* NULL: the step's name */
	enum diagnosis_status status;
	struct text seen, why, remedy, evidence;
};

#define ROW(row_step, row_status)                                                                  \
	((struct row){ .step = (row_step),                                                         \
		       .id = NULL,                                                                 \
		       .status = (row_status),                                                     \
		       .seen = TEXT_NULL,                                                          \
		       .why = TEXT_NULL,                                                           \
		       .remedy = TEXT_NULL,                                                        \
		       .evidence = TEXT_NULL })

/* diagnosis_add() - adds the row and empties it. A lack of memory is remembered. */
void diagnosis_add(struct making *m, struct row *row);

/* diagnosis_skip() - a row that only says why a step was left out */
void diagnosis_skip(struct making *m, enum diagnosis_step step, const char *why);

/*
 * diagnosis_add_message() - a row from what pluto says; its evidence is the line
 * @more: further words for seen; may be NULL
 */
void diagnosis_add_message(struct making *m, enum diagnosis_step step,
			   const struct pluto_message *message, const char *more);

/* diagnosis_is_of() - whether pluto's name for an SA is the conn's: NAME, or NAME/1x1 */
bool diagnosis_is_of(const char *name, const char *conn);

/* diagnosis_step_of() - the step that a cause of pluto's messages belongs to */
enum diagnosis_step diagnosis_step_of(const char *cause);

/* diagnosis_value() - a key's value of the conn in the files, "" for none, and where it stands */
const char *diagnosis_value(const struct making *m, const char *key,
			    struct ipsec_conf_value *ret_value);

/* diagnosis_print_value() - "esp=aes_gcm256 (crypto policy, FILE:LINE)" */
void diagnosis_print_value(const struct making *m, const char *key, struct text *t);

/*
 * diagnosis_pings_answered(), diagnosis_pings_lost() - what became of the pings that were sent
 * through the tunnel; both are false where none were
 */
bool diagnosis_pings_answered(const struct making *m);
bool diagnosis_pings_lost(const struct making *m);

/* A rule of which it cannot be told whether it drops what is needed, and that has no row. */
struct firewall_doubt {
	char what[96]; /* "" for none */
	struct firewall_answer answer;
};

/* Which ways the conn's packets went while it was looked at. */
enum flow {
	FLOW_UNKNOWN, /* the kernel's SAs are not known */
	FLOW_NONE,
	FLOW_BOTH,
	FLOW_OUT, /* out only */
	FLOW_IN,  /* in only */
};

enum flow diagnosis_flow(const struct making *m);

/*
 * diagnosis_esp_is_lost() - whatever was sent through the tunnel, pings and knocks, left this host
 * as ESP, and nothing at all came in
 */
bool diagnosis_esp_is_lost(const struct making *m);

/* diagnosis_is_in_udp() - ESP travels in UDP 4500, or in TCP, as the SAs or encapsulation= say */
bool diagnosis_is_in_udp(const struct making *m);

/*
 * diagnosis_own_rules() - rows for rules of this host that drop or reject IKE or ESP, or may
 *
 * Return: how many of them are faults, or -1 when the rules could not be asked.
 */
int diagnosis_own_rules(struct making *m, struct firewall_doubt *ret_doubt);

/* diagnosis_print_rule() - "table inet fw, chain out: RULE" */
void diagnosis_print_rule(const struct firewall_answer *a, struct text *t);

/* diagnosis_has_carried() - packets went both ways since the SAs were made: of now it tells nothing
 */
bool diagnosis_has_carried(const struct making *m);

void diagnosis_tunnel(struct making *m);
void diagnosis_bring_up(struct making *m);
void diagnosis_firewall(struct making *m);
void diagnosis_mismatch(struct making *m);
void diagnosis_mtu(struct making *m);
void diagnosis_nat(struct making *m);
void diagnosis_crypto_policy(struct making *m);
void diagnosis_kernel(struct making *m);
void diagnosis_offload(struct making *m);
