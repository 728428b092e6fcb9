#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# esp-offloadd itself, on a bus of its own, in an empty network, with a worker that only plays one.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/daemon-lib.sh"

blocking='[{"id": "port-driver", "severity": "blocks", "subject": "ix2", "seen": "e1000e", "why": "w", "remedy": "r"}]'
step='{"report": "step", "bond": "bond0", "step": "profile", "subject": "u-1"'

start_bus

# ---- a bond that is not there ----
cat >"$policy" <<'END'
version: 1
bonds:
  bond0: {connections: [example]}
END
reports missing "bond0: there is no such device" \
	'[{"id": "bond-exists", "severity": "blocks", "subject": "bond0", "seen": "there is no such device", "why": "w", "remedy": "r"}]'
check "the daemon comes to the bus" start_daemon
check "its configuration is valid" equals "b true" "$(manager ConfigurationValid)"
check "and its file is named" contains "$(manager ConfigurationFiles)" 'config\.yaml'
check "the bond that is not there waits" state_soon waiting
check "with the reason" wait_for 10 reason_is "bond0: there is no such device"
check "and the finding" contains "$(property Findings)" '"bond-exists"'
check "no port is active" equals 's ""' "$(property ActivePort)"
check "the verdict is unknown" equals 's "unknown"' "$(property Verdict)"
check "the worker was run once, and may change it" equals "run --policy=- --settle --apply bond0" \
	"$(cat "$work/worker/called")"
check "it got the policy with its defaults" in_file "$work/worker/policy" '^ +rollback: true'
ctl status
check "status shows it" says 'State: waiting: bond0: there is no such device'
check "as not usable" status_is 3
ctl status bond9
check "a bond that the policy has not is none" complains 'no bond "bond9"; it has bond0'
check "nor has it an object" not property State bond9
for call in 'GetBond s bond0' 'GetBondByProfile s u-1'; do
	# shellcheck disable=SC2086
	check "${call%% *} finds it" equals 'o "/org/espoffload1/bond/bond0"' \
		"$(busctl --user call org.espoffload1 /org/espoffload1 org.espoffload1.Manager $call)"
done

# ---- where it stands ----
reports blocked "ix2: e1000e" "$blocking"
ctl check
check "a look finds what blocks" says 'blocks +ix2: e1000e \(port-driver\)'
check "which the exit status tells" status_is 3
check "the state follows" state_is blocked
reports "done" "" '[]'
ctl check bond0
check "once nothing is left to do" status_is 0
check "the bond is configured" state_is configured
check "with no reason" reason_is ""
reports todo "" '[]' '[{"step": "conn", "subject": "example", "change": "c", "interrupts": "nothing", "undo": "u"}]'
ctl plan bond0
check "the worker's plan is the bus's" says '^  1\. conn example$'

# ---- apply ----
script <<END
echo '$step, "status": "begins"}'
sleep 0.5
echo '$step, "status": "done"}'
echo '{"report": "outcome", "bond": "bond0", "outcome": "applied"}'
END
reports "done" ""
ctl apply
check "what is applied is configured" state_is configured
check "apply is fine" status_is 0
check "its steps are told meanwhile" complains '^writing the feature into the profile u-1$'
script <<END
echo '$step, "status": "begins"}'
echo '$step, "status": "failed", "text": "the kernel refused"}'
echo '{"report": "outcome", "bond": "bond0", "outcome": "failed", "reason": "the kernel refused"}'
END
ctl apply bond0
check "what fails is an error" status_is 1
check "with the reason" complains 'bond0: the kernel refused'
check "the bond has failed" state_is failed
check "the step is in the log" logged 'step profile u-1: failed: the kernel refused'
no_script
ctl check bond0
check "it stays failed, whatever is seen" state_is failed
check "and nothing more is applied to it" last_run "run --policy=-"
ctl apply bond0
check "until somebody asks" last_run "run --policy=- --apply bond0"
check "and then it is configured" state_is configured

# ---- somebody else ----
script <<END
case "\$*" in
*--apply*)
	echo '$step, "status": "begins"}'
	echo '$step, "status": "interrupted", "text": "the tunnel of example for 1.25 s"}'
	echo '{"report": "outcome", "bond": "bond0", "outcome": "applied"}'
	jq -c '.standing = "done" | .plan = []' reports
	exit
	;;
esac
END
reports todo "" '[]' '[{"step": "conn", "subject": "example", "change": "c", "interrupts": "nothing", "undo": "u"}]'
ctl check bond0
check "what somebody has changed is seen, and not repaired at once" last_run "run --policy=-"
check "the state says so" reason_is "changed by somebody: it is repaired in 2 s"
check "and the log says what" logged 'bond0: changed by somebody: to be put right: conn example'
check "after a while it is" wait_for 10 last_run "run --policy=- --apply bond0"
check "and configured again" state_soon configured
check "what a step has interrupted is on the bus" \
	contains "$(property LastInterruptions)" '"interrupted" s "the tunnel of example for 1\.25 s"'
