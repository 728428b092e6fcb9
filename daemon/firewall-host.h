/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "firewall.h"

/*
 * firewall_read() - all rules of this host's packet filter: nf_tables by its library, and what
 * iptables made, in either of its kinds, by iptables-save
 * @limit_usec: for each command that is run
 * @ret_unread: what could not be read, for people; NULL when that is nothing. Free with free().
 *
 * Return: 0; -EPERM for others than root; -EIO; -EBADMSG; -EOPNOTSUPP; -ENOMEM.
 */
int firewall_read(uint64_t limit_usec, struct firewall *ret, char **ret_unread);
