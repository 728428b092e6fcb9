/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "failover-log.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "failover-json.h"
#include "json-text.h"
#include "text.h"

/* A file with more lines than this is written anew with what is remembered. */
#define MAX_LINES (4 * FAILOVER_LOG_SIZE)
/* A larger file is none of ours. */
#define MAX_BYTES (16 * 1024 * 1024)

/* So long at the least between two times that the disk is waited for, verdicts apart. */
#define TURN_USEC UINT64_C(1500000)

struct failover_log {
	char *path;
	struct failover items[FAILOVER_LOG_SIZE]; /* a ring: item of id N is at N % SIZE */
	uint64_t count;                           /* the newest id */
	size_t n;                                 /* how many are remembered */
	uint64_t written;                         /* the newest id on disk */
	size_t n_lines;                           /* in the file */
	bool begun;                               /* this process has written to it */
	bool behind;                              /* it could not be written: all of it is anew */
	bool unsynced;                            /* it may still be lost with the power */
	uint64_t due_usec; /* monotonic, when the disk may be waited for anew */

	uint64_t written_usec; /* realtime, by an earlier process */

	char boot[FAILOVER_LOG_BOOT_SIZE]; /* of this process */
	bool has_standing;                 /* of this boot */
	struct failover_log_standing standing;
};

#define SUPERSEDED "the next failover came before there was a verdict"
#define REBOOTED   "the host was started anew before there was a verdict"

static bool has(const struct failover_log *l, uint64_t id)
{
	return id > 0 && id <= l->count && id + l->n > l->count;
}

static struct failover *item(struct failover_log *l, uint64_t id)
{
	return has(l, id) ? &l->items[id % FAILOVER_LOG_SIZE] : NULL;
}

/* The newest one gets no verdict any more. */
static void give_up(struct failover_log *l, const char *reason, uint64_t realtime_usec)
{
	struct failover *f = item(l, l->count);

	if (!f || f->proven)
		return;
	f->proven = true;
	f->verdict = VERDICT_UNKNOWN;
	f->reason = strdup(reason);
	if (realtime_usec > f->realtime_usec)
		f->verdict_usec = realtime_usec - f->realtime_usec;
}

/* Forgets all but the number of the newest. */
static void forget(struct failover_log *l)
{
	for (; l->n > 0; l->n--)
		failover_done(&l->items[(l->count - l->n + 1) % FAILOVER_LOG_SIZE]);
}

/* @f becomes the log's. */
static void remember(struct failover_log *l, struct failover *f)
{
	struct failover *place = item(l, f->id);

	if (place) { /* a later line about the same: its verdict */
		failover_done(place);
		*place = *f;
		return;
	}
	if (f->id <= l->count) {
		failover_done(f);
		return;
	}
	give_up(l, SUPERSEDED, f->realtime_usec);
	/* A gap in the numbers means lines that were lost; what is before it goes. */
	if (f->id != l->count + 1)
		forget(l);
	place = &l->items[f->id % FAILOVER_LOG_SIZE];
	if (l->n < FAILOVER_LOG_SIZE)
		l->n++;
	else
		failover_done(place);
	l->count = f->id;
	*place = *f;
}

/* Where the bond stood when a line was written, if that was since the host was started. */
static void read_standing(struct failover_log *l, const json_t *j)
{
	const char *boot = json_string_value(json_object_get(j, "boot"));
	const char *port = json_string_value(json_object_get(j, "active"));
	json_int_t index;

	if (!port)
		port = json_string_value(json_object_get(j, "to"));
	if (!boot || !port || *l->boot == '\0')
		return;
	l->has_standing = streq(boot, l->boot);
	snprintf(l->standing.port, sizeof(l->standing.port), "%s", port);
	index = json_integer_value(json_object_get(j, "ifindex"));
	l->standing.ifindex = index > 0 && index <= INT_MAX ? (int)index : FACTS_NO_LINK;
	l->standing.link_failures =
		(uint32_t)json_integer_value(json_object_get(j, "link_failures"));
}

/* Return: 0, also for a line that is none of ours; -ENOMEM. */
static int read_line(struct failover_log *l, const char *line, size_t len)
{
	json_t *j = NULL;
	struct failover f;
	int r = json_read(line, len, &j);

	if (r == 0 && json_is_object(j)) {
		r = failover_from_json(j, &f);
		if (r == 0)
			remember(l, &f);
		read_standing(l, j);
	}
	json_decref(j);
	return r == -ENOMEM ? r : 0;
}

/* The next failover takes the place of the file: behind what is not understood it would be lost. */
static int begin_anew(struct failover_log *l)
{
	l->n_lines = MAX_LINES;
	return 0;
}

