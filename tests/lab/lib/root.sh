# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The guest's root filesystem, the same for every run. To be sourced after apt.sh and kernel.sh.

root_packages=(
	# the host that the project is for
	dbus ethtool iproute2 iptables iputils-ping kmod libreswan network-manager nftables polkitd
	procps systemd systemd-sysv udev
	# what the daemon is linked to, with sanitizers too
	libasan8 libjansson4 libnl-3-200 libnl-genl-3-200 libnm0 libsmartcols1 libsystemd0 libubsan1
	libyaml-0-2
	# what the checks look with
	gojq iperf3 strace tcpdump
)

# Never wanted in the guest.
root_excludes=(
	'/usr/share/doc/*' '/usr/share/man/*' '/usr/share/info/*' '/usr/share/locale/*'
	'/usr/share/i18n/*' '/usr/share/lintian/*' '/usr/share/bug/*' '/usr/share/zoneinfo/*'
	'/usr/lib/udev/hwdb.d/*' '/usr/lib/firmware/*'
	# each of these is a process at every boot, and has nothing to find here
	'/lib/systemd/system-generators/*' '/usr/lib/systemd/system-generators/*'
	# plugins for devices that are not here
	'/usr/lib/x86_64-linux-gnu/NetworkManager/*/libnm-*-plugin-*.so'
)

# All of udev's rules that stay: what systemd and NetworkManager need to see a network card.
root_udev_rules=(
	50-udev-default 75-net-description 80-drivers 80-net-setup-link 84-nm-drivers
	85-nm-unmanaged 99-systemd
)

# Units that only make the boot slow, or that wake up in the middle of a measurement.
root_masked=(
	apt-daily-upgrade.timer apt-daily.timer console-getty.service dev-hugepages.mount
	dev-mqueue.mount dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer
	getty.target getty@tty1.service kmod-static-nodes.service ldconfig.service
	ModemManager.service modprobe@.service nftables.service proc-sys-fs-binfmt_misc.automount
	serial-getty@ttyS0.service sys-fs-fuse-connections.mount sys-kernel-config.mount
	sys-kernel-tracing.mount systemd-ask-password-console.path
	systemd-ask-password-wall.path systemd-binfmt.service systemd-firstboot.service
	systemd-hwdb-update.service systemd-journal-catalog-update.service
	systemd-journal-flush.service systemd-journald-audit.socket systemd-logind.service
	systemd-machine-id-commit.service systemd-modules-load.service
	systemd-networkd.service systemd-pcrphase.service
	systemd-pcrphase-sysinit.service systemd-pstore.service systemd-random-seed.service
	systemd-remount-fs.service systemd-repart.service systemd-resolved.service
	systemd-sysusers.service systemd-timesyncd.service systemd-tmpfiles-clean.timer
	systemd-tmpfiles-setup-dev.service systemd-update-done.service
	systemd-update-utmp-runlevel.service systemd-update-utmp.service wpa_supplicant.service
)

# root_customise ROOT: what is left to do inside, once the packages are there.
root_customise() {
	local unit
	for unit in "${root_masked[@]}"; do
		ln -sfn /dev/null "$1/etc/systemd/system/$unit"
	done
	for unit in "${root_udev_rules[@]}"; do
		mv "$1/usr/lib/udev/rules.d/$unit.rules" "$1/usr/lib/udev"
	done
	rm -f "$1"/usr/lib/udev/rules.d/*
	mv "$1"/usr/lib/udev/*.rules "$1/usr/lib/udev/rules.d"
	# Restarting ipsec would spend its time there, asking for modules that are loaded already
	# or that do not exist: only its first run is real.
	mv "$1/usr/libexec/ipsec/_stackmanager" "$1/usr/libexec/ipsec/_stackmanager.real"
	cat >"$1/usr/libexec/ipsec/_stackmanager" <<-\END
		#!/bin/sh
		[ -e /run/lab-stack ] && exit 0
		/usr/libexec/ipsec/_stackmanager.real "$@" && : >/run/lab-stack
	END
	chmod 755 "$1/usr/libexec/ipsec/_stackmanager"
	# Checks say jq. That of Debian 12 reads its own library anew at each start, which takes an
	# emulated machine three times as long as all of the other one does.
	ln -s gojq "$1/usr/bin/jq"
	# For ifupdown, which is not here: it only fails.
	rm -f "$1/etc/NetworkManager/dispatcher.d/01-ifupdown"
	# The lab's own units say when pluto starts.
	rm -f "$1/etc/systemd/system/multi-user.target.wants/ipsec.service"
	ln -sfn /usr/lib/systemd/system/multi-user.target "$1/etc/systemd/system/default.target"
	echo lab >"$1/etc/hostname"
	echo '127.0.0.1 localhost lab' >"$1/etc/hosts"
	echo 0123456789abcdef0123456789abcdef >"$1/etc/machine-id"
	: >"$1/etc/fstab"
	# Key databases are slow to make: one for the host's pluto, one for the peer's.
	chroot "$1" ipsec initnss >/dev/null 2>&1 || true
	mkdir -p "$1/etc/peer/nss"
	chroot "$1" ipsec initnss --nssdir /etc/peer/nss >/dev/null 2>&1
	[ -s "$1/var/lib/ipsec/nss/cert9.db" ] && [ -s "$1/etc/peer/nss/cert9.db" ]
	rm -rf "$1/etc/selinux" "$1/var/cache/apt" "$1/var/lib/apt/lists" "$1"/var/log/*.log "$1/boot" \
		"$1/usr/share/perl" "$1/usr/lib/udev/hwdb.bin"
}

# root_build MODULES: in the current folder makes root.squashfs.
root_build() {
	local path options=()
	for path in "${root_excludes[@]}"; do
		options+=("--dpkgopt=path-exclude=$path")
	done
	apt_options >apt.conf
	lab_say "making the root filesystem of ${#root_packages[@]} packages and what they need (about 30 s)"
	# Its own progress has thousands of lines; shown when it fails.
	as_root mmdebstrap --quiet --mode=root --variant=essential --architectures=amd64 \
		--format=directory --dpkgopt=force-unsafe-io "${options[@]}" --aptopt="$PWD/apt.conf" \
		--include="$(IFS=,; echo "${root_packages[*]}")" "$lab_release" root \
		"$lab_apt/sources.list" >mmdebstrap.log 2>&1 </dev/null || {
		cat mmdebstrap.log >&2
		return 1
	}
	lab_say "setting it up, packing it"
	as_root cp -a --no-preserve=ownership "$1/usr/lib/modules" root/usr/lib
	as_root bash -c "set -eu; $(declare -p root_masked root_udev_rules); $(declare -f root_customise); root_customise root"
	as_root mksquashfs root root.squashfs -comp lz4 -quiet -no-progress -no-xattrs >&2
	as_root rm -rf root
	as_root chown "$(id -u):$(id -g)" root.squashfs
	rm -f mmdebstrap.log apt.conf
}
