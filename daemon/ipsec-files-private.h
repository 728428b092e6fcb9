/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/stat.h>

#include "ipsec-files.h"

/* What a file was when it was read. */
struct file_identity {
	char *path;
	struct stat st;
};

struct ipsec_files {
	struct ipsec_conf *conf;
	int root_fd; /* -1: this host's root, by plain names */
	char *directory;
	struct {
		struct file_identity *items; /* the same numbers as the set's files */
		size_t n, alloc;
	} identities;
};

/* Files above this are no configuration. */
#define MAX_FILE_SIZE ((off_t)64 * 1024 * 1024)

/* ---- ipsec-files-path.c ---- */

/*
 * path_resolve() - the name of a file without links, "." and "..", seen from a root
 * @root_fd: links and ".." stay within this folder
 * @path:    full
 *
 * Return: 0, with a full path as seen from the root; -ENOENT, -ELOOP, -ENOTDIR, …
 */
int path_resolve(int root_fd, const char *path, char **ret) _must_check_;

/* path_join() - @path if it is full, else below @directory; NULL when there is no memory */
char *path_join(const char *directory, const char *path);

/* What comes before the last slash, "/" for the root; from malloc(). */
char *path_folder(const char *path);

const char *path_base(const char *path);

/* ---- ipsec-files-glob.c ---- */

/* The source's glob(); see struct ipsec_conf_source. */
int files_glob(struct ipsec_files *files, const char *pattern, bool braces, char ***ret_paths,
	       size_t *ret_n) _must_check_;

/* ---- ipsec-files.c ---- */

/* Opens a file of the configuration for reading and looks at it: a plain file, or /dev/null. */
int files_open(struct ipsec_files *files, const char *path, struct stat *ret_st,
	       int *ret_fd) _must_check_;

/* Reads a plain file to its end. */
int fd_read_all(int fd, size_t hint, char **ret, size_t *ret_len) _must_check_;

int fd_write_all(int fd, const char *bytes, size_t len) _must_check_;

/* Sets reason and remedy (which is copied). Returns @status, or -ENOMEM. */
int files_say(struct ipsec_files_result *ret, int status, const char *remedy, const char *format,
	      ...) _printf_(4, 5);
