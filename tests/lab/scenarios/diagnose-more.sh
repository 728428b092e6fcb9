# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 900
# What keeps a tunnel that is up from carrying all that it should, and what only IKEv1 has: "diagnose"
# must name it first.

# shellcheck source=tests/lab/guest/lab/diagnose.sh
. /lab/diagnose.sh

## Packet sizes

with
check "a tunnel that --up brings up has no fault" wait_for 120 names "" --up
check "the tunnel is up" established
legacy=$(readlink -f /usr/sbin/iptables-legacy-save)
iptables-legacy -I OUTPUT -p udp --dport 9 -j DROP
mount --bind /bin/false "$legacy"
check "rules of the older iptables that cannot be read are no fault" names ""
check "and are told" contains "$(jq -r '.rows[] | select(.step == "firewall") | .seen' $said)" \
	'not all could be read: the tables of the older iptables'
umount "$legacy"
iptables-legacy -F
rules peer prerouting meta length gt 1300 drop
check "a path that swallows long packets" names path-mtu
mtu=$(jq -r .mtu $said)
# The peer decrypts before its rules are asked: they see the inner packet.
check "the mtu= is what fits" equals 1300 "$mtu"
esp-offloadctl diagnose --apply-mtu example >>$said.all 2>&1
check "--apply-mtu writes it" grep -qx $'\t'"mtu=$mtu" $example_conf
rules peer

## NAT, with a tunnel between two networks

ip address add 10.9.0.1/24 dev lo
peer ip address add 10.8.0.1/24 dev lo
peer_conn_set type=tunnel
peer_conn_set leftsubnet=10.8.0.0/24
peer_conn_set rightsubnet=10.9.0.0/24
with leftsubnet=10.9.0.0/24 rightsubnet=10.8.0.0/24 type=tunnel
ipsec auto --up example >/dev/null
check "a tunnel between two networks" established
check "it has no fault" names "" --to=10.8.0.1
iptables -t nat -I POSTROUTING -o $bond -j MASQUERADE
check "a MASQUERADE in the way" names nat-rule --to=10.8.0.1
remedy=$(jq -r '.remedy' $said)
check "the rule that exempts the tunnel is told" contains "$remedy" \
	'iptables -t nat -I POSTROUTING -s 10.9.0.0/24 -d 10.8.0.0/24 -j RETURN'
${remedy#*: } >/dev/null
check "and helps" names "" --to=10.8.0.1
iptables -t nat -F
ip address del 10.9.0.1/24 dev lo
peer ip address del 10.8.0.1/24 dev lo
for key in type=transport leftsubnet= rightsubnet=; do
	peer_conn_set $key
done

## IPv6

sysctl -q net.ipv6.conf.$bond.disable_ipv6=0
peer sysctl -q net.ipv6.conf.br0.disable_ipv6=0
ip address add 2001:db8::1/64 dev $bond nodad
peer ip address add 2001:db8::2/64 dev br0 nodad
ipsec whack --listen >/dev/null
peer ipsec whack --listen >/dev/null
six=(leftid=192.0.2.1 rightid=192.0.2.2 left=2001:db8::1 right=2001:db8::2)
for change in leftid=192.0.2.2 rightid=192.0.2.1 left=2001:db8::2 right=2001:db8::1; do
	peer_conn_set $change
done
with "${six[@]}"
rules here output ip6 nexthdr udp udp dport 500 drop
check "between IPv6 ends, a rule that drops IKE" names firewall-rule
check "what lets it through is told" tells 'ip6 daddr 2001:db8::2 udp dport'
rules here output ip protocol udp drop
check "and a rule about IPv4 is not blamed" wait_for 120 names "" --up
rules here
rules peer output meta l4proto esp drop
check "ESP of IPv6 that is dropped on the way" names esp-silence
rules peer
for change in leftid= rightid= left=192.0.2.2 right=; do
	peer_conn_set $change
done
ip address del 2001:db8::1/64 dev $bond
peer ip address del 2001:db8::2/64 dev br0

## IKEv1, which both ends have to allow first, and TCP, which both have to listen to

lines='/^config setup/a\\tikev1-policy=accept\n\tlisten-tcp=yes'
sed -i "$lines" /etc/ipsec.conf
cp /etc/peer/ipsec.conf /tmp/peer.conf
sed "$lines" /tmp/peer.conf >/etc/peer/ipsec.conf
mkdir /var/log/elsewhere
sed -i '/^config setup/a\\tlogfile=/var/log/elsewhere/pluto.log' /etc/ipsec.conf
systemctl restart ipsec peer-ipsec
wait_for 30 peer ipsec whack --trafficstatus
wait_for 30 ipsec whack --trafficstatus
peer_conn_set enable-tcp=yes
with enable-tcp=yes
rules here output 'udp dport { 500, 4500 } drop'
# Debian's kernel has no ESP in TCP. The rules are not to be blamed for it.
check "IKE by TCP, which the kernel cannot do" names tcp-unavailable --up
rules here
peer_conn_set enable-tcp=
with ikev2=no ike=aes128-sha2_256-modp2048
check "a peer that speaks IKEv2 only" names ike-version --up
written
peer_conn_set ikev2=no
peer_conn_set ike=aes128-sha2_256-modp2048
check "a peer that speaks IKEv1 only" names ike-version --up
sed -i 's/"[^"]*"/"another"/' /etc/ipsec.d/lab.secrets
secrets
with ikev2=no ike=aes128-sha2_256-modp2048
check "another pre-shared key with IKEv1" names psk-differs --up
check "and afterwards, from the file where pluto logs" names psk-differs

## What must not be

printf '#!/bin/sh\nsleep 100\n' >/tmp/hangs
chmod 755 /tmp/hangs
allowed=$(limit)
mount --bind /tmp/hangs /usr/sbin/ipsec
check "an ipsec command that hangs" names ipsec-hangs --up
check "that it does not wait for pluto is told" tells 'ipsec --version, which does not ask pluto'
umount /usr/sbin/ipsec
pkill -STOP -x pluto
check "a pluto that hangs" names ipsec-hangs --up
check "is told as that" tells 'pluto hangs: it does not answer'
pkill -CONT -x pluto
allowed=
setpriv --reuid=65534 --clear-groups esp-offloadctl diagnose --all example >$said 2>&1
cat $said >>$said.all
check "who is not root is told what could not be looked at" grep -qE 'skipped .*root' $said
check "no secret was ever told" not grep -q lab-secret-psk $said.all
tell_times
