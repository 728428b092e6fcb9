/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/socket.h>

#include "unit.h"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <netlink/attr.h>

#include "facts.h"
#include "link.h"
#include "message.h"
#include "netlink.h"

/*
 * What a card with virtual functions tells, which no test machine has: the linker leads the calls
 * of netlink.h here, and each request is looked at.
 */
static const struct {
	int ifindex;
	int master;
	const char *name;
	const char *kind;
	uint32_t n_vfs;  /* 0: not told */
	int bridge_mode; /* -1: not told */
} devices[] = {
	{ 1, 0, "lo", NULL, 0, -1 },
	{ 2, 7, "ix0", NULL, 63, BRIDGE_MODE_VEPA },
	{ 3, 7, "ix1", NULL, 0, BRIDGE_MODE_VEB },
	{ 4, 7, "ix2", NULL, 0, -1 },
	{ 5, 8, "ix3", NULL, 4, BRIDGE_MODE_VEB },
	{ 7, 0, "bond0", "bond", 0, -1 },
	{ 8, 0, "br0", "bridge", 0, -1 },
};

static bool no_bond;
static int vfs_error, modes_error;
static unsigned int asked_vfs, asked_modes;

int __wrap_netlink_open(int protocol, struct netlink **ret);
struct netlink *__wrap_netlink_close(struct netlink *nl);
int __wrap_netlink_dump(struct netlink *nl, struct nl_msg *m, netlink_each_t each,
			void (*restart)(void *userdata), void *userdata);
int __wrap_netlink_request(struct netlink *nl, struct nl_msg *m, netlink_each_t each,
			   void *userdata);

int __wrap_netlink_open(int protocol, struct netlink **ret)
{
	ck_assert_int_eq(protocol, NETLINK_ROUTE);
	*ret = NULL;
	return 0;
}

struct netlink *__wrap_netlink_close(struct netlink *nl)
{
	(void)nl;
	return NULL;
}

static struct ifinfomsg info_of(struct nl_msg *m)
{
	struct ifinfomsg info;

	ck_assert_uint_eq(nlmsg_hdr(m)->nlmsg_type, RTM_GETLINK);
	memcpy(&info, nlmsg_data(nlmsg_hdr(m)), sizeof(info));
	return info;
}

static void begin(struct message *m, size_t i, unsigned char family)
{
	const struct ifinfomsg info = { .ifi_family = family, .ifi_index = devices[i].ifindex };

	message_begin(m, RTM_NEWLINK, &info, sizeof(info));
	message_put_text(m, IFLA_IFNAME, devices[i].name);
}

static int tell_device(size_t i, netlink_each_t each, void *userdata)
{
	struct message m;
	size_t info;

	begin(&m, i, AF_UNSPEC);
	if (devices[i].master && !(no_bond && devices[i].master == 7))
		message_put_u32(&m, IFLA_MASTER, (uint32_t)devices[i].master);
	if (devices[i].kind) {
		info = message_nest(&m, IFLA_LINKINFO);
		message_put_text(&m, IFLA_INFO_KIND, devices[i].kind);
		message_nest_end(&m, info);
	}
	return each(&m.header, userdata);
}

static int tell_mode(size_t i, netlink_each_t each, void *userdata)
{
	struct message m;
	size_t spec;

	begin(&m, i, AF_BRIDGE);
	if (devices[i].kind)
		return each(&m.header, userdata);
	spec = message_nest(&m, IFLA_AF_SPEC);
	message_put_u16(&m, IFLA_BRIDGE_FLAGS, BRIDGE_FLAGS_SELF);
	if (devices[i].bridge_mode >= 0)
		message_put_u16(&m, IFLA_BRIDGE_MODE, (uint16_t)devices[i].bridge_mode);
	message_nest_end(&m, spec);
	return each(&m.header, userdata);
}

