#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# selinux.sh DIR: the module there compiles with the policy's own makefile, and every domain that is
# entered may be entered under NoNewPrivileges= as well, which the units have: else the kernel has the
# program in the domain of who starts it, or refuses it (check_nnp_nosuid() in
# security/selinux/hooks.c). The worker may write where Libreswan's conns are, and the daemon sees it.
set -u

makefile=/usr/share/selinux/devel/Makefile
[ -e $makefile ] || { echo "needs $makefile"; exit 77; }
for tool in make checkmodule; do
	command -v $tool >/dev/null || { echo "needs $tool"; exit 77; }
done

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$1"/esp_offloadd.te "$1"/esp_offloadd.if "$1"/esp_offloadd.fc "$dir"
make -C "$dir" -f $makefile esp_offloadd.pp || exit 1
[ -s "$dir/esp_offloadd.pp" ] || { echo "no module came of it"; exit 1; }

# initrc_t starts what has no unit.
rules=$dir/tmp/esp_offloadd.tmp
sed -nE 's/^[[:space:]]*type_transition ([a-z_]+) [a-z_]+:process ([a-z_]+);.*/\1 \2/p' "$rules" | grep -v "^initrc_t " | sort -u >"$dir/entered"
[ -s "$dir/entered" ] || { echo "no domain is entered"; exit 1; }
while read -r from to; do
	grep -E "allow $from .*:process2 .*nnp_transition" "$rules" | grep -qw "$to" || {
		echo "under NoNewPrivileges= $from does not come to $to"
		failed=1
	}
done <"$dir/entered"

# may DOMAIN TYPE:CLASS PERMISSION
may() {
	grep -E "allow $1 (\{[^}]*)?${2%:*}[ }].*:${2#*:} .*\<$3\>|allow $1 ${2%:*}:${2#*:} .*\<$3\>" "$rules" >/dev/null || {
		echo "$1 lacks $3 on $2"
		failed=1
	}
}
for type in ipsec_conf_file_t ipsec_key_file_t; do
	may esp_offload_worker_t $type:file rename
done
for type in etc_t bin_t ipsec_key_file_t; do
	may esp_offloadd_t $type:dir watch
done
exit "${failed:-0}"
