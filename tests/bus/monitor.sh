#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# esp-offloadctl monitor and metrics, against a daemon that only plays one.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/ctl-lib.sh"

# watch OPTIONS…: monitor in the background, its output in $work/seen.
watch() {
	start "$work/seen" "$CTL" monitor "$@"
	watcher=$started
}

saw() { in_file "$work/seen" "$1"; }
saw_soon() { wait_for 10 saw "$1"; }

# end_watch: ^C; its exit status in $status.
end_watch() {
	kill -INT "$watcher"
	wait "$watcher"
	status=$?
}

# With the clock left out, for comparing.
seen_is() {
	sed -E 's/^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} //' "$work/seen" >"$work/out"
	prints
}

# prod: has the daemon play what its scenario has for Check.
prod() { run "$CTL" check bond0; }

start_bus
vary 'del(.bonds.bond1) | .Check = [
	{signal: ["bond0", 1767323045678000, "ix1", "ix0", "carrier"]},
	{set: {bond0: {ActivePort: "ix0"}}},
	{set: {bond0: {Verdict: "unknown", VerdictReason: "the proof is under way", Ratio: 0}}},
	{set: {bond0: {Verdict: "partial", VerdictReason: "", Ratio: 0.5}}},
	{set: {bond0: {State: "applying", StateReason: "conn example"}}},
	{set: {bond0: {State: "applying", StateReason: "conn example"}}},
	{set: {bond0: {State: "configured", StateReason: ""}}},
	{set: {bond0: {Findings: [{id: "x", severity: "warns"}]}}},
	{set: {bond0: {Findings: []}}},
	{set: {bond0: {FeatureEnabled: false, Tomorrow: 7, Mode: 4}}},
	{set: {bond0: {ActivePort: ""}}},
	{reply: []}]'

watch
check "monitor begins with how things are" saw_soon 'bond0 verdict offloaded'
prod
check "it sees the last of what happens" saw_soon 'none is active'
end_watch
check "^C ends it well" equals 0 "$status"
check "each event has its line, once, in order" seen_is <<'END'
bond0 port the active one is ix1
bond0 state configured
bond0 verdict offloaded, 100.0 % of the packets went through the hardware
bond0 feature esp-hw-offload is on
bond0 failover ix1 -> ix0 (carrier)
bond0 verdict unknown: the proof is under way
bond0 verdict partial, 50.0 % of the packets went through the hardware
bond0 state applying: writing nic-offload into the conn example
bond0 state configured
bond0 findings 1 finding warns
bond0 findings none any more
bond0 feature esp-hw-offload is off
bond0 port none is active
END
check "a failover has the time when it happened" saw '^03:04:05\.678 bond0 failover'

play "$work/varied.json"
watch --json=pretty
saw_soon '"verdict":"offloaded"'
prod
saw_soon '"active_port":""'
end_watch
check "as JSON there is an object a line" equals 13 "$(jq -c . "$work/seen" | wc -l)"
check "each with the time" equals true "$(jq -s 'all(.realtime_usec > 1700000000000000)' "$work/seen")"
check "and what it is about" equals "ix0 carrier" \
	"$(jq -r 'select(.event == "failover") | "\(.to) \(.cause)"' "$work/seen")"
check "the findings are whole" equals x \
	"$(jq -r 'select(.event == "findings").findings[0].id // empty' "$work/seen")"

play "$here/scenarios/usual.json"
watch bond1
saw_soon 'bond1 verdict'
run "$CTL" apply bond0
run "$CTL" check bond1
check "of one bond nothing else is told" not saw bond0
stop "$fake"
check "the daemon's end is told" saw_soon '^[0-9:.]+ - daemon esp-offloadd does not run'
play "$here/scenarios/usual.json"
check "and its return" saw_soon '^[0-9:.]+ - daemon esp-offloadd runs'
check "with how things are then" wait_for 10 equals 2 "$(grep -c 'bond1 state blocked' "$work/seen")"
end_watch
stop "$fake"
fake=
watch
check "without a daemon monitor waits for one" saw_soon 'does not run'
check "and lives" kill -0 "$watcher"
end_watch

vary 'del(.bonds.bond1) | .Check = [{set: {bond0: {Ports: [
	{name: "ix0", active: false, tx_ipsec: 5, rx_ipsec: 900},
	{name: "ix1", active: true, tx_ipsec: 1000015, rx_ipsec: 500014}]}}}, {reply: []}]'
watch --rates
check "rates are told each second" saw_soon 'bond0 rates ix0 tx 0/s rx 0/s, ix1\* tx 0/s rx 0/s'
prod
check "as packets a second" saw_soon 'bond0 rates ix0 tx 0/s rx 0/s, ix1\* tx [1-9][0-9]{5}[0-9]?/s rx [1-9][0-9]{5}/s'
end_watch
check "and ^C ends that too" equals 0 "$status"
watch --rates --json=short
saw_soon rates
end_watch
check "rates as JSON" equals "ix0 ix1" \
	"$(jq -r 'select(.event == "rates") | [.ports[].name] | join(" ")' "$work/seen" | head -n 1)"

