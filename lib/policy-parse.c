/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

#include <fnmatch.h>

#include "array.h"
#include "policy-reader.h"
#include "policy-words.h"

/* A bond while its texts are read: with the places that only the whole policy can judge. */
struct draft {
	struct policy_bond bond;
	struct reader_place *conns; /* as many as bond.n_conns */
	struct reader_place probe;  /* text 0: no probe was asked for */
	bool conns_seen;            /* "connections" stands somewhere, good or bad */
};

struct drafts {
	struct draft *items;
	size_t n;
	size_t alloc;
};

static void drafts_done(struct drafts *d)
{
	for (size_t i = 0; i < d->n; i++) {
		policy_bond_done(&d->items[i].bond);
		free(d->items[i].conns);
	}
	free(d->items);
}

/* ---- The keys of a bond ---- */

static const char *conn_name_of(struct reader *r, const struct yaml_node *n)
{
	const char *s = reader_string(r, n, "the name of a conn, or a pattern");

	if (!s)
		return NULL;
	if (*s == '\0') {
		reader_complain_of(r, n, NULL, "the name of a conn is not empty");
		return NULL;
	}
	if (n->len > POLICY_CONN_NAME_MAX) {
		reader_complain_of(r, n, NULL, "the name of a conn has at most %d bytes here",
				   POLICY_CONN_NAME_MAX);
		return NULL;
	}
	if (streq(s, "%default")) {
		reader_complain_of(r, n, NULL,
				   "%%default holds values for conns and is none itself");
		return NULL;
	}
	return s;
}

static const char *driver_name_of(struct reader *r, const struct yaml_node *n)
{
	const char *s = reader_string(r, n, "the name of a driver");

	if (!s)
		return NULL;
	/* ETHTOOL_GDRVINFO has room for 31 bytes (struct ethtool_drvinfo). */
	if (*s == '\0' || strlen(s) > 31 || strpbrk(s, " /")) {
		reader_complain_of(r, n, "\"ethtool -i PORT\" prints it", "\"%s\" names no driver",
				   s);
		return NULL;
	}
	return s;
}

/*
 * A list of names, each once. Return: true with the list and the places in @ret_..., all of it
 * good; false when something was wrong, which was said.
 */
static bool read_names(struct reader *r, const struct yaml_node *list, const char *what,
		       const char *(*name_of)(struct reader *r, const struct yaml_node *n),
		       char ***ret_names, size_t *ret_n, struct reader_place **ret_places)
{
	_cleanup_free_ struct reader_place *places = NULL;
	size_t n_names = 0;
	bool good = true;
	char **names;

	if (!reader_expect(r, list, YAML_KIND_LIST, what))
		return false;
	if (list->n == 0) {
		reader_complain_of(r, list, NULL, "the list is empty: expected %s", what);
		return false;
	}

	names = calloc(list->n, sizeof(*names));
	places = calloc(list->n, sizeof(*places));
	if (!names || !places) {
		free(names);
		reader_note(r, -ENOMEM);
		return false;
	}
	for (size_t i = 0; i < list->n && !reader_is_tired(r); i++) {
		const struct yaml_node *n = reader_visit(r, list->items[i]);
		const char *s = name_of(r, n);

		if (!s) {
			good = false;
			continue;
		}
		places[n_names] = reader_place(r, n);
		reader_replace_string(r, &names[n_names++], s);
	}

	if (!good || reader_is_tired(r) || r->error < 0) {
		for (size_t i = 0; i < n_names; i++)
			free(names[i]);
		free(names);
		return false;
	}
	*ret_names = names;
	*ret_n = n_names;
	*ret_places = TAKE_PTR(places);
	return true;
}

static void replace_names(char ***names, size_t *n, char **new_names, size_t n_new)
{
	for (size_t i = 0; i < *n; i++)
		free((*names)[i]);
	free(*names);
	*names = new_names;
	*n = n_new;
}

