# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 420
# The Debian package on a host that has nothing of the project: README's quick start word by word,
# an upgrade while the daemon runs, a removal that leaves the tunnels as they are.

packages=/lab/packages
package=$(echo "$packages"/esp-offloadd_*.deb)
check "there is a package to install" test -s "$package"
[ -s "$package" ] || exit 0

# package_files: what the package installs, without folders.
package_files() {
	dpkg-deb --fsys-tarfile "$package" | tar -t | sed -n 's|^\./\(.*[^/]\)$|/\1|p'
}

# The machine has what this run brought, without a package. It gets that back in the end.
back() {
	dpkg --purge esp-offloadd >/dev/null 2>&1
	tar -C / -xf /run/brought.tar
	systemctl daemon-reload
}
package_files | while read -r file; do [ ! -e "$file" ] || echo "$file"; done >/run/brought
tar -C / -cf /run/brought.tar -T /run/brought 2>/dev/null
trap back EXIT
xargs rm -f </run/brought
systemctl daemon-reload
check "nothing of the project is there" not type esp-offloadctl

# unit_is WORD: as systemctl is-enabled has it.
unit_is() {
	equals "$1" "$(systemctl is-enabled esp-offloadd 2>&1)"
}

# quick COMMAND: as it stands in the README.
quick() {
	bash -c "$1"
}

# The quick start.
cp "$example_conf" /run/example.before
ethtool -K bond0 esp-hw-offload off
cd "$packages" || exit
awk -v block=2 -f /lab/quick-start.awk /lab/README.md >/run/quick-start
check "README has a quick start" grep -q '^esp-offloadctl init' /run/quick-start
while read -r -u 3 line; do
	check "README: ${line%%  *#*}" quick "$line"
	case $line in
	dpkg*)
		hash -r
		check "the package does not enable the service" unit_is disabled
		check "nor start it" not systemctl is-active -q esp-offloadd
		;;
	*plan*) check "nothing is changed before it runs" diff /run/example.before "$example_conf" ;;
	*enable*)
		check "the bond gets configured" wait_for 120 bond_is State configured
		check "the verdict is offloaded" wait_for 60 bond_is Verdict offloaded
		;;
	esac
done 3</run/quick-start
check "what init wrote is without a mistake" esp-offloadctl config validate
check "it has the conn on the bond" contains "$(esp-offloadctl config show)" '- "example"'
check "and not the one that is not to be offloaded" not contains "$(esp-offloadctl config show)" neighbour
check "which it says" grep -q 'conn neighbour is left out' /etc/esp-offloadd/config.yaml
check "a second init writes nothing" contains "$(esp-offloadctl init 2>&1)" 'configuration already'
check "pings are counted on the active port" wait_for 30 offloads "$(active_port)"

# An upgrade: the same with a higher version.
dpkg-deb -R "$package" /run/next
sed -i 's/^Version: .*/&+next/' /run/next/DEBIAN/control
dpkg-deb -Zgzip -z1 -b /run/next /run/next.deb >/dev/null
rm -rf /run/next
untouched_mark
pid=$(systemctl show -P MainPID esp-offloadd)
check "it is upgraded while it runs" dpkg -i /run/next.deb
check "the version is the next one" contains "$(dpkg-query -W -f '${Version}' esp-offloadd)" next
check "the daemon was started anew" not equals "$pid" "$(systemctl show -P MainPID esp-offloadd)"
check "it runs" wait_for 20 systemctl is-active -q esp-offloadd
check "it stays enabled" unit_is enabled
check "the bond is configured" wait_for 60 bond_is State configured
check "and offloaded" wait_for 60 bond_is Verdict offloaded
check "nothing was touched by it" untouched

# A removal.
untouched_mark
said=$(dpkg -r esp-offloadd 2>&1)
check "a removal says what stays" contains "$said" 'the tunnels of bond0 go on'
check "and how to take it back" contains "$said" 'esp-offloadctl revert'
hash -r
check "the program is gone" not type esp-offloadctl
check "the daemon is gone" not pgrep -x esp-offloadd
check "so are its sockets" not test -e /run/esp-offloadd/worker
check "the unit is gone" not systemctl cat esp-offloadd
check "nothing was touched by that either" untouched
check "the tunnel goes on in hardware" wait_for 30 offloads "$(active_port)"
check "what revert needs is kept" test -s /var/lib/esp-offloadd/undo-bond0.jsonl
check "so is the policy" test -s /etc/esp-offloadd/config.yaml

# Installed again, it takes back what it had done before it was removed.
dpkg -i "$package" >/dev/null 2>&1
hash -r
check "it starts again" systemctl start esp-offloadd
check "revert takes everything back" esp-offloadctl revert bond0
check "the conn is as it was" diff /run/example.before "$example_conf"
check "the profile is as it was" profile_has ethtool.feature-esp-hw-offload ""
check "a purge works" dpkg --purge esp-offloadd
check "and leaves nothing of it" not test -e /etc/esp-offloadd -o -e /var/lib/esp-offloadd
