/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "checks.h"
#include "conn-ends.h"
#include "ipsec-conf.h"
#include "text.h"

struct check;

/*
 * What the checks share: the facts put in order for one bond, and ways to say what was found. For
 * checks-….c and plan.c only.
 */

/* esp, esn, nic-offload */
enum {
	JUDGE_CHANGES_MAX = 3
};

/* A conn of the policy, with all that was seen of it, and what is to be done about it. */
struct judge_conn {
	const struct conn_ends *ends;
	const struct ipsec_conf_conn *conf;
	const struct facts_tunnel *tunnel; /* NULL while pluto does not say "established" */
	const struct facts_sa *const *sas; /* between its ends, in both directions */
	size_t n_sas;

	struct ipsec_conf_change changes[JUDGE_CHANGES_MAX]; /* in the order to make them */
	size_t n_changes;
	bool not_taken; /* up, and its SAs are not offloaded, although the files ask for it */
	bool take_up;   /* pluto has to take it up anew */
	bool lost;      /* pluto says that it is up, and the kernel lacks SAs of it */

	bool refused; /* the card refuses its SAs as the files are; said by a check */
};

/* What is to be done, and why pluto has to be restarted rather than to replace single conns. */
struct judge_decision {
	bool write_profile;
	bool reactivate;
	bool live;
	size_t n_edited; /* conns with changes */
	size_t n_take_up;
	bool replace;
	bool restart;
	const char *why_restart; /* of static storage */
};

struct judge {
	const struct facts *facts;
	const struct policy_bond *policy;
	const struct facts_link *bond; /* NULL unless the interface is there and a bond */
	const struct facts_profile *profile;
	struct libreswan_version version;
	bool ixgbe; /* the limits of ixgbe apply: not every port has another driver */

	struct conn_ends_list ends;
	struct judge_conn *conns; /* in the order of the policy */
	size_t n_conns;
	bool *meant; /* by the number of a name's first conn: it is among them */

	struct facts_sa const **sas; /* of ESP and AH, by their ends, without larval ones */
	size_t n_sas;
	struct judge_tunnel *tunnels; /* by name */

	struct judge_decision decision;

	struct findings *findings;
	const char *id; /* of the check that runs */
	size_t n_said;  /* findings of that check; beyond JUDGE_SAID_MAX they are only counted */
	enum finding_severity worst_unsaid;
	bool unsaid_wait; /* all of those that block do so only until something appears */
	int error;        /* -ENOMEM, remembered */
	char **texts;     /* what judge_say() made */
	size_t n_texts, texts_alloc;
};

/* With thousands of conns that all have one fault, twenty are shown and the others counted. */
enum {
	JUDGE_SAID_MAX = 20
};

/* judge_run() - runs one check */
void judge_run(struct judge *j, const struct check *check);

/* judge_decide() - fills in what is to be done; part of judge_begin() */
void judge_decide(struct judge *j);

/* judge_conf_of() - the conn in the files that an established tunnel is of, or NULL */
const struct ipsec_conf_conn *judge_conf_of(const struct judge *j, const struct facts_tunnel *t);

/* judge_means() - true when the conn is one of the policy's */
static inline bool judge_means(const struct judge *j, const struct ipsec_conf_conn *conn)
{
	return conn && j->meant[conn->first];
}

/* judge_begin() - Return: 0 with @ret to be ended with judge_end(); -ENOMEM */
int judge_begin(const struct facts *facts, const struct policy_bond *policy,
		struct findings *findings, struct judge *ret);
void judge_end(struct judge *j);

/* judge_say() - a text that lives until judge_end(); "" when there is no memory for it */
const char *judge_say(struct judge *j, const char *format, ...) _printf_(2, 3);

/* judge_take() - the same of a text that was built; it is empty afterwards */
const char *judge_take(struct judge *j, struct text *t);

/* Names in a sentence, of which the first few are said. */
struct judge_list {
	struct text text;
	size_t n;
};

void judge_list_add(struct judge_list *l, const char *name);

/* judge_list_take() - "a, b and 3 more", or "" for none, as judge_take() */
const char *judge_list_take(struct judge *j, struct judge_list *l);

/*
 * judge_neighbours() - the tunnels that go down with this conn, when pluto takes it up anew
 * (ike-sharing.h), as judge_list_take() does
 */
const char *judge_neighbours(struct judge *j, const struct judge_conn *c);

/*
 * judge_blocks(), judge_waits(), judge_warns(), judge_notes() - one more finding of the check that
 * runs; "waits" is what blocks only until it appears
 */
void judge_blocks(struct judge *j, const char *subject, const char *seen, const char *why,
		  const char *remedy);
void judge_waits(struct judge *j, const char *subject, const char *seen, const char *why,
		 const char *remedy);
void judge_warns(struct judge *j, const char *subject, const char *seen, const char *why,
		 const char *remedy);
void judge_notes(struct judge *j, const char *subject, const char *seen, const char *why,
		 const char *remedy);

/*
 * judge_value() - the value of a key that a conn ends up with
 *
 * Return: true with @ret filled; false when the version has no such key, or it has no value.
 */
bool judge_value(struct judge *j, const struct judge_conn *c, const char *key,
		 struct ipsec_conf_value *ret);

/* judge_is() - true when the key has a value that means the same as @value */
bool judge_is(struct judge *j, const struct judge_conn *c, const char *key, const char *value);

/* judge_origin() - where a value comes from: "/etc/ipsec.d/a.conf:3", "Libreswan's own default" */
const char *judge_origin(struct judge *j, const struct ipsec_conf_value *value);

/* judge_place() - FILE:LINE */
const char *judge_place(struct judge *j, const struct ipsec_conf_place *place);

/*
 * judge_is_foreign() - true for an SA that is not pluto's
 *
 * Reqids up to 16383 are for SAs made by hand; pluto's begin above (gen_reqid() in its sources).
 */
static inline bool judge_is_foreign(const struct facts_sa *sa)
{
	return sa->reqid <= 0x3fff;
}

/* judge_changes() - true for manage: enforce */
static inline bool judge_changes(const struct judge *j)
{
	return j->policy->manage == POLICY_ENFORCE;
}

/* A check: adds a finding for each subject that it does not like. */
struct check {
	struct check_info info;
	void (*run)(struct judge *j);
};

/* The checks of each group, ending in one without an id; the causes before the consequences. */
extern const struct check checks_kernel[];
extern const struct check checks_bond[];
extern const struct check checks_port[];
extern const struct check checks_profile[];
extern const struct check checks_ipsec[];
extern const struct check checks_conn[];
extern const struct check checks_limits[];
extern const struct check checks_sa[];
extern const struct check checks_conn_last[];
