/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "array.h"
#include "ipsec-conf-set.h"

/*
 * How a conn is put together: load_conn() and translate_conn() in lib/libipsecconf/confread.c.
 *
 * First the lines of every conn %default, of which the last wins. Over them the conn's own and
 * those that also= brings, all at the same strength: the first wins, and a second one that says
 * something else is an error. 4.x reads the conn's own lines first and then the targets, breadth
 * first; 5.x reads a target where its also= stands.
 */

/* 4.x gives up when the list of targets has come to this length. */
#define ALSO_LIMIT 32

static bool append_or_also(enum ipsec_key_kind kind)
{
	return kind == IPSEC_KEY_APPEND || kind == IPSEC_KEY_ALSO;
}

/* A copy of a value as 4.x or 5.x holds it. */
static char *held_value(const struct ipsec_conf *c, const struct statement *s, char *buffer,
			size_t size)
{
	size_t len = statement_len(s);

	if (len >= size)
		return NULL;
	memcpy(buffer, statement_value(c, s), len);
	buffer[len] = '\0';
	/* 4.x: a number in quotes is none. */
	if (c->version.major < 5 &&
	    ipsec_key_kind(c->version, &ipsec_keys[s->key]) == IPSEC_KEY_NUMBER &&
	    s->form != IPSEC_FORM_BARE)
		strcpy(buffer, "0");
	return buffer;
}

bool statements_clash(const struct ipsec_conf *c, const struct statement *a,
		      const struct statement *b)
{
	const struct ipsec_key *key = &ipsec_keys[b->key];
	enum ipsec_key_kind kind = ipsec_key_kind(c->version, key);
	char text_a[64], text_b[64];

	if (append_or_also(kind))
		return false;
	/* Libreswan means to let equal texts pass, but compares with a text that is never set. */
	if (kind == IPSEC_KEY_STRING || (kind == IPSEC_KEY_LOOSE && c->version.major >= 5))
		return true;
	if (kind == IPSEC_KEY_LOOSE)
		return statement_value(c, b)[0] == '%' || statement_len(a) != statement_len(b) ||
		       memcmp(statement_value(c, a), statement_value(c, b), statement_len(a)) != 0;
	if (!held_value(c, a, text_a, sizeof(text_a)) || !held_value(c, b, text_b, sizeof(text_b)))
		return true;
	return !ipsec_key_same(c->version, key, text_a, text_b);
}

void closure_done(struct closure *closure)
{
	free(closure->slots);
	free(closure->visits);
	free(closure->order);
	free(closure->order_visit);
	free(closure->been);
	*closure = (struct closure){ .section = NO_SECTION };
}

static const struct section *section_of(const struct ipsec_conf *c, uint32_t i)
{
	return &c->sections.items[i];
}

static bool is_also(const struct ipsec_conf *c, const struct statement *s)
{
	return ipsec_key_kind(c->version, &ipsec_keys[s->key]) == IPSEC_KEY_ALSO;
}

/* Whether there is an also= in a conn %default, after which 4.x reads no other. */
static bool has_also(const struct ipsec_conf *c, const struct section *section)
{
	for (uint32_t i = 0; i < section->n; i++) {
		const struct statement *s = &c->statements.items[section->first + i];

		if (!(s->flags & STATEMENT_IGNORED) && is_also(c, s))
			return true;
	}
	return false;
}

/* The lines of conn %default, once for the whole set. */
static int read_defaults(struct ipsec_conf *c)
{
	if (c->default_slots)
		return 0;
	c->default_slots = calloc(n_slots(), sizeof(*c->default_slots));
	if (!c->default_slots)
		return -ENOMEM;
	c->n_defaults_read = c->defaults.n;
	for (size_t i = 0; i < c->n_defaults_read; i++) {
		const struct section *section = section_of(c, c->defaults.items[i]);

		for (uint32_t j = section->first; j < section->first + section->n; j++) {
			const struct statement *s = &c->statements.items[j];
			struct slot *slot = &c->default_slots[slot_index(s->field, s->end)];

			if (s->flags & (STATEMENT_IGNORED | STATEMENT_INVALID) || is_also(c, s))
				continue;
			slot->statement = j + 1;
			slot->n++;
		}
		if (c->version.major < 5 && has_also(c, section))
			c->n_defaults_read = i + 1;
	}
	return 0;
}

