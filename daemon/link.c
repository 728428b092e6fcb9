/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "link.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>

#include <linux/if.h>
#include <linux/if_bonding.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <netlink/attr.h>

#include "array.h"
#include "attributes.h"
#include "netlink.h"

/*
 * A failover makes about ten messages of up to 4 kB as the kernel counts: room for some 800 that
 * are not read at once.
 */
#define WATCH_BUFFER (32 * 1024 * 1024)
/* Of addresses there are few changes, and that some were lost is as good a reason to look. */
#define ADDRESS_BUFFER (1024 * 1024)

struct link_watch {
	struct netlink *nl;
};

/* An ifindex, unsigned on the wire. */
static int get_index(const struct nlattr *a, int *ret)
{
	uint32_t index = 0;
	int r;

	r = attribute_get(a, &index, sizeof(index));
	if (r < 0)
		return r;
	if (index > INT_MAX)
		return -EBADMSG;
	*ret = (int)index;
	return 0;
}

/* A kind that is too long is none that anybody asks for, so it may well be cut. */
static int get_kind(const struct nlattr *a, char ret[FACTS_NAME_SIZE])
{
	char kind[128] = "";
	int r;

	r = attribute_get_name(a, kind, sizeof(kind));
	if (r < 0)
		return r;
	memcpy(ret, kind, FACTS_NAME_SIZE - 1);
	ret[FACTS_NAME_SIZE - 1] = '\0';
	return 0;
}

static int parse_bond(const struct nlattr *data, struct facts_link *l)
{
	const struct nlattr *tb[IFLA_BOND_MAX + 1];
	uint8_t mode = 0;
	int r;

	if ((r = attributes_parse_nested(data, IFLA_BOND_MAX, tb)) < 0 ||
	    (r = attribute_get(tb[IFLA_BOND_MODE], &mode, sizeof(mode))) < 0 ||
	    (r = get_index(tb[IFLA_BOND_ACTIVE_SLAVE], &l->bond.active_port)) < 0 ||
	    (r = get_index(tb[IFLA_BOND_PRIMARY], &l->bond.primary)) < 0 ||
	    (r = attribute_get(tb[IFLA_BOND_MIIMON], &l->bond.miimon_ms,
			       sizeof(l->bond.miimon_ms))) < 0)
		return r;

	l->bond.mode = mode;
	return 0;
}

static int parse_port(const struct nlattr *data, struct facts_link *l)
{
	const struct nlattr *tb[IFLA_BOND_SLAVE_MAX + 1];
	uint8_t state = BOND_STATE_BACKUP, mii = BOND_LINK_DOWN;
	int r;

	if ((r = attributes_parse_nested(data, IFLA_BOND_SLAVE_MAX, tb)) < 0 ||
	    (r = attribute_get(tb[IFLA_BOND_SLAVE_STATE], &state, sizeof(state))) < 0 ||
	    (r = attribute_get(tb[IFLA_BOND_SLAVE_MII_STATUS], &mii, sizeof(mii))) < 0 ||
	    (r = attribute_get(tb[IFLA_BOND_SLAVE_LINK_FAILURE_COUNT], &l->port.link_failures,
			       sizeof(l->port.link_failures))) < 0)
		return r;

	l->port.active = state == BOND_STATE_ACTIVE;
	l->port.mii_up = mii == BOND_LINK_UP;
	return 0;
}

