# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 400
# The documented procedure done by hand, and then everything that the card and the kernel are
# relied upon for elsewhere. What is tested here is the lab itself.

# A tunnel in software, on a bond without the feature.
ethtool -K bond0 esp-hw-offload off
systemctl restart ipsec
check "the tunnel is up before anything is done" established
check "in software: no SA names a device" equals 0 "$(sas_offloaded)"
mark
check "in software: pings are answered" pings 5
check "in software: nothing is counted" equals "0 0" "$(gained ix0)"

# The procedure.
check "step 1: the profile takes the feature" \
	nmcli connection modify bond0 ethtool.feature-esp-hw-offload on
check "step 2: the bond is activated again" nmcli -w 60 connection up bond0
check "the kernel has the feature" wait_for 20 feature_is bond0 on
check "the ports come back" wait_for 60 ports_are "ix0 ix1"
conn_set nic-offload=yes
check "step 4: ipsec restarts" systemctl restart ipsec
check "the tunnel is up again" established
activate ix0
check "both SAs name the offload device" equals 2 "$(sas_offloaded)"
check "the card holds both" equals "1 1" "$(sas ix0)"
check "10 pings: +10 and +10 on the active port, nothing elsewhere" offloads ix0

# Failovers.
port_down ix0
check "port down: the bond fails over" fails_over_to ix1
check "port down: the SAs moved" equals "0 0, 1 1" "$(sas ix0), $(sas ix1)"
check "port down: 10 pings, exactly 10 on the new port, 0 on the old" offloads ix1
port_up ix0
sleep 0.5
cut_cable ix1
check "cable cut: the bond fails over" fails_over_to ix0
check "cable cut: 10 pings, exactly 10 on the new port, 0 on the old" offloads ix0
mend_cable ix1
echo ixgbe.0 >/sys/bus/platform/drivers/ixgbe/unbind
check "port removed: the bond fails over" fails_over_to ix1
check "port removed: 10 pings on the one that is left" offloads ix1
echo ixgbe.0 >/sys/bus/platform/drivers/ixgbe/bind
plug
check "port back: NetworkManager takes it in" wait_for 60 test -e /sys/class/net/bond0/lower_ix0
wait_for 10 activate ix0
fails_over_to ix0

# Where the hardware silently stops working.
ip link set ix3 down
ip link set ix3 master bond0
ip link set ix3 up
check "a port of another make has no ESP" equals "off [fixed]" "$(feature ix3)"
check "it is of another driver" contains "$(ethtool -i ix3)" '^driver: igb$'
check "the ports of the bond are ixgbe's" contains "$(ethtool -i ix0)" '^driver: ixgbe$'
check "and by the device's link too" \
	equals ixgbe "$(basename "$(readlink /sys/class/net/ix0/device/driver)")"
wait_for 10 activate ix3
mark
check "on the foreign port traffic goes on" pings 10
check "while the SAs still name the device" equals 2 "$(sas_offloaded)"
check "and the bond still shows the feature" feature_is bond0 on
check "but nothing is counted anywhere" equals "0 0, 0 0" "$(gained ix0), $(gained ix1)"
activate ix0
ip link set ix3 nomaster
check "back on a good port it is offloaded again" offloads ix0

fault ix1 refuse_sas 2
activate ix1
check "an SA refused on the new port: the kernel says so" \
	wait_for 20 logged 'bond_ipsec_add_sa_all: failed to add SA'
mark
check "traffic goes on" pings 10
check "but nothing is counted" equals "0 0" "$(gained ix1)"
activate ix0
check "the next failover mends it" offloads ix0

# Frames on the wire.
fault ix0 damage_esp 1
mark
check "one damaged packet is lost" not pings 3
check "and is not counted" equals "3 2" "$(gained ix0)"
check "the peer has no offload at all: it decrypts what the card encrypted" \
	equals 0 "$(peer ip xfrm state | grep -c offload)"
peer iperf3 -s -D -1
mark
check "TCP goes through the tunnel" timeout 60 iperf3 -c 192.0.2.2 -n 4M
read -r tx rx <<<"$(gained ix0)"
say "4 MB of TCP: $tx packets to the card, $rx from it"
check "super-frames count once: 4 MB make far fewer than its segments" test "$tx" -lt 2000
check "the card counted them" test "$tx" -gt 60
check "nothing was dropped for a wrong ICV or sequence" \
	equals 0 "$(peer cat /proc/net/xfrm_stat | awk '/StateProtoError|StateSeqError/ { n += $2 } END { print n }')"
check "large pings are fragmented before or not offloaded, and answered" pings 3 192.0.2.2 -s 3000

# What the card refuses, with the errno that pluto reports.
conn_set type=tunnel
peer_conn_set type=tunnel
check "tunnel mode is refused with EINVAL" up_refused 'Add SA.*Invalid argument \(errno 22\)'
check "and the kernel says why" logged 'ix0: Unsupported mode for ipsec offload'
conn_set type=transport
peer_conn_set type=
conn_set esn=yes
check "ESN is refused with EINVAL" up_refused 'Add SA.*Invalid argument \(errno 22\)'
conn_set esn=no
conn_set esp=aes_gcm256-null
peer_conn_set esp=aes_gcm256-null
check "a 256-bit key is refused with EINVAL" up_refused 'Add SA.*Invalid argument \(errno 22\)'
check "and the kernel says why" logged 'only supports keys up to 128 bits'
conn_set esp=aes128-sha2_256
peer_conn_set esp=aes128-sha2_256
check "a cipher that is no AEAD is refused with EINVAL" \
	up_refused 'Add SA.*Invalid argument \(errno 22\)'
conn_set esp=aes_gcm128-null
peer_conn_set esp=
nic_parameter max_sas 0
check "a full table is refused with ENOSPC" up_refused 'Add SA.*No space left on device \(errno 28\)'
nic_parameter max_sas 1024
up_anew >/dev/null
check "with all that undone the tunnel comes up" established
check "and is offloaded" offloads ix0

# The interface of the bond going down takes the SAs with it, unnoticed by pluto.
ip link set bond0 down
ip link set bond0 up
fails_over_to ix0
check "a bond that was down has lost its SAs" equals 0 "$(sas_offloaded)"
check "pluto believes in them" tunnel_up
check "nothing is left on the card" equals "0 0, 0 0" "$(sas ix0), $(sas ix1)"

check "the kernel has nothing to complain of" no_complaints
