// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SAs that a port holds, and what it refuses: the limits, and the errors, of
 * drivers/net/ethernet/intel/ixgbe/ixgbe_ipsec.c in Linux 6.1.
 */
#include "nic.h"
#include "gcm.h"

#include <crypto/algapi.h>
#include <linux/if_bridge.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/version.h>

static unsigned int max_sas = NIC_MAX_SAS;
module_param(max_sas, uint, 0644);
MODULE_PARM_DESC(max_sas, "SAs that a port can hold in each direction");

static unsigned int max_addresses = NIC_MAX_ADDRESSES;
module_param(max_addresses, uint, 0644);
MODULE_PARM_DESC(max_addresses, "different destination addresses that a port can receive SAs for");

struct nic_sa {
	struct hlist_node node;
	struct rcu_head rcu;
	struct xfrm_state *xs;
	u16 family;
	xfrm_address_t daddr;
	struct nic_address *address; /* its entry in the port's table, for one that receives */
	__be32 spi;
	__be32 salt;
	struct gcm_key key;
};

static const char nic_algorithm[] = "rfc4106(gcm(aes))";

static void sa_free_rcu(struct rcu_head *rcu)
{
	kfree_sensitive(container_of(rcu, struct nic_sa, rcu));
}

static int refuse(const struct port *port, int err, const char *why)
{
	netdev_err(port->dev, "%s\n", why);
	return err;
}

/* Everything that does not depend on what the port holds already. */
static int sa_check(const struct port *port, const struct xfrm_state *xs)
{
	if (xs->id.proto != IPPROTO_ESP)
		return refuse(port, -EINVAL, "Unsupported protocol for ipsec offload");
	if (xs->props.mode != XFRM_MODE_TRANSPORT)
		return refuse(port, -EINVAL, "Unsupported mode for ipsec offload");
	if (xs->xso.dir == XFRM_DEV_OFFLOAD_IN && xs->calg)
		return refuse(port, -EINVAL, "Compression offload not supported");
	if (xs->xso.dir == XFRM_DEV_OFFLOAD_OUT && port->vfs &&
	    port->bridge_mode != BRIDGE_MODE_VEPA)
		return -EOPNOTSUPP;
	if (!xs->aead || strcmp(xs->aead->alg_name, nic_algorithm))
		return refuse(port, -EINVAL, "Unsupported IPsec algorithm");
	if (xs->aead->alg_icv_len != GCM_TAG_LEN * 8)
		return refuse(port, -EINVAL, "IPsec offload requires 128 bit authentication");
	if (xs->aead->alg_key_len != (AES_KEYSIZE_128 + sizeof(__be32)) * 8)
		return refuse(
			port, -EINVAL,
			"IPsec hw offload only supports keys up to 128 bits with a 32 bit salt");
	return 0;
}

/* The entry for the SA's destination in the port's table, taken or new; NULL when it is full. */
static struct nic_address *address_get(struct port *port, const struct nic_sa *sa)
{
	struct nic_address *address, *unused = NULL;
	unsigned int i;

	for (i = 0; i < min_t(unsigned int, max_addresses, NIC_MAX_ADDRESSES); i++) {
		address = &port->rx_addresses[i];
		if (!address->users)
			unused = unused ?: address;
		else if (address->family == sa->family &&
			 xfrm_addr_equal(&address->addr, &sa->daddr, sa->family))
			break;
	}
	if (i == min_t(unsigned int, max_addresses, NIC_MAX_ADDRESSES)) {
		if (!unused)
			return NULL;
		address = unused;
		address->family = sa->family;
		address->addr = sa->daddr;
	}
	address->users++;
	return address;
}

static int sa_insert(struct port *port, struct nic_sa *sa, bool in)
{
	unsigned int *count = in ? &port->rx_count : &port->tx_count;

	if (*count >= max_sas)
		return refuse(port, -ENOSPC,
			      in ? "No space for SA in Rx table!" : "No space for SA in Tx table");
	if (in) {
		sa->address = address_get(port, sa);
		if (!sa->address)
			return refuse(port, -ENOSPC, "No space for SA in Rx IP SA table");
		hash_add_rcu(port->rx_sas, &sa->node, (__force u32)sa->spi);
	} else {
		hash_add_rcu(port->tx_sas, &sa->node, (unsigned long)sa->xs);
	}
	++*count;
	return 0;
}

