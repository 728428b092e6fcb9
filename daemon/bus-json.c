/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-json.h"

static int append_dict(sd_bus_message *m, json_t *object, unsigned int depth);
static int append_dicts(sd_bus_message *m, json_t *array, unsigned int depth);

static int append_variant(sd_bus_message *m, const char *contents, json_t *value,
			  unsigned int depth)
{
	int r;

	if (depth >= BUS_JSON_DEPTH_MAX)
		return -EBADMSG;
	r = sd_bus_message_open_container(m, SD_BUS_TYPE_VARIANT, contents);
	if (r < 0)
		return r;

	switch (contents[0]) {
	case 's':
		r = sd_bus_message_append(m, "s", json_string_value(value));
		break;
	case 'b':
		r = sd_bus_message_append(m, "b", json_is_true(value));
		break;
	case 'x':
		r = sd_bus_message_append(m, "x", (int64_t)json_integer_value(value));
		break;
	case 'd':
		r = sd_bus_message_append(m, "d", json_real_value(value));
		break;
	default:
		r = streq(contents, "as")      ? bus_append_strings(m, value)
		    : streq(contents, "a{sv}") ? append_dict(m, value, depth + 1)
					       : append_dicts(m, value, depth + 1);
	}
	if (r < 0)
		return r;
	return sd_bus_message_close_container(m);
}

static const char *contents_of(json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return "s";
	case JSON_TRUE:
	case JSON_FALSE:
		return "b";
	case JSON_INTEGER:
		return "x";
	case JSON_REAL:
		return "d";
	case JSON_OBJECT:
		return "a{sv}";
	case JSON_ARRAY:
		return json_is_object(json_array_get(value, 0)) ? "aa{sv}" : "as";
	case JSON_NULL:
		break;
	}
	return NULL;
}

static int append_dict(sd_bus_message *m, json_t *object, unsigned int depth)
{
	const char *key;
	json_t *value;
	int r;

	r = sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "{sv}");
	if (r < 0)
		return r;

	json_object_foreach(object, key, value)
	{
		const char *contents = contents_of(value);

		if (!contents)
			continue;
		r = sd_bus_message_open_container(m, SD_BUS_TYPE_DICT_ENTRY, "sv");
		if (r < 0)
			return r;
		r = sd_bus_message_append(m, "s", key);
		if (r < 0)
			return r;
		r = append_variant(m, contents, value, depth);
		if (r < 0)
			return r;
		r = sd_bus_message_close_container(m);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(m);
}

static int append_dicts(sd_bus_message *m, json_t *array, unsigned int depth)
{
	json_t *object;
	size_t i;
	int r;

	r = sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "a{sv}");
	if (r < 0)
		return r;
	json_array_foreach(array, i, object)
	{
		r = append_dict(m, object, depth);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(m);
}

int bus_append_dict(sd_bus_message *m, json_t *object)
{
	return append_dict(m, object, 0);
}

int bus_append_dicts(sd_bus_message *m, json_t *array)
{
	return append_dicts(m, array, 0);
}

int bus_append_strings(sd_bus_message *m, json_t *array)
{
	json_t *string;
	size_t i;
	int r;

	r = sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "s");
	if (r < 0)
		return r;
	json_array_foreach(array, i, string)
	{
		r = sd_bus_message_append(m, "s", json_string_value(string));
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(m);
}
