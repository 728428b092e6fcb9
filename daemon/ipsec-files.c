/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "array.h"
#include "command.h"
#include "ipsec-files-private.h"
#include "text.h"

int ipsec_files_version(struct libreswan_version *ret)
{
	static const char *const argv[] = { "ipsec", "--version", NULL };
	_cleanup_command_result_ struct command_result result = COMMAND_RESULT_NULL;
	int r;

	r = command_run(argv, NULL, &result);
	if (r < 0)
		return r;
	if (!command_succeeded(&result))
		return -EIO;
	return libreswan_version_parse(result.out, ret);
}

int files_say(struct ipsec_files_result *ret, int status, const char *remedy, const char *format,
	      ...)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	va_list args;

	ipsec_files_result_done(ret);
	va_start(args, format);
	text_vprintf(&text, format, args);
	va_end(args);
	ret->remedy = strdup(remedy);
	if (text_take(&text, &ret->reason) < 0 || !ret->remedy)
		return -ENOMEM;
	return status;
}

void ipsec_files_result_done(struct ipsec_files_result *result)
{
	bool replaced = result->replaced;

	free(result->reason);
	free(result->remedy);
	*result = IPSEC_FILES_RESULT_NULL;
	result->replaced = replaced;
}

int fd_read_all(int fd, size_t hint, char **ret, size_t *ret_len)
{
	size_t alloc = hint + 1, len = 0;
	_cleanup_free_ char *bytes = malloc(alloc);

	if (!bytes)
		return -ENOMEM;
	for (;;) {
		ssize_t n;

		if (len == alloc) {
			char *more;

			if (alloc > (size_t)MAX_FILE_SIZE)
				return -EFBIG;
			alloc = alloc * 2;
			more = realloc(bytes, alloc);
			if (!more)
				return -ENOMEM;
			bytes = more;
		}
		n = read(fd, bytes + len, alloc - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret = TAKE_PTR(bytes);
	*ret_len = len;
	return 0;
}

int fd_write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

int files_open(struct ipsec_files *files, const char *path, struct stat *ret_st, int *ret_fd)
{
	/* A FIFO is not waited for, and a terminal does not become ours. */
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	_cleanup_free_ char *resolved = NULL;
	int fd, r;

	if (files->root_fd >= 0) {
		r = path_resolve(files->root_fd, path, &resolved);
		if (r < 0)
			return r;
		fd = openat(files->root_fd, resolved[1] ? resolved + 1 : ".", flags | O_NOFOLLOW);
	} else {
		fd = open(path, flags);
	}
	if (fd < 0)
		return -errno;
	if (fstat(fd, ret_st) < 0)
		r = -errno;
	else if (S_ISDIR(ret_st->st_mode))
		r = -EISDIR;
	else if (S_ISCHR(ret_st->st_mode) && ret_st->st_rdev == makedev(1, 3))
		r = 0; /* /dev/null, to which files are linked to put them out of use */
	else if (!S_ISREG(ret_st->st_mode))
		r = -EINVAL;
	else if (ret_st->st_size > MAX_FILE_SIZE)
		r = -EFBIG;
	else
		r = 0;
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int ipsec_files_read(const char *path, char **ret, size_t *ret_len)
{
	struct ipsec_files none = { .root_fd = -1 };
	struct stat st;
	int fd, r;

	r = files_open(&none, path, &st, &fd);
	if (r < 0)
		return r;
	r = fd_read_all(fd, S_ISREG(st.st_mode) ? (size_t)st.st_size : 0, ret, ret_len);
	close(fd);
	return r;
}

static int source_glob(void *userdata, const char *pattern, bool braces, char ***ret_paths,
		       size_t *ret_n)
{
	return files_glob(userdata, pattern, braces, ret_paths, ret_n);
}

static int source_read(void *userdata, const char *path, char **ret_bytes, size_t *ret_len)
{
	struct ipsec_files *files = userdata;
	struct file_identity *identity;
	int fd, r;

	r = ARRAY_GROW(&files->identities);
	if (r < 0)
		return r;
	/* One for each file that the set asks for, whatever becomes of it. */
	identity = &files->identities.items[files->identities.n];
	memset(identity, 0, sizeof(*identity));
	identity->path = strdup(path);
	if (!identity->path)
		return -ENOMEM;
	files->identities.n++;

	r = files_open(files, path, &identity->st, &fd);
	if (r < 0)
		return r;
	r = fd_read_all(fd, S_ISREG(identity->st.st_mode) ? (size_t)identity->st.st_size : 0,
			ret_bytes, ret_len);
	close(fd);
	return r;
}

static int files_init(struct ipsec_files *files, const struct ipsec_files_options *options)
{
	const char *directory = options->directory ? options->directory : "/";

	files->root_fd = -1;
	files->directory = strdup(directory);
	if (!files->directory)
		return -ENOMEM;
	if (!options->root)
		return 0;
	files->root_fd = open(options->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return files->root_fd < 0 ? -errno : 0;
}

int ipsec_files_load(const struct ipsec_files_options *options, struct ipsec_files **ret)
{
	_cleanup_(ipsec_files_freep) struct ipsec_files *files = calloc(1, sizeof(*files));
	struct ipsec_conf_source source = { source_glob, source_read, files };
	struct libreswan_version version = options->version;
	_cleanup_free_ char *config = NULL;
	int r;

	if (!files)
		return -ENOMEM;
	r = files_init(files, options);
	if (r < 0)
		return r;
	if (version.major == 0 && ipsec_files_version(&version) < 0)
		version = IPSEC_FILES_VERSION;
	config =
		path_join(files->directory, options->config ? options->config : IPSEC_FILES_CONFIG);
	if (!config)
		return -ENOMEM;
	r = ipsec_conf_load(config, version, &source, &files->conf);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(files);
	return 0;
}

struct ipsec_files *ipsec_files_free(struct ipsec_files *files)
{
	if (!files)
		return NULL;
	ipsec_conf_free(files->conf);
	if (files->root_fd >= 0)
		close(files->root_fd);
	for (size_t i = 0; i < files->identities.n; i++)
		free(files->identities.items[i].path);
	free(files->identities.items);
	free(files->directory);
	free(files);
	return NULL;
}

struct ipsec_conf *ipsec_files_conf(const struct ipsec_files *files)
{
	return files->conf;
}

struct ipsec_conf *ipsec_files_take_conf(struct ipsec_files *files)
{
	return TAKE_PTR(files->conf);
}
