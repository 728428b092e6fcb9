#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# man-lint.sh DIR: both formatters take the manual pages without a warning.
set -u

failed=0
looked=0
if command -v mandoc >/dev/null; then
	looked=1
	mandoc -T lint -W warning "$1"/*.[1-8] || failed=1
fi
if command -v groff >/dev/null; then
	looked=1
	for page in "$1"/*.[1-8]; do
		said=$(groff -mandoc -Kutf8 -Tutf8 -ww -z "$page" 2>&1)
		if [ -n "$said" ]; then
			echo "$page: $said"
			failed=1
		fi
	done
fi
[ $looked -eq 1 ] || { echo "needs mandoc or groff"; exit 77; }
exit $failed
