/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xfrm.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "array.h"

/* The file is about 1 kB in Linux 6.12. */
#define STAT_SIZE_MAX 65536

struct counters {
	struct xfrm_counter *items;
	size_t n;
	size_t alloc;
};

/* Return: true when the line is a name, blanks and a number, and nothing else. */
static bool parse_line(const char *line, size_t len, struct xfrm_counter *ret)
{
	struct xfrm_counter c = { 0 };
	size_t name = 0, i;

	while (name < len && line[name] != ' ' && line[name] != '\t')
		name++;
	if (name == 0 || name >= sizeof(c.name) || memchr(line, '\0', name))
		return false;
	for (i = name; i < len && (line[i] == ' ' || line[i] == '\t'); i++)
		;
	if (i == name || i == len)
		return false;
	for (; i < len && line[i] >= '0' && line[i] <= '9'; i++)
		if (__builtin_mul_overflow(c.value, 10, &c.value) ||
		    __builtin_add_overflow(c.value, (uint64_t)(line[i] - '0'), &c.value))
			return false;
	if (i < len)
		return false;

	memcpy(c.name, line, name);
	*ret = c;
	return true;
}

int xfrm_stat_parse(const char *text, size_t len, struct xfrm_counter **ret, size_t *ret_n)
{
	struct counters counters = { 0 };

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;
		struct xfrm_counter c;

		if (parse_line(text, line, &c)) {
			int r = ARRAY_GROW(&counters);

			if (r < 0) {
				free(counters.items);
				return r;
			}
			counters.items[counters.n++] = c;
		}
		line += end ? 1 : 0;
		text += line;
		len -= line;
	}

	*ret = counters.items;
	*ret_n = counters.n;
	return 0;
}

int xfrm_stat(struct xfrm_counter **ret, size_t *ret_n)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	ssize_t n;
	int fd, r = 0;

	text = malloc(STAT_SIZE_MAX);
	if (!text)
		return -ENOMEM;
	fd = open("/proc/net/xfrm_stat", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	for (;;) {
		n = read(fd, text + len, STAT_SIZE_MAX - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = -errno;
		if (n <= 0)
			break;
		len += (size_t)n;
		if (len == STAT_SIZE_MAX) {
			r = -EFBIG;
			break;
		}
	}
	close(fd);
	return r < 0 ? r : xfrm_stat_parse(text, len, ret, ret_n);
}

uint64_t xfrm_stat_value(const struct xfrm_counter *counters, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(counters[i].name, name))
			return counters[i].value;
	return 0;
}
