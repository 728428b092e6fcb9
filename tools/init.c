/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy-files.h"
#include "text.h"
#include "verbs.h"
#include "worker.h"

static const char help[] =
	"Usage: esp-offloadctl init [OPTION…]\n\n"
	"Looks at this host, and writes a first configuration for what it finds: the\n"
	"active-backup bonds, the conns of Libreswan that end on them, and for each line what\n"
	"it means. A configuration that is there stays as it is. Nothing of the host is\n"
	"changed before esp-offloadd runs.\n\n"
	"Options:\n"
	"  --print                   print it, and write nothing\n"
	"  --root=FOLDER             write below this folder\n"
	"  --worker=FILE             look by this program instead of the daemon's own\n"
	"  --json=short|pretty|off   machine-readable output\n"
	"  -h, --help                this text\n\n"
	"Exit status: 0 fine, 3 there is nothing to propose, 1 error.\n";

struct initing {
	bool print;
	const char *worker;
	char *text; /* what is proposed */
	size_t n_bonds;
	size_t n_conns;
};

/* ---- what is there already ---- */

/* Return: an exit status; CTL_FINE when there is no configuration. */
static int look_for_files(const struct ctl *ctl)
{
	_cleanup_diagnostics_ struct diagnostics diagnostics = DIAGNOSTICS_NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	char **files = NULL;
	int r, status = CTL_FINE;

	r = policy_files_load(ctl->root, &diagnostics, &files, &policy);
	if (r == -ENOMEM) {
		ctl_error("Out of memory.");
		return CTL_ERROR;
	}
	if (r < 0 || (files && *files)) {
		ctl_error("There is a configuration already%s%s. Nothing was written; "
			  "\"esp-offloadctl init --print\" shows what would be proposed.",
			  files && *files ? ": " : "", files && *files ? *files : "");
		status = CTL_ERROR;
	}
	for (char **f = files; f && *f; f++)
		free(*f);
	free(files);
	return status;
}

/* ---- the proposal ---- */

/* What is written is a policy without a mistake, or is not written. */
static int check_text(struct initing *i)
{
	const struct policy_text text = { .file = "the proposal",
					  .bytes = i->text,
					  .len = strlen(i->text) };
	_cleanup_diagnostics_ struct diagnostics diagnostics = DIAGNOSTICS_NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	_cleanup_text_ struct text said = TEXT_NULL;
	int r;

	r = policy_parse(&text, 1, &diagnostics, &policy);
	for (size_t k = 0; k < diagnostics.n; k++)
		diagnostic_print(&diagnostics.items[k], &said);
	if (said.data)
		ctl_print_safe(stderr, said.data);
	if (r < 0) {
		ctl_error("What was proposed is no configuration, and was not written.");
		return CTL_ERROR;
	}
	i->n_bonds = policy->n_bonds;
	for (size_t k = 0; k < policy->n_bonds; k++)
		i->n_conns += policy->bonds[k].n_conns;
	return CTL_FINE;
}

/* ---- writing ---- */

static int write_all(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* A name that exists is never taken: link(2) fails there, whoever was quicker. */
static int write_new(const char *folder, const char *path, const char *text)
{
	_cleanup_free_ char *temporary = NULL;
	int fd, dir, r;

	if (asprintf(&temporary, "%s/.config.yaml.XXXXXX", folder) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text);
	if (r >= 0 && fchmod(fd, 0644) < 0)
		r = -errno;
	close(fd);
	if (r >= 0 && link(temporary, path) < 0)
		r = -errno;
	(void)unlink(temporary);
	if (r < 0)
		return r;

	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0) {
		(void)fsync(dir);
		close(dir);
	}
	return 0;
}

static int write_config(const struct ctl *ctl, const char *text, char **ret_path)
{
	_cleanup_free_ char *folder = NULL, *path = NULL;
	int r;

	if (asprintf(&folder, "%s" CONFIG_DIR, ctl->root ? ctl->root : "") < 0) {
		folder = NULL;
		return -ENOMEM;
	}
	if (asprintf(&path, "%s/config.yaml", folder) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		return -errno;
	r = write_new(folder, path, text);
	*ret_path = TAKE_PTR(path);
	return r;
}

/* ---- the answer ---- */

static int print(const struct ctl *ctl, const struct initing *i, const char *path)
{
	if (ctl->json != CTL_JSON_OFF)
		return ctl_print_json(
			ctl, json_pack("{s:o, s:I, s:I, s:o}", "written", ctl_json_text(path),
				       "bonds", (json_int_t)i->n_bonds, "connections",
				       (json_int_t)i->n_conns, "text", ctl_json_text(i->text)));
	if (!path) {
		ctl_print_safe(stdout, i->text);
		return CTL_FINE;
	}
	printf("Wrote %s: %zu bond%s. The host is as it was.\n\n"
	       "Next:\n"
	       "  read it, and change what you like\n"
	       "  esp-offloadctl check                  what stands in the way\n"
	       "  esp-offloadctl plan                   what would be changed, and interrupted\n"
	       "  systemctl enable --now esp-offloadd   do it\n",
	       path, i->n_bonds, i->n_bonds == 1 ? "" : "s");
	return CTL_FINE;
}

static int propose(const struct ctl *ctl, struct initing *i)
{
	_cleanup_free_ char *path = NULL;
	int r, status;

	status = i->print ? CTL_FINE : look_for_files(ctl);
	if (status == CTL_FINE)
		status = worker_propose(ctl, i->worker, &i->text);
	if (status == CTL_FINE)
		status = check_text(i);
	if (status != CTL_FINE)
		return status;

	if (i->print || i->n_bonds == 0) {
		status = print(ctl, i, NULL);
		if (status == CTL_FINE && i->n_bonds == 0) {
			ctl_error("There is nothing to propose, and nothing was written.");
			return CTL_BLOCKED;
		}
		return status;
	}
	r = write_config(ctl, i->text, &path);
	if (r < 0) {
		ctl_error("Cannot write %s: %s", path ? path : "the configuration", strerror(-r));
		return CTL_ERROR;
	}
	return print(ctl, i, path);
}

int verb_init(struct ctl *ctl, int argc, char **argv)
{
	enum {
		WORKER = CTL_OPTION_OWN,
		PRINT
	};
	static const struct option options[] = { CTL_OPTIONS,
						 { "worker", required_argument, NULL, WORKER },
						 { "print", no_argument, NULL, PRINT },
						 { 0 } };
	struct initing i = { .print = false };
	int option, status;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (option == PRINT) {
			i.print = true;
			continue;
		}
		status = option == WORKER ? worker_option(optarg, &i.worker)
					  : ctl_option(ctl, option, optarg, help);
		if (status >= 0)
			return status;
	}
	if (optind < argc) {
		ctl_error("init looks at the whole host: \"%s\" is too much.", argv[optind]);
		return CTL_USAGE;
	}
	status = propose(ctl, &i);
	free(i.text);
	return status;
}
