/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"

/*
 * The rules of this host's packet filter, as far as they can be about IKE, ESP and the packets that
 * are to be encrypted: what becomes of one packet at one hook. Whatever a rule looks at beyond what
 * is modelled here makes its match uncertain, and nothing is called dropped that may pass.
 *
 * Source of the order in which rules are gone through: nft_do_chain() in net/netfilter/
 * nf_tables_core.c, and nft(8).
 */

enum firewall_hook {
	FIREWALL_NO_HOOK, /* a chain that others jump to */
	FIREWALL_PREROUTING,
	FIREWALL_INPUT,
	FIREWALL_FORWARD,
	FIREWALL_OUTPUT,
	FIREWALL_POSTROUTING,
};

/* What of a packet a match looks at. */
enum firewall_field {
	FIREWALL_UNKNOWN, /* something that is not modelled: the match is uncertain */
	FIREWALL_FAMILY,  /* AF_INET or AF_INET6 */
	FIREWALL_PROTOCOL,
	FIREWALL_SOURCE_PORT,
	FIREWALL_DESTINATION_PORT,
	FIREWALL_EITHER_PORT,
	FIREWALL_LENGTH, /* of the IP packet */
	FIREWALL_SOURCE,
	FIREWALL_DESTINATION,
	FIREWALL_IN_DEVICE,
	FIREWALL_OUT_DEVICE,
	FIREWALL_STATE,     /* of conntrack; the numbers are FIREWALL_STATE_… */
	FIREWALL_DECRYPTED, /* it came out of IPsec; the number is 0 or 1 */
	FIREWALL_ENCRYPTS,  /* it will go into IPsec; the number is 0 or 1 */
};

#define FIREWALL_STATE_NEW         1U
#define FIREWALL_STATE_ESTABLISHED 2U
#define FIREWALL_STATE_OTHER       3U /* invalid, related, untracked */

/* One value, or a range of them, that a match accepts. Which member counts follows the field. */
struct firewall_range {
	uint32_t first, last; /* numbers */
	struct facts_ip first_ip, last_ip;
	char device[FACTS_NAME_SIZE + 1]; /* may end in "*" */
};

struct firewall_match {
	enum firewall_field field;
	bool negated;
	struct firewall_range *items;
	size_t n;
	size_t alloc;
};

enum firewall_verdict {
	FIREWALL_CONTINUE, /* counts, logs, marks: the next rule follows */
	FIREWALL_ACCEPT,
	FIREWALL_DROP,
	FIREWALL_REJECT,
	FIREWALL_RETURN,
	FIREWALL_JUMP,
	FIREWALL_GOTO,
	FIREWALL_TRANSLATE, /* the source address becomes another */
	FIREWALL_SOMETHING, /* a verdict that is not known: queue, a target of xtables */
};

struct firewall_rule {
	struct firewall_match *matches;
	size_t n_matches;
	size_t matches_alloc;
	enum firewall_verdict verdict;
	char *target;            /* of FIREWALL_JUMP and FIREWALL_GOTO */
	struct facts_ip becomes; /* of FIREWALL_TRANSLATE; family 0: the device's own address */
	char *text;              /* for people */
};

struct firewall_chain {
	int family; /* AF_INET, AF_INET6, or 0 for both */
	char *table;
	char *name;
	enum firewall_hook hook;
	bool nat; /* of type nat */
	int priority;
	bool drops; /* its policy; for chains with a hook */
	struct firewall_rule *rules;
	size_t n_rules;
	size_t rules_alloc;
};

struct firewall {
	struct firewall_chain *items;
	size_t n;
	size_t alloc;
	uint32_t *slots; /* which chain has a name, for firewall_find() */
	size_t n_slots;
};

#define FIREWALL_NULL ((struct firewall){ 0 })

void firewall_done(struct firewall *f);

/* For a local struct firewall. */
#define _cleanup_firewall_ _cleanup_(firewall_done)

/* ---- building one ---- */

/*
 * firewall_add_chain() - a new chain at the end
 *
 * Return: the chain, good until the next is added; NULL without memory.
 */
struct firewall_chain *firewall_add_chain(struct firewall *f, int family, const char *table,
					  const char *name);

/* firewall_find() - the chain of that name in a table of that family, or NULL */
struct firewall_chain *firewall_find(const struct firewall *f, int family, const char *table,
				     const char *name);

