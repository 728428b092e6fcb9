# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 900
# Somebody undoes two repairs: the third is not made, and a finding says so, until somebody asks. The
# bit alone is switched, which needs the least time; each repair waits longer than the one before.

# shellcheck source=tests/lab/guest/lab/apply.sh
. /lab/apply.sh

policy "activation: live" "$proof"
check "the daemon starts" start_daemon
check "the bond gets configured" wait_for 90 bond_is State configured
for wait in 2 60; do
	forget
	ethtool -K bond0 esp-hw-offload off
	check "repair after $wait s: what was changed is told" \
		wait_for 60 logged 'changed by somebody: to be put right: live bond0' esp-offloadd
	check "repair after $wait s: it is made" wait_for $((wait + 60)) feature_is bond0 on
	check "repair after $wait s: the bond is configured" wait_for 60 bond_is State configured
done
forget
ethtool -K bond0 esp-hw-offload off
check "the third is told" wait_for 60 logged 'once more, and not repaired any more: live bond0' esp-offloadd
check "it is a finding" wait_for 20 bond_has_finding drift-fight
sleep 130
check "nothing is repaired in twice the time of before" feature_is bond0 off
check "who asks has it made" esp-offloadctl apply bond0
check "and the bond is configured" wait_for 60 bond_is State configured
check "with the bit on" feature_is bond0 on
check "and no finding any more" not bond_has_finding drift-fight
check "the tunnels are up" tunnels_up
