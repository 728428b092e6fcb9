/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "array.h"
#include "diff.h"
#include "ipsec-conf-set.h"
#include "text.h"

/*
 * Edits: first everything that speaks against one, then where each key goes, then the new text,
 * and at last both texts are read again and compared line by line.
 */

/* Bytes to put in the place of others. */
struct splice {
	size_t begin;
	size_t len;
	char *text; /* what comes there */
};

struct plan {
	struct ipsec_conf *c;
	const struct ipsec_conf_conn *conn;
	uint32_t section;
	struct ipsec_conf_edit *edit;
	struct {
		struct splice *items;
		size_t n, alloc;
	} splices;
	uint32_t target; /* the section that is changed */
	bool has_target;
};

/* What to do with one key. */
struct intent {
	const char *name;  /* documented */
	const char *value; /* NULL: take it out */
	uint16_t key;
	uint16_t field;
	unsigned end;
	bool changes_text; /* the set does not say so already */
};

struct ipsec_conf_edit *ipsec_conf_edit_free(struct ipsec_conf_edit *edit)
{
	if (!edit)
		return NULL;
	free(edit->bytes);
	free(edit->diff);
	free(edit->reason);
	free(edit->remedy);
	free(edit->note);
	free(edit);
	return NULL;
}

static int refuse(struct plan *p, enum ipsec_conf_refusal refusal, struct ipsec_conf_place place,
		  const char *remedy, const char *format, ...) _printf_(5, 6);

/* Returns IPSEC_CONF_REFUSED, or -ENOMEM. */
static int refuse(struct plan *p, enum ipsec_conf_refusal refusal, struct ipsec_conf_place place,
		  const char *remedy, const char *format, ...)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	va_list args;

	if (place.line > 0)
		text_printf(&text, "%s:%u: ", p->c->files.items[place.file].path, place.line);
	va_start(args, format);
	text_vprintf(&text, format, args);
	va_end(args);
	p->edit->refusal = refusal;
	p->edit->place = place;
	p->edit->remedy = strdup(remedy);
	if (text_take(&text, &p->edit->reason) < 0 || !p->edit->remedy)
		return -ENOMEM;
	return IPSEC_CONF_REFUSED;
}

static const struct ipsec_conf_place nowhere = { 0 };

static int note(struct plan *p, const char *format, ...) _printf_(2, 3);

static int note(struct plan *p, const char *format, ...)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	va_list args;

	if (p->edit->note)
		text_printf(&text, "%s\n", p->edit->note);
	va_start(args, format);
	text_vprintf(&text, format, args);
	va_end(args);
	free(p->edit->note);
	p->edit->note = NULL;
	return text_take(&text, &p->edit->note);
}

/* ---- What speaks against it ---- */

static int refuse_broken(struct plan *p)
{
	for (size_t i = 0; i < p->c->findings.n; i++) {
		const struct ipsec_conf_finding *f = &p->c->findings.items[i];

		if (f->severity == IPSEC_CONF_FATAL)
			return refuse(p, IPSEC_CONF_REFUSED_BROKEN, f->place, f->remedy, "%s",
				      f->text);
	}
	return refuse(p, IPSEC_CONF_REFUSED_BROKEN, nowhere, "Have the configuration checked.",
		      "Libreswan would load nothing of this configuration");
}

static int refuse_no_conn(struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->c->conns.n; i++) {
		const struct ipsec_conf_conn *conn = &p->c->conns.items[i];

		if (strcasecmp(conn->name, name) == 0) {
			char remedy[256];

			snprintf(remedy, sizeof(remedy),
				 "Names are case-sensitive: did you mean %s?", conn->name);
			return refuse(p, IPSEC_CONF_REFUSED_NO_CONN, conn->place, remedy,
				      "there is no conn %s, but conn %s", name, conn->name);
		}
	}
	return refuse(p, IPSEC_CONF_REFUSED_NO_CONN, nowhere,
		      "See which there are with: esp-offloadctl conn list",
		      "there is no conn %s in %s or what it includes", name,
		      p->c->files.items[0].path);
}

