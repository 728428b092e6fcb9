/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xfrm.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <linux/xfrm.h>

#include "array.h"
#include "attributes.h"
#include "netlink.h"

/* XFRM_MAX_DEPTH of the kernel's net/xfrm.h. */
#define MAX_TRANSFORMS 6

/* What leads packets into SAs: the kernel's outgoing policies. There are no keys in them. */

static int get_ip(const xfrm_address_t *address, int family, struct facts_ip *ret)
{
	if (family != AF_INET && family != AF_INET6)
		return -EBADMSG;
	*ret = (struct facts_ip){ .family = family };
	memcpy(ret->bytes, address, family == AF_INET ? sizeof(address->a4) : sizeof(*address));
	return 0;
}

/* Of several transforms one is ESP or AH. Return: 0; -ENOMSG when none names its SAs; -EBADMSG */
static int get_reqid(const struct nlattr *a, uint32_t *ret)
{
	struct xfrm_user_tmpl transforms[MAX_TRANSFORMS];
	size_t n = a ? attribute_size(a) / sizeof(transforms[0]) : 0;
	int r;

	if (n > ARRAY_SIZE(transforms))
		return -EBADMSG;
	r = attribute_get(a, transforms, n * sizeof(transforms[0]));
	for (size_t i = 0; i < n && r == 0; i++)
		if (transforms[i].reqid != 0 && (transforms[i].id.proto == IPPROTO_ESP ||
						 transforms[i].id.proto == IPPROTO_AH)) {
			*ret = transforms[i].reqid;
			return 0;
		}
	return r < 0 ? r : -ENOMSG;
}

int xfrm_parse_flow(const struct nlmsghdr *h, struct facts_flow *ret)
{
	const struct nlattr *tb[XFRMA_IF_ID + 1];
	struct xfrm_userpolicy_info info;
	struct xfrm_mark mark = { 0 };
	struct facts_flow flow = { 0 };
	int r;

	if (h->nlmsg_type != XFRM_MSG_NEWPOLICY)
		return -ENOMSG;
	if (h->nlmsg_len < NLMSG_HDRLEN + sizeof(info))
		return -EBADMSG;
	memcpy(&info, NLMSG_DATA(h), sizeof(info));
	if ((r = attributes_parse_message(h, sizeof(info), XFRMA_IF_ID, tb)) < 0)
		return r;
	if (info.dir != XFRM_POLICY_OUT || info.action != XFRM_POLICY_ALLOW)
		return -ENOMSG;
	if ((r = get_reqid(tb[XFRMA_TMPL], &flow.reqid)) < 0 ||
	    (r = get_ip(&info.sel.saddr, info.sel.family, &flow.source)) < 0 ||
	    (r = get_ip(&info.sel.daddr, info.sel.family, &flow.destination)) < 0 ||
	    (r = attribute_get(tb[XFRMA_IF_ID], &flow.if_id, sizeof(flow.if_id))) < 0 ||
	    (r = attribute_get(tb[XFRMA_MARK], &mark, sizeof(mark))) < 0)
		return r;

	flow.source_bits = info.sel.prefixlen_s;
	flow.destination_bits = info.sel.prefixlen_d;
	flow.proto = info.sel.proto;
	flow.source_port = ntohs(info.sel.sport);
	flow.source_port_mask = ntohs(info.sel.sport_mask);
	flow.destination_port = ntohs(info.sel.dport);
	flow.destination_port_mask = ntohs(info.sel.dport_mask);
	flow.link = info.sel.ifindex;
	flow.mark = mark.v;
	flow.mask = mark.m;
	*ret = flow;
	return 0;
}

struct flows {
	struct facts_flow *items;
	size_t n;
	size_t alloc;
};

static void forget_flows(void *userdata)
{
	struct flows *flows = userdata;

	flows->n = 0;
}

static int take_flow(const struct nlmsghdr *h, void *userdata)
{
	struct flows *flows = userdata;
	struct facts_flow flow;
	int r;

	r = xfrm_parse_flow(h, &flow);
	if (r == -ENOMSG)
		return 0;
	if (r >= 0)
		r = ARRAY_GROW(flows);
	if (r < 0)
		return r;
	flows->items[flows->n++] = flow;
	return 0;
}

int xfrm_dump_flows(struct facts_flow **ret, size_t *ret_n)
{
	_cleanup_(netlink_closep) struct netlink *nl = NULL;
	_cleanup_(nlmsg_freep) struct nl_msg *m = NULL;
	struct flows flows = { 0 };
	int r;

	r = netlink_open(NETLINK_XFRM, &nl);
	if (r < 0)
		return r;
	m = nlmsg_alloc_simple(XFRM_MSG_GETPOLICY, 0);
	if (!m)
		return -ENOMEM;
	r = netlink_dump(nl, m, take_flow, forget_flows, &flows);
	if (r < 0) {
		free(flows.items);
		return r;
	}
	*ret = flows.items;
	*ret_n = flows.n;
	return 0;
}
