/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

/*
 * Linked into a test, this puts itself before the C library's clock_gettime(), timerfd_settime()
 * and epoll's waits, libsystemd's too: as soon as one event loop has nothing to do but wait for its
 * timer, the timer's time is now. A day takes as long as what happens in it, which itself takes no
 * time: whatever else the machine does, nothing comes late.
 */

/* clock_usec() - the monotonic clock as everybody sees it */
uint64_t clock_usec(void);

/* clock_return() - to where it began, for those who measure how long a test takes */
void clock_return(void);
