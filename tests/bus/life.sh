#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A whole life of the daemon: LIFE_RUNS times it looks at the host and puts it right, for each of the
# reasons that there are. It does not grow. LIFE_UNDER is a program that it runs under, such as
# valgrind; "tools/torture valgrind" leads 200 of these with it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/daemon-lib.sh"

runs_wanted=${LIFE_RUNS:-24}
# Freed memory that the sanitizer keeps is no growth of the daemon's.
export ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=1:thread_local_quarantine_size_kb=16

# resident, descriptors: the daemon's memory in kB, and how many files it has open.
resident() { awk '/^VmRSS:/ { print $2 }' "/proc/$daemon/status"; }
descriptors() { find "/proc/$daemon/fd" -mindepth 1 | wc -l; }

# bonds NAME…: the policy.
bonds() {
	{
		printf 'version: 1\nbonds:\n'
		printf '  %s: {connections: [example]}\n' "$@"
	} >"$policy"
}

step='{"report": "step", "bond": "bond0", "step": "profile", "subject": "u-1"'
applies() {
	script <<-END
		case "\$*" in
		*--apply*)
			echo '$step, "status": "begins"}'
			echo '$step, "status": "interrupted", "text": "the tunnel of example for 1.25 s"}'
			echo '$step, "status": "done"}'
			echo '{"report": "outcome", "bond": "bond0", "outcome": "applied"}'
			;;
		*--revert*) echo '{"report": "outcome", "bond": "bond0", "outcome": "reverted"}' ;;
		esac
	END
}
finding='[{"id": "port-driver", "severity": "blocks", "subject": "ix2", "seen": "e1000e", "why": "w", "remedy": "r"}]'
plan='[{"step": "conn", "subject": "example", "change": "c", "interrupts": "nothing", "undo": "u"}]'

# busctl_call OBJECT INTERFACE METHOD…
busctl_call() {
	timeout 60 busctl --user call org.espoffload1 "$@" >/dev/null 2>&1
}

# happen N: the reason of the Nth look; each has its turn.
happen() {
	local bond=/org/espoffload1/bond/bond0
	case $(($1 % 12)) in
	0) kill -HUP "$daemon" ;;
	1) services profile ;;
	2) services unit ;;
	3) services restart ;;
	4) echo "# $1" >>"$root/etc/ipsec.conf" ;;
	5)
		reports todo "" '[]' "$plan"
		busctl_call $bond org.espoffload1.Bond Apply 'a{sv}' 0
		;;
	6)
		reports blocked "ix2: e1000e" "$finding"
		busctl_call $bond org.espoffload1.Bond Check
		;;
	7)
		script <<<'kill -KILL $$'
		busctl_call $bond org.espoffload1.Bond Check
		applies
		reports "done" ""
		;;
	8) busctl_call $bond org.espoffload1.Bond Revert ;;
	9)
		bonds bond0 bond5
		busctl_call /org/espoffload1 org.espoffload1.Manager Reload
		busctl_call $bond org.espoffload1.Bond Verify 'a{sv}' 1 within_usec t 1
		bonds bond0
		busctl_call /org/espoffload1 org.espoffload1.Manager Reload
		;;
	10)
		echo 'version: 1' >"$policy"
		busctl_call /org/espoffload1 org.espoffload1.Manager Reload
		printf 'version: [' >"$policy"
		busctl_call /org/espoffload1 org.espoffload1.Manager Reload
		bonds bond0
		busctl_call /org/espoffload1 org.espoffload1.Manager Reload
		;;
	11)
		busctl_call /org/espoffload1 org.freedesktop.DBus.ObjectManager GetManagedObjects
		busctl_call $bond org.espoffload1.Bond GetFailovers t 0
		busctl_call $bond org.espoffload1.Bond Plan
		;;
	esac
}

# live N: until the worker was run so many times in all.
n=0
live() {
	local before
	while [ "$(runs)" -lt "$1" ]; do
		before=$(runs)
		happen $n
		n=$((n + 1))
		# What the next reason would be put together with.
		wait_for 60 more_runs_than "$before" || {
			echo "reason $n was none to look at the host"
			return 1
		}
	done
}

mkdir -p "$root/etc"
touch "$root/etc/ipsec.conf"
bonds bond0
reports "done" ""
applies
start_bus
start_services
# shellcheck disable=SC2034 # for start_daemon
DAEMON_UNDER=${LIFE_UNDER:-}
check "the daemon comes to the bus" start_daemon
check "its bond is configured" wait_for 60 state_is configured
check "it looks at the host $((runs_wanted / 2)) times, for each reason in turn" live $((runs_wanted / 2))
check "it lives" alive
memory=$(resident) files=$(descriptors)
check "and as often again" live "$runs_wanted"
check "it is the same, alive" alive
reports "done" ""
busctl_call /org/espoffload1/bond/bond0 org.espoffload1.Bond Apply 'a{sv}' 0
check "its bond is configured" wait_for 60 state_is configured
echo "# $(runs) runs; memory $memory kB, then $(resident) kB; descriptors $files, then $(descriptors)"
# What watches the program takes memory of its own, and keeps what was freed for a while.
most=512
[ -z "${LIFE_UNDER:-}" ] || most=32768
check "in the second half it has not grown by $most kB" test "$(($(resident) - memory))" -lt "$most"
check "and has no file open more" test "$(descriptors)" -le "$files"
end_daemon
check "it ends well, and nothing of it was lost" equals 0 "$status"
check "nothing was complained of" not logged 'Sanitizer|runtime error|definitely lost: [1-9]|Invalid (read|write)'

finish
