/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdarg.h>

#include "ipsec-conf-lex.h"

/*
 * What a set is made of. Only for the files of ipsec-conf itself and their tests.
 */

enum {
	/* The line means nothing in this version: a bad value or a second one in 5.x, an empty one
	 * in 4.x, a key that is not for this section. An edit still finds it. */
	STATEMENT_IGNORED = 1 << 0,
	/* 4.x: a bare number for a text; the conn is not loaded. */
	STATEMENT_INVALID = 1 << 1,
};

/* One line of a section: key=value. */
struct statement {
	uint32_t file;
	uint32_t line;
	uint32_t line_begin; /* offset of the line */
	uint32_t key_begin;
	uint32_t value_begin; /* without quotes; where it would be, when it is empty */
	uint32_t value_len;
	uint32_t outer_begin; /* with quotes */
	uint32_t outer_len;
	uint16_t key_len;
	uint16_t key; /* number in ipsec_keys */
	uint16_t field;
	uint8_t end;  /* enum ipsec_end */
	uint8_t form; /* enum ipsec_form */
	uint8_t flags;
};

enum section_type {
	SECTION_SETUP,
	SECTION_DEFAULT,
	SECTION_CONN,
};

struct section {
	const char *name;
	uint32_t type; /* enum section_type */
	uint32_t file;
	uint32_t line;
	uint32_t line_begin;
	uint32_t first; /* statement */
	uint32_t n;
	uint32_t conn; /* the number among the conns */
};

/* A map from strings to numbers. */
struct names {
	uint32_t *slots; /* number + 1 */
	size_t size;     /* a power of two */
	size_t n;
};

/* Memory that is freed as a whole. */
struct arena_block;
struct arena {
	struct arena_block *last;
};

/* The winner of one field while a conn is put together. */
struct slot {
	uint32_t statement; /* + 1; 0: not set */
	uint32_t visit;     /* through which section */
	uint32_t other;     /* + 1: a conflicting one */
	uint32_t n;         /* for lists: how many lines */
};

/* A section on the way of the also= lines. */
struct visit {
	uint32_t section;
	uint32_t parent;    /* visit */
	uint32_t statement; /* the also= line in the parent's section; UINT32_MAX for the conn */
};

/* A conn put together. */
struct closure {
	uint32_t section;   /* whose it is; UINT32_MAX: nobody's */
	struct slot *slots; /* fields times ends */
	struct visit *visits;
	size_t n_visits;
	size_t visits_alloc;
	uint32_t *order; /* the statements of own and also sections as they are read */
	size_t n_order;
	size_t order_alloc;
	uint32_t *order_visit;
	size_t order_visit_alloc;
	uint32_t *been; /* by section: in the closure of that number */
	size_t been_n;
	uint32_t number;
	uint32_t missing; /* statement of an also= without a conn, + 1 */
	const char *missing_name;
	bool too_many; /* 4.x: more than 31 also= */
	bool conflict;
};

struct ipsec_conf {
	struct libreswan_version version;
	struct arena arena;
	bool no_place; /* there was no memory for a place_text() */

	struct {
		struct ipsec_conf_file *items;
		size_t n, alloc;
	} files;
	struct names file_names;
	struct {
		const char **items;
		size_t n, alloc;
	} patterns;
	struct {
		struct section *items;
		size_t n, alloc;
	} sections;
	struct names section_names; /* the first of each name, conn %default among them */
	struct {
		struct statement *items;
		size_t n, alloc;
	} statements;
	struct {
		struct ipsec_conf_conn *items;
		size_t n, alloc;
	} conns;
	struct {
		uint32_t *items; /* sections */
		size_t n, alloc;
	} conn_sections, defaults;
	struct {
		struct ipsec_conf_finding *items;
		size_t n, alloc;
	} findings;
	bool broken;
	/* Every also= line with its section. */
	struct {
		struct also {
			uint32_t section;
			uint32_t statement;
		} * items;
		size_t n, alloc;
	} alsos;

	/* In which state the text ended, for a comparison of two readings. */
	unsigned final_state;
	bool final_open;

	struct slot *default_slots;
	size_t n_defaults_read; /* of the conn %default */
	struct closure closure; /* of the conn asked for last */
};

