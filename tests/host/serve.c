/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The objects of the bus without what stands behind them:
 *
 *   serve --print    prints what they say of themselves, as Introspect() gives it
 *   serve ADDRESS    takes the daemon's name on a bus, says "ready", and answers every call
 */

#include <stdio.h>
#include <sys/socket.h>

#include "bus-private.h"
#include "names.h"

static int on_call(sd_bus_message *m, void *userdata _unused_, sd_bus_error *error _unused_)
{
	uint8_t type;

	if (sd_bus_message_get_type(m, &type) < 0 || type != SD_BUS_MESSAGE_METHOD_CALL)
		return 0;
	return sd_bus_reply_method_return(m, NULL);
}

static int open_bus(const char *address, sd_bus **ret)
{
	sd_bus *bus;
	int r;

	r = sd_bus_new(&bus);
	if (r < 0)
		return r;
	r = sd_bus_set_address(bus, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(bus, true);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r < 0) {
		sd_bus_unref(bus);
		return r;
	}
	*ret = bus;
	return 0;
}

static int serve(const char *address)
{
	sd_bus *bus;
	int r;

	r = open_bus(address, &bus);
	if (r < 0)
		return r;
	r = sd_bus_add_filter(bus, NULL, on_call, NULL);
	if (r >= 0)
		r = sd_bus_request_name(bus, BUS_NAME, 0);
	if (r >= 0) {
		puts("ready");
		fflush(stdout);
	}
	while (r >= 0) {
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, UINT64_MAX);
	}
	sd_bus_flush_close_unref(bus);
	return r;
}

/* A connection with itself: what the bus library makes of the tables, without any bus. */
static int open_pair(sd_bus **ret_server, sd_bus **ret_client)
{
	sd_bus **buses[] = { ret_server, ret_client };
	sd_id128_t id;
	int fds[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	r = sd_id128_randomize(&id);
	for (int i = 0; i < 2 && r >= 0; i++) {
		r = sd_bus_new(buses[i]);
		if (r >= 0)
			r = sd_bus_set_fd(*buses[i], fds[i], fds[i]);
		if (r >= 0 && i == 0)
			r = sd_bus_set_server(*buses[i], true, id);
		if (r >= 0)
			r = sd_bus_set_anonymous(*buses[i], true);
		if (r >= 0)
			r = sd_bus_start(*buses[i]);
	}
	return r;
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error _unused_)
{
	bool *done = userdata;
	const char *xml;

	if (sd_bus_message_read(m, "s", &xml) < 0)
		return -EBADMSG;
	puts(xml);
	*done = true;
	return 0;
}

static int print(const char *interface, const sd_bus_vtable *vtable)
{
	sd_bus *server = NULL, *client = NULL;
	bool done = false;
	int r;

	r = open_pair(&server, &client);
	if (r >= 0)
		r = sd_bus_add_object_vtable(server, NULL, BUS_PATH, interface, vtable, NULL);
	if (r >= 0)
		r = sd_bus_call_method_async(client, NULL, NULL, BUS_PATH,
					     "org.freedesktop.DBus.Introspectable", "Introspect",
					     on_answer, &done, NULL);
	for (int i = 0; i < 1000 && r >= 0 && !done; i++) {
		r = sd_bus_process(server, NULL);
		if (r >= 0)
			r = sd_bus_process(client, NULL);
	}
	sd_bus_close_unref(client);
	sd_bus_close_unref(server);
	return r < 0 ? r : done ? 0 : -ETIMEDOUT;
}

int main(int argc, char **argv)
{
	int r;

	if (argc != 2)
		return 2;
	if (!streq(argv[1], "--print")) {
		r = serve(argv[1]);
	} else {
		r = print(BUS_INTERFACE_MANAGER, bus_manager_vtable);
		if (r >= 0)
			r = print(BUS_INTERFACE_BOND, bus_bond_vtable);
	}
	if (r < 0)
		fprintf(stderr, "serve: %s\n", strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