static void read_connections(struct reader *r, const struct yaml_node *value, void *into)
{
	struct draft *d = into;
	struct reader_place *places;
	char **names;
	size_t n;

	d->conns_seen = true;
	if (!read_names(r, value, "a list of conns, such as [example]", conn_name_of, &names, &n,
			&places))
		return;
	replace_names(&d->bond.conns, &d->bond.n_conns, names, n);
	free(d->conns);
	d->conns = places;
}

static void read_drivers(struct reader *r, const struct yaml_node *value, void *into)
{
	struct draft *d = into;
	struct reader_place *places;
	char **names;
	size_t n;

	if (value->n > POLICY_DRIVERS_MAX) {
		reader_complain_of(r, value, NULL, "more than %d drivers", POLICY_DRIVERS_MAX);
		return;
	}
	if (!read_names(r, value, "a list of drivers, such as [ixgbe]", driver_name_of, &names, &n,
			&places))
		return;
	replace_names(&d->bond.drivers, &d->bond.n_drivers, names, n);
	free(places);
}

static void read_manage(struct reader *r, const struct yaml_node *value, void *into)
{
	struct draft *d = into;
	int word = reader_word(r, value, "manage", policy_manage_words);

	if (word >= 0)
		d->bond.manage = (enum policy_manage)word;
}

static void read_activation(struct reader *r, const struct yaml_node *value, void *into)
{
	struct draft *d = into;
	int word = reader_word(r, value, "activation", policy_activation_words);

	if (word >= 0)
		d->bond.activation = (enum policy_activation)word;
}

static void read_ipsec(struct reader *r, const struct yaml_node *value, void *into)
{
	struct draft *d = into;
	int word = reader_word(r, value, "ipsec", policy_ipsec_words);

	if (word >= 0)
		d->bond.ipsec = (enum policy_ipsec)word;
}

static void read_on_loss(struct reader *r, const struct yaml_node *value, void *into)
{
	struct draft *d = into;
	int word = reader_word(r, value, "on-loss", policy_on_loss_words);

	if (word >= 0)
		d->bond.on_loss = (enum policy_on_loss)word;
}

static void read_rollback(struct reader *r, const struct yaml_node *value, void *into)
{
	struct draft *d = into;
	static const char *const yes[] = { "yes", "on", "True", "TRUE", "Yes", "On", "1", NULL };
	const char *s = reader_plain(r, value, "true or false");
	bool meant_true = false;

	if (!s)
		return;
	if (streq(s, "true") || streq(s, "false")) {
		d->bond.rollback = streq(s, "true");
		return;
	}
	for (size_t i = 0; yes[i]; i++)
		meant_true = meant_true || streq(yes[i], s);
	reader_complain_of(r, value,
			   meant_true ? "did you mean \"true\"?" : "known here: true, false",
			   "expected true or false, found \"%s\"", s);
}

/*
 * What writes YAML from data has made a boolean of "no", as YAML 1.1 has it: Ansible's to_json, for
 * one. So the boolean is the word.
 */
static const char *esn_of_boolean(const struct yaml_node *value)
{
	if (value->kind != YAML_KIND_SCALAR || !value->plain || value->tag)
		return NULL;
	return streq(value->value, "false") ? "no" : streq(value->value, "true") ? "yes" : NULL;
}

static void read_esn(struct reader *r, const struct yaml_node *value, void *into)
{
	struct draft *d = into;
	const char *esn = esn_of_boolean(value);
	int word;

	if (!esn) {
		word = reader_word(r, value, "esn", policy_esn_words);
		esn = word >= 0 ? policy_esn_words[word] : NULL;
	}
	if (esn)
		reader_replace_string(r, &d->bond.ensure.esn, esn);
}

/* What ipsec.conf(5) lets stand in esp=: names of algorithms, joined by "-", ";", "+" and ",". */
static void read_esp(struct reader *r, const struct yaml_node *value, void *into)
{
	struct draft *d = into;
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-+,;";
	const char *s = reader_string(r, value, "the algorithms of ESP, such as aes_gcm128");

	if (!s)
		return;
	if (*s == '\0' || s[strspn(s, letters)] != '\0' || value->len > POLICY_CONN_NAME_MAX) {
		reader_complain_of(r, value, "as in ipsec.conf, for instance aes_gcm128-null",
				   "\"%s\" names no algorithms of ESP", s);
		return;
	}
	reader_replace_string(r, &d->bond.ensure.esp, s);
}

