/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "addresses.h"
#include "bus.h"
#include "manager.h"
#include "sa-watch.h"
#include "watches.h"
#include "worker-run.h"

/*
 * What the files of the manager share: manager.c owns everything, manager-worker.c runs the worker,
 * manager-bus.c is on the bus.
 */

/* Somebody who waits for the worker. */
struct request {
	struct request *next;
	enum manager_task task;
	char *bond;
	manager_done_fn done;
	void *userdata;
};

struct manager {
	struct manager_options options;
	sd_event *event;
	struct ethtool *ethtool;
	struct links *links;
	bool following;         /* a message of links is being taken in */
	sd_event_source *late;  /* armed while a bond has properties to be told, but for ports */
	sd_event_source *later; /* and while it has ports to be looked at, and told */
	struct watches *watches;
	struct sa_watch *sa_watch;
	struct addresses *addresses;

	sd_bus *bus;
	struct bus_objects *objects;
	sd_bus_slot *gone_slot, *name_slot;
	bool named;                 /* the bus has given us our name */
	sd_event_source *bus_timer; /* armed while it has not */

	struct policy *policy;
	char **files;
	bool policy_valid;
	char *mistake; /* the first in it, with its place; NULL: it is valid, or nothing is known */
	struct supervisor **items;
	size_t n, alloc;

	struct worker_run *worker;
	sd_event_source *gather; /* armed while a look is wished for */
	sd_event_source *again;  /* armed while a run is to be repeated */
	bool unsettled;          /* earlier runs may have left something; see settle.h */
	bool settle_due;         /* the next run looks after that */
	bool settling;           /* this run does */
	bool changing;           /* this run may change something */
	bool stopping;           /* it is the last one: the daemon ends with it */
	uint64_t again_usec;     /* how long a run was put off last; 0: the last one went well */
	bool unanswered;         /* in this run somebody has not answered, who may do so later */
	bool hurried;            /* one that ended in the midst was followed up at once */
	bool look_wished;
	struct request *waiting; /* for the next run */
	struct request *running; /* answered at the end of this one */
	bool ready;              /* on the bus, or known to have none */
};

/* manager_add_timer() - a timer that is off. Return: 0; a negative errno. */
int manager_add_timer(struct manager *m, sd_event_time_handler_t handler, sd_event_source **ret);

/* manager_worker_init() - the timers of the worker's runs. Return: 0; a negative errno. */
int manager_worker_init(struct manager *m);

/*
 * manager_worker_stop() - the daemon is to end, and a run that is in the middle of changing
 * something is told to take it back
 *
 * Return: true when its end is to be waited for: the loop ends with it.
 */
bool manager_worker_stop(struct manager *m);

/* manager_worker_done() - ends a run at once, and answers those who wait */
void manager_worker_done(struct manager *m);

/* manager_wish_look() - the worker is run soon, or once more; @why is for the log */
void manager_wish_look(struct manager *m, const char *why);

/* manager_wish_settle() - and it looks after what earlier runs have left */
void manager_wish_settle(struct manager *m);

/* manager_begin() - the bus is there, or known not to be: the daemon is ready, once */
void manager_begin(struct manager *m);

/* manager_bus_init() - Return: 0; a negative errno. */
int manager_bus_init(struct manager *m);

/* manager_bus_open() - the bus is asked for our name, and looked for again when it is not there */
void manager_bus_open(struct manager *m);

/*
 * manager_bus_end() - ends the loop with @r; a loop with a bus would send what is left on its way
 * out, and wait for that without a limit
 *
 * Return: as sd_event_exit().
 */
int manager_bus_end(struct manager *m, int r);

/* manager_bus_done() - leaves it, with what is to be sent sent, as far as that goes in two seconds
 */
void manager_bus_done(struct manager *m);
