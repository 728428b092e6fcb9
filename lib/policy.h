/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"
#include "diagnostic.h"
#include "facts.h"

/*
 * The administrator's policy: config.yaml and its drop-ins, read into structs. All mistakes are
 * found in one pass, each with its place; a policy with a mistake is no policy.
 */

#define POLICY_VERSION 1

enum policy_manage {
	POLICY_ENFORCE, /* make it so, and keep it so */
	POLICY_MONITOR, /* look and prove, change nothing */
};

enum policy_activation {
	POLICY_ACTIVATION_AUTO,       /* re-activate only when the kernel's bit is off */
	POLICY_ACTIVATION_REACTIVATE, /* the documented step */
	POLICY_ACTIVATION_LIVE,       /* set the bit by ethtool netlink, never re-activate */
};

enum policy_ipsec {
	POLICY_IPSEC_AUTO,    /* the least disturbance that works */
	POLICY_IPSEC_RESTART, /* always the service */
	POLICY_IPSEC_REPLACE, /* only the one conn */
	POLICY_IPSEC_NEVER,   /* the administrator does it */
};

/* What to do about SAs that pluto believes in and the kernel has lost. */
enum policy_on_loss {
	POLICY_LOSS_REPORT,
	POLICY_LOSS_REKEY,
	POLICY_LOSS_REPLACE,
};

/* Opt-in changes to the conns beside nic-offload; NULL: hands off. */
struct policy_ensure {
	char *esn;
	char *esp;
};

struct policy_proof {
	uint64_t within_usec; /* how long a verdict may take */
	double ratio;         /* of packets through hardware that still counts as offloaded */
	struct facts_ip probe_address; /* family 0: no probe */
	unsigned int probe_count;
};

/*
 * What one policy may have at the most: four to sixteen times what the program is measured with.
 * An alias can make much of a small file; so a policy that passes also passes when spelled out.
 */
enum {
	POLICY_BONDS_MAX = 1024,
	POLICY_CONNS_MAX = 50000,   /* names and patterns, of all bonds together */
	POLICY_PATTERNS_MAX = 256,  /* of all bonds together */
	POLICY_DRIVERS_MAX = 16,    /* of one bond */
	POLICY_CONN_NAME_MAX = 256, /* bytes of a name or pattern, and of what stands for esp */
};

struct policy_bond {
	char *name;
	char **conns; /* names or patterns of fnmatch(3), at least one */
	size_t n_conns;
	char **drivers;
	size_t n_drivers;
	enum policy_manage manage;
	enum policy_activation activation;
	enum policy_ipsec ipsec;
	enum policy_on_loss on_loss;
	struct policy_ensure ensure;
	struct policy_proof proof;
	bool rollback;

	/* Where the bond's key stands: an index into the texts that were read, from 1. */
	size_t text;
	unsigned int line;
	unsigned int column;
};

struct policy {
	struct policy_bond *bonds;
	size_t n_bonds;
	size_t alloc;
};

/* A file of the configuration, already read. */
struct policy_text {
	const char *file; /* for the messages */
	const char *bytes;
	size_t len;
};

/*
 * policy_parse() - reads the texts in the order given, later ones over earlier ones
 * @texts, @n_texts: config.yaml first, then the drop-ins; none at all is an empty policy
 * @ret_diagnostics: all that is wrong or doubtful, errors and warnings
 *
 * Each text that says anything names its version. A bond that stands in several texts is merged
 * key by key, proof, probe and ensure likewise; a later value, or list as a whole, replaces an
 * earlier one. After a hundred mistakes the rest is left out, and that is said.
 *
 * Return: 0 with the policy in @ret (possibly with warnings); -EBADMSG when there are errors, with
 * @ret untouched and the reasons in @ret_diagnostics; -ENOMEM.
 */
int policy_parse(const struct policy_text *texts, size_t n_texts,
		 struct diagnostics *ret_diagnostics, struct policy **ret);

struct policy *policy_free(struct policy *p);
DEFINE_CLEANUP(struct policy, policy_free)

/*
 * policy_bond_init() - a bond of that name with the default of every key and no conn
 *
 * Return: 0 with @ret to be freed with policy_bond_done(); -ENOMEM.
 */
int policy_bond_init(const char *name, struct policy_bond *ret);
void policy_bond_done(struct policy_bond *b);

/* policy_bond_named() - the policy of a bond, or NULL */
const struct policy_bond *policy_bond_named(const struct policy *p, const char *name);

/*
 * policy_bond_equal() - true when both ask for the same; where they stand does not count
 */
bool policy_bond_equal(const struct policy_bond *a, const struct policy_bond *b);

/*
 * policy_run_limit_usec() - how long a run of the worker may go on without a word
 *
 * It tells of each step. It may wait for the tunnels of each bond to come back, prove it, and wait
 * once more after undoing it, each for the bond's "within"; all else that it does has limits of its
 * own.
 *
 * Return: microseconds, from 15 minutes to 23 hours; systemd ends a worker after 24.
 */
uint64_t policy_run_limit_usec(const struct policy *p);

/*
 * policy_print() - the whole policy as YAML with every value spelled out
 *
 * policy_parse() of the text gives an equal policy.
 *
 * Return: 0 and the text in @ret (free with free()); -ENOMEM.
 */
int policy_print(const struct policy *p, char **ret);

/* policy_is_pattern() - true when fnmatch(3) would take a conn's name for more than itself */
bool policy_is_pattern(const char *name);

/* The words of the policy, as they are written in YAML. */
const char *policy_manage_name(enum policy_manage manage);
const char *policy_activation_name(enum policy_activation activation);
const char *policy_ipsec_name(enum policy_ipsec ipsec);
const char *policy_on_loss_name(enum policy_on_loss on_loss);
