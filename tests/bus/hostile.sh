#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# esp-offloadd among hostile neighbours: users without rights, calls that are wrong, many or large,
# and a policy that is no policy. It answers each with an error, and goes on as before.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/daemon-lib.sh"

# call METHOD [SIGNATURE ARGUMENT…]: of bond0's object; manager_call: of the manager's.
call() {
	busctl --user --timeout=20 call org.espoffload1 "${path:-/org/espoffload1/bond/bond0}" \
		org.espoffload1.Bond "$@"
}
manager_call() {
	busctl --user --timeout=20 call org.espoffload1 /org/espoffload1 org.espoffload1.Manager "$@"
}

# refused PATTERN COMMAND…: it fails, and says so.
refused() {
	local said pattern=$1
	shift
	if said=$("$@" 2>&1); then
		echo "it was not refused: $said"
		return 1
	fi
	contains "$said" "$pattern"
}

# unharmed: the same process answers, and the bond stands where it did.
unharmed() {
	alive && state_is configured
}

start_bus
cat >"$policy" <<'END'
version: 1
bonds:
  bond0: {connections: [example]}
END
reports "done" "" '[]'
check "the daemon runs" start_daemon
check "the bond is configured" state_soon configured

# ---- calls ----
check "an argument of another type is refused" refused 'Invalid|signature|arguments' call Verify s x
check "an option of another type" refused 'Options are' call Verify 'a{sv}' 1 count s many
check "an option that there is not" refused 'Options are' call Verify 'a{sv}' 1 nonsense b true
check "an address that is none" refused 'Options are' call Verify 'a{sv}' 1 address s 999.1.1.1
check "who has it pinged is told how often" contains \
	"$(call Verify 'a{sv}' 3 probe b true address s 127.0.0.1 within_usec t 1)" '"probes_sent" x [0-9]'
check "who has not is told of no pings" not contains "$(call Verify 'a{sv}' 1 within_usec t 1)" probes_sent
check "a bond's object that there is not" refused 'Unknown object|no such' \
	env path=/org/espoffload1/bond/none bash -c "$(declare -f call); call Check"
check "a path below a bond's" refused 'Unknown object|no such' \
	env path=/org/espoffload1/bond/bond0/bond0 bash -c "$(declare -f call); call Check"
check "a property cannot be set" refused 'writ|read-only' busctl --user --timeout=20 set-property \
	org.espoffload1 /org/espoffload1/bond/bond0 org.espoffload1.Bond State s failed
check "a name of 100,000 characters is no bond" refused 'no bond' \
	manager_call GetBond s "$(printf '%0100000d' 0)"
check "nor is one of odd characters" refused 'no bond' manager_call GetBond s $'\x01\e[2J\xc2\x9b\u202e%s%n'
many=()
for ((i = 0; i < 5000; i++)); do
	many+=("within_usec" t "$i")
done
check "an option 5,000 times is the last of them, or refused" \
	contains "$(call Verify 'a{sv}' 5000 "${many[@]}" 2>&1)" 'verdict|Invalid|probe'
check "it is unharmed by all that" unharmed

# ---- users without rights ----
if setpriv --reuid=65534 --clear-groups true 2>/dev/null; then
	chmod 711 "$work"
	nobody() {
		setpriv --reuid=65534 --clear-groups busctl --user --timeout=20 call org.espoffload1 \
			"$1" "$2" "${@:3}"
	}
	check "reading is open to all" nobody /org/espoffload1/bond/bond0 \
		org.freedesktop.DBus.Properties GetAll s org.espoffload1.Bond
	for method in 'Apply a{sv} 0' Revert; do
		# shellcheck disable=SC2086
		check "${method%% *} is not, where there is no polkit to ask" refused \
			'ccess denied|not authorized|polkit|PolicyKit|refused|permitted' \
			nobody /org/espoffload1/bond/bond0 org.espoffload1.Bond $method
	done
	check "nor is Reload" refused 'ccess denied|not authorized|polkit|PolicyKit|refused|permitted' \
		nobody /org/espoffload1 org.espoffload1.Manager Reload
	for options in 0 '1 up b true'; do
		# shellcheck disable=SC2086
		check "nor is Diagnose ($options)" refused \
			'ccess denied|not authorized|polkit|PolicyKit|refused|permitted' \
			nobody /org/espoffload1 org.espoffload1.Manager Diagnose 'sa{sv}' example $options
	done
	check "nothing was taken back for it" not in_file "$work/worker/called" revert