static void read_ensure(struct reader *r, const struct yaml_node *value, void *into)
{
	static const struct reader_field fields[] = { { "esn", read_esn }, { "esp", read_esp } };

	reader_optional_map(r, value, fields, ARRAY_SIZE(fields), into);
}

enum {
	WITHIN_MIN_MS = 100, /* counters do not move faster than packets */
	WITHIN_MAX_MIN = 60,
	PROBE_COUNT_MAX = 1000,
};

static void read_within(struct reader *r, const struct yaml_node *value, void *into)
{
	struct draft *d = into;
	const char *s = reader_string(r, value, "a length of time, such as 30s");
	uint64_t usec;
	int result;

	if (!s)
		return;
	result = policy_duration_parse(s, &usec);
	if (result == -EINVAL) {
		reader_complain_of(r, value, "a number, and us, ms, s, min or h (seconds without)",
				   "\"%s\" is no length of time", s);
		return;
	}
	if (result < 0 || usec < WITHIN_MIN_MS * 1000 || usec > WITHIN_MAX_MIN * 60000000ull) {
		reader_complain_of(r, value, NULL, "\"%s\" is out of range: from %dms to %dmin", s,
				   WITHIN_MIN_MS, WITHIN_MAX_MIN);
		return;
	}
	d->bond.proof.within_usec = usec;
}

static void read_ratio(struct reader *r, const struct yaml_node *value, void *into)
{
	struct draft *d = into;
	const char *s = reader_plain(r, value, "a number above 0, up to 1");
	double ratio;

	if (!s)
		return;
	if (policy_ratio_parse(s, &ratio) < 0 || ratio <= 0 || ratio > 1) {
		reader_complain_of(r, value, "0.95 means: 95 packets of 100 through the hardware",
				   "expected a number above 0, up to 1, found \"%s\"", s);
		return;
	}
	d->bond.proof.ratio = ratio;
}

static void read_address(struct reader *r, const struct yaml_node *value, void *into)
{
	struct draft *d = into;
	static const struct facts_ip nothing = { 0 };
	const char *s = reader_string(r, value, "an IP address");
	struct facts_ip ip;

	if (!s)
		return;
	if (facts_ip_parse(s, &ip) < 0 || memcmp(ip.bytes, nothing.bytes, sizeof(ip.bytes)) == 0) {
		reader_complain_of(r, value,
				   "an IPv4 or IPv6 address behind the tunnel; names are not "
				   "looked up",
				   "\"%s\" is no IP address of a host", s);
		return;
	}
	d->bond.proof.probe_address = ip;
}

static void read_count(struct reader *r, const struct yaml_node *value, void *into)
{
	struct draft *d = into;
	const char *s = reader_plain(r, value, "a whole number");
	unsigned int n;

	if (!s)
		return;
	if (policy_number_parse(s, &n) < 0 || n < 1 || n > PROBE_COUNT_MAX) {
		reader_complain_of(r, value, NULL,
				   "expected a whole number from 1 to %d, found \"%s\"",
				   PROBE_COUNT_MAX, s);
		return;
	}
	d->bond.proof.probe_count = n;
}

static void read_probe(struct reader *r, const struct yaml_node *value, void *into)
{
	struct draft *d = into;
	static const struct reader_field fields[] = { { "address", read_address },
						      { "count", read_count } };
	size_t before = r->n_mistakes;

	reader_optional_map(r, value, fields, ARRAY_SIZE(fields), into);
	/* An address that was refused is not missing as well. */
	if (!reader_is_nothing(value) && r->n_mistakes == before)
		d->probe = reader_place(r, value);
}

static void read_proof(struct reader *r, const struct yaml_node *value, void *into)
{
	static const struct reader_field fields[] = { { "within", read_within },
						      { "ratio", read_ratio },
						      { "probe", read_probe } };

	reader_optional_map(r, value, fields, ARRAY_SIZE(fields), into);
}

