/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "links.h"

#include <sys/epoll.h>

#include "array.h"
#include "log.h"
#include "names.h"

/* How many messages are taken at a time, so that a storm of them leaves others their turn. */
#define MAX_AT_ONCE 256

/* A drain ends here, should the messages come faster than they are thrown away. */
#define MAX_DRAINED 1000000
/* One message that makes no sense is passed over, a socket that gives nothing else is not. */
#define MAX_ERRORS 16

/* How often a look is taken again because something changed while it was taken. */
#define MAX_LOOKS 10

/*
 * A look that failed is tried again after this, and each time after twice as long as before, up to
 * the longer one.
 */
#define RETRY_USEC     UINT64_C(500000)
#define MAX_RETRY_USEC UINT64_C(8000000)

struct links {
	struct facts_link *items; /* by ifindex, ascending */
	size_t n, alloc;

	struct link_watch *watch;
	sd_event_source *source;
	sd_event_source *retry;
	bool lost;          /* messages were: what is told next comes from a fresh look */
	uint64_t wait_usec; /* the last wait for one that failed; 0: the last one came through */
	bool blind;         /* it was told that they are not followed */
	links_changed_fn changed;
	links_followed_fn followed;
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

/* Throws away what waits. Return: 1 when something did; 0; a negative errno when that fails. */
static int drain(struct links *l)
{
	struct link_message message;
	int r, any = 0, errors = 0;

	for (int i = 0; i < MAX_DRAINED; i++) {
		r = link_watch_read(l->watch, &message);
		if (r == 0)
			break;
		any = 1;
		errors = r < 0 ? errors + 1 : 0;
		if (errors == MAX_ERRORS)
			return r;
	}
	return any;
}

/*
 * All devices, by ifindex. A message that was sent before the dump must not be taken after it: it
 * would tell an old state as if it were new. So the messages go on from a dump only where none came
 * while it was taken.
 *
 * Return: 0; 1 in a storm that does not end: this is how things stood at the last dump, and no
 * message is to be taken before another look; a negative errno.
 */
static int look(struct links *l, struct facts_link **ret, size_t *ret_n)
{
	struct facts_link *links;
	size_t n;
	int r;

	for (int i = 1;; i++) {
		r = link_dump(&links, &n);
		if (r < 0)
			return r;
		r = drain(l);
		if (r == 0 || (r > 0 && i == MAX_LOOKS))
			break;
		free(links);
		if (r < 0)
			return r;
	}
	/* The kernel's order is not by ifindex. */
	if (n > 1)
		qsort(links, n, sizeof(*links), by_ifindex);
	*ret = links;
	*ret_n = n;
	return r;
}

static void try_in(struct links *l, uint64_t usec)
{
	uint64_t now;

	if (sd_event_now(sd_event_source_get_event(l->retry), CLOCK_MONOTONIC, &now) < 0)
		return;
	(void)sd_event_source_set_time(l->retry, now + usec);
	(void)sd_event_source_set_enabled(l->retry, SD_EVENT_ONESHOT);
}

/*
 * Messages were lost: looks anew. Ports come before bonds, as in the kernel's own messages, so that
 * the cause of a switch can be seen when the bond is told. In a storm only such looks are followed,
 * each newer than the one before, until one of them comes through.
 */
static int look_anew(struct links *l)
{
	_cleanup_free_ struct facts_link *links = NULL;
	size_t n;
	int r;

	r = look(l, &links, &n);
	if (r < 0)
		return r;
	l->lost = r > 0;
	if (l->lost)
		try_in(l, RETRY_USEC);

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
	int r;

	for (int i = 0; i < MAX_AT_ONCE; i++) {
		r = link_watch_read(l->watch, &message);
		if (r <= 0)
			return r;
		if (message.gone)
			remove_link(l, message.link.ifindex, false);
		else if (put_link(l, &message.link, message.event, false) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int on_readable(sd_event_source *s, int fd, uint32_t events, void *userdata);

static int listen_to_watch(struct links *l)
{
	int r;

	r = sd_event_add_io(sd_event_source_get_event(l->retry), &l->source,
			    link_watch_fd(l->watch), EPOLLIN, on_readable, l);
	/* A switch is told before anything else is done. */
	if (r >= 0)
		r = sd_event_source_set_priority(l->source, SD_EVENT_PRIORITY_IMPORTANT);
	return r;
}

/* A socket that gives nothing but errors may be the only thing that is wrong. */
static int open_anew(struct links *l)
{
	int r;

	l->source = sd_event_source_unref(l->source);
	l->watch = link_watch_close(l->watch);
	r = link_watch_open(&l->watch);
	return r < 0 ? r : listen_to_watch(l);
}

static void tell_followed(struct links *l, bool followed)
{
	if (l->blind != followed)
		return;
	l->blind = !followed;
	if (l->followed)
		l->followed(l->userdata, followed);
}

/* Nobody is woken meanwhile by a socket that cannot be read. */
static void try_later(struct links *l, int error)
{
	uint64_t before = l->wait_usec;

	l->wait_usec = before == 0 ? RETRY_USEC : before * 2;
	if (l->wait_usec > MAX_RETRY_USEC)
		l->wait_usec = MAX_RETRY_USEC;
	if (before == 0)
		log_event(LOG_ERR, MESSAGE_BLIND, NULL, 0,
			  "Cannot follow the kernel's network devices, trying again: %s",
			  strerror(-error));
	else if (l->wait_usec != before && l->wait_usec == MAX_RETRY_USEC)
		log_event(LOG_ERR, MESSAGE_BLIND, NULL, 0,
			  "Still cannot follow the kernel's network devices, and no failover is "
			  "seen; trying on: %s",
			  strerror(-error));
	l->lost = true;
	if (l->source)
		(void)sd_event_source_set_enabled(l->source, SD_EVENT_OFF);
	try_in(l, l->wait_usec);
	if (l->wait_usec == MAX_RETRY_USEC)
		tell_followed(l, false);
}

/* Whatever went wrong, the table is not to be trusted before a look has come through. */
static void recover(struct links *l)
{
	int r;

	l->lost = true;
	r = l->source ? drain(l) : -ENOTCONN;
	if (r < 0)
		r = open_anew(l);
	if (r >= 0)
		r = look_anew(l);
	if (r < 0) {
		try_later(l, r);
		return;
	}
	if (l->wait_usec > 0)
		log_notice("The kernel's network devices are followed again");
	l->wait_usec = 0;
	(void)sd_event_source_set_enabled(l->source, SD_EVENT_ON);
	tell_followed(l, true);
}

static int on_readable(sd_event_source *s, int fd _unused_, uint32_t events _unused_,
		       void *userdata)
{
	struct links *l = userdata;
	int r;

	if (l->lost) { /* a look is due */
		if (drain(l) < 0)
			(void)sd_event_source_set_enabled(s, SD_EVENT_OFF);
		return 0;
	}
	r = take_messages(l);
	if (r == -ENOBUFS)
		log_notice("The kernel's messages came faster than they could be read, looking "
			   "anew");
	if (r < 0)
		recover(l);
	return 0;
}

static int on_retry(sd_event_source *s _unused_, uint64_t usec _unused_, void *userdata)
{
	recover(userdata);
	return 0;
}

static int add_sources(struct links *l, sd_event *event)
{
	int r;

	r = sd_event_add_time(event, &l->retry, CLOCK_MONOTONIC, 0, 0, on_retry, l);
	if (r >= 0)
		r = sd_event_source_set_enabled(l->retry, SD_EVENT_OFF);
	return r < 0 ? r : listen_to_watch(l);
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
	r = look(l, &l->items, &l->n);
	if (r < 0)
		return r;
	l->alloc = l->n;
	l->lost = r > 0;
	r = add_sources(l, event);
	if (r < 0)
		return r;
	if (l->lost)
		try_in(l, RETRY_USEC);

	*ret = TAKE_PTR(l);
	return 0;
}

void links_tell_followed(struct links *l, links_followed_fn fn)
{
	l->followed = fn;
}

bool links_are_followed(const struct links *l)
{
	return !l->blind;
}

struct links *links_free(struct links *l)
{
	if (!l)
		return NULL;
	sd_event_source_unref(l->source);
	sd_event_source_unref(l->retry);
	link_watch_close(l->watch);
	free(l->items);
	free(l);
	return NULL;
}
