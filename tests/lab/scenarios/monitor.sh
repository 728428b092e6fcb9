# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# manage: monitor looks and proves, and changes nothing.

reason_has() {
	contains "$(bond_property StateReason)" "$1"
}

untouched_mark
policy "manage: monitor" "proof: {within: 30s, probe: {address: $peer_address}}"
check "the daemon starts" start_daemon
check "the bond waits, for nothing is applied" wait_for 60 reason_has monitor
check "the plan is shown" contains "$(esp-offloadctl plan bond0 2>&1)" 'nic-offload=yes'
check "asking for it all the same is refused" not esp-offloadctl apply bond0
check "nothing is changed" untouched
# The pluto of 4.x offloads without being told, where the kernel's bit was on when it started.
check "what the hardware does is proven all the same" equals 0 \
	"$(esp-offloadctl verify --probe bond0 >/tmp/verify.out 2>&1; echo $?)"
check "and the verdict stands on the bus" bond_is Verdict offloaded
check "a failover is followed" eval 'cut_cable ix0; wait_for 10 bond_is ActivePort ix1'
mend_cable ix0
check "nothing is changed by then" untouched

# Somebody else makes it so, and another switches the bit alone off.
conn_set nic-offload=yes
nmcli connection modify bond0 ethtool.feature-esp-hw-offload on
check "a bond that somebody else has made so is configured" wait_for 30 bond_is State configured
forget
ethtool -K bond0 esp-hw-offload off
check "the bit that is switched off then is told" \
	wait_for 60 logged 'changed by somebody: to be put right: reactivate bond0' esp-offloadd
check "and stays, for nothing is applied" eval 'wait_for 20 reason_has monitor && feature_is bond0 off'
