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

# ---- who asks: what the bus answers to that, while somebody waits for his Apply() ----
strike_next() { echo "$1" >"$work/how"; }
is_struck() { [ ! -s "$work/how" ]; }
apply() {
	busctl --user --timeout=20 call org.espoffload1 /org/espoffload1/bond/bond0 \
		org.espoffload1.Bond Apply 'a{sv}' 0 2>&1
}
applied() { grep -c -- '--apply' "$work/worker/called"; }
# applies_once HOW
applies_once() {
	local before
	before=$(applied)
	strike_next "$1"
	apply || return 1
	is_struck && equals $((before + 1)) "$(applied)"
}
is_refused() { contains "$(cat "$1")" 'Access denied|Not authorized'; }
is_refused_now() {
	apply >"$work/refused"
	is_refused "$work/refused"
}

cp /dev/null "$work/how"
lead_daemon "$work/how" 0
check "the daemon is on the bus" wait_for 60 on_bus
check "the bond is configured" wait_for 30 state_is configured
check "who asks is told late: it is applied" applies_once late
check "who asks is told twice: it is applied once" applies_once twice
before=$(applied)
strike_next fails
check "who asks is not told: it is refused" is_refused_now
check "that was the answer that was struck" is_struck
strike_next never
start "$work/asking" apply
check "who asks is never told" wait_for 5 is_struck
check "others are served meanwhile" state_is configured
check "it is refused in time" wait_for 15 is_refused "$work/asking"
check "nothing was applied by that" equals "$before" "$(applied)"
check "the next one is applied" apply
strike_next never
start "$work/asking" apply
check "again who asks is never told" wait_for 5 is_struck
end_daemon
check "and it ends meanwhile, as it should" equals 0 "$status"
check "nothing was complained of by the sanitizers" not logged 'Sanitizer|runtime error'
stop "$relay"

finish
