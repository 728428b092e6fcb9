# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 3000
# Killed at the boundaries of the steps that the quick tests leave out, and at 50 random moments,
# applying and taking back.

# shellcheck source=tests/lab/guest/lab/apply.sh
. /lab/apply.sh

begin_in_software "activation: live" "ipsec: restart" "$proof"
for boundary in live:begins live:done restart:begins restart:done; do
	check "killed at $boundary" \
		kill_when "\"step\":\"${boundary%:*}\".*\"${boundary#*:}\"" --apply bond0
	check "killed at $boundary: the next run takes back" settle
	check "killed at $boundary: all is as it was before" as_before
done

begin_in_software "$proof"
began=${EPOCHREALTIME/./}
work --apply bond0
took=$(((${EPOCHREALTIME/./} - began) / 1000))
check "without being killed it applies" as_should_be

for ((i = 1; i <= 50; i++)); do
	moment=$((RANDOM * took / 32768))
	# What is there is now taken back, and now applied.
	if [ -e "$journals/undo-bond0.jsonl" ]; then
		what=--revert
	else
		what=--apply
	fi
	check "$i: killed after $moment of $took ms of $what" kill_after "$moment" "$what" bond0
	check "$i: the next run settles it" settle
	if [ "$what" = --apply ]; then
		check "$i: all is as it was, or as it should be" as_either
	else
		# A revert that was killed is done again by whoever asked for it.
		revert
		check "$i: all is as it was before" as_before
	fi
done
check "the kernel has nothing to complain of" no_complaints
