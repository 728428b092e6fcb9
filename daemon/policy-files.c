/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "array.h"
#include "config.h"

#define MAIN_FILE "config.yaml"
#define DROP_INS  "config.d"

const char *const policy_folders[] = { CONFIG_DIR, "/run/esp-offloadd", "/usr/lib/esp-offloadd",
				       NULL };

/* A drop-in's name, and how strong the folder is that it lies in (0 the strongest). */
struct drop_in {
	char *name;
	size_t folder;
};

struct drop_ins {
	struct drop_in *items;
	size_t n;
	size_t alloc;
};

struct file {
	char *path;
	char *bytes;
	size_t len;
};

struct loader {
	const char *root;
	struct diagnostics diagnostics;
	struct file *items;
	size_t n;
	size_t alloc;
	size_t total; /* bytes of all files */
};

static void drop_ins_done(struct drop_ins *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->items[i].name);
	free(d->items);
}

static void file_done(struct file *f)
{
	free(f->path);
	free(f->bytes);
}

static void loader_done(struct loader *l)
{
	for (size_t i = 0; i < l->n; i++)
		file_done(&l->items[i]);
	free(l->items);
	diagnostics_done(&l->diagnostics);
}

static void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int complain(struct loader *l, enum diagnostic_level level, const char *path,
		    const char *hint, const char *message)
{
	return diagnostics_add(&l->diagnostics, level, path, 0, 0, NULL, 0, hint, message);
}

static int complain_of_errno(struct loader *l, const char *path, const char *what, int error)
{
	char message[128];

	snprintf(message, sizeof(message), "%s: %s", what, strerror(error));
	return complain(l, DIAGNOSTIC_ERROR, path, NULL, message);
}

