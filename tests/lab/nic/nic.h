/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network card for tests: cables between a port ixN, which shows itself and behaves as Intel's
 * ixgbe does towards XFRM, and the plain far end lkN, which is meant for a peer without offload.
 * What crosses a cable is what would cross a wire, ESP with real AES-GCM included.
 */
#ifndef LAB_NIC_H
#define LAB_NIC_H

#include <linux/hashtable.h>
#include <linux/netdevice.h>
#include <linux/platform_device.h>
#include <linux/skbuff.h>
#include <net/esp.h>
#include <net/xfrm.h>

/* The limits of the 82599 and X540 families. */
#define NIC_MAX_SAS       1024
#define NIC_MAX_ADDRESSES 128
#define NIC_IV_LEN        8 /* on the wire; the salt makes it GCM's 12 */

enum nic_counter {
	NIC_RX_PACKETS,
	NIC_TX_PACKETS,
	NIC_RX_BYTES,
	NIC_TX_BYTES,
	NIC_RX_ERRORS,
	NIC_TX_DROPPED,
	NIC_TX_IPSEC,
	NIC_RX_IPSEC,
	NIC_COUNTERS,
};

struct cable;

/* What is asked of a port to fail, by debugfs; each counts down as it is done. */
struct nic_faults {
	u32 refuse_sas;   /* SAs to refuse */
	u32 refuse_error; /* with this errno */
	u32 damage_esp;   /* ESP packets to arrive with a flipped bit */
};

/* An entry of the table of addresses that SAs receive for. */
struct nic_address {
	u16 family;
	xfrm_address_t addr;
	unsigned int users;
};

struct port {
	struct net_device *dev;
	struct port *far;
	struct cable *cable;
	struct napi_struct napi;
	struct sk_buff_head arrived;
	atomic64_t counters[NIC_COUNTERS];
	struct dentry *debugfs;
	struct nic_faults faults;
	unsigned int vfs;
	u16 bridge_mode;

	spinlock_t sa_lock; /* for writers; readers are under RCU */
	DECLARE_HASHTABLE(tx_sas, 8);
	DECLARE_HASHTABLE(rx_sas, 8);
	struct nic_address rx_addresses[NIC_MAX_ADDRESSES];
	unsigned int tx_count;
	unsigned int rx_count;
};

/* A platform device; its two ends come and go together. */
struct cable {
	struct port *near;
	struct port *far;
	bool plugged;
};

struct nic_sa;

static inline void nic_count(struct port *port, enum nic_counter counter, u64 n)
{
	atomic64_add(n, &port->counters[counter]);
}

/* Whether one more fault of this kind is to happen now. */
static inline bool nic_fault(u32 *fault)
{
	u32 left = READ_ONCE(*fault);

	return left && cmpxchg(fault, left, left - 1) == left;
}

/* cable.c */
extern const char nic_esp_driver[];
const char *nic_driver_name(const struct port *port); /* of far ends as well */
bool nic_has_esp(const struct port *port);

/* ethtool.c */
extern const struct ethtool_ops nic_ethtool_ops;

/* sa.c: the SA tables of a port. */
extern const struct xfrmdev_ops nic_xfrmdev_ops;
void nic_sas_init(struct port *port);
/* NULL when the port holds no such SA. Under rcu_read_lock(). */
const struct nic_sa *nic_sa_for_tx(struct port *port, const struct xfrm_state *xs);
/*
 * Encrypts the ESP packet at esp, from its sequence number on; len counts from esp to the end of
 * the ICV's room. The trailer is there already.
 */
void nic_sa_encrypt(const struct nic_sa *sa, struct ip_esp_hdr *esp, unsigned int len);
/*
 * Decrypts an arrived packet, if it is one for an SA of this port, and tells the stack that it is
 * done. Returns false when the packet is to be dropped.
 */
bool nic_sa_receive(struct port *port, struct sk_buff *skb);

/* frame.c */
/*
 * Makes of skb what goes on the wire: linear copies, TCP super-frames cut, checksums filled in,
 * ESP encrypted for sa (NULL for what needs none). Returns -ENOMEM, or -EPROTO for what the card
 * never offered to take.
 */
int nic_frames(struct port *port, struct sk_buff *skb, const struct nic_sa *sa,
	       struct sk_buff_head *frames);

#endif
