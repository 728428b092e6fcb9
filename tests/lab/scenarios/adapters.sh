# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 400
# The adapters to NetworkManager, systemd and Libreswan, one at a time, against the real programs:
# what they see, what they change, and that they come back when a program fails or hangs.

probe=$(find /usr/libexec/esp-offloadd-lab /usr/local/libexec/esp-offloadd-lab -name probe-adapters \
	2>/dev/null | head -n 1)
uuid=b0000000-0000-4000-8000-000000000000

# tells PATTERN VERB ARGUMENT...: the probe prints a line like that.
tells() {
	contains "$("$probe" "${@:2}" 2>&1)" "$1"
}

# tells_within SECONDS PATTERN VERB ARGUMENT...: and ends in time.
tells_within() {
	local began=$SECONDS
	tells "${@:2}" || return
	[ $((SECONDS - began)) -le "$1" ] || {
		echo "it took $((SECONDS - began)) s"
		return 1
	}
}

bond_has_address() {
	ip -4 address show $bond | grep -q "$host_address"
}

no_checkpoint_is_left() {
	equals "ao 0" "$(busctl get-property org.freedesktop.NetworkManager \
		/org/freedesktop/NetworkManager org.freedesktop.NetworkManager Checkpoints)"
}

check "the probe is there (meson's option lab)" test -x "$probe"
[ -x "$probe" ] || return 0

## What is seen

seen=$("$probe" observe)
check "the look at everything succeeds" contains "$seen" '^result: 0$'
check "the bond's feature is seen" contains "$seen" "^link $bond: kind=bond .*esp=on"
check "a port's driver and counters are seen" contains "$seen" \
	'^link ix0: .*driver=ixgbe esp=on rx-all=off counters=1$'
check "the bond's profile is seen" contains "$seen" \
	"^profile $bond: id=bond0 .*device=1 active=1 writable=1 autoconnect=1 ports=1 feature=-1 held-back=0"
check "Libreswan is seen" contains "$seen" \
	'^libreswan: installed=1 [45]\.[0-9]+ unit=active pluto=1 conf=1$'
check "a tunnel is seen with its IKE SA" contains "$seen" \
	'^tunnel example: serial=[1-9][0-9]* ike=[1-9][0-9]* .*lost=0'
check "the kernel's SAs are seen" contains "$seen" '^sas: known=1 n=4$'
check "only the bonds that matter are asked" not tells '^link ix0: .*driver=ixgbe' observe nobond

out=$(ip xfrm state | awk '/^src 192.0.2.1 dst 192.0.2.2/ { o = 1 } o && /spi/ { print $4; exit }')
check "pluto's SAs are told by conn and direction" tells \
	"^sa example: spi=$out to=$peer_address out" sas

## The profile

check "a value is written" tells '^result: 0$' set-feature $uuid on
check "it stands in the file" grep -qx feature-esp-hw-offload=true $bond_profile
check "writing it again does nothing" tells '^result: 1$' set-feature $uuid on
check "NetworkManager gives it back" tells "^profile $bond: .*feature=1" profiles
check "nothing was activated for it" profile_has GENERAL.STATE activated
nmcli connection modify bond0 ethtool.feature-tso on connection.zone lab
check "the other value is written" tells '^result: 0$' set-feature $uuid off
check "its neighbours stay" profile_has ethtool.feature-tso on
check "the rest of the profile stays" profile_has connection.zone lab
check "the value is taken away" tells '^result: 0$' set-feature $uuid unset
check "it is gone from the file" not grep -q feature-esp-hw-offload $bond_profile
check "its neighbour is still there" profile_has ethtool.feature-tso on
nmcli connection modify bond0 ethtool.feature-tso ignore connection.zone ''
check "an unknown profile is told" tells '^result: -2 ' set-feature nosuch on

ip link add bond9 type bond mode active-backup
wait_for 10 nmcli -t device show bond9
check "a bond that somebody else made has no profile to write to" \
	not tells '^profile bond9: .*writable=1' profiles
ip link del bond9

nmcli -w 20 connection add type bond ifname bond8 con-name bond8 autoconnect no save no \
	ipv4.method disabled ipv6.method disabled >/dev/null
memory=$(nmcli -g connection.uuid connection show bond8)
check "a profile in memory is told" tells '^profile bond8: .*writable=0 autoconnect=0' profiles
check "a profile in memory is not written" tells '^result: -30 ' set-feature "$memory" on
nmcli connection delete bond8 >/dev/null

## The activation

check "the bond is activated again" tells '^activated: 1$' activate $uuid $bond 40 ix0 ix1
check "its ports are back" equals "ix0 ix1" "$(ports | xargs)"
check "no checkpoint is left" no_checkpoint_is_left
check "an unknown port is told, and nothing is done" tells '^result: -19 ' \
	activate $uuid $bond 20 ix0 nosuch

