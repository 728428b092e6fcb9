/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/socket.h>

#include "unit.h"

#include <linux/if.h>
#include <linux/if_bonding.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "link.h"
#include "message.h"

static void begin(struct message *m, uint16_t type, int ifindex, unsigned int flags,
		  const char *name)
{
	const struct ifinfomsg info = { .ifi_index = ifindex, .ifi_flags = flags };

	message_begin(m, type, &info, sizeof(info));
	if (name)
		message_put_text(m, IFLA_IFNAME, name);
}

/* The message that bonding sends when ix1 (3) takes over in bond0 (7). */
static void failover(struct message *m)
{
	size_t info, data;

	begin(m, RTM_NEWLINK, 7, IFF_UP | IFF_LOWER_UP | IFF_MASTER, "bond0");
	message_put_u32(m, IFLA_MTU, 1500);
	info = message_nest(m, IFLA_LINKINFO);
	message_put_text(m, IFLA_INFO_KIND, "bond");
	data = message_nest(m, IFLA_INFO_DATA);
	message_put_u8(m, IFLA_BOND_MODE, BOND_MODE_ACTIVEBACKUP);
	message_put_u32(m, IFLA_BOND_ACTIVE_SLAVE, 3);
	message_put_u32(m, IFLA_BOND_MIIMON, 100);
	message_put_u32(m, IFLA_BOND_PRIMARY, 2);
	message_nest_end(m, data);
	message_nest_end(m, info);
	message_put_u32(m, IFLA_EVENT, IFLA_EVENT_BONDING_FAILOVER);
}

static void port(struct message *m, const char *above, uint8_t state, uint8_t mii)
{
	size_t info, data;

	begin(m, RTM_NEWLINK, 3, IFF_UP | IFF_SLAVE, "ix1");
	message_put_u32(m, IFLA_MASTER, 7);
	info = message_nest(m, IFLA_LINKINFO);
	message_put_text(m, IFLA_INFO_SLAVE_KIND, above);
	data = message_nest(m, IFLA_INFO_SLAVE_DATA);
	message_put_u8(m, IFLA_BOND_SLAVE_STATE, state);
	message_put_u8(m, IFLA_BOND_SLAVE_MII_STATUS, mii);
	message_put_u32(m, IFLA_BOND_SLAVE_LINK_FAILURE_COUNT, 9);
	message_nest_end(m, data);
	message_nest_end(m, info);
}

/* Parses a copy that ends where the message does. */
static int parse(const struct message *m, struct link_message *ret)
{
	struct nlmsghdr *copy = message_copy(m, m->header.nlmsg_len);
	int r = link_parse(copy, ret);

	free(copy);
	return r;
}

static int parse_only(const struct nlmsghdr *h)
{
	struct link_message l;

	return link_parse(h, &l);
}

START_TEST(a_failover_tells_the_bond_and_its_new_active_port)
{
	struct link_message l;
	struct message m;

	failover(&m);
	ck_assert_int_eq(parse(&m, &l), 0);
	ck_assert_int_eq(l.event, IFLA_EVENT_BONDING_FAILOVER);
	ck_assert(!l.gone);
	ck_assert_int_eq(l.link.ifindex, 7);
	ck_assert_str_eq(l.link.name, "bond0");
	ck_assert_str_eq(l.link.kind, "bond");
	ck_assert_int_eq(l.link.master, FACTS_NO_LINK);
	ck_assert(l.link.up);
	ck_assert(l.link.carrier);
	ck_assert_int_eq(l.link.bond.mode, FACTS_MODE_ACTIVE_BACKUP);
	ck_assert_int_eq(l.link.bond.active_port, 3);
	ck_assert_int_eq(l.link.bond.primary, 2);
	ck_assert_uint_eq(l.link.bond.miimon_ms, 100);
	ck_assert_int_eq(l.link.bridge_mode, -1);
}
END_TEST