static const struct reader_field bond_fields[] = {
	{ "connections", read_connections },
	{ "drivers", read_drivers },
	{ "manage", read_manage },
	{ "activation", read_activation },
	{ "ipsec", read_ipsec },
	{ "on-loss", read_on_loss },
	{ "ensure", read_ensure },
	{ "proof", read_proof },
	{ "rollback", read_rollback },
};
_Static_assert(ARRAY_SIZE(bond_fields) <= READER_FIELDS_MAX,
	       "reader_map() keeps a mark for each field");

/* ---- Bonds ---- */

static struct draft *draft_named(struct drafts *drafts, const char *name)
{
	for (size_t i = 0; i < drafts->n; i++)
		if (streq(drafts->items[i].bond.name, name))
			return &drafts->items[i];
	return NULL;
}

static struct draft *draft_new(struct reader *r, struct drafts *drafts, const char *name)
{
	struct draft *d = NULL;
	int result = ARRAY_GROW(drafts);

	if (result == 0) {
		d = &drafts->items[drafts->n];
		*d = (struct draft){ 0 };
		result = policy_bond_init(name, &d->bond);
	}
	if (result < 0) {
		reader_note(r, result);
		return NULL;
	}
	drafts->n++;
	return d;
}

static void read_bond(struct reader *r, struct drafts *drafts, const struct yaml_node *key,
		      const struct yaml_node *value)
{
	const char *name = reader_string(r, key, "the name of a bond");
	const char *fault;
	struct draft *d;

	if (!name)
		return;
	fault = policy_interface_fault(name);
	if (fault) {
		reader_complain_of(r, key, NULL, "\"%s\" names no bond: %s", name, fault);
		return;
	}

	d = draft_named(drafts, name);
	if (d && d->bond.text == r->number) {
		reader_complain_of(r, key, "take one of them out, or put them together",
				   "the bond \"%s\" stands on line %u already", name, d->bond.line);
		return;
	}
	if (!d && drafts->n == POLICY_BONDS_MAX) {
		reader_complain_of(r, key, NULL, "more than %d bonds", POLICY_BONDS_MAX);
		return;
	}
	if (!d)
		d = draft_new(r, drafts, name);
	if (!d)
		return;

	d->bond.text = r->number;
	d->bond.line = key->line;
	d->bond.column = key->column;
	reader_optional_map(r, value, bond_fields, ARRAY_SIZE(bond_fields), d);
}

static void read_bonds(struct reader *r, const struct yaml_node *value, void *into)
{
	if (reader_is_nothing(value))
		return;
	if (!reader_expect(r, value, YAML_KIND_MAP, "a mapping of bonds"))
		return;
	for (size_t i = 0; i + 1 < value->n && !reader_is_tired(r) && r->error == 0; i += 2)
		read_bond(r, into, reader_visit(r, value->items[i]),
			  reader_visit(r, value->items[i + 1]));
}

/* ---- A text ---- */

/* What the version says was read before all else. */
static void read_nothing(struct reader *r _unused_, const struct yaml_node *value _unused_,
			 void *into _unused_)
{
}

static const struct reader_field root_fields[] = { { "version", read_nothing },
						   { "bonds", read_bonds } };

static const struct yaml_node *root_value(const struct reader *r, const char *key)
{
	const struct yaml_node *root = &r->tree->items[0];

	for (size_t i = 0; i + 1 < root->n; i += 2) {
		const struct yaml_node *k = &r->tree->items[root->items[i]];

		if (k->kind == YAML_KIND_SCALAR && streq(k->value, key))
			return &r->tree->items[root->items[i + 1]];
	}
	return NULL;
}

/*
 * Return: true when the rest of the text can be read by the rules that are known here. A missing
 * version is a mistake, and yet the rest is read for its own.
 */