/* Return: 0 with all bytes up to @max and one more; a negative errno. */
static int read_bytes(int fd, size_t max, char **ret, size_t *ret_len)
{
	_cleanup_free_ char *bytes = NULL;
	size_t len = 0, alloc = 0;

	for (;;) {
		ssize_t n;
		int r = array_reserve(&bytes, &alloc, len, 4096, 1);

		if (r < 0)
			return r;
		n = read(fd, bytes + len, alloc - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		len += (size_t)n;
		if (n == 0 || len > max)
			break;
	}

	*ret = TAKE_PTR(bytes);
	*ret_len = len;
	return 0;
}

static bool is_dev_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

static int check_mode(struct loader *l, const char *path, const struct stat *st)
{
	if (!(st->st_mode & S_IWOTH))
		return 0;
	return complain(l, DIAGNOSTIC_WARNING, path, "chmod o-w it",
			"everybody may write to this file");
}

/*
 * What is not there takes bonds out of the policy, and all that was applied to them is taken back.
 * A link says that there is something, on a disk that comes later, it may be.
 *
 * Return: 0 when there is a link to nothing, which was said; -ENOENT when there is nothing at all;
 * -ENOMEM.
 */
static int complain_of_link(struct loader *l, const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
		return -ENOENT;
	return complain(l, DIAGNOSTIC_ERROR, path,
			"take it away, or let it lead to /dev/null, if it is to count as empty",
			"is a symbolic link to nothing");
}

/*
 * Opening a device or a FIFO can do something, or hang: so it is looked at before, and not waited
 * for, should it have been put there meanwhile.
 *
 * Return: 1 with an open file; 0 when there is nothing to read, which was said where it matters;
 * -ENOENT; -ENOMEM.
 */
static int open_regular(struct loader *l, const char *path, int *ret_fd)
{
	_cleanup_(closep) int fd = -1;
	struct stat st;
	int r;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? complain_of_link(l, path)
				       : complain_of_errno(l, path, "cannot be looked at", errno);
	if (is_dev_null(&st))
		return 0;
	if (!S_ISREG(st.st_mode))
		return complain(l, DIAGNOSTIC_ERROR, path, NULL, "is no regular file");

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? -ENOENT
				       : complain_of_errno(l, path, "cannot be opened", errno);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return complain(l, DIAGNOSTIC_ERROR, path, NULL, "is no regular file");
	r = check_mode(l, path, &st);
	if (r < 0)
		return r;

	*ret_fd = fd;
	fd = -1;
	return 1;
}

/* Return: 0, also when it was refused, which was said; -ENOENT; -ENOMEM. */
static int read_file(struct loader *l, const char *path)
{
	_cleanup_(file_done) struct file f = { 0 };
	_cleanup_(closep) int fd = -1;
	int r;

	r = open_regular(l, path, &fd);
	if (r <= 0)
		return r;
	r = read_bytes(fd, POLICY_FILE_MAX, &f.bytes, &f.len);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return complain_of_errno(l, path, "cannot be read", -r);
	if (f.len > POLICY_FILE_MAX)
		return complain(l, DIAGNOSTIC_ERROR, path, NULL, "is larger than 1 MiB");
	if (f.len > POLICY_FILES_MAX - l->total)
		return complain(l, DIAGNOSTIC_ERROR, path, NULL,
				"with this one the files are larger than 4 MiB");
	if (f.len == 0)
		return 0;

	f.path = strdup(path);
	if (!f.path || ARRAY_GROW(l) < 0)
		return -ENOMEM;
	l->total += f.len;
	l->items[l->n++] = f;
	f = (struct file){ 0 };
	return 0;
}

/* The path of what lies in a folder below the root; @below ends in a slash, or is "". */
static int path_of(const struct loader *l, size_t folder, const char *below, const char *name,
		   char **ret)
{
	char *path;

	if (asprintf(&path, "%s%s/%s%s", l->root, policy_folders[folder], below, name) < 0)
		return -ENOMEM;
	*ret = path;
	return 0;
}

static int read_main_file(struct loader *l)
{
	for (size_t i = 0; policy_folders[i]; i++) {
		_cleanup_free_ char *path = NULL;
		int r = path_of(l, i, "", MAIN_FILE, &path);

		if (r == 0)
			r = read_file(l, path);
		if (r != -ENOENT)
			return r;
	}
	return 0;
}

static bool has_suffix(const char *s, const char *suffix)
{
	size_t len = strlen(s), n = strlen(suffix);

	return len > n && streq(s + len - n, suffix);
}

static int add_drop_in(struct loader *l, const char *name, size_t i, struct drop_ins *d)
{
	if (name[0] == '.')
		return 0;
	if (has_suffix(name, ".yml")) {
		_cleanup_free_ char *path = NULL;
		int r = path_of(l, i, DROP_INS "/", name, &path);

		return r < 0 ? r
			     : complain(l, DIAGNOSTIC_WARNING, path, "call it NAME.yaml",
					"is not read because of its name");
	}
	if (!has_suffix(name, ".yaml"))
		return 0;

	if (ARRAY_GROW(d) < 0)
		return -ENOMEM;
	d->items[d->n].name = strdup(name);
	if (!d->items[d->n].name)
		return -ENOMEM;
	d->items[d->n++].folder = i;
	return 0;
}

/* No drop-ins, unless their folder, or that above it, is a link. */
static int no_drop_ins(struct loader *l, size_t i, const char *path)
{
	_cleanup_free_ char *folder = NULL;
	int r;

	r = complain_of_link(l, path);
	if (r != -ENOENT)
		return r;
	if (asprintf(&folder, "%s%s", l->root, policy_folders[i]) < 0) {
		folder = NULL;
		return -ENOMEM;
	}
	if (access(folder, F_OK) == 0)
		return 0;
	r = complain_of_link(l, folder);
	return r == -ENOENT ? 0 : r;
}

static int list_drop_ins(struct loader *l, size_t i, struct drop_ins *d)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	_cleanup_free_ char *path = NULL;
	int r;

	r = path_of(l, i, "", DROP_INS, &path);
	if (r < 0)
		return r;
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? no_drop_ins(l, i, path)
				       : complain_of_errno(l, path, "cannot be looked into", errno);

	for (;;) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return errno == 0
				       ? 0
				       : complain_of_errno(l, path, "cannot be looked into", errno);
		if (d->n > POLICY_DROP_INS_MAX)
			return 0;
		r = add_drop_in(l, entry->d_name, i, d);
		if (r < 0)
			return r;
	}
}

