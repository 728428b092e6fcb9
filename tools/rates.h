/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "base.h"

/* How fast packets go: through the hardware of each port, and through the tunnels with and without.
 */

/* What is known of a bond at one moment. */
struct rates_look {
	const json_t *bond;    /* as daemon_read() gives it */
	const json_t *traffic; /* what GetTraffic answered; NULL: nothing */
};

/*
 * rates_between() - what has moved between two looks, as an event
 *
 * The object has "bond", "event" (rates), "ports" (each with name, active, tx_per_second and
 * rx_per_second, by its counters), and where the traffic is known "tx_offloaded_per_second",
 * "tx_software_per_second" and the same of rx: packets of the SAs that the ports' hardware counted,
 * and the others. A counter that begins anew counts as not moved.
 *
 * Return: a new reference; NULL when no port has counters, or without memory.
 */
json_t *rates_between(const struct rates_look *old, const struct rates_look *new, uint64_t usec);

/* rates_describe() - such an event in a line: "ix0* tx 10/s rx 9/s; offloaded tx 10/s …" */
void rates_describe(const json_t *event, char *buffer, size_t size);

/* rates_describe_tunnels() - "sent 10/s offloaded, 0/s not; received …"; "" where not known */
void rates_describe_tunnels(const json_t *event, char *buffer, size_t size);
