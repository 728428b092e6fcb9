# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 900
# Another conn shares the IKE SA of the one that is replaced: who goes down with it is what the plan
# says, and depends on who has made the IKE SA.

# shellcheck source=tests/lab/guest/lab/apply.sh
. /lab/apply.sh

check "both tunnels are up to begin with" tunnels_up
before_mark
policy "$proof"
check "the daemon starts" start_daemon
check "the bond gets configured" wait_for 90 bond_is State configured
check "revert takes it back" contains "$(esp-offloadctl revert bond0)" 'conn set example nic-offload=no'
check "all is as it was before" as_before

# planned: what would be done for example alone, by a policy that nobody has loaded.
planned() {
	"$worker" run bond0 </dev/null 2>/dev/null | jq -r '.plan[]?.interrupts'
}

# With a conn more, which goes down with example: Libreswan takes the IKE SA along.
twin_conn
cp -a /etc/ipsec.d/twin.conf /tmp/before/ipsec.d
check "one more conn is up by the IKE SA of example" eval 'twin_up && ike_sa_is example'
policy "$proof"
forget
configured_again() {
	systemctl reload esp-offloadd
	wait_for 90 bond_is State configured
}
check "the plan says that the other goes down with it" contains "$(planned)" \
	'with it twin, because they share its IKE SA'
# shellcheck disable=SC2034 # lost_while has a use for it
ping_every=0.01
lost_while "$twin_address" check "with the bond again it is configured again" configured_again
say "of the conn that shared the IKE SA $REPLY pings were lost, 100 a second"
check "the other conn went down with it, which is measured" wait_for 10 logged \
	'step replace example: interrupted: the tunnel of example for [0-9.]+ s, the tunnel of twin for [0-9.]+ s$'
check "and is up again" wait_for 60 pings 5 "$twin_address"
check "revert takes all of it back, and says how to write no" \
	contains "$(esp-offloadctl revert bond0)" 'conn set example nic-offload=no'
check "all is as it was before" as_before

# The same when the other conn has made the IKE SA: Libreswan leaves it alone.
ipsec auto --down twin >/dev/null
ipsec auto --down example >/dev/null
# Or a ping of somebody's would bring it up first.
ipsec auto --unroute example >/dev/null
ipsec auto --asynchronous --up twin >/dev/null
check "the other conn comes up by itself" established twin 60
ipsec auto --asynchronous --up example >/dev/null
check "and example by its IKE SA" eval 'established example 60 && ike_sa_is twin'
check "the plan says that example goes down alone" contains "$(planned)" 'the tunnel of example alone'
forget
lost_while "$twin_address" check "it is configured once more" configured_again
check "the other conn has lost nothing" equals 0 "$REPLY"
check "as the measurement has it" wait_for 10 logged \
	'step replace example: interrupted: the tunnel of example for [0-9.]+ s$'
check "the neighbour's tunnel was not touched in all of this" equals \
	"$(ipsec trafficstatus | grep -c '"neighbour"')" 1
