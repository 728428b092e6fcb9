#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# ansible.sh ROLES CTL: the role writes a policy once, changes nothing the second time, and keeps the
# old one where the new one has mistakes. Into a folder of the test's own, and without the service.
set -u

command -v ansible-playbook >/dev/null || { echo "needs ansible-playbook"; exit 77; }
[ "$(id -u)" -eq 0 ] || { echo "needs root: the role's files belong to it"; exit 77; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/bin" "$dir/home"
ln -s "$(realpath "$2")" "$dir/bin/esp-offloadctl"
export PATH=$dir/bin:$PATH HOME=$dir/home ANSIBLE_LOCAL_TEMP=$dir/home ANSIBLE_ROLES_PATH=$1 LC_ALL=C.UTF-8
config=$dir/etc/config.yaml
failed=0

# play BONDS [OPTION...]: what it said is in $dir/said.
play() {
	cat >"$dir/play.yml" <<-END
		- hosts: localhost
		  connection: local
		  gather_facts: false
		  vars:
		    ansible_python_interpreter: /usr/bin/python3
		    esp_offload_package: ""
		    esp_offload_manage_service: false
		    esp_offload_config_dir: $dir/etc
		    esp_offload_bonds: $1
		  roles: [esp_offload]
	END
	timeout 120 ansible-playbook -i localhost, "$dir/play.yml" "${@:2}" >"$dir/said" 2>&1
}

# ok SENTENCE COMMAND...
ok() {
	local sentence=$1
	shift
	if "$@"; then
		echo "ok: $sentence"
	else
		echo "failed: $sentence"
		tail -n 20 "$dir/said"
		failed=1
	fi
}
not() { ! "$@"; }
changed() { grep -q "changed=$1 " "$dir/said"; }

good='{bond0: {connections: [example], proof: {probe: {address: 198.51.100.2}}}}'
ok "check mode succeeds" play '{bond0: {connections: [example]}}' --check
ok "and writes nothing" not test -e "$config"
ok "the role runs" play "$good"
ok "it writes the folder and the policy" changed 2
ok "which is valid" "$2" config validate "$config"
ok "and has the bond" grep -q '"bond0"' "$config"
ok "the second time it runs as well" play "$good"
ok "and changes nothing" changed 0
ok "a word that YAML takes for a boolean is understood" \
	play '{bond0: {connections: [example], ensure: {esn: no}}}'
ok "and stands there as one" grep -q '"esn": false' "$config"
cp "$config" "$dir/before"
ok "a policy with a mistake is refused" not play '{bond0: {conections: [example]}}'
ok "with the diagnostics" grep -q 'unknown key' "$dir/said"
ok "and the old one stays" cmp "$dir/before" "$config"

# What the service is to be, with that on the command line; the service itself is left alone here.
state=$(sed -n 's/^ *state: "\({{ esp_offload_service_enabled .*}}\)"$/\1/p' "$1/esp_offload/tasks/main.yml")
wanted() {
	timeout 120 ansible -i localhost, -c local localhost -m ansible.builtin.debug \
		-a "msg={{ 'it is to be ' ~ ($(sed 's/^{{//; s/}}$//' <<<"$state")) }}" -e "$1" >"$dir/said" 2>&1
	grep -q "it is to be $2" "$dir/said"
}
ok "a service that the command line switches off is stopped" \
	wanted esp_offload_service_enabled=false stopped
ok "and one that it switches on is started" wanted esp_offload_service_enabled=true started
exit $failed
