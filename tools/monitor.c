/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <signal.h>
#include <time.h>

#include "bond-fields.h"
#include "bond-text.h"
#include "bonds.h"
#include "dbus-json.h"
#include "fields.h"
#include "judgement.h"
#include "names.h"
#include "terminal.h"
#include "times.h"
#include "verbs.h"

static const char help[] =
	"Usage: esp-offloadctl monitor [OPTION…] [BOND]\n\n"
	"Shows what happens while it happens, a line for each switch, state and verdict, of\n"
	"the bond or of all bonds, until ^C. It waits for esp-offloadd where that does not\n"
	"run.\n\n"
	"Options:\n"
	"  --rates                   each second, what the ports' counters have moved by\n"
	"  --json=short|pretty|off   an object for each event, always one a line\n"
	"  -h, --help                this text\n\n"
	"Exit status: 0 ended by ^C, 1 error.\n";

#define RATES_USEC UINT64_C(1000000)

struct monitor {
	const struct ctl *ctl;
	const char *only; /* the bond that was named, or NULL */
	bool rates;
	sd_event *event;
	struct daemon *daemon;
	json_t *bonds; /* by name: as they were told last */
	uint64_t read_usec;
};

static uint64_t clock_usec(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- one event ---- */

/* What an event says for people; each kind has its own fields. */
static void describe(const json_t *e, const char *kind, char *buffer, size_t size)
{
	const char *reason = field_string(e, "state_reason");
	struct judgement_counts counts;

	buffer[0] = '\0';
	if (streq(kind, "failover")) {
		snprintf(buffer, size, "%s -> %s (%s)", field_string(e, "from"),
			 field_string(e, "to"), field_string(e, "cause"));
	} else if (streq(kind, "state")) {
		char phrase[256];

		step_phrase(reason, phrase, sizeof(phrase));
		snprintf(buffer, size, "%s%s%s", field_string(e, "state"), *reason ? ": " : "",
			 field_is(e, "state", "applying") ? phrase : reason);
	} else if (streq(kind, "verdict")) {
		bond_text_verdict(e, buffer, size);
	} else if (streq(kind, "port")) {
		const char *port = field_string(e, "active_port");

		snprintf(buffer, size, "%s%s", *port ? "the active one is " : "none is active",
			 port);
	} else if (streq(kind, "findings")) {
		counts = judgement_count(json_object_get(e, "findings"));
		judgement_summarise(&counts, buffer, size);
		if (!*buffer)
			snprintf(buffer, size, "none any more");
	} else if (streq(kind, "feature")) {
		snprintf(buffer, size, "esp-hw-offload is %s",
			 field_bool(e, "feature_enabled") ? "on" : "off");
	} else if (streq(kind, "daemon")) {
		snprintf(buffer, size, "esp-offloadd %s",
			 field_bool(e, "running") ? "runs" : "does not run");
	}
}

static void describe_rates(const json_t *e, char *buffer, size_t size)
{
	size_t used = 0, i;
	json_t *port;

	json_array_foreach(json_object_get(e, "ports"), i, port)
	{
		if (used >= size)
			return;
		used += (size_t)snprintf(buffer + used, size - used, "%s%s%s tx %lld/s rx %lld/s",
					 i ? ", " : "", field_string(port, "name"),
					 field_bool(port, "active") ? "*" : "",
					 (long long)field_integer(port, "tx_per_second"),
					 (long long)field_integer(port, "rx_per_second"));
	}
}

static void print_event(const struct monitor *m, const json_t *e)
{
	const char *kind = field_string(e, "event"), *bond = field_string(e, "bond");
	char when[TIMES_TEXT_SIZE], text[1024] = "";
	enum tone tone = TONE_PLAIN;

	if (streq(kind, "rates"))
		describe_rates(e, text, sizeof(text));
	else
		describe(e, kind, text, sizeof(text));
	if (streq(kind, "state") || streq(kind, "verdict"))
		tone = terminal_tone_of(field_string(e, kind));
	else if (streq(kind, "failover"))
		tone = TONE_STRONG;
	times_print_clock((uint64_t)field_integer(e, "realtime_usec"), when);
	printf("%s %s", when, terminal_begin(m->ctl, tone));
	ctl_print_safe(stdout, *bond ? bond : "-");
	printf(" %s%s", kind, *text ? " " : "");
	ctl_print_safe(stdout, text);
	printf("%s\n", terminal_end(m->ctl, tone));
}

/* Tells an event, which is let go of; NULL: no memory. */
static void tell(struct monitor *m, json_t *e)
{
	uint64_t now = clock_usec(CLOCK_REALTIME);

	if (!e)
		return;
	if (!field_is_there(e, "realtime_usec"))
		(void)json_object_set_new(e, "realtime_usec", json_integer((json_int_t)now));
	if (m->ctl->json == CTL_JSON_OFF) {
		print_event(m, e);
	} else {
		(void)json_dumpf(e, stdout, JSON_COMPACT);
		putchar('\n');
	}
	json_decref(e);
	if (fflush(stdout) == EOF)
		(void)sd_event_exit(m->event, -EIO);
}

/* ---- what has changed of a bond ---- */

static bool differs(const json_t *a, const json_t *b, const char *key)
{
	const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);

	return x != y && !(x && y && json_equal(x, y));
}

