/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"

/*
 * How pluto has one conn: what `ipsec status` prints of it. The lines are alike in all versions,
 * but for the number in front of them in 4.x.
 *
 * Source: Libreswan's programs/pluto/connections.c, show_one_connection() (4.x), and
 * whack_connectionstatus.c (5.x).
 */
struct pluto_conn {
	bool loaded;
	bool oriented;          /* an end of it is an address of this host */
	bool routed;            /* the kernel has its policy: a packet is encrypted or starts it */
	char interface[16];     /* that it goes through; "" where none is told */
	unsigned int mtu;       /* of its mtu=; 0: not set */
	unsigned long ike;      /* the number of its newest IKE SA; 0: none */
	unsigned long child;    /* of its newest Child SA; 0: none */
	char ike_algorithm[96]; /* that was negotiated, "" for none */
	char esp_algorithm[96];
};

/*
 * pluto_conn_parse() - finds one conn in what `ipsec status` prints
 * @name: as in the files; NAME/1x1 and instances (NAME[1]) count as NAME, the first that is there
 *        tells, and one that is routed or has an SA is preferred to one that has not
 */
void pluto_conn_parse(const char *text, const char *name, struct pluto_conn *ret);
