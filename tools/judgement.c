/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judgement.h"

#include "fields.h"
#include "terminal.h"

/* ---- findings ---- */

/* 0 is the worst. */
static unsigned int rank_of(const char *severity)
{
	return streq(severity, "blocks") ? 0 : streq(severity, "warns") ? 1 : 2;
}

struct judgement_counts judgement_count(const json_t *findings)
{
	struct judgement_counts counts = { 0 };
	size_t *const by_rank[] = { &counts.blocks, &counts.warns, &counts.notes };
	json_t *f;
	size_t i;

	json_array_foreach(findings, i, f)++ *by_rank[rank_of(field_string(f, "severity"))];
	return counts;
}

static void print_detail(const char *name, const char *text)
{
	if (!*text)
		return;
	printf("          %-8s", name);
	terminal_wrap(stdout, 18, terminal_width(), text);
}

static void print_finding(const struct ctl *ctl, const json_t *f)
{
	_cleanup_free_ char *seen = NULL;
	const char *severity = field_string(f, "severity");
	enum tone tone = terminal_tone_of(severity);

	printf("  %s", terminal_begin(ctl, tone));
	ctl_print_safe(stdout, severity);
	printf("%s%*s", terminal_end(ctl, tone),
	       strlen(severity) < 8 ? (int)(8 - strlen(severity)) : 1, "");
	if (asprintf(&seen, "%s: %s (%s)", field_string(f, "subject"), field_string(f, "seen"),
		     field_string(f, "id")) < 0)
		seen = NULL;
	terminal_wrap(stdout, 10, terminal_width(), seen ? seen : field_string(f, "seen"));
	print_detail("why:", field_string(f, "why"));
	print_detail("to do:", field_string(f, "remedy"));
}

void judgement_print_findings(const struct ctl *ctl, const json_t *findings, const char *least)
{
	json_t *f;
	size_t i;

	for (unsigned int rank = 0; rank <= rank_of(least); rank++)
		json_array_foreach(findings, i, f)
		{
			if (rank_of(field_string(f, "severity")) == rank)
				print_finding(ctl, f);
		}
}

void judgement_summarise(const struct judgement_counts *counts, char *buffer, size_t size)
{
	const struct {
		size_t n;
		const char *one, *more;
	} parts[] = {
		{ counts->blocks, "blocks", "block" },
		{ counts->warns, "warns", "warn" },
		{ counts->notes, "is good to know", "are good to know" },
	};
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(parts) && used < size; i++) {
		bool first = used == 0;

		if (parts[i].n == 0)
			continue;
		used += (size_t)snprintf(buffer + used, size - used, "%s%zu%s %s",
					 first ? "" : ", ", parts[i].n,
					 !first           ? ""
					 : parts[i].n > 1 ? " findings"
							  : " finding",
					 parts[i].n > 1 ? parts[i].more : parts[i].one);
	}
}

/* ---- steps ---- */

/* The kinds of steps (lib/plan.h), as something that goes on. */
static const struct {
	const char *kind;
	const char *phrase;
} steps[] = {
	{ "profile", "writing the feature into the profile" },
	{ "reactivate", "activating the profile again, which interrupts the bond:" },
	{ "live", "switching the feature on in the kernel, of" },
	{ "conn", "writing nic-offload into the conn" },
	{ "replace", "having pluto take up the conn" },
	{ "rekey", "having pluto negotiate new SAs for" },
	{ "restart", "restarting" },
};

void step_phrase(const char *reason, char *buffer, size_t size)
{
	size_t len = strcspn(reason, " ");

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (strlen(steps[i].kind) == len && strncmp(steps[i].kind, reason, len) == 0) {
			snprintf(buffer, size, "%s%s", steps[i].phrase, reason + len);
			return;
		}
	snprintf(buffer, size, "%s", reason);
}

/* Of several lines the first stands beside the name, the others below it. */
static void print_step_detail(const char *name, const char *text)
{
	if (!*text)
		return;
	printf("     %-12s", name);
	/* A diff is not to be wrapped. */
	terminal_wrap(stdout, 17, strchr(text, '\n') ? 0 : terminal_width(), text);
}

void judgement_print_plan(const struct ctl *ctl, const json_t *plan)
{
	json_t *step;
	size_t i;

	json_array_foreach(plan, i, step)
	{
		printf("%3zu. %s", i + 1, terminal_begin(ctl, TONE_STRONG));
		ctl_print_safe(stdout, field_string(step, "step"));
		printf("%s ", terminal_end(ctl, TONE_STRONG));
		ctl_print_safe(stdout, field_string(step, "subject"));
		putchar('\n');
		print_step_detail("changes:", field_string(step, "change"));
		print_step_detail("interrupts:", field_string(step, "interrupts"));
		print_step_detail("undone by:", field_string(step, "undo"));
	}
}
