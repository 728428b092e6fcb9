#compdef esp-offloadctl
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of esp-offloadctl for zsh. The program itself is asked for its verbs, for the options
# in its help texts, and for bonds and conns, so that nothing here grows old.

local program=$words[1] verb part
local -a before options

before=(${${words[2,CURRENT-1]}:#-*})
verb=$before[1] part=$before[2]

if [[ $PREFIX == --json=* ]]; then
	compset -P '--json='
	compadd short pretty off
	return
elif [[ $PREFIX == --root=* ]]; then
	compset -P '--root='
	_files -/
	return
elif [[ $PREFIX == --(worker|config)=* ]]; then
	compset -P '*='
	_files
	return
elif [[ $PREFIX == --view=* ]]; then
	compset -P '--view='
	compadd live lines auto
	return
elif [[ $PREFIX == --since=* ]]; then
	compset -P '--since='
	compadd -- today yesterday -1h -1d -1w
	return
elif [[ $PREFIX == -* ]]; then
	options=(${(f)"$($program $verb --help 2>/dev/null |
		grep -oE '^ +(-[a-z], )?--[a-z-]+(\[?=)?' | sed -E 's/.*(--[a-z-]+)/\1/; s/\[=$//')"})
	compadd -- ${options:#*=}
	compadd -S '' -- ${(M)options:#*=}
	return
fi

case $verb/$part in
/*) compadd -- ${(f)"$($program completion-words verbs 2>/dev/null)"} ;;
conn/) compadd list show set unset crypto-policy ;;
conn/crypto-policy) compadd off on ;;
conn/* | diagnose/) compadd -- ${(f)"$($program completion-words conns 2>/dev/null)"} ;;
config/) compadd show validate ;;
config/validate) _files ;;
init/ | metrics/ | reload/) ;;
*/) compadd -- ${(f)"$($program completion-words bonds 2>/dev/null)"} ;;
esac
