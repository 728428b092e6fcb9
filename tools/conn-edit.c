/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conn.h"

#include "text.h"

/* conn set and conn unset */

/* What became of it. */
enum outcome {
	OUTCOME_ALREADY,
	OUTCOME_PLANNED, /* --dry-run */
	OUTCOME_CHANGED,
	OUTCOME_REFUSED,
};

static const char *const outcome_names[] = { "already", "planned", "changed", "refused" };

static int answer_json(struct conn_context *c, const char *name, enum outcome outcome,
		       const struct ipsec_conf_edit *edit, const struct ipsec_files_result *result,
		       bool checked)
{
	const char *reason = edit->reason ? edit->reason : result->reason;
	const char *remedy = edit->remedy ? edit->remedy : result->remedy;
	json_t *j = json_object();
	int status;

	json_object_set_new(j, "conn", ctl_json_text(name));
	json_object_set_new(j, "outcome", json_string(outcome_names[outcome]));
	json_object_set_new(j, "file", ctl_json_text(edit->path));
	json_object_set_new(j, "place", conn_place_json(c->conf, edit->place));
	json_object_set_new(j, "diff", ctl_json_text(edit->diff));
	json_object_set_new(j, "checked", json_boolean(checked));
	json_object_set_new(j, "refusal",
			    outcome != OUTCOME_REFUSED
				    ? json_null()
				    : json_string(edit->refusal
							  ? ipsec_conf_refusal_name(edit->refusal)
							  : "write"));
	json_object_set_new(j, "reason", ctl_json_text(reason));
	json_object_set_new(j, "remedy", ctl_json_text(remedy));
	json_object_set_new(j, "note", ctl_json_text(edit->note));
	status = ctl_print_json(c->ctl, j);
	return status == CTL_FINE && outcome == OUTCOME_REFUSED ? CTL_BLOCKED : status;
}

static void print_diff(const struct ctl *ctl, const char *diff)
{
	while (*diff) {
		size_t len = strcspn(diff, "\n");
		_cleanup_free_ char *line = strndup(diff, len);
		const char *color = diff[0] == '+'   ? "\033[32m"
				    : diff[0] == '-' ? "\033[31m"
				    : diff[0] == '@' ? "\033[36m"
						     : "";

		if (!line)
			return;
		if (ctl->color && *color)
			fputs(color, stdout);
		ctl_print_safe(stdout, line);
		fputs(ctl->color && *color ? "\033[0m\n" : "\n", stdout);
		diff += len + (diff[len] == '\n');
	}
}

static int answer_text(struct conn_context *c, const char *name, enum outcome outcome,
		       const struct ipsec_conf_edit *edit, const struct ipsec_files_result *result,
		       bool checked)
{
	struct libreswan_version v = ipsec_conf_version(c->conf);
	_cleanup_text_ struct text text = TEXT_NULL;

	if (outcome == OUTCOME_REFUSED) {
		ctl_error("%s.\n%s", edit->reason ? edit->reason : result->reason,
			  edit->remedy ? edit->remedy : result->remedy);
		return CTL_BLOCKED;
	}
	if (edit->diff)
		print_diff(c->ctl, edit->diff);
	if (edit->note)
		text_printf(&text, "%s\n", edit->note);
	if (outcome == OUTCOME_ALREADY)
		text_printf(&text, "%s%s is so already; nothing was written.\n",
			    name ? "conn " : "The crypto policy", name ? name : "");
	if (outcome != OUTCOME_ALREADY && !checked)
		text_add(&text, "No Libreswan is installed here that could have checked it.\n");
	if (outcome == OUTCOME_CHANGED && !c->ctl->root && !name)
		text_add(&text, "Pluto takes it up with: systemctl restart ipsec (interrupts all "
				"tunnels)\n");
	if (outcome == OUTCOME_CHANGED && !c->ctl->root && name)
		text_printf(&text,
			    "Pluto takes it up with: ipsec %s %s (interrupts this conn and those "
			    "that share its IKE SA)\n",
			    v.major >= 5 ? "replace" : "auto --replace", name);
	ctl_print_safe(stdout, text.data ? text.data : "");
	return CTL_FINE;
}

