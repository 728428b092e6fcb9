/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bond-text.h"
#include "bonds.h"
#include "fields.h"
#include "judgement.h"
#include "terminal.h"
#include "text.h"
#include "times.h"
#include "verbs.h"

static const char help[] =
	"Usage: esp-offloadctl status [OPTION…] [BOND]\n\n"
	"Shows the bonds of the policy: their state, what the counters prove, and what is\n"
	"wrong. Of one bond, or the only one, it shows all that is known.\n\n"
	"Options:\n"
	"  --json=short|pretty|off   machine-readable output\n"
	"  --no-legend               tables without headings\n"
	"  -h, --help                this text\n\n"
	"Exit status: 0 offloaded, 3 blocked, waiting or failed, 4 not offloaded, 5 not\n"
	"provable now, 1 error; of several bonds the worst.\n";

static json_int_t count(const json_t *bond, const char *key)
{
	return (json_int_t)json_array_size(json_object_get(bond, key));
}

static int add_bond(struct libscols_table *table, const json_t *bond)
{
	char conns[24], failovers[24];
	const char *active = field_string(bond, "active_port");
	const char *const cells[] = {
		field_string(bond, "interface"),
		field_string(bond, "state"),
		field_string(bond, "verdict"),
		*active ? active : "-",
		conns,
		failovers,
		bond_text_wrong(bond),
	};
	int r;

	snprintf(conns, sizeof(conns), "%lld", (long long)count(bond, "connections"));
	snprintf(failovers, sizeof(failovers), "%lld", (long long)field_integer(bond, "failovers"));
	r = ctl_table_line(table, cells, ARRAY_SIZE(cells));
	terminal_paint_cell(table, 1);
	terminal_paint_cell(table, 2);
	return r;
}

static int print_list(const struct ctl *ctl, const json_t *bonds)
{
	static const struct ctl_column columns[] = {
		{ "BOND", false, false },         { "STATE", false, false },
		{ "VERDICT", false, false },      { "ACTIVE PORT", false, false },
		{ "CONNS", true, false },         { "FAILOVERS", true, false },
		{ "WHAT IS WRONG", false, true },
	};
	struct libscols_table *table = ctl_table(ctl, columns, ARRAY_SIZE(columns));
	json_t *bond;
	size_t i;

	json_array_foreach(bonds, i, bond)
	{
		if (table && add_bond(table, bond) < 0) {
			scols_unref_table(table);
			table = NULL;
		}
	}
	return ctl_print_table(table);
}

/* ---- one bond ---- */

#define NAMES_WIDTH 12

static void print_state(const struct ctl *ctl, const json_t *bond)
{
	const char *state = field_string(bond, "state"),
		   *reason = field_string(bond, "state_reason");
	enum tone tone = terminal_tone_of(state);

	printf("%*s: %s", NAMES_WIDTH, "State", terminal_begin(ctl, tone));
	ctl_print_safe(stdout, state);
	fputs(terminal_end(ctl, tone), stdout);
	if (*reason)
		fputs(": ", stdout);
	terminal_wrap(stdout, NAMES_WIDTH + 2, terminal_width(), reason);
}

static void print_verdict(const struct ctl *ctl, const json_t *bond)
{
	enum tone tone = terminal_tone_of(field_string(bond, "verdict"));
	char verdict[512];

	bond_text_verdict(bond, verdict, sizeof(verdict));
	printf("%*s: %s", NAMES_WIDTH, "Verdict", terminal_begin(ctl, tone));
	terminal_wrap(stdout, NAMES_WIDTH + 2, terminal_width(), verdict);
	fputs(terminal_end(ctl, tone), stdout);
}

static void print_conns(const json_t *bond)
{
	_cleanup_text_ struct text names = TEXT_NULL;
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(bond, "connections"), i, name)
	{
		text_add(&names, i ? ", " : "");
		text_add(&names, json_string_value(name));
	}
	terminal_field(NAMES_WIDTH, "Conns", names.len ? names.data : "none");
}

