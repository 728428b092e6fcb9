/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "live.h"

#include "ethtool-netlink.h"
#include "ethtool.h"

/*
 * Built twice: with BY_IOCTL the linker leaves the kernel's ethtool family out, and the answers
 * shall be the same.
 */
#ifdef BY_IOCTL
int __wrap_ethtool_netlink_open(struct ethtool_netlink **ret);

int __wrap_ethtool_netlink_open(struct ethtool_netlink **ret)
{
	(void)ret;
	return -ENOENT;
}
#define SUBJECT "live-ethtool-ioctl"
#else
#define SUBJECT "live-ethtool"
#endif

static struct ethtool *e;

static void begin(void)
{
	live_must("ip link add v0 type veth peer name v1");
	ck_assert_int_eq(ethtool_open(&e), 0);
}

static enum facts_feature state(const char *feature)
{
	enum facts_feature f = FACTS_FEATURE_UNKNOWN;

	ck_assert_int_eq(ethtool_get_feature(e, "v0", feature, &f), 0);
	return f;
}

START_TEST(a_device_has_a_driver)
{
	struct facts_driver d;

	begin();
	ck_assert_int_eq(ethtool_get_driver(e, "v0", &d), 0);
	ck_assert_str_eq(d.name, "veth");
	ck_assert_str_eq(d.bus, "");
	ck_assert_int_eq(ethtool_get_driver(e, "v9", &d), -ENODEV);
	ck_assert_str_eq(d.name, "veth");
	e = ethtool_close(e);
}
END_TEST

START_TEST(a_bit_is_switched_once_and_read_back)
{
	begin();
	ck_assert_int_eq(ethtool_set_feature(e, "v0", "tx-generic-segmentation", true), 0);
	ck_assert_int_eq(state("tx-generic-segmentation"), FACTS_FEATURE_ON);
	ck_assert_int_eq(ethtool_set_feature(e, "v0", "tx-generic-segmentation", false), 1);
	ck_assert_int_eq(state("tx-generic-segmentation"), FACTS_FEATURE_OFF);
	ck_assert_int_eq(ethtool_set_feature(e, "v0", "tx-generic-segmentation", false), 0);
	ck_assert_int_eq(ethtool_set_feature(e, "v0", "tx-generic-segmentation", true), 1);
	ck_assert_int_eq(state("tx-generic-segmentation"), FACTS_FEATURE_ON);
	e = ethtool_close(e);
}
END_TEST

START_TEST(a_fixed_bit_is_told_and_cannot_be_switched)
{
	begin();
	ck_assert_int_eq(state("esp-hw-offload"), FACTS_FEATURE_FIXED_OFF);
	ck_assert_int_eq(ethtool_set_feature(e, "v0", "esp-hw-offload", true), -EOPNOTSUPP);
	ck_assert_int_eq(ethtool_set_feature(e, "v0", "esp-hw-offload", false), 0);
	ck_assert_int_eq(state("esp-hw-offload"), FACTS_FEATURE_FIXED_OFF);
	e = ethtool_close(e);
}
END_TEST

START_TEST(a_bit_that_does_not_take_is_told)
{
	begin();
	/* It needs a checksum of the hardware, which is taken away first. */
	ck_assert_int_eq(ethtool_set_feature(e, "v0", "tx-checksum-ip-generic", false), 1);
	ck_assert_int_eq(state("tx-tcp-segmentation"), FACTS_FEATURE_OFF);
	ck_assert_int_eq(ethtool_set_feature(e, "v0", "tx-tcp-segmentation", true), -EOPNOTSUPP);
	e = ethtool_close(e);
}
END_TEST

START_TEST(a_bit_that_the_kernel_does_not_know_is_absent)
{
	begin();
	ck_assert_int_eq(state("esp-hw-offloaded"), FACTS_FEATURE_ABSENT);
	ck_assert_int_eq(ethtool_set_feature(e, "v0", "esp-hw-offloaded", false), -EOPNOTSUPP);
	e = ethtool_close(e);
}
END_TEST

START_TEST(a_device_that_is_not_there_is_told)
{
	enum facts_feature f;

	begin();
	ck_assert_int_eq(ethtool_get_feature(e, "v9", "esp-hw-offload", &f), -ENODEV);
	ck_assert_int_eq(ethtool_set_feature(e, "v9", "esp-hw-offload", true), -ENODEV);
	e = ethtool_close(e);
}
END_TEST

START_TEST(a_device_without_ipsec_has_no_counters)
{
	struct facts_counters c;

	begin();
	ck_assert_int_eq(ethtool_get_counters(e, "v0", &c), -ENOENT);
	ck_assert_int_eq(ethtool_get_counters(e, "lo", &c), -ENOENT);
	ck_assert_int_eq(ethtool_get_counters(e, "v9", &c), -ENODEV);
	e = ethtool_close(e);
}
END_TEST

static bool possible(void)
{
	if (live_run("ip link add v0 type veth peer name v1 2>/dev/null && ip link del v0"))
		return true;
	fprintf(stderr, "this kernel has no veth\n");
	return false;
}

LIVE_MAIN(SUBJECT, possible, a_device_has_a_driver, a_bit_is_switched_once_and_read_back,
	  a_fixed_bit_is_told_and_cannot_be_switched, a_bit_that_does_not_take_is_told,
	  a_bit_that_the_kernel_does_not_know_is_absent, a_device_that_is_not_there_is_told,
	  a_device_without_ipsec_has_no_counters)
