/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <linux/netlink.h>

#include "base.h"

/*
 * ethtool's generic netlink family, as far as feature bits go: the part of ethtool.h that older
 * kernels and headers lack. Only ethtool.c uses it.
 */
struct ethtool_netlink;

/* One feature bit of a device. */
struct ethtool_bit {
	bool known; /* the kernel has such a bit; the rest is false else */
	bool can_change;
	bool on;
};

/* Return: 0; -ENOENT in a kernel without the family; another negative errno */
int ethtool_netlink_open(struct ethtool_netlink **ret) _must_check_;
struct ethtool_netlink *ethtool_netlink_close(struct ethtool_netlink *e);
DEFINE_CLEANUP(struct ethtool_netlink, ethtool_netlink_close)

/*
 * ethtool_netlink_parse_feature() - finds a bit in an ETHTOOL_MSG_FEATURES_GET_REPLY
 * @h: the message; nlmsg_len bytes can be read there
 *
 * Return: 0; -EBADMSG
 */
int ethtool_netlink_parse_feature(const struct nlmsghdr *h, const char *feature,
				  struct ethtool_bit *ret) _must_check_;

int ethtool_netlink_get_feature(struct ethtool_netlink *e, const char *name, const char *feature,
				struct ethtool_bit *ret) _must_check_;

/* Says nothing of whether the bit took. */
int ethtool_netlink_set_feature(struct ethtool_netlink *e, const char *name, const char *feature,
				bool on) _must_check_;
