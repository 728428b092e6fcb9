/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager-private.h"

#include <time.h>

#include "log.h"
#include "names.h"

/*
 * The daemon's place on the bus. Nothing here waits: a bus that takes the connection and never
 * answers, as one does that is being restarted, holds up no failover.
 */

/* The bus went away: how often it is looked for. */
#define RETRY_USEC UINT64_C(2000000)

/* A bus that has not given us our name by then is one that hangs. */
#define ANSWER_USEC UINT64_C(10000000)

/* How long one that takes nothing any more is waited for, when it is left with something to say. */
#define LEAVE_USEC UINT64_C(2000000)

/* What RequestName() answers when the name is ours; with others it is somebody else's. */
enum {
	NAME_IS_OURS = 1,
	NAME_WAS_OURS = 4
};

static void set_timer(struct manager *m, uint64_t usec)
{
	uint64_t now;

	if (sd_event_now(m->event, CLOCK_MONOTONIC, &now) < 0)
		return;
	(void)sd_event_source_set_time(m->bus_timer, now + usec);
	(void)sd_event_source_set_enabled(m->bus_timer, SD_EVENT_ONESHOT);
}

static uint64_t now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* What was not sent yet goes, where somebody takes it. sd_bus_flush() would wait for ever. */
static void send_rest(sd_bus *bus)
{
	uint64_t end = now_usec() + LEAVE_USEC, now, n;

	while (sd_bus_get_n_queued_write(bus, &n) >= 0 && n > 0 && (now = now_usec()) < end) {
		int r = sd_bus_process(bus, NULL);

		if (r == 0)
			r = sd_bus_wait(bus, end - now);
		if (r < 0)
			return;
	}
}

static void leave(struct manager *m)
{
	if (m->watches)
		(void)watches_set_bus(m->watches, NULL);
	m->objects = bus_objects_free(m->objects);
	m->name_slot = sd_bus_slot_unref(m->name_slot);
	m->gone_slot = sd_bus_slot_unref(m->gone_slot);
	if (m->named)
		send_rest(m->bus);
	m->named = false;
	if (m->bus)
		sd_bus_close(m->bus);
	m->bus = sd_bus_unref(m->bus);
}

static void lost(struct manager *m)
{
	leave(m);
	set_timer(m, RETRY_USEC);
	manager_begin(m);
}

static int on_disconnected(sd_bus_message *message _unused_, void *userdata,
			   sd_bus_error *error _unused_)
{
	struct manager *m = userdata;

	log_warning("The bus is gone, looking for it again; failovers are followed meanwhile");
	lost(m);
	return 0;
}

static int read_answer(sd_bus_message *answer)
{
	uint32_t what = 0;
	int r;

	if (sd_bus_message_is_method_error(answer, NULL))
		return -sd_bus_message_get_errno(answer);
	r = sd_bus_message_read(answer, "u", &what);
	if (r < 0)
		return r;
	return what == NAME_IS_OURS || what == NAME_WAS_OURS ? 0 : -EEXIST;
}

int manager_bus_end(struct manager *m, int r)
{
	if (m->bus)
		(void)sd_bus_detach_event(m->bus);
	return sd_event_exit(m->event, r);
}

static int on_named(sd_bus_message *answer, void *userdata, sd_bus_error *error _unused_)
{
	struct manager *m = userdata;
	int r = read_answer(answer);

	if (r == -EEXIST && !m->ready) {
		log_error("Another esp-offloadd runs already");
		return manager_bus_end(m, r);
	}
	if (r < 0) {
		log_warning("The bus does not give us our name, asking again: %s", strerror(-r));
		lost(m);
		return 0;
	}
	m->named = true;
	(void)sd_event_source_set_enabled(m->bus_timer, SD_EVENT_OFF);
	if (m->ready) {
		log_info("The bus is back");
		manager_wish_look(m, "the bus is back");
	}
	manager_begin(m);
	return 0;
}

static int open_bus(struct manager *m)
{
	int r;

	r = m->options.session_bus ? sd_bus_open_user(&m->bus) : sd_bus_open_system(&m->bus);
	if (r < 0)
		return r;
	r = sd_bus_attach_event(m->bus, m->event, SD_EVENT_PRIORITY_NORMAL);
	if (r < 0)
		return r;
	r = sd_bus_match_signal_async(m->bus, &m->gone_slot, NULL, "/org/freedesktop/DBus/Local",
				      "org.freedesktop.DBus.Local", "Disconnected", on_disconnected,
				      NULL, m);
	if (r < 0)
		return r;
	r = bus_objects_new(m->bus, m, &m->objects);
	if (r < 0)
		return r;
	r = watches_set_bus(m->watches, m->bus);
	if (r < 0)
		return r;
	/* The name comes last: whoever sees it finds everything there. */
	return sd_bus_request_name_async(m->bus, &m->name_slot, BUS_NAME, 0, on_named, m);
}

void manager_bus_open(struct manager *m)
{
	int r = open_bus(m);

	if (r >= 0) {
		set_timer(m, ANSWER_USEC);
		return;
	}
	if (!m->ready)
		log_warning("No bus yet, looking for it again: %s", strerror(-r));
	lost(m);
}

static int on_timer(sd_event_source *s _unused_, uint64_t usec _unused_, void *userdata)
{
	struct manager *m = userdata;

	if (!m->bus) {
		manager_bus_open(m);
		return 0;
	}
	log_warning(
		"The bus does not answer, looking for it again; failovers are followed meanwhile");
	lost(m);
	return 0;
}

int manager_bus_init(struct manager *m)
{
	return manager_add_timer(m, on_timer, &m->bus_timer);
}

void manager_bus_done(struct manager *m)
{
	leave(m);
	m->bus_timer = sd_event_source_unref(m->bus_timer);
}
