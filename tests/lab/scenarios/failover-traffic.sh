# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 400
# What else goes over the port while it is proven: super-frames, a neighbour in software, a rekey;
# and a tunnel of the policy's own that is in software beside a busy one that is not.

conn_set nic-offload=yes
systemctl restart ipsec
established
policy "proof: {within: 20s, probe: {address: $peer_address, count: 5}}"
check "the daemon starts" start_daemon
check "the bond gets configured" wait_for 90 bond_is State configured
check "and proven" wait_for 40 bond_is Verdict offloaded

# What else goes over the port is told apart: super-frames count as the SA counts them, a neighbour
# without offload and a rekey in the middle do no harm.
verdict_with() {
	esp-offloadctl verify bond0 --within=20s --json=short >/tmp/verify.json 2>/tmp/verify.err
}
wait_for 30 bond_is Verdict offloaded
before_it
peer systemd-socket-activate --accept --inetd -l "$peer_address:5001" sh -c 'cat >/dev/null' >/dev/null 2>&1 </dev/null &
server=$!
wait_for 10 eval 'peer ss -ltn | grep -q :5001'
ping -q -n -i 0.05 -c 400 "$neighbour_address" >/dev/null 2>&1 &
neighbour=$!
timeout 60 head -c 6000000 /dev/zero >"/dev/tcp/$peer_address/5001" &
bulk=$!
check "bulk: the verdict on super-frames beside a neighbour in software is offloaded" verdict_with
wait_for 60 not kill -0 $bulk
kill $neighbour $server
check "bulk: more than nine of ten are the hardware's" jq -e '.ratio > 0.95 and .tx_packets > 10' /tmp/verify.json
check "bulk: card and kernel agree to the packet" carried_by ix0
read -r sent _ <<<"$(gained ix0)"
check "bulk: they were super-frames" test "$((sent * 1448))" -lt 6000000

ping -q -n -i 0.1 -c 600 "$peer_address" >/dev/null 2>&1 &
pings=$!
sleep 0.5
verdict_with &
verify=$!
for _ in 1 2 3; do
	rekey >/dev/null
done
wait $verify
check "rekeyed in the middle: the verdict is offloaded" equals 0 $?
check "rekeyed in the middle: all but what was under way" jq -e \
	'.tx_packets - .tx_hardware <= 1 and .rx_packets - .rx_hardware <= 1 and .tx_packets > 0' /tmp/verify.json
kill $pings

policy "manage: monitor" "proof: {within: 20s}"
sed -i 's/\[example\]/[example, neighbour]/' /etc/esp-offloadd/config.yaml
systemctl reload esp-offloadd
wait_for 60 eval 'bond_property Connections | grep -q neighbour'
# The port counts anew in the middle of a window, in which too little went so far to say anything.
last_record() {
	esp-offloadctl failovers bond0 --json=short | jq -c '.failovers[-1]' | tee /tmp/record.json
}
# Of the two, the first one's record says that the second came before there was a verdict.
second=$(($(last_record | jq .id) + 2))
activate ix1
activate ix0
pause 2
pings 2
fault ix0 reset_counters 1
ping -q -n -i 0.1 -c 600 "$peer_address" >/dev/null 2>&1 &
pings=$!
wait_for 30 eval 'last_record | jq -e ".id == $second and has(\"verdict\")"'
kill $pings
check "counters reset in the middle of a proof: the verdict is offloaded" equals offloaded "$(jq -r .verdict /tmp/record.json)"
check "counters reset in the middle of a proof: by what was counted after that" jq -e '.tx_packets > 2 and
	([.tx_counted - .tx_packets, .rx_counted - .rx_packets] | max <= 1 and min >= -1)' /tmp/record.json
say "$(jq -c '{verdict, verdict_reason, tx_packets, tx_counted, rx_packets, rx_counted}' /tmp/record.json)"

ping -q -n -i 0.004 -c 15000 "$peer_address" >/dev/null 2>&1 &
pings=$!
ping -q -n -i 0.1 -c 600 "$neighbour_address" >/dev/null 2>&1 &
neighbour=$!
sleep 1
check "one of two in software: the exit status is that of partial" not verdict_with
kill $pings $neighbour
check "one of two in software: it is named" jq -e '.verdict == "partial" and .tx_hardware > 0 and
	(.verdict_reason | endswith("without offload: conn neighbour"))' /tmp/verify.json
say "$(jq -c '{verdict, ratio, verdict_reason}' /tmp/verify.json)"
