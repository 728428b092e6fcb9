# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Completion of esp-offloadctl for bash. The program itself is asked for its verbs, for the options
# in its help texts, and for bonds and conns, so that nothing here grows old.

_esp_offloadctl() {
	local program=$1 current=$2 option='' verb='' part='' word i
	local -a before=()

	# "--json=short" is three words for bash, with "=" in COMP_WORDBREAKS.
	case ${COMP_WORDS[COMP_CWORD]} in
	=) option=${COMP_WORDS[COMP_CWORD - 1]} current='' ;;
	*) [ "${COMP_WORDS[COMP_CWORD - 1]}" != = ] || option=${COMP_WORDS[COMP_CWORD - 2]} ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		=) ((i++)) ;;
		-*) ;;
		*) before+=("$word") ;;
		esac
	done
	verb=${before[0]-} part=${before[1]-}

	_esp_offloadctl_words() {
		"$program" completion-words "$1" 2>/dev/null
	}
	_esp_offloadctl_options() {
		"$program" ${verb:+"$verb"} --help 2>/dev/null | grep -oE '^ +(-[a-z], )?--[a-z-]+(\[?=)?' |
			sed -E 's/.*(--[a-z-]+)/\1/; s/\[=$//'
	}

	COMPREPLY=()
	case $option in
	--json) mapfile -t COMPREPLY < <(compgen -W 'short pretty off' -- "$current") ;;
	--root) mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
	--worker | --config) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
	--view) mapfile -t COMPREPLY < <(compgen -W 'live lines auto' -- "$current") ;;
	--since) mapfile -t COMPREPLY < <(compgen -W 'today yesterday -1h -1d -1w' -- "$current") ;;
	-*) ;;
	*)
		case $current in
		-*) mapfile -t COMPREPLY < <(compgen -W "$(_esp_offloadctl_options)" -- "$current") ;;
		*)
			case $verb/$part in
			/*) mapfile -t COMPREPLY < <(compgen -W "$(_esp_offloadctl_words verbs)" -- "$current") ;;
			conn/) mapfile -t COMPREPLY < <(compgen -W 'list show set unset crypto-policy' -- "$current") ;;
			conn/crypto-policy) mapfile -t COMPREPLY < <(compgen -W 'off on' -- "$current") ;;
			conn/* | diagnose/) mapfile -t COMPREPLY < <(compgen -W "$(_esp_offloadctl_words conns)" -- "$current") ;;
			config/) mapfile -t COMPREPLY < <(compgen -W 'show validate' -- "$current") ;;
			config/validate) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
			init/ | metrics/ | reload/) ;;
			*/) mapfile -t COMPREPLY < <(compgen -W "$(_esp_offloadctl_words bonds)" -- "$current") ;;
			esac
			;;
		esac
		;;
	esac
	# An option that takes a value goes on right after its "=".
	[ "${#COMPREPLY[@]}" -ne 1 ] || [ "${COMPREPLY[0]%=}" = "${COMPREPLY[0]}" ] || compopt -o nospace 2>/dev/null
	unset -f _esp_offloadctl_words _esp_offloadctl_options
}
complete -F _esp_offloadctl esp-offloadctl
