# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The words of scenarios about "esp-offloadctl diagnose". Sourced by those.

said=/tmp/diagnosis
: >$said.all
systemctl stop esp-offloadd 2>/dev/null

# names CAUSE [OPTION...]: that is what is named first, in 20 s beyond what IKE takes. Pluto is
# listened to for 12 s at the most.
names() {
	local cause=$1 began=${EPOCHREALTIME/./} took
	shift
	esp-offloadctl diagnose --json=pretty "$@" example >$said 2>$said.err
	took=$(((${EPOCHREALTIME/./} - began) / 1000))
	cat $said $said.err >>$said.all
	say "$cause $*: $took ms"
	equals "$cause" "$(jq -r .cause $said)" &&
		equals "$cause" "$(jq -r '[.rows[] | select(.status == "fault") | .id][0] // ""' $said)" &&
		[ "$took" -lt 32000 ] || {
		cat $said $said.err
		return 1
	}
}

# tells PATTERN: it is said in the row that names the cause.
tells() {
	contains "$(jq -r '[.rows[] | select(.status == "fault")][0] | .seen, .why, .remedy' $said)" "$1"
}

# with KEY=VALUE...: the conn, changed like that, loaded and down.
with() {
	local change
	restore $example_conf >/dev/null
	for change; do
		conn_set "$change"
	done
	conn_set auto=add
	ipsec auto --replace example >/dev/null
}

# rules WHERE CHAIN RULE: a firewall of one rule, here or (WHERE is "peer") there; none without.
rules() {
	local where=
	[ "$1" != peer ] || where=peer
	shift
	$where nft flush ruleset
	[ $# -eq 0 ] || $where nft -f - <<-END
		table inet lab {
			chain c { type filter hook $1 priority 0; ${*:2}; }
		}
	END
}

secrets() {
	ipsec whack --rereadsecrets >/dev/null
}
