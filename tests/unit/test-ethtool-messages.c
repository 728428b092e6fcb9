/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <linux/ethtool_netlink.h>

#include "ethtool-netlink.h"
#include "message.h"

static size_t put_bit(struct message *m, const char *name, bool value)
{
	size_t bit = message_nest(m, NLA_F_NESTED | ETHTOOL_A_BITSET_BITS_BIT);

	message_put_u32(m, ETHTOOL_A_BITSET_BIT_INDEX, 1);
	message_put_text(m, ETHTOOL_A_BITSET_BIT_NAME, name);
	if (value)
		message_put(m, ETHTOOL_A_BITSET_BIT_VALUE, NULL, 0);
	message_nest_end(m, bit);
	return bit;
}

/* A set with all names in its mask, or only those that are set and no mask. */
static size_t put_set(struct message *m, int type, bool mask, bool wanted_bit)
{
	size_t set = message_nest(m, NLA_F_NESTED | type), bits;

	if (!mask)
		message_put(m, ETHTOOL_A_BITSET_NOMASK, NULL, 0);
	message_put_u32(m, ETHTOOL_A_BITSET_SIZE, 60);
	bits = message_nest(m, NLA_F_NESTED | ETHTOOL_A_BITSET_BITS);
	put_bit(m, "esp-hw", true);
	if (mask || wanted_bit)
		put_bit(m, "esp-hw-offload", mask && wanted_bit);
	put_bit(m, "esp-hw-offload-2", true);
	message_nest_end(m, bits);
	message_nest_end(m, set);
	return bits;
}

static size_t reply(struct message *m, bool hardware, bool active, bool no_change)
{
	const struct genlmsghdr head = { .cmd = ETHTOOL_MSG_FEATURES_GET_REPLY };
	size_t bits;

	message_begin(m, 30, &head, sizeof(head));
	bits = put_set(m, ETHTOOL_A_FEATURES_HW, true, hardware);
	put_set(m, ETHTOOL_A_FEATURES_WANTED, false, true);
	put_set(m, ETHTOOL_A_FEATURES_ACTIVE, false, active);
	put_set(m, ETHTOOL_A_FEATURES_NOCHANGE, false, no_change);
	return bits;
}

static int parse(const struct message *m, const char *feature, struct ethtool_bit *ret)
{
	struct nlmsghdr *copy = message_copy(m, m->header.nlmsg_len);
	int r = ethtool_netlink_parse_feature(copy, feature, ret);

	free(copy);
	return r;
}

static int parse_only(const struct nlmsghdr *h)
{
	struct ethtool_bit b;

	return ethtool_netlink_parse_feature(h, "esp-hw-offload", &b);
}

START_TEST(a_bit_can_be_changed_when_hardware_has_it_and_nothing_holds_it)
{
	for (int hardware = 0; hardware < 2; hardware++)
		for (int active = 0; active < 2; active++)
			for (int held = 0; held < 2; held++) {
				struct ethtool_bit b;
				struct message m;

				reply(&m, hardware, active, held);
				ck_assert_int_eq(parse(&m, "esp-hw-offload", &b), 0);
				ck_assert(b.known);
				ck_assert_int_eq(b.can_change, hardware && !held);
				ck_assert_int_eq(b.on, active);
			}
}
END_TEST

START_TEST(a_bit_that_the_kernel_does_not_list_is_not_known)
{
	struct ethtool_bit b = { .known = true, .can_change = true, .on = true };
	struct message m;

	reply(&m, true, true, false);
	ck_assert_int_eq(parse(&m, "esp-hw-offloa", &b), 0);
	ck_assert(!b.known);
	ck_assert(!b.can_change);
	ck_assert(!b.on);
}
END_TEST

START_TEST(an_answer_without_its_sets_is_malformed)
{
	const struct genlmsghdr head = { .cmd = ETHTOOL_MSG_FEATURES_GET_REPLY };
	struct ethtool_bit b;
	struct message m;

	message_begin(&m, 30, &head, sizeof(head));
	ck_assert_int_eq(parse(&m, "esp-hw-offload", &b), -EBADMSG);
	put_set(&m, ETHTOOL_A_FEATURES_HW, true, true);
	ck_assert_int_eq(parse(&m, "esp-hw-offload", &b), -EBADMSG);
	put_set(&m, ETHTOOL_A_FEATURES_ACTIVE, false, true);
	ck_assert_int_eq(parse(&m, "esp-hw-offload", &b), 0);
}
END_TEST

START_TEST(a_set_in_the_short_form_is_not_what_was_asked_for)
{
	const struct genlmsghdr head = { .cmd = ETHTOOL_MSG_FEATURES_GET_REPLY };
	struct ethtool_bit b;
	struct message m;
	size_t set;

	message_begin(&m, 30, &head, sizeof(head));
	set = message_nest(&m, NLA_F_NESTED | ETHTOOL_A_FEATURES_HW);
	message_put_u32(&m, ETHTOOL_A_BITSET_SIZE, 32);
	message_put_u32(&m, ETHTOOL_A_BITSET_VALUE, 1);
	message_put_u32(&m, ETHTOOL_A_BITSET_MASK, 1);
	message_nest_end(&m, set);
	put_set(&m, ETHTOOL_A_FEATURES_ACTIVE, false, true);
	ck_assert_int_eq(parse(&m, "esp-hw-offload", &b), -EBADMSG);
}
END_TEST

START_TEST(a_list_of_bits_that_is_cut_off_is_malformed)
{
	struct ethtool_bit b;
	struct message m;
	size_t bits;

	bits = reply(&m, true, true, false);
	/* the last bit of the list claims more than the list has */
	message_lie(&m, bits + NLA_HDRLEN, 400);
	ck_assert_int_eq(parse(&m, "esp-hw-offload", &b), -EBADMSG);
}
END_TEST

START_TEST(a_name_needs_its_end_to_be_the_one)
{
	static const char *const names[] = { "esp-hw-offload", "esp-hw-offloadx" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct genlmsghdr head = { .cmd = ETHTOOL_MSG_FEATURES_GET_REPLY };
		size_t set, bits, bit;
		struct ethtool_bit b;
		struct message m;

		message_begin(&m, 30, &head, sizeof(head));
		set = message_nest(&m, NLA_F_NESTED | ETHTOOL_A_FEATURES_HW);
		bits = message_nest(&m, NLA_F_NESTED | ETHTOOL_A_BITSET_BITS);
		bit = message_nest(&m, NLA_F_NESTED | ETHTOOL_A_BITSET_BITS_BIT);
		message_put(&m, ETHTOOL_A_BITSET_BIT_NAME, names[i], strlen(names[i]));
		message_nest_end(&m, bit);
		message_nest_end(&m, bits);
		message_nest_end(&m, set);
		put_set(&m, ETHTOOL_A_FEATURES_ACTIVE, false, true);

		ck_assert_int_eq(parse(&m, "esp-hw-offload", &b), 0);
		ck_assert(!b.known);
	}
}
END_TEST

START_TEST(no_damage_makes_it_read_beyond_the_message)
{
	struct message m;

	reply(&m, true, true, false);
	message_damage(&m, parse_only);
}
END_TEST

UNIT_MAIN("ethtool-messages", a_bit_can_be_changed_when_hardware_has_it_and_nothing_holds_it,
	  a_bit_that_the_kernel_does_not_list_is_not_known, an_answer_without_its_sets_is_malformed,
	  a_set_in_the_short_form_is_not_what_was_asked_for,
	  a_list_of_bits_that_is_cut_off_is_malformed, a_name_needs_its_end_to_be_the_one,
	  no_damage_makes_it_read_beyond_the_message)
