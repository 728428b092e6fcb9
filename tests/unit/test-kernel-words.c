/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "kernel-words.h"
#include "unit.h"

static struct kernel_words words;

static bool hear(const char *message)
{
	return kernel_words_take(&words, "bond0", "ix1", message);
}

static void ck_words(const char *expected)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	kernel_words_print(&words, &t);
	ck_assert_str_eq(t.data ? t.data : "", expected);
}

START_TEST(an_sa_that_could_not_be_moved_is_counted)
{
	ck_assert(hear("bond0: (slave ix1): bond_ipsec_add_sa_all: failed to add SA"));
	ck_assert(hear("bond0: (slave ix1): bond_ipsec_add_sa_all: failed to add SA"));
	ck_assert_uint_eq(words.refused, 2);
	ck_assert(!words.without_ops);
	ck_words("bond_ipsec_add_sa_all: failed to add SA (2 times)");
}
END_TEST

START_TEST(the_drivers_reason_comes_with_it)
{
	ck_assert(hear("ixgbe 0000:03:00.1 ix1: No space for SA in Tx table"));
	ck_assert(hear("bond0: (slave ix1): bond_ipsec_add_sa_all: failed to add SA"));
	ck_assert_uint_eq(words.refused, 1);
	ck_words("No space for SA in Tx table; bond_ipsec_add_sa_all: failed to add SA");
}
END_TEST

START_TEST(a_port_whose_driver_offloads_nothing_is_known)
{
	ck_assert(hear("bond0: (slave ix1): bond_ipsec_add_sa_all: no slave xdo_dev_state_add"));
	ck_assert(words.without_ops);
	ck_assert_uint_eq(words.refused, 0);
}
END_TEST

START_TEST(a_driver_without_a_device_above_it_is_understood)
{
	ck_assert(hear("ix1: Device doesn't support offload with ESN"));
	ck_assert(hear("ix1: SA refused"));
	ck_words("Device doesn't support offload with ESN; SA refused");
}
END_TEST

START_TEST(other_ports_bonds_and_subjects_are_left_out)
{
	ck_assert(!hear("bond0: (slave ix10): bond_ipsec_add_sa_all: failed to add SA"));
	ck_assert(!hear("bond1: (slave ix1): bond_ipsec_add_sa_all: failed to add SA"));
	ck_assert(!hear("bond0: (slave ix1): link status definitely up, 10000 Mbps full duplex"));
	ck_assert(!hear("bond0: (slave ix1): making interface the new active one"));
	ck_assert(!hear("ixgbe 0000:03:00.1 ix1: NIC Link is Up 10 Gbps, Flow Control: RX/TX"));
	ck_assert(!hear("ixgbe 0000:03:00.1 ix10: No space for SA in Tx table"));
	ck_assert(!hear("ixgbe 0000:03:00.1 ix1: SATA is something else"));
	ck_assert(!hear("audit: ix1: ipsec"));
	ck_assert(!hear(""));
	ck_assert(!hear(" "));
	ck_words("");
}
END_TEST

START_TEST(many_different_words_are_cut_off_and_still_counted)
{
	for (int i = 0; i < 20; i++) {
		char message[512];

		snprintf(message, sizeof(message), "ix1: ipsec trouble %i %0400i", i, 0);
		ck_assert(hear(message));
	}
	for (int i = 0; i < 7; i++)
		hear("bond0: (slave ix1): bond_ipsec_add_sa_all: failed to add SA");
	ck_assert_uint_eq(words.n, KERNEL_WORDS_MAX);
	ck_assert_uint_eq(strlen(words.items[0].text), KERNEL_WORDS_SIZE - 1);
	ck_assert_uint_eq(words.refused, 7);
}
END_TEST

UNIT_MAIN("kernel-words", an_sa_that_could_not_be_moved_is_counted,
	  the_drivers_reason_comes_with_it, a_port_whose_driver_offloads_nothing_is_known,
	  a_driver_without_a_device_above_it_is_understood,
	  other_ports_bonds_and_subjects_are_left_out,
	  many_different_words_are_cut_off_and_still_counted)
