# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# For tests of esp-offloadd itself, in an empty network, with a worker that only plays one.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/ctl-lib.sh"

if [ "$(id -u)" -ne 0 ] || ! unshare -n true 2>/dev/null; then
	echo "1..0 # SKIP it takes root, and a network namespace"
	exit 0
fi

root=$work/root
policy=$root$CONFIG_DIR/config.yaml
state=$work/state
worker=$work/worker/fake-worker.sh
mkdir -p "$root$CONFIG_DIR" "$state" "$work/worker"
cp "$here/fake-worker.sh" "$worker"
touch "$work/worker/called"

# start_daemon [WORKER]: under the program and options in $DAEMON_UNDER, where there is one.
start_daemon() {
	# shellcheck disable=SC2153,SC2086 # words of a command
	start "$work/daemon" unshare -n ${DAEMON_UNDER:-} "$DAEMON" --session --root "$root" --state "$state" \
		--worker "${1:-$worker}"
	daemon=$started
	wait_for 60 on_bus
}

# end_daemon: by SIGTERM; its exit status in $status.
end_daemon() {
	kill "$daemon"
	wait "$daemon"
	status=$?
}

on_bus() {
	busctl --user --timeout=5 list 2>/dev/null | grep -q '^org\.espoffload1 '
}
alive() { kill -0 "$daemon"; }
logged_twice() { [ "$(grep -cE -- "$1" "$work/daemon.err")" -ge 2 ]; }
logged() { in_file "$work/daemon.err" "$1"; }

# property NAME, of bond0; manager NAME. busctl's own limit is for calls only.
property() {
	timeout 10 busctl --user get-property org.espoffload1 /org/espoffload1/bond/"${2:-bond0}" \
		org.espoffload1.Bond "$1"
}
manager() {
	timeout 10 busctl --user get-property org.espoffload1 /org/espoffload1 \
		org.espoffload1.Manager "$1"
}
state_is() { equals "s \"$1\"" "$(property State)"; }
state_soon() { wait_for 10 state_is "$1"; }
reason_is() { equals "s \"$1\"" "$(property StateReason)"; }
runs() { wc -l <"$work/worker/called"; }
more_runs_than() { [ "$(runs)" -gt "$1" ]; }
# in_order FIRST SECOND: the last two runs of the worker.
in_order() { equals "$(printf '%s\n' "$@")" "$(tail -n 2 "$work/worker/called")"; }
last_run() { equals "$1" "$(tail -n 1 "$work/worker/called")"; }

# reports STANDING REASON [FINDINGS [PLAN]]: what the worker says of bond0 from now on.
reports() {
	jq -nc --arg standing "$1" --arg reason "$2" --argjson findings "${3:-[]}" \
		--argjson plan "${4:-[]}" '{report: "bond", bond: "bond0", $standing, $reason,
		$findings, $plan, conns: [{name: "example", local: "192.0.2.1", remote: "192.0.2.2",
		established: false}], profile_uuid: "u-1",
		profile_path: "/org/freedesktop/NetworkManager/Settings/3"}' >"$work/worker/reports"
}

# script: what the worker does from now on, before that.
script() {
	cat >"$work/worker/script.new"
	mv "$work/worker/script.new" "$work/worker/script"
}
no_script() { rm -f "$work/worker/script"; }

# start_services: NetworkManager, systemd and polkit, as they are played; see fake-services.c.
# services COMMAND…: has them do that.
start_services() {
	mkfifo "$work/services.in"
	start "$work/services" sh -c 'exec "$0" <"$1"' "$FAKE_SERVICES" "$work/services.in"
	exec {services}>"$work/services.in"
	wait_for 10 in_file "$work/services" ready
}
services() {
	local before
	before=$(grep -c '^done$' "$work/services")
	printf '%s\n' "$*" >&"$services"
	wait_for 10 services_did $((before + 1))
}
services_did() { [ "$(grep -c '^done$' "$work/services")" -ge "$1" ]; }
