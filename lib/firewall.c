/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "firewall.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <strings.h>

#include "array.h"

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

bool firewall_has_table(const struct firewall *f, int family, const char *table)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->items[i].family == family && streq(f->items[i].table, table))
			return true;
	return false;
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

int firewall_place(const struct firewall_chain *c, char **ret)
{
	const char *family = c->family == AF_INET ? "ip" : c->family == AF_INET6 ? "ip6" : "inet";

	if (asprintf(ret, "table %s %s, chain %s", family, c->table, c->name) < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	return 0;
}
