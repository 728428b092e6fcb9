/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fnmatch.h>
#include <stdio.h>

#include "array.h"
#include "ipsec-conf-set.h"
#include "text.h"

#define ARENA_BLOCK ((size_t)64 * 1024)

struct arena_block {
	struct arena_block *before;
	size_t used;
	size_t size;
	char data[] __attribute__((aligned(16)));
};

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->last;
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (!block || block->size - block->used < size) {
		size_t room = size > ARENA_BLOCK ? size : ARENA_BLOCK;

		block = malloc(sizeof(*block) + room);
		if (!block)
			return NULL;
		block->before = arena->last;
		block->used = 0;
		block->size = room;
		arena->last = block;
	}
	p = block->data + block->used;
	block->used += size;
	return p;
}

char *arena_text(struct arena *arena, const char *s, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	if (!copy)
		return NULL;
	if (len > 0)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

static char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	_cleanup_text_ struct text text = TEXT_NULL;

	text_vprintf(&text, format, args);
	return text.failed ? NULL : arena_text(arena, text.data, text.len);
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *s;

	va_start(args, format);
	s = arena_vprintf(arena, format, args);
	va_end(args);
	return s;
}

void arena_done(struct arena *arena)
{
	while (arena->last) {
		struct arena_block *block = arena->last;

		arena->last = block->before;
		free(block);
	}
}

static uint32_t hash(const char *s, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h ^ (h >> 15);
}

uint32_t *names_slot(const struct names *names, const struct ipsec_conf *c, name_of_t name_of,
		     const char *name, size_t len)
{
	size_t i = hash(name, len) & (names->size - 1);

	for (; names->slots[i]; i = (i + 1) & (names->size - 1)) {
		const char *other = name_of(c, names->slots[i] - 1);

		if (strncmp(other, name, len) == 0 && !other[len])
			break;
	}
	return &names->slots[i];
}

/* Room for one more, with never more than half of the slots taken. */
int names_reserve(struct names *names, const struct ipsec_conf *c, name_of_t name_of)
{
	struct names bigger = { .n = names->n };

	if (names->size > 0 && names->n + 1 <= names->size / 2)
		return 0;
	bigger.size = names->size ? names->size * 2 : 64;
	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < names->size; i++) {
		const char *name;

		if (!names->slots[i])
			continue;
		name = name_of(c, names->slots[i] - 1);
		*names_slot(&bigger, c, name_of, name, strlen(name)) = names->slots[i];
	}
	free(names->slots);
	*names = bigger;
	return 0;
}

const char *section_name(const struct ipsec_conf *c, uint32_t i)
{
	return c->sections.items[i].name;
}

uint32_t ipsec_conf_section(const struct ipsec_conf *c, const char *name, size_t len)
{
	const uint32_t *slot;

	if (c->section_names.size == 0)
		return NO_SECTION;
	slot = names_slot(&c->section_names, c, section_name, name, len);
	return *slot ? *slot - 1 : NO_SECTION;
}

int ipsec_conf_find_fault(struct ipsec_conf *c, enum ipsec_conf_code code,
			  enum ipsec_conf_severity severity, struct ipsec_conf_place place,
			  const char *conn, const char *format, ...)
{
	struct ipsec_conf_finding *finding;
	va_list args;
	char *text, *newline;
	int r;

	if (severity == IPSEC_CONF_FATAL)
		c->broken = true;
	if (c->findings.n >= MAX_FINDINGS)
		return 0;

	r = ARRAY_GROW(&c->findings);
	if (r < 0)
		return r;
	va_start(args, format);
	text = arena_vprintf(&c->arena, format, args);
	va_end(args);
	if (!text || c->no_place)
		return -ENOMEM;
	/* The last newline: names may have some of their own. */
	newline = strrchr(text, '\n');
	if (newline)
		*newline = '\0';

	finding = &c->findings.items[c->findings.n++];
	finding->code = code;
	finding->severity = severity;
	finding->place = place;
	finding->conn = conn;
	finding->text = text;
	finding->remedy = newline ? newline + 1 : "";
	return 0;
}

struct ipsec_conf_place statement_place(const struct statement *s)
{
	return (struct ipsec_conf_place){ .file = s->file,
					  .line = s->line,
					  .column = s->key_begin - s->line_begin + 1 };
}

const char *place_text(struct ipsec_conf *c, struct ipsec_conf_place place)
{
	const char *path = place.file < c->files.n ? c->files.items[place.file].path : "?";
	const char *text = arena_printf(&c->arena, "%s:%u", path, place.line);

	if (!text)
		c->no_place = true;
	return text ? text : "";
}

int ipsec_conf_load(const char *path, struct libreswan_version version,
		    const struct ipsec_conf_source *source, struct ipsec_conf **ret)
{
	_cleanup_(ipsec_conf_freep) struct ipsec_conf *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->version = version;
	c->closure.section = NO_SECTION;
	r = ipsec_conf_parse(c, path, source);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->conns.n; i++)
		c->conns.items[i].n_definitions =
			c->conns.items[c->conns.items[i].first].n_definitions;
	r = ipsec_conf_judge(c);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

