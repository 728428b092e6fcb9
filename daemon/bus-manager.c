/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus-private.h"
#include "names.h"
#include "polkit.h"
#include "utf8.h"

static int get_version(sd_bus *bus _unused_, const char *path _unused_,
		       const char *interface _unused_, const char *property _unused_,
		       sd_bus_message *reply, void *userdata _unused_, sd_bus_error *error _unused_)
{
	return sd_bus_message_append(reply, "s", PROJECT_VERSION);
}

static int get_bonds(sd_bus *bus _unused_, const char *path _unused_,
		     const char *interface _unused_, const char *property _unused_,
		     sd_bus_message *reply, void *userdata, sd_bus_error *error _unused_)
{
	struct bus_objects *b = userdata;
	int r;

	r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "o");
	if (r < 0)
		return r;
	for (size_t i = 0; i < manager_n_bonds(b->manager); i++) {
		_cleanup_free_ char *bond = NULL;

		r = bus_bond_path(manager_bond(b->manager, i)->name, &bond);
		if (r >= 0)
			r = sd_bus_message_append(reply, "o", bond);
		if (r < 0)
			return r;
	}
	return sd_bus_message_close_container(reply);
}

static int get_files(sd_bus *bus _unused_, const char *path _unused_,
		     const char *interface _unused_, const char *property _unused_,
		     sd_bus_message *reply, void *userdata, sd_bus_error *error _unused_)
{
	struct bus_objects *b = userdata;

	char *const *files = manager_files(b->manager);
	int r;

	r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "s");
	for (; r >= 0 && files && *files; files++) {
		_cleanup_free_ char *file = NULL;

		r = utf8_clean(*files, &file);
		if (r >= 0)
			r = sd_bus_message_append(reply, "s", file);
	}
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_valid(sd_bus *bus _unused_, const char *path _unused_,
		     const char *interface _unused_, const char *property _unused_,
		     sd_bus_message *reply, void *userdata, sd_bus_error *error _unused_)
{
	struct bus_objects *b = userdata;

	return sd_bus_message_append(reply, "b", manager_policy_is_valid(b->manager));
}

static int reply_bond(sd_bus_message *call, const struct supervisor *s)
{
	_cleanup_free_ char *path = NULL;
	int r;

	r = bus_bond_path(s->name, &path);
	if (r < 0)
		return r;
	return sd_bus_reply_method_return(call, "o", path);
}

/* Finds a bond by what a string property of it is. */
static int find_bond(sd_bus_message *call, struct bus_objects *b, const char *wanted,
		     const char *(*value)(const struct supervisor *s), const char *what)
{
	for (size_t i = 0; i < manager_n_bonds(b->manager); i++) {
		struct supervisor *s = manager_bond(b->manager, i);

		if (value(s) && streq(value(s), wanted))
			return reply_bond(call, s);
	}
	return sd_bus_reply_method_errorf(call, BUS_ERROR_NO_SUCH_BOND,
					  "The policy has no bond with the %s \"%s\"", what,
					  wanted);
}

static const char *name_of(const struct supervisor *s)
{
	return s->name;
}

static const char *uuid_of(const struct supervisor *s)
{
	return s->profile_uuid;
}

static const char *device_of(const struct supervisor *s)
{
	return s->device_path;
}

static int method_get_bond(sd_bus_message *call, void *userdata, sd_bus_error *error _unused_)
{
	const char *wanted;
	int r;

	r = sd_bus_message_read(call, "s", &wanted);
	return r < 0 ? r : find_bond(call, userdata, wanted, name_of, "interface");
}

static int method_get_by_profile(sd_bus_message *call, void *userdata, sd_bus_error *error _unused_)
{
	const char *wanted;
	int r;

	r = sd_bus_message_read(call, "s", &wanted);
	return r < 0 ? r : find_bond(call, userdata, wanted, uuid_of, "profile");
}

static int method_get_by_device(sd_bus_message *call, void *userdata, sd_bus_error *error _unused_)
{
	const char *wanted;
	int r;

	r = sd_bus_message_read(call, "o", &wanted);
	return r < 0 ? r : find_bond(call, userdata, wanted, device_of, "device");
}

static int reload_allowed(sd_bus_message *call, void *userdata)
{
	struct bus_objects *b = userdata;
	_cleanup_free_ char *diagnostics = NULL, *clean = NULL;
	int r;

	r = manager_reload(b->manager, &diagnostics);
	/* They show lines of the files, and these need not be UTF-8. */
	if (r == -EBADMSG && diagnostics && utf8_clean(diagnostics, &clean) < 0)
		return -ENOMEM;
	if (r == -EBADMSG)
		return sd_bus_reply_method_errorf(call, BUS_ERROR_INVALID_POLICY,
						  "The configuration has mistakes, the old one "
						  "holds:\n%s",
						  clean ? clean : "");
	return r < 0 ? r : sd_bus_reply_method_return(call, NULL);
}

static int method_reload(sd_bus_message *call, void *userdata, sd_bus_error *error _unused_)
{
	struct bus_objects *b = userdata;

	return polkit_check(&b->authorizing, call, POLKIT_RELOAD, reload_allowed, b);
}

const sd_bus_vtable bus_manager_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Bonds", "ao", get_bonds, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("ConfigurationFiles", "as", get_files, 0,
			SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("ConfigurationValid", "b", get_valid, 0,
			SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_METHOD("GetBond", "s", "o", method_get_bond, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("GetBondByProfile", "s", "o", method_get_by_profile,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("GetBondByDevice", "o", "o", method_get_by_device,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Diagnose", "sa{sv}", "aa{sv}", bus_diagnose, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Reload", NULL, NULL, method_reload, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};
