# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 420
# Every prerequisite of the host that can be taken away here is, one at a time.

# shellcheck source=tests/lab/guest/lab/checks.sh
. /lab/checks.sh

policy

## The ports

ethtool -K ix1 rx-all on
names port-rx-all blocks "a port that passes on what failed its check"
ethtool -K ix1 rx-all off

# Not to be played here: port-vfs, as only a port on the PCI bus tells how many there are, and
# port-alike and port-counters, as the card always is what it is.

ip link set ix3 down
ip link set ix3 master bond0
names port-driver blocks "a port of another driver" igb
ip link set ix3 nomaster

port_down ix1
names bond-redundancy notes "one port without a link"
port_down ix0
names bond-active-port blocks "no port with a link"
port_up ix0
port_up ix1
wait_for 20 is_active ix0

## The bond

ip link add br7 type bridge
ip link set bond0 master br7
names bond-upper blocks "a bond within a bridge"
ip link set bond0 nomaster
ip link del br7

ip link add link bond0 name bond0.7 type vlan id 7
ip address add 198.51.100.1/24 dev bond0.7
with_key conn-address blocks left=198.51.100.1 'bond0\.7'
ip link del bond0.7

ethtool -K bond0 esp-hw-offload off
names profile-reactivation warns "the kernel's bit is off"
ethtool -K bond0 esp-hw-offload on

## The profile

nmcli connection modify bond0 connection.autoconnect-slaves 0
nmcli connection modify bond0-ix1 connection.autoconnect no
names profile-ports warns "a port that would not come back"
nmcli connection modify bond0-ix1 connection.autoconnect yes
nmcli connection modify bond0 connection.autoconnect-slaves 1
nmcli connection modify bond0 connection.autoconnect no
names profile-autoconnect notes "a bond that does not come up by itself"
nmcli connection modify bond0 connection.autoconnect yes

## Pluto and its SAs

systemctl stop ipsec
names ipsec-running blocks "ipsec stopped"

ethtool -K bond0 esp-hw-offload off
systemctl start ipsec
established
ethtool -K bond0 esp-hw-offload on
with_key sa-offload warns nic-offload=yes

peer_conn_set esp=aes_gcm256-null
conn_set nic-offload=no
conn_set esp=aes_gcm256-null
ipsec auto --replace example >/dev/null
ipsec auto --up example >/dev/null
check "a tunnel with longer keys is up" established
conn_set nic-offload=
conn_set esp=aes_gcm128-null
names sa-cipher blocks "an SA in use with longer keys"

ip xfrm state flush
names sa-lost warns "SAs that the kernel lost"

## NetworkManager, last, as the bond is another one after it

systemctl stop NetworkManager
names profile-manager blocks "NetworkManager stopped"
rm /etc/NetworkManager/system-connections/bond0*
printf '[keyfile]\nunmanaged-devices=interface-name:bond0,interface-name:ix*,interface-name:lk*\n' \
	>/etc/NetworkManager/conf.d/zz-unmanaged.conf
systemctl start NetworkManager
names profile-exists blocks "a bond that is not NetworkManager's"
systemctl stop NetworkManager
rm /etc/NetworkManager/conf.d/zz-unmanaged.conf
restore /etc/NetworkManager/system-connections >/dev/null
systemctl start NetworkManager
wait_for 40 nmcli -t device show bond0
lab_rebond
