/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "base.h"
#include "names.h"

/*
 *     load CLIENTS CALLS SUBSCRIBERS
 *
 * Many at once on the bus, the system's or that of $DBUS_SYSTEM_BUS_ADDRESS: each client asks so
 * often, one question after the other, and the subscribers want every signal and never read one.
 * Prints "answered N refused N worst MSEC msec took MSEC msec".
 */

/* Longer than any of these may take, an answer is none. */
#define LIMIT_USEC UINT64_C(120000000)

struct client {
	sd_bus *bus;
	unsigned long left;
	uint64_t asked_usec;
};

static sd_event *event;
static size_t n_busy;
static unsigned long answered, refused;
static uint64_t worst_usec;

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int ask(struct client *c);

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error _unused_)
{
	struct client *c = userdata;
	uint64_t took = now_usec() - c->asked_usec;

	if (took > worst_usec)
		worst_usec = took;
	if (sd_bus_message_is_method_error(m, NULL))
		refused++;
	else
		answered++;
	if (--c->left > 0)
		return ask(c);
	return --n_busy == 0 ? sd_event_exit(event, 0) : 0;
}

/* One question after the other of those that people's programs ask. */
static int ask(struct client *c)
{
	sd_bus_message *m = NULL;
	int r;

	switch (c->left % 3) {
	case 0:
		r = sd_bus_message_new_method_call(c->bus, &m, BUS_NAME, BUS_PATH_BOND "/bond0",
						   "org.freedesktop.DBus.Properties", "GetAll");
		if (r >= 0)
			r = sd_bus_message_append(m, "s", BUS_INTERFACE_BOND);
		break;
	case 1:
		r = sd_bus_message_new_method_call(c->bus, &m, BUS_NAME, BUS_PATH,
						   "org.freedesktop.DBus.ObjectManager",
						   "GetManagedObjects");
		break;
	default:
		r = sd_bus_message_new_method_call(c->bus, &m, BUS_NAME, BUS_PATH,
						   BUS_INTERFACE_MANAGER, "GetBond");
		if (r >= 0)
			r = sd_bus_message_append(m, "s", "bond0");
	}
	c->asked_usec = now_usec();
	if (r >= 0)
		r = sd_bus_call_async(c->bus, NULL, m, on_answer, c, LIMIT_USEC);
	sd_bus_message_unref(m);
	return r;
}

static int begin_client(struct client *c, unsigned long calls)
{
	int r;

	c->left = calls;
	r = sd_bus_open_system(&c->bus);
	if (r >= 0)
		r = sd_bus_attach_event(c->bus, event, SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = ask(c);
	if (r >= 0)
		n_busy++;
	return r;
}

static int on_signal(sd_bus_message *m _unused_, void *userdata _unused_,
		     sd_bus_error *error _unused_)
{
	return 0;
}

/* Its bus is in no event loop: what comes is left where it is. */
static int subscribe(sd_bus **bus)
{
	int r = sd_bus_open_system(bus);

	if (r >= 0)
		r = sd_bus_match_signal(*bus, NULL, BUS_NAME, NULL, NULL, NULL, on_signal, NULL);
	return r;
}

int main(int argc, char **argv)
{
	unsigned long n_clients, n_calls, n_subscribers;
	_cleanup_free_ struct client *clients = NULL;
	_cleanup_free_ sd_bus **subscribers = NULL;
	uint64_t began;
	int r;

	if (argc != 4)
		return 2;
	n_clients = strtoul(argv[1], NULL, 10);
	n_calls = strtoul(argv[2], NULL, 10);
	n_subscribers = strtoul(argv[3], NULL, 10);
	clients = calloc(n_clients + 1, sizeof(*clients));
	subscribers = calloc(n_subscribers + 1, sizeof(sd_bus *));
	if (!clients || !subscribers || n_clients == 0 || n_calls == 0)
		return 2;

	r = sd_event_default(&event);
	for (size_t i = 0; i < n_subscribers && r >= 0; i++)
		r = subscribe(&subscribers[i]);
	began = now_usec();
	for (size_t i = 0; i < n_clients && r >= 0; i++)
		r = begin_client(&clients[i], n_calls);
	if (r >= 0)
		r = sd_event_loop(event);
	if (r < 0) {
		fprintf(stderr, "%s\n", strerror(-r));
		return 1;
	}
	printf("answered %lu refused %lu worst %llu msec took %llu msec\n", answered, refused,
	       (unsigned long long)worst_usec / 1000,
	       (unsigned long long)(now_usec() - began) / 1000);

	for (size_t i = 0; i < n_clients; i++)
		sd_bus_flush_close_unref(clients[i].bus);
	for (size_t i = 0; i < n_subscribers; i++)
		sd_bus_close_unref(subscribers[i]);
	sd_event_unref(event);
	return 0;
}
