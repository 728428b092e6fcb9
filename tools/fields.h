/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "base.h"

/*
 * Reading JSON that came from outside: what is not there, or is something else, reads as "", 0,
 * false or an empty array. Nothing here is counted as a reference.
 */

static inline const char *field_string(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

static inline json_int_t field_integer(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static inline double field_real(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static inline bool field_bool(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* True when there is such a field at all. */
static inline bool field_is_there(const json_t *object, const char *key)
{
	return json_object_get(object, key) != NULL;
}

/* field_is() - true when it is that string */
static inline bool field_is(const json_t *object, const char *key, const char *value)
{
	return streq(field_string(object, key), value);
}
