/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "output.h"

/* A bond of the bus in words, and what they mean for the exit status. */

/*
 * bond_text_status() - 3 for a bond that is blocked, waiting or failed; else by its verdict: 0
 * offloaded, 4 partial or software, 5 unknown
 */
int bond_text_status(const json_t *bond);

/* bond_text_verdict_status() - the same for a verdict alone */
int bond_text_verdict_status(const char *verdict);

/*
 * bond_text_wrong() - what is wrong with a bond, in short; "" when nothing is
 *
 * The state's reason where it has one, else that of the verdict, else the first finding that warns.
 */
const char *bond_text_wrong(const json_t *bond);

/* bond_text_verdict() - "partial: 0.42 of the packets went through the hardware: reason" */
void bond_text_verdict(const json_t *bond, char *buffer, size_t size);

/*
 * bond_text_failover() - "from ix0 to ix1 (carrier), 0.2 s without an active port"
 * @failover: as in LastFailover
 */
void bond_text_failover(const json_t *failover, char *buffer, size_t size);

/* bond_text_port() - the port of that name, or NULL */
const json_t *bond_text_port(const json_t *bond, const char *name);

/* bond_text_ports() - the table of a bond's ports. Return: an exit status. */
int bond_text_ports(const struct ctl *ctl, const json_t *bond);