fi

# ---- secrets ----
# What a process that may not leave a core has in /proc is root's, whoever it runs as.
if setpriv --reuid=65534 --clear-groups true 2>/dev/null; then
	mkdir "$work/nobodys"
	chown 65534 "$work/nobodys"
	of_root() { equals root "$(stat -c %U "/proc/$1/environ")"; }
	start "$work/undumpable" env DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere \
		setpriv --reuid=65534 --clear-groups "$DAEMON" --session \
		--root "$work/nobodys" --state "$work/nobodys" --worker /bin/false
	check "the daemon leaves no core, whatever the limits" wait_for 10 of_root "$started"
	stop "$started"
	mkfifo -m 666 "$work/never"
	# shellcheck disable=SC2016,SC2153
	start "$work/undumpable" setpriv --reuid=65534 --clear-groups \
		sh -c 'exec "$0" run --policy=- bond0 <>"$1"' "$WORKER" "$work/never"
	check "nor does the worker" wait_for 10 of_root "$started"
	stop "$started"
fi

# ---- many at once ----
script <<'END'
sleep 0.5
END
before=$(runs)
calls=()
for ((i = 0; i < 60; i++)); do
	call Check >/dev/null 2>&1 &
	calls+=($!)
done
wait "${calls[@]}"
check "60 calls at once share a few looks at the host" test "$(($(runs) - before))" -le 6
no_script
check "and do no harm" unharmed

# ---- more than it waits for ----
# greedy NAME CLIENTS CALLS: in the background; each answer becomes a line of $work/greedy.NAME.
greedy() {
	start "$work/greedy.$1" "$GREEDY" "$2" "$3" Verify
	greedies+=("$started")
}
# refused_are N NAME: exactly so many of its calls are.
refused_are() { equals "$1" "$(grep -c 'Too many calls' "$work/greedy.$2")"; }
told_are() { equals "$1" "$(cat "$work"/greedy.* | grep -c 'no such bond any more')"; }
greedies=()
greedy one 1 40
check "of 40 calls of one client 24 are refused" wait_for 60 refused_are 24 one
check "and another client is served" call Check
greedy three 3 16
check "and three more that take their share" wait_for 60 in_file "$work/greedy.three" asked
greedy two 1 2
check "where 64 wait a client may have one of its own" wait_for 60 refused_are 1 two
check "and that one" call Check
check "of the three nothing is refused" refused_are 0 three
greedy crowd 460 1
check "in all 512 may wait, as no one user can have" wait_for 60 refused_are 13 crowd
check "and not one more" refused 'Too many calls' call Check
cp "$policy" "$work/good.yaml"
printf 'version: 1\nbonds:\n  bond5: {connections: [other]}\n' >"$policy"
check "their bond leaves the policy" manager_call Reload
wait "${greedies[@]}"
check "and all who wait are told so" told_are 512
cp "$work/good.yaml" "$policy"
check "it comes back" manager_call Reload
check "and is as before" state_soon configured
check "which is all" unharmed

