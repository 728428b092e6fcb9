/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipsec-conf-edit.h"

#include <stdarg.h>

#include "text.h"

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

int edit_refuse(struct edit_plan *p, enum ipsec_conf_refusal refusal, struct ipsec_conf_place place,
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

static int note(struct edit_plan *p, const char *format, ...) _printf_(2, 3);

static int note(struct edit_plan *p, const char *format, ...)
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

/* ---- Where it goes ---- */

/* The line of a field in a section, those that mean nothing among them; NULL when there is none. */
static const struct statement *line_of(const struct edit_plan *p, uint32_t section,
				       const struct edit_intent *intent, unsigned *ret_n)
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
static int add_line(struct edit_plan *p, const struct edit_intent *intent)
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

	r = edit_write_value(p, intent, IPSEC_FORM_EMPTY, &value);
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
	return edit_add_splice(p, at, 0, text);
}

static int change_line(struct edit_plan *p, const struct edit_intent *intent,
		       const struct statement *s)
{
	const struct ipsec_conf_file *file = &p->c->files.items[s->file];
	char *text;
	int r;

	p->edit->place = statement_place(s);
	if (s->file != p->c->sections.items[p->target].file)
		return edit_refuse(
			p, IPSEC_CONF_REFUSED_REREAD, p->edit->place,
			"End the section's first file with a newline, and put the section "
			"together in one file.",
			"%s= stands in another file than the header of its section", intent->name);
	if (!intent->value) {
		size_t begin = s->line_begin, end = end_of_line(file, begin);

		/* A last line without a newline: the one before is then such a line, for what ends
		 * so may go on in the next file. */
		if (file->bytes[end - 1] != '\n')
			begin--;
		return edit_add_splice(p, begin, end - begin, strdup(""));
	}
	r = edit_write_value(p, intent, (enum ipsec_form)s->form, &text);
	if (r != 0)
		return r;
	return edit_add_splice(p, s->outer_begin, s->outer_len, text);
}

/* Everything goes into one section. */
static int take_target(struct edit_plan *p, uint32_t section, const char *key)
{
	int r;

	if (p->has_target && p->target != section)
		return edit_refuse(p, IPSEC_CONF_REFUSED_SHARED, p->edit->place,
				   "Change one key at a time.",
				   "the keys stand in different sections: %s= in conn %s", key,
				   p->c->sections.items[section].name);
	p->target = section;
	p->has_target = true;
	r = edit_judge_file(p, p->c->sections.items[section].file);
	return r;
}

/* Changes in the conn's own section touch those that use it by also=. */
static int plan_own(struct edit_plan *p, const struct edit_intent *intent)
{
	const struct statement *line;
	uint32_t other;
	unsigned n;
	int r;

	line = line_of(p, p->section, intent, &n);
	if (n > 1)
		return edit_refuse(p, IPSEC_CONF_REFUSED_DUPLICATE_KEY, statement_place(line),
				   "Keep one of the lines.", "%s= stands %u times in conn %s",
				   intent->name, n, p->conn->name);
	r = edit_find_dependent(p, p->section, &other);
	if (r < 0)
		return r;
	if (other != NO_SECTION)
		return edit_refuse_shared(p, intent->name, &p->conn->place, p->section, other);
	r = take_target(p, p->section, intent->name);
	if (r != 0)
		return r;
	return line ? change_line(p, intent, line) : add_line(p, intent);
}

/* The value stands in an also= target. */
static int plan_target(struct edit_plan *p, const struct edit_intent *intent,
		       const struct ipsec_conf_value *now)
{
	const struct slot *slot = &p->c->closure.slots[slot_index(intent->field, intent->end)];
	const struct statement *line = &p->c->statements.items[slot->statement - 1];
	uint32_t section = p->c->closure.visits[slot->visit].section, other;
	bool loaded = false;
	unsigned n;
	int r;

	r = edit_find_dependent(p, section, &other);
	if (r == 0)
		r = edit_is_loaded(p, section, &loaded);
	if (r < 0)
		return r;
	if (other != NO_SECTION || loaded)
		return edit_refuse_shared(p, intent->name, &now->place, section, other);
	line_of(p, section, intent, &n);
	if (n > 1)
		return edit_refuse(p, IPSEC_CONF_REFUSED_DUPLICATE_KEY, now->place,
				   "Keep one of the lines.", "%s= stands %u times in conn %s",
				   intent->name, n, p->c->sections.items[section].name);
	r = take_target(p, section, intent->name);
	if (r == 0)
		r = note(p, "%s= of conn %s stands in conn %s, which nobody else uses.",
			 intent->name, p->conn->name, p->c->sections.items[section].name);
	return r != 0 ? r : change_line(p, intent, line);
}

