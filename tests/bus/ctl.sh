#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# esp-offloadctl against a daemon that only plays one.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/ctl-lib.sh"

# ---- words of the command line ----
ctl
check "without a verb the usage is wrong" status_is 2
ctl stauts
check "an unknown verb is wrong usage" status_is 2
check "and is named" complains stauts
ctl --help
check "--help is fine" status_is 0
for verb in status check plan apply verify revert failovers reload monitor metrics config conn init diagnose; do
	check "--help names $verb" says "^  $verb "
done
for verb in status check plan apply verify revert failovers reload monitor metrics config conn init diagnose; do
	ctl $verb --help
	check "$verb --help is fine" status_is 0
	check "$verb --help says how" says "^Usage: esp-offloadctl $verb"
	check "$verb --help tells the exit status" says "^Exit status: "
	ctl $verb --no-such-option
	check "$verb with an unknown option is wrong usage" status_is 2
	check "and it is said how it is used ($verb)" complains "^Usage: esp-offloadctl $verb"
done
ctl --no-such-option
check "an unknown option of the whole is wrong usage" status_is 2
check "and it is said where to look" complains 'esp-offloadctl --help'
for verb in status check plan apply verify revert failovers monitor; do
	ctl $verb bond0 bond1
	check "$verb of two bonds is wrong usage" status_is 2
done
for verb in status apply verify revert failovers reload monitor metrics; do
	ctl "--root=$work" $verb
	check "$verb of another system is wrong usage" status_is 2
	check "which is said ($verb)" complains "about the running host"
done
ctl status --json=nonsense
check "--json=nonsense is wrong usage" status_is 2

# ---- nobody there ----
DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/none ctl status
check "without a bus status is an error" status_is 1
check "that says what to do" complains 'systemctl start esp-offloadd'
start_bus
for verb in status apply verify revert failovers reload; do
	ctl $verb
	check "without a daemon $verb is an error" status_is 1
	check "that says what to do ($verb)" complains 'does not run.*systemctl start esp-offloadd'
done

# ---- check and plan without a daemon ----
worker=$work/worker/fake-worker.sh
mkdir "$work/worker"
cp "$here/fake-worker.sh" "$worker"
cat >"$work/worker/reports" <<'END'
{"report":"bond","bond":"bond0","standing":"todo","reason":"","findings":[],"plan":[{"step":"profile","subject":"u","change":"c","interrupts":"nothing","undo":"back"}],"conns":[]}
{"report":"bond","bond":"bond1","standing":"blocked","reason":"r","findings":[{"id":"port-driver","severity":"blocks","subject":"ix2","seen":"the driver is e1000e","why":"It cannot do ESP.","remedy":"Use ports of ixgbe."}],"plan":[],"conns":[]}
END
ctl check "--worker=$worker" bond0
check "without a daemon the worker looks" equals "run bond0" "$(cat "$work/worker/called")"
check "a bond without findings is fine" status_is 0
check "and that is said" says '^bond0: nothing stands in the way$'
ctl check "--worker=$worker"
check "a bond that is blocked is told by the exit status" status_is 3
check "with the finding" says 'blocks +ix2: the driver is e1000e \(port-driver\)'
check "why it matters" says 'why: +It cannot do ESP'
check "and what to do" says 'to do: +Use ports of ixgbe'
ctl check "--worker=$worker" --json=short
check "the same as JSON" json '.bonds[1].findings[0].id' port-driver
check "without a plan" json '.bonds[0] | has("plan")' false
check "with the same exit status" status_is 3
ctl plan "--worker=$worker" bond0
check "a plan is fine" status_is 0
check "its steps are numbered" says '^  1\. profile u$'
check "with what they interrupt" says 'interrupts: nothing'
ctl plan "--worker=$worker" bond1 --json=short
check "what is blocked has an empty plan" json '.plan | length' 0
check "and is told by the exit status" status_is 3
ctl check "--worker=$worker" "--root=$work" bond0
check "--root is handed on" equals "run --root $work bond0" "$(tail -n 1 "$work/worker/called")"
ctl check "--worker=$worker" bond7
check "a bond that the policy has not is an error" status_is 1
check "which is said" complains 'no bond "bond7"'
ctl check --worker=fake-worker.sh
check "--worker takes a full path" status_is 2
ctl check --worker=/nowhere/worker
check "a worker that is not there is an error" status_is 1
echo 'echo "config.yaml:1:1: error: no" >&2; exit 1' >"$work/worker/script"
ctl check "--worker=$worker"
check "a worker that fails is an error" status_is 1
check "and its words are passed on" complains 'config.yaml:1:1: error: no'
echo 'kill -SEGV $$' >"$work/worker/script"
ctl check "--worker=$worker"
check "so is one that crashes" complains 'ended by signal 11'
echo 'echo "{\"report\": \"bond\", \"bond\": \"bond0\"}"' >"$work/worker/script"
ctl check "--worker=$worker"
check "half a report is an error" status_is 1
echo 'echo hello' >"$work/worker/script"
ctl check "--worker=$worker"
check "so is what is no report" complains 'strange answer'
rm "$work/worker/script" "$work/worker/reports"
ctl check "--worker=$worker"
check "a policy without bonds is fine" status_is 0
check "but is said" says 'The policy has no bond'

