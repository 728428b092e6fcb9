/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy-files.h"
#include "policy-words.h"
#include "terminal.h"
#include "text.h"
#include "verbs.h"

static const char help[] =
	"Usage: esp-offloadctl config show [OPTION…]\n"
	"       esp-offloadctl config validate [OPTION…] [FILE…]\n\n"
	"show prints the policy that the files make together, with the default of every key that\n"
	"they do not name. validate says all that is wrong with the files, where, and what was\n"
	"probably meant; with the files named, in that order, instead of the installed ones (\"-\" "
	"is\n"
	"the standard input). Both read files only: what esp-offloadd has in force may be "
	"older.\n\n"
	"Options:\n"
	"  --root=FOLDER             the files lie below this folder\n"
	"  --json=short|pretty|off   machine-readable output\n"
	"  -h, --help                this text\n\n"
	"Exit status: 0 fine, also with warnings; 1 there are errors.\n";

static void free_strings(char **strings)
{
	for (char **i = strings; i && *i; i++)
		free(*i);
	free(strings);
}

/* ---- what is wrong ---- */

static void print_diagnostics(FILE *f, const struct diagnostics *d)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	for (size_t i = 0; i < d->n; i++)
		diagnostic_print(&d->items[i], &t);
	if (t.data)
		ctl_print_safe(f, t.data);
}

static json_t *diagnostic_to_json(const struct diagnostic *d)
{
	return json_pack("{s:s, s:o, s:I, s:I, s:o, s:o, s:o}", "level",
			 d->level == DIAGNOSTIC_ERROR ? "error" : "warning", "file",
			 ctl_json_text(d->file), "line", (json_int_t)d->line, "column",
			 (json_int_t)d->column, "message", ctl_json_text(d->message), "source",
			 ctl_json_text(d->source), "hint", ctl_json_text(d->hint));
}

static json_t *diagnostics_to_json(const struct diagnostics *d)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < d->n; i++)
		(void)json_array_append_new(array, diagnostic_to_json(&d->items[i]));
	return array;
}

/* ---- show ---- */

static json_t *strings_to_json(char *const *strings, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < n; i++)
		(void)json_array_append_new(array, ctl_json_text(strings[i]));
	return array;
}

static json_t *ensure_to_json(const struct policy_ensure *e)
{
	return json_pack("{s:o*, s:o*}", "esn", e->esn ? ctl_json_text(e->esn) : NULL, "esp",
			 e->esp ? ctl_json_text(e->esp) : NULL);
}

static json_t *proof_to_json(const struct policy_proof *p)
{
	char within[POLICY_NUMBER_SIZE], address[FACTS_IP_TEXT_SIZE];
	json_t *proof, *probe = NULL;

	policy_duration_print(p->within_usec, within);
	if (p->probe_address.family != 0)
		probe = json_pack("{s:s, s:I}", "address",
				  facts_ip_print(&p->probe_address, address), "count",
				  (json_int_t)p->probe_count);
	proof = json_pack("{s:s, s:f}", "within", within, "ratio", p->ratio);
	if (probe)
		(void)json_object_set_new(proof, "probe", probe);
	return proof;
}

static json_t *bond_to_json(const struct policy_bond *b)
{
	return json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:b}", "connections",
			 strings_to_json(b->conns, b->n_conns), "drivers",
			 strings_to_json(b->drivers, b->n_drivers), "manage",
			 policy_manage_name(b->manage), "activation",
			 policy_activation_name(b->activation), "ipsec",
			 policy_ipsec_name(b->ipsec), "on-loss", policy_on_loss_name(b->on_loss),
			 "ensure", ensure_to_json(&b->ensure), "proof", proof_to_json(&b->proof),
			 "rollback", b->rollback);
}

static int print_policy_json(const struct ctl *ctl, const struct policy *policy)
{
	json_t *bonds = json_object();

	for (size_t i = 0; bonds && i < policy->n_bonds; i++)
		if (json_object_set_new(bonds, policy->bonds[i].name,
					bond_to_json(&policy->bonds[i])) < 0) {
			json_decref(bonds);
			bonds = NULL;
		}
	return ctl_print_json(ctl, bonds ? json_pack("{s:i, s:o}", "version", POLICY_VERSION,
						     "bonds", bonds)
					 : NULL);
}

static int print_policy(const struct ctl *ctl, const struct policy *policy, char *const *files)
{
	_cleanup_free_ char *yaml = NULL;
	enum tone tone = TONE_FAINT;

	if (ctl->json != CTL_JSON_OFF)
		return print_policy_json(ctl, policy);
	if (policy_print(policy, &yaml) < 0) {
		ctl_error("Out of memory.");
		return CTL_ERROR;
	}
	fputs(terminal_begin(ctl, tone), stdout);
	if (!files || !*files)
		printf("# There is no file: %s/config.yaml would be the first.\n", CONFIG_DIR);
	for (char *const *f = files; f && *f; f++) {
		fputs("# ", stdout);
		ctl_print_safe(stdout, *f);
		putchar('\n');
	}
	fputs(terminal_end(ctl, tone), stdout);
	ctl_print_safe(stdout, yaml);
	return CTL_FINE;
}

