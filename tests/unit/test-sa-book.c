/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <netinet/in.h>

#include "fake-kernel.h"
#include "sa-book.h"
#include "unit.h"

/* The bonds' ifindexes in the kernel that the test plays. */
enum {
	BOND0 = 10,
	BOND1 = 20
};

static struct sa_book *book;
static struct conn_ends conns[2];
static size_t n_read, n_of_nobody, n_offloaded;
static uint64_t packets;

static void set_up(void)
{
	kernel_begin(2);
	kernel_has_strangers(200);
	ck_assert_int_eq(sa_book_new(&book), 0);
	for (size_t i = 0; i < 2; i++)
		conns[i] = (struct conn_ends){ .local = kernel_local(i), .remote = kernel_peer(i) };
}

static void tear_down(void)
{
	book = sa_book_free(book);
	kernel_end();
}

static int count(const struct facts_sa *sa, const struct conn_ends *conn, void *userdata _unused_)
{
	n_read++;
	n_of_nobody += !conn;
	n_offloaded += sa->offload_link != FACTS_NO_LINK;
	packets += sa->packets;
	return 0;
}

static void hear(void)
{
	struct xfrm_message message;
	int r;

	while ((r = kernel_tells_of_sas(&message)) != 0)
		if (r > 0)
			sa_book_take(book, &message);
		else
			sa_book_forget(book);
}

static void read_of(int bond)
{
	n_read = n_of_nobody = n_offloaded = 0;
	packets = 0;
	ck_assert_int_eq(sa_book_read(book, bond, conns, 1, count, NULL), 0);
}

/* Whether so many are read, and each asked for, or all dumped. */
static void expect(size_t n, bool asked)
{
	size_t before = kernel_n_asked_for();

	hear();
	read_of(BOND0);
	ck_assert_uint_eq(n_read, n);
	ck_assert_uint_eq(kernel_n_asked_for() - before, asked);
}

START_TEST(after_one_dump_each_of_the_few_is_asked_for)
{
	set_up();
	expect(2, false);
	expect(2, true);
	kernel_carries(0, 5, 5);
	expect(2, true);
	ck_assert_uint_eq(packets, 10);
	tear_down();
}
END_TEST

START_TEST(of_few_in_all_a_dump_is_cheaper)
{
	set_up();
	kernel_has_strangers(0);
	expect(2, false);
	expect(2, false);
	tear_down();
}
END_TEST

START_TEST(new_ones_are_heard_of_and_those_that_went_are_missed)
{
	set_up();
	expect(2, false);
	kernel_rekeys(0);
	expect(2, true);
	kernel_has_sas_in_software();
	expect(4, true);
	ck_assert_uint_eq(n_offloaded, 2);
	kernel_flushes_sas(0); /* without a word */
	expect(0, true);
	kernel_sets_bond(0, true);
	expect(0, true);
	tear_down();
}
END_TEST

static struct xfrm_message added(uint32_t spi, struct facts_ip source, struct facts_ip destination,
				 int offload_link)
{
	return (struct xfrm_message){ .change = XFRM_ADDED,
				      .spi = spi,
				      .proto = IPPROTO_ESP,
				      .source = source,
				      .destination = destination,
				      .offload_link = offload_link };
}

START_TEST(what_is_told_twice_is_read_once)
{
	const struct xfrm_message first = added(0x1000, kernel_local(0), kernel_peer(0), BOND0);

	set_up();
	expect(2, false);
	sa_book_take(book, &first);
	sa_book_take(book, &first);
	expect(2, true);
	tear_down();
}
END_TEST

START_TEST(others_matter_by_their_offload_alone)
{
	const struct xfrm_message other = added(0x1010, kernel_local(1), kernel_peer(1), BOND1);
	size_t before;

	set_up();
	expect(2, false);
	before = kernel_n_dumps();
	sa_book_take(book, &other);
	expect(2, true);
	ck_assert_uint_eq(kernel_n_dumps(), before + 1);

	/* And those of the other bond, seen from there. */
	read_of(BOND1);
	ck_assert_uint_eq(n_read, 4);
	ck_assert_uint_eq(n_of_nobody, 2);
	kernel_rekeys(1);
	hear();
	before = kernel_n_asked_for();
	read_of(BOND1);
	ck_assert_uint_eq(kernel_n_asked_for(), before + 1);
	ck_assert_uint_eq(n_of_nobody, 2);
	tear_down();
}
END_TEST

START_TEST(where_something_was_missed_there_is_a_dump)
{
	const struct xfrm_message moved = { .change = XFRM_MIGRATED };
	struct xfrm_message marked = added(0x1000, kernel_local(0), kernel_peer(0), BOND0);

	set_up();
	expect(2, false);
	expect(2, true);
	kernel_rekeys(0);
	kernel_loses_sa_messages();
	expect(2, false);
	expect(2, true);
	sa_book_take(book, &moved);
	expect(2, false);
	expect(2, true);
	/* The kernel finds it by its mark alone, which is not known. */
	marked.marked = true;
	sa_book_take(book, &marked);
	expect(2, false);
	tear_down();
}
END_TEST

START_TEST(after_a_failure_there_is_a_dump)
{
	set_up();
	expect(2, false);
	for (int asked = 1; asked >= 0; asked--) {
		expect(2, asked);
		kernel_strikes(1, KERNEL_FAILS);
		ck_assert_int_lt(sa_book_read(book, BOND0, conns, 1, count, NULL), 0);
		expect(2, false);
		kernel_has_strangers(0);
		sa_book_forget(book);
		expect(2, false);
	}
	tear_down();
}
END_TEST

START_TEST(thousands_that_matter_are_dumped)
{
	struct xfrm_message many = added(0, kernel_local(0), kernel_peer(0), BOND0);

	set_up();
	kernel_has_strangers(20000);
	expect(2, false);
	for (many.spi = 0x9000; many.spi < 0x9000 + 3000; many.spi++)
		sa_book_take(book, &many);
	expect(2, false);
	expect(2, true);
	tear_down();
}
END_TEST

UNIT_MAIN("sa-book", after_one_dump_each_of_the_few_is_asked_for, of_few_in_all_a_dump_is_cheaper,
	  new_ones_are_heard_of_and_those_that_went_are_missed, what_is_told_twice_is_read_once,
	  others_matter_by_their_offload_alone, where_something_was_missed_there_is_a_dump,
	  after_a_failure_there_is_a_dump, thousands_that_matter_are_dumped)
