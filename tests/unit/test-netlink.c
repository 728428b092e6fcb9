/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <time.h>

#include "unit.h"

#include "message.h"
#include "netlink.h"

/*
 * The kernel is played here: the linker leads the calls below to these functions. What it will
 * send stands in a queue.
 */
#define SECRET "0123456789abcdef-a-key"

#define TYPE 0x30

struct datagram {
	uint8_t *bytes;
	size_t len;
	uint32_t from;
	int error; /* instead of a datagram */
};

static struct datagram queue[64];
static size_t queue_begin, queue_end;
static int64_t skipped_msec;
static uint32_t last_seq, our_port;
static size_t n_sent;
static void *last_buffer;
static size_t last_size;

/* Called with each request; queues the answer. */
static void (*answer)(void);

int __real_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_poll(struct pollfd *p, nfds_t n, int timeout);
ssize_t __wrap_sendto(int fd, const void *bytes, size_t len, int flags, const struct sockaddr *to,
		      socklen_t to_len);
ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags);

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	int r = __real_clock_gettime(clock, t);

	t->tv_sec += skipped_msec / 1000;
	return r;
}

int __wrap_poll(struct pollfd *p, nfds_t n, int timeout)
{
	(void)n;
	if (queue_begin < queue_end) {
		p->revents = POLLIN;
		return 1;
	}
	ck_assert_int_ge(timeout, 0); /* nobody waits for ever */
	skipped_msec += timeout + 1000;
	return 0;
}

ssize_t __wrap_sendto(int fd, const void *bytes, size_t len, int flags, const struct sockaddr *to,
		      socklen_t to_len)
{
	struct nlmsghdr h;

	(void)fd;
	(void)flags;
	(void)to;
	(void)to_len;
	ck_assert_uint_ge(len, sizeof(h));
	memcpy(&h, bytes, sizeof(h));
	ck_assert(h.nlmsg_flags & NLM_F_REQUEST);
	last_seq = h.nlmsg_seq;
	our_port = h.nlmsg_pid;
	n_sent++;
	if (answer)
		answer();
	return (ssize_t)len;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags)
{
	struct datagram *d = &queue[queue_begin];
	struct sockaddr_nl *from = m->msg_name;
	size_t room = m->msg_iov[0].iov_len;
	size_t len;

	(void)fd;
	if (queue_begin == queue_end) {
		errno = EAGAIN;
		return -1;
	}
	if (d->error) {
		queue_begin++;
		errno = d->error;
		return -1;
	}

	len = d->len < room ? d->len : room;
	if (len > 0)
		memcpy(m->msg_iov[0].iov_base, d->bytes, len);
	*from = (struct sockaddr_nl){ .nl_family = AF_NETLINK, .nl_pid = d->from };
	if (!(flags & MSG_PEEK)) {
		last_buffer = m->msg_iov[0].iov_base;
		last_size = len;
		free(d->bytes);
		queue_begin++;
	}
	return (ssize_t)d->len;
}

static void queue_bytes(const void *bytes, size_t len, uint32_t from)
{
	struct datagram *d = &queue[queue_end++];

	ck_assert_uint_lt(queue_end, ARRAY_SIZE(queue));
	*d = (struct datagram){ .bytes = malloc(len), .len = len, .from = from };
	ck_assert_ptr_nonnull(d->bytes);
	memcpy(d->bytes, bytes, len);
}

static void queue_error(int error)
{
	queue[queue_end++] = (struct datagram){ .error = error };
}

/* A message that answers the last request. */
static void make(struct message *m, uint16_t type, uint16_t flags, const void *payload, size_t size)
{
	message_begin(m, type, payload, size);
	m->header.nlmsg_flags = flags;
	m->header.nlmsg_seq = last_seq;
	m->header.nlmsg_pid = our_port;
}

static void say(uint16_t type, uint16_t flags, const void *payload, size_t size)
{
	struct message m;

	make(&m, type, flags, payload, size);
	queue_bytes(&m, m.header.nlmsg_len, 0);
}

static void say_error(int error)
{
	const struct nlmsgerr e = { .error = error };

	say(NLMSG_ERROR, 0, &e, sizeof(e));
}

