/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "text.h"

/*
 * utf8_length() - the length of the UTF-8 sequence that a string begins with
 *
 * Overlong forms, surrogates, and what lies beyond U+10FFFF are none. RFC 3629, section 4.
 *
 * Return: 1 to 4; 0 when there is none.
 */
size_t utf8_length(const char *s);

/*
 * utf8_add() - adds a string to a text, each byte that is not UTF-8 as U+FFFD
 *
 * The names of conns, files and interfaces, and the lines of other programs' files, need not be
 * UTF-8; D-Bus and JSON take nothing else.
 */
void utf8_add(struct text *t, const char *s);

/*
 * utf8_clean() - the same as a string of its own
 *
 * Return: 0 with the string in @ret (free()); -ENOMEM.
 */
int utf8_clean(const char *s, char **ret);
