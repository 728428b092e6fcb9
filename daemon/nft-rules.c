/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nft-rules.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>

#include "array.h"

/* ---- the state of reading ---- */

struct reading {
	json_t *entries;
	const char *listing;
	struct firewall *f;
	struct nft_foreign foreign;
	bool failed; /* no memory */
};

/* The rule that is being read. */
struct rule_reading {
	struct reading *r;
	int family;
	const char *table;
	struct firewall_rule rule;
	const json_t *vmap; /* its verdict map, to be expanded */
	bool foreign;
};

void nft_foreign_done(struct nft_foreign *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->items[i].name);
	free(f->items);
	*f = (struct nft_foreign){ 0 };
}

static const char *string_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

/* Return: false for families that are not about IP packets. */
static bool read_family(const char *name, int *ret)
{
	if (streq(name, "ip"))
		*ret = AF_INET;
	else if (streq(name, "ip6"))
		*ret = AF_INET6;
	else if (streq(name, "inet"))
		*ret = 0;
	else
		return false;
	return true;
}

static void add_foreign(struct reading *r, int family, const char *table)
{
	for (size_t i = 0; i < r->foreign.n; i++)
		if (r->foreign.items[i].family == family && streq(r->foreign.items[i].name, table))
			return;
	if (ARRAY_GROW(&r->foreign) < 0) {
		r->failed = true;
		return;
	}
	r->foreign.items[r->foreign.n].family = family;
	r->foreign.items[r->foreign.n].name = strdup(table);
	if (!r->foreign.items[r->foreign.n].name)
		r->failed = true;
	else
		r->foreign.n++;
}

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
	static const struct {
		const char *name;
		uint32_t number;
	} names[] = {
		{ "icmp", 1 },   { "tcp", 6 },   { "udp", 17 },       { "gre", 47 },
		{ "esp", 50 },   { "ah", 51 },   { "ipv6-icmp", 58 }, { "icmpv6", 58 },
		{ "comp", 108 }, { "dccp", 33 }, { "sctp", 132 },     { "udplite", 136 },
	};
	const char *s = json_string_value(v);

	for (size_t i = 0; s && i < ARRAY_SIZE(names); i++)
		if (streq(s, names[i].name)) {
			*ret = names[i].number;
			return true;
		}
	return read_number(v, ret) && *ret <= UINT8_MAX;
}

static bool read_state(const json_t *v, uint32_t *ret)
{
	const char *s = json_string_value(v);

	if (!s)
		return false;
	*ret = streq(s, "new")           ? FIREWALL_STATE_NEW
	       : streq(s, "established") ? FIREWALL_STATE_ESTABLISHED
					 : FIREWALL_STATE_OTHER;
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

	snprintf(text, sizeof(text), "%s/%lld", string_of(prefix, "addr"),
		 (long long)json_integer_value(json_object_get(prefix, "len")));
	return firewall_net_parse(text, &ret->first_ip, &ret->last_ip) == 0;
}

/* The elements of a named set or map; NULL when it is not in the listing. */
static const json_t *elements_of(const struct rule_reading *rr, const char *name)
{
	static const char *const kinds[] = { "set", "map" };
	const json_t *entry, *family = NULL;
	size_t i;

	(void)family;
	json_array_foreach(rr->r->entries, i, entry)
	{
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			const json_t *set = json_object_get(entry, kinds[k]);
			int of;

			if (set && streq(string_of(set, "name"), name) &&
			    streq(string_of(set, "table"), rr->table) &&
			    read_family(string_of(set, "family"), &of) && of == rr->family)
				return json_object_get(set, "elem");
		}
	}
	return NULL;
}

#define MAX_NESTING 8

/* Whatever stands on the right of a match. Return: false when it is not understood. */
static bool read_values(struct rule_reading *rr, const json_t *v, enum firewall_field field,
			struct firewall_match *m, unsigned int depth)
{
	struct firewall_range range = { 0 }, last = { 0 };
	const char *s = json_string_value(v);
	const json_t *inner, *item;
	size_t i;

