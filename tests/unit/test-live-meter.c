/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#include "live.h"
#include "meter.h"
#include "xfrm.h"

/*
 * A reserved SPI is an SA without a key: enough to come and go. The kernel tells of its end, but
 * not of its coming; so something else ends then, and the meter looks.
 */
#define RESERVE(from, to, spi)                                                                     \
	"ip xfrm state allocspi src " from " dst " to " proto esp mode transport min " spi         \
	" max " spi " >/dev/null"
#define DELETE(from, to, spi) "ip xfrm state delete src " from " dst " to " proto esp spi " spi

#define OWN      "192.0.2.1"
#define PEER     "198.51.100.2"
#define STRANGER "198.51.100.9"

static struct facts facts;
static struct facts_address own = { .ifindex = 1 };
static struct meter *meter;

static void look_around(void)
{
	live_must(RESERVE(STRANGER, OWN, "0x9000"));
	live_must(DELETE(STRANGER, OWN, "0x9000"));
}

/* Watches a tunnel with an SA each way. */
static void begin(void)
{
	char name[] = "bond0";
	const struct policy_bond policy = { .name = name };

	live_must(RESERVE(OWN, PEER, "0x1000"));
	live_must(RESERVE(PEER, OWN, "0x2000"));
	ck_assert_int_eq(facts_ip_parse(OWN, &own.ip), 0);
	facts = (struct facts){ .addresses = &own, .n_addresses = 1 };
	ck_assert_int_eq(xfrm_dump(&own, 1, &facts.sas, &facts.n_sas), 0);
	ck_assert_uint_eq(facts.n_sas, 2);
	ck_assert_int_eq(meter_start(&facts, &policy, &meter), 0);
}

/* What a step interrupted, without the digits. */
static void interrupted(size_t step, const char *expected, double least, double most)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	double seconds = 0;
	char *number;

	meter_print(meter, step, &t);
	number = strstr(t.data, " for ");
	if (number) {
		seconds = strtod(number + 5, NULL);
		*number = '\0';
	}
	ck_assert_str_eq(t.data, expected);
	ck_assert_double_ge(seconds, least);
	ck_assert_double_le(seconds, most);
}

static void end(void)
{
	meter = meter_free(meter);
	free(facts.sas);
}

START_TEST(a_tunnel_that_loses_an_sa_and_gets_it_back_was_interrupted)
{
	begin();
	meter_step(meter, 1);
	live_must(DELETE(OWN, PEER, "0x1000"));
	usleep(500000);
	live_must(RESERVE(OWN, PEER, "0x1001"));
	look_around();
	usleep(100000);
	meter_step(meter, 2);
	meter_stop(meter);
	interrupted(0, "nothing", 0, 0);
	interrupted(1, "the tunnel to " PEER, 0.4, 30);
	interrupted(2, "nothing", 0, 0);
	end();
}
END_TEST

START_TEST(a_bond_that_is_set_down_before_is_interrupted_by_no_step)
{
	struct facts_link bond = { .name = "bond0", .bond.active_port = 7 };
	char name[] = "bond0";
	const struct policy_bond policy = { .name = name };

	ck_assert_int_eq(facts_ip_parse(OWN, &own.ip), 0);
	facts = (struct facts){ .addresses = &own, .n_addresses = 1, .links = &bond, .n_links = 1 };
	ck_assert_int_eq(meter_start(&facts, &policy, &meter), 0);
	meter_step(meter, 1);
	look_around();
	usleep(100000);
	meter_stop(meter);
	interrupted(1, "nothing", 0, 0);
	end();
}
END_TEST

START_TEST(a_rekey_that_makes_before_it_breaks_interrupts_nothing)
{
	begin();
	live_must(RESERVE(OWN, PEER, "0x1001"));
	live_must(RESERVE(PEER, OWN, "0x2001"));
	live_must(DELETE(OWN, PEER, "0x1000"));
	live_must(DELETE(PEER, OWN, "0x2000"));
	meter_stop(meter);
	interrupted(0, "nothing", 0, 0);
	end();
}
END_TEST

START_TEST(what_is_flushed_and_does_not_come_back_is_interrupted_to_the_end)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	begin();
	live_must("ip xfrm state flush");
	usleep(300000);
	meter_stop(meter);
	meter_print(meter, 0, &t);
	ck_assert_ptr_nonnull(strstr(t.data, "the tunnel to " PEER " for "));
	ck_assert_ptr_nonnull(strstr(t.data, " and not back yet"));
	end();
}
END_TEST

/* Something goes through SAs with that reqid. */
#define LEAD(to, reqid)                                                                            \
	"ip xfrm policy update dir out src 10.9.1.0/24 dst " to " tmpl src " OWN " dst " PEER      \
	" proto esp mode tunnel reqid " reqid
#define RESERVE_FOR(reqid, from, to, spi)                                                          \
	"ip xfrm state allocspi src " from " dst " to " proto esp mode tunnel reqid " reqid        \
	" min " spi " max " spi " >/dev/null"

