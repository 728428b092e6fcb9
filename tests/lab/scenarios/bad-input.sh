# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 300
# Broken files, missing things, programs that do not run: the daemon stays up, says what is wrong
# and where, changes nothing, and goes on by itself once what was missing is there.

configuration_valid() {
	equals "b $1" "$(busctl get-property org.espoffload1 /org/espoffload1 org.espoffload1.Manager ConfigurationValid)"
}

# A broken file.
mkdir -p /etc/esp-offloadd
printf 'version: 1\nbonds:\n  bond0:\n    conections: [example]\n    manage: enfroce\n' \
	>/etc/esp-offloadd/config.yaml
untouched_mark
check "the daemon starts with a broken file" start_daemon
check "and stays up" systemctl is-active esp-offloadd
check "it says that the configuration is not valid" configuration_valid false
check "the journal has file, line and column" wait_for 20 logged 'config\.yaml:4:5: error: .*conections' esp-offloadd
check "and what was probably meant" logged 'connections' esp-offloadd
check "and the second mistake, in the same pass" logged 'config\.yaml:5:' esp-offloadd
check "systemctl status says so" contains "$(systemctl show -P StatusText esp-offloadd)" mistakes
check "nothing was changed" untouched
check "a reload with the same mistakes fails" not systemctl reload esp-offloadd
check "and the daemon still stays up" systemctl is-active esp-offloadd

# A bond that does not exist.
cat >/etc/esp-offloadd/config.yaml <<END
version: 1
bonds:
  bond7: {connections: [example]}
END
check "the mended file is taken by a reload" systemctl reload esp-offloadd
check "the configuration is valid now" configuration_valid true
bond_path=/org/espoffload1/bond/bond7
check "an unknown bond has its object, and waits" wait_for 20 bond_is State waiting
check "with a finding that says so" wait_for 20 bond_has_finding bond-exists
check "nothing was changed for it" untouched
ip link add bond7 type bond mode active-backup
check "the bond that appears is seen by itself" wait_for 20 not bond_has_finding bond-exists
ip link del bond7
check "and so is its end" wait_for 20 bond_has_finding bond-exists
bond_path=/org/espoffload1/bond/bond0

# A conn that does not exist, and then does.
mv "$example_conf" /root/example.conf
policy
untouched_mark
systemctl reload esp-offloadd
check "without its conn the bond waits" wait_for 20 bond_is State waiting
check "with a finding that says so" wait_for 20 bond_has_finding conn-exists
check "and nothing is changed" untouched
mv /root/example.conf "$example_conf"
ipsec auto --add example >/dev/null
ipsec auto --up example >/dev/null
check "once the conn is there, the daemon goes on by itself" wait_for 90 bond_is State configured
check "and sets the keyword" grep -q nic-offload=yes "$example_conf"

# NetworkManager is away.
systemctl stop NetworkManager
check "without NetworkManager the bond waits" wait_for 30 bond_is State waiting
check "with a finding that says so" bond_has_finding profile-manager
systemctl start NetworkManager
check "once it is back, the bond is configured" wait_for 60 bond_is State configured

# Libreswan does not run.
systemctl stop ipsec
check "without pluto the bond waits" wait_for 30 bond_is State waiting
check "with a finding that says so" bond_has_finding ipsec-running
check "ipsec is not started by the daemon" not systemctl is-active ipsec
systemctl start ipsec
check "once it is back, the bond is configured" wait_for 60 bond_is State configured
check "the tunnel is up" established
check "and its verdict is not software" not bond_is Verdict software

# A start while the bus's other end is missing leaves nothing behind.
check "the daemon is the same process all the while" \
	equals "$(systemctl show -P MainPID esp-offloadd)" "$(busctl status org.espoffload1 | sed -n 's/^PID=//p')"
check "and was never restarted" equals 0 "$(systemctl show -P NRestarts esp-offloadd)"
