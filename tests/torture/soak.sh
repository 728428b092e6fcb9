# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 8000
# Two hours of failovers, rekeys and questions: memory, descriptors and processor time of the daemon
# stay flat.

seconds=${TORTURE_SECONDS:-7200}

policy "proof: {within: 20s, probe: {address: $peer_address, count: 3}}"
check "the daemon starts" start_daemon
check "the bond gets configured" wait_for 90 bond_is State configured
check "and proven" wait_for 40 bond_is Verdict offloaded
pid=$(systemctl show -P MainPID esp-offloadd)

# usage: resident memory in kB, descriptors, and ticks of processor time.
usage() {
	echo "$(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status") $(find "/proc/$pid/fd" -mindepth 1 | wc -l) $(
		awk '{ print $14 + $15 }' "/proc/$pid/stat")"
}

round() {
	local to=ix0
	[ "$(active_port)" = ix1 ] || to=ix1
	ip link set bond0 type bond active_slave "$to"
	wait_for 10 is_active "$to"
	[ $(($1 % 5)) -ne 0 ] || rekey >/dev/null 2>&1
	esp-offloadctl status bond0 >/dev/null 2>&1
	sleep 2
}

# What is loaded and cached the first time is not what grows.
for ((i = 1; i <= 20; i++)); do
	round "$i"
done
read -r memory descriptors ticks <<<"$(usage)"
say "after 20 rounds: $memory kB, $descriptors descriptors, $ticks ticks"
end=$((SECONDS + seconds))
for ((n = 0; SECONDS < end; n++)); do
	round "$n"
	[ $((n % 50)) -ne 0 ] || say "round $n: $(usage) (kB, descriptors, ticks)"
done
read -r memory_now descriptors_now ticks_now <<<"$(usage)"
say "after $n rounds more: $memory_now kB, $descriptors_now descriptors, $ticks_now ticks"

check "it is the same process" equals "$pid" "$(systemctl show -P MainPID esp-offloadd)"
check "memory is flat, within 1 MB" test "$((memory_now - memory))" -le 1024
check "no descriptor was lost" test "$descriptors_now" -le "$((descriptors + 1))"
check "a round takes less than 0.3 s of processor time" \
	test "$(((ticks_now - ticks) * 1000 / (n > 0 ? n : 1) / $(getconf CLK_TCK)))" -lt 300
check "the verdict is offloaded" wait_for 60 bond_is Verdict offloaded
check "the kernel has nothing to complain of" no_complaints
