#!/usr/bin/env bash
# man_examples_test [PAGE…]: runs every command of the EXAMPLES of every manual page, in order, in a folder with the
# labs of the source tree. A command is a line that begins with "$ "; what stands below it, up to the next one, is
# what it writes, to the byte but for spaces at the ends of lines ("..." alone: and so on). In a page without such
# lines every line that begins with "dobos " is one. A command exits with 0, or with what "exit status N" in a comment
# behind it says. One that ends in & goes on beside the others of its page. A page without a command fails. TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
export PATH=${DOBOS_BUILD:-$root/build}:$PATH:/usr/sbin
[ "$#" -gt 0 ] || set -- man/*.[1-9]
number=0 failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

report() { # HOLDS TITLE
    number=$((number + 1))
    if [ "$1" = 0 ]; then
        echo "ok $number - $2"
        return
    fi
    failed=$((failed + 1))
    echo "not ok $number - $2"
    sed 's/^/# /' "$scratch/shown" | head -n 20
}

# The examples of a page as plain text.
examples() {
    sed -n '/^\.SH EXAMPLES$/,/^\.SH /p' "$1" | sed -n '/^\.nf$/,/^\.fi$/p' | sed -e '/^\./d' -e 's/^\\&//' \
        -e 's/\\-/-/g' -e 's/\\(aq/'\''/g' -e 's/\\e/\\/g'
}

# The lines that begin with "$ " as they are; without any, those that begin with "dobos " as such.
sessions() {
    if grep -q '^\$ ' "$1"; then cat "$1"; else sed -n 's/^dobos /$ &/p' "$1"; fi
}

run_background() { # COMMAND, which ends in &
    setsid timeout 100 bash -c "exec ${1%&}" </dev/null >"$scratch/background" 2>&1 &
    background+=("$!")
    for _ in $(seq 100); do
        [ ! -s "$scratch/background" ] || break
        sleep 0.1
    done
    sleep 0.5
    cp "$scratch/background" "$scratch/shown"
    jobs -rp | grep -qx "$!"
    report $? "$page: $1"
}

run() { # COMMAND, whose text stands in $scratch/expected, if it has any
    local command=$1 wanted status=0
    wanted=$(sed -n 's/.*#.*exit status \([0-9]*\).*/\1/p' <<<"$command")
    timeout 100 bash -c "$command" </dev/null >"$scratch/out" 2>"$scratch/error" || status=$?
    cat "$scratch/out" "$scratch/error" >"$scratch/shown"
    if [ "$status" != "${wanted:-0}" ]; then
        echo "exit $status, not ${wanted:-0}" >>"$scratch/shown"
        report 1 "$page: $command"
        return
    fi
    [ ! -s "$scratch/expected" ] && report 0 "$page: $command" && return
    sed -i -e 's/[ \t]*$//' "$scratch/out"
    if [ "$(tail -n 1 "$scratch/expected")" = ... ]; then
        sed -i '$d' "$scratch/expected"
        head -n "$(wc -l <"$scratch/expected")" "$scratch/out" >"$scratch/begin"
        mv "$scratch/begin" "$scratch/out"
    fi
    # Blank lines at the end are not shown in a page.
    diff <(cat "$scratch/expected") <(sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' "$scratch/out") >"$scratch/shown"
    report $? "$page: $command"
}

run_page() {
    local line command='' commands=0
    page=$(basename "$1")
    background=()
    mkdir "$scratch/$page"
    ln -s "$root/labs" "$scratch/$page/labs"
    examples "$1" >"$scratch/examples"
    sessions "$scratch/examples" >"$scratch/sessions"
    cd "$scratch/$page" || exit 1
    export XDG_RUNTIME_DIR=$scratch/$page
    : >"$scratch/expected"
    while IFS= read -r line <&3; do
        if [[ $line != '$ '* ]]; then
            sed -e 's/[ \t]*$//' <<<"$line" >>"$scratch/expected"
            continue
        fi
        [ -z "$command" ] || "$([[ $command == *'&' ]] && echo run_background || echo run)" "$command"
        : >"$scratch/expected"
        command=${line#'$ '} commands=$((commands + 1))
    done 3<"$scratch/sessions"
    [ -z "$command" ] || "$([[ $command == *'&' ]] && echo run_background || echo run)" "$command"
    for process in "${background[@]}"; do
        kill -- "-$process" 2>/dev/null
        wait "$process" 2>/dev/null
    done
    cd "$root" || exit 1
    : >"$scratch/shown"
    [ "$commands" -gt 0 ]
    report $? "$page has examples"
}

for path; do
    run_page "$path"
done
echo "1..$number"
[ "$failed" -eq 0 ]
