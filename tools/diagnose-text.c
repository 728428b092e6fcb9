/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose-text.h"

#include "fields.h"
#include "terminal.h"

/* Where the texts of a row begin, and those of its details. */
#define ROW_INDENT    10
#define DETAIL_INDENT 20

/* Without --all no more lines of evidence than these are shown of a row. */
#define FEW_LINES 5U

static void print_detail(const char *name, const char *text)
{
	if (!*text)
		return;
	printf("%*s%-10s", ROW_INDENT, "", name);
	terminal_wrap(stdout, DETAIL_INDENT, terminal_width(), text);
}

static void print_evidence(const char *text, bool all)
{
	unsigned int n = 0;

	for (; *text; n++) {
		size_t len = strcspn(text, "\n");
		_cleanup_free_ char *line = strndup(text, len);

		if (!line || (!all && n == FEW_LINES)) {
			printf("%*s| … (--all shows the rest)\n", ROW_INDENT, "");
			return;
		}
		printf("%*s| ", ROW_INDENT, "");
		ctl_print_safe(stdout, line);
		putchar('\n');
		text += len + (text[len] == '\n');
	}
}

static void print_row(const struct ctl *ctl, const json_t *row, bool all)
{
	_cleanup_free_ char *line = NULL;
	const char *status = field_string(row, "status"), *id = field_string(row, "id");
	enum tone tone = terminal_tone_of(status);
	const char *evidence = field_string(row, "evidence");

	printf("  %s", terminal_begin(ctl, tone));
	ctl_print_safe(stdout, status);
	printf("%s%*s", terminal_end(ctl, tone), strlen(status) < 8 ? (int)(8 - strlen(status)) : 1,
	       "");
	if (asprintf(&line, "%s: %s%s%s%s", field_string(row, "title"), field_string(row, "seen"),
		     streq(id, field_string(row, "step")) ? "" : " (",
		     streq(id, field_string(row, "step")) ? "" : id,
		     streq(id, field_string(row, "step")) ? "" : ")") < 0)
		line = NULL;
	terminal_wrap(stdout, ROW_INDENT, terminal_width(), line ? line : "");
	print_detail("why:", field_string(row, "why"));
	print_detail("to do:", field_string(row, "remedy"));
	/* What is seen already need not be said twice. */
	if (all || !strstr(field_string(row, "seen"), evidence))
		print_evidence(evidence, all);
}

static bool is_quiet(const json_t *row)
{
	return field_is(row, "status", "ok") || field_is(row, "status", "skipped");
}

void diagnose_print(const struct ctl *ctl, const json_t *document, bool all)
{
	const json_t *rows = json_object_get(document, "rows"), *row;
	enum tone tone = terminal_tone_of(field_string(document, "status"));
	const char *remedy = field_string(document, "remedy");
	size_t i, quiet = 0;

	fputs(terminal_begin(ctl, tone), stdout);
	terminal_wrap(stdout, 0, terminal_width(), field_string(document, "summary"));
	fputs(terminal_end(ctl, tone), stdout);
	if (*remedy) {
		fputs("to do: ", stdout);
		terminal_wrap(stdout, 7, terminal_width(), remedy);
	}
	putchar('\n');
	json_array_foreach(rows, i, row)
	{
		if (all || !is_quiet(row))
			print_row(ctl, row, all);
		else
			quiet++;
	}
	if (quiet > 0)
		printf("  %zu step%s found nothing wrong, or had nothing to look at (--all)\n",
		       quiet, quiet == 1 ? "" : "s");
}
