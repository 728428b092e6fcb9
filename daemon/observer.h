/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"
#include "ipsec.h"

/*
 * One look at the whole host: asks each adapter, and puts what they say into struct facts. What
 * cannot be had is left unknown there, never guessed. Nothing is changed and nothing started.
 */

struct observer_options {
	const char *const
		*bonds; /* ethtool is asked for these and their ports only; NULL: every bond */
	size_t n_bonds;
	struct ipsec ipsec;
	const char *ipsec_conf; /* Libreswan's file; NULL: /etc/ipsec.conf */
	uint64_t limit_usec;    /* for each adapter; 0: 10 s */
	bool sas;               /* dump the SAs of the kernel; needs CAP_NET_ADMIN */
};

/*
 * observer_look() - looks once
 * @options: NULL means all zero
 *
 * Return: 0 with all that could be seen in @ret; -ENOMEM; another errno only when not even the
 * kernel's links, addresses or modules could be read. That a program does not run, or is not there,
 * is a fact and no error.
 */
int observer_look(const struct observer_options *options, struct facts **ret);
