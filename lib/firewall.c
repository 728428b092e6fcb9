/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "firewall.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <strings.h>

#include "array.h"

/* The kernel refuses deeper jumps (NFT_JUMP_STACK_SIZE). */
#define MAX_DEPTH 16

/* Rules that are gone through for one question, where memory for what was seen lacks. */
#define MAX_STEPS 200000

/* ---- building one ---- */

static void match_done(struct firewall_match *m)
{
	free(m->items);
}

void firewall_rule_done(struct firewall_rule *r)
{
	for (size_t i = 0; i < r->n_matches; i++)
		match_done(&r->matches[i]);
	free(r->matches);
	free(r->target);
	free(r->text);
	*r = (struct firewall_rule){ 0 };
}

static void chain_done(struct firewall_chain *c)
{
	for (size_t i = 0; i < c->n_rules; i++)
		firewall_rule_done(&c->rules[i]);
	free(c->rules);
	free(c->table);
	free(c->name);
}

void firewall_done(struct firewall *f)
{
	for (size_t i = 0; i < f->n; i++)
		chain_done(&f->items[i]);
	free(f->items);
	free(f->slots);
	*f = FIREWALL_NULL;
}

/* The slot of a chain: where its number, from 1, stands, or where it would. */
static uint32_t *slot_of(const struct firewall *f, int family, const char *table, const char *name)
{
	uint32_t h = 2166136261U;
	size_t i;

	/* Tables have few names, and chains of one name are few. */
	for (const char *c = name; *c; c++)
		h = (h ^ (unsigned char)*c) * 16777619U;
	for (i = (h ^ (h >> 15)) & (f->n_slots - 1); f->slots[i]; i = (i + 1) & (f->n_slots - 1)) {
		const struct firewall_chain *c = &f->items[f->slots[i] - 1];

		if (c->family == family && streq(c->table, table) && streq(c->name, name))
			break;
	}
	return &f->slots[i];
}

/* Of chains that have all of it in common the first is found. */
static void index_chain(struct firewall *f, size_t i)
{
	const struct firewall_chain *c = &f->items[i];
	uint32_t *slot = slot_of(f, c->family, c->table, c->name);

	if (*slot == 0)
		*slot = (uint32_t)i + 1;
}

