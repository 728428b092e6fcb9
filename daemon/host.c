/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>

/* Return: 0 and the path in @ret (free with free()); -ENOMEM */
static int path_of(const char *root, const char *place, const char *a, const char *b, char **ret)
{
	return asprintf(ret, "%s%s%s%s", root, place, a, b) < 0 ? -ENOMEM : 0;
}

/*
 * True when a line of modules.dep or modules.builtin is about the module: the line begins with its
 * path, such as "kernel/net/ipv4/esp4_offload.ko.xz", ended by a colon or the line. A hyphen in a
 * file's name is an underscore in the module's (modprobe(8)).
 */
static bool is_module(const char *line, const char *module)
{
	size_t len = strcspn(line, ": \t\n");
	size_t begin = len;

	while (begin > 0 && line[begin - 1] != '/')
		begin--;
	line += begin;
	len -= begin;

	for (; *module; module++, line++, len--)
		if (len == 0 || (*line == '-' ? '_' : *line) != *module)
			return false;
	return has_prefix(line, ".ko") && (len == 3 || line[3] == '.');
}

/* Return: 1, 0; 0 when there is no such list; a negative errno */
static int list_has(const char *path, const char *module)
{
	_cleanup_free_ char *line = NULL;
	size_t alloc = 0;
	FILE *f;
	int r = 0;

	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;

	while (r == 0 && getline(&line, &alloc, f) >= 0)
		r = is_module(line, module);
	if (r == 0 && ferror(f))
		r = -EIO;
	fclose(f);
	return r;
}

int host_has_module(const char *root, const char *release, const char *module)
{
	static const char *const places[] = { "/lib/modules/", "/usr/lib/modules/" };
	static const char *const lists[] = { "/modules.builtin", "/modules.dep" };
	_cleanup_free_ char *loaded = NULL;
	struct stat st;
	int r;

	r = path_of(root, "/sys/module/", module, "", &loaded);
	if (r < 0)
		return r;
	if (stat(loaded, &st) == 0)
		return 1;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		for (size_t j = 0; j < ARRAY_SIZE(lists); j++) {
			_cleanup_free_ char *list = NULL;

			r = path_of(root, places[i], release, lists[j], &list);
			if (r < 0)
				return r;
			r = list_has(list, module);
			if (r != 0)
				return r;
		}
	return 0;
}

int host_observe(const char *root, struct host *ret)
{
	struct utsname name;
	struct host h = { 0 };
	int r;

	if (uname(&name) < 0)
		return -errno;
	(void)snprintf(h.kernel, sizeof(h.kernel), "%s", name.release);
	(void)snprintf(h.kernel_build, sizeof(h.kernel_build), "%s", name.version);

	r = host_has_module(root, h.kernel, "esp4_offload");
	if (r < 0)
		return r;
	h.esp4_offload = r;
	r = host_has_module(root, h.kernel, "esp6_offload");
	if (r < 0)
		return r;
	h.esp6_offload = r;

	*ret = h;
	return 0;
}
