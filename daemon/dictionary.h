/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "base.h"

/*
 * Dictionaries in D-Bus messages: of an answer that has a lot, the little that is wanted. All texts
 * belong to the message.
 */

/* Object paths; items is to be freed. */
struct dictionary_paths {
	const char **items;
	size_t n;
	size_t alloc;
};

/* A value that is wanted, and where it goes. */
struct dictionary_field {
	const char *group; /* an interface, or a setting */
	const char *key;   /* NULL: only that there is such a group */
	char type;         /* D-Bus's; DICTIONARY_PATHS for an array of object paths */
	size_t offset;     /* of an int for 'b' and for a group, of what sd-bus gives for others */
};

#define DICTIONARY_PATHS 'a'

/* Called at the value of @key, which it must read or skip. */
typedef int (*dictionary_each_t)(sd_bus_message *m, const char *key, void *userdata);

/*
 * dictionary_walk() - calls @each for each entry
 * @array, @entry: the entry's types, with braces and without; DICTIONARY_WALK() takes the latter
 *
 * Return: 0; what @each returned, when that is negative; another negative errno when no such
 * dictionary comes next.
 */
int dictionary_walk(sd_bus_message *m, const char *array, const char *entry, dictionary_each_t each,
		    void *userdata);

#define DICTIONARY_WALK(m, entry, each, userdata)                                                  \
	dictionary_walk(m, "{" entry "}", entry, each, userdata)

/*
 * dictionary_read() - takes what is wanted out of an a{sa{sv}}
 * @into: what the offsets are of; stays as it is where a value is not there, or has another type
 *
 * Return: 0; -ENOMEM; another negative errno when no such dictionary comes next.
 */
int dictionary_read(sd_bus_message *m, const struct dictionary_field *fields, size_t n, void *into);
