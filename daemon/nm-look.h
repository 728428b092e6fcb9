/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "facts.h"

/*
 * What NetworkManager has, read over a bus connection of the caller's. Libnm's client would do it
 * as well, with three threads and a copy of all there is, and is kept for what changes something
 * (nm.h).
 *
 * Interface: org.freedesktop.DBus.ObjectManager, and GetSettings() of
 * org.freedesktop.NetworkManager.Settings.Connection (NetworkManager's D-Bus API).
 */

/*
 * nm_look() - the profile of each bond, as profiles_of_bonds() finds it
 * @limit_usec: how long the whole may take
 * @ret, @ret_n: free with facts_profiles_free()
 * @ret_error: what NetworkManager or the bus said when it fails; its message may be NULL; free with
 *             sd_bus_error_free()
 *
 * NetworkManager is never started for it. A profile that is gone before it could be read is left
 * out, and so is one that NetworkManager does not let us see.
 *
 * Return: 0; -ENOTCONN when the bus is gone; -ESRCH when NetworkManager does not run, or went while
 * it was asked; -ETIMEDOUT; -EACCES when the bus does not let us ask; -EIO when it answers
 * nonsense; -ENOMEM.
 */
int nm_look(sd_bus *bus, uint64_t limit_usec, struct facts_profile **ret, size_t *ret_n,
	    sd_bus_error *ret_error);

/*
 * nm_look_feature() - ethtool.feature-esp-hw-offload of a profile, be it active or not
 * @uuid: the profile's, which it keeps when NetworkManager is restarted, unlike its path
 * @ret:  1 on, 0 off, -1 not set
 *
 * Return: as nm_look(); -ENOENT when there is no such profile.
 */
int nm_look_feature(sd_bus *bus, uint64_t limit_usec, const char *uuid, int *ret,
		    sd_bus_error *ret_error);
