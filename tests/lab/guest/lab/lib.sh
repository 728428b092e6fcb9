# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The words that scenarios are written in; tests/lab/README.md tells how. Everything that waits
# has a limit, and a machine without hardware virtualisation is slow: be generous. What is slowest
# there is to begin another program, so what is done often is done by bash itself.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root LC_ALL=C.UTF-8
shopt -s lastpipe

bond=bond0
host_address=192.0.2.1
peer_address=192.0.2.2
neighbour_address=192.0.2.3
example_conf=/etc/ipsec.d/example.conf
bond_profile=/etc/NetworkManager/system-connections/bond0.nmconnection
bond_uuid=b0000000-0000-4000-8000-000000000000

## Checks

# say TEXT...: a line for the reader, apart from the checks.
say() {
	printf '# %s: %s\n' "${scenario:-lab}" "$*"
}

# check NAME COMMAND...: one check, passed when the command succeeds. What it printed, the journal
# and the kernel's log are shown when it fails.
check() {
	local name=$1 output started=$EPOCHREALTIME
	shift
	if output=$("$@" 2>&1); then
		printf 'ok - %s: %s\n' "$scenario" "$name"
		return 0
	fi
	printf '@begin\nnot ok - %s: %s\n' "$scenario" "$name"
	{
		printf 'failed after %d ms: %s\n%s\n' \
			$(((${EPOCHREALTIME/./} - ${started/./}) / 1000)) "$*" "$output"
		lab_evidence
	} 2>&1 | sed 's/^/#   /'
	echo @end
	evidence_from=$EPOCHREALTIME
	failed=$((${failed:-0} + 1))
	return 0
}

# What the journal got since it was shown last.
lab_evidence() {
	echo "--- journal"
	journalctl -q --no-pager -o short-monotonic --no-hostname --since "@${evidence_from:-$scenario_began}" \
		-n "${evidence_lines:-1500}" | grep -vE ' kernel: |pluto\[[0-9]+\]: (  |testing|.* algorithms:|.*response for Get SA)' | tail -n 80
	if busctl status org.espoffload1 >/dev/null 2>&1; then
		echo "--- the daemon"
		timeout 10 esp-offloadctl --no-pager status $bond 2>&1
	fi
	echo "--- dmesg"
	dmesg | tail -n 15
	echo "--- bond, states"
	grep -E 'Currently|Slave Interface|MII Status' /proc/net/bonding/$bond 2>&1
	for port in $(ports); do
		printf '%s %s, SAs: tx %s, rx %s\n' "$port" "$(counters "$port" 2>&1)" \
			"$(<"/sys/kernel/debug/lab_nic/$port/tx_sas")" "$(<"/sys/kernel/debug/lab_nic/$port/rx_sas")"
	done 2>&1
	ip -d xfrm state | sed -E 's/^(\s+(aead|enc|auth)[^ ]* \S+) 0x[0-9a-f]+/\1 (key)/' | head -40
}

# not COMMAND...
not() {
	! "$@"
}

# equals WANTED SEEN
equals() {
	[ "$1" = "$2" ] || {
		printf 'wanted: %s\nseen:   %s\n' "$1" "$2"
		return 1
	}
}

# contains TEXT PATTERN: an extended regular expression, in one of its lines.
contains() {
	local line
	while IFS= read -r line; do
		[[ ! $line =~ $2 ]] || return 0
	done <<<"$1"
	printf 'wanted: %s\nseen:   %s\n' "$2" "$1"
	return 1
}

# pause SECONDS: sleeps, without a program for it.
exec {pausing}<> <(:)
pause() {
	read -r -t "$1" -u "$pausing" || :
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "still not so: $*"
			"$@"
			return
		fi
		# Asking costs the emulated processors more than what is waited for.
		pause 0.3
	done
}

## The bond and its ports

active_port() {
	echo "$(</sys/class/net/$bond/bonding/active_slave)"
}

# is_active PORT
is_active() {
	[ "$(active_port)" = "$1" ]
}