/* Tells the differences between a bond as it was told last (NULL: never) and as it is now. */
static void tell_differences(struct monitor *m, const char *name, const json_t *old,
			     const json_t *new)
{
	if (differs(old, new, "active_port"))
		tell(m, json_pack("{s:s, s:s, s:O*}", "bond", name, "event", "port", "active_port",
				  json_object_get(new, "active_port")));
	if (differs(old, new, "state") || differs(old, new, "state_reason"))
		tell(m, json_pack("{s:s, s:s, s:s, s:s}", "bond", name, "event", "state", "state",
				  field_string(new, "state"), "state_reason",
				  field_string(new, "state_reason")));
	if (differs(old, new, "verdict") || differs(old, new, "verdict_reason") ||
	    differs(old, new, "ratio"))
		tell(m, json_pack("{s:s, s:s, s:s, s:s, s:f}", "bond", name, "event", "verdict",
				  "verdict", field_string(new, "verdict"), "verdict_reason",
				  field_string(new, "verdict_reason"), "ratio",
				  field_real(new, "ratio")));
	if (differs(old, new, "feature_enabled"))
		tell(m, json_pack("{s:s, s:s, s:b}", "bond", name, "event", "feature",
				  "feature_enabled", field_bool(new, "feature_enabled")));
	if (differs(old, new, "findings") &&
	    (old || json_array_size(json_object_get(new, "findings")) > 0))
		tell(m, json_pack("{s:s, s:s, s:O*}", "bond", name, "event", "findings", "findings",
				  json_object_get(new, "findings")));
}

static bool is_meant(const struct monitor *m, const char *name)
{
	return !m->only || streq(m->only, name);
}

/* A whole bond, as the daemon shows it now. */
static void see_bond(struct monitor *m, json_t *bond)
{
	const char *name = field_string(bond, "interface");

	if (!is_meant(m, name))
		return;
	tell_differences(m, name, json_object_get(m->bonds, name), bond);
	(void)json_object_set(m->bonds, name, bond);
}

/* A property that is new, or of another type than before, is none that we know. */
static bool are_alike(const json_t *old, const json_t *new)
{
	return old && (json_typeof(old) == json_typeof(new) ||
		       (json_is_boolean(old) && json_is_boolean(new)) ||
		       (json_is_number(old) && json_is_number(new)));
}

/* Some properties of a bond that is known, by their D-Bus names. */
static void see_changes(struct monitor *m, const char *name, const json_t *changes)
{
	json_t *old = json_object_get(m->bonds, name), *new, *value;
	const char *property;

	new = json_copy(old);
	if (!old || !new)
		return;
	json_object_foreach((json_t *)changes, property, value)
	{
		_cleanup_free_ char *key = NULL;

		/* Counters are asked for; rates are between two answers. */
		if (!streq(property, "Ports") && dbus_json_snake(property, &key) == 0 &&
		    are_alike(json_object_get(old, key), value))
			(void)json_object_set(new, key, value);
	}
	tell_differences(m, name, old, new);
	(void)json_object_set_new(m->bonds, name, new);
}

static void tell_daemon(struct monitor *m, bool runs)
{
	tell(m, json_pack("{s:s, s:b}", "event", "daemon", "running", runs));
}

