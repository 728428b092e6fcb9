/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-look.h"

#include <time.h>

#include "array.h"
#include "dictionary.h"
#include "profiles.h"

#define NM_NAME       "org.freedesktop.NetworkManager"
#define NM_SETTINGS   NM_NAME ".Settings"
#define NM_CONNECTION NM_SETTINGS ".Connection"
#define NM_ACTIVE     NM_NAME ".Connection.Active"
#define NM_DEVICE     NM_NAME ".Device"
#define NM_BOND       NM_DEVICE ".Bond"

/*
 * How many profiles are asked for at a time. dbus-daemon lets a connection wait for 128 answers on
 * the system's bus, and refuses what is beyond (max_replies_per_connection, dbus-daemon(1)).
 */
#define MAX_ASKED 32

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- one look ---- */

/* A profile that is asked for, and its answer. */
struct question {
	struct look *look;
	const char *path;
	sd_bus_slot *slot;
	sd_bus_message *answer; /* NULL: left out */
};

struct bonds {
	struct profile_bond *items;
	size_t n;
	size_t alloc;
};

struct activations {
	struct profile_activation *items;
	size_t n;
	size_t alloc;
};

/* What an object says of a profile beside its settings. */
struct file {
	const char *path;
	const char *filename;
	uint32_t flags;
};

struct files {
	struct file *items;
	size_t n;
	size_t alloc;
};

/* All texts in it belong to the answers. */
struct look {
	sd_bus *bus;
	uint64_t deadline;
	sd_bus_error *error;
	int r; /* of the first thing that went wrong */

	sd_bus_slot *slot;
	sd_bus_message *objects; /* NULL until it is answered */
	int running;
	struct dictionary_paths paths; /* of the profiles, in NetworkManager's order */
	struct files files;
	struct bonds bonds;
	struct activations activations;

	struct question *questions; /* one for each of the paths */
	size_t n_asked;
	size_t n_answered;
};

static int fail(struct look *l, int r, const char *name, const char *text)
{
	sd_bus_error_free(l->error);
	(void)sd_bus_error_set(l->error, name, text);
	return r;
}

static int nonsense(struct look *l, int r)
{
	return r == -ENOMEM ? r
			    : fail(l, -EIO, SD_BUS_ERROR_INCONSISTENT_MESSAGE,
				   "NetworkManager's answer makes no sense");
}

/* What sd-bus says of a connection. */
static int bus_failed(int r)
{
	return r == -ENOMEM ? r : -ENOTCONN;
}

static int answer_failed(struct look *l, const sd_bus_error *error)
{
	static const struct {
		const char *name;
		int error;
	} names[] = {
		{ SD_BUS_ERROR_SERVICE_UNKNOWN, -ESRCH },
		{ SD_BUS_ERROR_NAME_HAS_NO_OWNER, -ESRCH },
		{ SD_BUS_ERROR_NO_REPLY, -ESRCH },
		{ SD_BUS_ERROR_DISCONNECTED, -ESRCH },
		{ SD_BUS_ERROR_ACCESS_DENIED, -EACCES },
	};
	int r = -EIO;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(error->name, names[i].name))
			r = names[i].error;
	return fail(l, r, error->name, error->message);
}

/* The errors by which NetworkManager says that of this profile there is nothing to be had. */
static bool is_left_out(const sd_bus_error *error)
{
	return streq(error->name, SD_BUS_ERROR_UNKNOWN_OBJECT) ||
	       streq(error->name, SD_BUS_ERROR_UNKNOWN_INTERFACE) ||
	       streq(error->name, SD_BUS_ERROR_UNKNOWN_METHOD) ||
	       has_prefix(error->name, NM_NAME ".");
}

static int ask(struct look *l, const char *name, const char *path, const char *interface,
	       const char *method, sd_bus_message_handler_t handler, void *userdata,
	       sd_bus_slot **ret)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	int r;

	r = sd_bus_message_new_method_call(l->bus, &m, name, path, interface, method);
	if (r >= 0)
		r = sd_bus_message_set_auto_start(m, false);
	/* No limit of its own: the whole has one. */
	if (r >= 0)
		r = sd_bus_call_async(l->bus, ret, m, handler, userdata, UINT64_MAX);
	return r < 0 ? bus_failed(r) : 0;
}

