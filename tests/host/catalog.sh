#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# catalog.sh CATALOG: the journal takes every entry of it.
set -u

command -v journalctl >/dev/null || { echo "needs journalctl"; exit 77; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/usr/lib/systemd/catalog" "$dir/var/lib/systemd/catalog"
cp "$1" "$dir/usr/lib/systemd/catalog/"

said=$(journalctl --root="$dir" --update-catalog 2>&1)
if [ -n "$said" ]; then
	echo "$said"
	exit 1
fi
written=$(grep -c '^-- ' "$1")
taken=$(journalctl --root="$dir" --list-catalog | grep -c 'esp-offloadd: ')
if [ "$written" != "$taken" ]; then
	echo "$written entries are written, $taken were taken"
	exit 1
fi
