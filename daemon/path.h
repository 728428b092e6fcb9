/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"

/* How long a packet may be on the way to a host: measured with pings that may not be fragmented. */

struct path {
	unsigned int sent;          /* how many pings */
	bool answered;              /* a small packet came back at all */
	unsigned int device;        /* the MTU of the device that it leaves by */
	unsigned int believed;      /* the longest packet that the kernel would send there now */
	unsigned int largest;       /* the longest IP packet that came back; 0: none */
	unsigned int smallest_lost; /* the shortest that did not; 0: all came back */
	unsigned int rtt_usec;      /* of a small packet */
};

/*
 * path_measure() - measures the way to a host and back, in a second where all is well, and in a few
 * where packets vanish
 * @to:         who answers pings
 * @from:       the address to send from; family 0: whatever the routes say
 * @device:     the device whose MTU is asked for; NULL: none
 * @limit_usec: for all of it
 *
 * @ret has what is known even where nobody answers.
 *
 * Return: 0; -EACCES or -EPERM when pinging is not allowed; -ENETUNREACH, -EADDRNOTAVAIL, …;
 * -ETIMEDOUT when the limit came first.
 */
int path_measure(const struct facts_ip *to, const struct facts_ip *from, const char *device,
		 uint64_t limit_usec, struct path *ret);