static bool read_version(struct reader *r)
{
	const struct yaml_node *n = root_value(r, "version");
	unsigned int version;
	const char *s;

	if (!n) {
		reader_complain_of(r, &r->tree->items[0], "put \"version: 1\" on top",
				   "the version is missing");
		return true;
	}
	s = reader_plain(r, n, "the number of a version");
	if (!s)
		return true;
	if (policy_number_parse(s, &version) < 0 || version == 0) {
		reader_complain_of(r, n, "put \"version: 1\" there",
				   "expected the number of a version, found \"%s\"", s);
		return true;
	}
	if (version != POLICY_VERSION) {
		reader_complain_of(r, n, NULL, "version %u is not known here, only version %d",
				   version, POLICY_VERSION);
		return false;
	}
	return true;
}

static void read_tree(struct reader *r, struct drafts *drafts)
{
	const struct yaml_node *root;

	if (r->tree->n == 0)
		return;
	root = reader_visit(r, 0);
	if (reader_is_nothing(root))
		return;
	if (!reader_expect(r, root, YAML_KIND_MAP, "a mapping with \"version\" and \"bonds\""))
		return;
	if (read_version(r))
		reader_map(r, root, root_fields, ARRAY_SIZE(root_fields), drafts);
}

static int read_text(struct reader *r, size_t i, struct drafts *drafts)
{
	_cleanup_yaml_tree_ struct yaml_tree tree = YAML_TREE_NULL;
	struct yaml_fault fault;
	int result;

	result = yaml_tree_load(r->texts[i].bytes, r->texts[i].len, &fault, &tree);
	if (result == -EBADMSG) {
		const struct reader_place at = { .text = i + 1,
						 .line = fault.line,
						 .column = fault.column };

		reader_complain(r, &at, fault.hint, "%s", fault.message);
		return r->error;
	}
	if (result < 0)
		return result;

	r->number = i + 1;
	r->tree = &tree;
	r->n_visits = 0;
	read_tree(r, drafts);
	r->tree = NULL;
	return r->error;
}

/* ---- The policy as a whole ---- */

/* A conn, or a pattern of conns, and the bond that names it. */
struct claim {
	const char *conn;
	const struct draft *draft;
	const struct reader_place *at;
};

static int compare_numbers(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

/* By name, and of one name in the order in which they were written. */
static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int r = strcmp(x->conn, y->conn);

	if (r == 0)
		r = compare_numbers(x->at->text, y->at->text);
	if (r == 0)
		r = compare_numbers(x->at->line, y->at->line);
	if (r == 0)
		r = compare_numbers(x->at->column, y->at->column);
	return r;
}

static void complain_of_second_claim(struct reader *r, const struct claim *first,
				     const struct claim *second)
{
	if (first->draft == second->draft)
		reader_complain(r, second->at, "take one of them out", "\"%s\" is named twice",
				second->conn);
	else
		reader_complain(r, second->at, "a conn goes through one bond",
				"\"%s\" is named by bond \"%s\" already (%s:%u)", second->conn,
				first->draft->bond.name, r->texts[first->at->text - 1].file,
				first->at->line);
}

static void check_pattern(struct reader *r, const struct claim *pattern, const struct claim *claims,
			  size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (claims[i].draft == pattern->draft || policy_is_pattern(claims[i].conn) ||
		    fnmatch(pattern->conn, claims[i].conn, 0) != 0)
			continue;
		reader_complain(r, pattern->at, "a conn goes through one bond",
				"\"%s\" matches \"%s\", which bond \"%s\" names (%s:%u)",
				pattern->conn, claims[i].conn, claims[i].draft->bond.name,
				r->texts[claims[i].at->text - 1].file, claims[i].at->line);
		return;
	}
}