# fails_over_to PORT: within seconds, and the SAs follow.
fails_over_to() {
	wait_for 10 is_active "$1" || return
	pause 0.5
}

# ports: those of the bond, sorted.
ports() {
	tr ' ' '\n' </sys/class/net/$bond/bonding/slaves | sort
}

# ports_are "PORT..."
ports_are() {
	equals "$1" "$(ports | xargs)"
}

# feature DEVICE [FEATURE]: as ethtool says it: on, off, with [fixed] where it is.
feature() {
	local name value
	while IFS=: read -r name value; do
		[ "$name" != "${2:-esp-hw-offload}" ] || echo "${value# }"
	done < <(ethtool -k "$1")
}

# feature_is DEVICE on|off [FEATURE]
feature_is() {
	local value
	value=$(feature "$1" "${3:-}")
	equals "$2" "${value%% *}"
}

# counters PORT: its "tx_ipsec rx_ipsec".
counters() {
	local name value tx='' rx=''
	while read -r name value; do
		case $name in
		tx_ipsec:) tx=$value ;;
		rx_ipsec:) rx=$value ;;
		esac
	done < <(ethtool -S "$1")
	echo "$tx $rx"
}

# mark: from here on gained PORT counts.
declare -gA marked
mark() {
	local port
	marked=()
	for port in /sys/class/net/ix*; do
		port=${port##*/}
		marked[$port]=$(counters "$port")
	done
}

# gained PORT: what its "tx_ipsec rx_ipsec" gained since the mark.
gained() {
	local tx rx was_tx was_rx
	read -r was_tx was_rx <<<"${marked[$1]}"
	read -r tx rx <<<"$(counters "$1")"
	echo "$((tx - was_tx)) $((rx - was_rx))"
}

# offloads PORT [N [ADDRESS]]: N pings through the tunnel are answered, counted exactly on PORT,
# and on no other.
offloads() {
	local n=${2:-10} port
	mark
	pings "$n" "${3:-$peer_address}" || return
	for port in "${!marked[@]}"; do
		if [ "$port" = "$1" ]; then
			equals "$port $n $n" "$port $(gained "$port")" || return
		elif [ -n "${marked[$port]// /}" ]; then
			equals "$port 0 0" "$port $(gained "$port")" || return
		fi
	done
}

# pings N [ADDRESS [OPTION...]]: all N are answered.
pings() {
	ping -q -n -c "$1" -i 0.02 -W 5 "${@:3}" "${2:-$peer_address}" | grep -q " $1 received" || {
		echo "not all of $1 pings to ${2:-$peer_address} were answered"
		return 1
	}
}

port_down() {
	ip link set "$1" down
}

port_up() {
	ip link set "$1" up
}

cut_cable() {
	ip link set "$1" carrier off
}

mend_cable() {
	ip link set "$1" carrier on
}

# activate PORT: makes it the bond's active port.
activate() {
	is_active "$1" || ip link set $bond type bond active_slave "$1"
}

# fault PORT NAME VALUE: asks the simulated NIC to fail. refuse_sas: that many of the next SAs,
# with the errno in refuse_error; damage_esp: that many of the ESP packets that arrive next;
# reset_counters: whatever the value.
fault() {
	echo "$3" >"/sys/kernel/debug/lab_nic/$1/$2"
}

# sas PORT: the SAs that the card holds, "sending receiving".
sas() {
	echo "$(cat "/sys/kernel/debug/lab_nic/$1/tx_sas") $(cat "/sys/kernel/debug/lab_nic/$1/rx_sas")"
}

# nic_parameter NAME VALUE: max_sas, max_addresses, cables.
nic_parameter() {
	echo "$2" >"/sys/module/lab_nic/parameters/$1"
}

# plug: the far ends of new cables go to the peer.
plug() {
	local end
	for end in /sys/class/net/lk*; do
		end=${end##*/}
		[ -e "/sys/class/net/$end" ] || continue
		ip link set "$end" netns peer
		ip -n peer link set "$end" master br0 up
	done
}

# profile_has KEY VALUE: in the profile of the bond.
profile_has() {
	equals "$2" "$(nmcli -g "$1" connection show "${3:-$bond}")"
}

## The tunnels

# peer COMMAND...: at the other end, with its network and its pluto's files.
peer() {
	nsenter -t "$(systemctl show -P MainPID peer-ipsec)" -m -n -- "$@"
}

# pluto_pid: 0 where it does not run.
pluto_pid() {
	local pid=0
	{ pid=$(</run/pluto/pluto.pid) && kill -0 "$pid"; } 2>/dev/null || pid=0
	echo "$pid"
}

# whack OPTION...: what ipsec asks pluto with, without the shell script around it: it is asked often.
whack() {
	/usr/libexec/ipsec/whack "$@"
}

# libreswan_major: of its version.
libreswan_major() {
	local text
	text=$(ipsec --version)
	text=${text##*Libreswan }
	echo "${text%%.*}"
}

# tunnel_up [CONN]: pluto has it up.
tunnel_up() {
	[[ $(whack --trafficstatus) == *"\"${1:-example}\""* ]]
}

# established [CONN [SECONDS]]
established() {
	wait_for "${2:-30}" tunnel_up "${1:-example}"
}

# rekey [CONN]: its ESP SAs, by what Libreswan 4 and 5 call that.
rekey() {
	local option=--rekey-ipsec
	[[ $(whack --help 2>&1) != *--rekey-child* ]] || option=--rekey-child
	whack "$option" --name "${1:-example}"
}

# sas_offloaded [ADDRESS]: how many of the kernel's SAs with the peer name an offload device.
sas_offloaded() {
	ip xfrm state | awk -v a="${1:-$peer_address}" '
		/^src/ { with = $2 == a || $4 == a } /crypto offload/ && with { n++ } END { print n + 0 }'
}

# all_sas_offloaded: all of those with the peer. Two, or four where both plutos began at the same time.
all_sas_offloaded() {
	local all
	all=$(ip xfrm state | awk -v a="$peer_address" '/^src/ && ($2 == a || $4 == a) { n++ } END { print n + 0 }')
	[ "$all" -ge 2 ] && equals "$all" "$(sas_offloaded)"
}

# conn_set KEY=VALUE [FILE]: gives the conn in that file the key and value, or takes the key away
# (KEY=). For making situations, by an editor that knows only the lab's own files.
conn_set() {
	local file=${2:-$example_conf}
	sed -i "/^\t${1%%=*}=/d" "$file"
	[ -z "${1#*=}" ] || sed -i "/^conn /a\\\t$1" "$file"
}

# peer_conn_set KEY=VALUE: the same for the peer's end of conn example. Its pluto is told.
peer_conn_set() {
	local file=/etc/peer/ipsec.d/peer.conf copy
	copy=$(sed "/^conn example/,\$ {/^\t${1%%=*}=/d}" "$file")
	[ -z "${1#*=}" ] || copy=$(sed "/^conn example/a\\\t$1" <<<"$copy")
	echo "$copy" >"$file"
	peer ipsec auto --replace example >/dev/null
}

# up_anew: begins to bring conn example up, as the files have it now, with nothing left of what was
# tried before. A peer that keeps the SAs of a try that failed here may answer with one of those: SAs made
# within the same second look equally new to its kernel.
up_anew() {
	ipsec auto --replace example
	peer ipsec auto --replace example
	ipsec auto --asynchronous --up example
}

# up_refused PATTERN: conn example, as the file has it now, does not come up, and the journal says
# why in a line that matches the pattern.
up_refused() {
	forget
	up_anew
	wait_for 20 logged "$1" || return
	not tunnel_up
}

# logged PATTERN [UNIT]: since the scenario began, or the last `forget`.
logged() {
	journalctl -q --no-pager --since "@$log_from" ${2:+-u "$2"} | grep -E -e "$1"
}

# no_complaints: the kernel has logged no bug since it booted.
no_complaints() {
	! dmesg | grep -E 'BUG|WARNING|Call Trace|Oops|refcount|stall|unregister_netdevice: waiting|does not hold'
}

forget() {
	log_from=$EPOCHREALTIME
}

# no_sanitizer: none of the sanitizers that the programs were built with has found anything: in services,
# whose words are in the journal, and in commands, which leave them in /run/sanitizer.PID.
no_sanitizer() {
	! { journalctl -q --no-pager -o cat --since "@$scenario_began"; cat /run/sanitizer.*; } 2>/dev/null |
		grep -E 'ERROR: [A-Za-z]+Sanitizer|runtime error: '
}

# shellcheck source=tests/lab/guest/lab/daemon.sh
. /lab/daemon.sh
# shellcheck source=tests/lab/guest/lab/bench.sh
. /lab/bench.sh

## As the machine was booted

lab_files=(/etc/ipsec.conf /etc/ipsec.secrets /etc/ipsec.d /etc/NetworkManager/system-connections
	/etc/NetworkManager/conf.d /etc/peer)

# lab_installed: takes in what the run brought.
lab_installed() {
	local file
	for file in /usr/lib/tmpfiles.d/*esp-offload*.conf; do
		[ ! -e "$file" ] || systemd-tmpfiles --create "$file"
	done
	systemctl daemon-reload
	udevadm settle -t 10
	busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
}

# lab_pristine: keeps what the machine was booted with.
lab_pristine() {
	mkdir -p /lab/pristine
	cd / || return
	cp -a --parents "${lab_files[@]}" /lab/pristine
}

# restore FILE...: as the machine was booted; prints those that were not so.
restore() {
	local path
	for path; do
		if ! diff -rq --no-dereference "/lab/pristine$path" "$path" >/dev/null 2>&1; then
			# In place, where the peer's pluto has its own view of the same file.
			if [ -d "$path" ]; then
				find "$path" -mindepth 1 -delete
				cp -a "/lab/pristine$path/." "$path"
			else
				cp -a "/lab/pristine$path" "$path"
			fi
			echo "$path"
		fi
	done
}

# The bond as its profiles say, with no other ports.
lab_rebond() {
	local port
	for port in $(ports 2>/dev/null); do
		case $port in
		ix0 | ix1) ;;
		*) ip link set "$port" nomaster ;;
		esac
	done
	for port in ix0 ix1; do
		port_up "$port"
	done
	# By its uuid: NetworkManager may have made one of the same name up, of what it found.
	nmcli -w 30 connection up uuid "$bond_uuid" >/dev/null
	for port in ix0 ix1; do
		wait_for 10 test -e "/sys/class/net/$bond/lower_$port" ||
			nmcli -w 20 connection up "$bond-$port"
	done
}

# lab_scenario NAME
lab_scenario() {
	local limit status
	limit=$(sed -n 's/^# limit: *//p' "/lab/scenarios/$1.sh")
	timeout -k 5 "${limit:-180}" bash /lab/lib.sh "$1"
	status=$?
	[ "$status" -eq 0 ] || printf 'not ok - %s: it runs to its end (%s)\n' "$1" \
		"$([ "$status" -eq 124 ] && echo "more than ${limit:-180} s" || echo "exit status $status")"
}

# Run, rather than sourced: one scenario in a process of its own.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	scenario=$1
	# The serial line is a terminal to look at, but each line in it is read by tests/lab/run.
	export TERM=dumb
	scenario_began=$EPOCHREALTIME
	forget
	# What tools/torture has put there with programs that were built so.
	[ ! -e /lab/sanitized ] || export ASAN_OPTIONS=log_path=/run/sanitizer UBSAN_OPTIONS=print_stacktrace=1:log_path=/run/sanitizer
	# shellcheck source=/dev/null
	. "/lab/scenarios/$1.sh" </dev/null
	[ ! -e /lab/sanitized ] || check "the sanitizers have found nothing" no_sanitizer
	exit 0
fi
