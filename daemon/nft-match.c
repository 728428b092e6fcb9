/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <stdio.h>

#include "nft-private.h"

/* What a rule of nf_tables matches: libnftables-json(5), EXPRESSIONS and "match". */

/* ---- values ---- */

static bool read_number(const json_t *v, uint32_t *ret)
{
	json_int_t n = json_integer_value(v);

	if (json_is_boolean(v)) {
		*ret = json_is_true(v);
		return true;
	}
	if (!json_is_integer(v) || n < 0 || n > UINT32_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static bool read_protocol(const json_t *v, uint32_t *ret)
{
	const char *s = json_string_value(v);

	return s ? firewall_protocol(s, ret) : read_number(v, ret) && *ret <= UINT8_MAX;
}

static bool read_state(const json_t *v, uint32_t *ret)
{
	const char *s = json_string_value(v);

	if (!s)
		return false;
	*ret = firewall_state(s, strlen(s));
	return true;
}

static bool read_nfproto(const json_t *v, uint32_t *ret)
{
	const char *s = json_string_value(v);
	uint32_t n = 0;

	/* NFPROTO_IPV4 is 2, NFPROTO_IPV6 is 10: those of AF_INET and AF_INET6. */
	if (!s && !read_number(v, &n))
		return false;
	*ret = s ? (streq(s, "ipv4")   ? (uint32_t)AF_INET
		    : streq(s, "ipv6") ? (uint32_t)AF_INET6
				       : UINT32_MAX)
		 : n;
	return true;
}

/* One scalar of a field, as both ends of a range. */
static bool read_scalar(const json_t *v, enum firewall_field field, struct firewall_range *ret)
{
	const char *s = json_string_value(v);
	bool ok = false;

	switch (field) {
	case FIREWALL_SOURCE:
	case FIREWALL_DESTINATION:
		return s && firewall_net_parse(s, &ret->first_ip, &ret->last_ip) == 0;
	case FIREWALL_IN_DEVICE:
	case FIREWALL_OUT_DEVICE:
		if (!s || strlen(s) >= sizeof(ret->device))
			return false;
		memcpy(ret->device, s, strlen(s) + 1);
		return true;
	case FIREWALL_PROTOCOL:
		ok = read_protocol(v, &ret->first);
		break;
	case FIREWALL_STATE:
		ok = read_state(v, &ret->first);
		break;
	case FIREWALL_FAMILY:
		ok = read_nfproto(v, &ret->first);
		break;
	case FIREWALL_UNKNOWN:
		return false;
	case FIREWALL_SOURCE_PORT:
	case FIREWALL_DESTINATION_PORT:
	case FIREWALL_EITHER_PORT:
	case FIREWALL_LENGTH:
	case FIREWALL_DECRYPTED:
	case FIREWALL_ENCRYPTS:
		ok = read_number(v, &ret->first);
		break;
	}
	ret->last = ret->first;
	return ok;
}

static bool read_prefix(const json_t *prefix, struct firewall_range *ret)
{
	char text[64];

	snprintf(text, sizeof(text), "%s/%lld", nft_string(prefix, "addr"),
		 (long long)json_integer_value(json_object_get(prefix, "len")));
	return firewall_net_parse(text, &ret->first_ip, &ret->last_ip) == 0;
}

const json_t *nft_elements(const struct nft_rule_reading *rr, const char *name)
{
	static const char *const kinds[] = { "set", "map" };
	const json_t *entry;
	size_t i;

	json_array_foreach(rr->r->entries, i, entry)
	{
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			const json_t *set = json_object_get(entry, kinds[k]);
			int of;

			if (set && streq(nft_string(set, "name"), name) &&
			    streq(nft_string(set, "table"), rr->table) &&
			    nft_family(nft_string(set, "family"), &of) && of == rr->family)
				return json_object_get(set, "elem");
		}
	}
	return NULL;
}

#define MAX_NESTING 8

/* Whatever stands on the right of a match. Return: false when it is not understood. */
static bool read_values(struct nft_rule_reading *rr, const json_t *v, enum firewall_field field,
			struct firewall_match *m, unsigned int depth)
{
	struct firewall_range range = { 0 }, last = { 0 };
	const char *s = json_string_value(v);
	const json_t *inner, *item;
	size_t i;

	if (depth > MAX_NESTING)
		return false;
	if (s && *s == '@') {
		inner = nft_elements(rr, s + 1);
		/* An empty set has no elements at all. */
		return !inner || read_values(rr, inner, field, m, depth + 1);
	}
	if (json_is_array(v)) {
		json_array_foreach(v, i, item)
		{
			if (!read_values(rr, item, field, m, depth + 1))
				return false;
		}
		return true;
	}
	if ((inner = json_object_get(v, "set")))
		return read_values(rr, inner, field, m, depth + 1);
	if ((inner = json_object_get(v, "elem")))
		return read_values(rr, json_object_get(inner, "val"), field, m, depth + 1);
	if ((inner = json_object_get(v, "prefix"))) {
		if (!read_prefix(inner, &range))
			return false;
	} else if ((inner = json_object_get(v, "range"))) {
		if (!read_scalar(json_array_get(inner, 0), field, &range) ||
		    !read_scalar(json_array_get(inner, 1), field, &last))
			return false;
		range.last = last.last;
		range.last_ip = last.last_ip;
	} else if (!read_scalar(v, field, &range)) {
		return false;
	}
	if (firewall_add_range(m, &range) < 0)
		rr->r->failed = true;
	return true;
}

/* ---- matches ---- */

struct firewall_match *nft_add_match(struct nft_rule_reading *rr, enum firewall_field field,
				     bool negated)
{
	struct firewall_match *m = firewall_add_match(&rr->rule, field, negated);

	if (!m)
		rr->r->failed = true;
	return m;
}

static void add_number(struct nft_rule_reading *rr, enum firewall_field field, uint32_t value)
{
	if (firewall_add_number(&rr->rule, field, value) < 0)
		rr->r->failed = true;
}

bool nft_read_values(struct nft_rule_reading *rr, const json_t *v, enum firewall_field field,
		     struct firewall_match *m)
{
	return read_values(rr, v, field, m, 0);
}

/* What each expression on the left looks at, and what it says by being there at all. */
static const struct {
	const char *kind, *a, *b; /* "payload", protocol, field; or kind, "", key */
	enum firewall_field field;
	int family;
	uint32_t protocol;
} lefts[] = {
	{ "payload", "ip", "saddr", FIREWALL_SOURCE, AF_INET, 0 },
	{ "payload", "ip", "daddr", FIREWALL_DESTINATION, AF_INET, 0 },
	{ "payload", "ip6", "saddr", FIREWALL_SOURCE, AF_INET6, 0 },
	{ "payload", "ip6", "daddr", FIREWALL_DESTINATION, AF_INET6, 0 },
	{ "payload", "ip", "protocol", FIREWALL_PROTOCOL, AF_INET, 0 },
	{ "payload", "ip6", "nexthdr", FIREWALL_PROTOCOL, AF_INET6, 0 },
	{ "payload", "ip", "length", FIREWALL_LENGTH, AF_INET, 0 },
	{ "payload", "udp", "sport", FIREWALL_SOURCE_PORT, 0, 17 },
	{ "payload", "udp", "dport", FIREWALL_DESTINATION_PORT, 0, 17 },
	{ "payload", "tcp", "sport", FIREWALL_SOURCE_PORT, 0, 6 },
	{ "payload", "tcp", "dport", FIREWALL_DESTINATION_PORT, 0, 6 },
	{ "payload", "th", "sport", FIREWALL_SOURCE_PORT, 0, 0 },
	{ "payload", "th", "dport", FIREWALL_DESTINATION_PORT, 0, 0 },
	{ "payload", "esp", "", FIREWALL_UNKNOWN, 0, 50 },
	{ "payload", "tcp", "", FIREWALL_UNKNOWN, 0, 6 },
	{ "payload", "udp", "", FIREWALL_UNKNOWN, 0, 17 },
	{ "payload", "icmp", "", FIREWALL_UNKNOWN, 0, 1 },
	{ "payload", "icmpv6", "", FIREWALL_UNKNOWN, 0, 58 },
	{ "meta", "", "l4proto", FIREWALL_PROTOCOL, 0, 0 },
	{ "meta", "", "nfproto", FIREWALL_FAMILY, 0, 0 },
	{ "meta", "", "iifname", FIREWALL_IN_DEVICE, 0, 0 },
	{ "meta", "", "oifname", FIREWALL_OUT_DEVICE, 0, 0 },
	{ "meta", "", "iif", FIREWALL_IN_DEVICE, 0, 0 },
	{ "meta", "", "oif", FIREWALL_OUT_DEVICE, 0, 0 },
	{ "meta", "", "length", FIREWALL_LENGTH, 0, 0 },
	{ "meta", "", "ipsec", FIREWALL_DECRYPTED, 0, 0 },
	{ "meta", "", "secpath", FIREWALL_DECRYPTED, 0, 0 },
	{ "ct", "", "state", FIREWALL_STATE, 0, 0 },
	{ "rt", "", "ipsec", FIREWALL_ENCRYPTS, 0, 0 },
};

enum firewall_field nft_read_left(struct nft_rule_reading *rr, const json_t *left)
{
	for (size_t i = 0; i < ARRAY_SIZE(lefts); i++) {
		const json_t *e = json_object_get(left, lefts[i].kind);
		bool payload = streq(lefts[i].kind, "payload");

		if (!e)
			continue;
		if (payload ? !streq(nft_string(e, "protocol"), lefts[i].a)
			    : !streq(nft_string(e, "key"), lefts[i].b))
			continue;
		if (payload && *lefts[i].b && !streq(nft_string(e, "field"), lefts[i].b))
			continue;
		if (lefts[i].family)
			add_number(rr, FIREWALL_FAMILY, (uint32_t)lefts[i].family);
		if (lefts[i].protocol)
			add_number(rr, FIREWALL_PROTOCOL, lefts[i].protocol);
		return lefts[i].field;
	}
	return FIREWALL_UNKNOWN;
}

/* An order: "> 1300" is the range from 1301 to the end. */
static bool make_order(const char *op, struct firewall_match *m)
{
	struct firewall_range *r = m->n == 1 ? &m->items[0] : NULL;

	if (!r)
		return false;
	if (streq(op, ">") && r->last < UINT32_MAX)
		*r = (struct firewall_range){ .first = r->last + 1, .last = UINT32_MAX };
	else if (streq(op, ">="))
		r->last = UINT32_MAX;
	else if (streq(op, "<") && r->first > 0)
		*r = (struct firewall_range){ .first = 0, .last = r->first - 1 };
	else if (streq(op, "<="))
		r->first = 0;
	else
		return false;
	return true;
}

void nft_forget(struct firewall_match *m)
{
	m->field = FIREWALL_UNKNOWN;
	m->negated = false;
}

void nft_read_match(struct nft_rule_reading *rr, const json_t *e)
{
	const char *op = nft_string(e, "op");
	enum firewall_field field = nft_read_left(rr, json_object_get(e, "left"));
	struct firewall_match *m = nft_add_match(rr, field, streq(op, "!="));

	if (!m || field == FIREWALL_UNKNOWN) {
		if (m)
			m->negated = false;
		return;
	}
	if (!nft_read_values(rr, json_object_get(e, "right"), field, m))
		nft_forget(m);
	else if (strchr("<>", *op) && *op && !make_order(op, m))
		nft_forget(m);
	else if (!streq(op, "==") && !streq(op, "in") && !streq(op, "!=") && *op != '<' &&
		 *op != '>')
		nft_forget(m);
}
