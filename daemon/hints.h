/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "failover.h"

/*
 * What speaks beside the counters of a failover: the kernel's own words about the SAs it had to
 * move, and by what the error counters of XFRM have grown meanwhile. Hints, all of it: the counters
 * alone decide. Costs two looks at a small file and one at the journal, however many SAs there are.
 */
struct hints;

/* hints_new() - Return: 0; -ENOMEM */
int hints_new(struct hints **ret);
struct hints *hints_free(struct hints *h);
DEFINE_CLEANUP(struct hints, hints_free)

/* hints_begin() - from now on the error counters' growth counts */
void hints_begin(struct hints *h);

/*
 * hints_take() - what there is to say of a failover
 * @bond: its name
 * @f: the failover
 * @since_usec: realtime; it was not before this
 * @sas: the SAs in the kernel now
 *
 * The strings in @ret stay @h's, until the next call. What cannot be read is left out.
 */
void hints_take(struct hints *h, const char *bond, const struct failover *f, uint64_t since_usec,
		const struct failover_sas *sas, struct failover_evidence *ret);
