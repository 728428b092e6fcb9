/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loss.h"

#include <time.h>

#include "conn-ends.h"
#include "pluto-status.h"
#include "xfrm.h"

/* Between two looks whether a tunnel is back. */
#define PAUSE_NSEC 300000000

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static const struct conn_ends *ends_named(const struct conn_ends_list *list, const char *conn)
{
	for (size_t i = 0; i < list->n; i++)
		if (streq(list->items[i].name, conn))
			return &list->items[i];
	return NULL;
}

/* Whether the kernel has an SA each way between the ends; one that it is only asked for is none. */
static int has_sas(const struct conn_ends *ends)
{
	const struct facts_address local = { .ip = ends->local };
	_cleanup_free_ struct facts_sa *sas = NULL;
	bool in = false, out = false;
	size_t n;
	int r;

	r = xfrm_dump(&local, 1, &sas, &n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		const struct facts_sa *sa = &sas[i];

		if (facts_sa_is_larval(sa))
			continue;
		in = in || (facts_ip_equal(&sa->destination, &ends->local) &&
			    facts_ip_equal(&sa->source, &ends->remote));
		out = out || (facts_ip_equal(&sa->source, &ends->local) &&
			      facts_ip_equal(&sa->destination, &ends->remote));
	}
	return in && out;
}

/* Return: 1 when the tunnel is up in pluto, with @ret_lost filled; 0 when not; negative errno. */
static int look_at_tunnel(const struct facts *facts, const struct policy_bond *policy,
			  const struct ipsec *ipsec, const char *conn, bool *ret_lost)
{
	_cleanup_(conn_ends_list_done) struct conn_ends_list list = { 0 };
	const struct facts_tunnel *tunnel;
	const struct conn_ends *ends;
	struct facts now = { 0 };
	bool up, lost = false;
	int r;

	r = conn_ends_of(facts, policy, &list);
	if (r < 0)
		return r;
	r = ipsec_tunnels(ipsec, &now.tunnels, &now.n_tunnels);
	if (r < 0)
		return r;
	tunnel = facts_tunnel_of(&now, conn);
	up = tunnel != NULL;
	lost = tunnel && tunnel->kernel_lost;
	pluto_tunnels_free(now.tunnels, now.n_tunnels);

	/* By their ends SAs can be told to be a conn's only where these are known. */
	ends = ends_named(&list, conn);
	if (up && !lost && ends && !ends->assumed && ends->remote.family != 0) {
		r = has_sas(ends);
		if (r < 0)
			return r;
		lost = r == 0;
	}
	*ret_lost = lost;
	return up;
}

int loss_is_there(const struct facts *facts, const struct policy_bond *policy,
		  const struct ipsec *ipsec, const char *conn)
{
	bool lost = false;
	int r;

	r = look_at_tunnel(facts, policy, ipsec, conn, &lost);
	return r < 0 ? r : r > 0 && lost;
}

int loss_wait_repaired(const struct facts *facts, const struct policy_bond *policy,
		       const struct ipsec *ipsec, const char *conn, uint64_t limit_usec)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NSEC };
	uint64_t deadline = now_usec() + limit_usec;

	for (;;) {
		bool lost = false;
		int r;

		r = look_at_tunnel(facts, policy, ipsec, conn, &lost);
		if (r > 0 && !lost)
			return 0;
		/* Pluto is busy, or the SAs did not stand still: the next look may tell. */
		if (r < 0 && r != -ETIMEDOUT && r != -EAGAIN)
			return r;
		if (now_usec() >= deadline)
			return 1;
		if (ipsec->stop && ipsec->stop())
			return -ECANCELED;
		nanosleep(&pause, NULL);
	}
}
