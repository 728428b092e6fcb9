# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 600
# 500 switches over 8 bonds in a burst: none is lost, none told twice, each in order. More than the
# kernel can keep: found afterwards, and marked. Bonds that go, come and change their mode.

bonds=(b0 b1 b2 b3 b4 b5 b6 b7)

make_bond() {
	ip link add "$1" type bond mode "${2:-active-backup}" miimon 100
	ip link set "$1"x master "$1"
	ip link set "$1"y master "$1"
	ip link set "$1" up
}

property() {
	busctl get-property org.espoffload1 "/org/espoffload1/bond/$1" org.espoffload1.Bond "$2"
}

is() {
	equals "$3" "$(property "$1" "$2")"
}

# switches N: that many, round the bonds, each time to the other port, in one process.
declare -A at
switches() {
	local i b
	for ((i = 0; i < $1; i++)); do
		b=${bonds[i % ${#bonds[@]}]}
		case ${at[$b]:-x} in
		x) at[$b]=y ;;
		*) at[$b]=x ;;
		esac
		echo "$b${at[$b]}" >"/sys/class/net/$b/bonding/active_slave"
	done
}

# counted N: all bonds together have recorded so many.
counted() {
	local b sum=0
	for b in "${bonds[@]}"; do
		sum=$((sum + $(property "$b" Failovers | cut -d ' ' -f 2)))
	done
	equals "$1" "$sum"
}

# It would take them for its own.
systemctl stop NetworkManager
for b in "${bonds[@]}"; do
	ip link add "$b"x type dummy
	ip link add "$b"y type dummy
	ip link set "$b"x down
	ip link set "$b"y down
	make_bond "$b"
	echo "$b"x >"/sys/class/net/$b/bonding/active_slave"
done
mkdir -p /etc/esp-offloadd
{
	echo "version: 1"
	echo "bonds:"
	for b in "${bonds[@]}"; do
		printf '  %s: {connections: [of-%s], manage: monitor}\n' "$b" "$b"
	done
} >/etc/esp-offloadd/config.yaml
check "the daemon starts" start_daemon
check "and sees the ports" wait_for 10 is b7 ActivePort 's "b7x"'

busctl monitor --match "type='signal',interface='org.espoffload1.Bond',member='FailedOver'" --json=short \
	>/tmp/heard 2>/dev/null </dev/null &
monitor=$!
check "somebody listens" wait_for 20 logged 'busctl monitor.*became a monitor'
switches 500
check "500 switches are 500 records" wait_for 30 counted 500
sleep 1
kill $monitor
check "and 500 signals" equals 500 "$(wc -l </tmp/heard)"
check "bond after bond, in order" equals "" "$(jq -r '.path' /tmp/heard | awk '
	{ want = "/org/espoffload1/bond/b" (NR - 1) % 8; if ($1 != want) print NR, $1 }' | head -n 3)"
check "each from where the last one went" equals "" "$(jq -r '[.path] + .payload.data[1:3] | @tsv' /tmp/heard | awk '
	{ if (at[$1] && at[$1] != $2 || $2 == $3) print NR, $0; at[$1] = $3 }' | head -n 3)"
check "none of them reconstructed" equals 0 "$(grep -c reconstructed /tmp/heard)"
check "the records are numbered without a gap" equals "" "$(esp-offloadctl failovers b3 --json=short |
	jq -c '[.failovers[].id] | select(. != [range(1; length + 1)])')"

# The daemon is held up, and the kernel keeps the messages for it.
pid=$(systemctl show -P MainPID esp-offloadd)
kill -STOP "$pid"
switches 496
kill -CONT "$pid"
check "496 more that were kept for it are not lost either" wait_for 60 counted 996

# More than can be kept: 64 MB, which anything that happens to a port may fill.
forget
kill -STOP "$pid"
switches 48
for b in "${bonds[@]}"; do
	echo "link set ${b}x group 7"
done | ip -batch -
# One request has the kernel tell of all eight.
for ((i = 0; i < 5000; i++)); do
	echo "link set group 7 alias $i"
done | ip -batch -
switches 45
kill -CONT "$pid"
check "when too many came the daemon looks anew" wait_for 60 logged 'looking anew' esp-offloadd
for b in "${bonds[@]}"; do
	check "$b: it knows the port" wait_for 20 is "$b" ActivePort "s \"$(cat "/sys/class/net/$b/bonding/active_slave")\""
done
check "what was told is in order all the same" equals "" "$(for b in "${bonds[@]}"; do
	esp-offloadctl failovers "$b" --json=short | jq -r '.failovers[] | [.bond, .from, .to] | @tsv'
done | awk '{ if (at[$1] && at[$1] != $2) print NR, $0; at[$1] = $3 }' | head -n 3)"
# Switches there and back that nobody saw leave nothing; the others leave one each.
check "each is to another port" equals "" "$(esp-offloadctl failovers --json=short |
	jq -c '.failovers[] | select(.from == .to)' | head -n 3)"
check "what was found afterwards is marked" test "$(esp-offloadctl failovers --json=short |
	jq '[.failovers[] | select(.cause == "reconstructed")] | length')" -gt 0
sum=0
for b in "${bonds[@]}"; do
	count=$(property "$b" Failovers)
	sum=$((sum + ${count#t }))
done
check "there are no more of them than switches" test "$sum" -le $((996 + 48 + 45))
before=$(property b0 Failovers)
other=y
[ "$(cat /sys/class/net/b0/bonding/active_slave)" = b0x ] || other=x
echo b0$other >/sys/class/net/b0/bonding/active_slave
check "the next one is followed again" wait_for 10 is b0 Failovers "t $((${before#t } + 1))"

# A bond that is deleted and made again is the same one to others.
count=$(property b1 Failovers)
ip link del b1
check "deleted: no port is active" wait_for 10 is b1 ActivePort 's ""'
make_bond b1
check "made again: it is followed" wait_for 10 is b1 Failovers "t $((${count#t } + 1))"
check "made again: nobody's link had failed" equals administrative \
	"$(esp-offloadctl failovers b1 --json=short | jq -r '.failovers[-1].cause')"
ip link del b2
make_bond b2 balance-rr
check "made again in another mode: that is told" wait_for 10 is b2 Mode 's "balance-rr"'
check "where there is no active port" is b2 ActivePort 's ""'
ip link set b2x nomaster
ip link set b2y nomaster
ip link set b2 down
ip link set b2 type bond mode active-backup
ip link set b2 up
ip link set b2x down
ip link set b2x master b2
check "its mode changed: that is told" wait_for 10 is b2 Mode 's "active-backup"'
check "and a port is active" wait_for 10 is b2 ActivePort 's "b2x"'
ip link set b2y down
count=$(property b2 Failovers)
ip link set b2y master b2
ip link set b2x nomaster
check "a port added, and the active one removed: one more" wait_for 10 is b2 Failovers "t $((${count#t } + 1))"
check "the unit has kept running" equals "$pid" "$(systemctl show -P MainPID esp-offloadd)"

systemctl stop esp-offloadd
for b in "${bonds[@]}"; do
	ip link del "$b"
	ip link del "$b"x
	ip link del "$b"y
done
