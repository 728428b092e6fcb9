/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * host_lock() - the lock of whoever changes something on the host, in an existing folder
 *
 * A worker left over from a daemon that was killed, the one of the new daemon, and somebody's who
 * brings up a tunnel do not meet: nobody waits for the other one, who ends by itself within its own
 * limits.
 *
 * Return: a file descriptor, to be closed at the end; -EBUSY while another one has it; another
 * negative errno when there can be none.
 */
int host_lock(const char *state_dir);
