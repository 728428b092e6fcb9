# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# limit: 240
# The adapters to the kernel, in network namespaces of their own, with a stock kernel and its
# bonding: each program is a list of tests, and skips nothing here.

lab_tests=$(find /usr/libexec/esp-offloadd-lab /usr/local/libexec/esp-offloadd-lab -name 'live-*' \
	2>/dev/null | sort)

check "the tests are there (meson's option lab)" test -n "$lab_tests"
for program in $lab_tests; do
	check "${program##*/}" env CK_VERBOSITY=normal "$program"
done