check "and in the log" \
	logged 'step profile u-1: interrupted: the tunnel of example for 1\.25 s'
no_script
reports "done" ""
ctl check bond0

# reports_libreswan VERSION: the worker has seen that one.
reports_libreswan() {
	reports "done" ""
	jq -c --arg version "$1" '.libreswan = $version' "$work/worker/reports" >"$work/worker/reports.new"
	mv "$work/worker/reports.new" "$work/worker/reports"
	ctl check bond0
}
reports_libreswan 4.10
check "the first version of Libreswan that is seen is no news" not logged 'Libreswan was'
reports_libreswan 5.2
check "another one is" logged 'bond0: Libreswan was 4\.10, and is 5\.2 now'
reports "done" ""

# ---- what cannot be taken back ----
script <<END
case "\$*" in
*--apply*)
	echo '$step, "status": "begins"}'
	echo '{"report": "outcome", "bond": "bond0", "outcome": "failed", "reason": "no way; could not be undone: no"}'
	echo '{"report": "outcome", "bond": "bond0", "outcome": "unsettled"}'
	;;
*--settle*) echo '{"report": "outcome", "bond": "bond0", "outcome": "undone"}' ;;
esac
END
reports todo ""
ctl apply bond0
check "what failed and could not be taken back says why" reason_is "no way; could not be undone: no"
check "and is tried again after a while" wait_for 15 last_run "run --policy=- --settle"
check "until it is taken back" wait_for 10 reason_is \
	"no way; could not be undone: no; what was half done is taken back now"

# ---- revert ----
script <<'END'
echo '{"report": "outcome", "bond": "bond0", "outcome": "reverted"}'
END
reports todo ""
ctl revert bond0
check "revert is fine" status_is 0
check "the worker takes back" last_run "run --policy=- --revert bond0"
check "the bond waits" state_is waiting
no_script
ctl check bond0
check "and is only watched" last_run "run --policy=-"
end_daemon
start_daemon
check "also by the daemon of the next boot" wait_for 10 last_run "run --policy=- --settle"
check "which says so" wait_for 10 reason_is 'reverted: waiting for \"esp-offloadctl apply\"'
cp "$policy" "$work/good.yaml"
sed 's/bond0/bond5/' "$work/good.yaml" >"$policy"
ctl reload
cp "$work/good.yaml" "$policy"
ctl reload
check "a bond that comes back into the policy is reverted no more" \
	wait_for 10 last_run "run --policy=- --settle --apply bond0"
script <<'END'
echo '{"report": "outcome", "bond": "bond0", "outcome": "reverted"}'
END
ctl revert bond0
no_script
kill -HUP "$daemon"
check "until a reload" wait_for 10 last_run "run --policy=- --settle --apply bond0"

# ---- reload ----
reports "done" ""
ctl reload
check "a reload is fine" status_is 0
cp "$policy" "$work/good.yaml"
printf 'version: 1\nbonds:\n  bond0:\n    conections: [example]\n' >"$policy"
ctl reload
check "a broken file is an error" status_is 1
check "with its place" complains 'config.yaml:4:5: error: .*conections'
check "the configuration is not valid" equals "b false" "$(manager ConfigurationValid)"
check "the old one is in force" contains "$(manager Bonds)" 'ao 1 "/org/espoffload1/bond/bond0"'
ctl status bond0
check "status says so" complains 'the one before it is in force'
ctl check bond0
check "and it still is what the worker gets" in_file "$work/worker/policy" '"example"'
kill -HUP "$daemon"
check "by signal it is the same" wait_for 10 logged_twice "unknown key .conections"
check "and the daemon lives" alive
start "$work/heard" busctl --user --json=short monitor --match="type='signal',sender='org.espoffload1'"
check "somebody listens" wait_for 10 in_file "$work/heard.err" Monitoring
# told MEMBER FILTER: there was such a signal, and jq's filter finds in it what it asks for.
told() {
	jq -e -s --arg member "$1" "any(.[]; .member == \$member and (.payload.data | $2))" \
		"$work/heard" >/dev/null 2>&1
}
sed 's/bond0/bond5/' "$work/good.yaml" >"$policy"
run timeout 20 "$CTL" reload
check "the mended file is taken" status_is 0
check "the new bond is told of, with its properties" wait_for 10 told InterfacesAdded \
	'.[0] == "/org/espoffload1/bond/bond5" and .[1]["org.espoffload1.Bond"].Interface.data == "bond5"'
check "the one that went is told of, too" wait_for 10 told InterfacesRemoved \
	'.[0] == "/org/espoffload1/bond/bond0" and (.[1] | index("org.espoffload1.Bond") != null)'
