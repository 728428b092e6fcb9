# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The words of scenarios about transactions. Sourced by those that need them.

worker=/usr/libexec/esp-offload-worker
journals=/var/lib/esp-offloadd
told=/tmp/worker.told

## How the host stands

# own_profile: the feature in the bond's profile, and "activated" where it has that. By its uuid, for
# NetworkManager, restarted while the bond is between two activations, makes a profile of the same
# name in memory.
own_profile() {
	local stands
	stands=$(nmcli -g ethtool.feature-esp-hw-offload,GENERAL.STATE connection show uuid "$bond_uuid")
	echo "${stands//$'\n'/ }"
}

# own_profile_is "FEATURE activated"
own_profile_is() {
	equals "$1" "$(own_profile)"
}

# The step by which pluto takes up the conn of a bond that had no feature before: Libreswan 5 looks at
# the devices only as it starts.
takes_up=replace
[ "$(libreswan_major)" -lt 5 ] || takes_up=restart

# before_mark: from here on as_before knows how everything was.
before_mark() {
	rm -rf /tmp/before
	mkdir /tmp/before
	cp -a /etc/ipsec.d /etc/ipsec.conf /tmp/before
	before_feature=$(feature bond0)
	before_profile=$(own_profile)
	before_ports=$(ports | xargs)
}

# begin_in_software [LINE...]: the policy with these lines of the bond; both tunnels up in software,
# the bond's bit off, and all of that marked.
proof="proof: {within: 20s, probe: {address: $peer_address, count: 3}}"
begin_in_software() {
	policy "$@"
	ethtool -K bond0 esp-hw-offload off
	systemctl restart ipsec
	check "both tunnels are up to begin with" tunnels_up
	before_mark
}

# no_strays: nothing lies about that does not belong to the host or to a finished transaction.
no_strays() {
	local strays
	strays=$(
		find /etc /var/lib/esp-offloadd /run -maxdepth 2 \
			\( -name '*.esp-offload*' -o -name '*esp-offload-check*' -o -name 'undo-*.new' \) 2>/dev/null
		diff <(cd /tmp/before/ipsec.d && ls -A) <(ls -A /etc/ipsec.d)
	)
	equals "" "$strays"
}

# tunnels_up: both of them, within a minute.
tunnels_up() {
	established example 60 && established neighbour 60
}

# pluto_like_file: what pluto holds of example is what the file says.
pluto_like_file() {
	local says
	says=$(sed -n 's/^[[:space:]]*nic-offload=//p' "$example_conf")
	[ "$(wc -w <<<"$says")" -le 1 ] || {
		echo "more than one keyword: $says"
		return 1
	}
	case $says in
	yes) wait_for 10 pluto_offloads ;;
	no | '') wait_for 10 pluto_in_software ;;
	*) wait_for 10 pluto_has "nic-offload:$says;" ;;
	esac
}

# as_before: all is as at before_mark, and the tunnels are up.
as_before() {
	diff -r /tmp/before/ipsec.d /etc/ipsec.d && diff /tmp/before/ipsec.conf /etc/ipsec.conf || return
	wait_for 30 own_profile_is "$before_profile" || return
	equals "$before_feature" "$(feature bond0)" || return
	wait_for 60 ports_are "$before_ports" || return
	equals "" "$(ls "$journals"/undo-* 2>/dev/null)" || return
	no_strays && tunnels_up && pluto_like_file
}

# as_should_be: the policy is in force, with one keyword, and the tunnels are up.
as_should_be() {
	equals 1 "$(grep -c '^[[:space:]]*nic-offload=yes$' "$example_conf")" || return
	wait_for 30 own_profile_is "on activated" || return
	feature_is bond0 on || return
	wait_for 60 ports_are "$before_ports" || return
	no_strays && tunnels_up && pluto_like_file
}

# as_either: one or the other.
as_either() {
	if grep -q nic-offload=yes "$example_conf"; then
		as_should_be
	else
		as_before
	fi
}

## A conn more with the peer, which shares an IKE SA with example

twin_address=10.9.2.1

# twin_conn: for an address behind each end; nobody has loaded it yet.
twin_conn() {
	{
		echo 'conn twin'
		printf '\t%s\n' left="$host_address" leftsubnet=10.9.1.1/32 right="$peer_address" \
			rightsubnet="$twin_address/32" ikev2=insist authby=secret type=tunnel \
			ike=aes_gcm128-sha2_256-dh19 esp=aes_gcm128-null nic-offload=no auto=add
	} >/etc/ipsec.d/twin.conf
	printf 'conn twin\n\tleft=%s\n\tleftsubnet=%s/32\n\trightsubnet=10.9.1.1/32\n\ttype=tunnel\n' \
		"$peer_address" "$twin_address" >>/etc/peer/ipsec.d/peer.conf
}

