#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# unit.sh UNIT PROGRAM EXPOSURE: systemd understands all of the unit, and finds it as tight as it was.
set -u

command -v systemd-analyze >/dev/null || { echo "needs systemd-analyze"; exit 77; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# The program is not where the unit says before it is installed; a template is looked at as one of
# its instances.
name=$(basename "$1" | sed 's/@\./@1./')
sed "s|^ExecStart=[^ ]*|ExecStart=$(realpath "$2")|" "$1" >"$dir/$name"
for socket in "$(dirname "$0")"/../../systemd/*.socket; do
	cp "$socket" "$dir"
	cp "$dir/$name" "$dir/$(basename "$socket" .socket)@.service"
done

said=$(systemd-analyze verify --man=no "$dir/$name" 2>&1)
status=$?
if [ $status -ne 0 ] || [ -n "$said" ]; then
	echo "systemd-analyze verify: $said"
	exit 1
fi

systemd-analyze security --help | grep -q -- --offline ||
	{ echo "this systemd-analyze looks at running units only"; exit 77; }
systemd-analyze security --no-pager --offline=yes --threshold="$3" "$dir/$name" ||
	{ echo "looser than $3"; exit 1; }
