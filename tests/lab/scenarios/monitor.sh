# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 400
# manage: monitor looks and proves, and changes nothing.

# shellcheck source=tests/lab/guest/lab/apply.sh
. /lab/apply.sh

reason_has() {
	contains "$(bond_property StateReason)" "$1"
}

# pluto_looks_again: the pluto of 5.x looks at conns and devices only as it starts.
pluto_looks_again() {
	[ "$(libreswan_major)" -lt 5 ] || { systemctl restart ipsec && tunnels_up; }
}

untouched_mark
policy "manage: monitor" "proof: {within: 30s, probe: {address: $peer_address}}"
check "the daemon starts" start_daemon
check "the bond waits, for nothing is applied" wait_for 60 reason_has monitor
check "the plan is shown" contains "$(esp-offloadctl plan bond0 2>&1)" 'nic-offload=yes'
check "asking for it all the same is refused" not esp-offloadctl apply bond0
check "nothing is changed" untouched
# The pluto of 4.x offloads without being told, where the kernel's bit was on when it started; that of 5.x
# does not.
verdict=offloaded status=0
[ "$(libreswan_major)" -lt 5 ] || verdict=software status=4
check "what the hardware does is proven all the same" equals $status \
	"$(esp-offloadctl verify --probe bond0 >/tmp/verify.out 2>&1; echo $?)"
# The last answers may be under way when there is a verdict; how they are counted is for tests/bus.
check "and who asked is told of the pings" \
	grep -qE 'Pings: [1-9][0-9]* sent, [1-9][0-9]* answered' /tmp/verify.out
check "and the verdict stands on the bus" bond_is Verdict $verdict
check "a failover is followed" eval 'cut_cable ix0; wait_for 10 bond_is ActivePort ix1'
mend_cable ix0
check "nothing is changed by then" untouched

# Somebody else makes it so, and another switches the bit alone off.
conn_set nic-offload=yes
nmcli connection modify bond0 ethtool.feature-esp-hw-offload on
pluto_looks_again
check "a bond that somebody else has made so is configured" wait_for 30 bond_is State configured
forget
ethtool -K bond0 esp-hw-offload off
check "the bit that is switched off then is told" \
	wait_for 60 logged 'changed by somebody: to be put right: reactivate bond0' esp-offloadd
check "and stays, for nothing is applied" eval 'wait_for 20 reason_has monitor && feature_is bond0 off'

# The policy is in force where all is right: so it is left by a revert, whoever changes it between.
systemctl stop esp-offloadd
ethtool -K bond0 esp-hw-offload on
pluto_looks_again
policy "activation: live" "$proof"
check "it is applied where nothing is to be done" work --apply bond0
check "which is noted" grep -q '"key":"nic-offload"' "$journals/undo-bond0.jsonl"
check "and nothing done" not has_told '"report":"step"'
conn_set nic-offload=no
nmcli connection modify bond0 ethtool.feature-esp-hw-offload off
ethtool -K bond0 esp-hw-offload off
check "what somebody has changed since is repaired" eval 'work --apply bond0; outcome_is applied'
check "a revert has nothing to do" revert
check "and interrupts nothing" not has_told '"report":"step"'
check "the conn is right still" grep -q '^[[:space:]]*nic-offload=yes$' "$example_conf"
check "so is the profile" own_profile_is "on activated"
check "and the bit" feature_is bond0 on
check "nothing is left to be taken back" equals "" "$(ls "$journals"/undo-* 2>/dev/null)"
check "the tunnel is up" established example 30
