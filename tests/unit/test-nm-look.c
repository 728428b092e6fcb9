/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-look.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "own-bus.h"
#include "unit.h"

/*
 * A bus of our own with a NetworkManager that is only played: a process that owns its name and
 * answers as it is told. One bond, its port, and what there is beside.
 */

#define LIMIT_USEC UINT64_C(20000000)

#define NM       "org.freedesktop.NetworkManager"
#define PATH     "/org/freedesktop/NetworkManager"
#define SETTINGS PATH "/Settings"
#define FILES    "/etc/NetworkManager/system-connections/"

struct play {
	int (*objects)(sd_bus_message *reply, const struct play *play);
	int (*settings)(sd_bus_message *reply, const struct play *play, const char *path);
	unsigned int n;        /* how many bonds have a profile */
	uint32_t flags;        /* of the bond's profile */
	const char *key;       /* what is said of SETTINGS/1 only */
	const char *error;     /* of SETTINGS/2, instead of an answer */
	const char *all_error; /* of all objects */
	bool deaf;             /* the objects are not told */
	bool deaf_then;        /* the settings are not told */
	bool goes;             /* it goes when it is asked for settings */
	bool hands_over;       /* it gives its name away once the objects are told */
};

static const struct play *play;
static pid_t manager;
static sd_bus *bus;

static int answer_settings(sd_bus_message *m, const char *path)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;

	if (play->goes)
		_exit(0);
	if (play->deaf_then)
		return 1;
	if (play->error && streq(path, SETTINGS "/2"))
		return sd_bus_reply_method_errorf(m, play->error, "not this one");
	if (sd_bus_message_new_method_return(m, &reply) < 0 ||
	    play->settings(reply, play, path) < 0)
		_exit(1);
	return sd_bus_send(NULL, reply, NULL);
}

static int on_call(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;

	(void)userdata, (void)error;
	if (sd_bus_message_is_method_call(m, NM ".Settings.Connection", "GetSettings"))
		return answer_settings(m, sd_bus_message_get_path(m));
	if (!sd_bus_message_is_method_call(m, "org.freedesktop.DBus.ObjectManager",
					   "GetManagedObjects"))
		return 0;
	if (play->deaf)
		return 1;
	if (play->all_error)
		return sd_bus_reply_method_errorf(m, play->all_error, "nothing for you");
	if (play->hands_over && sd_bus_release_name(sd_bus_message_get_bus(m), NM) < 0)
		_exit(1);
	if (sd_bus_message_new_method_return(m, &reply) < 0 || play->objects(reply, play) < 0)
		_exit(1);
	return sd_bus_send(NULL, reply, NULL);
}

static int prepare(sd_bus *b, const void *how)
{
	play = how;
	if (sd_bus_add_filter(b, NULL, on_call, NULL) < 0)
		return -1;
	return sd_bus_request_name(b, NM, 0);
}

/* ---- what it says ---- */

/* A bond that is up, with a profile of its own and a port. */
static int usual_objects(sd_bus_message *reply, const struct play *p)
{
	return sd_bus_message_append(
		reply, "a{oa{sa{sv}}}", 6,
		/* The list of profiles, in another order than they come themselves. */
		SETTINGS, 1, NM ".Settings", 2, "Hostname", "s", "host", "Connections", "ao", 2,
		SETTINGS "/2", SETTINGS "/1",
		/* The device. */
		PATH "/Devices/7", 2, NM ".Device", 4, "Interface", "s", "bond0", "Real", "b", 1,
		"ActiveConnection", "o", PATH "/ActiveConnection/3", "StateReason", "(uu)", 100, 0,
		NM ".Device.Bond", 1, "Slaves", "ao", 0,
		/* The activation. */
		PATH "/ActiveConnection/3", 1, NM ".Connection.Active", 3, "Connection", "o",
		SETTINGS "/1", "State", "u", 2, "Devices", "ao", 1, PATH "/Devices/7",
		/* The profiles. */
		SETTINGS "/1", 1, NM ".Settings.Connection", 3, "Filename", "s", FILES "bond0",
		"Flags", "u", p->flags, "Unsaved", "b", 0, SETTINGS "/2", 1,
		NM ".Settings.Connection", 2, "Filename", "s", FILES "port", "Flags", "u", 0,
		/* NetworkManager itself. */
		PATH, 1, NM, 1, "Version", "s", "1.42.4");
}

