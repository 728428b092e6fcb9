/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <linux/limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ipsec-files-private.h"
#include "text.h"

/*
 * Putting a new text in the place of an old one. Whoever edits holds a lock on the folder, so the
 * temporary file can have a fixed name: one that is there already is the rest of a crash.
 */

/* What is being written. */
struct writing {
	const char *shown; /* the path for messages */
	const char *base;
	int folder_fd;
	int old_fd;
	struct stat old;
	char *temporary;
	bool created;
	const char *expected; /* what the old file must hold */
	size_t expected_len;
	const char *bytes; /* what comes in its place */
	size_t len;
	const struct ipsec_conf *conf; /* whose includes must not match; NULL: none known */
	bool only_sweep;               /* nothing is written: what a crash has left goes */
	struct ipsec_files_result *result;
};

static int say_errno(struct writing *w, const char *doing)
{
	int error = errno;
	const char *remedy = "Look at the file system, and try again.";

	switch (error) {
	case EROFS:
		files_say(w->result, 0,
			  "Mount it for writing; for the service, which writes below /etc alone, "
			  "add its folder to ReadWritePaths= of esp-offload-worker@.service.",
			  "%s lies on a file system that is read-only", w->shown);
		return IPSEC_FILES_REFUSED;
	case EACCES:
	case EPERM:
		files_say(w->result, 0,
			  "Do it as root; if you are, see lsattr and the security policy's log.",
			  "%s cannot be replaced: %s: %s", w->shown, doing, strerror(error));
		return IPSEC_FILES_REFUSED;
	case EBUSY:
		files_say(w->result, 0, "Edit it where it is mounted from.",
			  "%s is a mount point by itself and cannot be replaced", w->shown);
		return IPSEC_FILES_REFUSED;
	case ENOSPC:
	case EDQUOT:
		remedy = "Make room on the file system.";
		break;
	default:
		break;
	}
	files_say(w->result, 0, remedy, "%s: %s: %s", w->shown, doing, strerror(error));
	return -error;
}

/* ---- The name of the new file ---- */

/*
 * Whether an include might take a name up: by its last part alone, since a pattern may mean this
 * folder by another name. With braces, where its pieces are not worth taking apart, a name that
 * begins with a dot is safe unless a piece does so too: no wildcard matches a first dot, glob(7).
 */
static bool pattern_may_match(const char *pattern, const char *name)
{
	const char *slash = strrchr(pattern, '/');

	if (strchr(pattern, '{'))
		return name[0] != '.' || pattern[0] == '.' || strstr(pattern, "/.") ||
		       strstr(pattern, "{.") || strstr(pattern, ",.");
	return fnmatch(slash ? slash + 1 : pattern, name, FNM_PERIOD) == 0;
}

static bool is_safe_name(const struct writing *w, const char *name)
{
	for (size_t i = 0; w->conf && i < ipsec_conf_n_patterns(w->conf); i++)
		if (pattern_may_match(ipsec_conf_pattern(w->conf, i), name))
			return false;
	return strlen(name) <= NAME_MAX;
}

static const struct {
	const char *before, *after;
} forms[] = { { ".", ".esp-offload" }, { ".esp-offload.", "" }, { "", ".esp-offload~" } };

static int name_temporary(const struct writing *w, size_t form, char **ret)
{
	struct text text = TEXT_NULL;

	text_printf(&text, "%s%s%s", forms[form].before, w->base, forms[form].after);
	return text_take(&text, ret);
}

/* Under the lock nobody else's: what a crash has left. By whichever name, and also of a file that
 * is not written in the end. */
static void sweep(const struct writing *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		_cleanup_free_ char *name = NULL;

		if (name_temporary(w, i, &name) >= 0)
			(void)unlinkat(w->folder_fd, name, 0);
	}
}

static int choose_temporary(struct writing *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		int r = name_temporary(w, i, &w->temporary);

		if (r < 0)
			return r;
		if (is_safe_name(w, w->temporary))
			return 0;
		free(w->temporary);
		w->temporary = NULL;
	}
	return files_say(w->result, IPSEC_FILES_REFUSED,
			 "Narrow the include, e.g. to /etc/ipsec.d/*.conf.",
			 "%s: an include takes up whatever lies in that folder, so no new file can "
			 "be prepared there",
			 w->shown);
}

/* ---- The old file ---- */

