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
 * A network card is played here: the linker leads ioctl() to it, and leaves the kernel's ethtool
 * family out. Like the kernel, it writes all strings and statistics that it has, whatever room was
 * asked for.
 */
static struct card {
	const char *name;
	int ifindex;
	uint32_t n;            /* of strings and statistics */
	uint32_t n_at_strings; /* as n, once the strings are fetched; 0: the same */
	uint32_t n_at_stats;   /* the same for the statistics */
	uint32_t tx, rx;       /* where the counters stand; n: nowhere */
	uint64_t tx_value, rx_value;
	int error;

	unsigned int asked_strings;
	unsigned int calls;
} card;

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ethtool_netlink_open(struct ethtool_netlink **ret);

int __wrap_ethtool_netlink_open(struct ethtool_netlink **ret)
{
	(void)ret;
	return -ENOENT;
}

static void sset_info(struct ethtool_sset_info *info)
{
	info->sset_mask &= 1ULL << ETH_SS_STATS;
	if (card.n == 0)
		info->sset_mask = 0;
	if (info->sset_mask)
		info->data[0] = card.n;
}

static void strings(struct ethtool_gstrings *s)
{
	char *p = (char *)s->data;

	card.asked_strings++;
	s->len = card.n_at_strings ?: card.n;
	for (uint32_t i = 0; i < s->len; i++, p += ETH_GSTRING_LEN) {
		/* All of its room is used: no NUL ends it. */
		memset(p, 'a' + (int)(i % 26), ETH_GSTRING_LEN);
		if (i == card.tx)
			snprintf(p, ETH_GSTRING_LEN, "tx_ipsec");
		if (i == card.rx)
			snprintf(p, ETH_GSTRING_LEN, "rx_ipsec");
	}
}

static void stats(struct ethtool_stats *s)
{
	s->n_stats = card.n_at_stats ?: card.n;
	for (uint32_t i = 0; i < s->n_stats; i++)
		s->data[i] = i == card.tx ? card.tx_value : i == card.rx ? card.rx_value : 666;
}

/* A firmware's version that was never written, and fills its room. */
static void drvinfo(struct ethtool_drvinfo *d)
{
	strcpy(d->driver, "ixgbe");
	strcpy(d->version, "6.1");
	memset(d->fw_version, 0xff, sizeof(d->fw_version));
	memcpy(d->fw_version, "1.2\n", 4);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct ifreq *r;
	va_list args;

	(void)fd;
	va_start(args, request);
	r = va_arg(args, struct ifreq *);
	va_end(args);

	card.calls++;
	if (strcmp(r->ifr_name, card.name) != 0) {
		errno = ENODEV;
		return -1;
	}
	if (request == SIOCGIFINDEX) {
		r->ifr_ifindex = card.ifindex;
		return 0;
	}
	ck_assert_uint_eq(request, SIOCETHTOOL);
	if (card.error) {
		errno = card.error;
		return -1;
	}
	switch (*(uint32_t *)r->ifr_data) {
	case ETHTOOL_GSSET_INFO:
		sset_info((void *)r->ifr_data);
		return 0;
	case ETHTOOL_GSTRINGS:
		strings((void *)r->ifr_data);
		return 0;
	case ETHTOOL_GSTATS:
		stats((void *)r->ifr_data);
		return 0;
	case ETHTOOL_GDRVINFO:
		drvinfo((void *)r->ifr_data);
		return 0;
	default:
		ck_abort_msg("an unexpected call");
	}
}

static struct ethtool *e;

static void plug_in(void)
{
	card = (struct card){
		.name = "ix0",
		.ifindex = 2,
		.n = 1000,
		.tx = 40,
		.rx = 41,
		.tx_value = 10,
		.rx_value = 1ULL << 40,
	};
	ck_assert_int_eq(ethtool_open(&e), 0);
}

static void assert_counters(uint64_t tx, uint64_t rx)
{
	struct facts_counters c;

	ck_assert_int_eq(ethtool_get_counters(e, card.name, &c), 0);
	ck_assert_uint_eq(c.tx_ipsec, tx);
	ck_assert_uint_eq(c.rx_ipsec, rx);
}

static int read_only(void)
{
	struct facts_counters c = { 77, 78 };
	int r = ethtool_get_counters(e, card.name, &c);

	if (r < 0) {
		ck_assert_uint_eq(c.tx_ipsec, 77);
		ck_assert_uint_eq(c.rx_ipsec, 78);
	}
	return r;
}

START_TEST(the_two_counters_are_found_by_their_names)
{
	plug_in();
	assert_counters(10, 1ULL << 40);
	e = ethtool_close(e);
}
END_TEST

START_TEST(reading_again_asks_for_no_strings)
{
	plug_in();
	assert_counters(10, 1ULL << 40);
	card.tx_value = 20;
	card.calls = 0;
	assert_counters(20, 1ULL << 40);
	ck_assert_uint_eq(card.asked_strings, 1);
	ck_assert_uint_eq(card.calls, 3);
	e = ethtool_close(e);
}
END_TEST

