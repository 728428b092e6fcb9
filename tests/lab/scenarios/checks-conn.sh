# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 300
# Every prerequisite of a conn that can be taken away here is, one at a time.

# shellcheck source=tests/lab/guest/lab/checks.sh
. /lab/checks.sh

policy

out=$(esp-offloadctl check --json=short bond0 2>/dev/null)
check "nothing blocks to begin with" equals 0 "$(jq '[.findings[] | select(.severity == "blocks")] | length' <<<"$out")"
TIMEFORMAT='%U %S'
used=$({ time esp-offloadctl check bond0 >/dev/null; } 2>&1 | tail -n 1)
say "one check takes $used s of processor time (user, kernel) in this machine, with all programs it asks"

with_key conn-type blocks type=tunnel
with_key conn-phase2 blocks phase2=ah
with_key conn-esp blocks esp=aes_gcm256-null 256
# Its list has AES-GCM-128 as well, and the peer may choose that.
with_key conn-esp warns esp= "Libreswan's own default"
with_key conn-esn blocks esn=yes
with_key conn-esn blocks esn= "Libreswan's own default"
with_key conn-replay warns replay-window=0
with_key conn-compress blocks compress=yes
with_key conn-encapsulation blocks encapsulation=yes
with_key conn-tfc blocks tfc=1400
with_key conn-interface blocks ipsec-interface=yes
with_key conn-ike notes ikev2=no
with_key conn-nm-owned blocks nm-configured=yes
with_key conn-table blocks "leftsubnets={$(printf '10.0.%d.0/24,' {1..1100})}"
with_key conn-address blocks left=192.0.2.99
with_key ipsec-files blocks no-such-key=yes

cp "$example_conf" /etc/ipsec.d/zz-again.conf
names conn-unique blocks "two definitions"
rm /etc/ipsec.d/zz-again.conf

mv "$example_conf" /root/example.conf
names conn-exists blocks "no such conn"
mv /root/example.conf "$example_conf"

printf 'conn shared\n\tnic-offload=no\n\nconn another\n\talso=shared\n' >>"$example_conf"
with_key conn-edit blocks also=shared
restore "$example_conf" >/dev/null

# The system-wide crypto policy, as RHEL's Libreswan takes it in.
mkdir -p /etc/crypto-policies/back-ends
printf 'conn %%default\n\tesp=aes_gcm256-null\n' \
	>/etc/crypto-policies/back-ends/libreswan.config
sed -i '$i include /etc/crypto-policies/back-ends/libreswan.config' /etc/ipsec.conf
with_key conn-esp blocks esp= "system-wide crypto policy"
restore /etc/ipsec.conf >/dev/null
rm -r /etc/crypto-policies
