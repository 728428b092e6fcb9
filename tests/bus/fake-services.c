/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "base.h"

/*
 * NetworkManager, systemd and polkit that only play themselves, as far as the daemon hears of them.
 * What they do stands on the standard input, a line each:
 *
 *     profile      a profile of NetworkManager has changed
 *     unit         the ipsec unit has
 *     leave, come  NetworkManager leaves the bus, and comes to it
 *     restart      it does both
 *     answers HOW  from now on polkit (and systemd) answer so: yes, no, password, error, nonsense,
 *                  late (after a second), twice, never, exit (they go away instead)
 *
 * "done" is printed after each, and "ready" at the beginning; calls are printed as they come.
 */

#define NM "org.freedesktop.NetworkManager"

#define LATE_USEC UINT64_C(1000000)

static const char *const names[] = { NM, "org.freedesktop.systemd1", "org.freedesktop.PolicyKit1" };

static sd_bus *bus;
static char how[16] = "yes";

/* ---- answers ---- */

static int answer(sd_bus_message *call, bool yes)
{
	if (!sd_bus_message_is_method_call(call, NULL, "CheckAuthorization"))
		return sd_bus_reply_method_return(call, "");
	return sd_bus_reply_method_return(call, "(bba{ss})", yes, streq(how, "password"), 0);
}

static int on_late(sd_event_source *s, uint64_t usec _unused_, void *userdata)
{
	sd_bus_message *call = userdata;
	int r = answer(call, true);

	sd_bus_message_unref(call);
	sd_event_source_unref(s);
	return r;
}

static int answer_late(sd_bus_message *call)
{
	sd_event_source *source;
	struct timespec now;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &now);
	r = sd_event_add_time(sd_bus_get_event(bus), &source, CLOCK_MONOTONIC,
			      (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000 +
				      LATE_USEC,
			      1, on_late, sd_bus_message_ref(call));
	return r < 0 ? r : 1;
}

static int on_message(sd_bus_message *call, void *userdata _unused_, sd_bus_error *error _unused_)
{
	int r;

	if (!sd_bus_message_is_method_call(call, NULL, NULL))
		return 0;
	printf("%s\n", sd_bus_message_get_member(call));
	if (streq(how, "never"))
		return 1;
	if (streq(how, "exit"))
		exit(EXIT_SUCCESS);
	if (streq(how, "late"))
		return answer_late(call);
	if (streq(how, "error"))
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_FAILED, "Not today");
	if (streq(how, "nonsense"))
		return sd_bus_reply_method_return(call, "s", "yes");
	r = answer(call, streq(how, "yes") || streq(how, "twice"));
	return r >= 0 && streq(how, "twice") ? answer(call, true) : r;
}

/* ---- what they do ---- */

static int restart(void)
{
	int r = sd_bus_release_name(bus, NM);

	return r < 0 ? r : sd_bus_request_name(bus, NM, 0);
}

static int act(const char *line)
{
	if (streq(line, "profile"))
		return sd_bus_emit_signal(bus, "/org/freedesktop/NetworkManager/Settings/1",
					  NM ".Settings.Connection", "Updated", "");
	if (streq(line, "unit"))
		return sd_bus_emit_signal(bus, "/org/freedesktop/systemd1/unit/ipsec_2eservice",
					  "org.freedesktop.DBus.Properties", "PropertiesChanged",
					  "sa{sv}as", "org.freedesktop.systemd1.Unit", 0, 0);
	if (streq(line, "leave"))
		return sd_bus_release_name(bus, NM);
	if (streq(line, "come"))
		return sd_bus_request_name(bus, NM, 0);
	if (streq(line, "restart"))
		return restart();
	if (sscanf(line, "answers %15s", how) == 1)
		return 0;
	fprintf(stderr, "What is \"%s\"?\n", line);
	return -EINVAL;
}

static int on_input(sd_event_source *s, int fd _unused_, uint32_t events _unused_,
		    void *userdata _unused_)
{
	char line[64];
	int r;

	if (!fgets(line, sizeof(line), stdin))
		return sd_event_exit(sd_event_source_get_event(s), 0);
	line[strcspn(line, "\n")] = '\0';
	r = act(line);
	if (r >= 0)
		r = sd_bus_flush(bus);
	if (r >= 0)
		puts("done");
	return r;
}

int main(void)
{
	sd_event *event = NULL;
	int r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	/* A line at a time, or what is in the buffer already would not wake anybody. */
	setvbuf(stdin, NULL, _IONBF, 0);
	r = sd_event_new(&event);
	if (r >= 0)
		r = sd_bus_open_user(&bus);
	if (r >= 0)
		r = sd_bus_attach_event(bus, event, 0);
	if (r >= 0)
		r = sd_bus_add_filter(bus, NULL, on_message, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(names) && r >= 0; i++)
		r = sd_bus_request_name(bus, names[i], 0);
	if (r >= 0)
		r = sd_event_add_io(event, NULL, STDIN_FILENO, 1 /* EPOLLIN */, on_input, NULL);
	if (r >= 0) {
		puts("ready");
		r = sd_event_loop(event);
	}
	if (r < 0)
		fprintf(stderr, "The services cannot be played: %s\n", strerror(-r));
	sd_bus_flush_close_unref(bus);
	sd_event_unref(event);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