static void check_claims(struct reader *r, const struct drafts *drafts)
{
	_cleanup_free_ struct claim *claims = NULL;
	size_t n = 0, n_patterns = 0;

	for (size_t i = 0; i < drafts->n; i++)
		n += drafts->items[i].bond.n_conns;
	claims = calloc(n + 1, sizeof(*claims));
	if (!claims) {
		reader_note(r, -ENOMEM);
		return;
	}

	if (n > POLICY_CONNS_MAX) {
		const struct draft *last = &drafts->items[drafts->n - 1];
		const struct reader_place at = { last->bond.text, last->bond.line,
						 last->bond.column };

		reader_complain(r, &at, NULL, "the bonds together name more than %d conns",
				POLICY_CONNS_MAX);
		return;
	}

	n = 0;
	for (size_t i = 0; i < drafts->n; i++)
		for (size_t j = 0; j < drafts->items[i].bond.n_conns; j++)
			claims[n++] =
				(struct claim){ drafts->items[i].bond.conns[j], &drafts->items[i],
						&drafts->items[i].conns[j] };
	qsort(claims, n, sizeof(*claims), compare_claims);

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && streq(claims[i - 1].conn, claims[i].conn))
			complain_of_second_claim(r, &claims[i - 1], &claims[i]);
		if (!policy_is_pattern(claims[i].conn))
			continue;
		if (++n_patterns > POLICY_PATTERNS_MAX) {
			reader_complain(r, claims[i].at, NULL, "more than %d patterns of conns",
					POLICY_PATTERNS_MAX);
			return;
		}
		check_pattern(r, &claims[i], claims, n);
	}
}

static void check_draft(struct reader *r, const struct draft *d)
{
	const struct reader_place at = { d->bond.text, d->bond.line, d->bond.column };

	if (!d->conns_seen)
		reader_complain(r, &at, "add for instance \"connections: [example]\"",
				"the bond \"%s\" names no conn", d->bond.name);
	if (d->probe.text > 0 && d->bond.proof.probe_address.family == 0)
		reader_complain(r, &d->probe,
				"add an address behind the tunnel, or leave the probe out",
				"the probe of bond \"%s\" has no address", d->bond.name);
}

static void check_whole(struct reader *r, const struct drafts *drafts)
{
	for (size_t i = 0; i < drafts->n; i++)
		check_draft(r, &drafts->items[i]);
	check_claims(r, drafts);

	if (r->n_mistakes > READER_MISTAKES_MAX) {
		_cleanup_text_ struct text t = TEXT_NULL;
		_cleanup_free_ char *s = NULL;
		int result;

		text_printf(&t, "%zu more mistakes are not shown",
			    r->n_mistakes - READER_MISTAKES_MAX);
		result = text_take(&t, &s);
		if (result == 0)
			result = diagnostics_add(r->diagnostics, DIAGNOSTIC_ERROR,
						 r->texts[r->n_texts - 1].file, 0, 0, NULL, 0, NULL,
						 s);
		reader_note(r, result);
	}
}

static int take_policy(struct drafts *drafts, struct policy **ret)
{
	_cleanup_(policy_freep) struct policy *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->bonds = calloc(drafts->n + 1, sizeof(*p->bonds));
	if (!p->bonds)
		return -ENOMEM;
	p->alloc = drafts->n + 1;
	for (; p->n_bonds < drafts->n; p->n_bonds++) {
		p->bonds[p->n_bonds] = drafts->items[p->n_bonds].bond;
		drafts->items[p->n_bonds].bond = (struct policy_bond){ 0 };
	}

	*ret = TAKE_PTR(p);
	return 0;
}

int policy_parse(const struct policy_text *texts, size_t n_texts,
		 struct diagnostics *ret_diagnostics, struct policy **ret)
{
	_cleanup_(diagnostics_done) struct diagnostics diagnostics = DIAGNOSTICS_NULL;
	_cleanup_(drafts_done) struct drafts drafts = { 0 };
	struct reader r = { .texts = texts, .n_texts = n_texts, .diagnostics = &diagnostics };
	int result;

	for (size_t i = 0; i < n_texts; i++) {
		result = read_text(&r, i, &drafts);
		if (result < 0)
			return result;
	}
	check_whole(&r, &drafts);
	if (r.error < 0)
		return r.error;

	result = r.n_mistakes > 0 ? -EBADMSG : take_policy(&drafts, ret);
	if (result == -ENOMEM)
		return result;
	*ret_diagnostics = diagnostics;
	diagnostics = DIAGNOSTICS_NULL;
	return result;
}
