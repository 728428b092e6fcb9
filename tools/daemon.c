/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon.h"

#include <signal.h>
#include <stdio.h>

#include "bond-fields.h"
#include "dbus-json.h"
#include "fields.h"
#include "judgement.h"
#include "names.h"
#include "progress.h"

#define TICK_USEC UINT64_C(1000000)

struct daemon {
	sd_bus *bus;
};

int daemon_open(struct daemon **ret, sd_bus_error *ret_error)
{
	struct daemon *d;
	int r;

	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	r = sd_bus_open_system(&d->bus);
	if (r < 0) {
		free(d);
		(void)sd_bus_error_setf(ret_error, DAEMON_ERROR_NO_BUS,
					"Cannot reach the system's bus: %s", strerror(-r));
		return r;
	}
	*ret = d;
	return 0;
}

struct daemon *daemon_close(struct daemon *d)
{
	if (!d)
		return NULL;
	sd_bus_close(d->bus);
	sd_bus_unref(d->bus);
	free(d);
	return NULL;
}

sd_bus *daemon_bus(struct daemon *d)
{
	return d->bus;
}

/* ---- reading ---- */

static int strange(sd_bus_error *ret_error, const char *what)
{
	(void)sd_bus_error_setf(ret_error, SD_BUS_ERROR_INCONSISTENT_MESSAGE,
				"esp-offloadd gave a strange answer: %s", what);
	return -EBADMSG;
}

static int new_call(struct daemon *d, const char *path, const char *interface, const char *method,
		    sd_bus_message **ret)
{
	sd_bus_message *m;
	int r;

	r = sd_bus_message_new_method_call(d->bus, &m, BUS_NAME, path, interface, method);
	if (r < 0)
		return r;
	r = sd_bus_message_set_auto_start(m, false);
	if (r < 0) {
		sd_bus_message_unref(m);
		return r;
	}
	*ret = m;
	return 0;
}

/* Every failure has its words, also where the bus gave none. */
static int failed(int r, sd_bus_error *ret_error)
{
	if (r < 0 && !sd_bus_error_is_set(ret_error))
		(void)sd_bus_error_set_errno(ret_error, r);
	return r;
}

/* Calls a method that reads, with at most one string, and gives its only value. */
static int read_call(struct daemon *d, const char *path, const char *interface, const char *method,
		     const char *argument, json_t **ret, sd_bus_error *ret_error)
{
	sd_bus_message *call = NULL, *reply = NULL;
	int r;

	r = new_call(d, path, interface, method, &call);
	if (r >= 0 && argument)
		r = sd_bus_message_append(call, "s", argument);
	if (r >= 0)
		r = sd_bus_call(d->bus, call, DAEMON_READ_USEC, ret_error, &reply);
	if (r >= 0 && dbus_json_read(reply, ret) < 0)
		r = strange(ret_error, method);
	sd_bus_message_unref(call);
	sd_bus_message_unref(reply);
	return r < 0 ? r : 0;
}

static int take_manager(json_t *properties, json_t **ret, sd_bus_error *ret_error)
{
	const char *culprit = NULL;
	int r;

	r = bond_fields_take_manager(properties, ret, &culprit);
	return r == -EBADMSG ? strange(ret_error, culprit) : r;
}

static int compare_names(const void *a, const void *b)
{
	return strverscmp(field_string(*(json_t *const *)a, "interface"),
			  field_string(*(json_t *const *)b, "interface"));
}

/* The objects of the ObjectManager, sorted: ours are the bonds. */
static int take_bonds(json_t *objects, json_t *bonds, sd_bus_error *ret_error)
{
	_cleanup_free_ json_t **items = NULL;
	const char *path, *culprit = NULL;
	json_t *interfaces;
	size_t n = 0;
	int r = 0;

	items = calloc(json_object_size(objects) + 1, sizeof(json_t *));
	if (!items)
		return -ENOMEM;
	json_object_foreach(objects, path, interfaces)
	{
		json_t *properties = json_object_get(interfaces, BUS_INTERFACE_BOND);

		if (!properties)
			continue;
		r = bond_fields_take(properties, &items[n], &culprit);
		if (r < 0)
			break;
		n++;
	}
	if (n > 0)
		qsort(items, n, sizeof(json_t *), compare_names);
	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(bonds, items[i]) < 0)
			r = -ENOMEM;
	return r == -EBADMSG ? strange(ret_error, culprit) : r;
}

