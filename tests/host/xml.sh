#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# xml.sh DIR: the XML files there are well-formed, and valid where the machine has the definition; and
# GLib's generator makes documents and a client of the introspection.
set -u

command -v xmllint >/dev/null || { echo "needs xmllint"; exit 77; }

failed=0
for file in "$1"/*.xml "$1"/*.conf "$1"/*.policy; do
	xmllint --nonet --noout "$file" || failed=1
done

dtd=/usr/share/polkit-1/policyconfig-1.dtd
if [ -e $dtd ]; then
	xmllint --nonet --noout --nodefdtd --dtdvalid $dtd "$1"/*.policy || failed=1
fi

if command -v gdbus-codegen >/dev/null; then
	made=$(mktemp -d)
	trap 'rm -rf "$made"' EXIT
	gdbus-codegen --generate-docbook "$made/doc" --generate-c-code "$made/client" \
		"$1/org.espoffload1.xml" || failed=1
	for name in Manager Bond; do
		[ -s "$made/doc-org.espoffload1.$name.xml" ] || failed=1
	done
fi
exit $failed
