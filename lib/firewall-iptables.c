/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>

#include "array.h"
#include "firewall.h"

/*
 * The format of iptables-save(8): "*TABLE", ":CHAIN POLICY [packets:bytes]", "-A CHAIN OPTION…",
 * "COMMIT"; a "!" before an option negates it. The options are those of iptables(8) and
 * iptables-extensions(8).
 */

#define MAX_WORDS 256

/* A line cut into words: quotes are taken away, a backslash keeps the next character. */
struct words {
	char *bytes;
	const char *items[MAX_WORDS];
	size_t n;
};

static int cut(const char *line, size_t len, struct words *w)
{
	size_t i = 0, to = 0;

	w->bytes = malloc(len + 1);
	if (!w->bytes)
		return -ENOMEM;
	w->n = 0;
	while (i < len && w->n < MAX_WORDS) {
		bool quoted = false;

		while (i < len && isspace((unsigned char)line[i]))
			i++;
		if (i == len)
			break;
		w->items[w->n++] = w->bytes + to;
		for (; i < len && (quoted || !isspace((unsigned char)line[i])); i++) {
			if (line[i] == '"') {
				quoted = !quoted;
				continue;
			}
			if (line[i] == '\\' && i + 1 < len)
				i++;
			w->bytes[to++] = line[i];
		}
		/* Blanks that are left behind make room for the NULs: to <= i. */
		w->bytes[to++] = '\0';
		if (i < len)
			i++;
	}
	return 0;
}

/* ---- values ---- */

static bool read_number(const char *s, uint32_t max, uint32_t *ret)
{
	unsigned long n;
	char *end;

	if (!isdigit((unsigned char)*s))
		return false;
	n = strtoul(s, &end, 0);
	if (*end || n > max)
		return false;
	*ret = (uint32_t)n;
	return true;
}

/* "500", "500:600", ":600", "500:" */
static bool read_ports(const char *s, char separator, struct firewall_range *ret)
{
	char first[16];
	const char *mid = strchr(s, separator);
	size_t len = mid ? (size_t)(mid - s) : strlen(s);

	if (len >= sizeof(first))
		return false;
	memcpy(first, s, len);
	first[len] = '\0';
	ret->first = 0;
	if (len > 0 && !read_number(first, UINT16_MAX, &ret->first))
		return false;
	ret->last = ret->first;
	if (!mid)
		return len > 0;
	ret->last = UINT16_MAX;
	return !mid[1] || read_number(mid + 1, UINT16_MAX, &ret->last);
}

/* ---- options ---- */

struct rule_text {
	struct firewall_rule rule;
	bool failed; /* no memory */
};

static struct firewall_match *match(struct rule_text *t, enum firewall_field field, bool negated)
{
	struct firewall_match *m = firewall_add_match(&t->rule, field, negated);

	if (!m)
		t->failed = true;
	return m;
}

static void unknown(struct rule_text *t)
{
	(void)match(t, FIREWALL_UNKNOWN, false);
}

static void add(struct rule_text *t, struct firewall_match *m, const struct firewall_range *range)
{
	if (m && firewall_add_range(m, range) < 0)
		t->failed = true;
}

static void add_flag(struct rule_text *t, enum firewall_field field, uint32_t value)
{
	if (firewall_add_number(&t->rule, field, value) < 0)
		t->failed = true;
}

static void take_net(struct rule_text *t, const char *value, bool negated,
		     enum firewall_field field)
{
	struct firewall_range range = { 0 };

	/* A mask that is no prefix is not modelled. */
	if (firewall_net_parse(value, &range.first_ip, &range.last_ip) < 0)
		unknown(t);
	else
		add(t, match(t, field, negated), &range);
}

static void take_device(struct rule_text *t, const char *value, bool negated,
			enum firewall_field field)
{
	struct firewall_range range = { 0 };
	size_t len = strlen(value);

	if (len >= sizeof(range.device)) {
		unknown(t);
		return;
	}
	memcpy(range.device, value, len);
	if (len > 0 && value[len - 1] == '+')
		range.device[len - 1] = '*';
	add(t, match(t, field, negated), &range);
}