static int refuse_second_definition(struct plan *p)
{
	_cleanup_text_ struct text places = TEXT_NULL;

	for (size_t i = 0; i < p->c->conns.n; i++) {
		const struct ipsec_conf_conn *conn = &p->c->conns.items[i];

		if (conn->first != p->conn->i)
			continue;
		if (places.len > 300) {
			text_add(&places, ", …");
			break;
		}
		text_printf(&places, "%s%s:%u", places.len ? ", " : "",
			    p->c->files.items[conn->place.file].path, conn->place.line);
	}
	return refuse(p, IPSEC_CONF_REFUSED_DUPLICATE_CONN, p->conn->place,
		      "Keep one of them; is a file included twice?",
		      "conn %s is defined %u times: %s", p->conn->name, p->conn->n_definitions,
		      places.data ? places.data : "");
}

/* A fault of this conn for which Libreswan does not load it. */
static int refuse_unloadable(struct plan *p)
{
	for (size_t i = 0; i < p->c->findings.n; i++) {
		const struct ipsec_conf_finding *f = &p->c->findings.items[i];

		if (f->severity != IPSEC_CONF_ERROR || f->conn != p->conn->name)
			continue;
		if (f->code == IPSEC_CONF_DUPLICATE_KEY)
			return refuse(p, IPSEC_CONF_REFUSED_DUPLICATE_KEY, f->place, f->remedy,
				      "%s", f->text);
		if (f->code == IPSEC_CONF_ALSO_CONFLICT || f->code == IPSEC_CONF_ALSO_MISSING)
			return refuse(p, IPSEC_CONF_REFUSED_ALSO_CONFLICT, f->place, f->remedy,
				      "%s", f->text);
	}
	/* Not all conflicts may be among the findings: see ipsec_conf_judge(). */
	for (size_t i = 0; p->c->closure.conflict && i < n_slots(); i++) {
		const struct slot *slot = &p->c->closure.slots[i];

		if (slot->other)
			return refuse(p, IPSEC_CONF_REFUSED_ALSO_CONFLICT,
				      statement_place(&p->c->statements.items[slot->other - 1]),
				      "Keep the line in one of the two places.",
				      "a second value for a key of conn %s", p->conn->name);
	}
	return 0;
}

static int judge_conn(struct plan *p, const char *name)
{
	int r;

	p->conn = ipsec_conf_find(p->c, name);
	if (p->c->broken)
		return refuse_broken(p);
	if (!p->conn)
		return refuse_no_conn(p, name);
	p->section = p->c->conn_sections.items[p->conn->i];
	if (p->conn->n_definitions > 1)
		return refuse_second_definition(p);
	if (ipsec_conf_nm_owned(p->c, p->conn))
		return refuse(p, IPSEC_CONF_REFUSED_NM_OWNED, p->conn->place,
			      "Change its profile with nmcli; NetworkManager's plug-in has no key "
			      "for offload.",
			      "conn %s belongs to NetworkManager, which writes it anew", name);
	r = ipsec_conf_close(p->c, p->section);
	if (r < 0)
		return r;
	return refuse_unloadable(p);
}

static int judge_file(struct plan *p, uint32_t file)
{
	const struct ipsec_conf_file *f = &p->c->files.items[file];
	struct ipsec_conf_place place = { .file = file, .line = 1, .column = 1 };

	/* Each time it may begin in another state: within a line that the file before left open. */
	if (f->n_inclusions > 1)
		return refuse(p, IPSEC_CONF_REFUSED_REREAD, place,
			      "Keep one of the lines that include it.",
			      "the file is included %u times", f->n_inclusions);
	if (memchr(f->bytes, '\0', f->len))
		return refuse(p, IPSEC_CONF_REFUSED_BYTES, place, "Remove the NUL bytes.",
			      "the file has NUL bytes");
	if (memchr(f->bytes, '\r', f->len))
		return refuse(p, IPSEC_CONF_REFUSED_BYTES, place,
			      "Save it with line ends of Unix, e.g. with dos2unix.",
			      "the file has carriage returns");
	return 0;
}

/* Whether an also= line has one of the marked sections for a target. */
static bool leads_to(const struct ipsec_conf *c, const struct also *also, const bool *marked)
{
	size_t position = 0, len;
	const char *name;

	while (also_next(c, &c->statements.items[also->statement], &position, &name, &len)) {
		uint32_t target = ipsec_conf_section(c, name, len);

		if (target != NO_SECTION && marked[target])
			return true;
	}
	return false;
}

