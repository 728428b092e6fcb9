/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipsec-conf-set.h"

/*
 * What Libreswan makes of one line of a section, as soon as it is read: whether it has a place
 * there, whether its value is one that the key takes, and whether the key stands there already.
 */

struct judge {
	struct ipsec_conf *c;
	struct seen *seen;
	uint32_t open; /* section */
};

static bool is_old(const struct judge *p)
{
	return p->c->version.major < 5;
}

static const char *bytes_of(const struct judge *p, const struct statement *s)
{
	return p->c->files.items[s->file].bytes;
}

static const char *conn_of(const struct judge *p)
{
	const struct section *section = &p->c->sections.items[p->open];

	return section->type == SECTION_CONN ? section->name : NULL;
}

/* Whether a key may stand in a section of this type. */
static bool fits_section(const struct judge *p, const struct ipsec_key *key, enum section_type type)
{
	bool both = (key->where & IPSEC_KEY_IN_CONN) && (key->where & IPSEC_KEY_IN_SETUP);

	if (type == SECTION_SETUP)
		return key->where & IPSEC_KEY_IN_SETUP;
	/* plutodebug= moved into conns with 5.0. */
	return (key->where & IPSEC_KEY_IN_CONN) && !(both && is_old(p));
}

/* 4.x: what the scanner has a token of its own for. */
static bool is_number(const struct statement *s, const char *value)
{
	if (s->form != IPSEC_FORM_BARE)
		return s->form == IPSEC_FORM_FOREVER;
	for (uint32_t i = 0; i < s->value_len; i++)
		if (value[i] < '0' || value[i] > '9')
			return false;
	return true;
}

/* A value that this version does not take as it is meant. */
static int judge_value(struct judge *p, struct statement *s, const struct ipsec_key *key)
{
	struct ipsec_conf *c = p->c;
	enum ipsec_key_kind kind = ipsec_key_kind(c->version, key);
	struct ipsec_conf_place place = statement_place(s);
	int len = s->value_len > 60 ? 60 : (int)s->value_len;
	const char *value = bytes_of(p, s) + s->value_begin;
	const char *words = key->words[!is_old(p)];

	if (ipsec_key_takes(c->version, key, statement_value(c, s), statement_len(s),
			    s->form == IPSEC_FORM_BARE || s->form == IPSEC_FORM_FOREVER))
		return 0;

	if (!is_old(p)) {
		s->flags |= STATEMENT_IGNORED;
		return ipsec_conf_find_fault(
			c, IPSEC_CONF_BAD_VALUE,
			libreswan_at_least(c->version, 5, 4) ? IPSEC_CONF_ERROR
							     : IPSEC_CONF_WARNING,
			place, conn_of(p), "%s= does not take \"%.*s\": %s\n%s%s%s", key->name, len,
			value,
			libreswan_at_least(c->version, 5, 4) ? "the conn is not loaded"
							     : "the line is ignored",
			words ? "It takes one of: " : "Correct the value.", words ? words : "",
			words ? "." : "");
	}

	switch (kind) {
	case IPSEC_KEY_WORD:
		if (is_number(s, value))
			return ipsec_conf_find_fault(
				c, IPSEC_CONF_BAD_VALUE, IPSEC_CONF_WARNING, place, conn_of(p),
				"%s=%.*s is a number, which is taken as it is and may mean "
				"anything\nIt takes one of: %s.",
				key->name, len, value, words);
		return ipsec_conf_find_fault(
			c, IPSEC_CONF_BAD_VALUE, IPSEC_CONF_FATAL, place, conn_of(p),
			"%s= does not take \"%.*s\": Libreswan loads nothing at all\nIt takes one "
			"of: %s.",
			key->name, len, value, words);
	case IPSEC_KEY_NUMBER:
		return ipsec_conf_find_fault(
			c, IPSEC_CONF_BAD_VALUE, IPSEC_CONF_WARNING, place, conn_of(p),
			"%s= does not take \"%.*s\": it is read as 0\nWrite a number, without "
			"quotes.",
			key->name, len, value);
	case IPSEC_KEY_APPEND:
	case IPSEC_KEY_ALSO:
		s->flags |= STATEMENT_IGNORED;
		return ipsec_conf_find_fault(
			c, IPSEC_CONF_BAD_VALUE, IPSEC_CONF_WARNING, place, conn_of(p),
			"%s=%.*s is a number, and the line is ignored\nPut it in double quotes.",
			key->name, len, value);
	default:
		s->flags |= STATEMENT_INVALID;
		return ipsec_conf_find_fault(
			c, IPSEC_CONF_BAD_VALUE, IPSEC_CONF_ERROR, place, conn_of(p),
			"%s=%.*s is a number, and the conn is not loaded\nPut it in double quotes.",
			key->name, len, value);
	}
}