int daemon_read(struct daemon *d, json_t **ret, sd_bus_error *ret_error)
{
	json_t *properties = NULL, *objects = NULL, *document = NULL, *bonds = json_array();
	int r;

	r = read_call(d, BUS_PATH, "org.freedesktop.DBus.Properties", "GetAll",
		      BUS_INTERFACE_MANAGER, &properties, ret_error);
	if (r >= 0)
		r = read_call(d, BUS_PATH, "org.freedesktop.DBus.ObjectManager",
			      "GetManagedObjects", NULL, &objects, ret_error);
	if (r >= 0)
		r = take_manager(properties, &document, ret_error);
	if (r >= 0)
		r = bonds ? take_bonds(objects, bonds, ret_error) : -ENOMEM;
	if (r >= 0 && json_object_set(document, "bonds", bonds) < 0)
		r = -ENOMEM;

	json_decref(properties);
	json_decref(objects);
	json_decref(bonds);
	if (r < 0) {
		json_decref(document);
		return failed(r, ret_error);
	}
	*ret = document;
	return 0;
}

json_t *daemon_bond(const json_t *document, const char *name)
{
	json_t *bond;
	size_t i;

	json_array_foreach(json_object_get(document, "bonds"), i, bond)
	{
		if (field_is(bond, "interface", name))
			return bond;
	}
	return NULL;
}

/* ---- asking, and waiting ---- */

struct asking {
	sd_event *event;
	struct progress progress;
	sd_bus_message *reply;
	bool interrupted;
};

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *ret_error _unused_)
{
	struct asking *a = userdata;

	a->reply = sd_bus_message_ref(m);
	return 0;
}

static int on_signal(sd_event_source *s _unused_, const struct signalfd_siginfo *si _unused_,
		     void *userdata)
{
	struct asking *a = userdata;

	a->interrupted = true;
	return 0;
}

static int on_tick(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct asking *a = userdata;
	int r;

	progress_tick(&a->progress);
	r = sd_event_source_set_time(s, usec + TICK_USEC);
	return r < 0 ? r : sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

/* The worker's steps are told in StateReason while the bond is being applied. */
static int on_changed(sd_bus_message *m, void *userdata, sd_bus_error *ret_error _unused_)
{
	struct asking *a = userdata;
	json_t *changes = NULL;

	if (sd_bus_message_skip(m, "s") < 0 || dbus_json_read(m, &changes) < 0)
		return 0;
	if (field_is(changes, "State", "applying")) {
		char phrase[256];

		step_phrase(field_string(changes, "StateReason"), phrase, sizeof(phrase));
		progress_step(&a->progress, phrase);
	}
	json_decref(changes);
	return 0;
}

static int send_question(struct daemon *d, struct asking *a, const struct daemon_question *q,
			 const char *path)
{
	sd_bus_message *call = NULL;
	int r;

	if (q->tell_progress) {
		r = sd_bus_match_signal_async(d->bus, NULL, BUS_NAME, path,
					      "org.freedesktop.DBus.Properties",
					      "PropertiesChanged", on_changed, NULL, a);
		if (r < 0)
			return r;
	}
	r = new_call(d, path, q->bond ? BUS_INTERFACE_BOND : BUS_INTERFACE_MANAGER, q->method,
		     &call);
	if (r >= 0 && q->authorize)
		r = sd_bus_message_set_allow_interactive_authorization(call, true);
	if (r >= 0 && q->append)
		r = q->append(call, q->userdata);
	if (r >= 0)
		r = sd_bus_call_async(d->bus, NULL, call, on_reply, a, DAEMON_WORK_USEC);
	sd_bus_message_unref(call);
	return r;
}

static int wait_for_answer(struct daemon *d, struct asking *a)
{
	uint64_t now;
	int r;

	r = sd_event_add_signal(a->event, NULL, SIGINT, on_signal, a);
	if (r >= 0)
		r = sd_event_add_signal(a->event, NULL, SIGTERM, on_signal, a);
	if (r >= 0)
		r = sd_event_now(a->event, CLOCK_MONOTONIC, &now);
	if (r >= 0)
		r = sd_event_add_time(a->event, NULL, CLOCK_MONOTONIC, now + TICK_USEC, 0, on_tick,
				      a);
	if (r >= 0)
		r = sd_bus_attach_event(d->bus, a->event, SD_EVENT_PRIORITY_NORMAL);
	/* Not sd_event_loop(): at its end it closes the bus. */
	while (r >= 0 && !a->reply && !a->interrupted)
		r = sd_event_run(a->event, UINT64_MAX);
	(void)sd_bus_detach_event(d->bus);
	return r;
}

static int take_answer(struct asking *a, const struct daemon_question *q, json_t **ret,
		       sd_bus_error *ret_error)
{
	const char *signature;

	if (a->interrupted) {
		(void)sd_bus_error_set_const(ret_error, DAEMON_ERROR_INTERRUPTED,
					     "Interrupted; what esp-offloadd has begun it ends all "
					     "the same");
		return -EINTR;
	}
	if (sd_bus_message_is_method_error(a->reply, NULL)) {
		(void)sd_bus_error_copy(ret_error, sd_bus_message_get_error(a->reply));
		return -sd_bus_message_get_errno(a->reply);
	}
	if (!ret)
		return 0;
	signature = sd_bus_message_get_signature(a->reply, true);
	if (!signature || !*signature) {
		*ret = json_null();
		return 0;
	}
	return dbus_json_read(a->reply, ret) < 0 ? strange(ret_error, q->method) : 0;
}

int daemon_ask(struct daemon *d, const struct ctl *ctl, const struct daemon_question *q,
	       json_t **ret, sd_bus_error *ret_error)
{
	_cleanup_free_ char *path = NULL;
	struct asking a = { 0 };
	sigset_t set, before;
	int r;

	if (q->bond)
		r = sd_bus_path_encode(BUS_PATH_BOND, q->bond, &path);
	else
		r = (path = strdup(BUS_PATH)) ? 0 : -ENOMEM;
	if (r >= 0)
		r = sd_event_new(&a.event);
	if (r < 0)
		return failed(r, ret_error);

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, &before);
	progress_begin(&a.progress, ctl, q->doing);
	r = send_question(d, &a, q, path);
	if (r >= 0)
		r = wait_for_answer(d, &a);
	progress_end(&a.progress);
	if (r >= 0)
		r = take_answer(&a, q, ret, ret_error);

	sd_bus_message_unref(a.reply);
	sd_event_unref(a.event);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return failed(r, ret_error);
}

