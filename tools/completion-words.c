/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <unistd.h>

#include "daemon.h"
#include "fields.h"
#include "ipsec-files.h"
#include "policy-files.h"
#include "verbs.h"

/*
 * Words for the shells' completions, one a line: "verbs", "bonds" or "conns". Not in the help text,
 * for nobody types it. It complains of nothing, and does not keep a shell waiting.
 */

#define LIMIT_SECONDS 3

static void print_word(const char *word)
{
	/*
	 * A shell could not tell it from two words, or would be upset by it; or obey it: bash's
	 * compgen expands each word, commands within it included.
	 */
	if (!*word || *word == '-' || strpbrk(word, "$`\\\"'"))
		return;
	for (const char *s = word; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return;
	puts(word);
}

/* Return: false when no daemon runs. */
static bool read_daemon(json_t **ret)
{
	_cleanup_(daemon_closep) struct daemon *d = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	r = daemon_open(&d, &error);
	if (r >= 0)
		r = daemon_read(d, ret, &error);
	sd_bus_error_free(&error);
	return r >= 0;
}

static void print_bonds_of_files(const char *root)
{
	_cleanup_diagnostics_ struct diagnostics diagnostics = DIAGNOSTICS_NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	char **files = NULL;

	if (policy_files_load(root, &diagnostics, &files, &policy) >= 0)
		for (size_t i = 0; i < policy->n_bonds; i++)
			print_word(policy->bonds[i].name);
	for (char **f = files; f && *f; f++)
		free(*f);
	free(files);
}

static void print_bonds(const struct ctl *ctl)
{
	json_t *document = NULL, *bond;
	size_t i;

	if (ctl->root || !read_daemon(&document)) {
		print_bonds_of_files(ctl->root);
		return;
	}
	json_array_foreach(json_object_get(document, "bonds"), i, bond)
		print_word(field_string(bond, "interface"));
	json_decref(document);
}

/* Who may not read /etc/ipsec.d still gets the conns that the daemon knows. */
static void print_conns(const struct ctl *ctl)
{
	const struct ipsec_files_options options = { .root = ctl->root,
						     .version = IPSEC_FILES_VERSION };
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = NULL;
	json_t *document = NULL, *bond, *conn;
	const struct ipsec_conf *conf;
	size_t i, k;

	if (ipsec_files_load(&options, &files) >= 0) {
		conf = ipsec_files_conf(files);
		for (i = 0; i < ipsec_conf_n_conns(conf); i++)
			print_word(ipsec_conf_conn(conf, i)->name);
		if (ipsec_conf_n_conns(conf) > 0)
			return;
	}
	if (ctl->root || !read_daemon(&document))
		return;
	json_array_foreach(json_object_get(document, "bonds"), i, bond)
	{
		json_array_foreach(json_object_get(bond, "connections"), k, conn)
			print_word(json_string_value(conn));
	}
	json_decref(document);
}

static void print_verbs(void)
{
	const char *name;

	for (size_t i = 0; (name = verb_name(i)); i++)
		print_word(name);
}

int verb_completion_words(struct ctl *ctl, int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	(void)alarm(LIMIT_SECONDS);
	if (streq(what, "verbs"))
		print_verbs();
	else if (streq(what, "bonds"))
		print_bonds(ctl);
	else if (streq(what, "conns"))
		print_conns(ctl);
	else
		return CTL_USAGE;
	return CTL_FINE;
}
