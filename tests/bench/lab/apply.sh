# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 2400
# Row "apply": where all is as it should be already, beside the documented procedure done once more
# by hand, with pings through the tunnel all the while.

tell_machine

by_hand() {
	nmcli connection modify bond0 ethtool.feature-esp-hw-offload on &&
		nmcli -w 60 connection up bond0 >/dev/null
	conn_set nic-offload=yes
	systemctl restart ipsec
	established example 60 && wait_for 60 pings 1
}

# takes COMMAND...: how long, in $took.
takes() {
	local began=$EPOCHREALTIME before
	before=$(busy)
	"$@" >/tmp/said 2>&1
	status=$?
	took=$(usec_since "$began")
	worked=$(($(busy) - before))
}

# busy: how long the machine's processors have worked so far, in ms.
busy() {
	awk -v hz="$(getconf CLK_TCK)" '$1 == "cpu" { printf "%d\n", ($2 + $3 + $4 + $7 + $8) * 1000 / hz }' \
		/proc/stat
}

# with_pings SERIES COMMAND...
with_pings() {
	local series=$1
	shift
	lost_while "$peer_address" takes "$@"
	check "$series ends well" equals 0 "$status"
	sample apply "$series" wall "$(milliseconds "$took")"
	sample apply "$series" worked "$worked"
	sample apply "$series" lost "$REPLY"
}

policy "proof: {within: 30s, probe: {address: $peer_address, count: 5}}"
check "the daemon comes up" start_daemon
check "the bond gets configured" wait_for 400 bond_is State configured
check "the verdict is offloaded" wait_for 200 bond_is Verdict offloaded

# The daemon does not look on while somebody else restarts what it watches. When both ends initiate
# at once, as after a restart of one, pluto may end with a tunnel that is up on both and carries
# nothing one way; then once more.
for round in {1..4}; do
	systemctl start esp-offloadd
	wait_for 200 bond_is Verdict offloaded
	for _ in {1..5}; do
		wait_for 20 pings 5 >/dev/null && break
		systemctl restart ipsec
	done
	check "round $round: pings are answered before" pings 5
	untouched_mark
	for _ in {1..2}; do
		with_pings "esp-offloadctl apply" esp-offloadctl apply bond0
	done
	check "round $round: nothing was touched" untouched
	# What it is made of: looking at the host as a whole, which asks both of these.
	timed apply "the worker alone" /usr/libexec/esp-offload-worker run bond0
	timed apply "nmcli general status" nmcli general status
	timed apply "ipsec trafficstatus" ipsec trafficstatus
	systemctl stop esp-offloadd
	with_pings "the procedure by hand" by_hand
	activate ix0
done
