# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 3000
# What others run on a gateway, against the service: the Ansible role, the session of
# org.espoffload1(5) word by word, the plugin of sos. tools/torture brings Python for them.

export ANSIBLE_ROLES_PATH=/lab/roles ANSIBLE_LOCAL_TEMP=/run/ansible ANSIBLE_PIPELINING=1
page=$(echo /usr/share/man/man5/org.espoffload1.5*)
config=/etc/esp-offloadd/config.yaml

## The role

good="{bond0: {connections: [example], proof: {within: 60s, probe: {address: $peer_address}}}}"

# play BONDS [VARIABLE...] [-- OPTION...]: runs the role here; what it said is in /run/said.
play() {
	local bonds=$1
	shift
	{
		printf '%s\n' '- hosts: localhost' '  connection: local' '  gather_facts: false' '  vars:' \
			'    esp_offload_package: ""' "    esp_offload_bonds: $bonds"
		while [ $# -gt 0 ] && [ "$1" != -- ]; do
			printf '    %s\n' "$1"
			shift
		done
		printf '%s\n' '  roles: [esp_offload]'
	} >/run/play.yml
	[ $# -eq 0 ] || shift
	timeout 400 ansible-playbook -i localhost, /run/play.yml "$@" >/run/said 2>&1 </dev/null || {
		tail -n 40 /run/said
		return 1
	}
}

# changed N: so much was changed by the last play.
changed() {
	contains "$(grep '^localhost' /run/said)" "changed=$1 "
}

service_is() {
	equals "$1" "$(systemctl is-enabled esp-offloadd 2>/dev/null) $(systemctl is-active esp-offloadd)"
}

has_bond() {
	busctl get-property org.espoffload1 "/org/espoffload1/bond/$1" org.espoffload1.Bond State
}

cp "$example_conf" /run/example.before
mkdir -p /run/ansible
check "ansible runs here" ansible-playbook --version
untouched_mark
check "check mode on a host without a policy" play "$good" -- --check
check "writes none" not test -e "$config"
check "starts nothing" service_is "disabled inactive"
check "and touches nothing" untouched

check "the role has the bond offloaded" play "$good" 'esp_offload_wait_offloaded: 240'
check "for which it wrote the folder, the policy and the service" changed '[34]'
check "the service runs, and will" service_is "enabled active"
check "the bond is configured" bond_is State configured
check "pings are counted on the active port" wait_for 60 offloads "$(active_port)"

pid=$(systemctl show -P MainPID esp-offloadd)
untouched_mark
cp -a "$config" /run/config.before
check "a second run is fine" play "$good" 'esp_offload_wait_offloaded: 240'
check "and changes nothing" changed 0
check "the policy is the same file" equals "$(stat -c '%Y %s' /run/config.before)" "$(stat -c '%Y %s' "$config")"
check "nothing else was touched" untouched

more="${good%\}}, bond5: {connections: [neighbour]}}"
check "check mode of another policy" play "$more" -- --check --diff
check "says what would be changed" contains "$(cat /run/said)" '^\+.*bond5'
check "and changes nothing" cmp /run/config.before "$config"
check "the other policy" play "$more"
check "is written, and loaded" changed 2
check "so that its bond is there" wait_for 20 has_bond bond5
check "by the same daemon" equals "$pid" "$(systemctl show -P MainPID esp-offloadd)"

cp -a "$config" /run/config.before
check "one with a mistake is refused" not play '{bond0: {conections: [example]}}'
check "with the diagnostics" grep -q 'unknown key' /run/said
check "the one before stays" cmp /run/config.before "$config"
check "and in force" has_bond bond5
check "the bond is configured as before" wait_for 90 bond_is State configured
check "and offloaded" wait_for 90 bond_is Verdict offloaded

## The session

# session N: the commands of the N-th example, those behind a prompt, each in one line.
session() {
	awk -v n="$1" -f /lab/man-example.awk "$page" | sed -e ':a' -e '/\\$/N; s/\\\n *//; ta' |
		sed -n 's/^[$#] //p'
}

# typed COMMAND: as somebody types it.
typed() {
	timeout 120 bash -c "$1"
}

# client_prints TEXT: the client in Python, as a user without any rights.
client_prints() {
	contains "$(setpriv --reuid=65534 --regid=65534 --clear-groups /usr/bin/python3 /run/client.py 2>&1)" \
		"^$1\$"
}

check "the page has a session of busctl" test "$(session 1 | wc -l)" -ge 4
session 1 | while read -r command; do
	check "${command%% /org*}" typed "$command" </dev/null
done
command=$(session 2)
check "the page has one of gdbus" contains "$command" '^gdbus monitor'
bash -c "exec $command" >/run/gdbus 2>&1 </dev/null &
listening=$!
check "$command listens" wait_for 60 grep -q 'org.espoffload1 is owned by' /run/gdbus
from=$(active_port)
to=ix0
[ "$from" = ix1 ] || to=ix1
activate "$to"
check "and hears of a failover" wait_for 60 grep -q "FailedOver (uint64 [0-9]*, '$from', '$to', 'request')" /run/gdbus
check "and of its proof" wait_for 90 grep -q "PropertiesChanged.*'Verdict': <'offloaded'>" /run/gdbus
kill "$listening"
awk -v n=3 -f /lab/man-example.awk "$page" >/run/client.py
check "the client in Python prints the bond, for every user" wait_for 90 client_prints "bond0 configured offloaded"

## The plugin of sos

cp /lab/sos_esp_offload.py /usr/lib/python3/dist-packages/sos/report/plugins/esp_offload.py
echo "# psk: lab-secret-psk-in-a-comment" >>"$config"
mkdir -p /run/sos /run/report
check "sos makes a report" timeout 900 sos report --batch --quiet --tmp-dir /run/sos -o esp_offload
# Its checksum lies beside it.
tar -C /run/report -xf /run/sos/sosreport-*.tar.[gx]z --strip-components 1
check "it has what the daemon says" grep -rq '"configured"' /run/report/sos_commands/esp_offload
check "and the SAs" grep -rq 'crypto offload' /run/report/sos_commands/esp_offload
check "and the policy" test -s /run/report/etc/esp-offloadd/config.yaml
# Otherwise the next two could not fail.
check "there are keys to be let out" contains "$(ip xfrm state)" '0x[0-9a-f]{32}'
ip xfrm state | grep -oE '0x[0-9a-f]{32,}' | sort -u >/run/keys
check "no key of an SA is in it" not grep -rqFf /run/keys /run/report
check "no secret either" not grep -rq 'lab-secret-psk' /run/report
check "nor what the undo journal has of Libreswan's files" equals "" "$(find /run/report -name 'undo-*')"

## The end

check "an empty policy" play '{}'
check "takes back what was applied" wait_for 120 cmp /run/example.before "$example_conf"
check "in the profile, too" wait_for 60 profile_has ethtool.feature-esp-hw-offload ""
check "without the service" play '{}' 'esp_offload_service_enabled: false'
check "it is stopped, and stays so" service_is "disabled inactive"
check "which is all that was changed" changed 1
check "the tunnel is up" established example 60
