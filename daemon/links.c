/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "links.h"

#include <sys/epoll.h>

#include "array.h"
#include "log.h"

/* How many messages are taken at a time, so that a storm of them leaves others their turn. */
#define MAX_AT_ONCE 256

struct links {
	struct facts_link *items; /* by ifindex, ascending */
	size_t n, alloc;

	struct link_watch *watch;
	sd_event_source *source;
	links_changed_fn changed;
	void *userdata;
};

/* The place of an ifindex: where it is, or where it would be. */
static size_t place_of(const struct links *l, int ifindex)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (l->items[middle].ifindex < ifindex)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct facts_link *links_by_index(const struct links *l, int ifindex)
{
	size_t i = place_of(l, ifindex);

	return i < l->n && l->items[i].ifindex == ifindex ? &l->items[i] : NULL;
}

const struct facts_link *links_by_name(const struct links *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->items[i].name, name))
			return &l->items[i];
	return NULL;
}

const struct facts_link *links_next_port(const struct links *l, int bond,
					 const struct facts_link *after)
{
	size_t i = after ? (size_t)(after - l->items) + 1 : 0;

	for (; i < l->n; i++)
		if (l->items[i].master == bond)
			return &l->items[i];
	return NULL;
}

static void tell(struct links *l, const struct facts_link *before, const struct facts_link *now,
		 int event, bool reconstructed)
{
	const struct links_change change = { before, now, event, reconstructed };

	l->changed(l->userdata, &change);
}

static void remove_link(struct links *l, int ifindex, bool reconstructed)
{
	size_t i = place_of(l, ifindex);
	struct facts_link before;

	if (i == l->n || l->items[i].ifindex != ifindex)
		return;
	before = l->items[i];
	l->n--;
	memmove(&l->items[i], &l->items[i + 1], (l->n - i) * sizeof(*l->items));
	tell(l, &before, NULL, 0, reconstructed);
}

static int put_link(struct links *l, const struct facts_link *link, int event, bool reconstructed)
{
	size_t i = place_of(l, link->ifindex);
	struct facts_link before, now;
	int r;

	if (i < l->n && l->items[i].ifindex == link->ifindex) {
		before = l->items[i];
		l->items[i] = now = *link;
		tell(l, &before, &now, event, reconstructed);
		return 0;
	}

	r = ARRAY_GROW(l);
	if (r < 0)
		return r;
	memmove(&l->items[i + 1], &l->items[i], (l->n - i) * sizeof(*l->items));
	l->items[i] = now = *link;
	l->n++;
	tell(l, NULL, &now, event, reconstructed);
	return 0;
}

static int by_ifindex(const void *a, const void *b)
{
	const struct facts_link *x = a, *y = b;

	return x->ifindex < y->ifindex ? -1 : x->ifindex > y->ifindex;
}

/*
 * Messages were lost: looks anew. Ports come before bonds, as in the kernel's own messages, so that
 * the cause of a switch can be seen when the bond is told.
 */
static int look_anew(struct links *l)
{
	_cleanup_free_ struct facts_link *links = NULL;
	size_t n;
	int r;

	log_notice("The kernel's messages came faster than they could be read, looking anew");
	r = link_dump(&links, &n);
	if (r < 0)
		return r;

	qsort(links, n, sizeof(*links), by_ifindex);

	for (size_t i = l->n; i-- > 0;)
		if (!bsearch(&l->items[i], links, n, sizeof(*links), by_ifindex))
			remove_link(l, l->items[i].ifindex, true);
	for (int bonds = 0; bonds <= 1; bonds++)
		for (size_t i = 0; i < n; i++)
			if (facts_is_bond(&links[i]) == (bonds == 1)) {
				r = put_link(l, &links[i], 0, true);
				if (r < 0)
					return r;
			}
	return 0;
}

static int take_messages(struct links *l)
{
	struct link_message message;
	bool lost = false;
	int r;

	for (int i = 0; i < MAX_AT_ONCE; i++) {
		r = link_watch_read(l->watch, &message);
		if (r == -ENOBUFS) {
			lost = true;
			continue;
		}
		if (r <= 0)
			break;
		if (lost)
			continue; /* the look that follows knows better */
		if (message.gone)
			remove_link(l, message.link.ifindex, false);
		else if (put_link(l, &message.link, message.event, false) < 0)
			return -ENOMEM;
	}
	if (lost)
		return look_anew(l);
	return r < 0 ? r : 0;
}

static int on_readable(sd_event_source *s _unused_, int fd _unused_, uint32_t events _unused_,
		       void *userdata)
{
	int r = take_messages(userdata);

	if (r < 0)
		log_error("Cannot follow the kernel's network devices: %s", strerror(-r));
	return r;
}

int links_new(sd_event *event, links_changed_fn changed, void *userdata, struct links **ret)
{
	_cleanup_(links_freep) struct links *l = NULL;
	int r;

	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->changed = changed;
	l->userdata = userdata;

	r = link_watch_open(&l->watch);
	if (r < 0)
		return r;
	r = link_dump(&l->items, &l->n);
	if (r < 0)
		return r;
	l->alloc = l->n;
	/* The kernel's order is not by ifindex. */
	if (l->n > 1)
		qsort(l->items, l->n, sizeof(*l->items), by_ifindex);

	r = sd_event_add_io(event, &l->source, link_watch_fd(l->watch), EPOLLIN, on_readable, l);
	if (r < 0)
		return r;
	/* A switch is told before anything else is done. */
	r = sd_event_source_set_priority(l->source, SD_EVENT_PRIORITY_IMPORTANT);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(l);
	return 0;
}

struct links *links_free(struct links *l)
{
	if (!l)
		return NULL;
	sd_event_source_unref(l->source);
	link_watch_close(l->watch);
	free(l->items);
	free(l);
	return NULL;
}
