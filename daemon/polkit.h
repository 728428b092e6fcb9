/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "base.h"

/*
 * Asks polkit whether a caller may do something, without holding up the loop.
 *
 * Interface: org.freedesktop.PolicyKit1.Authority, CheckAuthorization().
 */

/* What is done once it is allowed; as a method handler: it answers the call, or returns an errno */
typedef int (*polkit_allowed_fn)(sd_bus_message *call, void *userdata);

/* Those who wait for polkit's answer. */
struct polkit_query;

/*
 * polkit_check() - calls @allowed when the caller may do @action, else answers with an error
 * @waiting: the list of those who wait, which is the caller's
 * @call: the method call, which is kept until it is answered
 * @action: POLKIT_… in names.h, which is kept as well
 *
 * The bus is asked who the caller is; where it does not say so in ten seconds, the answer is no.
 * root is always allowed, without polkit. Others wait for polkit's answer, for at most two minutes
 * if the caller let it ask for a password; where there is no polkit the answer is no. More of them
 * than share.h has are refused.
 *
 * Return: as a method handler: 1 when the call is answered or will be; a negative errno.
 */
int polkit_check(struct polkit_query **waiting, sd_bus_message *call, const char *action,
		 polkit_allowed_fn allowed, void *userdata);

/* polkit_forget() - nobody waits any more: the bus is left */
void polkit_forget(struct polkit_query **waiting);