static int parse_info(const struct nlattr *info, struct facts_link *l)
{
	const struct nlattr *tb[IFLA_INFO_MAX + 1];
	char above[FACTS_NAME_SIZE] = "";
	int r;

	if ((r = attributes_parse_nested(info, IFLA_INFO_MAX, tb)) < 0 ||
	    (r = get_kind(tb[IFLA_INFO_KIND], l->kind)) < 0 ||
	    (r = get_kind(tb[IFLA_INFO_SLAVE_KIND], above)) < 0)
		return r;

	/* What the data mean depends on the kind. */
	if (streq(l->kind, "bond") && tb[IFLA_INFO_DATA]) {
		r = parse_bond(tb[IFLA_INFO_DATA], l);
		if (r < 0)
			return r;
	}
	if (streq(above, "bond") && tb[IFLA_INFO_SLAVE_DATA]) {
		r = parse_port(tb[IFLA_INFO_SLAVE_DATA], l);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The fixed part of the message; *ret_info is valid with 0 only. */
static int parse_header(const struct nlmsghdr *h, int family, struct ifinfomsg *ret_info)
{
	if (h->nlmsg_type != RTM_NEWLINK && h->nlmsg_type != RTM_DELLINK)
		return -ENOMSG;
	if (h->nlmsg_len < NLMSG_HDRLEN + sizeof(*ret_info))
		return -EBADMSG;
	memcpy(ret_info, NLMSG_DATA(h), sizeof(*ret_info));
	if (ret_info->ifi_family != family)
		return -ENOMSG;
	return ret_info->ifi_index > 0 ? 0 : -EBADMSG;
}

int link_parse(const struct nlmsghdr *h, struct link_message *ret)
{
	const struct nlattr *tb[IFLA_MAX + 1];
	struct link_message m = { .link.bridge_mode = -1 };
	struct facts_link *l = &m.link;
	struct ifinfomsg info;
	uint32_t event = IFLA_EVENT_NONE;
	int r;

	r = parse_header(h, AF_UNSPEC, &info);
	if (r < 0)
		return r;

	if ((r = attributes_parse_message(h, sizeof(info), IFLA_MAX, tb)) < 0 ||
	    (r = attribute_get_name(tb[IFLA_IFNAME], l->name, sizeof(l->name))) < 0 ||
	    (r = get_index(tb[IFLA_MASTER], &l->master)) < 0 ||
	    (r = get_index(tb[IFLA_LINK], &l->lower)) < 0 ||
	    (r = attribute_get(tb[IFLA_EVENT], &event, sizeof(event))) < 0)
		return r;
	if (l->name[0] == '\0')
		return -EBADMSG;
	if (tb[IFLA_LINKINFO]) {
		r = parse_info(tb[IFLA_LINKINFO], l);
		if (r < 0)
			return r;
	}

	/* An index of another namespace means nothing here. */
	if (tb[IFLA_LINK_NETNSID])
		l->lower = FACTS_NO_LINK;

	l->ifindex = info.ifi_index;
	l->up = info.ifi_flags & IFF_UP;
	l->carrier = info.ifi_flags & IFF_LOWER_UP;
	m.event = event <= INT_MAX ? (int)event : IFLA_EVENT_NONE;
	m.gone = h->nlmsg_type == RTM_DELLINK;

	*ret = m;
	return 0;
}

struct links {
	struct facts_link *items;
	size_t n;
	size_t alloc;
};

static void forget_links(void *userdata)
{
	struct links *links = userdata;

	links->n = 0;
}

static int take_link(const struct nlmsghdr *h, void *userdata)
{
	struct links *links = userdata;
	struct link_message m;
	int r;

	r = link_parse(h, &m);
	if (r == -ENOMSG)
		return 0;
	if (r < 0)
		return r;
	r = ARRAY_GROW(links);
	if (r < 0)
		return r;
	links->items[links->n++] = m.link;
	return 0;
}

static struct facts_link *find(struct links *links, int ifindex)
{
	for (size_t i = 0; i < links->n; i++)
		if (links->items[i].ifindex == ifindex)
			return &links->items[i];
	return NULL;
}

/* A port of a bond that is hardware, or looks so. */
static bool is_port(struct links *links, const struct facts_link *l)
{
	const struct facts_link *above = l->master ? find(links, l->master) : NULL;

	return above && streq(above->kind, "bond");
}

/* Builds a request for devices: one, or all where ifindex is 0. */
static int build_get(int family, int ifindex, uint32_t mask, struct nl_msg **ret)
{
	const struct ifinfomsg info = { .ifi_family = (unsigned char)family, .ifi_index = ifindex };
	struct nl_msg *m;

	m = nlmsg_alloc_simple(RTM_GETLINK, 0);
	if (!m)
		return -ENOMEM;
	if (nlmsg_append(m, (void *)&info, sizeof(info), NLMSG_ALIGNTO) < 0 ||
	    nla_put_u32(m, IFLA_EXT_MASK, mask) < 0) {
		nlmsg_free(m);
		return -ENOMEM;
	}
	*ret = m;
	return 0;
}

static int take_vfs(const struct nlmsghdr *h, void *userdata)
{
	struct facts_link *l = userdata;
	const struct nlattr *a;
	struct ifinfomsg info;
	int r;

	r = parse_header(h, AF_UNSPEC, &info);
	if (r < 0)
		return r == -ENOMSG ? 0 : r;

	/*
	 * Not taken strictly: the list behind it overflows the 16 bits of its length where there
	 * are very many virtual functions, and the attributes cannot be told apart any more.
	 */
	a = nla_find((const struct nlattr *)(const void *)((const char *)NLMSG_DATA(h) +
							   NLMSG_ALIGN(sizeof(info))),
		     (int)(h->nlmsg_len - NLMSG_HDRLEN - sizeof(info)), IFLA_NUM_VF);
	return attribute_get(a, &l->n_vfs, sizeof(l->n_vfs));
}

static int ask_vfs(struct netlink *nl, struct facts_link *l)
{
	_cleanup_(nlmsg_freep) struct nl_msg *m = NULL;
	int r;

	r = build_get(AF_UNSPEC, l->ifindex, RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS, &m);
	if (r < 0)
		return r;
	r = netlink_request(nl, m, take_vfs, l);
	return r == -ENODEV ? 0 : r; /* it went meanwhile */
}

static void forget_bridge_modes(void *userdata)
{
	struct links *links = userdata;

	for (size_t i = 0; i < links->n; i++)
		links->items[i].bridge_mode = -1;
}

static int take_bridge_mode(const struct nlmsghdr *h, void *userdata)
{
	const struct nlattr *tb[IFLA_MAX + 1], *spec[IFLA_BRIDGE_MAX + 1];
	struct facts_link *l;
	struct ifinfomsg info;
	uint16_t mode;
	int r;

	r = parse_header(h, AF_BRIDGE, &info);
	if (r < 0)
		return r == -ENOMSG ? 0 : r;
	r = attributes_parse_message(h, sizeof(info), IFLA_MAX, tb);
	if (r < 0)
		return r;
	if (!tb[IFLA_AF_SPEC])
		return 0;
	r = attributes_parse_nested(tb[IFLA_AF_SPEC], IFLA_BRIDGE_MAX, spec);
	if (r < 0)
		return r;
	if (!spec[IFLA_BRIDGE_MODE])
		return 0;
	r = attribute_get(spec[IFLA_BRIDGE_MODE], &mode, sizeof(mode));
	if (r < 0)
		return r;

	l = find(userdata, info.ifi_index);
	if (l)
		l->bridge_mode = mode;
	return 0;
}

static int ask_bridge_modes(struct netlink *nl, struct links *links)
{
	_cleanup_(nlmsg_freep) struct nl_msg *m = NULL;
	int r;

	r = build_get(AF_BRIDGE, 0, 0, &m);
	if (r < 0)
		return r;
	return netlink_dump(nl, m, take_bridge_mode, forget_bridge_modes, links);
}

/* The rest of what is told of ports, with requests that cost the kernel more. */
static int ask_about_ports(struct netlink *nl, struct links *links)
{
	bool any = false;
	int r;

	for (size_t i = 0; i < links->n; i++) {
		if (!is_port(links, &links->items[i]))
			continue;
		any = true;
		r = ask_vfs(nl, &links->items[i]);
		if (r < 0)
			return r;
	}
	return any ? ask_bridge_modes(nl, links) : 0;
}

int link_dump(struct facts_link **ret, size_t *ret_n)
{
	_cleanup_(netlink_closep) struct netlink *nl = NULL;
	_cleanup_(nlmsg_freep) struct nl_msg *m = NULL;
	struct links links = { 0 };
	int r;

	if ((r = netlink_open(NETLINK_ROUTE, &nl)) < 0 ||
	    (r = build_get(AF_UNSPEC, 0, RTEXT_FILTER_SKIP_STATS, &m)) < 0)
		return r;

	if ((r = netlink_dump(nl, m, take_link, forget_links, &links)) < 0 ||
	    (r = ask_about_ports(nl, &links)) < 0) {
		free(links.items);
		return r;
	}

	*ret = links.items;
	*ret_n = links.n;
	return 0;
}

struct addresses {
	struct facts_address *items;
	size_t n;
	size_t alloc;
};

static void forget_addresses(void *userdata)
{
	struct addresses *addresses = userdata;

	addresses->n = 0;
}

int link_parse_address(const struct nlmsghdr *h, struct link_address_message *ret)
{
	const struct nlattr *tb[IFA_MAX + 1], *own;
	struct facts_address a = { 0 };
	struct ifaddrmsg info;
	int r;

	if (h->nlmsg_type != RTM_NEWADDR && h->nlmsg_type != RTM_DELADDR)
		return -ENOMSG;
	if (h->nlmsg_len < NLMSG_HDRLEN + sizeof(info))
		return -EBADMSG;
	memcpy(&info, NLMSG_DATA(h), sizeof(info));
	if (info.ifa_family != AF_INET && info.ifa_family != AF_INET6)
		return -ENOMSG;
	if (info.ifa_index == 0 || info.ifa_index > INT_MAX)
		return -EBADMSG;

	r = attributes_parse_message(h, sizeof(info), IFA_MAX, tb);
	if (r < 0)
		return r;
	own = tb[IFA_LOCAL] ?: tb[IFA_ADDRESS];
	if (!own)
		return -ENOMSG;
	r = attribute_get(own, a.ip.bytes, info.ifa_family == AF_INET ? 4 : 16);
	if (r < 0)
		return r;

	a.ifindex = (int)info.ifa_index;
	a.ip.family = info.ifa_family;
	*ret = (struct link_address_message){ .address = a, .gone = h->nlmsg_type == RTM_DELADDR };
	return 0;
}

static int take_address(const struct nlmsghdr *h, void *userdata)
{
	struct addresses *addresses = userdata;
	struct link_address_message message;
	int r;

	r = link_parse_address(h, &message);
	if (r < 0)
		return r == -ENOMSG ? 0 : r;
	if (message.gone)
		return 0;
	r = ARRAY_GROW(addresses);
	if (r < 0)
		return r;
	addresses->items[addresses->n++] = message.address;
	return 0;
}

int link_dump_addresses(struct facts_address **ret, size_t *ret_n)
{
	_cleanup_(netlink_closep) struct netlink *nl = NULL;
	_cleanup_(nlmsg_freep) struct nl_msg *m = NULL;
	const struct ifaddrmsg info = { .ifa_family = AF_UNSPEC };
	struct addresses addresses = { 0 };
	int r;

	r = netlink_open(NETLINK_ROUTE, &nl);
	if (r < 0)
		return r;
	m = nlmsg_alloc_simple(RTM_GETADDR, 0);
	if (!m || nlmsg_append(m, (void *)&info, sizeof(info), NLMSG_ALIGNTO) < 0)
		return -ENOMEM;

	r = netlink_dump(nl, m, take_address, forget_addresses, &addresses);
	if (r < 0) {
		free(addresses.items);
		return r;
	}

	*ret = addresses.items;
	*ret_n = addresses.n;
	return 0;
}

/* The first four bytes of a text, as a classic BPF program loads them. */
static uint32_t word(const char text[4])
{
	uint32_t w;

	memcpy(&w, text, sizeof(w));
	return ntohl(w);
}

/*
 * Lets pass what link_watch_open() promises. An attribute is found from an offset in A and its type
 * in X; what comes out is its offset, or 0. The kinds are told by four bytes of their names, which
 * no other kind shares.
 */
static int attach_filter(struct netlink *nl)
{
	const uint32_t head = NLMSG_HDRLEN;
	const uint32_t attributes = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct ifinfomsg));
	const uint32_t find_attribute = (uint32_t)SKF_AD_OFF + SKF_AD_NLATTR;
	const uint32_t find_nested = (uint32_t)SKF_AD_OFF + SKF_AD_NLATTR_NEST;
	enum {
		PASS = 26,
		DROP = 27
	};

	/* How far a jump at a place goes to another. */
#define GO(from, to) (uint8_t)((to) - (from)-1)
	const struct sock_filter program[] = {
		/*  0 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, head), /* ifi_family */
		/*  1 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNSPEC, 0, GO(1, DROP)),
		/*  2 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		/*  3 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELLINK), GO(3, PASS), 0),
		/*  4 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWLINK), 0, GO(4, DROP)),
		/*  5 */ BPF_STMT(BPF_LD | BPF_IMM, attributes),
		/*  6 */ BPF_STMT(BPF_LDX | BPF_IMM, IFLA_LINKINFO),
		/*  7 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, find_attribute),
		/*  8 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, GO(8, PASS), 0),
		/*  9 */ BPF_STMT(BPF_ST, 0),
		/* 10 */ BPF_STMT(BPF_LDX | BPF_IMM, IFLA_INFO_SLAVE_KIND),
		/* 11 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, find_nested),
		/* 12 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, GO(12, 16), 0),
		/* 13 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
		/* 14 */ BPF_STMT(BPF_LD | BPF_W | BPF_IND, NLA_HDRLEN),
		/* 15 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word("bond"), GO(15, PASS), 0),
		/* 16 */ BPF_STMT(BPF_LD | BPF_MEM, 0),
		/* 17 */ BPF_STMT(BPF_LDX | BPF_IMM, IFLA_INFO_KIND),
		/* 18 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, find_nested),
		/* 19 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, GO(19, PASS), 0),
		/* 20 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
		/* 21 */ BPF_STMT(BPF_LD | BPF_W | BPF_IND, NLA_HDRLEN),
		/* 22 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word("veth"), GO(22, DROP), 0),
		/* 23 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word("brid"), GO(23, DROP), 0),
		/* 24 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word("tun"), GO(24, DROP), 0),
		/* 25 */ BPF_STMT(BPF_JMP | BPF_JA, GO(25, PASS)),
		/* PASS */ BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		/* DROP */ BPF_STMT(BPF_RET | BPF_K, 0),
	};
#undef GO

	return netlink_attach_filter(nl, program, ARRAY_SIZE(program));
}

