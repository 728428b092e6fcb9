/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"
#include "text.h"

/*
 * What is wrong with a text that somebody wrote, and where: all of it in one pass, printed as
 *
 *     config.yaml:4:9: error: unknown key "conections"
 *             conections: [example]
 *             ^
 *     did you mean "connections"?
 */

enum diagnostic_level {
	DIAGNOSTIC_ERROR,
	DIAGNOSTIC_WARNING,
};

struct diagnostic {
	enum diagnostic_level level;
	char *file;
	unsigned int line;   /* from 1; 0: the file as a whole */
	unsigned int column; /* from 1, in characters; 0: the line as a whole */
	char *message;
	char *source;       /* the line itself, or of a long one the part in question; or NULL */
	unsigned int caret; /* the column in source, in characters from 1; 0: none */
	char *hint;         /* what to do, or NULL */
};

struct diagnostics {
	struct diagnostic *items;
	size_t n;
	size_t alloc;
};

#define DIAGNOSTICS_NULL ((struct diagnostics){ 0 })

/*
 * diagnostics_add() - one more
 * @source, @source_len: the line that it is about, without its newline; NULL for none
 * @hint: NULL for none
 *
 * All texts are copied. Of a source line of more than 160 characters only the part around the
 * column is kept, and bytes that would move a terminal's cursor become "?".
 *
 * Return: 0; -ENOMEM.
 */
int diagnostics_add(struct diagnostics *d, enum diagnostic_level level, const char *file,
		    unsigned int line, unsigned int column, const char *source, size_t source_len,
		    const char *hint, const char *message);

/*
 * diagnostics_move() - puts all of @from at the end of @to, and leaves @from empty
 *
 * Return: 0; -ENOMEM, with both as they were.
 */
int diagnostics_move(struct diagnostics *to, struct diagnostics *from);

/* diagnostics_errors() - how many of them are errors */
size_t diagnostics_errors(const struct diagnostics *d);

/* diagnostic_print() - adds it to @text in the form shown above, a newline at the end */
void diagnostic_print(const struct diagnostic *d, struct text *text);

/* diagnostic_print_line() - the same without the source and the hint, and without a newline */
void diagnostic_print_line(const struct diagnostic *d, struct text *text);

void diagnostics_done(struct diagnostics *d);

/* For a local struct diagnostics. */
#define _cleanup_diagnostics_ _cleanup_(diagnostics_done)

/*
 * nearest_word() - the word that was probably meant
 * @word:  what was written
 * @words: what could have been, ending in NULL
 *
 * Upper and lower case count as the same letter.
 *
 * Return: the nearest by edit distance (insertions, deletions, substitutions, swaps), or NULL when
 * none is near enough: more than a third of the longer word would have to change.
 */
const char *nearest_word(const char *word, const char *const *words);
