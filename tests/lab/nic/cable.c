// SPDX-License-Identifier: GPL-2.0-only
/* The cables, their ends as network devices, and what drives them. */
#include "nic.h"

#include <linux/debugfs.h>
#include <linux/etherdevice.h>
#include <linux/if_bridge.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/version.h>

#define NIC_MAX_CABLES  1024
#define NIC_MAX_ARRIVED 8192

static unsigned long plain_mask;
module_param(plain_mask, ulong, 0444);
MODULE_PARM_DESC(plain_mask, "cables whose port is of another make, without ESP");

const char nic_esp_driver[] = "ixgbe";
static const char plain_driver[] = "igb";
static struct dentry *debugfs_root;

static bool is_plain(unsigned int cable)
{
	return cable < BITS_PER_LONG && plain_mask & BIT(cable);
}

static bool is_near(const struct port *port)
{
	return port == port->cable->near;
}

const char *nic_driver_name(const struct port *port)
{
	return is_near(port) ? port->dev->dev.parent->driver->name : "lab_nic";
}

bool nic_has_esp(const struct port *port)
{
	return port->dev->xfrmdev_ops;
}

/* There is a link when the cable is whole and both its ends are up. Under RTNL. */
static void update_link(struct cable *cable)
{
	bool link =
		cable->plugged && netif_running(cable->near->dev) && netif_running(cable->far->dev);

	if (link) {
		netif_carrier_on(cable->near->dev);
		netif_carrier_on(cable->far->dev);
	} else {
		netif_carrier_off(cable->near->dev);
		netif_carrier_off(cable->far->dev);
	}
}

static int port_open(struct net_device *dev)
{
	struct port *port = netdev_priv(dev);

	napi_enable(&port->napi);
	netif_start_queue(dev);
	update_link(port->cable);
	return 0;
}

static int port_stop(struct net_device *dev)
{
	struct port *port = netdev_priv(dev);

	netif_stop_queue(dev);
	update_link(port->cable);
	napi_disable(&port->napi);
	skb_queue_purge(&port->arrived);
	return 0;
}

static int port_change_carrier(struct net_device *dev, bool plugged)
{
	struct port *port = netdev_priv(dev);

	port->cable->plugged = plugged;
	update_link(port->cable);
	return 0;
}

static void deliver(struct port *port, struct sk_buff_head *frames)
{
	struct port *far = port->far;
	struct sk_buff *frame;

	if (!netif_carrier_ok(port->dev) || !netif_running(far->dev) ||
	    skb_queue_len_lockless(&far->arrived) > NIC_MAX_ARRIVED) {
		nic_count(port, NIC_TX_DROPPED, skb_queue_len(frames));
		__skb_queue_purge(frames);
		return;
	}
	while ((frame = __skb_dequeue(frames)))
		skb_queue_tail(&far->arrived, frame);
	napi_schedule(&far->napi);
}

static netdev_tx_t port_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct port *port = netdev_priv(dev);
	const struct nic_sa *sa = NULL;
	struct sk_buff_head frames;

	__skb_queue_head_init(&frames);
	rcu_read_lock();
	if (xfrm_offload(skb)) {
		sa = nic_sa_for_tx(port, xfrm_input_state(skb));
		if (!sa) {
			/* Its SA went to another port meanwhile: it must not leave unencrypted. */
			nic_count(port, NIC_TX_DROPPED, 1);
			goto out;
		}
	}
	if (nic_frames(port, skb, sa, &frames)) {
		nic_count(port, NIC_TX_DROPPED, 1);
		goto out;
	}
	nic_count(port, NIC_TX_PACKETS, skb_queue_len(&frames));
	nic_count(port, NIC_TX_BYTES, skb->len);
	nic_count(port, NIC_TX_IPSEC, !!sa);
	deliver(port, &frames);
out:
	rcu_read_unlock();
	consume_skb(skb);
	return NETDEV_TX_OK;
}

static int port_poll(struct napi_struct *napi, int budget)
{
	struct port *port = container_of(napi, struct port, napi);
	struct sk_buff *skb;
	int done = 0;

	while (done < budget && (skb = skb_dequeue(&port->arrived))) {
		done++;
		nic_count(port, NIC_RX_PACKETS, 1);
		nic_count(port, NIC_RX_BYTES, skb->len);
		skb->protocol = eth_type_trans(skb, port->dev);
		rcu_read_lock();
		if (nic_sa_receive(port, skb))
			napi_gro_receive(napi, skb);
		else
			kfree_skb(skb);
		rcu_read_unlock();
	}
	if (done < budget && napi_complete_done(napi, done) &&
	    !skb_queue_empty_lockless(&port->arrived))
		napi_schedule(napi);
	return done;
}

static void port_stats(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct port *port = netdev_priv(dev);

	stats->rx_packets = atomic64_read(&port->counters[NIC_RX_PACKETS]);
	stats->tx_packets = atomic64_read(&port->counters[NIC_TX_PACKETS]);
	stats->rx_bytes = atomic64_read(&port->counters[NIC_RX_BYTES]);
	stats->tx_bytes = atomic64_read(&port->counters[NIC_TX_BYTES]);
	stats->rx_errors = atomic64_read(&port->counters[NIC_RX_ERRORS]);
	stats->tx_dropped = atomic64_read(&port->counters[NIC_TX_DROPPED]);
}

