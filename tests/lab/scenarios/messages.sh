# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 300
# What pluto says when a tunnel does not come up, with a real pluto at each end: each fault is made,
# and its cause must be the first that is recognised.

probe=$(find /usr/libexec/esp-offloadd-lab /usr/local/libexec/esp-offloadd-lab -name probe-adapters \
	2>/dev/null | head -n 1)
check "the probe is there (meson's option lab)" test -x "$probe"
[ -x "$probe" ] || return 0

# says CAUSE [CONN]: while the conn comes up, that is the first cause.
says() {
	local seen
	seen=$("$probe" up "${2:-example}" "${patience:-6}" 2>&1)
	equals "cause: $1" "$(grep -m 1 '^cause: ' <<<"$seen")" || {
		echo "$seen"
		return 1
	}
}

# with CONN-KEY=VALUE...: the conn, changed like that, and down.
with() {
	local change
	restore $example_conf >/dev/null
	for change; do
		conn_set "$change"
	done
	conn_set auto=add
	"$probe" replace example add was-down >/dev/null
}

# rule CHAIN RULE: a firewall of one rule; none without.
rule() {
	nft flush ruleset
	[ $# -eq 0 ] || nft -f - <<-END
		table inet lab {
			chain c { type filter hook $1 priority 0; ${*:2}; }
		}
	END
}

with
rule output udp dport 500 drop
check "a rule of this host that drops IKE" says local-firewall
with
rule input udp sport 500 drop
check "answers that are dropped on the way" says silence
rule

with
systemctl stop peer-ipsec
check "a peer without an IKE daemon" says peer-rejects
systemctl start peer-ipsec
wait_for 30 peer ipsec whack --ctlsocket /run/pluto/pluto.ctl --trafficstatus

with ike=aes256-sha1-modp2048
check "other IKE algorithms" says ike-proposal
with esp=aes256-sha2
check "other ESP algorithms" says esp-proposal
with leftsubnet=10.9.0.0/24
check "other traffic selectors" says selectors
with leftid=@somebody
secret=$(sed -n 's/^192.0.2.1 192.0.2.2/@somebody 192.0.2.2/p' /etc/ipsec.d/lab.secrets)
echo "$secret" >>/etc/ipsec.d/lab.secrets
ipsec whack --rereadsecrets >/dev/null
check "an identity that the peer does not know" says authentication
with left=203.0.113.9
check "an address that is not of this host" says unoriented
with right=%any
check "a peer without an address" says no-peer-address
check "a conn that is not there" says not-loaded nosuch

with
sed -i 's/"[^"]*"/"another"/' /etc/ipsec.d/lab.secrets
ipsec whack --rereadsecrets >/dev/null
check "another pre-shared key" says authentication
: >/etc/ipsec.d/lab.secrets
ipsec whack --rereadsecrets >/dev/null
check "no pre-shared key" says psk-missing
restore /etc/ipsec.d/lab.secrets >/dev/null
ipsec whack --rereadsecrets >/dev/null

with nic-offload=yes
fault "$(active_port)" refuse_sas 4
check "a card that refuses the SA" says sa-refused
fault "$(active_port)" refuse_sas 0

with
patience=40
check "a tunnel that comes up" not says silence
check "it is up" established