static bool is_first(const char *path)
{
	return streq(path, SETTINGS "/1");
}

static int usual_settings(sd_bus_message *reply, const struct play *p, const char *path)
{
	(void)p;
	if (is_first(path))
		return sd_bus_message_append(
			reply, "a{sa{sv}}", 3, "connection", 8, "id", "s", "Bond connection 0",
			"uuid", "s", "u-1", "type", "s", "bond", "interface-name", "s", "bond0",
			"autoconnect-slaves", "i", 1, "timestamp", "t", UINT64_C(1700000000),
			"permissions", "as", 0, "autoconnect-priority", "i", 3, "bond", 1,
			"options", "a{ss}", 1, "mode", "active-backup", "ethtool", 2, "feature-tso",
			"b", 1, "feature-esp-hw-offload", "b", 0);
	return sd_bus_message_append(reply, "a{sa{sv}}", 1, "connection", 7, "id", "s", "port",
				     "uuid", "s", "u-2", "type", "s", "802-3-ethernet",
				     "interface-name", "s", "ix0", "master", "s", "bond0",
				     "slave-type", "s", "bond", "autoconnect", "b", 0);
}

static const struct play usual = { .objects = usual_objects, .settings = usual_settings };

static struct facts_profile *found;
static size_t n_found;
static sd_bus_error error;

static void setup(void)
{
	own_bus_start();
	bus = own_bus_connect();
	ck_assert_ptr_nonnull(bus);
}

static void teardown(void)
{
	found = facts_profiles_free(found, n_found);
	sd_bus_error_free(&error);
	bus = sd_bus_flush_close_unref(bus);
	own_bus_end(&manager);
	own_bus_stop();
}

static int look_for(const struct play *p, uint64_t limit_usec)
{
	setup();
	manager = own_bus_play(prepare, p);
	return nm_look(bus, limit_usec, &found, &n_found, &error);
}

static void look(const struct play *p)
{
	ck_assert_int_eq(look_for(p, LIMIT_USEC), 0);
}

START_TEST(a_bond_is_read_with_all_that_belongs_to_it)
{
	look(&usual);
	ck_assert_uint_eq(n_found, 1);
	ck_assert_str_eq(found->bond, "bond0");
	ck_assert_str_eq(found->uuid, "u-1");
	ck_assert_str_eq(found->id, "Bond connection 0");
	ck_assert_str_eq(found->path, SETTINGS "/1");
	ck_assert_str_eq(found->device_path, PATH "/Devices/7");
	ck_assert_str_eq(found->filename, FILES "bond0");
	ck_assert(found->active && found->writable && found->autoconnect);
	ck_assert_int_eq(found->autoconnect_ports, 1);
	ck_assert_int_eq(found->esp_hw_offload, 0);
	ck_assert_uint_eq(found->n_ports_held_back, 1);
	teardown();
}
END_TEST

/* Also of one that no bond has. */
START_TEST(the_feature_of_any_profile_is_told_by_its_uuid)
{
	int feature = 7;

	setup();
	manager = own_bus_play(prepare, &usual);
	ck_assert_int_eq(nm_look_feature(bus, LIMIT_USEC, "u-1", &feature, &error), 0);
	ck_assert_int_eq(feature, 0);
	ck_assert_int_eq(nm_look_feature(bus, LIMIT_USEC, "u-2", &feature, &error), 0);
	ck_assert_int_eq(feature, -1);
	ck_assert_int_eq(nm_look_feature(bus, LIMIT_USEC, "u-3", &feature, &error), -ENOENT);
	ck_assert_int_eq(feature, -1);
	teardown();
}
END_TEST

