/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "failover-log.h"
#include "links.h"

/*
 * Follows one bond's active port: what the kernel tells of it becomes failovers, kept in a log with
 * the verdict and the evidence that come later. What happened while nobody listened is found by
 * comparing with what the log has, and marked as reconstructed.
 */
struct follower;

/*
 * follower_new()
 * @bond: its name; copied
 * @state_dir: where the log is kept; NULL for nowhere
 *
 * Return: 0; -ENOMEM.
 */
int follower_new(const char *bond, const char *state_dir, struct follower **ret);
struct follower *follower_free(struct follower *f);
DEFINE_CLEANUP(struct follower, follower_free)

/*
 * follower_active() - the port through which a bond works now, or NULL
 * @bond: NULL: it is not there
 *
 * A bond that is set down keeps its active port (bond_close()), and carries nothing.
 */
const struct facts_link *follower_active(const struct links *links, const struct facts_link *bond);

/*
 * follower_see() - takes in where the bond stands now
 * @bond: NULL: it is not there
 * @reconstructed: messages were lost before this look; the first look is always one
 * @chosen: bonding says that it has chosen the active port just now, be it the same as before
 *
 * Return: 1 with the failover in @ret that this ended, to be handed to follower_keep(); else 0.
 */
int follower_see(struct follower *f, const struct links *links, const struct facts_link *bond,
		 bool reconstructed, bool chosen, struct failover *ret);

/*
 * follower_see_port() - takes in what became of a port that is the bond's now, before what comes of
 * it is seen. So a switch to the primary port because it is back is told from one by request
 * @before: NULL: it was not there
 */
void follower_see_port(struct follower *f, const struct facts_link *before,
		       const struct facts_link *now);

/*
 * follower_keep() - remembers a failover, writes it, and looks at where the error counters stand,
 * unless it did when the outage before it began. Apart from seeing it, so that it is told first: a
 * process that is killed in between leaves one that the next process finds and tells again
 */
void follower_keep(struct follower *f, struct failover *failover);

/*
 * follower_sync() - waits until what was written is on disk. Apart from keeping it, so that who is
 * told has the processor
 *
 * Return: 0; a negative errno when it is not on disk.
 */
int follower_sync(struct follower *f);

/*
 * follower_prove() - a proof has ended, whether a failover waits for its verdict or not
 * @proof: what the kernel said at the failover is taken into it, as by follower_take_refusals()
 * @sas: the SAs in the kernel at its end
 *
 * Return: 1 when it is the verdict on the newest failover; 0 when none waits for one; a negative
 * errno when that is not on disk.
 */
int follower_prove(struct follower *f, struct proof *proof, const struct failover_sas *sas);

/*
 * follower_take_refusals() - what the kernel said at the last failover, as far as it still holds,
 * is taken into what was proven since, by whomever
 * @sas: as above
 */
void follower_take_refusals(struct follower *f, struct proof *proof,
			    const struct failover_sas *sas);

/*
 * follower_lose_sas() - so many of the conns' SAs went, and with each of them one that was refused
 * may have; UINT64_MAX: nobody knows how many
 */
void follower_lose_sas(struct follower *f, uint64_t n);

/*
 * follower_count_sas() - so many there are now, in between two proofs
 *
 * Return: whether they are fewer than when they were counted last, as at the end of a proof.
 */
bool follower_count_sas(struct follower *f, uint64_t n);

/* follower_switches() - changes of the active port seen so far */
uint64_t follower_switches(const struct follower *f);

/* follower_since_usec() - how long ago the last failover was seen; UINT64_MAX: none was */
uint64_t follower_since_usec(const struct follower *f);

/* follower_log() - the failovers; it stays the follower's */
const struct failover_log *follower_log(const struct follower *f);