START_TEST(without_the_attribute_no_port_is_active)
{
	struct link_message l;
	struct message m;
	size_t info, data;

	begin(&m, RTM_NEWLINK, 7, IFF_UP, "bond0");
	info = message_nest(&m, IFLA_LINKINFO);
	message_put_text(&m, IFLA_INFO_KIND, "bond");
	data = message_nest(&m, IFLA_INFO_DATA);
	message_put_u8(&m, IFLA_BOND_MODE, BOND_MODE_ACTIVEBACKUP);
	message_nest_end(&m, data);
	message_nest_end(&m, info);

	ck_assert_int_eq(parse(&m, &l), 0);
	ck_assert_int_eq(l.link.bond.active_port, FACTS_NO_LINK);
	ck_assert_int_eq(l.event, IFLA_EVENT_NONE);
	ck_assert(!l.link.carrier);
}
END_TEST

START_TEST(a_port_tells_its_bond_and_its_state)
{
	struct link_message l;
	struct message m;

	port(&m, "bond", BOND_STATE_ACTIVE, BOND_LINK_UP);
	ck_assert_int_eq(parse(&m, &l), 0);
	ck_assert_int_eq(l.link.master, 7);
	ck_assert_str_eq(l.link.kind, "");
	ck_assert(l.link.port.active);
	ck_assert(l.link.port.mii_up);
	ck_assert_uint_eq(l.link.port.link_failures, 9);

	port(&m, "bond", BOND_STATE_BACKUP, BOND_LINK_DOWN);
	ck_assert_int_eq(parse(&m, &l), 0);
	ck_assert(!l.link.port.active);
	ck_assert(!l.link.port.mii_up);

	/* on its way down, and no longer up */
	port(&m, "bond", BOND_STATE_ACTIVE, BOND_LINK_FAIL);
	ck_assert_int_eq(parse(&m, &l), 0);
	ck_assert(!l.link.port.mii_up);
}
END_TEST

START_TEST(a_port_that_says_nothing_is_neither_active_nor_up)
{
	struct link_message l;
	struct message m;
	size_t info;

	begin(&m, RTM_NEWLINK, 3, IFF_UP, "ix1");
	info = message_nest(&m, IFLA_LINKINFO);
	message_put_text(&m, IFLA_INFO_SLAVE_KIND, "bond");
	message_nest_end(&m, message_nest(&m, IFLA_INFO_SLAVE_DATA));
	message_nest_end(&m, info);

	ck_assert_int_eq(parse(&m, &l), 0);
	ck_assert(!l.link.port.active);
	ck_assert(!l.link.port.mii_up);
}
END_TEST

START_TEST(the_ports_of_a_bridge_are_not_read_as_a_bonds)
{
	struct link_message l;
	struct message m;

	port(&m, "bridge", BOND_STATE_ACTIVE, BOND_LINK_UP);
	ck_assert_int_eq(parse(&m, &l), 0);
	ck_assert_int_eq(l.link.master, 7);
	ck_assert(!l.link.port.active);
	ck_assert_uint_eq(l.link.port.link_failures, 0);
}
END_TEST

START_TEST(a_vlan_has_the_device_below_it_unless_that_is_elsewhere)
{
	struct link_message l;
	struct message m;
	size_t info;

	begin(&m, RTM_NEWLINK, 9, IFF_UP, "bond0.100");
	message_put_u32(&m, IFLA_LINK, 7);
	info = message_nest(&m, IFLA_LINKINFO);
	message_put_text(&m, IFLA_INFO_KIND, "vlan");
	message_nest_end(&m, info);
	ck_assert_int_eq(parse(&m, &l), 0);
	ck_assert_int_eq(l.link.lower, 7);
	ck_assert_str_eq(l.link.kind, "vlan");

	message_put_u32(&m, IFLA_LINK_NETNSID, 0);
	ck_assert_int_eq(parse(&m, &l), 0);
	ck_assert_int_eq(l.link.lower, FACTS_NO_LINK);
}
END_TEST

