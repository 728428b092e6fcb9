# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 900
# Each step of applying fails once: the reason is told with its evidence, and the host is as it was
# before, with the tunnels up.

# shellcheck source=tests/lab/guest/lab/apply.sh
. /lab/apply.sh

begin_in_software "activation: live" "proof: {within: 10s, probe: {address: $peer_address, count: 3}}"

# fails NAME PATTERN [OPTION...]: applying does, with that reason; and then all is as before.
fails() {
	work "${@:3}" --apply bond0
	check "$1: applying fails, and says why" outcome_is failed "$2"
	check "$1: all is as it was before" as_before
}

# NetworkManager.
bus_denies Update2 org.freedesktop.NetworkManager.Settings.Connection
fails "NetworkManager does not take the profile" 'profile .* cannot be written.*undone: all is as it was'
bus_allows
policy "activation: auto" "proof: {within: 10s, probe: {address: $peer_address, count: 3}}"
bus_denies ActivateConnection org.freedesktop.NetworkManager
fails "NetworkManager does not activate it" 'cannot be activated: .*undone: all is as it was'
bus_allows

# The kernel: somebody switches the bit off again and again.
while :; do ethtool -K bond0 esp-hw-offload off 2>/dev/null; done &
refusing=$!
fails "the bit does not stay on" 'the kernel has esp-hw-offload off.*undone: all is as it was'
kill "$refusing"
policy "activation: live" "proof: {within: 10s, probe: {address: $peer_address, count: 3}}"

# The files.
small_folder /etc/ipsec.d
work --apply bond0
rm /etc/ipsec.d/ballast
check "a file system that is full: applying fails, and says why" \
	outcome_is failed 'No space left on device.*undone: all is as it was'
check "a file system that is full: all is as it was before" as_before
umount /etc/ipsec.d
mount --bind /etc/ipsec.d /etc/ipsec.d
mount -o remount,bind,ro /etc/ipsec.d
fails "a file system that is read-only" 'read-only.*undone: all is as it was'
umount /etc/ipsec.d
small_folder /tmp/state
fails "no room for the undo journal" 'undo journal in /tmp/state cannot be written: No space left' \
	--state /tmp/state
umount /tmp/state

# Libreswan.
cp /usr/libexec/ipsec/addconn /tmp/addconn
cat >/tmp/refusing <<'END'
#!/bin/sh
for word; do case $word in *esp-offload-check*) grep -qrs nic-offload=yes "$(dirname "$word")" &&
	echo "lab: this keyword is not liked" >&2 && exit 1 ;; esac; done
exec /tmp/addconn "$@"
END
chmod 755 /tmp/refusing
mount --bind /tmp/refusing /usr/libexec/ipsec/addconn
fails "the check of the configuration rejects it" 'this keyword is not liked.*undone: all is as it was'
umount /usr/libexec/ipsec/addconn

fault ix0 refuse_sas 1000
fault ix1 refuse_sas 1000
fails "the card refuses the SA" \
	'tunnel of conn example did not come back.*pluto: .*Add SA.*undone: all is as it was'
fault ix0 refuse_sas 0
fault ix1 refuse_sas 0

nft add table inet lab
nft add chain inet lab in '{ type filter hook input priority 0; }'
nft add rule inet lab in udp sport '{500, 4500}' ip saddr "$peer_address" drop
work_in_background --apply bond0
check "the tunnel does not return: it is noticed" \
	wait_for 60 has_told "\"$takes_up\".*\"undone\"|\"undone\".*\"$takes_up\""
nft delete table inet lab
wait_for 60 not kill -0 "$working"
check "the tunnel does not return: applying fails, and says why" outcome_is failed \
	'tunnel of conn example did not come back.*pluto: .*undone: all is as it was'
check "the tunnel does not return: all is as it was before" as_before

# A neighbour that somebody has loaded and brought up by hand: a start of ipsec does neither.
sed -i 's/auto=start/auto=ignore/' /etc/ipsec.d/neighbour.conf
check "the neighbour is up by hand" eval 'ipsec auto --replace neighbour; ipsec auto --up neighbour; tunnels_up'
before_mark
policy "activation: live" "ipsec: restart" \
	"$proof"
mkdir -p /run/systemd/system/ipsec.service.d
printf '[Service]\nExecStartPre=/bin/sh -c "! grep -q nic-offload=yes %s || { echo lab: no start; exit 1; }"\n' \
	"$example_conf" >/run/systemd/system/ipsec.service.d/lab.conf
systemctl daemon-reload
fails "ipsec does not start" 'ipsec.service did not start again.*undone: all is as it was'
rm /run/systemd/system/ipsec.service.d/lab.conf
systemctl daemon-reload

# NetworkManager goes away in the middle, and comes back with other paths for its profiles, one of
# which lives in memory, and the changes of another.
for name in lab1 lab0; do
	nmcli connection add save no type dummy ifname $name con-name $name autoconnect no >/dev/null
done
nmcli connection delete lab1 >/dev/null
nmcli connection modify --temporary bond0-ix1 connection.autoconnect-priority 1
paths=$(nmcli -g UUID,DBUS-PATH connection show | sort)
policy "$proof"
check "NetworkManager restarts between two activations" restart_in_between
wait_for 200 not kill -0 "$working"
wait_for 60 nm-online -q -x -t 30
check "NetworkManager restarts in the middle: its profiles have other paths" not equals "$paths" \
	"$(nmcli -g UUID,DBUS-PATH connection show | sort)"
settle
check "NetworkManager restarts in the middle: all is as it was, or as it should be" as_either
revert
check "and can be reverted" as_before
nmcli connection delete lab0 >/dev/null

# Two at once.
flock "$journals/lock" sleep 20 &
check "a second one gives way" equals 75 "$(sleep 0.2; work --apply bond0; echo $?)"
check "and says so" grep -q 'another worker is at it' "$told.err"
check "and has touched nothing" as_before
kill %% 2>/dev/null
check "the kernel has nothing to complain of" no_complaints
