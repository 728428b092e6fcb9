# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 480
# The daemon as a service: every step works within its sandbox, and little else does; a reload
# fails with the reason; others may look and not touch.

# inside COMMAND...: as root with every capability, in the worker's view of the files.
inside() {
	nsenter -t "$worker" -m -- "$@"
}

# ask_for_worker: has one started, which waits for its order; who asks is $asking.
ask_for_worker() {
	perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new("/run/esp-offloadd/worker") or die $!; sleep 120' &
	asking=$!
}

# workers: the process of the one that was asked for; the daemon may have one of its own. systemd
# names them by who is connected.
workers() {
	systemctl list-units --plain --no-legend "esp-offload-worker@*-$asking-*" | awk '{ print $1 }' |
		while read -r unit; do systemctl show -P MainPID "$unit"; done | grep -v '^0$'
}

# read_only DIR: nothing can be written there in the worker's view.
read_only() {
	inside sh -c "! touch '$1/written' && ! test -e '$1/written'"
}

# daemon_writes_in DIR...: what of these the daemon itself can write in.
daemon_writes_in() {
	nsenter -t "$(systemctl show -P MainPID esp-offloadd)" -m -- sh -c '
		for dir; do touch "$dir/written" 2>/dev/null && echo "$dir" && rm "$dir/written"; done; :' sh "$@"
}

# somebody COMMAND...: as a user without any rights.
somebody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@" 2>&1
}

# status_has TEXT: in the line of systemctl status.
status_has() {
	contains "$(systemctl show -P StatusText esp-offloadd)" "$1"
}

# explained ID TEXT: the journal has entries with this id, and the catalog's text with it.
explained() {
	contains "$(journalctl -q -x --no-pager -u esp-offloadd "MESSAGE_ID=$1")" "$2"
}

# manager_says METHOD TYPE VALUE WANTED: what the daemon's manager answers.
manager_says() {
	contains "$(busctl --timeout=60 call org.espoffload1 /org/espoffload1 org.espoffload1.Manager \
		"$1" "$2" "$3" 2>&1)" "$4"
}

# NetworkManager's own paths of the bond and its profile.
nm_device() {
	nmcli -g GENERAL.DBUS-PATH device show bond0
}
nm_profile() {
	nmcli -g UUID,DBUS-PATH connection show | sed -n "s/^$bond_uuid://p"
}

# follows_nm: the daemon has them, and finds the bond by them.
follows_nm() {
	equals "o \"$(nm_device)\"" "$(bond_property Device)" &&
		equals "o \"$(nm_profile)\"" "$(bond_property Profile)" &&
		manager_says GetBondByDevice o "$(nm_device)" "\"$bond_path\""
}

# session: the commands of busctl in org.espoffload1(5), each in one line.
session() {
	awk -v n=1 -f /lab/man-example.awk /usr/share/man/man5/org.espoffload1.5 |
		sed -e ':a' -e '/\\$/N; s/\\\n *//; ta' | sed -n 's/^[$#] //p'
}

# equals_property NAME VALUE: as busctl prints it.
equals_property() {
	equals "$2" "$(bond_property "$1")"
}

beside_ipsec_conf() {
	find "$1" -maxdepth 1 -name '*ipsec*' -printf '%f\n' | sort
}

# process_has PID FIELD VALUE
process_has() {
	grep -qE "^$2:[[:space:]]*$3\$" "/proc/$1/status"
}

# A conn in /etc/ipsec.conf itself, with a group of its own, beside a mode by which nobody writes it.
cat "$example_conf" >>/etc/ipsec.conf
rm "$example_conf"
chgrp daemon /etc/ipsec.conf
chmod 440 /etc/ipsec.conf
ipsec auto --replace example >/dev/null
ipsec auto --up example >/dev/null
policy "proof: {within: 30s, probe: {address: $peer_address, count: 5}}"
ethtool -K bond0 esp-hw-offload off
examples=/usr/share/doc/esp-offloadd/examples
install -m 755 $examples/nm-dispatcher.sh /etc/NetworkManager/dispatcher.d/90-esp-offload

check "a service that is not enabled is not started by a call" \
	not busctl call org.espoffload1 /org/espoffload1 org.freedesktop.DBus.Peer Ping
systemctl enable -q esp-offloadd
check "one that is enabled is" \
	busctl call org.espoffload1 /org/espoffload1 org.freedesktop.DBus.Peer Ping
