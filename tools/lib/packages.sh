# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Installs what a task of this project needs, and only what is missing. To be sourced.
#
#   packages_ensure GROUP...     the groups are the functions packages_GROUP below
#
# Debian and its kin by apt-get, Fedora and RHEL by dnf with the names there. As root, or through
# sudo. Nothing is printed, and no package manager started, when all is there already.

# Each line of a group: the package's name in Debian, then in Fedora (- for none needed there).
packages_build() {
	cat <<-END
		gcc gcc
		git git
		libjansson-dev jansson-devel
		libnftables-dev nftables-devel
		libnl-3-dev libnl3-devel
		libnl-genl-3-dev -
		libnm-dev NetworkManager-libnm-devel
		libsmartcols-dev libsmartcols-devel
		libsystemd-dev systemd-devel
		libyaml-dev libyaml-devel
		meson meson
		ninja-build ninja-build
		pkg-config pkgconf-pkg-config
	END
}

packages_test() {
	cat <<-END
		ansible-core ansible-core
		check check-devel
		checkpolicy checkpolicy
		clang clang
		dbus dbus-daemon
		fish fish
		jq jq
		libclang-rt-dev compiler-rt
		libglib2.0-bin glib2
		libxml2-utils libxml2
		locales glibc-locale-source
		mandoc mandoc
		python3-dbus python3-dbus
		python3-prometheus-client python3-prometheus_client
		selinux-policy-dev selinux-policy-devel
		shellcheck ShellCheck
		sosreport sos
		valgrind valgrind
		zsh zsh
	END
}

# For tools/analyse, and to fuzz.
packages_analyse() {
	cat <<-END
		clang clang
		libclang-rt-dev compiler-rt
		clang-tidy clang-tools-extra
		cppcheck cppcheck
		python3 python3
	END
}

packages_lab() {
	cat <<-END
		bc bc
		busybox-static busybox
		cpio cpio
		debian-archive-keyring debian-keyring
		gcc gcc
		kmod kmod
		libelf1 elfutils-libelf
		make make
		mmdebstrap mmdebstrap
		qemu-system-x86 qemu-system-x86-core
		squashfs-tools squashfs-tools
		util-linux util-linux
		xz-utils xz
		zstd zstd
	END
}

# For packaging/deb and packaging/rpm; a Fedora makes no Debian package.
packages_deb() {
	cat <<-END
		debhelper -
		fakeroot -
		lintian -
		systemd -
		xz-utils xz
	END
}

packages_rpm() {
	cat <<-END
		rpm rpm-build
		rpmlint rpmlint
		xz-utils xz
	END
}

packages_say() {
	printf '==> %3d s: %s\n' "$SECONDS" "$*" >&2
}

# as_root COMMAND...: as it is for root, through sudo for others.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		packages_say "this needs root, and sudo is not there: $*"
		return 1
	fi
}

# packages_family: prints debian or fedora, the family whose package names are to be used.
packages_family() {
	if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null && [ -e /etc/debian_version ]; then
		echo debian
	elif command -v dnf >/dev/null; then
		echo fedora
	else
		packages_say "neither apt-get nor dnf is here: install what README.md names by hand"
		return 1
	fi
}

# packages_missing FAMILY NAME...: prints those which are not installed.
packages_missing() {
	local family=$1 name
	shift
	for name; do
		case $family in
		debian)
			[ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
				echo "$name"
			;;
		fedora)
			rpm -q --quiet --whatprovides "$name" || echo "$name"
			;;
		esac
	done
}

# packages_apt_install NAME...: a fresh machine has no lists, an old one has stale ones; fetch
# them only then.
packages_apt_install() {
	local apt=(as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0
		-o DPkg::Lock::Timeout=300)

	if "${apt[@]}" --no-install-recommends --no-remove install "$@"; then
		return 0
	fi
	packages_say "fetching the package lists, and trying again"
	"${apt[@]}" update && "${apt[@]}" --no-install-recommends --no-remove install "$@"
}

packages_ensure() {
	local family group wanted=() missing=()

	family=$(packages_family) || return 1
	for group; do
		case $family in
		debian) mapfile -t -O "${#wanted[@]}" wanted < <("packages_$group" | cut -d ' ' -f 1) ;;
		fedora) mapfile -t -O "${#wanted[@]}" wanted < <("packages_$group" | cut -d ' ' -f 2) ;;
		esac
	done
	mapfile -t missing < <(printf '%s\n' "${wanted[@]}" | grep -vx -e - | sort -u |
		{
			mapfile -t names
			packages_missing "$family" "${names[@]}"
		})
	[ "${#missing[@]}" -gt 0 ] || return 0

	packages_say "installing for $*: ${missing[*]}"
	# Not to standard output: whoever calls this may print there what another program reads.
	case $family in
	debian) packages_apt_install "${missing[@]}" ;;
	fedora) as_root dnf -y --setopt=install_weak_deps=False install "${missing[@]}" ;;
	esac >&2 || {
		packages_say "could not install: ${missing[*]}"
		return 1
	}
}
