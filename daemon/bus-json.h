/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>
#include <systemd/sd-bus.h>

#include "base.h"

/*
 * The worker's reports, which are JSON, as D-Bus values: an object becomes a{sv}, an array of
 * objects aa{sv}, an array of strings as, a string s, a boolean b, an integer x, a real d. null
 * is left out. What is deeper than BUS_JSON_DEPTH_MAX is refused: the bus would end the connection
 * for a message that is nested more than 32 times.
 */
enum {
	BUS_JSON_DEPTH_MAX = 8
};

/* bus_append_dict() - an object as a{sv}; NULL is an empty one. Return: 0; a negative errno. */
int bus_append_dict(sd_bus_message *m, json_t *object);

/* bus_append_dicts() - an array of objects as aa{sv}; NULL is empty. Return: 0; negative errno. */
int bus_append_dicts(sd_bus_message *m, json_t *array);

/* bus_append_strings() - an array of strings as as; NULL is empty. Return: 0; negative errno. */
int bus_append_strings(sd_bus_message *m, json_t *array);
