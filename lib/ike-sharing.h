/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"

/* Which tunnels hang on the IKE SA of another conn. */

/*
 * ike_conn_of() - the conn in the files that a tunnel of this name is of, or NULL; NAME/1x1 is
 * of NAME
 */
const struct ipsec_conf_conn *ike_conn_of(const struct facts *facts, const char *tunnel);

/* The conn that pluto takes up anew. */
struct ike_sharer {
	const char *conn;
	bool has_ike;      /* it has an IKE SA */
	unsigned long ike; /* its number in pluto; 0: not known */
};

/*
 * ike_takes_down() - whether an established tunnel of another conn goes down when this one is taken
 * up anew
 *
 * It does when it hangs on an IKE SA that this one has made, and where another has made it, it does
 * not: as pluto says where it says so, else with the same number, or between the same ends, to be
 * on the safe side.
 *
 * Return: 1; 0; -ENOMEM.
 */
int ike_takes_down(const struct facts *facts, const struct ike_sharer *s,
		   const struct facts_tunnel *t);