static int compare_drop_ins(const void *a, const void *b)
{
	const struct drop_in *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r != 0 ? r : (x->folder > y->folder) - (x->folder < y->folder);
}

/* -ENOENT: taken away between the listing and now, as if it had never been there. */
static int read_drop_ins(struct loader *l)
{
	_cleanup_(drop_ins_done) struct drop_ins d = { 0 };
	int r;

	for (size_t i = 0; policy_folders[i]; i++) {
		r = list_drop_ins(l, i, &d);
		if (r < 0)
			return r;
	}
	if (d.n > POLICY_DROP_INS_MAX) {
		_cleanup_free_ char *path = NULL;

		r = path_of(l, 0, "", DROP_INS, &path);
		return r < 0 ? r
			     : complain(l, DIAGNOSTIC_ERROR, path, NULL,
					"more than 1024 files of the policy");
	}
	if (d.n > 0)
		qsort(d.items, d.n, sizeof(*d.items), compare_drop_ins);

	for (size_t i = 0; i < d.n; i++) {
		_cleanup_free_ char *path = NULL;

		if (i > 0 && streq(d.items[i - 1].name, d.items[i].name))
			continue;
		r = path_of(l, d.items[i].folder, DROP_INS "/", d.items[i].name, &path);
		if (r == 0)
			r = read_file(l, path);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	return 0;
}

static char **strings_free(char **strings)
{
	for (size_t i = 0; strings && strings[i]; i++)
		free(strings[i]);
	free(strings);
	return NULL;
}
DEFINE_CLEANUP(char *, strings_free)

/* Also when a file could not be read: what the others say wrong is said in the same pass. */
static int parse_files(struct loader *l, struct policy **ret)
{
	_cleanup_free_ struct policy_text *texts = calloc(l->n + 1, sizeof(*texts));
	_cleanup_diagnostics_ struct diagnostics diagnostics = DIAGNOSTICS_NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	int r;

	if (!texts)
		return -ENOMEM;
	for (size_t i = 0; i < l->n; i++)
		texts[i] = (struct policy_text){ l->items[i].path, l->items[i].bytes,
						 l->items[i].len };
	r = policy_parse(texts, l->n, &diagnostics, &policy);
	if (r < 0 && r != -EBADMSG)
		return r;
	if (diagnostics_move(&l->diagnostics, &diagnostics) < 0)
		return -ENOMEM;
	if (r < 0 || diagnostics_errors(&l->diagnostics) > 0)
		return -EBADMSG;

	*ret = TAKE_PTR(policy);
	return 0;
}

int policy_files_load(const char *root, struct diagnostics *ret_diagnostics, char ***ret_files,
		      struct policy **ret)
{
	_cleanup_(loader_done) struct loader l = { .root = root ? root : "" };
	_cleanup_(strings_freep) char **files = NULL;
	int r;

	r = read_main_file(&l);
	if (r == 0)
		r = read_drop_ins(&l);
	if (r < 0)
		return r;

	files = calloc(l.n + 1, sizeof(*files));
	if (!files)
		return -ENOMEM;
	r = parse_files(&l, ret);
	if (r < 0 && r != -EBADMSG)
		return r;

	for (size_t i = 0; i < l.n; i++)
		files[i] = TAKE_PTR(l.items[i].path);
	*ret_files = TAKE_PTR(files);
	*ret_diagnostics = l.diagnostics;
	l.diagnostics = DIAGNOSTICS_NULL;
	return r;
}
