/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "units.h"

#include <time.h>

#include "names.h"
#include "text.h"

#define SYSTEMD_NAME    "org.freedesktop.systemd1"
#define SYSTEMD_PATH    "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER "org.freedesktop.systemd1.Manager"
#define SYSTEMD_UNIT    "org.freedesktop.systemd1.Unit"
#define SYSTEMD_SERVICE "org.freedesktop.systemd1.Service"
#define SYSTEMD_JOB     "org.freedesktop.systemd1.Job"

/* How long a job is waited for before it is asked what may hold it up. */
#define LOOK_USEC UINT64_C(1000000)

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* sd_bus_call() takes 0 as its own default of 25 s, so what is left is never 0 here. */
static uint64_t left_usec(uint64_t deadline)
{
	uint64_t now = now_usec();

	return now < deadline ? deadline - now : 1;
}

static sd_bus_message *message_unrefp(sd_bus_message **m)
{
	return *m ? sd_bus_message_unref(*m) : NULL;
}

static sd_bus_slot *slot_unrefp(sd_bus_slot **s)
{
	return *s ? sd_bus_slot_unref(*s) : NULL;
}

#define _cleanup_message_ _cleanup_(message_unrefp)
#define _cleanup_slot_    _cleanup_(slot_unrefp)
#define _cleanup_error_   _cleanup_(sd_bus_error_free)

static int error_to_errno(const sd_bus_error *error, int r)
{
	static const struct {
		const char *name;
		int error;
	} names[] = {
		{ "org.freedesktop.systemd1.NoSuchUnit", -ENOENT },
		{ "org.freedesktop.systemd1.LoadFailed", -ENOENT },
		{ "org.freedesktop.systemd1.AlreadySubscribed", -EALREADY },
		{ SD_BUS_ERROR_SERVICE_UNKNOWN, -ENOTCONN },
		{ SD_BUS_ERROR_NAME_HAS_NO_OWNER, -ENOTCONN },
		{ SD_BUS_ERROR_NO_REPLY, -ENOTCONN },
		{ SD_BUS_ERROR_ACCESS_DENIED, -EACCES },
		{ SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, -EACCES },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (sd_bus_error_has_name(error, names[i].name))
			return names[i].error;
	/* What sd-bus says of a connection that is not there any more. */
	if (r == -ECONNRESET || r == -EPIPE || r == -ESHUTDOWN)
		return -ENOTCONN;
	return r;
}

/* Calls a method of systemd, which is never started for it. */
static int call(sd_bus *bus, sd_bus_message *m, uint64_t deadline, sd_bus_message **ret)
{
	_cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	r = sd_bus_message_set_auto_start(m, false);
	if (r < 0)
		return r;
	r = sd_bus_call(bus, m, left_usec(deadline), &error, ret);
	return r < 0 ? error_to_errno(&error, r) : 0;
}

static int new_call(sd_bus *bus, const char *path, const char *interface, const char *member,
		    sd_bus_message **ret)
{
	int r = sd_bus_message_new_method_call(bus, ret, SYSTEMD_NAME, path, interface, member);

	return r < 0 ? error_to_errno(NULL, r) : 0;
}

/* Calls a method of systemd's manager that takes a unit, and perhaps a mode, and gives a path. */
static int call_for_path(sd_bus *bus, const char *member, const char *unit, const char *mode,
			 uint64_t deadline, char **ret)
{
	_cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
	const char *path;
	char *copy;
	int r;

	r = new_call(bus, SYSTEMD_PATH, SYSTEMD_MANAGER, member, &m);
	if (r < 0)
		return r;
	r = sd_bus_message_append(m, "s", unit);
	if (r >= 0 && mode)
		r = sd_bus_message_append(m, "s", mode);
	if (r < 0)
		return r;
	r = call(bus, m, deadline, &reply);
	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "o", &path);
	if (r < 0)
		return r;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

/* Asks for a property of an object; the answer stands in @ret within its variant. */
static int get_property(sd_bus *bus, const char *path, const char *interface, const char *name,
			const char *type, uint64_t deadline, sd_bus_message **ret)
{
	_cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
	int r;

	r = new_call(bus, path, "org.freedesktop.DBus.Properties", "Get", &m);
	if (r < 0)
		return r;
	r = sd_bus_message_append(m, "ss", interface, name);
	if (r < 0)
		return r;
	r = call(bus, m, deadline, &reply);
	if (r < 0)
		return r;
	r = sd_bus_message_enter_container(reply, 'v', type);
	if (r < 0)
		return r;
	*ret = sd_bus_message_ref(reply);
	return 0;
}

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *name,
		    uint64_t deadline, char **ret)
{
	_cleanup_message_ sd_bus_message *reply = NULL;
	const char *s;
	char *copy;
	int r;

	r = get_property(bus, path, interface, name, "s", deadline, &reply);
	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "s", &s);
	if (r < 0)
		return r;
	copy = strdup(s);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

