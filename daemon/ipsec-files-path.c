/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipsec-files-private.h"
#include "text.h"

#define MAX_LINKS 40 /* as the kernel: path_resolution(7) */

char *path_join(const char *directory, const char *path)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	char *joined = NULL;

	if (path[0] != '/')
		text_printf(&text, "%s/", streq(directory, "/") ? "" : directory);
	text_add(&text, path);
	return text_take(&text, &joined) < 0 ? NULL : joined;
}

char *path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* One step: the component is appended to what is resolved, or replaced by the link's target. */
static int resolve_component(int root_fd, struct text *done, const char *component, size_t len,
			     bool last, char **rest)
{
	size_t before = done->len;
	char target[PATH_MAX];
	struct text text = TEXT_NULL;
	struct stat st;
	ssize_t n;
	int r;

	text_printf(done, "/%.*s", (int)len, component);
	if (done->failed)
		return -ENOMEM;
	if (fstatat(root_fd, done->data + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISLNK(st.st_mode))
		return S_ISDIR(st.st_mode) || last ? 0 : -ENOTDIR;

	n = readlinkat(root_fd, done->data + 1, target, sizeof(target));
	if (n < 0)
		return -errno;
	if ((size_t)n == sizeof(target))
		return -ENAMETOOLONG;
	/* The target, in the place of the link, then the rest of the way. */
	text_add_bytes(&text, target, (size_t)n);
	text_add_char(&text, '/');
	text_add(&text, *rest);
	done->len = target[0] == '/' ? 0 : before;
	done->data[done->len] = '\0';
	free(*rest);
	*rest = NULL;
	r = text_take(&text, rest);
	return r < 0 ? r : 1;
}

static int resolve(int root_fd, struct text *done, char **rest)
{
	unsigned n_links = 0;

	for (;;) {
		const char *s = *rest + strspn(*rest, "/");
		size_t len = strcspn(s, "/");
		char *after;
		int r;

		if (len == 0)
			return 0;
		if (len == 1 && s[0] == '.') {
			memmove(*rest, s + len, strlen(s + len) + 1);
			continue;
		}
		if (len == 2 && s[0] == '.' && s[1] == '.') {
			while (done->len > 0 && done->data[--done->len] != '/')
				;
			if (done->data)
				done->data[done->len] = '\0';
			memmove(*rest, s + len, strlen(s + len) + 1);
			continue;
		}

		after = strdup(s + len);
		if (!after)
			return -ENOMEM;
		r = resolve_component(root_fd, done, s, len, !after[strspn(after, "/")], &after);
		if (r > 0 && ++n_links > MAX_LINKS)
			r = -ELOOP;
		free(*rest);
		*rest = after;
		if (r < 0)
			return r;
	}
}

int path_resolve(int root_fd, const char *path, char **ret)
{
	_cleanup_text_ struct text done = TEXT_NULL;
	_cleanup_free_ char *rest = strdup(path);
	int r;

	if (!rest)
		return -ENOMEM;
	r = resolve(root_fd, &done, &rest);
	if (r < 0)
		return r;
	if (done.len == 0)
		text_add_char(&done, '/');
	return text_take(&done, ret);
}
