/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-event.h>

#include "ethtool.h"
#include "links.h"
#include "supervisor.h"
#include "worker-run.h"

/*
 * Owns everything: the policy, a supervisor for each of its bonds, the table of devices, the bus
 * and the worker. What happens on the host ends here as a wish to look, and one run of the worker
 * serves all wishes that came before it.
 */
struct manager;

struct manager_options {
	const char *root;        /* where the configuration lies below; NULL: / */
	const char *state_dir;   /* NULL: nothing is kept over restarts */
	const char *worker_path; /* the worker's program, or the socket where it answers */
	const char *probe_path;  /* the socket of who opens sockets for pings; NULL: done here */
	bool session_bus;        /* for tests: the bus in $DBUS_SESSION_BUS_ADDRESS */
};

/* manager_new() - Return: 0; a negative errno, with the reason logged */
int manager_new(const struct manager_options *options, struct manager **ret);
struct manager *manager_free(struct manager *m);
DEFINE_CLEANUP(struct manager, manager_free)

/*
 * manager_run() - runs until SIGTERM or SIGINT
 *
 * A worker in the middle of changing something takes that back first, and is waited for; a second
 * signal ends the wait.
 *
 * Return: 0; a negative errno.
 */
int manager_run(struct manager *m);

/* ---- for the bus ---- */

size_t manager_n_bonds(const struct manager *m);
struct supervisor *manager_bond(const struct manager *m, size_t i);

/* manager_bond_named() - or NULL */
struct supervisor *manager_bond_named(const struct manager *m, const char *name);

const struct links *manager_links(const struct manager *m);
struct ethtool *manager_ethtool(const struct manager *m);

/* manager_files() - the files of the configuration in the order read, ending in NULL */
char *const *manager_files(const struct manager *m);

/* manager_policy_is_valid() - false: the files have mistakes, an older policy (or none) holds */
bool manager_policy_is_valid(const struct manager *m);

/*
 * manager_reload() - reads the configuration anew, whole or not at all
 * @ret_diagnostics: what is wrong with it, for people; free with free(). May be NULL.
 *
 * Return: 0; -EBADMSG when it has mistakes, and the old one holds; another negative errno.
 */
int manager_reload(struct manager *m, char **ret_diagnostics);

/* @error: 0, or what worker-run.h says. The bond may be gone: look it up again. */
typedef void (*manager_done_fn)(void *userdata, int error);

/* What may be asked of the worker. */
enum manager_task {
	MANAGER_LOOK,   /* look at all bonds */
	MANAGER_APPLY,  /* and bring this one to what the policy says, even if it was held */
	MANAGER_REVERT, /* take back all that was ever applied to this one */
};

/*
 * manager_ask() - has the worker do something, and tells when it is done
 * @bond: NULL with MANAGER_LOOK
 *
 * Return: 0, and @done will be called once; a negative errno.
 */
int manager_ask(struct manager *m, enum manager_task task, const char *bond, manager_done_fn done,
		void *userdata);

/*
 * manager_run_beside() - runs the worker for something else than the bonds, beside the run that
 * looks at them
 * @arguments: of the worker, from its verb on, ending in NULL; at most 16
 *
 * Return: as worker_run_start().
 */
int manager_run_beside(struct manager *m, const char *const *arguments, uint64_t limit_usec,
		       const struct worker_run_ops *ops, void *userdata, struct worker_run **ret);
