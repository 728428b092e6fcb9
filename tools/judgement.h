/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "output.h"

/* Findings and steps, as the bus and the worker tell them alike, for people. */

/* How many findings there are of each severity; what is of another counts as a note. */
struct judgement_counts {
	size_t blocks;
	size_t warns;
	size_t notes;
};

struct judgement_counts judgement_count(const json_t *findings);

/*
 * judgement_print_findings() - each with what was seen, why it matters and what to do
 * @least: "blocks", "warns" or "notes": lesser ones are left out
 */
void judgement_print_findings(const struct ctl *ctl, const json_t *findings, const char *least);

/* judgement_summarise() - "2 findings block, 1 warns"; "" for none at all */
void judgement_summarise(const struct judgement_counts *counts, char *buffer, size_t size);

/* judgement_print_plan() - the steps, numbered, with what each changes, interrupts and undoes */
void judgement_print_plan(const struct ctl *ctl, const json_t *plan);

/*
 * step_phrase() - says what goes on
 * @reason: a step's kind and its subject, as StateReason tells them while a bond is applied
 */
void step_phrase(const char *reason, char *buffer, size_t size);
