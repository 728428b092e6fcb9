/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nft-private.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "array.h"

void nft_foreign_done(struct nft_foreign *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->items[i].name);
	free(f->items);
	*f = (struct nft_foreign){ 0 };
}

const char *nft_string(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

bool nft_family(const char *name, int *ret)
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

static void add_foreign(struct nft_reading *r, int family, const char *table)
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

/* ---- verdicts and statements ---- */

static bool take_verdict(struct nft_rule_reading *rr, const char *name, const json_t *e)
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
			rr->rule.target = strdup(nft_string(e, "target"));
			if (!rr->rule.target)
				rr->r->failed = true;
		}
		if (streq(name, "snat") &&
		    facts_ip_parse(nft_string(e, "addr"), &rr->rule.becomes) < 0)
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

/*
 * An update of a set or map, "update @set { ip saddr limit rate over 10/second }": what is asked of
 * the element there ends the rule where it does not hold.
 */
static bool asks_of_elements(const char *name, const json_t *value)
{
	const json_t *statement;
	size_t i;

	if (!streq(name, "set") && !streq(name, "map"))
		return false;
	json_array_foreach(json_object_get(value, "stmt"), i, statement)
	{
		if (!json_object_get(statement, "counter"))
			return true;
	}
	return false;
}

static void read_expression(struct nft_rule_reading *rr, const json_t *e)
{
	void *it = json_object_iter((json_t *)e);
	const char *name = it ? json_object_iter_key(it) : "";
	const json_t *value = it ? json_object_iter_value(it) : NULL;

	if (streq(name, "match"))
		nft_read_match(rr, value);
	else if (streq(name, "vmap"))
		rr->vmap = value;
	else if (streq(name, "xt"))
		rr->foreign = true;
	else if (!take_verdict(rr, name, value) &&
		 (!is_harmless(name) || asks_of_elements(name, value)))
		(void)nft_add_match(rr, FIREWALL_UNKNOWN, false);
}

/* ---- texts ---- */

/* How a table begins in the listing; NULL without memory. */
static char *head_of(const char *family, const char *table)
{
	char *head;

	return asprintf(&head, "table %s %s {", family, table) < 0 ? NULL : head;
}

/*
 * The line of a rule in the listing with handles, which are unique within a table. Its lines are
 * "table FAMILY NAME { # handle N", then "\tchain NAME { …", then "\t\tRULE # handle N".
 */