static int bare_settings(sd_bus_message *reply, const struct play *p, const char *path)
{
	(void)p;
	if (is_first(path))
		return sd_bus_message_append(reply, "a{sa{sv}}", 1, "connection", 3, "uuid", "s",
					     "u-1", "type", "s", "bond", "interface-name", "s",
					     "bond0");
	return sd_bus_message_append(reply, "a{sa{sv}}", 0);
}

static int bare_objects(sd_bus_message *reply, const struct play *p)
{
	(void)p;
	return sd_bus_message_append(reply, "a{oa{sa{sv}}}", 2, PATH, 1, NM, 0, SETTINGS, 1,
				     NM ".Settings", 1, "Connections", "ao", 2, SETTINGS "/2",
				     SETTINGS "/1");
}

START_TEST(what_is_not_said_has_its_default)
{
	const struct play bare = { .objects = bare_objects, .settings = bare_settings };

	look(&bare);
	ck_assert_uint_eq(n_found, 1);
	ck_assert(found->autoconnect && !found->active && !found->writable);
	ck_assert_int_eq(found->autoconnect_ports, -1);
	ck_assert_int_eq(found->esp_hw_offload, -1);
	ck_assert_ptr_null(found->id);
	ck_assert_ptr_null(found->filename);
	ck_assert_ptr_null(found->device_path);
	ck_assert_uint_eq(found->n_ports_held_back, 0);
	teardown();
}
END_TEST

static int renamed_settings(sd_bus_message *reply, const struct play *p, const char *path)
{
	(void)p;
	if (is_first(path))
		return sd_bus_message_append(reply, "a{sa{sv}}", 1, "connection", 4, "uuid", "s",
					     "u-1", "type", "s", "bond", "interface-name", "s",
					     "bond0", "autoconnect-ports", "i", 0);
	return sd_bus_message_append(reply, "a{sa{sv}}", 1, "connection", 4, "uuid", "s", "u-2",
				     "controller", "s", "u-1", "port-type", "s", "bond",
				     "autoconnect", "b", 0);
}

START_TEST(the_new_names_are_known_as_well)
{
	struct play renamed = usual;

	renamed.settings = renamed_settings;
	look(&renamed);
	ck_assert_int_eq(found->autoconnect_ports, 0);
	ck_assert_uint_eq(found->n_ports_held_back, 1);
	teardown();
}
END_TEST

static int both_settings(sd_bus_message *reply, const struct play *p, const char *path)
{
	(void)p;
	if (is_first(path))
		return sd_bus_message_append(reply, "a{sa{sv}}", 1, "connection", 5, "uuid", "s",
					     "u-1", "type", "s", "bond", "interface-name", "s",
					     "bond0", "autoconnect-ports", "i", 1,
					     "autoconnect-slaves", "i", 1);
	return sd_bus_message_append(reply, "a{sa{sv}}", 1, "connection", 6, "uuid", "s", "u-2",
				     "controller", "s", "bond0", "master", "s", "bond0",
				     "port-type", "s", "bond", "slave-type", "s", "bond",
				     "autoconnect", "b", 0);
}

START_TEST(both_names_at_once_are_no_contradiction)
{
	struct play both = usual;

	both.settings = both_settings;
	look(&both);
	ck_assert_int_eq(found->autoconnect_ports, 1);
	ck_assert_uint_eq(found->n_ports_held_back, 1);
	teardown();
}
END_TEST

/* Each value of another type than NetworkManager has it. */
static int odd_settings(sd_bus_message *reply, const struct play *p, const char *path)
{
	(void)p;
	if (is_first(path))
		return sd_bus_message_append(reply, "a{sa{sv}}", 3, "connection", 7, "uuid", "s",
					     "u-1", "type", "s", "bond", "interface-name", "s",
					     "bond0", "autoconnect", "i", 0, "id", "as", 2, "a",
					     "b", "timestamp", "a{sv}", 1, "x", "(iv)", 1, "d", 0.5,
					     "autoconnect-slaves", "u", 1, "connections", 1, "uuid",
					     "s", "u-7", "ethtool", 1, "feature-esp-hw-offload",
					     "s", "on");
	return sd_bus_message_append(reply, "a{sa{sv}}", 1, "connection", 3, "uuid", "ay", 1, 7,
				     "type", "s", "bond", "interface-name", "s", "bond0");
}

