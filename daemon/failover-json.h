/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "failover.h"

/* failover_to_json() - one as the bus shows it; NULL without memory */
json_t *failover_to_json(const struct failover *f);

/*
 * failover_from_json() - the other way; what is missing or makes no sense is left out
 *
 * Return: 0 with @ret to be ended with failover_done(); -EBADMSG for an object that is no failover;
 * -ENOMEM.
 */
int failover_from_json(const json_t *j, struct failover *ret);

/* failover_done() - frees the strings, which are the failover's own here */
void failover_done(struct failover *f);
