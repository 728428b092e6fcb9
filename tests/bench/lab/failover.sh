# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 600
# Row "failover": 200 switches, each timed from the moment it is asked for: until `ip monitor` has
# the kernel's message, and until a subscriber on the bus has the daemon's signal, which is behind
# the same message.

SWITCHES=200

policy "manage: monitor" "proof: {within: 5s}"
check "the daemon comes up" start_daemon
check "and knows the port" wait_for 30 bond_is ActivePort ix0
no_worker() {
	[ -z "$(systemctl list-units --no-legend --plain 'esp-offload-worker@*')" ]
}
check "and its first look at the host is over" wait_for 120 no_worker
sleep 2

ip -ts monitor link dev bond0 >/tmp/ip-monitor &
monitor=$!
dbus-monitor --system --profile "type='signal',interface='org.espoffload1.Bond',member='FailedOver'" \
	>/tmp/subscriber 2>/dev/null &
subscriber=$!
disown -a
check "the subscriber listens" wait_for 20 grep -q NameLost /tmp/subscriber

: >/tmp/asked
for ((i = 0; i < SWITCHES; i++)); do
	port=ix$(((i + 1) % 2))
	echo "$EPOCHREALTIME" >>/tmp/asked
	echo "$port" >/sys/class/net/bond0/bonding/active_slave
	sleep 0.2
done
all_in() {
	equals "$SWITCHES" "$(grep -c "$1" "$2")"
}
check "all of them were signalled" wait_for 30 all_in FailedOver /tmp/subscriber
check "and seen by ip monitor" wait_for 30 all_in 'BONDING FAILOVER' /tmp/ip-monitor
kill "$monitor" "$subscriber"

# Seconds of the day, for both clocks to be alike; the machine's time is UTC.
seconds_of_ip() {
	sed -nE 's/^\[[-0-9]+T([0-9]+):([0-9]+):([0-9.]+)\].*BONDING FAILOVER.*/\1 \2 \3/p' /tmp/ip-monitor |
		awk '{ printf "%.6f\n", $1 * 3600 + $2 * 60 + $3 }'
}
seconds_of_subscriber() {
	awk '/FailedOver/ { printf "%.6f\n", $2 % 86400 }' /tmp/subscriber
}
seconds_of_daemon() {
	esp-offloadctl failovers bond0 --json=short |
		jq -r '.failovers[].realtime_usec' | awk '{ printf "%.6f\n", $1 / 1000000 % 86400 }'
}
paste <(awk '{ printf "%.6f\n", $1 % 86400 }' /tmp/asked) <(seconds_of_ip) <(seconds_of_subscriber) \
	<(seconds_of_daemon) >/tmp/times
while read -r asked ip signal daemon; do
	sample failover "esp-offloadd has seen it" wall "$(awk -v a="$asked" -v b="$daemon" 'BEGIN { printf "%.3f", (b - a) * 1000 }')"
	sample failover "ip -ts monitor link" wall "$(awk -v a="$asked" -v b="$ip" 'BEGIN { printf "%.3f", (b - a) * 1000 }')"
	sample failover "esp-offloadd's signal" wall "$(awk -v a="$asked" -v b="$signal" 'BEGIN { printf "%.3f", (b - a) * 1000 }')"
done </tmp/times
