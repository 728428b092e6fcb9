#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# esp-offloadd, and answers that fail, come late, twice or never: polkit's, the bus's own, and those
# of the worker, whose Nth line is struck until there is none left: each in two ways, with
# ANSWERS_ALL in all six.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/daemon-lib.sh"

# nobody METHOD [SIGNATURE ARGUMENT…]: asked for by a user without rights, for at most 15 s.
nobody() {
	setpriv --reuid=65534 --clear-groups busctl --user --timeout=15 \
		--allow-interactive-authorization=no call org.espoffload1 /org/espoffload1/bond/bond0 \
		org.espoffload1.Bond "$@" 2>&1
}

start_bus
cat >"$policy" <<'END'
version: 1
bonds:
  bond0: {connections: [example]}
END
reports "done" "" '[]'
check "the services are there" start_services
check "the daemon runs" start_daemon
check "the bond is configured" state_soon configured

# ---- polkit's ----
if setpriv --reuid=65534 --clear-groups true 2>/dev/null; then
	chmod 711 "$work"
	check "polkit says yes: it is done" nobody Apply 'a{sv}' 0
	services answers twice
	check "also when it says so twice" nobody Apply 'a{sv}' 0
	services answers late
	check "and when it takes its time" nobody Apply 'a{sv}' 0
	applied=$(grep -c -- '--apply' "$work/worker/called")
	for how in no password error nonsense; do
		services answers "$how"
		check "polkit answers \"$how\": it is refused" contains "$(nobody Apply 'a{sv}' 0)" \
			'ccess denied|Not authorized|password'
	done
	services answers never
	check "polkit never answers: it is refused, in time" contains "$(nobody Apply 'a{sv}' 0)" \
		'ccess denied|Not authorized'
	check "nothing was applied by all that" equals "$applied" "$(grep -c -- '--apply' "$work/worker/called")"
	start "$work/many" setpriv --reuid=65534 --clear-groups "$GREEDY" 1 40 Apply
	many=$started
	refused_are() { equals "$1" "$(grep -c 'Too many calls' "$work/many")"; }
	check "of 40 calls of one client that polkit does not answer most are refused at once" \
		wait_for 8 refused_are 24
	check "others are served meanwhile" property State
	# They still wait when it ends.
	end_daemon
	check "calls that nobody answers do not hold it up when it ends" equals 0 "$status"
	check "nor are they forgotten in memory" not logged 'Sanitizer|runtime error'
	wait "$many"
	services answers yes
	check "the daemon runs again" start_daemon
	check "and the bond is configured again" state_soon configured
else
	echo "# polkit's answers: no other user here"
fi

# ---- the worker's ----
# struck HOW N: a worker whose Nth line of those of an application is struck.
lines=(
	'{"report": "settled"}'
	'{"report": "step", "bond": "bond0", "step": "profile", "subject": "u-1", "status": "begins"}'
	'{"report": "step", "bond": "bond0", "step": "profile", "subject": "u-1", "status": "done"}'
	'{"report": "outcome", "bond": "bond0", "outcome": "applied"}'
	'{"report": "bond", "bond": "bond0", "standing": "done", "reason": "", "findings": [], "plan": [], "conns": []}'
)
struck() {
	local i
	cp /dev/null "$work/worker/reports"
	{
		for i in "${!lines[@]}"; do
			if [ "$i" -ne "$2" ]; then
				echo "echo '${lines[i]}'"
				continue
			fi
			case $1 in
			fails) echo "exit 1" ;;
			dies) echo "printf '%s' '${lines[i]:0:20}'; kill -KILL \$\$" ;;
			late) echo "sleep 0.3; echo '${lines[i]}'" ;;
			twice) echo "echo '${lines[i]}'; echo '${lines[i]}'" ;;
			never) ;;
			strange) echo "echo '${lines[i]%\}}'" ;;
			esac
		done
	} | script
}
# is_told: what it says of the bond is where a bond can be.
is_told() {
	contains "$(property State)" '^s "(waiting|blocked|configured|failed)"$'
}