static void print_failovers(const json_t *bond)
{
	const json_t *last = json_object_get(bond, "last_failover");
	char when[TIMES_TEXT_SIZE], how[256], line[512];
	const char *verdict = field_string(last, "verdict");

	if (json_object_size(last) == 0) {
		terminal_field(NAMES_WIDTH, "Failovers", "none so far");
		return;
	}
	times_print((uint64_t)field_integer(last, "realtime_usec"), when);
	bond_text_failover(last, how, sizeof(how));
	snprintf(line, sizeof(line), "%lld, the last at %s %s%s%s",
		 (long long)field_integer(bond, "failovers"), when, how,
		 *verdict ? ", and then " : ", not proven yet", verdict);
	terminal_field(NAMES_WIDTH, "Failovers", line);
}

static int print_bond(const struct ctl *ctl, const json_t *bond)
{
	const char *active = field_string(bond, "active_port"), *mode = field_string(bond, "mode");
	const char *profile = field_string(bond, "profile_uuid");
	const json_t *findings = json_object_get(bond, "findings");
	int status = CTL_FINE;

	terminal_field(NAMES_WIDTH, "Bond", field_string(bond, "interface"));
	print_state(ctl, bond);
	print_verdict(ctl, bond);
	terminal_field(NAMES_WIDTH, "Active port", *active ? active : "none");
	terminal_field(NAMES_WIDTH, "Mode", *mode ? mode : "the device is not there");
	terminal_field(NAMES_WIDTH, "Feature",
		       field_bool(bond, "feature_enabled") ? "esp-hw-offload is on"
							   : "esp-hw-offload is off");
	terminal_field(NAMES_WIDTH, "Profile", *profile ? profile : "none");
	print_conns(bond);
	print_failovers(bond);
	if (count(bond, "ports") > 0) {
		putchar('\n');
		status = bond_text_ports(ctl, bond);
	}
	if (json_array_size(findings) > 0) {
		putchar('\n');
		judgement_print_findings(ctl, findings, "notes");
	}
	return status;
}

/* ---- all of it ---- */

static void complain_of_files(const json_t *document)
{
	if (!field_bool(document, "configuration_valid"))
		ctl_error("The configuration has mistakes, %s. See \"esp-offloadctl config "
			  "validate\".",
			  count(document, "bonds") > 0 ? "the one before it is in force"
						       : "and none is in force");
}

static int print_text(const struct ctl *ctl, const json_t *bonds, const char *name)
{
	if (name || json_array_size(bonds) == 1)
		return print_bond(ctl, json_array_get(bonds, 0));
	if (json_array_size(bonds) == 0) {
		puts("The policy has no bond. Name one in the configuration, and run "
		     "\"esp-offloadctl reload\".");
		return CTL_FINE;
	}
	return print_list(ctl, bonds);
}

int verb_status(struct ctl *ctl, int argc, char **argv)
{
	_cleanup_(daemon_closep) struct daemon *d = NULL;
	json_t *document = NULL, *bonds = NULL, *bond;
	const char *name = NULL;
	int status, printed;
	size_t i;

	status = bonds_options(ctl, argc, argv, help, &name);
	if (status >= 0)
		return status;
	status = bonds_read(&d, &document);
	if (status == CTL_FINE)
		status = bonds_choose(document, name, &bonds);
	if (status != CTL_FINE) {
		json_decref(document);
		return status;
	}

	complain_of_files(document);
	if (json_array_size(bonds) == 0 && !field_bool(document, "configuration_valid"))
		status = CTL_ERROR;
	json_array_foreach(bonds, i, bond) status = bonds_worse(status, bond_text_status(bond));
	if (ctl->json == CTL_JSON_OFF)
		printed = print_text(ctl, bonds, name);
	else
		printed = ctl_print_json(ctl,
					 json_incref(name ? json_array_get(bonds, 0) : document));
	json_decref(bonds);
	json_decref(document);
	return bonds_worse(status, printed);
}
