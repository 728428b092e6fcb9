# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A stock Debian kernel for the guest: the image to boot, the modules that the lab may want, and
# the tree to build a module against. To be sourced after apt.sh.

# Folders and files of /lib/modules/VERSION/kernel that stay. Nothing of arch/x86/crypto: as it
# starts, Libreswan loads every module there, which takes seconds in an emulated machine.
kernel_modules=(
	crypto lib net
	drivers/block/virtio_blk.ko
	drivers/char/hw_random
	drivers/char/virtio_console.ko
	drivers/net/bonding drivers/net/dummy.ko drivers/net/ifb.ko drivers/net/ipvlan
	drivers/net/macvlan.ko drivers/net/team drivers/net/tun.ko drivers/net/veth.ko
	drivers/net/vrf.ko drivers/net/vxlan
	drivers/virtio
	fs/9p fs/fscache fs/fuse fs/netfs fs/overlayfs fs/squashfs
)
kernel_modules_not=(
	net/bluetooth net/ceph net/mac80211 net/rxrpc net/sunrpc net/tipc net/wireless
)

# What the initrd loads, in this order, to reach the root filesystem.
initrd_modules=(virtio_pci virtio_blk squashfs overlay)

# kernel_extract VMLINUZ OUTPUT: the kernel out of its self-extracting file, by the header that
# Documentation/x86/boot.rst of the kernel describes. Booting it directly saves the guest the
# decompression.
kernel_extract() {
	local setup offset length magic
	setup=$(od -An -tu1 -j $((0x1f1)) -N 1 "$1")
	offset=$(od -An -tu4 -j $((0x248)) -N 4 "$1")
	length=$(od -An -tu4 -j $((0x24c)) -N 4 "$1")
	offset=$(((setup + 1) * 512 + offset))
	magic=$(od -An -tx4 -j "$offset" -N 4 "$1" | tr -d ' ')
	# The four bytes behind the stream are its unpacked length.
	head -c "$((length - 4))" < <(tail -c "+$((offset + 1))" "$1" || true) |
		case $magic in
		587a37fd) xz -dc ;;
		fd2fb528) zstd -dc ;;
		*) lab_die "a kernel compressed in a way unknown here ($magic)" ;;
		esac >"$2"
}

# kernel_prune FOLDER: keeps what is named above of the modules in FOLDER/usr/lib/modules/VERSION.
kernel_prune() {
	local from=$1/lib/modules/$2 to=$3/usr/lib/modules/$2 path
	# A later release has the merged /usr in its packages too.
	[ -d "$from" ] || from=$1/usr/lib/modules/$2
	mkdir -p "$to/kernel"
	cp "$from"/modules.{builtin,builtin.modinfo,order} "$to"
	from=$from/kernel
	for path in "${kernel_modules[@]}"; do
		# A later release compresses the modules.
		for file in "$from/$path"{,.xz}; do
			if [ -e "$file" ]; then
				mkdir -p "$to/kernel/$(dirname "$path")"
				cp -a "$file" "$to/kernel/$(dirname "$path")"
			fi
		done
	done
	for path in "${kernel_modules_not[@]}"; do
		rm -rf "$to/kernel/${path:?}"
	done
	find "$to" -name '*.ko.xz' -exec xz -d {} +
	depmod -b "$3/usr" -F "$1/boot/System.map-$2" "$2" 2>/dev/null ||
		depmod -b "$3" -F "$1/boot/System.map-$2" "$2"
}

# kernel_initrd MODULES-ROOT VERSION OUTPUT
kernel_initrd() {
	local module file
	mkdir -p initrd/{bin,dev,proc,sys,run,root,squash,overlay,payload,modules}
	cp "$(command -v busybox)" initrd/bin/busybox
	# With those that they need, each once.
	for module in "${initrd_modules[@]}"; do
		modprobe -d "$1" -S "$2" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >initrd/order
	while read -r file; do
		cp "$file" initrd/modules
		basename "$file" >>initrd/modules/order
	done <initrd/order
	rm initrd/order
	install -m 755 "$lab_dir/lib/init" initrd/init
	(cd initrd && find . | cpio -o -H newc -R 0:0 --quiet) >"$3"
	rm -rf initrd
}

# kernel_tools BUILD PACKAGE: the kernel's own programs for building modules may want later libraries
# than the host has; then they get those of the guest's release, and its loader.
kernel_tools() {
	local program loader programs=() packages
	while read -r program; do
		[[ $(ldd "$program" 2>&1) != *'not found'* ]] || programs+=("$program")
	done < <(find "$1/usr/lib" -type f -perm -u+x -exec sh -c 'for f; do
		[ "$(head -c 4 "$f" | tail -c 3)" != ELF ] || echo "$f"; done' _ {} +)
	[ "${#programs[@]}" -gt 0 ] || return 0

	mapfile -t packages < <(apt_depends "$2" '^(lib|zlib)' && echo libzstd1)
	apt_unpack "$1/libraries" "${packages[@]}"
	loader=$(find "$1/libraries" -type f -name 'ld-linux-x86-64.so.2')
	for program in "${programs[@]}"; do
		mv "$program" "$program.elf"
		kernel_tool "$program" "$loader" | install -m 755 /dev/stdin "$program"
	done
}

# kernel_tool PROGRAM LOADER: prints a script that runs PROGRAM.elf with what lies beside the loader.
# Both are found from the script's own place: the folder that they are in is moved yet.
kernel_tool() {
	cat <<-END
		#!/bin/sh
		libraries=\$(dirname "\$(readlink -f "\$0")")/$(realpath --relative-to "${1%/*}" "${2%/*}")
		exec "\$libraries/${2##*/}" --library-path "\$libraries" --argv0 "\$0" "\$0.elf" "\$@"
	END
}

# kernel_build VERSION PACKAGE...: in the current folder makes vmlinux, initrd, modules/ and build/.
kernel_build() {
	local version=$1
	shift
	lab_say "fetching and unpacking the kernel $version and its headers"
	apt_unpack unpacked "$@"
	lab_say "extracting the kernel, choosing its modules"
	kernel_extract "unpacked/boot/vmlinuz-$version" vmlinux
	mkdir modules
	ln -s usr/lib modules/lib
	kernel_prune unpacked "$version" modules
	kernel_initrd modules "$version" initrd.cpio
	mkdir build
	mv unpacked/usr build
	rm -rf unpacked
	kernel_tools build "linux-kbuild-${version%-amd64}"
	# The tree knows its other half by an absolute path, where it was not installed.
	echo "include ../linux-headers-${version%-amd64}-common/Makefile" \
		>"build/usr/src/linux-headers-$version/Makefile"
}
