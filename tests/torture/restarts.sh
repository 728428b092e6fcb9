# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 2400
# NetworkManager, the bus, journald, pluto and the daemon are restarted at random for half an hour,
# while the bond fails over: no crash, no failover lost that the kernel still shows, the tunnel up
# at the end, and offloaded.

seconds=${TORTURE_SECONDS:-1800}
seed=$RANDOM
RANDOM=$seed
say "the seed is $seed"

policy "proof: {within: 30s, probe: {address: $peer_address, count: 5}}"
check "the daemon starts" start_daemon
check "the bond gets configured" wait_for 90 bond_is State configured
check "and proven" wait_for 40 bond_is Verdict offloaded

# The other port of two.
other() {
	[ "$(active_port)" = ix0 ] && echo ix1 || echo ix0
}

switches=0
fail_over() {
	local to
	to=$(other)
	case $((RANDOM % 3)) in
	0) ip link set bond0 type bond active_slave "$to" ;;
	1)
		from=$(active_port)
		port_down "$from"
		wait_for 10 is_active "$to"
		port_up "$from"
		;;
	2)
		from=$(active_port)
		cut_cable "$from"
		wait_for 10 is_active "$to"
		mend_cable "$from"
		;;
	esac
	wait_for 10 grep -q "MII Status: up" /proc/net/bonding/bond0
	switches=$((switches + 1))
}

end=$((SECONDS + seconds))
declare -A times=()
while [ "$SECONDS" -lt "$end" ]; do
	case $((RANDOM % 6)) in
	0) unit=NetworkManager ;;
	1) unit=systemd-journald ;;
	2) unit=ipsec ;;
	3) unit=esp-offloadd ;;
	4) unit=polkit ;;
	5) unit=dbus ;;
	esac
	if [ $((RANDOM % 4)) -eq 0 ] && [ "$unit" = esp-offloadd ]; then
		systemctl kill -s KILL esp-offloadd
	else
		systemctl restart "$unit"
	fi
	times[$unit]=$((${times[$unit]:-0} + 1))
	for ((i = RANDOM % 3; i > 0; i--)); do
		fail_over
		sleep "0.$((RANDOM % 10))"
	done
	say "$unit restarted ${times[$unit]} times, $switches failovers"
done

check "the daemon is there" wait_for 60 busctl status org.espoffload1
check "the active port is the kernel's" wait_for 20 bond_is ActivePort "$(active_port)"
check "the bond is configured" wait_for 120 bond_is State configured
check "the tunnel is up" established example 90
check "and offloaded" wait_for 120 bond_is Verdict offloaded
check "10 pings are counted on the active port" offloads "$(active_port)"
check "nothing of ours crashed" not sh -c 'journalctl -q --no-pager -u esp-offloadd | grep -E "code=(dumped|killed), status=(6|11|8|7)/"'
check "the kernel has nothing to complain of" no_complaints
