# Line 11: names from the root down to a laptop: labs/dns.yaml holds, a cold answer and a warm one differ as they should,
# forward and reverse, by our tools and by Debian's in the laptop's place; they agree on 500 questions; the name
# servers come by DHCP or by hand; the transcripts of docs/dns.md hold.
# timeout: 900
. "$(dirname "$0")/lib.sh"

dns=$clone/labs/dns.yaml
export DOBOS_COMMAND=$dobos DOBOS_SOURCE_ROOT=$clone
# has TITLE PATTERN: the output has it.
has() {
    grep -qE -- "$2" <<<"$output" || fail "$1: no '$2' in: $output"
    echo "ok: $1"
}

want_status 0 'the script of labs/dns.yaml holds' timeout 120 "$dobos" lab "$dns"
has '... all of it' '^[0-9]+ held, 0 failed$'

# Forward and reverse, by ours and by real programs.
for name in python.org www.ietf.org; do
    want_status 0 "dobos nslookup $name" "$dobos" nslookup -f "$dns" -n laptop "$name"
    has '... is not from who has authority' '^Non-authoritative answer:$'
    has '... has an address' '^Address: [0-9.]+$'
    ours=$(grep -oE '^Address: [0-9.]+$' <<<"$output" | sort)
    want_status 0 "Debian's nslookup $name" timeout 60 "$dobos" run -f "$dns" -n laptop -- nslookup -type=a "$name"
    want_equal '... has the same' "$ours" "$(grep -oE '^Address: [0-9.]+$' <<<"$output" | sort)"
    want_status 0 "dobos dig +trace $name" "$dobos" dig -f "$dns" -n laptop +trace "$name"
    has '... begins at the root' '^\.[[:space:]].*NS'
    has '... and comes to the end' "^(${name//./\\.}|.*)[[:space:]].*IN[[:space:]]+(A|CNAME)[[:space:]]"
done
want_status 0 'dobos dig of an address' "$dobos" dig -f "$dns" -n laptop -x 104.130.43.121
has '... gives its name' 'PTR'

# Cold and warm: the hierarchy is asked once, then the caches know.
explained() {
    "$dobos" dig -f "$dns" -n laptop --explain "$1"
}
want_status 0 'a cold answer explained' explained www.ietf.org
has '... asks the root' '(root|198\.41\.0\.4)'
cold=$(wc -l <<<"$output")
want_status 0 'a cold and a warm answer in one network' timeout 60 "$dobos" run -f "$dns" -n laptop -- \
    sh -c 'dig www.ietf.org; echo; dig www.ietf.org'
mapfile -t times < <(sed -n 's/^;; Query time: \([0-9]*\) msec$/\1/p' <<<"$output")
echo "cold: $cold lines of explanation, ${times[0]} ms; warm: ${times[1]} ms"
want 'a cold answer takes its way' test "${times[0]}" -ge 50
want 'a warm one does not' test "${times[1]}" -lt "${times[0]}"

# Debian's nslookup and dig against ours.
want_status 0 '500 questions: Debian says the same' timeout 600 ./tests/os/dns_questions_test.py "$dobos" "$clone/labs"
has '... dig' '^ok 1 - .*dig'
has '... nslookup' '^ok 2 - .*nslookup'
! grep '^not ok' <<<"$output" || fail 'some are answered otherwise'
want 'the test demands 500 of dig' grep -q 'len(asked) < 500' tests/os/dns_questions_test.py

want 'the transcripts of docs/dns.md hold' ./tests/docs/readme_commands_test.sh docs/dns.md