/* Under bonding this is atomic context, and real_dev is the port. */
static int sa_add(struct xfrm_state *xs)
{
	struct port *port = netdev_priv(xs->xso.real_dev);
	struct nic_sa *sa;
	int err;

	if (nic_fault(&port->faults.refuse_sas))
		return refuse(port, -(int)port->faults.refuse_error, "SA refused, as asked");
	err = sa_check(port, xs);
	if (err)
		return err;

	sa = kzalloc(sizeof(*sa), GFP_ATOMIC);
	if (!sa)
		return -ENOMEM;
	sa->xs = xs;
	sa->family = xs->props.family;
	sa->daddr = xs->id.daddr;
	sa->spi = xs->id.spi;
	memcpy(&sa->salt, xs->aead->alg_key + AES_KEYSIZE_128, sizeof(sa->salt));
	err = gcm_set_key(&sa->key, xs->aead->alg_key, AES_KEYSIZE_128);
	if (!err) {
		spin_lock_bh(&port->sa_lock);
		err = sa_insert(port, sa, xs->xso.dir == XFRM_DEV_OFFLOAD_IN);
		spin_unlock_bh(&port->sa_lock);
	}
	if (err) {
		kfree_sensitive(sa);
		return err;
	}
	xs->xso.offload_handle = (unsigned long)sa;
	return 0;
}

static struct nic_sa *sa_find(struct port *port, const struct xfrm_state *xs, bool in)
{
	struct nic_sa *sa;

	if (in) {
		hash_for_each_possible_rcu(port->rx_sas, sa, node,
					   (__force u32)xs->id.spi) if (sa->xs == xs) return sa;
	} else {
		hash_for_each_possible_rcu(port->tx_sas, sa, node,
					   (unsigned long)xs) if (sa->xs == xs) return sa;
	}
	return NULL;
}

static void sa_delete(struct xfrm_state *xs)
{
	struct port *port = netdev_priv(xs->xso.real_dev);
	bool in = xs->xso.dir == XFRM_DEV_OFFLOAD_IN;
	struct nic_sa *sa;

	spin_lock_bh(&port->sa_lock);
	rcu_read_lock();
	sa = sa_find(port, xs, in);
	if (sa) {
		hash_del_rcu(&sa->node);
		--*(in ? &port->rx_count : &port->tx_count);
		if (in)
			sa->address->users--;
		call_rcu(&sa->rcu, sa_free_rcu);
	}
	rcu_read_unlock();
	spin_unlock_bh(&port->sa_lock);
	if (!sa)
		netdev_err(port->dev, "asked to delete an SA that it does not hold, spi 0x%x\n",
			   be32_to_cpu(xs->id.spi));
}

/* The card cannot skip what lies between the IP and the ESP header. */
static bool sa_offload_ok(struct sk_buff *skb, struct xfrm_state *xs)
{
	if (xs->props.family == AF_INET)
		return ip_hdr(skb)->ihl == 5;
	return !ipv6_ext_hdr(ipv6_hdr(skb)->nexthdr);
}

/* Since 6.3 the reason goes to who asked; here it goes to the log, as it did before. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
static int sa_add_asked(struct xfrm_state *xs, struct netlink_ext_ack *extack)
{
	return sa_add(xs);
}
#else
#define sa_add_asked sa_add
#endif

const struct xfrmdev_ops nic_xfrmdev_ops = {
	.xdo_dev_state_add = sa_add_asked,
	.xdo_dev_state_delete = sa_delete,
	.xdo_dev_offload_ok = sa_offload_ok,
};

void nic_sas_init(struct port *port)
{
	spin_lock_init(&port->sa_lock);
	hash_init(port->tx_sas);
	hash_init(port->rx_sas);
}

const struct nic_sa *nic_sa_for_tx(struct port *port, const struct xfrm_state *xs)
{
	return sa_find(port, xs, false);
}

static void sa_iv(const struct nic_sa *sa, const struct ip_esp_hdr *esp, u8 iv[GCM_IV_LEN])
{
	memcpy(iv, &sa->salt, sizeof(sa->salt));
	memcpy(iv + sizeof(sa->salt), esp->enc_data, NIC_IV_LEN);
}

void nic_sa_encrypt(const struct nic_sa *sa, struct ip_esp_hdr *esp, unsigned int len)
{
	__be64 wire_iv = cpu_to_be64(be32_to_cpu(esp->seq_no));
	u8 *data = esp->enc_data + NIC_IV_LEN;
	u8 iv[GCM_IV_LEN];

	/* Unique under a key, as GCM needs it: no two packets of an SA share a number. */
	memcpy(esp->enc_data, &wire_iv, sizeof(wire_iv));
	sa_iv(sa, esp, iv);
	len -= sizeof(*esp) + NIC_IV_LEN + GCM_TAG_LEN;
	gcm_encrypt(&sa->key, iv, esp, sizeof(*esp), data, len, data + len);
}

