# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 240
# The main job, once through, by the project's daemon: from a policy to a proof, over failovers,
# and a second start that changes nothing.

cp "$example_conf" /tmp/example.before

mkdir -p /etc/esp-offloadd
cat >/etc/esp-offloadd/config.yaml <<END
version: 1
bonds:
  bond0:
    connections: [example]
    proof: {within: 30s, probe: {address: $peer_address, count: 5}}
END

# Nothing of what the daemon is to do is there before it.
check "the profile has no feature set before" profile_has ethtool.feature-esp-hw-offload ""
check "the conn has no nic-offload before" not grep -q nic-offload "$example_conf"
# The kernel's bit comes with the bond's mode; without it there is a step more to be seen.
ethtool -K bond0 esp-hw-offload off
check "the kernel's bit is off before" equals off "$(feature bond0)"

check "the unit starts" systemctl enable --now esp-offloadd
check "the daemon has its name on the bus" wait_for 10 busctl status org.espoffload1
check "the bond gets configured" wait_for 90 bond_is State configured

check "the profile has the feature" profile_has ethtool.feature-esp-hw-offload on
check "the profile has it on disk" grep -q feature-esp-hw-offload=true "$bond_profile"
check "the kernel has the feature" equals on "$(feature bond0)"
check "the conn has nic-offload=yes once" equals 1 "$(grep -c '^[[:space:]]*nic-offload=yes$' "$example_conf")"
check "and every other byte is as it was" diff <(grep -v nic-offload "$example_conf") /tmp/example.before
check "nothing else lies in /etc/ipsec.d" equals "$(ls -A /lab/pristine/etc/ipsec.d)" "$(ls -A /etc/ipsec.d)"
check "pluto has taken it up" wait_for 10 pluto_offloads
check "the tunnel is up" established
check "all SAs name the offload device" wait_for 10 all_sas_offloaded
check "the verdict is offloaded" wait_for 30 bond_is Verdict offloaded
check "10 pings are counted on the active port, and nowhere else" offloads "$(active_port)"

check "the bus shows the active port" bond_is ActivePort "$(active_port)"
check "the bus shows the feature" equals "b true" "$(bond_property FeatureEnabled)"
check "the bus has each port's driver and firmware on record" contains "$(bond_property Ports)" \
	"\"driver\" s \"ixgbe\" \"driver_version\" s \"[^\"]+\" \"firmware\" s \"[^\"]+\""
check "status exits with 0" esp-offloadctl status
check "status --json says the same" equals offloaded \
	"$(esp-offloadctl status --json=short bond0 | jq -r '.. | objects | .Verdict? // .verdict? // empty' | head -n 1)"

# Failovers: a port goes down.
listen_for_failovers
mark_failovers
port_down ix0
check "a port down is a failover" wait_for 10 is_active ix1
check "which the daemon follows" wait_for 20 bond_is ActivePort ix1
check "and counts" wait_for 20 failovers_since_mark 1
check "and tells by a signal" wait_for 20 heard_failover ix0 ix1
check "the verdict on the new port is offloaded" wait_for 30 bond_is Verdict offloaded
check "10 pings are counted on the new port, and none on the old" offloads ix1
port_up ix0
wait_for 10 grep -q "MII Status: up" /proc/net/bonding/bond0

# A cable is cut.
cut_cable ix1
check "a cut cable is a failover" wait_for 10 is_active ix0
check "which the daemon follows, too" wait_for 20 bond_is ActivePort ix0
check "and counts, too" wait_for 20 failovers_since_mark 2
check "the cause is the carrier" contains "$(bond_property LastFailover)" '"cause" s "carrier"'
check "the verdict is offloaded again" wait_for 30 bond_is Verdict offloaded
check "10 pings are counted on the port that came back" offloads ix0
mend_cable ix1

# A second start.
quiet_pid=$(pluto_pid)
quiet_conf=$(stat -c '%i %Y %s' "$example_conf")
quiet_profile=$(stat -c '%i %Y' "$bond_profile"; nmcli -g all connection show bond0 | sha256sum)
sas_before=$(ip xfrm state | awk '/spi/ {print $4}' | sort)
check "the unit starts again" systemctl restart esp-offloadd
check "the bond is configured again" wait_for 60 bond_is State configured
check "the verdict is offloaded at once" wait_for 30 bond_is Verdict offloaded
check "the conn's file is the same inode" equals "$quiet_conf" "$(stat -c '%i %Y %s' "$example_conf")"
check "pluto is the same process" equals "$quiet_pid" "$(pluto_pid)"
check "the profile is as it was" equals "$quiet_profile" \
	"$(stat -c '%i %Y' "$bond_profile"; nmcli -g all connection show bond0 | sha256sum)"
check "and so are the SAs" equals "$sas_before" "$(ip xfrm state | awk '/spi/ {print $4}' | sort)"
check "the failovers outlive the restart" failovers_since_mark 2
