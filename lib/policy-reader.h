/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnostic.h"
#include "policy.h"
#include "yaml-tree.h"

/*
 * Reading values out of a YAML tree, and complaining of what is wrong with them where it stands.
 * What the keys mean is known to policy-parse.c alone.
 */

enum {
	READER_MISTAKES_MAX = 100, /* of which an administrator is told at a time */
	READER_FIELDS_MAX = 16,    /* of one mapping */
};

/* Where something stands: the number of a text, from 1, and the place in it. */
struct reader_place {
	size_t text;
	unsigned int line;
	unsigned int column;
};

struct reader {
	const struct policy_text *texts;
	size_t n_texts;
	struct diagnostics *diagnostics;
	size_t n_mistakes;
	int error; /* -ENOMEM, remembered */

	size_t number; /* of the text that is being read, from 1 */
	const struct yaml_tree *tree;
	size_t n_visits; /* nodes looked at in it, each alias anew */
};

/* A key of a mapping, and what to do with its value. */
struct reader_field {
	const char *name;
	void (*take)(struct reader *r, const struct yaml_node *value, void *into);
};

/* reader_note() - remembers the first failure that was none of the author's */
void reader_note(struct reader *r, int result);

/* reader_complain() - one more mistake; after READER_MISTAKES_MAX they are only counted */
void reader_complain(struct reader *r, const struct reader_place *at, const char *hint,
		     const char *format, ...) _printf_(4, 5);

struct reader_place reader_place(const struct reader *r, const struct yaml_node *n);

/* reader_complain() of a node of the text that is being read */
#define reader_complain_of(r, node, hint, ...)                                                     \
	do {                                                                                       \
		const struct reader_place _at = reader_place(r, node);                             \
		reader_complain(r, &_at, hint, __VA_ARGS__);                                       \
	} while (0)

/*
 * reader_visit() - a node by its number
 *
 * An alias makes a small file large: what is looked at is counted, and of too much a complaint is
 * made once. Loops end when reader_is_tired() says so.
 */
const struct yaml_node *reader_visit(struct reader *r, size_t number);
bool reader_is_tired(const struct reader *r);

/* reader_is_nothing() - true for a key with no value behind it */
bool reader_is_nothing(const struct yaml_node *n);

/* reader_expect() - complains, and returns false, when the node is of another kind */
bool reader_expect(struct reader *r, const struct yaml_node *n, enum yaml_kind kind,
		   const char *what);

/*
 * reader_string() - the text of a node, free of control characters
 * reader_plain()  - the same for numbers, true and false, which stand without quotes
 * reader_word()   - the index of the node's text among @words
 * @what, @key: what was expected, and of which key, for the complaint
 *
 * Return: NULL, or -1, after a complaint.
 */
const char *reader_string(struct reader *r, const struct yaml_node *n, const char *what);
const char *reader_plain(struct reader *r, const struct yaml_node *n, const char *what);
int reader_word(struct reader *r, const struct yaml_node *n, const char *key,
		const char *const *words);

/* reader_map() - goes through a mapping, with a complaint of each key that is unknown or double */
void reader_map(struct reader *r, const struct yaml_node *map, const struct reader_field *fields,
		size_t n_fields, void *into);

/* reader_optional_map() - a mapping that may be left empty: "ensure:" alone is "ensure: {}" */
void reader_optional_map(struct reader *r, const struct yaml_node *n,
			 const struct reader_field *fields, size_t n_fields, void *into);

/* reader_replace_string() - a copy of @value in the place of what was there */
void reader_replace_string(struct reader *r, char **string, const char *value);