static int odd_objects(sd_bus_message *reply, const struct play *p)
{
	(void)p;
	return sd_bus_message_append(reply, "a{oa{sa{sv}}}", 5, PATH, 1, NM, 1, "Devices", "s",
				     "many", SETTINGS, 1, NM ".Settings", 1, "Connections", "ao", 2,
				     SETTINGS "/2", SETTINGS "/1", SETTINGS "/1", 1,
				     NM ".Settings.Connection", 2, "Filename", "ay", 1, 7, "Flags",
				     "s", "none", PATH "/Devices/1", 2, NM ".Device", 1,
				     "Interface", "u", 3, NM ".Device.Bond", 0, PATH "/Devices/2",
				     3, NM ".Device", 2, "Interface", "s", "bond0",
				     "ActiveConnection", "s", "none", NM ".Device.Bond", 0,
				     "org.example.Unknown", 1, "x", "a(sv)", 1, "y", "ao", 0);
}

START_TEST(a_value_of_another_type_is_as_good_as_none)
{
	const struct play odd = { .objects = odd_objects, .settings = odd_settings };

	look(&odd);
	ck_assert_uint_eq(n_found, 1);
	ck_assert_str_eq(found->uuid, "u-1");
	ck_assert_str_eq(found->device_path, PATH "/Devices/2");
	ck_assert_ptr_null(found->id);
	ck_assert_ptr_null(found->filename);
	ck_assert(found->autoconnect && !found->active && !found->writable);
	ck_assert_int_eq(found->autoconnect_ports, -1);
	ck_assert_int_eq(found->esp_hw_offload, -1);
	teardown();
}
END_TEST

static int unreal_objects(sd_bus_message *reply, const struct play *p)
{
	(void)p;
	return sd_bus_message_append(
		reply, "a{oa{sa{sv}}}", 6, PATH, 1, NM, 0, SETTINGS, 1, NM ".Settings", 1,
		"Connections", "ao", 1, SETTINGS "/1", PATH "/ActiveConnection/3", 1,
		NM ".Connection.Active", 2, "Connection", "o", SETTINGS "/1", "State", "u", 2,
		PATH "/Devices/1", 2, NM ".Device", 2, "Interface", "s", "bond0", "Real", "b", 0,
		NM ".Device.Bond", 0, PATH "/Devices/2", 2, NM ".Device", 2, "Interface", "s",
		"bond0", "Real", "b", 1, NM ".Device.Bridge", 0, PATH "/Devices/3", 2, NM ".Device",
		2, "Interface", "s", "", "ActiveConnection", "o", PATH "/ActiveConnection/3",
		NM ".Device.Bond", 0);
}

START_TEST(what_is_no_bond_in_the_kernel_is_no_device_of_it)
{
	struct play unreal = usual;

	unreal.objects = unreal_objects;
	look(&unreal);
	ck_assert_uint_eq(n_found, 1);
	ck_assert_ptr_null(found->device_path);
	teardown();
}
END_TEST

static int twin_settings(sd_bus_message *reply, const struct play *p, const char *path)
{
	(void)p;
	return sd_bus_message_append(reply, "a{sa{sv}}", 1, "connection", 3, "uuid", "s", path,
				     "type", "s", "bond", "interface-name", "s", "bond1");
}

START_TEST(of_equals_it_is_the_first_of_networkmanagers_list)
{
	struct play twins = usual;

	twins.settings = twin_settings;
	look(&twins);
	ck_assert_uint_eq(n_found, 2);
	ck_assert_str_eq(found[1].bond, "bond1");
	ck_assert_str_eq(found[1].path, SETTINGS "/2");
	teardown();
}
END_TEST

