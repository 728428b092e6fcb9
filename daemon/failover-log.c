/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "failover-log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

/* A file with more lines than this is written anew with what is remembered. */
#define MAX_LINES (4 * FAILOVER_LOG_SIZE)
/* A larger file is none of ours. */
#define MAX_BYTES (16 * 1024 * 1024)

struct failover_log {
	char *path;
	struct failover items[FAILOVER_LOG_SIZE]; /* a ring: item of id N is at N % SIZE */
	uint64_t count;                           /* the newest id */
	size_t n;                                 /* how many are remembered */
	size_t n_lines;                           /* in the file */
	bool begun;                               /* this process has written to it */
};

static struct failover *item(struct failover_log *l, uint64_t id)
{
	if (id == 0 || id > l->count || id + l->n <= l->count)
		return NULL;
	return &l->items[id % FAILOVER_LOG_SIZE];
}

json_t *failover_to_json(const struct failover *f)
{
	json_t *j;

	j = json_pack("{s:I, s:I, s:s, s:s, s:s, s:I}", "id", (json_int_t)f->id, "realtime_usec",
		      (json_int_t)f->realtime_usec, "from", f->from, "to", f->to, "cause",
		      failover_cause_name(f->cause), "outage_usec", (json_int_t)f->outage_usec);
	if (!j || !f->proven)
		return j;
	if (json_object_set_new(j, "verdict", json_string(verdict_name(f->verdict))) < 0 ||
	    json_object_set_new(j, "verdict_usec", json_integer((json_int_t)f->verdict_usec)) < 0 ||
	    json_object_set_new(j, "tx_packets", json_integer((json_int_t)f->tx.packets)) < 0 ||
	    json_object_set_new(j, "tx_hardware", json_integer((json_int_t)f->tx.hardware)) < 0 ||
	    json_object_set_new(j, "rx_packets", json_integer((json_int_t)f->rx.packets)) < 0 ||
	    json_object_set_new(j, "rx_hardware", json_integer((json_int_t)f->rx.hardware)) < 0) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static uint64_t number(json_t *j, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(j, key));

	return n > 0 ? (uint64_t)n : 0;
}

