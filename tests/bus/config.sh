#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# esp-offloadctl config: it needs no bus and no daemon.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/ctl-lib.sh"

root=$work/root
mkdir -p "$root$CONFIG_DIR/config.d"
file=$root$CONFIG_DIR/config.yaml

ctl config
check "config alone is wrong usage" status_is 2
ctl config shwo
check "so is what it cannot do" status_is 2
ctl config show extra
check "and show of a file" status_is 2

ctl config show "--root=$root"
check "without a file there is an empty policy" status_is 0
check "which says where a file would lie" says "^# There is no file: $CONFIG_DIR/config.yaml"
ctl config validate "--root=$root"
check "and is valid" says '^Fine: there is no file'

cat >"$file" <<'END'
version: 1
bonds:
  bond0:
    connections: [example, "site-*"]
    proof: {within: 1500ms, probe: {address: 198.51.100.2}}
END
cat >"$root$CONFIG_DIR/config.d/site.yaml" <<'END'
version: 1
bonds:
  bond0:
    manage: monitor
    ensure: {esn: no}
END
ctl config show "--root=$root"
check "show is fine" status_is 0
check "it names the files in their order" equals 2 "$(grep -c '^# .*\.yaml$' "$work/out")"
check "it has what is written" says '^ +- "site-\*"$'
check "it has what a drop-in says" says '^    manage: monitor$'
check "and the defaults" says '^    rollback: true$'
cp "$work/out" "$work/shown.yaml"
ctl config validate "$work/shown.yaml"
check "what it prints is a valid policy itself" prints <<<"Fine: 1 bond in 1 file."
ctl config show "--root=$root" --json=short
check "the same as JSON" json '.bonds.bond0 | [.manage, .proof.within, .proof.probe.count, .ensure.esn, .rollback] | tostring' \
	'["monitor","1500ms",5,"no",true]'
check "with its lists" json '.bonds.bond0.connections | join(" ")' 'example site-*'
ctl config validate "--root=$root"
check "validate counts" prints <<<"Fine: 1 bond in 2 files."

printf 'version: 1\nbonds:\n  bond0:\n    conections: [example]\n    manage: enfroce\n' >"$file"
ctl config validate "--root=$root"
check "mistakes are an error" status_is 1
check "the first has file, line and column" says 'config.yaml:4:5: error: .*conections'
check "what was probably meant" says 'did you mean "connections"'
check "the second comes in the same pass" says 'config.yaml:5:13: error:'
check "and they are counted" says '^[2-9] errors'
ctl config validate "--root=$root" --json=short
check "as JSON they are an error too" status_is 1
check "and not valid" json .valid false
check "with line and column" json '.diagnostics[0] | [.level, .line, .column] | tostring' '["error",4,5]'
ctl config show "--root=$root"
check "of files with mistakes there is nothing to show" status_is 1
check "but what is wrong" complains 'config.yaml:4:5: error'
check "on the standard error output" equals "" "$out"

printf 'version: 1\nbonds:\n  b: {connections: [x]}\n' >"$work/one.yaml"
printf 'version: 1\nbonds:\n  b: {rollback: false}\n' >"$work/two.yaml"
ctl config validate "$work/one.yaml" "$work/two.yaml"
check "files that are named are read together" prints <<<"Fine: 1 bond in 2 files."
ctl config validate "$work/two.yaml"
check "a drop-in alone has no conn" status_is 1
ctl config validate "$work/none.yaml"
check "a file that is not there is an error" status_is 1
check "which is named" complains 'Cannot read .*none.yaml: No such file'
timeout 60 "$CTL" config validate - <"$work/one.yaml" >"$work/out" 2>"$work/err"
check "the standard input can be validated" prints <<<"Fine: 1 bond in 1 file."
head -c 3000000 /dev/zero >"$work/large.yaml"
ctl config validate "$work/large.yaml"
check "a file that is too large is not read" complains 'File too large'
printf 'version: 1\nbonds:\n  "\033[31mb": {connections: [x]}\n' >"$work/odd.yaml"
ctl config validate "$work/odd.yaml"
check "no message breaks the terminal" not says $'\033'

finish
