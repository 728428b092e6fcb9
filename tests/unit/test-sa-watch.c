/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sa-watch.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "simulated-clock.h"
#include "unit.h"

/* ---- a socket that the test plays; the event loop sees something waiting until all is read ----
 */

static struct {
	int error;    /* with which each read fails, for as long as this is there; 0: none */
	int n_errors; /* so many reads fail, and no more; -1: all */
	int n_messages;
	int open_error;
	int n_opened, n_closed, n_reads;
} socket_;

struct xfrm_watch {
	int fd;
};

int xfrm_watch_open(struct xfrm_watch **ret)
{
	if (socket_.open_error)
		return socket_.open_error;
	*ret = calloc(1, sizeof(**ret));
	ck_assert_ptr_nonnull(*ret);
	(*ret)->fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert_int_ge((*ret)->fd, 0);
	socket_.n_opened++;
	return 0;
}

struct xfrm_watch *xfrm_watch_close(struct xfrm_watch *w)
{
	if (!w)
		return NULL;
	close(w->fd);
	free(w);
	socket_.n_closed++;
	return NULL;
}

int xfrm_watch_fd(const struct xfrm_watch *w)
{
	return w->fd;
}

int xfrm_watch_read(struct xfrm_watch *w, struct xfrm_message *ret)
{
	eventfd_t n;

	socket_.n_reads++;
	if (socket_.n_errors != 0) {
		socket_.n_errors -= socket_.n_errors > 0;
		return socket_.error;
	}
	if (socket_.n_messages > 0) {
		socket_.n_messages--;
		*ret = (struct xfrm_message){ .change = XFRM_ADDED };
		return 1;
	}
	(void)eventfd_read(w->fd, &n);
	return 0;
}

/* ---- who listens ---- */

static sd_event *event;
static struct sa_watch *watch;
static int n_told, n_lost;

static void on_told(void *userdata _unused_, const struct xfrm_message *message)
{
	if (message)
		n_told++;
	else
		n_lost++;
}

static void begin(void)
{
	memset(&socket_, 0, sizeof(socket_));
	n_told = n_lost = 0;
	ck_assert_int_ge(sd_event_new(&event), 0);
}

static void listen_to_it(void)
{
	ck_assert_int_eq(sa_watch_new(event, on_told, NULL, &watch), 0);
}

static void end(void)
{
	watch = sa_watch_free(watch);
	event = sd_event_unref(event);
	clock_return();
	ck_assert_int_eq(socket_.n_opened, socket_.n_closed);
}

static int on_time(sd_event_source *s _unused_, uint64_t usec _unused_, void *userdata)
{
	*(bool *)userdata = true;
	return 0;
}

/* How often the loop turned in that time. */
static int turns_in(uint64_t usec)
{
	sd_event_source *timer;
	bool over = false;
	int n = 0;

	ck_assert_int_ge(sd_event_add_time(event, &timer, CLOCK_MONOTONIC, clock_usec() + usec, 1,
					   on_time, &over),
			 0);
	for (; !over; n++) {
		ck_assert_int_lt(n, 100000);
		ck_assert_int_ge(sd_event_run(event, UINT64_MAX), 0);
	}
	sd_event_source_unref(timer);
	return n;
}

#define SECONDS(n) ((n)*UINT64_C(1000000))

START_TEST(what_the_kernel_tells_is_told)
{
	begin();
	listen_to_it();
	socket_.n_messages = 1000;
	turns_in(SECONDS(1));
	ck_assert_int_eq(n_told, 1000);
	socket_.n_messages = 1000;
	ck_assert(sa_watch_catch_up(watch));
	ck_assert_int_eq(n_told, 2000);
	ck_assert_int_eq(n_lost, 0);
	end();
}
END_TEST

START_TEST(lost_messages_and_a_malformed_one_are_told_once_and_nothing_is_closed)
{
	static const int errors[] = { -ENOBUFS, -EBADMSG };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		begin();
		listen_to_it();
		socket_.error = errors[i];
		socket_.n_errors = 1;
		socket_.n_messages = 3;
		turns_in(SECONDS(300));
		ck_assert_int_eq(n_lost, 1);
		ck_assert_int_eq(n_told, 3);
		ck_assert_int_eq(socket_.n_opened, 1);
		end();
	}
}
END_TEST

/* In an hour: some half minutes of doubling, and once a minute from then on. */
START_TEST(a_socket_that_gives_nothing_but_errors_keeps_nobody_busy)
{
	static const int errors[] = { -EIO, -ENOBUFS };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		begin();
		listen_to_it();
		socket_.error = errors[i];
		socket_.n_errors = -1;
		ck_assert_int_lt(turns_in(SECONDS(3600)), 200);
		ck_assert_int_gt(socket_.n_opened, 50);
		ck_assert_int_lt(socket_.n_opened, 80);
		ck_assert_int_lt(socket_.n_reads, 80 * 20);
		/* Of each there are two: that it fails, and what is not known when it is opened. */
		ck_assert_int_le(n_lost, 2 * socket_.n_opened);
		end();
	}
}
END_TEST

START_TEST(one_that_comes_back_is_believed_after_a_look_at_everything)
{
	begin();
	listen_to_it();
	socket_.error = -EIO;
	socket_.n_errors = -1;
	turns_in(SECONDS(4));
	ck_assert(!sa_watch_catch_up(watch));
	socket_.n_errors = 0;
	n_lost = 0;
	turns_in(SECONDS(10));
	ck_assert_int_eq(n_lost, 1);
	ck_assert(sa_watch_catch_up(watch));
	socket_.n_messages = 2;
	ck_assert(sa_watch_catch_up(watch));
	ck_assert_int_eq(n_told, 2);
	ck_assert_int_eq(n_lost, 1);

	/* It is well: the next fault is no longer one of many, and mended soon. */
	socket_.n_errors = 16;
	ck_assert(!sa_watch_catch_up(watch));
	ck_assert(!sa_watch_catch_up(watch));
	turns_in(SECONDS(1));
	ck_assert(sa_watch_catch_up(watch));
	end();
}
END_TEST

START_TEST(one_that_cannot_be_opened_is_tried_again_or_given_up)
{
	static const struct {
		int error;
		bool comes;
	} rows[] = {
		{ -EMFILE, true },
		{ -ENOMEM, true },
		{ -EPERM, false },
		{ -EPROTONOSUPPORT, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		socket_.open_error = rows[i].error;
		listen_to_it();
		ck_assert(!sa_watch_catch_up(watch));
		if (!rows[i].comes) /* and nobody wakes up for it */
			ck_assert_int_eq(turns_in(SECONDS(600)), 1);
		socket_.open_error = 0;
		turns_in(SECONDS(600));
		ck_assert(sa_watch_catch_up(watch) == rows[i].comes);
		ck_assert_int_eq(n_lost, rows[i].comes);
		end();
	}
}
END_TEST

UNIT_MAIN("sa-watch", what_the_kernel_tells_is_told,
	  lost_messages_and_a_malformed_one_are_told_once_and_nothing_is_closed,
	  a_socket_that_gives_nothing_but_errors_keeps_nobody_busy,
	  one_that_comes_back_is_believed_after_a_look_at_everything,
	  one_that_cannot_be_opened_is_tried_again_or_given_up)
