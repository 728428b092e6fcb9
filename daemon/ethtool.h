/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base.h"
#include "facts.h"

/*
 * ethtool's interface: who drives a device, its feature bits, and the IPsec counters of its
 * hardware. Features go through generic netlink where the kernel has the family (Linux 5.6), else
 * through the ioctl; the counters are private statistics, for which there is the ioctl only.
 */
struct ethtool;

/* ethtool_open() - needs no privilege but for ethtool_set_feature() */
int ethtool_open(struct ethtool **ret) _must_check_;
struct ethtool *ethtool_close(struct ethtool *e);
DEFINE_CLEANUP(struct ethtool, ethtool_close)

/*
 * ethtool_get_driver() - ETHTOOL_GDRVINFO
 * @name: the interface
 *
 * Return: 0; -ENODEV without such a device; -EOPNOTSUPP when the driver says nothing at all;
 * another negative errno.
 */
int ethtool_get_driver(struct ethtool *e, const char *name, struct facts_driver *ret) _must_check_;

/*
 * ethtool_get_feature() - the state of a feature bit
 * @feature: the name as "ethtool -k" prints it for bits of their own, such as "esp-hw-offload"
 *
 * @ret is FACTS_FEATURE_ABSENT when the kernel does not know the name; never UNKNOWN.
 *
 * Return: 0; -ENODEV; another negative errno.
 */
int ethtool_get_feature(struct ethtool *e, const char *name, const char *feature,
			enum facts_feature *ret) _must_check_;

/*
 * ethtool_set_feature() - switches a feature bit and looks whether it took
 *
 * The kernel reports no error for a bit that the driver holds fixed, or that another bit forbids
 * (netdev_fix_features()), so the bit is read back.
 *
 * Return: 1 when it was switched; 0 when it was so already, and nothing was done; -EOPNOTSUPP when
 * it did not take, is fixed the other way or not known; -EPERM; -ENODEV; another negative errno.
 */
int ethtool_set_feature(struct ethtool *e, const char *name, const char *feature,
			bool on) _must_check_;

/*
 * ethtool_get_counters() - tx_ipsec and rx_ipsec of the device
 *
 * Where they stand among the statistics is remembered by name, ifindex and number of statistics, so
 * that reading them again costs three calls of the kernel and no strings.
 *
 * Return: 0; -ENOENT when the device has not both of them; -ENODEV; another negative errno.
 */
int ethtool_get_counters(struct ethtool *e, const char *name,
			 struct facts_counters *ret) _must_check_;