static int add_visit(struct closure *closure, uint32_t section, uint32_t parent, uint32_t statement)
{
	int r = array_reserve(&closure->visits, &closure->visits_alloc, closure->n_visits, 1,
			      sizeof(*closure->visits));

	if (r < 0)
		return r;
	closure->visits[closure->n_visits++] = (struct visit){ section, parent, statement };
	return 0;
}

/* One line takes its field, or clashes with the one that has it. */
static int apply(struct ipsec_conf *c, struct closure *closure, uint32_t i, uint32_t visit)
{
	const struct statement *s = &c->statements.items[i];
	struct slot *slot = &closure->slots[slot_index(s->field, s->end)];
	int r;

	if (s->flags & STATEMENT_INVALID)
		return 0;
	r = array_reserve(&closure->order, &closure->order_alloc, closure->n_order, 1,
			  sizeof(*closure->order));
	if (r == 0)
		r = array_reserve(&closure->order_visit, &closure->order_visit_alloc,
				  closure->n_order, 1, sizeof(*closure->order_visit));
	if (r < 0)
		return r;
	closure->order[closure->n_order] = i;
	closure->order_visit[closure->n_order++] = visit;

	slot->n++;
	if (!slot->statement) {
		slot->statement = i + 1;
		slot->visit = visit;
	} else if (statements_clash(c, &c->statements.items[slot->statement - 1], s)) {
		closure->conflict = true;
		if (!slot->other)
			slot->other = i + 1;
	}
	return 0;
}

/* The target of an also=, if it was not there before: 1; 0 when there is nothing to visit. */
static int find_target(struct ipsec_conf *c, struct closure *closure, uint32_t statement,
		       const char *name, size_t len, uint32_t *ret)
{
	uint32_t target = ipsec_conf_section(c, name, len);

	if (target == NO_SECTION) {
		if (!closure->missing) {
			closure->missing = statement + 1;
			closure->missing_name = arena_text(&c->arena, name, len);
			if (!closure->missing_name)
				return -ENOMEM;
		}
		return 0;
	}
	if (closure->been[target] == closure->number)
		return 0;
	closure->been[target] = closure->number;
	*ret = target;
	return 1;
}

/* The targets of one also= line of 4.x go to the end of the queue. */
static int queue_targets(struct ipsec_conf *c, struct closure *closure, uint32_t statement,
			 uint32_t visit, size_t *n_targets)
{
	const char *name;
	size_t position = 0, len;

	while (also_next(c, &c->statements.items[statement], &position, &name, &len)) {
		uint32_t target;
		int r;

		if (++*n_targets >= ALSO_LIMIT) {
			closure->too_many = true;
			return 0;
		}
		r = find_target(c, closure, statement, name, len, &target);
		if (r > 0)
			r = add_visit(closure, target, visit, statement);
		if (r < 0)
			return r;
	}
	return 0;
}

/* 4.x: breadth first. The list of visits is the queue. */
static int close_breadth_first(struct ipsec_conf *c, struct closure *closure)
{
	size_t n_targets = 0;
	int r = 0;

	/* What an also= of conn %default left in its list, every conn inherits. */
	for (size_t i = 0; r == 0 && i < c->n_defaults_read; i++) {
		const struct section *section = section_of(c, c->defaults.items[i]);

		for (uint32_t j = section->first; r == 0 && j < section->first + section->n; j++)
			if (!(c->statements.items[j].flags & STATEMENT_IGNORED) &&
			    is_also(c, &c->statements.items[j]))
				r = queue_targets(c, closure, j, 0, &n_targets);
	}

	for (size_t visit = 0; r == 0 && visit < closure->n_visits; visit++) {
		const struct section *section = section_of(c, closure->visits[visit].section);

		for (uint32_t j = section->first; r == 0 && j < section->first + section->n; j++) {
			const struct statement *s = &c->statements.items[j];

			if (s->flags & STATEMENT_IGNORED)
				continue;
			if (is_also(c, s))
				r = queue_targets(c, closure, j, (uint32_t)visit, &n_targets);
			else
				r = apply(c, closure, j, (uint32_t)visit);
		}
	}
	return r;
}