/* Lets the bus work until something has happened. */
static int wait_for_bus(struct look *l)
{
	uint64_t now = now_usec();
	int r;

	if (now >= l->deadline)
		return fail(l, -ETIMEDOUT, SD_BUS_ERROR_TIMEOUT, "no answer in time");
	r = sd_bus_process(l->bus, NULL);
	if (r == 0)
		r = sd_bus_wait(l->bus, l->deadline - now);
	return r < 0 && r != -EINTR ? bus_failed(r) : l->r;
}

/* ---- the objects ---- */

/* What is wanted of an object, whatever it is. */
struct object {
	int is_manager, is_bond, is_activation, is_profile;
	struct dictionary_paths profiles;
	const char *filename;
	uint32_t flags;
	int real;
	const char *interface;
	const char *activation;
	const char *profile;
	uint32_t state;
};

static const struct dictionary_field object_fields[] = {
	{ NM_NAME, NULL, 0, offsetof(struct object, is_manager) },
	{ NM_SETTINGS, "Connections", DICTIONARY_PATHS, offsetof(struct object, profiles) },
	{ NM_CONNECTION, NULL, 0, offsetof(struct object, is_profile) },
	{ NM_CONNECTION, "Filename", 's', offsetof(struct object, filename) },
	{ NM_CONNECTION, "Flags", 'u', offsetof(struct object, flags) },
	{ NM_BOND, NULL, 0, offsetof(struct object, is_bond) },
	{ NM_DEVICE, "Real", 'b', offsetof(struct object, real) },
	{ NM_DEVICE, "Interface", 's', offsetof(struct object, interface) },
	{ NM_DEVICE, "ActiveConnection", 'o', offsetof(struct object, activation) },
	{ NM_ACTIVE, NULL, 0, offsetof(struct object, is_activation) },
	{ NM_ACTIVE, "Connection", 'o', offsetof(struct object, profile) },
	{ NM_ACTIVE, "State", 'u', offsetof(struct object, state) },
};

static int keep_bond(struct look *l, const char *path, const struct object *o)
{
	/* A bond that only has a profile is announced as well. */
	if (!o->real || !o->interface || !*o->interface)
		return 0;
	if (ARRAY_GROW(&l->bonds) < 0)
		return -ENOMEM;
	l->bonds.items[l->bonds.n++] = (struct profile_bond){
		.path = path,
		.interface = o->interface,
		.activation = o->activation,
	};
	return 0;
}

static int keep_activation(struct look *l, const char *path, const struct object *o)
{
	if (ARRAY_GROW(&l->activations) < 0)
		return -ENOMEM;
	l->activations.items[l->activations.n++] = (struct profile_activation){
		.path = path,
		.profile = o->profile,
		.state = o->state,
	};
	return 0;
}

static int keep_file(struct look *l, const char *path, const struct object *o)
{
	if (ARRAY_GROW(&l->files) < 0)
		return -ENOMEM;
	l->files.items[l->files.n++] =
		(struct file){ .path = path, .filename = o->filename, .flags = o->flags };
	return 0;
}

static int read_object(sd_bus_message *m, const char *path, void *userdata)
{
	struct look *l = userdata;
	struct object o = { .real = true };
	int r;

	r = dictionary_read(m, object_fields, ARRAY_SIZE(object_fields), &o);
	if (r >= 0 && o.is_bond)
		r = keep_bond(l, path, &o);
	if (r >= 0 && o.is_activation)
		r = keep_activation(l, path, &o);
	if (r >= 0 && o.is_profile)
		r = keep_file(l, path, &o);
	if (r >= 0 && o.is_manager)
		l->running = true;
	if (r >= 0 && o.profiles.n > 0 && l->paths.n == 0) {
		l->paths = o.profiles;
		o.profiles = (struct dictionary_paths){ 0 };
	}
	free(o.profiles.items);
	return r;
}