nmcli connection modify bond0 connection.autoconnect-slaves 0
nmcli connection modify bond0-ix1 connection.autoconnect no
check "the port that would be held back is counted" tells "^profile $bond: .*ports=0 .*held-back=1" \
	profiles
check "a port that does not come back is fetched" tells '^by-hand: ix1$' \
	activate $uuid $bond 60 ix0 ix1
check "both ports are there" equals "ix0 ix1" "$(ports | xargs)"
nmcli connection modify bond0-ix1 connection.autoconnect yes
nmcli connection modify bond0 connection.autoconnect-slaves 1

# A profile that never gets an address: nothing answers DHCP here.
nmcli connection modify bond0 ipv4.method auto ipv4.addresses '' ipv4.may-fail no
failed_activation=$("$probe" activate $uuid $bond 12 ix0 ix1)
check "an activation that gets nowhere is told" contains "$failed_activation" '^activated: 0$'
check "it says what is missing" contains "$failed_activation" '^error: the profile is still activating'
check "it is rolled back" contains "$failed_activation" '^rolled-back: 1$'
check "the address is there again" wait_for 30 bond_has_address
check "the ports are there again" wait_for 30 ports_are "ix0 ix1"
check "no checkpoint is left after the rollback" no_checkpoint_is_left
nmcli connection modify bond0 ipv4.method manual ipv4.addresses $host_address/24 ipv4.may-fail yes

"$probe" activate $uuid $bond 2 ix0 ix1 >/dev/null &
sleep 0.3
kill -9 $!
wait $! 2>/dev/null
check "when we die in the middle, NetworkManager itself ends the checkpoint" \
	wait_for 60 no_checkpoint_is_left
check "the ports are there after that" wait_for 60 ports_are "ix0 ix1"

## NetworkManager fails

nm_pid=$(systemctl show -P MainPID NetworkManager)
kill -STOP "$nm_pid"
export PROBE_SECONDS=4
check "a NetworkManager that hangs is not waited for" tells_within 10 '^result: -110 ' profiles
check "it is no hindrance to look at the rest" tells_within 20 '^libreswan: installed=1' observe
unset PROBE_SECONDS
kill -CONT "$nm_pid"

systemctl stop NetworkManager
check "a NetworkManager that does not run is told" tells '^result: -3 ' profiles
check "it is a fact among others" tells '^nm: 0$' observe
check "it was not started for that" not systemctl is-active -q NetworkManager
systemctl start NetworkManager
wait_for 30 tells "^profile $bond: .*active=1" profiles

## systemd and Libreswan

check "a unit is seen" tells "^pid: $(pluto_pid)$" unit ipsec.service
check "a unit that is not there is told" tells '^result: -2 ' unit nosuch.service
before=$(pluto_pid)
check "a restart is waited for" tells '^result: 0$' restart ipsec.service 60
check "it is another pluto" not equals "$before" "$(pluto_pid)"
check "the tunnels are waited for" tells '^result: 0$' wait 60 example neighbour
check "a tunnel that does not come is named" tells '^missing: nosuch$' wait 3 example nosuch

before=$(pluto_pid)
check "one conn is replaced" tells '^result: 0$' replace example start was-up
check "its tunnel comes back" tells '^result: 0$' wait 60 example
check "it is the same pluto" equals "$before" "$(pluto_pid)"
check "the neighbour lost nothing" tunnel_up neighbour
check "a conn that is not there is told" tells '^result: 1$' replace nosuch add was-down

ip xfrm state flush
check "SAs that were flushed under pluto are noticed" tells '^tunnel example: .*lost=1' observe
"$probe" replace example start was-up >/dev/null
established example

printf '\nconn broken\n\tnosuchkey=yes\n' >>$example_conf
check "a restart that fails is told with its reason" tells \
	'^text: the restart of ipsec.service ended with "failed"' restart ipsec.service 60
# systemd tries again and again (Restart=on-failure), until it has had enough.
check "that there is no pluto is a fact" tells \
	'^libreswan: installed=1 .* unit=(failed|activating|deactivating) pluto=0 conf=1$' observe
restore $example_conf >/dev/null
check "what we left down is started again" tells '^result: 0$' start-again ipsec.service 60
established example

systemctl stop ipsec
check "a unit that was stopped is not started" tells '^result: 1$' restart ipsec.service 60
check "a pluto that was stopped is a fact" tells \
	'^libreswan: installed=1 .* unit=inactive pluto=0 conf=1$' observe
systemctl start ipsec
established example

kill -STOP "$(pluto_pid)"
export PROBE_SECONDS=4
check "a pluto that hangs is not waited for" tells_within 30 '^libreswan: .* pluto=0 conf=1$' observe
kill -CONT "$(pluto_pid)"
