/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"
#include "ike-message.h"

/*
 * ike_probe() - asks a peer for an answer to the first message of IKE, of one version
 * @from, @to:  the two ends
 * @version:    1 or 2
 * @limit_usec: how long an answer is waited for; it is asked twice
 * @ret:        the answer that says most; IKE_ANSWER_NONE when none came
 *
 * By a port of its own, beside pluto, and past all policies of IPsec. What the peer remembers of it
 * is a half-open IKE SA, which it forgets.
 *
 * Return: 0; a negative errno when it cannot be asked.
 */
int ike_probe(const struct facts_ip *from, const struct facts_ip *to, int version,
	      uint64_t limit_usec, struct ike_answer *ret);
