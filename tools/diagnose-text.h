/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "output.h"

/*
 * diagnose_print() - a diagnosis for people: the summary, what to do, and then the rows
 * @document: as esp-offload-worker and the bus have it
 * @all: also the rows that found nothing, with all their evidence
 */
void diagnose_print(const struct ctl *ctl, const json_t *document, bool all);