static int on_objects(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error)
{
	struct look *l = userdata;

	if (sd_bus_message_is_method_error(m, NULL))
		l->r = answer_failed(l, sd_bus_message_get_error(m));
	else
		l->objects = sd_bus_message_ref(m);
	return 0;
}

static int get_objects(struct look *l)
{
	int r;

	r = ask(l, NM_NAME, "/org/freedesktop", "org.freedesktop.DBus.ObjectManager",
		"GetManagedObjects", on_objects, l, &l->slot);
	while (r >= 0 && !l->objects)
		r = wait_for_bus(l);
	if (r < 0)
		return r;
	r = DICTIONARY_WALK(l->objects, "oa{sa{sv}}", read_object, l);
	if (r < 0)
		return nonsense(l, r);
	if (!l->running)
		return fail(l, -ESRCH, SD_BUS_ERROR_SERVICE_UNKNOWN, "NetworkManager does not run");
	return 0;
}

/* ---- the profiles ---- */

static int on_settings(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error)
{
	struct question *q = userdata;
	const sd_bus_error *e = sd_bus_message_get_error(m);

	q->look->n_answered++;
	if (!sd_bus_message_is_method_error(m, NULL))
		q->answer = sd_bus_message_ref(m);
	else if (!is_left_out(e))
		q->look->r = answer_failed(q->look, e);
	return 0;
}

/* The one who has told the objects: should it go, nobody else has these paths. */
static int get_settings(struct look *l)
{
	const char *owner = sd_bus_message_get_sender(l->objects);
	int r = 0;

	l->questions = calloc(l->paths.n + 1, sizeof(*l->questions));
	if (!l->questions)
		return -ENOMEM;
	while (r >= 0 && l->n_answered < l->paths.n) {
		if (l->n_asked < l->paths.n && l->n_asked - l->n_answered < MAX_ASKED) {
			struct question *q = &l->questions[l->n_asked];

			*q = (struct question){ .look = l, .path = l->paths.items[l->n_asked] };
			r = ask(l, owner ? owner : NM_NAME, q->path, NM_CONNECTION, "GetSettings",
				on_settings, q, &q->slot);
			l->n_asked++;
		} else {
			r = wait_for_bus(l);
		}
	}
	return r;
}

/* Of a profile, with both spellings of what has got a new name in 1.46. */
struct settings {
	int is_connection;
	const char *id, *uuid, *type, *interface;
	int autoconnect;
	int32_t priority, slaves, ports;
	uint64_t timestamp;
	const char *master, *controller;
	const char *slave_type, *port_type;
	int feature;
};

static const struct dictionary_field settings_fields[] = {
	{ "connection", NULL, 0, offsetof(struct settings, is_connection) },
	{ "connection", "id", 's', offsetof(struct settings, id) },
	{ "connection", "uuid", 's', offsetof(struct settings, uuid) },
	{ "connection", "type", 's', offsetof(struct settings, type) },
	{ "connection", "interface-name", 's', offsetof(struct settings, interface) },
	{ "connection", "autoconnect", 'b', offsetof(struct settings, autoconnect) },
	{ "connection", "autoconnect-priority", 'i', offsetof(struct settings, priority) },
	{ "connection", "autoconnect-slaves", 'i', offsetof(struct settings, slaves) },
	{ "connection", "autoconnect-ports", 'i', offsetof(struct settings, ports) },
	{ "connection", "timestamp", 't', offsetof(struct settings, timestamp) },
	{ "connection", "master", 's', offsetof(struct settings, master) },
	{ "connection", "controller", 's', offsetof(struct settings, controller) },
	{ "connection", "slave-type", 's', offsetof(struct settings, slave_type) },
	{ "connection", "port-type", 's', offsetof(struct settings, port_type) },
	{ "ethtool", "feature-esp-hw-offload", 'b', offsetof(struct settings, feature) },
};

static const struct file *file_of(const struct look *l, const char *path)
{
	static const struct file none;

	for (size_t i = 0; i < l->files.n; i++)
		if (streq(l->files.items[i].path, path))
			return &l->files.items[i];
	return &none;
}

