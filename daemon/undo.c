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

struct undo {
	char *dir;
	char *path;
	char *temporary;
	struct undo_entry **items;
	size_t n, alloc;
	size_t n_finished;
	bool torn; /* the file is not what is in memory: it has to be written anew */
};

static void forget_up(struct undo_entry *e)
{
	for (size_t i = 0; i < e->n_up; i++)
		free(e->up[i]);
	free(e->up);
	e->up = NULL;
	e->n_up = 0;
}

struct undo_entry *undo_entry_free(struct undo_entry *e)
{
	if (!e)
		return NULL;
	free(e->subject);
	free(e->file);
	free(e->key);
	free(e->value);
	free(e->old_value);
	free(e->profile);
	patch_done(&e->patch);
	forget_up(e);
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

static json_t *patch_to_json(const struct patch *p)
{
	return json_pack("{s:I, s:o, s:o, s:s, s:s}", "at", (json_int_t)p->at, "old",
			 bytes_to_json(p->old_bytes, p->old_len), "new",
			 bytes_to_json(p->new_bytes, p->new_len), "before", p->before, "after",
			 p->after);
}

static int sum_from_json(json_t *j, char ret[PATCH_SUM_SIZE])
{
	const char *s = json_string_value(j);

	if (!s || json_string_length(j) >= PATCH_SUM_SIZE)
		return -EBADMSG;
	strcpy(ret, s);
	return 0;
}

static int patch_from_json(json_t *j, struct patch *ret)
{
	_cleanup_(patch_done) struct patch p = PATCH_NULL;
	json_int_t at = json_integer_value(json_object_get(j, "at"));
	int r;

	if (at < 0)
		return -EBADMSG;
	p.at = (size_t)at;
	r = bytes_from_json(json_object_get(j, "old"), &p.old_bytes, &p.old_len);
	if (r >= 0)
		r = bytes_from_json(json_object_get(j, "new"), &p.new_bytes, &p.new_len);
	if (r >= 0)
		r = sum_from_json(json_object_get(j, "before"), p.before);
	if (r >= 0)
		r = sum_from_json(json_object_get(j, "after"), p.after);
	if (r < 0)
		return r;
	*ret = p;
	p = PATCH_NULL;
	return 0;
}

static json_t *strings_to_json(char *const *strings, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < n; i++)
		array = json_append(array, json_string(strings[i]));
	return array;
}

/* What was taken so far is the entry's also on failure. */
static int take_up(json_t *array, struct undo_entry *e)
{
	json_t *name;
	size_t i;

	if (!array)
		return 0;
	if (!json_is_array(array))
		return -EBADMSG;
	e->up = calloc(json_array_size(array) + 1, sizeof(*e->up));
	if (!e->up)
		return -ENOMEM;
	json_array_foreach(array, i, name)
	{
		if (!json_is_string(name))
			return -EBADMSG;
		e->up[i] = strdup(json_string_value(name));
		if (!e->up[i])
			return -ENOMEM;
		e->n_up++;
	}
	return 0;
}

