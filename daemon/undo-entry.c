/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>

#include "json-text.h"
#include "undo-private.h"
#include "utf8.h"

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

/* Nor need names; UTF-8 stays what it is. */
static json_t *name_to_json(const char *name)
{
	for (const char *s = name; *s; s += utf8_length(s))
		if (utf8_length(s) == 0)
			return json_pack("{s:o}", "bytes", bytes_to_json(name, strlen(name)));
	return json_string(name);
}

static int name_from_json(json_t *j, char **ret)
{
	_cleanup_free_ char *name = NULL;
	size_t len;
	int r;

	if (json_is_object(j)) {
		r = bytes_from_json(json_object_get(j, "bytes"), &name, &len);
		if (r < 0)
			return r;
		if (strlen(name) != len)
			return -EBADMSG;
	} else if (json_is_string(j)) {
		name = strdup(json_string_value(j));
		if (!name)
			return -ENOMEM;
	} else {
		return -EBADMSG;
	}
	*ret = TAKE_PTR(name);
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

static json_t *names_to_json(char *const *names, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < n; i++)
		array = json_append(array, name_to_json(names[i]));
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
		int r = name_from_json(name, &e->up[i]);

		if (r < 0)
			return r;
		e->n_up++;
	}
	return 0;
}

json_t *undo_entry_to_json(const struct undo_entry *e)
{
	json_t *j = json_pack("{s:s, s:o, s:i, s:i}", "step", step_kind_name(e->kind), "subject",
			      name_to_json(e->subject), "before", e->before, "after", e->after);
	int r = 0;

	if (j && e->n_up > 0)
		r = json_object_set_new(j, "up", names_to_json(e->up, e->n_up));
	if (j && e->profile)
		r |= json_object_set_new(j, "profile", json_string(e->profile));
	if (!j || (r == 0 && e->kind != STEP_CONN))
		return j;
	r |= json_object_set_new(j, "key", json_string(e->key));
	if (e->value) {
		r |= json_object_set_new(j, "file", name_to_json(e->file));
		r |= json_object_set_new(j, "value", json_string(e->value));
	}
	if (e->old_value)
		r |= json_object_set_new(j, "old_value", name_to_json(e->old_value));
	if (e->patch.old_bytes)
		r |= json_object_set_new(j, "patch", patch_to_json(&e->patch));
	if (r == 0)
		return j;
	json_decref(j);
	return NULL;
}

static int take_string(json_t *j, const char *key, bool needed, char **ret)
{
	json_t *name = json_object_get(j, key);

	return name || needed ? name_from_json(name, ret) : 0;
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

int undo_entry_from_json(json_t *j, struct undo_entry **ret)
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

/* ---- copies ---- */

static int copy_string(const char *s, char **ret)
{
	if (!s)
		return 0;
	*ret = strdup(s);
	return *ret ? 0 : -ENOMEM;
}

/* But for what was up: that is of no use once the transaction is finished. */
int undo_entry_copy(const struct undo_entry *e, struct undo_entry **ret)
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
