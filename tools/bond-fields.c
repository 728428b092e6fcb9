/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bond-fields.h"

#include "dbus-json.h"

enum kind {
	KIND_STRING,
	KIND_BOOL,
	KIND_INTEGER,
	KIND_REAL,
	KIND_STRINGS,
	KIND_OBJECT,
	KIND_OBJECTS,
};

struct property {
	const char *name;
	enum kind kind;
	bool required;
};

static const struct property bond_properties[] = {
	{ "Interface", KIND_STRING, true },      { "State", KIND_STRING, true },
	{ "StateReason", KIND_STRING, false },   { "Verdict", KIND_STRING, true },
	{ "VerdictReason", KIND_STRING, false }, { "Ratio", KIND_REAL, false },
	{ "Mode", KIND_STRING, false },          { "ActivePort", KIND_STRING, false },
	{ "Ports", KIND_OBJECTS, false },        { "FeatureEnabled", KIND_BOOL, false },
	{ "Connections", KIND_STRINGS, false },  { "Device", KIND_STRING, false },
	{ "Profile", KIND_STRING, false },       { "ProfileUuid", KIND_STRING, false },
	{ "Findings", KIND_OBJECTS, false },     { "Failovers", KIND_INTEGER, false },
	{ "LastFailover", KIND_OBJECT, false },  { "LastInterruptions", KIND_OBJECTS, false },
};

static const struct property manager_properties[] = {
	{ "Version", KIND_STRING, false },
	{ "ConfigurationValid", KIND_BOOL, true },
	{ "ConfigurationFiles", KIND_STRINGS, false },
};

static bool all_are(const json_t *array, bool (*is)(const json_t *value))
{
	json_t *value;
	size_t i;

	if (!json_is_array(array))
		return false;
	json_array_foreach(array, i, value)
	{
		if (!is(value))
			return false;
	}
	return true;
}

static bool is_string(const json_t *value)
{
	return json_is_string(value);
}

static bool is_object(const json_t *value)
{
	return json_is_object(value);
}

static bool is_of_kind(const json_t *value, enum kind kind)
{
	switch (kind) {
	case KIND_STRING:
		return json_is_string(value);
	case KIND_BOOL:
		return json_is_boolean(value);
	case KIND_INTEGER:
		return json_is_integer(value);
	case KIND_REAL:
		return json_is_number(value);
	case KIND_STRINGS:
		return all_are(value, is_string);
	case KIND_OBJECT:
		return json_is_object(value);
	case KIND_OBJECTS:
		return all_are(value, is_object);
	}
	return false;
}

static json_t *empty_of_kind(enum kind kind)
{
	switch (kind) {
	case KIND_STRING:
		return json_string("");
	case KIND_BOOL:
		return json_false();
	case KIND_INTEGER:
		return json_integer(0);
	case KIND_REAL:
		return json_real(0);
	case KIND_OBJECT:
		return json_object();
	case KIND_STRINGS:
	case KIND_OBJECTS:
		break;
	}
	return json_array();
}

static int take_property(const struct property *p, const json_t *properties, json_t *object)
{
	json_t *value = json_object_get(properties, p->name);
	_cleanup_free_ char *key = NULL;
	int r;

	if (value ? !is_of_kind(value, p->kind) : p->required)
		return -EBADMSG;
	r = dbus_json_snake(p->name, &key);
	if (r < 0)
		return r;
	return json_object_set_new(object, key,
				   value ? json_incref(value) : empty_of_kind(p->kind)) < 0
		       ? -ENOMEM
		       : 0;
}

static int take(const struct property *table, size_t n, const json_t *properties, json_t **ret,
		const char **ret_culprit)
{
	json_t *object = json_object();
	int r = object ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && r >= 0; i++) {
		r = take_property(&table[i], properties, object);
		if (r == -EBADMSG)
			*ret_culprit = table[i].name;
	}
	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret = object;
	return 0;
}

int bond_fields_take(const json_t *properties, json_t **ret, const char **ret_culprit)
{
	return take(bond_properties, ARRAY_SIZE(bond_properties), properties, ret, ret_culprit);
}

int bond_fields_take_manager(const json_t *properties, json_t **ret, const char **ret_culprit)
{
	return take(manager_properties, ARRAY_SIZE(manager_properties), properties, ret,
		    ret_culprit);
}
