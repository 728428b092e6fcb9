/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dictionary.h"

#include "array.h"

struct reader {
	const struct dictionary_field *fields;
	size_t n;
	void *into;
	const char *group;
};

int dictionary_walk(sd_bus_message *m, const char *array, const char *entry, dictionary_each_t each,
		    void *userdata)
{
	const char *key;
	int r;

	r = sd_bus_message_enter_container(m, 'a', array);
	if (r <= 0)
		return r < 0 ? r : -EBADMSG;
	while ((r = sd_bus_message_enter_container(m, 'e', entry)) > 0) {
		r = sd_bus_message_read_basic(m, entry[0], &key);
		if (r > 0)
			r = each(m, key, userdata);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_paths(sd_bus_message *m, struct dictionary_paths *ret)
{
	const char *path;
	int r;

	r = sd_bus_message_enter_container(m, 'a', "o");
	if (r < 0)
		return r;
	while ((r = sd_bus_message_read_basic(m, 'o', &path)) > 0) {
		if (ARRAY_GROW(ret) < 0)
			return -ENOMEM;
		ret->items[ret->n++] = path;
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_value(sd_bus_message *m, const struct dictionary_field *f, void *into)
{
	const char contents[] = { f->type, f->type == DICTIONARY_PATHS ? 'o' : '\0', '\0' };
	void *where = (char *)into + f->offset;
	const char *found;
	char type;
	int r;

	r = sd_bus_message_peek_type(m, &type, &found);
	if (r <= 0)
		return r < 0 ? r : -EBADMSG;
	/* A value of another type is taken for one that is not there. */
	if (!streq(found, contents))
		return sd_bus_message_skip(m, "v");
	r = sd_bus_message_enter_container(m, 'v', contents);
	if (r < 0)
		return r;
	r = f->type == DICTIONARY_PATHS ? read_paths(m, where)
					: sd_bus_message_read_basic(m, f->type, where);
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_key(sd_bus_message *m, const char *key, void *userdata)
{
	const struct reader *reader = userdata;

	for (size_t i = 0; i < reader->n; i++) {
		const struct dictionary_field *f = &reader->fields[i];

		if (streq(f->group, reader->group) && streq_ptr(f->key, key))
			return read_value(m, f, reader->into);
	}
	return sd_bus_message_skip(m, "v");
}

static int read_group(sd_bus_message *m, const char *group, void *userdata)
{
	struct reader *reader = userdata;
	bool wanted = false;

	for (size_t i = 0; i < reader->n; i++) {
		const struct dictionary_field *f = &reader->fields[i];

		if (!streq(f->group, group))
			continue;
		wanted = true;
		if (!f->key)
			*(int *)(void *)((char *)reader->into + f->offset) = true;
	}
	if (!wanted)
		return sd_bus_message_skip(m, "a{sv}");
	reader->group = group;
	return DICTIONARY_WALK(m, "sv", read_key, reader);
}

int dictionary_read(sd_bus_message *m, const struct dictionary_field *fields, size_t n, void *into)
{
	struct reader reader = { .fields = fields, .n = n, .into = into };

	return DICTIONARY_WALK(m, "sa{sv}", read_group, &reader);
}
