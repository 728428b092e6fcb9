# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 900
# What others change is noticed, told and repaired; what the policy names no more is taken back; a
# start of a configured host changes nothing.

# shellcheck source=tests/lab/guest/lab/apply.sh
. /lab/apply.sh

reason_has() {
	contains "$(bond_property StateReason)" "$1"
}

# policy_of CONN: for the bond, with that conn.
policy_of() {
	policy "$proof"
	sed -i "s/\[example\]/[$1]/" /etc/esp-offloadd/config.yaml
}

check "both tunnels are up to begin with" tunnels_up
before_mark
policy_of example
check "the daemon starts" start_daemon
check "the bond gets configured" wait_for 90 bond_is State configured
check "all is as it should be" as_should_be
check "the step that interrupts something says what it was" \
	wait_for 20 logged "step $takes_up .*: interrupted: the tunnel of example for [0-9.]+ s" esp-offloadd
check "those that interrupt nothing say so" \
	logged 'step profile .*: interrupted: nothing' esp-offloadd
if [ "$takes_up" = replace ]; then
	check "the neighbour's tunnel was not interrupted" not logged 'interrupted: .*neighbour' esp-offloadd
else
	check "nor the neighbour's left out" logged 'interrupted: .*neighbour for [0-9.]+ s' esp-offloadd
fi

# Drift.
forget
sed -i 's/nic-offload=yes/nic-offload=no/' "$example_conf"
check "a changed conn is told" wait_for 60 logged 'changed by somebody: .*conn example' esp-offloadd
check "and not repaired at once" grep -q nic-offload=no "$example_conf"
check "but after a while" wait_for 60 as_should_be
check "the bond is configured again" wait_for 90 bond_is State configured
forget
nmcli connection modify bond0 ethtool.feature-esp-hw-offload off
check "a changed profile is told" wait_for 60 logged 'changed by somebody: .*profile' esp-offloadd
check "the second repair waits longer" wait_for 50 reason_has 'repaired in 60 s'
nmcli connection modify bond0 ethtool.feature-esp-hw-offload on
check "what is put right meanwhile needs none" wait_for 50 bond_is State configured
forget
nmcli connection add type ethernet ifname ix2 con-name bond0-ix2 master bond0 slave-type bond >/dev/null
nmcli -w 20 connection up bond0-ix2 >/dev/null
check "a port more is told" wait_for 10 logged 'port ix2 was added' esp-offloadd
nmcli connection delete bond0-ix2 >/dev/null
check "and a port less" wait_for 10 logged 'port ix2 was removed' esp-offloadd

# A start where all is as it should be.
untouched_mark
check "a start takes it as it is" eval 'systemctl restart esp-offloadd; wait_for 60 bond_is State configured'
check "and changes nothing" untouched
check "nothing of the boot is behind it" equals shutdown.target \
	"$(systemctl show -P Before esp-offloadd | tr ' ' '\n' | sort | xargs)"
check "it wants and requires none of what it looks at" \
	not contains "$(systemctl show -p Wants -p Requires -p BindsTo esp-offloadd)" 'ipsec|NetworkManager'

# The bit alone, by a start that knows of no repairs.
forget
ethtool -K bond0 esp-hw-offload off
check "a bit that somebody switched off is told" \
	wait_for 60 logged 'changed by somebody: to be put right: reactivate bond0' esp-offloadd
check "and switched on again" wait_for 60 feature_is bond0 on
check "the bond is configured once more" wait_for 60 bond_is State configured

# The policy names the conn no more, and then the bond.
policy_of 'other*'
forget
check "a policy without the conn is taken" systemctl reload esp-offloadd
check "the conn is as it was" wait_for 60 diff -r /tmp/before/ipsec.d /etc/ipsec.d
check "pluto has it so" wait_for 30 pluto_in_software
check "the feature stays" feature_is bond0 on
# Without the line Libreswan 5 does not offload, and 4 may.
if [ "$(libreswan_major)" -lt 5 ]; then
	check "the journal has how to write no instead" \
		wait_for 10 logged 'esp-offloadctl conn set example nic-offload=no' esp-offloadd
	check "and so has the state" wait_for 10 reason_has 'conn set example nic-offload=no'
fi
check "the tunnels are up" tunnels_up
policy_of example
systemctl reload esp-offloadd
check "with the conn again it is configured again" wait_for 90 bond_is State configured
echo 'version: 1' >/etc/esp-offloadd/config.yaml
check "a policy without the bond is taken" systemctl reload esp-offloadd
check "all is as it was before" wait_for 90 as_before

check "the neighbour's tunnel was not touched in all of this" equals \
	"$(ipsec trafficstatus | grep -c '"neighbour"')" 1
