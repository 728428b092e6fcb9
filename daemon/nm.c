/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-private.h"

#include <stdarg.h>

#include "profiles.h"

#define NM_BUS_NAME "org.freedesktop.NetworkManager"

/* How long libnm may take to let go of what it holds. */
#define CLOSE_LIMIT_USEC UINT64_C(1000000)

/* How many events are worked off at once before one asks what time it is. */
#define MAX_EVENTS 10000

uint64_t nm_now(void)
{
	return (uint64_t)g_get_monotonic_time();
}

void nm_enter(struct nm *nm)
{
	g_clear_pointer(&nm->error, g_free);
	g_main_context_push_thread_default(nm->context);
}

void nm_leave(struct nm *nm)
{
	g_main_context_pop_thread_default(nm->context);
}

struct nm_request *nm_request_new(void)
{
	struct nm_request *q = g_new0(struct nm_request, 1);

	q->n_refs = 2;
	q->cancellable = g_cancellable_new();
	return q;
}

struct nm_request *nm_request_free(struct nm_request *q)
{
	if (q && --q->n_refs == 0) {
		g_clear_object(&q->cancellable);
		g_clear_object(&q->result);
		g_free(q);
	}
	return NULL;
}

void nm_request_done(_unused_ GObject *source, GAsyncResult *result, gpointer request)
{
	struct nm_request *q = request;

	q->result = g_object_ref(result);
	nm_request_free(q);
}

static gboolean on_timeout(_unused_ gpointer data)
{
	return G_SOURCE_REMOVE;
}

bool nm_iterate(struct nm *nm, uint64_t deadline)
{
	uint64_t now = nm_now();
	GSource *timer;

	if (now >= deadline)
		return false;
	timer = g_timeout_source_new((guint)MIN((deadline - now) / 1000 + 1, G_MAXINT));
	g_source_set_callback(timer, on_timeout, NULL, NULL);
	g_source_attach(timer, nm->context);
	g_main_context_iteration(nm->context, TRUE);
	g_source_destroy(timer);
	g_source_unref(timer);
	return true;
}

int nm_request_wait(struct nm *nm, struct nm_request *q, uint64_t deadline)
{
	while (!q->result)
		if (!nm_iterate(nm, deadline)) {
			g_cancellable_cancel(q->cancellable);
			return nm_failed(nm, -ETIMEDOUT, "no answer in time");
		}
	return 0;
}

int nm_failed(struct nm *nm, int error, const char *format, ...)
{
	va_list args;

	g_free(nm->error);
	va_start(args, format);
	nm->error = g_strdup_vprintf(format, args);
	va_end(args);
	return error;
}

/* The errors that say that there is nobody to talk to. */
static bool is_gone(const GError *error)
{
	return g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
	       g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
	       g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
	       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED) ||
	       g_error_matches(error, NM_CLIENT_ERROR, NM_CLIENT_ERROR_MANAGER_NOT_RUNNING);
}

static bool is_denied(const GError *error)
{
	return g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED) ||
	       g_error_matches(error, NM_MANAGER_ERROR, NM_MANAGER_ERROR_PERMISSION_DENIED) ||
	       g_error_matches(error, NM_SETTINGS_ERROR, NM_SETTINGS_ERROR_PERMISSION_DENIED);
}

int nm_fail(struct nm *nm, GError *error)
{
	int r = is_gone(error) ? -ESRCH : is_denied(error) ? -EACCES : -EIO;

	g_dbus_error_strip_remote_error(error);
	nm_failed(nm, r, "%s", error->message);
	g_error_free(error);
	return r;
}

const char *nm_error(const struct nm *nm)
{
	return nm->error ? nm->error : "";
}

