/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "failover.h"

/*
 * The failovers of a bond, the oldest forgotten first, kept over restarts in a file of JSON lines:
 * one for each failover when it is seen, and one more when its verdict stands. A line that was cut
 * short by a crash is left out when the file is read again.
 */
#define FAILOVER_LOG_SIZE 1000

struct failover_log;

/*
 * failover_log_open() - reads what was kept
 * @path: the file, which need not exist; NULL keeps nothing over restarts
 *
 * Return: 0; -ENOMEM. A file that cannot be read is begun anew at the next failover.
 */
int failover_log_open(const char *path, struct failover_log **ret);
struct failover_log *failover_log_free(struct failover_log *l);
DEFINE_CLEANUP(struct failover_log, failover_log_free)

/*
 * failover_log_add() - one more; gets the next id, in @f too
 *
 * Return: 0; a negative errno when it is not on disk. It is remembered all the same.
 */
int failover_log_add(struct failover_log *l, struct failover *f);

/*
 * failover_log_prove() - the verdict on the newest one stands
 * @elapsed_usec: from the failover to the verdict
 *
 * Return: 1 and it is noted; 0 when there is none, or it was proven before; a negative errno when
 * it is not on disk.
 */
int failover_log_prove(struct failover_log *l, const struct proof *proof, uint64_t elapsed_usec);

/* failover_log_count() - all failovers since the first, also those forgotten */
uint64_t failover_log_count(const struct failover_log *l);

/* failover_log_last() - the newest one, or NULL */
const struct failover *failover_log_last(const struct failover_log *l);

/* failover_to_json() - one as the bus shows it; NULL without memory */
json_t *failover_to_json(const struct failover *f);

/* failover_log_since() - those at or after that time, oldest first; NULL without memory */
json_t *failover_log_since(const struct failover_log *l, uint64_t realtime_usec);