static void take_protocol(struct rule_text *t, const char *value, bool negated,
			  enum firewall_field field)
{
	struct firewall_range range = { 0 };

	if (streq(value, "all") || streq(value, "0"))
		return;
	if (!firewall_protocol(value, &range.first)) {
		unknown(t);
		return;
	}
	range.last = range.first;
	add(t, match(t, field, negated), &range);
}

/* One port or range, or with multiport several, which commas separate. */
static void take_ports(struct rule_text *t, const char *value, bool negated,
		       enum firewall_field field)
{
	struct firewall_match *m = match(t, field, negated);

	while (m && *value) {
		struct firewall_range range = { 0 };
		char one[16];
		size_t len = strcspn(value, ",");

		snprintf(one, sizeof(one), "%.*s", (int)len, value);
		if (len >= sizeof(one) || !read_ports(one, ':', &range)) {
			m->field = FIREWALL_UNKNOWN;
			m->negated = false;
			return;
		}
		add(t, m, &range);
		value += len + (value[len] == ',');
	}
}

static void take_state(struct rule_text *t, const char *value, bool negated,
		       enum firewall_field field)
{
	struct firewall_match *m = match(t, field, negated);

	while (m && *value) {
		size_t len = strcspn(value, ",");
		uint32_t state = firewall_state(value, len);
		const struct firewall_range range = { .first = state, .last = state };

		add(t, m, &range);
		value += len + (value[len] == ',');
	}
}

static void take_length(struct rule_text *t, const char *value, bool negated,
			enum firewall_field field)
{
	struct firewall_range range = { 0 };

	if (read_ports(value, ':', &range))
		add(t, match(t, field, negated), &range);
	else
		unknown(t);
}

static const struct option_reader {
	const char *option;
	enum firewall_field field;
	void (*take)(struct rule_text *t, const char *value, bool negated,
		     enum firewall_field field);
} option_readers[] = {
	{ "-s", FIREWALL_SOURCE, take_net },
	{ "-d", FIREWALL_DESTINATION, take_net },
	{ "-i", FIREWALL_IN_DEVICE, take_device },
	{ "-o", FIREWALL_OUT_DEVICE, take_device },
	{ "-p", FIREWALL_PROTOCOL, take_protocol },
	{ "--sport", FIREWALL_SOURCE_PORT, take_ports },
	{ "--dport", FIREWALL_DESTINATION_PORT, take_ports },
	{ "--sports", FIREWALL_SOURCE_PORT, take_ports },
	{ "--dports", FIREWALL_DESTINATION_PORT, take_ports },
	{ "--ports", FIREWALL_EITHER_PORT, take_ports },
	{ "--ctstate", FIREWALL_STATE, take_state },
	{ "--state", FIREWALL_STATE, take_state },
	{ "--length", FIREWALL_LENGTH, take_length },
};

/* Names of matches whose options decide; the name alone says nothing. */
static bool is_known_match(const char *name)
{
	static const char *const names[] = { "udp",     "tcp",    "multiport", "conntrack", "state",
					     "comment", "policy", "length",    "tcpmss" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(name, names[i]))
			return true;
	return false;
}

static void take_target(struct rule_text *t, const char *name, bool is_goto)
{
	static const struct {
		const char *name;
		enum firewall_verdict verdict;
	} targets[] = {
		{ "ACCEPT", FIREWALL_ACCEPT },        { "DROP", FIREWALL_DROP },
		{ "REJECT", FIREWALL_REJECT },        { "RETURN", FIREWALL_RETURN },
		{ "MASQUERADE", FIREWALL_TRANSLATE }, { "SNAT", FIREWALL_TRANSLATE },
		{ "NETMAP", FIREWALL_TRANSLATE },     { "LOG", FIREWALL_CONTINUE },
		{ "NFLOG", FIREWALL_CONTINUE },       { "MARK", FIREWALL_CONTINUE },
		{ "CONNMARK", FIREWALL_CONTINUE },    { "TCPMSS", FIREWALL_CONTINUE },
		{ "TRACE", FIREWALL_CONTINUE },       { "CT", FIREWALL_CONTINUE },
		{ "NOTRACK", FIREWALL_CONTINUE },     { "NFQUEUE", FIREWALL_SOMETHING },
		{ "QUEUE", FIREWALL_SOMETHING },
	};

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (streq(name, targets[i].name)) {
			t->rule.verdict = targets[i].verdict;
			return;
		}
	/* A chain of the user's, or a target that is not known and is no chain either. */
	t->rule.verdict = is_goto ? FIREWALL_GOTO : FIREWALL_JUMP;
	free(t->rule.target);
	t->rule.target = strdup(name);
	if (!t->rule.target)
		t->failed = true;
}

