// SPDX-License-Identifier: GPL-2.0-only
#include "nic.h"

#include <linux/ethtool.h>

static const char counter_names[NIC_COUNTERS][ETH_GSTRING_LEN] = {
	[NIC_RX_PACKETS] = "rx_packets", [NIC_TX_PACKETS] = "tx_packets",
	[NIC_RX_BYTES] = "rx_bytes",     [NIC_TX_BYTES] = "tx_bytes",
	[NIC_RX_ERRORS] = "rx_errors",   [NIC_TX_DROPPED] = "tx_dropped",
	[NIC_TX_IPSEC] = "tx_ipsec",     [NIC_RX_IPSEC] = "rx_ipsec",
};

static void get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	const struct port *port = netdev_priv(dev);

	strscpy(info->driver, nic_driver_name(port), sizeof(info->driver));
	strscpy(info->version, "lab", sizeof(info->version));
	if (dev->dev.parent) {
		strscpy(info->fw_version, "0x800003e7", sizeof(info->fw_version));
		strscpy(info->bus_info, dev_name(dev->dev.parent), sizeof(info->bus_info));
	}
}

static int get_link_ksettings(struct net_device *dev, struct ethtool_link_ksettings *settings)
{
	bool up = netif_carrier_ok(dev);

	settings->base.speed = up ? SPEED_10000 : SPEED_UNKNOWN;
	settings->base.duplex = up ? DUPLEX_FULL : DUPLEX_UNKNOWN;
	settings->base.port = PORT_FIBRE;
	settings->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

/* Cards of another make do not have the last two. */
static int get_sset_count(struct net_device *dev, int set)
{
	if (set != ETH_SS_STATS)
		return -EOPNOTSUPP;
	return nic_has_esp(netdev_priv(dev)) ? NIC_COUNTERS : NIC_TX_IPSEC;
}

static void get_strings(struct net_device *dev, u32 set, u8 *data)
{
	if (set == ETH_SS_STATS)
		memcpy(data, counter_names, get_sset_count(dev, set) * ETH_GSTRING_LEN);
}

static void get_ethtool_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	struct port *port = netdev_priv(dev);
	int i, n = get_sset_count(dev, ETH_SS_STATS);

	for (i = 0; i < n; i++)
		data[i] = atomic64_read(&port->counters[i]);
}

const struct ethtool_ops nic_ethtool_ops = {
	.get_drvinfo = get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = get_link_ksettings,
	.get_sset_count = get_sset_count,
	.get_strings = get_strings,
	.get_ethtool_stats = get_ethtool_stats,
};
