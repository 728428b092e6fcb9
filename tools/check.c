/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>

#include "bonds.h"
#include "fields.h"
#include "judgement.h"
#include "terminal.h"
#include "verbs.h"
#include "worker.h"

/*
 * check and plan: what stands in the way, and what would be changed. The daemon is asked where it
 * runs, for it knows the policy in force; else its worker looks at the host for us.
 */

static const char check_help[] =
	"Usage: esp-offloadctl check [OPTION…] [BOND]\n\n"
	"Looks at the host and says what stands in the way of ESP offload on the bond, or on\n"
	"all bonds of the policy: what was seen, why it matters, and what to do. Changes\n"
	"nothing. Works without esp-offloadd too, with the configuration as it is in the\n"
	"files.\n\n"
	"Options:\n"
	"  --root=FOLDER             the configuration lies below this folder; the daemon is not\n"
	"                            asked\n"
	"  --worker=FILE             look by this program instead of the daemon's own\n"
	"  --json=short|pretty|off   machine-readable output\n"
	"  -h, --help                this text\n\n"
	"Exit status: 0 nothing blocks, 3 something does, 1 it could not be found out.\n";

static const char plan_help[] =
	"Usage: esp-offloadctl plan [OPTION…] [BOND]\n\n"
	"Says what \"esp-offloadctl apply\" would do to the bond, or to all bonds of the\n"
	"policy: each step, what it changes, what it interrupts and for how long at the most,\n"
	"and its undo. Changes nothing. Works without esp-offloadd too.\n\n"
	"Options:\n"
	"  --root=FOLDER             the configuration lies below this folder; the daemon is not\n"
	"                            asked\n"
	"  --worker=FILE             look by this program instead of the daemon's own\n"
	"  --json=short|pretty|off   machine-readable output\n"
	"  -h, --help                this text\n\n"
	"Exit status: 0 there is a plan, also an empty one; 3 something blocks; 1 it could\n"
	"not be found out.\n";

struct looking {
	const char *method; /* of org.espoffload1.Bond */
	const char *bond;   /* NULL: all */
	const char *worker; /* NULL: the installed one */
};

/* One bond as check and plan show it. */
static json_t *standing_of(const char *name, json_t *findings, json_t *plan)
{
	json_t *standing = json_pack("{s:s, s:O}", "bond", name, "findings", findings);

	if (standing && plan && json_object_set(standing, "plan", plan) < 0) {
		json_decref(standing);
		return NULL;
	}
	return standing;
}

/* The daemon looks at all bonds at once: the first answer makes the others' findings fresh too. */
static int ask_daemon(struct daemon *d, const struct ctl *ctl, const struct looking *l,
		      json_t *names, json_t **ret, sd_bus_error *error)
{
	bool plans = streq(l->method, "Plan");
	json_t *standings = json_array(), *document = NULL, *answers = json_array(), *name;
	int r = standings && answers ? 0 : -ENOMEM;
	size_t i;

	json_array_foreach(names, i, name)
	{
		struct daemon_question q = { .bond = json_string_value(name),
					     .method = l->method,
					     .doing = "Looking at the host" };
		json_t *answer = NULL;

		if (r >= 0 && (i == 0 || plans))
			r = daemon_ask(d, ctl, &q, &answer, error);
		if (r >= 0 && json_array_append_new(answers, answer ? answer : json_null()) < 0)
			r = -ENOMEM;
	}
	if (r >= 0)
		r = daemon_read(d, &document, error);
	json_array_foreach(names, i, name)
	{
		const json_t *bond = r >= 0 ? daemon_bond(document, json_string_value(name)) : NULL;

		if (bond &&
		    json_array_append_new(standings, standing_of(json_string_value(name),
								 json_object_get(bond, "findings"),
								 plans ? json_array_get(answers, i)
								       : NULL)) < 0)
			r = -ENOMEM;
	}
	json_decref(answers);
	json_decref(document);
	if (r < 0)
		json_decref(standings);
	else
		*ret = standings;
	return r;
}

/* Return: an exit status, or -1 when there is no daemon to ask. */
static int look_by_daemon(const struct ctl *ctl, const struct looking *l, json_t **ret)
{
	_cleanup_(daemon_closep) struct daemon *d = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	json_t *document = NULL, *bonds = NULL, *names = json_array(), *bond;
	int r, status = CTL_FINE;
	size_t i;

	r = daemon_open(&d, &error);
	if (r >= 0)
		r = daemon_read(d, &document, &error);
	if (r >= 0) {
		status = bonds_choose(document, l->bond, &bonds);
		json_array_foreach(bonds, i, bond)(void)
			json_array_append(names, json_object_get(bond, "interface"));
	}
	if (r >= 0 && status == CTL_FINE)
		r = ask_daemon(d, ctl, l, names, ret, &error);
	if (r < 0)
		status = daemon_is_absent(&error) ? -1 : daemon_complain(&error, l->bond);
	json_decref(document);
	json_decref(bonds);
	json_decref(names);
	sd_bus_error_free(&error);
	return status;
}

