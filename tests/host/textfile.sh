#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# textfile.sh UNIT UNPACKED: what the unit makes of the metrics is what node_exporter's collector
# reads. UNPACKED prints where promtool is, where none is installed.
set -u

command -v promtool >/dev/null || PATH=$PATH:$("$2") || { echo "needs promtool"; exit 77; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Of each type that "esp-offloadctl metrics" prints, one.
cat >"$dir/metrics" <<'END'
# TYPE esp_offload_up gauge
# HELP esp_offload_up Whether esp-offloadd runs.
esp_offload_up 1
# TYPE esp_offload_build info
# HELP esp_offload_build The version of esp-offloadd.
esp_offload_build_info{version="0.1.0"} 1
# TYPE esp_offload_bond_verdict stateset
# HELP esp_offload_bond_verdict What the counters prove.
esp_offload_bond_verdict{bond="bond0",esp_offload_bond_verdict="offloaded"} 1
# TYPE esp_offload_port_transmitted_packets counter
# UNIT esp_offload_port_transmitted_packets packets
# HELP esp_offload_port_transmitted_packets What the hardware has encrypted: tx_ipsec of the port.
esp_offload_port_transmitted_packets_total{bond="bond0",port="ix0"} 15
# EOF
END

# The service's command line, with a folder and a program of our own.
mkdir "$dir/bin" "$dir/out"
printf '#!/bin/sh\ncat "%s/metrics"\n' "$dir" >"$dir/bin/esp-offloadctl"
chmod +x "$dir/bin/esp-offloadctl"
sed -n '/^ExecStart=/,/[^\\]$/p' "$1" | sed "s/^ExecStart=[^']*'//; s/'\$//; s/ *\\\\\$//; s/\\\$\\\$/\$/g
	s|/var/lib/prometheus/node-exporter|$dir/out|" >"$dir/command"
PATH=$dir/bin:$PATH sh -eu "$dir/command" || { echo "the command fails"; exit 1; }

if [ "$(ls -A "$dir/out")" != esp-offload.prom ]; then
	echo "expected esp-offload.prom alone, found: $(ls -A "$dir/out")"
	exit 1
fi
# It reads what the format says, and then has opinions about names: only the former counts.
said=$(promtool check metrics <"$dir/out/esp-offload.prom" 2>&1)
case $said in
*"error while linting"*) echo "$said"; exit 1 ;;
esac
grep -q '^esp_offload_bond_verdict{' "$dir/out/esp-offload.prom" || { echo "a metric is lost"; exit 1; }

# When the program fails nothing old stays.
printf '#!/bin/sh\necho half\nexit 1\n' >"$dir/bin/esp-offloadctl"
PATH=$dir/bin:$PATH sh -eu "$dir/command" && { echo "the failure is not told"; exit 1; }
[ -z "$(ls -A "$dir/out")" ] || { echo "something is left: $(ls -A "$dir/out")"; exit 1; }

# Nor when it hangs, and systemd ends all of it.
echo old >"$dir/out/esp-offload.prom"
printf '#!/bin/sh\n: >"%s/begun"\nexec sleep 300\n' "$dir" >"$dir/bin/esp-offloadctl"
PATH=$dir/bin:$PATH setsid sh -eu "$dir/command" &
hanging=$!
until [ -e "$dir/begun" ]; do sleep 0.1; done
kill -- "-$hanging"
wait "$hanging"
[ -z "$(ls -A "$dir/out")" ] || { echo "after a hang there is: $(ls -A "$dir/out")"; exit 1; }
