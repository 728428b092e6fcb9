#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# alerts.sh RULES TESTS METRICS UNPACKED: Prometheus understands the alerts, they fire when they
# should, and they look at metrics that there are. UNPACKED prints where promtool is, where none is
# installed.
set -u

# Every metric that the rules name is one that the program's source has.
missing=$(grep -o 'esp_offload_[a-z_]*' "$1" | sed 's/_total$//' | sort -u |
	while read -r name; do
		grep -q "\"${name}[\" ]" "$3" || echo "$name"
	done)
[ -z "$missing" ] || { echo "there is no metric $missing"; exit 1; }

command -v promtool >/dev/null || PATH=$PATH:$("$4") || { echo "needs promtool"; exit 77; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$1" "$2" "$dir"
promtool check rules "$dir/$(basename "$1")" && promtool test rules "$dir/$(basename "$2")"
