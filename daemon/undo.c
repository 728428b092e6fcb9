/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "undo-private.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "folder.h"
#include "json-text.h"
#include "text.h"

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

int undo_remember(struct undo *u, struct undo_entry *e)
{
	int r = ARRAY_GROW(u);

	if (r >= 0)
		u->items[u->n++] = e;
	return r;
}

void undo_drop(struct undo *u, size_t i)
{
	undo_entry_free(u->items[i]);
	u->n--;
	memmove(&u->items[i], &u->items[i + 1], (u->n - i) * sizeof(*u->items));
	if (i < u->n_finished)
		u->n_finished--;
}

static int take_line(struct undo *u, json_t *j)
{
	struct undo_entry *e;
	int r;

	if (json_object_get(j, "mark")) {
		u->n_finished = u->n;
		return 0;
	}
	r = undo_entry_from_json(j, &e);
	if (r < 0)
		return r;
	r = undo_remember(u, e);
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
		if (line[len - 1] != '\n') {
			u->torn = true;
			break;
		}
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
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > UNDO_MAX_BYTES) {
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

static void add_line(struct text *t, json_t *j)
{
	_cleanup_free_ char *line = json_line(j);

	json_decref(j);
	if (!line)
		t->failed = true;
	else
		text_printf(t, "%s\n", line);
}

static int write_all(int fd, const struct text *t)
{
	size_t done = 0;

	while (done < t->len) {
		ssize_t n = write(fd, t->data + done, t->len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			return -errno;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/*
 * The whole journal in a new file over the old one: what was cut short by a crash is gone with it,
 * and a reader sees one or the other.
 */
static int write_file(struct undo *u)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	int fd, r;

	for (size_t i = 0; i < u->n; i++) {
		add_line(&t, undo_entry_to_json(u->items[i]));
		if (i + 1 == u->n_finished)
			text_add(&t, "{\"mark\":\"finished\"}\n");
	}
	if (t.failed)
		return -ENOMEM;
	/* It could not be read again, and nothing could be taken back any more. */
	if (t.len > UNDO_MAX_BYTES)
		return -EFBIG;

	fd = open(u->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, &t);
	close(fd);
	if (r == 0 && rename(u->temporary, u->path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(u->temporary);
		return r;
	}
	u->torn = false;
	return folder_sync(u->dir);
}

/* What is in memory, on disk: without entries there is no file. */
static int write_back(struct undo *u)
{
	u->torn = true;
	if (u->n > 0)
		return write_file(u);
	if (unlink(u->path) < 0 && errno != ENOENT)
		return -errno;
	u->torn = false;
	return folder_sync(u->dir);
}

/* The last entry, behind the others. */
static int append_last(struct undo *u)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	struct stat st;
	int fd, r;

	add_line(&t, undo_entry_to_json(u->items[u->n - 1]));
	if (t.failed)
		return -ENOMEM;
	fd = open(u->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if ((size_t)st.st_size + t.len > UNDO_MAX_BYTES)
		r = -EFBIG;
	else
		r = write_all(fd, &t);
	close(fd);
	return r;
}

int undo_note(struct undo *u, struct undo_entry *e)
{
	int r;

	r = undo_remember(u, e);
	if (r < 0) {
		undo_entry_free(e);
		return r;
	}
	r = u->n == 1 || u->torn ? write_file(u) : append_last(u);
	if (r < 0) {
		undo_entry_free(u->items[--u->n]);
		/* It may stand there all the same, as when only the folder was not synced. */
		(void)write_back(u);
	}
	return r;
}

static bool is_up(const struct undo_entry *e, const char *conn)
{
	for (size_t i = 0; i < e->n_up; i++)
		if (streq(e->up[i], conn))
			return true;
	return false;
}

int undo_note_up(struct undo *u, size_t i, struct undo_entry *with)
{
	struct undo_entry *e = u->items[i];
	size_t n = e->n_up;
	char **grown;

	if (with->n_up == 0)
		return 0;
	grown = realloc(e->up, (n + with->n_up) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	e->up = grown;
	for (size_t k = 0; k < with->n_up; k++)
		if (!is_up(e, with->up[k]))
			e->up[e->n_up++] = TAKE_PTR(with->up[k]);
	return e->n_up > n ? write_back(u) : 0;
}

/* ---- finished transactions ---- */

static int copy_journal(const struct undo *u, struct undo **ret)
{
	_cleanup_(undo_freep) struct undo *copy = NULL;
	int r = 0;

	copy = calloc(1, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	copy->dir = strdup(u->dir);
	copy->path = strdup(u->path);
	copy->temporary = strdup(u->temporary);
	if (!copy->dir || !copy->path || !copy->temporary)
		return -ENOMEM;
	for (size_t i = 0; r >= 0 && i < u->n; i++) {
		struct undo_entry *e;

		r = undo_entry_copy(u->items[i], &e);
		if (r < 0)
			break;
		r = undo_remember(copy, e);
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

/* ---- the mark ---- */

/* Also where nothing is new, if that is @wanted. */
static int finish(struct undo *u, const struct plan_rights *right, bool wanted)
{
	_cleanup_(undo_freep) struct undo *merged = NULL;
	int r;

	r = copy_journal(u, &merged);
	if (r < 0)
		return r;
	r = undo_merge(merged);
	if (r < 0)
		return r;
	r = undo_add_right(merged, right);
	if (r < 0 || (r == 0 && !wanted))
		return r;
	merged->n_finished = merged->n;
	r = write_back(merged);
	if (r < 0) {
		/* As in undo_note(): it may stand there all the same. */
		(void)write_back(u);
		return r;
	}
	exchange(u, merged);
	return 0;
}

int undo_mark(struct undo *u, const struct plan_rights *right)
{
	return finish(u, right, true);
}

int undo_note_right(struct undo *u, const struct plan_rights *right)
{
	return finish(u, right, false);
}

int undo_forget_right(struct undo *u,
		      bool (*is_kept)(const void *userdata, const struct undo_entry *e),
		      const void *userdata)
{
	size_t n = u->n;

	for (size_t i = u->n; i-- > 0;)
		if (undo_entry_is_right(u->items[i]) &&
		    !(is_kept && is_kept(userdata, u->items[i])))
			undo_drop(u, i);
	return u->n < n ? write_back(u) : 0;
}

int undo_forget(struct undo *u, size_t i)
{
	undo_drop(u, i);
	return write_back(u);
}

/* ---- all of them ---- */

#define PREFIX "undo-"

/*
 * The bond that a journal of this name is of, or the half of one that a process which died has left
 * beside it or alone: opening the journal clears that away. NULL: it is neither.
 */
static char *bond_of_file(const char *name)
{
	static const char *const suffixes[] = { ".jsonl", ".jsonl.new" };
	size_t len = strlen(name);

	if (!has_prefix(name, PREFIX))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t rest = strlen(suffixes[i]);

		if (len > strlen(PREFIX) + rest && streq(name + len - rest, suffixes[i]))
			return strndup(name + strlen(PREFIX), len - strlen(PREFIX) - rest);
	}
	return NULL;
}

static bool is_among(const struct undo_bonds *b, const char *bond)
{
	for (size_t i = 0; i < b->n; i++)
		if (streq(b->items[i], bond))
			return true;
	return false;
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

		if (!bond || is_among(&bonds, bond))
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
