/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "output.h"

/*
 * Looking at the host without esp-offloadd: its worker, run once by ourselves. It reads the policy
 * from the files and changes nothing. While it runs a terminal shows what goes on, and for how
 * long.
 */

/*
 * worker_look() - how the bonds of the policy stand
 * @program: the worker; NULL: the installed one
 * @bond: only this one; NULL: all
 *
 * What the worker says for people is passed on to the standard error output.
 *
 * Return: an exit status; CTL_FINE with an array in @ret, of objects with "bond", "findings" and
 * "plan".
 */
int worker_look(const struct ctl *ctl, const char *program, const char *bond, json_t **ret);

/*
 * worker_propose() - a first configuration for this host, as its text
 * @program: as above
 *
 * Return: an exit status; CTL_FINE with the text in @ret, which is free()d by the caller.
 */
int worker_propose(const struct ctl *ctl, const char *program, char **ret);

/*
 * worker_option() - takes the argument of --worker
 *
 * Return: -1 to go on; an exit status when it is no full path.
 */
int worker_option(const char *argument, const char **ret);

/*
 * worker_diagnose() - has the worker diagnose a conn
 * @program: as above
 * @arguments: of the worker, from its verb on, ending in NULL
 *
 * Return: an exit status; CTL_FINE with the diagnosis in @ret, an object without its "report".
 */
int worker_diagnose(const struct ctl *ctl, const char *program, const char *const *arguments,
		    json_t **ret);
