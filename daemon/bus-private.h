/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus.h"
#include "polkit.h"

/* What the two kinds of objects share; for bus-….c only. */

/* A method call that is answered later. */
struct bus_pending {
	struct bus_objects *objects;
	struct bus_pending *next;
	sd_bus_message *call;
	char *bond; /* NULL for none */
	/* Answers the call; @s is NULL when the bond is gone. */
	int (*answer)(struct bus_pending *p, struct supervisor *s, int error);
};

struct bus_objects {
	sd_bus *bus;
	struct manager *manager;
	sd_bus_slot *manager_slot, *bond_slot, *enumerator_slot, *object_manager_slot;
	struct bus_pending *verifying;    /* wait for a proof */
	struct bus_pending *asking;       /* wait for the worker */
	struct polkit_query *authorizing; /* wait for polkit */
	struct bus_diagnosis *diagnosing; /* each with a run of the worker of its own */
};

extern const sd_bus_vtable bus_manager_vtable[];
extern const sd_bus_vtable bus_bond_vtable[];

/* bus_bond_path() - Return: 0, and the object's path in @ret (free()); -ENOMEM */
int bus_bond_path(const char *name, char **ret);

/* bus_bond_find() - sd_bus_object_find_t for the bonds; userdata is the bus_objects */
int bus_bond_find(sd_bus *bus, const char *path, const char *interface, void *userdata,
		  void **ret_found, sd_bus_error *error);

/*
 * bus_is_busy() - true when so many calls wait, of this one's sender or of all, that one of those
 * that are open to all is refused; whoever may change something is never kept out by them
 */
bool bus_is_busy(const struct bus_objects *b, sd_bus_message *call);

/*
 * bus_pending_new() - remembers a call in @list
 *
 * Return: 0; -ENOMEM.
 */
int bus_pending_new(struct bus_objects *b, struct bus_pending **list, sd_bus_message *call,
		    const char *bond,
		    int (*answer)(struct bus_pending *p, struct supervisor *s, int error),
		    struct bus_pending **ret);

/* bus_pending_answer() - answers it, and takes it from its list */
void bus_pending_answer(struct bus_pending **list, struct bus_pending *p, int error);

/*
 * bus_ask() - passes a call on to the manager, to be answered by @answer once it is done
 *
 * Return: 1 (the call is taken care of); a negative errno.
 */
int bus_ask(struct bus_objects *b, sd_bus_message *call, enum manager_task task, const char *bond,
	    int (*answer)(struct bus_pending *p, struct supervisor *s, int error));

/* bus_diagnose() - Manager.Diagnose(), an sd_bus_message_handler_t; userdata is the bus_objects */
int bus_diagnose(sd_bus_message *call, void *userdata, sd_bus_error *error);

/* bus_diagnose_end() - ends all diagnoses that are going on */
void bus_diagnose_end(struct bus_objects *b);