# ---- names of every byte that the kernel and the policy's language allow ----
# JSON is YAML as well.
jq -n 'def parts($n): [range(0; length; $n) as $i | .[$i:$i + $n] | implode];
	([range(33; 127)] - [47, 58] + [233, 255, 1071, 28450, 8238] | parts(7)) as $bonds |
	([range(32; 127)] + [233, 1071, 128274] | parts(20)) as $conns |
	{version: 1, bonds: ([$bonds | to_entries[] | {key: .value, value:
		{connections: [$conns[.key] // "conn\(.key)"], manage: "monitor"}}] | from_entries)}' >"$policy"
n_odd=$(jq '.bonds | length' "$policy")
check "names of every byte that is allowed are taken" manager_call Reload
check "each bond has an object" contains "$(manager Bonds)" "^ao $n_odd "
each_tells() {
	local bond n=0
	for bond in $(busctl --user --json=short get-property org.espoffload1 /org/espoffload1 \
		org.espoffload1.Manager Bonds | jq -r '.data[]'); do
		busctl --user --timeout=20 --json=short get-property org.espoffload1 "$bond" \
			org.espoffload1.Bond Interface | jq -r .data || return
		n=$((n + 1))
	done >"$work/odd"
	diff <(jq -r '.bonds | keys[]' "$policy" | LC_ALL=C sort) <(LC_ALL=C sort "$work/odd")
}
check "which tells its name to the byte" each_tells
manager_call Check >/dev/null 2>&1
ctl status --json=short
check "the command prints them all" equals "$n_odd" "$(jq '.bonds | length' "$work/out")"
cp "$work/good.yaml" "$policy"
check "and they go again" manager_call Reload
check "which harms nobody" state_soon configured

# ---- the policy ----
# refuses WHAT: the policy as it is now, with an answer that the bus can carry.
refuses() {
	refused 'The configuration has mistakes' manager_call Reload && unharmed
}
truncate -s 100M "$policy"
check "a policy of 100 MB is refused" refuses
head -c 100000000 /dev/zero | tr '\0' '#' >"$policy"
check "also when it is one long comment" refuses
rm "$policy" && mkfifo "$policy"
check "a FIFO is refused, and not waited for" refuses
rm "$policy" && ln -s /dev/zero "$policy"
check "a device is refused" refuses
rm "$policy" && mkdir "$policy"
check "a folder is refused" refuses
rmdir "$policy" && ln -s config.yaml "$policy"
check "a link to itself is refused" refuses
rm "$policy" && printf 'version: 1\nbonds:\n  b\xff\xfe0: {connections: [a]}\n' >"$policy"
check "bytes that are no UTF-8 are refused" refuses
printf 'version: 1\nbonds:\n  "b\\0c": {connections: [a]}\n' >"$policy"
check "a name with a NUL is refused" refuses
{ printf 'version: '; printf '[%.0s' {1..20000}; } >"$policy"
check "20,000 brackets are refused" refuses
{
	echo 'a: &a0 [x, x, x, x, x, x, x, x, x]'
	for ((i = 1; i < 20; i++)); do
		printf 'a%d: &a%d [' $i $i
		printf "*a$((i - 1)), %.0s" {1..9}
		echo ']'
	done
} >"$policy"
check "aliases that stand for 9^20 values are refused, in time" refuses
cp "$work/good.yaml" "$policy"
mkdir -p "$root$CONFIG_DIR/config.d"
printf 'version: 1\n' >"$root$CONFIG_DIR/config.d/"$'10-\xff\xfe\x01.yaml'
check "a drop-in may have any name" manager_call Reload
check "the bus can be told of it" contains "$(manager ConfigurationFiles)" '^as 2 .*10-'
check "and of all else beside" contains "$(busctl --user call org.espoffload1 /org/espoffload1 \
	org.freedesktop.DBus.Properties GetAll s org.espoffload1.Manager)" 'ConfigurationValid'
printf 'version: 2\n' >"$root$CONFIG_DIR/config.d/"$'10-\xff\xfe\x01.yaml'
check "and of a mistake in it" refuses
rm -r "$root$CONFIG_DIR/config.d"
check "the good one is taken again" manager_call Reload

# ---- the worker's words ----
printf '{"report":"bond","bond":"bond0","standing":"blocked","reason":"\xff\xfe"}\n' >"$work/worker/reports"
call Check >/dev/null 2>&1
check "a report that is no UTF-8 changes nothing" unharmed
{ printf '{"report":"bond","bond":"bond0","findings":'; printf '[%.0s' {1..3000}; echo; } >"$work/worker/reports"
call Check >/dev/null 2>&1
check "nor does one of 3,000 brackets" unharmed
jq -nc '{report: "bond", bond: "bond0", standing: "done", reason: "",
	findings: [reduce range(200) as $i (1; {a: .})]}' >"$work/worker/reports"
call Check >/dev/null 2>&1
check "a finding that the bus cannot carry does not end the daemon" alive
reports "done" "" '[]'
check "and is gone with the next look" call Check
check "all is as it was in the end" unharmed

end_daemon
check "it ends as it should, with nothing lost" status_is 0
finish
