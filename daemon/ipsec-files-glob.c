/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <locale.h>
#include <unistd.h>

#include "ipsec-files-private.h"

/*
 * The members of an include, as libswan's lswglob() finds them: glob(3), sorted in the C locale,
 * given up when a folder cannot be read. On another root the C library asks for folders through
 * functions of ours, which keep to it; they take no argument for it, hence the variable.
 */

static _Thread_local int glob_root = -1;

static void *root_opendir(const char *path)
{
	_cleanup_free_ char *resolved = NULL;
	DIR *dir = NULL;
	int fd, r;

	r = path_resolve(glob_root, path, &resolved);
	if (r < 0) {
		errno = -r;
		return NULL;
	}
	fd = openat(glob_root, resolved[1] ? resolved + 1 : ".",
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		dir = fdopendir(fd);
	if (fd >= 0 && !dir)
		close(fd);
	return dir;
}

static struct dirent *root_readdir(void *dir)
{
	return readdir(dir);
}

static void root_closedir(void *dir)
{
	closedir(dir);
}

static int root_stat(const char *path, struct stat *st)
{
	_cleanup_free_ char *resolved = NULL;
	int r = path_resolve(glob_root, path, &resolved);

	if (r < 0) {
		errno = -r;
		return -1;
	}
	return fstatat(glob_root, resolved[1] ? resolved + 1 : ".", st, AT_SYMLINK_NOFOLLOW);
}

/* Of a link, the link: a dangling one is a member too. */
static int root_lstat(const char *path, struct stat *st)
{
	_cleanup_free_ char *folder = path_folder(path);
	_cleanup_free_ char *resolved = NULL;
	_cleanup_free_ char *full = NULL;
	int r = folder ? path_resolve(glob_root, folder, &resolved) : -ENOMEM;

	if (!*path_base(path))
		return root_stat(path, st);
	if (r == 0) {
		full = path_join(resolved, path_base(path));
		r = full ? 0 : -ENOMEM;
	}
	if (r != 0) {
		errno = -r;
		return -1;
	}
	return fstatat(glob_root, full + strspn(full, "/"), st, AT_SYMLINK_NOFOLLOW);
}

static _Thread_local int glob_errno;

static int on_error(const char *path _unused_, int error)
{
	glob_errno = error;
	return 1;
}

/* The result's strings come out of glob's own memory. */
static int take_paths(glob_t *found, char ***ret_paths, size_t *ret_n)
{
	char **paths = calloc(found->gl_pathc + 1, sizeof(*paths));

	if (!paths)
		return -ENOMEM;
	for (size_t i = 0; i < found->gl_pathc; i++) {
		paths[i] = strdup(found->gl_pathv[i]);
		if (!paths[i]) {
			while (i > 0)
				free(paths[--i]);
			free(paths);
			return -ENOMEM;
		}
	}
	*ret_paths = paths;
	*ret_n = found->gl_pathc;
	return 0;
}

int files_glob(struct ipsec_files *files, const char *pattern, bool braces, char ***ret_paths,
	       size_t *ret_n)
{
	_cleanup_free_ char *full = NULL;
	glob_t found = { .gl_opendir = root_opendir,
			 .gl_readdir = root_readdir,
			 .gl_closedir = root_closedir,
			 .gl_stat = root_stat,
			 .gl_lstat = root_lstat };
	int flags = GLOB_ERR | (braces ? GLOB_BRACE : 0);
	locale_t c_locale, before;
	int r;

	if (!*pattern)
		return -ENOENT;
	full = path_join(files->directory, pattern);
	/* glob() sorts by strcoll(). */
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!full || c_locale == (locale_t)0) {
		if (c_locale != (locale_t)0)
			freelocale(c_locale);
		return -ENOMEM;
	}
	before = uselocale(c_locale);
	glob_root = files->root_fd;
	glob_errno = 0;
	r = glob(full, flags | (files->root_fd >= 0 ? GLOB_ALTDIRFUNC : 0), on_error, &found);
	uselocale(before);
	freelocale(c_locale);

	switch (r) {
	case 0:
		r = take_paths(&found, ret_paths, ret_n);
		break;
	case GLOB_NOMATCH:
		r = -ENOENT;
		break;
	case GLOB_ABORTED:
		r = glob_errno == ENOENT ? -ENOTDIR : -(glob_errno > 0 ? glob_errno : EIO);
		break;
	default:
		r = -ENOMEM;
	}
	globfree(&found);
	return r;
}
