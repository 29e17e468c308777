# Line 31: make run shows the laptop's lease, the name's answer and the page.
# timeout: 600
. "$(dirname "$0")/lib.sh"

want_status 0 'make run' make run
shows() {
    grep -qE -- "$2" <<<"$output" || fail "$1: no '$2' in: $output"
    echo "ok: $1"
}
shows "the laptop's lease" '^ *inet 192\.168\.0\.100/24 brd 192\.168\.0\.255 scope global dynamic eth0'
shows 'with the seconds that are left of an hour' '^ *valid_lft 3[0-9]{3}sec preferred_lft 3[0-9]{3}sec'
shows "the name's answer" '^203\.0\.113\.80 +www\.example\.org'
shows 'the page' 'This page came through five layers, twice\.'
shows 'what each layer did for it' '^5 application +[0-9]+ DNS questions answered, 1 HTTP request answered'
