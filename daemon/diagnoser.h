/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnosis.h"
#include "ipsec.h"
#include "policy.h"

/*
 * Diagnosing one conn: asks each adapter for its part, tries the tunnel on request, and has
 * lib/diagnosis.h judge what was seen.
 */

struct diagnoser_options {
	const char *conn;
	bool up;                      /* re-add and initiate it, unless it is up */
	unsigned int capture_seconds; /* how long to capture IKE and ESP; 0: not at all */
	struct facts_ip to;           /* whom to ping through the tunnel; family 0: find out */
	const struct policy *policy;  /* tells the bond and its probe address; may be NULL */
	struct ipsec ipsec;
	const char *ipsec_conf; /* NULL: /etc/ipsec.conf */
	const char *state_dir;  /* of the lock that @up takes; NULL, or a folder that is not there:
				   none */

	/* Called before each part, with a word or two of what is done; may be NULL. */
	void (*progress)(void *userdata, const char *what);
	void *userdata;
};

/*
 * diagnoser_run() - diagnoses
 * @ret:         the rows; free with diagnosis_done()
 * @ret_summary: one sentence; free with free()
 *
 * Takes a few seconds, and some twenty more with @up where nothing answers; an ipsec command that
 * hangs costs twice @options->ipsec.limit_usec (6 s unless set) and no more. What cannot be asked
 * is told by a row, and is no error.
 *
 * Return: 0; -ENOMEM; another errno only when not even the kernel's links could be read.
 */
int diagnoser_run(const struct diagnoser_options *options, struct diagnosis *ret,
		  char **ret_summary);