/* ---- what went wrong ---- */

bool daemon_is_absent(const sd_bus_error *error)
{
	return sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
	       sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER) ||
	       sd_bus_error_has_name(error, DAEMON_ERROR_NO_BUS);
}

static const struct {
	const char *error;
	int status;
	const char *next; /* what to do */
} remedies[] = {
	{ SD_BUS_ERROR_UNKNOWN_OBJECT, CTL_ERROR, "See \"esp-offloadctl status\" for the bonds." },
	{ BUS_ERROR_NO_SUCH_BOND, CTL_ERROR, "See \"esp-offloadctl status\" for the bonds." },
	{ BUS_ERROR_BUSY, CTL_ERROR, "Try again when it is done." },
	{ BUS_ERROR_BLOCKED, CTL_BLOCKED, "See \"esp-offloadctl check\" for what to do." },
	{ BUS_ERROR_FAILED, CTL_ERROR, "See \"journalctl -u esp-offloadd\"." },
	{ BUS_ERROR_INVALID_POLICY, CTL_ERROR,
	  "Mend the files until \"esp-offloadctl config validate\" is content." },
	{ SD_BUS_ERROR_ACCESS_DENIED, CTL_ERROR, "Ask as root." },
	{ SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, CTL_ERROR, "Ask as root." },
	{ SD_BUS_ERROR_NO_REPLY, CTL_ERROR,
	  "See \"systemctl status esp-offloadd\" for whether it still runs." },
	{ SD_BUS_ERROR_TIMEOUT, CTL_ERROR,
	  "See \"systemctl status esp-offloadd\" for whether it still works." },
	{ DAEMON_ERROR_INTERRUPTED, CTL_ERROR, "See \"esp-offloadctl status\"." },
	{ SD_BUS_ERROR_INVALID_ARGS, CTL_USAGE, NULL },
};

int daemon_complain(const sd_bus_error *error, const char *bond)
{
	const char *message = error->message ? error->message : error->name;
	const char *next = NULL;
	int status = CTL_ERROR;

	if (daemon_is_absent(error)) {
		ctl_error("esp-offloadd does not run%s%s. Start it with \"systemctl start "
			  "esp-offloadd\"; \"esp-offloadctl check\" and \"plan\" work without it.",
			  sd_bus_error_has_name(error, DAEMON_ERROR_NO_BUS) ? ": " : "",
			  sd_bus_error_has_name(error, DAEMON_ERROR_NO_BUS) ? message : "");
		return CTL_ERROR;
	}
	for (size_t i = 0; i < ARRAY_SIZE(remedies); i++)
		if (sd_bus_error_has_name(error, remedies[i].error)) {
			status = remedies[i].status;
			next = remedies[i].next;
		}
	ctl_error("%s%s%s", bond ? bond : "", bond ? ": " : "",
		  message ? message : "esp-offloadd could not be asked");
	if (next)
		fprintf(stderr, "%s\n", next);
	return status;
}
