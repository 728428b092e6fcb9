/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"
#include "pluto-status.h"
#include "policy.h"
#include "text.h"

/*
 * Measures what the steps of a transaction really interrupt: a thread watches the kernel's SAs and
 * the bond while the steps are taken, so that what takes a moment is seen at that moment.
 *
 * A bond is interrupted while it has no active port; a tunnel while the kernel has no SA of
 * it in one of the directions, or nothing that leads into it. Tunnels between the same ends are
 * told apart (tunnels.h). That a packet got through is not known here; that none
 * could is.
 */
struct meter;

/*
 * meter_start() - watches from now on
 * @before: the bond, and the tunnels that are up, of all conns
 *
 * Return: 0; -EPERM without CAP_NET_ADMIN; another negative errno.
 */
int meter_start(const struct facts *before, const struct policy_bond *policy, struct meter **ret);

/* meter_step() - what is interrupted from now on is this step's doing; steps count from 0 */
void meter_step(struct meter *m, size_t step);

/*
 * meter_disown() - SAs that the kernel has, and that carry nothing: the peer has deleted them
 * @sas: as pluto knows them; the orphans among them are meant
 *
 * They count no more. A tunnel that has no others is interrupted from the first interruption of
 * this step on, by which its IKE SA went, until it has new ones.
 */
void meter_disown(struct meter *m, const struct pluto_sas *sas);

/* meter_stop() - ends watching; what was measured can be printed from then on */
void meter_stop(struct meter *m);

/* meter_print() - what a step interrupted, as outages_print() has it; after meter_stop() */
void meter_print(const struct meter *m, size_t step, struct text *t);

struct meter *meter_free(struct meter *m);
DEFINE_CLEANUP(struct meter, meter_free)