/* Calls a method on the bus and waits; no service is started for it. */
static int call(struct nm *nm, const char *name, const char *path, const char *interface,
		const char *method, GVariant *parameters, const char *reply_type, uint64_t deadline,
		GVariant **ret)
{
	_cleanup_request_ struct nm_request *q = nm_request_new();
	GError *error = NULL;
	GVariant *reply;
	int r;

	g_dbus_connection_call(nm->bus, name, path, interface, method, parameters,
			       reply_type ? G_VARIANT_TYPE(reply_type) : NULL,
			       G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, q->cancellable,
			       nm_request_done, q);
	r = nm_request_wait(nm, q, deadline);
	if (r < 0)
		return r;
	reply = g_dbus_connection_call_finish(nm->bus, q->result, &error);
	if (!reply)
		return nm_fail(nm, error);
	*ret = reply;
	return 0;
}

int nm_refresh(struct nm *nm, uint64_t deadline)
{
	GVariant *reply;
	int r;

	r = call(nm, NM_BUS_NAME, "/org/freedesktop/NetworkManager", "org.freedesktop.DBus.Peer",
		 "Ping", NULL, NULL, deadline, &reply);
	if (r < 0)
		return r;
	g_variant_unref(reply);
	for (int i = 0; i < MAX_EVENTS && g_main_context_iteration(nm->context, FALSE); i++)
		;
	if (!nm_client_get_nm_running(nm->client))
		return nm_failed(nm, -ESRCH, "NetworkManager does not run");
	return 0;
}

static int connect_bus(struct nm *nm, uint64_t deadline)
{
	_cleanup_request_ struct nm_request *q = nm_request_new();
	g_autoptr(GError) error = NULL;
	int r;

	g_bus_get(G_BUS_TYPE_SYSTEM, q->cancellable, nm_request_done, q);
	r = nm_request_wait(nm, q, deadline);
	if (r < 0)
		return r;
	nm->bus = g_bus_get_finish(q->result, &error);
	if (!nm->bus)
		return nm_failed(nm, -ENOTCONN, "%s", error->message);
	/* GLib's default would end this process together with the bus. */
	g_dbus_connection_set_exit_on_close(nm->bus, FALSE);
	return 0;
}

/* Libnm would wait for NetworkManager to come; here it must be there already. */
static int look_for_manager(struct nm *nm, uint64_t deadline)
{
	GVariant *reply;
	int r;

	r = call(nm, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
		 "GetNameOwner", g_variant_new("(s)", NM_BUS_NAME), "(s)", deadline, &reply);
	if (r < 0)
		return r;
	g_variant_unref(reply);
	return 0;
}

static int make_client(struct nm *nm, uint64_t deadline)
{
	_cleanup_request_ struct nm_request *q = nm_request_new();
	g_autoptr(GObject) source = NULL;
	GError *error = NULL;
	int r;

	g_async_initable_new_async(NM_TYPE_CLIENT, G_PRIORITY_DEFAULT, q->cancellable,
				   nm_request_done, q, NM_CLIENT_DBUS_CONNECTION, nm->bus,
				   NM_CLIENT_INSTANCE_FLAGS,
				   (guint)NM_CLIENT_INSTANCE_FLAGS_NO_AUTO_FETCH_PERMISSIONS, NULL);
	r = nm_request_wait(nm, q, deadline);
	if (r < 0)
		return r;
	source = g_async_result_get_source_object(q->result);
	nm->client =
		NM_CLIENT(g_async_initable_new_finish(G_ASYNC_INITABLE(source), q->result, &error));
	if (!nm->client)
		return nm_fail(nm, error);
	if (!nm_client_get_nm_running(nm->client))
		return nm_failed(nm, -ESRCH, "NetworkManager does not run");
	return 0;
}

int nm_open(uint64_t limit_usec, struct nm **ret)
{
	uint64_t deadline = nm_now() + limit_usec;
	struct nm *nm;
	int r;

	nm = calloc(1, sizeof(*nm));
	if (!nm)
		return -ENOMEM;
	nm->context = g_main_context_new();

	nm_enter(nm);
	r = connect_bus(nm, deadline);
	if (r >= 0)
		r = look_for_manager(nm, deadline);
	if (r >= 0)
		r = make_client(nm, deadline);
	nm_leave(nm);
	if (r < 0) {
		nm_close(nm);
		return r;
	}
	*ret = nm;
	return 0;
}

