/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xfrm.h"

#include <arpa/inet.h>
#include <limits.h>

#include <linux/xfrm.h>

#include "array.h"
#include "attributes.h"
#include "netlink.h"

/* An SA's message is about 600 bytes; a rekey of all of 2,000 SAs may come at once. */
#define WATCH_BUFFER (8 * 1024 * 1024)

/* Newer than the headers this may be built with: Linux 6.10. */
#define ATTRIBUTE_SA_DIR 33
#define SA_DIR_IN        1
#define SA_DIR_OUT       2

struct xfrm_watch {
	struct netlink *nl;
};

static int get_ip(const xfrm_address_t *address, int family, struct facts_ip *ret)
{
	struct facts_ip ip = { .family = family };

	switch (family) {
	case AF_INET:
		memcpy(ip.bytes, &address->a4, sizeof(address->a4));
		break;
	case AF_INET6:
		memcpy(ip.bytes, address->a6, sizeof(address->a6));
		break;
	default:
		return -EBADMSG;
	}
	*ret = ip;
	return 0;
}

static bool is_own(const struct facts_address *addresses, size_t n, const struct facts_ip *ip)
{
	for (size_t i = 0; i < n; i++)
		if (facts_ip_equal(&addresses[i].ip, ip))
			return true;
	return false;
}

/*
 * The three structs of algorithms begin alike: 64 bytes of name, then the key's length in bits; two
 * of them have one more length; the key comes last. Only what comes before the key is read.
 */
struct algorithm {
	char name[64];
	uint32_t key_bits;
	uint32_t third; /* of the ICV: alg_icv_len, alg_trunc_len */
};

static int get_algorithm(const struct nlattr *a, bool has_third, struct algorithm *ret)
{
	struct algorithm al = { 0 };
	size_t size = has_third ? sizeof(struct xfrm_algo_aead) : sizeof(struct xfrm_algo);
	int r;

	r = attribute_get(a, &al, size);
	if (r < 0)
		return r;
	if (strnlen(al.name, sizeof(al.name)) == sizeof(al.name))
		return -EBADMSG;
	if (al.key_bits > UINT16_MAX || al.third > UINT16_MAX)
		return -EBADMSG;
	if (attribute_size(a) - size < (al.key_bits + 7) / 8)
		return -EBADMSG;

	*ret = al;
	return 0;
}

static int parse_cipher(const struct nlattr **tb, struct facts_sa *sa)
{
	struct algorithm cipher = { 0 }, auth = { 0 };
	int r;

	if (tb[XFRMA_ALG_AEAD]) {
		r = get_algorithm(tb[XFRMA_ALG_AEAD], true, &cipher);
		if (r < 0)
			return r;
		auth.third = cipher.third;
	} else {
		if (tb[XFRMA_ALG_CRYPT]) {
			r = get_algorithm(tb[XFRMA_ALG_CRYPT], false, &cipher);
			if (r < 0)
				return r;
		}
		if (tb[XFRMA_ALG_AUTH_TRUNC]) {
			r = get_algorithm(tb[XFRMA_ALG_AUTH_TRUNC], true, &auth);
			if (r < 0)
				return r;
		}
	}

	memcpy(sa->cipher, cipher.name, sizeof(sa->cipher));
	sa->key_bits = (uint16_t)cipher.key_bits;
	sa->icv_bits = (uint16_t)auth.third;
	return 0;
}

/* Return: 1 when the kernel told the direction; 0 when it did not; -EBADMSG */
static int parse_direction(const struct nlattr **tb, struct facts_sa *sa)
{
	struct xfrm_user_offload offload = { 0 };
	uint8_t direction = 0;
	int r;

	if ((r = attribute_get(tb[XFRMA_OFFLOAD_DEV], &offload, sizeof(offload))) < 0 ||
	    (r = attribute_get(tb[ATTRIBUTE_SA_DIR], &direction, sizeof(direction))) < 0)
		return r;
	if (offload.ifindex < 0)
		return -EBADMSG;

	sa->offload_link = offload.ifindex;
	if (tb[XFRMA_OFFLOAD_DEV]) {
		sa->direction = offload.flags & XFRM_OFFLOAD_INBOUND ? FACTS_IN : FACTS_OUT;
		return 1;
	}
	if (direction == SA_DIR_IN || direction == SA_DIR_OUT) {
		sa->direction = direction == SA_DIR_IN ? FACTS_IN : FACTS_OUT;
		return 1;
	}
	return 0;
}

int xfrm_parse(const struct nlmsghdr *h, const struct facts_address *addresses, size_t n_addresses,
	       struct facts_sa *ret)
{
	const struct nlattr *tb[ATTRIBUTE_SA_DIR + 1];
	struct xfrm_usersa_info info;
	struct facts_sa sa = { 0 };
	int r;

	if (h->nlmsg_type != XFRM_MSG_NEWSA && h->nlmsg_type != XFRM_MSG_UPDSA)
		return -ENOMSG;
	if (h->nlmsg_len < NLMSG_HDRLEN + sizeof(info))
		return -EBADMSG;
	memcpy(&info, NLMSG_DATA(h), sizeof(info));

