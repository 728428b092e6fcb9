#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# selinux.sh DIR: the module there compiles with the policy's own makefile.
set -u

makefile=/usr/share/selinux/devel/Makefile
[ -e $makefile ] || { echo "needs $makefile"; exit 77; }
for tool in make checkmodule; do
	command -v $tool >/dev/null || { echo "needs $tool"; exit 77; }
done

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$1"/esp_offloadd.te "$1"/esp_offloadd.if "$1"/esp_offloadd.fc "$dir"
make -C "$dir" -f $makefile esp_offloadd.pp || exit 1
[ -s "$dir/esp_offloadd.pp" ] || { echo "no module came of it"; exit 1; }
