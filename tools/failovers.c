/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <time.h>

#include "bonds.h"
#include "fields.h"
#include "terminal.h"
#include "times.h"
#include "verbs.h"

static const char help[] =
	"Usage: esp-offloadctl failovers [OPTION…] [BOND]\n\n"
	"Lists each switch of the active port that is remembered, oldest first: when, from\n"
	"where to where, why, how long no port was active, whether the hardware did the work\n"
	"afterwards and when that was proven, how many SAs there are, and what the kernel said.\n\n"
	"Options:\n"
	"  --since=TIME              only from then on: \"2026-01-02 03:04\", today, yesterday,\n"
	"                            \"03:04\", -1h, \"2 days ago\", @SECONDS\n"
	"  --json=short|pretty|off   machine-readable output\n"
	"  --no-legend               the table without headings\n"
	"  -h, --help                this text\n\n"
	"Exit status: 0, also when there was none; 1 error.\n";

static int append_since(sd_bus_message *m, const void *userdata)
{
	return sd_bus_message_append(m, "t", *(const uint64_t *)userdata);
}

/* Adds the failovers of one bond to the list, each with the bond's name. Return: exit status. */
static int collect(struct daemon *d, const struct ctl *ctl, const json_t *bond, uint64_t since,
		   json_t *list)
{
	const char *name = field_string(bond, "interface");
	const struct daemon_question q = {
		.bond = name,
		.method = "GetFailovers",
		.append = append_since,
		.userdata = &since,
		.doing = "Reading the failovers",
	};
	sd_bus_error error = SD_BUS_ERROR_NULL;
	json_t *answer = NULL, *failover;
	int status = CTL_FINE;
	size_t i;

	if (daemon_ask(d, ctl, &q, &answer, &error) < 0)
		status = daemon_complain(&error, name);
	sd_bus_error_free(&error);
	json_array_foreach(answer, i, failover)
	{
		json_t *named = json_pack("{s:s}", "bond", name);

		if (!named || !json_is_object(failover) ||
		    json_object_update(named, failover) < 0 || json_array_append(list, named) < 0) {
			ctl_error("esp-offloadd gave a strange answer.");
			status = CTL_ERROR;
		}
		json_decref(named);
	}
	json_decref(answer);
	return status;
}

static int compare_times(const void *a, const void *b)
{
	json_int_t x = field_integer(*(json_t *const *)a, "realtime_usec");
	json_int_t y = field_integer(*(json_t *const *)b, "realtime_usec");

	return x < y ? -1 : x > y;
}

/* Of several bonds, in the order of time. Return: the sorted list, or NULL. */
static json_t *sort(json_t *list)
{
	size_t n = json_array_size(list), i;
	_cleanup_free_ json_t **items = calloc(n + 1, sizeof(json_t *));
	json_t *sorted = json_array(), *item;

	if (!items || !sorted) {
		json_decref(sorted);
		return NULL;
	}
	json_array_foreach(list, i, item) items[i] = item;
	qsort(items, n, sizeof(json_t *), compare_times);
	for (i = 0; i < n; i++)
		(void)json_array_append(sorted, items[i]);
	return sorted;
}

static void add_sas(const json_t *f, const char *key, const char *what, char *buffer, size_t size)
{
	size_t n = strlen(buffer);

	if (field_integer(f, key) > 0)
		snprintf(buffer + n, size - n, ", %lld %s", (long long)field_integer(f, key), what);
}

/*
 * How many SAs there are after it: "2", "2 of 4" where some are gone, "4, 3 refused", "4, 1 idle".
 */
static void print_sas(const json_t *f, char *buffer, size_t size)
{
	json_int_t before = field_integer(f, "sas_before"), after = field_integer(f, "sas_after");

	if (!field_is_there(f, "sas_after")) {
		snprintf(buffer, size, "-");
		return;
	}
	snprintf(buffer, size, "%lld", (long long)after);
	if (field_is_there(f, "sas_before") && after < before)
		snprintf(buffer, size, "%lld of %lld", (long long)after, (long long)before);
	add_sas(f, "sas_refused", "refused", buffer, size);
	add_sas(f, "sas_idle", "idle", buffer, size);
}

/* What the kernel said of it, else why the verdict is no better; and the hint of its counters. */
static void print_remark(const json_t *f, char *buffer, size_t size)
{
	const char *kernel = field_string(f, "kernel"), *reason = field_string(f, "reason");
	const char *errors = field_string(f, "xfrm_errors");
	const char *remark = *kernel ? kernel : reason;

	if (*errors)
		snprintf(buffer, size, "%s%s%s", remark, *remark ? "; " : "", errors);
	else
		snprintf(buffer, size, "%s", *remark ? remark : "-");
}

