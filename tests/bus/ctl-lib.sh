# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
#
# For tests of esp-offloadctl against a daemon that only plays one; see fake-daemon.c.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

ctl() { run "$CTL" "$@"; }
status_is() { equals "$1" "$status"; }
says() { contains "$out" "$1"; }
complains() { contains "$err" "$1"; }
silent() { equals "" "$err"; }
called() { in_file "$work/calls" "$1"; }
last_call() { equals "$1" "$(tail -n 1 "$work/calls")"; }

# play SCENARIO: the fake daemon with it, instead of the one before.
play() {
	[ -z "${fake:-}" ] || stop "$fake"
	start "$work/calls" "$FAKE_DAEMON" "$1"
	fake=$started
	wait_for 10 in_file "$work/calls" ready || { cat "$work/calls.err"; exit 99; }
}

# vary FILTER: the usual scenario, changed by jq's filter.
vary() {
	jq "$1" "$here/scenarios/usual.json" >"$work/varied.json" || exit 99
	play "$work/varied.json"
}