check "the bond gets configured" wait_for 90 bond_is State configured
check "NetworkManager has run the dispatcher's example when the bond came up again" \
	wait_for 20 logged 'esp-offload.*: bond0 is up: applying, [a-z]+'
check "which told of no port" not logged 'esp-offload.*: ix[01] is up'
rm /etc/NetworkManager/dispatcher.d/90-esp-offload
check "the conn in /etc/ipsec.conf was edited" equals 1 "$(grep -c nic-offload=yes /etc/ipsec.conf)"
check "the file keeps owner, group and mode" equals "root daemon 440" \
	"$(stat -c '%U %G %a' /etc/ipsec.conf)"
check "nothing lies beside it" equals "$(beside_ipsec_conf /lab/pristine/etc)" \
	"$(beside_ipsec_conf /etc)"
check "the verdict is offloaded" wait_for 30 bond_is Verdict offloaded
check "systemctl status says how the bond stands" \
	wait_for 20 status_has "^bond0: configured, offloaded"

# The sandbox of what runs all the time.
daemon=$(systemctl show -P MainPID esp-offloadd)
check "systemd finds the daemon's tight" \
	systemd-analyze security --no-pager --threshold=15 esp-offloadd.service
check "the daemon has NET_ADMIN and nothing else" process_has "$daemon" CapBnd 0000000000001000
check "it gains no privileges" process_has "$daemon" NoNewPrivs 1
check "its system calls are filtered" process_has "$daemon" Seccomp 2
check "it writes its state and nothing else" equals "/var/lib/esp-offloadd" "$(daemon_writes_in \
	/etc /etc/ipsec.d /etc/esp-offloadd /usr/bin /var/lib /var/lib/esp-offloadd /run /boot /root)"
check "its state is for root only" equals "root 700" "$(stat -c '%U %a' /var/lib/esp-offloadd)"
# memory_has_reserve: the most that its unit ever took is a fourth of what it may, at most.
memory_has_reserve() {
	local peak max
	peak=$(cat /sys/fs/cgroup/system.slice/esp-offloadd.service/memory.peak)
	max=$(systemctl show -P MemoryMax esp-offloadd)
	echo "$peak of $max bytes"
	[ $((4 * peak)) -le "$max" ]
}
check "its memory has a limit, with a reserve" memory_has_reserve
check "nobody else gets at its sockets" equals "600 600" \
	"$(stat -c %a /run/esp-offloadd/worker /run/esp-offloadd/probe | xargs)"

# The sandbox of what looks and changes.
ask_for_worker
check "a worker is there when it is asked for" wait_for 20 workers
worker=$(workers | tail -n 1)
# systemd names the process before it has put it into its sandbox.
check "it has NET_ADMIN, NET_RAW and CHOWN and nothing else" \
	wait_for 30 process_has "$worker" CapBnd 0000000000003001
check "it gains no privileges either" wait_for 30 process_has "$worker" NoNewPrivs 1
check "its system calls are filtered as well" wait_for 30 process_has "$worker" Seccomp 2
for dir in /etc/systemd/system /etc/cron.d /etc/pam.d /etc/NetworkManager /etc/esp-offloadd /usr/bin \
	/var/lib /boot /root; do
	[ ! -d "$dir" ] || check "$dir is out of its reach" read_only "$dir"
done
check "it sees nothing of /root" equals "" "$(inside ls -A /root)"
check "it can look for the kernel's modules" inside test -s "/lib/modules/$(uname -r)/modules.dep"
kill "$asking"
check "it ends with who asked" wait_for 10 test ! -e "/proc/$worker"
check "nothing of it stays with systemd" equals "" \
	"$(systemctl list-units --plain --no-legend --all "esp-offload-worker@*-$asking-*")"
check "check finds nothing that blocks" esp-offloadctl check bond0
sysctl -q net.ipv4.ping_group_range='1 0'
check "where root may open no ping socket it is proven by a raw one" \
	contains "$(esp-offloadctl verify --probe bond0)" offloaded

# A reload.
cp /etc/esp-offloadd/config.yaml /run/config.yaml
echo '    manage: enfroce' >>/etc/esp-offloadd/config.yaml
mistake=$(wc -l </etc/esp-offloadd/config.yaml)
check "a reload with a mistake fails" not systemctl reload esp-offloadd
check "systemd has the reason from the call" \
	wait_for 20 logged 'busctl.*The configuration has mistakes' esp-offloadd
