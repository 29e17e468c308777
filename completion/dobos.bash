# Completion of dobos in bash: commands, files, live networks, nodes, options from --help.
_dobos() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' file='' network='' i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -f | --file) file=${COMP_WORDS[++i]} ;;
        -N | --network | --name) network=${COMP_WORDS[++i]} ;;
        -n | --node | --seed) i=$((i + 1)) ;;
        -*) ;;
        *)
            [ -n "$command" ] || command=${COMP_WORDS[i]}
            [ "$command" != lab ] || [ "${COMP_WORDS[i]}" = lab ] || file=${COMP_WORDS[i]}
            ;;
        esac
    done
    COMPREPLY=()
    case $before in
    -f | --file)
        mapfile -t COMPREPLY < <(compgen -f -X '!*.yaml' -- "$word")
        return
        ;;
    -N | --network)
        mapfile -t COMPREPLY < <(compgen -W "$(dobos lab --list 2>/dev/null | cut -d: -f1)" -- "$word")
        return
        ;;
    -n | --node)
        if [ -z "$file" ]; then
            mapfile -t COMPREPLY < <(compgen -W "$(dobos lab --list ${network:+-N "$network"} 2>/dev/null |
                cut -d: -f2)" -- "$word")
            return
        fi
        # The error about a missing node lists those there are.
        mapfile -t COMPREPLY < <(compgen -W "$(dobos addr -f "$file" 2>&1 |
            sed -n 's/.*; the network .* has //p' | tr -d ,)" -- "$word")
        return
        ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(dobos $command --help 2>/dev/null |
            grep -oE '(^|[ ,])--?[a-zA-Z0-9][a-z0-9-]*')" -- "$word")
    elif [ -z "$command" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(dobos --help | sed -n 's/^  \([a-z]*\) .*/\1/p')" -- "$word")
    elif [ "$command" = services ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(dobos services | cut -d' ' -f1)" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -o filenames -F _dobos dobos
