#!/usr/bin/env bash
# readme_commands_test [README]: runs every command that README shows, from top to bottom, as a new user would
# type them, in one shell at the root of the source tree with the built dobos in the PATH. A command is
# an indented line that begins with "dobos ", "sudo " (left out: we are root or need not be) or "kill ";
# what stands behind two spaces or a # is its explanation. A command that begins with "$ dobos " is followed by what it
# writes, tabs shown as spaces. make run and make test are others' to try.
set -euo pipefail
cd "$(dirname "$0")/../.."
readme=$(realpath "${1:-README.md}")
build=${DOBOS_BUILD:-$PWD/build}

script=$(mktemp)
folder=$(mktemp -d)
trap 'rm -rf "$script" "$folder"' EXIT
sed -n 's/^    \(\(dobos\|kill\|sleep\) .*\)$/\1/p' "$readme" | sed 's/   *[^ ].*$//; s/ *#.*$//' >"$script"
count=$(grep -c . "$script") || :
if [ "$count" -lt 10 ]; then
    echo "readme_commands_test: only $count commands found in $readme"
    exit 1
fi
# captures that the commands write go into a folder of their own, the files they read are the tree's
cp -r labs "$folder"
cd "$folder"
export PATH=$build:$PATH XDG_RUNTIME_DIR=$folder
failed=0 number=0
while IFS= read -r line <&3; do
    number=$((number + 1))
    status=0
    if [[ $line == *'&' ]]; then
        # goes on while the next ones run
        eval "exec 4>\"$folder/background\"; $line" >"$folder/out" 2>&1 3<&- || status=$?
        # until it has said that it is up
        for _ in $(seq 300); do
            [ ! -s "$folder/out" ] || break
            sleep 0.1
        done
    else
        timeout 60 bash -c "$line" >"$folder/out" 2>&1 3<&- </dev/null || status=$?
    fi
    if [ "$status" -ne 0 ] || [[ $line != *'&' && $line != kill* && ! -s $folder/out ]]; then
        echo "not ok $number - $line (exit $status)"
        sed 's/^/    /' "$folder/out" | head -n 20
        failed=$((failed + 1))
    else
        echo "ok $number - $line"
    fi
done 3<"$script"
# transcript COMMAND: what README shows below it, without the blank lines at its end.
transcript() {
    awk -v begin="    \$ $1" '$0 == begin { on = 1; next } on && /^([^ ]|    \$ )/ { exit } on { print substr($0, 5) }' \
        "$readme" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}
while IFS= read -r line <&3; do
    number=$((number + 1))
    if diff <(transcript "$line") <(bash -c "$line" </dev/null 2>&1 | expand | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}') \
        >"$folder/out"; then
        echo "ok $number - $line is as README shows it"
    else
        echo "not ok $number - $line is not as README shows it"
        sed 's/^/    /' "$folder/out"
        failed=$((failed + 1))
    fi
done 3< <(sed -n 's/^    \$ \(dobos .*\)$/\1/p' "$readme")
jobs -p | xargs -r kill 2>/dev/null || :
echo "$((number - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
