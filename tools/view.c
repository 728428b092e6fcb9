/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view.h"

#include <stdio.h>
#include <time.h>

#include "bond-text.h"
#include "fields.h"
#include "rates.h"
#include "terminal.h"
#include "times.h"

/* ECMA-48, and xterm's second screen, which leaves the first one as it was. */
#define SECOND_SCREEN "\033[?1049h\033[?25l"
#define FIRST_SCREEN  "\033[?25h\033[?1049l"
#define HOME          "\033[H"
#define CLEAR_LINE    "\033[K"
#define CLEAR_BELOW   "\033[J"

/* No terminal is higher. */
#define MAX_NOTES 256

struct view {
	const struct ctl *ctl;
	char *notes[MAX_NOTES]; /* a ring */
	size_t n_notes;         /* since the beginning */
};

struct view *view_begin(const struct ctl *ctl)
{
	struct view *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->ctl = ctl;
	fputs(SECOND_SCREEN, stdout);
	return v;
}

struct view *view_end(struct view *v)
{
	if (!v)
		return NULL;
	fputs(FIRST_SCREEN, stdout);
	fflush(stdout);
	for (size_t i = 0; i < MAX_NOTES; i++)
		free(v->notes[i]);
	free(v);
	return NULL;
}

void view_note(struct view *v, const char *line)
{
	char **place = &v->notes[v->n_notes++ % MAX_NOTES];

	free(*place);
	*place = strdup(line);
}

/* ---- what is drawn, as text ---- */

static const json_t *rates_of_port(const json_t *rates, const char *name)
{
	return bond_text_port(rates, name);
}

static void print_rate(const json_t *rates, const char *key, char *buffer, size_t size)
{
	if (rates)
		snprintf(buffer, size, "%lld", (long long)field_integer(rates, key));
	else
		snprintf(buffer, size, "-");
}

static int add_port(struct libscols_table *table, const json_t *port, const json_t *rates)
{
	const char *name = field_string(port, "name");
	const json_t *r = rates_of_port(rates, name);
	char tx[32], rx[32], failures[32];
	const char *const cells[] = {
		name,
		field_bool(port, "active") ? "active" : "",
		field_bool(port, "link") ? "up" : "down",
		field_string(port, "esp_hw_offload"),
		tx,
		rx,
		failures,
	};

	print_rate(r, "tx_per_second", tx, sizeof(tx));
	print_rate(r, "rx_per_second", rx, sizeof(rx));
	snprintf(failures, sizeof(failures), "%lld",
		 (long long)field_integer(port, "link_failures"));
	return ctl_table_line(table, cells, ARRAY_SIZE(cells));
}

/* The table of ports, written to @f. */
static void print_ports(const struct view *v, const json_t *bond, const json_t *rates, FILE *f)
{
	static const struct ctl_column columns[] = {
		{ "  PORT", false, false },       { "ACTIVE", false, false },
		{ "LINK", false, false },         { "ESP-HW-OFFLOAD", false, false },
		{ "TX_IPSEC/s", true, false },    { "RX_IPSEC/s", true, false },
		{ "LINK FAILURES", true, false },
	};
	struct libscols_table *table = ctl_table(v->ctl, columns, ARRAY_SIZE(columns));
	char *text = NULL;
	json_t *port;
	size_t i;

	json_array_foreach(json_object_get(bond, "ports"), i, port)
	{
		if (table && add_port(table, port, rates) < 0) {
			scols_unref_table(table);
			table = NULL;
		}
	}
	if (table && scols_print_table_to_string(table, &text) == 0)
		fputs(text, f);
	free(text);
	scols_unref_table(table);
}

static void print_bond(const struct view *v, const json_t *bond, const json_t *rates, FILE *f)
{
	const char *state = field_string(bond, "state"),
		   *reason = field_string(bond, "state_reason");
	char line[512];

	fputs(terminal_begin(v->ctl, TONE_STRONG), f);
	ctl_print_safe(f, field_string(bond, "interface"));
	fprintf(f, "%s  %s%s%s", terminal_end(v->ctl, TONE_STRONG),
		terminal_begin(v->ctl, terminal_tone_of(state)), state,
		terminal_end(v->ctl, terminal_tone_of(state)));
	if (*reason) {
		fputs(": ", f);
		ctl_print_safe(f, reason);
	}
	putc('\n', f);
	bond_text_verdict(bond, line, sizeof(line));
	fprintf(f, "  %s", terminal_begin(v->ctl, terminal_tone_of(field_string(bond, "verdict"))));
	ctl_print_safe(f, line);
	fprintf(f, "%s\n", terminal_end(v->ctl, TONE_STRONG));
	rates_describe_tunnels(rates, line, sizeof(line));
	if (*line)
		fprintf(f, "  tunnels: %s\n", line);
	print_ports(v, bond, rates, f);
	putc('\n', f);
}

static void print_all(const struct view *v, const json_t *bonds, const json_t *rates, FILE *f)
{
	char clock[TIMES_TEXT_SIZE];
	struct timespec ts;
	const char *name;
	json_t *bond;

	clock_gettime(CLOCK_REALTIME, &ts);
	times_print_clock((uint64_t)ts.tv_sec * 1000000, clock);
	fprintf(f, "esp-offloadctl monitor, %.8s; ^C ends it\n\n", clock);
	json_object_foreach((json_t *)bonds, name, bond)
	{
		print_bond(v, bond, json_object_get(rates, name), f);
	}
}

/* ---- onto the terminal ---- */

/* Lines longer than the terminal would break the frame. */
static void draw_line(const char *line, size_t len, unsigned int width)
{
	size_t column = 0;

	for (size_t i = 0; i < len; i++) {
		if (line[i] == '\033') { /* a colour takes no room */
			while (i < len && line[i] != 'm')
				putchar(line[i++]);
			if (i < len)
				putchar('m');
			continue;
		}
		column += ((unsigned char)line[i] & 0xc0) != 0x80;
		if (width == 0 || column <= width)
			putchar(line[i]);
	}
	fputs(CLEAR_LINE "\n", stdout);
}

/* Return: how many lines were drawn, at most @max. */
static unsigned int draw_text(const char *text, unsigned int max)
{
	unsigned int n = 0;

	while (*text && n < max) {
		size_t len = strcspn(text, "\n");

		draw_line(text, len, terminal_width());
		n++;
		text += len + (text[len] == '\n');
	}
	return n;
}

static void draw_notes(const struct view *v, unsigned int max)
{
	size_t kept = v->n_notes < MAX_NOTES ? v->n_notes : MAX_NOTES;
	size_t n = kept < max ? kept : max;

	for (size_t i = v->n_notes - n; i < v->n_notes; i++) {
		const char *note = v->notes[i % MAX_NOTES];

		if (note)
			draw_line(note, strlen(note), terminal_width());
	}
}

void view_draw(struct view *v, const json_t *bonds, const json_t *rates)
{
	unsigned int rows = terminal_height(), used;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return;
	print_all(v, bonds, rates, f);
	if (fclose(f) == 0) {
		fputs(HOME, stdout);
		/* The last line stays free, or the terminal scrolls. */
		used = draw_text(text, rows - 1);
		if (used < rows - 1)
			draw_notes(v, rows - 1 - used);
		fputs(CLEAR_BELOW, stdout);
		fflush(stdout);
	}
	free(text);
}