check "so are the manager's properties" wait_for 10 told PropertiesChanged \
	'.[0] == "org.espoffload1.Manager" and .[1].Bonds.data == ["/org/espoffload1/bond/bond5"] and
		.[1].ConfigurationValid.data'
stop "$started"
check "and is valid" equals "b true" "$(manager ConfigurationValid)"
check "the new bond is there" contains "$(manager Bonds)" 'ao 1 .*/bond5"'
check "with an object" property State bond5
check "the old one is gone" not property State
cp "$work/good.yaml" "$policy"
ctl reload
check "and comes back" property State

# ---- another one ----
cp "$work/daemon.err" "$work/first.err"
run unshare -n "$DAEMON" --session --root "$root" --state "$state" --worker "$worker"
check "a second daemon gives way" status_is 1
check "and says why" complains 'Another esp-offloadd runs already'
check "the first one lives" alive
check "and answers" property State

# ---- a look in which somebody has not answered ----
reports missing "NetworkManager: NetworkManager does not answer"
jq -c '.again = true' "$work/worker/reports" >"$work/worker/reports.new"
mv "$work/worker/reports.new" "$work/worker/reports"
ctl check bond0
check "the bond waits for who has not answered" state_soon waiting
check "he is to be asked again" wait_for 10 logged 'not answered, so the host is looked at again in 5 s'
reports "done" ""
check "and is, although nothing happens" state_soon configured
before=$(runs)
sleep 6
check "and not on and on, once he answers" equals "$before" "$(runs)"

# ---- a worker that goes wrong ----
check "the bond is configured before" state_soon configured
script <<<'kill -SEGV $$'
ctl check bond0
check "a worker that crashes is an error" status_is 1
check "and is logged" logged 'ended by signal 11'
check "the daemon lives" alive
check "and remembers the state" state_is configured
check "and looks again after a while" wait_for 15 more_runs_than "$(runs)"
script <<'END'
echo '{"report": "settled"}'
kill -KILL $$
END
before=$(runs)
ctl reload
sleep 4
check "a worker that dies every time is run once more at once, and then only later" \
	equals 2 $(($(runs) - before))
no_script
ctl reload
ctl check bond0
check "once it is mended a look is fine" status_is 0
script <<END
case "\$*" in
*--settle*) echo '{"report": "outcome", "bond": "bond0", "outcome": "undone"}' ;;
*)
	echo '$step, "status": "begins"}'
	kill -KILL \$\$
	;;
esac
END
reports todo ""
ctl apply bond0
check "one that dies while it applies is an error" status_is 1
check "and the bond has failed" state_is failed
check "what it had half done is taken back" wait_for 10 last_run "run --policy=- --settle"
check "which the reason tells" wait_for 10 reason_is \
	"the worker ended before its work was done; what was half done is taken back now"
check "and the log" logged 'bond0: took back what an earlier run had left half done'
script <<END
case "\$*" in
*--apply*)
	echo '{"report": "settled"}'
	echo '$step, "status": "begins"}'
	kill -KILL \$\$
	;;
*--settle*) echo '{"report": "outcome", "bond": "bond0", "outcome": "undone"}' ;;
esac
END
ctl reload
check "also where the run had begun by settling" wait_for 10 last_run "run --policy=- --settle"
check "which the reason tells, too" wait_for 10 reason_is \
	"the worker ended before its work was done; what was half done is taken back now"
script <<'END'
case "$*" in
*--settle*)
	echo '{"report": "outcome", "bond": "bond0", "outcome": "unsettled", "reason": "NM is away"}'
	cat reports
	exit
	;;
esac
END
ctl reload
check "what cannot be taken back yet is told" wait_for 10 reason_is \
	"what an earlier run has left half done cannot be taken back yet; NM is away"
ctl check bond0
check "nothing is applied upon it" last_run "run --policy=-"
no_script
check "and it is tried again after a while" wait_for 15 last_run "run --policy=- --settle"
check "and applied once nothing is left, though nothing was there to be undone" \
	wait_for 10 last_run "run --policy=- --apply bond0"
script <<'END'
case "$*" in
*--apply*)
	echo '{"report": "outcome", "bond": "bond0", "outcome": "unsettled", "reason": "NM is away"}'
	;;
esac
END
ctl apply bond0
check "what a run that only applies comes upon is told as well" reason_is \
	"what an earlier run has left half done cannot be taken back yet; NM is away"