static int look_by_worker(const struct ctl *ctl, const struct looking *l, json_t **ret)
{
	json_t *bonds = NULL, *bond;
	int status;
	size_t i;

	status = worker_look(ctl, l->worker, l->bond, &bonds);
	if (status != CTL_FINE)
		return status;
	if (l->bond && json_array_size(bonds) == 0) {
		ctl_error("The policy has no bond \"%s\". See \"esp-offloadctl config show\".",
			  l->bond);
		json_decref(bonds);
		return CTL_ERROR;
	}
	json_array_foreach(bonds, i, bond)
	{
		if (streq(l->method, "Check"))
			(void)json_object_del(bond, "plan");
	}
	*ret = bonds;
	return CTL_FINE;
}

/* ---- for people ---- */

static void print_name(const struct ctl *ctl, const json_t *standing)
{
	printf("%s", terminal_begin(ctl, TONE_STRONG));
	ctl_print_safe(stdout, field_string(standing, "bond"));
	printf("%s: ", terminal_end(ctl, TONE_STRONG));
}

static void print_check(const struct ctl *ctl, const json_t *standing)
{
	const json_t *findings = json_object_get(standing, "findings");
	const struct judgement_counts counts = judgement_count(findings);
	char summary[128];

	judgement_summarise(&counts, summary, sizeof(summary));
	print_name(ctl, standing);
	if (counts.blocks == 0)
		printf("nothing stands in the way%s", *summary ? "; " : "");
	puts(summary);
	judgement_print_findings(ctl, findings, "notes");
}

static void print_plan(const struct ctl *ctl, const json_t *standing)
{
	const json_t *findings = json_object_get(standing, "findings");
	const json_t *plan = json_object_get(standing, "plan");
	const struct judgement_counts counts = judgement_count(findings);
	size_t n = json_array_size(plan);

	print_name(ctl, standing);
	if (counts.blocks > 0) {
		puts("nothing would be changed, something stands in the way");
		judgement_print_findings(ctl, findings, "blocks");
		return;
	}
	if (n == 0)
		puts("nothing to do, all is as it should be");
	else
		printf("%zu step%s\n", n, n == 1 ? "" : "s");
	judgement_print_plan(ctl, plan);
}

static int print_standings(const struct ctl *ctl, const struct looking *l, json_t *standings)
{
	json_t *standing, *document;
	int status = CTL_FINE;
	size_t i;

	json_array_foreach(standings, i, standing)
	{
		if (judgement_count(json_object_get(standing, "findings")).blocks > 0)
			status = CTL_BLOCKED;
		if (ctl->json != CTL_JSON_OFF)
			continue;
		if (i > 0)
			putchar('\n');
		if (streq(l->method, "Plan"))
			print_plan(ctl, standing);
		else
			print_check(ctl, standing);
	}
	if (ctl->json != CTL_JSON_OFF) {
		document = l->bond ? json_incref(json_array_get(standings, 0))
				   : json_pack("{s:O}", "bonds", standings);
		return bonds_worse(status, ctl_print_json(ctl, document));
	}
	if (json_array_size(standings) == 0)
		puts("The policy has no bond. Name one in the configuration: see "
		     "\"esp-offloadctl config show\".");
	return status;
}

static int look(struct ctl *ctl, struct looking *l, int argc, char **argv, const char *help)
{
	enum {
		WORKER = CTL_OPTION_OWN
	};
	static const struct option options[] = { CTL_OPTIONS,
						 { "worker", required_argument, NULL, WORKER },
						 { 0 } };
	json_t *standings = NULL;
	int option, status;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		status = option == WORKER ? worker_option(optarg, &l->worker)
					  : ctl_option(ctl, option, optarg, help);
		if (status >= 0)
			return status;
	}
	status = bonds_argument(argc, argv, &l->bond);
	if (status != CTL_FINE)
		return status;

	status = ctl->root || l->worker ? -1 : look_by_daemon(ctl, l, &standings);
	if (status < 0)
		status = look_by_worker(ctl, l, &standings);
	/* A reload may have removed it since it was chosen. */
	if (status == CTL_FINE && l->bond && json_array_size(standings) == 0)
		status = bonds_gone(l->bond);
	if (status == CTL_FINE)
		status = print_standings(ctl, l, standings);
	json_decref(standings);
	return status;
}

int verb_check(struct ctl *ctl, int argc, char **argv)
{
	struct looking l = { .method = "Check" };

	return look(ctl, &l, argc, argv, check_help);
}

int verb_plan(struct ctl *ctl, int argc, char **argv)
{
	struct looking l = { .method = "Plan" };

	return look(ctl, &l, argc, argv, plan_help);
}
