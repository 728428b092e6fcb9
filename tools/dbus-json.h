/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>
#include <systemd/sd-bus.h>

#include "base.h"

/*
 * D-Bus values as JSON: strings, paths and signatures become strings; integers of any width,
 * integers; d a real; b a boolean; arrays and structs, arrays; dictionaries with strings or paths
 * as keys, objects; a variant, what is in it.
 *
 * What JSON cannot hold is refused, not bent: other keys, a key that stands twice, numbers beyond
 * 2^63 - 1, infinities, file descriptors.
 */

/* A value that is deeper, or has more parts, is none that we ask for. */
enum {
	DBUS_JSON_DEPTH_MAX = 16,
	DBUS_JSON_PARTS_MAX = 4 * 1024 * 1024,
};

/*
 * dbus_json_read() - reads one complete value, from where the message stands
 *
 * Return: 0 with the value in @ret; -EBADMSG when it cannot be JSON, is too deep or too large, or
 * there is none; -ENOMEM.
 */
int dbus_json_read(sd_bus_message *m, json_t **ret);

/*
 * dbus_json_snake() - a D-Bus member's name as a key of JSON: "ActivePort" becomes "active_port"
 *
 * Return: 0 with the text in @ret (free()); -ENOMEM.
 */
int dbus_json_snake(const char *member, char **ret);
