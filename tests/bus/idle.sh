#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# esp-offloadd, when nothing happens: it sleeps, and nothing is set that would wake it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

if [ "$(id -u)" -ne 0 ] || ! unshare -n true 2>/dev/null; then
	echo "1..0 # SKIP it takes root, and a network namespace"
	exit 0
fi

root=$work/root
mkdir -p "$root$CONFIG_DIR" "$work/state" "$work/worker"
cp "$here/fake-worker.sh" "$work/worker"
cat >"$root$CONFIG_DIR/config.yaml" <<'END'
version: 1
bonds:
  bond0: {connections: [example]}
  bond1: {connections: [other]}
END

on_bus() {
	busctl --user --timeout=5 list 2>/dev/null | grep -q '^org\.espoffload1 '
}
looked() { [ -s "$work/worker/called" ]; }

# set_timers: how many of its timers are set.
set_timers() {
	cat /proc/"$daemon"/fdinfo/* 2>/dev/null | grep '^it_value:' | grep -vc '(0, 0)'
}
nothing_is_set() { equals 0 "$(set_timers)"; }

# wake_ups: how often one of its threads was given the processor so far.
wake_ups() {
	cat /proc/"$daemon"/task/*/status | awk '/ctxt_switches:/ { n += $2 } END { print n }'
}
stays_asleep() {
	local before
	before=$(wake_ups)
	sleep "$1"
	equals "$before" "$(wake_ups)"
}
woke_up() { [ "$(wake_ups)" -gt "$1" ]; }

start_bus
# shellcheck disable=SC2153
start "$work/daemon" unshare -n "$DAEMON" --session --root "$root" --state "$work/state" \
	--worker "$work/worker/fake-worker.sh"
daemon=$started
check "the daemon comes to the bus" wait_for 20 on_bus
check "it looks at the host once" wait_for 20 looked
check "then none of its timers is set" wait_for 10 nothing_is_set
check "and it stays asleep" wait_for 20 stays_asleep 2
check "for longer, too" stays_asleep 3
woken=$(wake_ups)
check "a question wakes it" busctl --user --timeout=5 get-property org.espoffload1 \
	/org/espoffload1 org.espoffload1.Manager Version
check "as can be seen" woke_up "$woken"
check "and none of its timers is set again" wait_for 10 nothing_is_set
check "it stays asleep again" wait_for 20 stays_asleep 2

stop "$daemon"

# ---- with a systemd that wants to hear of it ----
# told TEXT [N]: systemd was, at least so often.
told() { [ "$(grep -cE -- "$1" "$work/told")" -ge "${2:-1}" ]; }
beats() { grep -c '^WATCHDOG=1' "$work/told"; }
beats_more_than() { [ "$(beats)" -gt "$1" ]; }
start "$work/told" python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode(), flush=True)' "$work/notify"
check "systemd listens" wait_for 20 [ -S "$work/notify" ]
start "$work/daemon" env NOTIFY_SOCKET="$work/notify" WATCHDOG_USEC=1000000 unshare -n "$DAEMON" \
	--session --root "$root" --state "$work/state" --worker "$work/worker/fake-worker.sh"
daemon=$started
check "it is told that the daemon is ready" wait_for 20 told '^READY=1'
check "and how the bonds stand" wait_for 20 told '^STATUS=.*bond1: waiting'
check "that it lives" wait_for 20 told '^WATCHDOG=1' 2
kill -STOP "$daemon"
sleep 0.2
beats=$(beats)
sleep 2
check "but not of one that hangs" equals "$beats" "$(beats)"
kill -CONT "$daemon"
check "of one that goes on" wait_for 20 beats_more_than "$beats"
config=$root$CONFIG_DIR/config.yaml
cp "$config" "$work/good.yaml"
printf 'version: 1\nbonds:\n  bond0:\n    conections: [example]\n    manage: enfroce\n' >"$config"
kill -HUP "$daemon"
check "of mistakes in a new file, with the place of the first" wait_for 20 \
	told '^STATUS=.* the old one holds: [^ ]*config\.yaml:4:5: error: .*conections.* more\)\. .*bond1: '
cp "$work/good.yaml" "$config"
: >"$work/told"
kill -HUP "$daemon"
check "and of none once it is mended" wait_for 20 told '^STATUS=bond0: '
stop "$daemon"
check "and that it leaves" wait_for 5 told '^STOPPING=1'

finish
