/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * worker_diagnose() - the worker's verb "diagnose"; prints what diagnosis-report.h says
 * @argv:      from the verb on
 * @state_dir: where the lock is that bringing up a tunnel takes
 *
 * Return: an exit status: 0 whatever was found; 1 on a failure; 2 for wrong usage.
 */
int worker_diagnose(int argc, char **argv, const char *state_dir);

/* The usage of that verb. */
extern const char worker_diagnose_usage[];