/* Where in an arrived packet ESP begins, with its length; NULL for other packets. */
static struct ip_esp_hdr *find_esp(struct sk_buff *skb, unsigned int *ret_len,
				   xfrm_address_t *ret_daddr, u16 *ret_family)
{
	unsigned int offset, end;

	if (skb->protocol == htons(ETH_P_IP) && skb->len >= sizeof(struct iphdr)) {
		const struct iphdr *ip = (const struct iphdr *)skb->data;

		offset = sizeof(*ip);
		end = ntohs(ip->tot_len);
		if (ip->ihl != 5 || ip->protocol != IPPROTO_ESP || ip_is_fragment(ip))
			return NULL;
		*ret_family = AF_INET;
		ret_daddr->a4 = ip->daddr;
	} else if (skb->protocol == htons(ETH_P_IPV6) && skb->len >= sizeof(struct ipv6hdr)) {
		const struct ipv6hdr *ip = (const struct ipv6hdr *)skb->data;

		offset = sizeof(*ip);
		end = offset + ntohs(ip->payload_len);
		if (ip->nexthdr != IPPROTO_ESP)
			return NULL;
		*ret_family = AF_INET6;
		memcpy(ret_daddr->a6, &ip->daddr, sizeof(ip->daddr));
	} else {
		return NULL;
	}
	if (end > skb->len || end < offset + sizeof(struct ip_esp_hdr) + NIC_IV_LEN + GCM_TAG_LEN)
		return NULL;
	*ret_len = end - offset;
	return (struct ip_esp_hdr *)(skb->data + offset);
}

static const struct nic_sa *find_rx_sa(struct port *port, __be32 spi, const xfrm_address_t *daddr,
				       u16 family)
{
	const struct nic_sa *sa;

	hash_for_each_possible_rcu(port->rx_sas, sa, node,
				   (__force u32)spi) if (sa->spi == spi && sa->family == family &&
							 xfrm_addr_equal(&sa->daddr, daddr,
									 family)) return sa;
	return NULL;
}

bool nic_sa_receive(struct port *port, struct sk_buff *skb)
{
	u8 iv[GCM_IV_LEN], tag[GCM_TAG_LEN];
	const struct nic_sa *sa;
	struct ip_esp_hdr *esp;
	struct xfrm_offload *xo;
	xfrm_address_t daddr;
	struct sec_path *sp;
	unsigned int len;
	u16 family;
	u8 *data;

	esp = find_esp(skb, &len, &daddr, &family);
	if (!esp)
		return true;
	data = esp->enc_data + NIC_IV_LEN;
	if (nic_fault(&port->faults.damage_esp))
		*data ^= 1;
	sa = find_rx_sa(port, esp->spi, &daddr, family);
	if (!sa)
		return true;

	sa_iv(sa, esp, iv);
	len -= sizeof(*esp) + NIC_IV_LEN + GCM_TAG_LEN;
	gcm_decrypt(&sa->key, iv, esp, sizeof(*esp), data, len, tag);
	if (crypto_memneq(tag, data + len, GCM_TAG_LEN) && !(port->dev->features & NETIF_F_RXALL)) {
		nic_count(port, NIC_RX_ERRORS, 1);
		return false;
	}

	/* With rx-all the card hands on, and calls good, what failed: so does ixgbe. */
	sp = secpath_set(skb);
	if (!sp || !refcount_inc_not_zero(&sa->xs->refcnt))
		return false;
	sp->xvec[sp->len++] = sa->xs;
	sp->olen++;
	xo = xfrm_offload(skb);
	xo->flags = CRYPTO_DONE;
	xo->status = CRYPTO_SUCCESS;
	nic_count(port, NIC_RX_IPSEC, 1);
	return true;
}
