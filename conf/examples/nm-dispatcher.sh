#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A script for the NetworkManager dispatcher: when a bond comes up, it writes into the journal
# whether ESP is offloaded there. Put it into /etc/NetworkManager/dispatcher.d as 90-esp-offload,
# owned by root and executable, and do at its end what your host needs.
#
# It asks esp-offloadd by the profile's UUID, and starts nothing. See NetworkManager-dispatcher(8)
# and org.espoffload1(5).
set -u

[ "${2:-}" = up ] && [ -n "${CONNECTION_UUID:-}" ] || exit 0

# ask VERB ARGUMENT...: what busctl prints, without the type and the quotes
ask() {
	verb=$1
	shift
	busctl --auto-start=no --timeout=5 "$verb" org.espoffload1 "$@" 2>/dev/null |
		sed -n 's/^[so] "\(.*\)"$/\1/p'
}

bond=$(ask call /org/espoffload1 org.espoffload1.Manager GetBondByProfile s "$CONNECTION_UUID")
# Not a bond of the policy, or esp-offloadd does not run.
[ -n "$bond" ] || exit 0

state=$(ask get-property "$bond" org.espoffload1.Bond State)
verdict=$(ask get-property "$bond" org.espoffload1.Bond Verdict)
logger -t esp-offload -p daemon.info "$1 is up: $state, $verdict"

# For instance: tell somebody when the configuration cannot work.
if [ "$state" = blocked ] || [ "$state" = failed ]; then
	logger -t esp-offload -p daemon.warning "$1: see esp-offloadctl check $1"
fi
