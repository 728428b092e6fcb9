/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

/*
 * json_text() - a JSON string of any bytes: see utf8_add()
 *
 * Return: the string; NULL without memory.
 */
json_t *json_text(const char *s);

/*
 * json_append() - appends a value that may be missing for want of memory
 *
 * Return: the array; NULL when either was NULL, with the array let go of.
 */
json_t *json_append(json_t *array, json_t *value);

/*
 * json_read() - reads one value
 *
 * jansson tells a lack of memory as a mistake in the text; this does not.
 *
 * Return: 0 with the value in @ret; -EBADMSG when the text is no JSON; -ENOMEM.
 */
int json_read(const char *bytes, size_t len, json_t **ret);

/*
 * json_line() - a value as text without blanks
 *
 * Where memory lacks, jansson 2.14 leaves out parts and calls it done; this does not.
 *
 * Return: the text (free()); NULL without memory, and for NULL.
 */
char *json_line(const json_t *j);

/*
 * json_print() - prints a value, which it lets go of, as a line on the standard output
 *
 * Return: 0; -ENOMEM for NULL; -EIO.
 */
int json_print(json_t *j);