static int text_of(const char *listing, const char *family, const char *table, json_int_t handle,
		   char **ret)
{
	_cleanup_free_ char *head = head_of(family, table), *tail = NULL;
	bool inside = false;

	if (!head)
		return -ENOMEM;
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

static int read_text(struct nft_rule_reading *rr, const json_t *rule)
{
	int r = text_of(rr->r->listing, nft_string(rule, "family"), rr->table,
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
static int add_vmap(struct nft_rule_reading *rr, struct firewall_chain *c)
{
	const json_t *data = json_object_get(rr->vmap, "data"), *element;
	const char *name = json_string_value(data);
	enum firewall_field field = nft_read_left(rr, json_object_get(rr->vmap, "key"));
	size_t i;

	data = name && *name == '@' ? nft_elements(rr, name + 1) : json_object_get(data, "set");
	json_array_foreach(data, i, element)
	{
		struct nft_rule_reading one = *rr;
		const json_t *verdict = json_array_get(element, 1);
		struct firewall_match *m;
		int r;

		r = copy_rule(&rr->rule, &one.rule);
		if (r < 0)
			return r;
		m = nft_add_match(&one, field, false);
		if (m && !nft_read_values(&one, json_array_get(element, 0), field, m))
			nft_forget(m);
		one.rule.verdict = FIREWALL_CONTINUE;
		read_expression(&one, verdict);
		r = firewall_add_rule(c, &one.rule);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_rule(struct nft_reading *r, const json_t *rule)
{
	struct nft_rule_reading rr = { .r = r, .table = nft_string(rule, "table") };
	const json_t *expressions = json_object_get(rule, "expr"), *e;
	struct firewall_chain *c;
	size_t i;
	int result;

	if (!nft_family(nft_string(rule, "family"), &rr.family)) {
		r->foreign.other_families = true;
		return 0;
	}
	c = firewall_find(r->f, rr.family, rr.table, nft_string(rule, "chain"));
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

static int read_chain(struct nft_reading *r, const json_t *chain)
{
	struct firewall_chain *c;
	json_int_t priority = json_integer_value(json_object_get(chain, "prio"));
	bool drops = streq(nft_string(chain, "policy"), "drop");
	int family;

	if (!nft_family(nft_string(chain, "family"), &family)) {
		r->foreign.other_families = r->foreign.other_families || drops;
		return 0;
	}
	c = firewall_add_chain(r->f, family, nft_string(chain, "table"), nft_string(chain, "name"));
	if (!c)
		return -ENOMEM;
	c->hook = read_hook(nft_string(chain, "hook"));
	/* Family inet has an ingress as well, before all that is asked here. */
	if (c->hook == FIREWALL_NO_HOOK && *nft_string(chain, "hook"))
		r->foreign.other_families = true;
	c->nat = streq(nft_string(chain, "type"), "nat");
	c->priority = priority > INT32_MAX   ? INT32_MAX
		      : priority < INT32_MIN ? INT32_MIN
					     : (int)priority;
	c->drops = drops;
	return 0;
}

/* Chains come first, for a rule is looked for in its own. */
static int read_all(struct nft_reading *r)
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

/* ---- tables that are switched off ---- */

/* A line with the flags of a table: "\tflags dormant". */
static bool is_dormant_in(const char *listing, const char *head)
{
	bool inside = false;

	for (const char *line = listing; line && *line;) {
		const char *end = strchrnul(line, '\n');

		if (has_prefix(line, "table "))
			inside = has_prefix(line, head);
		else if (inside && has_prefix(line, "\tflags ") &&
			 memmem(line, (size_t)(end - line), "dormant", strlen("dormant")))
			return true;
		line = *end ? end + 1 : end;
	}
	return false;
}

/* One flag is a word, and several are an array. */
static bool says_dormant(const json_t *flags)
{
	const json_t *flag;
	size_t i;

	json_array_foreach(flags, i, flag)
	{
		if (streq_ptr(json_string_value(flag), "dormant"))
			return true;
	}
	return streq_ptr(json_string_value(flags), "dormant");
}

/*
 * The kernel has none of such a table's chains in its hooks. The listing is asked as well: with a
 * single flag json_unpack() of nft 1.0.6 leaves it with a freed word (table_flags_json()).
 */
static int remove_dormant(struct nft_reading *r)
{
	json_t *entry;
	size_t i;

	json_array_foreach(r->entries, i, entry)
	{
		const json_t *table = json_object_get(entry, "table");
		const char *family = nft_string(table, "family"), *name = nft_string(table, "name");
		_cleanup_free_ char *head = NULL;
		int number;

		if (!table || !nft_family(family, &number))
			continue;
		head = head_of(family, name);
		if (!head)
			return -ENOMEM;
		if (says_dormant(json_object_get(table, "flags")) ||
		    is_dormant_in(r->listing, head))
			firewall_remove_table(r->f, number, name);
	}
	return 0;
}

int nft_rules_parse(const char *json, size_t len, const char *listing, struct firewall *f,
		    struct nft_foreign *ret_foreign)
{
	struct firewall read = FIREWALL_NULL;
	struct nft_reading r = { .listing = listing, .f = &read };
	json_t *document;
	int result = -EBADMSG;

	document = json_loadb(json, len, 0, NULL);
	r.entries = json_object_get(document, "nftables");
	if (json_is_array(r.entries))
		result = read_all(&r);
	if (result >= 0)
		result = remove_dormant(&r);
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
