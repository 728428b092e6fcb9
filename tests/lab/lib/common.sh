# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the lab's host side shares: where things lie, and how progress is told. To be sourced.

lab_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
lab_cache=${XDG_CACHE_HOME:-$HOME/.cache}/esp-offloadd
lab_release=${RELEASE:-bookworm}
lab_started=$SECONDS

# shellcheck source=tools/lib/packages.sh
. "$lab_dir/../../tools/lib/packages.sh"

lab_say() {
	printf '[lab %3ds] %s\n' "$((SECONDS - lab_started))" "$*" >&2
}

lab_die() {
	lab_say "$*"
	exit 1
}

# lab_key: a short name for what stands on standard input.
lab_key() {
	sha256sum | cut -c 1-12
}

# lab_component NAME KEY BUILDER [ARGUMENT...]: calls BUILDER [ARGUMENT...] in a new folder, and
# keeps that folder as NAME-KEY once all of it is there. Sets REPLY to its path. The caller holds
# the lock. Not to be called in a condition: bash would then go on after a failed command.
lab_component() {
	local path=$lab_cache/$1-$2 work
	shift 2
	if [ ! -d "$path" ]; then
		work=$(mktemp -d "$lab_cache/.building.XXXXXX")
		# What is left when this fails is cleared away later.
		(cd "$work"; "$@")
		chmod 755 "$work"
		mv -T "$work" "$path"
	fi
	touch "$path"
	REPLY=$path
}