START_TEST(each_device_is_remembered_by_itself)
{
	plug_in();
	for (int i = 0; i < 3; i++) {
		card.name = "ix0";
		card.ifindex = 2;
		card.tx = 40;
		assert_counters(10, 1ULL << 40);
		card.name = "ix1";
		card.ifindex = 3;
		card.tx = 39;
		assert_counters(10, 1ULL << 40);
	}
	ck_assert_uint_eq(card.asked_strings, 2);
	e = ethtool_close(e);
}
END_TEST

START_TEST(another_device_under_the_same_name_is_looked_at_anew)
{
	plug_in();
	assert_counters(10, 1ULL << 40);
	card.ifindex = 9;
	card.tx = 100;
	assert_counters(10, 1ULL << 40);
	e = ethtool_close(e);
}
END_TEST

START_TEST(another_number_of_statistics_is_looked_at_anew)
{
	plug_in();
	assert_counters(10, 1ULL << 40);
	card.n = 1200;
	card.tx = 1100;
	assert_counters(10, 1ULL << 40);
	e = ethtool_close(e);
}
END_TEST

START_TEST(a_device_with_one_of_them_or_none_has_no_counters)
{
	plug_in();
	card.rx = card.n;
	ck_assert_int_eq(read_only(), -ENOENT);
	card.ifindex++;
	card.rx = 41;
	card.tx = card.n;
	ck_assert_int_eq(read_only(), -ENOENT);

	/* which is remembered as well */
	card.asked_strings = 0;
	ck_assert_int_eq(read_only(), -ENOENT);
	ck_assert_uint_eq(card.asked_strings, 0);
	e = ethtool_close(e);
}
END_TEST

START_TEST(a_device_without_statistics_has_no_counters)
{
	plug_in();
	card.n = 0;
	ck_assert_int_eq(read_only(), -ENOENT);
	card.n = 1000;
	card.error = EOPNOTSUPP;
	ck_assert_int_eq(read_only(), -ENOENT);
	ck_assert_uint_eq(card.asked_strings, 0);
	e = ethtool_close(e);
}
END_TEST

START_TEST(an_error_of_the_device_is_handed_up)
{
	plug_in();
	card.error = EIO;
	ck_assert_int_eq(read_only(), -EIO);
	e = ethtool_close(e);
}
END_TEST

START_TEST(no_such_device_is_told)
{
	struct facts_counters c;

	plug_in();
	ck_assert_int_eq(ethtool_get_counters(e, "ix9", &c), -ENODEV);
	ck_assert_int_eq(ethtool_get_counters(e, "", &c), -ENODEV);
	ck_assert_int_eq(
		ethtool_get_counters(e, "a-name-that-is-too-long-for-any-kernel-to-have-it", &c),
		-ENODEV);
	e = ethtool_close(e);
}
END_TEST

START_TEST(a_number_that_changes_while_it_is_read_harms_nothing)
{
	plug_in();
	card.n_at_strings = card.n + 4000;
	ck_assert_int_eq(read_only(), -EAGAIN);
	card.n_at_strings = 20;
	ck_assert_int_eq(read_only(), -EAGAIN);
	card.n_at_strings = 0;
	assert_counters(10, 1ULL << 40);
	card.n_at_stats = card.n + 4000;
	ck_assert_int_eq(read_only(), -EAGAIN);
	card.n_at_stats = 20;
	ck_assert_int_eq(read_only(), -EAGAIN);
	card.n_at_stats = 0;
	assert_counters(10, 1ULL << 40);

	card.n = 20000;
	card.tx = 19999;
	assert_counters(10, 1ULL << 40);
	e = ethtool_close(e);
}
END_TEST

START_TEST(a_number_that_cannot_be_is_not_believed)
{
	plug_in();
	card.n = 4000000000;
	ck_assert_int_eq(read_only(), -EBADMSG);
	e = ethtool_close(e);
}
END_TEST

START_TEST(a_drivers_texts_are_plain_whatever_the_card_says)
{
	struct facts_driver driver;

	plug_in();
	ck_assert_int_eq(ethtool_get_driver(e, "ix0", &driver), 0);
	ck_assert_str_eq(driver.name, "ixgbe");
	ck_assert_str_eq(driver.version, "6.1");
	ck_assert_str_eq(driver.firmware, "1.2????????????????????????????");
	ck_assert_str_eq(driver.bus, "");
	e = ethtool_close(e);
}
END_TEST

UNIT_MAIN("ethtool-counters", the_two_counters_are_found_by_their_names,
	  reading_again_asks_for_no_strings, each_device_is_remembered_by_itself,
	  another_device_under_the_same_name_is_looked_at_anew,
	  another_number_of_statistics_is_looked_at_anew,
	  a_device_with_one_of_them_or_none_has_no_counters,
	  a_device_without_statistics_has_no_counters, an_error_of_the_device_is_handed_up,
	  no_such_device_is_told, a_number_that_changes_while_it_is_read_harms_nothing,
	  a_number_that_cannot_be_is_not_believed, a_drivers_texts_are_plain_whatever_the_card_says)
