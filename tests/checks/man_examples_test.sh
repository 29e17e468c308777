#!/usr/bin/env bash
# man_examples: every command of every page's EXAMPLES runs and writes what the page says; a page without examples,
# a wrong exit status, another text and a command that does not end well fail. Every command has a page, and each of
# its options stands there.
. "$(dirname "$0")/tap.sh"
check=$source_root/tests/docs/man_examples_test.sh
DOBOS_BUILD=$(cd "$(dirname "$DOBOS_COMMAND")" && pwd)
export DOBOS_BUILD

# A page with these lines as its examples.
page_of() {
    printf '%s\n' '.TH X 1' '.SH NAME' 'x' '.SH EXAMPLES' '.nf' "$@" '.fi' '.SH SEE ALSO' >"$scratch/x.1"
}
checks() {
    page_of "$@"
    "$check" "$scratch/x.1"
}

has_pages() {
    local name status=0
    for name in $("$DOBOS_COMMAND" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
        [ -f "$source_root/man/dobos-$name.1" ] || { echo "dobos $name has no page"; status=1; }
        grep -q "'dobos-$name.1'" "$source_root/man/meson.build" || { echo "dobos-$name.1 is not installed"; status=1; }
    done
    return "$status"
}
# The options of --help, by their letters or else by their names, stand in the page, whatever its fonts.
tells_options() {
    local page=$1 name text option status=0
    name=$(basename "$page" .1)
    text=$(sed 's/\\f[BIR]//g; s/\\-/-/g' "$page")
    for option in $("$DOBOS_COMMAND" "${name#dobos-}" --help | sed -n 's/^ *\(-[A-Za-z0-9]\), .*/\1/p
            s/^ *\(--[a-z0-9-]*\).*/\1/p' | grep -vxE -- '-\?|--help|--usage'); do
        grep -qE -- "(^|[^a-zA-Z0-9-])$option([^a-zA-Z0-9-]|$)" <<<"$text" ||
            { echo "$name: $option is missing"; status=1; }
    done
    return "$status"
}
all_tell_options() {
    local page status=0
    for page in "$source_root"/man/dobos-*.1; do
        tells_options "$page" || status=1
    done
    return "$status"
}
forgotten_option() {
    grep -v 'quiet\|\\-q' "$source_root/man/dobos-ping.1" >"$scratch/dobos-ping.1"
    tells_options "$scratch/dobos-ping.1"
}

holds 'every example of every page runs' "$check"
holds 'every command has a page' has_pages
holds 'every option stands in its page' all_tell_options
breaks 'an option that no page tells of fails' 'dobos-ping: -q is missing' forgotten_option
holds 'a text that is the same passes' checks '$ dobos services 7/udp' "$("$DOBOS_COMMAND" services 7/udp)"
holds 'the beginning of a text passes' checks '$ dobos services' "$("$DOBOS_COMMAND" services | head -n 3)" '\&...'
holds 'an exit status that was told passes' checks '$ dobos calc x # exit status 2'
breaks 'another text fails' 'not ok 1' checks '$ dobos services 7/udp' 'another'
breaks 'a text that goes on fails' 'not ok 1' checks '$ dobos services' "$("$DOBOS_COMMAND" services | head -n 3)"
breaks 'another exit status fails' 'exit 2, not 0' checks '$ dobos calc x'
breaks 'an unknown command fails' 'not ok 1' checks 'dobos nosuch'
breaks 'a page without examples fails' 'not ok 1 - x.1 has examples' checks 'nothing'
breaks 'a background command that has ended fails' 'not ok 1' checks '$ dobos calc 10.0.0.1/8 &'
finish
