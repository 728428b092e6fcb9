#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# lib/ is pure: texts and structs in, texts and structs out. What it may include is listed here.
set -eu

allowed='arpa/inet|assert|ctype|errno|inttypes|limits|math|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|strings|fnmatch|yaml'
bad=$(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*<' "$1"/*.c "$1"/*.h |
	grep -vE "<($allowed)\.h>" || true)
calls=$(grep -nE '\<(fopen|open|read|write|printf|fprintf|puts|time|clock_gettime|getenv|system|popen|socket)[[:space:]]*\(' \
	"$1"/*.c || true)

[ -z "$bad" ] || printf 'not for lib/:\n%s\n' "$bad"
[ -z "$calls" ] || printf 'no input, output or clock in lib/:\n%s\n' "$calls"
[ -z "$bad$calls" ]