/* Libnm still has to do after the last reference is gone; the watcher goes when all is done. */
static void close_client(struct nm *nm)
{
	uint64_t deadline = nm_now() + CLOSE_LIMIT_USEC;
	GObject *watcher = nm_client_get_context_busy_watcher(nm->client);

	g_object_add_weak_pointer(watcher, (gpointer *)&watcher);
	g_clear_object(&nm->client);
	while (watcher && nm_iterate(nm, deadline))
		;
	if (watcher)
		g_object_remove_weak_pointer(watcher, (gpointer *)&watcher);
}

struct nm *nm_close(struct nm *nm)
{
	if (!nm)
		return NULL;

	nm_enter(nm);
	if (nm->client)
		close_client(nm);
	g_clear_object(&nm->bus);
	nm_leave(nm);
	g_main_context_unref(nm->context);
	g_free(nm->error);
	free(nm);
	return NULL;
}

/* The profile without the feature, or with another value of it; all else as it stands. */
static GVariant *with_feature(GVariant *settings, int value)
{
	GVariantBuilder ethtool, all;
	GVariantIter groups;
	const char *name;
	GVariant *group;
	unsigned int n = 0;

	g_variant_builder_init(&ethtool, G_VARIANT_TYPE("a{sv}"));
	g_variant_builder_init(&all, G_VARIANT_TYPE("a{sa{sv}}"));
	g_variant_iter_init(&groups, settings);
	while (g_variant_iter_loop(&groups, "{&s@a{sv}}", &name, &group)) {
		GVariantIter keys;
		const char *key;
		GVariant *v;

		if (!streq(name, NM_SETTING_ETHTOOL_SETTING_NAME)) {
			g_variant_builder_add(&all, "{s@a{sv}}", name, group);
			continue;
		}
		g_variant_iter_init(&keys, group);
		while (g_variant_iter_loop(&keys, "{&sv}", &key, &v))
			if (!streq(key, NM_ETHTOOL_OPTNAME_FEATURE_ESP_HW_OFFLOAD)) {
				g_variant_builder_add(&ethtool, "{sv}", key, v);
				n++;
			}
	}
	if (value >= 0) {
		g_variant_builder_add(&ethtool, "{sv}", NM_ETHTOOL_OPTNAME_FEATURE_ESP_HW_OFFLOAD,
				      g_variant_new_boolean(value > 0));
		n++;
	}
	if (n > 0)
		g_variant_builder_add(&all, "{s@a{sv}}", NM_SETTING_ETHTOOL_SETTING_NAME,
				      g_variant_builder_end(&ethtool));
	else
		g_variant_builder_clear(&ethtool);
	return g_variant_ref_sink(g_variant_builder_end(&all));
}

/* The feature in a profile as NetworkManager gives it: 1, 0, or -1 when it is not set. */
static int feature_of(GVariant *settings)
{
	g_autoptr(GVariant) ethtool = NULL;
	gboolean on;

	ethtool = g_variant_lookup_value(settings, NM_SETTING_ETHTOOL_SETTING_NAME,
					 G_VARIANT_TYPE("a{sv}"));
	if (!ethtool ||
	    !g_variant_lookup(ethtool, NM_ETHTOOL_OPTNAME_FEATURE_ESP_HW_OFFLOAD, "b", &on))
		return -1;
	return on;
}

/*
 * The profile straight from NetworkManager and not from libnm's copy, which may be old, and which
 * leaves out what a libnm older than NetworkManager does not know.
 */
static int get_settings(struct nm *nm, NMRemoteConnection *profile, uint64_t deadline,
			GVariant **ret)
{
	g_autoptr(GVariant) reply = NULL;
	int r;

	r = call(nm, NM_BUS_NAME, nm_connection_get_path(NM_CONNECTION(profile)),
		 "org.freedesktop.NetworkManager.Settings.Connection", "GetSettings", NULL,
		 "(a{sa{sv}})", deadline, &reply);
	if (r < 0)
		return r;
	*ret = g_variant_get_child_value(reply, 0);
	return 0;
}