static int port_bridge_getlink(struct sk_buff *skb, u32 pid, u32 seq, struct net_device *dev,
			       u32 filter_mask, int nlflags)
{
	struct port *port = netdev_priv(dev);

	if (!port->vfs)
		return 0;
	return ndo_dflt_bridge_getlink(skb, pid, seq, dev, port->bridge_mode, 0, 0, nlflags,
				       filter_mask, NULL);
}

static int port_bridge_setlink(struct net_device *dev, struct nlmsghdr *nlh, u16 flags,
			       struct netlink_ext_ack *extack)
{
	struct port *port = netdev_priv(dev);
	struct nlattr *spec, *attr;
	int rem;

	spec = nlmsg_find_attr(nlh, sizeof(struct ifinfomsg), IFLA_AF_SPEC);
	if (!port->vfs || !spec)
		return -EOPNOTSUPP;
	nla_for_each_nested(attr, spec, rem) if (nla_type(attr) == IFLA_BRIDGE_MODE &&
						 nla_len(attr) >= sizeof(u16)) port->bridge_mode =
		nla_get_u16(attr);
	return 0;
}

static const struct net_device_ops near_ops = {
	.ndo_open = port_open,
	.ndo_stop = port_stop,
	.ndo_start_xmit = port_xmit,
	.ndo_get_stats64 = port_stats,
	.ndo_change_carrier = port_change_carrier,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_bridge_getlink = port_bridge_getlink,
	.ndo_bridge_setlink = port_bridge_setlink,
};

