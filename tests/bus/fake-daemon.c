/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#include "base.h"
#include "bus-json.h"
#include "dbus-json.h"
#include "names.h"

/*
 * A daemon that only plays one: it shows what a scenario says, and answers as it says, right or
 * wrong. The scenario is a JSON file:
 *
 *     {
 *       "manager": {"Version": "1.2.3", ...},
 *       "bonds":   {"bond0": {"Interface": "bond0", ...}},
 *       "Apply":   [{"set": {"bond0": {"State": "applying"}}}, {"wait": 100}, {"reply": null}]
 *     }
 *
 * What stands under a method's name is done when it is called, one after the other:
 *
 *     set     properties of bonds change, and that is told
 *     signal  [bond, time, from, to, cause]: FailedOver
 *     wait    milliseconds
 *     reply   the answer: an object is a{sv}, an array aa{sv}, null nothing
 *     error   [name, message]
 *     exit    the daemon goes away
 *
 * A method without an answer is never answered. Each call is printed, with the bond, what it was
 * given, and whether polkit may ask. Prints "ready" once the name is there.
 */

static sd_bus *bus;
static json_t *scenario;

static json_t *bond_properties(const char *bond)
{
	return json_object_get(json_object_get(scenario, "bonds"), bond);
}

/* ---- reading ---- */

static int reply_with(sd_bus_message *call, int (*append)(sd_bus_message *m, json_t *value),
		      json_t *value)
{
	sd_bus_message *reply = NULL;
	int r;

	r = sd_bus_message_new_method_return(call, &reply);
	if (r >= 0 && append)
		r = append(reply, value);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

static int append_object(sd_bus_message *m, const char *bond, json_t *properties)
{
	_cleanup_free_ char *path = NULL;
	int r;

	r = sd_bus_path_encode(BUS_PATH_BOND, bond, &path);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'e', "oa{sa{sv}}");
	if (r >= 0)
		r = sd_bus_message_append(m, "o", path);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "{sa{sv}}");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'e', "sa{sv}");
	if (r >= 0)
		r = sd_bus_message_append(m, "s", BUS_INTERFACE_BOND);
	if (r >= 0)
		r = bus_append_dict(m, properties);
	for (int i = 0; i < 3 && r >= 0; i++)
		r = sd_bus_message_close_container(m);
	return r;
}

