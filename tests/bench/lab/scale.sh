# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 2400
# Row "scale-lab": 64 bonds over 256 ports, 10,000 conns in 1,000 files, 2,000 SAs. What a failover of
# one bond costs the daemon, whether it looks after that bond alone or after all 64, and how much
# memory each more of them takes. What the number of SAs does to it has a row of its own.

tell_machine

declare -A memory
BONDS=64 PORTS=4 CONNS=10000 FILES=1000 SAS=2000

# These have no part in this, and would only be in the way.
systemctl stop NetworkManager ipsec

# make_bonds: wide0 to wide63, and over each four ports from ix4 on.
make_bonds() {
	local b p port=4
	nic_parameter cables $((4 + BONDS * PORTS)) || return
	udevadm settle -t 200
	for ((p = 4; p < 4 + BONDS * PORTS; p++)); do
		echo "link set lk$p up"
		echo "link set ix$p down"
	done | ip -batch - || return
	for ((b = 0; b < BONDS; b++)); do
		echo "link add wide$b type bond mode active-backup miimon 100"
		for ((p = 0; p < PORTS; p++, port++)); do
			echo "link set ix$port master wide$b"
		done
		echo "addr add 10.0.$b.1/24 dev wide$b"
		echo "link set wide$b up"
	done | ip -batch -
}

# remove_bonds: as it was.
remove_bonds() {
	local b
	ip xfrm state deleteall src 10.0.0.0/8
	ip xfrm state deleteall dst 10.0.0.0/8
	for ((b = 0; b < BONDS; b++)); do
		echo "link del wide$b"
	done | ip -batch -
	nic_parameter cables 4
	udevadm settle -t 200
}

# make_conns: conn w<bond>-<i> between 10.0.<bond>.1 and an address of its own.
make_conns() {
	awk -v files="$FILES" -v conns="$CONNS" -v bonds="$BONDS" 'BEGIN {
		for (i = 0; i < conns; i++) {
			file = sprintf("/etc/ipsec.d/scale-%04d.conf", int(i * files / conns))
			b = i % bonds
			printf "conn w%d-%d\n\tleft=10.0.%d.1\n\tright=10.%d.%d.2\n\tauthby=secret\n" \
				"\ttype=transport\n\tesp=aes_gcm128-null\n\tesn=no\n\tauto=ignore\n" \
				"\tnic-offload=yes\n\n", b, i, b, 1 + int(i / 250), i % 250 > file
			if ((i + 1) % (conns / files) == 0)
				close(file)
		}
	}'
}

# make_sas N: so many, of the first conns, one each way.
make_sas() {
	ip xfrm state flush
	awk -v sas="$1" -v bonds="$BONDS" 'BEGIN {
		key = "0x000102030405060708090a0b0c0d0e0f10111213"
		for (i = 0; i < sas / 2; i++) {
			own = "10.0." i % bonds ".1"
			other = "10." 1 + int(i / 250) "." i % 250 ".2"
			end = " mode transport aead rfc4106(gcm(aes)) " key " 128"
			printf "xfrm state add src %s dst %s proto esp spi %d%s\n", own, other, 65536 + i, end
			printf "xfrm state add src %s dst %s proto esp spi %d%s\n", other, own, 131072 + i, end
		}
	}' | ip -batch -
}

# policy_of N: for the first N bonds, with all their conns.
policy_of() {
	local b
	mkdir -p /etc/esp-offloadd
	{
		printf 'version: 1\nbonds:\n'
		for ((b = 0; b < $1; b++)); do
			printf '  wide%d:\n    manage: monitor\n    connections: ["w%d-*"]\n' "$b" "$b"
			printf '    proof: {within: 5s}\n'
		done
	} >/etc/esp-offloadd/config.yaml
}

# failovers_are N: the first bond's failovers.
failovers_are() {
	equals "t $1" "$(busctl get-property org.espoffload1 /org/espoffload1/bond/wide0 \
		org.espoffload1.Bond Failovers)"
}

# is_quiet: the daemon has not used the processor for two seconds, and runs no worker.
is_quiet() {
	local before
	before=$(processor_usec "$daemon")
	sleep 2
	[ "$before" = "$(processor_usec "$daemon")" ] && ! pgrep -f esp-offload-worker >/dev/null
}

# last_looked_at N: the last bond has findings; there is no pluto, which is one.
last_looked_at() {
	not contains "$(busctl get-property org.espoffload1 "/org/espoffload1/bond/wide$(($1 - 1))" \
		org.espoffload1.Bond Findings)" ' 0$'
}

# slope FROM TO: what each bond between takes, with its conns.
slope() {
	sample scale-lab "from $1 to $2 bonds" slope \
		"$(awk -v kb=$((memory[$2] - memory[$1])) -v n=$(($2 - $1)) 'BEGIN { printf "%.2f", kb / n }')"
}

# measure_failovers SERIES: seven of them, there and back, and until all is quiet again: the proof of
# each is part of it.
measure_failovers() {
	local before port
	for _ in {1..7}; do
		before=$(processor_usec "$daemon")
		for port in ix5 ix4; do
			ip link set wide0 type bond active_slave "$port"
			sleep 0.5
		done
		wait_for 60 is_quiet
		sample scale-lab "$1" failover "$(milliseconds $(($(processor_usec "$daemon") - before)))"
	done
}

# measure_bonds N: what it is like to look after that many.
measure_bonds() {
	local series="$1 bonds"
	[ "$1" -ne 1 ] || series="1 bond"
	rm -rf /var/lib/esp-offloadd
	policy_of "$1"
	check "$series: the daemon comes up" systemctl restart esp-offloadd
	daemon=$(systemctl show -P MainPID esp-offloadd)
	check "$series: the last of them is looked at" wait_for 300 last_looked_at "$1"
	check "$series: all is quiet then" wait_for 300 is_quiet
	memory[$1]=$(private_kb "$daemon")
	sample scale-lab "$series" memory "${memory[$1]}"

	measure_failovers "$series"
	check "$series: all of the failovers were seen" failovers_are 14
}

check "there are $BONDS bonds over $((BONDS * PORTS)) ports" make_bonds
check "and $CONNS conns" make_conns
check "and $SAS SAs" make_sas "$SAS"
check "as many as meant" test "$(ip xfrm state count | grep -o '[0-9]*')" -ge "$SAS"
wait_for 60 grep -q ix4 /sys/class/net/wide0/bonding/active_slave
ip link set wide0 type bond active_slave ix4

for n in 1 16 64; do
	measure_bonds "$n"
done
slope 1 16
slope 16 64
say "a look at $BONDS bonds: $("$measure" /usr/libexec/esp-offload-worker run) (wall and processor in us, memory in kB, exit status)"
systemctl stop esp-offloadd
rm -f /etc/ipsec.d/scale-*.conf
check "all of it is taken away" remove_bonds
