#!/usr/bin/env bash
# readme_test EXAMPLE: what README shows is what there is: its C program is examples/two_hosts.c, and
# that program exchanges its message; README speaks of every command of --help.
. "$(dirname "$0")/tap.sh"
readme=$source_root/README.md

same_program() {
    diff <(sed -n '/^```c$/,/^```$/p' "$readme" | sed '1d;$d') "$source_root/examples/two_hosts.c"
}
says_hello() {
    [ "$("$1")" = "hello, a" ]
}
names_commands() {
    local name status=0
    for name in $("$DOBOS_COMMAND" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
        grep -q "dobos $name" "$readme" || { echo "README does not speak of dobos $name"; status=1; }
    done
    return "$status"
}
changed_program() {
    sed 's/hello, a/hello, b/' "$source_root/README.md" >"$scratch/README.md"
    readme=$scratch/README.md
    same_program
}

echo 1..4
holds 'README shows examples/two_hosts.c' same_program
holds 'it exchanges its message' says_hello "$1"
holds 'README speaks of every command' names_commands
breaks 'another text in README shows' 'hello, b' changed_program
