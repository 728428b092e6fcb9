# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 900
# Every kind of failover: each is one record, with the right cause, verdict and evidence, and its
# figures agree with those of the kernel's SAs and of the card, to the packet.

# record_is CONDITION: of the newest record, in jq's language. record_was: of what it was last.
record_is() {
	esp-offloadctl failovers bond0 --json=short >/run/records
	record_was "$1"
}

record_was() {
	local seen
	seen=$(jq -c ".failovers[-1] | if $1 then \"so\" else . end" /run/records)
	[ "$seen" = '"so"' ] || {
		printf 'wanted: %s\nseen:   %s\n' "$1" "$seen"
		return 1
	}
}

# recorded NAME FROM TO CAUSE VERDICT [CONDITION]: one more record, which says so.
n_records=0
recorded() {
	n_records=$((n_records + 1))
	check "$1: one record more, from $2 to $3 ($4)" wait_for 20 record_is \
		"[.id, .from, .to, .cause] == [$n_records, \"$2\", \"$3\", \"$4\"]"
	check "$1: the verdict is $5" wait_for 60 record_is ".verdict == \"$5\""
	check "$1: and the bond's" wait_for 20 bond_is Verdict "$5"
	check "$1: told as counted" equals "t $n_records" "$(bond_property Failovers)"
	[ -z "${6:-}" ] || check "$1: and what goes with it" record_was "$6"
}

# offloaded NAME FROM TO CAUSE [CONDITION]: such a record, the hardware does all, and to the packet.
offloaded() {
	recorded_offloaded "$@"
	check "$1: card and kernel agree to the packet" carried_by "$3"
}

recorded_offloaded() {
	recorded "$1" "$2" "$3" "$4" offloaded "${5:-}"
	check "$1: its figures are those of five pings" record_was \
		'[.tx_packets, .tx_hardware, .tx_counted] == [5, 5, 5] and .rx_packets <= 5 and
		.rx_packets == .rx_hardware and .rx_packets == .rx_counted'
	check "$1: both SAs are there, before and after" record_was \
		'[.sas_before, .sas_after, .sas_refused] == [2, 2, 0] and (has("kernel") | not)'
}

# refused NAME FROM TO N VERDICT WORDS: such a record, and N of the SAs were refused with words.
refused() {
	recorded "$1" "$2" "$3" request "$5" \
		".sas_after == 2 and .sas_refused == $4 and (.kernel | contains(\"$6\"))"
	check "$1: the dump says offload all the same" equals 2 "$(sas_offloaded)"
	# A rekey gives new SAs to the port, and they open a proof by themselves.
	rekey >/dev/null
	check "$1: a rekey mends it" wait_for 40 bond_is Verdict offloaded
	check "$1: the record stays as it was" record_is ".id == $n_records and .verdict == \"$5\""
}

# proven_once_configured: so the journal has it, in this order.
proven_once_configured() {
	logged 'bond0: (configured|offloaded on)' | sed '1,/configured/d' | grep -q offloaded
}

conn_set nic-offload=yes
systemctl restart ipsec
established
policy "proof: {within: 20s, probe: {address: $peer_address, count: 5}}"
check "the daemon starts" start_daemon
check "the bond gets configured" wait_for 90 bond_is State configured
check "and proven" wait_for 40 bond_is Verdict offloaded

before_it
port_down ix0
offloaded "port down" ix0 ix1 administrative
port_up ix0
wait_for 10 grep -A 1 'Interface: ix0' /proc/net/bonding/bond0

before_it
cut_cable ix1
offloaded "cable cut" ix1 ix0 carrier ".outage_usec == 0"
mend_cable ix1
wait_for 10 eval '! grep -q "MII Status: down" /proc/net/bonding/bond0'

before_it
echo ix1 >/sys/class/net/bond0/bonding/active_slave
offloaded "active_slave written" ix0 ix1 request

before_it
ip link set bond0 type bond primary ix0
offloaded "a primary port" ix1 ix0 primary
activate ix1
recorded "away from the primary port" ix0 ix1 request offloaded
activate ix0
recorded "the primary port by request" ix1 ix0 request offloaded
cut_cable ix0
recorded "the primary port without a link" ix0 ix1 carrier offloaded
mend_cable ix0
recorded "the primary port is back" ix1 ix0 primary offloaded
echo >/sys/class/net/bond0/bonding/primary

before_it
echo ix1 >/sys/class/net/bond0/bonding/active_slave
offloaded "back once more" ix0 ix1 request
before_it
echo ixgbe.1 >/sys/bus/platform/drivers/ixgbe/unbind
offloaded "port taken away" ix1 ix0 administrative
echo ixgbe.1 >/sys/bus/platform/drivers/ixgbe/bind
plug
check "the port comes back" wait_for 30 ports_are "ix0 ix1"
wait_for 20 eval '! grep -q "MII Status: down" /proc/net/bonding/bond0'

