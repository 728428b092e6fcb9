# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The words of scenarios about the project's daemon. Sourced by lib.sh.

bond_path=/org/espoffload1/bond/bond0

# bond_property NAME: as busctl prints it.
bond_property() {
	busctl get-property org.espoffload1 "$bond_path" org.espoffload1.Bond "$1"
}

# bond_is NAME VALUE: a property that is a string.
bond_is() {
	equals "s \"$2\"" "$(bond_property "$1")"
}

# no_worker: none looks at the host.
no_worker() {
	[ -z "$(systemctl list-units --no-legend --plain 'esp-offload-worker@*')" ]
}

# bond_has_finding ID: among the findings on the bus.
bond_has_finding() {
	contains "$(bond_property Findings)" "\"id\" s \"$1\""
}

# policy [LINE...]: writes the policy for bond0 and example, with further lines of the bond.
policy() {
	mkdir -p /etc/esp-offloadd
	{
		printf 'version: 1\nbonds:\n  bond0:\n    connections: [example]\n'
		[ $# -eq 0 ] || printf '    %s\n' "$@"
	} >/etc/esp-offloadd/config.yaml
}

# start_daemon: with the policy that is there; its answer is waited for.
start_daemon() {
	systemctl start esp-offloadd && wait_for 10 busctl status org.espoffload1
}

# pluto_has TEXT: in what pluto says of a conn.
pluto_has() {
	whack --status | grep "\"${2:-example}\"" | grep -qF "$1"
}

# pluto_offloads [CONN]: it has the conn with offload, in the words of its version.
pluto_offloads() {
	whack --status | grep "\"${1:-example}\"" | grep -qE 'nic-offload:(yes|crypto);'
}

# pluto_in_software [CONN]: it has the conn with what it takes for a conn that says nothing of offload,
# which is auto in Libreswan 4 and no in 5.
pluto_in_software() {
	whack --status | grep "\"${1:-example}\"" | grep -qE 'nic-offload:(auto|no);'
}

# failovers_since_mark N: the daemon has counted that many since mark_failovers.
mark_failovers() {
	failovers_marked=$(bond_property Failovers)
	failovers_marked=${failovers_marked#t }
}

failovers_since_mark() {
	equals "t $((failovers_marked + $1))" "$(bond_property Failovers)"
}

# listen_for_failovers: from now on heard_failover knows what was signalled. One that still listens
# for an earlier scenario would go on writing into the same file.
listen_for_failovers() {
	pkill -x busctl
	: >/tmp/failovers.heard
	busctl monitor --match "type='signal',interface='org.espoffload1.Bond',member='FailedOver'" \
		>>/tmp/failovers.heard 2>&1 </dev/null &
	disown
	wait_for 20 grep -aq Monitoring /tmp/failovers.heard
}

# heard_failover FROM TO
heard_failover() {
	grep -a -A 3 'MESSAGE "tsss"' /tmp/failovers.heard | tr -d '\n' |
		grep -aqE "STRING \"$1\";[[:space:]]*STRING \"$2\";"
}

# untouched: what the daemon must not have changed is as it was at untouched_mark.
untouched_mark() {
	untouched_profile=$(nm_settings "" GetConnectionByUuid s "$bond_uuid")
	untouched_profile=${untouched_profile#*\"}
	untouched_profile=${untouched_profile%\"*}
	untouched_seen=$(untouched_look)
}

# nm_settings PATH METHOD ARGUMENT...: what NetworkManager answers below its Settings; PATH is "" for
# them themselves, or a profile's. Nothing where it does not run.
nm_settings() {
	local settings=/org/freedesktop/NetworkManager/Settings interface=org.freedesktop.NetworkManager.Settings
	[ -z "$1" ] || interface+=.Connection
	busctl --auto-start=no call org.freedesktop.NetworkManager "${1:-$settings}" "$interface" "${@:2}" 2>/dev/null
}

untouched_look() {
	local attribute
	stat -c '%n %i %y %s' /etc/ipsec.conf /etc/ipsec.d /etc/ipsec.d/* "$bond_profile" 2>/dev/null
	# NetworkManager notes by itself, and some seconds later, when it was active last.
	[ -z "$untouched_profile" ] ||
		nm_settings "$untouched_profile" GetSettings | sed 's/"timestamp" t [0-9]*/"timestamp"/'
	pluto_pid
	ip xfrm state | awk '/spi/ { print $4 }'
	for attribute in mode slaves; do
		[ ! -e "/sys/class/net/bond0/bonding/$attribute" ] ||
			echo "$(<"/sys/class/net/bond0/bonding/$attribute")"
	done
	feature bond0
}

untouched() {
	diff <(echo "$untouched_seen") <(untouched_look)
}

## What the tunnel carries

# before_it: from here on, what happens is compared.
before_it() {
	forget
	mark
	carried_before=$(carried)
}

# carried: "sent received", packets of the kernel's SAs with the peer.
carried() {
	ip -s xfrm state | awk -v own="$host_address" -v peer="$peer_address" '
		/^src/ { way = $2 == own && $4 == peer ? 1 : $2 == peer && $4 == own ? 2 : 0 }
		/lifetime current/ { getline; gsub(/[^0-9 ]/, " "); n[way] += $2 }
		END { print n[1] + 0, n[2] + 0 }'
}

# carried_by PORT: what the SAs carried since before_it was counted by this port, and by no other. The
# two are not read at one moment, and the last answers may be under way still.
carried_by() {
	wait_for 10 counted_as_carried "$1"
}

# carried_by_all: the same, by all ports together.
carried_by_all() {
	wait_for 10 counted_together
}

counted_together() {
	local port tx rx was_tx was_rx all_tx=0 all_rx=0
	read -r was_tx was_rx <<<"$carried_before"
	read -r tx rx <<<"$(carried)"
	set -- "$((tx - was_tx)) $((rx - was_rx))"
	for port in "${!marked[@]}"; do
		[ -n "${marked[$port]// /}" ] && [ -e "/sys/class/net/$port" ] || continue
		read -r tx rx <<<"$(gained "$port")"
		all_tx=$((all_tx + tx)) all_rx=$((all_rx + rx))
	done
	equals "$1" "$all_tx $all_rx"
}

counted_as_carried() {
	local port tx rx was_tx was_rx
	read -r was_tx was_rx <<<"$carried_before"
	read -r tx rx <<<"$(carried)"
	for port in "${!marked[@]}"; do
		if [ "$port" = "$1" ]; then
			equals "$port $((tx - was_tx)) $((rx - was_rx))" "$port $(gained "$port")" || return
		elif [ -n "${marked[$port]// /}" ] && [ -e "/sys/class/net/$port" ]; then
			equals "$port 0 0" "$port $(gained "$port")" || return
		fi
	done
}