static int keyed_settings(sd_bus_message *reply, const struct play *p, const char *path)
{
	int r;

	r = sd_bus_message_open_container(reply, 'a', "{sa{sv}}");
	if (r < 0 || sd_bus_message_open_container(reply, 'e', "sa{sv}") < 0 ||
	    sd_bus_message_append(reply, "s", "connection") < 0 ||
	    sd_bus_message_open_container(reply, 'a', "{sv}") < 0 ||
	    sd_bus_message_append(reply, "{sv}{sv}{sv}", "uuid", "s", path, "type", "s", "bond",
				  "interface-name", "s", "bond0") < 0)
		return -1;
	r = 0;
	if (is_first(path))
		r = streq(p->key, "timestamp")
			    ? sd_bus_message_append(reply, "{sv}", p->key, "t", UINT64_MAX)
			    : sd_bus_message_append(reply, "{sv}", p->key, "i", 7);
	for (int i = 0; r >= 0 && i < 3; i++)
		r = sd_bus_message_close_container(reply);
	return r;
}

START_TEST(priority_and_last_use_are_read)
{
	static const char *const keys[] = { "autoconnect-priority", "timestamp" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct play p = { .objects = bare_objects,
					.settings = keyed_settings,
					.key = keys[i] };

		look(&p);
		ck_assert_uint_eq(n_found, 1);
		ck_assert_str_eq(found->path, SETTINGS "/1");
		teardown();
	}
}
END_TEST

START_TEST(flags_are_read)
{
	struct play fleeting = usual;

	fleeting.flags = 8;
	look(&fleeting);
	ck_assert(!found->writable);
	ck_assert_str_eq(found->filename, FILES "bond0");
	teardown();
}
END_TEST

START_TEST(who_told_the_objects_is_asked_for_the_settings)
{
	struct play hands_over = usual;

	hands_over.hands_over = true;
	look(&hands_over);
	ck_assert_uint_eq(n_found, 1);
	teardown();
}
END_TEST

START_TEST(a_profile_that_vanishes_is_left_out)
{
	static const char *const errors[] = {
		SD_BUS_ERROR_UNKNOWN_METHOD,
		SD_BUS_ERROR_UNKNOWN_OBJECT,
		SD_BUS_ERROR_UNKNOWN_INTERFACE,
		NM ".Settings.PermissionDenied",
	};

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct play vanishes = usual;

		vanishes.error = errors[i];
		look(&vanishes);
		ck_assert_uint_eq(n_found, 1);
		ck_assert_uint_eq(found->n_ports_held_back, 0);
		teardown();
	}
}
END_TEST

START_TEST(another_error_of_a_profile_is_one)
{
	struct play refuses = usual;

	refuses.error = SD_BUS_ERROR_LIMITS_EXCEEDED;
	ck_assert_int_eq(look_for(&refuses, LIMIT_USEC), -EIO);
	ck_assert_str_eq(error.message, "not this one");
	teardown();

	refuses.error = SD_BUS_ERROR_ACCESS_DENIED;
	ck_assert_int_eq(look_for(&refuses, LIMIT_USEC), -EACCES);
	teardown();
}
END_TEST

START_TEST(an_error_of_the_objects_is_told)
{
	struct play refuses = usual;

	refuses.all_error = SD_BUS_ERROR_ACCESS_DENIED;
	ck_assert_int_eq(look_for(&refuses, LIMIT_USEC), -EACCES);
	ck_assert_str_eq(error.message, "nothing for you");
	teardown();
	/* Dbus-broker's word for a name that nobody has. */
	refuses.all_error = SD_BUS_ERROR_SERVICE_UNKNOWN;
	ck_assert_int_eq(look_for(&refuses, LIMIT_USEC), -ESRCH);
	teardown();
	refuses.all_error = "org.example.What";
	ck_assert_int_eq(look_for(&refuses, LIMIT_USEC), -EIO);
	teardown();
}
END_TEST

