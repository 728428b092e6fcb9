/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dbus-json.h"

#include <ctype.h>

#include "text.h"

struct reading {
	sd_bus_message *m;
	unsigned int depth;
	size_t parts;
};

static int read_value(struct reading *r, json_t **ret);

static int json_of(json_t *value, json_t **ret)
{
	if (!value)
		return -ENOMEM;
	*ret = value;
	return 0;
}

static int read_integer(struct reading *r, char type, json_t **ret)
{
	union {
		uint8_t y;
		int16_t n;
		uint16_t q;
		int32_t i;
		uint32_t u;
		int64_t x;
		uint64_t t;
	} v;
	int64_t n;

	if (sd_bus_message_read_basic(r->m, type, &v) <= 0)
		return -EBADMSG;
	switch (type) {
	case SD_BUS_TYPE_BYTE:
		n = v.y;
		break;
	case SD_BUS_TYPE_INT16:
		n = v.n;
		break;
	case SD_BUS_TYPE_UINT16:
		n = v.q;
		break;
	case SD_BUS_TYPE_INT32:
		n = v.i;
		break;
	case SD_BUS_TYPE_UINT32:
		n = v.u;
		break;
	case SD_BUS_TYPE_INT64:
		n = v.x;
		break;
	default:
		if (v.t > INT64_MAX)
			return -EBADMSG;
		n = (int64_t)v.t;
	}
	return json_of(json_integer(n), ret);
}

static int read_string(struct reading *r, char type, json_t **ret)
{
	const char *s;

	if (sd_bus_message_read_basic(r->m, type, &s) <= 0)
		return -EBADMSG;
	/* sd-bus has seen that it is UTF-8, and so has jansson. */
	return json_of(json_string(s), ret);
}

static int read_basic(struct reading *r, char type, json_t **ret)
{
	double d;
	int b;

	switch (type) {
	case SD_BUS_TYPE_STRING:
	case SD_BUS_TYPE_OBJECT_PATH:
	case SD_BUS_TYPE_SIGNATURE:
		return read_string(r, type, ret);
	case SD_BUS_TYPE_BOOLEAN:
		if (sd_bus_message_read_basic(r->m, type, &b) <= 0)
			return -EBADMSG;
		return json_of(json_boolean(b), ret);
	case SD_BUS_TYPE_DOUBLE:
		if (sd_bus_message_read_basic(r->m, type, &d) <= 0 || !__builtin_isfinite(d))
			return -EBADMSG;
		return json_of(json_real(d), ret);
	case SD_BUS_TYPE_UNIX_FD:
		return -EBADMSG;
	default:
		return read_integer(r, type, ret);
	}
}

/* The entries of a dictionary, whose container has been entered. */
static int read_entries(struct reading *r, const char *contents, json_t *object)
{
	int k;

	while ((k = sd_bus_message_enter_container(r->m, SD_BUS_TYPE_DICT_ENTRY, contents)) > 0) {
		json_t *value = NULL;
		const char *key;

		if (sd_bus_message_read_basic(r->m, contents[0], &key) <= 0)
			return -EBADMSG;
		if (json_object_get(object, key))
			return -EBADMSG;
		k = read_value(r, &value);
		if (k < 0)
			return k;
		if (json_object_set_new(object, key, value) < 0)
			return -ENOMEM;
		if (sd_bus_message_exit_container(r->m) < 0)
			return -EBADMSG;
	}
	return k < 0 ? -EBADMSG : 0;
}

/* The parts of an array, struct or variant, whose container has been entered. */
static int read_items(struct reading *r, json_t *array)
{
	int k;

	while ((k = sd_bus_message_at_end(r->m, false)) == 0) {
		json_t *value = NULL;

		k = read_value(r, &value);
		if (k < 0)
			return k;
		if (json_array_append_new(array, value) < 0)
			return -ENOMEM;
	}
	return k < 0 ? -EBADMSG : 0;
}

/* A container whose parts go into @value, which is ours; @entry: as in read_entries(), or NULL. */
static int read_into(struct reading *r, char type, const char *contents, const char *entry,
		     json_t *value, json_t **ret)
{
	int k = -ENOMEM;

	if (value && sd_bus_message_enter_container(r->m, type, contents) < 0)
		k = -EBADMSG;
	else if (value)
		k = entry ? read_entries(r, entry, value) : read_items(r, value);
	if (k >= 0 && sd_bus_message_exit_container(r->m) < 0)
		k = -EBADMSG;
	if (k < 0) {
		json_decref(value);
		return k;
	}
	*ret = value;
	return 0;
}

static int read_dictionary(struct reading *r, const char *contents, json_t **ret)
{
	_cleanup_free_ char *entry = NULL;

	if (!strchr("sog", contents[1]))
		return -EBADMSG;
	entry = strndup(contents + 1, strlen(contents) - 2); /* without the braces */
	if (!entry)
		return -ENOMEM;
	return read_into(r, SD_BUS_TYPE_ARRAY, contents, entry, json_object(), ret);
}

static int read_variant(struct reading *r, const char *contents, json_t **ret)
{
	json_t *value = NULL;
	int k;

	if (sd_bus_message_enter_container(r->m, SD_BUS_TYPE_VARIANT, contents) < 0)
		return -EBADMSG;
	k = read_value(r, &value);
	if (k < 0)
		return k;
	if (sd_bus_message_exit_container(r->m) < 0) {
		json_decref(value);
		return -EBADMSG;
	}
	*ret = value;
	return 0;
}

static int read_value(struct reading *r, json_t **ret)
{
	const char *contents;
	char type;
	int k;

	if (sd_bus_message_peek_type(r->m, &type, &contents) <= 0)
		return -EBADMSG;
	if (r->depth == DBUS_JSON_DEPTH_MAX || r->parts == DBUS_JSON_PARTS_MAX)
		return -EBADMSG;

	r->parts++;
	r->depth++;
	switch (type) {
	case SD_BUS_TYPE_ARRAY:
		k = contents[0] == SD_BUS_TYPE_DICT_ENTRY_BEGIN
			    ? read_dictionary(r, contents, ret)
			    : read_into(r, type, contents, NULL, json_array(), ret);
		break;
	case SD_BUS_TYPE_STRUCT:
		k = read_into(r, type, contents, NULL, json_array(), ret);
		break;
	case SD_BUS_TYPE_VARIANT:
		k = read_variant(r, contents, ret);
		break;
	default:
		k = read_basic(r, type, ret);
	}
	r->depth--;
	return k;
}

int dbus_json_read(sd_bus_message *m, json_t **ret)
{
	struct reading r = { .m = m };

	return read_value(&r, ret);
}

int dbus_json_snake(const char *member, char **ret)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	for (const char *s = member; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (isupper(c) && s > member)
			text_add_char(&t, '_');
		text_add_char(&t, (char)tolower(c));
	}
	return text_take(&t, ret);
}
