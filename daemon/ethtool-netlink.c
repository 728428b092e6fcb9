/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ethtool-netlink.h"

#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "attributes.h"
#include "netlink.h"

struct ethtool_netlink {
	struct netlink *nl;
	uint16_t family;
};

/* What a callback looks for in an answer. */
struct question {
	const char *feature;
	bool answered;
	struct ethtool_bit bit;
	uint16_t family;
};

/* The message's command, or 0 (unspecified in all families) for one that is too short. */
static uint8_t command_of(const struct nlmsghdr *h)
{
	struct genlmsghdr g = { 0 };

	if (h->nlmsg_len >= NLMSG_HDRLEN + sizeof(g))
		memcpy(&g, NLMSG_DATA(h), sizeof(g));
	return g.cmd;
}

static int build(uint16_t family, uint8_t command, uint8_t version, struct nl_msg **ret)
{
	struct nl_msg *m;

	m = nlmsg_alloc();
	if (!m)
		return -ENOMEM;
	if (!genlmsg_put(m, 0, 0, family, 0, 0, command, version)) {
		nlmsg_free(m);
		return -ENOMEM;
	}
	*ret = m;
	return 0;
}

static int take_family(const struct nlmsghdr *h, void *userdata)
{
	const struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct question *q = userdata;
	int r;

	if (command_of(h) != CTRL_CMD_NEWFAMILY)
		return 0;
	r = attributes_parse_message(h, GENL_HDRLEN, CTRL_ATTR_MAX, tb);
	if (r < 0)
		return r;
	r = attribute_get(tb[CTRL_ATTR_FAMILY_ID], &q->family, sizeof(q->family));
	if (r < 0)
		return r;
	q->answered = tb[CTRL_ATTR_FAMILY_ID];
	return 0;
}

int ethtool_netlink_open(struct ethtool_netlink **ret)
{
	_cleanup_(ethtool_netlink_closep) struct ethtool_netlink *e = NULL;
	_cleanup_(nlmsg_freep) struct nl_msg *m = NULL;
	struct question q = { 0 };
	int r;

	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;

	if ((r = netlink_open(NETLINK_GENERIC, &e->nl)) < 0 ||
	    (r = build(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, &m)) < 0)
		return r;
	if (nla_put_string(m, CTRL_ATTR_FAMILY_NAME, ETHTOOL_GENL_NAME) < 0)
		return -ENOMEM;
	r = netlink_request(e->nl, m, take_family, &q);
	if (r < 0)
		return r;
	if (!q.answered)
		return -EBADMSG;

	e->family = q.family;
	*ret = TAKE_PTR(e);
	return 0;
}

struct ethtool_netlink *ethtool_netlink_close(struct ethtool_netlink *e)
{
	if (!e)
		return NULL;
	netlink_close(e->nl);
	free(e);
	return NULL;
}

/* One bit of a set: is it the one, and has it its value? */
static int look_at_bit(const struct nlattr *a, const char *name, bool *ret_same, bool *ret_value)
{
	const struct nlattr *tb[ETHTOOL_A_BITSET_BIT_MAX + 1];
	size_t len = strlen(name);
	int r;

	r = attributes_parse_nested(a, ETHTOOL_A_BITSET_BIT_MAX, tb);
	if (r < 0)
		return r;
	a = tb[ETHTOOL_A_BITSET_BIT_NAME];
	*ret_same = a && attribute_size(a) == len + 1 && memcmp(nla_data(a), name, len + 1) == 0;
	*ret_value = tb[ETHTOOL_A_BITSET_BIT_VALUE];
	return 0;
}

/*
 * Looks a bit up in a bitset of the verbose form.
 *
 * A bitset without a mask lists the bits that are set, with no value for each; one with a mask
 * lists all in the mask, and those that are set have a value.
 */
static int find_bit(const struct nlattr *bitset, const char *name, bool *ret_listed, bool *ret_set)
{
	const struct nlattr *tb[ETHTOOL_A_BITSET_MAX + 1];
	struct nlattr *a;
	int rest, r;

	*ret_listed = *ret_set = false;
	if (!bitset)
		return 0;
	r = attributes_parse_nested(bitset, ETHTOOL_A_BITSET_MAX, tb);
	if (r < 0)
		return r;
	if (!tb[ETHTOOL_A_BITSET_BITS])
		return tb[ETHTOOL_A_BITSET_VALUE] ? -EBADMSG
						  : 0; /* not the form that was asked for */

	nla_for_each_nested(a, tb[ETHTOOL_A_BITSET_BITS], rest)
	{
		bool same, value;

		if (nla_type(a) != ETHTOOL_A_BITSET_BITS_BIT)
			continue;
		r = look_at_bit(a, name, &same, &value);
		if (r < 0)
			return r;
		if (same) {
			*ret_listed = true;
			*ret_set = value || tb[ETHTOOL_A_BITSET_NOMASK];
			return 0;
		}
	}
	return rest > 0 ? -EBADMSG : 0;
}

