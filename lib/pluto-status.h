/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"

/*
 * What the `ipsec` command prints of the state of pluto. Libreswan 4 begins each line with a
 * number of three digits ("000 ", "006 "), Libreswan 5 does not; else the lines are alike. A line
 * that is none of those looked for is passed over, so that notices in between do no harm.
 *
 * Sources: Libreswan's programs/pluto/state.c and show.c (4.x), whack_trafficstatus.c and
 * whack_showstates.c (5.x), and lib/libswan/ip_said.c for the form of an SA's name.
 */

/*
 * pluto_tunnels_parse() - reads `ipsec trafficstatus`
 * @ret, @ret_n: the established conns, one for each line, in its order; free with
 *               pluto_tunnels_free(). An instance ("c"[1] 192.0.2.1) has the name of its conn; the
 *               number of an expanded leftsubnets= (c/1x1) stays in the name.
 *
 * A line without inBytes= is what pluto prints of an SA that the kernel no longer has
 * (get_ipsec_traffic() failed): such a tunnel has kernel_lost set.
 *
 * Return: 0, also when none is established; -ENOMEM.
 */
int pluto_tunnels_parse(const char *text, struct facts_tunnel **ret, size_t *ret_n);

struct facts_tunnel *pluto_tunnels_free(struct facts_tunnel *tunnels, size_t n);

/* An SA that pluto believes to be in the kernel. */
struct pluto_sa {
	char *conn;           /* as in struct facts_tunnel */
	unsigned long serial; /* pluto's number of the Child SA: "#2" */
	unsigned long ike;    /* the number of the IKE SA it belongs to; 0: not told */
	char *ike_conn;       /* whose that IKE SA is, as in struct facts_tunnel; NULL: not told */
	/*
	 * There is no such IKE SA any more: the conn that had made it was replaced or deleted. The
	 * peer has deleted all SAs of it then (RFC 7296, 1.4.1), while Libreswan 4 keeps ours. With
	 * IKEv1 the SAs of both live on, and this is never so.
	 */
	bool orphan;
	uint32_t spi;  /* host order */
	uint8_t proto; /* IPPROTO_ESP or IPPROTO_AH */
	struct facts_ip destination;
	enum facts_direction direction;
};

struct pluto_sas {
	struct pluto_sa *items;
	size_t n;
	size_t alloc;
};

#define PLUTO_SAS_NULL ((struct pluto_sas){ 0 })

/*
 * pluto_sas_parse() - reads the SAs out of `ipsec showstates`, or of `ipsec status`, which ends
 * with the same lines
 *
 * Of each pair "esp.SPI@ADDRESS esp.SPI@ADDRESS" pluto prints the outgoing SA first; IPcomp and the
 * tunnel headers ("tun.0@…") are no SAs of interest.
 *
 * Return: 0, also when there are none; -ENOMEM.
 */
int pluto_sas_parse(const char *text, struct pluto_sas *ret);

void pluto_sas_done(struct pluto_sas *s);