/* firewall_has_table() - whether any chain of a table was read */
bool firewall_has_table(const struct firewall *f, int family, const char *table);

/* firewall_remove_table() - takes out all chains of a table */
void firewall_remove_table(struct firewall *f, int family, const char *table);

/* firewall_add_rule() - takes the rule over, also on failure. Return: 0; -ENOMEM. */
int firewall_add_rule(struct firewall_chain *c, struct firewall_rule *rule);

void firewall_rule_done(struct firewall_rule *r);

/* firewall_add_match() - a new match of a rule; NULL without memory */
struct firewall_match *firewall_add_match(struct firewall_rule *r, enum firewall_field field,
					  bool negated);

/* firewall_add_range() - one more value that a match accepts. Return: 0; -ENOMEM. */
int firewall_add_range(struct firewall_match *m, const struct firewall_range *range);

/* firewall_add_number() - a new match with one number. Return: 0; -ENOMEM. */
int firewall_add_number(struct firewall_rule *r, enum firewall_field field, uint32_t number);

/*
 * firewall_protocol() - a protocol by the name that nft and iptables print, or by its number
 *
 * Return: false for what is neither.
 */
bool firewall_protocol(const char *text, uint32_t *ret);

/* firewall_state() - FIREWALL_STATE_… of the word that conntrack has for it, in any case */
uint32_t firewall_state(const char *word, size_t len);

/*
 * firewall_net_parse() - reads "10.0.2.0/24", "10.0.2.1" or "2001:db8::/32" as a range of addresses
 *
 * Return: 0; -EINVAL.
 */
int firewall_net_parse(const char *text, struct facts_ip *ret_first, struct facts_ip *ret_last);

/*
 * firewall_read_iptables() - reads what iptables-save or ip6tables-save prints
 * @family: AF_INET or AF_INET6
 * @only:   the tables to take, ending in NULL; NULL: all
 *
 * What is no line of that format is passed over; an option that is not known makes its rule's match
 * uncertain.
 *
 * Return: 0; -ENOMEM, with those that were read before it in @f.
 */
int firewall_read_iptables(const char *text, int family, const char *const *only,
			   struct firewall *f);

/*
 * firewall_read_legacy_iptables() - the same of all that iptables-legacy-save prints
 *
 * The kernel keeps these tables apart from those of nf_tables, whose names may be the same, and a
 * packet has to pass both: "filter" becomes "filter of iptables-legacy".
 */
int firewall_read_legacy_iptables(const char *text, int family, struct firewall *f);

/* ---- asking it ---- */

struct firewall_packet {
	struct facts_ip source, destination;
	uint8_t protocol;
	uint16_t source_port, destination_port; /* where the protocol has them */
	uint32_t length;                        /* 0: any */
	const char *in_device;                  /* "" for none, NULL for any */
	const char *out_device;
	unsigned int state; /* FIREWALL_STATE_…; 0: any */
	bool decrypted;     /* it came out of IPsec */
	bool encrypts;      /* it matches a policy of IPsec */
};

enum firewall_fate {
	FIREWALL_PASSES,
	FIREWALL_MAY_DROP, /* a rule that could not be decided may drop or reject it */
	FIREWALL_DROPS,
	FIREWALL_REJECTS,
};

struct firewall_answer {
	const struct firewall_chain *chain; /* that decides; NULL when it just passes */
	const struct firewall_rule *rule;   /* NULL: the chain's policy */
};

/* firewall_judge() - what becomes of a packet in all filtering chains of a hook */
enum firewall_fate firewall_judge(const struct firewall *f, enum firewall_hook hook,
				  const struct firewall_packet *packet,
				  struct firewall_answer *ret);

enum firewall_translation {
	FIREWALL_KEEPS,
	FIREWALL_MAY_TRANSLATE,
	FIREWALL_TRANSLATES,
};

/*
 * firewall_translation() - whether the packet's source address becomes another before it is
 * encrypted (NF_INET_POST_ROUTING comes before xfrm_output())
 *
 * A translation to the address that it has already is none. @own: what a masqueraded packet gets;
 * family 0: not known.
 */
enum firewall_translation firewall_translation(const struct firewall *f,
					       const struct firewall_packet *packet,
					       const struct facts_ip *own,
					       struct firewall_answer *ret);

/* firewall_place() - "table inet fw, chain out", for people. Return: 0; -ENOMEM. */
int firewall_place(const struct firewall_chain *c, char **ret);