static json_t *entry_to_json(const struct undo_entry *e)
{
	json_t *j = json_pack("{s:s, s:s, s:i, s:i}", "step", step_kind_name(e->kind), "subject",
			      e->subject, "before", e->before, "after", e->after);
	int r = 0;

	if (j && e->n_up > 0)
		r = json_object_set_new(j, "up", strings_to_json(e->up, e->n_up));
	if (j && e->profile)
		r |= json_object_set_new(j, "profile", json_string(e->profile));
	if (!j || (r == 0 && e->kind != STEP_CONN))
		return j;
	r |= json_object_set_new(j, "key", json_string(e->key));
	if (e->value) {
		r |= json_object_set_new(j, "file", json_string(e->file));
		r |= json_object_set_new(j, "value", json_string(e->value));
	}
	if (e->old_value)
		r |= json_object_set_new(j, "old_value", json_string(e->old_value));
	if (e->patch.old_bytes)
		r |= json_object_set_new(j, "patch", patch_to_json(&e->patch));
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
	r = take_up(json_object_get(j, "up"), e);
	if (r >= 0)
		r = take_string(j, "profile", false, &e->profile);
	if (r < 0)
		return r;
	if (e->kind == STEP_CONN) {
		r = take_string(j, "key", true, &e->key);
		if (r >= 0)
			r = take_string(j, "value", false, &e->value);
		if (r >= 0 && e->value)
			r = take_string(j, "file", true, &e->file);
		if (r >= 0)
			r = take_string(j, "old_value", false, &e->old_value);
		if (r >= 0 && json_object_get(j, "patch"))
			r = patch_from_json(json_object_get(j, "patch"), &e->patch);
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
		add_line(&t, entry_to_json(u->items[i]));
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
	return sync_dir(u->dir);
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
	return sync_dir(u->dir);
}

/* The last entry, behind the others. */
static int append_last(struct undo *u)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	struct stat st;
	int fd, r;

	add_line(&t, entry_to_json(u->items[u->n - 1]));
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

	r = remember(u, e);
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

/* The bond's bit, in whichever way it is switched. */
static bool is_bit(const struct undo_entry *e)
{
	return e->kind == STEP_LIVE || e->kind == STEP_REACTIVATE;
}

/* A conn that has moved to another file is the same one. */
static bool same_thing(const struct undo_entry *a, const struct undo_entry *b)
{
	return (a->kind == b->kind || (is_bit(a) && is_bit(b))) && streq(a->subject, b->subject) &&
	       streq_ptr(a->key, b->key);
}

bool undo_entry_is_right(const struct undo_entry *e)
{
	switch (e->kind) {
	case STEP_PROFILE:
	case STEP_LIVE:
		return e->before == e->after;
	case STEP_CONN:
		return !e->value;
	case STEP_REACTIVATE: /* its bond may have to get its profile back */
	case STEP_REPLACE:
	case STEP_REKEY:
	case STEP_RESTART:
		break;
	}
	return false;
}

static void swap(char **a, char **b)
{
	char *c = *a;

	*a = *b;
	*b = c;
}

/* Return: 0 when @first has the bytes of before both; 1 when nobody has; -ENOMEM */
static int merge_patches(struct undo_entry *first, struct undo_entry *again)
{
	if (!first->value && streq_ptr(first->old_value, again->old_value)) {
		patch_done(&first->patch);
		first->patch = again->patch;
		again->patch = PATCH_NULL;
		return 0;
	}
	return patch_join(&first->patch, &again->patch);
}

/*
 * A repair of what was applied before: what was there at first is kept, and what was put there
 * last. Where others have edited the file in between, its bytes of then are nobody's wish any more,
 * and the key alone will be put back; where it says again what it said at first, nothing will.
 */
static int merge(struct undo_entry *first, struct undo_entry *again)
{
	first->after = again->after;
	if (first->kind != STEP_CONN)
		return 0;
	if (streq_ptr(first->old_value, again->value)) {
		free(first->value);
		free(first->file);
		first->value = first->file = NULL;
		patch_done(&first->patch);
	} else {
		int r = merge_patches(first, again);

		if (r < 0)
			return r;
		if (r > 0)
			patch_done(&first->patch);
		swap(&first->value, &again->value);
		swap(&first->file, &again->file);
	}
	return 0;
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
static int merge_repairs(struct undo *u)
{
	for (size_t i = u->n_finished; i < u->n;) {
		size_t k = 0;

		while (k < u->n_finished && !same_thing(u->items[k], u->items[i]))
			k++;
		if (k == u->n_finished) {
			i++;
			continue;
		}
		if (merge(u->items[k], u->items[i]) < 0)
			return -ENOMEM;
		drop(u, i);
	}
	return 0;
}

/* Whether a revert changes the file of this conn, or of any. */
static bool has_edit(const struct undo *u, const char *conn)
{
	for (size_t i = 0; i < u->n; i++)
		if (u->items[i]->kind == STEP_CONN && u->items[i]->value &&
		    (!conn || streq(u->items[i]->subject, conn)))
			return true;
	return false;
}

/* What pluto had to be told by this transaction, and has not by a revert. */
static void drop_needless(struct undo *u)
{
	for (size_t i = u->n_finished; i < u->n;) {
		const struct undo_entry *e = u->items[i];

		if ((e->kind == STEP_REPLACE && !has_edit(u, e->subject)) ||
		    (e->kind == STEP_RESTART && !has_edit(u, NULL)))
			drop(u, i);
		else
			i++;
	}
}

static int copy_string(const char *s, char **ret)
{
	if (!s)
		return 0;
	*ret = strdup(s);
	return *ret ? 0 : -ENOMEM;
}

/* But for what was up: that is of no use once the transaction is finished. */
static int copy_entry(const struct undo_entry *e, struct undo_entry **ret)
{
	_cleanup_(undo_entry_freep) struct undo_entry *copy = NULL;
	int r;

	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = (struct undo_entry){ .kind = e->kind, .before = e->before, .after = e->after };
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
		r = patch_copy(&e->patch, &copy->patch);
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

/* ---- what is right ---- */

/* By kind, subject and key; a conn's keys may be thousands. */
static int compare_entries(const void *a, const void *b)
{
	const struct undo_entry *x = *(const struct undo_entry *const *)a;
	const struct undo_entry *y = *(const struct undo_entry *const *)b;
	int kind_x = is_bit(x) ? STEP_LIVE : (int)x->kind;
	int kind_y = is_bit(y) ? STEP_LIVE : (int)y->kind;
	int r = kind_x - kind_y;

	if (r == 0)
		r = strcmp(x->subject, y->subject);
	return r != 0 || !x->key || !y->key ? r : strcmp(x->key, y->key);
}

static int entry_of_right(const struct plan_right *right, struct undo_entry **ret)
{
	struct undo_entry e = {
		.kind = right->kind,
		.subject = right->subject,
		.key = right->key,
		.old_value = right->value,
		.before = right->kind != STEP_CONN,
		.after = right->kind != STEP_CONN,
	};

	return copy_entry(&e, ret);
}

/* Return: 1 when some were not known; 0; -ENOMEM */
static int add_right(struct undo *u, const struct plan_rights *right)
{
	_cleanup_free_ struct undo_entry **known = NULL;
	size_t n = u->n;

	known = calloc(n + 1, sizeof(struct undo_entry *));
	if (!known)
		return -ENOMEM;
	if (n > 0)
		memcpy(known, u->items, n * sizeof(struct undo_entry *));
	qsort(known, n, sizeof(struct undo_entry *), compare_entries);
	for (size_t i = 0; i < right->n; i++) {
		_cleanup_(undo_entry_freep) struct undo_entry *e = NULL;
		int r = entry_of_right(&right->items[i], &e);

		if (r < 0)
			return r;
		if (bsearch(&e, known, n, sizeof(struct undo_entry *), compare_entries))
			continue;
		r = remember(u, e);
		if (r < 0)
			return r;
		TAKE_PTR(e);
	}
	return u->n > n;
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
	r = merge_repairs(merged);
	if (r < 0)
		return r;
	drop_needless(merged);
	r = add_right(merged, right);
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
			drop(u, i);
	return u->n < n ? write_back(u) : 0;
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
