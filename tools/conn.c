/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conn.h"

#include <getopt.h>

#include "verbs.h"

static const char help[] =
	"Usage: esp-offloadctl conn [OPTION…] list [PATTERN…]\n"
	"       esp-offloadctl conn [OPTION…] show NAME\n"
	"       esp-offloadctl conn [OPTION…] set NAME KEY=VALUE…\n"
	"       esp-offloadctl conn [OPTION…] unset NAME KEY…\n"
	"       esp-offloadctl conn [OPTION…] crypto-policy off|on\n"
	"\n"
	"Libreswan's configuration, read as pluto reads it, and edited in place. Needs neither\n"
	"pluto nor esp-offloadd to be running.\n"
	"\n"
	"  list    all conns with the file and line that they stand in\n"
	"  show    what each key of a conn ends up as, and where that comes from\n"
	"  set     change keys of a conn, or add them, in the file that they stand in\n"
	"  unset   take keys out of a conn\n"
	"  crypto-policy\n"
	"          leave the system-wide crypto policy, for all conns, or return to it: the\n"
	"          line that includes it becomes a comment, or a line again\n"
	"\n"
	"Options:\n"
	"  -n, --dry-run             set, unset, crypto-policy: only show what would be changed\n"
	"      --config=FILE         the main file, instead of /etc/ipsec.conf\n"
	"      --libreswan=VERSION   the rules of this version, instead of the installed one's\n"
	"      --root=FOLDER         the files of another system, offline\n"
	"      --json=short|pretty|off\n"
	"      --no-legend           tables without headings\n"
	"  -h, --help                this text\n"
	"\n"
	"An edit leaves every other byte alone and is refused where it would not be safe, with\n"
	"the reason and what to do. What is so already is not written again.\n\n"
	"Exit status: 0 done, or so already; 3 the edit is refused; 1 error.\n";

static const struct subverb {
	const char *name;
	int (*function)(struct conn_context *c, int argc, char **argv);
} subverbs[] = {
	{ "list", conn_list },
	{ "show", conn_show },
	{ "set", conn_set },
	{ "unset", conn_unset },
	{ "crypto-policy", conn_crypto_policy },
};

enum {
	OPTION_CONFIG = CTL_OPTION_OWN,
	OPTION_LIBRESWAN,
};

/* Return: -1 to go on; else the exit status to leave with. */
static int read_options(struct ctl *ctl, int argc, char **argv, struct ipsec_files_options *files,
			bool *ret_dry_run)
{
	static const struct option options[] = {
		CTL_OPTIONS,
		{ "dry-run", no_argument, NULL, 'n' },
		{ "config", required_argument, NULL, OPTION_CONFIG },
		{ "libreswan", required_argument, NULL, OPTION_LIBRESWAN },
		{ 0 },
	};
	int option, status;

	while ((option = getopt_long(argc, argv, "hn", options, NULL)) >= 0) {
		switch (option) {
		case 'n':
			*ret_dry_run = true;
			break;
		case OPTION_CONFIG:
			files->config = optarg;
			break;
		case OPTION_LIBRESWAN:
			if (libreswan_version_parse(optarg, &files->version) < 0 ||
			    files->version.major < 3) {
				ctl_error("--libreswan= takes a version such as 4.10, not \"%s\"",
					  optarg);
				return CTL_USAGE;
			}
			break;
		default:
			status = ctl_option(ctl, option, optarg, help);
			if (status >= 0)
				return status;
		}
	}
	return -1;
}

static int run(struct conn_context *c, const struct ipsec_files_options *options,
	       const struct subverb *subverb, int argc, char **argv)
{
	int r = ipsec_files_load(options, &c->files);

	if (r < 0) {
		ctl_error("The configuration cannot be read%s%s: %s",
			  options->root ? " below " : "", options->root ? options->root : "",
			  strerror(-r));
		return CTL_ERROR;
	}
	c->conf = ipsec_files_conf(c->files);
	r = subverb->function(c, argc, argv);
	ipsec_files_free(c->files);
	return r;
}

int verb_conn(struct ctl *ctl, int argc, char **argv)
{
	struct ipsec_files_options options = { .directory = "/" };
	struct conn_context c = { .ctl = ctl };
	_cleanup_free_ char *config = NULL;
	int status;

	status = read_options(ctl, argc, argv, &options, &c.dry_run);
	if (status >= 0)
		return status;
	options.root = ctl->root;
	/* A name on the command line is relative to where it was typed. */
	if (options.config && options.config[0] != '/' && !options.root) {
		config = realpath(options.config, NULL);
		if (!config) {
			ctl_error("%s: %s", options.config, strerror(errno));
			return CTL_ERROR;
		}
		options.config = config;
	}

	argc -= optind;
	argv += optind;
	if (argc == 0) {
		ctl_error("Which of list, show, set, unset and crypto-policy? See esp-offloadctl "
			  "conn --help.");
		return CTL_USAGE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(subverbs); i++)
		if (streq(argv[0], subverbs[i].name))
			return run(&c, &options, &subverbs[i], argc - 1, argv + 1);
	ctl_error("conn has no \"%s\"; see esp-offloadctl conn --help.", argv[0]);
	return CTL_USAGE;
}

json_t *conn_place_json(const struct ipsec_conf *conf, struct ipsec_conf_place place)
{
	const struct ipsec_conf_file *file = ipsec_conf_file(conf, place.file);
	json_t *j;

	if (place.line == 0 || !file)
		return json_null();
	j = json_object();
	json_object_set_new(j, "file", ctl_json_text(file->path));
	json_object_set_new(j, "line", json_integer(place.line));
	json_object_set_new(j, "column", json_integer(place.column));
	return j;
}

static bool concerns(const struct ipsec_conf_finding *f, const char *name)
{
	return !name || !f->conn || streq(f->conn, name);
}

json_t *conn_findings_json(const struct ipsec_conf *conf, const char *name)
{
	json_t *all = json_array();

	for (size_t i = 0; i < ipsec_conf_n_findings(conf); i++) {
		const struct ipsec_conf_finding *f = ipsec_conf_finding(conf, i);
		json_t *j;

		if (!concerns(f, name))
			continue;
		j = json_object();
		json_object_set_new(j, "id", json_string(ipsec_conf_code_name(f->code)));
		json_object_set_new(j, "severity",
				    json_string(ipsec_conf_severity_name(f->severity)));
		json_object_set_new(j, "conn", ctl_json_text(f->conn));
		json_object_set_new(j, "place", conn_place_json(conf, f->place));
		json_object_set_new(j, "seen", ctl_json_text(f->text));
		json_object_set_new(j, "remedy", ctl_json_text(f->remedy));
		json_array_append_new(all, j);
	}
	return all;
}

void conn_print_findings(const struct ipsec_conf *conf, const char *name)
{
	fflush(stdout);
	for (size_t i = 0; i < ipsec_conf_n_findings(conf); i++) {
		const struct ipsec_conf_finding *f = ipsec_conf_finding(conf, i);
		const struct ipsec_conf_file *file = ipsec_conf_file(conf, f->place.file);

		if (f->severity == IPSEC_CONF_NOTE || !concerns(f, name))
			continue;
		if (f->place.line > 0 && file)
			ctl_error("%s:%u: %s: %s. %s", file->path, f->place.line,
				  ipsec_conf_severity_name(f->severity), f->text, f->remedy);
		else
			ctl_error("%s: %s. %s", ipsec_conf_severity_name(f->severity), f->text,
				  f->remedy);
	}
}