static int append_objects(sd_bus_message *m, json_t *bonds)
{
	const char *bond;
	json_t *properties;
	int r;

	r = sd_bus_message_open_container(m, 'a', "{oa{sa{sv}}}");
	json_object_foreach(bonds, bond, properties)
	{
		if (r >= 0)
			r = append_object(m, bond, properties);
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int get_all(sd_bus_message *call, const char *bond)
{
	json_t *properties = bond ? bond_properties(bond) : json_object_get(scenario, "manager");

	return reply_with(call, bus_append_dict, properties);
}

/* ---- the script ---- */

static int tell_changed(const char *bond, json_t *changes)
{
	_cleanup_free_ char *path = NULL;
	sd_bus_message *m = NULL;
	int r;

	r = sd_bus_path_encode(BUS_PATH_BOND, bond, &path);
	if (r >= 0)
		r = sd_bus_message_new_signal(bus, &m, path, "org.freedesktop.DBus.Properties",
					      "PropertiesChanged");
	if (r >= 0)
		r = sd_bus_message_append(m, "s", BUS_INTERFACE_BOND);
	if (r >= 0)
		r = bus_append_dict(m, changes);
	if (r >= 0)
		r = sd_bus_message_append(m, "as", 0);
	if (r >= 0)
		r = sd_bus_send(bus, m, NULL);
	sd_bus_message_unref(m);
	return r;
}

static int set_properties(json_t *bonds)
{
	const char *bond;
	json_t *changes;
	int r = 0;

	json_object_foreach(bonds, bond, changes)
	{
		(void)json_object_update(bond_properties(bond), changes);
		if (r >= 0)
			r = tell_changed(bond, changes);
	}
	return r;
}

static int tell_failed_over(json_t *arguments)
{
	_cleanup_free_ char *path = NULL;
	const char *bond, *from, *to, *cause;
	json_int_t when;
	int r;

	if (json_unpack(arguments, "[s, I, s, s, s]", &bond, &when, &from, &to, &cause) < 0)
		return -EINVAL;
	r = sd_bus_path_encode(BUS_PATH_BOND, bond, &path);
	if (r < 0)
		return r;
	return sd_bus_emit_signal(bus, path, BUS_INTERFACE_BOND, "FailedOver", "tsss",
				  (uint64_t)when, from, to, cause);
}

static int answer(sd_bus_message *call, json_t *value)
{
	return reply_with(call,
			  json_is_object(value)  ? bus_append_dict
			  : json_is_array(value) ? bus_append_dicts
						 : NULL,
			  value);
}

static int do_action(sd_bus_message *call, const char *what, json_t *value)
{
	if (streq(what, "set"))
		return set_properties(value);
	if (streq(what, "signal"))
		return tell_failed_over(value);
	if (streq(what, "reply"))
		return answer(call, value);
	if (streq(what, "error"))
		return sd_bus_reply_method_errorf(call, json_string_value(json_array_get(value, 0)),
						  "%s",
						  json_string_value(json_array_get(value, 1)));
	if (streq(what, "exit")) {
		(void)sd_bus_flush(bus);
		exit((int)json_integer_value(value));
	}
	if (streq(what, "wait")) {
		const struct timespec ts = { json_integer_value(value) / 1000,
					     json_integer_value(value) % 1000 * 1000000 };

		(void)sd_bus_flush(bus);
		return nanosleep(&ts, NULL) < 0 ? -errno : 0;
	}
	fprintf(stderr, "The scenario says \"%s\": what is that?\n", what);
	return -EINVAL;
}

static int play(sd_bus_message *call, const char *method)
{
	json_t *script = json_object_get(scenario, method), *action, *value;
	const char *what;
	size_t i;
	int r;

	json_array_foreach(script, i, action)
	{
		json_object_foreach(action, what, value)
		{
			r = do_action(call, what, value);
			if (r < 0)
				return r;
		}
	}
	return 1;
}

/* ---- calls ---- */

static void print_call(sd_bus_message *call, const char *bond)
{
	json_t *argument = NULL;

	if (!sd_bus_message_is_empty(call) && dbus_json_read(call, &argument) < 0)
		argument = json_string("unreadable");
	printf("%s %s %s ", sd_bus_message_get_member(call), bond ? bond : "-",
	       sd_bus_message_get_allow_interactive_authorization(call) > 0 ? "interactive"
									    : "silent");
	(void)json_dumpf(argument ? argument : json_null(), stdout,
			 JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	putchar('\n');
	json_decref(argument);
}

static int on_call(sd_bus_message *call, void *userdata _unused_, sd_bus_error *error _unused_)
{
	const char *path = sd_bus_message_get_path(call), *member = sd_bus_message_get_member(call);
	_cleanup_free_ char *bond = NULL;
	int r;

	if (!path || !member)
		return 0;
	r = sd_bus_path_decode(path, BUS_PATH_BOND, &bond);
	if (r < 0 || (r > 0 && !bond_properties(bond)))
		return r;

	if (streq(member, "GetAll"))
		return get_all(call, bond);
	if (streq(member, "GetManagedObjects"))
		return reply_with(call, append_objects, json_object_get(scenario, "bonds"));
	print_call(call, bond);
	r = play(call, member);
	if (r < 0)
		fprintf(stderr, "Cannot play %s: %s\n", member, strerror(-r));
	return r;
}

int main(int argc, char **argv)
{
	json_error_t error;
	int r;

	if (argc != 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	(void)alarm(120); /* whatever becomes of the test */
	scenario = json_load_file(argv[1], JSON_REJECT_DUPLICATES, &error);
	if (!scenario) {
		fprintf(stderr, "%s:%d: %s\n", argv[1], error.line, error.text);
		return 1;
	}

	r = sd_bus_open_user(&bus);
	if (r >= 0)
		r = sd_bus_add_fallback(bus, NULL, BUS_PATH, on_call, NULL);
	if (r >= 0)
		r = sd_bus_request_name(bus, BUS_NAME, 0);
	if (r >= 0)
		puts("ready");
	while (r >= 0) {
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, UINT64_MAX);
	}
	sd_bus_close_unref(bus);
	json_decref(scenario);
	if (r == -ENOTCONN || r == -ECONNRESET)
		return 0; /* the bus is gone: the test is over */
	fprintf(stderr, "The fake daemon fails: %s\n", strerror(-r));
	return 1;
}