/* Another section that takes this one's keys by also=, or NO_SECTION. */
static int find_dependent(struct plan *p, uint32_t section, uint32_t *ret)
{
	struct ipsec_conf *c = p->c;
	_cleanup_free_ bool *reaches = NULL;
	bool more = true;

	*ret = NO_SECTION;
	if (c->alsos.n == 0)
		return 0;
	reaches = calloc(c->sections.n, sizeof(*reaches));
	if (!reaches)
		return -ENOMEM;
	reaches[section] = true;
	/* The conn itself is the only one that may be found and gone on from. */
	while (more) {
		more = false;
		for (size_t i = 0; i < c->alsos.n; i++) {
			const struct also *also = &c->alsos.items[i];

			if (reaches[also->section] || !leads_to(c, also, reaches))
				continue;
			if (also->section != p->section) {
				*ret = also->section;
				return 0;
			}
			reaches[also->section] = true;
			more = true;
		}
	}
	return 0;
}

/* Whether pluto itself takes up a section that serves others as a target. */
static int is_loaded(struct plan *p, uint32_t section, bool *ret)
{
	const struct section *s = &p->c->sections.items[section];
	struct ipsec_conf_value value;
	int r;

	if (s->type != SECTION_CONN) {
		*ret = true; /* conn %default: it is everybody's */
		return 0;
	}
	r = ipsec_conf_effective(p->c, &p->c->conns.items[s->conn], "auto", &value);
	if (r < 0)
		return r;
	*ret = value.value && strcasecmp(value.value, "ignore") != 0;
	return ipsec_conf_close(p->c, p->section);
}

static int refuse_shared(struct plan *p, const char *key, const struct ipsec_conf_place *place,
			 uint32_t section, uint32_t other)
{
	const char *name = p->c->sections.items[section].name;

	if (other == NO_SECTION)
		return refuse(p, IPSEC_CONF_REFUSED_SHARED, *place,
			      "Move the line into the conns that are to have it.",
			      "%s= stands in conn %s, which is loaded by itself as well", key,
			      name);
	return refuse(p, IPSEC_CONF_REFUSED_SHARED, *place,
		      "Move the line into the conns that are to have it; own lines do not override "
		      "those of also=.",
		      section == p->section
			      ? "%s= cannot be changed in conn %s alone: conn %s takes its keys by "
				"also="
			      : "%s= stands in conn %s, which conn %s uses by also= as well",
		      key, name, p->c->sections.items[other].name);
}

/* ---- The text of a line ---- */

/* Whether the bytes can be in a value at all. */
static bool is_printable(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value < 0x20 && *value != '\t')
			return false;
	return true;
}

/* Reads "key=TEXT" back as the value of this key. */
static int reads_as(struct plan *p, const struct intent *intent, const char *text,
		    const char *value)
{
	_cleanup_text_ struct text line = TEXT_NULL;
	struct ipsec_lex lex = { .version = p->c->version };
	enum ipsec_token type;
	bool bare;

	text_printf(&line, "\t%s=%s\n", intent->name, text);
	if (line.failed)
		return -ENOMEM;
	ipsec_lex_line(&lex, line.data, line.len, 0);
	if (ipsec_lex_next(&lex) != IPSEC_TOKEN_SPACES || ipsec_lex_next(&lex) != IPSEC_TOKEN_KEY ||
	    ipsec_lex_next(&lex) != IPSEC_TOKEN_EQUAL)
		return 0;
	type = ipsec_lex_next(&lex);
	if (type == IPSEC_TOKEN_EOL || strlen(value) != lex.token_end - lex.token_begin ||
	    memcmp(line.data + lex.token_begin, value, strlen(value)) != 0 ||
	    lex.form == IPSEC_FORM_FOREVER)
		return 0;
	bare = lex.form == IPSEC_FORM_BARE;
	if (!ipsec_key_takes(p->c->version, &ipsec_keys[intent->key], value, strlen(value), bare))
		return 0;
	return ipsec_lex_next(&lex) == IPSEC_TOKEN_EOL;
}