/* Arguments of Update2; with the version that was read, so that nobody's change is overwritten. */
static GVariant *update_arguments(_unused_ NMRemoteConnection *profile)
{
#ifdef HAVE_NM_REMOTE_CONNECTION_GET_VERSION_ID
	guint64 version = nm_remote_connection_get_version_id(profile);
	GVariantBuilder b;

	if (version != 0) {
		g_variant_builder_init(&b, G_VARIANT_TYPE("a{sv}"));
		g_variant_builder_add(&b, "{sv}", "version-id", g_variant_new_uint64(version));
		return g_variant_builder_end(&b);
	}
#endif
	return NULL;
}

static int update_error(struct nm *nm, GError *error)
{
#ifdef HAVE_NM_REMOTE_CONNECTION_GET_VERSION_ID
	if (g_error_matches(error, NM_SETTINGS_ERROR, NM_SETTINGS_ERROR_VERSION_ID_MISMATCH)) {
		nm_fail(nm, error);
		return -ESTALE;
	}
#endif
	return nm_fail(nm, error);
}

static int update(struct nm *nm, NMRemoteConnection *profile, GVariant *settings, uint64_t deadline)
{
	_cleanup_request_ struct nm_request *q = nm_request_new();
	g_autoptr(GVariant) reply = NULL;
	GError *error = NULL;
	int r;

	nm_remote_connection_update2(profile, settings,
				     NM_SETTINGS_UPDATE2_FLAG_TO_DISK |
					     NM_SETTINGS_UPDATE2_FLAG_NO_REAPPLY,
				     update_arguments(profile), q->cancellable, nm_request_done, q);
	r = nm_request_wait(nm, q, deadline);
	if (r < 0)
		return r;
	reply = nm_remote_connection_update2_finish(profile, q->result, &error);
	return reply ? 0 : update_error(nm, error);
}

_Static_assert((int)PROFILE_UNSAVED == (int)NM_SETTINGS_CONNECTION_FLAG_UNSAVED &&
		       (int)PROFILE_GENERATED == (int)NM_SETTINGS_CONNECTION_FLAG_NM_GENERATED &&
		       (int)PROFILE_VOLATILE == (int)NM_SETTINGS_CONNECTION_FLAG_VOLATILE &&
		       (int)PROFILE_EXTERNAL == (int)NM_SETTINGS_CONNECTION_FLAG_EXTERNAL,
	       "flags are numbered as NetworkManager has them");

static bool is_writable(NMRemoteConnection *profile)
{
	return profile_is_writable(nm_remote_connection_get_flags(profile),
				   nm_remote_connection_get_filename(profile));
}

static int set_feature(struct nm *nm, const char *uuid, int value, uint64_t deadline)
{
	g_autoptr(GVariant) before = NULL, wanted = NULL, after = NULL;
	g_autoptr(NMRemoteConnection) profile = NULL;
	int r;

	r = nm_refresh(nm, deadline);
	if (r < 0)
		return r;
	profile = nm_client_get_connection_by_uuid(nm->client, uuid);
	if (!profile)
		return nm_failed(nm, -ENOENT, "there is no profile %s", uuid);
	g_object_ref(profile);
	r = get_settings(nm, profile, deadline, &before);
	if (r < 0)
		return r;
	if (feature_of(before) == value)
		return 1;
	if (!is_writable(profile))
		return nm_failed(nm, -EROFS, "the profile does not live in a file of its own");

	wanted = with_feature(before, value);
	r = update(nm, profile, wanted, deadline);
	if (r < 0)
		return r;
	r = get_settings(nm, profile, deadline, &after);
	if (r < 0)
		return r;
	if (feature_of(after) != value)
		return nm_failed(nm, -EIO, "NetworkManager did not keep the value");
	return 0;
}

int nm_set_feature(struct nm *nm, const char *uuid, int value, uint64_t limit_usec)
{
	int r;

	nm_enter(nm);
	r = set_feature(nm, uuid, value, nm_now() + limit_usec);
	nm_leave(nm);
	return r;
}
