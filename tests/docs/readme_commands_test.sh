#!/usr/bin/env bash
# readme_commands_test [--write] [FILE…]: runs every command that README.md, docs/isp.md and docs/dns.md (or the files named) show,
# from top to bottom, as a new user would type them, in one shell at the root of the source tree with the built dobos
# in the PATH. A command is an indented line that begins with "dobos ", "sudo " (left out: we are root or need not be)
# or "kill " (but no message of dobos, "dobos TOOL: "); what stands behind two spaces or a # is its explanation. A command that begins with "$ dobos " is followed
# by what it writes, tabs shown as spaces; these run behind the others, in their order, in one folder. make run and
# make test are others' to try. With --write the latter are written into the files as they are now.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
tree=$PWD
export PATH=${DOBOS_BUILD:-$tree/build}:$PATH
is_writing=
[ "${1-}" != --write ] || { is_writing=1 && shift; }
[ "$#" -gt 0 ] || set -- README.md docs/isp.md docs/dns.md

scratch=$(mktemp -d)
trap 'jobs -p | xargs -r kill 2>/dev/null; rm -rf "$scratch"' EXIT
failed=0 number=0

report() { # HOLDS TITLE; what is to be shown where it does not hold stands in $scratch/shown
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
        return
    fi
    echo "not ok $number - $2"
    sed 's/^/    /' "$scratch/shown" | head -n 40
    failed=$((failed + 1))
}

# Runs a command; its status is that of whether all is well.
run() { # COMMAND
    local line=$1 status=0
    if [[ $line == *'&' ]]; then
        # goes on while the next ones run
        eval "exec 4>\"$scratch/background\"; $line" >"$scratch/shown" 2>&1 3<&- || status=$?
        # until it has said that it is up
        for _ in $(seq 300); do
            [ ! -s "$scratch/shown" ] || break
            sleep 0.1
        done
    else
        timeout 60 bash -c "$line" >"$scratch/shown" 2>&1 3<&- </dev/null || status=$?
    fi
    echo "exit $status" >>"$scratch/shown"
    [ "$status" -eq 0 ] && { [[ $line == *'&' || $line == kill* ]] || [ "$(wc -l <"$scratch/shown")" -gt 1 ]; }
}

# Without blank lines at the end.
trimmed() {
    sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

# What a command writes, as it is shown.
written() { # COMMAND
    { bash -c "$1" </dev/null 2>&1 3<&- || :; } | expand | trimmed
}

# transcript FILE COMMAND: what the file shows below it, without the blank lines at its end.
transcript() {
    awk -v begin="    \$ ${2//\\/\\\\}" \
        '$0 == begin { on = 1; next } on && /^([^ ]|    \$ )/ { exit } on { print substr($0, 5) }' "$1" | trimmed
}

# The file with what its commands write now.
rewrite() { # FILE
    local line is_shown=1
    while IFS= read -r line <&3 || [ -n "$line" ]; do
        if [[ $line == '    $ dobos '* ]]; then
            printf '%s\n' "$line"
            written "${line#    \$ }" | sed -e 's/^/    /' -e 's/ *$//'
            is_shown=
        elif [[ -z $is_shown && $line == [^\ ]* ]]; then
            is_shown=1
            printf '\n%s\n' "$line"
        elif [[ -n $is_shown || $line == '    $ '* ]]; then
            printf '%s\n' "$line"
        fi
    done 3<"$1"
}

check() { # FILE
    local file=$1 line
    while IFS= read -r line <&3; do
        run "$line"
        report $? "$line"
    done 3< <(sed -n '/^    dobos [a-z]*: /!s/^    \(\(dobos\|kill\|sleep\) .*\)$/\1/p' "$file" | sed 's/   *[^ ].*$//; s/ *#.*$//')
    while IFS= read -r line <&3; do
        diff <(transcript "$file" "$line") <(written "$line" | sed 's/ *$//') >"$scratch/shown"
        report $? "$line writes what ${file##*/} shows"
    done 3< <(sed -n 's/^    \$ \(dobos .*\)$/\1/p' "$file")
}

for name; do
    file=$(realpath "$name")
    count=$(grep -cE '^    (\$ )?(dobos|kill|sleep) ' "$file") || :
    if [ "$count" -lt 10 ]; then
        echo "readme_commands_test: only $count commands found in $file"
        exit 1
    fi
    # captures that the commands write go into a folder of their own, the files they read are the tree's
    folder=$scratch/${name##*/}
    mkdir "$folder"
    cp -r labs "$folder"
    cd "$folder" || exit 1
    export XDG_RUNTIME_DIR=$folder
    if [ -n "$is_writing" ]; then
        rewrite "$file" >"$scratch/new"
        cat "$scratch/new" >"$file"
    else
        check "$file"
    fi
    cd "$tree" || exit 1
done
[ -z "$is_writing" ] || exit 0
echo "$((number - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
