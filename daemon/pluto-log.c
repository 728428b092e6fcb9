/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pluto-log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

#include "facts.h"
#include "names.h"
#include "text.h"

#define LOG_TAIL  ((uint64_t)65536)
#define MAX_LINES ((size_t)1000)
/* Of the journal; a debugging pluto writes far more than anybody can use. */
#define MAX_ENTRIES 50000U
#define MAX_BYTES   ((size_t)1024 * 1024)

static uint64_t realtime_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static uint64_t size_of(const char *file)
{
	struct stat st;

	return stat(file, &st) < 0 || !S_ISREG(st.st_mode) ? 0 : (uint64_t)st.st_size;
}

void pluto_log_mark(const char *file, struct pluto_log_mark *ret)
{
	*ret = (struct pluto_log_mark){ realtime_usec(), size_of(file) };
}

void pluto_log_mark_before(const char *file, uint64_t usec, struct pluto_log_mark *ret)
{
	uint64_t now = realtime_usec(), size = size_of(file);

	*ret = (struct pluto_log_mark){ now > usec ? now - usec : 0,
					size > LOG_TAIL ? size - LOG_TAIL : 0 };
}

struct filter {
	const char *conn;
	char *packets[2]; /* "packet from PEER:", and "packet from [PEER]:" for IPv6 */
};

/* "example": and "example/1x1": are about conn example, and "example2": is not. */
static bool names_conn(const struct filter *f, const char *line, size_t len)
{
	const char *end = line + len;

	for (const char *s = line; (s = memchr(s, '"', (size_t)(end - s))); s++) {
		const char *close = memchr(s + 1, '"', (size_t)(end - s - 1));

		if (!close)
			return false;
		if (facts_is_tunnel_of(s + 1, (size_t)(close - s - 1), f->conn))
			return true;
	}
	return false;
}

static bool is_about(const struct filter *f, const char *line, size_t len)
{
	if (names_conn(f, line, len))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(f->packets); i++)
		if (f->packets[i] && memmem(line, len, f->packets[i], strlen(f->packets[i])))
			return true;
	return false;
}

/* The last ones tell how it ended: of those before, up to as many again are there meanwhile. */
static void take_line(const struct filter *f, const char *line, size_t len, struct text *t,
		      size_t *n)
{
	if (!is_about(f, line, len))
		return;
	text_add_bytes(t, line, len);
	text_add_char(t, '\n');
	if (++*n >= 2 * MAX_LINES || t->len > 2 * MAX_BYTES)
		*n = text_keep_lines(t, MAX_LINES, MAX_BYTES);
}

/* From where the journal stands on. Return: 1 when there may be more; 0; a negative errno. */
static int read_entries(sd_journal *j, const struct filter *f, struct text *t, size_t *n)
{
	static const char prefix[] = "MESSAGE=";

	for (unsigned int i = 0; i < MAX_ENTRIES; i++) {
		const void *data;
		size_t len;
		int r = sd_journal_next(j);

		if (r <= 0)
			return r;
		if (sd_journal_get_data(j, "MESSAGE", &data, &len) < 0 || len < strlen(prefix))
			continue;
		take_line(f, (const char *)data + strlen(prefix), len - strlen(prefix), t, n);
	}
	return 1;
}

static int read_journal(uint64_t since, const struct filter *f, struct text *t, size_t *n)
{
	static const char match[] = "_SYSTEMD_UNIT=" IPSEC_UNIT;
	sd_journal *j = NULL;
	int r;

	r = sd_journal_open(&j, SD_JOURNAL_LOCAL_ONLY);
	if (r >= 0)
		r = sd_journal_add_match(j, match, 0);
	if (r >= 0)
		r = sd_journal_seek_realtime_usec(j, since);
	if (r >= 0)
		r = read_entries(j, f, t, n);
	/* Of more than can be read the last ones matter. */
	if (r > 0) {
		*n = text_keep_lines(t, 0, 0);
		r = sd_journal_seek_tail(j);
		if (r >= 0)
			r = sd_journal_previous_skip(j, MAX_ENTRIES);
		if (r >= 0)
			r = read_entries(j, f, t, n);
	}
	sd_journal_close(j);
	return r;
}

/* Where the end of a file is read from, which may be in the middle of a line. */
static off_t start_of_end(int fd, uint64_t since)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_size > (off_t)MAX_BYTES &&
	    (uint64_t)st.st_size - MAX_BYTES > since)
		return st.st_size - (off_t)MAX_BYTES;
	return (off_t)since;
}

/* Of what is none, as /dev/stderr, nothing can be read that was written before. */
static int open_regular(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

static int read_file(const char *file, uint64_t since, const struct filter *f, struct text *t,
		     size_t *n)
{
	_cleanup_free_ char *bytes = NULL;
	ssize_t len;
	int fd, r = 0;

	fd = open_regular(file);
	if (fd < 0)
		return fd;
	bytes = malloc(MAX_BYTES);
	if (!bytes)
		r = -ENOMEM;
	len = bytes ? pread(fd, bytes, MAX_BYTES, start_of_end(fd, since)) : 0;
	if (len < 0)
		r = -errno;
	close(fd);
	for (ssize_t i = 0; r == 0 && i < len;) {
		const char *newline = memchr(bytes + i, '\n', (size_t)(len - i));
		size_t line = newline ? (size_t)(newline - bytes - i) : (size_t)(len - i);

		take_line(f, bytes + i, line, t, n);
		i += (ssize_t)line + 1;
	}
	return r;
}

static int make_filter(const char *conn, const char *peer, struct filter *f)
{
	f->conn = conn;
	for (size_t i = 0; *peer && i < ARRAY_SIZE(f->packets); i++)
		if (asprintf(&f->packets[i],
			     i == 0 ? "packet from %s:" : "packet from [%s]:", peer) < 0) {
			f->packets[i] = NULL;
			return -ENOMEM;
		}
	return 0;
}

int pluto_log_read(const char *file, const struct pluto_log_mark *since, const char *conn,
		   const char *peer, char **ret, int *ret_file_error)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	struct filter f = { 0 };
	size_t n = 0;
	int r, journal = -EACCES, error = -EACCES;

	r = make_filter(conn, peer, &f);
	if (r >= 0) {
		journal = read_journal(since->realtime_usec, &f, &t, &n);
		error = read_file(file, since->file_size, &f, &t, &n);
		r = journal < 0 && error < 0 ? -EACCES : 0;
		(void)text_keep_lines(&t, MAX_LINES, MAX_BYTES);
	}
	for (size_t i = 0; i < ARRAY_SIZE(f.packets); i++)
		free(f.packets[i]);
	if (r >= 0)
		r = text_take(&t, ret);
	if (r >= 0 || r == -EACCES)
		*ret_file_error = error;
	return r;
}
