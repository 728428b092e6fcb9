# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of esp-offloadctl for fish. The program itself is asked for its verbs, for the options
# in its help texts, and for bonds and conns, so that nothing here grows old.

function __esp_offloadctl_words
    set -l before (commandline -opc)
    set -l program $before[1]
    set -l current (commandline -ct)
    set -l named (string match -v -- '-*' $before[2..-1])
    set -l verb $named[1]
    set -l part $named[2]

    if string match -q -- '-*' $current
        $program $verb --help 2>/dev/null |
            string match -r -- '^ +(?:-[a-z], )?--[a-z-]+(?:\[?=)?' |
            string replace -r -- '^.*?(--[a-z-]+=?)\[?=?$' '$1' |
            string match -rv -- '^--(json|root|since|view|worker|config)=' # those are below
        return
    end

    switch "$verb/$part"
        case '/*'
            $program completion-words verbs 2>/dev/null
        case conn/
            printf '%s\n' list show set unset crypto-policy
        case conn/crypto-policy
            printf '%s\n' off on
        case 'conn/*' diagnose/
            $program completion-words conns 2>/dev/null
        case config/
            printf '%s\n' show validate
        case config/validate
            __fish_complete_path (commandline -ct)
        case init/ metrics/ reload/
        case '*/'
            $program completion-words bonds 2>/dev/null
    end
end

complete -c esp-offloadctl -f -a '(__esp_offloadctl_words)'

# The values of options, which fish asks for by the option alone.
complete -c esp-offloadctl -l json -x -a 'short pretty off'
complete -c esp-offloadctl -l root -x -a '(__fish_complete_directories (commandline -ct))'
complete -c esp-offloadctl -n '__fish_seen_subcommand_from failovers' -l since -x \
    -a 'today yesterday -1h -1d -1w'
complete -c esp-offloadctl -n '__fish_seen_subcommand_from monitor' -l view -x -a 'live lines auto'
complete -c esp-offloadctl -n '__fish_seen_subcommand_from init check plan diagnose' -l worker -r -F
complete -c esp-offloadctl -n '__fish_seen_subcommand_from conn' -l config -r -F
