# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 420
# A prerequisite of the procedure that fails: the daemon says which, and changes nothing.

check "the daemon starts" eval 'policy && start_daemon'
check "the bond is configured to begin with" wait_for 90 bond_is State configured
systemctl stop esp-offloadd
rm -rf /var/lib/esp-offloadd
restore "${lab_files[@]}" >/dev/null
nmcli connection reload
systemctl restart ipsec
check "the tunnel is back without the keyword" established

# refuses FINDING: blocked with that finding first, nothing changed.
refuses() {
	systemctl start esp-offloadd
	check "$2: the bond is blocked" wait_for 60 bond_is State blocked
	check "$2: the finding is $1" bond_has_finding "$1"
	check "$2: nothing is changed" untouched
	check "$2: check names it first" equals "$1" \
		"$(esp-offloadctl check --json=short bond0 | jq -r '.. | objects | .id? // empty' | head -n 1)"
	systemctl stop esp-offloadd
}

# A port of another driver.
nmcli connection add type ethernet ifname ix3 con-name bond0-ix3 master bond0 slave-type bond >/dev/null
nmcli -w 20 connection up bond0-ix3 >/dev/null
untouched_mark
refuses port-driver "a port that ixgbe does not drive"
nmcli connection delete bond0-ix3 >/dev/null
wait_for 10 not test -e /sys/class/net/bond0/lower_ix3

# Libreswan's defaults do not fit the card.
conn_set type=tunnel
untouched_mark
refuses conn-type "a conn in tunnel mode"
conn_set type=transport
conn_set esn=either
untouched_mark
refuses conn-esn "a conn that prefers ESN"
conn_set esn=no
conn_set esp=aes_gcm256
untouched_mark
refuses conn-esp "a conn with 256-bit keys"
conn_set esp=aes_gcm128-null

# A conn that is there twice.
sed 's/^conn example/conn example/' "$example_conf" >/etc/ipsec.d/zz-again.conf
untouched_mark
refuses conn-unique "a conn that is defined twice"
rm /etc/ipsec.d/zz-again.conf

# Another mode of the bond.
nmcli connection modify bond0 +bond.options mode=balance-rr
nmcli -w 30 connection up bond0 >/dev/null
untouched_mark
refuses bond-mode "a bond in another mode"
wait_for 40 profile_has GENERAL.STATE activated

# What the policy may put right, and does.
restore "${lab_files[@]}" >/dev/null
nmcli connection reload
nmcli -w 30 connection up bond0 >/dev/null
wait_for 20 eval 'ip -4 address show bond0 | grep -q "$host_address/"'
conn_set esn=either
conn_set esp=
policy "ensure: {esn: no, esp: aes_gcm128-null}" "proof: {within: 30s, probe: {address: $peer_address}}"
out=$(esp-offloadctl plan --json=off bond0 2>/dev/null)
check "ensure: nothing blocks, the plan has the edit of esn" contains "$out" '^ *\+.*esn=no$'
check "ensure: and of esp" contains "$out" '^ *\+.*esp=aes_gcm128-null$'
check "ensure: the plan has changed nothing" not grep -qE 'esn=no|esp=|nic-offload' "$example_conf"
systemctl start esp-offloadd
check "ensure: the bond is configured" wait_for 90 bond_is State configured
check "ensure: the verdict is offloaded" wait_for 30 bond_is Verdict offloaded
check "ensure: three lines were changed, and nothing else" equals "esn=no esp=aes_gcm128-null nic-offload=yes" \
	"$(diff "/lab/pristine$example_conf" "$example_conf" | sed -n 's/^> \t//p' | sort | xargs)"
check "ensure: an empty plan says so" contains "$(esp-offloadctl plan bond0)" 'nothing to do'
check "ensure: the bus has no step either" equals 'aa{sv} 0' \
	"$(busctl call org.espoffload1 "$bond_path" org.espoffload1.Bond Plan)"

# The conn's own address leaves the bond, as with a VRRP daemon that is master no more, and comes again.
ip address del "$host_address/24" dev bond0
check "its own address is gone: the bond waits for it" wait_for 60 bond_is State waiting
check "its own address is gone: that is the finding" bond_has_finding conn-address
ip address add "$host_address/24" dev bond0
check "its own address is back: it goes on by itself" wait_for 60 bond_is State configured