static int refuse_value(struct plan *p, const struct intent *intent)
{
	const struct ipsec_key *key = &ipsec_keys[intent->key];
	const char *words = key->words[p->c->version.major >= 5];
	char remedy[256];

	if (ipsec_key_kind(p->c->version, key) == IPSEC_KEY_BOOL)
		words = "yes no";
	if (words)
		snprintf(remedy, sizeof(remedy), "In Libreswan %u.%u it takes one of: %s.",
			 p->c->version.major, p->c->version.minor, words);
	return refuse(p, IPSEC_CONF_REFUSED_VALUE, nowhere,
		      words ? remedy
			    : "Values have no line breaks, and no double quotes where there are "
			      "blanks; numbers are decimal.",
		      "%s= does not take the value \"%.100s\"", intent->name, intent->value);
}

/*
 * The value as it is written: in the form that the old one has, if it can be.
 *
 * Return: 0; what refuse() does when it cannot be written at all.
 */
static int write_value(struct plan *p, const struct intent *intent, enum ipsec_form form,
		       char **ret)
{
	static const char *const patterns[][2] = {
		[IPSEC_FORM_EMPTY] = { "", "" },      [IPSEC_FORM_BARE] = { "", "" },
		[IPSEC_FORM_QUOTED] = { "\"", "\"" }, [IPSEC_FORM_BRACED] = { "{", "}" },
		[IPSEC_FORM_FOREVER] = { "", "" },
	};
	const enum ipsec_form forms[] = { form, IPSEC_FORM_BARE, IPSEC_FORM_QUOTED,
					  IPSEC_FORM_BRACED };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		_cleanup_text_ struct text text = TEXT_NULL;
		char *written;

		/* What only looks like a comment or a list is better seen as one word. */
		if (forms[i] <= IPSEC_FORM_BARE && form != IPSEC_FORM_BARE &&
		    intent->value[0] == '#')
			continue;
		text_printf(&text, "%s%s%s", patterns[forms[i]][0], intent->value,
			    patterns[forms[i]][1]);
		if (text_take(&text, &written) < 0)
			return -ENOMEM;
		r = reads_as(p, intent, written, intent->value);
		if (r > 0) {
			*ret = written;
			return 0;
		}
		free(written);
		if (r < 0)
			return r;
	}
	return refuse_value(p, intent);
}

static int add_splice(struct plan *p, size_t begin, size_t len, char *text)
{
	int r = text ? ARRAY_GROW(&p->splices) : -ENOMEM;

	if (r < 0) {
		free(text);
		return r;
	}
	p->splices.items[p->splices.n++] = (struct splice){ begin, len, text };
	return 0;
}

/* ---- Where it goes ---- */

/* The line of a field in a section, those that mean nothing among them; NULL when there is none. */
static const struct statement *line_of(const struct plan *p, uint32_t section,
				       const struct intent *intent, unsigned *ret_n)
{
	const struct section *s = &p->c->sections.items[section];
	const struct statement *found = NULL;

	*ret_n = 0;
	for (uint32_t i = s->first; i < s->first + s->n; i++) {
		const struct statement *statement = &p->c->statements.items[i];

		if (statement->field != intent->field || statement->end != intent->end)
			continue;
		if (!found)
			found = statement;
		++*ret_n;
	}
	return found;
}

static size_t end_of_line(const struct ipsec_conf_file *file, size_t begin)
{
	const char *newline = memchr(file->bytes + begin, '\n', file->len - begin);

	return newline ? (size_t)(newline - file->bytes) + 1 : file->len;
}

/* A new line, after the last key of the section or its header, indented as they are. */
static int add_line(struct plan *p, const struct intent *intent)
{
	const struct section *s = &p->c->sections.items[p->section];
	const struct ipsec_conf_file *file = &p->c->files.items[s->file];
	_cleanup_text_ struct text line = TEXT_NULL;
	const char *indentation = "\t";
	size_t indentation_len = 1, at = s->line_begin;
	_cleanup_free_ char *value = NULL;
	bool newline;
	char *text;
	int r;

	r = write_value(p, intent, IPSEC_FORM_EMPTY, &value);
	if (r != 0)
		return r;
	for (uint32_t i = s->first; i < s->first + s->n; i++) {
		const struct statement *last = &p->c->statements.items[i];

		if (last->file != s->file)
			break; /* the section goes on in another file */
		at = last->line_begin;
		indentation = file->bytes + at;
		indentation_len = strspn(indentation, " \t");
	}

	at = end_of_line(file, at);
	newline = at > 0 && file->bytes[at - 1] == '\n';
	if (!newline)
		text_add_char(&line, '\n');
	text_add_bytes(&line, indentation, indentation_len);
	text_printf(&line, "%s=%s", intent->name, value);
	if (newline)
		text_add_char(&line, '\n');
	if (text_take(&line, &text) < 0)
		return -ENOMEM;
	p->edit->place = (struct ipsec_conf_place){ .file = s->file, .line = s->line, .column = 1 };
	return add_splice(p, at, 0, text);
}