static int read_settings(const struct look *l, const struct question *q, struct settings *s,
			 struct profile *ret)
{
	const struct file *file = file_of(l, q->path);
	int r;

	*s = (struct settings){ .autoconnect = true, .slaves = -1, .ports = -1, .feature = -1 };
	r = dictionary_read(q->answer, settings_fields, ARRAY_SIZE(settings_fields), s);
	if (r < 0)
		return r;
	*ret = (struct profile){
		.path = q->path,
		.filename = file->filename,
		.flags = file->flags,
		.id = s->id,
		.uuid = s->uuid,
		.type = s->type,
		.interface = s->interface,
		.autoconnect = s->autoconnect,
		.autoconnect_priority = s->priority,
		.autoconnect_ports = s->ports >= 0 ? s->ports : s->slaves,
		.timestamp = s->timestamp,
		.above = s->controller ? s->controller : s->master,
		.port_type = s->port_type ? s->port_type : s->slave_type,
		.esp_hw_offload = s->feature,
	};
	return 0;
}

/* All that were told. Return: 0 with the array, to be freed; a negative errno. */
static int read_profiles(struct look *l, struct profile **ret, size_t *ret_n)
{
	_cleanup_free_ struct profile *items = NULL;
	size_t n = 0;

	items = calloc(l->paths.n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < l->paths.n; i++) {
		struct settings s;
		int r;

		if (!l->questions[i].answer)
			continue;
		r = read_settings(l, &l->questions[i], &s, &items[n]);
		if (r < 0)
			return nonsense(l, r);
		if (s.uuid)
			n++;
	}
	*ret = TAKE_PTR(items);
	*ret_n = n;
	return 0;
}

static int look(struct look *l, struct profile **ret, size_t *ret_n)
{
	int r;

	r = get_objects(l);
	if (r >= 0)
		r = get_settings(l);
	return r >= 0 ? read_profiles(l, ret, ret_n) : r;
}

static void look_done(struct look *l)
{
	sd_bus_slot_unref(l->slot);
	for (size_t i = 0; i < l->n_asked; i++) {
		/* With its slot an answer that is still to come is forgotten. */
		sd_bus_slot_unref(l->questions[i].slot);
		sd_bus_message_unref(l->questions[i].answer);
	}
	sd_bus_message_unref(l->objects);
	free(l->questions);
	free(l->paths.items);
	free(l->files.items);
	free(l->bonds.items);
	free(l->activations.items);
}

int nm_look(sd_bus *bus, uint64_t limit_usec, struct facts_profile **ret, size_t *ret_n,
	    sd_bus_error *ret_error)
{
	struct look l = { .bus = bus, .deadline = now_usec() + limit_usec, .error = ret_error };
	_cleanup_free_ struct profile *items = NULL;
	struct profiles profiles = { 0 };
	int r;

	r = look(&l, &items, &profiles.n);
	if (r >= 0) {
		profiles.items = items;
		profiles.bonds = l.bonds.items;
		profiles.n_bonds = l.bonds.n;
		profiles.activations = l.activations.items;
		profiles.n_activations = l.activations.n;
		r = profiles_of_bonds(&profiles, ret, ret_n);
	}
	look_done(&l);
	return r < 0 ? r : 0;
}

int nm_look_feature(sd_bus *bus, uint64_t limit_usec, const char *uuid, int *ret,
		    sd_bus_error *ret_error)
{
	struct look l = { .bus = bus, .deadline = now_usec() + limit_usec, .error = ret_error };
	_cleanup_free_ struct profile *items = NULL;
	size_t n = 0, i = 0;
	int r;

	r = look(&l, &items, &n);
	while (r >= 0 && i < n && !streq(items[i].uuid, uuid))
		i++;
	if (r >= 0 && i == n)
		r = -ENOENT;
	if (r >= 0)
		*ret = items[i].esp_hw_offload;
	look_done(&l);
	return r < 0 ? r : 0;
}