static void say_secret(uint16_t flags)
{
	say(TYPE, flags, SECRET, sizeof(SECRET));
}

static void say_done(uint16_t flags, int error)
{
	say(NLMSG_DONE, NLM_F_MULTI | flags, &error, sizeof(error));
}

struct seen {
	unsigned int messages; /* since the last restart */
	unsigned int all;
	unsigned int restarts;
	int refuse;
};

static int see(const struct nlmsghdr *h, void *userdata)
{
	struct seen *s = userdata;

	ck_assert_uint_eq(h->nlmsg_type, TYPE);
	ck_assert_str_eq(NLMSG_DATA(h), SECRET);
	s->messages++;
	s->all++;
	return s->refuse;
}

static void restart(void *userdata)
{
	struct seen *s = userdata;

	s->messages = 0;
	s->restarts++;
}

static struct netlink *nl;
static struct nl_msg *m;

static void begin(void (*with)(void))
{
	/* A family that any kernel has; nothing is really sent. */
	ck_assert_int_eq(netlink_open(NETLINK_ROUTE, &nl), 0);
	m = nlmsg_alloc_simple(TYPE, 0);
	ck_assert_ptr_nonnull(m);
	answer = with;
}

static void end(void)
{
	nlmsg_free(m);
	nl = netlink_close(nl);
	while (queue_begin < queue_end)
		free(queue[queue_begin++].bytes);
}

static void assert_wiped(void)
{
	const uint8_t *p = last_buffer;

	ck_assert_ptr_nonnull(p);
	for (size_t i = 0; i < last_size; i++)
		ck_assert_uint_eq(p[i], 0);
}

static void secret_and_yes(void)
{
	say_secret(0);
	say_error(0);
}

START_TEST(an_answer_ends_with_its_acknowledgement)
{
	struct seen s = { 0 };

	begin(secret_and_yes);
	ck_assert_int_eq(netlink_request(nl, m, see, &s), 0);
	ck_assert_uint_eq(s.messages, 1);
	assert_wiped();
	end();
}
END_TEST

static void no(void)
{
	say_error(-EPERM);
}

START_TEST(the_kernels_refusal_is_handed_up)
{
	begin(no);
	ck_assert_int_eq(netlink_request(nl, m, NULL, NULL), -EPERM);
	end();
}
END_TEST

START_TEST(silence_is_waited_for_no_longer_than_the_limit)
{
	begin(NULL);
	ck_assert_int_eq(netlink_request(nl, m, NULL, NULL), -ETIMEDOUT);
	ck_assert_int_le(skipped_msec, NETLINK_TIMEOUT_MSEC + 2000);
	end();
}
END_TEST

static void secrets_without_end(void)
{
	for (int i = 0; i < 3; i++)
		say_secret(NLM_F_MULTI);
}

START_TEST(an_answer_without_its_end_is_no_answer)
{
	struct seen s = { 0 };

	begin(secrets_without_end);
	ck_assert_int_eq(netlink_dump(nl, m, see, restart, &s), -ETIMEDOUT);
	assert_wiped();
	end();
}
END_TEST

START_TEST(a_refusing_callback_ends_the_call_and_leaves_no_secret)
{
	struct seen s = { .refuse = -EILSEQ };

	begin(secret_and_yes);
	ck_assert_int_eq(netlink_request(nl, m, see, &s), -EILSEQ);
	assert_wiped();
	end();
}
END_TEST

/* The first three attempts are disturbed: at the first message, the last, the end. */
static void disturbed_thrice(void)
{
	say_secret(NLM_F_MULTI | (n_sent == 1 ? NLM_F_DUMP_INTR : 0));
	say_secret(NLM_F_MULTI | (n_sent == 2 ? NLM_F_DUMP_INTR : 0));
	say_done(n_sent == 3 ? NLM_F_DUMP_INTR : 0, 0);
}

START_TEST(a_disturbed_dump_is_done_again_from_the_beginning)
{
	struct seen s = { 0 };

	begin(disturbed_thrice);
	ck_assert_int_eq(netlink_dump(nl, m, see, restart, &s), 0);
	ck_assert_uint_eq(s.restarts, 4);
	ck_assert_uint_eq(s.messages, 2);
	ck_assert_uint_eq(s.all, 0 + 1 + 2 + 2); /* none is told once it is known to be useless */
	assert_wiped();
	end();
}
END_TEST