static int change_line(struct plan *p, const struct intent *intent, const struct statement *s)
{
	const struct ipsec_conf_file *file = &p->c->files.items[s->file];
	char *text;
	int r;

	p->edit->place = statement_place(s);
	if (s->file != p->c->sections.items[p->target].file)
		return refuse(p, IPSEC_CONF_REFUSED_REREAD, p->edit->place,
			      "End the section's first file with a newline, and put the section "
			      "together in one file.",
			      "%s= stands in another file than the header of its section",
			      intent->name);
	if (!intent->value) {
		size_t begin = s->line_begin, end = end_of_line(file, begin);

		/* A last line without a newline: the one before is then such a line, for what ends
		 * so may go on in the next file. */
		if (file->bytes[end - 1] != '\n')
			begin--;
		return add_splice(p, begin, end - begin, strdup(""));
	}
	r = write_value(p, intent, (enum ipsec_form)s->form, &text);
	if (r != 0)
		return r;
	return add_splice(p, s->outer_begin, s->outer_len, text);
}

/* Everything goes into one section. */
static int take_target(struct plan *p, uint32_t section, const char *key)
{
	int r;

	if (p->has_target && p->target != section)
		return refuse(p, IPSEC_CONF_REFUSED_SHARED, p->edit->place,
			      "Change one key at a time.",
			      "the keys stand in different sections: %s= in conn %s", key,
			      p->c->sections.items[section].name);
	p->target = section;
	p->has_target = true;
	r = judge_file(p, p->c->sections.items[section].file);
	return r;
}

/* Changes in the conn's own section touch those that use it by also=. */
static int plan_own(struct plan *p, const struct intent *intent)
{
	const struct statement *line;
	uint32_t other;
	unsigned n;
	int r;

	line = line_of(p, p->section, intent, &n);
	if (n > 1)
		return refuse(p, IPSEC_CONF_REFUSED_DUPLICATE_KEY, statement_place(line),
			      "Keep one of the lines.", "%s= stands %u times in conn %s",
			      intent->name, n, p->conn->name);
	r = find_dependent(p, p->section, &other);
	if (r < 0)
		return r;
	if (other != NO_SECTION)
		return refuse_shared(p, intent->name, &p->conn->place, p->section, other);
	r = take_target(p, p->section, intent->name);
	if (r != 0)
		return r;
	return line ? change_line(p, intent, line) : add_line(p, intent);
}

/* The value stands in an also= target. */
static int plan_target(struct plan *p, const struct intent *intent,
		       const struct ipsec_conf_value *now)
{
	const struct slot *slot = &p->c->closure.slots[slot_index(intent->field, intent->end)];
	const struct statement *line = &p->c->statements.items[slot->statement - 1];
	uint32_t section = p->c->closure.visits[slot->visit].section, other;
	bool loaded = false;
	unsigned n;
	int r;

	r = find_dependent(p, section, &other);
	if (r == 0)
		r = is_loaded(p, section, &loaded);
	if (r < 0)
		return r;
	if (other != NO_SECTION || loaded)
		return refuse_shared(p, intent->name, &now->place, section, other);
	line_of(p, section, intent, &n);
	if (n > 1)
		return refuse(p, IPSEC_CONF_REFUSED_DUPLICATE_KEY, now->place,
			      "Keep one of the lines.", "%s= stands %u times in conn %s",
			      intent->name, n, p->c->sections.items[section].name);
	r = take_target(p, section, intent->name);
	if (r == 0)
		r = note(p, "%s= of conn %s stands in conn %s, which nobody else uses.",
			 intent->name, p->conn->name, p->c->sections.items[section].name);
	return r != 0 ? r : change_line(p, intent, line);
}