# ---- status ----
play "$here/scenarios/usual.json"
ctl status
check "of several bonds status shows a list" prints <<'END'
BOND  STATE      VERDICT   ACTIVE PORT CONNS FAILOVERS WHAT IS WRONG
bond0 configured offloaded ix1             2         3 
bond1 blocked    unknown   -               0         0 ix2: the driver is e1000e
END
check "and one that is blocked counts" status_is 3
check "without a complaint" silent
ctl status --no-legend
check "--no-legend leaves the headings out" not says BOND
ctl status bond0
check "of one bond it shows all" prints <<'END'
        Bond: bond0
       State: configured
     Verdict: offloaded, 100.0 % of the packets went through the hardware
 Active port: ix1
        Mode: active-backup
     Feature: esp-hw-offload is on
     Profile: 5a1c2d3e-0000-4000-8000-000000000001
       Conns: example, site-a
   Failovers: 3, the last at 2026-01-02 03:04:05 from ix0 to ix1 (carrier), 200 ms without an active port, and then offloaded

PORT ACTIVE DRIVER LINK ESP-HW-OFFLOAD TX_IPSEC RX_IPSEC LINK FAILURES
ix0  -      ixgbe  up   on                 1000      900             2
ix1  yes    ixgbe  up   on                   15       14             0
END
check "offloaded is fine" status_is 0
COLUMNS=60 ctl status bond0
check "a narrow terminal breaks lines between words" prints <<'END'
        Bond: bond0
       State: configured
     Verdict: offloaded, 100.0 % of the packets went through
              the hardware
 Active port: ix1
        Mode: active-backup
     Feature: esp-hw-offload is on
     Profile: 5a1c2d3e-0000-4000-8000-000000000001
       Conns: example, site-a
   Failovers: 3, the last at 2026-01-02 03:04:05 from ix0 to
              ix1 (carrier), 200 ms without an active port,
              and then offloaded

PORT ACTIVE DRIVER LINK ESP-HW-OFFLOAD TX_IPSEC RX_IPSEC LINK FAILURES
ix0  -      ixgbe  up   on                 1000      900             2
ix1  yes    ixgbe  up   on                   15       14             0
END
COLUMNS=72 ctl status
check "a table gives way as well" equals 72 "$(wc -L <"$work/out")"
ctl status bond1
check "findings that block come first" says $'blocks  ix2.*\n.*why:.*\n.*to do:.*\n  warns   ix2: no carrier'
ctl status bond7
check "a bond that the policy has not is an error" status_is 1
check "and those that it has are named" complains 'no bond "bond7"; it has bond0, bond1'
ctl status --json=short
check "as JSON there is one line" equals 1 "$(wc -l <"$work/out")"
check "with all bonds" json '[.bonds[].interface] | join(" ")' "bond0 bond1"
check "their ports with counters" json '.bonds[0].ports[1].tx_ipsec' 15
check "the last failover" json '.bonds[0].last_failover.cause' carrier
check "and whether the files are valid" json .configuration_valid true
check "with the same exit status" status_is 3
ctl status bond0 --json=pretty
check "of one bond, the bond itself" json .active_port ix1
check "pretty is several lines" test "$(wc -l <"$work/out")" -gt 20
vary 'del(.bonds.bond1)'
ctl status
check "the only bond is shown as a whole" says '^ +State: configured$'
check "and is fine" status_is 0
vary 'del(.bonds[])'
ctl status
check "no bond is fine" status_is 0
check "and what to do is said" says 'no bond.*esp-offloadctl reload'
vary 'del(.bonds[]) | .manager.ConfigurationValid = false'
ctl status
check "but not with mistakes in the files" status_is 1
check "which are said" complains 'mistakes, and none is in force.*config validate'

