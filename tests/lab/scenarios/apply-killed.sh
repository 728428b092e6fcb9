# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 900
# The worker is killed at the boundaries of its steps, and the daemon is stopped and killed in the
# middle of applying: it is taken back or finished, which is said, and the tunnels are up.
# tests/torture/killed.sh kills at random moments.

# shellcheck source=tests/lab/guest/lab/apply.sh
. /lab/apply.sh

begin_in_software "$proof"

# At each boundary.
for boundary in profile:begins reactivate:begins reactivate:done conn:begins conn:done \
	"$takes_up:begins" "$takes_up:done"; do
	check "killed at $boundary" \
		kill_when "\"step\":\"${boundary%:*}\".*\"${boundary#*:}\"" --apply bond0
	check "killed at $boundary: the next run takes back" settle
	check "killed at $boundary: all is as it was before" as_before
done

# NetworkManager with it, while the bond is between two activations: it makes up a profile of its own
# for what it finds, unless it has come as far as to write down which one is to be active. That takes
# some ten ms, and then there is another try.
is_made_up() {
	[[ $(nmcli -g NAME,STATE,FILENAME connection show --active) =~ (^|$'\n')bond0:activated:/run/ ]]
}
is_activated() {
	[[ $(nmcli -g NAME,STATE connection show --active) =~ (^|$'\n')bond0:activated ]]
}
killed_in_between() {
	local i
	for i in 1 2 3 4 5 6; do
		restart_in_between kill_worker && wait_for 60 is_activated || return
		! is_made_up || return 0
		settle || return
	done
	return 1
}
check "killed while NetworkManager is restarted between two activations, and makes up a profile" \
	killed_in_between
check "the next run gives the bond its own profile back" settle
check "and says so" grep -q "$bond_uuid is active again" "$told.err"
check "all is as it was before, that profile, ports and tunnels with it" as_before

# The worker of a daemon that lives on.
applying() {
	contains "$(bond_property StateReason)" "$1"
}
reason_has() {
	contains "$(bond_property StateReason)" "$1"
}
check "the daemon begins to apply" eval 'start_daemon && wait_for 60 applying "reactivate|conn|$takes_up"'
check "its worker is killed" pkill -KILL -f "esp-offload-worker (run|serve)"
check "the bond has failed" wait_for 10 bond_is State failed
check "what was half done is taken back, which the state tells" \
	wait_for 60 reason_has 'what was half done is taken back now'
check "and the journal" logged 'took back what an earlier run had left half done' esp-offloadd
check "all is as it was before" as_before

# The daemon itself, stopped and killed.
esp-offloadctl apply bond0 >/dev/null 2>&1 &
check "it applies anew once somebody asks" wait_for 60 applying "conn|$takes_up"
forget
check "stopped in the middle it ends" systemctl stop esp-offloadd
check "once all is as it was before" as_before
check "and says so" logged 'told to stop before it was finished; undone: all is as it was' esp-offloadd
check "no worker is left" equals "" "$(systemctl list-units --no-legend --plain 'esp-offload-worker@*')"

# systemd puts a restart of ipsec behind the daemon's end, which waits for the worker, and that for the
# restart.
policy "activation: live" "ipsec: restart" "$proof"
check "started with another policy it restarts ipsec" \
	eval 'systemctl start esp-offloadd; wait_for 60 applying restart'
forget
check "stopped then it ends in time" timeout 60 systemctl stop esp-offloadd
check "and that is undone as well" as_before
check "as it says, and nothing of a restart that failed" eval '
	logged "told to stop before it was finished; undone: all is as it was" esp-offloadd &&
	not logged "did not start again|cannot be restarted" esp-offloadd'
policy "$proof"

check "started anew it applies anew" \
	eval 'systemctl start esp-offloadd; wait_for 60 applying "conn|$takes_up"'
forget
systemctl kill -s KILL --kill-who=main esp-offloadd
check "killed itself, it is started again" wait_for 30 bond_property State
check "its worker takes back what it had begun, and says so" \
	wait_for 60 logged 'esp-offloadd.*failed: told to stop before it was finished; undone'
check "and the new one finishes" wait_for 90 bond_is State configured
check "all is as it should be" as_should_be
check "the verdict is offloaded" wait_for 30 bond_is Verdict offloaded
check "the kernel has nothing to complain of" no_complaints
