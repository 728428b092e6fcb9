/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "output.h"

/* How text looks on a terminal: its width, and colours for words that mean good or bad. */

enum tone {
	TONE_PLAIN,
	TONE_GOOD,
	TONE_WARN,
	TONE_BAD,
	TONE_STRONG,
	TONE_FAINT,
};

/*
 * terminal_tone_of() - how a word of ours is to look: a state, verdict, severity or link
 */
enum tone terminal_tone_of(const char *word);

/* terminal_begin(), terminal_end() - the escape sequences around a tone; "" where none are wanted
 */
const char *terminal_begin(const struct ctl *ctl, enum tone tone);
const char *terminal_end(const struct ctl *ctl, enum tone tone);

/* terminal_paint_cell() - colours a cell of the table's last line by its own word */
void terminal_paint_cell(struct libscols_table *table, size_t column);

/*
 * terminal_can() - whether a stream is a terminal that lines can be drawn anew on, and coloured:
 * $TERM names one, and not "dumb"
 */
bool terminal_can(int fd);

/*
 * terminal_width() - the columns of the standard output: $COLUMNS, or what the terminal says
 *
 * Return: 0 when it is no terminal, and lines may be of any length.
 */
unsigned int terminal_width(void);

/* terminal_height() - the lines of the standard output; 24 when it is no terminal */
unsigned int terminal_height(void);

/*
 * terminal_wrap() - prints a text, breaking lines between words where the terminal ends
 * @indent: the column where the text begins, and its further lines too; the caller is there already
 * @width:  of the terminal; 0: never break
 *
 * Newlines in the text stay. Control characters are made harmless. A newline ends it.
 */
void terminal_wrap(FILE *f, unsigned int indent, unsigned int width, const char *text);

/*
 * terminal_field() - prints a line of a list: the name right-aligned, a colon, the text wrapped
 * @width_of_names: the longest name
 */
void terminal_field(unsigned int width_of_names, const char *name, const char *text);