START_TEST(a_deleted_device_is_gone)
{
	struct link_message l;
	struct message m;

	failover(&m);
	m.header.nlmsg_type = RTM_DELLINK;
	ck_assert_int_eq(parse(&m, &l), 0);
	ck_assert(l.gone);
	ck_assert_int_eq(l.link.ifindex, 7);
}
END_TEST

START_TEST(the_bridges_own_messages_are_about_something_else)
{
	const struct ifinfomsg info = { .ifi_family = AF_BRIDGE, .ifi_index = 3 };
	struct link_message l;
	struct message m;

	message_begin(&m, RTM_DELLINK, &info, sizeof(info));
	message_put_text(&m, IFLA_IFNAME, "ix1");
	ck_assert_int_eq(parse(&m, &l), -ENOMSG);
}
END_TEST

START_TEST(other_types_are_about_something_else)
{
	static const uint16_t types[] = { NLMSG_NOOP,  NLMSG_ERROR, NLMSG_DONE,
					  RTM_GETLINK, RTM_NEWADDR, RTM_NEWROUTE };
	struct link_message l;
	struct message m;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		failover(&m);
		m.header.nlmsg_type = types[i];
		ck_assert_int_eq(parse(&m, &l), -ENOMSG);
	}
}
END_TEST

START_TEST(a_device_needs_an_index_and_a_name)
{
	struct link_message l;
	struct message m;

	begin(&m, RTM_NEWLINK, 0, 0, "ix0");
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
	begin(&m, RTM_NEWLINK, -3, 0, "ix0");
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
	begin(&m, RTM_NEWLINK, 3, 0, NULL);
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
	begin(&m, RTM_NEWLINK, 3, 0, "");
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
	begin(&m, RTM_NEWLINK, 3, 0, "sixteen-letters-");
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
	begin(&m, RTM_NEWLINK, 3, 0, "fifteen-letters");
	ck_assert_int_eq(parse(&m, &l), 0);

	begin(&m, RTM_NEWLINK, 3, 0, NULL);
	message_put(&m, IFLA_IFNAME, "ix0", 3); /* no NUL */
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
}
END_TEST

START_TEST(an_index_that_no_device_can_have_is_malformed)
{
	struct link_message l;
	struct message m;

	begin(&m, RTM_NEWLINK, 3, 0, "ix0");
	message_put_u32(&m, IFLA_MASTER, 0x80000000);
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
}
END_TEST

START_TEST(a_long_kind_is_cut_and_harms_nothing)
{
	struct link_message l;
	struct message m;
	size_t info;

	begin(&m, RTM_NEWLINK, 3, 0, "x0");
	info = message_nest(&m, IFLA_LINKINFO);
	message_put_text(&m, IFLA_INFO_KIND, "a-kind-of-thirty-letters-or-so");
	message_nest_end(&m, info);
	ck_assert_int_eq(parse(&m, &l), 0);
	ck_assert_str_eq(l.link.kind, "a-kind-of-thirt");
}
END_TEST

START_TEST(attributes_of_a_later_kernel_are_passed_over)
{
	struct link_message l;
	struct message m;

	failover(&m);
	message_put_u32(&m, 900, 1);
	message_put(&m, 901, "odd", 3);
	ck_assert_int_eq(parse(&m, &l), 0);
	ck_assert_int_eq(l.link.bond.active_port, 3);
}
END_TEST

START_TEST(the_first_of_two_equal_attributes_counts)
{
	struct link_message l;
	struct message m;

	failover(&m);
	message_put_text(&m, IFLA_IFNAME, "other");
	ck_assert_int_eq(parse(&m, &l), 0);
	ck_assert_str_eq(l.link.name, "bond0");
}
END_TEST

START_TEST(a_value_that_is_too_short_is_malformed)
{
	struct link_message l;
	struct message m;

	begin(&m, RTM_NEWLINK, 3, 0, "ix0");
	message_put_u16(&m, IFLA_MASTER, 7);
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
}
END_TEST

