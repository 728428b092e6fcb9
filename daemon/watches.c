/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watches.h"

#include <stdio.h>
#include <sys/inotify.h>

#include "log.h"
#include "names.h"

#define FILE_EVENTS                                                                                \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB |        \
	 IN_ONLYDIR)

/* A folder that may not be there yet is waited for in the one above it. */
static const struct {
	const char *folder;
	const char *file; /* the only name in it that matters; NULL: all */
} places[] = {
	{ "/etc", "ipsec.conf" }, { "/etc", "ipsec.d" },
	{ "/etc/ipsec.d", NULL }, { "/etc/crypto-policies/back-ends", "libreswan.config" },
	{ "/usr/sbin", "ipsec" },
};

static const char *const matches[] = {
	"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
	"member='NameOwnerChanged',arg0='org.freedesktop.NetworkManager'",
	"type='signal',sender='org.freedesktop.NetworkManager',"
	"interface='org.freedesktop.NetworkManager.Settings.Connection'",
	"type='signal',sender='org.freedesktop.NetworkManager',"
	"interface='org.freedesktop.NetworkManager.Settings',member='NewConnection'",
	"type='signal',sender='org.freedesktop.systemd1',"
	"path='/org/freedesktop/systemd1/unit/ipsec_2eservice',"
	"interface='org.freedesktop.DBus.Properties',member='PropertiesChanged'",
};

/* Who comes to the bus anew has forgotten who wanted his signals. */
static const char match_systemd[] =
	"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
	"member='NameOwnerChanged',arg0='org.freedesktop.systemd1'";

struct watches {
	sd_event *event;
	watches_changed_fn changed;
	void *userdata;
	char *root;
	sd_event_source *folders[ARRAY_SIZE(places)];
	sd_bus_slot *slots[ARRAY_SIZE(matches)];
	sd_bus_slot *systemd, *subscription;
};

static void watch_folders(struct watches *w);

/*
 * One that is named in @folder came or went. What is watched is a folder and no name: one that was
 * moved away would be watched on wherever it is, and not the one that took its place.
 */
static void forget_folder(struct watches *w, const char *folder, const char *name)
{
	size_t len = strlen(folder);

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (has_prefix(places[i].folder, folder) && places[i].folder[len] == '/' &&
		    streq(places[i].folder + len + 1, name))
			w->folders[i] = sd_event_source_unref(w->folders[i]);
}

static int on_file(sd_event_source *s, const struct inotify_event *event, void *userdata)
{
	struct watches *w = userdata;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places) && w->folders[i] != s; i++)
		;
	if (i == ARRAY_SIZE(places))
		return 0;

	if (event->mask & IN_IGNORED) {
		w->folders[i] = sd_event_source_unref(w->folders[i]);
	} else if (event->len > 0 && places[i].file && !streq(event->name, places[i].file)) {
		return 0;
	}
	if (event->len > 0 && event->mask & IN_ISDIR &&
	    event->mask & (IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO))
		forget_folder(w, places[i].folder, event->name);
	/* A folder that was made just now, or replaced. */
	watch_folders(w);
	w->changed(w->userdata, "Libreswan's files have changed");
	return 0;
}

static void watch_folder(struct watches *w, size_t i)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (w->folders[i])
		return;
	if (asprintf(&path, "%s%s", w->root, places[i].folder) < 0) {
		path = NULL;
		return;
	}
	r = sd_event_add_inotify(w->event, &w->folders[i], path, FILE_EVENTS, on_file, w);
	if (r < 0) {
		w->folders[i] = NULL;
		if (r != -ENOENT && r != -ENOTDIR)
			log_warning("Cannot watch %s, changes there are seen only when something "
				    "else happens: %s",
				    path, strerror(-r));
	}
}

static void watch_folders(struct watches *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		watch_folder(w, i);
}

int watches_new(sd_event *event, const char *root, watches_changed_fn changed, void *userdata,
		struct watches **ret)
{
	_cleanup_(watches_freep) struct watches *w = NULL;

	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->event = sd_event_ref(event);
	w->changed = changed;
	w->userdata = userdata;
	w->root = strdup(root ? root : "");
	if (!w->root)
		return -ENOMEM;
	watch_folders(w);

	*ret = TAKE_PTR(w);
	return 0;
}

struct watches *watches_free(struct watches *w)
{
	if (!w)
		return NULL;
	(void)watches_set_bus(w, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		sd_event_source_unref(w->folders[i]);
	sd_event_unref(w->event);
	free(w->root);
	free(w);
	return NULL;
}

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error _unused_)
{
	struct watches *w = userdata;
	const char *sender = sd_bus_message_get_path(m);

	if (sender && has_prefix(sender, "/org/freedesktop/systemd1"))
		w->changed(w->userdata, "the ipsec unit has changed");
	else
		w->changed(w->userdata, "NetworkManager or a profile of it has changed");
	return 0;
}

static int on_subscribed(sd_bus_message *m _unused_, void *userdata _unused_,
			 sd_bus_error *error _unused_)
{
	return 0; /* without systemd there are no units to hear of */
}

/*
 * systemd sends its units' signals only while somebody has asked for them. It may not be on the bus
 * yet, and it leaves it when its connection breaks, as under load; then it is asked once it comes.
 */
static int subscribe(struct watches *w, sd_bus *bus)
{
	w->subscription = sd_bus_slot_unref(w->subscription);
	return sd_bus_call_method_async(bus, &w->subscription, "org.freedesktop.systemd1",
					"/org/freedesktop/systemd1",
					"org.freedesktop.systemd1.Manager", "Subscribe",
					on_subscribed, w, NULL);
}

static int on_systemd(sd_bus_message *m, void *userdata, sd_bus_error *error _unused_)
{
	struct watches *w = userdata;
	const char *name, *old, *now;

	if (sd_bus_message_read(m, "sss", &name, &old, &now) < 0 || *now == '\0')
		return 0;
	(void)subscribe(w, sd_bus_message_get_bus(m));
	w->changed(w->userdata, "systemd has come to the bus");
	return 0;
}

int watches_set_bus(struct watches *w, sd_bus *bus)
{
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(w->slots); i++)
		w->slots[i] = sd_bus_slot_unref(w->slots[i]);
	w->systemd = sd_bus_slot_unref(w->systemd);
	w->subscription = sd_bus_slot_unref(w->subscription);
	if (!bus)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(matches); i++) {
		r = sd_bus_add_match_async(bus, &w->slots[i], matches[i], on_signal, NULL, w);
		if (r < 0)
			return r;
	}
	r = sd_bus_add_match_async(bus, &w->systemd, match_systemd, on_systemd, NULL, w);
	return r < 0 ? r : subscribe(w, bus);
}
