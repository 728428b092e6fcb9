/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "output.h"

/*
 * Talking to esp-offloadd over the system's bus. It is never started by a question: it would go on
 * to apply the policy, which whoever only looks has not asked for.
 */
struct daemon;

/* Reading properties; a daemon that does not answer within this does not work. */
#define DAEMON_READ_USEC UINT64_C(25000000)
/* Long work: a run of the worker takes at most 15 minutes, and may wait for the one before. */
#define DAEMON_WORK_USEC UINT64_C(1920000000)

#define DAEMON_ERROR_INTERRUPTED "org.espoffload1.Interrupted"
#define DAEMON_ERROR_NO_BUS      "org.espoffload1.NoBus"

/*
 * daemon_open() - connects to the bus; the daemon itself is not asked for
 *
 * Return: 0; a negative errno with the reason in @ret_error.
 */
int daemon_open(struct daemon **ret, sd_bus_error *ret_error);
struct daemon *daemon_close(struct daemon *d);
DEFINE_CLEANUP(struct daemon, daemon_close)

/* daemon_bus() - the connection, for those who listen to signals */
sd_bus *daemon_bus(struct daemon *d);

/*
 * daemon_read() - all that the daemon shows: "version", "configuration_valid",
 * "configuration_files", and "bonds", which are sorted by name
 *
 * A bond has its D-Bus properties with their names in lower case ("active_port"), all of them: what
 * an older daemon does not have is "", 0, false, {} or [].
 *
 * Return: 0; a negative errno with the reason in @ret_error.
 */
int daemon_read(struct daemon *d, json_t **ret, sd_bus_error *ret_error);

/* daemon_bond() - a bond of that document, or NULL */
json_t *daemon_bond(const json_t *document, const char *name);

/* A method call that may take its time. */
struct daemon_question {
	const char *bond; /* whose object is asked; NULL: the manager */
	const char *method;
	int (*append)(sd_bus_message *m, const void *userdata); /* its arguments; NULL for none */
	const void *userdata;
	bool authorize;     /* polkit may ask the user for a password */
	const char *doing;  /* said on a terminal while it lasts */
	bool tell_progress; /* say each step that the bond's state tells of */
};

/*
 * daemon_ask() - calls a method and waits for the answer, or for SIGINT or SIGTERM
 * @ret: the answer's first value; null when it has none. May be NULL.
 *
 * Return: 0; a negative errno with the reason in @ret_error.
 */
int daemon_ask(struct daemon *d, const struct ctl *ctl, const struct daemon_question *q,
	       json_t **ret, sd_bus_error *ret_error);

/* daemon_is_absent() - true when the error means that no daemon runs, or there is no bus */
bool daemon_is_absent(const sd_bus_error *error);

/*
 * daemon_complain() - says what went wrong and what to do next
 * @bond: what it was about, or NULL
 *
 * Return: the exit status for it.
 */
int daemon_complain(const sd_bus_error *error, const char *bond);
