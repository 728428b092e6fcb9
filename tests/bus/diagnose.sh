#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The diagnosis as it is told: by the command with a worker that only plays one, and by the daemon.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/daemon-lib.sh"

cat >"$work/fault.json" <<'END'
{"report": "progress", "what": "looking at the host"}
{"report": "diagnosis", "conn": "example", "status": "fault", "cause": "path-mtu", "step": "mtu", "summary": "conn example: packets vanish", "remedy": "set mtu=1260", "mtu": 1260, "mss": 1220, "rows": [{"step": "tunnel", "title": "Is it up", "id": "tunnel", "status": "ok", "seen": "established", "why": "", "remedy": "", "evidence": ""}, {"step": "mtu", "title": "Packet size", "id": "path-mtu", "status": "fault", "seen": "longer ones vanish", "why": "packets vanish", "remedy": "set mtu=1260", "evidence": "1\n2\n3\n4\n5\n6\n7"}]}
END
# diagnoses FILE: what the worker says when it is to diagnose.
diagnoses() {
	script <<-END
		case "\$1" in diagnose) cat "$1"; exit 0 ;; esac
	END
}

# ---- the command ----
ctl diagnose
check "without a conn the usage is wrong" status_is 2
ctl diagnose a b
check "with two as well" status_is 2
ctl diagnose --capture=61 a
check "a capture ends within a minute" status_is 2
ctl diagnose --to=peer a
check "--to takes an address" status_is 2
check "and says so" complains 'not "peer"'

diagnoses "$work/fault.json"
ctl diagnose "--worker=$worker" --up --to=192.0.2.9 --capture=5 example
check "the worker is told all that was asked" \
	last_run "diagnose --up --capture 5 --to 192.0.2.9 -- example"
check "a fault is told by the exit status" status_is 3
check "the summary comes first" equals "conn example: packets vanish" "$(head -n 1 "$work/out")"
check "then what to do" equals "to do: set mtu=1260" "$(sed -n 2p "$work/out")"
check "then the fault, with its id" says '^  fault +Packet size: longer ones vanish \(path-mtu\)$'
check "with some of its evidence" says '^ +\| … \(--all shows the rest\)$'
check "what found nothing is counted" says '1 step found nothing wrong'
ctl diagnose "--worker=$worker" --all example
check "and shown with --all" says '^  ok +Is it up: established$'
check "with all the evidence" says '^ +\| 7$'
ctl diagnose "--worker=$worker" --json=short example
check "the same as JSON" json '[.cause, .mtu, (.rows | length), .report] | tostring' '["path-mtu",1260,2,null]'
check "a fault is told by the exit status then, too" status_is 3
sed 's/"status": "fault"/"status": "warn"/g' "$work/fault.json" >"$work/warn.json"
diagnoses "$work/warn.json"
ctl diagnose "--worker=$worker" -- -example
check "a warning is no fault" status_is 0
check "a conn's name may begin with a dash" last_run "diagnose -- -example"
sed 's/"status": "fault"/"status": "skipped"/g; s/"mtu": 1260/"mtu": 0/' "$work/fault.json" >"$work/unseen.json"
diagnoses "$work/unseen.json"
ctl diagnose "--worker=$worker" --apply-mtu example
check "where neither files nor pluto could be asked that is no tunnel without a fault" status_is 1
check "and nothing is said of an MTU" not complains 'mtu='
echo hello >"$work/nonsense"
for bad in /dev/null "$work/nonsense"; do
	diagnoses "$bad"
	ctl diagnose "--worker=$worker" example
	check "a strange answer is an error ($(basename "$bad"))" status_is 1
	check "and told ($(basename "$bad"))" complains 'strange answer'
done

# ---- the daemon ----
start_bus
cat >"$policy" <<'END'
version: 1
bonds:
  bond0: {connections: [example]}
END
reports "done" ""
diagnoses "$work/fault.json"
check "the daemon comes to the bus" start_daemon
check "its bond is looked at" state_soon configured

# call ARGUMENT…: Manager.Diagnose(), as busctl prints its answer.
call() {
	run busctl --user --timeout=20 call org.espoffload1 /org/espoffload1 \
		org.espoffload1.Manager Diagnose 'sa{sv}' "$@"
}
call example 0
check "Diagnose answers" status_is 0
check "with the whole first, and the rows" says \
	'^aa\{sv\} 3 8 .*"cause" s "path-mtu" .*"mtu" x 1260.*"id" s "tunnel".*"id" s "path-mtu"'
check "the worker was asked beside the others" last_run "diagnose -- example"
call example 2 up b true to s 192.0.2.9
check "the options are handed on" last_run "diagnose --up --to 192.0.2.9 -- example"
for arguments in '"" 0' 'example 1 to s peer' 'example 1 up s yes' 'example 1 fast b true'; do
	eval "call $arguments"
	check "Diagnose($arguments) is refused" status_is 1
done
check "with what may be asked" complains 'options: up b, to s'
diagnoses /dev/null
call example 0
check "a worker that says nothing is an error" complains 'ended before its work was done'
script <<'END'
case "$1" in diagnose) sleep 30 ;; esac
END
before=$(runs)
for i in 1 2; do
	start "$work/slow$i" busctl --user --timeout=60 call org.espoffload1 /org/espoffload1 \
		org.espoffload1.Manager Diagnose 'sa{sv}' example 0
done
asked() { [ "$(runs)" -ge $((before + 2)) ]; }
wait_for 10 asked
call example 0
check "a third one at a time is refused" complains 'try again soon'
check "the daemon answers others meanwhile" state_is configured
end_daemon
check "and ends while they go on" equals 0 "$status"

finish