/* -m policy --dir in|out --pol ipsec|none; what else it may say makes it uncertain. */
static size_t take_policy(struct rule_text *t, const struct words *w, size_t i)
{
	enum firewall_field field = FIREWALL_UNKNOWN;

	for (; i + 1 < w->n; i += 2) {
		if (streq(w->items[i], "--dir"))
			field = streq(w->items[i + 1], "out") ? FIREWALL_ENCRYPTS
							      : FIREWALL_DECRYPTED;
		else if (streq(w->items[i], "--pol") && field != FIREWALL_UNKNOWN)
			add_flag(t, field, streq(w->items[i + 1], "ipsec"));
		else
			break;
	}
	return i;
}

static const struct option_reader *reader_of(const char *option)
{
	for (size_t i = 0; i < ARRAY_SIZE(option_readers); i++)
		if (streq(option, option_readers[i].option))
			return &option_readers[i];
	return NULL;
}

/* SNAT's single address; a range of them is some other address than the packet's. */
static void take_source(struct rule_text *t, const char *value)
{
	struct facts_ip ip;

	if (facts_ip_parse(value, &ip) == 0)
		t->rule.becomes = ip;
}

/* Options that belong to a target, with how many values each has. */
static int target_option(const char *option)
{
	static const struct {
		const char *option;
		int values;
	} options[] = {
		{ "--reject-with", 1 },  { "--to-source", 1 },   { "--to-ports", 1 },
		{ "--to", 1 },           { "--random", 0 },      { "--random-fully", 0 },
		{ "--persistent", 0 },   { "--log-prefix", 1 },  { "--log-level", 1 },
		{ "--nflog-prefix", 1 }, { "--nflog-group", 1 }, { "--comment", 1 },
		{ "--set-xmark", 1 },    { "--set-mss", 1 },     { "--clamp-mss-to-pmtu", 0 },
		{ "--log-uid", 0 },      { "--set-mark", 1 },    { "--queue-num", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (streq(option, options[i].option))
			return options[i].values;
	return -1;
}

/* The words behind "-A CHAIN". */
static void read_rule(struct rule_text *t, const struct words *w)
{
	bool negated = false, has_target = false;

	for (size_t i = 2; i < w->n && !t->failed; i++) {
		const char *word = w->items[i];
		const char *value = i + 1 < w->n ? w->items[i + 1] : NULL;
		const struct option_reader *reader = reader_of(word);
		int values = target_option(word);

		if (streq(word, "!")) {
			negated = true;
			continue;
		}
		if (reader && value) {
			reader->take(t, value, negated, reader->field);
			i++;
		} else if (streq(word, "-m") && value && streq(value, "policy")) {
			i = take_policy(t, w, i + 2) - 1;
		} else if (streq(word, "-m") && value) {
			if (!is_known_match(value))
				unknown(t);
			i++;
		} else if ((streq(word, "-j") || streq(word, "-g")) && value) {
			take_target(t, value, word[1] == 'g');
			has_target = true;
			i++;
		} else if (values >= 0) {
			if (streq(word, "--to-source") && value)
				take_source(t, value);
			i += (size_t)values;
		} else {
			unknown(t);
		}
		negated = false;
	}
	if (!has_target)
		t->rule.verdict = FIREWALL_CONTINUE;
}

/* ---- lines ---- */

static const struct {
	const char *name;
	enum firewall_hook hook;
} hooks[] = {
	{ "PREROUTING", FIREWALL_PREROUTING },   { "INPUT", FIREWALL_INPUT },
	{ "FORWARD", FIREWALL_FORWARD },         { "OUTPUT", FIREWALL_OUTPUT },
	{ "POSTROUTING", FIREWALL_POSTROUTING },
};

/* The order of the tables at one hook: enum nf_ip_hook_priorities. */
static int priority_of(const char *table)
{
	static const struct {
		const char *table;
		int priority;
	} tables[] = {
		{ "raw", -300 },    { "mangle", -150 }, { "filter", 0 },
		{ "security", 50 }, { "nat", 100 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		if (streq(table, tables[i].table))
			return tables[i].priority;
	return 0;
}

struct reading {
	struct firewall *f;
	int family;
	const char *const *only;
	bool legacy;
	char table[64];
	char key[96]; /* its name among all that are read */
	bool wanted;
};

static int begin_table(struct reading *r, const char *line, size_t len)
{
	while (len > 0 && isspace((unsigned char)line[len - 1]))
		len--;
	r->wanted = len > 1 && len <= sizeof(r->table);
	if (!r->wanted)
		return 0;
	memcpy(r->table, line + 1, len - 1);
	r->table[len - 1] = '\0';
	snprintf(r->key, sizeof(r->key), "%s%s", r->table, r->legacy ? " of iptables-legacy" : "");
	if (!r->only)
		return 0;
	for (const char *const *t = r->only; *t; t++)
		if (streq(*t, r->table))
			return 0;
	r->wanted = false;
	return 0;
}

static int begin_chain(struct reading *r, const struct words *w)
{
	const char *name = w->items[0] + 1;
	struct firewall_chain *c;

	if (firewall_find(r->f, r->family, r->key, name))
		return 0;
	c = firewall_add_chain(r->f, r->family, r->key, name);
	if (!c)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++)
		if (streq(name, hooks[i].name))
			c->hook = hooks[i].hook;
	c->nat = streq(r->table, "nat");
	c->priority = priority_of(r->table);
	c->drops = w->n > 1 && streq(w->items[1], "DROP");
	return 0;
}

static int add_rule(struct reading *r, const struct words *w, const char *line, size_t len)
{
	struct firewall_chain *c = firewall_find(r->f, r->family, r->key, w->items[1]);
	struct rule_text t = { 0 };

	if (!c)
		return 0;
	read_rule(&t, w);
	if (asprintf(&t.rule.text, "%s%s -t %s %.*s",
		     r->family == AF_INET ? "iptables" : "ip6tables", r->legacy ? "-legacy" : "",
		     r->table, (int)len, line) < 0)
		t.rule.text = NULL;
	if (t.failed || !t.rule.text) {
		firewall_rule_done(&t.rule);
		return -ENOMEM;
	}
	return firewall_add_rule(c, &t.rule);
}

static int read_line(struct reading *r, const char *line, size_t len)
{
	struct words w = { 0 };
	int result = 0;

	if (len > 0 && *line == '*')
		return begin_table(r, line, len);
	if (!r->wanted || len == 0 || len > 65536 || (*line != ':' && *line != '-'))
		return 0;
	result = cut(line, len, &w);
	if (result < 0)
		return result;
	if (*line == ':' && w.n > 0)
		result = begin_chain(r, &w);
	else if (w.n > 1 && streq(w.items[0], "-A"))
		result = add_rule(r, &w, line, len);
	free(w.bytes);
	return result;
}

static int read_lines(struct reading *r, const char *text)
{
	while (*text) {
		const char *end = strchrnul(text, '\n');
		int result = read_line(r, text, (size_t)(end - text));

		if (result < 0)
			return result;
		text = *end ? end + 1 : end;
	}
	return 0;
}

int firewall_read_iptables(const char *text, int family, const char *const *only,
			   struct firewall *f)
{
	struct reading r = { .f = f, .family = family, .only = only };

	return read_lines(&r, text);
}

int firewall_read_legacy_iptables(const char *text, int family, struct firewall *f)
{
	struct reading r = { .f = f, .family = family, .legacy = true };

	return read_lines(&r, text);
}