# twin_up: loaded at both ends, and up, by the IKE SA that there is.
twin_up() {
	peer ipsec auto --add twin
	ip address add 10.9.1.1/32 dev "$bond"
	ip route add "$twin_address/32" via "$peer_address" src 10.9.1.1
	ip -n peer address add "$twin_address/32" dev br0
	ip -n peer route add 10.9.1.1/32 via "$host_address"
	ipsec auto --add twin
	ipsec auto --asynchronous --up twin
	established twin 60
}

# ike_sa_is CONN: of this conn there is an IKE SA, and of the other of both none.
ike_sa_is() {
	equals "\"$1\"" "$(ipsec showstates | grep -E 'ESTABLISHED_IKE_SA' | grep -oE '"(example|twin)"' | sort -u | xargs -d '\n')"
}

## The worker by itself

# work [OPTION...]: runs it to its end; what it tells is in $told, its exit status is its own.
work() {
	timeout 300 "$worker" run "$@" bond0 >"$told" 2>"$told.err" </dev/null
}

# work_in_background [OPTION...]: its process in $working, the leader of a group of its own.
work_in_background() {
	: >"$told"
	setsid "$worker" run "$@" bond0 >"$told" 2>"$told.err" </dev/null &
	working=$!
	disown
}

# has_told PATTERN: in a line of its reports.
has_told() {
	grep -qE -e "$1" "$told"
}

# outcome_is OUTCOME [PATTERN]: the last one it told of, and its reason.
outcome_is() {
	local outcome='' reason=''
	jq -r 'select(.report == "outcome") | .outcome, (.reason // "" | gsub("\n"; " "))' "$told" | tail -n 2 |
		{ read -r outcome && read -r reason; }
	equals "$1" "$outcome" || {
		cat "$told.err"
		echo "$reason"
		return 1
	}
	[ -z "${2:-}" ] || contains "$reason" "$2"
}

# kill_worker: with all that it has started, and at once.
kill_worker() {
	kill -KILL -- "-$working" 2>/dev/null
	while kill -0 "$working" 2>/dev/null; do
		sleep 0.02
	done
}

# kill_when PATTERN [OPTION...]: runs the worker until it tells that, and kills it there.
kill_when() {
	local end=$((SECONDS + 120)) pattern=$1
	shift
	work_in_background "$@"
	until has_told "$pattern"; do
		if ! kill -0 "$working" 2>/dev/null; then
			echo "it ended before: $(tail -n 1 "$told")"
			return 1
		fi
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.005
	done
	kill_worker
}

# restart_in_between: has NetworkManager restarted as soon as the worker, which activates the bond's
# profile again, has left the bond without ports: it makes up a profile of what it finds then.
restart_in_between() {
	local ports=x pid end=$((SECONDS + 60))
	pid=$(systemctl show -P MainPID NetworkManager)
	work_in_background --apply bond0
	while [ -n "$ports" ]; do
		[ "$SECONDS" -lt "$end" ] || return
		pause 0.002
		ports=
		read -r ports </sys/class/net/bond0/bonding/slaves
	done
	kill "$pid"
	"$@"
	wait_for 30 not kill -0 "$pid"
	systemctl start NetworkManager
}

# kill_after MS [OPTION...]: the same after that time.
kill_after() {
	local ms=$1
	shift
	work_in_background "$@"
	sleep "$((ms / 1000)).$(printf '%03d' $((ms % 1000)))"
	kill_worker
}

# settle: what the next start of the daemon does first.
settle() {
	work --settle && has_told '"settled"'
}

# revert: back to what was before, by the worker.
revert() {
	work --revert bond0 && outcome_is reverted
}

## Faults

# bus_denies MEMBER INTERFACE: nobody may call that any more, until bus_allows.
bus_denies() {
	cat >/etc/dbus-1/system.d/zz-lab.conf <<-END
		<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
		 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig>
		  <policy context="mandatory">
		    <deny send_interface="$2" send_member="$1"/>
		  </policy>
		</busconfig>
	END
	bus_reloads
}

bus_allows() {
	rm -f /etc/dbus-1/system.d/zz-lab.conf
	bus_reloads
}

bus_reloads() {
	busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
}

# small_folder DIR: lies on a file system that is full, with what was in it; until umount.
small_folder() {
	mkdir -p /tmp/small "$1"
	rm -rf /tmp/small/*
	cp -a "$1/." /tmp/small
	mount -t tmpfs -o size=64k lab-small "$1"
	cp -a /tmp/small/. "$1"
	dd if=/dev/zero of="$1/ballast" bs=4k 2>/dev/null
	true
}
