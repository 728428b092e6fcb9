/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base.h"

/*
 * What can change the host's standing and is no network device: Libreswan's files (inotify),
 * NetworkManager and its profiles, the ipsec unit (both D-Bus). A change is only a reason to look;
 * nothing of what the messages say is believed.
 */
struct watches;

typedef void (*watches_changed_fn)(void *userdata, const char *why);

/*
 * watches_new()
 * @root: below which Libreswan's files lie; NULL: /
 *
 * Return: 0; a negative errno.
 */
int watches_new(sd_event *event, const char *root, watches_changed_fn changed, void *userdata,
		struct watches **ret);
struct watches *watches_free(struct watches *w);
DEFINE_CLEANUP(struct watches, watches_free)

/*
 * watches_set_bus() - listens on this connection from now on; NULL: on none
 *
 * Return: 0; a negative errno.
 */
int watches_set_bus(struct watches *w, sd_bus *bus);
