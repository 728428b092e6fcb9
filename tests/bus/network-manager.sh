#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# NetworkManager comes, goes and is restarted under the daemon: its object paths of the bond follow,
# those of before find nothing any more, and who listens is told of what changed and of no more.
# NetworkManager is a name on the bus here; that its paths are read right is for the lab.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/daemon-lib.sh"

nm=/org/freedesktop/NetworkManager
bond_object=/org/espoffload1/bond/bond0

# reports_as FILTER STANDING REASON: as reports(), changed by jq's filter.
reports_as() {
	reports "$2" "$3"
	jq -c "$1" "$work/worker/reports" >"$work/worker/reports.new"
	mv "$work/worker/reports.new" "$work/worker/reports"
}

# nm_comes DEVICE PROFILE: with these numbers for its objects of the bond.
nm_comes() {
	paths=".device_path = \"$nm/Devices/$1\" | .profile_path = \"$nm/Settings/$2\""
	reports_as "$paths" "done" ""
	services come
}

nm_goes() {
	reports_as 'del(.profile_uuid, .profile_path)' missing "NetworkManager: it does not run"
	services leave
}

# path_is PROPERTY PATH, of bond0
path_is() { equals "o \"$2\"" "$(property "$1")"; }

# by DEVICE|PROFILE VALUE: what the manager finds by it.
by_device() {
	busctl --user --timeout=5 call org.espoffload1 /org/espoffload1 org.espoffload1.Manager \
		GetBondByDevice o "$1" 2>&1
}
by_profile() {
	busctl --user --timeout=5 call org.espoffload1 /org/espoffload1 org.espoffload1.Manager \
		GetBondByProfile s "$1" 2>&1
}
finds() { equals "o \"$bond_object\"" "$("$@")"; }
finds_none() { contains "$("$@")" 'no bond with the'; }

# told PROPERTY [VALUE]: how often a change of it was signalled, to that value if there is one.
told() {
	jq -r --arg p "$1" --arg v "${2:-}" 'select(.payload.data[1][$p].data |
		. != null and ($v == "" or . == $v)) | 1' "$work/heard" 2>/dev/null | wc -l
}
was_told() { [ "$(told "$@")" -ge 1 ]; }

printf 'version: 1\nbonds:\n  bond0: {connections: [example]}\n' >"$policy"
start_bus
start_services
services leave
check "NetworkManager runs" nm_comes 5 3
check "the daemon runs" start_daemon
check "the bond is configured" state_soon configured
start "$work/heard" busctl --user --json=short monitor --match="type='signal',sender='org.espoffload1',path='$bond_object',member='PropertiesChanged'"
check "somebody listens" wait_for 10 in_file "$work/heard.err" Monitoring

check "Device is NetworkManager's path of it" path_is Device $nm/Devices/5
check "Profile is, too" path_is Profile $nm/Settings/3
check "the bond is found by the device" finds by_device $nm/Devices/5
check "and by the profile's UUID" finds by_profile u-1
check "not by another device" finds_none by_device $nm/Devices/6
check "nor by /, which means none" finds_none by_device /
check "nor by the UUID of another profile" finds_none by_profile u-2
check "nor by an empty one" finds_none by_profile ""

ctl check bond0
check "a look that finds nothing new is fine" status_is 0
reports_as "$paths" blocked "ix2: e1000e"
ctl check bond0
check "one that does is told" wait_for 10 was_told State blocked
for name in Device Profile ProfileUuid Connections; do
	check "$name, which is as it was, is not told of" equals 0 "$(told $name)"
done

nm_goes
check "once it is gone there is no device" wait_for 10 path_is Device /
check "nor a profile" path_is Profile /
check "nor its UUID" equals 's ""' "$(property ProfileUuid)"
check "the bond waits for it" state_soon waiting
check "the device of before finds nothing" finds_none by_device $nm/Devices/5
check "nor does the profile" finds_none by_profile u-1
check "who listens is told" wait_for 10 was_told Device /
check "of the profile, too" was_told Profile /

check "it comes back" nm_comes 12 8
check "with another path, which the daemon follows" wait_for 10 path_is Device $nm/Devices/12
check "that of the profile, too" path_is Profile $nm/Settings/8
check "the bond is found by it" finds by_device $nm/Devices/12
check "by the profile's UUID as before" finds by_profile u-1
check "and not by the old one" finds_none by_device $nm/Devices/5
check "who listens is told that" wait_for 10 was_told Device $nm/Devices/12
check "and of the profile's path" was_told Profile $nm/Settings/8
check "the bond is configured again" state_soon configured

services leave
check "a restart that nobody could see in between" nm_comes 2 1
check "is followed as well" wait_for 10 path_is Device $nm/Devices/2
check "and the old device finds nothing" finds_none by_device $nm/Devices/12
end_daemon
check "it ends well" status_is 0

finish
