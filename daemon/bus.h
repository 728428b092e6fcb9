/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "manager.h"

/*
 * The D-Bus objects of org.espoffload1: they show what the manager and its supervisors have, and
 * pass on what is asked of them. Annotated in conf/org.espoffload1.xml.
 */
struct bus_objects;

/*
 * bus_objects_new() - puts the objects on a connection
 *
 * The connection's name is not asked for. The connection may be a test's socketpair.
 *
 * Return: 0; a negative errno.
 */
int bus_objects_new(sd_bus *bus, struct manager *m, struct bus_objects **ret);

/* bus_objects_free() - takes them off; those who still wait for an answer are told */
struct bus_objects *bus_objects_free(struct bus_objects *b);
DEFINE_CLEANUP(struct bus_objects, bus_objects_free)

/* These are told by the manager. Nobody listening is no error; @what: enum supervisor_change. */
void bus_bond_added(struct bus_objects *b, const struct supervisor *s);
void bus_bond_removed(struct bus_objects *b, const struct supervisor *s);
void bus_bond_changed(struct bus_objects *b, const struct supervisor *s, unsigned int what);
void bus_bond_failed_over(struct bus_objects *b, const struct supervisor *s,
			  const struct failover *f);
void bus_bond_verified(struct bus_objects *b, const struct supervisor *s);
void bus_manager_changed(struct bus_objects *b);
