/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon.h"

/* What the verbs about bonds have in common: reading the options, and which bond is meant. */

/*
 * bonds_options() - the command line of a verb that asks the daemon, and has no options but the
 * common ones
 * @help: printed for -h
 *
 * Return: -1 to go on, with the one bond in @ret, or NULL; else the exit status to leave with.
 */
int bonds_options(struct ctl *ctl, int argc, char **argv, const char *help, const char **ret);

/*
 * bonds_argument() - the one bond that a command line may name
 *
 * Return: CTL_FINE with it in @ret, NULL for none; CTL_USAGE when there is more.
 */
int bonds_argument(int argc, char **argv, const char **ret);

/*
 * bonds_argument_here() - the same for a verb that asks the daemon, which knows nothing of --root=
 *
 * Return: as bonds_argument(); CTL_USAGE with --root= as well, for who means another system must
 * not change this one.
 */
int bonds_argument_here(const struct ctl *ctl, int argc, char **argv, const char **ret);

/*
 * bonds_read() - asks the daemon for everything
 *
 * Return: an exit status; CTL_FINE with the connection and the document of daemon_read(), and an
 * explanation on the standard error output otherwise.
 */
int bonds_read(struct daemon **ret_daemon, json_t **ret_document);

/*
 * bonds_choose() - the bonds of the document that are meant
 * @name: NULL for all
 *
 * Return: CTL_FINE with an array in @ret; CTL_ERROR when there is no such bond, which is said.
 */
int bonds_choose(const json_t *document, const char *name, json_t **ret);

/* bonds_gone() - says that a bond that was there is not any more. Return: CTL_ERROR. */
int bonds_gone(const char *name);

/*
 * bonds_only() - the one bond that is meant, for what is not done to all at once
 *
 * Return: CTL_FINE with its name in @ret, which lives as long as the document and @name; CTL_USAGE
 * or CTL_ERROR, with the reason said.
 */
int bonds_only(const json_t *document, const char *name, const char **ret);

/* bonds_worse() - of two exit statuses the one that matters more: 1, 3, 4, 5, 0 */
int bonds_worse(int a, int b);
