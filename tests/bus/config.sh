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


# ---- a pager, where the output is a terminal ----
# on_terminal COMMAND: what is seen there.
on_terminal() { TERM=${terminal:-xterm} timeout 30 script -qec "$1" /dev/null </dev/null | tr -d '\r'; }
mkdir -p "$work/long$CONFIG_DIR"
printf 'version: 1\nbonds:\n  bond0: {connections: [x]}\n' >"$work/long$CONFIG_DIR/config.yaml"
show="$CTL config show --root=$work/long"
export ESP_OFFLOAD_PAGER="sed 's/^/paged /'"
check "on a terminal a pager shows it" contains "$(on_terminal "$show")" '^paged .*version: 1'
check "with the colours of a terminal" contains "$(on_terminal "$show")" $'\033\\['
check "unless none is wanted" not contains "$(on_terminal "$show --no-pager")" paged
run script -qec "$CTL config show extra" /dev/null
check "its end does not hide the exit status" status_is 2
# shellcheck disable=SC2086
run $show
check "into a pipe nothing is paged" not says paged
ESP_OFFLOAD_PAGER="cat"
check "cat is no pager" contains "$(on_terminal "$show")" "version: 1"
ESP_OFFLOAD_PAGER=/nowhere/pager
check "one that is not there is said" contains "$(on_terminal "$show" 2>&1)" 'not found'
ESP_OFFLOAD_PAGER="sed 's/\$/|/'"
conf=$work/long/etc/ipsec.conf
printf 'conn office\n\tleft=192.0.2.1\n\trightid="%s"\n' "$(printf 'x%.0s' {1..200})" >"$conf"
check "a table in front of it is as wide as the terminal" contains \
	"$(on_terminal "stty cols 70; $CTL conn show office --root=$work/long")" '^rightid +x{10,30} +own .*\|$'
unset ESP_OFFLOAD_PAGER

# ---- a first one ----
fresh=$work/fresh
mkdir -p "$fresh/etc"
worker=$work/worker/fake-worker.sh
mkdir "$work/worker"
cp "$here/fake-worker.sh" "$worker"
printf 'version: 1\nbonds:\n  bond0:\n    connections: [example]  # up\n' >"$work/worker/reports"
init() { ctl init "--worker=$worker" "$@"; }

init "--root=$root"
check "init writes nothing where there is a configuration" status_is 1
check "and says which" complains "There is a configuration already: .*$CONFIG_DIR/config.yaml"
check "not even the host was looked at" not test -e "$work/worker/called"
init --print "--root=$root"
check "init --print is fine there" status_is 0
check "and prints what the worker proposes" prints <"$work/worker/reports"
check "which was asked to" equals propose "$(cat "$work/worker/called")"
init "--root=$fresh"
check "init writes the first configuration" status_is 0
check "as it was proposed" cmp "$work/worker/reports" "$fresh$CONFIG_DIR/config.yaml"
check "for everybody to read" equals 644 "$(stat -c %a "$fresh$CONFIG_DIR/config.yaml")"
check "it says what comes next" says 'esp-offloadctl check'
check "nothing lies beside it" equals config.yaml "$(ls -A "$fresh$CONFIG_DIR")"
init "--root=$fresh"
check "the second time it stays as it is" status_is 1
slow=$work/worker/slow.sh
printf '#!/bin/sh\nsleep 1.5\nexec "%s" "$@"\n' "$worker" >"$slow"
chmod 755 "$slow"
check "on a terminal one sees that the host is looked at" contains \
	"$(on_terminal "$CTL init --print --worker=$slow")" 'Looking at the host … 1 s'
check "one that can draw nothing anew sees nothing of it" not contains \
	"$(terminal=dumb on_terminal "$CTL init --print --worker=$slow")" 'Looking at'
ctl init --print "--worker=$slow"
check "elsewhere what it prints stands alone" not complains 'Looking at'
ctl init --print "--worker=$work/nowhere"
check "a worker that is not there is told, and what to do" \
	complains "There is no $work/nowhere: .*--worker="
rm "$fresh$CONFIG_DIR/config.yaml"
echo "echo 'version: 1' >$fresh$CONFIG_DIR/config.yaml" >"$work/worker/script"
init "--root=$fresh"
check "one that appears meanwhile stays as well" equals 'version: 1' \
	"$(cat "$fresh$CONFIG_DIR/config.yaml")"
check "which is an error" complains 'Cannot write .*File exists'
check "and nothing lies beside it" equals config.yaml "$(ls -A "$fresh$CONFIG_DIR")"
rm "$work/worker/script" "$fresh$CONFIG_DIR/config.yaml"
init "--root=$fresh" --json=short
check "as JSON it says where" json .written "$fresh$CONFIG_DIR/config.yaml"
check "and of what" json .bonds 1
rm "$fresh$CONFIG_DIR/config.yaml"
printf 'version: 1\nbonds: {}\n' >"$work/worker/reports"
init "--root=$fresh"
check "nothing to propose is told by the exit status" status_is 3
check "and writes nothing" not test -e "$fresh$CONFIG_DIR/config.yaml"
printf 'version: 1\nbonds: {bond0: {conections: [x]}}\n' >"$work/worker/reports"
init "--root=$fresh"
check "what is no policy is an error" status_is 1
check "and is not written" not test -e "$fresh$CONFIG_DIR/config.yaml"
: >"$work/worker/reports"
init "--root=$fresh"
check "so is a worker that says nothing" complains 'strange answer'
init bond0
check "init of a bond is wrong usage" status_is 2

finish