START_TEST(without_networkmanager_nothing_is_started)
{
	setup();
	ck_assert_int_eq(nm_look(bus, LIMIT_USEC, &found, &n_found, &error), -ESRCH);
	ck_assert_ptr_nonnull(error.message);
	ck_assert_ptr_null(found);
	teardown();
}
END_TEST

static int no_manager(sd_bus_message *reply, const struct play *p)
{
	(void)p;
	return sd_bus_message_append(reply, "a{oa{sa{sv}}}", 0);
}

START_TEST(a_networkmanager_that_has_nothing_yet_does_not_run)
{
	struct play starts = usual;

	starts.objects = no_manager;
	ck_assert_int_eq(look_for(&starts, LIMIT_USEC), -ESRCH);
	ck_assert_str_eq(error.message, "NetworkManager does not run");
	teardown();
}
END_TEST

START_TEST(an_answer_that_never_comes_is_not_waited_for)
{
	struct play deaf = usual;

	deaf.deaf = true;
	ck_assert_int_eq(look_for(&deaf, 100000), -ETIMEDOUT);
	ck_assert_str_eq(error.message, "no answer in time");
	teardown();

	deaf.deaf = false;
	deaf.deaf_then = true;
	ck_assert_int_eq(look_for(&deaf, 1000000), -ETIMEDOUT);
	ck_assert_ptr_null(found);
	/* What comes later is nobody's. */
	own_bus_end(&manager);
	while (sd_bus_process(bus, NULL) > 0)
		;
	teardown();
}
END_TEST

START_TEST(a_networkmanager_that_goes_in_between_is_told)
{
	struct play goes = usual;

	goes.goes = true;
	ck_assert_int_eq(look_for(&goes, LIMIT_USEC), -ESRCH);
	ck_assert_ptr_null(found);
	teardown();
}
END_TEST

START_TEST(a_bus_that_goes_ends_the_look)
{
	setup();
	manager = own_bus_play(prepare, &usual);
	ck_assert_int_eq(nm_look(bus, LIMIT_USEC, &found, &n_found, NULL), 0);
	found = facts_profiles_free(found, n_found);
	own_bus_stop();
	ck_assert_int_eq(nm_look(bus, LIMIT_USEC, &found, &n_found, NULL), -ENOTCONN);
	/* And once that is known. */
	ck_assert_int_eq(nm_look(bus, LIMIT_USEC, &found, &n_found, NULL), -ENOTCONN);
	bus = sd_bus_flush_close_unref(bus);
	own_bus_end(&manager);
}
END_TEST

/* A socket where nobody ever answers. */
START_TEST(a_bus_that_does_not_answer_is_not_waited_for)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char name[128];
	int fd;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "nm-look-%d", (int)getpid());
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
					  strlen(address.sun_path + 1))),
			 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	snprintf(name, sizeof(name), "unix:abstract=nm-look-%d", (int)getpid());
	ck_assert_int_ge(sd_bus_new(&bus), 0);
	ck_assert_int_ge(sd_bus_set_address(bus, name), 0);
	ck_assert_int_ge(sd_bus_set_bus_client(bus, true), 0);
	ck_assert_int_ge(sd_bus_start(bus), 0);
	ck_assert_int_eq(nm_look(bus, 100000, &found, &n_found, NULL), -ETIMEDOUT);
	sd_bus_close(bus);
	sd_bus_unref(bus);
	close(fd);
}
END_TEST

static int text_objects(sd_bus_message *reply, const struct play *p)
{
	(void)p;
	return sd_bus_message_append(reply, "s", "nothing");
}

static int text_settings(sd_bus_message *reply, const struct play *p, const char *path)
{
	(void)p;
	return is_first(path) ? sd_bus_message_append(reply, "a{sv}", 0)
			      : usual_settings(reply, p, path);
}

START_TEST(nonsense_is_told)
{
	struct play nonsense = usual;

	nonsense.objects = text_objects;
	ck_assert_int_eq(look_for(&nonsense, LIMIT_USEC), -EIO);
	ck_assert_str_eq(error.message, "NetworkManager's answer makes no sense");
	teardown();

	nonsense = usual;
	nonsense.settings = text_settings;
	ck_assert_int_eq(look_for(&nonsense, LIMIT_USEC), -EIO);
	teardown();
}
END_TEST

