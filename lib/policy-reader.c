/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-reader.h"

/* ---- Complaints ---- */

void reader_note(struct reader *r, int result)
{
	if (result < 0 && r->error == 0)
		r->error = result;
}

void reader_complain(struct reader *r, const struct reader_place *at, const char *hint,
		     const char *format, ...)
{
	const struct policy_text *t = &r->texts[at->text - 1];
	_cleanup_text_ struct text message = TEXT_NULL;
	_cleanup_free_ char *s = NULL;
	const char *source = NULL;
	size_t source_len = 0;
	va_list args;
	int result;

	if (++r->n_mistakes > READER_MISTAKES_MAX)
		return;

	va_start(args, format);
	text_vprintf(&message, format, args);
	va_end(args);
	result = text_take(&message, &s);
	if (result < 0) {
		reader_note(r, result);
		return;
	}

	yaml_line(t->bytes, t->len, at->line, &source, &source_len);
	reader_note(r, diagnostics_add(r->diagnostics, DIAGNOSTIC_ERROR, t->file, at->line,
				       at->column, source, source_len, hint, s));
}

struct reader_place reader_place(const struct reader *r, const struct yaml_node *n)
{
	return (struct reader_place){ .text = r->number, .line = n->line, .column = n->column };
}

/* "did you mean …?" where one of @words is near, else the list of them. */
static char *suggest(struct reader *r, const char *word, const char *const *words)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	const char *near = nearest_word(word, words);
	char *s = NULL;

	if (near) {
		text_printf(&t, "did you mean \"%s\"?", near);
	} else {
		text_add(&t, "known here: ");
		for (size_t i = 0; words[i]; i++)
			text_printf(&t, "%s%s", i > 0 ? ", " : "", words[i]);
	}
	reader_note(r, text_take(&t, &s));
	return s;
}

/* ---- Nodes ---- */

const struct yaml_node *reader_visit(struct reader *r, size_t number)
{
	const struct yaml_node *n = &r->tree->items[number];

	if (r->n_visits++ == YAML_NODES_MAX)
		reader_complain_of(r, n, NULL,
				   "the aliases of this file stand for more than %d values",
				   YAML_NODES_MAX);
	return n;
}

bool reader_is_tired(const struct reader *r)
{
	return r->n_visits > YAML_NODES_MAX;
}

bool reader_is_nothing(const struct yaml_node *n)
{
	return n->kind == YAML_KIND_SCALAR && n->plain &&
	       (n->len == 0 || streq(n->value, "~") || streq(n->value, "null"));
}

static const char *kind_of(const struct yaml_node *n)
{
	if (reader_is_nothing(n))
		return "nothing";
	return n->kind == YAML_KIND_LIST  ? "a list"
	       : n->kind == YAML_KIND_MAP ? "a mapping"
					  : "a single value";
}

static bool check_tag(struct reader *r, const struct yaml_node *n)
{
	if (!n->tag || has_prefix(n->tag, "tag:yaml.org,2002:") || streq(n->tag, "!"))
		return true;
	reader_complain_of(r, n, "leave it out", "the tag \"%s\" has no meaning here", n->tag);
	return false;
}

bool reader_expect(struct reader *r, const struct yaml_node *n, enum yaml_kind kind,
		   const char *what)
{
	if (n->kind != kind || (kind == YAML_KIND_SCALAR && reader_is_nothing(n))) {
		reader_complain_of(r, n, NULL, "expected %s, found %s", what, kind_of(n));
		return false;
	}
	return check_tag(r, n);
}

/*
 * Characters that belong in no name: control characters, and those that YAML takes for line breaks
 * or refuses (YAML 1.1, section 5.1), which only an escape can bring in.
 */