/* Other kinds of units than services have no such property: then there is no process. */
static pid_t get_main_pid(sd_bus *bus, const char *path, uint64_t deadline)
{
	_cleanup_message_ sd_bus_message *reply = NULL;
	uint32_t pid;

	if (get_property(bus, path, SYSTEMD_SERVICE, "MainPID", "u", deadline, &reply) < 0 ||
	    sd_bus_message_read(reply, "u", &pid) < 0)
		return 0;
	return (pid_t)pid;
}

/* "reloading" and later "maintenance" and "refreshing" are of units that run. */
static enum facts_unit_state parse_state(const char *s)
{
	if (streq(s, "inactive"))
		return FACTS_UNIT_INACTIVE;
	if (streq(s, "activating"))
		return FACTS_UNIT_ACTIVATING;
	if (streq(s, "deactivating"))
		return FACTS_UNIT_DEACTIVATING;
	if (streq(s, "failed"))
		return FACTS_UNIT_FAILED;
	return FACTS_UNIT_ACTIVE;
}

static int look(sd_bus *bus, const char *unit, uint64_t deadline, struct units_state *ret)
{
	_cleanup_free_ char *path = NULL, *load = NULL, *active = NULL;
	int r;

	/* GetUnit would not know a unit that has a file and is not loaded just now. */
	r = call_for_path(bus, "LoadUnit", unit, NULL, deadline, &path);
	if (r < 0)
		return r;
	r = get_text(bus, path, SYSTEMD_UNIT, "LoadState", deadline, &load);
	if (r < 0)
		return r;
	if (streq(load, "not-found"))
		return -ENOENT;
	r = get_text(bus, path, SYSTEMD_UNIT, "ActiveState", deadline, &active);
	if (r < 0)
		return r;

	*ret = (struct units_state){
		.state = parse_state(active),
		.main_pid = get_main_pid(bus, path, deadline),
	};
	return 0;
}

int units_look(sd_bus *bus, const char *unit, uint64_t limit_usec, struct units_state *ret)
{
	return look(bus, unit, now_usec() + limit_usec, ret);
}

/* What is known of the jobs that ended while one waits for one of them. */
struct job_wait {
	char *job; /* the path of the job that is waited for; NULL until it is known */
	char *result;
	bool failed; /* no memory */
};

static int on_job_removed(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error)
{
	struct job_wait *w = userdata;
	const char *job, *unit, *result;
	uint32_t id;

	/*
	 * sd_bus_call() keeps signals back while it waits for its reply, so that the job is known
	 * by the time that its end is told.
	 */
	if (!w->job || w->result || sd_bus_message_read(m, "uoss", &id, &job, &unit, &result) < 0 ||
	    !streq(job, w->job))
		return 0;
	w->result = strdup(result);
	w->failed = !w->result;
	return 0;
}

static int wait_for_job(sd_bus *bus, const struct job_wait *w, uint64_t deadline)
{
	while (!w->result) {
		int r = sd_bus_process(bus, NULL);

		if (r < 0)
			return error_to_errno(NULL, r);
		if (w->failed)
			return -ENOMEM;
		if (r > 0)
			continue;
		if (now_usec() >= deadline)
			return -ETIMEDOUT;
		r = sd_bus_wait(bus, left_usec(deadline));
		if (r < 0 && r != -EINTR)
			return error_to_errno(NULL, r);
	}
	return 0;
}

/* systemd tells the ends of jobs only while somebody has subscribed. */
static int subscribe(sd_bus *bus, uint64_t deadline)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	int r;

	r = new_call(bus, SYSTEMD_PATH, SYSTEMD_MANAGER, "Subscribe", &m);
	if (r < 0)
		return r;
	return call(bus, m, deadline, NULL);
}

static void unsubscribe(sd_bus *bus)
{
	_cleanup_message_ sd_bus_message *m = NULL;

	if (new_call(bus, SYSTEMD_PATH, SYSTEMD_MANAGER, "Unsubscribe", &m) < 0 ||
	    sd_bus_message_set_auto_start(m, false) < 0 ||
	    sd_bus_message_set_expect_reply(m, false) < 0)
		return;
	(void)sd_bus_send(bus, m, NULL);
}

static int describe_failure(const char *what, const char *unit, const char *result,
			    enum facts_unit_state state, char **ret)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	text_printf(&t, "the %s of %s ended with \"%s\", and the unit is %s", what, unit, result,
		    facts_unit_state_name(state));
	return text_take(&t, ret);
}

static bool is_daemon_ending(sd_bus *bus, uint64_t deadline)
{
	struct units_state state;

	return look(bus, DAEMON_UNIT, deadline, &state) >= 0 &&
	       state.state == FACTS_UNIT_DEACTIVATING;
}