/* Has it checked and written, unless it is refused, is so already, or a dry run. */
static int carry_out(struct conn_context *c, const char *name, int planned,
		     const struct ipsec_conf_edit *edit)
{
	_cleanup_ipsec_files_result_ struct ipsec_files_result result = IPSEC_FILES_RESULT_NULL;
	enum outcome outcome = OUTCOME_PLANNED;
	bool checked = false;
	int r;

	if (planned == IPSEC_CONF_PLANNED) {
		r = ipsec_files_check(c->files, edit, 0, &result);
		checked = r == IPSEC_FILES_DONE;
		if (r == IPSEC_FILES_UNCHECKED)
			r = IPSEC_FILES_DONE;
		if (r == IPSEC_FILES_DONE && !c->dry_run) {
			r = ipsec_files_write(c->files, edit, &result);
			outcome = OUTCOME_CHANGED;
		}
		if (r < 0) {
			ctl_error("%s. %s", result.reason ? result.reason : strerror(-r),
				  result.remedy ? result.remedy : "");
			return CTL_ERROR;
		}
		if (r == IPSEC_FILES_REFUSED)
			outcome = OUTCOME_REFUSED;
	} else {
		outcome = planned == IPSEC_CONF_ALREADY ? OUTCOME_ALREADY : OUTCOME_REFUSED;
	}
	return (c->ctl->json != CTL_JSON_OFF ? answer_json : answer_text)(c, name, outcome, edit,
									  &result, checked);
}

int conn_edit(struct conn_context *c, const char *name, const struct ipsec_conf_change *changes,
	      size_t n)
{
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;
	int r;

	r = ipsec_conf_plan(c->conf, name, changes, n, &edit);
	if (r == -EINVAL) {
		ctl_error("Each key can be named once only.");
		return CTL_USAGE;
	}
	if (r < 0) {
		ctl_error("The edit cannot be planned: %s", strerror(-r));
		return CTL_ERROR;
	}
	return carry_out(c, name, r, edit);
}

int conn_crypto_policy(struct conn_context *c, int argc, char **argv)
{
	_cleanup_(ipsec_conf_edit_freep) struct ipsec_conf_edit *edit = NULL;
	bool on = argc == 1 && streq(argv[0], "on");
	int r;

	if (argc != 1 || (!on && !streq(argv[0], "off"))) {
		ctl_error("conn crypto-policy takes \"off\" or \"on\".");
		return CTL_USAGE;
	}
	r = ipsec_conf_plan_crypto_policy(c->conf, on, &edit);
	if (r < 0) {
		ctl_error("The edit cannot be planned: %s", strerror(-r));
		return CTL_ERROR;
	}
	return carry_out(c, NULL, r, edit);
}

int conn_set(struct conn_context *c, int argc, char **argv)
{
	_cleanup_free_ struct ipsec_conf_change *changes = NULL;

	if (argc < 2) {
		ctl_error("conn set takes the name of a conn, and KEY=VALUE, once or more.");
		return CTL_USAGE;
	}
	changes = calloc((size_t)argc, sizeof(*changes));
	if (!changes) {
		ctl_error("Out of memory.");
		return CTL_ERROR;
	}
	for (int i = 1; i < argc; i++) {
		char *equal = strchr(argv[i], '=');

		if (!equal || equal == argv[i] || !equal[1]) {
			ctl_error("\"%s\" is not KEY=VALUE; a key is taken out by conn unset.",
				  argv[i]);
			return CTL_USAGE;
		}
		*equal = '\0';
		changes[i - 1] = (struct ipsec_conf_change){ argv[i], equal + 1 };
	}
	return conn_edit(c, argv[0], changes, (size_t)argc - 1);
}

int conn_unset(struct conn_context *c, int argc, char **argv)
{
	_cleanup_free_ struct ipsec_conf_change *changes = NULL;

	if (argc < 2) {
		ctl_error("conn unset takes the name of a conn, and a key, once or more.");
		return CTL_USAGE;
	}
	changes = calloc((size_t)argc, sizeof(*changes));
	if (!changes) {
		ctl_error("Out of memory.");
		return CTL_ERROR;
	}
	for (int i = 1; i < argc; i++)
		changes[i - 1] = (struct ipsec_conf_change){ argv[i], NULL };
	return conn_edit(c, argv[0], changes, (size_t)argc - 1);
}
