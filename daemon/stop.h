/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * Being told to stop in the middle of changing something. SIGTERM and SIGINT are kept waiting then,
 * and whoever changes something asks for them where he can stop: no call is interrupted, and no
 * command that was begun is left halfway.
 */

/*
 * stop_defer() - from now on the two signals end this process no more
 *
 * To be called before there are other threads, which take it over. What is run by it gets the
 * signals as ever.
 *
 * Return: 0; a negative errno.
 */
int stop_defer(void) _must_check_;

/* stop_asked() - whether one of them waits; it stays so */
bool stop_asked(void);
