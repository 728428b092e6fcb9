# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 240
# What tools/demo shows: the main job as an administrator does it, and the procedure's own
# verification of each step.

title() {
	say ""
	say "== $* =="
}

# show COMMAND: a line of a shell, with what it prints.
show() {
	local line
	say "\$ $1"
	bash -c "$1" 2>&1 | while IFS= read -r line; do
		say "  $line"
	done
}

show_verification() {
	show 'grep "Currently Active Slave" /proc/net/bonding/bond0'
	show "ethtool -S $1 | grep _ipsec"
	mark
	show "ping -c 5 -i 0.2 $peer_address | tail -n 3"
	show "ethtool -S $1 | grep _ipsec"
}

show_daemon() {
	show 'esp-offloadctl status bond0'
	show "busctl get-property org.espoffload1 $bond_path org.espoffload1.Bond State Verdict ActivePort Failovers"
}

title "Two ixgbe ports under an active-backup bond, a tunnel over it"
show 'grep -E "Bonding Mode|Slave Interface" /proc/net/bonding/bond0'
show 'ethtool -i ix0 | grep driver'
show 'ipsec trafficstatus'
show 'cat /etc/ipsec.d/example.conf'

title "The policy, and the daemon"
mkdir -p /etc/esp-offloadd
cat >/etc/esp-offloadd/config.yaml <<END
version: 1
bonds:
  bond0:
    connections: [example]
    proof: {probe: {address: $peer_address}}
END
show 'cat /etc/esp-offloadd/config.yaml'
show 'esp-offloadctl plan bond0'
show 'systemctl enable --now esp-offloadd'
wait_for 90 bond_is State configured
wait_for 30 bond_is Verdict offloaded
check "the bond is configured" bond_is State configured
check "the verdict is offloaded" bond_is Verdict offloaded
show_daemon
show 'grep -n nic-offload /etc/ipsec.d/example.conf'
show 'nmcli -g ethtool.feature-esp-hw-offload connection show bond0'

title "The procedure's verification: counters, five pings, counters"
show_verification ix0
check "five pings are five packets each way on ix0" equals "5 5" "$(gained ix0)"

title "The cable of the active port is cut"
show 'ip link set ix0 carrier off'
wait_for 10 bond_is ActivePort ix1
wait_for 30 bond_is Verdict offloaded
show_daemon
show_verification ix1
check "five pings are five packets each way on ix1" equals "5 5" "$(gained ix1)"
check "and none on ix0" equals "0 0" "$(gained ix0)"
show 'esp-offloadctl failovers bond0'
show 'systemctl status --no-pager -n 12 esp-offloadd'
mend_cable ix0
