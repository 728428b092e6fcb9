#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Many at once on the bus: what they ask is answered, those who never read hold nothing up, and the
# daemon does not grow. LOAD_CALLS is how often each of the 100 clients asks.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/daemon-lib.sh"

calls=${LOAD_CALLS:-40}
# Freed memory that the sanitizer keeps is no growth of the daemon's.
export ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=1:thread_local_quarantine_size_kb=16

# resident: the daemon's memory in kB.
resident() { awk '/^VmRSS:/ { print $2 }' "/proc/$daemon/status"; }

# load CALLS: all of them, in the background; what came of it is in $work/load.
load() {
	start "$work/load" "$LOAD" 100 "$1" 50
	load=$started
}

# signals: some that each subscriber is sent: another bond comes, and goes again.
signals() {
	printf '  bond5: {connections: [other]}\n' >>"$policy"
	reload || return
	cp "$work/good.yaml" "$policy"
	reload
}

reload() {
	timeout 20 busctl --user call org.espoffload1 /org/espoffload1 org.espoffload1.Manager Reload
}

printf 'version: 1\nbonds:\n  bond0: {connections: [example]}\n' >"$policy"
cp "$policy" "$work/good.yaml"
reports missing "bond0: there is no such device"
start_bus
check "the daemon comes to the bus" start_daemon
check "its bond is there" state_soon waiting

# Once, so that what it needs for so many is there.
load 10
wait "$load"
before=$(resident)
load "$calls"
for _ in 1 2 3 4 5; do
	check "while all ask, a reload is done within seconds" signals
done
wait "$load"
check "all that was asked was answered" in_file "$work/load" \
	"^answered $((100 * calls)) refused 0 "
after=$(resident)
check "the daemon has not grown by two megabytes" [ "$((after - before))" -lt 2048 ]
check "it lives" alive
check "its bond is as it was" state_is waiting
echo "# $(cat "$work/load"), memory $before kB before, $after kB after"
end_daemon
check "it ends well" equals 0 "$status"

finish
