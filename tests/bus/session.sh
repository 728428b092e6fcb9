#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The session of org.espoffload1(5), as it stands in the page, with a daemon on a bus of its own.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/daemon-lib.sh"

# example N: the N-th one of the page, as people see it.
example() {
	awk -v n="$1" -f "$EXAMPLES" "$MAN"
}

# commands N: those after a prompt in the N-th example, each in one line.
commands() {
	example "$1" | sed -e ':a' -e '/\\$/N; s/\\\n *//; ta' | sed -n 's/^[$#] //p'
}

# session COMMAND: as somebody types it.
session() {
	timeout 60 bash -c "$1"
}

printf 'version: 1\nbonds:\n  bond0: {connections: [example]}\n' >"$policy"
reports "done" ""
start_bus
check "the daemon comes to the bus" start_daemon
check "its bond is there" state_soon configured

commands 1 >"$work/session"
check "the page has a session of busctl" [ "$(wc -l <"$work/session")" -ge 4 ]
while read -r -u 3 command; do
	check "${command%% /org*}" session "$command"
done 3<"$work/session"
run bash -c "$(sed -n 3p "$work/session")"
check "it tells how the bond stands" contains "$out" '"configured"'

if command -v gdbus >/dev/null; then
	command=$(commands 2)
	start "$work/monitor" bash -c "exec $command"
	check "$command listens" wait_for 10 in_file "$work/monitor" 'org.espoffload1 is owned by'
	reports blocked "for the session"
	"$CTL" check bond0 >/dev/null 2>&1
	check "and hears of a change" wait_for 10 in_file "$work/monitor" \
		"PropertiesChanged.*'State': <'blocked'>"
	check "gdbus reads what the objects say of themselves" session \
		"gdbus introspect --system --dest org.espoffload1 --object-path /org/espoffload1/bond/bond0"
else
	skip "gdbus" "it is not there"
fi

example 3 >"$work/client.py"
if python=$(python_with dbus); then
	run "$python" "$work/client.py"
	check "the client in Python runs" equals 0 "$status"
	check "and prints the bond" contains "$out" '^bond0 (configured|blocked) unknown$'
else
	skip "the client in Python" "no python3-dbus"
fi
end_daemon

finish
