# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The words of scenarios about prerequisites: "esp-offloadctl check", without the daemon, names what
# is wrong, the cause first, and touches nothing. What the daemon makes of it is in the scenario
# prerequisites.

# names ID SEVERITY WHAT [PATTERN]: the finding is there, in front of all others when it blocks;
# what was seen matches the pattern; nothing on the host has changed.
names() {
	local out status wanted=0 first severity text
	untouched_mark
	out=$(esp-offloadctl check --json=short bond0 2>/dev/null)
	status=$?
	[ "$2" != blocks ] || wanted=3
	check "$3: check exits with $wanted" equals "$wanted" "$status"
	# By one jq, whose start is what takes an emulated machine longest.
	first='' severity='' text=''
	jq -r --arg id "$1" '(.findings[0].id // ""), (first(.findings[] | select(.id == $id)) | .severity,
		(.seen, .why // "" | gsub("\n"; " ")))' <<<"$out" | {
		read -r first && read -r severity && text=$(cat)
	}
	if [ "$2" = blocks ]; then
		check "$3: $1 is the first finding" equals "$1" "$first"
	fi
	check "$3: $1 is among the findings, and $2" equals "$2" "$severity"
	[ $# -lt 4 ] || check "$3: it says $4" contains "$text" "$4"
	check "$3: nothing is changed" untouched
}

# with_key ID SEVERITY KEY=VALUE [PATTERN]: the same of a conn that has the key.
with_key() {
	local before
	before=$(cat "$example_conf")
	conn_set "$3"
	names "$1" "$2" "$3" "${@:4}"
	echo "$before" >"$example_conf"
}