static const char *string(json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

/* Return: false for an object that is no failover. */
static bool failover_from_json(json_t *j, struct failover *ret)
{
	struct failover f = {
		.id = number(j, "id"),
		.realtime_usec = number(j, "realtime_usec"),
		.outage_usec = number(j, "outage_usec"),
		.proven = json_object_get(j, "verdict") != NULL,
		.verdict_usec = number(j, "verdict_usec"),
		.tx = { number(j, "tx_packets"), number(j, "tx_hardware"), 0 },
		.rx = { number(j, "rx_packets"), number(j, "rx_hardware"), 0 },
	};

	if (f.id == 0 || f.id > INT64_MAX / 2 || string(j, "to")[0] == '\0')
		return false;
	snprintf(f.from, sizeof(f.from), "%s", string(j, "from"));
	snprintf(f.to, sizeof(f.to), "%s", string(j, "to"));
	for (enum failover_cause c = FAILOVER_UNKNOWN; c <= FAILOVER_RECONSTRUCTED; c++)
		if (streq(failover_cause_name(c), string(j, "cause")))
			f.cause = c;
	for (enum verdict v = VERDICT_UNKNOWN; v <= VERDICT_OFFLOADED; v++)
		if (streq(verdict_name(v), string(j, "verdict")))
			f.verdict = v;
	*ret = f;
	return true;
}

static void remember(struct failover_log *l, const struct failover *f)
{
	if (item(l, f->id)) { /* a later line about the same: its verdict */
		*item(l, f->id) = *f;
		return;
	}
	if (f->id <= l->count)
		return;
	/* A gap in the numbers means lines that were lost; what is before it goes. */
	l->n = f->id == l->count + 1 ? l->n : 0;
	if (l->n < FAILOVER_LOG_SIZE)
		l->n++;
	l->count = f->id;
	l->items[f->id % FAILOVER_LOG_SIZE] = *f;
}

static void read_file(struct failover_log *l)
{
	_cleanup_free_ char *line = NULL;
	size_t alloc = 0;
	struct stat st;
	FILE *file;
	ssize_t len;
	int fd;

	fd = open(l->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_BYTES) {
		close(fd);
		return;
	}
	file = fdopen(fd, "re");
	if (!file) {
		close(fd);
		return;
	}
	while ((len = getline(&line, &alloc, file)) > 0) {
		json_t *j = json_loadb(line, (size_t)len, JSON_REJECT_DUPLICATES, NULL);
		struct failover f;

		if (json_is_object(j) && failover_from_json(j, &f))
			remember(l, &f);
		json_decref(j);
		l->n_lines++;
	}
	fclose(file);
}

int failover_log_open(const char *path, struct failover_log **ret)
{
	_cleanup_(failover_log_freep) struct failover_log *l = NULL;

	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	if (path) {
		l->path = strdup(path);
		if (!l->path)
			return -ENOMEM;
		read_file(l);
	}
	*ret = TAKE_PTR(l);
	return 0;
}

struct failover_log *failover_log_free(struct failover_log *l)
{
	if (l)
		free(l->path);
	free(l);
	return NULL;
}

static int add_line(struct text *t, const struct failover *f)
{
	_cleanup_free_ char *line = NULL;
	json_t *j = failover_to_json(f);

	line = j ? json_dumps(j, JSON_COMPACT) : NULL;
	json_decref(j);
	if (!line)
		return -ENOMEM;
	text_printf(t, "%s\n", line);
	return 0;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int put_bytes(const char *path, int flags, const struct text *t)
{
	int fd, r;

	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_CREAT | flags, 0640);
	if (fd < 0)
		return -errno;
	r = write_all(fd, t->data, t->len);
	if (r == 0 && fdatasync(fd) < 0)
		r = -errno;
	close(fd);
	return r;
}

/* All that is remembered, in a new file over the old one. */
static int rewrite(struct failover_log *l)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	_cleanup_free_ char *temporary = NULL;
	int r;

	if (asprintf(&temporary, "%s.new", l->path) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	for (uint64_t id = l->count - l->n + 1; id <= l->count; id++) {
		r = add_line(&t, item(l, id));
		if (r < 0)
			return r;
	}
	if (t.failed)
		return -ENOMEM;
	r = put_bytes(temporary, O_TRUNC, &t);
	if (r < 0)
		return r;
	if (rename(temporary, l->path) < 0)
		return -errno;
	l->n_lines = l->n;
	return 0;
}

static int keep(struct failover_log *l, const struct failover *f)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	int r;

	if (!l->path)
		return 0;
	if (l->n_lines >= MAX_LINES)
		return rewrite(l);

	/* A line that a crash cut short must not swallow this one; empty lines are passed over. */
	if (!l->begun)
		text_add(&t, "\n");
	l->begun = true;
	r = add_line(&t, f);
	if (r < 0)
		return r;
	if (t.failed)
		return -ENOMEM;
	l->n_lines++;
	return put_bytes(l->path, O_APPEND, &t);
}

int failover_log_add(struct failover_log *l, struct failover *f)
{
	f->id = l->count + 1;
	remember(l, f);
	return keep(l, f);
}

int failover_log_prove(struct failover_log *l, const struct proof *proof, uint64_t elapsed_usec)
{
	struct failover *f = item(l, l->count);
	int r;

	if (!f || f->proven)
		return 0;
	f->proven = true;
	f->verdict = proof->verdict;
	f->verdict_usec = elapsed_usec;
	f->tx = proof->tx;
	f->rx = proof->rx;
	r = keep(l, f);
	return r < 0 ? r : 1;
}

uint64_t failover_log_count(const struct failover_log *l)
{
	return l->count;
}

const struct failover *failover_log_last(const struct failover_log *l)
{
	return l->n ? &l->items[l->count % FAILOVER_LOG_SIZE] : NULL;
}

json_t *failover_log_since(const struct failover_log *l, uint64_t realtime_usec)
{
	json_t *array = json_array();

	for (uint64_t id = l->count - l->n + 1; array && id <= l->count; id++) {
		const struct failover *f = &l->items[id % FAILOVER_LOG_SIZE];

		if (f->realtime_usec < realtime_usec)
			continue;
		if (json_array_append_new(array, failover_to_json(f)) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}
