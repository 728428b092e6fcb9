# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 1200
# Row "failover": 200 switches, each timed from the moment it is asked for: until `ip monitor` has
# the kernel's message, and until a subscriber on the bus has the daemon's signal. In turns with as
# many that a bare program tells, which is what nobody can go below that waits for the same message;
# and the bus alone. Then what a script sees that reads /proc/net/bonding once a second.

ROUNDS=4 SWITCHES=50 HOPS=200 POLLED=40
hop=/usr/libexec/esp-offloadd-lab/hop

# heard MEMBER N: the subscriber has heard that many.
heard() {
	equals "$2" "$(grep -c "^$1 " /tmp/subscriber)"
}

# switch: there and back, each time noted in the array asked.
switch() {
	local i
	for ((i = 0; i < SWITCHES; i++)); do
		asked+=("$EPOCHREALTIME")
		echo "ix$(((i + 1) % 2))" >/sys/class/net/bond0/bonding/active_slave
		sleep 0.2
	done
}

# told_by_the_daemon ROUND
told_by_the_daemon() {
	check "round $1: the daemon comes up" start_daemon
	check "round $1: and knows the port" wait_for 30 bond_is ActivePort ix0
	check "round $1: and its first look at the host is over" wait_for 120 no_worker
	sleep 2
	switch
	check "round $1: all of them were signalled" wait_for 30 heard FailedOver $((SWITCHES * $1))
	seen=$(esp-offloadctl failovers bond0 --json=short | jq -r '.failovers[].realtime_usec / 1000000')
	systemctl stop esp-offloadd
}

# told_by_the_bare ROUND: with the daemon's priority.
told_by_the_bare() {
	local pid
	nice -n -10 "$hop" tell bond0 &
	pid=$!
	sleep 1
	switch
	check "round $1: all of the bare ones were heard" wait_for 30 heard Bare $((SWITCHES * $1))
	kill "$pid"
}

# poll: prints when another port is active than a second ago.
poll() {
	local last='' word
	while sleep 1; do
		while IFS=: read -r word port; do
			[ "$word" = "Currently Active Slave" ] || continue
			[ "$port" = "$last" ] || echo "$EPOCHREALTIME"
			last=$port
		done </proc/net/bonding/bond0
	done
}

# seen_by_a_script: at no moment of its second in particular.
seen_by_a_script() {
	local i pid
	poll >/tmp/polled &
	pid=$!
	disown
	sleep 3
	for ((i = 0; i < POLLED; i++)); do
		asked+=("$EPOCHREALTIME")
		echo "ix$(((i + 1) % 2))" >/sys/class/net/bond0/bonding/active_slave
		sleep "$((RANDOM % 2 + 1)).$((RANDOM % 900 + 100))"
	done
	kill "$pid"
}

# sample_from SERIES ASKED TIMES: from each time in one file to the first one in the other that comes
# before the next is asked for, seconds in both.
sample_from() {
	local ms
	sort -n <(sed 's/$/ asked/' "$2") <(sed 's/$/ came/' "$3") | awk '
		$2 == "asked" { since = $1 }
		$2 == "came" && since { printf "%.3f\n", ($1 - since) * 1000; since = 0 }' |
		while read -r ms; do
			sample failover "$1" wall "$ms"
		done
}

tell_machine
policy "manage: monitor" "proof: {within: 5s}"
activate ix0
ip -ts monitor link dev bond0 >/tmp/ip-monitor &
monitor=$!
"$hop" listen >/tmp/subscriber &
subscriber=$!
disown -a
check "the subscriber listens" wait_for 20 grep -q listening /tmp/subscriber

by_daemon=() by_bare=()
for ((round = 1; round <= ROUNDS; round++)); do
	asked=()
	told_by_the_daemon "$round"
	by_daemon+=("${asked[@]}")
	asked=()
	told_by_the_bare "$round"
	by_bare+=("${asked[@]}")
done
"$hop" send "$HOPS"
check "the bus alone was heard" wait_for 30 heard Hop "$HOPS"
kill "$monitor" "$subscriber"
asked=()
seen_by_a_script
check "the script has seen all" equals "$((POLLED + 1))" "$(wc -l </tmp/polled)"

printf '%s\n' "${by_daemon[@]}" >/tmp/by-daemon
printf '%s\n' "${by_bare[@]}" >/tmp/by-bare
echo "$seen" >/tmp/seen
awk '$1 == "FailedOver" { printf "%.6f\n", $2 / 1000000 }' /tmp/subscriber >/tmp/signal
awk '$1 == "Bare" { printf "%.6f\n", $2 / 1000000 }' /tmp/subscriber >/tmp/bare
# ip tells the time of the day, of the machine's zone; where it passes a message of another device
# over, it has told that one's time before on the same line.
sed -nE 's/.*\[([-0-9]+)T([0-9:.]+)\][^[]*BONDING FAILOVER.*/\1 \2/p' /tmp/ip-monitor | date -f - +%s.%6N >/tmp/ip
check "ip monitor has seen all" equals $((2 * ROUNDS * SWITCHES)) "$(wc -l </tmp/ip)"

# What ip has of the other's turns comes after the last that was asked for, or is not the first.
sample_from "esp-offloadd has seen it" /tmp/by-daemon /tmp/seen
sample_from "ip -ts monitor link" /tmp/by-daemon /tmp/ip
sample_from "esp-offloadd's signal" /tmp/by-daemon /tmp/signal
sample_from "ip beside the bare program" /tmp/by-bare /tmp/ip
sample_from "a bare program's signal" /tmp/by-bare /tmp/bare
printf '%s\n' "${asked[@]}" >/tmp/by-script
sample_from "a script, once a second" /tmp/by-script /tmp/polled
awk '$1 == "Hop" { printf "%.3f\n", ($2 - $3) / 1000 }' /tmp/subscriber | while read -r ms; do
	sample failover "the bus alone" wall "$ms"
done