# What the tunnels carry, beside what the ports' counters say.
carried='{reply: {sas: 2, tx_packets: 100, tx_software: 7, rx_packets: 50, rx_software: 0}}'
vary "del(.bonds.bond1) | .GetTraffic = [$carried] | .Check = [{set: {bond0: {Ports: [
	{name: \"ix0\", active: false, tx_ipsec: 5, rx_ipsec: 900},
	{name: \"ix1\", active: true, tx_ipsec: 1000015, rx_ipsec: 500014}]}}}, {reply: []}]"
watch --rates
check "rates tell what the tunnels carry" \
	saw_soon 'rates .*; sent 0/s offloaded, 0/s not; received 0/s offloaded, 0/s not$'
end_watch

# The whole terminal. Each frame begins at the top; the last one is looked at.
frame() {
	tail -c 4000 "$work/seen" | sed -E 's/.*\x1b\[H//' | sed -E 's/\x1b\[[0-9;?]*[A-Za-z]//g'
}
frame_has() { contains "$(frame)" "$1"; }
watch --view=live
check "the live view has the bond, its state and verdict" \
	wait_for 10 frame_has '^bond0 +configured$'
check "with the share of the hardware" frame_has '^  offloaded, 100\.0 % of the packets'
check "it has each port" frame_has '^ *ix1 +active +up +on +[0-9-]+ +[0-9-]+ +[0-9]+$'
check "and what the tunnels carry" \
	wait_for 10 frame_has '^  tunnels: sent [0-9]+/s offloaded, [0-9]+/s not; received'
check "and what happened" frame_has '^[0-9:.]+ bond0 state configured$'
prod
check "rates of ports move in it" \
	wait_for 10 in_file "$work/seen" '^ *ix1 +active .* [1-9][0-9]{5}[0-9]? +[1-9][0-9]{5} +'
end_watch
check "^C ends it well, too" equals 0 "$status"
check "and gives the terminal back" in_file "$work/seen" '\[\?1049l'
run "$CTL" monitor --view=nothing
check "a view that is none is wrong usage" equals 2 "$status"

watch
saw_soon 'bond0 verdict'
stop "$bus_pid"
wait_for 10 not kill -0 "$watcher" 2>/dev/null
wait "$watcher"
check "a bus that goes away is an error" equals 1 $?
check "which is said" in_file "$work/seen.err" 'The bus went away'
fake=

# ---- metrics ----
start_bus
ctl metrics
check "without a daemon metrics are fine" status_is 0
check "and say so" prints <<'END'
# TYPE esp_offload_up gauge
# HELP esp_offload_up Whether esp-offloadd runs.
esp_offload_up 0
# EOF
END
vary '.bonds.bond0.Ports[0] |= del(.tx_ipsec)'
ctl metrics
check "with one they are fine too" status_is 0
for sample in 'esp_offload_up 1' \
	'esp_offload_build_info\{version="0.1.0"\} 1' \
	'esp_offload_configuration_valid 1' \
	'esp_offload_bond_state\{bond="bond0",esp_offload_bond_state="configured"\} 1' \
	'esp_offload_bond_state\{bond="bond0",esp_offload_bond_state="blocked"\} 0' \
	'esp_offload_bond_state\{bond="bond1",esp_offload_bond_state="blocked"\} 1' \
	'esp_offload_bond_verdict\{bond="bond0",esp_offload_bond_verdict="offloaded"\} 1' \
	'esp_offload_bond_hardware_ratio\{bond="bond0"\} 1.000000' \
	'esp_offload_bond_feature_enabled\{bond="bond1"\} 0' \
	'esp_offload_bond_active_port\{bond="bond1"\} 0' \
	'esp_offload_bond_failovers_total\{bond="bond0"\} 3' \
	'esp_offload_bond_last_failover_timestamp_seconds\{bond="bond0"\} 1767323045.678000' \
	'esp_offload_bond_findings\{bond="bond1",severity="blocks"\} 1' \
	'esp_offload_port_active\{bond="bond0",port="ix1"\} 1' \
	'esp_offload_port_link_failures_total\{bond="bond0",port="ix0"\} 2' \
	'esp_offload_port_transmitted_packets_total\{bond="bond0",port="ix1"\} 15' \
	'esp_offload_port_received_packets_total\{bond="bond0",port="ix0"\} 900'; do
	check "metrics have ${sample//\\/}" says "^$sample\$"
done
check "an unknown verdict has no ratio" not says 'hardware_ratio\{bond="bond1"'
check "a bond that never switched has no time of it" not says 'timestamp_seconds\{bond="bond1"'
check "a port without the counter has no sample of it" not says 'transmitted_packets_total\{bond="bond0",port="ix0"'
check "the end is marked" equals '# EOF' "$(tail -n 1 "$work/out")"
if localedef --no-archive -i de_DE -f UTF-8 "$work/de_DE.UTF-8" >/dev/null 2>&1; then
	run env "LOCPATH=$work" LC_ALL=de_DE.UTF-8 "$CTL" metrics
	check "where people write a comma, metrics have a point" \
		says '^esp_offload_bond_hardware_ratio\{bond="bond0"\} 1\.000000$'
else
	skip "where people write a comma, metrics have a point" "no localedef, or no sources of locales"
fi
ctl metrics bond0
check "metrics of one bond are wrong usage" status_is 2

parses() {
	"$python" -c '
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
print(len(list(parse(sys.stdin.read()))))' <"$work/out"
}
if python=$(python_with prometheus_client); then
	ctl metrics
	check "a public parser takes them" equals "$(grep -c '^# TYPE' "$work/out")" "$(parses 2>&1 | tail -n 1)"
	vary '.bonds.bond0.Interface = "a\"b\\c\nd"'
	ctl metrics
	check "and names of any bytes" equals "$(grep -c '^# TYPE' "$work/out")" "$(parses 2>&1 | tail -n 1)"
else
	skip "a public parser takes them" "no python3-prometheus-client"
fi

finish
