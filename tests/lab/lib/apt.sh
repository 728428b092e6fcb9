# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Debian's archive for the guest's release, apart from the host's own package lists: the host may
# run another release, or no Debian at all. To be sourced after common.sh.

lab_apt=$lab_cache/apt-$lab_release

# The lists are fetched again after this many minutes.
lab_apt_age=1440

apt_private() {
	"$1" -q -o Dir::Etc::sourcelist="$lab_apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$lab_apt/lists" -o Dir::Cache="$lab_apt/cache" \
		-o Dir::State::status=/dev/null -o APT::Sandbox::User=root -o APT::Architecture=amd64 \
		-o APT::Architectures::=amd64 -o Acquire::Retries=3 "${@:2}"
}

# apt_sources: the host's own mirrors of Debian with the guest's release in place of the host's.
# A host that is no Debian has none: then Debian's.
apt_sources() {
	local uris
	uris=$(apt-get indextargets --format "\$(REPO_URI) \$(ORIGIN) \$(RELEASE)" 'Created-By: Packages' |
		awk '$2 == "Debian" { print $1, ($3 ~ /-security$/) }' | sort -u)
	[ -n "$uris" ] || uris='http://deb.debian.org/debian/ 0
http://deb.debian.org/debian-security/ 1'
	while read -r uri security; do
		if [ "$security" = 1 ]; then
			echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $lab_release-security main"
		else
			echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $lab_release main"
			echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $lab_release-updates main"
		fi
	done <<<"$uris"
}

# apt_options: the host's ways to reach the archive (proxies and the like), for mmdebstrap.
apt_options() {
	apt-config dump | grep -E '^Acquire::(Check|ftp|http|https|Retries)' || true
}

# apt_refresh: fetches the package lists when they are missing or old. Old ones will do when the
# archive cannot be reached.
apt_refresh() {
	if [ -n "$(find "$lab_apt/fetched" -mmin "-$lab_apt_age" 2>/dev/null)" ]; then
		return 0
	fi
	mkdir -p "$lab_apt/lists/partial" "$lab_apt/cache/archives/partial"
	apt_sources >"$lab_apt/sources.list"
	lab_say "fetching the package lists of Debian's $lab_release"
	if apt_private apt-get -q=2 update >&2; then
		rm -f "$lab_apt"/memo-*
		touch "$lab_apt/fetched"
	elif [ -e "$lab_apt/fetched" ]; then
		lab_say "the archive cannot be reached, the lists at hand must do"
	else
		return 1
	fi
}

# apt_memo COMMAND [ARGUMENT...]: what the command prints, which stays the same until the lists
# are fetched again. Asking apt takes most of a second.
apt_memo() {
	local memo
	memo=$lab_apt/memo-$(printf '%s\n' "$@" | lab_key)
	if [ ! -e "$memo" ]; then
		"$@" >"$memo.new" || return 1
		mv "$memo.new" "$memo"
	fi
	cat "$memo"
}

# apt_candidates NAME...: prints "name version" of what would be installed. Fails when a package
# is unknown.
apt_candidates() {
	local all
	all=$(apt_private apt-cache policy "$@" |
		awk '/^[^ ]/ { name = substr($1, 1, length($1) - 1) } $1 == "Candidate:" && $2 != "(none)" { print name, $2 }')
	if [ "$(wc -l <<<"$all")" -ne $# ]; then
		lab_say "packages that $lab_release does not have:" \
			"$(printf '%s\n' "$@" | grep -vxF -f <(cut -d ' ' -f 1 <<<"$all") | tr '\n' ' ')"
		return 1
	fi
	echo "$all"
}

# apt_depends NAME PATTERN: the direct dependencies of NAME that match the pattern.
apt_depends() {
	apt_private apt-cache depends --important "$1" |
		awk '$1 == "Depends:" { print $2 }' | grep -E "$2"
}

# apt_unpack FOLDER NAME...: downloads the packages, and unpacks them without installing them.
apt_unpack() {
	local folder=$1 package
	shift
	mkdir -p "$folder" packages
	(cd packages && apt_private apt-get -q=2 download "$@" >&2)
	for package in packages/*.deb; do
		dpkg-deb -x "$package" "$folder"
	done
	rm -rf packages
}