/* ---- rates ---- */

static json_int_t per_second(const json_t *old, const json_t *new, const char *key, uint64_t usec)
{
	json_int_t moved = field_integer(new, key) - field_integer(old, key);

	/* A port that was reset begins anew. */
	return usec > 0 && moved > 0 ? (json_int_t)((double)moved * 1e6 / (double)usec + 0.5) : 0;
}

static void tell_rates(struct monitor *m, const json_t *old, const json_t *new, uint64_t usec)
{
	json_t *ports = json_array(), *port;
	size_t i;

	json_array_foreach(json_object_get(new, "ports"), i, port)
	{
		const json_t *before = bond_text_port(old, field_string(port, "name"));

		if (!before || !field_is_there(port, "tx_ipsec"))
			continue;
		(void)json_array_append_new(
			ports,
			json_pack("{s:s, s:b, s:I, s:I}", "name", field_string(port, "name"),
				  "active", field_bool(port, "active"), "tx_per_second",
				  per_second(before, port, "tx_ipsec", usec), "rx_per_second",
				  per_second(before, port, "rx_ipsec", usec)));
	}
	if (json_array_size(ports) > 0)
		tell(m, json_pack("{s:O, s:s, s:O}", "bond", json_object_get(new, "interface"),
				  "event", "rates", "ports", ports));
	json_decref(ports);
}

/* ---- looking ---- */

/* Reads everything, and tells what is new. Return: false when no daemon runs. */
static bool look(struct monitor *m, bool with_rates)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	uint64_t before = m->read_usec;
	json_t *document = NULL, *bond;
	size_t i;
	int r;

	r = daemon_read(m->daemon, &document, &error);
	if (r < 0 && !daemon_is_absent(&error))
		(void)daemon_complain(&error, NULL);
	sd_bus_error_free(&error);
	m->read_usec = clock_usec(CLOCK_MONOTONIC);
	json_array_foreach(json_object_get(document, "bonds"), i, bond)
	{
		const json_t *old = json_object_get(m->bonds, field_string(bond, "interface"));

		if (with_rates && old)
			tell_rates(m, old, bond, m->read_usec - before);
		see_bond(m, bond);
	}
	json_decref(document);
	return r >= 0;
}

static int on_second(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct monitor *m = userdata;
	int r;

	if (json_object_size(m->bonds) > 0)
		(void)look(m, true);
	r = sd_event_source_set_time(s, usec + RATES_USEC);
	return r < 0 ? r : sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

/* ---- signals ---- */

static int on_failed_over(struct monitor *m, sd_bus_message *message, const char *name)
{
	const char *from, *to, *cause;
	json_t *bond = json_object_get(m->bonds, name);
	uint64_t when;

	if (sd_bus_message_read(message, "tsss", &when, &from, &to, &cause) < 0 || when > INT64_MAX)
		return 0;
	tell(m,
	     json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "realtime_usec", (json_int_t)when, "bond",
		       name, "event", "failover", "from", from, "to", to, "cause", cause));
	/* That its active port is another one now has been told by this. */
	if (bond)
		(void)json_object_set_new(bond, "active_port", json_string(to));
	return 0;
}

static int on_bond_signal(sd_bus_message *message, void *userdata, sd_bus_error *error _unused_)
{
	struct monitor *m = userdata;
	_cleanup_free_ char *name = NULL;
	const char *path = sd_bus_message_get_path(message), *interface;
	json_t *changes = NULL;

	if (!path || sd_bus_path_decode(path, BUS_PATH_BOND, &name) <= 0 || !is_meant(m, name))
		return 0;
	if (sd_bus_message_is_signal(message, BUS_INTERFACE_BOND, "FailedOver"))
		return on_failed_over(m, message, name);
	if (!sd_bus_message_is_signal(message, "org.freedesktop.DBus.Properties",
				      "PropertiesChanged"))
		return 0;
	if (sd_bus_message_read(message, "s", &interface) < 0 ||
	    !streq(interface, BUS_INTERFACE_BOND) || dbus_json_read(message, &changes) < 0)
		return 0;
	see_changes(m, name, changes);
	json_decref(changes);
	return 0;
}