static void always_disturbed(void)
{
	say_secret(NLM_F_MULTI);
	say_done(NLM_F_DUMP_INTR, 0);
}

START_TEST(a_dump_that_is_always_disturbed_is_given_up)
{
	struct seen s = { 0 };

	begin(always_disturbed);
	ck_assert_int_eq(netlink_dump(nl, m, see, restart, &s), -EAGAIN);
	ck_assert_uint_eq(s.restarts, NETLINK_DUMP_TRIES);
	end();
}
END_TEST

static void broken_off(void)
{
	say_secret(NLM_F_MULTI);
	say_done(0, -ENOMEM);
}

START_TEST(a_dump_that_the_kernel_breaks_off_is_an_error)
{
	struct seen s = { 0 };

	begin(broken_off);
	ck_assert_int_eq(netlink_dump(nl, m, see, restart, &s), -ENOMEM);
	end();
}
END_TEST

static void old_kernels_end(void)
{
	say_secret(NLM_F_MULTI);
	say(NLMSG_DONE, NLM_F_MULTI, NULL, 0);
}

START_TEST(the_end_of_a_dump_need_not_tell_an_error)
{
	struct seen s = { 0 };

	begin(old_kernels_end);
	ck_assert_int_eq(netlink_dump(nl, m, see, restart, &s), 0);
	ck_assert_uint_eq(s.messages, 1);
	end();
}
END_TEST

static void others_first(void)
{
	struct message o;

	make(&o, NLMSG_ERROR, 0, "\0\0\0\0", 4); /* of an earlier request */
	o.header.nlmsg_seq--;
	queue_bytes(&o, o.header.nlmsg_len, 0);
	make(&o, NLMSG_ERROR, 0, "\0\0\0\0", 4); /* for another socket */
	o.header.nlmsg_pid++;
	queue_bytes(&o, o.header.nlmsg_len, 0);
	make(&o, NLMSG_ERROR, 0, "\0\0\0\0", 4); /* a forged one */
	queue_bytes(&o, o.header.nlmsg_len, 4711);
	say(NLMSG_NOOP, 0, NULL, 0);
	say_secret(0);
	say_error(0);
}

START_TEST(only_the_kernels_answer_to_this_request_counts)
{
	struct seen s = { 0 };

	begin(others_first);
	ck_assert_int_eq(netlink_request(nl, m, see, &s), 0);
	ck_assert_uint_eq(s.messages, 1);
	end();
}
END_TEST

static void cut_off(void)
{
	struct message o;

	make(&o, TYPE, 0, SECRET, sizeof(SECRET));
	queue_bytes(&o, o.header.nlmsg_len - 5, 0);
}

START_TEST(a_message_that_is_cut_off_is_malformed)
{
	begin(cut_off);
	ck_assert_int_eq(netlink_request(nl, m, see, NULL), -EBADMSG);
	assert_wiped();
	end();
}
END_TEST

static void an_error_without_a_number(void)
{
	say(NLMSG_ERROR, 0, NULL, 0);
}

START_TEST(an_acknowledgement_without_a_number_is_malformed)
{
	begin(an_error_without_a_number);
	ck_assert_int_eq(netlink_request(nl, m, NULL, NULL), -EBADMSG);
	end();
}
END_TEST

static size_t large;

static void something_large(void)
{
	struct nlmsghdr *h = calloc(1, large);

	ck_assert_ptr_nonnull(h);
	h->nlmsg_len = (uint32_t)large;
	h->nlmsg_type = TYPE;
	h->nlmsg_seq = last_seq;
	h->nlmsg_pid = our_port;
	strcpy(NLMSG_DATA(h), SECRET);
	queue_bytes(h, large, 0);
	free(h);
	say_error(0);
}

START_TEST(the_buffer_grows_with_the_message_up_to_a_limit)
{
	struct seen s = { 0 };

	large = 300000;
	begin(something_large);
	ck_assert_int_eq(netlink_request(nl, m, see, &s), 0);
	ck_assert_uint_eq(s.messages, 1);
	end();

	large = 5 * 1024 * 1024;
	begin(something_large);
	ck_assert_int_eq(netlink_request(nl, m, see, &s), -EMSGSIZE);
	end();
}
END_TEST

