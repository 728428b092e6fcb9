#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A worker that only plays one. A test copies it to a folder, where it keeps what it was called with
# in "called" and the policy that it was given in "policy", does what "script" says, and prints
# what lies in "reports".
cd "$(dirname "$0")" || exit 1
echo "$*" >>called
cat >policy
# shellcheck disable=SC1091
[ ! -e script ] || . ./script
[ ! -e reports ] || cat reports
case " $* " in
*" --settle "*) echo '{"report": "settled"}' ;;
esac