	if ((r = get_ip(&info.saddr, info.family, &sa.source)) < 0 ||
	    (r = get_ip(&info.id.daddr, info.family, &sa.destination)) < 0 ||
	    (r = attributes_parse_message(h, sizeof(info), ATTRIBUTE_SA_DIR, tb)) < 0 ||
	    (r = parse_cipher(tb, &sa)) < 0 || (r = parse_direction(tb, &sa)) < 0)
		return r;
	if (r == 0)
		sa.direction =
			is_own(addresses, n_addresses, &sa.destination) ? FACTS_IN : FACTS_OUT;

	sa.spi = ntohl(info.id.spi);
	sa.proto = info.id.proto;
	sa.reqid = info.reqid;
	sa.transport = info.mode == XFRM_MODE_TRANSPORT;
	sa.esn = info.flags & XFRM_STATE_ESN;
	sa.encapsulated = tb[XFRMA_ENCAP];
	sa.marked = tb[XFRMA_MARK];
	sa.packets = info.curlft.packets;
	sa.bytes = info.curlft.bytes;

	*ret = sa;
	return 0;
}

struct sas {
	struct facts_sa *items;
	size_t n;
	size_t alloc;
	const struct facts_address *addresses;
	size_t n_addresses;
};

static void forget_sas(void *userdata)
{
	struct sas *sas = userdata;

	sas->n = 0;
}

static int take_sa(const struct nlmsghdr *h, void *userdata)
{
	struct sas *sas = userdata;
	struct facts_sa sa;
	int r;

	r = xfrm_parse(h, sas->addresses, sas->n_addresses, &sa);
	if (r == -ENOMSG)
		return 0;
	if (r < 0)
		return r;
	r = ARRAY_GROW(sas);
	if (r < 0)
		return r;
	sas->items[sas->n++] = sa;
	return 0;
}

int xfrm_dump(const struct facts_address *addresses, size_t n_addresses, struct facts_sa **ret,
	      size_t *ret_n)
{
	_cleanup_(netlink_closep) struct netlink *nl = NULL;
	_cleanup_(nlmsg_freep) struct nl_msg *m = NULL;
	struct sas sas = { .addresses = addresses, .n_addresses = n_addresses };
	int r;

	r = netlink_open(NETLINK_XFRM, &nl);
	if (r < 0)
		return r;
	m = nlmsg_alloc_simple(XFRM_MSG_GETSA, 0);
	if (!m)
		return -ENOMEM;
	r = netlink_dump(nl, m, take_sa, forget_sas, &sas);
	if (r < 0) {
		free(sas.items);
		return r;
	}

	*ret = sas.items;
	*ret_n = sas.n;
	return 0;
}

static int ask_for(struct netlink *nl, const struct xfrm_sa_id *id, struct sas *sas)
{
	_cleanup_(nlmsg_freep) struct nl_msg *m = NULL;
	struct xfrm_usersa_id wanted = {
		.spi = htonl(id->spi),
		.proto = id->proto,
		.family = (uint16_t)id->destination.family,
	};

	memcpy(&wanted.daddr, id->destination.bytes, sizeof(wanted.daddr));
	m = nlmsg_alloc_simple(XFRM_MSG_GETSA, 0);
	if (!m || nlmsg_append(m, &wanted, sizeof(wanted), NLMSG_ALIGNTO) < 0)
		return -ENOMEM;
	return netlink_request(nl, m, take_sa, sas);
}

int xfrm_get(const struct xfrm_sa_id *ids, size_t n, const struct facts_address *addresses,
	     size_t n_addresses, struct facts_sa **ret, size_t *ret_n)
{
	_cleanup_(netlink_closep) struct netlink *nl = NULL;
	struct sas sas = { .addresses = addresses, .n_addresses = n_addresses };
	int r;

	r = netlink_open(NETLINK_XFRM, &nl);
	for (size_t i = 0; i < n && r >= 0; i++) {
		r = ask_for(nl, &ids[i], &sas);
		if (r == -ESRCH)
			r = 0;
	}
	if (r < 0) {
		free(sas.items);
		return r;
	}
	*ret = sas.items;
	*ret_n = sas.n;
	return 0;
}

/* Copies the struct that a message begins with, after its header. */
static int get_payload(const struct nlmsghdr *h, void *ret, size_t size)
{
	if (h->nlmsg_len < NLMSG_HDRLEN + size)
		return -EBADMSG;
	memcpy(ret, NLMSG_DATA(h), size);
	return 0;
}

static int parse_changed(const struct nlmsghdr *h, struct xfrm_message *m)
{
	const struct nlattr *tb[XFRMA_OFFLOAD_DEV + 1];
	struct xfrm_user_offload offload = { 0 };
	struct xfrm_usersa_info info;
	int r;

	if ((r = get_payload(h, &info, sizeof(info))) < 0 ||
	    (r = attributes_parse_message(h, sizeof(info), XFRMA_OFFLOAD_DEV, tb)) < 0 ||
	    (r = attribute_get(tb[XFRMA_OFFLOAD_DEV], &offload, sizeof(offload))) < 0 ||
	    (r = get_ip(&info.saddr, info.family, &m->source)) < 0)
		return r;
	m->spi = ntohl(info.id.spi);
	m->proto = info.id.proto;
	m->offload_link = offload.ifindex;
	m->marked = tb[XFRMA_MARK];
	return get_ip(&info.id.daddr, info.family, &m->destination);
}

