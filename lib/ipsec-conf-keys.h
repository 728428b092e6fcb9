/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ipsec-conf.h"

/*
 * The keys that Libreswan's configuration knows, how each is read by 4.x and by 5.x, and which
 * values it takes.
 */

/* How a value is read. */
enum ipsec_key_kind {
	IPSEC_KEY_NONE,     /* there is no such key in this version */
	IPSEC_KEY_OBSOLETE, /* read and left out, with a warning */
	IPSEC_KEY_STRING,   /* any text; 4.x refuses the conn when it is a bare number */
	IPSEC_KEY_LOOSE,    /* a word of its own, or any text (left=%any, rsasigkey=%cert, …) */
	IPSEC_KEY_WORD,     /* one of a list of words, in any case */
	IPSEC_KEY_BOOL,     /* 4.x: the first of y yes true on n no false off, lower case, anywhere
			     * in the line, which need not even begin with it */
	IPSEC_KEY_NUMBER,   /* decimal; in 4.x not in quotes, or else it is 0 */
	IPSEC_KEY_TIME,     /* decimal with a fraction and us, ms, s, m, h, d or w */
	IPSEC_KEY_PERCENT,  /* decimal and % */
	IPSEC_KEY_BINARY,   /* decimal and Ki, Mi, Gi, … */
	IPSEC_KEY_BYTE,     /* decimal and KiB, MiB, … */
	IPSEC_KEY_APPEND,   /* a list that grows with each line */
	IPSEC_KEY_ALSO,     /* the name of a conn; in 4.x several, with blanks between them */
};

enum {
	IPSEC_KEY_IN_CONN = 1 << 0,
	IPSEC_KEY_IN_SETUP = 1 << 1,
	IPSEC_KEY_OF_END = 1 << 2, /* with left or right in front; without either it means right */
};

struct ipsec_key {
	const char *name;
	const char *field; /* the documented key that it is another name for; NULL: it is itself */
	uint8_t where;
	uint8_t kind[2];      /* in 4.x, in 5.x */
	const char *words[2]; /* for IPSEC_KEY_WORD, blanks between them; NULL: not checked */
};

/* In the order of their names, by which they are looked up. The one with the empty name is left=
 * and right=. */
extern const struct ipsec_key ipsec_keys[];
extern const size_t ipsec_n_keys;

/* Which end a key is about. */
enum ipsec_end {
	IPSEC_END_NONE,
	IPSEC_END_LEFT,
	IPSEC_END_RIGHT,
	_IPSEC_END_MAX,
};

/*
 * ipsec_key_find() - looks a key up as the parser does, in any case
 *
 * The empty name, which is what a NUL leaves, is right=, as the parser has it.
 *
 * Return: true, the key's number and its end; false when the version has no such key.
 */
bool ipsec_key_find(struct libreswan_version version, const char *name, size_t len,
		    uint16_t *ret_key, enum ipsec_end *ret_end);

/*
 * ipsec_key_field() - the number of the documented key that this one is another name for
 *
 * Return: it; @key for one that is itself documented.
 */
uint16_t ipsec_key_field(uint16_t key);

/* Whether this version reads a key in this way. 5.x's column counts from 5.0 on. */
static inline enum ipsec_key_kind ipsec_key_kind(struct libreswan_version v,
						 const struct ipsec_key *key)
{
	return (enum ipsec_key_kind)key->kind[v.major >= 5];
}

/* False for versions whose list of keys has not been looked at: unknown keys may be fine there. */
static inline bool ipsec_keys_are_complete(struct libreswan_version v)
{
	return (v.major == 4 && v.minor >= 10) || (v.major == 5 && v.minor <= 2);
}

/*
 * ipsec_key_takes() - tells whether this version takes a value as it is meant
 * @bare: it stands in the file without quotes or braces
 */
bool ipsec_key_takes(struct libreswan_version v, const struct ipsec_key *key, const char *value,
		     size_t len, bool bare);

/* ipsec_key_same() - tells whether two values of a key mean the same; see ipsec_conf_same_value()
 */
bool ipsec_key_same(struct libreswan_version v, const struct ipsec_key *key, const char *a,
		    const char *b);
