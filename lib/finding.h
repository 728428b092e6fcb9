/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * A finding: something that was seen and is to be known, why it matters, and what to do. The id is
 * stable, and has its section in esp-offload(7).
 */

enum finding_severity {
	FINDING_BLOCKS, /* offload cannot work; nothing is changed */
	FINDING_WARNS,  /* it works, or may work, and is in danger */
	FINDING_NOTES,  /* good to know */
};

struct finding {
	const char *id; /* of static storage: a name in the table of checks */
	enum finding_severity severity;
	bool missing;  /* it blocks only while something is not there yet */
	char *subject; /* what it is about: a bond, port, conn or program */
	char *seen;
	char *why;
	char *remedy;
};

struct findings {
	struct finding *items;
	size_t n;
	size_t alloc;
};

#define FINDINGS_NULL ((struct findings){ 0 })

/*
 * findings_add() - one more, at the end
 * @id: must be of static storage; the other texts are copied
 *
 * Return: 0; -ENOMEM.
 */
int findings_add(struct findings *f, const char *id, enum finding_severity severity, bool missing,
		 const char *subject, const char *seen, const char *why, const char *remedy);

void findings_done(struct findings *f);

/* For a local struct findings. */
#define _cleanup_findings_ _cleanup_(findings_done)

/* findings_block() - how many of them block, for good or while something is missing */
size_t findings_block(const struct findings *f);

/* findings_by_id() - the first with that id, or NULL */
const struct finding *findings_by_id(const struct findings *f, const char *id);

/* Words for people and for the bus: "blocks", "warns", "notes". */
const char *finding_severity_name(enum finding_severity s);