no_script
check "and tried again" wait_for 15 in_order "run --policy=- --settle" "run --policy=- --apply bond0"
reports "done" ""
script <<<'exit 75'
ctl check bond0
check "one that finds another at it is an error" status_is 1
check "which says so" complains 'Another process works on the host now'
check "and is repeated, later each time" wait_for 30 logged 'it is looked at again in 10 s'
script <<<'exit 3'
ctl check bond0
check "one that fails is an error" status_is 1
check "with its status in the log" logged 'exit status 3'
no_script
ctl apply bond0
script <<'END'
echo hello
echo '[1, 2]'
echo '{"report": 7}'
echo '{"report": "bond", "bond": "bond77", "standing": "blocked"}'
echo '{"report": "bond"}'
echo '{"report": "bond", "bond": "bond0", "standing": 7, "findings": "x", "plan": {}, "conns": [{"name": 7}, 8], "profile_uuid": []}'
echo '{"report": "bond", "bond": "bond0", "standing": "done", "reason": "", "findings": [7, {"seen": null, "why": [1, {}]}], "plan": [[]], "conns": {}, "device_path": "no path", "profile_path": 3}'
echo '{"report": "step", "bond": "bond0", "step": {}, "subject": 1, "status": null}'
echo '{"report": "outcome", "bond": "bond0"}'
printf '\000\001\377\n{"report": "bo'
head -c 20000000 /dev/zero | tr '\0' x
printf '\n{"report": "bond", "bond": "bond0", "standing": "blocked", "findings": [], "reason": "as it should"}\n'
END
: >"$work/worker/reports"
ctl check bond0
check "nonsense does not hurt the daemon" alive
check "the last that made sense counts" wait_for 20 state_is blocked
check "with its reason" wait_for 20 reason_is "as it should"
check "and all of the bond can be shown" busctl --user call org.espoffload1 /org/espoffload1 \
	org.freedesktop.DBus.ObjectManager GetManagedObjects
check "nonsense is logged" logged 'reported something strange'
reports "done" ""
script <<<'exec <&-'
ctl check bond0
check "a worker that does not read the policy is no trouble" status_is 0

# ---- a worker that hangs ----
script <<'END'
trap '' TERM
echo $$ >pid
sleep 100 &
wait
wait
END
rm -f "$work/worker/pid"
start "$work/check" "$CTL" check bond0
check "a worker hangs" wait_for 10 [ -s "$work/worker/pid" ]
hanging=$(cat "$work/worker/pid")
ctl status bond0
check "while a worker hangs the daemon answers" status_is 5
kill -INT "$started"
wait "$started"
check "who waits for it can leave" in_file "$work/check.err" Interrupted
end_daemon
check "SIGTERM ends the daemon all the same" equals 0 "$status"
check "and the worker with it" wait_for 5 not kill -0 "$hanging"
no_script
check "nothing was complained of by the sanitizers" not logged 'Sanitizer|runtime error'

# ---- the end of the daemon while it applies ----
script <<END
case "\$*" in
*--apply*)
	trap 'sleep 1; echo "{\"report\": \"outcome\", \"bond\": \"bond0\", \"outcome\": \"failed\", \"reason\": \"told to stop; undone\"}"; exit 1' TERM
	echo '$step, "status": "begins"}'
	while :; do sleep 0.05; done
	;;
esac
END
reports todo ""
check "the next daemon" start_daemon
check "begins to apply" state_soon applying
before=$(runs)
end_daemon
check "told to end, it waits for the worker to take that back" \
	logged 'bond0: failed: told to stop; undone'
check "and ends well" equals 0 "$status"
check "without another run" equals "$before" "$(runs)"
script <<END
trap '' TERM
echo '$step, "status": "begins"}'
echo \$\$ >pid
while :; do sleep 0.05; done
END
start_daemon
check "another worker" state_soon applying
hanging=$(cat "$work/worker/pid")
kill "$daemon"
sleep 0.5
check "that does not stop is waited for" alive
end_daemon
check "but not by who asks twice" equals 0 "$status"
check "which is the end of the worker, too" wait_for 5 not kill -0 "$hanging"
no_script
reports "done" ""

# ---- a broken file from the beginning, and none ----
printf 'version: 1\nbonds: [' >"$policy"
check "the daemon starts with a broken file" start_daemon
check "which is not valid" equals "b false" "$(manager ConfigurationValid)"
ctl status
check "status is an error then" status_is 1
rm "$policy"
ctl reload
check "no file is a policy without bonds" equals "ao 0" "$(manager Bonds)"
check "and valid" equals "b true" "$(manager ConfigurationValid)"
cp "$work/good.yaml" "$policy"
ctl reload

# ---- the bus goes away ----
stop "$bus_pid"
sleep 0.3
check "without its bus the daemon lives" alive
start_bus
check "and comes back to the next one" wait_for 20 on_bus
check "with its bond" wait_for 10 property State
end_daemon
check "SIGTERM ends it well" equals 0 "$status"
check "nothing was complained of by the sanitizers, to the end" not logged 'Sanitizer|runtime error'

finish