/* Both are up; what pluto knows of them is enough for their names. */
static void begin_two(void)
{
	char name[] = "bond0", one[] = "one", two[] = "two";
	const struct policy_bond policy = { .name = name };
	struct facts_tunnel known[] = { { .conn = one, .spi = 0x1000 },
					{ .conn = two, .spi = 0x4000 } };

	live_must(LEAD("10.9.2.0/24", "1"));
	live_must(LEAD("10.9.3.0/24", "2"));
	live_must(RESERVE_FOR("1", OWN, PEER, "0x1000"));
	live_must(RESERVE_FOR("1", PEER, OWN, "0x2000"));
	live_must(RESERVE_FOR("2", OWN, PEER, "0x3000"));
	live_must(RESERVE_FOR("2", PEER, OWN, "0x4000"));
	ck_assert_int_eq(facts_ip_parse(OWN, &own.ip), 0);
	facts = (struct facts){ .addresses = &own,
				.n_addresses = 1,
				.tunnels = known,
				.n_tunnels = ARRAY_SIZE(known) };
	ck_assert_int_eq(xfrm_dump(&own, 1, &facts.sas, &facts.n_sas), 0);
	ck_assert_int_eq(meter_start(&facts, &policy, &meter), 0);
}

/* Both were in that step, at least so long. */
static void interrupted_two(size_t step, double least)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	double one, two;

	meter_print(meter, step, &t);
	ck_assert_msg(sscanf(t.data,
			     "the tunnel of one for %lf s and not back yet, the tunnel of "
			     "two for %lf s",
			     &one, &two) == 2,
		      "%s", t.data);
	ck_assert_double_ge(two, least);
	ck_assert_ptr_null(strstr(strstr(t.data, "two"), "not back yet"));
}

START_TEST(of_two_between_the_same_ends_the_one_that_was_interrupted_is_told)
{
	begin_two();
	/* It comes back with other numbers, and is the same all the same. */
	live_must(DELETE(OWN, PEER, "0x1000"));
	live_must(DELETE(PEER, OWN, "0x2000"));
	usleep(500000);
	live_must(RESERVE_FOR("3", OWN, PEER, "0x1001"));
	live_must(RESERVE_FOR("3", PEER, OWN, "0x2001"));
	live_must(LEAD("10.9.2.0/24", "3"));
	usleep(300000);
	meter_step(meter, 1);
	live_must(DELETE(PEER, OWN, "0x4000"));
	usleep(100000);
	meter_stop(meter);
	interrupted(0, "the tunnel of one", 0.4, 30);
	interrupted(1, "the tunnel of two", 0, 30);
	end();
}
END_TEST

START_TEST(one_whose_ike_sa_has_gone_with_another_conn_was_interrupted_with_it)
{
	struct pluto_sa known[] = { { .orphan = true, .spi = 0x3000 },
				    { .orphan = true, .spi = 0x4000 },
				    { .spi = 0x1001 } };
	const struct pluto_sas sas = { .items = known, .n = ARRAY_SIZE(known) };

	begin_two();
	meter_step(meter, 1);
	live_must(DELETE(OWN, PEER, "0x1000"));
	live_must(DELETE(PEER, OWN, "0x2000"));
	usleep(500000);
	ck_assert_int_eq(facts_ip_parse(PEER, &known[0].destination), 0);
	ck_assert_int_eq(facts_ip_parse(OWN, &known[1].destination), 0);
	meter_disown(meter, &sas);
	usleep(100000);
	live_must(RESERVE_FOR("2", OWN, PEER, "0x3001"));
	live_must(RESERVE_FOR("2", PEER, OWN, "0x4001"));
	look_around();
	usleep(100000);
	meter_step(meter, 2);
	live_must(DELETE(OWN, PEER, "0x3000"));
	live_must(DELETE(PEER, OWN, "0x4000"));
	meter_stop(meter);
	interrupted_two(1, 0.5);
	interrupted(2, "nothing", 0, 0);
	end();
}
END_TEST

static bool possible(void)
{
	struct facts_sa *sas;
	size_t n;

	if (!live_run(RESERVE(OWN, PEER, "0x1000"))) {
		fputs("this kernel knows no SAs, or ip is not there\n", stderr);
		return false;
	}
	if (xfrm_dump(NULL, 0, &sas, &n) < 0)
		return false;
	free(sas);
	return true;
}

LIVE_MAIN("live-meter", possible, a_tunnel_that_loses_an_sa_and_gets_it_back_was_interrupted,
	  a_bond_that_is_set_down_before_is_interrupted_by_no_step,
	  a_rekey_that_makes_before_it_breaks_interrupts_nothing,
	  what_is_flushed_and_does_not_come_back_is_interrupted_to_the_end,
	  of_two_between_the_same_ends_the_one_that_was_interrupted_is_told,
	  one_whose_ike_sa_has_gone_with_another_conn_was_interrupted_with_it)
