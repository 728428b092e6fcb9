# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The words of scenarios about "esp-offloadctl diagnose". Sourced by those.

said=/tmp/diagnosis
: >$said.all
: >$said.times
allowed=
systemctl stop esp-offloadd 2>/dev/null

# limit: in ms, beyond what IKE takes: 20 s, or as many as a busy machine needs for what takes 0.2 s
# on a quiet one. Where ipsec is about to hang, it is asked for before that: allowed=$(limit).
limit() {
	local began=${EPOCHREALTIME/./} took
	ipsec status >/dev/null
	took=$(((${EPOCHREALTIME/./} - began) / 1000))
	echo $((took > 200 ? took * 100 : 20000))
}

# read_said: the diagnosis's cause, the first row that is a fault (first), what that row tells (fault),
# and how many ms of it pluto was given to bring the tunnel up (waited). By one jq, whose start takes
# an emulated machine 0.2 s. Fails where there is no diagnosis.
read_said() {
	local up
	{ read -r named && read -r first && read -r up && fault=$(cat); } < <(jq -r '[.rows[] | select(.status == "fault")][0] as $fault | .cause, ($fault.id // ""),
		([.rows[] | select(.step == "bring-up") | .seen // ""][0] // "" | gsub("\n"; " ")),
		($fault | .seen, .why, .remedy)' $said) || return
	waited=0
	[[ ! $up =~ \ after\ ([0-9]+)\.([0-9])\ s$ ]] ||
		waited=$((10#${BASH_REMATCH[1]}${BASH_REMATCH[2]} * 100))
}

# names CAUSE [OPTION...]: that is what is named first, in time.
names() {
	local cause=$1 began=${EPOCHREALTIME/./} took
	shift
	esp-offloadctl diagnose --json=pretty "$@" example >$said 2>$said.err
	took=$(((${EPOCHREALTIME/./} - began) / 1000))
	cat $said $said.err >>$said.all
	if ! read_said || ! equals "$cause" "$named" || ! equals "$cause" "$first"; then
		cat $said $said.err
		return 1
	fi
	say "named ${cause:-no fault} first in $took ms, of which pluto had $waited" >>$said.times
	took=$((took - waited))
	[ "$took" -lt 20000 ] || [ "$took" -lt "${allowed:-$(limit)}" ] || {
		cat $said.times
		return 1
	}
}

# tell_times: what each of them took; at a scenario's end.
tell_times() {
	cat $said.times
}

# tells PATTERN: it is said in the row that names the cause.
tells() {
	read_said || return
	contains "$fault" "$1"
}

# written KEY=VALUE...: the conn's file, changed like that. Pluto, which has not brought up what the
# file said before, is told by --up.
written() {
	local change
	restore $example_conf >/dev/null
	for change; do
		conn_set "$change"
	done
	conn_set auto=add
}

# with KEY=VALUE...: the conn, changed like that, loaded and down.
with() {
	written "$@"
	ipsec auto --replace example >/dev/null
}

# rules WHERE CHAIN RULE: a firewall of one rule, here or (WHERE is "peer") there; none without. It
# takes the place of what was there at once: nothing that pluto tries meanwhile gets through.
rules() {
	local where=
	[ "$1" != peer ] || where=peer
	shift
	$where nft -f - <<-END
		flush ruleset
		$([ $# -eq 0 ] || echo "table inet lab { chain c { type filter hook $1 priority 0; ${*:2}; }; }")
	END
}

secrets() {
	ipsec whack --rereadsecrets >/dev/null
}
