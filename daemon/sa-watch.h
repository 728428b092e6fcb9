/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-event.h>

#include "xfrm.h"

/*
 * The coming and going of SAs in the event loop, for as long as the daemon lives. A socket that
 * gives nothing but errors is closed, and opened anew: first after half a second, later once a
 * minute. Meanwhile nobody is woken by it.
 */
struct sa_watch;

/*
 * What the kernel has told. @message: NULL: something was lost, and what was known of SAs does not
 * hold any more.
 */
typedef void (*sa_watch_told_t)(void *userdata, const struct xfrm_message *message);

/*
 * sa_watch_new() - listens from now on
 *
 * Return: 0, also where the kernel does not let itself be listened to, which is logged; another
 * negative errno.
 */
int sa_watch_new(sd_event *event, sa_watch_told_t told, void *userdata, struct sa_watch **ret);
struct sa_watch *sa_watch_free(struct sa_watch *w);
DEFINE_CLEANUP(struct sa_watch, sa_watch_free)

/*
 * sa_watch_catch_up() - tells what waits, up to now
 *
 * Return: true when nothing more has been told; false: there may be more, of which nothing is
 * known.
 */
bool sa_watch_catch_up(struct sa_watch *w);