static int on_objects_signal(sd_bus_message *message, void *userdata, sd_bus_error *error _unused_)
{
	struct monitor *m = userdata;
	_cleanup_free_ char *name = NULL;
	const char *path;

	if (sd_bus_message_read(message, "o", &path) < 0 ||
	    sd_bus_path_decode(path, BUS_PATH_BOND, &name) <= 0 || !is_meant(m, name))
		return 0;
	if (sd_bus_message_is_signal(message, NULL, "InterfacesAdded")) {
		tell(m, json_pack("{s:s, s:s}", "bond", name, "event", "added"));
		(void)look(m, false);
	} else if (sd_bus_message_is_signal(message, NULL, "InterfacesRemoved")) {
		tell(m, json_pack("{s:s, s:s}", "bond", name, "event", "removed"));
		(void)json_object_del(m->bonds, name);
	}
	return 0;
}

static int on_owner_changed(sd_bus_message *message, void *userdata, sd_bus_error *error _unused_)
{
	struct monitor *m = userdata;
	const char *name, *old, *new;

	if (sd_bus_message_read(message, "sss", &name, &old, &new) < 0)
		return 0;
	(void)json_object_clear(m->bonds);
	tell_daemon(m, *new != '\0');
	if (*new)
		(void)look(m, false);
	return 0;
}

static int listen_to_all(struct monitor *m)
{
	sd_bus *bus = daemon_bus(m->daemon);
	int r;

	r = sd_bus_add_match(bus, NULL,
			     "type='signal',sender='" BUS_NAME "',path_namespace='" BUS_PATH_BOND
			     "'",
			     on_bond_signal, m);
	if (r >= 0)
		r = sd_bus_match_signal(bus, NULL, BUS_NAME, BUS_PATH,
					"org.freedesktop.DBus.ObjectManager", NULL,
					on_objects_signal, m);
	if (r >= 0)
		r = sd_bus_add_match(bus, NULL,
				     "type='signal',sender='org.freedesktop.DBus',interface='org."
				     "freedesktop.DBus',member='NameOwnerChanged',arg0='" BUS_NAME
				     "'",
				     on_owner_changed, m);
	return r;
}

static int set_up(struct monitor *m)
{
	sigset_t set;
	uint64_t now;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	r = sd_event_new(&m->event);
	if (r >= 0)
		r = sd_event_add_signal(m->event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(m->event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = listen_to_all(m);
	if (r >= 0)
		r = sd_bus_attach_event(daemon_bus(m->daemon), m->event, SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = sd_bus_set_exit_on_disconnect(daemon_bus(m->daemon), true);
	if (r >= 0 && m->rates)
		r = sd_event_now(m->event, CLOCK_MONOTONIC, &now);
	if (r >= 0 && m->rates)
		r = sd_event_add_time(m->event, NULL, CLOCK_MONOTONIC, now + RATES_USEC, 0,
				      on_second, m);
	return r;
}

static int monitor(struct monitor *m)
{
	int r;

	r = set_up(m);
	if (r < 0) {
		ctl_error("Cannot listen to the bus: %s", strerror(-r));
		return CTL_ERROR;
	}
	if (!look(m, false))
		tell_daemon(m, false);
	r = sd_event_loop(m->event);
	if (r == 0)
		return CTL_FINE;
	ctl_error("%s", r == -EIO ? "Cannot write what happens." : "The bus went away.");
	return CTL_ERROR;
}

int verb_monitor(struct ctl *ctl, int argc, char **argv)
{
	enum {
		RATES = CTL_OPTION_OWN
	};
	static const struct option options[] = { CTL_OPTIONS,
						 { "rates", no_argument, NULL, RATES },
						 { 0 } };
	struct monitor m = { .ctl = ctl };
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int option, status;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (option == RATES) {
			m.rates = true;
			continue;
		}
		status = ctl_option(ctl, option, optarg, help);
		if (status >= 0)
			return status;
	}
	status = bonds_argument(argc, argv, &m.only);
	if (status != CTL_FINE)
		return status;

	if (daemon_open(&m.daemon, &error) < 0) {
		status = daemon_complain(&error, NULL);
	} else {
		m.bonds = json_object();
		status = m.bonds ? monitor(&m) : CTL_ERROR;
	}
	daemon_close(m.daemon);
	sd_event_unref(m.event);
	json_decref(m.bonds);
	sd_bus_error_free(&error);
	return status;
}
