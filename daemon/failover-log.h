/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "failover.h"

/*
 * The failovers of a bond, the oldest forgotten first, kept over restarts in a file of JSON lines:
 * one for each failover when it is seen, and one more when its verdict stands; and a line for the
 * active port where no failover has told it, so that the next process sees what it missed. A line
 * that was cut short by a crash is left out when the file is read again.
 */
#ifndef FAILOVER_LOG_SIZE /* fuzzing fills a smaller one */
#define FAILOVER_LOG_SIZE 1000
#endif

/* The room for a boot's id, as in /proc/sys/kernel/random/boot_id, with its NUL. */
#define FAILOVER_LOG_BOOT_SIZE 40

struct failover_log;

/*
 * failover_log_open() - reads what was kept
 * @path: the file, which need not exist; NULL keeps nothing over restarts
 * @boot: the id of this boot of the host; "" when it is not known
 *
 * Return: 0; -ENOMEM, -EMFILE or -ENFILE. A file that cannot be read for other reasons is begun anew
 * at the next failover.
 */
int failover_log_open(const char *path, const char *boot, struct failover_log **ret);

/* failover_log_free() - writes what was added, and waits for the disk, as well */
struct failover_log *failover_log_free(struct failover_log *l);
DEFINE_CLEANUP(struct failover_log, failover_log_free)

/*
 * failover_log_add() - one more; gets the next id, in @f too
 *
 * One before it whose verdict does not stand yet gets the verdict unknown. It is remembered, and
 * written with failover_log_write(), or with whatever is written next.
 */
void failover_log_add(struct failover_log *l, struct failover *f);

/*
 * failover_log_write() - what was added since, without waiting for the disk: it outlives the
 * process from then on. What has to be written anew waits for failover_log_sync()
 *
 * Return: 0; a negative errno when it could not be written.
 */
int failover_log_write(struct failover_log *l);

/*
 * failover_log_sync() - all of it, also what could not be written before, and waits for the disk
 * unless it was waited for just before: failover_log_due_usec() tells when to call again
 *
 * Return: 0; a negative errno when it is not on disk.
 */
int failover_log_sync(struct failover_log *l);

/*
 * failover_log_due_usec() - when failover_log_sync() may wait for the disk, on the monotonic clock;
 * UINT64_MAX when nothing that was written waits for it
 */
uint64_t failover_log_due_usec(const struct failover_log *l);

/* failover_log_is_open() - the newest one waits for its verdict */
bool failover_log_is_open(const struct failover_log *l);

/*
 * failover_log_prove() - the verdict on the newest one stands
 * @evidence: its strings are copied
 * @elapsed_usec: from the failover to the verdict
 *
 * Return: 1 and it is noted; 0 when there is none, or it was proven before; a negative errno when
 * it is not on disk.
 */
int failover_log_prove(struct failover_log *l, const struct proof *proof,
		       const struct failover_evidence *evidence, uint64_t elapsed_usec);

/* The port that was active when it was noted last. */
struct failover_log_standing {
	char port[FACTS_NAME_SIZE];
	int ifindex; /* FACTS_NO_LINK where only the name was noted */
	uint32_t link_failures;
};

/*
 * failover_log_standing() - as it was noted last, by whatever process
 *
 * Return: true with @ret filled; false when nobody noted one since the host was started.
 */
bool failover_log_standing(const struct failover_log *l, struct failover_log_standing *ret);

/*
 * failover_log_note() - this port is active, and no failover told so
 *
 * Writes only when something else is noted.
 *
 * Return: 0; a negative errno when it is not on disk.
 */
int failover_log_note(struct failover_log *l, const struct failover_log_standing *standing);

/* failover_log_written_usec() - realtime, when an earlier process wrote the file last; 0: never */
uint64_t failover_log_written_usec(const struct failover_log *l);

/* failover_log_count() - all failovers since the first, also those forgotten */
uint64_t failover_log_count(const struct failover_log *l);

/* failover_log_get() - by its id; NULL for one that is not remembered */
const struct failover *failover_log_get(const struct failover_log *l, uint64_t id);

/* failover_log_last() - the newest one, or NULL */
const struct failover *failover_log_last(const struct failover_log *l);

/* failover_log_since() - those at or after that time, oldest first; NULL without memory */
json_t *failover_log_since(const struct failover_log *l, uint64_t realtime_usec);
