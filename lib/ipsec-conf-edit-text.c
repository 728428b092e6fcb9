/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "array.h"
#include "diff.h"
#include "ipsec-conf-edit.h"
#include "text.h"

int edit_add_splice(struct edit_plan *p, size_t begin, size_t len, char *text)
{
	int r = text ? ARRAY_GROW(&p->splices) : -ENOMEM;

	if (r < 0) {
		free(text);
		return r;
	}
	p->splices.items[p->splices.n++] = (struct edit_splice){ begin, len, text };
	return 0;
}

/* The splices in the order of the file; those at one place in the order in which they came. */
static void sort_splices(struct edit_plan *p)
{
	for (size_t i = 1; i < p->splices.n; i++) {
		struct edit_splice s = p->splices.items[i];
		size_t j = i;

		for (; j > 0 && p->splices.items[j - 1].begin > s.begin; j--)
			p->splices.items[j] = p->splices.items[j - 1];
		p->splices.items[j] = s;
	}
}

static int splice(struct edit_plan *p, const struct ipsec_conf_file *file)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	size_t at = 0;

	sort_splices(p);
	for (size_t i = 0; i < p->splices.n; i++) {
		const struct edit_splice *s = &p->splices.items[i];

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

static int reread(const struct edit_plan *p, const char *bytes, size_t len, struct ipsec_conf **ret)
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

static bool is_intended(const struct edit_intent *intents, size_t n, const struct statement *s)
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
			 const struct edit_intent *intents, size_t n)
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
static bool says(const struct ipsec_conf *c, const struct section *s,
		 const struct edit_intent *intents, size_t n)
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
static size_t number_in_file(const struct edit_plan *p)
{
	uint32_t begin = p->c->sections.items[p->target].line_begin;
	uint32_t file = p->c->sections.items[p->target].file;
	size_t n = 0;

	for (uint32_t i = 0; i < p->target; i++)
		n += p->c->sections.items[i].file == file &&
		     p->c->sections.items[i].line_begin < begin;
	return n;
}

static bool same_but_for(const struct edit_plan *p, const struct ipsec_conf *a,
			 const struct ipsec_conf *b, const struct edit_intent *intents, size_t n)
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

int edit_finish(struct edit_plan *p, const struct edit_intent *intents, size_t n)
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
		return edit_refuse(
			p, IPSEC_CONF_REFUSED_REREAD, p->edit->place,
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