struct ipsec_conf *ipsec_conf_free(struct ipsec_conf *c)
{
	if (!c)
		return NULL;
	for (size_t i = 0; i < c->files.n; i++)
		free((char *)c->files.items[i].bytes);
	free(c->files.items);
	free(c->file_names.slots);
	free(c->patterns.items);
	free(c->sections.items);
	free(c->section_names.slots);
	free(c->statements.items);
	free(c->conns.items);
	free(c->conn_sections.items);
	free(c->defaults.items);
	free(c->findings.items);
	free(c->alsos.items);
	free(c->default_slots);
	closure_done(&c->closure);
	arena_done(&c->arena);
	free(c);
	return NULL;
}

struct libreswan_version ipsec_conf_version(const struct ipsec_conf *c)
{
	return c->version;
}

size_t ipsec_conf_n_files(const struct ipsec_conf *c)
{
	return c->files.n;
}

const struct ipsec_conf_file *ipsec_conf_file(const struct ipsec_conf *c, size_t i)
{
	return i < c->files.n ? &c->files.items[i] : NULL;
}

size_t ipsec_conf_n_patterns(const struct ipsec_conf *c)
{
	return c->patterns.n;
}

const char *ipsec_conf_pattern(const struct ipsec_conf *c, size_t i)
{
	return i < c->patterns.n ? c->patterns.items[i] : NULL;
}

size_t ipsec_conf_n_findings(const struct ipsec_conf *c)
{
	return c->findings.n;
}

const struct ipsec_conf_finding *ipsec_conf_finding(const struct ipsec_conf *c, size_t i)
{
	return i < c->findings.n ? &c->findings.items[i] : NULL;
}

bool ipsec_conf_is_broken(const struct ipsec_conf *c)
{
	return c->broken;
}

size_t ipsec_conf_n_conns(const struct ipsec_conf *c)
{
	return c->conns.n;
}

const struct ipsec_conf_conn *ipsec_conf_conn(const struct ipsec_conf *c, size_t i)
{
	return i < c->conns.n ? &c->conns.items[i] : NULL;
}

const struct ipsec_conf_conn *ipsec_conf_find(const struct ipsec_conf *c, const char *name)
{
	uint32_t i = ipsec_conf_section(c, name, strlen(name));

	if (i == NO_SECTION || c->sections.items[i].type != SECTION_CONN)
		return NULL;
	return &c->conns.items[c->sections.items[i].conn];
}

const struct ipsec_conf_conn *ipsec_conf_match(const struct ipsec_conf *c, const char *pattern,
					       const struct ipsec_conf_conn *after)
{
	const struct ipsec_conf_conn *exact = ipsec_conf_find(c, pattern);

	if (exact)
		return after ? NULL : exact;
	for (size_t i = after ? after->i + 1 : 0; i < c->conns.n; i++) {
		const struct ipsec_conf_conn *conn = &c->conns.items[i];

		if (conn->first == i && fnmatch(pattern, conn->name, 0) == 0)
			return conn;
	}
	return NULL;
}

/* RFC 9562's text form. */
static bool is_uuid(const char *s)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		bool hex = (s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f') ||
			   (s[i] >= 'A' && s[i] <= 'F');

		if (form[i] == 'x' ? !hex : s[i] != '-')
			return false;
	}
	return !s[sizeof(form) - 1];
}

bool ipsec_conf_nm_owned(struct ipsec_conf *c, const struct ipsec_conf_conn *conn)
{
	struct ipsec_conf_value value;

	if (is_uuid(conn->name))
		return true;
	return ipsec_conf_effective(c, conn, "nm-configured", &value) == 0 && value.value &&
	       ipsec_conf_same_value(c->version, "nm-configured", value.value, "yes");
}

/* How many subnets a list names; no list is one unnamed subnet. */
static size_t count_subnets(const char *list)
{
	size_t n = 0;

	while (*list) {
		size_t len;

		list += strspn(list, " \t,");
		len = strcspn(list, " \t,");
		n += len > 0;
		list += len;
	}
	return n > 0 ? n : 1;
}

int ipsec_conf_loaded_names(struct ipsec_conf *c, const struct ipsec_conf_conn *conn, char ***ret)
{
	struct ipsec_conf_value left, right;
	size_t n_left, n_right, n = 0;
	char **names;
	int r;

	r = ipsec_conf_effective(c, conn, "leftsubnets", &left);
	if (r == 0)
		r = ipsec_conf_effective(c, conn, "rightsubnets", &right);
	if (r != 0)
		return r;

	n_left = count_subnets(left.value ? left.value : "");
	n_right = count_subnets(right.value ? right.value : "");
	if (n_left > 65536 || n_right > 65536 || n_left * n_right > 65536)
		return -E2BIG;
	names = calloc(n_left * n_right + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	for (size_t i = 1; i <= n_left; i++) {
		for (size_t j = 1; j <= n_right; j++) {
			_cleanup_text_ struct text text = TEXT_NULL;

			text_add(&text, conn->name);
			if (left.value || right.value)
				text_printf(&text, "/%zux%zu", i, j);
			r = text_take(&text, &names[n++]);
			if (r < 0) {
				while (n > 0)
					free(names[--n]);
				free(names);
				return r;
			}
		}
	}
	*ret = names;
	return 0;
}
