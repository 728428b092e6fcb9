# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 900
# A tunnel that comes back deaf, because the peer has dropped the SA into which we send, as it does
# when both begin to negotiate at the same moment: it is replaced once more before all is undone.

# shellcheck source=tests/lab/guest/lab/apply.sh
. /lab/apply.sh

begin_in_software "activation: live" "$proof"

# deaf_until COMMAND...: the peer has no SA for what comes from here, from the first replacement on
# until the command succeeds.
deaf_until() {
	wait_for 60 has_told '"replace".*"begins"' || return
	until "$@" || ! kill -0 "$working" 2>/dev/null; do
		ip -n peer xfrm state deleteall src "$host_address" dst "$peer_address"
		pause 0.05
	done
}

# begun_twice: the second replacement has begun.
begun_twice() {
	equals 2 "$(grep -cE '"replace".*"begins"' "$told")"
}

worker_ends() {
	wait_for 120 not kill -0 "$working"
}

work_in_background --apply bond0
check "a tunnel that is deaf is replaced once more" eval 'deaf_until begun_twice && begun_twice'
check "after which it is as it should be" eval 'worker_ends && outcome_is applied && as_should_be'
check "why it was done is told" grep -q 'the tunnels are established, yet none of 3 pings' "$told.err"
revert
check "and can be reverted" as_before

work_in_background --apply bond0
check "one that stays deaf is given up" eval 'deaf_until has_told "\"undone\"" && worker_ends'
check "with the reason" outcome_is failed \
	'none of 3 pings .*, also after replacing once more.*undone: all is as it was before'
check "all is as it was before" as_before
check "the kernel has nothing to complain of" no_complaints
