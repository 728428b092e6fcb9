/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output.h"

#include <stdarg.h>
#include <unistd.h>

#include "terminal.h"
#include "utf8.h"

int ctl_option(struct ctl *ctl, int option, const char *argument, const char *help)
{
	switch (option) {
	case CTL_OPTION_JSON:
		if (streq(argument, "short")) {
			ctl->json = CTL_JSON_SHORT;
		} else if (streq(argument, "pretty")) {
			ctl->json = CTL_JSON_PRETTY;
		} else if (streq(argument, "off")) {
			ctl->json = CTL_JSON_OFF;
		} else {
			ctl_error("--json= is short, pretty or off, not \"%s\"", argument);
			return CTL_USAGE;
		}
		return -1;
	case CTL_OPTION_NO_LEGEND:
		ctl->legend = false;
		return -1;
	case CTL_OPTION_NO_PAGER:
		return -1; /* main() has looked for it */
	case CTL_OPTION_ROOT:
		if (argument[0] != '/') {
			ctl_error("--root= takes the full path of a folder, not \"%s\"", argument);
			return CTL_USAGE;
		}
		ctl->root = argument;
		return -1;
	case 'h':
		fputs(help, stdout);
		return CTL_FINE;
	default:
		/* getopt_long() has said why. How it is used ends with the first empty line. */
		if (*help)
			fprintf(stderr, "%.*s\n", (int)(strstr(help, "\n\n") - help), help);
		else
			fputs("See \"esp-offloadctl --help\".\n", stderr);
		return CTL_USAGE;
	}
}

void ctl_init(struct ctl *ctl)
{
	const char *no_color = getenv("NO_COLOR");

	*ctl = (struct ctl){ .legend = true };
	ctl->color = terminal_can(STDOUT_FILENO) && !(no_color && no_color[0]);
}

/*
 * The first of @n bytes of one character. Beside those of ASCII there are those of ISO 6429's
 * second set, 0x80 to 0x9f, which terminals obey as well: as UTF-8 writes them, or alone.
 */
static bool is_control(const unsigned char *s, size_t n)
{
	if (n == 2)
		return s[0] == 0xc2 && s[1] < 0xa0;
	return (s[0] < 0x20 && s[0] != '\n' && s[0] != '\t') || s[0] == 0x7f ||
	       (n == 1 && s[0] >= 0x80 && s[0] < 0xa0);
}

void ctl_print_safe(FILE *f, const char *string)
{
	const unsigned char *s = (const unsigned char *)string;

	while (*s) {
		size_t length = utf8_length((const char *)s), n = length > 0 ? length : 1;
		bool control = is_control(s, n);

		for (; n > 0; n--, s++) {
			if (control)
				fprintf(f, "\\x%02x", *s);
			else
				putc(*s, f);
		}
	}
}

void ctl_error(const char *format, ...)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	va_list args;

	va_start(args, format);
	text_vprintf(&text, format, args);
	va_end(args);
	fputs("esp-offloadctl: ", stderr);
	ctl_print_safe(stderr, text.data ? text.data : format);
	putc('\n', stderr);
}

int ctl_print_json(const struct ctl *ctl, json_t *document)
{
	size_t flags = ctl->json == CTL_JSON_PRETTY ? JSON_INDENT(4) : JSON_COMPACT;
	int r;

	if (!document) {
		ctl_error("Out of memory.");
		return CTL_ERROR;
	}
	r = json_dumpf(document, stdout, flags);
	json_decref(document);
	if (r < 0 || putchar('\n') == EOF || fflush(stdout) != 0) {
		ctl_error("Cannot write the answer: %s", strerror(errno));
		return CTL_ERROR;
	}
	return CTL_FINE;
}

json_t *ctl_json_text(const char *s)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	json_t *plain;

	if (!s)
		return json_null();
	plain = json_string(s); /* NULL when it is no UTF-8 */
	if (plain)
		return plain;

	utf8_add(&text, s);
	return text.failed ? NULL : json_string(text.data ? text.data : "");
}

struct libscols_table *ctl_table(const struct ctl *ctl, const struct ctl_column *columns, size_t n)
{
	struct libscols_table *table = scols_new_table();
	unsigned int width = terminal_width();

	if (!table)
		return NULL;
	/* By itself it asks the terminal first, which is none in front of a pager. */
	if (width > 0) {
		scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
		scols_table_set_termwidth(table, width);
	}
	scols_table_enable_noheadings(table, !ctl->legend);
	scols_table_enable_colors(table, ctl->color);
	for (size_t i = 0; i < n; i++) {
		int flags = (columns[i].right ? SCOLS_FL_RIGHT : 0) |
			    (columns[i].wide ? SCOLS_FL_TRUNC : 0);

		if (!scols_table_new_column(table, columns[i].name, 0, flags)) {
			scols_unref_table(table);
			return NULL;
		}
	}
	return table;
}

int ctl_table_line(struct libscols_table *table, const char *const *cells, size_t n)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	int r;

	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!cells[i])
			continue;
		r = scols_line_set_data(line, i, cells[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

int ctl_print_table(struct libscols_table *table)
{
	int r = table ? scols_print_table(table) : -ENOMEM;

	scols_unref_table(table);
	if (r < 0 || fflush(stdout) != 0) {
		ctl_error("Cannot print the table: %s", strerror(r < 0 ? -r : errno));
		return CTL_ERROR;
	}
	return CTL_FINE;
}
