/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <linux/netlink.h>

#include "base.h"
#include "facts.h"

/*
 * XFRM: the kernel's SAs, their coming and going, and its error counters. The kernel's answers
 * contain keys: none leaves this file, and every buffer that held one is wiped before it is freed
 * or used again.
 */

/*
 * xfrm_parse() - reads an XFRM_MSG_NEWSA or XFRM_MSG_UPDSA message
 * @h: the message; nlmsg_len bytes can be read there
 * @addresses, @n_addresses: the host's own, to tell the direction by
 *
 * The direction is what the kernel says, in XFRMA_OFFLOAD_DEV's flags or in XFRMA_SA_DIR (Linux
 * 6.10); else an SA whose destination is one of @addresses is incoming, and any other outgoing.
 *
 * Return: 0 with @ret filled; -ENOMSG for other messages; -EBADMSG for malformed ones.
 */
int xfrm_parse(const struct nlmsghdr *h, const struct facts_address *addresses, size_t n_addresses,
	       struct facts_sa *ret) _must_check_;

/*
 * xfrm_dump() - all SAs of the namespace, without their keys
 *
 * Return: 0 with the array in @ret (free with free()); -EPERM without CAP_NET_ADMIN;
 * -EPROTONOSUPPORT in a kernel without XFRM; -EAGAIN when they never stood still; -ETIMEDOUT;
 * another negative errno. Never half a dump.
 */
int xfrm_dump(const struct facts_address *addresses, size_t n_addresses, struct facts_sa **ret,
	      size_t *ret_n) _must_check_;

/* What the kernel finds an SA by. */
struct xfrm_sa_id {
	uint32_t spi; /* host order */
	uint8_t proto;
	struct facts_ip destination;
};

/*
 * xfrm_get() - some SAs alone, in their order; those that are not there are left out
 *
 * It takes several times what a dump takes for each. Those that are marked are not found.
 *
 * Return: as xfrm_dump().
 */
int xfrm_get(const struct xfrm_sa_id *ids, size_t n, const struct facts_address *addresses,
	     size_t n_addresses, struct facts_sa **ret, size_t *ret_n) _must_check_;

/*
 * xfrm_parse_flow() - reads an XFRM_MSG_NEWPOLICY message
 *
 * Return: 0 with @ret filled; -ENOMSG for other messages, and for policies that lead nothing into
 * an SA: those for other directions, those that block, and those that ask for no SA; -EBADMSG for
 * malformed ones.
 */
int xfrm_parse_flow(const struct nlmsghdr *h, struct facts_flow *ret) _must_check_;

/* xfrm_dump_flows() - what leads into SAs, all of it. Return: as xfrm_dump() */
int xfrm_dump_flows(struct facts_flow **ret, size_t *ret_n) _must_check_;

enum xfrm_change {
	XFRM_ADDED,
	XFRM_UPDATED,
	XFRM_DELETED,      /* by request; never sent when a device going down flushes its SAs */
	XFRM_EXPIRED_SOFT, /* time to rekey; the SA lives on */
	XFRM_EXPIRED_HARD, /* it died of its age or volume */
	XFRM_FLUSHED,      /* all SAs of a protocol were deleted at once; only proto is filled */
	XFRM_MIGRATED,     /* some have other ends from now on; nothing is filled */
};

/* A change of an SA. */
struct xfrm_message {
	enum xfrm_change change;
	uint32_t spi;  /* host order */
	uint8_t proto; /* IPPROTO_ESP, IPPROTO_AH; 0 for a flush of all */
	struct facts_ip destination;
	struct facts_ip source; /* family 0 where it was not told */
	/* Of one that was added or updated alone: */
	int offload_link; /* as in struct facts_sa */
	bool marked;      /* likewise */
};

/*
 * xfrm_parse_change() - reads a message of the groups XFRMNLGRP_SA, XFRMNLGRP_EXPIRE and
 * XFRMNLGRP_MIGRATE
 *
 * Return: 0 with @ret filled; -ENOMSG for other messages; -EBADMSG for malformed ones.
 */
int xfrm_parse_change(const struct nlmsghdr *h, struct xfrm_message *ret) _must_check_;

/*
 * The coming and going of SAs as it happens, so that a waiter need not poll. All that come are told
 * (km_state_notify(), km_migrate()), but not all that go.
 */
struct xfrm_watch;

/* xfrm_watch_open() - needs CAP_NET_ADMIN, else -EPERM */
int xfrm_watch_open(struct xfrm_watch **ret) _must_check_;

/*
 * xfrm_watch_open_with_flows() - the same, and readable as well when what leads into SAs has
 * changed, of which xfrm_watch_read() tells nothing
 */
int xfrm_watch_open_with_flows(struct xfrm_watch **ret) _must_check_;
struct xfrm_watch *xfrm_watch_close(struct xfrm_watch *w);
DEFINE_CLEANUP(struct xfrm_watch, xfrm_watch_close)

/* xfrm_watch_fd() - becomes readable with POLLIN; it stays the watch's */
int xfrm_watch_fd(const struct xfrm_watch *w);

/*
 * xfrm_watch_read() - the next change, without blocking
 *
 * Return: 1 and the change in @ret; 0 when nothing waits; -ENOBUFS when messages were lost (dump
 * anew); another negative errno.
 */
int xfrm_watch_read(struct xfrm_watch *w, struct xfrm_message *ret) _must_check_;

/* A line of /proc/net/xfrm_stat; the names differ from kernel to kernel. */
struct xfrm_counter {
	char name[40]; /* such as "XfrmInStateProtoError" */
	uint64_t value;
};

/*
 * xfrm_stat_parse() - reads the text of /proc/net/xfrm_stat
 *
 * Lines that are no name and number are left out: a later kernel may add some.
 *
 * Return: 0 with the array in @ret (free with free(); NULL when @ret_n is 0); -ENOMEM.
 */
int xfrm_stat_parse(const char *text, size_t len, struct xfrm_counter **ret,
		    size_t *ret_n) _must_check_;

/*
 * xfrm_stat() - the error counters of this namespace
 *
 * They are of the whole host: only differences mean something, as hints.
 *
 * Return: 0 as xfrm_stat_parse(); -ENOENT in a kernel without CONFIG_XFRM_STATISTICS; another
 * negative errno.
 */
int xfrm_stat(struct xfrm_counter **ret, size_t *ret_n) _must_check_;

/* xfrm_stat_value() - a counter by its name; 0 for a name that is not there */
uint64_t xfrm_stat_value(const struct xfrm_counter *counters, size_t n, const char *name);
