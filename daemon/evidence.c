/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence.h"

#include <ctype.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>
#include <time.h>

#include "names.h"
#include "pluto-messages.h"

/* No more lines than this are read: pluto with debugging on writes thousands a second. */
enum {
	ENTRIES_MAX = 20000,
	KERNEL_LINES_MAX = 2,
	LINE_MAX_LEN = 240
};

uint64_t evidence_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- which lines count ---- */

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

static bool has_word(const char *line, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = line; (p = strstr(p, word)); p++)
		if ((p == line || !is_word_char(p[-1])) && !is_word_char(p[len]))
			return true;
	return false;
}

static bool has_any_word(const char *line, const char *const *words)
{
	for (; *words; words++)
		if (has_word(line, *words))
			return true;
	return false;
}

/* Of the kernel's lines those about the offload; that a port came up is no evidence. */
static bool is_about_offload(const char *line)
{
	return strcasestr(line, "ipsec") || strcasestr(line, "xfrm") ||
	       strcasestr(line, "offload") || strcasestr(line, "failed to add SA") ||
	       strcasestr(line, " esp");
}

/* Lines that begin with a bar are pluto's debugging. */
static bool is_an_error(const char *line)
{
	return line[0] != '|' && (strstr(line, "ERROR") || strstr(line, "FATAL") ||
				  strcasestr(line, "error:") || strcasestr(line, "failed to "));
}

/* ---- the journal ---- */

struct lines {
	const char *const *conns, *const *devices;
	struct text pluto; /* all that counts */
	char *error;       /* the last line of pluto that says it is of an error */
	struct text kernel;
	size_t n_kernel;
};

static void add_kernel(struct lines *l, const char *line)
{
	if (l->n_kernel >= KERNEL_LINES_MAX || !is_about_offload(line) ||
	    !has_any_word(line, l->devices))
		return;
	text_printf(&l->kernel, "%s%.*s", l->n_kernel++ > 0 ? " / " : "", LINE_MAX_LEN, line);
}

/* Pluto puts the conn in front: "example"[1] 192.0.2.2 #4: …, with /1x1 for a pair of subnets. */
static bool is_about_another(const char *line, const char *const *conns)
{
	size_t len = line[0] == '"' ? strcspn(line + 1, "/\"") : 0;

	if (len == 0)
		return false;
	for (; *conns; conns++)
		if (strlen(*conns) == len && strncmp(line + 1, *conns, len) == 0)
			return false;
	return true;
}

static void add_pluto(struct lines *l, const char *line)
{
	if (is_about_another(line, l->conns))
		return;
	text_printf(&l->pluto, "%s\n", line);
	if (!is_an_error(line))
		return;
	free(l->error);
	l->error = strdup(line);
}

/* The message of the entry that the journal stands at; NULL: it has none. */
static char *message_of(sd_journal *j)
{
	static const char field[] = "MESSAGE=";
	const void *data;
	size_t len;

	if (sd_journal_get_data(j, "MESSAGE", &data, &len) < 0 || len < sizeof(field) - 1)
		return NULL;
	return strndup((const char *)data + sizeof(field) - 1, len - (sizeof(field) - 1));
}

static bool is_kernels(sd_journal *j)
{
	const void *data;
	size_t len;

	return sd_journal_get_data(j, "_TRANSPORT", &data, &len) >= 0 &&
	       len == strlen("_TRANSPORT=kernel") && memcmp(data, "_TRANSPORT=kernel", len) == 0;
}

static int begin_at(sd_journal *j, uint64_t since_usec)
{
	sd_id128_t boot;
	int r;

	r = sd_id128_get_boot(&boot);
	if (r >= 0)
		r = sd_journal_add_match(j, "_SYSTEMD_UNIT=" IPSEC_UNIT, 0);
	if (r >= 0)
		r = sd_journal_add_disjunction(j);
	if (r >= 0)
		r = sd_journal_add_match(j, "_TRANSPORT=kernel", 0);
	if (r >= 0)
		r = sd_journal_seek_monotonic_usec(j, boot, since_usec);
	return r;
}

static void read_lines(sd_journal *j, uint64_t since_usec, struct lines *l)
{
	uint64_t usec;
	sd_id128_t boot;

	for (int i = 0; i < ENTRIES_MAX && sd_journal_next(j) > 0; i++) {
		_cleanup_free_ char *line = message_of(j);

		if (!line || sd_journal_get_monotonic_usec(j, &usec, &boot) < 0 ||
		    usec < since_usec)
			continue;
		if (is_kernels(j))
			add_kernel(l, line);
		else
			add_pluto(l, line);
	}
}

/* ---- what they mean ---- */

static void tell_pluto(const struct lines *l, struct text *t)
{
	struct pluto_messages messages = PLUTO_MESSAGES_NULL;

	if (l->pluto.data && pluto_messages_match(l->pluto.data, &messages) < 0)
		return;
	if (messages.n > 0 && messages.items[0].cause->rank <= PLUTO_RANK_SILENCE)
		text_printf(t, "; pluto: %.*s (%s %s)", LINE_MAX_LEN, messages.items[0].line,
			    messages.items[0].cause->cause, messages.items[0].cause->remedy);
	else if (l->error)
		text_printf(t, "; pluto: %.*s", LINE_MAX_LEN, l->error);
	pluto_messages_done(&messages);
}

void evidence_gather(uint64_t since_usec, const char *const *conns, const char *const *devices,
		     struct text *t)
{
	struct lines lines = { .conns = conns, .devices = devices };
	sd_journal *j = NULL;

	if (sd_journal_open(&j, SD_JOURNAL_LOCAL_ONLY) < 0)
		return;
	if (begin_at(j, since_usec) >= 0) {
		read_lines(j, since_usec, &lines);
		tell_pluto(&lines, t);
		if (lines.kernel.data)
			text_printf(t, "; kernel: %s", lines.kernel.data);
	}
	sd_journal_close(j);
	text_done(&lines.pluto);
	text_done(&lines.kernel);
	free(lines.error);
}