static bool has_odd_characters(const struct yaml_node *n)
{
	const unsigned char *s = (const unsigned char *)n->value;

	for (size_t i = 0; i < n->len; i++) {
		if (s[i] < 0x20 || s[i] == 0x7f)
			return true;
		/* A NUL follows the value, so that looking ahead is safe. */
		if (s[i] == 0xc2 && s[i + 1] >= 0x80 && s[i + 1] < 0xa0)
			return true;
		if (s[i] == 0xe2 && s[i + 1] == 0x80 && (s[i + 2] == 0xa8 || s[i + 2] == 0xa9))
			return true;
		if (s[i] == 0xef && s[i + 1] == 0xbb && s[i + 2] == 0xbf)
			return true;
		if (s[i] == 0xef && s[i + 1] == 0xbf && s[i + 2] >= 0xbe)
			return true;
	}
	return false;
}

const char *reader_string(struct reader *r, const struct yaml_node *n, const char *what)
{
	if (!reader_expect(r, n, YAML_KIND_SCALAR, what))
		return NULL;
	if (has_odd_characters(n)) {
		reader_complain_of(r, n, NULL, "a control character in %s", what);
		return NULL;
	}
	return n->value;
}

const char *reader_plain(struct reader *r, const struct yaml_node *n, const char *what)
{
	const char *s = reader_string(r, n, what);

	if (s && !n->plain) {
		reader_complain_of(r, n, "take the quotes away",
				   "expected %s, found a text in quotes", what);
		return NULL;
	}
	return s;
}

int reader_word(struct reader *r, const struct yaml_node *n, const char *key,
		const char *const *words)
{
	_cleanup_free_ char *hint = NULL;
	const char *s = reader_string(r, n, "one word");

	if (!s)
		return -1;
	for (int i = 0; words[i]; i++)
		if (streq(words[i], s))
			return i;

	hint = suggest(r, s, words);
	reader_complain_of(r, n, hint, "unknown value \"%s\" for %s", s, key);
	return -1;
}

/* ---- Mappings ---- */

static void unknown_key(struct reader *r, const struct yaml_node *key,
			const struct reader_field *fields, size_t n_fields)
{
	_cleanup_free_ char *hint = NULL;
	const char *words[READER_FIELDS_MAX + 1] = { NULL };

	if (streq(key->value, "<<")) {
		reader_complain_of(r, key, "spell the keys out, or use an alias for a whole value",
				   "merge keys are not supported");
		return;
	}
	for (size_t i = 0; i < n_fields; i++)
		words[i] = fields[i].name;
	hint = suggest(r, key->value, words);
	reader_complain_of(r, key, hint, "unknown key \"%s\"", key->value);
}

static const struct reader_field *field_named(const struct reader_field *fields, size_t n_fields,
					      const char *name)
{
	for (size_t i = 0; i < n_fields; i++)
		if (streq(fields[i].name, name))
			return &fields[i];
	return NULL;
}

void reader_map(struct reader *r, const struct yaml_node *map, const struct reader_field *fields,
		size_t n_fields, void *into)
{
	unsigned int seen_at[READER_FIELDS_MAX] = { 0 };

	for (size_t i = 0; i + 1 < map->n && !reader_is_tired(r); i += 2) {
		const struct yaml_node *key = reader_visit(r, map->items[i]);
		const struct yaml_node *value = reader_visit(r, map->items[i + 1]);
		const struct reader_field *f;

		if (!reader_string(r, key, "a key"))
			continue;
		f = field_named(fields, n_fields, key->value);
		if (!f) {
			unknown_key(r, key, fields, n_fields);
			continue;
		}
		if (seen_at[f - fields] > 0) {
			reader_complain_of(r, key, "take one of them out",
					   "the key \"%s\" stands on line %u already", f->name,
					   seen_at[f - fields]);
			continue;
		}
		seen_at[f - fields] = key->line;
		f->take(r, value, into);
	}
}

void reader_optional_map(struct reader *r, const struct yaml_node *n,
			 const struct reader_field *fields, size_t n_fields, void *into)
{
	if (reader_is_nothing(n))
		return;
	if (reader_expect(r, n, YAML_KIND_MAP, "a mapping of keys and values"))
		reader_map(r, n, fields, n_fields, into);
}

void reader_replace_string(struct reader *r, char **string, const char *value)
{
	char *copy = strdup(value);

	if (!copy) {
		reader_note(r, -ENOMEM);
		return;
	}
	free(*string);
	*string = copy;
}