before_it
cut_cable ix1
cut_cable ix0
check "all down: no port is active" wait_for 20 bond_is ActivePort ""
check "all down: the verdict is unknown" bond_is Verdict unknown
check "all down: no record yet" equals "t $n_records" "$(bond_property Failovers)"
mend_cable ix1
offloaded "all down" ix0 ix1 carrier ".outage_usec > 100000"
mend_cable ix0
wait_for 20 eval '! grep -q "MII Status: down" /proc/net/bonding/bond0'

fault ix0 refuse_sas 2
activate ix0
refused "both SAs refused" ix1 ix0 2 software "SA refused, as asked"

# Bonding chooses once more, the first port that is well, which it is: it is given the SAs again.
fault ix0 refuse_sas 2
echo >/sys/class/net/bond0/bonding/active_slave
check "chosen anew: SAs that it is refused then are noticed" wait_for 40 bond_is Verdict software
check "chosen anew: that is no failover" equals "t $n_records" "$(bond_property Failovers)"
rekey >/dev/null
check "chosen anew: a rekey mends it" wait_for 40 bond_is Verdict offloaded

fault ix1 refuse_sas 1
activate ix1
refused "one SA refused" ix0 ix1 1 partial "failed to add SA"
nic_parameter max_sas 0
activate ix0
wait_for 10 bond_is ActivePort ix0
sleep 1
nic_parameter max_sas 1024
refused "a full table" ix1 ix0 2 software "No space"

ip link set ix3 down
ip link set ix3 master bond0
wait_for 20 grep -A 1 'Interface: ix3' /proc/net/bonding/bond0
activate ix3
recorded "a port without ESP" ix0 ix3 request software \
	'.sas_refused == 2 and .tx_hardware == 0 and .reason == "the active port cannot offload ESP"'
before_it
activate ix0
offloaded "back from it" ix3 ix0 request
forget
ip link set ix3 nomaster
# Ports that come and go have the host looked at, and what was blocked before is proven anew.
wait_for 60 proven_once_configured

before_it
echo ix1 >/sys/class/net/bond0/bonding/active_slave
sleep 0.2
echo ix0 >/sys/class/net/bond0/bonding/active_slave
n_records=$((n_records + 1))
recorded_offloaded "in the middle of a proof" ix1 ix0 request
# The first proof's pings may have gone through ix1 by then.
check "in the middle of a proof: cards and kernel agree to the packet" carried_by_all
check "in the middle of a proof: the first one has no verdict" equals \
	"unknown: the next failover came before there was a verdict" \
	"$(esp-offloadctl failovers --json=short | jq -r '.failovers[-2] | .verdict + ": " + .reason')"

before_it
activate ix1
wait_for 20 record_is ".id == $((n_records + 1))"
check "restarted in between: the daemon starts again" systemctl restart esp-offloadd
wait_for 60 record_is 'has("verdict")'
offloaded "restarted in between" ix0 ix1 request

check "not there: the daemon stops" systemctl stop esp-offloadd
fault ix0 refuse_sas 1
activate ix0
check "not there: the daemon starts" start_daemon
recorded "not there" ix1 ix0 reconstructed partial \
	'.sas_refused == 1 and .sas_after == 2 and (.kernel | contains("failed to add SA")) and
	(has("outage_usec") | not)'
check "away and back: the daemon stops" systemctl stop esp-offloadd
cut_cable ix0
wait_for 10 is_active ix1
mend_cable ix0
wait_for 20 eval '! grep -q "MII Status: down" /proc/net/bonding/bond0'
activate ix0
before_it
check "away and back: the daemon starts" start_daemon
recorded "away and back" ix0 ix0 reconstructed offloaded \
	'.tx_hardware == 5 and .sas_after == 2 and (has("outage_usec") | not)'
check "away and back: card and kernel agree to the packet" carried_by ix0

# journald hangs, and its queue is full: who sends it something waits, if he does not look before.
fill_journal() {
	yes 2>/dev/null | timeout 5 logger -u /run/systemd/journal/socket || echo $?
}
forget
systemctl kill -s STOP systemd-journald
fill_journal >/dev/null
check "the journal hangs: it takes nothing" equals 124 "$(fill_journal)"
activate ix1
recorded "the journal hangs" ix0 ix1 request offloaded
systemctl kill -s CONT systemd-journald
activate ix0
recorded "the journal is back" ix1 ix0 request offloaded
check "the journal is back: it is told how much it has not got" wait_for 20 \
	logged 'messages missing before this one, as the journal took none: [1-9]' esp-offloadd

# Nothing happens any more, and nothing is done.
wakeups() {
	awk '/^voluntary_ctxt_switches/ { print $2 }' "/proc/$(systemctl show -P MainPID esp-offloadd)/status"
}
wait_for 30 bond_is State configured
sleep 3
woken=$(wakeups)
sleep 10
check "in 10 s without events the daemon does not wake up once" equals "$woken" "$(wakeups)"
check "each record's sums agree" equals "" "$(esp-offloadctl failovers --json=short | jq -c '.failovers[] |
	select(.tx_hardware > .tx_packets or .rx_hardware > .rx_packets or .tx_hardware > .tx_counted or
		(.verdict == "offloaded" and (.tx_hardware != .tx_packets or .tx_counted != .tx_packets)))')"
esp-offloadctl failovers | sed 's/^/# /'
