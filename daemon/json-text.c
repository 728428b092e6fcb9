/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-text.h"

#include "utf8.h"

json_t *json_text(const char *s)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	json_t *plain = json_string(s); /* NULL when it is no UTF-8 */

	if (plain)
		return plain;
	utf8_add(&t, s);
	return t.failed ? NULL : json_stringn(t.data ? t.data : "", t.len);
}

json_t *json_append(json_t *array, json_t *value)
{
	if (array && json_array_append_new(array, value) == 0)
		return array;
	if (!array)
		json_decref(value);
	json_decref(array);
	return NULL;
}
