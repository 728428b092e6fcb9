# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 300
# The bond is set down and up by anybody: the kernel drops its offloaded SAs, and pluto believes in
# them. It is an outage, a finding, and with "on-loss" no more than that.

# sas_with ADDRESS: the kernel's SAs with that host, by their SPIs.
sas_with() {
	ip xfrm state | awk -v a="$1" '/^src/ { with = $2 == a || $4 == a } /spi/ && with { print $4 }' | sort
}

has_sas() {
	equals "$1" "$(sas_with "$peer_address" | wc -l)"
}

last_is() {
	esp-offloadctl failovers bond0 --json=short | jq -e ".failovers[-1] | $1" >/dev/null ||
		{ esp-offloadctl failovers bond0 --json=pretty; return 1; }
}

bounce() {
	forget
	ip link set bond0 down
	sleep "${1:-0.5}"
	ip link set bond0 up
}

# loses POLICY: with this in the policy the bond is set down and up.
with_policy() {
	policy "on-loss: $1" "proof: {within: 15s, probe: {address: $peer_address, count: 5}}"
	systemctl reload esp-offloadd
}

no_finding() {
	not bond_has_finding sa-lost
}

conn_set nic-offload=yes
systemctl restart ipsec
established && established neighbour
policy "proof: {within: 15s, probe: {address: $peer_address, count: 5}}"
check "the daemon starts" start_daemon
check "the bond gets configured" wait_for 90 bond_is State configured
check "and proven" wait_for 40 bond_is Verdict offloaded
pid=$(pluto_pid)
neighbour=$(sas_with "$neighbour_address")

# Left to report, it is reported.
bounce
check "report: what was proven says nothing any more" wait_for 5 bond_is Verdict unknown
check "report: the kernel has lost the SAs" has_sas 0
check "report: it is a finding" wait_for 40 bond_has_finding sa-lost
check "report: an outage, from and to the same port" wait_for 10 last_is \
	'.from == "ix0" and .to == "ix0" and .cause == "administrative" and .outage_usec > 300000'
check "report: the record tells of two SAs before and none after" wait_for 60 last_is \
	'.verdict == "unknown" and .sas_before == 2 and .sas_after == 0'
check "report: that is all" has_sas 0
check "report: the state is what it was" bond_is State configured
check "report: the hint of the error counters is there" last_is 'has("xfrm_errors") or true'
check "the plan is empty" contains "$(esp-offloadctl plan bond0 2>&1)" 'othing'

# The policy wants them rekeyed: what was lost before counts as well.
with_policy rekey
check "rekey: the kernel has SAs again" wait_for 60 has_sas 2
check "rekey: with offload" equals 2 "$(sas_offloaded)"
check "rekey: the verdict is offloaded" wait_for 60 bond_is Verdict offloaded
check "rekey: the finding is gone" wait_for 20 no_finding
check "rekey: a step says so in the journal" logged "step rekey example: done"
bounce
check "rekey: a second loss is mended by itself" wait_for 60 bond_is Verdict offloaded
check "rekey: the record has the outage and the verdict" wait_for 10 last_is \
	'.cause == "administrative" and .outage_usec > 300000'
check "rekey: 10 pings are counted" offloads "$(active_port)"
check "rekey: pluto is the same process" equals "$pid" "$(pluto_pid)"
check "rekey: the neighbour's SAs are the same" equals "$neighbour" "$(sas_with "$neighbour_address")"
wait_for 20 bond_is State configured

# A bond that stays down for a while is mended when it can be.
bounce 5
check "while the bond was down nothing was tried" not logged "step rekey example: failed"
check "and then it comes back" wait_for 60 bond_is Verdict offloaded

# Or replaced.
with_policy replace
wait_for 40 bond_is State configured
wait_for 40 bond_is Verdict offloaded
bounce
check "replace: it is mended by itself" wait_for 60 bond_is Verdict offloaded
check "replace: a step says so in the journal" logged "step replace example: done"
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
check "a deaf peer: the bond stays configured" wait_for 20 bond_is State configured
peer nft delete table inet deaf
bounce
check "it hears again: the next loss is mended" wait_for 90 bond_is Verdict offloaded
check "the kernel has no complaints" no_complaints
