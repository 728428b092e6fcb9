/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sa-watch.h"

#include <sys/epoll.h>

#include "log.h"
#include "names.h"

/* Messages taken at a time, so that many of them leave others their turn. */
#define MAX_AT_ONCE 256
/* And before they are looked at: as many as are kept for us, at the least. */
#define MAX_TO_CATCH_UP 20000

/* One message that makes no sense is passed over, a socket that gives nothing else is not. */
#define MAX_ERRORS 16

/* How long it is waited before the socket is opened anew; each time twice as long as before. */
#define MIN_WAIT_USEC UINT64_C(500000)
#define MAX_WAIT_USEC UINT64_C(60000000)

struct sa_watch {
	sd_event *event;
	sa_watch_told_t told;
	void *userdata;

	struct xfrm_watch *watch; /* NULL: it is waited, or it was given up */
	sd_event_source *source;
	sd_event_source *retry;
	uint64_t wait_usec;   /* the last wait; 0: the socket is well */
	uint64_t opened_usec; /* monotonic */
	bool said_again;      /* that it was opened anew, since it was well last */
};

static uint64_t now_usec(const struct sa_watch *w)
{
	uint64_t now;

	return sd_event_now(w->event, CLOCK_MONOTONIC, &now) < 0 ? 0 : now;
}

static void close_watch(struct sa_watch *w)
{
	w->source = sd_event_source_unref(w->source);
	w->watch = xfrm_watch_close(w->watch);
}

static void is_well(struct sa_watch *w)
{
	w->wait_usec = 0;
	w->said_again = false;
}

/* Where trying again would be in vain. */
static bool is_final(int error)
{
	return error == -EPERM || error == -EACCES || error == -EPROTONOSUPPORT ||
	       error == -EAFNOSUPPORT;
}

static void say_lost(const struct sa_watch *w, int error)
{
	static const char *const so = "a proof begins only with a failover, a change or a request";

	if (is_final(error))
		log_event(LOG_WARNING, MESSAGE_BLIND, NULL, 0,
			  "Cannot watch the kernel's SAs, %s: %s", so, strerror(-error));
	else if (w->wait_usec == MIN_WAIT_USEC)
		log_event(LOG_WARNING, MESSAGE_BLIND, NULL, 0,
			  "Cannot watch the kernel's SAs, trying again: until then %s: %s", so,
			  strerror(-error));
	else if (w->wait_usec == MAX_WAIT_USEC)
		log_event(LOG_ERR, MESSAGE_BLIND, NULL, 0,
			  "Still cannot watch the kernel's SAs, trying once a minute: until then "
			  "%s: %s",
			  so, strerror(-error));
}

static void lose(struct sa_watch *w, int error)
{
	uint64_t before = w->wait_usec;

	close_watch(w);
	w->wait_usec = before == 0 ? MIN_WAIT_USEC : before * 2;
	if (w->wait_usec > MAX_WAIT_USEC)
		w->wait_usec = MAX_WAIT_USEC;
	if (w->wait_usec != before || is_final(error))
		say_lost(w, error);
	if (is_final(error))
		return;
	(void)sd_event_source_set_time(w->retry, now_usec(w) + w->wait_usec);
	(void)sd_event_source_set_enabled(w->retry, SD_EVENT_ONESHOT);
}

/*
 * One that is well gives messages now and then, or is silent.
 *
 * Return: 1 when nothing more has been told; 0: there may be more; a negative errno when there are
 * only errors.
 */
static int take(struct sa_watch *w, int at_most)
{
	struct xfrm_message message;
	int errors = 0, r = 0;

	for (int k = 0; k < at_most && errors < MAX_ERRORS; k++) {
		r = xfrm_watch_read(w->watch, &message);
		if (r == 0)
			return 1;
		/* Once for those in a row: it costs a dump. */
		if (r > 0 || errors == 0)
			w->told(w->userdata, r > 0 ? &message : NULL);
		if (r > 0)
			is_well(w);
		errors = r > 0 ? 0 : errors + 1;
	}
	return errors == MAX_ERRORS ? r : 0;
}

static int take_or_lose(struct sa_watch *w, int at_most)
{
	int r = take(w, at_most);

	if (r >= 0)
		return r;
	/* What stood for long and fails once is no endless trouble. */
	if (now_usec(w) - w->opened_usec > MAX_WAIT_USEC)
		is_well(w);
	lose(w, r);
	return r;
}

static int on_readable(sd_event_source *s _unused_, int fd _unused_, uint32_t events _unused_,
		       void *userdata)
{
	(void)take_or_lose(userdata, MAX_AT_ONCE);
	return 0;
}

static int open_watch(struct sa_watch *w)
{
	int r;

	r = xfrm_watch_open(&w->watch);
	if (r >= 0)
		r = sd_event_add_io(w->event, &w->source, xfrm_watch_fd(w->watch), EPOLLIN,
				    on_readable, w);
	if (r >= 0)
		w->opened_usec = now_usec(w);
	return r;
}

static int on_retry(sd_event_source *s _unused_, uint64_t usec _unused_, void *userdata)
{
	struct sa_watch *w = userdata;
	int r = open_watch(w);

	if (r < 0) {
		lose(w, r);
		return 0;
	}
	if (!w->said_again)
		log_notice("The kernel's SAs are watched again");
	w->said_again = true;
	/* What came and went meanwhile nobody has told. */
	w->told(w->userdata, NULL);
	return 0;
}

int sa_watch_new(sd_event *event, sa_watch_told_t told, void *userdata, struct sa_watch **ret)
{
	_cleanup_(sa_watch_freep) struct sa_watch *w = NULL;
	int r;

	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->event = sd_event_ref(event);
	w->told = told;
	w->userdata = userdata;
	r = sd_event_add_time(event, &w->retry, CLOCK_MONOTONIC, UINT64_MAX, 0, on_retry, w);
	if (r >= 0)
		r = sd_event_source_set_enabled(w->retry, SD_EVENT_OFF);
	if (r < 0)
		return r;
	r = open_watch(w);
	if (r < 0)
		lose(w, r);
	*ret = TAKE_PTR(w);
	return 0;
}

struct sa_watch *sa_watch_free(struct sa_watch *w)
{
	if (!w)
		return NULL;
	close_watch(w);
	sd_event_source_unref(w->retry);
	sd_event_unref(w->event);
	free(w);
	return NULL;
}

bool sa_watch_catch_up(struct sa_watch *w)
{
	return w->watch && take_or_lose(w, MAX_TO_CATCH_UP) > 0;
}
