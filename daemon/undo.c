/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "undo.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "json-text.h"
#include "text.h"

/* A larger journal is none of ours: none is written, and none is read. */
#define MAX_BYTES (64 * 1024 * 1024)

struct undo {
	char *dir;
	char *path;
	char *temporary;
	struct undo_entry **items;
	size_t n, alloc;
	size_t n_finished;
};

struct undo_entry *undo_entry_free(struct undo_entry *e)
{
	if (!e)
		return NULL;
	free(e->subject);
	free(e->file);
	free(e->key);
	free(e->value);
	free(e->old_value);
	free(e->old_bytes);
	free(e->new_bytes);
	free(e);
	return NULL;
}

struct undo *undo_free(struct undo *u)
{
	if (!u)
		return NULL;
	for (size_t i = 0; i < u->n; i++)
		undo_entry_free(u->items[i]);
	free(u->items);
	free(u->dir);
	free(u->path);
	free(u->temporary);
	free(u);
	return NULL;
}

size_t undo_n_entries(const struct undo *u)
{
	return u->n;
}

const struct undo_entry *undo_entry(const struct undo *u, size_t i)
{
	return u->items[i];
}

size_t undo_n_finished(const struct undo *u)
{
	return u->n_finished;
}

/* ---- lines ---- */

/* A file of the configuration need not be UTF-8, so its bytes stand in hexadecimal digits. */
static json_t *bytes_to_json(const char *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	_cleanup_free_ char *hex = NULL;

	hex = malloc(2 * len + 1);
	if (!hex)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digits[(unsigned char)bytes[i] >> 4];
		hex[2 * i + 1] = digits[(unsigned char)bytes[i] & 15];
	}
	return json_stringn(hex, 2 * len);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int bytes_from_json(json_t *j, char **ret, size_t *ret_len)
{
	size_t len = json_string_length(j) / 2;
	const char *s = json_string_value(j);
	_cleanup_free_ char *bytes = NULL;

	if (!s || json_string_length(j) % 2)
		return -EBADMSG;
	bytes = malloc(len + 1);
	if (!bytes)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++) {
		int high = digit(s[2 * i]), low = digit(s[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EBADMSG;
		bytes[i] = (char)(high << 4 | low);
	}
	bytes[len] = '\0';
	*ret = TAKE_PTR(bytes);
	*ret_len = len;
	return 0;
}

static json_t *entry_to_json(const struct undo_entry *e)
{
	json_t *j = json_pack("{s:s, s:s, s:i, s:i}", "step", step_kind_name(e->kind), "subject",
			      e->subject, "before", e->before, "after", e->after);
	int r = 0;

	if (!j || e->kind != STEP_CONN)
		return j;
	r |= json_object_set_new(j, "file", json_string(e->file));
	r |= json_object_set_new(j, "key", json_string(e->key));
	r |= json_object_set_new(j, "value", json_string(e->value));
	if (e->old_value)
		r |= json_object_set_new(j, "old_value", json_string(e->old_value));
	r |= json_object_set_new(j, "old_bytes", bytes_to_json(e->old_bytes, e->old_len));
	r |= json_object_set_new(j, "new_bytes", bytes_to_json(e->new_bytes, e->new_len));
	if (r == 0)
		return j;
	json_decref(j);
	return NULL;
}

static int take_string(json_t *j, const char *key, bool needed, char **ret)
{
	const char *s = json_string_value(json_object_get(j, key));

	if (!s)
		return needed ? -EBADMSG : 0;
	*ret = strdup(s);
	return *ret ? 0 : -ENOMEM;
}

static int kind_from_name(const char *name, enum step_kind *ret)
{
	for (enum step_kind k = STEP_PROFILE; k <= STEP_RESTART; k++)
		/* What is done anew by pluto leaves nothing to be undone. */
		if (name && k != STEP_REKEY && streq(step_kind_name(k), name)) {
			*ret = k;
			return 0;
		}
	return -EBADMSG;
}

static int entry_from_json(json_t *j, struct undo_entry **ret)
{
	_cleanup_(undo_entry_freep) struct undo_entry *e = NULL;
	int r;

	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	r = kind_from_name(json_string_value(json_object_get(j, "step")), &e->kind);
	if (r >= 0)
		r = take_string(j, "subject", true, &e->subject);
	if (r < 0)
		return r;
	e->before = (int)json_integer_value(json_object_get(j, "before"));
	e->after = (int)json_integer_value(json_object_get(j, "after"));
	if (e->kind == STEP_CONN) {
		r = take_string(j, "file", true, &e->file);
		if (r >= 0)
			r = take_string(j, "key", true, &e->key);
		if (r >= 0)
			r = take_string(j, "value", true, &e->value);
		if (r >= 0)
			r = take_string(j, "old_value", false, &e->old_value);
		if (r >= 0)
			r = bytes_from_json(json_object_get(j, "old_bytes"), &e->old_bytes,
					    &e->old_len);
		if (r >= 0)
			r = bytes_from_json(json_object_get(j, "new_bytes"), &e->new_bytes,
					    &e->new_len);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(e);
	return 0;
}

static int remember(struct undo *u, struct undo_entry *e)
{
	int r = ARRAY_GROW(u);

	if (r >= 0)
		u->items[u->n++] = e;
	return r;
}

static int take_line(struct undo *u, json_t *j)
{
	struct undo_entry *e;
	int r;

	if (json_object_get(j, "mark")) {
		u->n_finished = u->n;
		return 0;
	}
	r = entry_from_json(j, &e);
	if (r < 0)
		return r;
	r = remember(u, e);
	if (r < 0)
		undo_entry_free(e);
	return r;
}

/* ---- the file ---- */

static int take_lines(struct undo *u, FILE *file)
{
	_cleanup_free_ char *line = NULL;
	size_t alloc = 0;
	ssize_t len;

	while ((len = getline(&line, &alloc, file)) > 0) {
		json_t *j;
		int r;

		/* Cut short by a crash: its step was not begun. */
		if (line[len - 1] != '\n')
			break;
		r = json_read(line, (size_t)len, &j);
		if (r < 0)
			return r;
		r = json_is_object(j) ? take_line(u, j) : -EBADMSG;
		json_decref(j);
		if (r < 0)
			return r;
	}
	if (ferror(file))
		return -EIO;
	/* getline() tells a lack of memory by nothing but that the end is not reached; a journal
	 * that is read in part must not be taken for one that has no more. */
	return len < 0 && !feof(file) ? -ENOMEM : 0;
}

static int read_file(struct undo *u)
{
	struct stat st;
	FILE *file;
	int fd, r;

	fd = open(u->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_BYTES) {
		close(fd);
		return -EBADMSG;
	}
	file = fdopen(fd, "re");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	r = take_lines(u, file);
	fclose(file);
	return r;
}

int undo_open(const char *state_dir, const char *bond, struct undo **ret)
{
	_cleanup_(undo_freep) struct undo *u = NULL;
	int r;

	u = calloc(1, sizeof(*u));
	if (!u)
		return -ENOMEM;
	u->dir = strdup(state_dir);
	if (!u->dir)
		return -ENOMEM;
	if (asprintf(&u->path, "%s/undo-%s.jsonl", state_dir, bond) < 0) {
		u->path = NULL;
		return -ENOMEM;
	}
	if (asprintf(&u->temporary, "%s.new", u->path) < 0) {
		u->temporary = NULL;
		return -ENOMEM;
	}
	/* Half written by a process that died: the one in its place is whole. */
	(void)unlink(u->temporary);
	r = read_file(u);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(u);
	return 0;
}

static int sync_dir(const char *dir)
{
	int fd, r = 0;

	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		r = -errno;
	close(fd);
	return r;
}

static void add_line(struct text *t, json_t *j)
{
	_cleanup_free_ char *line = json_line(j);

	json_decref(j);
	if (!line)
		t->failed = true;
	else
		text_printf(t, "%s\n", line);
}

/*
 * The whole journal in a new file over the old one: what was cut short by a crash is gone with it,
 * and a reader sees one or the other.
 */
static int write_file(struct undo *u)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	size_t done = 0;
	int fd, r = 0;

	for (size_t i = 0; i < u->n; i++) {
		add_line(&t, entry_to_json(u->items[i]));
		if (i + 1 == u->n_finished)
			text_add(&t, "{\"mark\":\"finished\"}\n");
	}
	if (t.failed)
		return -ENOMEM;
	/* It could not be read again, and nothing could be taken back any more. */
	if (t.len > MAX_BYTES)
		return -EFBIG;

	fd = open(u->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	while (done < t.len && r == 0) {
		ssize_t n = write(fd, t.data + done, t.len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			r = -errno;
	}
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	close(fd);
	if (r == 0 && rename(u->temporary, u->path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(u->temporary);
		return r;
	}
	return sync_dir(u->dir);
}

/* What is in memory, on disk: without entries there is no file. */
static int write_back(struct undo *u)
{
	if (u->n > 0)
		return write_file(u);
	if (unlink(u->path) < 0 && errno != ENOENT)
		return -errno;
	return sync_dir(u->dir);
}

int undo_note(struct undo *u, struct undo_entry *e)
{
	int r;

	r = remember(u, e);
	if (r < 0) {
		undo_entry_free(e);
		return r;
	}
	r = write_file(u);
	if (r < 0) {
		undo_entry_free(u->items[--u->n]);
		/* It may stand there all the same, as when only the folder was not synced. */
		(void)write_back(u);
	}
	return r;
}

/* ---- finished transactions ---- */

static bool same_thing(const struct undo_entry *a, const struct undo_entry *b)
{
	return a->kind == b->kind && streq(a->subject, b->subject) && streq_ptr(a->file, b->file) &&
	       streq_ptr(a->key, b->key);
}

static bool same_bytes(const char *a, size_t n_a, const char *b, size_t n_b)
{
	return n_a == n_b && (n_a == 0 || memcmp(a, b, n_a) == 0);
}

static void swap(char **a, char **b)
{
	char *c = *a;

	*a = *b;
	*b = c;
}

/*
 * A repair of what was applied before: what was there at first is kept, and what was put there
 * last. Where others have edited the file in between, its bytes of then are nobody's wish any more,
 * and the key alone will be put back.
 */
static void merge(struct undo_entry *first, struct undo_entry *again)
{
	if (first->kind == STEP_CONN) {
		bool chained = same_bytes(first->new_bytes, first->new_len, again->old_bytes,
					  again->old_len);

		swap(&first->value, &again->value);
		swap(&first->new_bytes, &again->new_bytes);
		first->new_len = again->new_len;
		if (!chained)
			first->old_len = first->new_len = 0;
	}
	first->after = again->after;
}

static void drop(struct undo *u, size_t i)
{
	undo_entry_free(u->items[i]);
	u->n--;
	memmove(&u->items[i], &u->items[i + 1], (u->n - i) * sizeof(*u->items));
	if (i < u->n_finished)
		u->n_finished--;
}

/* Each thing once, however often it was repaired. */
static void merge_repairs(struct undo *u)
{
	for (size_t i = u->n_finished; i < u->n;) {
		size_t k = 0;

		while (k < u->n_finished && !same_thing(u->items[k], u->items[i]))
			k++;
		if (k == u->n_finished) {
			i++;
			continue;
		}
		merge(u->items[k], u->items[i]);
		drop(u, i);
	}
}

static int copy_string(const char *s, char **ret)
{
	if (!s)
		return 0;
	*ret = strdup(s);
	return *ret ? 0 : -ENOMEM;
}

static int copy_bytes(const char *bytes, size_t len, char **ret)
{
	if (!bytes)
		return 0;
	*ret = malloc(len + 1);
	if (!*ret)
		return -ENOMEM;
	memcpy(*ret, bytes, len);
	(*ret)[len] = '\0';
	return 0;
}

static int copy_entry(const struct undo_entry *e, struct undo_entry **ret)
{
	_cleanup_(undo_entry_freep) struct undo_entry *copy = NULL;
	int r;

	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = (struct undo_entry){ .kind = e->kind,
				     .before = e->before,
				     .after = e->after,
				     .old_len = e->old_len,
				     .new_len = e->new_len };
	r = copy_string(e->subject, &copy->subject);
	if (r >= 0)
		r = copy_string(e->file, &copy->file);
	if (r >= 0)
		r = copy_string(e->key, &copy->key);
	if (r >= 0)
		r = copy_string(e->value, &copy->value);
	if (r >= 0)
		r = copy_string(e->old_value, &copy->old_value);
	if (r >= 0)
		r = copy_bytes(e->old_bytes, e->old_len, &copy->old_bytes);
	if (r >= 0)
		r = copy_bytes(e->new_bytes, e->new_len, &copy->new_bytes);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(copy);
	return 0;
}

static int copy_journal(const struct undo *u, struct undo **ret)
{
	_cleanup_(undo_freep) struct undo *copy = NULL;
	int r;

	copy = calloc(1, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	r = copy_string(u->dir, &copy->dir);
	if (r >= 0)
		r = copy_string(u->path, &copy->path);
	if (r >= 0)
		r = copy_string(u->temporary, &copy->temporary);
	for (size_t i = 0; r >= 0 && i < u->n; i++) {
		struct undo_entry *e;

		r = copy_entry(u->items[i], &e);
		if (r < 0)
			break;
		r = remember(copy, e);
		if (r < 0)
			undo_entry_free(e);
	}
	if (r < 0)
		return r;
	copy->n_finished = u->n_finished;
	*ret = TAKE_PTR(copy);
	return 0;
}

static void exchange(struct undo *a, struct undo *b)
{
	struct undo c = *a;

	*a = *b;
	*b = c;
}

int undo_mark(struct undo *u)
{
	_cleanup_(undo_freep) struct undo *merged = NULL;
	int r;

	r = copy_journal(u, &merged);
	if (r < 0)
		return r;
	merge_repairs(merged);
	merged->n_finished = merged->n;
	r = write_file(merged);
	if (r < 0) {
		/* As in undo_note(): it may stand there all the same. */
		(void)write_back(u);
		return r;
	}
	exchange(u, merged);
	return 0;
}

int undo_forget(struct undo *u, size_t i)
{
	drop(u, i);
	return write_back(u);
}

/* ---- all of them ---- */

#define PREFIX "undo-"
#define SUFFIX ".jsonl"

/* The bond that a journal of this name is of; NULL: it is no journal. */
static char *bond_of_file(const char *name)
{
	size_t len = strlen(name);

	if (!has_prefix(name, PREFIX) || len <= strlen(PREFIX SUFFIX) ||
	    !streq(name + len - strlen(SUFFIX), SUFFIX))
		return NULL;
	return strndup(name + strlen(PREFIX), len - strlen(PREFIX SUFFIX));
}

void undo_bonds_done(struct undo_bonds *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->items[i]);
	free(b->items);
	*b = UNDO_BONDS_NULL;
}

int undo_bonds(const char *state_dir, struct undo_bonds *ret)
{
	struct undo_bonds bonds = UNDO_BONDS_NULL;
	struct dirent *e;
	DIR *dir;
	int r = 0;

	dir = opendir(state_dir);
	if (!dir && errno != ENOENT)
		return -errno;
	while (dir && r >= 0 && (e = readdir(dir))) {
		_cleanup_free_ char *bond = bond_of_file(e->d_name);

		if (!bond)
			continue;
		r = ARRAY_GROW(&bonds);
		if (r >= 0)
			bonds.items[bonds.n++] = TAKE_PTR(bond);
	}
	if (dir)
		closedir(dir);
	if (r < 0) {
		undo_bonds_done(&bonds);
		return r;
	}
	*ret = bonds;
	return 0;
}