play "$here/scenarios/troubles.json"
ctl status
check "bonds are sorted as people count, and none breaks the terminal" prints <<'END'
BOND   STATE      VERDICT   ACTIVE PORT CONNS FAILOVERS WHAT IS WRONG
bond2  configured unknown   ix2             0         0 no packets
bond3  waiting    unknown   -               0         0 bond3: not \x1b[31mthere
bond4  failed     offloaded -               0         0 the tunnel did not come back
bond9  configured partial   ix1             0         0 some went another way
bond10 configured software  ix0             1         0 the SAs are not in the hardware
END
check "mistakes in the files are said" complains 'mistakes, the one before it is in force'
for pair in bond2:5 bond3:3 bond4:3 bond9:4 bond10:4; do
	ctl status ${pair%:*}
	check "$pair is the exit status" status_is ${pair#*:}
done
ctl status bond9
check "a ratio is told in per cent" says 'partial, 42.5 % of the packets'
ctl status bond3
check "one bond does not break the terminal either" not says $'\033'
vary '.bonds.bond0 |= (.State = "failed" | .StateReason = "a \u009b2J of the second set, and M\u00fcller")'
ctl status bond0
check "nor does a control character that UTF-8 writes in two bytes" not says $'\302\233'
check "it is shown, and letters stay letters" says 'a \\xc2\\x9b2J of the second set, and Müller'

# ---- what a daemon may answer ----
vary '.bonds.bond0.Ratio = "high"'
ctl status
check "a property of the wrong type is an error" status_is 1
check "which names it" complains 'strange answer: Ratio'
vary 'del(.bonds.bond0.State)'
ctl status
check "a bond without a state is an error" complains 'strange answer: State'
vary '.bonds.bond0.Ports = ["ix0"]'
ctl status
check "so are ports that are none" complains 'strange answer: Ports'
vary '.bonds.bond0 |= {Interface, State, Verdict}'
ctl status bond0 --json=short
check "what an older daemon does not know reads as nothing" json '[.ports, .mode, .failovers] | tostring' '[[],"",0]'
vary '.bonds.bond0.Tomorrow = 1'
ctl status bond0 --json=short
check "what a newer one knows is left out" json 'has("tomorrow")' false

# ---- check and plan with a daemon ----
play "$here/scenarios/usual.json"
ctl check
check "with a daemon it is asked, for all at once" last_call 'Check bond0 silent null'
check "check of all shows all" says '^bond1: 1 finding blocks, 1 warns$'
check "one that is blocked counts" status_is 3
ctl check bond0
check "check of one is about that one" status_is 0
check "and says so" prints <<<"bond0: nothing stands in the way"
vary '.bonds.bond0.Findings = [.bonds.bond1.Findings[0]] | .Check = [{set: {bond0: {Findings: .bonds.bond1.Findings}}}, {reply: []}]'
ctl check bond0
check "what counts are the findings after the look" status_is 3
play "$here/scenarios/usual.json"
ctl plan bond0
check "a plan is printed step by step" prints <<'END'
bond0: 2 steps
  1. profile 5a1c2d3e-0000-4000-8000-000000000001
     changes:    ethtool.feature-esp-hw-offload: not set -> on
     interrupts: nothing
     undone by:  the old value is written back
  2. conn example
     changes:    --- /etc/ipsec.d/example.conf
                 +++ /etc/ipsec.d/example.conf
                 @@ -1,2 +1,3 @@
                  conn example
                  	auto=start
                 +	nic-offload=yes
     interrupts: nothing
     undone by:  the line goes again
END
check "and is fine" status_is 0
ctl plan
check "plan of all has the blocked ones too" says '^bond1: nothing would be changed'
check "which the exit status tells" status_is 3
ctl plan --json=short
check "the steps as JSON" json '.bonds[0].plan[1].step' conn
vary '.Plan = [{reply: []}]'
ctl plan bond0
check "an empty plan says so" prints <<<"bond0: nothing to do, all is as it should be"
play "$here/scenarios/troubles.json"
ctl check bond2
check "a look that fails is an error" status_is 1
check "with the daemon's words" complains 'bond2: The worker failed: Broken pipe'

# ---- apply, revert, reload ----
play "$here/scenarios/usual.json"
ctl apply
check "apply wants a bond where there are several" status_is 2
check "and names them" complains 'bond0, bond1'
check "nothing was asked of the daemon" not called Apply
ctl apply bond0
check "apply is fine" status_is 0
check "polkit may ask" last_call 'Apply bond0 interactive {}'
check "each step is told meanwhile" equals $'writing the feature into the profile 5a1c2d3e\nrestarting ipsec.service' "$err"
check "and how the bond stands" says '^bond0: configured$'
check "and what was interrupted" says '^interrupted by restart: the tunnel of example for 1\.25 s$'
check "and not what was not" not says 'profile: nothing'
ctl apply bond0 --json=short
check "as JSON it is the bond" json .state configured
check "and nothing beside it" silent
ctl revert bond0
check "revert is fine" status_is 0
check "and says how the bond stands" says '^bond0: waiting: reverted$'
ctl revert bond7
check "revert of a bond that is not there is an error" status_is 1
ctl reload
check "reload is fine" status_is 0
check "and silent" equals "" "$out$err"
ctl reload bond0
check "reload of one bond is wrong usage" status_is 2
vary 'del(.bonds.bond1)'
ctl apply
check "the only bond need not be named" last_call 'Apply bond0 interactive {}'
vary '.Apply = []'
start "$work/out" "$CTL" apply bond0
wait_for 10 called Apply
kill -INT "$started"
wait "$started"
check "^C ends the waiting" equals 1 $?
check "and says that the daemon goes on" in_file "$work/out.err" 'Interrupted; what esp-offloadd has begun'
vary '.Apply = [{"exit": 0}]'
ctl apply bond0
check "a daemon that goes away is an error" status_is 1
check "which is said" complains 'systemctl status esp-offloadd'
fake=
play "$here/scenarios/troubles.json"
ctl apply bond10
check "what is blocked has its exit status" status_is 3
check "its reason" complains 'bond10: ix2: the driver is e1000e'
check "and what to do" complains 'esp-offloadctl check'
ctl revert bond10
check "a busy worker is an error" status_is 1
check "that asks for patience" complains 'Try again'
ctl reload
check "a configuration with mistakes is an error" status_is 1
check "with all of them" complains '^config.yaml:4:9: error: unknown key'

# ---- verify ----
play "$here/scenarios/usual.json"
ctl verify bond0
check "verify shows the procedure" prints <<'END'
        Bond: bond0
 Active port: ix1 (ixgbe)
      Before: tx_ipsec 10, rx_ipsec 9
 Transmitted: 5 packets, 5 of them by the hardware
    Received: 5 packets, 5 of them by the hardware
       After: tx_ipsec 15, rx_ipsec 14
     Verdict: offloaded, 100.0 % of the packets went through the hardware
END
check "offloaded is fine" status_is 0
check "without pings polkit is not asked" last_call 'Verify bond0 silent {}'
ctl verify --probe bond0
check "the policy's address is pinged on request" last_call 'Verify bond0 interactive {"probe":true}'
ctl verify --probe=198.51.100.2 --count=3 --within "1min 500ms" bond0
check "so is another, so often, so long" last_call \
	'Verify bond0 interactive {"address":"198.51.100.2","count":3,"probe":true,"within_usec":60500000}'
ctl verify --json=short bond0
check "as JSON it is the proof" json '[.bond, .verdict, .tx_hardware] | join(" ")' "bond0 offloaded 5"
ctl verify --json=short
check "of all bonds, a list of them" json '.proofs | length' 2
for option in --count=0 --count=x --within=soon --within=0; do
	ctl verify $option bond0
	check "verify $option is wrong usage" status_is 2
done
vary '.Verify = [{error: ["org.freedesktop.DBus.Error.InvalidArgs", "The policy names no address to probe"]}]'
ctl verify --probe bond0
check "what the daemon finds wrong usage is one" status_is 2
check "with its words" complains 'names no address'
check "and how to name one" complains 'verify bond0 --probe=ADDRESS'
vary '.Verify[0].reply |= . + {verdict: "unknown", reason: "the bond has no active port", port: ""}'
ctl verify bond0
check "without an active port more packets are no advice" not complains 'Without packets|pings'
check "but a look at the ports is" complains 'esp-offloadctl status bond0'
vary '.Verify[0].reply |= . + {verdict: "unknown", reason: "no packets"}'
ctl verify bond0
check "unknown is not provable now" status_is 5
check "with its reason" says 'Verdict: unknown: no packets'
check "and what to do" complains 'verify bond0 --probe=ADDRESS'
vary '.Verify[0].reply |= . + {verdict: "unknown", reason: "no packets", probes_sent: 5, probes_answered: 0}'
ctl verify --probe bond0
check "pings are told of" says '       Pings: 5 sent, 0 answered'
check "those that nobody answered may say something of the tunnel" complains 'ipsec trafficstatus'
vary '.Verify[0].reply |= . + {verdict: "unknown", reason: "no ping could be sent: EPERM", probes_sent: 0, probes_answered: 0}'
ctl verify --probe bond0
check "where none was sent nothing is known" status_is 5
check "which is said of them, not of the tunnel" complains 'was not pinged'
check "and of that nothing" not complains 'ipsec trafficstatus'
vary '.Verify[0].reply |= . + {verdict: "offloaded", reason: "", sas_idle: 3}'
ctl verify bond0
check "SAs that carried nothing are told of" \
	says '100\.0 % of the packets went through the hardware \(3 SAs idle\)$'
vary '.Verify[0].reply |= . + {verdict: "offloaded", reason: "", sas_idle: 1}'
ctl verify bond0
check "a single one as well" says 'the hardware \(1 SA idle\)$'
vary '.Verify[0].reply |= . + {verdict: "partial", ratio: 0.5}'
ctl verify bond0
check "partial is not offloaded" status_is 4
play "$here/scenarios/troubles.json"
ctl verify bond10
check "software is not offloaded" status_is 4
check "and what to do is said" complains 'esp-offloadctl check bond10'

# ---- failovers ----
play "$here/scenarios/usual.json"
ctl failovers bond0
check "failovers are listed" prints <<'END'
TIME                BOND  FROM TO  CAUSE          WITHOUT PORT VERDICT  AFTER SAS               REMARK
2026-01-02 03:03:20 bond0 ix0  ix1 administrative            - -            - -                 -
2026-01-02 03:04:05 bond0 ix1  ix0 carrier              200 ms software 1.1 s 2 of 4, 1 refused No space for SA in Tx table
END
check "all of them" last_call 'GetFailovers bond0 silent 0'
ctl failovers
check "those of several bonds are in the order of time" equals \
	"bond0 bond1 bond0 bond1" "$(awk 'NR > 1 { print $3 }' "$work/out" | xargs)"
ctl failovers bond0 --since "2026-01-02 03:04"
check "--since goes to the daemon" last_call 'GetFailovers bond0 silent 1767323040000000'
ctl failovers bond0 --since @7
check "in seconds too" last_call 'GetFailovers bond0 silent 7000000'
ctl failovers bond0 --since never
check "a time that is none is wrong usage" status_is 2
ctl failovers bond0 --json=short
check "as JSON with the bond's name" json '.failovers[1] | [.bond, .id, .verdict] | join(" ")' "bond0 2 software"
vary '.GetFailovers[0].reply[1] += {sas_before: 2, sas_after: 2, sas_refused: 0, sas_idle: 2, kernel: "",
	reason: "the active port cannot offload ESP", xfrm_errors: "XfrmInNoStates +5"}'
ctl failovers bond0
check "where the kernel said nothing the reason is shown, with the hint of its counters" \
	says 'software 1.1 s 2, 2 idle +the active port cannot offload ESP; XfrmInNoStates \+5$'
vary '.GetFailovers[0].reply[1] |= (.cause = "reconstructed" | del(.outage_usec))'
ctl failovers bond0
check "an outage that nobody saw has no length" says 'ix0 reconstructed +unknown software'
vary '.GetFailovers = [{reply: []}]'
ctl failovers
check "none at all is fine" status_is 0
check "and said" prints <<<"No failover."
play "$here/scenarios/troubles.json"
ctl failovers bond10
check "who may not ask is told to be root" complains 'polkit says no'
check "which is an error" status_is 1

# ---- a full disk ----
play "$here/scenarios/usual.json"
for words in "status bond0" "check bond0" "plan bond0" "verify bond0" metrics "config show" "config validate" \
	"conn list" "conn show office" "conn set -n office esn=no"; do
	full=() # what needs no daemon
	case $words in conf* | conn*) full=("--root=$work/full") ;; esac
	mkdir -p "$work/full/etc"
	printf 'conn office\n\tleft=192.0.2.1\n' >"$work/full/etc/ipsec.conf"
	# shellcheck disable=SC2086 # words of a command
	timeout 60 "$CTL" $words "${full[@]}" >/dev/full 2>"$work/err"
	status=$? err=$(cat "$work/err")
	check "$words that cannot be written is an error" status_is 1
	check "which is said ($words)" complains 'Cannot (write|print)'
done

finish
