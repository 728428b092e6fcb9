# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 2400
# Row "start": from nothing to READY=1, beside one question to NetworkManager, and beside teamd,
# which is the other daemon that watches ports; in turns. The bond is configured before.

tell_machine

policy "proof: {within: 30s, probe: {address: $peer_address, count: 5}}"
check "the daemon comes up" start_daemon
check "the bond gets configured" wait_for 400 bond_is State configured
check "and stops" systemctl stop esp-offloadd
modprobe team 2>/dev/null
modprobe team_mode_activebackup 2>/dev/null

for _ in {1..15}; do
	timed start "esp-offloadd" --ready esp-offloadd
	timed start "nmcli general status" nmcli general status
	if command -v teamd >/dev/null; then
		timed start "teamd" teamd -d -t team9 \
			-c '{"runner": {"name": "activebackup"}, "link_watch": {"name": "ethtool"}}'
		teamd -k -t team9 2>/dev/null
	fi
done
