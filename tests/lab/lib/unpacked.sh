# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Debian's packages unpacked under ~/.cache/esp-offloadd, not installed: no service, user or file of
# the host comes with them. To be sourced after apt.sh.

# unpacked_lists: has the package lists fetched where they are old. Whoever makes an image holds
# the lock for a minute or two, so it is only waited for where there is something to fetch.
unpacked_lists() {
	[ -z "$(find "$lab_apt/fetched" -mmin "-$lab_apt_age" 2>/dev/null)" ] || return 0
	(
		flock -n 8 || {
			lab_say "another run is making an image, waiting for it"
			flock 8
		}
		apt_refresh
	) 8>"$lab_cache/.lock"
}

# unpacked NAME PACKAGE...: sets REPLY to the folder that NAME_build has made, in the current one, of
# the packages below its folder root. Calls NAME_check with it when it is new.
unpacked() {
	local name=$1 candidates key memo
	shift
	mkdir -p "$lab_cache"
	memo=$lab_apt/memo-$name-$(cat "$0" "$lab_dir/lib/unpacked.sh" "$lab_dir/lib/apt.sh" | lab_key)
	REPLY=$(cat "$memo" 2>/dev/null || true)
	[ -z "$REPLY" ] || [ ! -d "$REPLY" ] || return 0

	exec 9>"$lab_cache/.lock-$name"
	flock 9
	unpacked_lists
	candidates=$(apt_memo apt_candidates "$@")
	key=$(cat - "$0" "$lab_dir/lib/unpacked.sh" "$lab_dir/lib/apt.sh" <<<"$candidates" | lab_key)
	lab_component "$name" "$key" unpacked_build "$name" "$@"
	"${name}_check" "$REPLY"
	echo "$REPLY" >"$memo"
	exec 9>&-
}

unpacked_build() {
	lab_say "fetching and unpacking $1"
	apt_unpack root "${@:2}"
	"$1_build"
	rm -rf root
}
