/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base.h"
#include "names.h"

/*
 *     impatient CALLS
 *
 * One client that asks for bond0 to be applied, that often, without waiting for an answer in
 * between. Prints each time how many were refused until now because too many wait, and ends when
 * all are answered, or the daemon is gone.
 */

static sd_event *event;
static unsigned long left, refused;

static int on_answer(sd_bus_message *m, void *userdata _unused_, sd_bus_error *error _unused_)
{
	if (sd_bus_message_is_method_error(m, SD_BUS_ERROR_LIMITS_EXCEEDED))
		printf("refused %lu\n", ++refused);
	return --left == 0 ? sd_event_exit(event, 0) : 0;
}

int main(int argc, char **argv)
{
	sd_bus *bus = NULL;
	int r;

	if (argc != 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	left = strtoul(argv[1], NULL, 10);
	r = sd_event_default(&event);
	if (r >= 0)
		r = sd_bus_open_user(&bus);
	if (r >= 0)
		r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
	for (unsigned long i = left; i > 0 && r >= 0; i--)
		r = sd_bus_call_method_async(bus, NULL, BUS_NAME, BUS_PATH_BOND "/bond0",
					     BUS_INTERFACE_BOND, "Apply", on_answer, NULL, "a{sv}",
					     0);
	if (r >= 0)
		r = sd_event_loop(event);
	if (r < 0)
		fprintf(stderr, "impatient: %s\n", strerror(-r));
	sd_bus_flush_close_unref(bus);
	sd_event_unref(event);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
