/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"

/*
 * knock() - sends UDP and TCP to ports of a host where nobody listens, most likely
 * @to, @from: the two ends; @from of another family: whatever the routes say
 * @limit_usec: how long an answer is waited for
 *
 * For hosts that answer no pings: most refuse such packets, and a refusal is an answer too. What
 * came back is seen better by the counters of the kernel's SAs, and is not told here.
 *
 * Return: how many packets were sent, without those that TCP sends anew; a negative errno.
 */
int knock(const struct facts_ip *to, const struct facts_ip *from, uint64_t limit_usec);
