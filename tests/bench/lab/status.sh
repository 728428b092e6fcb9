# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 2400
# Row "status": how a bond stands, asked of the daemon and of NetworkManager, in turns.

tell_machine

policy "proof: {within: 30s, probe: {address: $peer_address, count: 5}}"
check "the daemon comes up" start_daemon
check "the bond gets configured" wait_for 400 bond_is State configured
check "the verdict is offloaded" wait_for 200 bond_is Verdict offloaded

for _ in {1..15}; do
	timed status "esp-offloadctl status" esp-offloadctl status bond0
	timed status "nmcli device show bond0" nmcli device show bond0
done
