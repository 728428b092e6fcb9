/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "firewall.h"

#include <arpa/inet.h>

/* The kernel refuses deeper jumps (NFT_JUMP_STACK_SIZE). */
#define MAX_DEPTH 16

/* Rules that are gone through for one question, where memory for what was seen lacks. */
#define MAX_STEPS 200000

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
	size_t width = ip->family == AF_INET ? 4 : sizeof(ip->bytes);

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