/* The kernel has the SA itself go along, as an attribute (xfrm_notify_sa()). */
static int parse_deleted(const struct nlmsghdr *h, struct xfrm_message *m)
{
	const struct nlattr *tb[XFRMA_SA + 1];
	struct xfrm_usersa_info info = { 0 };
	struct xfrm_usersa_id id;
	int r;

	if ((r = get_payload(h, &id, sizeof(id))) < 0 ||
	    (r = attributes_parse_message(h, sizeof(id), XFRMA_SA, tb)) < 0 ||
	    (r = attribute_get(tb[XFRMA_SA], &info, sizeof(info))) < 0)
		return r;
	if (tb[XFRMA_SA])
		r = get_ip(&info.saddr, info.family, &m->source);
	if (r < 0)
		return r;
	m->spi = ntohl(id.spi);
	m->proto = id.proto;
	return get_ip(&id.daddr, id.family, &m->destination);
}

static int parse_expired(const struct nlmsghdr *h, struct xfrm_message *m)
{
	struct xfrm_user_expire expire;
	int r;

	r = get_payload(h, &expire, sizeof(expire));
	if (r < 0)
		return r;
	m->change = expire.hard ? XFRM_EXPIRED_HARD : XFRM_EXPIRED_SOFT;
	m->spi = ntohl(expire.state.id.spi);
	m->proto = expire.state.id.proto;
	r = get_ip(&expire.state.saddr, expire.state.family, &m->source);
	if (r < 0)
		return r;
	return get_ip(&expire.state.id.daddr, expire.state.family, &m->destination);
}

static int parse_flushed(const struct nlmsghdr *h, struct xfrm_message *m)
{
	struct xfrm_usersa_flush flush;
	int r;

	r = get_payload(h, &flush, sizeof(flush));
	if (r < 0)
		return r;
	m->proto = flush.proto; /* IPSEC_PROTO_ANY (255) is turned into 0 below */
	if (m->proto == UINT8_MAX)
		m->proto = 0;
	return 0;
}

int xfrm_parse_change(const struct nlmsghdr *h, struct xfrm_message *ret)
{
	struct xfrm_message m = { 0 };
	int r;

	switch (h->nlmsg_type) {
	case XFRM_MSG_NEWSA:
		m.change = XFRM_ADDED;
		r = parse_changed(h, &m);
		break;
	case XFRM_MSG_UPDSA:
		m.change = XFRM_UPDATED;
		r = parse_changed(h, &m);
		break;
	case XFRM_MSG_DELSA:
		m.change = XFRM_DELETED;
		r = parse_deleted(h, &m);
		break;
	case XFRM_MSG_EXPIRE:
		r = parse_expired(h, &m);
		break;
	case XFRM_MSG_FLUSHSA:
		m.change = XFRM_FLUSHED;
		r = parse_flushed(h, &m);
		break;
	case XFRM_MSG_MIGRATE:
		m.change = XFRM_MIGRATED;
		r = 0;
		break;
	default:
		return -ENOMSG;
	}
	if (r < 0)
		return r;

	*ret = m;
	return 0;
}

static int open_watch(const unsigned int *groups, struct xfrm_watch **ret)
{
	_cleanup_(xfrm_watch_closep) struct xfrm_watch *w = NULL;
	int r;

	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	r = netlink_watch(NETLINK_XFRM, groups, WATCH_BUFFER, &w->nl);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(w);
	return 0;
}

int xfrm_watch_open(struct xfrm_watch **ret)
{
	static const unsigned int groups[] = { XFRMNLGRP_SA, XFRMNLGRP_EXPIRE, XFRMNLGRP_MIGRATE,
					       0 };

	return open_watch(groups, ret);
}

int xfrm_watch_open_with_flows(struct xfrm_watch **ret)
{
	static const unsigned int groups[] = { XFRMNLGRP_SA, XFRMNLGRP_EXPIRE, XFRMNLGRP_MIGRATE,
					       XFRMNLGRP_POLICY, 0 };

	return open_watch(groups, ret);
}

struct xfrm_watch *xfrm_watch_close(struct xfrm_watch *w)
{
	if (!w)
		return NULL;
	netlink_close(w->nl);
	free(w);
	return NULL;
}

int xfrm_watch_fd(const struct xfrm_watch *w)
{
	return netlink_fd(w->nl);
}

static int take_change(const struct nlmsghdr *h, void *userdata)
{
	return xfrm_parse_change(h, userdata);
}

int xfrm_watch_read(struct xfrm_watch *w, struct xfrm_message *ret)
{
	return netlink_next(w->nl, take_change, ret);
}