int ethtool_netlink_parse_feature(const struct nlmsghdr *h, const char *feature,
				  struct ethtool_bit *ret)
{
	const struct nlattr *tb[ETHTOOL_A_FEATURES_MAX + 1];
	bool known, hardware, active, no_change, listed;
	int r;

	/* The set of what the hardware can do has all bits of the kernel in its mask. */
	if ((r = attributes_parse_message(h, GENL_HDRLEN, ETHTOOL_A_FEATURES_MAX, tb)) < 0 ||
	    (r = find_bit(tb[ETHTOOL_A_FEATURES_HW], feature, &known, &hardware)) < 0 ||
	    (r = find_bit(tb[ETHTOOL_A_FEATURES_ACTIVE], feature, &listed, &active)) < 0 ||
	    (r = find_bit(tb[ETHTOOL_A_FEATURES_NOCHANGE], feature, &listed, &no_change)) < 0)
		return r;
	if (!tb[ETHTOOL_A_FEATURES_HW] || !tb[ETHTOOL_A_FEATURES_ACTIVE])
		return -EBADMSG;

	*ret = (struct ethtool_bit){
		.known = known,
		.can_change = known && hardware && !no_change,
		.on = known && active,
	};
	return 0;
}

static int take_features(const struct nlmsghdr *h, void *userdata)
{
	struct question *q = userdata;
	int r;

	if (command_of(h) != ETHTOOL_MSG_FEATURES_GET_REPLY)
		return 0;
	r = ethtool_netlink_parse_feature(h, q->feature, &q->bit);
	if (r < 0)
		return r;
	q->answered = true;
	return 0;
}

static int put_device(struct nl_msg *m, int type, const char *name, uint32_t flags)
{
	struct nlattr *header;

	header = nla_nest_start(m, NLA_F_NESTED | type);
	if (!header || nla_put_string(m, ETHTOOL_A_HEADER_DEV_NAME, name) < 0 ||
	    nla_put_u32(m, ETHTOOL_A_HEADER_FLAGS, flags) < 0)
		return -ENOMEM;
	nla_nest_end(m, header);
	return 0;
}

int ethtool_netlink_get_feature(struct ethtool_netlink *e, const char *name, const char *feature,
				struct ethtool_bit *ret)
{
	_cleanup_(nlmsg_freep) struct nl_msg *m = NULL;
	struct question q = { .feature = feature };
	int r;

	if ((r = build(e->family, ETHTOOL_MSG_FEATURES_GET, ETHTOOL_GENL_VERSION, &m)) < 0 ||
	    (r = put_device(m, ETHTOOL_A_FEATURES_HEADER, name, 0)) < 0 ||
	    (r = netlink_request(e->nl, m, take_features, &q)) < 0)
		return r;
	if (!q.answered)
		return -EBADMSG;
	*ret = q.bit;
	return 0;
}

static int put_wanted(struct nl_msg *m, const char *feature, bool on)
{
	struct nlattr *bitset, *bits, *bit;

	if (!(bitset = nla_nest_start(m, NLA_F_NESTED | ETHTOOL_A_FEATURES_WANTED)) ||
	    !(bits = nla_nest_start(m, NLA_F_NESTED | ETHTOOL_A_BITSET_BITS)) ||
	    !(bit = nla_nest_start(m, NLA_F_NESTED | ETHTOOL_A_BITSET_BITS_BIT)) ||
	    nla_put_string(m, ETHTOOL_A_BITSET_BIT_NAME, feature) < 0 ||
	    (on && nla_put_flag(m, ETHTOOL_A_BITSET_BIT_VALUE) < 0))
		return -ENOMEM;
	nla_nest_end(m, bit);
	nla_nest_end(m, bits);
	nla_nest_end(m, bitset);
	return 0;
}

int ethtool_netlink_set_feature(struct ethtool_netlink *e, const char *name, const char *feature,
				bool on)
{
	_cleanup_(nlmsg_freep) struct nl_msg *m = NULL;
	int r;

	if ((r = build(e->family, ETHTOOL_MSG_FEATURES_SET, ETHTOOL_GENL_VERSION, &m)) < 0 ||
	    (r = put_device(m, ETHTOOL_A_FEATURES_HEADER, name, ETHTOOL_FLAG_OMIT_REPLY)) < 0 ||
	    (r = put_wanted(m, feature, on)) < 0)
		return r;
	return netlink_request(e->nl, m, NULL, NULL);
}
