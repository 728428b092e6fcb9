/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A record of failovers that an input can fill, so that the oldest are forgotten and the file is
 * written anew; and one that is made in no time, while the real one's half a megabyte takes a third
 * of a run.
 */
#define FAILOVER_LOG_SIZE 3

#include "../../daemon/failover-log.c"
