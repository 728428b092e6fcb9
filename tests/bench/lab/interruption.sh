# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 2400
# What applying interrupts, in lost packets of 100 a second through the tunnel and through its
# neighbour, beside the documented procedure done by hand in the same machine. Prints a table.

# shellcheck source=tests/lab/guest/lab/apply.sh
. /lab/apply.sh

# ping_both: 100 a second through both tunnels, until count_lost. What leaves unencrypted on the way
# is counted as well.
ping_both() {
	local address
	nft -f - <<-END
		table inet lab {
			counter clear-example { }
			counter clear-neighbour { }
			chain out {
				type filter hook output priority 0
				ip daddr $peer_address icmp type echo-request rt ipsec missing counter name clear-example
				ip daddr $neighbour_address icmp type echo-request rt ipsec missing counter name clear-neighbour
			}
		}
	END
	for address in "$peer_address" "$neighbour_address"; do
		ping -q -n -i 0.01 -W 2 "$address" >"/tmp/ping.$address" 2>&1 &
		pinging+=($!)
	done
	disown -a
	sleep 1
}

# count_lost: sets lost and lost_neighbour, clear and clear_neighbour.
count_lost() {
	sleep 1
	kill -INT "${pinging[@]}"
	pinging=()
	sleep 0.5
	lost=$(lost_to "$peer_address")
	lost_neighbour=$(lost_to "$neighbour_address")
	clear=$(nft list counter inet lab clear-example | sed -n 's/.*packets \([0-9]*\).*/\1/p')
	clear_neighbour=$(nft list counter inet lab clear-neighbour | sed -n 's/.*packets \([0-9]*\).*/\1/p')
	nft delete table inet lab
}

# lost_to ADDRESS: of those that were sent; the last one may be under way.
lost_to() {
	sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "/tmp/ping.$1" |
		{
			read -r sent received
			echo "$((sent - received - 1 < 0 ? 0 : sent - received - 1))"
		}
}

# row NAME: what count_lost has set, for the table, and as samples for tests/bench/run.
names=()
declare -A figures
row() {
	sample interruption "$1" lost $((10 * lost))
	sample interruption "$1" "neighbour lost" $((10 * lost_neighbour))
	[ -n "${figures[$1]:-}" ] || names+=("$1")
	figures[$1]+="$lost $lost_neighbour $clear $clear_neighbour"$'\n'
}

# table: the medians of all rounds.
table() {
	local name column
	say "| lost packets of 100/s | tunnel | neighbour | unencrypted: tunnel | neighbour |"
	say "|---|---|---|---|---|"
	for name in "${names[@]}"; do
		say "| $name $(for column in 1 2 3 4; do
			cut -d ' ' -f "$column" <<<"${figures[$name]%$'\n'}" | sort -n | sed -n "$((ROUNDS / 2 + 1))s/^/| /p"
		done | xargs -d '\n') |"
	done
}

# in_software FEATURE: both tunnels up in software, with the bond's bit like that.
in_software() {
	restore "${lab_files[@]}" >/dev/null
	nmcli connection reload
	rm -rf "$journals"/undo-*
	ethtool -K bond0 esp-hw-offload off
	systemctl restart ipsec
	tunnels_up
	ethtool -K bond0 esp-hw-offload "$1"
	activate ix0
}

# by_worker NAME FEATURE [LINE...]: applies with these lines of the policy.
by_worker() {
	policy "${@:3}" "proof: {within: 20s}"
	in_software "$2"
	ping_both
	work --apply bond0
	check "$1: it is applied" outcome_is applied
	count_lost
	check "$1: the tunnel is offloaded" offloads ix0
	say "$1: $(jq -r 'select(.status == "interrupted") | .step + ": " + .text' "$told" | xargs -d '\n')"
	row "$1"
}

# by_hand: the procedure as it is documented.
by_hand() {
	in_software off
	ping_both
	nmcli connection modify bond0 ethtool.feature-esp-hw-offload on
	nmcli -w 60 connection up bond0 >/dev/null
	conn_set nic-offload=yes
	systemctl restart ipsec
	check "by hand: the tunnels are up again" tunnels_up
	count_lost
	activate ix0
	check "by hand: the tunnel is offloaded" offloads ix0
	row "the documented procedure, by hand"
	check "by hand the neighbour is interrupted as well" test "$lost_neighbour" -gt 10
}

ROUNDS=3
for ((round = 1; round <= ROUNDS; round++)); do
	say "round $round"
	by_worker "the bit is on" on
	check "then the neighbour loses nothing" equals 0 "$lost_neighbour"
	by_worker "the bit is off, activation: live" off "activation: live"
	check "then the neighbour loses nothing, either" equals 0 "$lost_neighbour"
	by_worker "the bit is off, re-activated" off
	by_hand
done
table
