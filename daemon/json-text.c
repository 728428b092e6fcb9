/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-text.h"

#include <stdio.h>

#include "utf8.h"

static bool lacked; /* memory, since json_read() or json_line() began */

static void *noting_malloc(size_t size)
{
	void *p = malloc(size);

	lacked = lacked || !p;
	return p;
}

int json_read(const char *bytes, size_t len, json_t **ret)
{
	json_t *j;

	json_set_alloc_funcs(noting_malloc, free);
	lacked = false;
	j = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
	if (!j)
		return lacked ? -ENOMEM : -EBADMSG;
	*ret = j;
	return 0;
}

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

char *json_line(const json_t *j)
{
	char *line;

	if (!j)
		return NULL;
	json_set_alloc_funcs(noting_malloc, free);
	lacked = false;
	line = json_dumps(j, JSON_COMPACT);
	if (lacked) {
		free(line);
		return NULL;
	}
	return line;
}

int json_print(json_t *j)
{
	int r = 0;

	if (!j)
		return -ENOMEM;
	if (json_dumpf(j, stdout, JSON_COMPACT) < 0 || putchar('\n') == EOF ||
	    fflush(stdout) == EOF)
		r = -EIO;
	json_decref(j);
	return r;
}