START_TEST(a_request_is_given_up_when_the_socket_fails)
{
	begin(NULL);
	queue_error(ENOBUFS);
	ck_assert_int_eq(netlink_request(nl, m, NULL, NULL), -ENOBUFS);
	end();
}
END_TEST

static int take(const struct nlmsghdr *h, void *userdata)
{
	unsigned int *n = userdata;

	if (h->nlmsg_type != TYPE)
		return -ENOMSG;
	if (NLMSG_PAYLOAD(h, 0) < sizeof(SECRET))
		return -EBADMSG;
	(*n)++;
	return 0;
}

START_TEST(a_watch_hands_over_one_message_at_a_time)
{
	static const unsigned int none[] = { 0 };
	struct message o[2];
	unsigned int n = 0;
	uint8_t both[2 * sizeof(struct message)];
	size_t len = 0;

	ck_assert_int_eq(netlink_watch(NETLINK_ROUTE, none, 65536, &nl), 0);
	ck_assert_int_eq(netlink_next(nl, take, &n), 0);

	for (size_t i = 0; i < ARRAY_SIZE(o); i++) {
		make(&o[i], TYPE, 0, SECRET, sizeof(SECRET));
		memcpy(both + len, &o[i], o[i].header.nlmsg_len);
		len += o[i].header.nlmsg_len;
	}
	queue_bytes(&o[0], o[0].header.nlmsg_len, 99); /* a stranger's */
	queue_bytes(both, len, 0);
	say(TYPE + 1, 0, SECRET, sizeof(SECRET)); /* of no interest */
	say_secret(0);

	ck_assert_int_eq(netlink_next(nl, take, &n), 1);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(netlink_next(nl, take, &n), 1);
	ck_assert_uint_eq(n, 2);
	assert_wiped();
	ck_assert_int_eq(netlink_next(nl, take, &n), 1);
	ck_assert_uint_eq(n, 3);
	assert_wiped();
	ck_assert_int_eq(netlink_next(nl, take, &n), 0);
	ck_assert_uint_eq(n, 3);
	nl = netlink_close(nl);
}
END_TEST

START_TEST(a_watch_reports_a_loss_once_and_goes_on)
{
	static const unsigned int none[] = { 0 };
	unsigned int n = 0;

	ck_assert_int_eq(netlink_watch(NETLINK_ROUTE, none, 65536, &nl), 0);
	queue_error(ENOBUFS);
	say_secret(0);
	ck_assert_int_eq(netlink_next(nl, take, &n), -ENOBUFS);
	ck_assert_int_eq(netlink_next(nl, take, &n), 1);
	ck_assert_int_eq(netlink_next(nl, take, &n), 0);
	nl = netlink_close(nl);
}
END_TEST

START_TEST(a_watch_does_not_stumble_for_ever_over_a_message_without_room)
{
	static const unsigned int none[] = { 0 };
	unsigned int n = 0;

	ck_assert_int_eq(netlink_watch(NETLINK_ROUTE, none, 65536, &nl), 0);
	large = 5 * 1024 * 1024;
	something_large();
	say_secret(0);
	ck_assert_int_eq(netlink_next(nl, take, &n), -EMSGSIZE);
	ck_assert_int_eq(netlink_next(nl, take, &n), 1);
	ck_assert_int_eq(netlink_next(nl, take, &n), 0);
	nl = netlink_close(nl);
}
END_TEST

START_TEST(a_malformed_message_does_not_end_a_watch)
{
	static const unsigned int none[] = { 0 };
	struct message o;
	unsigned int n = 0;

	ck_assert_int_eq(netlink_watch(NETLINK_ROUTE, none, 65536, &nl), 0);
	say(TYPE, 0, "x", 1);
	make(&o, TYPE, 0, SECRET, sizeof(SECRET));
	o.header.nlmsg_len += 4;
	queue_bytes(&o, o.header.nlmsg_len - 4, 0);
	say_secret(0);
	ck_assert_int_eq(netlink_next(nl, take, &n), -EBADMSG);
	ck_assert_int_eq(netlink_next(nl, take, &n), -EBADMSG);
	assert_wiped();
	ck_assert_int_eq(netlink_next(nl, take, &n), 1);
	ck_assert_uint_eq(n, 1);
	nl = netlink_close(nl);
}
END_TEST