static int lock_folder(struct writing *w)
{
	if (flock(w->folder_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return files_say(w->result, IPSEC_FILES_REFUSED, "Try again in a moment.",
				 "%s: somebody else is editing files of this folder", w->shown);
	/* Some network file systems have no locks; the comparisons below remain. */
	if (errno == EOPNOTSUPP || errno == ENOLCK || errno == EINVAL || errno == EBADF)
		return 0;
	return say_errno(w, "locking its folder");
}

static int say_changed(struct writing *w)
{
	return files_say(w->result, IPSEC_FILES_REFUSED, "Look at it, and do the edit again.",
			 "%s was changed by somebody since it was read", w->shown);
}

/*
 * What is immutable or on a file system that is read-only. The mode says nothing to root, whose
 * folder it is: in the worker's sandbox he lacks the right to override it, and needs none to put
 * another file in the place of this one.
 */
static bool is_not_to_be_written(const struct writing *w)
{
	return faccessat(w->folder_fd, w->base, W_OK, 0) < 0 &&
	       !(errno == EACCES && geteuid() == 0);
}

static int judge_old(struct writing *w)
{
	_cleanup_free_ char *bytes = NULL;
	size_t len;
	int r;

	w->old_fd = openat(w->folder_fd, w->base,
			   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (w->old_fd < 0 && (errno == ENOENT || errno == ELOOP))
		return say_changed(w);
	if (w->old_fd < 0 || fstat(w->old_fd, &w->old) < 0)
		return say_errno(w, "opening it");
	if (!S_ISREG(w->old.st_mode))
		return files_say(w->result, IPSEC_FILES_REFUSED, "Put a plain file there.",
				 "%s is no plain file", w->shown);
	if (w->old.st_nlink > 1)
		return files_say(
			w->result, IPSEC_FILES_REFUSED,
			"Make it a file of its own, e.g. by copying it and moving the copy "
			"over it.",
			"%s has %ju names (hard links): the others would keep the old text",
			w->shown, (uintmax_t)w->old.st_nlink);
	if (is_not_to_be_written(w))
		return say_errno(w, "it is not to be written");

	r = fd_read_all(w->old_fd, (size_t)w->old.st_size, &bytes, &len);
	if (r < 0) {
		errno = -r;
		return say_errno(w, "reading it");
	}
	if (len != w->expected_len || memcmp(bytes, w->expected, len) != 0)
		return say_changed(w);
	return 0;
}

/* Again, right before the new file takes its place. */
static int judge_old_again(struct writing *w)
{
	struct stat st;

	if (fstatat(w->folder_fd, w->base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? say_changed(w) : say_errno(w, "looking at it again");
	if (st.st_dev != w->old.st_dev || st.st_ino != w->old.st_ino ||
	    st.st_size != w->old.st_size || st.st_nlink != w->old.st_nlink ||
	    st.st_mtim.tv_sec != w->old.st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != w->old.st_mtim.tv_nsec ||
	    st.st_ctim.tv_sec != w->old.st_ctim.tv_sec ||
	    st.st_ctim.tv_nsec != w->old.st_ctim.tv_nsec)
		return say_changed(w);
	return 0;
}

/* ---- The new file ---- */

/* Signatures of the old bytes, which the kernel keeps by itself: ima-evm-utils, evm(7). */
static bool is_signature(const char *name)
{
	return streq(name, "security.ima") || streq(name, "security.evm");
}

static int say_attribute(struct writing *w, const char *name)
{
	return files_say(w->result, IPSEC_FILES_REFUSED,
			 "Do it as root, on the file system's own host.",
			 "%s has the attribute %s, which could not be kept: %s", w->shown, name,
			 strerror(errno));
}

/* One attribute: ACLs and the SELinux label are such as well. */
static int copy_attribute(struct writing *w, int fd, const char *name)
{
	char old[4096], new[4096];
	_cleanup_free_ char *more = NULL;
	char *value = old;
	ssize_t n, n_new;

	if (is_signature(name))
		return 0;
	n = fgetxattr(w->old_fd, name, old, sizeof(old));
	if (n < 0 && errno == ERANGE) {
		more = malloc(XATTR_SIZE_MAX);
		if (!more)
			return -ENOMEM;
		value = more;
		n = fgetxattr(w->old_fd, name, more, XATTR_SIZE_MAX);
	}
	if (n < 0 && errno == ENODATA)
		return 0;
	if (n < 0)
		return say_attribute(w, name);

	/* What the new file has by itself needs no right to set it. */
	n_new = fgetxattr(fd, name, new, sizeof(new));
	if (n_new == n && memcmp(value, new, (size_t)n) == 0)
		return 0;
	if (fsetxattr(fd, name, value, (size_t)n, 0) < 0)
		return say_attribute(w, name);
	return 0;
}

static int copy_attributes(struct writing *w, int fd)
{
	_cleanup_free_ char *names = NULL;
	ssize_t n = flistxattr(w->old_fd, NULL, 0);
	int r = 0;

	if (n == 0 || (n < 0 && errno == EOPNOTSUPP))
		return 0;
	if (n < 0)
		return say_errno(w, "listing its attributes");
	/* Some room, should one be added just now. */
	names = malloc((size_t)n + 1024);
	if (!names)
		return -ENOMEM;
	n = flistxattr(w->old_fd, names, (size_t)n + 1024);
	if (n < 0)
		return say_errno(w, "listing its attributes");
	for (const char *name = names; r == 0 && name < names + n; name += strlen(name) + 1)
		r = copy_attribute(w, fd, name);
	return r;
}

/* The owner comes last: who gives a file away needs a right of its own for the rest. */
static int fill_new(struct writing *w, int fd)
{
	struct stat st;
	int r;

	r = fd_write_all(fd, w->bytes, w->len);
	if (r < 0) {
		errno = -r;
		return say_errno(w, "writing the new text");
	}
	if (fstat(fd, &st) < 0)
		return say_errno(w, "looking at the new file");
	r = copy_attributes(w, fd);
	if (r != 0)
		return r;
	if (fchmod(fd, w->old.st_mode & 07777) < 0)
		return say_errno(w, "keeping its mode");
	if ((st.st_uid != w->old.st_uid || st.st_gid != w->old.st_gid) &&
	    fchown(fd, w->old.st_uid, w->old.st_gid) < 0)
		return say_errno(w, "keeping its owner");
	if (fsync(fd) < 0)
		return say_errno(w, "writing the new text to the disk");
	return 0;
}

static int make_new(struct writing *w)
{
	int fd, r;

	/* Under the lock nobody else's: the rest of a crash. */
	if (unlinkat(w->folder_fd, w->temporary, 0) < 0 && errno != ENOENT)
		return say_errno(w, "removing the rest of an earlier edit");
	fd = openat(w->folder_fd, w->temporary,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return say_errno(w, "making a file beside it");
	w->created = true;
	r = fill_new(w, fd);
	if (close(fd) < 0 && r == 0)
		r = say_errno(w, "closing the new file");
	return r;
}

static int replace(struct writing *w)
{
	int r;

	r = lock_folder(w);
	if (r == 0) {
		sweep(w);
		if (w->only_sweep)
			return 0;
		r = judge_old(w);
	}
	if (r == 0)
		r = choose_temporary(w);
	if (r == 0)
		r = make_new(w);
	if (r == 0)
		r = judge_old_again(w);
	if (r != 0)
		return r;
	if (renameat(w->folder_fd, w->temporary, w->folder_fd, w->base) < 0)
		return say_errno(w, "giving the new file its name");
	w->created = false;
	w->result->replaced = true;
	if (fsync(w->folder_fd) < 0)
		return say_errno(w, "writing its folder to the disk");
	return 0;
}

static int writing_run(struct writing *w)
{
	int r = replace(w);

	if (w->created)
		unlinkat(w->folder_fd, w->temporary, 0);
	if (w->old_fd >= 0)
		close(w->old_fd);
	close(w->folder_fd); /* and with it the lock */
	free(w->temporary);
	return r;
}

/* ---- Where it lies ---- */

/* The folders that the configuration reads its members from, links resolved. */
static bool is_own_folder(struct ipsec_files *files, int root_fd, const char *folder)
{
	for (size_t i = 1; i < files->identities.n; i++) {
		_cleanup_free_ char *named = path_folder(files->identities.items[i].path);
		_cleanup_free_ char *resolved = NULL;
		size_t len;

		if (!named || path_resolve(root_fd, named, &resolved) < 0)
			continue;
		len = strlen(resolved);
		if (has_prefix(folder, resolved) && (folder[len] == '/' || !folder[len]))
			return true;
	}
	return false;
}

/* The file that the path means. Through a link only within the configuration's own folders. */
static int locate(struct ipsec_files *files, int root_fd, const char *path,
		  struct ipsec_files_result *ret, char **ret_resolved)
{
	_cleanup_free_ char *resolved = NULL, *folder = NULL, *named = NULL, *real = NULL;
	int r;

	r = path_resolve(root_fd, path, &resolved);
	if (r == 0) {
		folder = path_folder(resolved);
		named = path_folder(path);
		r = folder && named ? path_resolve(root_fd, named, &real) : -ENOMEM;
	}
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		files_say(ret, 0, "Look at it, and do the edit again.", "%s: %s", path,
			  strerror(-r));
		return r;
	}
	if ((!streq(folder, real) || !streq(path_base(path), path_base(resolved))) &&
	    !is_own_folder(files, root_fd, folder))
		return files_say(
			ret, IPSEC_FILES_REFUSED,
			"Edit that file by itself, or put a plain file in the link's place.",
			"%s is a link to %s, outside of the configuration's own folders", path,
			resolved);
	*ret_resolved = TAKE_PTR(resolved);
	return 0;
}

static int open_folder(int root_fd, const char *folder)
{
	return openat(root_fd, folder[1] ? folder + 1 : ".",
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int ipsec_files_write(struct ipsec_files *files, const struct ipsec_conf_edit *edit,
		      struct ipsec_files_result *ret)
{
	const struct ipsec_conf_file *file = ipsec_conf_file(files->conf, edit->file);
	_cleanup_free_ char *resolved = NULL, *folder = NULL;
	struct writing w = { .old_fd = -1, .result = ret, .conf = files->conf };
	int root_fd = files->root_fd, r;

	*ret = IPSEC_FILES_RESULT_NULL;
	if (!file || !file->bytes || !edit->bytes)
		return -EINVAL;
	if (root_fd < 0)
		root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return -errno;

	r = locate(files, root_fd, file->path, ret, &resolved);
	if (r == 0) {
		folder = path_folder(resolved);
		r = folder ? 0 : -ENOMEM;
	}
	if (r == 0) {
		w.shown = file->path;
		w.base = path_base(resolved);
		w.expected = file->bytes;
		w.expected_len = file->len;
		w.bytes = edit->bytes;
		w.len = edit->len;
		w.folder_fd = open_folder(root_fd, folder);
		r = w.folder_fd < 0 ? say_errno(&w, "opening its folder") : writing_run(&w);
	}
	if (root_fd != files->root_fd)
		close(root_fd);
	return r;
}

/* The file that a path means, where it stays in its own folder or below. */
static int locate_alone(const char *path, struct ipsec_files_result *ret, char **ret_resolved)
{
	_cleanup_free_ char *named = path_folder(path), *folder = NULL, *resolved = NULL;
	int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = root_fd < 0 ? -errno : 0;

	if (r == 0)
		r = named ? path_resolve(root_fd, named, &folder) : -ENOMEM;
	if (r == 0)
		r = path_resolve(root_fd, path, &resolved);
	if (root_fd >= 0)
		close(root_fd);
	if (r != 0) {
		files_say(ret, 0, "Look at it.", "%s: %s", path, strerror(-r));
		return r == -ENOENT ? IPSEC_FILES_REFUSED : r;
	}
	if (!has_prefix(resolved, folder) || (folder[1] && resolved[strlen(folder)] != '/'))
		return files_say(ret, IPSEC_FILES_REFUSED, "Put a plain file in the link's place.",
				 "%s is a link to %s, outside of its folder", path, resolved);
	*ret_resolved = TAKE_PTR(resolved);
	return 0;
}

/* Without a set. Return: as writing_run(). */
static int run_alone(struct writing *w)
{
	_cleanup_free_ char *resolved = NULL, *folder = NULL;
	int r;

	*w->result = IPSEC_FILES_RESULT_NULL;
	r = locate_alone(w->shown, w->result, &resolved);
	if (r != 0)
		return r;
	folder = path_folder(resolved);
	if (!folder)
		return -ENOMEM;
	w->base = path_base(resolved);
	w->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->folder_fd < 0)
		return say_errno(w, "opening its folder");
	return writing_run(w);
}

int ipsec_files_put_back(const char *path, const char *expected, size_t expected_len,
			 const char *bytes, size_t len, struct ipsec_files_result *ret)
{
	struct writing w = { .shown = path,
			     .old_fd = -1,
			     .expected = expected,
			     .expected_len = expected_len,
			     .bytes = bytes,
			     .len = len,
			     .result = ret };

	return run_alone(&w);
}

void ipsec_files_tidy(const char *path)
{
	_cleanup_ipsec_files_result_ struct ipsec_files_result result = IPSEC_FILES_RESULT_NULL;
	struct writing w = { .shown = path, .old_fd = -1, .only_sweep = true, .result = &result };

	(void)run_alone(&w);
}