/* Room for one more in the index, of which never more than half is taken. */
static int reserve_slot(struct firewall *f)
{
	size_t n = f->n_slots ? f->n_slots * 2 : 64;
	uint32_t *slots;

	if (f->n + 1 <= f->n_slots / 2)
		return 0;
	slots = calloc(n, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(f->slots);
	f->slots = slots;
	f->n_slots = n;
	for (size_t i = 0; i < f->n; i++)
		index_chain(f, i);
	return 0;
}

struct firewall_chain *firewall_add_chain(struct firewall *f, int family, const char *table,
					  const char *name)
{
	struct firewall_chain c = { .family = family };

	if (ARRAY_GROW(f) < 0 || reserve_slot(f) < 0)
		return NULL;
	c.table = strdup(table);
	c.name = strdup(name);
	if (!c.table || !c.name) {
		chain_done(&c);
		return NULL;
	}
	f->items[f->n] = c;
	index_chain(f, f->n);
	return &f->items[f->n++];
}

struct firewall_chain *firewall_find(const struct firewall *f, int family, const char *table,
				     const char *name)
{
	uint32_t *slot;

	if (f->n == 0)
		return NULL;
	slot = slot_of(f, family, table, name);
	return *slot ? &f->items[*slot - 1] : NULL;
}

void firewall_remove_table(struct firewall *f, int family, const char *table)
{
	size_t kept = 0;

	if (f->n == 0)
		return;
	for (size_t i = 0; i < f->n; i++) {
		if (f->items[i].family == family && streq(f->items[i].table, table))
			chain_done(&f->items[i]);
		else
			f->items[kept++] = f->items[i];
	}
	f->n = kept;
	memset(f->slots, 0, f->n_slots * sizeof(*f->slots));
	for (size_t i = 0; i < f->n; i++)
		index_chain(f, i);
}

int firewall_add_rule(struct firewall_chain *c, struct firewall_rule *rule)
{
	int r = array_reserve(&c->rules, &c->rules_alloc, c->n_rules, 1, sizeof(*c->rules));

	if (r < 0) {
		firewall_rule_done(rule);
		return r;
	}
	c->rules[c->n_rules++] = *rule;
	*rule = (struct firewall_rule){ 0 };
	return 0;
}

struct firewall_match *firewall_add_match(struct firewall_rule *r, enum firewall_field field,
					  bool negated)
{
	if (array_reserve(&r->matches, &r->matches_alloc, r->n_matches, 1, sizeof(*r->matches)) < 0)
		return NULL;
	r->matches[r->n_matches] = (struct firewall_match){ .field = field, .negated = negated };
	return &r->matches[r->n_matches++];
}

int firewall_add_range(struct firewall_match *m, const struct firewall_range *range)
{
	if (ARRAY_GROW(m) < 0)
		return -ENOMEM;
	m->items[m->n++] = *range;
	return 0;
}

int firewall_add_number(struct firewall_rule *r, enum firewall_field field, uint32_t number)
{
	const struct firewall_range range = { .first = number, .last = number };
	struct firewall_match *m = firewall_add_match(r, field, false);

	return m ? firewall_add_range(m, &range) : -ENOMEM;
}

bool firewall_protocol(const char *text, uint32_t *ret)
{
	static const struct {
		const char *name;
		uint32_t number;
	} names[] = {
		{ "icmp", 1 },   { "ipencap", 4 },    { "tcp", 6 },        { "udp", 17 },
		{ "dccp", 33 },  { "gre", 47 },       { "esp", 50 },       { "ipv6-crypt", 50 },
		{ "ah", 51 },    { "ipv6-auth", 51 }, { "ipv6-icmp", 58 }, { "icmpv6", 58 },
		{ "comp", 108 }, { "ipcomp", 108 },   { "sctp", 132 },     { "udplite", 136 },
	};
	unsigned long n;
	char *end;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(text, names[i].name) == 0) {
			*ret = names[i].number;
			return true;
		}
	if (*text < '0' || *text > '9')
		return false;
	n = strtoul(text, &end, 0);
	if (*end || n > UINT8_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

uint32_t firewall_state(const char *word, size_t len)
{
	static const struct {
		const char *word;
		uint32_t state;
	} states[] = {
		{ "new", FIREWALL_STATE_NEW },
		{ "established", FIREWALL_STATE_ESTABLISHED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (strlen(states[i].word) == len && strncasecmp(word, states[i].word, len) == 0)
			return states[i].state;
	return FIREWALL_STATE_OTHER;
}

/* The bytes of an address of a family. */
static size_t width_of(int family)
{
	return family == AF_INET ? 4 : 16;
}

int firewall_net_parse(const char *text, struct facts_ip *ret_first, struct facts_ip *ret_last)
{
	char address[FACTS_IP_TEXT_SIZE];
	const char *slash = strchrnul(text, '/');
	struct facts_ip first, last;
	unsigned long bits;
	size_t width;
	char *end;

	if ((size_t)(slash - text) >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (facts_ip_parse(address, &first) < 0)
		return -EINVAL;
	width = width_of(first.family);
	bits = width * 8;
	if (*slash == '/') {
		if (slash[1] < '0' || slash[1] > '9')
			return -EINVAL;
		bits = strtoul(slash + 1, &end, 10);
		if (*end || bits > width * 8)
			return -EINVAL;
	}

	last = first;
	for (size_t i = 0; i < width; i++) {
		size_t fixed = i * 8 >= bits ? 0 : bits - i * 8 > 8 ? 8 : bits - i * 8;
		uint8_t mask = (uint8_t)(0xff00U >> fixed);

		first.bytes[i] &= mask;
		last.bytes[i] |= (uint8_t)~mask;
	}
	*ret_first = first;
	*ret_last = last;
	return 0;
}

/* ---- matching ---- */

enum truth {
	NO,
	YES,
	MAYBE,
};

static enum truth not(enum truth t) {
	return t == MAYBE ? MAYBE : t == YES ? NO : YES;
}

static bool ip_in(const struct facts_ip *ip, const struct firewall_range *r)
{
	size_t width = width_of(ip->family);

	return ip->family == r->first_ip.family &&
	       memcmp(ip->bytes, r->first_ip.bytes, width) >= 0 &&
	       memcmp(ip->bytes, r->last_ip.bytes, width) <= 0;
}

static bool device_fits(const char *device, const char *pattern)
{
	size_t len = strlen(pattern);

	if (len > 0 && pattern[len - 1] == '*')
		return strncmp(device, pattern, len - 1) == 0;
	return streq(device, pattern);
}

static enum truth any_number(const struct firewall_match *m, uint32_t value)
{
	for (size_t i = 0; i < m->n; i++)
		if (value >= m->items[i].first && value <= m->items[i].last)
			return YES;
	return NO;
}

static enum truth any_ip(const struct firewall_match *m, const struct facts_ip *ip)
{
	for (size_t i = 0; i < m->n; i++)
		if (ip_in(ip, &m->items[i]))
			return YES;
	return NO;
}

static enum truth any_device(const struct firewall_match *m, const char *device)
{
	if (!device)
		return MAYBE;
	for (size_t i = 0; i < m->n; i++)
		if (device_fits(device, m->items[i].device))
			return YES;
	return NO;
}

static enum truth any_port(const struct firewall_match *m, const struct firewall_packet *p)
{
	if (p->source_port == 0 && p->destination_port == 0)
		return NO;
	if (m->field == FIREWALL_SOURCE_PORT)
		return any_number(m, p->source_port);
	if (m->field == FIREWALL_DESTINATION_PORT)
		return any_number(m, p->destination_port);
	return any_number(m, p->source_port) == YES ? YES : any_number(m, p->destination_port);
}

static enum truth fits(const struct firewall_match *m, const struct firewall_packet *p)
{
	enum truth t = MAYBE;

	switch (m->field) {
	case FIREWALL_UNKNOWN:
		return MAYBE;
	case FIREWALL_FAMILY:
		t = any_number(m, (uint32_t)p->source.family);
		break;
	case FIREWALL_PROTOCOL:
		t = any_number(m, p->protocol);
		break;
	case FIREWALL_SOURCE_PORT:
	case FIREWALL_DESTINATION_PORT:
	case FIREWALL_EITHER_PORT:
		t = any_port(m, p);
		break;
	case FIREWALL_LENGTH:
		t = p->length ? any_number(m, p->length) : MAYBE;
		break;
	case FIREWALL_SOURCE:
		t = any_ip(m, &p->source);
		break;
	case FIREWALL_DESTINATION:
		t = any_ip(m, &p->destination);
		break;
	case FIREWALL_IN_DEVICE:
		t = any_device(m, p->in_device);
		break;
	case FIREWALL_OUT_DEVICE:
		t = any_device(m, p->out_device);
		break;
	case FIREWALL_STATE:
		t = p->state ? any_number(m, p->state) : MAYBE;
		break;
	case FIREWALL_DECRYPTED:
		t = any_number(m, p->decrypted);
		break;
	case FIREWALL_ENCRYPTS:
		t = any_number(m, p->encrypts);
		break;
	}
	return m->negated ? not(t) : t;
}

static enum truth rule_fits(const struct firewall_rule *r, const struct firewall_packet *p)
{
	enum truth all = YES;

	for (size_t i = 0; i < r->n_matches; i++) {
		enum truth t = fits(&r->matches[i], p);

		if (t == NO)
			return NO;
		if (t == MAYBE)
			all = MAYBE;
	}
	return all;
}

/* ---- going through the rules ---- */

/* What is known of a chain that was entered. */
#define WITHIN       1U /* its rules are being gone through */
#define SEEN_PERHAPS 2U /* they were, by who may not get there */
#define SEEN_SURELY  4U /* they were, by who gets there, and comes back */

struct walk {
	const struct firewall *f;
	const struct firewall_packet *packet;
	uint8_t *seen; /* of each chain; NULL without memory: they are gone through again */
	unsigned int steps;

	/* How the base chain ended; CONTINUE: at its policy. */
	enum firewall_verdict end;
	const struct firewall_chain *chain;
	const struct firewall_rule *rule;

	/* An undecided rule came before that may have ended it otherwise. */
	bool may_pass;
	const struct firewall_chain *may_chain; /* the first that may drop, or translate */
	const struct firewall_rule *may_rule;
};

static bool stops(enum firewall_verdict v)
{
	return v == FIREWALL_DROP || v == FIREWALL_REJECT;
}

static void note_maybe(struct walk *w, const struct firewall_chain *c,
		       const struct firewall_rule *r, enum firewall_verdict bad)
{
	bool is_bad = stops(bad) ? stops(r->verdict) : r->verdict == bad;

	if (is_bad || r->verdict == FIREWALL_SOMETHING) {
		if (!w->may_chain) {
			w->may_chain = c;
			w->may_rule = r;
		}
	}
	if (!is_bad)
		w->may_pass = true;
}

static bool go(struct walk *w, const struct firewall_chain *c, bool sure, unsigned int depth,
	       enum firewall_verdict bad);

/*
 * A packet stays the same, and so does what a chain does to it: it is gone through once by who may
 * get there, and once by who does. What does not end it there leads to nothing new the second time,
 * however many ways lead to it.
 *
 * Return: as go() does.
 */
static bool enter(struct walk *w, const struct firewall_chain *c, bool sure, unsigned int depth,
		  enum firewall_verdict bad)
{
	uint8_t *seen = w->seen ? &w->seen[c - w->f->items] : NULL;
	bool ended;

	/* The kernel has neither. */
	if (depth > MAX_DEPTH || (seen && *seen & WITHIN)) {
		w->may_pass = true;
		return false;
	}
	if (seen && *seen & (sure ? SEEN_SURELY : SEEN_SURELY | SEEN_PERHAPS))
		return false;
	if (seen)
		*seen |= WITHIN | (sure ? SEEN_SURELY : SEEN_PERHAPS);
	ended = go(w, c, sure, depth, bad);
	if (seen)
		*seen &= (uint8_t)~WITHIN;
	return ended;
}

/*
 * Goes through the rules of a chain. @sure: it is entered for certain. @bad: what the caller fears,
 * DROP or TRANSLATE.
 *
 * Return: true when the base chain has ended, as far as @sure goes.
 */
static bool go(struct walk *w, const struct firewall_chain *c, bool sure, unsigned int depth,
	       enum firewall_verdict bad)
{
	for (size_t i = 0; i < c->n_rules; i++) {
		const struct firewall_rule *r = &c->rules[i];
		const struct firewall_chain *target = NULL;
		enum truth t;

		if (!w->seen && ++w->steps > MAX_STEPS) {
			w->may_pass = true;
			return false;
		}
		if (r->verdict == FIREWALL_CONTINUE)
			continue;
		t = rule_fits(r, w->packet);
		if (t == NO)
			continue;
		if (r->verdict == FIREWALL_RETURN) {
			if (t == YES)
				return false;
			w->may_pass = true;
			continue;
		}
		if (r->verdict == FIREWALL_JUMP || r->verdict == FIREWALL_GOTO) {
			target = firewall_find(w->f, c->family, c->table,
					       r->target ? r->target : "");
			if (!target) {
				w->may_pass = true;
				continue;
			}
			if (enter(w, target, sure && t == YES, depth + 1, bad) && sure && t == YES)
				return true;
			if (r->verdict == FIREWALL_GOTO) {
				if (t == YES)
					return false;
				w->may_pass = true;
			}
			continue;
		}
		if (t == MAYBE || !sure || r->verdict == FIREWALL_SOMETHING) {
			note_maybe(w, c, r, bad);
			/* In a chain that may not even be entered, what follows is not reached. */
			if (t == YES && r->verdict != FIREWALL_SOMETHING)
				return false;
			continue;
		}
		w->end = r->verdict;
		w->chain = c;
		w->rule = r;
		return true;
	}
	return false;
}

static struct walk walk(const struct firewall *f, const struct firewall_packet *packet,
			const struct firewall_chain *base, enum firewall_verdict bad)
{
	struct walk w = { .f = f, .packet = packet, .end = FIREWALL_CONTINUE };

	w.seen = calloc(f->n, sizeof(*w.seen));
	(void)enter(&w, base, true, 0, bad);
	free(w.seen);
	w.seen = NULL;
	return w;
}

static bool is_for(const struct firewall_chain *c, enum firewall_hook hook, bool nat,
		   const struct firewall_packet *p)
{
	return c->hook == hook && c->nat == nat &&
	       (c->family == 0 || c->family == p->source.family);
}

/* The next base chain by priority, those of the same in their order; NULL after the last. */
static const struct firewall_chain *next_base(const struct firewall *f, enum firewall_hook hook,
					      bool nat, const struct firewall_packet *p,
					      const struct firewall_chain *after)
{
	const struct firewall_chain *best = NULL;

	for (size_t i = 0; i < f->n; i++) {
		const struct firewall_chain *c = &f->items[i];

		if (!is_for(c, hook, nat, p))
			continue;
		if (after && (c->priority < after->priority ||
			      (c->priority == after->priority && c <= after)))
			continue;
		if (!best || c->priority < best->priority)
			best = c;
	}
	return best;
}

enum firewall_fate firewall_judge(const struct firewall *f, enum firewall_hook hook,
				  const struct firewall_packet *packet, struct firewall_answer *ret)
{
	struct firewall_answer may = { 0 };

	for (const struct firewall_chain *c = next_base(f, hook, false, packet, NULL); c;
	     c = next_base(f, hook, false, packet, c)) {
		struct walk w = walk(f, packet, c, FIREWALL_DROP);
		bool bad = w.end == FIREWALL_CONTINUE ? c->drops : stops(w.end);

		if (bad && !w.may_pass) {
			*ret = (struct firewall_answer){ w.chain ? w.chain : c, w.rule };
			return w.end == FIREWALL_REJECT ? FIREWALL_REJECTS : FIREWALL_DROPS;
		}
		if (may.chain)
			continue;
		if (w.may_chain)
			may = (struct firewall_answer){ w.may_chain, w.may_rule };
		else if (bad)
			may = (struct firewall_answer){ w.chain ? w.chain : c, w.rule };
	}
	*ret = may;
	return may.chain ? FIREWALL_MAY_DROP : FIREWALL_PASSES;
}

static bool changes(const struct firewall_rule *r, const struct firewall_packet *p,
		    const struct facts_ip *own)
{
	const struct facts_ip *to = r->becomes.family ? &r->becomes : own;

	return to->family == 0 || !facts_ip_equal(to, &p->source);
}

enum firewall_translation firewall_translation(const struct firewall *f,
					       const struct firewall_packet *packet,
					       const struct facts_ip *own,
					       struct firewall_answer *ret)
{
	struct firewall_answer may = { 0 };

	/* The first chain with a verdict decides: nf_nat_inet_fn() asks the others no more. */
	for (const struct firewall_chain *c =
		     next_base(f, FIREWALL_POSTROUTING, true, packet, NULL);
	     c; c = next_base(f, FIREWALL_POSTROUTING, true, packet, c)) {
		struct walk w = walk(f, packet, c, FIREWALL_TRANSLATE);

		if (w.may_chain && !may.chain && changes(w.may_rule, packet, own))
			may = (struct firewall_answer){ w.may_chain, w.may_rule };
		if (w.end != FIREWALL_TRANSLATE)
			continue;
		if (!changes(w.rule, packet, own))
			break;
		*ret = (struct firewall_answer){ w.chain, w.rule };
		return w.may_pass ? FIREWALL_MAY_TRANSLATE : FIREWALL_TRANSLATES;
	}
	*ret = may;
	return may.chain ? FIREWALL_MAY_TRANSLATE : FIREWALL_KEEPS;
}

int firewall_place(const struct firewall_chain *c, char **ret)
{
	const char *family = c->family == AF_INET ? "ip" : c->family == AF_INET6 ? "ip6" : "inet";

	if (asprintf(ret, "table %s %s, chain %s", family, c->table, c->name) < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	return 0;
}
