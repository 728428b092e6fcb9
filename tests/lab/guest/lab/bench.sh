# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The words of what measures rather than checks (tests/bench/lab). Sourced by lib.sh.

measure=/usr/libexec/esp-offloadd-lab/measure

# sample ROW SERIES FIGURE VALUE: a line that tests/bench/run takes in. The row's description,
# tests/bench/rows/ROW.json, has the names of its series and figures.
sample() {
	printf '# sample {"row": "%s", "series": "%s", "figure": "%s", "value": %s}\n' "$@"
}

# tell_machine: what this machine is, for the table.
tell_machine() {
	printf '# machine {"virtualisation": "%s", "kernel": "%s", "NetworkManager": "%s", "libreswan": "%s", "systemd": "%s"}\n' \
		"$([ "$(systemd-detect-virt)" = kvm ] && echo KVM || echo "emulated by QEMU")" \
		"$(uname -r)" "$(nmcli -t -f VERSION general 2>/dev/null)" \
		"$(ipsec --version | grep -oE '[0-9]+\.[0-9.]+' | head -n 1)" \
		"$(systemctl --version | awk 'NR == 1 { print $2 }')"
}

# timed ROW SERIES COMMAND...: runs it once, and samples how long it took, and the processor.
# With --ready before the command: until it says READY=1, and then it is ended.
timed() {
	local row=$1 series=$2 wall processor memory status
	shift 2
	read -r wall processor memory status < <("$measure" "$@")
	[ "$status" = 0 ] || {
		check "$series can be measured" equals 0 "${status:-nothing was printed}"
		return
	}
	sample "$row" "$series" wall "$(milliseconds "$wall")"
	sample "$row" "$series" processor "$(milliseconds "$processor")"
	sample "$row" "$series" memory "$((memory / 1024)).$((memory % 1024 * 10 / 1024))"
}

# milliseconds USEC: as a decimal fraction.
milliseconds() {
	printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
}

# usec_since WHEN: WHEN is an earlier EPOCHREALTIME.
usec_since() {
	echo $((${EPOCHREALTIME/./} - ${1/./}))
}

# private_kb PID: its private memory (USS).
private_kb() {
	awk '/^Private_(Clean|Dirty):/ { kb += $2 } END { print kb + 0 }' "/proc/$1/smaps_rollup"
}

# wake_ups PID: how often one of its threads was given the processor after it had waited, or had to
# leave it to others.
wake_ups() {
	cat /proc/"$1"/task/*/status | awk '/ctxt_switches:/ { n += $2 } END { print n + 0 }'
}

# processor_usec PID: what the process has used of the processor. By the scheduler's own clock, for
# the kernel's ticks are too coarse for what takes microseconds.
processor_usec() {
	awk '{ ns += $1 } END { printf "%d\n", ns / 1000 }' /proc/"$1"/task/*/schedstat
}

# lost_while ADDRESS COMMAND...: runs the command while pings go to the address, one each $ping_every
# seconds, and sets REPLY to how many of them were not answered.
ping_every=0.02
lost_while() {
	local address=$1 pid sent received
	shift
	ping -q -n -i "$ping_every" -W 2 "$address" >/tmp/lost &
	pid=$!
	sleep 0.5
	"$@"
	# What is still under way has time to come back.
	sleep 1
	kill -INT "$pid"
	wait "$pid"
	read -r sent received < <(sed -nE 's/^([0-9]+) packets transmitted, ([0-9]+) received.*/\1 \2/p' /tmp/lost)
	REPLY=$((sent - received))
}
