# Line 12: at least 5,000 questions to servers of ours with authority and to our resolver, and the same to nsd, knot and
# unbound with the same zone files: what differs is of at most 20 classes, each with its reason, and each is met.
# docs/differences.md tells of them all, and names no class that is not there, nor misses one.
# timeout: 900
. "$(dirname "$0")/lib.sh"

nsd -v 2>&1 | sed -n 1p
unbound -V | sed -n 1p
knotd -V
want_status 0 'all questions are answered alike, or by a class' \
    timeout 800 tests/differ_dns/differ_dns.py --report "$scratch/differences.md" "$dobos"
grep -vE '^[0-9]+ questions, ' <<<"$output"
last=$(tail -n 1 <<<"$output")
[[ $last =~ ^([0-9]+)\ passed,\ 0\ failed$ ]] || fail "the last line is: $last"
count=${BASH_REMATCH[1]}
want "$count questions" test "$count" -ge 5000

# Rows of the table of classes: a name, how many answers, an example, the reason.
rows() {
    sed -n '/^| class /,$p' "$1" | sed 1,2d
}
classes=$(rows "$scratch/differences.md" | wc -l)
want "$classes classes" test "$classes" -le 20
want_equal 'each is met, and gives its section' '' \
    "$(rows "$scratch/differences.md" | awk -F'|' '$3 + 0 == 0 || $5 !~ /RFC [0-9]+, section/')"
want_equal 'docs/differences.md tells of the same classes' "$(rows "$scratch/differences.md" | cut -d'|' -f2,5)" \
    "$(rows docs/differences.md | cut -d'|' -f2,5)"
want_equal '... and was made from as many questions' "$(sed -n 's/^\([0-9,]*\) questions were asked.*/\1/p' "$scratch/differences.md")" \
    "$(sed -n 's/^\([0-9,]*\) questions were asked.*/\1/p' docs/differences.md)"
