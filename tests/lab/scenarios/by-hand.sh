# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The documented procedure, done by hand: the lab itself is what is tested here, the kernel, its
# bonding, NetworkManager and Libreswan as they are, and the card that is simulated.

check "the tunnel carries pings before anything is done" pings 5

# Start from a bond without the feature, as the procedure does.
check "the feature can be switched off in the profile" \
	nmcli connection modify bond0 ethtool.feature-esp-hw-offload off
check "the bond activates without it" nmcli -w 30 connection up bond0
check "the bond has no ESP offload now" wait_for 10 equals off "$(feature bond0)"

check "step 1: the profile takes the feature" \
	nmcli connection modify bond0 ethtool.feature-esp-hw-offload on
check "step 2: the bond activates" nmcli -w 30 connection up bond0
check "the kernel has the feature" wait_for 10 equals on "$(feature bond0)"
conn_set nic-offload=yes
check "step 4: ipsec restarts" systemctl restart ipsec
check "the tunnel is up" established
check "both SAs name the offload device" equals 2 "$(sas_offloaded)"
check "10 pings are counted on the active port, and nowhere else" offloads "$(active_port)"