/* ---- One key ---- */

static int judge_key(struct plan *p, const struct ipsec_conf_change *change, struct intent *ret)
{
	_cleanup_free_ char *written = NULL;
	enum ipsec_end end;

	if (!ipsec_conf_has_key(p->c, change->key, &ret->key, &end))
		return refuse(p, IPSEC_CONF_REFUSED_KEY, nowhere,
			      "See ipsec.conf(5); also= and config setup are not for this command.",
			      "Libreswan %u.%u has no key \"%s\" that a conn takes",
			      p->c->version.major, p->c->version.minor, change->key);
	ret->name = ipsec_conf_key(p->c, change->key);
	if (!ret->name)
		return -ENOMEM;
	ret->value = change->value;
	ret->field = ipsec_key_field(ret->key);
	ret->end = end;
	if (!change->value)
		return 0;
	if (!*change->value || !is_printable(change->value))
		return refuse_value(p, ret);
	/* Whether it can be written at all. */
	return write_value(p, ret, IPSEC_FORM_EMPTY, &written);
}

/* A list takes its values from everywhere. */
static int judge_list(struct plan *p, const struct intent *intent,
		      const struct ipsec_conf_value *now)
{
	const struct slot *slot = &p->c->closure.slots[slot_index(intent->field, intent->end)];
	const struct slot *by_default =
		&p->c->default_slots[slot_index(intent->field, intent->end)];

	if (ipsec_key_kind(p->c->version, &ipsec_keys[intent->key]) != IPSEC_KEY_APPEND ||
	    slot->n + by_default->n <= (now->origin == IPSEC_CONF_OWN))
		return 0;
	return refuse(p, IPSEC_CONF_REFUSED_KEY, now->place,
		      "Put all of its values into one line of the conn.",
		      "%s= of conn %s gathers the values of several lines", intent->name,
		      p->conn->name);
}

/* Without the line of an also= target, one of the conn's own that meant nothing would be left. */
static int refuse_left_over(struct plan *p, const struct intent *intent,
			    const struct statement *line)
{
	return refuse(p, IPSEC_CONF_REFUSED_DUPLICATE_KEY, statement_place(line),
		      "Remove this line.",
		      "%s= stands in conn %s, where it means nothing, and in what it uses by also=",
		      intent->name, p->conn->name);
}

/* 4.x lets a second line have the value of the first: with one of them changed it would not. */
static int refuse_second_line(struct plan *p, const struct intent *intent, const struct slot *slot)
{
	const struct statement *s = NULL;

	for (size_t i = 0; i < p->c->closure.n_order; i++) {
		s = &p->c->statements.items[p->c->closure.order[i]];
		if (s->field == intent->field && s->end == intent->end &&
		    p->c->closure.order[i] + 1 != slot->statement)
			break;
	}
	return refuse(
		p, IPSEC_CONF_REFUSED_ALSO_CONFLICT, s ? statement_place(s) : nowhere,
		"Keep the line in one of the two places.",
		"conn %s has a second %s= through also=, and with one of them changed it could "
		"not be loaded",
		p->conn->name, intent->name);
}

static int plan_change(struct plan *p, struct intent *intent)
{
	const struct statement *line;
	const struct slot *slot;
	struct ipsec_conf_value now;
	unsigned n;
	int r;

	r = ipsec_conf_effective(p->c, p->conn, intent->name, &now);
	if (r < 0)
		return r;
	if (now.origin > IPSEC_CONF_BUILTIN && intent->value && !now.conflict &&
	    ipsec_key_same(p->c->version, &ipsec_keys[intent->key], now.value, intent->value))
		return 0;
	r = judge_list(p, intent, &now);
	if (r != 0)
		return r;

	line = line_of(p, p->section, intent, &n);
	slot = &p->c->closure.slots[slot_index(intent->field, intent->end)];
	if (n <= 1 && slot->n > 1)
		return refuse_second_line(p, intent, slot);
	if (!intent->value && now.origin == IPSEC_CONF_ALSO && line)
		return refuse_left_over(p, intent, line);
	if (!intent->value && now.origin < IPSEC_CONF_ALSO && !line) {
		if (now.origin == IPSEC_CONF_DEFAULT || now.origin == IPSEC_CONF_CRYPTO_POLICY)
			return note(p, "%s=%s comes from conn %%default, %s:%u.", intent->name,
				    now.value, p->c->files.items[now.place.file].path,
				    now.place.line);
		return 0;
	}
	intent->changes_text = true;
	return now.origin == IPSEC_CONF_ALSO ? plan_target(p, intent, &now) : plan_own(p, intent);
}

