/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "facts.h"

/*
 * systemd's units, over a bus connection of the caller. Every call waits for its answer, and no
 * longer than it is told.
 *
 * Interface: org.freedesktop.systemd1(5).
 */

struct units_state {
	enum facts_unit_state state; /* never FACTS_UNIT_UNKNOWN */
	pid_t main_pid;              /* of a service that runs; 0: none */
};

/*
 * units_look() - what systemd says of a unit
 * @unit:  its name, such as ipsec.service
 * @limit_usec: how long the whole may take
 *
 * Return: 0; -ENOENT when there is no such unit; -ENOTCONN when there is no systemd on the bus, or
 * the bus is gone; -ETIMEDOUT; another errno as sd-bus or systemd gave it.
 */
int units_look(sd_bus *bus, const char *unit, uint64_t limit_usec, struct units_state *ret);

enum units_outcome {
	UNITS_RESTARTED,   /* the job ended with "done", and the unit is active */
	UNITS_NOT_RUNNING, /* the unit was not active: nothing was done */
	UNITS_FAILED,      /* the job ended otherwise, or the unit is not active after it */
};

/*
 * units_restart() - restarts a unit that runs, and waits for the end of the job
 * @ret_text: what to tell of a failure: the job's result and the unit's state; NULL when it did
 *            not fail. Free with free().
 *
 * TryRestartUnit in mode "replace": a unit that was stopped in the meantime stays so. A job that
 * waits for esp-offloadd.service to end, which waits for us, is made to run after a second. The end
 * of the job (the signal JobRemoved) and the state after it decide, not the answer to the call.
 *
 * Return: one of enum units_outcome; -ETIMEDOUT when the job has not ended by then: it goes on, and
 * is not cancelled, since half a restart would be worse; -ENOENT, -ENOTCONN as above; -EACCES when
 * systemd does not let us; another errno.
 */
int units_restart(sd_bus *bus, const char *unit, uint64_t limit_usec, char **ret_text);

/*
 * units_start_again() - starts a unit that a restart of ours has left down, or failing
 *
 * For nothing else: what an administrator has stopped stays stopped. With Restart=on-failure a unit
 * that fails is "activating" and "deactivating" by turns for a while, and an attempt that is under
 * way may have read what is wrong; so the unit is stopped and started from anew, in whatever state
 * it is, and what systemd counted against it is forgotten. Waits like units_restart().
 *
 * Return: UNITS_RESTARTED or UNITS_FAILED; a negative errno as above.
 */
int units_start_again(sd_bus *bus, const char *unit, uint64_t limit_usec, char **ret_text);