/* 5.x: a target is read where its also= stands. The way back is in @stack. */
static int close_depth_first(struct ipsec_conf *c, struct closure *closure)
{
	struct {
		struct frame {
			uint32_t visit;
			uint32_t next; /* statement */
		} * items;
		size_t n, alloc;
	} stack = { 0 };
	int r = ARRAY_GROW(&stack);

	if (r == 0)
		stack.items[stack.n++] =
			(struct frame){ 0, section_of(c, closure->visits[0].section)->first };
	while (r == 0 && stack.n > 0) {
		struct frame *frame = &stack.items[stack.n - 1];
		const struct section *section =
			section_of(c, closure->visits[frame->visit].section);
		const struct statement *s;
		uint32_t i = frame->next, target;
		size_t position = 0, len;
		const char *name;

		if (i == section->first + section->n) {
			stack.n--;
			continue;
		}
		frame->next++;
		s = &c->statements.items[i];
		if (s->flags & STATEMENT_IGNORED)
			continue;
		if (!is_also(c, s)) {
			r = apply(c, closure, i, frame->visit);
			continue;
		}
		also_next(c, s, &position, &name, &len);
		r = find_target(c, closure, i, name, len, &target);
		if (r <= 0)
			continue;
		r = add_visit(closure, target, frame->visit, i);
		if (r == 0)
			r = ARRAY_GROW(&stack);
		if (r == 0)
			stack.items[stack.n++] = (struct frame){ (uint32_t)closure->n_visits - 1,
								 section_of(c, target)->first };
	}
	free(stack.items);
	return r;
}

static int closure_reset(struct ipsec_conf *c, struct closure *closure)
{
	size_t n = c->sections.n;

	closure->section = NO_SECTION;
	if (!closure->slots)
		closure->slots = calloc(n_slots(), sizeof(*closure->slots));
	else
		memset(closure->slots, 0, n_slots() * sizeof(*closure->slots));
	if (!closure->been)
		closure->been = calloc(n, sizeof(*closure->been));
	if (!closure->slots || !closure->been)
		return -ENOMEM;
	closure->number++;
	closure->n_visits = 0;
	closure->n_order = 0;
	closure->missing = 0;
	closure->too_many = false;
	closure->conflict = false;
	return 0;
}

int ipsec_conf_close(struct ipsec_conf *c, uint32_t section)
{
	struct closure *closure = &c->closure;
	int r;

	if (closure->section == section)
		return 0;
	r = read_defaults(c);
	if (r == 0)
		r = closure_reset(c, closure);
	if (r == 0)
		r = add_visit(closure, section, NO_VISIT, UINT32_MAX);
	if (r < 0)
		return r;
	closure->been[section] = closure->number;
	r = c->version.major < 5 ? close_breadth_first(c, closure) : close_depth_first(c, closure);
	if (r < 0)
		return r;
	closure->section = section;
	return 0;
}

/* ---- Findings ---- */