/* Lets pass what link_address_watch_open() promises: all but the addresses of a link alone. */
static int attach_address_filter(struct netlink *nl)
{
	const struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 NLMSG_HDRLEN + offsetof(struct ifaddrmsg, ifa_scope)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RT_SCOPE_LINK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};

	return netlink_attach_filter(nl, program, ARRAY_SIZE(program));
}

static int open_watch(const unsigned int *groups, int buffer, int (*attach)(struct netlink *nl),
		      struct link_watch **ret)
{
	_cleanup_(link_watch_closep) struct link_watch *w = NULL;
	int r;

	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	r = netlink_watch(NETLINK_ROUTE, groups, buffer, &w->nl);
	if (r < 0)
		return r;

	/* Only saves work; where filters are forbidden, all goes well without. */
	(void)attach(w->nl);

	*ret = TAKE_PTR(w);
	return 0;
}

int link_watch_open(struct link_watch **ret)
{
	static const unsigned int groups[] = { RTNLGRP_LINK, 0 };

	return open_watch(groups, WATCH_BUFFER, attach_filter, ret);
}

int link_address_watch_open(struct link_watch **ret)
{
	static const unsigned int groups[] = { RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, 0 };

	return open_watch(groups, ADDRESS_BUFFER, attach_address_filter, ret);
}

struct link_watch *link_watch_close(struct link_watch *w)
{
	if (!w)
		return NULL;
	netlink_close(w->nl);
	free(w);
	return NULL;
}

int link_watch_fd(const struct link_watch *w)
{
	return netlink_fd(w->nl);
}

static int take_message(const struct nlmsghdr *h, void *userdata)
{
	return link_parse(h, userdata);
}

int link_watch_read(struct link_watch *w, struct link_message *ret)
{
	return netlink_next(w->nl, take_message, ret);
}

static int take_address_message(const struct nlmsghdr *h, void *userdata)
{
	return link_parse_address(h, userdata);
}

int link_address_watch_read(struct link_watch *w, struct link_address_message *ret)
{
	return netlink_next(w->nl, take_address_message, ret);
}
