/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "unit.h"

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>

#include "ethtool-netlink.h"
#include "ethtool.h"

/*
 * The features of a device whose kernel has no ethtool family: the linker leads ioctl() here. The
 * feature in question is the 36th of 40, in the second of the blocks of 32.
 */
#define N_FEATURES 40
#define BIT        35

static struct {
	bool available;
	bool never_changed;
	bool active;
	bool stubborn; /* what is asked for does not take */
	unsigned int changes;
} device;

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ethtool_netlink_open(struct ethtool_netlink **ret);

int __wrap_ethtool_netlink_open(struct ethtool_netlink **ret)
{
	(void)ret;
	return -ENOENT;
}

static void put_strings(struct ethtool_gstrings *s)
{
	ck_assert_uint_eq(s->string_set, ETH_SS_FEATURES);
	s->len = N_FEATURES;
	for (uint32_t i = 0; i < N_FEATURES; i++)
		snprintf((char *)s->data + i * ETH_GSTRING_LEN, ETH_GSTRING_LEN,
			 i == BIT ? "esp-hw-offload" : "feature-%u", i);
}

/* All other bits are the opposite. */
static uint32_t block(bool bit)
{
	return bit ? 1U << (BIT % 32) : ~(1U << (BIT % 32));
}

static void put_features(struct ethtool_gfeatures *f)
{
	ck_assert_uint_eq(f->size, 2);
	for (unsigned int i = 0; i < 2; i++)
		f->features[i] = (struct ethtool_get_features_block){
			.available = block(device.available),
			.requested = block(!device.active),
			.active = block(device.active),
			.never_changed = block(device.never_changed),
		};
	f->features[0] = (struct ethtool_get_features_block){ 0 };
}

static void take_features(const struct ethtool_sfeatures *f)
{
	ck_assert_uint_eq(f->size, 2);
	ck_assert_uint_eq(f->features[0].valid, 0);
	ck_assert_uint_eq(f->features[1].valid, 1U << (BIT % 32));
	device.changes++;
	if (!device.stubborn)
		device.active = f->features[1].requested & (1U << (BIT % 32));
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct ethtool_sset_info *info;
	struct ifreq *r;
	va_list args;

	(void)fd;
	va_start(args, request);
	r = va_arg(args, struct ifreq *);
	va_end(args);

	ck_assert_uint_eq(request, SIOCETHTOOL);
	switch (*(uint32_t *)r->ifr_data) {
	case ETHTOOL_GSSET_INFO:
		info = (void *)r->ifr_data;
		ck_assert_uint_eq(info->sset_mask, 1ULL << ETH_SS_FEATURES);
		info->data[0] = N_FEATURES;
		return 0;
	case ETHTOOL_GSTRINGS:
		put_strings((void *)r->ifr_data);
		return 0;
	case ETHTOOL_GFEATURES:
		put_features((void *)r->ifr_data);
		return 0;
	case ETHTOOL_SFEATURES:
		take_features((void *)r->ifr_data);
		return 0;
	default:
		ck_abort_msg("an unexpected call");
	}
}

static struct ethtool *e;

static void begin(bool available, bool never_changed, bool active)
{
	memset(&device, 0, sizeof(device));
	device.available = available;
	device.never_changed = never_changed;
	device.active = active;
	if (!e)
		ck_assert_int_eq(ethtool_open(&e), 0);
}

static enum facts_feature state(void)
{
	enum facts_feature f = FACTS_FEATURE_UNKNOWN;

	ck_assert_int_eq(ethtool_get_feature(e, "ix0", "esp-hw-offload", &f), 0);
	return f;
}

START_TEST(each_state_is_told)
{
	begin(true, false, true);
	ck_assert_int_eq(state(), FACTS_FEATURE_ON);
	begin(true, false, false);
	ck_assert_int_eq(state(), FACTS_FEATURE_OFF);
	begin(true, true, true);
	ck_assert_int_eq(state(), FACTS_FEATURE_FIXED_ON);
	begin(true, true, false);
	ck_assert_int_eq(state(), FACTS_FEATURE_FIXED_OFF);
	begin(false, false, true);
	ck_assert_int_eq(state(), FACTS_FEATURE_FIXED_ON);
	begin(false, false, false);
	ck_assert_int_eq(state(), FACTS_FEATURE_FIXED_OFF);
	e = ethtool_close(e);
}
END_TEST

START_TEST(only_a_bit_that_is_otherwise_is_switched)
{
	begin(true, false, false);
	ck_assert_int_eq(ethtool_set_feature(e, "ix0", "esp-hw-offload", false), 0);
	ck_assert_uint_eq(device.changes, 0);
	ck_assert_int_eq(ethtool_set_feature(e, "ix0", "esp-hw-offload", true), 1);
	ck_assert_int_eq(ethtool_set_feature(e, "ix0", "esp-hw-offload", true), 0);
	ck_assert_uint_eq(device.changes, 1);
	ck_assert_int_eq(ethtool_set_feature(e, "ix0", "esp-hw-offload", false), 1);
	ck_assert(!device.active);
	e = ethtool_close(e);
}
END_TEST

START_TEST(a_fixed_bit_is_not_even_tried)
{
	begin(false, false, false);
	ck_assert_int_eq(ethtool_set_feature(e, "ix0", "esp-hw-offload", true), -EOPNOTSUPP);
	begin(true, true, true);
	ck_assert_int_eq(ethtool_set_feature(e, "ix0", "esp-hw-offload", false), -EOPNOTSUPP);
	ck_assert_uint_eq(device.changes, 0);
	e = ethtool_close(e);
}
END_TEST

START_TEST(a_bit_that_did_not_take_is_told)
{
	begin(true, false, false);
	device.stubborn = true;
	ck_assert_int_eq(ethtool_set_feature(e, "ix0", "esp-hw-offload", true), -EOPNOTSUPP);
	ck_assert_uint_eq(device.changes, 1);
	e = ethtool_close(e);
}
END_TEST

START_TEST(a_name_that_is_not_among_them_is_absent)
{
	enum facts_feature f;

	begin(true, false, false);
	ck_assert_int_eq(ethtool_get_feature(e, "ix0", "esp-hw", &f), 0);
	ck_assert_int_eq(f, FACTS_FEATURE_ABSENT);
	ck_assert_int_eq(ethtool_set_feature(e, "ix0", "esp-hw", true), -EOPNOTSUPP);
	e = ethtool_close(e);
}
END_TEST

UNIT_MAIN("ethtool-features", each_state_is_told, only_a_bit_that_is_otherwise_is_switched,
	  a_fixed_bit_is_not_even_tried, a_bit_that_did_not_take_is_told,
	  a_name_that_is_not_among_them_is_absent)