ways=(fails dies late twice never strange)
for k in "${!ways[@]}"; do
	for n in "${!lines[@]}"; do
		[ -n "${ANSWERS_ALL:-}" ] || [ $(((k + n) % 3)) -eq 2 ] || continue
		how=${ways[k]}
		struck "$how" "$n"
		ctl apply bond0
		wait_for 10 is_told
		told=$(property State)
		case $how-$n in
		late-* | twice-*) check "line $n $how: it is applied" equals 's "configured"' "$told" ;;
		fails-[0-3] | dies-[0-3])
			check "line $n, it $how there: nothing is said to be done" not equals 0 "$status"
			check "line $n, it $how there: the bond is where a bond can be" is_told
			;;
		never-4 | strange-4) check "line $n $how: that is no application" equals 's "failed"' "$told" ;;
		*) check "line $n $how: the bond is where a bond can be" is_told ;;
		esac
		no_script
		reports "done" ""
		ctl apply bond0
		check "line $n, after \"$how\": a run that goes well makes it good" state_soon configured
	done
done
check "it is the same daemon" alive
check "nothing was complained of by the sanitizers" not logged 'Sanitizer|runtime error'

# ---- the bus's own ----
# start_silent_bus: in the place of the bus, and it never answers.
start_silent_bus() {
	rm -f "$work/socket"
	start "$work/silent" python3 -c 'import socket, sys, time; s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1]); s.listen(); print("listens", flush=True); time.sleep(600)' "$work/socket"
	silent=$started
	wait_for 10 in_file "$work/silent" listens
}
stop "$bus_pid"
start_silent_bus
loads() { grep -c 'Policy loaded' "$work/daemon.err"; }
loaded_more_than() { [ "$(loads)" -gt "$1" ]; }
sleep 3
before=$(loads)
kill -HUP "$daemon"
check "a bus that never answers does not hold it up" wait_for 4 loaded_more_than "$before"
check "it says so in the end" wait_for 20 logged 'The bus does not answer'
stop "$silent"
start_bus
check "and is back with a bus that does" wait_for 30 on_bus
check "with its bond" wait_for 10 property State
end_daemon
check "it ends well" equals 0 "$status"
stop "$bus_pid"
start_silent_bus
before=$(runs)
start "$work/daemon" unshare -n "$DAEMON" --session --root "$root" --state "$state" --worker "$worker"
daemon=$started
check "with such a bus from the beginning it starts, and looks at the host" wait_for 30 more_runs_than "$before"
end_daemon
check "and ends well" equals 0 "$status"
stop "$silent"

# more_than_fits N: findings that are told, of which a few are more than the kernel keeps for a bus
# that reads nothing.
more_than_fits() {
	{
		printf '{"report": "bond", "bond": "bond0", "standing": "done", "reason": "", "findings": [{'
		printf '"id": "x", "severity": "warning", "subject": "%s", "seen": "' "$1"
		head -c 6000000 /dev/zero | tr '\0' x
		printf '", "why": "", "remedy": ""}], "plan": [], "conns": []}\n'
	} >"$work/worker/reports"
}
start_bus
reports "done" ""
check "the daemon runs with a bus again" start_daemon
check "the bond is configured" state_soon configured
kill -STOP "$bus_pid"
for i in 1 2 3 4 5; do
	more_than_fits "$i"
	kill -HUP "$daemon"
	check "a bus that takes nothing any more does not hold it up, $i" wait_for 20 logged "x warning: $i: "
done
kill "$daemon"
check "nor when it ends with something to say" wait_for 10 not alive
kill -CONT "$bus_pid"
kill -KILL "$daemon" 2>/dev/null
wait "$daemon"
check "and it ends well" equals 0 "$?"
check "nothing was complained of by the sanitizers, to the end" not logged 'Sanitizer|runtime error'

finish
