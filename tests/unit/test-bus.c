/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus-private.h"
#include "names.h"
#include "own-bus.h"
#include "unit.h"

/* What the daemon's objects tell, as a subscriber on a bus of the test's own hears it. */

#define LIMIT_USEC UINT64_C(10000000)

static sd_bus *ours, *subscriber;
static char heard[128]; /* "FROM>TO CAUSE" */

static void begin(void)
{
	*heard = '\0';
	own_bus_start();
	ours = own_bus_connect();
	subscriber = own_bus_connect();
	ck_assert_ptr_nonnull(ours);
	ck_assert_ptr_nonnull(subscriber);
}

static void end(void)
{
	ours = sd_bus_flush_close_unref(ours);
	subscriber = sd_bus_flush_close_unref(subscriber);
	own_bus_stop();
}

static int on_failed_over(sd_bus_message *m, void *userdata _unused_, sd_bus_error *error _unused_)
{
	const char *from, *to, *cause;
	uint64_t when;

	if (sd_bus_message_read(m, "tsss", &when, &from, &to, &cause) >= 0)
		snprintf(heard, sizeof(heard), "%s>%s %s", from, to, cause);
	return 0;
}

/* Until a signal was heard, or no more comes for a second. */
static void listen_once(void)
{
	while (!*heard) {
		int r = sd_bus_process(subscriber, NULL);

		ck_assert_int_ge(r, 0);
		if (r == 0 && sd_bus_wait(subscriber, LIMIT_USEC / 10) <= 0)
			return;
	}
}

static void expect(const struct failover *f, const char *expected)
{
	struct bus_objects objects = { .bus = ours };
	char name[] = "bond0";
	const struct supervisor s = { .name = name };

	ck_assert_int_ge(sd_bus_match_signal(subscriber, NULL, NULL, NULL, BUS_INTERFACE_BOND,
					     "FailedOver", on_failed_over, NULL),
			 0);
	bus_bond_failed_over(&objects, &s, f);
	ck_assert_int_ge(sd_bus_flush(ours), 0);
	listen_once();
	ck_assert_str_eq(heard, expected);
}

START_TEST(a_failover_is_told_to_those_who_listen)
{
	expect(&(struct failover){ .from = "ix0", .to = "ix1", .cause = FAILOVER_CARRIER },
	       "ix0>ix1 carrier");
}
END_TEST

/* dev_valid_name() of the kernel takes all bytes but blanks, "/" and ":". */
START_TEST(one_of_ports_whose_names_are_no_utf8_is_told_as_well)
{
	expect(&(struct failover){ .from = "ix\xff", .to = "\xc3", .cause = FAILOVER_REQUEST },
	       "ix\xef\xbf\xbd>\xef\xbf\xbd request");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_failover_is_told_to_those_who_listen,
		one_of_ports_whose_names_are_no_utf8_is_told_as_well,
	};

	return unit_run_fixture("bus", begin, end, tests, sizeof(tests) / sizeof(tests[0]));
}
