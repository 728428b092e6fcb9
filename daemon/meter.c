/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "meter.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "conn-ends.h"
#include "link.h"
#include "outage.h"
#include "tunnels.h"
#include "xfrm.h"

/* The least time between two looks: a restart of many tunnels sends thousands of messages. */
#define LOOK_USEC UINT64_C(10000)

/* Messages that are passed over before the next look, so that it comes whatever they say. */
#define MAX_DRAINED 100000

struct meter {
	char bond[FACTS_NAME_SIZE];
	struct facts_address *addresses;
	size_t n_addresses;
	struct tunnels tunnels; /* under the lock, as what follows, while the thread runs */
	struct disowned {
		uint32_t spi;
		struct facts_ip destination;
	} * items;
	size_t n, alloc;
	struct outages outages;
	uint64_t end_usec;

	struct link_watch *links;
	struct xfrm_watch *sas;
	int stop_fd;
	bool running;
	pthread_t thread;
	pthread_mutex_t lock;
};

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- the tunnels ---- */

/* By pluto's word, else by its ends where one conn alone has these; else the peer's address. */
static int name_tunnel(struct meter *m, struct tunnel *tunnel, const struct conn_ends_list *conns)
{
	char name[POLICY_CONN_NAME_MAX + 32], address[FACTS_IP_TEXT_SIZE];
	const char *conn = tunnel->conn;
	int r;

	for (size_t i = 0; i < conns->n && !tunnel->conn; i++)
		if (facts_ip_equal(&conns->items[i].remote, &tunnel->remote))
			conn = conn ? "" : conns->items[i].name;
	if (conn && *conn)
		snprintf(name, sizeof(name), "the tunnel of %.*s", POLICY_CONN_NAME_MAX, conn);
	else
		snprintf(name, sizeof(name), "the tunnel to %s",
			 facts_ip_print(&tunnel->remote, address));
	r = outages_add(&m->outages, name, tunnel_is_up(tunnel));
	if (r < 0)
		return r;
	tunnel->subject = (size_t)r;
	return 0;
}

static int take_in_tunnels(struct meter *m, const struct facts *before,
			   const struct policy_bond *policy)
{
	_cleanup_(conn_ends_list_done) struct conn_ends_list conns = { 0 };
	char all[] = "*", *patterns[] = { all };
	struct policy_bond every = *policy;
	_cleanup_free_ struct facts_flow *flows = NULL;
	size_t n = 0;
	int r = 0;

	every.conns = patterns;
	every.n_conns = 1;
	if (before->conf)
		r = conn_ends_of(before, &every, &conns);
	if (r >= 0)
		r = xfrm_dump_flows(&flows, &n);
	if (r >= 0)
		r = tunnels_know(&m->tunnels, before, flows, n);
	for (size_t i = 0; r >= 0 && i < m->tunnels.n; i++)
		r = name_tunnel(m, &m->tunnels.items[i], &conns);
	return r;
}

/* ---- looking ---- */

/* One that is set down may have an active port all the same. */
static bool bond_is_up(const struct facts_link *bond)
{
	return bond->up && bond->bond.active_port != FACTS_NO_LINK;
}

static void look_at_bond(struct meter *m)
{
	struct facts_link *links;
	bool up = false;
	size_t n;

	if (link_dump(&links, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (streq(links[i].name, m->bond))
			up = bond_is_up(&links[i]);
	free(links);
	pthread_mutex_lock(&m->lock);
	(void)outages_see(&m->outages, 0, up, now_usec());
	pthread_mutex_unlock(&m->lock);
}

static bool is_disowned(const struct meter *m, const struct facts_sa *sa)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->items[i].spi == sa->spi &&
		    facts_ip_equal(&m->items[i].destination, &sa->destination))
			return true;
	return false;
}

/* Counts what there is now, but for what is disowned. Return: 0; a negative errno. */
static int count_sas(struct meter *m)
{
	_cleanup_free_ struct facts_flow *flows = NULL;
	_cleanup_free_ struct facts_sa *sas = NULL;
	size_t n_flows, n_sas, n = 0;
	int r;

	r = xfrm_dump_flows(&flows, &n_flows);
	if (r >= 0)
		r = xfrm_dump(m->addresses, m->n_addresses, &sas, &n_sas);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n_sas; i++)
		if (!is_disowned(m, &sas[i]))
			sas[n++] = sas[i];
	return tunnels_see(&m->tunnels, sas, n, flows, n_flows);
}

static void look_at_sas(struct meter *m)
{
	pthread_mutex_lock(&m->lock);
	if (count_sas(m) >= 0) {
		uint64_t now = now_usec();

		for (size_t i = 0; i < m->tunnels.n; i++)
			(void)outages_see(&m->outages, m->tunnels.items[i].subject,
					  tunnel_is_up(&m->tunnels.items[i]), now);
	}
	pthread_mutex_unlock(&m->lock);
}

