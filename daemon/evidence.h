/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "text.h"

/*
 * What the journal of pluto and of the kernel say of a failure.
 */

/* evidence_now() - where the journal's clock stands, in microseconds: to begin with */
uint64_t evidence_now(void);

/*
 * evidence_gather() - adds what was logged since then, and tells something
 * @since_usec: of evidence_now()
 * @conns: of pluto's lines about a conn those count that are about one of these; ends in NULL
 * @devices: of the kernel's lines those count that name one of these: the bond, its ports; ends in
 *           NULL
 * @t: gets "; pluto: LINE (CAUSE; REMEDY); kernel: LINE", or nothing where nobody said anything
 *
 * A host without a journal, or where it cannot be read, has no evidence: that is no failure. Of
 * pluto's lines only those count whose meaning is known, or that say by themselves that they are of
 * an error.
 */
void evidence_gather(uint64_t since_usec, const char *const *conns, const char *const *devices,
		     struct text *t);
