/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "addresses.h"

#include <sys/epoll.h>

#include "array.h"
#include "link.h"
#include "log.h"

/* Messages taken at a time, so that many of them leave others their turn. */
#define MAX_AT_ONCE 256

/* And before it is looked anew: as many as are kept for us, at the least. */
#define MAX_DRAINED 100000

/* So many in a row that make no sense, and it is the socket. */
#define MAX_ERRORS 16

struct addresses {
	addresses_changed_fn changed;
	void *userdata;
	struct link_watch *watch;
	sd_event_source *source;
	int errors; /* since the last message */

	struct facts_address *items; /* in no order */
	size_t n;
	size_t alloc;
};

static struct facts_address *find(const struct addresses *a, const struct facts_address *address)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->items[i].ifindex == address->ifindex &&
		    facts_ip_equal(&a->items[i].ip, &address->ip))
			return &a->items[i];
	return NULL;
}

/* Without memory it is told again with its next message. */
static void take(struct addresses *a, const struct link_address_message *m)
{
	struct facts_address *known = find(a, &m->address);

	if (m->gone) {
		if (!known)
			return;
		*known = a->items[--a->n];
	} else {
		if (known)
			return;
		if (ARRAY_GROW(a) == 0)
			a->items[a->n++] = m->address;
	}
	a->changed(a->userdata, m->address.ifindex);
}

/* Where it does not succeed, an address that was there before may be told as if it were new. */
static int look(struct addresses *a)
{
	struct facts_address *items;
	size_t n;
	int r;

	a->n = 0;
	r = link_dump_addresses(&items, &n);
	if (r < 0)
		return r;
	free(a->items);
	a->items = items;
	a->n = a->alloc = n;
	return 0;
}

/* What waits is of before the look, and would be taken for news after it. */
static void drain(struct addresses *a)
{
	struct link_address_message m;
	int n = 0;

	while (n++ < MAX_DRAINED && link_address_watch_read(a->watch, &m) != 0)
		;
}

static void recover(struct addresses *a, int error)
{
	if (++a->errors == MAX_ERRORS) {
		a->source = sd_event_source_unref(a->source);
		log_warning("Cannot follow the host's addresses, a change of them is seen only "
			    "when something else happens: %s",
			    strerror(-error));
	}
	drain(a);
	(void)look(a);
	a->changed(a->userdata, FACTS_NO_LINK);
}

static int on_readable(sd_event_source *s _unused_, int fd _unused_, uint32_t events _unused_,
		       void *userdata)
{
	struct addresses *a = userdata;
	struct link_address_message m;

	for (int i = 0; i < MAX_AT_ONCE; i++) {
		int r = link_address_watch_read(a->watch, &m);

		if (r < 0)
			recover(a, r);
		if (r <= 0)
			return 0;
		a->errors = 0;
		take(a, &m);
	}
	return 0;
}

int addresses_new(sd_event *event, addresses_changed_fn changed, void *userdata,
		  struct addresses **ret)
{
	_cleanup_(addresses_freep) struct addresses *a = NULL;
	int r;

	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->changed = changed;
	a->userdata = userdata;
	r = link_address_watch_open(&a->watch);
	if (r >= 0)
		r = look(a);
	if (r >= 0)
		r = sd_event_add_io(event, &a->source, link_watch_fd(a->watch), EPOLLIN,
				    on_readable, a);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(a);
	return 0;
}

struct addresses *addresses_free(struct addresses *a)
{
	if (!a)
		return NULL;
	sd_event_source_unref(a->source);
	link_watch_close(a->watch);
	free(a->items);
	free(a);
	return NULL;
}