static int judge_closure(struct ipsec_conf *c, uint32_t section)
{
	struct closure *closure = &c->closure;
	const char *name = section_of(c, section)->name;
	struct ipsec_conf_place place = { .file = section_of(c, section)->file,
					  .line = section_of(c, section)->line,
					  .column = 1 };
	int r;

	r = ipsec_conf_close(c, section);
	if (r < 0)
		return r;
	if (closure->missing)
		r = ipsec_conf_find_fault(
			c, IPSEC_CONF_ALSO_MISSING, IPSEC_CONF_ERROR,
			statement_place(&c->statements.items[closure->missing - 1]), name,
			"also= in conn %s asks for conn \"%s\", which there is not (case matters): "
			"the conn is not loaded\nCorrect the name; also= takes %s.",
			name, closure->missing_name,
			c->version.major < 5 ? "names with blanks between them" : "one name");
	if (r == 0 && closure->too_many)
		r = ipsec_conf_find_fault(
			c, IPSEC_CONF_ALSO_CONFLICT, IPSEC_CONF_ERROR, place, name,
			"conn %s has more than %d also= on its way: it is not "
			"loaded\nPut conns together that are always used together.",
			name, ALSO_LIMIT - 1);
	for (size_t i = 0; r == 0 && closure->conflict && i < n_slots(); i++) {
		const struct slot *slot = &closure->slots[i];
		const struct statement *first, *other;

		if (!slot->other)
			continue;
		first = &c->statements.items[slot->statement - 1];
		other = &c->statements.items[slot->other - 1];
		/* Two lines of one section were judged when they were read. */
		if (first >= &c->statements.items[section_of(c, section)->first] &&
		    other < &c->statements.items[section_of(c, section)->first +
						 section_of(c, section)->n] &&
		    other >= &c->statements.items[section_of(c, section)->first] &&
		    first < &c->statements.items[section_of(c, section)->first +
						 section_of(c, section)->n])
			continue;
		r = ipsec_conf_find_fault(
			c, IPSEC_CONF_ALSO_CONFLICT, IPSEC_CONF_ERROR, statement_place(other), name,
			"conn %s gets a second %.*s= through also=, first at %s: at start-up the "
			"conn %s\nKeep the line in one of the two places; own lines do not "
			"override those of also=.",
			name, other->key_len, c->files.items[other->file].bytes + other->key_begin,
			place_text(c, statement_place(first)),
			c->version.major < 5 ? "takes the first, and cannot be added later"
					     : "is silently left out");
	}
	return r;
}

/* 4.x ends with a failed assertion as soon as a conn inherits an alias. */
static int judge_default_alias(struct ipsec_conf *c)
{
	uint16_t key;
	enum ipsec_end end;
	const struct slot *slot;

	if (c->version.major >= 5 || c->conns.n == 0 ||
	    !ipsec_key_find(c->version, "connalias", strlen("connalias"), &key, &end))
		return 0;
	slot = &c->default_slots[slot_index(key, end)];
	if (!slot->statement)
		return 0;
	return ipsec_conf_find_fault(
		c, IPSEC_CONF_BAD_VALUE, IPSEC_CONF_FATAL,
		statement_place(&c->statements.items[slot->statement - 1]), NULL,
		"connalias= in conn %%default ends Libreswan %u.%u with a failed "
		"assertion\nPut it into the conns.",
		c->version.major, c->version.minor);
}

int ipsec_conf_judge(struct ipsec_conf *c)
{
	/* A chain of also= would take the square of its length; nobody has one that long. */
	size_t budget = 10000 + 8 * (c->sections.n + c->statements.n);
	size_t spent = 0;
	int r = read_defaults(c);

	if (r == 0)
		r = judge_default_alias(c);
	for (size_t i = 0; r == 0 && i < c->conn_sections.n; i++) {
		uint32_t section = c->conn_sections.items[i];

		if (!has_also(c, section_of(c, section)) &&
		    (c->version.major >= 5 || c->n_defaults_read == 0 ||
		     !has_also(c, section_of(c, c->defaults.items[c->n_defaults_read - 1]))))
			continue;
		r = judge_closure(c, section);
		spent += c->closure.n_order + c->closure.n_visits;
		if (r == 0 && spent > budget)
			return ipsec_conf_find_fault(
				c, IPSEC_CONF_ALSO_CONFLICT, IPSEC_CONF_NOTE,
				(struct ipsec_conf_place){ .file = 0 }, NULL,
				"also= is used so much that not every conn was checked for "
				"conflicts\nAsk for a single conn to have it checked.");
	}
	return r;
}