static int many_objects(sd_bus_message *reply, const struct play *p)
{
	int r;

	r = sd_bus_message_open_container(reply, 'a', "{oa{sa{sv}}}");
	if (r >= 0)
		r = sd_bus_message_append(reply, "{oa{sa{sv}}}", PATH, 1, NM, 0);
	if (r < 0 || sd_bus_message_open_container(reply, 'e', "oa{sa{sv}}") < 0 ||
	    sd_bus_message_append(reply, "o", SETTINGS) < 0 ||
	    sd_bus_message_open_container(reply, 'a', "{sa{sv}}") < 0 ||
	    sd_bus_message_open_container(reply, 'e', "sa{sv}") < 0 ||
	    sd_bus_message_append(reply, "s", NM ".Settings") < 0 ||
	    sd_bus_message_open_container(reply, 'a', "{sv}") < 0 ||
	    sd_bus_message_open_container(reply, 'e', "sv") < 0 ||
	    sd_bus_message_append(reply, "s", "Connections") < 0 ||
	    sd_bus_message_open_container(reply, 'v', "ao") < 0 ||
	    sd_bus_message_open_container(reply, 'a', "o") < 0)
		return -1;
	for (unsigned int i = 0; i < p->n; i++) {
		char path[64];

		snprintf(path, sizeof(path), SETTINGS "/%u", i);
		if (sd_bus_message_append(reply, "o", path) < 0)
			return -1;
	}
	for (int i = 0; i < 8; i++)
		if (sd_bus_message_close_container(reply) < 0)
			return -1;
	return 0;
}

static int many_settings(sd_bus_message *reply, const struct play *p, const char *path)
{
	const char *number = strrchr(path, '/') + 1;
	char name[32];

	(void)p;
	snprintf(name, sizeof(name), "bond%s", number);
	return sd_bus_message_append(reply, "a{sa{sv}}", 1, "connection", 3, "uuid", "s", path,
				     "type", "s", "bond", "interface-name", "s", name);
}

START_TEST(more_profiles_than_the_bus_lets_be_asked_for_at_once)
{
	const struct play many = { .objects = many_objects, .settings = many_settings, .n = 500 };

	look(&many);
	ck_assert_uint_eq(n_found, 500);
	teardown();
}
END_TEST

START_TEST(a_second_look_works_like_the_first)
{
	look(&usual);
	found = facts_profiles_free(found, n_found);
	ck_assert_int_eq(nm_look(bus, LIMIT_USEC, &found, &n_found, NULL), 0);
	ck_assert_uint_eq(n_found, 1);
	teardown();
}
END_TEST

UNIT_MAIN("nm-look", a_bond_is_read_with_all_that_belongs_to_it,
	  the_feature_of_any_profile_is_told_by_its_uuid, what_is_not_said_has_its_default,
	  the_new_names_are_known_as_well, both_names_at_once_are_no_contradiction,
	  a_value_of_another_type_is_as_good_as_none,
	  what_is_no_bond_in_the_kernel_is_no_device_of_it,
	  of_equals_it_is_the_first_of_networkmanagers_list, priority_and_last_use_are_read,
	  flags_are_read, who_told_the_objects_is_asked_for_the_settings,
	  a_profile_that_vanishes_is_left_out, another_error_of_a_profile_is_one,
	  an_error_of_the_objects_is_told, without_networkmanager_nothing_is_started,
	  a_networkmanager_that_has_nothing_yet_does_not_run,
	  an_answer_that_never_comes_is_not_waited_for,
	  a_networkmanager_that_goes_in_between_is_told, a_bus_that_goes_ends_the_look,
	  a_bus_that_does_not_answer_is_not_waited_for, nonsense_is_told,
	  more_profiles_than_the_bus_lets_be_asked_for_at_once, a_second_look_works_like_the_first)