static int add_failover(struct libscols_table *table, const json_t *f)
{
	char when[TIMES_TEXT_SIZE], outage[TIMES_TEXT_SIZE] = "-", after[TIMES_TEXT_SIZE] = "-";
	char sas[96], remark[512];
	const char *verdict = field_string(f, "verdict");
	const char *const cells[] = {
		when,
		field_string(f, "bond"),
		field_string(f, "from"),
		field_string(f, "to"),
		field_string(f, "cause"),
		outage,
		*verdict ? verdict : "-",
		after,
		sas,
		remark,
	};
	int r;

	print_sas(f, sas, sizeof(sas));
	print_remark(f, remark, sizeof(remark));

	times_print((uint64_t)field_integer(f, "realtime_usec"), when);
	if (!field_is_there(f, "outage_usec"))
		snprintf(outage, sizeof(outage), "unknown");
	else if (field_integer(f, "outage_usec") > 0)
		times_print_span((uint64_t)field_integer(f, "outage_usec"), outage);
	if (*verdict)
		times_print_span((uint64_t)field_integer(f, "verdict_usec"), after);
	r = ctl_table_line(table, cells, ARRAY_SIZE(cells));
	terminal_paint_cell(table, 6);
	return r;
}

static int print_table(const struct ctl *ctl, const json_t *list)
{
	static const struct ctl_column columns[] = {
		{ "TIME", false, false },    { "BOND", false, false },
		{ "FROM", false, false },    { "TO", false, false },
		{ "CAUSE", false, false },   { "WITHOUT PORT", true, false },
		{ "VERDICT", false, false }, { "AFTER", true, false },
		{ "SAS", false, false },     { "REMARK", false, true },
	};
	struct libscols_table *table;
	json_t *f;
	size_t i;

	if (json_array_size(list) == 0) {
		puts("No failover.");
		return CTL_FINE;
	}
	table = ctl_table(ctl, columns, ARRAY_SIZE(columns));
	json_array_foreach(list, i, f)
	{
		if (table && add_failover(table, f) < 0) {
			scols_unref_table(table);
			table = NULL;
		}
	}
	return ctl_print_table(table);
}

static int list_failovers(const struct ctl *ctl, const char *name, uint64_t since)
{
	_cleanup_(daemon_closep) struct daemon *d = NULL;
	json_t *document = NULL, *bonds = NULL, *list = json_array(), *sorted = NULL, *bond;
	int status;
	size_t i;

	status = bonds_read(&d, &document);
	if (status == CTL_FINE)
		status = bonds_choose(document, name, &bonds);
	json_array_foreach(bonds, i, bond)
	{
		status = bonds_worse(status, collect(d, ctl, bond, since, list));
	}
	if (status == CTL_FINE) {
		sorted = sort(list);
		status = ctl->json == CTL_JSON_OFF && sorted
				 ? print_table(ctl, sorted)
				 : ctl_print_json(ctl,
						  sorted ? json_pack("{s:O}", "failovers", sorted)
							 : NULL);
	}
	json_decref(sorted);
	json_decref(list);
	json_decref(bonds);
	json_decref(document);
	return status;
}

static int read_since(const char *text, uint64_t *ret)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (times_parse(text, (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000, ret) >=
	    0)
		return CTL_FINE;
	ctl_error("--since= takes a time such as \"2026-01-02 03:04\", today, -1h or @SECONDS, not "
		  "\"%s\"",
		  text);
	return CTL_USAGE;
}

int verb_failovers(struct ctl *ctl, int argc, char **argv)
{
	enum {
		SINCE = CTL_OPTION_OWN
	};
	static const struct option options[] = { CTL_OPTIONS,
						 { "since", required_argument, NULL, SINCE },
						 { 0 } };
	uint64_t since = 0;
	const char *name;
	int option, status;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (option == SINCE) {
			status = read_since(optarg, &since);
			if (status != CTL_FINE)
				return status;
			continue;
		}
		status = ctl_option(ctl, option, optarg, help);
		if (status >= 0)
			return status;
	}
	status = bonds_argument_here(ctl, argc, argv, &name);
	return status == CTL_FINE ? list_failovers(ctl, name, since) : status;
}
