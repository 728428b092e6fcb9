# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 3000
# NetworkManager, the bus, journald, pluto, polkit and the daemon are restarted at random for half an
# hour, while the bond fails over: no crash, no leak, no failover lost that the kernel still shows,
# the tunnel up at the end, and offloaded.

seconds=${TORTURE_SECONDS:-1800}
seed=$RANDOM
RANDOM=$seed
say "the seed is $seed"
records=/var/lib/esp-offloadd/failovers-bond0.jsonl

policy "proof: {within: 30s, probe: {address: $peer_address, count: 5}}"
check "the daemon starts" start_daemon
check "the bond gets configured" wait_for 120 bond_is State configured
check "and proven" wait_for 90 bond_is Verdict offloaded

# The other port of two.
other() {
	[ "$(active_port)" = ix0 ] && echo ix1 || echo ix0
}

# last_record FIELD: of the newest failover that is on disk; nothing where there is none.
last_record() {
	tail -n 20 "$records" 2>/dev/null | jq -rs --arg field "$1" \
		'map(select(.id)) | max_by(.id) | .[$field] // empty'
}

# is_recorded ID: that failover, or a later one, is there, and the newest is where the bond is.
is_recorded() {
	local id
	id=$(last_record id)
	[ "${id:-0}" -ge "$1" ] && equals "$(active_port)" "$(last_record to)"
}

# running: the daemon's process, once it is ready; 0 for none.
running() {
	if systemctl is-active -q esp-offloadd; then
		systemctl show -P MainPID esp-offloadd
	else
		echo 0
	fi
}

# fail_over: in one of three ways. One that the daemon was there for is a record more.
switches=0 watched=0
fail_over() {
	local from to pid id
	to=$(other) from=$(active_port) pid=$(running) id=$(last_record id)
	case $((RANDOM % 3)) in
	0) ip link set bond0 type bond active_slave "$to" ;;
	1)
		port_down "$from"
		wait_for 20 is_active "$to"
		port_up "$from"
		;;
	2)
		cut_cable "$from"
		wait_for 20 is_active "$to"
		mend_cable "$from"
		;;
	esac
	wait_for 20 is_usable "$from"
	switches=$((switches + 1))
	if [ "$pid" -eq 0 ]; then
		return
	elif wait_for 30 is_recorded $((${id:-0} + 1)); then
		watched=$((watched + 1))
	elif [ "$(running)" = "$pid" ]; then
		check "failover $switches, to $to, is recorded" is_recorded $((${id:-0} + 1))
	fi
}

# is_usable PORT: bonding has seen that it is up again.
is_usable() {
	grep -A 1 "^Slave Interface: $1$" /proc/net/bonding/bond0 | grep -q "^MII Status: up"
}

declare -A times=()
restart() {
	local unit=$1
	# That often is too often for systemd.
	systemctl reset-failed
	case $unit in
	esp-offloadd)
		case $((RANDOM % 4)) in
		0) systemctl kill -s KILL esp-offloadd ;;
		1)
			# What happens meanwhile is found by the next one.
			systemctl stop esp-offloadd
			fail_over
			systemctl start esp-offloadd
			;;
		*) systemctl restart esp-offloadd ;;
		esac
		;;
	dbus)
		systemctl restart dbus
		# It never comes back to another bus by itself.
		systemctl restart NetworkManager
		;;
	*) systemctl restart "$unit" ;;
	esac
	times[$unit]=$((${times[$unit]:-0} + 1))
}

units=(NetworkManager systemd-journald ipsec esp-offloadd polkit dbus)
end=$((SECONDS + seconds))
while [ "$SECONDS" -lt "$end" ]; do
	unit=${units[RANDOM % ${#units[@]}]}
	restart "$unit"
	for ((i = RANDOM % 3; i > 0; i--)); do
		fail_over
		sleep "0.$((RANDOM % 10))"
	done
	say "$unit restarted ${times[$unit]} times, $switches failovers"
done

say "restarted: $(for unit in "${!times[@]}"; do printf '%s %s, ' "$unit" "${times[$unit]}"; done)"
say "$switches failovers, $watched of them while the daemon was there"
check "each was restarted" equals "${#units[@]}" "${#times[@]}"
check "there were failovers that the daemon was there for" test "$watched" -gt 0
check "the daemon is there" wait_for 60 busctl status org.espoffload1
check "the active port is the kernel's" wait_for 60 bond_is ActivePort "$(active_port)"
check "the last record is as well" wait_for 60 is_recorded 1
check "the records are a chain: each begins where the one before it ended" equals "" "$(
	esp-offloadctl failovers bond0 --json=short | jq -c '.failovers as $f | range(1; $f | length) |
		select($f[.].from != $f[. - 1].to or $f[.].id != $f[. - 1].id + 1) | $f[.]')"
check "the bond is configured" wait_for 180 bond_is State configured
check "the tunnel is up" established example 90
check "and offloaded" wait_for 180 bond_is Verdict offloaded
check "10 pings are counted on the active port" offloads "$(active_port)"
check "nothing of ours crashed" not sh -c 'journalctl -q --no-pager -u esp-offloadd -u "esp-offload-*" |
	grep -E "code=(dumped|killed), status=(6|11|8|7)/|Sanitizer"'
pid=$(running)
say "memory $(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status") kB, $(find "/proc/$pid/fd" -mindepth 1 | wc -l) descriptors"
check "no worker is left" wait_for 60 not pgrep -f esp-offload-worker
check "nothing lies about" equals "" "$(find /etc /var/lib/esp-offloadd /run -maxdepth 2 \
	\( -name '*.esp-offload*' -o -name '*esp-offload-check*' -o -name 'undo-*.new' \) 2>/dev/null)"
check "the kernel has nothing to complain of" no_complaints
