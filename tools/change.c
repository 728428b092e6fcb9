/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bond-text.h"
#include "bonds.h"
#include "fields.h"
#include "terminal.h"
#include "verbs.h"

/* What changes something: apply, revert and reload. */

static const char apply_help[] =
	"Usage: esp-offloadctl apply [OPTION…] [BOND]\n\n"
	"Brings the bond to what the policy says, now: also one that failed before, or was\n"
	"reverted. Where all is as it should be nothing is touched. The bond must be named\n"
	"where the policy has several. \"esp-offloadctl plan\" says beforehand what would be\n"
	"done.\n\n"
	"Options:\n"
	"  --json=short|pretty|off   the bond afterwards, machine-readable\n"
	"  -h, --help                this text\n\n"
	"Exit status: 0 done, 3 something stands in the way, 1 it failed and was taken back.\n";

static const char revert_help[] =
	"Usage: esp-offloadctl revert [OPTION…] [BOND]\n\n"
	"Takes back all that was ever applied to the bond, in the reverse order. Afterwards\n"
	"it is only watched, until \"esp-offloadctl apply\" or \"esp-offloadctl reload\". The\n"
	"bond must be named where the policy has several.\n\n"
	"Options:\n"
	"  --json=short|pretty|off   the bond afterwards, machine-readable\n"
	"  -h, --help                this text\n\n"
	"Exit status: 0 done, 1 error.\n";

static const char reload_help[] =
	"Usage: esp-offloadctl reload [OPTION…]\n\n"
	"Has esp-offloadd read its configuration anew, whole or not at all: with a mistake in\n"
	"it the old one stays in force. All mistakes are shown.\n\n"
	"Options:\n"
	"  -h, --help                this text\n\n"
	"Exit status: 0 the new configuration is in force, 1 the old one is.\n";

static int append_no_options(sd_bus_message *m, const void *userdata _unused_)
{
	return sd_bus_message_append(m, "a{sv}", 0);
}

/* What the steps have interrupted; those that interrupted nothing are left out. */
static void print_interruptions(const json_t *bond)
{
	const json_t *steps = json_object_get(bond, "last_interruptions"), *step;
	size_t i;

	json_array_foreach(steps, i, step)
	{
		const char *interrupted = field_string(step, "interrupted");

		if (streq(interrupted, "nothing"))
			continue;
		fputs("interrupted by ", stdout);
		ctl_print_safe(stdout, field_string(step, "step"));
		fputs(": ", stdout);
		ctl_print_safe(stdout, interrupted);
		putchar('\n');
	}
}

/* How the bond stands after it. */
static int print_outcome(const struct ctl *ctl, struct daemon *d, const char *name)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	json_t *document = NULL;
	const json_t *bond;
	const char *reason, *state;
	int status = CTL_FINE;
	enum tone tone;

	if (daemon_read(d, &document, &error) < 0) {
		status = daemon_complain(&error, name);
		sd_bus_error_free(&error);
		return status;
	}
	bond = daemon_bond(document, name);
	if (!bond) {
		json_decref(document);
		return bonds_gone(name);
	}
	state = field_string(bond, "state");
	reason = field_string(bond, "state_reason");
	tone = terminal_tone_of(state);
	if (ctl->json != CTL_JSON_OFF) {
		status = ctl_print_json(ctl, json_incref((json_t *)bond));
	} else {
		printf("%s: %s", name, terminal_begin(ctl, tone));
		ctl_print_safe(stdout, state);
		printf("%s%s", terminal_end(ctl, tone), *reason ? ": " : "");
		ctl_print_safe(stdout, reason);
		putchar('\n');
		print_interruptions(bond);
		if (streq(state, "configured"))
			printf("\"esp-offloadctl verify %s\" proves it.\n", name);
	}
	json_decref(document);
	return status;
}

static int change(struct ctl *ctl, int argc, char **argv, const char *help,
		  const struct daemon_question *question)
{
	_cleanup_(daemon_closep) struct daemon *d = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	json_t *document = NULL;
	const char *name = NULL;
	struct daemon_question q = *question;
	char doing[128];
	int status;

	status = bonds_options(ctl, argc, argv, help, &name);
	if (status >= 0)
		return status;
	status = bonds_read(&d, &document);
	if (status == CTL_FINE)
		status = bonds_only(document, name, &name);
	if (status == CTL_FINE) {
		snprintf(doing, sizeof(doing), "%s: %s", name, question->doing);
		q.bond = name;
		q.doing = doing;
		q.authorize = true;
		q.tell_progress = true;
		if (daemon_ask(d, ctl, &q, NULL, &error) < 0)
			status = daemon_complain(&error, name);
		else
			status = print_outcome(ctl, d, name);
		sd_bus_error_free(&error);
	}
	json_decref(document);
	return status;
}

int verb_apply(struct ctl *ctl, int argc, char **argv)
{
	struct daemon_question q = { .method = "Apply",
				     .append = append_no_options,
				     .doing = "applying the policy" };

	return change(ctl, argc, argv, apply_help, &q);
}

int verb_revert(struct ctl *ctl, int argc, char **argv)
{
	struct daemon_question q = { .method = "Revert", .doing = "taking back what was applied" };

	return change(ctl, argc, argv, revert_help, &q);
}

int verb_reload(struct ctl *ctl, int argc, char **argv)
{
	_cleanup_(daemon_closep) struct daemon *d = NULL;
	const struct daemon_question q = { .method = "Reload",
					   .authorize = true,
					   .doing = "Reading the configuration" };
	sd_bus_error error = SD_BUS_ERROR_NULL;
	const char *surplus = NULL;
	int r, status;

	status = bonds_options(ctl, argc, argv, reload_help, &surplus);
	if (status >= 0)
		return status;
	if (surplus) {
		ctl_error("The configuration is read as a whole: \"%s\" is too much.", surplus);
		return CTL_USAGE;
	}
	r = daemon_open(&d, &error);
	if (r >= 0)
		r = daemon_ask(d, ctl, &q, NULL, &error);
	status = r < 0 ? daemon_complain(&error, NULL) : CTL_FINE;
	sd_bus_error_free(&error);
	return status;
}
