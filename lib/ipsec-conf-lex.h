/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ipsec-conf-keys.h"

/*
 * The words of ipsec.conf, as the scanners of 4.x and 5.x cut them (lib/libipsecconf/parser.lex,
 * and parser.l before 5.2): always the longest match, the earlier rule where two are as long, and
 * in some states whatever fits no rule is passed over without a word.
 */

enum ipsec_token {
	IPSEC_TOKEN_EOL,
	IPSEC_TOKEN_CONTINUE, /* 4.x: "x-key=" and nothing more goes on in the next line */
	IPSEC_TOKEN_SPACES,   /* at the beginning of a line */
	IPSEC_TOKEN_EQUAL,
	IPSEC_TOKEN_VERSION,
	IPSEC_TOKEN_CONFIG,
	IPSEC_TOKEN_SETUP,
	IPSEC_TOKEN_CONN,
	IPSEC_TOKEN_INCLUDE,
	IPSEC_TOKEN_KEY,
	IPSEC_TOKEN_COMMENT_KEY, /* x-… and x_…: any value, no meaning */
	IPSEC_TOKEN_STRING,
	IPSEC_TOKEN_INTEGER, /* 4.x */
	IPSEC_TOKEN_BOOLEAN, /* 4.x */
	IPSEC_TOKEN_UNKNOWN, /* 5.x: a word where a key should be, and is none: fatal at once */
};

enum ipsec_lex_state {
	IPSEC_LEX_INITIAL,
	IPSEC_LEX_KEY,
	IPSEC_LEX_VALUE,
	IPSEC_LEX_BOOL_KEY,
	IPSEC_LEX_BOOL_VALUE,
	IPSEC_LEX_COMMENT_KEY,
	IPSEC_LEX_COMMENT_VALUE,
};

/* How a value is written. */
enum ipsec_form {
	IPSEC_FORM_EMPTY,
	IPSEC_FORM_BARE,
	IPSEC_FORM_QUOTED,
	IPSEC_FORM_BRACED,
	IPSEC_FORM_FOREVER, /* %forever, which is another way to write 0 */
};

/* One line, being read. */
struct ipsec_lex {
	struct libreswan_version version;
	const char *text; /* of the file */
	size_t position;
	size_t end; /* of the line: at its newline, or at the end of the file */
	bool newline;
	bool at_begin;
	enum ipsec_lex_state state;
	/* The last token: its text without quotes or braces, up to a NUL. */
	size_t token_begin;
	size_t token_end;
	size_t outer_begin; /* with them */
	size_t outer_end;
	enum ipsec_form form;
	uint16_t key;
	enum ipsec_end key_end;
	unsigned n_skipped; /* quotes where none can be */
};

/* ipsec_lex_line() - begins with the line at @position; the state stays what it is */
void ipsec_lex_line(struct ipsec_lex *lex, const char *text, size_t len, size_t position);

/*
 * ipsec_lex_is_blank() - whether the line is blank or a comment, which no rule ever sees
 *
 * That is so only before the first token, in the initial state, and with a newline at the end.
 */
bool ipsec_lex_is_blank(const struct ipsec_lex *lex);

enum ipsec_token ipsec_lex_next(struct ipsec_lex *lex);
