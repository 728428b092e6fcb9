# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 1800
# Row "failover-sas": what the number of SAs does to a failover of a bond whose tunnel has two of them.
# In turns with 20 and with 2,000 SAs of others on the host, how soon the failover is told; and with
# both, and with 2,000 more of the bond's own conn, what its proof takes the daemon. No traffic goes,
# so that each proof looks as often as it may in its time.

ROUNDS=3 SWITCHES=30 PROOFS=5
hop=/usr/libexec/esp-offloadd-lab/hop

# sas_between N OWN OTHER: so many, one each way. Those of the peer's address are of the policy's conn.
sas_between() {
	awk -v n="$1" -v own="$2" -v other="$3" 'BEGIN {
		end = " mode transport aead rfc4106(gcm(aes)) 0x000102030405060708090a0b0c0d0e0f10111213 128"
		for (i = 0; i < n / 2; i++) {
			printf "xfrm state add src %s dst %s proto esp spi %d%s\n", own, other, 65536 + i, end
			printf "xfrm state add src %s dst %s proto esp spi %d%s\n", other, own, 131072 + i, end
		}
	}' | ip -batch -
}

# count_sas: those of the host.
count_sas() {
	local words
	read -r -a words < <(ip xfrm state count)
	echo "${words[-1]}"
}

# only_others N: so many SAs of others, and none of those that were made here before. By their SPIs:
# "deleteall" has them all told to itself, and fails where they are thousands.
only_others() {
	local i n_others=$(($(count_sas) - n_own))
	{
		for ((i = 0; i < n_others / 2; i++)); do
			echo "xfrm state delete src 198.51.100.1 dst 198.51.100.2 proto esp spi $((65536 + i))"
			echo "xfrm state delete src 198.51.100.2 dst 198.51.100.1 proto esp spi $((131072 + i))"
		done
	} | ip -batch - && sas_between "$1" 198.51.100.1 198.51.100.2 || return
	wait_for 60 is_quiet
	equals $((n_own + $1)) "$(count_sas)"
}

# is_quiet: the daemon has not used the processor for two seconds, and runs no worker.
is_quiet() {
	local before
	before=$(processor_usec "$daemon")
	sleep 2
	[ "$before" = "$(processor_usec "$daemon")" ] && ! pgrep -f esp-offload-worker >/dev/null
}

port=0
switch() {
	port=$((1 - port))
	asked+=("$EPOCHREALTIME")
	echo "ix$port" >/sys/class/net/bond0/bonding/active_slave
}

# told SERIES: switches, each timed from the moment it is asked for until the subscriber has the
# signal, and until ip has printed the kernel's message.
told() {
	local i from_signal from_ip
	from_signal=$(grep -c ^FailedOver /tmp/subscriber)
	from_ip=$(grep -c 'BONDING FAILOVER' /tmp/ip-monitor)
	asked=()
	for ((i = 0; i < SWITCHES; i++)); do
		switch
		sleep 0.2
	done
	sleep 1
	awk '$1 == "FailedOver" { printf "%.6f\n", $2 / 1000000 }' /tmp/subscriber | tail -n +$((from_signal + 1)) >/tmp/signal
	sed -nE 's/.*\[([-0-9]+)T([0-9:.]+)\][^[]*BONDING FAILOVER.*/\1 \2/p' /tmp/ip-monitor |
		tail -n +$((from_ip + 1)) | date -f - +%s.%6N >/tmp/ip
	check "$1: each was told once" equals "$SWITCHES $SWITCHES" "$(wc -l </tmp/signal) $(wc -l </tmp/ip)"
	printf '%s\n' "${asked[@]}" >/tmp/asked
	paste /tmp/asked /tmp/signal /tmp/ip | awk '{ printf "%.3f %.3f\n", ($2 - $1) * 1000, ($3 - $1) * 1000 }' |
		while read -r ours ip; do
			sample failover-sas "$1" wall "$ours"
			sample failover-sas "ip -ts monitor link, $1" wall "$ip"
		done
	wait_for 60 is_quiet
}

# proofs SERIES: failovers, each with the whole of its proof. Sets median, in us.
proofs() {
	local before used=()
	for ((i = 0; i < PROOFS; i++)); do
		before=$(processor_usec "$daemon")
		switch
		sleep 5.5
		wait_for 60 is_quiet
		used+=($(($(processor_usec "$daemon") - before)))
		sample failover-sas "$1" proof "$(milliseconds "${used[-1]}")"
	done
	median=$(printf '%s\n' "${used[@]}" | sort -n | sed -n $((PROOFS / 2 + 1))p)
}

# each_adds SERIES FROM TO: us of the proof.
each_adds() {
	sample failover-sas "$1" "for each SA" "$(awk -v us=$(($3 - $2)) 'BEGIN { printf "%.3f", us / 1980 }')"
}

tell_machine
conn_set nic-offload=yes
systemctl restart ipsec
established
policy "manage: monitor" "proof: {within: 5s}"
activate ix0
check "the daemon comes up" start_daemon
daemon=$(systemctl show -P MainPID esp-offloadd)
check "and knows the port" wait_for 30 bond_is ActivePort ix0
wait_for 60 is_quiet
ip -ts monitor link dev bond0 >/tmp/ip-monitor &
"$hop" listen >/tmp/subscriber &
disown -a
check "the subscriber listens" wait_for 20 grep -q listening /tmp/subscriber

n_own=$(count_sas)

for ((round = 0; round < ROUNDS; round++)); do
	for n in 20 2000; do
		check "$n SAs of others" only_others "$n"
		told "$n SAs"
	done
done
check "20 SAs of others" only_others 20
proofs "20 SAs"
few=$median
check "2000 SAs of others" only_others 2000
proofs "2000 SAs"
each_adds "each SA of others" "$few" "$median"
check "20 SAs of others" only_others 20
check "1,980 more are the conn's own" sas_between 1980 "$host_address" "$peer_address"
wait_for 60 is_quiet
proofs "20 SAs, and 1980 more of the bond's own"
each_adds "each SA of the bond's own" "$few" "$median"
check "all of them were recorded" equals $((ROUNDS * 2 * SWITCHES + 3 * PROOFS)) \
	"$(esp-offloadctl failovers bond0 --json=short | jq '.failovers | length')"