/* ---- The new text ---- */

/* The splices in the order of the file; those at one place in the order in which they came. */
static void sort_splices(struct plan *p)
{
	for (size_t i = 1; i < p->splices.n; i++) {
		struct splice s = p->splices.items[i];
		size_t j = i;

		for (; j > 0 && p->splices.items[j - 1].begin > s.begin; j--)
			p->splices.items[j] = p->splices.items[j - 1];
		p->splices.items[j] = s;
	}
}

static int splice(struct plan *p, const struct ipsec_conf_file *file)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	size_t at = 0;

	sort_splices(p);
	for (size_t i = 0; i < p->splices.n; i++) {
		const struct splice *s = &p->splices.items[i];

		text_add_bytes(&text, file->bytes + at, s->begin - at);
		text_add(&text, s->text);
		at = s->begin + s->len;
	}
	text_add_bytes(&text, file->bytes + at, file->len - at);
	p->edit->len = text.len;
	return text_take(&text, &p->edit->bytes);
}

/* A source of one text, in which every include names nothing. */
struct one_text {
	const char *bytes;
	size_t len;
};

static int no_files(void *userdata _unused_, const char *pattern _unused_, bool braces _unused_,
		    char ***ret_paths _unused_, size_t *ret_n _unused_)
{
	return -ENOENT;
}

static int read_one(void *userdata, const char *path _unused_, char **ret_bytes, size_t *ret_len)
{
	const struct one_text *one = userdata;
	char *copy = malloc(one->len + 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, one->bytes, one->len);
	*ret_bytes = copy;
	*ret_len = one->len;
	return 0;
}

static int reread(const struct plan *p, const char *bytes, size_t len, struct ipsec_conf **ret)
{
	struct one_text one = { bytes, len };
	struct ipsec_conf_source source = { .glob = no_files,
					    .read_file = read_one,
					    .userdata = &one };

	return ipsec_conf_load("text", p->c->version, &source, ret);
}

static bool same_statement(const struct ipsec_conf *a, const struct statement *s,
			   const struct ipsec_conf *b, const struct statement *t)
{
	return s->key == t->key && s->end == t->end && s->flags == t->flags &&
	       statement_len(s) == statement_len(t) &&
	       memcmp(statement_value(a, s), statement_value(b, t), statement_len(s)) == 0;
}

static bool is_intended(const struct intent *intents, size_t n, const struct statement *s)
{
	for (size_t i = 0; i < n; i++)
		if (intents[i].changes_text && intents[i].field == s->field &&
		    intents[i].end == s->end)
			return true;
	return false;
}

/* The lines of two sections, those of the intents left out on both sides. */
static bool same_section(const struct ipsec_conf *a, const struct section *s,
			 const struct ipsec_conf *b, const struct section *t,
			 const struct intent *intents, size_t n)
{
	uint32_t i = s->first, j = t->first;

	if (s->type != t->type || !streq(s->name, t->name))
		return false;
	for (;;) {
		while (i < s->first + s->n && is_intended(intents, n, &a->statements.items[i]))
			i++;
		while (j < t->first + t->n && is_intended(intents, n, &b->statements.items[j]))
			j++;
		if (i == s->first + s->n || j == t->first + t->n)
			return i == s->first + s->n && j == t->first + t->n;
		if (!same_statement(a, &a->statements.items[i++], b, &b->statements.items[j++]))
			return false;
	}
}

/* What the intents say stands in the section, each once or not at all. */
static bool says(const struct ipsec_conf *c, const struct section *s, const struct intent *intents,
		 size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned found = 0;

		if (!intents[i].changes_text)
			continue;
		for (uint32_t j = s->first; j < s->first + s->n; j++) {
			const struct statement *t = &c->statements.items[j];

			if (t->field != intents[i].field || t->end != intents[i].end)
				continue;
			found++;
			if (!intents[i].value || t->flags != 0 ||
			    statement_len(t) != strlen(intents[i].value) ||
			    memcmp(statement_value(c, t), intents[i].value, statement_len(t)) != 0)
				return false;
		}
		if (found != (intents[i].value != NULL))
			return false;
	}
	return true;
}

