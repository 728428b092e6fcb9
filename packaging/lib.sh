# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the makers of packages share. To be sourced, with top set to the source's folder.

# package_folder [FOLDER]: prints where packages go, and makes it.
package_folder() {
	local folder=${1:-$top/build/packages}
	mkdir -p "$folder"
	(cd "$folder" && pwd)
}

# package_version: as meson.build has it.
package_version() {
	sed -n "s/^  version : '\([^']*\)'.*/\1/p" "$top/meson.build" | head -n 1
}

# source_tree FOLDER: the source as it lies here, without what git does not know.
source_tree() {
	mkdir "$1"
	git -C "$top" ls-files -z --cached --others --exclude-standard |
		(cd "$top" && xargs -0 sh -c 'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' sh) |
		tar -C "$top" -c --null -T - --owner=0 --group=0 | tar -C "$1" -x
}