/* ---- One key ---- */

static int judge_key(struct edit_plan *p, const struct ipsec_conf_change *change,
		     struct edit_intent *ret)
{
	enum ipsec_end end;

	if (!ipsec_conf_has_key(p->c, change->key, &ret->key, &end))
		return edit_refuse(
			p, IPSEC_CONF_REFUSED_KEY, NOWHERE,
			"See ipsec.conf(5); also= and config setup are not for this command.",
			"Libreswan %u.%u has no key \"%s\" that a conn takes", p->c->version.major,
			p->c->version.minor, change->key);
	ret->name = ipsec_conf_key(p->c, change->key);
	if (!ret->name)
		return -ENOMEM;
	ret->value = change->value;
	ret->field = ipsec_key_field(ret->key);
	ret->end = end;
	if (!change->value)
		return 0;
	return edit_judge_value(p, ret);
}

/* A list takes its values from everywhere. */
static int judge_list(struct edit_plan *p, const struct edit_intent *intent,
		      const struct ipsec_conf_value *now)
{
	const struct slot *slot = &p->c->closure.slots[slot_index(intent->field, intent->end)];
	const struct slot *by_default =
		&p->c->default_slots[slot_index(intent->field, intent->end)];

	if (ipsec_key_kind(p->c->version, &ipsec_keys[intent->key]) != IPSEC_KEY_APPEND ||
	    slot->n + by_default->n <= (now->origin == IPSEC_CONF_OWN))
		return 0;
	return edit_refuse(p, IPSEC_CONF_REFUSED_KEY, now->place,
			   "Put all of its values into one line of the conn.",
			   "%s= of conn %s gathers the values of several lines", intent->name,
			   p->conn->name);
}

/* Without the line of an also= target, one of the conn's own that meant nothing would be left. */
static int refuse_left_over(struct edit_plan *p, const struct edit_intent *intent,
			    const struct statement *line)
{
	return edit_refuse(
		p, IPSEC_CONF_REFUSED_DUPLICATE_KEY, statement_place(line), "Remove this line.",
		"%s= stands in conn %s, where it means nothing, and in what it uses by also=",
		intent->name, p->conn->name);
}

/* 4.x lets a second line have the value of the first: with one of them changed it would not. */
static int refuse_second_line(struct edit_plan *p, const struct edit_intent *intent,
			      const struct slot *slot)
{
	const struct statement *s = NULL;

	for (size_t i = 0; i < p->c->closure.n_order; i++) {
		s = &p->c->statements.items[p->c->closure.order[i]];
		if (s->field == intent->field && s->end == intent->end &&
		    p->c->closure.order[i] + 1 != slot->statement)
			break;
	}
	return edit_refuse(
		p, IPSEC_CONF_REFUSED_ALSO_CONFLICT, s ? statement_place(s) : NOWHERE,
		"Keep the line in one of the two places.",
		"conn %s has a second %s= through also=, and with one of them changed it could "
		"not be loaded",
		p->conn->name, intent->name);
}

static int plan_change(struct edit_plan *p, struct edit_intent *intent)
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

static int plan_all(struct edit_plan *p, const char *name, const struct ipsec_conf_change *changes,
		    struct edit_intent *intents, size_t n)
{
	int r;

	r = edit_judge_conn(p, name);
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
	return p->splices.n == 0 ? IPSEC_CONF_ALREADY : edit_finish(p, intents, n);
}

int ipsec_conf_plan(struct ipsec_conf *c, const char *name, const struct ipsec_conf_change *changes,
		    size_t n_changes, struct ipsec_conf_edit **ret)
{
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = calloc(1, sizeof(*edit));
	_cleanup_free_ struct edit_intent *intents = calloc(n_changes + 1, sizeof(*intents));
	struct edit_plan p = { .c = c, .edit = edit };
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