static int disown(struct meter *m, const struct pluto_sas *sas)
{
	for (size_t i = 0; i < sas->n; i++) {
		int r;

		if (!sas->items[i].orphan)
			continue;
		r = ARRAY_GROW(m);
		if (r < 0)
			return r;
		m->items[m->n++] = (struct disowned){ .spi = sas->items[i].spi,
						      .destination = sas->items[i].destination };
	}
	return 0;
}

void meter_disown(struct meter *m, const struct pluto_sas *sas)
{
	uint64_t since;

	look_at_sas(m);
	pthread_mutex_lock(&m->lock);
	since = outages_since(&m->outages, now_usec());
	m->n = 0;
	if (disown(m, sas) >= 0 && count_sas(m) >= 0)
		for (size_t i = 0; i < m->tunnels.n; i++)
			if (!tunnel_is_up(&m->tunnels.items[i]))
				(void)outages_see(&m->outages, m->tunnels.items[i].subject, false,
						  since);
	pthread_mutex_unlock(&m->lock);
}

/* What the messages say is not needed: that there are some is the reason to look. */
static void drain(struct meter *m)
{
	struct xfrm_message x;
	struct link_message l;
	int r;

	for (int i = 0; i < MAX_DRAINED; i++) {
		r = link_watch_read(m->links, &l);
		if (r <= 0 && r != -ENOBUFS)
			break;
	}
	for (int i = 0; i < MAX_DRAINED; i++) {
		r = xfrm_watch_read(m->sas, &x);
		if (r <= 0 && r != -ENOBUFS)
			break;
	}
}

static void *watch(void *userdata)
{
	struct meter *m = userdata;
	struct pollfd fds[] = {
		{ .fd = m->stop_fd, .events = POLLIN },
		{ .fd = link_watch_fd(m->links), .events = POLLIN },
		{ .fd = xfrm_watch_fd(m->sas), .events = POLLIN },
	};

	for (;;) {
		struct pollfd pause = fds[0];

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return NULL;
		drain(m);
		look_at_bond(m);
		look_at_sas(m);
		if (fds[0].revents || poll(&pause, 1, (int)(LOOK_USEC / 1000)) > 0)
			return NULL;
	}
}

/* ---- life ---- */

static int meter_open(struct meter *m, const struct facts *before, const struct policy_bond *policy)
{
	const struct facts_link *bond;
	int r;

	snprintf(m->bond, sizeof(m->bond), "%s", policy->name);
	m->addresses = calloc(before->n_addresses + 1, sizeof(*m->addresses));
	if (!m->addresses)
		return -ENOMEM;
	m->n_addresses = before->n_addresses;
	if (m->n_addresses > 0)
		memcpy(m->addresses, before->addresses, m->n_addresses * sizeof(*m->addresses));
	bond = facts_link_by_name(before, policy->name);
	r = outages_add(&m->outages, policy->name, bond && bond_is_up(bond));
	if (r >= 0)
		r = take_in_tunnels(m, before, policy);
	if (r >= 0)
		r = link_watch_open(&m->links);
	if (r >= 0)
		r = xfrm_watch_open_with_flows(&m->sas);
	if (r < 0)
		return r;
	m->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (m->stop_fd < 0)
		return -errno;
	r = pthread_create(&m->thread, NULL, watch, m);
	if (r != 0)
		return -r;
	m->running = true;
	return 0;
}

int meter_start(const struct facts *before, const struct policy_bond *policy, struct meter **ret)
{
	_cleanup_(meter_freep) struct meter *m = NULL;
	int r;

	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->stop_fd = -1;
	r = -pthread_mutex_init(&m->lock, NULL);
	if (r == 0)
		r = meter_open(m, before, policy);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(m);
	return 0;
}

void meter_step(struct meter *m, size_t step)
{
	pthread_mutex_lock(&m->lock);
	outages_step(&m->outages, step);
	pthread_mutex_unlock(&m->lock);
}

void meter_stop(struct meter *m)
{
	if (!m->running)
		return;
	(void)eventfd_write(m->stop_fd, 1);
	(void)pthread_join(m->thread, NULL);
	m->running = false;
	m->end_usec = now_usec();
}

void meter_print(const struct meter *m, size_t step, struct text *t)
{
	outages_print(&m->outages, step, m->end_usec, t);
}

struct meter *meter_free(struct meter *m)
{
	if (!m)
		return NULL;
	meter_stop(m);
	link_watch_close(m->links);
	xfrm_watch_close(m->sas);
	if (m->stop_fd >= 0)
		close(m->stop_fd);
	outages_done(&m->outages);
	free(m->addresses);
	tunnels_done(&m->tunnels);
	free(m->items);
	pthread_mutex_destroy(&m->lock);
	free(m);
	return NULL;
}
