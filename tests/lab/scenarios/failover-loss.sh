# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 600
# The bond is set down and up by anybody: the kernel drops its offloaded SAs, and pluto believes in
# them. It is an outage, a finding, and with "on-loss" no more than that. There is no probe here:
# what this host sends makes the kernel ask pluto for an SA, and only a silent one stays lost.

# sas_with ADDRESS: the kernel's SAs with that host, by their SPIs.
sas_with() {
	ip xfrm state | awk -v a="$1" '/^src/ { with = $2 == a || $4 == a } /spi/ && with { print $4 }' | sort
}

has_sas() {
	equals "$1" "$(sas_with "$peer_address" | wc -l)"
}

# The rekey that was not heard may get through as well: then there are two pairs.
has_sas_again() {
	[ "$(sas_with "$peer_address" | wc -l)" -ge 2 ] && [ "$(sas_offloaded)" -ge 2 ]
}

last_is() {
	esp-offloadctl failovers bond0 --json=short | jq -e ".failovers[-1] | $1" >/dev/null ||
		{ esp-offloadctl failovers bond0 --json=pretty; return 1; }
}

bounce() {
	forget
	ip link set bond0 down
	sleep 0.5
	ip link set bond0 up
}

# with_policy VALUE: of on-loss, from now on.
with_policy() {
	policy "on-loss: $1" "proof: {within: 10s}"
	systemctl reload esp-offloadd
}

# proven: with some traffic the verdict is that the hardware does the work again.
proven() {
	ping -q -n -i 0.3 -c 200 "$peer_address" >/dev/null 2>&1 &
	local ping=$! status
	wait_for 60 bond_is Verdict offloaded
	status=$?
	kill $ping
	wait $ping
	return $status
}

no_finding() {
	not bond_has_finding sa-lost
}

conn_set nic-offload=yes
systemctl restart ipsec
established && established neighbour
policy "proof: {within: 10s}"
check "the daemon starts" start_daemon
check "the bond gets configured" wait_for 90 bond_is State configured
check "and proven" proven
pid=$(pluto_pid)
neighbour=$(sas_with "$neighbour_address")

# Left to report, it is reported. What the peer sends meanwhile finds no SA, which the kernel counts.
bounce
peer ping -q -n -c 3 -i 0.2 -W 1 "$host_address" >/dev/null 2>&1 &
check "report: what was proven says nothing any more" wait_for 20 bond_is Verdict unknown
check "report: the kernel has lost the SAs" has_sas 0
check "report: it is a finding" wait_for 40 bond_has_finding sa-lost
check "report: an outage, from and to the same port" wait_for 10 last_is \
	'.from == "ix0" and .to == "ix0" and .cause == "administrative" and .outage_usec > 300000'
check "report: the record tells of two SAs before and none after" wait_for 60 last_is \
	'.verdict == "unknown" and .sas_before == 2 and .sas_after == 0'
check "report: and of the packets that found none" last_is '.xfrm_errors | test("^XfrmInNoStates [+][1-9]")'
check "report: that is all" has_sas 0
check "report: the state is what it was" bond_is State configured
check "report: pluto has noticed nothing" tunnel_up

# The policy wants them rekeyed: what was lost before counts as well.
with_policy rekey
check "rekey: the kernel has SAs again" wait_for 60 has_sas 2
check "rekey: with offload" equals 2 "$(sas_offloaded)"
check "rekey: the verdict is offloaded" proven
check "rekey: the finding is gone" wait_for 20 no_finding
check "rekey: a step says so in the journal" logged "step rekey example: done"
bounce
check "rekey: a second loss is mended by itself" wait_for 60 has_sas 2
check "rekey: and proven" proven
# On a slow machine the time of the proof is over before the tunnel is back.
check "rekey: the record has the outage, and how it ended" last_is \
	'.cause == "administrative" and .outage_usec > 300000 and .sas_before == 2 and
	([.verdict, .sas_after] == ["offloaded", 2] or [.verdict, .sas_after] == ["unknown", 0])'
check "rekey: 10 pings are counted" offloads "$(active_port)"
check "rekey: pluto is the same process" equals "$pid" "$(pluto_pid)"
check "rekey: the neighbour's SAs are the same" equals "$neighbour" "$(sas_with "$neighbour_address")"
wait_for 20 bond_is State configured

# Or replaced.
with_policy replace
wait_for 40 bond_is State configured
bounce
check "replace: a step mends it" wait_for 60 logged "step replace example: done"
check "replace: and it is proven" proven
check "replace: 10 pings are counted" offloads "$(active_port)"
check "replace: pluto is the same process" equals "$pid" "$(pluto_pid)"
check "replace: the neighbour's SAs are the same" equals "$neighbour" "$(sas_with "$neighbour_address")"

# A peer that does not answer: said, and nothing is held for it.
with_policy rekey
wait_for 40 bond_is State configured
peer nft add table inet deaf
peer nft 'add chain inet deaf in { type filter hook input priority 0; }'
peer nft add rule inet deaf in udp dport 500 drop
bounce
check "a deaf peer: the repair fails" wait_for 90 logged "step rekey example: failed"
check "a deaf peer: the bond stays configured" wait_for 60 bond_is State configured
peer nft delete table inet deaf
bounce
check "it hears again: the next loss is mended" wait_for 90 has_sas_again
check "it hears again: pings are answered" wait_for 20 pings 5
check "the kernel has no complaints" no_complaints