	if (depth > MAX_NESTING)
		return false;
	if (s && *s == '@') {
		inner = elements_of(rr, s + 1);
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

static struct firewall_match *add_match(struct rule_reading *rr, enum firewall_field field,
					bool negated)
{
	struct firewall_match *m = firewall_add_match(&rr->rule, field, negated);

	if (!m)
		rr->r->failed = true;
	return m;
}

static void add_number(struct rule_reading *rr, enum firewall_field field, uint32_t value)
{
	const struct firewall_range range = { .first = value, .last = value };
	struct firewall_match *m = add_match(rr, field, false);

	if (m && firewall_add_range(m, &range) < 0)
		rr->r->failed = true;
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

/* Reads the left side, and adds what it implies. Return: the field. */
static enum firewall_field read_left(struct rule_reading *rr, const json_t *left)
{
	for (size_t i = 0; i < ARRAY_SIZE(lefts); i++) {
		const json_t *e = json_object_get(left, lefts[i].kind);
		bool payload = streq(lefts[i].kind, "payload");

		if (!e)
			continue;
		if (payload ? !streq(string_of(e, "protocol"), lefts[i].a)
			    : !streq(string_of(e, "key"), lefts[i].b))
			continue;
		if (payload && *lefts[i].b && !streq(string_of(e, "field"), lefts[i].b))
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

static void forget(struct firewall_match *m)
{
	m->field = FIREWALL_UNKNOWN;
	m->negated = false;
}

static void read_match(struct rule_reading *rr, const json_t *e)
{
	const char *op = string_of(e, "op");
	enum firewall_field field = read_left(rr, json_object_get(e, "left"));
	struct firewall_match *m = add_match(rr, field, streq(op, "!="));

	if (!m || field == FIREWALL_UNKNOWN) {
		if (m)
			m->negated = false;
		return;
	}
	if (!read_values(rr, json_object_get(e, "right"), field, m, 0))
		forget(m);
	else if (strchr("<>", *op) && *op && !make_order(op, m))
		forget(m);
	else if (!streq(op, "==") && !streq(op, "in") && !streq(op, "!=") && *op != '<' &&
		 *op != '>')
		forget(m);
}

/* ---- verdicts and statements ---- */

static bool take_verdict(struct rule_reading *rr, const char *name, const json_t *e)
{
	static const struct {
		const char *name;
		enum firewall_verdict verdict;
	} verdicts[] = {
		{ "accept", FIREWALL_ACCEPT },   { "drop", FIREWALL_DROP },
		{ "reject", FIREWALL_REJECT },   { "return", FIREWALL_RETURN },
		{ "jump", FIREWALL_JUMP },       { "goto", FIREWALL_GOTO },
		{ "snat", FIREWALL_TRANSLATE },  { "masquerade", FIREWALL_TRANSLATE },
		{ "dnat", FIREWALL_ACCEPT },     { "redirect", FIREWALL_ACCEPT },
		{ "queue", FIREWALL_SOMETHING },
	};

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		if (!streq(name, verdicts[i].name))
			continue;
		rr->rule.verdict = verdicts[i].verdict;
		if (streq(name, "jump") || streq(name, "goto")) {
			free(rr->rule.target);
			rr->rule.target = strdup(string_of(e, "target"));
			if (!rr->rule.target)
				rr->r->failed = true;
		}
		if (streq(name, "snat") &&
		    facts_ip_parse(string_of(e, "addr"), &rr->rule.becomes) < 0)
			rr->rule.becomes = (struct facts_ip){ 0 };
		return true;
	}
	return false;
}

/* Statements that neither match nor end a rule. */
static bool is_harmless(const char *name)
{
	static const char *const names[] = { "counter", "log",      "mangle",     "notrack",
					     "comment", "set",      "ct helper",  "flow",
					     "dup",     "continue", "ct timeout", "ct expectation",
					     "map",     "secmark" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(name, names[i]))
			return true;
	return false;
}

static void read_expression(struct rule_reading *rr, const json_t *e)
{
	void *it = json_object_iter((json_t *)e);
	const char *name = it ? json_object_iter_key(it) : "";
	const json_t *value = it ? json_object_iter_value(it) : NULL;

	if (streq(name, "match"))
		read_match(rr, value);
	else if (streq(name, "vmap"))
		rr->vmap = value;
	else if (streq(name, "xt"))
		rr->foreign = true;
	else if (!take_verdict(rr, name, value) && !is_harmless(name))
		(void)add_match(rr, FIREWALL_UNKNOWN, false);
}

/* ---- texts ---- */

/*
 * The line of a rule in the listing with handles, which are unique within a table. Its lines are
 * "table FAMILY NAME { # handle N", then "\tchain NAME { …", then "\t\tRULE # handle N".
 */
static int text_of(const char *listing, const char *family, const char *table, json_int_t handle,
		   char **ret)
{
	_cleanup_free_ char *head = NULL, *tail = NULL;
	bool inside = false;

	if (asprintf(&head, "table %s %s {", family, table) < 0) {
		head = NULL;
		return -ENOMEM;
	}
	if (asprintf(&tail, " # handle %lld", (long long)handle) < 0) {
		tail = NULL;
		return -ENOMEM;
	}
	for (const char *line = listing; line && *line;) {
		const char *end = strchrnul(line, '\n');
		size_t len = (size_t)(end - line), tail_len = strlen(tail);

		if (has_prefix(line, "table "))
			inside = has_prefix(line, head);
		else if (inside && has_prefix(line, "\t\t") && len > tail_len + 2 &&
			 memcmp(end - tail_len, tail, tail_len) == 0) {
			*ret = strndup(line + 2, len - 2 - tail_len);
			return *ret ? 0 : -ENOMEM;
		}
		line = *end ? end + 1 : end;
	}
	return -ENOENT;
}

static int read_text(struct rule_reading *rr, const json_t *rule)
{
	int r = text_of(rr->r->listing, string_of(rule, "family"), rr->table,
			json_integer_value(json_object_get(rule, "handle")), &rr->rule.text);

	if (r == -ENOENT) {
		rr->rule.text = json_dumps(json_object_get(rule, "expr"), JSON_COMPACT);
		r = rr->rule.text ? 0 : -ENOMEM;
	}
	return r;
}

/* ---- rules and chains ---- */

static int copy_rule(const struct firewall_rule *from, struct firewall_rule *ret)
{
	struct firewall_rule rule = { .verdict = from->verdict, .becomes = from->becomes };
	int r = 0;

	rule.text = strdup(from->text ? from->text : "");
	if (!rule.text)
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < from->n_matches; i++) {
		const struct firewall_match *m = &from->matches[i];
		struct firewall_match *copy = firewall_add_match(&rule, m->field, m->negated);

		if (!copy)
			r = -ENOMEM;
		for (size_t k = 0; r == 0 && k < m->n; k++)
			r = firewall_add_range(copy, &m->items[k]);
	}
	if (r < 0) {
		firewall_rule_done(&rule);
		return r;
	}
	*ret = rule;
	return 0;
}

/* A verdict map is a rule for each of its elements. */
static int add_vmap(struct rule_reading *rr, struct firewall_chain *c)
{
	const json_t *data = json_object_get(rr->vmap, "data"), *element;
	const char *name = json_string_value(data);
	enum firewall_field field = read_left(rr, json_object_get(rr->vmap, "key"));
	size_t i;

	data = name && *name == '@' ? elements_of(rr, name + 1) : json_object_get(data, "set");
	json_array_foreach(data, i, element)
	{
		struct rule_reading one = *rr;
		const json_t *verdict = json_array_get(element, 1);
		struct firewall_match *m;
		int r;

		r = copy_rule(&rr->rule, &one.rule);
		if (r < 0)
			return r;
		m = add_match(&one, field, false);
		if (m && !read_values(&one, json_array_get(element, 0), field, m, 0))
			forget(m);
		one.rule.verdict = FIREWALL_CONTINUE;
		read_expression(&one, verdict);
		r = firewall_add_rule(c, &one.rule);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_rule(struct reading *r, const json_t *rule)
{
	struct rule_reading rr = { .r = r, .table = string_of(rule, "table") };
	const json_t *expressions = json_object_get(rule, "expr"), *e;
	struct firewall_chain *c;
	size_t i;
	int result;

	if (!read_family(string_of(rule, "family"), &rr.family)) {
		r->foreign.other_families = true;
		return 0;
	}
	c = firewall_find(r->f, rr.family, rr.table, string_of(rule, "chain"));
	if (!c)
		return 0;
	json_array_foreach(expressions, i, e) read_expression(&rr, e);
	if (rr.foreign)
		add_foreign(r, rr.family, rr.table);
	result = read_text(&rr, rule);
	if (result >= 0 && rr.vmap) {
		result = add_vmap(&rr, c);
		firewall_rule_done(&rr.rule);
		return result;
	}
	if (result < 0) {
		firewall_rule_done(&rr.rule);
		return result;
	}
	return firewall_add_rule(c, &rr.rule);
}

static enum firewall_hook read_hook(const char *name)
{
	static const struct {
		const char *name;
		enum firewall_hook hook;
	} hooks[] = {
		{ "prerouting", FIREWALL_PREROUTING },   { "input", FIREWALL_INPUT },
		{ "forward", FIREWALL_FORWARD },         { "output", FIREWALL_OUTPUT },
		{ "postrouting", FIREWALL_POSTROUTING },
	};

	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++)
		if (streq(name, hooks[i].name))
			return hooks[i].hook;
	return FIREWALL_NO_HOOK;
}

static int read_chain(struct reading *r, const json_t *chain)
{
	struct firewall_chain *c;
	json_int_t priority = json_integer_value(json_object_get(chain, "prio"));
	int family;

	if (!read_family(string_of(chain, "family"), &family))
		return 0;
	c = firewall_add_chain(r->f, family, string_of(chain, "table"), string_of(chain, "name"));
	if (!c)
		return -ENOMEM;
	c->hook = read_hook(string_of(chain, "hook"));
	c->nat = streq(string_of(chain, "type"), "nat");
	c->priority = priority > INT32_MAX   ? INT32_MAX
		      : priority < INT32_MIN ? INT32_MIN
					     : (int)priority;
	c->drops = streq(string_of(chain, "policy"), "drop");
	return 0;
}

/* Chains come first, for a rule is looked for in its own. */
static int read_all(struct reading *r)
{
	json_t *entry, *object;
	int result = 0;
	size_t i;

	json_array_foreach(r->entries, i, entry)
	{
		object = json_object_get(entry, "chain");
		if (object && result >= 0)
			result = read_chain(r, object);
	}
	json_array_foreach(r->entries, i, entry)
	{
		object = json_object_get(entry, "rule");
		if (object && result >= 0)
			result = read_rule(r, object);
	}
	return result < 0 ? result : r->failed ? -ENOMEM : 0;
}

int nft_rules_parse(const char *json, size_t len, const char *listing, struct firewall *f,
		    struct nft_foreign *ret_foreign)
{
	struct firewall read = FIREWALL_NULL;
	struct reading r = { .listing = listing, .f = &read };
	json_t *document;
	int result = -EBADMSG;

	document = json_loadb(json, len, 0, NULL);
	r.entries = json_object_get(document, "nftables");
	if (json_is_array(r.entries))
		result = read_all(&r);
	json_decref(document);
	if (result < 0) {
		firewall_done(&read);
		nft_foreign_done(&r.foreign);
		return result;
	}
	for (size_t i = 0; i < r.foreign.n; i++)
		firewall_remove_table(&read, r.foreign.items[i].family, r.foreign.items[i].name);
	*f = read;
	*ret_foreign = r.foreign;
	return 0;
}

/* ---- asking the kernel ---- */

#ifdef HAVE_NFTABLES
#include <nftables/libnftables.h>
#include <unistd.h>

static int list(unsigned int flags, char **ret)
{
	static const char command[] = "list ruleset";
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	int r = 0;

	if (!nft)
		return -ENOMEM;
	nft_ctx_output_set_flags(nft, flags);
	if (nft_ctx_buffer_output(nft) != 0 || nft_ctx_buffer_error(nft) != 0)
		r = -ENOMEM;
	else if (nft_run_cmd_from_buffer(nft, command) != 0)
		r = geteuid() == 0 ? -EIO : -EPERM;
	else
		*ret = strdup(nft_ctx_get_output_buffer(nft));
	if (r == 0 && !*ret)
		r = -ENOMEM;
	nft_ctx_free(nft);
	return r;
}

int nft_rules_read(struct firewall *f, struct nft_foreign *ret_foreign)
{
	_cleanup_free_ char *json = NULL, *listing = NULL;
	int r;

	/* Who may not ask is told that there are no rules. */
	if (geteuid() != 0)
		return -EPERM;
	r = list(NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_NUMERIC_PROTO, &json);
	if (r >= 0)
		r = list(NFT_CTX_OUTPUT_HANDLE, &listing);
	return r < 0 ? r : nft_rules_parse(json, strlen(json), listing, f, ret_foreign);
}
#else
int nft_rules_read(struct firewall *f _unused_, struct nft_foreign *ret_foreign _unused_)
{
	return -EOPNOTSUPP;
}
#endif
