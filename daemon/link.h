/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <linux/netlink.h>

#include "base.h"
#include "facts.h"

/*
 * rtnetlink: network devices, bonds, their ports and addresses, and the changes of them.
 *
 * The order of messages at a failover, as bonding sends them: the old port, the new port, then the
 * bond with IFLA_EVENT_BONDING_FAILOVER and the new active port in it (bond_change_active_slave()).
 * When the last port goes, there is no such event: the bond's active port is simply absent.
 */

/* A change of a device. */
struct link_message {
	struct facts_link link;
	int event; /* IFLA_EVENT_… of linux/if_link.h; IFLA_EVENT_NONE (0) where there is none */
	bool gone; /* the device was deleted, or left for another namespace */
};

/*
 * link_parse() - reads an RTM_NEWLINK or RTM_DELLINK message
 * @h: the message; nlmsg_len bytes can be read there
 *
 * Fills all of a facts_link that a message can tell. What it does not: the ethtool part is zero
 * (FACTS_FEATURE_UNKNOWN), n_vfs is 0, bridge_mode is -1.
 *
 * Return: 0 with @ret filled; -ENOMSG for a message about something else, and for the bridge's and
 * other families' messages of the same type (an AF_BRIDGE RTM_DELLINK says only that a port left a
 * bridge); -EBADMSG for a malformed one.
 */
int link_parse(const struct nlmsghdr *h, struct link_message *ret) _must_check_;

/*
 * link_dump() - all devices of the namespace, in the kernel's order
 *
 * n_vfs and bridge_mode are asked for as well: the first of ports of bonds only (it makes the
 * kernel list every virtual function). The ethtool part stays zero.
 *
 * Return: 0 with the array in @ret (free with free()); -EAGAIN when the devices changed during each
 * of many attempts; -ETIMEDOUT; another negative errno. Never half a dump.
 */
int link_dump(struct facts_link **ret, size_t *ret_n) _must_check_;

/*
 * link_dump_addresses() - all IPv4 and IPv6 addresses of the namespace
 *
 * The device's own address (IFA_LOCAL), not the peer's of a point-to-point link.
 *
 * Return: as link_dump().
 */
int link_dump_addresses(struct facts_address **ret, size_t *ret_n) _must_check_;

/* The changes of devices as they happen. */
struct link_watch;

/*
 * link_watch_open() - listens from now on
 *
 * A filter in the kernel keeps away what no bond can depend on, so that a host with thousands of
 * containers wakes nobody: other families' messages, and new or changed veth, bridge and tun
 * devices that are no ports of a bond. (The price: when a veth or tun leaves a bond and lives on,
 * no message tells; a deletion always does.)
 *
 * To miss nothing: open, then dump, then read.
 */
int link_watch_open(struct link_watch **ret) _must_check_;
struct link_watch *link_watch_close(struct link_watch *w);
DEFINE_CLEANUP(struct link_watch, link_watch_close)

/* link_watch_fd() - becomes readable with POLLIN; it stays the watch's */
int link_watch_fd(const struct link_watch *w);

/*
 * link_watch_read() - the next change, without blocking
 *
 * Return: 1 and the change in @ret; 0 when nothing waits; -ENOBUFS when messages were lost (drain
 * on, then dump anew and compare); another negative errno.
 */
int link_watch_read(struct link_watch *w, struct link_message *ret) _must_check_;

/* A change of an address. */
struct link_address_message {
	struct facts_address address;
	bool gone;
};

/*
 * link_parse_address() - reads an RTM_NEWADDR or RTM_DELADDR message
 *
 * Return: 0 with @ret filled; -ENOMSG for a message about something else; -EBADMSG for a malformed
 * one.
 */
int link_parse_address(const struct nlmsghdr *h, struct link_address_message *ret) _must_check_;

/*
 * link_address_watch_open() - the same for addresses: to be closed, and waited for, as that of
 * links
 *
 * A filter in the kernel keeps away those that are valid on a link alone, of which each device that
 * is set up has one.
 */
int link_address_watch_open(struct link_watch **ret) _must_check_;

/* link_address_watch_read() - Return: as link_watch_read() */
int link_address_watch_read(struct link_watch *w, struct link_address_message *ret) _must_check_;
