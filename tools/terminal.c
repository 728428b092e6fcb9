/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

/* A narrower terminal gets lines as on one of this width. */
#define NARROWEST 40

static const struct {
	const char *word;
	enum tone tone;
} words[] = {
	{ "configured", TONE_GOOD }, { "offloaded", TONE_GOOD }, { "on", TONE_GOOD },
	{ "up", TONE_GOOD },         { "waiting", TONE_WARN },   { "applying", TONE_WARN },
	{ "partial", TONE_WARN },    { "warns", TONE_WARN },     { "blocked", TONE_BAD },
	{ "failed", TONE_BAD },      { "software", TONE_BAD },   { "blocks", TONE_BAD },
	{ "down", TONE_BAD },        { "off", TONE_BAD },        { "absent", TONE_BAD },
	{ "off [fixed]", TONE_BAD }, { "unknown", TONE_FAINT },  { "notes", TONE_FAINT },
	{ "ok", TONE_GOOD },         { "warn", TONE_WARN },      { "symptom", TONE_WARN },
	{ "fault", TONE_BAD },       { "skipped", TONE_FAINT },
};

/* ECMA-48, "SGR", and the names that libsmartcols has for the same. */
static const struct {
	const char *sequence;
	const char *name;
} tones[] = {
	[TONE_PLAIN] = { "", NULL },           [TONE_GOOD] = { "\033[32m", "green" },
	[TONE_WARN] = { "\033[33m", "brown" }, [TONE_BAD] = { "\033[31m", "red" },
	[TONE_STRONG] = { "\033[1m", "bold" }, [TONE_FAINT] = { "\033[2m", "halfbright" },
};

enum tone terminal_tone_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (streq(words[i].word, word))
			return words[i].tone;
	return TONE_PLAIN;
}

const char *terminal_begin(const struct ctl *ctl, enum tone tone)
{
	return ctl->color ? tones[tone].sequence : "";
}

const char *terminal_end(const struct ctl *ctl, enum tone tone)
{
	return ctl->color && tone != TONE_PLAIN ? "\033[0m" : "";
}

void terminal_paint_cell(struct libscols_table *table, size_t column)
{
	size_t n = scols_table_get_nlines(table);
	struct libscols_cell *cell;
	const char *word, *color;

	if (n == 0)
		return;
	cell = scols_line_get_cell(scols_table_get_line(table, n - 1), column);
	word = cell ? scols_cell_get_data(cell) : NULL;
	color = word ? tones[terminal_tone_of(word)].name : NULL;
	if (color)
		(void)scols_cell_set_color(cell, color);
}

bool terminal_can(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && *term && !streq(term, "dumb");
}

unsigned int terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	unsigned long n = 0;

	if (columns)
		n = strtoul(columns, NULL, 10);
	if (n == 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		n = size.ws_col;
	if (n == 0 || n > 10000)
		return 0;
	return n < NARROWEST ? NARROWEST : (unsigned int)n;
}

unsigned int terminal_height(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1)
		return size.ws_row;
	return 24;
}

/* The columns that a word takes, in the user's locale. */
static unsigned int columns_of(const char *s, size_t len)
{
	mbstate_t state = { 0 };
	unsigned int columns = 0;

	while (len > 0) {
		wchar_t c;
		size_t n = mbrtowc(&c, s, len, &state);
		int w;

		if (n == 0 || n > len) { /* NUL, or what is no character: one column a byte */
			n = 1;
			w = 1;
			memset(&state, 0, sizeof(state));
		} else {
			w = wcwidth(c);
		}
		columns += w > 0 ? (unsigned int)w : 0;
		s += n;
		len -= n;
	}
	return columns;
}

static void print_word(FILE *f, const char *s, size_t len)
{
	_cleanup_free_ char *word = strndup(s, len);

	if (word)
		ctl_print_safe(f, word);
}

void terminal_wrap(FILE *f, unsigned int indent, unsigned int width, const char *text)
{
	unsigned int column = indent;

	while (*text) {
		size_t blanks = strspn(text, " "), len = strcspn(text + blanks, " \n");
		unsigned int columns = columns_of(text + blanks, len);

		if (width > 0 && column > indent && len > 0 && column + blanks + columns > width) {
			fprintf(f, "\n%*s", (int)indent, "");
			column = indent;
		} else {
			fprintf(f, "%*s", (int)blanks, "");
			column += (unsigned int)blanks;
		}
		print_word(f, text + blanks, len);
		column += columns;
		text += blanks + len;
		if (*text == '\n' && text[1]) {
			fprintf(f, "\n%*s", (int)indent, "");
			column = indent;
		}
		if (*text == '\n')
			text++;
	}
	putc('\n', f);
}

void terminal_field(unsigned int width_of_names, const char *name, const char *text)
{
	printf("%*s: ", (int)width_of_names, name);
	terminal_wrap(stdout, width_of_names + 2, terminal_width(), text);
}
