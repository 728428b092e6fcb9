/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>
#include <libsmartcols.h>
#include <stdio.h>

#include "base.h"

/*
 * What all verbs of esp-offloadctl share: the common options, exit statuses, tables, JSON, and
 * messages that say what to do next.
 */

enum ctl_exit {
	CTL_FINE = 0,
	CTL_ERROR = 1,
	CTL_USAGE = 2,
	CTL_BLOCKED = 3,
	CTL_NOT_OFFLOADED = 4,
	CTL_NOT_PROVABLE = 5,
};

enum ctl_json {
	CTL_JSON_OFF,
	CTL_JSON_SHORT,
	CTL_JSON_PRETTY,
};

struct ctl {
	enum ctl_json json;
	bool legend;      /* headings of tables */
	bool color;       /* the standard output is a terminal and $NO_COLOR is not set */
	const char *root; /* another file system to look at, offline; NULL: this host */
};

/*
 * The common options, which stand before the verb or after it. A verb that has options of its own
 * begins its table with CTL_OPTIONS, numbers them from CTL_OPTION_OWN, and gives what it does not
 * know to ctl_option().
 */
enum {
	CTL_OPTION_JSON = 0x100,
	CTL_OPTION_NO_LEGEND,
	CTL_OPTION_ROOT,
	CTL_OPTION_NO_PAGER,
	CTL_OPTION_OWN,
};

#define CTL_OPTIONS                                                                                \
	{ "json", required_argument, NULL, CTL_OPTION_JSON },                                      \
		{ "no-legend", no_argument, NULL, CTL_OPTION_NO_LEGEND },                          \
		{ "root", required_argument, NULL, CTL_OPTION_ROOT },                              \
		{ "no-pager", no_argument, NULL, CTL_OPTION_NO_PAGER },                            \
	{                                                                                          \
		"help", no_argument, NULL, 'h'                                                     \
	}

/*
 * ctl_option() - handles one answer of getopt_long()
 * @help: printed for -h
 *
 * Return: -1 to go on; else the exit status to leave with.
 */
int ctl_option(struct ctl *ctl, int option, const char *argument, const char *help);

/* ctl_init() - what the environment says: terminal, $NO_COLOR */
void ctl_init(struct ctl *ctl);

/* ctl_error() - a message on the standard error output, control characters made harmless */
void ctl_error(const char *format, ...) _printf_(1, 2);

/*
 * ctl_print_json() - prints a document, and lets go of it
 *
 * Return: CTL_FINE; CTL_ERROR when @document is NULL (no memory) or it cannot be written.
 */
int ctl_print_json(const struct ctl *ctl, json_t *document);

/*
 * ctl_json_text() - a JSON string of any bytes
 *
 * Bytes that are not UTF-8 become U+FFFD. NULL becomes null.
 */
json_t *ctl_json_text(const char *s);

/* How a column behaves. */
struct ctl_column {
	const char *name;
	bool right; /* numbers */
	bool wide;  /* gives way when the terminal is narrow, by being cut off */
};

/* ctl_table() - an empty table with these columns; NULL when there is no memory */
struct libscols_table *ctl_table(const struct ctl *ctl, const struct ctl_column *columns, size_t n);

/*
 * ctl_table_line() - one more line, cells from left to right (NULL is empty)
 *
 * Return: 0; negative errno.
 */
int ctl_table_line(struct libscols_table *table, const char *const *cells, size_t n);

/* ctl_print_table() - prints a table, and lets go of it. Return: an exit status. */
int ctl_print_table(struct libscols_table *table);

/*
 * ctl_print_safe() - prints a text with control characters as \xNN for each byte, newlines and tabs
 * as they are
 */
void ctl_print_safe(FILE *f, const char *string);
