# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 300
# A system-wide crypto policy that has no AES-GCM-128: "diagnose" must name it first; and how it is left,
# and returned to.

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
check "a crypto policy without AES-GCM-128" names crypto-policy
check "its name is told, and where it stands" tells \
	"policy FUTURE .*esp=aes_gcm256-null \\(crypto policy, $policies/back-ends/libreswan.config:2"
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
