# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 7200
# 100 clients that ask over and over, and 50 subscribers that never read, while the bond fails over:
# each failover is seen as soon as without them, told, and proven; the daemon does not grow.

calls=${TORTURE_CALLS:-1000}
load=/usr/libexec/esp-offloadd-lab/load

policy "proof: {within: 30s, probe: {address: $peer_address, count: 5}}"
check "the daemon starts" start_daemon
check "the bond gets configured" wait_for 90 bond_is State configured
check "and proven" wait_for 60 bond_is Verdict offloaded
pid=$(systemctl show -P MainPID esp-offloadd)

resident() {
	awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status"
}

# last_failover KEY: of the record that the bus shows.
last_failover() {
	busctl --timeout=120 --json=short get-property org.espoffload1 "$bond_path" org.espoffload1.Bond \
		LastFailover | jq -r ".data.$1.data // empty"
}

failed_over_to() {
	equals "$1" "$(last_failover to)"
}

# switch: one failover; appends to the file $1 how many ms after it was asked for the daemon saw it.
switch() {
	local to=ix0 asked
	! is_active ix0 || to=ix1
	asked=$(date +%s%N)
	ip link set "$bond" type bond active_slave "$to"
	wait_for 120 failed_over_to "$to" || return
	echo $((($(last_failover realtime_usec) - asked / 1000) / 1000)) >>"$1"
	switched=$((switched + 1))
}

# heard N: that many signals of failovers.
heard() {
	equals "$1" "$(grep -ac 'MESSAGE "tsss"' /tmp/failovers.heard)"
}

# median FILE; worst FILE
median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
worst() {
	sort -n "$1" | tail -n 1
}

listen_for_failovers
mark_failovers
switched=0
for ((i = 0; i < 11; i++)); do
	check "a failover without load" switch /run/idle
	# Not kept from within a check, which is a process of its own.
	switched=$((switched + 1))
done

# Once in short, so that what the daemon needs for so many is there.
"$load" 100 10 50 >/dev/null
before=$(resident)
"$load" 100 "$calls" 50 >/run/load 2>&1 &
loading=$!
unanswered=0
told=$SECONDS
while kill -0 "$loading" 2>/dev/null; do
	switch /run/loaded || unanswered=$((unanswered + 1))
	sleep 1
	# A machine that says nothing for minutes is taken for dead.
	if [ $((SECONDS - told)) -ge 60 ]; then
		say "$switched failovers so far"
		told=$SECONDS
	fi
done
wait "$loading"
after=$(resident)
say "$(cat /run/load)"
say "seen after: idle $(median /run/idle) ms, worst $(worst /run/idle); under load" \
	"$(median /run/loaded) ms, worst $(worst /run/loaded), of $(wc -l </run/loaded) failovers"
say "memory $before kB before, $after kB after;" \
	"at the most $(($(cat /sys/fs/cgroup/system.slice/esp-offloadd.service/memory.peak) / 1024)) kB of its unit"

check "all that was asked was answered" grep -q "^answered $((100 * calls)) refused 0 " /run/load
check "there were failovers meanwhile" test "$(wc -l </run/loaded)" -ge 5
check "each was followed" equals 0 "$unanswered"
check "and counted" failovers_since_mark "$switched"
check "who reads the signals heard each" wait_for 60 heard "$switched"
check "the worst was seen within a second" test "$(worst /run/loaded)" -lt 1000
check "the daemon has not grown by a megabyte" test "$((after - before))" -lt 1024
check "it is the same process" equals "$pid" "$(systemctl show -P MainPID esp-offloadd)"
check "the verdict is offloaded" wait_for 90 bond_is Verdict offloaded
check "10 pings are counted on the active port" offloads "$(active_port)"