check "the old policy stays in force" bond_is State configured
check "systemctl status says so, and where the mistake is" \
	wait_for 20 status_has "the old one holds: [^ ]*config\.yaml:$mistake:13: error: .*enfroce"
cp /run/config.yaml /etc/esp-offloadd/config.yaml
check "the mended one is taken" systemctl reload esp-offloadd
check "systemctl status has forgotten the mistake" wait_for 20 status_has '^bond0: configured'
check "the daemon is the same process" equals 0 "$(systemctl show -P NRestarts esp-offloadd)"

# Others.
get=(busctl get-property org.espoffload1 "$bond_path" org.espoffload1.Bond)
call=(busctl call org.espoffload1 "$bond_path" org.espoffload1.Bond)
check "everybody may see the verdict" somebody "${get[@]}" Verdict
check "everybody may ask how it stands" somebody esp-offloadctl status bond0
check "everybody may have it checked" somebody "${call[@]}" Check
for method in 'Apply a{sv} 0' Revert 'Verify a{sv} 1 probe b true'; do
	# shellcheck disable=SC2086
	check "nobody else may call ${method%% *}" \
		contains "$(somebody "${call[@]}" $method)" 'ccess denied|Not authorized'
done
check "nobody else may reload" contains "$(somebody busctl call org.espoffload1 /org/espoffload1 \
	org.espoffload1.Manager Reload)" 'ccess denied|Not authorized'
# Where polkit cannot be asked nobody may either: here it was.
check "by polkit's own word" contains "$(somebody esp-offloadctl reload)" \
	'Not authorized: (polkit says no|a password is wanted)'

# The session in the manual page, as it stands there.
check "org.espoffload1(5) has a session" test "$(session | wc -l)" -ge 4
session >/run/session
while read -r -u 3 line; do
	check "org.espoffload1(5): ${line%% /org*}" bash -c "$line"
done 3</run/session

# NetworkManager's object paths, over a restart of it.
check "Device and Profile are NetworkManager's" follows_nm
check "the bond is found by the profile's UUID" \
	manager_says GetBondByProfile s "$bond_uuid" "\"$bond_path\""
device=$(nm_device)
systemctl stop NetworkManager
check "without NetworkManager there is no device" wait_for 60 equals_property Device 'o "/"'
check "and nothing is found by the one of before" \
	manager_says GetBondByDevice o "$device" 'no bond with the device'
systemctl start NetworkManager
check "once it is back its paths are followed" wait_for 90 follows_nm
check "the bond is found by the profile's UUID as before" \
	manager_says GetBondByProfile s "$bond_uuid" "\"$bond_path\""
check "and configured as before" wait_for 90 bond_is State configured
check "with nothing interrupted" offloads "$(active_port)"

# The catalog.
journalctl --update-catalog
check "the journal explains a state" \
	explained 4b305c03b94b46bea9e62ae04a273f3f 'Subject: Bond bond0 is configured'
check "the journal explains a verdict" \
	explained 447de28195e74e50aae33f04e2db500d 'Subject: Bond bond0, port ix[01]: offloaded'

# The examples.
CONNECTION_UUID=$(nmcli -g connection.uuid connection show bond0) $examples/nm-dispatcher.sh bond0 up
check "the dispatcher's example says how the bond stands" \
	wait_for 20 logged 'esp-offload.*: bond0 is up: configured, offloaded'
CONNECTION_UUID=00000000-0000-4000-8000-000000000000 $examples/nm-dispatcher.sh other up
check "and nothing of other profiles" not logged 'esp-offload.*: other is up'
mkdir -p /run/systemd/system /var/lib/prometheus/node-exporter
cp $examples/esp-offload-metrics.* /run/systemd/system
systemctl daemon-reload
check "the example for node_exporter works in its sandbox" systemctl start esp-offload-metrics
check "and writes the metrics" grep -qF \
	'esp_offload_bond_verdict{bond="bond0",esp_offload_bond_verdict="offloaded"} 1' \
	/var/lib/prometheus/node-exporter/esp-offload.prom
rm /run/systemd/system/esp-offload-metrics.*

# The end.
pid=$(systemctl show -P MainPID esp-offloadd)
check "it stops within seconds" timeout 10 systemctl stop esp-offloadd
check "nothing of it is left" not test -e "/proc/$pid"
# systemd stops them beside it, and waits for the one that was named.
check "neither are its sockets" wait_for 10 not test -e /run/esp-offloadd/worker -o -e /run/esp-offloadd/probe
check "the tunnel stays in hardware" offloads "$(active_port)"
