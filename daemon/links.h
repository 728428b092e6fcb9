/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-event.h>

#include "facts.h"
#include "link.h"

/*
 * The network devices as the kernel told them last, kept up to date by its messages alone. When
 * messages were lost the table is made anew, and what differs is told as if it were seen now,
 * marked as reconstructed.
 */
struct links;

/* A change, as it is told. Pointers live until the call returns. */
struct links_change {
	const struct facts_link *before; /* NULL: it is new */
	const struct facts_link *now;    /* NULL: it is gone */
	int event;                       /* as in struct link_message */
	bool reconstructed;
};

typedef void (*links_changed_fn)(void *userdata, const struct links_change *change);

/*
 * links_new() - listens, and reads what there is; @changed is told only of what comes later
 *
 * Return: 0; a negative errno.
 */
int links_new(sd_event *event, links_changed_fn changed, void *userdata, struct links **ret);
struct links *links_free(struct links *l);
DEFINE_CLEANUP(struct links, links_free)

typedef void (*links_followed_fn)(void *userdata, bool followed);

/*
 * links_tell_followed() - has the same userdata told that the devices have not been followed for
 * some seconds, so that all may be other than the table says, and that they are again, once what
 * differs was told
 */
void links_tell_followed(struct links *l, links_followed_fn fn);

/* links_are_followed() - false between the two */
bool links_are_followed(const struct links *l);

/* links_by_name(), links_by_index() - a device, or NULL; valid until the next change */
const struct facts_link *links_by_name(const struct links *l, const char *name);
const struct facts_link *links_by_index(const struct links *l, int ifindex);

/* links_next_port() - the ports of a bond one after the other, NULL at the beginning and end */
const struct facts_link *links_next_port(const struct links *l, int bond,
					 const struct facts_link *after);
