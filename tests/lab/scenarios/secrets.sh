# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 240
# After a life with everything in it, no key and no secret is anywhere but where it belongs: not in
# the journal, in state, in an answer, or in a core.

# The keys of all SAs that were there since, as digits, and the lab's secrets.
needles=/tmp/needles
note_keys() {
	ip xfrm state | grep -oE '0x[0-9a-f]{32,}' | cut -c 3-42 >>"$needles"
}

# found_in FILE...: prints those that have one of the needles: as it is, in digits of either case,
# or as bytes.
found_in() {
	perl -e '
		open my $n, "<", shift or die;
		my @forms;
		while (<$n>) {
			chomp;
			my $hex = /^[0-9a-f]{32,}$/ ? $_ : unpack "H*", $_;
			push @forms, $hex, uc $hex, pack("H*", $hex);
		}
		for my $file (@ARGV) {
			open my $f, "<:raw", $file or next;
			local $/;
			my $text = <$f>;
			print "$file\n" if grep { index($text, $_) >= 0 } @forms;
		}' "$needles" "$@"
}
clean() {
	equals "" "$(found_in "$@")"
}

grep -ohE 'lab-secret-psk-[^"]*' /etc/ipsec.d/lab.secrets | sort -u >"$needles"
check "the lab has secrets" test -s "$needles"
mkdir /tmp/said
policy "proof: {within: 30s, probe: {address: $peer_address, count: 5}}"
ethtool -K bond0 esp-hw-offload off
check "the daemon starts, and says all that it can" start_daemon
check "the bond gets configured" wait_for 90 bond_is State configured
established
note_keys
check "it is proven" wait_for 40 bond_is Verdict offloaded
port_down ix0
check "a failover is followed" wait_for 20 bond_is ActivePort ix1
check "and proven" wait_for 40 bond_is Verdict offloaded
note_keys
port_up ix0
# An SA that the card refuses, so that the kernel and pluto complain.
fault ix1 refuse_sas 2
ipsec auto --replace example
ipsec auto --asynchronous --up example
sleep 3
note_keys

for verb in 'status bond0' 'status --json=pretty' 'check bond0' 'plan bond0' 'verify bond0' failovers \
	metrics 'conn list' 'conn show example' 'config show' 'diagnose example' 'failovers --json=short'; do
	# shellcheck disable=SC2086
	timeout 60 esp-offloadctl $verb >"/tmp/said/ctl ${verb//\//-}" 2>&1 </dev/null
done
busctl call org.espoffload1 /org/espoffload1 org.freedesktop.DBus.ObjectManager GetManagedObjects \
	>/tmp/said/objects
esp-offloadctl revert bond0 >/tmp/said/revert 2>&1
esp-offloadctl apply bond0 >/tmp/said/apply 2>&1
established
note_keys
# The journal in full, but for what others write in their own names.
journalctl -q -o export _SYSTEMD_UNIT=esp-offloadd.service + SYSLOG_IDENTIFIER=esp-offloadd \
	+ SYSLOG_IDENTIFIER=esp-offload-worker >/tmp/said/journal

ip xfrm state >/tmp/control
check "the search finds a key where one is" equals /tmp/control "$(found_in /tmp/control)"
check "and a secret" equals /etc/ipsec.d/lab.secrets "$(found_in /etc/ipsec.d/lab.secrets)"
check "there were keys" test "$(sort -u "$needles" | wc -l)" -ge 6
check "the journal has something" grep -q MESSAGE_ID /tmp/said/journal
check "and no key" clean /tmp/said/journal
mapfile -t kept < <(find /var/lib/esp-offloadd /run/esp-offloadd -type f)
check "state is kept" test "${#kept[@]}" -ge 1
check "without keys" clean "${kept[@]}"
check "no answer has one" clean /tmp/said/*
mapfile -t open_to_all < <(find /run /var/log -type f -perm /o+r -size -10M)
check "nor has what all may read in /run or /var/log" clean "${open_to_all[@]}"

# Cores go through a pipe here, which the limit of the unit does not stop.
echo '|/usr/bin/tee /tmp/core.%e' >/proc/sys/kernel/core_pattern
sh -c 'kill -ABRT $$' || :
check "a core would be caught" wait_for 10 test -s /tmp/core.sh
pid=$(systemctl show -P MainPID esp-offloadd)
kill -ABRT "$pid"
check "the daemon comes back after a crash" wait_for 20 busctl status org.espoffload1
check "which left no core" not test -e /tmp/core.esp-offloadd
check "the bond is configured as before" wait_for 60 bond_is State configured
