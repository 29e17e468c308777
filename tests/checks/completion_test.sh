#!/usr/bin/env bash
# completion: what bash offers behind what was typed so far: commands, options, files, nodes, segments, interfaces,
# words of the tools, and the names of live networks.
. "$(dirname "$0")/tap.sh"
PATH=$(cd "$(dirname "$DOBOS_COMMAND")" && pwd):$PATH
export XDG_RUNTIME_DIR=$scratch
home=$source_root/labs/home.yaml
shopt -s extglob
. "$source_root/completion/dobos.bash"

# The candidates when these words stand on the line and the last is being typed.
offered() {
    COMP_WORDS=(dobos "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _dobos 2>&1
    printf '%s\n' "${COMPREPLY[@]}"
}
offers() { # WORD… : typed words
    local wanted=() missing=0 word
    while [ "$1" != : ]; do wanted+=("$1") && shift; done
    shift
    offered "$@" >"$scratch/offered"
    cat "$scratch/offered"
    for word in "${wanted[@]}"; do
        grep -qxF -- "$word" "$scratch/offered" || { echo "$word is missing"; missing=1; }
    done
    return "$missing"
}
offers_nothing() {
    [ -z "$(offered "$@")" ]
}
every_command() {
    # shellcheck disable=SC2046
    offers $(dobos --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p') : ''
}
every_option() {
    local command status=0
    for command in $(dobos --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
        offers --help : "$command" - || { echo "dobos $command -: no --help"; status=1; }
    done
    return "$status"
}
no_other_beginning() {
    [ "$(offered nsl)" = nslookup ]
}
live_names() {
    dobos lab "$home" --live -N mine --until 20s >/dev/null 2>&1 &
    local network=$! status=1
    for _ in $(seq 100); do
        [ -z "$(dobos lab --list)" ] || break
        sleep 0.1
    done
    offers mine : addr -N '' && offers laptop router : addr -N mine -n '' && offers laptop : addr -n '' &&
        offers eth0 : addr -n laptop show dev '' && status=0
    kill "$network"
    wait "$network"
    return "$status"
}

cd "$source_root" || exit 1
holds 'every command is offered' every_command
holds 'every command has its options offered' every_option
holds 'only what begins so is offered' no_other_beginning
holds 'networks are offered behind -f' offers labs/home.yaml labs/tour.yaml : addr -f labs/
holds 'and behind lab' offers labs/home.yaml : lab labs/
holds 'nodes of the file are offered' offers laptop router www ns : addr -f "$home" -n ''
holds 'also where -n stands before the command' offers laptop : -f "$home" -n l
holds 'and behind --node=' offers laptop : addr --file = "$home" --node = ''
holds 'segments are offered behind --capture' offers lan= access= : lab "$home" --capture ''
holds 'also those of a map in braces' offers lan= wild= narrow= : run -f "$source_root/labs/tour.yaml" --capture ''
holds 'interfaces are offered behind dev' offers lo lan0 wan0 : addr -f "$home" -n router show dev ''
holds 'words of route are offered' offers show get : route -f "$home" -n laptop ''
holds 'also behind options of the tool' offers state sport : ss -f "$home" -n www -tan ''
holds 'states are offered behind state' offers established time-wait : ss -f "$home" -n www state ''
holds 'states of neighbours are offered behind nud' offers reachable failed : neigh nud ''
holds 'words of nat are offered' offers list explain tcp : nat -f "$home" -n router ''
holds 'protocols are offered behind nat explain' offers udp icmp : nat -f "$home" -n router explain ''
holds 'interfaces are offered behind iif' offers wan0 : nat -f "$home" -n router explain tcp 192.0.2.1:5 192.0.2.2:6 iif ''
holds 'counters are offered' offers IpInReceives DropNoRoute : stat -f "$home" -n router ''
holds 'the word of filter is offered' offers list : filter -f "$home" -n router ''
holds 'services are offered' offers http domain : services ''
: >"$scratch/a.pcapng" && : >"$scratch/b.pcap" && : >"$scratch/c.txt"
holds 'captures are offered' offers "$scratch/a.pcapng" "$scratch/b.pcap" : dump "$scratch/"
breaks 'and no other files' 'c.txt is missing' offers "$scratch/c.txt" : dump "$scratch/"
holds 'nothing is offered for a host' offers_nothing ping -f "$home" -n laptop ''
holds 'programs are offered behind --' offers env : run --capture = lan = x.pcapng -- en
holds 'and then files' offers "$scratch/c.txt" : run -- cat "$scratch/"
holds 'live networks, their nodes and interfaces are offered' live_names
finish