static const struct net_device_ops far_ops = {
	.ndo_open = port_open,
	.ndo_stop = port_stop,
	.ndo_start_xmit = port_xmit,
	.ndo_get_stats64 = port_stats,
	.ndo_change_carrier = port_change_carrier,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

/* What a PCI card's driver would offer; a platform device has no virtual functions of its own. */
static ssize_t sriov_numvfs_show(struct device *device, struct device_attribute *attr, char *buf)
{
	struct cable *cable = dev_get_drvdata(device);

	return sysfs_emit(buf, "%u\n", cable->near->vfs);
}

static ssize_t sriov_numvfs_store(struct device *device, struct device_attribute *attr,
				  const char *buf, size_t len)
{
	struct cable *cable = dev_get_drvdata(device);
	int err = kstrtouint(buf, 0, &cable->near->vfs);

	return err ? err : len;
}
static DEVICE_ATTR_RW(sriov_numvfs);

static struct attribute *nic_attrs[] = {
	&dev_attr_sriov_numvfs.attr,
	NULL,
};
ATTRIBUTE_GROUPS(nic);

/* Writing anything has the port count from zero again. */
static int counters_reset(void *data, u64 value)
{
	struct port *port = data;
	int i;

	for (i = 0; i < NIC_COUNTERS; i++)
		atomic64_set(&port->counters[i], 0);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(reset_counters, NULL, counters_reset, "%llu\n");

/* To be called once the device has its name. */
static void add_debugfs(struct port *port)
{
	port->debugfs = debugfs_create_dir(port->dev->name, debugfs_root);
	debugfs_create_u32("refuse_sas", 0644, port->debugfs, &port->faults.refuse_sas);
	debugfs_create_u32("refuse_error", 0644, port->debugfs, &port->faults.refuse_error);
	debugfs_create_u32("damage_esp", 0644, port->debugfs, &port->faults.damage_esp);
	debugfs_create_file("reset_counters", 0200, port->debugfs, port, &reset_counters);
	debugfs_create_u32("tx_sas", 0444, port->debugfs, &port->tx_count);
	debugfs_create_u32("rx_sas", 0444, port->debugfs, &port->rx_count);
}

static void set_features(struct net_device *dev, bool esp)
{
	dev->hw_features =
		NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_MANGLEID;
	if (esp) {
		dev->hw_features |= NETIF_F_HW_ESP | NETIF_F_HW_ESP_TX_CSUM | NETIF_F_GSO_ESP;
		dev->xfrmdev_ops = &nic_xfrmdev_ops;
	}
	dev->features = dev->hw_features | NETIF_F_HIGHDMA;
	dev->vlan_features = dev->hw_features;
	dev->hw_enc_features = dev->hw_features;
	dev->hw_features |= NETIF_F_RXALL;
}

static struct port *make_port(struct cable *cable, const char *prefix, unsigned int number,
			      struct device *parent)
{
	u8 address[ETH_ALEN] = { 0x02, 0x1a, 0xb0, parent ? 0 : 1, number >> 8, number };
	struct net_device *dev = alloc_etherdev(sizeof(struct port));
	struct port *port;

	if (!dev)
		return NULL;
	port = netdev_priv(dev);
	port->dev = dev;
	port->cable = cable;
	port->faults.refuse_error = EINVAL;
	port->bridge_mode = BRIDGE_MODE_VEB;
	skb_queue_head_init(&port->arrived);
	nic_sas_init(port);
	netif_napi_add(dev, &port->napi, port_poll);

	snprintf(dev->name, IFNAMSIZ, "%s%u", prefix, number);
	eth_hw_addr_set(dev, address);
	if (parent)
		SET_NETDEV_DEV(dev, parent);
	dev->netdev_ops = parent ? &near_ops : &far_ops;
	dev->ethtool_ops = &nic_ethtool_ops;
	dev->max_mtu = 9710;
	set_features(dev, parent && !strcmp(parent->driver->name, nic_esp_driver));
	netif_carrier_off(dev);
	return port;
}

static int nic_probe(struct platform_device *pdev)
{
	struct cable *cable = devm_kzalloc(&pdev->dev, sizeof(*cable), GFP_KERNEL);
	int err = -ENOMEM;

	if (!cable)
		return -ENOMEM;
	cable->plugged = true;
	cable->near = make_port(cable, "ix", pdev->id, &pdev->dev);
	cable->far = make_port(cable, "lk", pdev->id, NULL);
	if (!cable->near || !cable->far)
		goto free;
	cable->near->far = cable->far;
	cable->far->far = cable->near;
	platform_set_drvdata(pdev, cable);

	err = register_netdev(cable->far->dev);
	if (err)
		goto free;
	err = register_netdev(cable->near->dev);
	if (err) {
		unregister_netdev(cable->far->dev);
		goto free;
	}
	add_debugfs(cable->near);
	return 0;
free:
	if (cable->near)
		free_netdev(cable->near->dev);
	if (cable->far)
		free_netdev(cable->far->dev);
	return err;
}

static void nic_remove(struct platform_device *pdev)
{
	struct cable *cable = platform_get_drvdata(pdev);

	debugfs_remove(cable->near->debugfs);
	unregister_netdev(cable->near->dev);
	unregister_netdev(cable->far->dev);
	WARN_ON(cable->near->tx_count || cable->near->rx_count);
	free_netdev(cable->near->dev);
	free_netdev(cable->far->dev);
}

/* Until 6.11 it had a value to return, which nobody looked at. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
static int nic_removed(struct platform_device *pdev)
{
	nic_remove(pdev);
	return 0;
}
#else
#define nic_removed nic_remove
#endif

static struct platform_driver drivers[] = {
	{
		.probe = nic_probe,
		.remove = nic_removed,
		.driver = { .name = nic_esp_driver, .dev_groups = nic_groups },
	},
	{
		.probe = nic_probe,
		.remove = nic_removed,
		.driver = { .name = plain_driver, .dev_groups = nic_groups },
	},
};

static struct platform_device *devices[NIC_MAX_CABLES];
static unsigned int cables = 2;
static bool started;
static DEFINE_MUTEX(cables_lock);

/* Adds cables, or takes the last ones away. */
static int set_count(unsigned int count)
{
	static unsigned int have;

	for (; have < count; have++) {
		devices[have] = platform_device_register_simple(
			is_plain(have) ? plain_driver : nic_esp_driver, have, NULL, 0);
		if (IS_ERR(devices[have]))
			return PTR_ERR(devices[have]);
	}
	while (have > count)
		platform_device_unregister(devices[--have]);
	return 0;
}

static int cables_set(const char *value, const struct kernel_param *param)
{
	unsigned int count;
	int err = kstrtouint(value, 0, &count);

	if (err)
		return err;
	if (count > NIC_MAX_CABLES)
		return -ERANGE;
	mutex_lock(&cables_lock);
	if (started)
		err = set_count(count);
	if (!err)
		cables = count;
	mutex_unlock(&cables_lock);
	return err;
}

static const struct kernel_param_ops cables_ops = {
	.set = cables_set,
	.get = param_get_uint,
};
module_param_cb(cables, &cables_ops, &cables, 0644);
MODULE_PARM_DESC(cables, "number of cables; may be changed at any time");

static int __init nic_init(void)
{
	unsigned int i;
	int err;

	debugfs_root = debugfs_create_dir("lab_nic", NULL);
	for (i = 0; i < ARRAY_SIZE(drivers); i++) {
		err = platform_driver_register(&drivers[i]);
		if (err)
			goto undo;
	}
	mutex_lock(&cables_lock);
	err = set_count(cables);
	started = !err;
	if (err)
		set_count(0);
	mutex_unlock(&cables_lock);
	if (!err)
		return 0;
undo:
	while (i--)
		platform_driver_unregister(&drivers[i]);
	debugfs_remove(debugfs_root);
	return err;
}

static void __exit nic_exit(void)
{
	unsigned int i;

	mutex_lock(&cables_lock);
	started = false;
	set_count(0);
	mutex_unlock(&cables_lock);
	for (i = 0; i < ARRAY_SIZE(drivers); i++)
		platform_driver_unregister(&drivers[i]);
	debugfs_remove(debugfs_root);
	rcu_barrier();
}

module_init(nic_init);
module_exit(nic_exit);
MODULE_DESCRIPTION("Simulated network cards with ESP offload, for tests");
MODULE_LICENSE("GPL");
