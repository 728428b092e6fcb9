/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>
#include <systemd/sd-bus.h>

/* A bus of the test's own, and processes that play a service on it. */

void own_bus_start(void);

/* own_bus_stop() - ends the bus, also when it was ended before */
void own_bus_stop(void);

/* own_bus_connect() - a new connection, or NULL */
sd_bus *own_bus_connect(void);

/*
 * own_bus_play() - a process that plays a service, as @prepare has it, and dies with the test
 * @prepare: puts objects on a connection of its own, and takes the name; negative when it cannot
 *
 * Returns when the name is taken.
 */
pid_t own_bus_play(int (*prepare)(sd_bus *b, const void *play), const void *play);

/* own_bus_end() - ends such a process, and waits for it */
void own_bus_end(pid_t *pid);
