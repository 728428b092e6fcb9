# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
#
# For tests that need a bus: one of their own, programs that are run with limits, and checks that
# read as sentences. A test is a shell script that sources this file, and ends with "finish".

set -u
export LC_ALL=C.UTF-8 TZ=UTC
unset COLUMNS NO_COLOR DBUS_STARTER_BUS_TYPE DBUS_STARTER_ADDRESS
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d /tmp/esp-offload-bus-XXXXXX)
passed=0 failed=0
pids=()

# The sanitizers' complaints make a check fail by the exit status.
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=halt_on_error=1:exitcode=99:print_stacktrace=1

stop_all() {
	local pid
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null
	done
	rm -rf "$work"
}
trap stop_all EXIT

# start LOG COMMAND…: in the background, until the test is over; its pid is in $started.
start() {
	local log=$1
	shift
	: >"$log" # now, and not when the shell comes to it in the background
	"$@" >>"$log" 2>"$log.err" &
	started=$!
	pids+=("$started")
}

# stop PID: and wait for its end.
stop() {
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# wait_for SECONDS COMMAND…: until the command is content.
wait_for() {
	local end=$(($(date +%s%N) + $1 * 1000000000))
	shift
	until "$@"; do
		[ "$(date +%s%N)" -lt "$end" ] || return 1
		sleep 0.05
	done
}

not() { ! "$@"; }
equals() { [ "$1" = "$2" ] || { echo "expected \"$1\", is \"$2\""; return 1; }; }
contains() { grep -qE -- "$2" <<<"$1" || { echo "no \"$2\" in \"$1\""; return 1; }; }
in_file() { grep -qE -- "$2" "$1"; }

# check SENTENCE COMMAND…
check() {
	local sentence=$1
	shift
	if "$@" >"$work/said" 2>&1; then
		passed=$((passed + 1))
		echo "ok $((passed + failed)) - $sentence"
	else
		failed=$((failed + 1))
		echo "not ok $((passed + failed)) - $sentence"
		{
			head -n 40 "$work/said"
			[ ! -s "$work/out" ] || sed 's/^/stdout: /' "$work/out" | head -n 20
			[ ! -s "$work/err" ] || sed 's/^/stderr: /' "$work/err" | head -n 20
		} | sed 's/^/# /'
	fi
}

# skip SENTENCE WHY: a check that cannot be made here, which is told.
skip() {
	passed=$((passed + 1))
	echo "ok $((passed + failed)) - $1 # SKIP $2"
}

# python_with MODULE: a Python that has it; the distribution's modules belong to the distribution's.
python_with() {
	local python
	for python in python3 /usr/bin/python3; do
		"$python" -c "import $1" 2>/dev/null && echo "$python" && return
	done
	return 1
}

# run COMMAND…: within 60 s; what it printed is in $out and $err, its exit status in $status.
run() {
	timeout 60 "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}

# prints: the standard output is what stands on the standard input, to the byte.
prints() {
	diff -u - "$work/out"
}

# json FILTER VALUE: what jq's filter makes of the standard output.
json() {
	local value
	value=$(jq -r "$1" "$work/out") || return 1
	equals "$2" "$value"
}

start_bus() {
	export DBUS_SESSION_BUS_ADDRESS=unix:path=$work/socket
	rm -f "$work/socket"
	start "$work/bus" dbus-daemon --config-file="$here/bus.conf" --nofork \
		--address="$DBUS_SESSION_BUS_ADDRESS"
	wait_for 10 [ -S "$work/socket" ] || exit 99
	export DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS
	bus_pid=$started
}

finish() {
	echo "1..$((passed + failed))"
	[ "$failed" -eq 0 ]
}
