# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 17000
# The worker applies while the Nth answer of the bus fails, is late, comes twice or never, for each N
# until there is none left; and while the Nth run of the ipsec command does. Whatever becomes of it,
# the host is as it was or as it should be in the end, and the next run makes good what is left.
# TORTURE_SECONDS is how long it goes on at the most; where it begins is chosen by chance then.

# shellcheck source=tests/lab/guest/lab/apply.sh
. /lab/apply.sh

seconds=${TORTURE_SECONDS:-12000}
relay=/usr/libexec/esp-offloadd-lab/bus-relay
socket=/run/relay
bus=/run/dbus/system_bus_socket
begin_in_software "$proof"

# through HOW N COMMAND…: with the bus behind a relay.
through() {
	local how=$1 n=$2 pid status=0
	shift 2
	rm -f "$socket"
	setsid "$relay" "$socket" "$bus" /run/relay.count "$how" "$n" </dev/null >/dev/null 2>&1 &
	pid=$!
	disown
	wait_for 10 test -S "$socket"
	DBUS_SYSTEM_BUS_ADDRESS=unix:path=$socket "$@" || status=$?
	kill -- "-$pid" 2>/dev/null
	return "$status"
}

# The command in its place: the Nth run of it is struck.
real=$(command -v ipsec)
hide_ipsec() {
	cp -a "$real" /run/ipsec.real
	cat >/run/ipsec.struck <<-'END'
		#!/bin/bash
		echo x >>/run/ipsec.runs
		read -r how n </run/ipsec.how
		if [ "$(wc -l </run/ipsec.runs)" -eq "$n" ]; then
			case $how in
			fails) exit 1 ;;
			late) sleep 3 ;;
			twice) /run/ipsec.real "$@" >/dev/null 2>&1 ;;
			never) sleep 1000 ;;
			strange) echo "000 nonsense"; exit 0 ;;
			esac
		fi
		exec /run/ipsec.real "$@"
	END
	chmod 755 /run/ipsec.struck
	mount --bind /run/ipsec.struck "$real"
}
show_ipsec() { umount "$real"; }

# with_ipsec HOW N COMMAND…
with_ipsec() {
	local status=0
	echo "$1 $2" >/run/ipsec.how
	: >/run/ipsec.runs
	shift 2
	hide_ipsec
	"$@" || status=$?
	show_ipsec
	return "$status"
}

# good_again WHAT: whatever it left, the next runs make it good.
good_again() {
	check "$1: it ends by itself, in time" not equals 124 "$ended"
	check "$1: the next run settles what is left" wait_for 90 settle
	check "$1: all is as it was, or as it should be" as_either
	if [ -e "$journals/undo-bond0.jsonl" ]; then
		check "$1: it is taken back" revert
	fi
	check "$1: all is as it was before" as_before
}

# apply_through HOW N, apply_with HOW N: its exit status in $ended.
apply_through() {
	ended=0
	through "$1" "$2" work --apply bond0 || ended=$?
}
apply_with() {
	ended=0
	with_ipsec "$1" "$2" work --apply bond0 || ended=$?
}

apply_through none 0
check "through the relay it applies as ever" as_should_be
answers=$(($(cat /run/relay.count)))
say "$answers answers of the bus in one application"
check "there are some" test "$answers" -gt 5
check "it is taken back" revert
apply_with none 0
check "with the command that is counted it applies as ever" as_should_be
runs=$(wc -l </run/ipsec.runs)
say "$runs runs of the command in one application"
check "there are some as well" test "$runs" -gt 3
check "it is taken back as well" revert
check "all is as it was" as_before

# All of them, in an order by chance, so that a short form has some of each.
cases=()
for how in fails late twice never; do
	for ((n = 1; n <= answers; n++)); do cases+=("through $how $n"); done
done
for how in fails late twice never strange; do
	for ((n = 1; n <= runs; n++)); do cases+=("with $how $n"); done
done
end=$((SECONDS + seconds)) n_done=0
mapfile -t cases < <(printf '%s\n' "${cases[@]}" | shuf)
for one in "${cases[@]}"; do
	[ "$SECONDS" -lt "$end" ] || break
	read -r way how n <<<"$one"
	"apply_$way" "$how" "$n"
	if [ "$way" = through ]; then
		good_again "answer $n of the bus: $how"
	else
		good_again "run $n of ipsec: $how"
	fi
	n_done=$((n_done + 1))
done
say "$n_done of ${#cases[@]} cases"
check "the kernel has nothing to complain of" no_complaints
