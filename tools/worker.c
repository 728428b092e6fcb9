/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker.h"

#include "config.h"

#include "command.h"
#include "fields.h"
#include "progress.h"

/* A look takes a second or two; "ipsec" and NetworkManager may each use up their own limits. */
#define LIMIT_USEC UINT64_C(180000000)
#define MAX_OUTPUT ((size_t)256 * 1024 * 1024)

/* Takes one line; reports of another kind, and of other bonds, are none of ours. */
static int take_report(const char *line, size_t len, const char *bond, json_t *bonds)
{
	json_t *report = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL), *taken;
	int r = 0;

	if (!json_is_object(report)) {
		json_decref(report);
		return -EBADMSG;
	}
	if (field_is(report, "report", "bond") && (!bond || field_is(report, "bond", bond))) {
		taken = json_pack("{s:O, s:O, s:O}", "bond", json_object_get(report, "bond"),
				  "findings", json_object_get(report, "findings"), "plan",
				  json_object_get(report, "plan"));
		if (!taken)
			r = -EBADMSG;
		else if (json_array_append_new(bonds, taken) < 0)
			r = -ENOMEM;
	}
	json_decref(report);
	return r;
}

static int take_reports(const struct command_result *result, const char *bond, json_t *bonds)
{
	const char *line = result->out, *end = result->out + result->out_len;
	int r = 0;

	while (line < end && r >= 0) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline ? newline : end) - line);

		if (len > 0)
			r = take_report(line, len, bond, bonds);
		line += len + 1;
	}
	return r;
}

/* Return: an exit status. */
static int judge_end(const char *program, const struct command_result *result)
{
	if (result->err_len > 0)
		ctl_print_safe(stderr, result->err);
	if (result->timed_out)
		ctl_error(
			"%s did not end within %u s. Something that it asks hangs: NetworkManager, "
			"or the ipsec command.",
			program, (unsigned int)(LIMIT_USEC / 1000000));
	else if (result->signal)
		ctl_error("%s was ended by signal %d.", program, result->signal);
	else if (result->exit_status != 0)
		ctl_error("Cannot look at the host: %s ended with status %d.", program,
			  result->exit_status);
	else if (result->truncated)
		ctl_error("%s said too much.", program);
	else
		return CTL_FINE;
	return CTL_ERROR;
}

static void on_waiting(void *userdata)
{
	progress_tick(userdata);
}

/* Runs the worker to its end; @doing is shown meanwhile. Return: an exit status. */
static int run(const struct ctl *ctl, const char *doing, const char *const argv[],
	       struct command_result *ret)
{
	struct progress progress = PROGRESS_NULL;
	const struct command_options options = { .limit_usec = LIMIT_USEC,
						 .max_output = MAX_OUTPUT,
						 .waiting = on_waiting,
						 .userdata = &progress };
	int r;

	progress_begin(&progress, ctl, doing);
	r = command_run(argv, &options, ret);
	progress_end(&progress);
	if (r == -ENOENT) {
		ctl_error("There is no %s: it comes with esp-offloadd, or is told by --worker=.",
			  argv[0]);
		return CTL_ERROR;
	}
	if (r < 0) {
		ctl_error("Cannot run %s: %s", argv[0], strerror(-r));
		return CTL_ERROR;
	}
	return judge_end(argv[0], ret);
}

int worker_look(const struct ctl *ctl, const char *program, const char *bond, json_t **ret)
{
	_cleanup_command_result_ struct command_result result = COMMAND_RESULT_NULL;
	const char *argv[6];
	json_t *bonds;
	size_t n = 0;
	int r, status;

	if (!program)
		program = WORKER_PATH;
	argv[n++] = program;
	argv[n++] = "run";
	if (ctl->root) {
		argv[n++] = "--root";
		argv[n++] = ctl->root;
	}
	if (bond)
		argv[n++] = bond;
	argv[n] = NULL;

	status = run(ctl, "Looking at the host", argv, &result);
	if (status != CTL_FINE)
		return status;

	bonds = json_array();
	r = bonds ? take_reports(&result, bond, bonds) : -ENOMEM;
	if (r < 0) {
		json_decref(bonds);
		ctl_error("%s gave a strange answer: %s", program, strerror(-r));
		return CTL_ERROR;
	}
	*ret = bonds;
	return CTL_FINE;
}

int worker_propose(const struct ctl *ctl, const char *program, char **ret)
{
	const char *const argv[] = { program ? program : WORKER_PATH, "propose", NULL };
	_cleanup_command_result_ struct command_result result = COMMAND_RESULT_NULL;
	int status;

	status = run(ctl, "Looking at the host", argv, &result);
	if (status != CTL_FINE)
		return status;
	if (result.out_len == 0 || strlen(result.out) != result.out_len) {
		ctl_error("%s gave a strange answer.", argv[0]);
		return CTL_ERROR;
	}
	*ret = TAKE_PTR(result.out);
	return CTL_FINE;
}

int worker_option(const char *argument, const char **ret)
{
	if (argument[0] != '/') {
		ctl_error("--worker= takes the full path of a program, not \"%s\"", argument);
		return CTL_USAGE;
	}
	*ret = argument;
	return -1;
}

/* ---- diagnosing ---- */

/* The last line is the diagnosis; those before it tell what is going on. */
static json_t *last_report(const struct command_result *result)
{
	size_t end = result->out_len, begin;
	json_t *report;

	while (end > 0 && result->out[end - 1] == '\n')
		end--;
	for (begin = end; begin > 0 && result->out[begin - 1] != '\n'; begin--)
		;
	report = json_loadb(result->out + begin, end - begin, JSON_REJECT_DUPLICATES, NULL);
	if (report && field_is(report, "report", "diagnosis") &&
	    json_object_del(report, "report") == 0)
		return report;
	json_decref(report);
	return NULL;
}

int worker_diagnose(const struct ctl *ctl, const char *program, const char *const *arguments,
		    json_t **ret)
{
	_cleanup_command_result_ struct command_result result = COMMAND_RESULT_NULL;
	const char *argv[24] = { program ? program : WORKER_PATH };
	int status;

	for (size_t i = 0; arguments[i] && i + 2 < ARRAY_SIZE(argv); i++)
		argv[i + 1] = arguments[i];
	status = run(ctl, "diagnosing", argv, &result);
	if (status != CTL_FINE)
		return status;
	*ret = last_report(&result);
	if (!*ret) {
		ctl_error("%s gave a strange answer.", argv[0]);
		return CTL_ERROR;
	}
	return CTL_FINE;
}