static int show(const struct ctl *ctl)
{
	_cleanup_diagnostics_ struct diagnostics diagnostics = DIAGNOSTICS_NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	char **files = NULL;
	int r, status = CTL_ERROR;

	r = policy_files_load(ctl->root, &diagnostics, &files, &policy);
	print_diagnostics(stderr, &diagnostics);
	if (r >= 0)
		status = print_policy(ctl, policy, files);
	else if (r == -EBADMSG)
		ctl_error("The files have mistakes, and make no policy.");
	else
		ctl_error("Cannot read the configuration: %s", strerror(-r));
	free_strings(files);
	return status;
}

/* ---- validate ---- */

/* A file that somebody named: what it is they know, so also a pipe is read. */
static int read_file(const char *path, char **ret, size_t *ret_len)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	bool is_stdin = streq(path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char buffer[16384];
	ssize_t n;
	int r = 0;

	if (fd < 0)
		return -errno;
	while (r == 0 && (n = read(fd, buffer, sizeof(buffer))) != 0) {
		if (n < 0)
			r = errno == EINTR ? 0 : -errno;
		else
			text_add_bytes(&t, buffer, (size_t)n);
		if (t.len > POLICY_FILE_MAX)
			r = -EFBIG;
	}
	if (!is_stdin)
		close(fd);
	if (r < 0)
		return r;
	*ret_len = t.len;
	return text_take(&t, ret);
}

/* Return: as policy_parse(); what cannot be read is said here, with -EIO. */
static int parse_files(char *const *paths, size_t n, struct diagnostics *diagnostics,
		       struct policy **ret)
{
	_cleanup_free_ struct policy_text *texts = calloc(n, sizeof(*texts));
	int r = texts ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && r >= 0; i++) {
		char *bytes = NULL;

		r = read_file(paths[i], &bytes, &texts[i].len);
		texts[i].file = streq(paths[i], "-") ? "standard input" : paths[i];
		if (r >= 0) {
			texts[i].bytes = bytes;
		} else {
			ctl_error("Cannot read %s: %s", texts[i].file, strerror(-r));
			r = -EIO;
		}
	}
	if (r >= 0)
		r = policy_parse(texts, n, diagnostics, ret);
	for (size_t i = 0; texts && i < n; i++)
		free((char *)texts[i].bytes);
	return r;
}

static void print_sum(const struct policy *policy, const struct diagnostics *d, size_t n_files)
{
	size_t errors = diagnostics_errors(d), warnings = d->n - errors;

	if (errors > 0)
		printf("%zu error%s", errors, errors == 1 ? "" : "s");
	else if (n_files == 0)
		printf("Fine: there is no file, and so no bond");
	else
		printf("Fine: %zu bond%s in %zu file%s", policy->n_bonds,
		       policy->n_bonds == 1 ? "" : "s", n_files, n_files == 1 ? "" : "s");
	if (warnings > 0)
		printf(", %zu warning%s", warnings, warnings == 1 ? "" : "s");
	puts(".");
}

static int validate(const struct ctl *ctl, char *const *paths, size_t n_paths)
{
	_cleanup_diagnostics_ struct diagnostics diagnostics = DIAGNOSTICS_NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	char **files = NULL;
	size_t n_files = n_paths;
	int r, status;

	if (n_paths > 0)
		r = parse_files(paths, n_paths, &diagnostics, &policy);
	else
		r = policy_files_load(ctl->root, &diagnostics, &files, &policy);
	for (char **f = files; f && *f; f++)
		n_files++;
	free_strings(files);
	if (r < 0 && r != -EBADMSG) {
		if (r != -EIO)
			ctl_error("Cannot read the configuration: %s", strerror(-r));
		return CTL_ERROR;
	}

	status = r < 0 ? CTL_ERROR : CTL_FINE;
	if (ctl->json != CTL_JSON_OFF) {
		int printed =
			ctl_print_json(ctl, json_pack("{s:b, s:o}", "valid", r >= 0, "diagnostics",
						      diagnostics_to_json(&diagnostics)));

		return status == CTL_FINE ? printed : status;
	}
	print_diagnostics(stdout, &diagnostics);
	print_sum(policy, &diagnostics, n_files);
	return status;
}

int verb_config(struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { CTL_OPTIONS, { 0 } };
	const char *what;
	int option, status;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		status = ctl_option(ctl, option, optarg, help);
		if (status >= 0)
			return status;
	}
	if (optind == argc) {
		ctl_error("Which of show and validate? See esp-offloadctl config --help.");
		return CTL_USAGE;
	}
	what = argv[optind++];
	if (streq(what, "validate"))
		return validate(ctl, argv + optind, (size_t)(argc - optind));
	if (!streq(what, "show")) {
		ctl_error("config can show and validate, not \"%s\".", what);
		return CTL_USAGE;
	}
	if (optind < argc) {
		ctl_error("config show takes the files as they are installed: \"%s\" is too much.",
			  argv[optind]);
		return CTL_USAGE;
	}
	return show(ctl);
}
