#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# esp-offloadd behind a relay that strikes the Nth answer of the bus, for each N until there is none
# left: it fails, is late, comes twice or never. The daemon gets to the bus all the same, hears of
# what happens, and ends as it should. Each answer in one of these ways; with RELAYED_ALL in all.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/daemon-lib.sh"

ways=(fails late twice never)

# lead_daemon HOW N: with the bus behind the relay.
lead_daemon() {
	# shellcheck disable=SC2153
	start "$work/relay.log" "$RELAY" "$work/relay" "$work/socket" "$work/count" "$1" "$2"
	relay=$started
	wait_for 10 [ -S "$work/relay" ]
	start "$work/daemon" env DBUS_SESSION_BUS_ADDRESS="unix:path=$work/relay" unshare -n "$DAEMON" \
		--session --root "$root" --state "$state" --worker "$worker"
	daemon=$started
}

# hears: a profile changes, and the daemon looks at the host.
hears() {
	local before
	before=$(runs)
	services profile
	wait_for 5 more_runs_than "$before"
}

# goes_well HOW N: or it says what does not.
goes_well() {
	lead_daemon "$1" "$2"
	wait_for 60 on_bus || { echo "it is not on the bus"; return 1; }
	wait_for 30 state_is configured || { echo "the bond is not configured"; return 1; }
	wait_for 60 hears || { echo "it does not hear of a profile"; return 1; }
	end_daemon
	rm -f "$work/relay"
	stop "$relay"
	equals 0 "$status" || { cat "$work/daemon.err"; return 1; }
	not logged 'Sanitizer|runtime error'
}
answers() { echo $(($(cat "$work/count"))); }

start_bus
printf 'version: 1\nbonds:\n  bond0: {connections: [example]}\n' >"$policy"
reports "done" ""
start_services
check "behind the relay it does as ever" goes_well none 0
n=$(answers)
check "there are answers to be struck" [ "$n" -ge 5 ]
echo "# $n answers"
for ((i = 1; i <= n; i++)); do
	for ((k = 0; k < ${#ways[@]}; k++)); do
		if [ -n "${RELAYED_ALL:-}" ] || [ $((i % ${#ways[@]})) -eq "$k" ]; then
			check "answer $i ${ways[k]}: it goes well in the end" goes_well "${ways[k]}" "$i"
		fi
	done
done

finish
