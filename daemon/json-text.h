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