/* What lacks for a moment: the file is there, and is no empty one. */
static bool is_passing(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM;
}

/* Return: 0, also when there is none to be read; -ENOMEM, -EMFILE, -ENFILE. */
static int read_file(struct failover_log *l)
{
	_cleanup_free_ char *line = NULL;
	size_t alloc = 0;
	struct stat st;
	FILE *file;
	ssize_t len;
	int fd, r = 0;

	fd = open(l->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && is_passing(errno))
		return -errno;
	if (fd < 0)
		return errno == ENOENT ? 0 : begin_anew(l);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_BYTES) {
		close(fd);
		return begin_anew(l);
	}
	l->written_usec =
		(uint64_t)st.st_mtim.tv_sec * 1000000 + (uint64_t)st.st_mtim.tv_nsec / 1000;
	file = fdopen(fd, "re");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && (len = getline(&line, &alloc, file)) > 0) {
		r = read_line(l, line, (size_t)len);
		l->n_lines++;
	}
	/* getline() tells a lack of memory by nothing but that the end is not reached. */
	if (r == 0 && !feof(file) && !ferror(file))
		r = -ENOMEM;
	if (ferror(file))
		(void)begin_anew(l);
	fclose(file);
	return r;
}

int failover_log_open(const char *path, const char *boot, struct failover_log **ret)
{
	_cleanup_(failover_log_freep) struct failover_log *l = NULL;
	int r;

	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	snprintf(l->boot, sizeof(l->boot), "%s", boot);
	if (path) {
		l->path = strdup(path);
		if (!l->path)
			return -ENOMEM;
		r = read_file(l);
		if (r < 0)
			return r;
	}
	if (!l->has_standing)
		give_up(l, REBOOTED, 0);
	l->written = l->count;
	*ret = TAKE_PTR(l);
	return 0;
}

struct failover_log *failover_log_free(struct failover_log *l)
{
	if (!l)
		return NULL;
	l->due_usec = 0;
	(void)failover_log_sync(l);
	forget(l);
	free(l->path);
	free(l);
	return NULL;
}

/* Adds the line; @j, which may be NULL, is let go of. */
static int add_json(struct text *t, json_t *j)
{
	_cleanup_free_ char *line = json_line(j);

	json_decref(j);
	if (!line)
		return -ENOMEM;
	text_printf(t, "%s\n", line);
	return t->failed ? -ENOMEM : 0;
}

/* A failover; the newest one tells where the bond stands as well. */
static int add_failover(const struct failover_log *l, struct text *t, const struct failover *f)
{
	json_t *j = failover_to_json(f);

	if (j && f->id == l->count && l->has_standing && *l->boot &&
	    (json_object_set_new(j, "boot", json_string(l->boot)) < 0 ||
	     json_object_set_new(j, "ifindex", json_integer(l->standing.ifindex)) < 0 ||
	     json_object_set_new(j, "link_failures",
				 json_integer((json_int_t)l->standing.link_failures)) < 0)) {
		json_decref(j);
		return -ENOMEM;
	}
	return add_json(t, j);
}

static int add_standing(const struct failover_log *l, struct text *t)
{
	return add_json(t, json_pack("{s:o, s:i, s:s, s:I}", "active", json_text(l->standing.port),
				     "ifindex", l->standing.ifindex, "boot", l->boot,
				     "link_failures", (json_int_t)l->standing.link_failures));
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

static int put_bytes(const char *path, int flags, const struct text *t, bool sync)
{
	int fd, r;

	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_CREAT | flags, 0640);
	if (fd < 0)
		return -errno;
	r = write_all(fd, t->data, t->len);
	if (r == 0 && sync && fdatasync(fd) < 0)
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
		r = add_failover(l, &t, &l->items[id % FAILOVER_LOG_SIZE]);
		if (r < 0)
			return r;
	}
	if (l->has_standing && *l->boot) {
		r = add_standing(l, &t);
		if (r < 0)
			return r;
	}
	r = put_bytes(temporary, O_TRUNC, &t, true);
	if (r < 0)
		return r;
	if (rename(temporary, l->path) < 0)
		return -errno;
	l->n_lines = l->n + l->has_standing;
	l->unsynced = false;
	return 0;
}

/*
 * In a burst of failovers the disk is not waited for each time, lest the next one be told late: who
 * keeps them asks again at the time that is due. What the power takes in between was written less
 * than two seconds before. When the process goes none is lost that was written, and each is written
 * right after it was told.
 */
static bool is_time_to_sync(struct failover_log *l)
{
	struct timespec t;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
	if (now < l->due_usec)
		return false;
	l->due_usec = now + TURN_USEC;
	return true;
}

