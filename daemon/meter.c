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
#include "xfrm.h"

/* The least time between two looks: a restart of many tunnels sends thousands of messages. */
#define LOOK_USEC UINT64_C(10000)

/* A tunnel, by its ends; several conns between the same ends are one. */
struct pair {
	struct facts_ip local, remote;
	size_t subject;
	unsigned int in, out; /* SAs seen in a look */
};

struct meter {
	char bond[FACTS_NAME_SIZE];
	struct facts_address *addresses;
	size_t n_addresses;
	struct pair *items; /* sorted */
	size_t n, alloc;
	struct outages outages;
	uint64_t end_usec;

	struct link_watch *links;
	struct xfrm_watch *sas;
	int stop_fd;
	bool running;
	pthread_t thread;
	pthread_mutex_t lock; /* of outages, while the thread runs */
};

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- the tunnels ---- */

static int compare_ips(const struct facts_ip *a, const struct facts_ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int r = compare_ips(&x->local, &y->local);

	return r != 0 ? r : compare_ips(&x->remote, &y->remote);
}

static struct pair pair_of(const struct facts_sa *sa)
{
	bool in = sa->direction == FACTS_IN;

	return (struct pair){ .local = in ? sa->destination : sa->source,
			      .remote = in ? sa->source : sa->destination };
}

static struct pair *find_pair(struct meter *m, const struct facts_sa *sa)
{
	const struct pair key = pair_of(sa);

	/* SPI 0: the kernel asks for an SA, and has none yet. */
	if (m->n == 0 || sa->spi == 0)
		return NULL;
	return bsearch(&key, m->items, m->n, sizeof(key), compare_pairs);
}

static bool counts(const struct facts_sa *sa)
{
	return sa->spi != 0 && sa->direction == FACTS_OUT;
}

static int add_pair(struct meter *m, const struct facts_sa *sa)
{
	struct pair key = pair_of(sa);
	int r;

	for (size_t i = 0; i < m->n; i++)
		if (compare_pairs(&m->items[i], &key) == 0)
			return 0;
	r = ARRAY_GROW(m);
	if (r >= 0)
		m->items[m->n++] = key;
	return r;
}

static bool is_up(const struct pair *p)
{
	return p->in > 0 && p->out > 0;
}

static void count_sas(struct meter *m, const struct facts_sa *sas, size_t n)
{
	for (size_t i = 0; i < m->n; i++)
		m->items[i].in = m->items[i].out = 0;
	for (size_t i = 0; i < n; i++) {
		struct pair *p = find_pair(m, &sas[i]);

		if (p && sas[i].direction == FACTS_IN)
			p->in++;
		else if (p)
			p->out++;
	}
}

/* "the tunnel of example" where one conn has these ends, else the peer's address. */
static int name_pair(struct meter *m, struct pair *p, const struct conn_ends_list *conns)
{
	char name[POLICY_CONN_NAME_MAX + 32], address[FACTS_IP_TEXT_SIZE];
	const char *conn = NULL;
	int r;

	for (size_t i = 0; i < conns->n; i++)
		if (compare_ips(&conns->items[i].remote, &p->remote) == 0)
			conn = conn ? "" : conns->items[i].name;
	if (conn && *conn)
		snprintf(name, sizeof(name), "the tunnel of %.*s", POLICY_CONN_NAME_MAX, conn);
	else
		snprintf(name, sizeof(name), "the tunnel to %s",
			 facts_ip_print(&p->remote, address));
	r = outages_add(&m->outages, name, is_up(p));
	if (r < 0)
		return r;
	p->subject = (size_t)r;
	return 0;
}

static int take_in_tunnels(struct meter *m, const struct facts *before,
			   const struct policy_bond *policy)
{
	_cleanup_(conn_ends_list_done) struct conn_ends_list conns = { 0 };
	char all[] = "*", *patterns[] = { all };
	struct policy_bond every = *policy;
	int r = 0;

	every.conns = patterns;
	every.n_conns = 1;
	if (before->conf)
		r = conn_ends_of(before, &every, &conns);
	for (size_t i = 0; r >= 0 && i < before->n_sas; i++)
		if (counts(&before->sas[i]))
			r = add_pair(m, &before->sas[i]);
	if (m->n > 0)
		qsort(m->items, m->n, sizeof(*m->items), compare_pairs);
	count_sas(m, before->sas, before->n_sas);
	for (size_t i = 0; r >= 0 && i < m->n; i++)
		r = name_pair(m, &m->items[i], &conns);
	return r;
}

/* ---- looking ---- */

static void look_at_bond(struct meter *m)
{
	struct facts_link *links;
	bool up = false;
	size_t n;

	if (link_dump(&links, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (streq(links[i].name, m->bond))
			up = links[i].up && links[i].bond.active_port != FACTS_NO_LINK;
	free(links);
	pthread_mutex_lock(&m->lock);
	(void)outages_see(&m->outages, 0, up, now_usec());
	pthread_mutex_unlock(&m->lock);
}

static void look_at_sas(struct meter *m)
{
	struct facts_sa *sas;
	uint64_t now;
	size_t n;

	if (xfrm_dump(m->addresses, m->n_addresses, &sas, &n) < 0)
		return;
	now = now_usec();
	count_sas(m, sas, n);
	free(sas);
	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < m->n; i++)
		(void)outages_see(&m->outages, m->items[i].subject, is_up(&m->items[i]), now);
	pthread_mutex_unlock(&m->lock);
}

/* What the messages say is not needed: that there are some is the reason to look. */
static void drain(struct meter *m)
{
	struct xfrm_message x;
	struct link_message l;
	int r;

	while ((r = link_watch_read(m->links, &l)) > 0 || r == -ENOBUFS)
		;
	while ((r = xfrm_watch_read(m->sas, &x)) > 0 || r == -ENOBUFS)
		;
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
	r = outages_add(&m->outages, policy->name, bond && bond->bond.active_port != FACTS_NO_LINK);
	if (r >= 0)
		r = take_in_tunnels(m, before, policy);
	if (r >= 0)
		r = link_watch_open(&m->links);
	if (r >= 0)
		r = xfrm_watch_open(&m->sas);
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
	free(m->items);
	pthread_mutex_destroy(&m->lock);
	free(m);
	return NULL;
}