/* ---- each datagram of an answer, struck in turn ---- */

enum strike {
	STRIKE_FAILS,
	STRIKE_LATE, /* it and those behind it come with the next answer */
	STRIKE_TWICE,
	STRIKE_NEVER
};

enum {
	N_SECRETS = 3,
	N_DATAGRAMS = N_SECRETS + 1
};

static enum strike strike;
static size_t struck; /* which, of the first answer */
static struct datagram held[N_DATAGRAMS];
static size_t n_held;

static void strike_datagram(size_t i)
{
	struct datagram *d = &queue[i];

	switch (strike) {
	case STRIKE_FAILS:
		free(d->bytes);
		*d = (struct datagram){ .error = EIO };
		break;
	case STRIKE_LATE:
		for (; i < queue_end; i++)
			held[n_held++] = queue[i];
		queue_end -= n_held;
		break;
	case STRIKE_TWICE:
		memmove(d + 1, d, (queue_end - i) * sizeof(*d));
		queue_end++;
		d->bytes = malloc(d->len);
		ck_assert_ptr_nonnull(d->bytes);
		memcpy(d->bytes, d[1].bytes, d->len);
		break;
	case STRIKE_NEVER:
		free(d->bytes);
		queue_end--;
		memmove(d, d + 1, (queue_end - i) * sizeof(*d));
		break;
	}
}

static void secrets_that_are_struck(void)
{
	size_t first;

	for (size_t i = 0; i < n_held; i++)
		queue[queue_end++] = held[i];
	n_held = 0;
	first = queue_end;
	for (int i = 0; i < N_SECRETS; i++)
		say_secret(NLM_F_MULTI);
	say_done(0, 0);
	if (n_sent == 1)
		strike_datagram(first + struck);
}

/* What the first dump says, by what was struck. */
static void expect_first(int r)
{
	bool end = struck == N_SECRETS;

	if (strike == STRIKE_FAILS)
		ck_assert_int_eq(r, -EIO);
	else if (strike == STRIKE_LATE || (strike == STRIKE_NEVER && end))
		ck_assert_int_eq(r, -ETIMEDOUT);
	else
		ck_assert_int_eq(r, 0);
}

START_TEST(whichever_part_of_an_answer_is_struck_the_next_request_gets_its_own)
{
	for (strike = STRIKE_FAILS; strike <= STRIKE_NEVER; strike++)
		for (struck = 0; struck < N_DATAGRAMS; struck++) {
			struct seen s = { 0 };

			n_sent = 0;
			begin(secrets_that_are_struck);
			expect_first(netlink_dump(nl, m, see, restart, &s));
			ck_assert_int_eq(netlink_dump(nl, m, see, restart, &s), 0);
			ck_assert_uint_eq(s.messages, N_SECRETS);
			end();
			queue_begin = queue_end = 0;
		}
}
END_TEST

UNIT_MAIN("netlink", an_answer_ends_with_its_acknowledgement, the_kernels_refusal_is_handed_up,
	  silence_is_waited_for_no_longer_than_the_limit, an_answer_without_its_end_is_no_answer,
	  a_refusing_callback_ends_the_call_and_leaves_no_secret,
	  a_disturbed_dump_is_done_again_from_the_beginning,
	  a_dump_that_is_always_disturbed_is_given_up,
	  a_dump_that_the_kernel_breaks_off_is_an_error, the_end_of_a_dump_need_not_tell_an_error,
	  only_the_kernels_answer_to_this_request_counts, a_message_that_is_cut_off_is_malformed,
	  an_acknowledgement_without_a_number_is_malformed,
	  the_buffer_grows_with_the_message_up_to_a_limit,
	  a_request_is_given_up_when_the_socket_fails, a_watch_hands_over_one_message_at_a_time,
	  a_watch_reports_a_loss_once_and_goes_on,
	  a_watch_does_not_stumble_for_ever_over_a_message_without_room,
	  a_malformed_message_does_not_end_a_watch,
	  whichever_part_of_an_answer_is_struck_the_next_request_gets_its_own)
