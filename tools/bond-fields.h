/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "base.h"

/* The properties of org.espoffload1's objects, as JSON that can be relied on. */

/*
 * bond_fields_take() - a bond from its D-Bus properties
 * @properties: an object with the properties' own names, as dbus_json_read() gives it
 *
 * What is missing gets the empty value of its type, but for Interface, State and Verdict; what is
 * unknown is left out.
 *
 * Return: 0 with the bond in @ret; -EBADMSG when a property is of the wrong type or one of the
 * three is missing, with its name in @ret_culprit (of static storage); -ENOMEM.
 */
int bond_fields_take(const json_t *properties, json_t **ret, const char **ret_culprit);

/* bond_fields_take_manager() - the same for the manager's object */
int bond_fields_take_manager(const json_t *properties, json_t **ret, const char **ret_culprit);
