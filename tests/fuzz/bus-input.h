/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/socket.h>
#include <systemd/sd-bus.h>

#include "fuzz.h"

/* A message that is never sent, for values to be put into it and read again. */
static inline sd_bus_message *bus_input(void)
{
	static sd_bus *bus;
	sd_bus_message *m = NULL;
	int fds[2];

	if (!bus) {
		FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
		FUZZ_CHECK(sd_bus_new(&bus) >= 0);
		FUZZ_CHECK(sd_bus_set_fd(bus, fds[0], fds[0]) >= 0);
		FUZZ_CHECK(sd_bus_start(bus) >= 0);
	}
	FUZZ_CHECK(sd_bus_message_new_method_call(bus, &m, "a.b", "/", "a.b", "C") >= 0);
	return m;
}

/* After the last value: from here on it is read. */
static inline void bus_input_end(sd_bus_message *m)
{
	FUZZ_CHECK(sd_bus_message_seal(m, 1, 0) >= 0);
	FUZZ_CHECK(sd_bus_message_rewind(m, true) >= 0);
}
