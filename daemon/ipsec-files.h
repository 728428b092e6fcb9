/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ipsec-conf.h"

/*
 * Libreswan's configuration where it lies: reading all of its files, checking an edit with the
 * installed Libreswan, and writing it so that neither a crash nor a neighbour can spoil it.
 */

#define IPSEC_FILES_CONFIG "/etc/ipsec.conf"

struct ipsec_files_options {
	const char *config;    /* NULL: IPSEC_FILES_CONFIG */
	const char *root;      /* another file system, in which all names and links stay; NULL: / */
	const char *directory; /* what include statements without / are relative to; NULL: /, where
				* the service runs */
	struct libreswan_version
		version; /* 0.0: ask the installed one; see ipsec_files_version() */
};

struct ipsec_files;

/*
 * ipsec_files_version() - the version of the Libreswan that is installed on this host
 *
 * Return: 0; -ENOENT when there is none; another negative errno when it does not say.
 */
int ipsec_files_version(struct libreswan_version *ret) _must_check_;

/* What is assumed where no Libreswan is installed and no version is given. */
#define IPSEC_FILES_VERSION ((struct libreswan_version){ 4, 15 })

/*
 * ipsec_files_load() - reads the configuration as pluto would
 *
 * Files that cannot be read are findings of the set, not failures. FIFOs and devices are not
 * opened for reading, but for /dev/null, which is an empty file.
 *
 * Return: 0; -ENOMEM; a negative errno when @options->root cannot be opened.
 */
int ipsec_files_load(const struct ipsec_files_options *options,
		     struct ipsec_files **ret) _must_check_;

struct ipsec_files *ipsec_files_free(struct ipsec_files *files);
DEFINE_CLEANUP(struct ipsec_files, ipsec_files_free)

/* The set; it belongs to @files. */
struct ipsec_conf *ipsec_files_conf(const struct ipsec_files *files);

/* ipsec_files_take_conf() - the set alone, for the caller to free; no edit can be written then */
struct ipsec_conf *ipsec_files_take_conf(struct ipsec_files *files);

/* Why something was not done. Both texts are NULL, or from malloc(). */
struct ipsec_files_result {
	char *reason;  /* what and where */
	char *remedy;  /* what to do */
	bool replaced; /* the new text is in its place, though something failed after that */
};

#define IPSEC_FILES_RESULT_NULL ((struct ipsec_files_result){ 0 })

void ipsec_files_result_done(struct ipsec_files_result *result);

#define _cleanup_ipsec_files_result_ _cleanup_(ipsec_files_result_done)

enum {
	IPSEC_FILES_DONE = 0,
	IPSEC_FILES_REFUSED = 1,   /* nothing was changed; see reason and remedy */
	IPSEC_FILES_UNCHECKED = 2, /* there is no Libreswan to check with */
};

/*
 * ipsec_files_check() - has the installed Libreswan read the configuration before and after an edit
 * @limit_usec: for each of the four runs of addconn; 0: 10 s
 *
 * Both readings are of a copy in a folder of its own. Any new line on the standard error output,
 * any change in the list of conns and any worse exit status rejects the edit: the exit status alone
 * says nothing (addconn leaves with 0 for most mistakes).
 *
 * Return: IPSEC_FILES_DONE, IPSEC_FILES_REFUSED, IPSEC_FILES_UNCHECKED; a negative errno when the
 * copy cannot be made.
 */
int ipsec_files_check(struct ipsec_files *files, const struct ipsec_conf_edit *edit,
		      uint64_t limit_usec, struct ipsec_files_result *ret) _must_check_;

/*
 * ipsec_files_sweep() - removes the copies that checks of processes which died have left
 */
void ipsec_files_sweep(void);

/*
 * ipsec_files_write() - puts the new text in the file's place
 *
 * A new file beside the old one, under a name that no include can match, gets owner, group, mode,
 * ACLs, extended attributes and label of the old one and is synced; if the old file is still what
 * was read, the new one takes its name, and the folder is synced. A crash at any point leaves the
 * old bytes or the new.
 *
 * Refused: when somebody changed the file since it was read, or is just editing it; a file with
 * other names (hard links); a link that leads out of the configuration's own folders; a place where
 * nothing can be written, or an attribute that cannot be kept.
 *
 * Return: IPSEC_FILES_DONE, IPSEC_FILES_REFUSED; a negative errno, with a reason as well, when a
 * call failed: the file is as it was, unless @ret->replaced.
 */
int ipsec_files_write(struct ipsec_files *files, const struct ipsec_conf_edit *edit,
		      struct ipsec_files_result *ret) _must_check_;

/*
 * ipsec_files_read() - the bytes of one file, without a set
 * @ret: free with free()
 *
 * Return: 0; a negative errno.
 */
int ipsec_files_read(const char *path, char **ret, size_t *ret_len) _must_check_;

/* ipsec_files_tidy() - removes what a crash has left of a write to this file */
void ipsec_files_tidy(const char *path);

/*
 * ipsec_files_put_back() - undoes a write: puts @bytes in the place of the file @path
 * @expected: what the file must hold now, or it is left alone and IPSEC_FILES_REFUSED
 *
 * For undoing from a journal, without a set. The same care as ipsec_files_write(); a link is
 * followed only within its folder.
 */
int ipsec_files_put_back(const char *path, const char *expected, size_t expected_len,
			 const char *bytes, size_t len,
			 struct ipsec_files_result *ret) _must_check_;