/* The number of the changed section among those of its file. */
static size_t number_in_file(const struct plan *p)
{
	uint32_t begin = p->c->sections.items[p->target].line_begin;
	uint32_t file = p->c->sections.items[p->target].file;
	size_t n = 0;

	for (uint32_t i = 0; i < p->target; i++)
		n += p->c->sections.items[i].file == file &&
		     p->c->sections.items[i].line_begin < begin;
	return n;
}

static bool same_but_for(const struct plan *p, const struct ipsec_conf *a,
			 const struct ipsec_conf *b, const struct intent *intents, size_t n)
{
	size_t changed = number_in_file(p);

	if (a->sections.n != b->sections.n || a->patterns.n != b->patterns.n ||
	    b->broken > a->broken || a->final_state != b->final_state ||
	    a->final_open != b->final_open || changed >= a->sections.n)
		return false;
	for (size_t i = 0; i < a->patterns.n; i++)
		if (!streq(a->patterns.items[i], b->patterns.items[i]))
			return false;
	for (size_t i = 0; i < a->sections.n; i++)
		if (!same_section(a, &a->sections.items[i], b, &b->sections.items[i], intents,
				  i == changed ? n : 0))
			return false;
	return says(b, &b->sections.items[changed], intents, n);
}

static int finish(struct plan *p, const struct intent *intents, size_t n)
{
	const struct section *target = &p->c->sections.items[p->target];
	const struct ipsec_conf_file *file = &p->c->files.items[target->file];
	_cleanup_(ipsec_conf_freep) struct ipsec_conf *before = NULL, *after = NULL;
	int r;

	r = splice(p, file);
	if (r == 0)
		r = reread(p, file->bytes, file->len, &before);
	if (r == 0)
		r = reread(p, p->edit->bytes, p->edit->len, &after);
	if (r < 0)
		return r;
	if (!same_but_for(p, before, after, intents, n))
		return refuse(p, IPSEC_CONF_REFUSED_REREAD, p->edit->place,
			      "Write the section in the usual form: each key on a line of its own, "
			      "in one file.",
			      "the text around conn %s is such that the new one would not read as "
			      "meant",
			      target->name);
	p->edit->file = target->file;
	p->edit->path = file->path;
	return diff_unified(file->path, file->bytes, file->len, file->path, p->edit->bytes,
			    p->edit->len, 3, &p->edit->diff);
}

static int plan_all(struct plan *p, const char *name, const struct ipsec_conf_change *changes,
		    struct intent *intents, size_t n)
{
	int r;

	r = judge_conn(p, name);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = judge_key(p, &changes[i], &intents[i]);
	if (r != 0)
		return r;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (intents[i].field == intents[j].field &&
			    intents[i].end == intents[j].end)
				return -EINVAL;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = plan_change(p, &intents[i]);
	if (r != 0)
		return r;
	return p->splices.n == 0 ? IPSEC_CONF_ALREADY : finish(p, intents, n);
}

int ipsec_conf_plan(struct ipsec_conf *c, const char *name, const struct ipsec_conf_change *changes,
		    size_t n_changes, struct ipsec_conf_edit **ret)
{
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = calloc(1, sizeof(*edit));
	_cleanup_free_ struct intent *intents = calloc(n_changes + 1, sizeof(*intents));
	struct plan p = { .c = c, .edit = edit };
	int r;

	if (!edit || !intents)
		return -ENOMEM;
	if (n_changes == 0)
		return -EINVAL;
	r = plan_all(&p, name, changes, intents, n_changes);
	for (size_t i = 0; i < p.splices.n; i++)
		free(p.splices.items[i].text);
	free(p.splices.items);
	if (r < 0)
		return r;
	if (r != IPSEC_CONF_PLANNED) {
		free(edit->bytes);
		edit->bytes = NULL;
		edit->len = 0;
	}
	*ret = TAKE_PTR(edit);
	return r;
}