/* How a job that has not begun is asked for once more; NULL: it has begun, or is gone. */
static const char *method_again(sd_bus *bus, const char *job, uint64_t deadline)
{
	_cleanup_free_ char *state = NULL, *type = NULL;

	if (get_text(bus, job, SYSTEMD_JOB, "State", deadline, &state) < 0 ||
	    get_text(bus, job, SYSTEMD_JOB, "JobType", deadline, &type) < 0 ||
	    !streq(state, "waiting"))
		return NULL;
	/* A restart is a stop, and then a start that may have to wait again. */
	return streq(type, "start") ? "StartUnit" : "RestartUnit";
}

/*
 * The daemon's unit is ordered after ipsec.service, and systemd puts the job of a unit behind the
 * end of those that are after it (systemd.unit(5), Before=). When the daemon is told to stop in the
 * middle of an application, its end waits for the worker, the worker for the job, and the job for
 * the daemon's end. Asked for once more in a mode that heeds no order, it is merged with the one
 * that waits, and runs. Should that be refused, as when the host goes down, the job itself tells
 * how it ends.
 */
static int wait_in_spite_of_our_end(sd_bus *bus, const char *unit, uint64_t deadline,
				    struct job_wait *w)
{
	for (;;) {
		_cleanup_free_ char *again = NULL;
		uint64_t next = now_usec() + LOOK_USEC;
		const char *method;
		int r = wait_for_job(bus, w, next < deadline ? next : deadline);

		if (r != -ETIMEDOUT || now_usec() >= deadline)
			return r;
		if (!is_daemon_ending(bus, deadline))
			continue;
		method = method_again(bus, w->job, deadline);
		if (!method ||
		    call_for_path(bus, method, unit, "ignore-dependencies", deadline, &again) < 0 ||
		    streq(again, w->job))
			continue;
		/* It had just come to its end, or another one begins in its place. */
		r = wait_for_job(bus, w, 0);
		if (r != -ETIMEDOUT)
			return r;
		free(w->job);
		w->job = TAKE_PTR(again);
	}
}

static int run_and_wait(sd_bus *bus, const char *method, const char *unit, uint64_t deadline,
			struct job_wait *w, struct units_state *ret_state)
{
	bool ours;
	int r;

	r = subscribe(bus, deadline);
	if (r < 0 && r != -EALREADY)
		return r;
	ours = r >= 0;
	r = call_for_path(bus, method, unit, "replace", deadline, &w->job);
	if (r >= 0)
		r = wait_in_spite_of_our_end(bus, unit, deadline, w);
	if (ours)
		unsubscribe(bus);
	if (r < 0)
		return r;
	return look(bus, unit, deadline, ret_state);
}

/* Runs a job for the unit to its end, and looks at what has come of it. */
static int run_job(sd_bus *bus, const char *method, const char *what, const char *unit,
		   uint64_t deadline, char **ret_text)
{
	_cleanup_slot_ sd_bus_slot *slot = NULL;
	struct job_wait w = { 0 };
	struct units_state state;
	int r;

	r = sd_bus_match_signal_async(bus, &slot, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
				      "JobRemoved", on_job_removed, NULL, &w);
	if (r < 0)
		return error_to_errno(NULL, r);
	r = run_and_wait(bus, method, unit, deadline, &w, &state);
	if (r >= 0) {
		if (streq(w.result, "done") && state.state == FACTS_UNIT_ACTIVE) {
			*ret_text = NULL;
			r = UNITS_RESTARTED;
		} else {
			r = describe_failure(what, unit, w.result, state.state, ret_text);
			if (r >= 0)
				r = UNITS_FAILED;
		}
	}
	free(w.job);
	free(w.result);
	return r;
}

int units_restart(sd_bus *bus, const char *unit, uint64_t limit_usec, char **ret_text)
{
	uint64_t deadline = now_usec() + limit_usec;
	struct units_state state;
	int r;

	r = look(bus, unit, deadline, &state);
	if (r < 0)
		return r;
	if (state.state == FACTS_UNIT_INACTIVE || state.state == FACTS_UNIT_FAILED) {
		*ret_text = NULL;
		return UNITS_NOT_RUNNING;
	}
	return run_job(bus, "TryRestartUnit", "restart", unit, deadline, ret_text);
}

/* Forgets how often the unit failed of late, or systemd would not let it start (StartLimitBurst=).
 */
static int reset_failed(sd_bus *bus, const char *unit, uint64_t deadline)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	int r;

	r = new_call(bus, SYSTEMD_PATH, SYSTEMD_MANAGER, "ResetFailedUnit", &m);
	if (r < 0)
		return r;
	r = sd_bus_message_append(m, "s", unit);
	if (r < 0)
		return r;
	return call(bus, m, deadline, NULL);
}

int units_start_again(sd_bus *bus, const char *unit, uint64_t limit_usec, char **ret_text)
{
	uint64_t deadline = now_usec() + limit_usec;
	int r;

	r = reset_failed(bus, unit, deadline);
	if (r < 0)
		return r;
	return run_job(bus, "RestartUnit", "start", unit, deadline, ret_text);
}
