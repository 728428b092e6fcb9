# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 900
# A system-wide crypto policy that has no AES-GCM-128: "diagnose" must name it first; and how it is left,
# and returned to. Then the same question over the bus, to the worker in its sandbox.

# shellcheck source=tests/lab/guest/lab/diagnose.sh
. /lab/diagnose.sh

## The crypto policy

policies=/etc/crypto-policies
mkdir -p $policies/back-ends $policies/state
echo FUTURE >$policies/state/current
printf 'conn %%default\n\tesp=aes_gcm256-null\n' >$policies/back-ends/libreswan.config
sed -i "1i include $policies/back-ends/libreswan.config" /etc/ipsec.conf
peer_conn_set esp=aes_gcm256-null
with esp=
ipsec auto --up example >/dev/null
check "a tunnel with what the crypto policy gives" established
told="policy FUTURE .*esp=aes_gcm256-null \\(crypto policy, $policies/back-ends/libreswan.config:2"
if [ "$(libreswan_major)" -lt 5 ]; then
	check "a crypto policy without AES-GCM-128" names crypto-policy
	check "its name is told, and where it stands" tells "$told"
else
	# It is a fault where offload is asked for, which a conn does only by its own words.
	check "a crypto policy without AES-GCM-128 is no fault of a conn in software" names ""
	check "its name is told, and where it stands" contains "$(jq -r .summary "$said")" "$told"
fi
cp /etc/ipsec.conf /tmp/ipsec.conf
esp-offloadctl conn crypto-policy -n off >/dev/null
check "a dry run changes nothing" cmp /tmp/ipsec.conf /etc/ipsec.conf
esp-offloadctl conn crypto-policy off >/dev/null
check "the policy can be left" grep -qx "#include $policies/back-ends/libreswan.config" /etc/ipsec.conf
check "then it gives the conn nothing any more" contains \
	"$(esp-offloadctl diagnose --all example)" 'no system-wide crypto policy is in force'
esp-offloadctl conn crypto-policy on >/dev/null
check "and be returned to" cmp /tmp/ipsec.conf /etc/ipsec.conf
rm -rf $policies
restore /etc/ipsec.conf >/dev/null
peer_conn_set esp=

## Over the bus

# asks KEY TYPE VALUE...: Diagnose(), with these options; as JSON.
asks() {
	busctl --json=short --timeout=180 call org.espoffload1 /org/espoffload1 \
		org.espoffload1.Manager Diagnose 'sa{sv}' example $(($# / 3)) "$@" >$said 2>&1
	cat $said >>$said.all
}

# answered CAUSE: that is what was named first.
answered() {
	equals "$1" "$(jq -r '.data[0][0].cause.data' $said)" || {
		cat $said
		return 1
	}
}

# row STEP: what is seen there.
row() {
	jq -r --arg step "$1" '.data[0][1:][] | select(.step.data == $step) | .status.data, .seen.data' $said
}

nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@" 2>&1
}

policy 'manage: monitor'
check "the daemon starts" start_daemon
with
iptables -I OUTPUT -p udp --dport 500 -j DROP
asks up b true
check "the worker names a rule of iptables, in its sandbox" answered firewall-rule
check "and reads what pluto said of it" contains "$(jq -c . $said)" 'Operation not permitted|will wait'
iptables -F
# What was tried before is not to be in the way; on a busy machine pluto may need more than one try.
with
brings_up() {
	asks up b true
	answered ""
}
check "without it, it brings the tunnel up" wait_for 120 brings_up
check "it pings through it" contains "$(row mtu)" '^ok|packets of up to 14[0-9]+ bytes pass'
check "it sees the kernel's SAs" contains "$(row kernel)" 'pluto and the kernel agree on'

# refused OPTION...: to those who are nobody, by polkit.
refused() {
	contains "$(nobody busctl --timeout=60 call org.espoffload1 /org/espoffload1 \
		org.espoffload1.Manager Diagnose 'sa{sv}' example "$@")" 'Access denied|Not authorized'
}

told() {
	contains "$(nobody esp-offloadctl diagnose example)" '^conn example: no fault was found'
}

check "for others than root polkit is asked" refused 0
check "and esp-offloadctl says so" contains "$(nobody esp-offloadctl diagnose example)" 'Not authorized'
mkdir -p /etc/polkit-1/rules.d
cat >/etc/polkit-1/rules.d/10-lab.rules <<'END'
polkit.addRule(function (action, subject) {
	if (action.id == "org.espoffload1.inspect" && subject.user == "nobody")
		return polkit.Result.YES;
});
END
check "who is allowed to look is told" wait_for 30 told
check "and may not bring it up for that" refused 1 up b true
rm /etc/polkit-1/rules.d/10-lab.rules
check "no secret was ever told" not grep -q lab-secret-psk $said.all
tell_times
