#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bus-policy.sh SERVE POLICY: a bus of our own with the installed policy lets everybody read, and
# only root own the name. Needs root, to be somebody else.
set -u

serve=$1
policy=$2
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 77; }
for tool in dbus-daemon busctl setpriv timeout; do
	command -v $tool >/dev/null || { echo "needs $tool"; exit 77; }
done

dir=$(mktemp -d)
chmod 755 "$dir"
trap 'kill $served $bus 2>/dev/null; rm -rf "$dir"' EXIT
served=
bus=

# The rules that every system bus begins with, see dbus-daemon(1).
cat >"$dir/bus.conf" <<-END
	<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
	  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
	<busconfig>
	  <type>system</type>
	  <listen>unix:path=$dir/bus</listen>
	  <auth>EXTERNAL</auth>
	  <policy context="default">
	    <allow user="*"/>
	    <deny own="*"/>
	    <deny send_type="method_call"/>
	    <allow send_type="signal"/>
	    <allow send_requested_reply="true" send_type="method_return"/>
	    <allow send_requested_reply="true" send_type="error"/>
	    <allow receive_type="method_call"/>
	    <allow receive_type="method_return"/>
	    <allow receive_type="error"/>
	    <allow receive_type="signal"/>
	    <allow send_destination="org.freedesktop.DBus"/>
	  </policy>
	  <include>$policy</include>
	</busconfig>
END
dbus-daemon --config-file="$dir/bus.conf" --nofork --nopidfile 2>"$dir/log" &
bus=$!
address=unix:path=$dir/bus

# wait_for FILE: until it is a socket or has something in it, for at most ten seconds
wait_for() {
	for _ in $(seq 100); do
		[ -s "$1" ] || [ -S "$1" ] && return 0
		sleep 0.1
	done
	echo "$1 did not appear"
	cat "$dir/log"
	exit 1
}

wait_for "$dir/bus"
"$serve" "$address" >"$dir/ready" &
served=$!
wait_for "$dir/ready"

failed=0
say() {
	echo "$1: $2"
	[ "$1" = ok ] || failed=1
}

# somebody PROGRAM...: runs it as a user without any rights
somebody() {
	timeout 10 setpriv --reuid=65534 --regid=65534 --clear-groups "$@" 2>&1
}

# call WHO INTERFACE METHOD...
call() {
	who=$1
	shift
	$who busctl --address="$address" call org.espoffload1 /org/espoffload1 "$@" 2>&1
}

# may WHO SENTENCE INTERFACE METHOD...; may_not the same
may() {
	sentence=$2
	who=$1
	shift 2
	if said=$(call "$who" "$@"); then
		say ok "$sentence"
	else
		say failed "$sentence: $said"
	fi
}

may_not() {
	sentence=$2
	who=$1
	shift 2
	said=$(call "$who" "$@")
	case $said in
	*"ccess denied"* | *"not authorized"* | *"Sender is not"*) say ok "$sentence" ;;
	*) say failed "$sentence: $said" ;;
	esac
}

introspectable=org.freedesktop.DBus.Introspectable
properties=org.freedesktop.DBus.Properties
may somebody "everybody may introspect" $introspectable Introspect
may somebody "everybody may ping" org.freedesktop.DBus.Peer Ping
may somebody "everybody may list the objects" org.freedesktop.DBus.ObjectManager GetManagedObjects
may somebody "everybody may get a property" $properties Get ss org.espoffload1.Bond State
may somebody "everybody may get all properties" $properties GetAll s org.espoffload1.Bond
may somebody "everybody may call the manager" org.espoffload1.Manager GetBond s bond0
may somebody "everybody may call a bond" org.espoffload1.Bond Check
may_not somebody "nobody may set a property" $properties Set ssv org.espoffload1.Bond State s x
may_not somebody "nobody may call what is not named" org.example.Other Method
may "timeout 10" "root may call anything" org.example.Other Method

kill $served
wait $served 2>/dev/null
said=$(somebody "$serve" "$address")
case $said in
*ermission\ denied* | *ccess\ denied*) say ok "only root may own the name" ;;
*) say failed "only root may own the name: $said" ;;
esac

exit $failed
