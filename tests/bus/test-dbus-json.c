/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dbus-json.h"

#include <math.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

/* A connection that leads nowhere: messages are made for it, and never sent. */
static sd_bus *bus;
static sd_bus_message *message;

static void begin(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_int_ge(sd_bus_new(&bus), 0);
	ck_assert_int_ge(sd_bus_set_fd(bus, fds[0], fds[0]), 0);
	ck_assert_int_ge(sd_bus_negotiate_fds(bus, true), 0);
	ck_assert_int_ge(sd_bus_start(bus), 0);
	ck_assert_int_ge(sd_bus_message_new_method_call(bus, &message, "a.b", "/", "a.b", "C"), 0);
}

/* Reads the message's first value. Return: as dbus_json_read(). */
static int read_it(json_t **ret)
{
	int r;

	ck_assert_int_ge(sd_bus_message_seal(message, 1, 0), 0);
	ck_assert_int_ge(sd_bus_message_rewind(message, true), 0);
	r = dbus_json_read(message, ret);
	sd_bus_message_unref(message);
	sd_bus_close_unref(bus);
	return r;
}

static void reads_as(const char *expected)
{
	json_t *value = NULL;
	char *text;

	ck_assert_int_eq(read_it(&value), 0);
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	ck_assert_str_eq(text, expected);
	free(text);
	json_decref(value);
}

static void is_refused(void)
{
	json_t *value = NULL;

	ck_assert_int_eq(read_it(&value), -EBADMSG);
	ck_assert_ptr_null(value);
}

#define APPEND(...) ck_assert_int_ge(sd_bus_message_append(message, __VA_ARGS__), 0)

START_TEST(strings_paths_and_signatures_are_strings)
{
	begin();
	APPEND("(sog)", "Grüße\n", "/a/b", "aa{sv}");
	reads_as("[\"Grüße\\n\",\"/a/b\",\"aa{sv}\"]");
}
END_TEST

START_TEST(integers_keep_their_value_and_sign)
{
	begin();
	APPEND("(ynqiuxt)", 255, -3, 65535, INT32_MIN, UINT32_MAX, INT64_MIN, (uint64_t)INT64_MAX);
	reads_as("[255,-3,65535,-2147483648,4294967295,-9223372036854775808,9223372036854775807]");
}
END_TEST

START_TEST(booleans_and_reals_are_what_they_are)
{
	begin();
	APPEND("(bbd)", 1, 0, 0.25);
	reads_as("[true,false,0.25]");
}
END_TEST

START_TEST(a_dictionary_of_variants_is_an_object)
{
	begin();
	APPEND("a{sv}", 3, "b", "s", "text", "a", "as", 2, "x", "y", "c", "a{sv}", 0);
	reads_as("{\"a\":[\"x\",\"y\"],\"b\":\"text\",\"c\":{}}");
}
END_TEST

START_TEST(the_objects_of_an_object_manager_are_objects_in_objects)
{
	begin();
	APPEND("a{oa{sa{sv}}}", 1, "/x", 1, "i.f", 1, "P", "aa{sv}", 1, 1, "k", "t", UINT64_C(5));
	reads_as("{\"/x\":{\"i.f\":{\"P\":[{\"k\":5}]}}}");
}
END_TEST

START_TEST(empty_arrays_are_arrays)
{
	begin();
	APPEND("(asaa{sv})", 0, 0);
	reads_as("[[],[]]");
}
END_TEST

START_TEST(only_the_first_value_is_read)
{
	json_t *first = NULL, *second = NULL;

	begin();
	APPEND("sa{sv}", "one", 0);
	ck_assert_int_ge(sd_bus_message_seal(message, 1, 0), 0);
	ck_assert_int_eq(dbus_json_read(message, &first), 0);
	ck_assert_int_eq(dbus_json_read(message, &second), 0);
	ck_assert_str_eq(json_string_value(first), "one");
	ck_assert(json_is_object(second));
	json_decref(first);
	json_decref(second);
	sd_bus_message_unref(message);
	sd_bus_close_unref(bus);
}
END_TEST

START_TEST(a_number_beyond_json_is_refused)
{
	begin();
	APPEND("at", 2, UINT64_C(1), (uint64_t)INT64_MAX + 1);
	is_refused();
}
END_TEST

START_TEST(what_is_no_number_is_refused)
{
	begin();
	APPEND("d", NAN);
	is_refused();
	begin();
	APPEND("a{sv}", 1, "k", "d", INFINITY);
	is_refused();
}
END_TEST

START_TEST(a_key_that_stands_twice_is_refused)
{
	begin();
	APPEND("a{sv}", 2, "k", "s", "1", "k", "s", "2");
	is_refused();
}
END_TEST

START_TEST(keys_that_are_no_strings_are_refused)
{
	begin();
	APPEND("a{us}", 1, 7, "x");
	is_refused();
}
END_TEST

START_TEST(file_descriptors_are_refused)
{
	begin();
	APPEND("h", STDERR_FILENO);
	is_refused();
}
END_TEST

START_TEST(an_empty_message_has_no_value)
{
	begin();
	is_refused();
}
END_TEST

/* Variants in variants, as deep as that. */
static void nest(int depth)
{
	begin();
	for (int i = 1; i < depth; i++)
		ck_assert_int_ge(
			sd_bus_message_open_container(message, 'v', i + 1 < depth ? "v" : "s"), 0);
	APPEND("s", "deep");
	for (int i = 1; i < depth; i++)
		ck_assert_int_ge(sd_bus_message_close_container(message), 0);
}

START_TEST(there_is_a_limit_to_depth)
{
	nest(DBUS_JSON_DEPTH_MAX);
	reads_as("\"deep\"");
	nest(DBUS_JSON_DEPTH_MAX + 1);
	is_refused();
}
END_TEST

START_TEST(there_is_a_limit_to_the_number_of_parts)
{
	begin();
	ck_assert_int_ge(sd_bus_message_open_container(message, 'a', "y"), 0);
	for (int i = 0; i < DBUS_JSON_PARTS_MAX; i++)
		(void)sd_bus_message_append_basic(message, 'y', &(uint8_t){ 1 });
	ck_assert_int_ge(sd_bus_message_close_container(message), 0);
	is_refused();
}
END_TEST

START_TEST(members_become_keys_in_lower_case)
{
	static const char *const names[][2] = {
		{ "State", "state" }, { "ActivePort", "active_port" }, { "", "" }, { "x", "x" }
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *key = NULL;

		ck_assert_int_eq(dbus_json_snake(names[i][0], &key), 0);
		ck_assert_str_eq(key, names[i][1]);
	}
}
END_TEST

UNIT_MAIN("dbus-json", strings_paths_and_signatures_are_strings, integers_keep_their_value_and_sign,
	  booleans_and_reals_are_what_they_are, a_dictionary_of_variants_is_an_object,
	  the_objects_of_an_object_manager_are_objects_in_objects, empty_arrays_are_arrays,
	  only_the_first_value_is_read, a_number_beyond_json_is_refused,
	  what_is_no_number_is_refused, a_key_that_stands_twice_is_refused,
	  keys_that_are_no_strings_are_refused, file_descriptors_are_refused,
	  an_empty_message_has_no_value, there_is_a_limit_to_depth,
	  there_is_a_limit_to_the_number_of_parts, members_become_keys_in_lower_case)
