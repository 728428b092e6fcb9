# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 1800
# The bus stops answering in the middle of applying, at each of the steps, and goes on after 45 s. When
# it stays away for minutes systemd gives its own connection up, and stops what has a name on it.

# shellcheck source=tests/lab/guest/lab/apply.sh
. /lab/apply.sh

begin_in_software "$proof"
bus=$(systemctl show -P MainPID dbus)

for step in profile reactivate conn "$takes_up"; do
	work_in_background --apply bond0
	check "$step: it is begun" wait_for 60 has_told "\"$step\".*\"begins\""
	kill -STOP "$bus"
	sleep 45
	kill -CONT "$bus"
	# Each of its questions has a limit of its own, of up to a minute, and so have those of undoing.
	check "$step: the worker ends within its limits all the same" \
		wait_for 300 not kill -0 "$working"
	say "$step: $(jq -r 'select(.report == "outcome") | .outcome + ": " + (.reason // "")' "$told" | tail -n 1)"
	check "$step: what is left is taken back once the bus is there" wait_for 120 settle
	check "$step: all is as it was, or as it should be" as_either
	[ ! -e "$journals/undo-bond0.jsonl" ] || revert
	check "$step: all is as it was before" as_before
done
