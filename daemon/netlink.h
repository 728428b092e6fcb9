/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <linux/filter.h>
#include <linux/netlink.h>
#include <netlink/msg.h>

#include "base.h"

/*
 * One netlink socket, spoken to synchronously: what link, ethtool and xfrm have in common. Messages
 * are built and taken apart with libnl; receiving is done here, because answers about SAs contain
 * keys and every buffer that held one is wiped, which libnl does not do.
 *
 * Nothing here waits for ever, with one exception that no caller can change: the kernel carries a
 * request out while it is being sent, and may wait for its own locks there.
 */
struct netlink;

/* How long an answer may take. */
#define NETLINK_TIMEOUT_MSEC 5000

/* How often a dump is begun anew that the kernel says was disturbed (NLM_F_DUMP_INTR). */
#define NETLINK_DUMP_TRIES 10

/* For a local message. */
static inline void nlmsg_freep(struct nl_msg **m)
{
	nlmsg_free(*m);
}

/*
 * netlink_open() - a socket for requests
 * @protocol: NETLINK_ROUTE, NETLINK_XFRM, NETLINK_GENERIC
 *
 * Return: 0 and the socket in @ret; a negative errno, -EPROTONOSUPPORT where the kernel has no such
 * protocol.
 */
int netlink_open(int protocol, struct netlink **ret) _must_check_;

/*
 * netlink_watch() - a socket that only listens; never blocks
 * @groups: the numbers of the multicast groups, ended by 0
 * @receive_buffer: bytes that the kernel may keep for it; more than net.core.rmem_max is taken
 *                  where CAP_NET_ADMIN allows it
 */
int netlink_watch(int protocol, const unsigned int *groups, int receive_buffer,
		  struct netlink **ret) _must_check_;

/*
 * netlink_attach_filter() - a classic BPF program that looks at each datagram before it is queued
 *
 * See "Linux Socket Filtering" in the kernel's documentation; SKF_AD_NLATTR finds attributes.
 */
int netlink_attach_filter(struct netlink *nl, const struct sock_filter *program,
			  unsigned short n) _must_check_;

/* netlink_close() - wipes and frees */
struct netlink *netlink_close(struct netlink *nl);
DEFINE_CLEANUP(struct netlink, netlink_close)

/* netlink_fd() - to wait for with poll(); it stays the netlink's */
int netlink_fd(const struct netlink *nl);

/*
 * A callback for each message of an answer.
 *
 * Return: 0 to go on; a negative errno ends the call with it.
 */
typedef int (*netlink_each_t)(const struct nlmsghdr *h, void *userdata);

/*
 * netlink_request() - sends a request and takes the answer up to its acknowledgement
 * @m: the message; its flags, sequence and port numbers are set here
 * @each: called for each message but the acknowledgement; NULL where none is expected
 *
 * Return: 0; the kernel's own errno; -ETIMEDOUT; -EBADMSG for an answer that is cut off.
 */
int netlink_request(struct netlink *nl, struct nl_msg *m, netlink_each_t each,
		    void *userdata) _must_check_;

/*
 * netlink_dump() - as netlink_request(), for all objects
 * @restart: called before each attempt; forgets what earlier ones brought
 *
 * A dump that was disturbed is done again; what @each collected is complete when 0 comes back.
 *
 * Return: 0; -EAGAIN when NETLINK_DUMP_TRIES attempts were all disturbed; else as
 * netlink_request().
 */
int netlink_dump(struct netlink *nl, struct nl_msg *m, netlink_each_t each,
		 void (*restart)(void *userdata), void *userdata) _must_check_;

/*
 * netlink_next() - hands the next message of a watch to a callback, then wipes it
 * @take: copies what it wants of a message. 0: this was one; -ENOMSG: not wanted, pass over it;
 *        another negative errno ends the call with it
 *
 * Datagrams that are not from the kernel are thrown away.
 *
 * Return: 1 when @take took a message; 0 when nothing waits; -ENOBUFS when the kernel had to throw
 * messages away, once each time; another negative errno.
 */
int netlink_next(struct netlink *nl, netlink_each_t take, void *userdata) _must_check_;
