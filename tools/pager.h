/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "output.h"

/*
 * What is longer than the terminal is shown by a pager: $ESP_OFFLOAD_PAGER, $PAGER or less, told
 * by $LESS to end by itself where all fits. "" and "cat" are none.
 */

/* pager_begin() - from now on the standard output is the pager's, where it is a terminal */
void pager_begin(void);

/* pager_end() - ends the output, and waits until the pager has been left; harmless without one */
void pager_end(void);