/* Lines of what was added since, and of @f where that is no such; NULL: where the bond stands. */
static int add_lines(const struct failover_log *l, struct text *t, const struct failover *f)
{
	for (uint64_t id = l->written + 1; id <= l->count; id++) {
		int r = has(l, id) ? add_failover(l, t, &l->items[id % FAILOVER_LOG_SIZE]) : 0;

		if (r < 0)
			return r;
	}
	if (f)
		return f->id <= l->written ? add_failover(l, t, f) : 0;
	return add_standing(l, t);
}

/* More lines in the file: about failovers, or (NULL) where the bond stands. */
static int append(struct failover_log *l, const struct failover *f, bool sync)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	int r;

	/* A line that a crash cut short must not swallow this one; empty lines are passed over. */
	if (!l->begun)
		text_add(&t, "\n");
	r = add_lines(l, &t, f);
	if (r < 0)
		return r;
	r = put_bytes(l->path, O_APPEND, &t, sync);
	if (r < 0)
		return r;
	l->begun = true;
	l->unsynced = !sync;
	l->n_lines += 1 + (l->count - l->written);
	return 0;
}

/* Return: @r, which came of writing; after a failure all that is remembered is written. */
static int note_written(struct failover_log *l, int r)
{
	l->behind = r < 0;
	if (r >= 0)
		l->written = l->count;
	return r;
}

static bool is_to_be_rewritten(const struct failover_log *l)
{
	return l->behind || l->n_lines >= MAX_LINES;
}

static int keep(struct failover_log *l, const struct failover *f, bool sync)
{
	if (!l->path)
		return 0;
	return note_written(l, is_to_be_rewritten(l) ? rewrite(l) : append(l, f, sync));
}

int failover_log_write(struct failover_log *l)
{
	if (!l->path || l->written == l->count || is_to_be_rewritten(l))
		return 0;
	return note_written(l, append(l, item(l, l->count), false));
}

int failover_log_sync(struct failover_log *l)
{
	const struct text nothing = TEXT_NULL;
	int r;

	if (!l->path || (l->written == l->count && !l->behind && !l->unsynced))
		return 0;
	if (is_to_be_rewritten(l) || l->written < l->count)
		return keep(l, item(l, l->count), is_time_to_sync(l));
	if (!is_time_to_sync(l))
		return 0;
	r = put_bytes(l->path, O_APPEND, &nothing, true);
	l->unsynced = r < 0;
	return r;
}

uint64_t failover_log_due_usec(const struct failover_log *l)
{
	return l->unsynced ? l->due_usec : UINT64_MAX;
}

void failover_log_add(struct failover_log *l, struct failover *f)
{
	struct failover copy;

	f->id = l->count + 1;
	copy = *f;
	remember(l, &copy);
	l->has_standing = true;
	snprintf(l->standing.port, sizeof(l->standing.port), "%s", f->to);
	l->standing.ifindex = f->to_index;
	l->standing.link_failures = f->link_failures;
}

bool failover_log_is_open(const struct failover_log *l)
{
	return l->n > 0 && !l->items[l->count % FAILOVER_LOG_SIZE].proven;
}

int failover_log_prove(struct failover_log *l, const struct proof *proof,
		       const struct failover_evidence *evidence, uint64_t elapsed_usec)
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
	f->sas_idle = proof->n_idle;
	f->evidence = *evidence;
	/* Without memory for the words the figures stand all the same. */
	f->evidence.kernel_words = evidence->kernel_words ? strdup(evidence->kernel_words) : NULL;
	f->evidence.xfrm_errors = evidence->xfrm_errors ? strdup(evidence->xfrm_errors) : NULL;
	f->reason = *proof->reason ? strdup(proof->reason) : NULL;
	r = keep(l, f, true);
	return r < 0 ? r : 1;
}

bool failover_log_standing(const struct failover_log *l, struct failover_log_standing *ret)
{
	if (l->has_standing)
		*ret = l->standing;
	return l->has_standing;
}

int failover_log_note(struct failover_log *l, const struct failover_log_standing *standing)
{
	if (l->has_standing && streq(l->standing.port, standing->port) &&
	    l->standing.ifindex == standing->ifindex &&
	    l->standing.link_failures == standing->link_failures)
		return 0;
	l->has_standing = true;
	l->standing = *standing;
	return *l->boot ? keep(l, NULL, is_time_to_sync(l)) : 0;
}

uint64_t failover_log_written_usec(const struct failover_log *l)
{
	return l->written_usec;
}

uint64_t failover_log_count(const struct failover_log *l)
{
	return l->count;
}

const struct failover *failover_log_get(const struct failover_log *l, uint64_t id)
{
	return has(l, id) ? &l->items[id % FAILOVER_LOG_SIZE] : NULL;
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
