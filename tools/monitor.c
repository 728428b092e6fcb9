/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "bond-fields.h"
#include "bond-text.h"
#include "bonds.h"
#include "dbus-json.h"
#include "fields.h"
#include "judgement.h"
#include "names.h"
#include "terminal.h"
#include "rates.h"
#include "times.h"
#include "verbs.h"
#include "view.h"

static const char help[] =
	"Usage: esp-offloadctl monitor [OPTION…] [BOND]\n\n"
	"Shows the bond or all bonds live: the ports, the packets a second that the hardware\n"
	"did and those that it did not, and what happens while it happens, until ^C. Where the\n"
	"output is no terminal it is a line for each switch, state and verdict. It waits for\n"
	"esp-offloadd where that does not run.\n\n"
	"Options:\n"
	"  --view=live|lines|auto    the whole terminal, or lines; auto: as the output is\n"
	"  --rates                   in lines: also each second how many packets went\n"
	"  --json=short|pretty|off   an object for each event, always one a line\n"
	"  -h, --help                this text\n\n"
	"Exit status: 0 ended by ^C, 1 error.\n";

#define RATES_USEC UINT64_C(1000000)

struct monitor {
	const struct ctl *ctl;
	const char *only; /* the bond that was named, or NULL */
	bool rates;
	struct view *view; /* NULL: each event is a line */
	json_t *rates_now; /* by the bond's name */
	json_t *traffic;   /* the same: what GetTraffic answered last */
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

static void print_event(const struct monitor *m, const json_t *e, FILE *f)
{
	const char *kind = field_string(e, "event"), *bond = field_string(e, "bond");
	char when[TIMES_TEXT_SIZE], text[1024] = "";
	enum tone tone = TONE_PLAIN;

	if (streq(kind, "rates"))
		rates_describe(e, text, sizeof(text));
	else
		describe(e, kind, text, sizeof(text));
	if (streq(kind, "state") || streq(kind, "verdict"))
		tone = terminal_tone_of(field_string(e, kind));
	else if (streq(kind, "failover"))
		tone = TONE_STRONG;
	times_print_clock((uint64_t)field_integer(e, "realtime_usec"), when);
	fprintf(f, "%s %s", when, terminal_begin(m->ctl, tone));
	ctl_print_safe(f, *bond ? bond : "-");
	fprintf(f, " %s%s", kind, *text ? " " : "");
	ctl_print_safe(f, text);
	fputs(terminal_end(m->ctl, tone), f);
}

/* On the whole terminal rates have their own place, and the rest is noted. */
static void show_event(struct monitor *m, json_t *e)
{
	char *line = NULL;
	size_t size;
	FILE *f;

	if (field_is(e, "event", "rates")) {
		(void)json_object_set(m->rates_now, field_string(e, "bond"), e);
	} else if ((f = open_memstream(&line, &size))) {
		print_event(m, e, f);
		if (fclose(f) == 0)
			view_note(m->view, line);
		free(line);
	}
	view_draw(m->view, m->bonds, m->rates_now);
}

/* Tells an event, which is let go of; NULL: no memory. */
static void tell(struct monitor *m, json_t *e)
{
	uint64_t now = clock_usec(CLOCK_REALTIME);

	if (!e)
		return;
	if (!field_is_there(e, "realtime_usec"))
		(void)json_object_set_new(e, "realtime_usec", json_integer((json_int_t)now));
	if (m->view) {
		show_event(m, e);
	} else if (m->ctl->json == CTL_JSON_OFF) {
		print_event(m, e, stdout);
		putchar('\n');
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

/* Return: a new reference; NULL from a daemon that cannot tell, or not in time. */
static json_t *ask_traffic(struct monitor *m, const char *bond)
{
	sd_bus_message *question = NULL, *reply = NULL;
	_cleanup_free_ char *path = NULL;
	json_t *traffic = NULL;

	if (sd_bus_path_encode(BUS_PATH_BOND, bond, &path) >= 0 &&
	    sd_bus_message_new_method_call(daemon_bus(m->daemon), &question, BUS_NAME, path,
					   BUS_INTERFACE_BOND, "GetTraffic") >= 0 &&
	    sd_bus_message_set_auto_start(question, false) >= 0 &&
	    sd_bus_call(daemon_bus(m->daemon), question, RATES_USEC, NULL, &reply) >= 0)
		(void)dbus_json_read(reply, &traffic);
	sd_bus_message_unref(question);
	sd_bus_message_unref(reply);
	return traffic;
}

static void tell_rates(struct monitor *m, const json_t *old_bond, const json_t *bond, uint64_t usec)
{
	const char *name = field_string(bond, "interface");
	const struct rates_look old = { old_bond, json_object_get(m->traffic, name) };
	struct rates_look new = { bond, NULL };
	json_t *traffic = ask_traffic(m, name), *event;

	new.traffic = traffic;
	event = rates_between(&old, &new, usec);
	if (event)
		tell(m, event);
	if (traffic)
		(void)json_object_set_new(m->traffic, name, traffic);
	else
		(void)json_object_del(m->traffic, name);
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

		if (with_rates && old && is_meant(m, field_string(bond, "interface")))
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
	if (m->view)
		view_draw(m->view, m->bonds, m->rates_now);
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
	if (r >= 0 && (m->rates || m->view))
		r = sd_event_now(m->event, CLOCK_MONOTONIC, &now);
	if (r >= 0 && (m->rates || m->view))
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

/* Return: a negative errno for a word that is none. */
static int read_view(const struct ctl *ctl, const char *word, bool *ret_live)
{
	if (streq(word, "auto"))
		*ret_live = terminal_can(STDOUT_FILENO) && ctl->json == CTL_JSON_OFF;
	else if (streq(word, "live") || streq(word, "lines"))
		*ret_live = streq(word, "live");
	else
		return -EINVAL;
	return 0;
}

static int run(struct monitor *m, bool live)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int status;

	if (daemon_open(&m->daemon, &error) < 0) {
		status = daemon_complain(&error, NULL);
		sd_bus_error_free(&error);
		return status;
	}
	m->bonds = json_object();
	m->rates_now = json_object();
	m->traffic = json_object();
	if (live)
		m->view = view_begin(m->ctl);
	status = m->bonds && m->rates_now && m->traffic && (!live || m->view) ? monitor(m)
									      : CTL_ERROR;
	m->view = view_end(m->view);
	return status;
}

int verb_monitor(struct ctl *ctl, int argc, char **argv)
{
	enum {
		RATES = CTL_OPTION_OWN,
		VIEW
	};
	static const struct option options[] = { CTL_OPTIONS,
						 { "rates", no_argument, NULL, RATES },
						 { "view", required_argument, NULL, VIEW },
						 { 0 } };
	struct monitor m = { .ctl = ctl };
	const char *view = "auto";
	int option, status;
	bool live;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (option == RATES) {
			m.rates = true;
			continue;
		}
		if (option == VIEW) {
			view = optarg;
			continue;
		}
		status = ctl_option(ctl, option, optarg, help);
		if (status >= 0)
			return status;
	}
	status = bonds_argument_here(ctl, argc, argv, &m.only);
	if (status != CTL_FINE)
		return status;
	if (read_view(ctl, view, &live) < 0) {
		ctl_error("--view= takes live, lines or auto, not \"%s\"", view);
		return CTL_USAGE;
	}
	/* Who asks for rates in lines, or for JSON, does not want the whole terminal. */
	status = run(&m, live && !m.rates && ctl->json == CTL_JSON_OFF);
	daemon_close(m.daemon);
	sd_event_unref(m.event);
	json_decref(m.bonds);
	json_decref(m.rates_now);
	json_decref(m.traffic);
	return status;
}
