/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy.h"

/*
 * The files of the policy: config.yaml and config.d/NAME.yaml, each looked for in the folders below
 * in that order, as systemd does it (systemd.unit(5), "Unit File Load Path"; conf_files_list()).
 * Of several files of one name the first counts; an empty one, or a symbolic link to /dev/null,
 * takes the others of its name out. Drop-ins are read after config.yaml, by name, whatever folder
 * they lie in.
 */

/* Where they are looked for, the strongest first, ending in NULL. */
extern const char *const policy_folders[];

/*
 * No policy is larger, and a mistake (a log, a device) is not read into memory. A file may change
 * while it is read: what counts is what came out of it.
 */
enum {
	POLICY_FILE_MAX = 1024 * 1024,
	POLICY_FILES_MAX = 4 * 1024 * 1024, /* all together */
	POLICY_DROP_INS_MAX = 1024,
};

/*
 * policy_files_load() - reads the policy that is in force
 * @root: a folder that stands for /; NULL or "": the host itself. Symbolic links in it are followed
 *        as the running system understands them.
 * @ret_diagnostics: all that is wrong or doubtful, of the files themselves or of what they say
 * @ret_files: the files that were read, in that order, ending in NULL; the index of a bond's text
 *             (struct policy_bond) counts in it, from 1. Free each, and the array.
 *
 * Only regular files are read; anything else by such a name is an error, as is one that cannot be
 * read or is too large. A file that everybody may write to is worth a warning, so is one by the
 * name of NAME.yml. No file at all is an empty policy.
 *
 * Return: 0 with the policy in @ret; -EBADMSG when there are errors, with @ret untouched and both
 * other outputs set; -ENOMEM, with nothing set.
 */
int policy_files_load(const char *root, struct diagnostics *ret_diagnostics, char ***ret_files,
		      struct policy **ret);
