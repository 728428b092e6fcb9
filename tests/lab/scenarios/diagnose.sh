# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 900
# What keeps a tunnel from coming up, or from carrying anything, made for real between two plutos:
# "esp-offloadctl diagnose" must name it first, and soon.

# shellcheck source=tests/lab/guest/lab/diagnose.sh
. /lab/diagnose.sh

## All is well

check "the tunnel is up" established
pings 3
check "a tunnel that is up has no fault" names ""
check "and all packets pass" contains "$(jq -r '.rows[] | select(.step == "mtu") | .seen' $said)" \
	'up to 14[0-9]+ bytes pass .*AES|rfc4106'
check "what was not looked at is told" contains "$(esp-offloadctl diagnose --all example)" \
	'skipped +Bringing it up: it is up'

check "that they moved is told" contains "$(jq -r '.rows[] | select(.step == "tunnel") | .seen' $said)" \
	'; in [0-9.]+ s [1-9][0-9]* packets came in and [1-9][0-9]* went out'

## A tunnel that worked

rules peer output meta l4proto esp drop
check "a firewall on the way that begins to drop ESP" names esp-silence
check "what left and what came is told" tells 'packets left this host as ESP, and none came in'
check "that the peer is there, too" tells 'the peer is there and answers IKE; a firewall on the way'
rules peer
rules here output meta l4proto esp drop
check "a rule of this host that begins to drop ESP" names firewall-rule
check "that rule is told" tells 'drops ESP that this host sends: .*meta l4proto esp drop'
rules here
pings 3

## The kernel

ip xfrm state flush
check "SAs flushed under pluto" names kernel-lost

## Firewalls

with
rules here output udp dport 500 drop
check "a rule of this host that drops IKE" names firewall-rule --up
check "the rule is told" tells 'udp dport 500 drop'
rules here input udp sport 500 reject
check "a rule of this host that rejects the answers" names firewall-rule
rules here
iptables -I OUTPUT -p udp -m multiport --dports 500,4500 -j DROP
check "a rule of iptables" names firewall-rule
check "it is told as iptables has it" tells 'iptables -t filter -A OUTPUT .*--dports 500,4500 -j DROP'
iptables -F
iptables-legacy -I OUTPUT -p udp --dport 500 -j DROP
check "a rule of the older iptables" names firewall-rule
iptables-legacy -F
# What was refused before is still being tried, and would get through now.
with
rules here
rules peer input udp dport 500 drop
check "a firewall on the way" names silence --up --capture=15
check "the line for tcpdump has the device" tells 'tcpdump -i bond0 .*esp or udp port 500'
check "packets that went out were captured" contains \
	"$(jq -r '.rows[] | select(.id == "capture") | .evidence' $said)" '192.0.2.1.500 > 192.0.2.2.500'
# Else the peer's own half of a tunnel takes up the ICMP message.
peer ipsec auto --replace example >/dev/null
rules peer input udp dport 500 reject
check "a firewall that rejects" names peer-rejects --up
check "who it was is told" tells 'the peer 192.0.2.2 itself'
rules peer
systemctl stop peer-ipsec
check "a peer without an IKE daemon" names peer-rejects --up
systemctl start peer-ipsec
wait_for 30 peer ipsec whack --trafficstatus

## This host's own mistakes

ipsec auto --delete example >/dev/null
check "a conn that was not loaded" names not-loaded
written left=203.0.113.9
check "an address that is not of this host" names unoriented --up
written right=%any
check "a peer without an address" names no-peer-address --up
with
: >/etc/ipsec.d/lab.secrets
secrets
check "no pre-shared key" names psk-missing --up
restore /etc/ipsec.d >/dev/null
secrets
with

## Mismatches

written ike=aes256-sha1-modp2048
check "other IKE algorithms" names ike-proposal --up
check "what is offered here is told" tells 'ike=aes256-sha1-modp2048 \(/etc/ipsec.d/example.conf:'
written esp=aes256-sha2
check "other ESP algorithms" names esp-proposal --up
written leftsubnet=10.9.0.0/24 type=tunnel
check "other traffic selectors" names selectors --up
with leftid=@somebody
sed -n 's/^192.0.2.1 192.0.2.2/@somebody 192.0.2.2/p' /etc/ipsec.d/lab.secrets >/tmp/secret
cat /tmp/secret >>/etc/ipsec.d/lab.secrets
secrets
check "an identity that the peer does not know" names authentication --up
check "who calls itself what is told" tells 'calls itself @somebody'
with
sed -i 's/"[^"]*"/"another"/' /etc/ipsec.d/lab.secrets
secrets
check "another pre-shared key" names authentication --up
restore /etc/ipsec.d >/dev/null
secrets
with
written authby=rsasig leftcert=nosuch
check "a certificate that is not there" names certificate-missing --up
with nic-offload=yes
fault "$(active_port)" refuse_sas 8
check "a card that refuses the SA" names sa-refused --up
check "whose it was is told, with its word" tells 'driver ixgbe.*: SA refused, as asked'
fault "$(active_port)" refuse_sas 0
peer_conn_set esp=aes_gcm256-null
with nic-offload=yes esp=aes_gcm256-null
check "a cipher that the card does not take" names sa-refused --up
check "its driver's reason is told" tells 'driver ixgbe.*only supports keys up to 128 bits'

check "no secret was ever told" not grep -q lab-secret-psk $said.all
tell_times
