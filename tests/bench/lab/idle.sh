# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 2400
# Row "idle": ten minutes in which nothing happens, beside nmcli monitor, and beside a program that
# has libnm's client and nothing else.

tell_machine

policy "proof: {within: 30s, probe: {address: $peer_address, count: 5}}"
check "the daemon comes up" start_daemon
check "the bond gets configured" wait_for 400 bond_is State configured
check "the verdict is offloaded" wait_for 200 bond_is Verdict offloaded

nmcli monitor >/dev/null &
monitor=$!
/usr/libexec/esp-offloadd-lab/nm-client >/tmp/nm-client &
client=$!
disown -a
check "libnm's client is there" wait_for 30 test -s /tmp/nm-client
daemon=$(systemctl show -P MainPID esp-offloadd)
# The last sample of the proof, and whatever else the beginning brought, is over.
sleep 30

declare -A before
for pid in "$daemon" "$monitor" "$client"; do
	before[$pid]=$(wake_ups "$pid")
done
processor=$(processor_usec "$daemon")
for minute in {1..10}; do
	sleep 60
	say "minute $minute"
	sample idle "esp-offloadd" memory "$(private_kb "$daemon")"
	sample idle "nmcli monitor" memory "$(private_kb "$monitor")"
	sample idle "libnm's client alone" memory "$(private_kb "$client")"
done
sample idle "esp-offloadd" wake-ups $(($(wake_ups "$daemon") - before[$daemon]))
sample idle "nmcli monitor" wake-ups $(($(wake_ups "$monitor") - before[$monitor]))
sample idle "libnm's client alone" wake-ups $(($(wake_ups "$client") - before[$client]))
check "the daemon has not used the processor" equals "$processor" "$(processor_usec "$daemon")"
check "and answers" bond_is Verdict offloaded
kill "$monitor" "$client"