int __wrap_netlink_dump(struct netlink *nl, struct nl_msg *m, netlink_each_t each,
			void (*restart)(void *userdata), void *userdata)
{
	bool modes = info_of(m).ifi_family == AF_BRIDGE;
	int r = 0;

	(void)nl;
	asked_modes += modes;
	if (modes && modes_error)
		return modes_error;
	/* A first attempt that is disturbed, and a whole one. */
	for (unsigned int attempt = 0; attempt < 2; attempt++) {
		restart(userdata);
		for (size_t i = 0; r == 0 && i < ARRAY_SIZE(devices); i++)
			r = modes ? tell_mode(i, each, userdata) : tell_device(i, each, userdata);
	}
	return r;
}

/* The message of a device with virtual functions, too many for the length of their list. */
int __wrap_netlink_request(struct netlink *nl, struct nl_msg *m, netlink_each_t each,
			   void *userdata)
{
	const struct ifinfomsg info = info_of(m);
	const struct nlattr *mask = nlmsg_find_attr(nlmsg_hdr(m), sizeof(info), IFLA_EXT_MASK);

	(void)nl;
	ck_assert_ptr_nonnull(mask);
	ck_assert_uint_eq(nla_get_u32(mask), RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS);
	asked_vfs++;
	if (vfs_error)
		return vfs_error;
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		struct message o;
		size_t list;

		if (devices[i].ifindex != info.ifi_index)
			continue;
		begin(&o, i, AF_UNSPEC);
		if (devices[i].n_vfs > 0) {
			message_put_u32(&o, IFLA_NUM_VF, devices[i].n_vfs);
			list = message_put(&o, IFLA_VFINFO_LIST, "0123456789abcdef", 16);
			message_lie(&o, list, 7);
		}
		return each(&o.header, userdata);
	}
	return -ENODEV;
}

static struct facts host;

static const struct facts_link *link_of(const char *name)
{
	return facts_link_by_name(&host, name);
}

static void look(void)
{
	ck_assert_int_eq(link_dump(&host.links, &host.n_links), 0);
	ck_assert_uint_eq(host.n_links, ARRAY_SIZE(devices));
}

START_TEST(the_ports_of_a_bond_tell_their_virtual_functions)
{
	look();
	ck_assert_uint_eq(link_of("ix0")->n_vfs, 63);
	ck_assert_uint_eq(link_of("ix1")->n_vfs, 0);
	ck_assert_uint_eq(asked_vfs, 3);
	ck_assert_uint_eq(link_of("ix3")->n_vfs, 0); /* not asked */
	free(host.links);
}
END_TEST

START_TEST(the_modes_of_their_bridges_are_told)
{
	look();
	ck_assert_int_eq(link_of("ix0")->bridge_mode, BRIDGE_MODE_VEPA);
	ck_assert_int_eq(link_of("ix1")->bridge_mode, BRIDGE_MODE_VEB);
	ck_assert_int_eq(link_of("ix2")->bridge_mode, -1);
	ck_assert_int_eq(link_of("bond0")->bridge_mode, -1);
	free(host.links);
}
END_TEST

START_TEST(without_a_bond_nothing_is_asked_about_ports)
{
	no_bond = true;
	look();
	ck_assert_uint_eq(asked_vfs, 0);
	ck_assert_uint_eq(asked_modes, 0);
	free(host.links);
}
END_TEST

START_TEST(a_port_that_went_meanwhile_is_no_error)
{
	vfs_error = -ENODEV;
	look();
	ck_assert_uint_eq(link_of("ix0")->n_vfs, 0);
	free(host.links);
}
END_TEST

START_TEST(other_errors_are_handed_up)
{
	struct facts_link *links;
	size_t n;

	vfs_error = -EIO;
	ck_assert_int_eq(link_dump(&links, &n), -EIO);
	vfs_error = 0;
	modes_error = -EAGAIN;
	ck_assert_int_eq(link_dump(&links, &n), -EAGAIN);
}
END_TEST

UNIT_MAIN("link-ports", the_ports_of_a_bond_tell_their_virtual_functions,
	  the_modes_of_their_bridges_are_told, without_a_bond_nothing_is_asked_about_ports,
	  a_port_that_went_meanwhile_is_no_error, other_errors_are_handed_up)
