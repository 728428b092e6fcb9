/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base.h"
#include "names.h"

/*
 *     greedy CLIENTS CALLS METHOD
 *
 * So many clients on the session's bus, each of which calls Verify, for a hundred seconds, or Apply
 * of bond0 that often at once. Prints "asked" once the daemon has all of them before it,
 * and a line for each answer: its text, or "done".
 */
#define WITHIN_USEC UINT64_C(100000000)
#define LIMIT_USEC  UINT64_C(120000000)

static const char *method;
static unsigned long n_waiting;

static int on_answer(sd_bus_message *m, void *userdata _unused_, sd_bus_error *error _unused_)
{
	const sd_bus_error *e = sd_bus_message_get_error(m);

	puts(e ? e->message : "done");
	fflush(stdout);
	return --n_waiting == 0 ? sd_event_exit(sd_bus_get_event(sd_bus_message_get_bus(m)), 0) : 0;
}

static int ask(sd_bus *bus)
{
	sd_bus_message *m = NULL;
	int r;

	r = sd_bus_message_new_method_call(bus, &m, BUS_NAME, BUS_PATH_BOND "/bond0",
					   BUS_INTERFACE_BOND, method);
	if (r >= 0 && streq(method, "Verify"))
		r = sd_bus_message_append(m, "a{sv}", 1, "within_usec", "t", WITHIN_USEC);
	else if (r >= 0)
		r = sd_bus_message_append(m, "a{sv}", 0);
	if (r >= 0)
		r = sd_bus_call_async(bus, NULL, m, on_answer, NULL, LIMIT_USEC);
	if (r >= 0)
		n_waiting++;
	sd_bus_message_unref(m);
	return r;
}

static int begin_client(sd_event *event, unsigned long n_calls, sd_bus **ret)
{
	int r;

	r = sd_bus_open_user(ret);
	if (r >= 0)
		r = sd_bus_attach_event(*ret, event, SD_EVENT_PRIORITY_NORMAL);
	for (unsigned long i = 0; i < n_calls && r >= 0; i++)
		r = ask(*ret);
	/* The bus takes one after the other: once it has answered this, it has passed those on. */
	if (r >= 0)
		r = sd_bus_call_method(*ret, "org.freedesktop.DBus", "/org/freedesktop/DBus",
				       "org.freedesktop.DBus", "GetId", NULL, NULL, NULL);
	return r;
}

int main(int argc, char **argv)
{
	unsigned long n_clients, n_calls;
	sd_event *event = NULL;
	_cleanup_free_ sd_bus **clients = NULL;
	int r;

	if (argc != 4)
		return 2;
	method = argv[3];
	n_clients = strtoul(argv[1], NULL, 10);
	n_calls = strtoul(argv[2], NULL, 10);
	clients = calloc(n_clients + 1, sizeof(sd_bus *));
	if (!clients || n_clients == 0 || n_calls == 0)
		return 2;

	r = sd_event_default(&event);
	for (unsigned long i = 0; i < n_clients && r >= 0; i++)
		r = begin_client(event, n_calls, &clients[i]);
	if (r >= 0) {
		puts("asked");
		fflush(stdout);
		r = sd_event_loop(event);
	}
	if (r < 0)
		fprintf(stderr, "%s\n", strerror(-r));

	for (unsigned long i = 0; i < n_clients; i++)
		sd_bus_flush_close_unref(clients[i]);
	sd_event_unref(event);
	return r < 0;
}
