#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the shells complete.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/ctl-lib.sh"

mkdir -p "$work/bin" "$work/root/etc/ipsec.d" "$work/root$CONFIG_DIR"
ln -s "$CTL" "$work/bin/esp-offloadctl"
PATH=$work/bin:$PATH
hash -r

ctl completion-words
check "of nothing there are no words" status_is 2
ctl completion-words verbs
check "the verbs are those of the help text" equals \
	"$("$CTL" --help | sed -nE 's/^  ([a-z]+) .*/\1/p' | xargs)" "$(xargs <"$work/out")"
check "without the hidden one" not says completion-words

printf 'version: 1\nbonds:\n  bond8: {connections: [x]}\n' >"$work/root$CONFIG_DIR/config.yaml"
printf 'conn office\n\tleft=192.0.2.1\nconn "a b"\n\tleft=192.0.2.1\nconn $(>%s)\n\tleft=192.0.2.1\nconn example\n\tleft=192.0.2.1\n' \
	"$work/obeyed" >"$work/root/etc/ipsec.conf"
ctl "--root=$work/root" completion-words bonds
check "without a daemon the bonds are those of the files" prints <<<bond8
ctl "--root=$work/root" completion-words conns
check "the conns are those of Libreswan's files, but for odd names" prints <<<$'office\nexample'
start_bus
play "$here/scenarios/usual.json"
ctl completion-words bonds
check "with a daemon the bonds are its own" prints <<<$'bond0\nbond1'

# ---- bash ----
# shellcheck source=/dev/null
. "$COMPLETIONS/esp-offloadctl.bash"

# completes WORD… WANTED: the words as bash splits them, the last one being typed.
completes() {
	local wanted=${!#}
	COMP_WORDS=(esp-offloadctl "${@:1:$#-1}")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_esp_offloadctl esp-offloadctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	equals "$wanted" "${COMPREPLY[*]}"
}
check "bash: a verb" completes sta status
check "bash: verbs that begin alike" completes re "revert reload"
check "bash: a bond" completes status '' "bond0 bond1"
check "bash: a bond after an option" completes verify --json = short bond1 bond1
check "bash: an option of the verb" completes verify --pro --probe
check "bash: one with a value" completes failovers --si --since=
check "bash: an option of the whole" completes --no "--no-legend --no-pager"
check "bash: the values of an option" completes status --json = p pretty
check "bash: those of a verb's own" completes monitor --view = li "live lines"
check "bash: all values of an option" completes status --json = "short pretty off"
# A shell expands the words that it is given.
real=$CTL
offline() { "$real" "--root=$work/root" "$@"; }
conns_complete() {
	local COMP_WORDS=(offline conn show o) COMP_CWORD=3
	_esp_offloadctl offline o show
	equals office "${COMPREPLY[*]}"
}
check "bash: a conn" conns_complete
check "bash: and none is a command" not test -e "$work/obeyed"
check "bash: what config can do" completes config s show
check "bash: what conn can do" completes conn un unset
check "bash: nothing where there is nothing" completes metrics '' ''

# ---- zsh ----
if command -v zsh >/dev/null; then
	# The file is the body of a completion function; what it would offer is printed.
	# shellcheck disable=SC2016
	zsh_completes() {
		local wanted=${!#}
		equals "$wanted" "$(zsh -f -c '
			compset() { PREFIX=${PREFIX#$~2} }
			compadd() {
				local word
				for word in ${@:#-*}; do
					[[ $word == $PREFIX* && -n $word ]] && print -r -- $word
				done
				[[ $PREFIX == -* ]] && print -rl -- ${(M)@:#$PREFIX*}
			}
			_files() { : }
			complete_it() { . $0_file }
			functions[complete_it]="$(<$1)"; shift
			words=(esp-offloadctl "$@") CURRENT=$(($# + 1)) PREFIX=${@[-1]}
			complete_it' zsh "$COMPLETIONS/esp-offloadctl.zsh" "${@:1:$#-1}" | xargs)"
	}
	check "zsh: a verb" zsh_completes sta status
	check "zsh: a bond" zsh_completes status '' "bond0 bond1"
	check "zsh: an option of the verb" zsh_completes verify --pro --probe
	check "zsh: one with a value" zsh_completes failovers --si --since=
	check "zsh: the values of an option" zsh_completes status --json=p pretty
	check "zsh: those of a verb's own" zsh_completes monitor --view=li "live lines"
	check "zsh: what conn can do" zsh_completes conn un unset
	check "zsh: nothing where there is nothing" zsh_completes metrics '' ''
else
	skip "zsh" "it is not there"
fi

# ---- fish ----
if command -v fish >/dev/null; then
	export HOME=$work XDG_CONFIG_HOME=$work XDG_DATA_HOME=$work
	fish_completes() {
		equals "$2" "$(fish --no-config -c "source '$COMPLETIONS/esp-offloadctl.fish'
			complete -C 'esp-offloadctl $1'" | cut -f 1 | xargs)"
	}
	check "fish: a verb" fish_completes sta status
	check "fish: a bond" fish_completes 'status ' "bond0 bond1"
	check "fish: an option of the verb" fish_completes 'verify --pro' --probe
	check "fish: one with a value" fish_completes 'failovers --si' --since
	check "fish: one of all verbs" fish_completes 'plan --js' --json
	check "fish: the values of an option" fish_completes 'status --json=p' --json=pretty
	check "fish: those of a verb's own" fish_completes 'monitor --view=li' "--view=lines --view=live"
	check "fish: every verb that a worker can be named to" fish_completes 'init --wo' --worker
	check "fish: what conn can do" fish_completes 'conn un' unset
	check "fish: nothing where there is nothing" fish_completes 'metrics ' ''
else
	skip "fish" "it is not there"
fi

finish