START_TEST(an_attribute_that_claims_more_than_there_is_is_malformed)
{
	struct link_message l;
	struct message m;
	size_t at;

	begin(&m, RTM_NEWLINK, 3, 0, "ix0");
	at = message_put_u32(&m, IFLA_MTU, 1500);
	message_lie(&m, at, 9);
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
	message_lie(&m, at, UINT16_MAX);
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
	message_lie(&m, at, 3); /* less than its own header */
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
	message_lie(&m, at, 0);
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
	message_lie(&m, at, 8);
	ck_assert_int_eq(parse(&m, &l), 0);
}
END_TEST

START_TEST(a_nest_that_claims_more_than_its_parent_has_is_malformed)
{
	struct link_message l;
	struct message m;
	size_t info, kind, data, active;

	begin(&m, RTM_NEWLINK, 7, 0, "bond0");
	info = message_nest(&m, IFLA_LINKINFO);
	kind = message_put_text(&m, IFLA_INFO_KIND, "bond");
	data = message_nest(&m, IFLA_INFO_DATA);
	active = message_put_u32(&m, IFLA_BOND_ACTIVE_SLAVE, 3);
	message_nest_end(&m, data);
	message_nest_end(&m, info);
	message_put_u32(&m, IFLA_MTU, 1500); /* there are bytes behind the nest to be misled to */
	ck_assert_int_eq(parse(&m, &l), 0);
	ck_assert_int_eq(l.link.bond.active_port, 3);

	message_lie(&m, data, NLA_HDRLEN + 8 + 8);
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
	message_nest_end(&m, info); /* set right again what follows, but for the MTU now inside */
	message_lie(&m, info, data + NLA_HDRLEN + 8 - info);
	message_lie(&m, data, NLA_HDRLEN + 8);
	ck_assert_int_eq(parse(&m, &l), 0);

	message_lie(&m, active, NLA_HDRLEN + 4 + 8);
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
	message_lie(&m, active, NLA_HDRLEN + 4);
	message_lie(&m, kind, 200);
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
}
END_TEST

START_TEST(the_result_is_untouched_by_a_message_that_is_refused)
{
	struct link_message l;
	struct message m;

	memset(&l, 0x5a, sizeof(l));
	failover(&m);
	message_put_u16(&m, IFLA_LINK, 1);
	ck_assert_int_eq(parse(&m, &l), -EBADMSG);
	for (size_t i = 0; i < sizeof(l); i++)
		ck_assert_uint_eq(((uint8_t *)&l)[i], 0x5a);
}
END_TEST

START_TEST(no_damage_makes_it_read_beyond_the_message)
{
	struct message m;

	failover(&m);
	message_damage(&m, parse_only);
	port(&m, "bond", BOND_STATE_ACTIVE, BOND_LINK_UP);
	message_damage(&m, parse_only);
}
END_TEST

UNIT_MAIN("link-messages", a_failover_tells_the_bond_and_its_new_active_port,
	  without_the_attribute_no_port_is_active, a_port_tells_its_bond_and_its_state,
	  a_port_that_says_nothing_is_neither_active_nor_up,
	  the_ports_of_a_bridge_are_not_read_as_a_bonds,
	  a_vlan_has_the_device_below_it_unless_that_is_elsewhere, a_deleted_device_is_gone,
	  the_bridges_own_messages_are_about_something_else, other_types_are_about_something_else,
	  a_device_needs_an_index_and_a_name, an_index_that_no_device_can_have_is_malformed,
	  a_long_kind_is_cut_and_harms_nothing, attributes_of_a_later_kernel_are_passed_over,
	  the_first_of_two_equal_attributes_counts, a_value_that_is_too_short_is_malformed,
	  an_attribute_that_claims_more_than_there_is_is_malformed,
	  a_nest_that_claims_more_than_its_parent_has_is_malformed,
	  the_result_is_untouched_by_a_message_that_is_refused,
	  no_damage_makes_it_read_beyond_the_message)