/* 5.x: the first line of a key wins, whatever the second says. */
static int judge_second_line(struct judge *p, struct statement *s)
{
	struct seen_line *seen = &p->seen->keys[slot_index(s->key, s->end)];
	const struct statement *first;

	if (is_old(p) || (s->flags & STATEMENT_IGNORED) ||
	    ipsec_key_kind(p->c->version, &ipsec_keys[s->key]) == IPSEC_KEY_ALSO)
		return 0;
	if (seen->section != p->open + 1) {
		*seen = (struct seen_line){ .section = p->open + 1,
					    .statement = (uint32_t)p->c->statements.n };
		return 0;
	}
	if (p->c->sections.items[p->open].type == SECTION_SETUP)
		return 0;
	s->flags |= STATEMENT_IGNORED;
	first = &p->c->statements.items[seen->statement];
	return ipsec_conf_find_fault(p->c, IPSEC_CONF_DUPLICATE_KEY, IPSEC_CONF_WARNING,
				     statement_place(s), conn_of(p),
				     "%.*s= stands twice, first at %s: this line is ignored\nKeep "
				     "one of the lines.",
				     s->key_len, bytes_of(p, s) + s->key_begin,
				     place_text(p->c, statement_place(first)));
}

/* A second line of the same field: 4.x, or another name of the key in 5.x. */
static int judge_second_field(struct judge *p, const struct statement *s)
{
	struct seen_line *seen = &p->seen->fields[slot_index(s->field, s->end)];
	const struct section *section = &p->c->sections.items[p->open];
	enum ipsec_key_kind kind = ipsec_key_kind(p->c->version, &ipsec_keys[s->key]);
	const struct statement *first;
	bool fatal;

	if ((s->flags & STATEMENT_IGNORED) || section->type == SECTION_SETUP ||
	    kind == IPSEC_KEY_ALSO || kind == IPSEC_KEY_APPEND)
		return 0;
	if (seen->section != p->open + 1) {
		*seen = (struct seen_line){ .section = p->open + 1,
					    .statement = (uint32_t)p->c->statements.n };
		return 0;
	}
	first = &p->c->statements.items[seen->statement];
	if (section->type == SECTION_DEFAULT)
		return ipsec_conf_find_fault(
			p->c, IPSEC_CONF_DUPLICATE_KEY, IPSEC_CONF_WARNING, statement_place(s),
			NULL,
			"%.*s= stands twice in conn %%default, first at %s: the last line "
			"wins\nKeep one of the lines.",
			s->key_len, bytes_of(p, s) + s->key_begin,
			place_text(p->c, statement_place(first)));
	fatal = statements_clash(p->c, first, s);
	return ipsec_conf_find_fault(p->c, IPSEC_CONF_DUPLICATE_KEY,
				     fatal ? IPSEC_CONF_ERROR : IPSEC_CONF_WARNING,
				     statement_place(s), section->name,
				     "%.*s= stands twice in conn %s, first at %s: %s\n"
				     "Keep one of the lines.",
				     s->key_len, bytes_of(p, s) + s->key_begin, section->name,
				     place_text(p->c, statement_place(first)),
				     fatal ? "the conn is not loaded"
					   : "Libreswan says so each time it loads");
}

static int judge_statement(struct judge *p, struct statement *s)
{
	struct ipsec_conf *c = p->c;
	const struct ipsec_key *key = &ipsec_keys[s->key];
	enum ipsec_key_kind kind = ipsec_key_kind(c->version, key);
	enum section_type type = c->sections.items[p->open].type;
	int r;

	if (is_old(p) && s->form == IPSEC_FORM_EMPTY) {
		s->flags |= STATEMENT_IGNORED;
		return ipsec_conf_find_fault(c, IPSEC_CONF_IGNORED, IPSEC_CONF_NOTE,
					     statement_place(s), conn_of(p),
					     "%.*s= has no value: the line is ignored\nGive it a "
					     "value, or remove the line.",
					     s->key_len, bytes_of(p, s) + s->key_begin);
	}
	r = judge_value(p, s, key);
	if (r < 0)
		return r;
	if (kind == IPSEC_KEY_OBSOLETE || !fits_section(p, key, type)) {
		bool fatal = kind != IPSEC_KEY_OBSOLETE && is_old(p) && type == SECTION_SETUP;

		s->flags |= STATEMENT_IGNORED;
		return ipsec_conf_find_fault(
			c, IPSEC_CONF_IGNORED, fatal ? IPSEC_CONF_FATAL : IPSEC_CONF_WARNING,
			statement_place(s), conn_of(p), "%.*s= %s: %s\nRemove the line.",
			s->key_len, bytes_of(p, s) + s->key_begin,
			kind == IPSEC_KEY_OBSOLETE ? "is obsolete" : "has no place in this section",
			fatal ? "Libreswan loads nothing at all" : "the line is ignored");
	}
	if (type == SECTION_DEFAULT && kind == IPSEC_KEY_ALSO) {
		if (!is_old(p))
			s->flags |= STATEMENT_IGNORED;
		return ipsec_conf_find_fault(
			c, IPSEC_CONF_ALSO_IN_DEFAULT, IPSEC_CONF_WARNING, statement_place(s), NULL,
			"also= in conn %%default: %s\nRemove the line.",
			is_old(p) ? "an error for Libreswan, which then reads no later conn "
				    "%default, and still adds it to every conn"
				  : "the line is ignored");
	}
	r = judge_second_line(p, s);
	if (r < 0)
		return r;
	return judge_second_field(p, s);
}

int ipsec_conf_judge_statement(struct ipsec_conf *c, struct seen *seen, uint32_t section,
			       struct statement *s)
{
	struct judge judge = { c, seen, section };

	return judge_statement(&judge, s);
}