/* More than anybody reads. */
#define MAX_FINDINGS 1000

#define NO_SECTION UINT32_MAX
#define NO_VISIT   UINT32_MAX

static inline size_t slot_index(uint16_t field, unsigned end)
{
	return (size_t)field * _IPSEC_END_MAX + end;
}

static inline size_t n_slots(void)
{
	return ipsec_n_keys * _IPSEC_END_MAX;
}

static inline const char *statement_value(const struct ipsec_conf *c, const struct statement *s)
{
	if (s->form == IPSEC_FORM_FOREVER)
		return "0";
	return c->files.items[s->file].bytes + s->value_begin;
}

static inline size_t statement_len(const struct statement *s)
{
	return s->form == IPSEC_FORM_FOREVER ? 1 : s->value_len;
}

/* ---- ipsec-conf.c ---- */

void *arena_alloc(struct arena *arena, size_t size);
char *arena_text(struct arena *arena, const char *s, size_t len);
char *arena_printf(struct arena *arena, const char *format, ...) _printf_(2, 3);
void arena_done(struct arena *arena);

/* names_add() - finds the slot of a name; @name_of tells the names of the numbers in it */
typedef const char *(*name_of_t)(const struct ipsec_conf *c, uint32_t i);
int names_reserve(struct names *names, const struct ipsec_conf *c, name_of_t name_of);
uint32_t *names_slot(const struct names *names, const struct ipsec_conf *c, name_of_t name_of,
		     const char *name, size_t len);

const char *section_name(const struct ipsec_conf *c, uint32_t i);

/* A finding; text and remedy by printf, the remedy after a newline in the same text. */
int ipsec_conf_find_fault(struct ipsec_conf *c, enum ipsec_conf_code code,
			  enum ipsec_conf_severity severity, struct ipsec_conf_place place,
			  const char *conn, const char *format, ...) _printf_(6, 7);

/* The place of a statement's key. */
struct ipsec_conf_place statement_place(const struct statement *s);

/* "FILE:LINE" of a place; the string belongs to the set. */
const char *place_text(struct ipsec_conf *c, struct ipsec_conf_place place);

/* ---- ipsec-conf-parse.c ---- */

int ipsec_conf_parse(struct ipsec_conf *c, const char *path,
		     const struct ipsec_conf_source *source);

/* ---- ipsec-conf-judge.c ---- */

/* Where a key was seen last. */
struct seen_line {
	uint32_t section; /* + 1 */
	uint32_t statement;
};

struct seen {
	struct seen_line *keys;   /* by key and end */
	struct seen_line *fields; /* by field and end */
};

/* Judges a line that is about to be added to a section: sets its flags, and says what is wrong. */
int ipsec_conf_judge_statement(struct ipsec_conf *c, struct seen *seen, uint32_t section,
			       struct statement *s);

/* ---- ipsec-conf-closure.c ---- */

/* Puts a conn together, unless it was the last one asked for. */
int ipsec_conf_close(struct ipsec_conf *c, uint32_t section);

/* Whether a conn takes a key of this name: as ipsec_conf_key(), which may lack the memory to say.
 */
bool ipsec_conf_has_key(const struct ipsec_conf *c, const char *name, uint16_t *ret_key,
			enum ipsec_end *ret_end);

/* Findings about also= and keys that stand twice, after everything is read. */
int ipsec_conf_judge(struct ipsec_conf *c);

/* The first section of a name, or NO_SECTION. */
uint32_t ipsec_conf_section(const struct ipsec_conf *c, const char *name, size_t len);

/* Whether a second value of a field, at the same strength, keeps the conn from being loaded. */
bool statements_clash(const struct ipsec_conf *c, const struct statement *a,
		      const struct statement *b);

void closure_done(struct closure *closure);

/* ---- ipsec-conf-parse.c, for also= ---- */

/*
 * also_next() - the next target of an also= line: all of it in 5.x, blank-separated words in 4.x
 * @position: where to go on; 0 to begin
 *
 * Return: true with the target; false when there is none left.
 */
bool also_next(const struct ipsec_conf *c, const struct statement *s, size_t *position,
	       const char **ret_name, size_t *ret_len);
