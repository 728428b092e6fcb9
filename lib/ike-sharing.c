/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ike-sharing.h"

#include "ipsec-conf.h"

const struct ipsec_conf_conn *ike_conn_of(const struct facts *facts, const char *tunnel)
{
	const struct ipsec_conf_conn *conn;
	char name[256];
	size_t len;

	if (!facts->conf)
		return NULL;
	conn = ipsec_conf_find(facts->conf, tunnel);
	len = facts_conn_length(tunnel);
	if (conn || tunnel[len] == '\0' || len >= sizeof(name))
		return conn;
	memcpy(name, tunnel, len);
	name[len] = '\0';
	return ipsec_conf_find(facts->conf, name);
}

/* One that is not in the files is NetworkManager's, and has its uuid for a name. */
static bool same_conn(const struct facts *facts, const char *a, const char *b)
{
	const struct ipsec_conf_conn *conn_a = ike_conn_of(facts, a);
	const struct ipsec_conf_conn *conn_b = ike_conn_of(facts, b);

	return conn_a || conn_b ? conn_a == conn_b : streq(a, b);
}

/* Return: 0 with the value in @ret, NULL for none; -ENOMEM */
static int value_of(const struct facts *facts, const struct ipsec_conf_conn *conn, const char *key,
		    const char **ret)
{
	struct ipsec_conf_value value;
	int r = ipsec_conf_effective(facts->conf, conn, key, &value);

	if (r == -ENOMEM)
		return r;
	*ret = r < 0 ? NULL : value.value;
	return 0;
}

/* Return: 1 when both have the same two ends, so that they may share an IKE SA; 0; -ENOMEM */
static int have_same_ends(const struct facts *facts, const char *a, const char *b)
{
	const struct ipsec_conf_conn *conns[] = { ike_conn_of(facts, a), ike_conn_of(facts, b) };
	const char *left[2], *right[2];

	if (!conns[0] || !conns[1])
		return 0;
	for (int i = 0; i < 2; i++) {
		int r = value_of(facts, conns[i], "left", &left[i]);

		if (r == 0)
			r = value_of(facts, conns[i], "right", &right[i]);
		if (r < 0)
			return r;
		if (!left[i] || !right[i])
			return 0;
	}
	return (streq(left[0], left[1]) && streq(right[0], right[1])) ||
	       (streq(left[0], right[1]) && streq(right[0], left[1]));
}

int ike_takes_down(const struct facts *facts, const struct ike_sharer *s,
		   const struct facts_tunnel *t)
{
	if (same_conn(facts, t->conn, s->conn))
		return 0;
	if (t->ike_conn)
		return same_conn(facts, t->ike_conn, s->conn);
	if (!s->has_ike)
		return 0;
	if (s->ike != 0 && t->ike != 0)
		return t->ike == s->ike;
	return have_same_ends(facts, s->conn, t->conn);
}
