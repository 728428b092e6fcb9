/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <netinet/in.h>
#include <stdio.h>

#include "live.h"

#include "facts.h"
#include "xfrm.h"

/*
 * An SA of which only the SPI is reserved needs no algorithm and no esp module, so that any kernel
 * with XFRM will do; SAs with keys and offload are tried in the lab.
 */
#define RESERVE                                                                                    \
	"ip xfrm state allocspi src 198.51.100.2 dst 192.0.2.1 proto esp reqid 77 mode transport " \
	"min 0x1000 max 0x1000 >/dev/null"
#define DELETE "ip xfrm state delete src 198.51.100.2 dst 192.0.2.1 proto esp spi 0x1000"

START_TEST(without_any_sa_the_dump_is_empty)
{
	struct facts_sa *sas;
	size_t n;

	ck_assert_int_eq(xfrm_dump(NULL, 0, &sas, &n), 0);
	ck_assert_uint_eq(n, 0);
	free(sas);
}
END_TEST

START_TEST(an_sa_is_told_with_its_direction_by_the_hosts_addresses)
{
	struct facts_address own = { .ifindex = 1 };
	struct facts_sa *sas;
	size_t n;

	ck_assert_int_eq(facts_ip_parse("192.0.2.1", &own.ip), 0);
	live_must(RESERVE);
	ck_assert_int_eq(xfrm_dump(&own, 1, &sas, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(sas[0].spi, 0x1000);
	ck_assert_uint_eq(sas[0].proto, IPPROTO_ESP);
	ck_assert_uint_eq(sas[0].reqid, 77);
	ck_assert(facts_ip_equal(&sas[0].destination, &own.ip));
	ck_assert_int_eq(sas[0].direction, FACTS_IN);
	ck_assert(sas[0].transport);
	ck_assert_int_eq(sas[0].offload_link, FACTS_NO_LINK);
	free(sas);

	ck_assert_int_eq(xfrm_dump(NULL, 0, &sas, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(sas[0].direction, FACTS_OUT);
	free(sas);
}
END_TEST

START_TEST(hundreds_of_sas_come_in_one_whole_dump)
{
	struct facts_sa *sas;
	size_t n;

	live_must("for i in $(seq 4096 4595); do echo xfrm state allocspi src 198.51.100.2 "
		  "dst 192.0.2.1 proto esp reqid $i mode transport min $i max $i; done | "
		  "ip -batch - >/dev/null");
	ck_assert_int_eq(xfrm_dump(NULL, 0, &sas, &n), 0);
	ck_assert_uint_eq(n, 500);
	free(sas);
}
END_TEST

START_TEST(some_are_had_alone_in_the_order_in_which_they_are_asked_for)
{
	struct xfrm_sa_id ids[3] = { { .spi = 0x1190 }, { .spi = 0x99999 }, { .spi = 0x1001 } };
	struct facts_sa *sas;
	size_t n;

	for (size_t i = 0; i < 3; i++) {
		ids[i].proto = IPPROTO_ESP;
		ck_assert_int_eq(facts_ip_parse("192.0.2.1", &ids[i].destination), 0);
	}
	live_must("for i in $(seq 4096 4595); do echo xfrm state allocspi src 198.51.100.2 "
		  "dst 192.0.2.1 proto esp reqid $i mode transport min $i max $i; done | "
		  "ip -batch - >/dev/null");
	ck_assert_int_eq(xfrm_get(ids, 3, NULL, 0, &sas, &n), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(sas[0].spi, 0x1190);
	ck_assert_uint_eq(sas[0].reqid, 0x1190);
	ck_assert_uint_eq(sas[1].spi, 0x1001);
	ck_assert(facts_ip_equal(&sas[1].destination, &ids[2].destination));
	free(sas);

	ck_assert_int_eq(xfrm_get(ids, 0, NULL, 0, &sas, &n), 0);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(a_deletion_and_a_flush_are_told_as_they_happen)
{
	struct xfrm_message m;
	struct xfrm_watch *w;

	live_must(RESERVE);
	ck_assert_int_eq(xfrm_watch_open(&w), 0);
	ck_assert_int_eq(xfrm_watch_read(w, &m), 0);

	live_must(DELETE);
	ck_assert(live_readable(xfrm_watch_fd(w)));
	ck_assert_int_eq(xfrm_watch_read(w, &m), 1);
	ck_assert_int_eq(m.change, XFRM_DELETED);
	ck_assert_uint_eq(m.spi, 0x1000);
	ck_assert_uint_eq(m.proto, IPPROTO_ESP);
	ck_assert_int_eq(m.destination.family, AF_INET);
	ck_assert_int_eq(m.source.family, AF_INET);
	ck_assert_int_eq(xfrm_watch_read(w, &m), 0);

	live_must(RESERVE);
	live_must("ip xfrm state flush proto esp");
	ck_assert(live_readable(xfrm_watch_fd(w)));
	ck_assert_int_eq(xfrm_watch_read(w, &m), 1);
	ck_assert_int_eq(m.change, XFRM_FLUSHED);
	w = xfrm_watch_close(w);
}
END_TEST

START_TEST(the_kernels_error_counters_are_read)
{
	struct xfrm_counter *counters;
	bool found = false;
	size_t n;
	int r = xfrm_stat(&counters, &n);

	/* CONFIG_XFRM_STATISTICS may be left out. */
	if (r == -ENOENT)
		return;
	ck_assert_int_eq(r, 0);
	for (size_t i = 0; i < n; i++)
		found = found || streq(counters[i].name, "XfrmInNoStates");
	ck_assert(found);
	free(counters);
}
END_TEST

static bool possible(void)
{
	if (live_run("ip xfrm state >/dev/null 2>&1"))
		return true;
	fprintf(stderr, "this kernel has no XFRM\n");
	return false;
}

LIVE_MAIN("live-xfrm", possible, without_any_sa_the_dump_is_empty,
	  an_sa_is_told_with_its_direction_by_the_hosts_addresses,
	  some_are_had_alone_in_the_order_in_which_they_are_asked_for,
	  hundreds_of_sas_come_in_one_whole_dump, a_deletion_and_a_flush_are_told_as_they_happen,
	  the_kernels_error_counters_are_read)
