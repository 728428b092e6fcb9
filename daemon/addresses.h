/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-event.h>

#include "base.h"

/*
 * The host's addresses: that one came or went, as a DHCP server, an administrator or a VRRP daemon
 * has it. Those of a link alone (fe80::/10) are left out, for each container brings one; so is an
 * address whose time is prolonged.
 */
struct addresses;

/* @ifindex: of the device that has it, or had it; FACTS_NO_LINK: messages were lost, of any device
 */
typedef void (*addresses_changed_fn)(void *userdata, int ifindex);

/*
 * addresses_new() - listens; @changed is told of what comes later
 *
 * Return: 0; a negative errno.
 */
int addresses_new(sd_event *event, addresses_changed_fn changed, void *userdata,
		  struct addresses **ret);
struct addresses *addresses_free(struct addresses *a);
DEFINE_CLEANUP(struct addresses, addresses_free)
