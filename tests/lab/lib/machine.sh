# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Virtual machines of the lab. To be sourced after common.sh, with image set to what
# tests/lab/image printed, accelerator to what machine_accelerator printed, and memory to MB.

# The second disk, for what a run brings; of one size, so that a frozen machine takes any.
payload_size=256M

# machine ACCELERATOR MEMORY PAYLOAD ARGUMENT...: sets machine, the command that boots one. Emulated,
# it has one processor: with two, each access that the other might see costs more, and one waits for
# another that the host does not run. Three machines at once took 1.36 times as long with two, on two
# processors. Programs are loaded to the same addresses each time then: the emulator keeps what it has
# translated by address, and most of its time went into translating the same again.
# init_on_alloc: Debian's kernel clears all memory that it hands out.
machine() {
	local qemu append='' count=${processors:-}
	[ "$1" = kvm ] || append=norandmaps
	[ -n "$count" ] || case $1 in kvm) count=2 ;; *) count=1 ;; esac
	qemu=$(command -v qemu-system-x86_64 || echo /usr/libexec/qemu-kvm)
	machine=("$qemu" -machine q35 -accel "$1" -smp "$count" -m "$2" -nodefaults -display none
		-no-reboot -kernel "$image/vmlinux" -initrd "$image/initrd.cpio"
		-drive "file=$image/root.squashfs,if=virtio,format=raw,readonly=on"
		-drive "file=$3,if=virtio,format=raw,readonly=on" -append
		"console=ttyS0 quiet panic=-1 tsc=reliable mitigations=off random.trust_cpu=on net.ifnames=0 apparmor=0 selinux=0 audit=0 init_on_alloc=0 $append"
		"${@:4}")
	[ "$1" != kvm ] || machine+=(-cpu host)
}

# machine_accelerator: prints the fastest one that really works. There are hosts whose /dev/kvm
# opens and then hangs, so a machine is booted to find out, once per boot of the host.
machine_accelerator() {
	local known append
	known=$lab_cache/accelerator-$(printf '%s %s' "$(cat /proc/sys/kernel/random/boot_id)" "$(id -u)" | lab_key)
	(
		# Another run's answer is waited for, or the one would take the other's file away.
		flock 9
		[ ! -s "$known" ] || exit 0
		rm -f "$lab_cache"/accelerator-*
		echo tcg,thread=multi >"$known.$$"
		if [ -w /dev/kvm ]; then
			lab_say "trying hardware virtualisation"
			machine kvm 512 /dev/null -serial stdio
			append=("${machine[@]/#console=ttyS0/lab.probe console=ttyS0}")
			if timeout -k 1 8 "${append[@]}" </dev/null 2>/dev/null 9>&- | grep -q 'lab: it boots'; then
				echo kvm >"$known.$$"
			else
				lab_say "it does not work here: emulating"
			fi
		fi
		mv "$known.$$" "$known"
	) 9>"$lab_cache/.accelerator.lock"
	cat "$known"
}

# machine_frozen: prints the file that holds a booted machine, frozen; nothing where booting is as
# quick. Made once for each image: emulated, a boot takes most of a minute of processor time.
machine_frozen() {
	local state empty
	[ "$accelerator" != kvm ] || return 0
	machine "$accelerator" "$memory" -
	state=$image/frozen-$({ "${machine[0]}" --version && printf '%s\n' "${machine[@]}"; } | lab_key)
	(
		flock -n 9 || {
			lab_say "another run is booting a machine to freeze it, waiting for that"
			flock 9
		}
		if [ ! -e "$state" ]; then
			lab_say "booting a machine to freeze it"
			empty=$(mktemp "${TMPDIR:-/tmp}/esp-offloadd-lab.XXXXXX")
			truncate -s "$payload_size" "$empty"
			machine_freeze "$state" @booted "$empty" || lab_say "no frozen machine: every one will boot"
			rm -f "$empty"
		fi
	) 9>"$image/.lock"
	[ ! -e "$state" ] || echo "$state"
}

# machine_freeze STATE LINE PAYLOAD ARGUMENT...: starts machine, with those arguments added, and
# freezes it into the file STATE once it says that line.
machine_freeze() {
	local state=$1 wanted=$2 folder line from pid status=1
	folder=$(mktemp -d "${TMPDIR:-/tmp}/esp-offloadd-lab.XXXXXX")
	mkfifo "$folder/from" "$folder/monitor.in" "$folder/monitor.out"
	machine "$accelerator" "$memory" "$3" -serial "file:$folder/console" -serial stdio \
		-chardev "pipe,id=monitor,path=$folder/monitor" -mon chardev=monitor,mode=readline "${@:4}"
	"${machine[@]}" </dev/null >"$folder/from" 2>"$folder/errors" &
	pid=$!
	cat "$folder/monitor.out" >/dev/null &
	exec {from}<"$folder/from"
	while IFS= read -r -t 240 line <&"$from"; do
		if [[ $line = $wanted* ]]; then
			# While it runs: one that was stopped before would be stopped when thawed.
			printf '%s\n' "migrate \"exec:cat > '$state.new'\"" quit >"$folder/monitor.in"
			timeout 60 tail --pid="$pid" -f /dev/null && mv "$state.new" "$state" && status=0
			break
		fi
	done
	kill "$pid" 2>/dev/null
	wait
	[ "$status" -eq 0 ] || tail -n 20 "$folder/console" "$folder/errors" >&2
	exec {from}<&-
	rm -rf "$folder" "$state.new"
	return "$status"
}
