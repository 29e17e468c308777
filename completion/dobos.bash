# Completion of dobos in bash: commands, files, live networks, nodes, segments and interfaces of the network, words of
# the tools, and options from --help.

# Words that a command prints, as candidates that begin with $word.
_dobos_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word")
}

_dobos_files() { # PATTERN of names; folders too
    mapfile -t COMPREPLY < <(compgen -o plusdirs -f -X "!$1" -- "$word")
}

# The nodes of the network that was named, or of the live one.
_dobos_nodes() {
    if [ -z "$file" ]; then
        dobos lab --list ${network:+-N "$network"} 2>/dev/null | cut -d: -f2
    else
        # The error about a missing node lists those there are.
        dobos addr -f "$file" 2>&1 | sed -n 's/.*; the network .* has //p' | tr -d ,
    fi
}

# The segments of a network file: the keys of its map.
_dobos_segments() {
    sed -n '/^segments:/,/^[a-z]/{s/^ \{1,4\}\([A-Za-z0-9_-]*\):.*/\1/p
        s/^segments: *{//
        t flow
        b
        :flow
        s/{[^{}]*}//g
        s/[:,}]/ /gp
        }' "$file" 2>/dev/null
}

_dobos_interfaces() {
    dobos addr ${file:+-f "$file"} ${network:+-N "$network"} -n "$node" -br 2>/dev/null | cut -d' ' -f1
}

# The words of the tools that have some.
_dobos_operands() {
    case $command/$last in
    */dev | nat/iif) _dobos_words "$(_dobos_interfaces)" ;;
    addr/scope) _dobos_words 'global host link' ;;
    neigh/nud) _dobos_words 'incomplete reachable stale delay probe failed all' ;;
    ss/state | ss/exclude)
        _dobos_words 'all connected synchronized bucket big established syn-sent syn-recv fin-wait-1 fin-wait-2
            time-wait closed close-wait last-ack listening closing'
        ;;
    maddr/maddr) _dobos_words 'show dev' ;;
    maddr/*) _dobos_words "dev $(_dobos_interfaces)" ;;
    addr/addr) _dobos_words 'show dev' ;;
    addr/*) _dobos_words "dev up scope to dynamic permanent $(_dobos_interfaces)" ;;
    nat/nat) _dobos_words 'list explain tcp udp icmp' ;;
    nat/list | nat/explain) _dobos_words 'tcp udp icmp' ;;
    nat/*) ;;
    filter/filter) _dobos_words 'list' ;;
    filter/*) ;;
    neigh/*) _dobos_words 'show to dev nud' ;;
    route/route) _dobos_words 'show get' ;;
    route/get) ;;
    route/table) _dobos_words 'main all' ;;
    route/iif) _dobos_words "$(_dobos_interfaces)" ;;
    route/ipproto) _dobos_words 'tcp udp icmp' ;;
    route/*) _dobos_words 'dev table exact root match default from iif ipproto sport dport' ;;
    rule/rule) _dobos_words 'show' ;;
    rule/*) ;;
    ss/*) _dobos_words 'state exclude src dst sport dport' ;;
    services/*) _dobos_words "$(dobos services | cut -d' ' -f1)" ;;
    stat/*) _dobos_words "$(dobos stat ${file:+-f "$file"} ${network:+-N "$network"} -n "$node" -a 2>/dev/null |
        sed -n 's/^\([A-Z][A-Za-z]*\) .*/\1/p')" ;;
    dns/dns) _dobos_words 'cache servers flush stat' ;;
    dns/*) ;;
    dump/*) _dobos_files '*.@(pcapng|pcap|cap)' ;;
    lab/*) _dobos_files '*.yaml' ;;
    ping/* | trace/* | fetch/* | dig/* | nslookup/* | calc/*) ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
}

# What completes without dobos before it: by bash-completion where it is there.
_dobos_program() { # its place in COMP_WORDS
    if declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    elif [ "$COMP_CWORD" -eq "$1" ]; then
        mapfile -t COMPREPLY < <(compgen -c -- "$word" | sort -u)
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}

_dobos() {
    local word=${COMP_WORDS[COMP_CWORD]} before='' last='' command='' file='' network='' node='' words=() at=() i
    COMPREPLY=()
    [ "$word" != = ] || word=''
    for ((i = 1; i < COMP_CWORD; i++)); do
        # --name=value comes as three words.
        [ "${COMP_WORDS[i]}" = = ] || { words+=("${COMP_WORDS[i]}") && at+=("$i"); }
    done
    for ((i = 0; i < ${#words[@]}; i++)); do
        before=${words[i]}
        case $before in
        --)
            # What dobos run runs completes as it would without it.
            if [ "$command" = run ]; then
                _dobos_program $((at[i] + 1))
                return
            fi
            ;;
        -f | --file) file=${words[++i]-} ;;
        -N | --network | --name) network=${words[++i]-} ;;
        -n | --node)
            # Given already, or behind the tool's own arguments, -n is the tool's.
            if [ -z "$node" ]; then node=${words[++i]-}; else before=''; fi
            ;;
        --seed | --capture | --junit | --until | --private | --packet) i=$((i + 1)) ;;
        -*) ;;
        *)
            if [ "$command" = lab ]; then file=$before; fi
            [ -n "$command" ] || command=$before
            last=$before
            ;;
        esac
        # The value of an option is there: what comes next is something else.
        if ((i < ${#words[@]})) && [ "${words[i]}" != "$before" ]; then before=''; fi
    done
    case $before in
    -f | --file) _dobos_files '*.yaml' ;;
    -N | --network | --name) _dobos_words "$(dobos lab --list 2>/dev/null | cut -d: -f1)" ;;
    -n | --node) _dobos_words "$(_dobos_nodes)" ;;
    --capture)
        _dobos_words "$(_dobos_segments | tr -s ' ' '\n' | sed 's/..*/&=/')"
        compopt -o nospace 2>/dev/null
        ;;
    --junit) _dobos_files '*.xml' ;;
    --private) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    --seed | --until) ;;
    *)
        if [[ $word == -* ]]; then
            _dobos_words "$(dobos $command --help 2>/dev/null | grep -oE '(^|[ ,])--?[a-zA-Z0-9][a-z0-9-]*')"
        elif [ -z "$command" ]; then
            _dobos_words "$(dobos --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')"
        else
            _dobos_operands
        fi
        ;;
    esac
}
complete -o filenames -F _dobos dobos
