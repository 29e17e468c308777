# Line 26: docs/conformance.md shows the MUSTs of the Internet's standards for hosts and unicast routers and
# of those for NAT, each with function and test, or as a deviation with its reason; it is what its
# tables and the marks in source and tests make, and none is put off.
# timeout: 300
. "$(dirname "$0")/lib.sh"

want_status 0 'the tables, the marks and docs/conformance.md agree' ./scripts/conformance --check
echo "$output"
faults=0
for rfc in 791 792 826 1122 1812 1191 4787 5382 5508; do
    table=docs/requirements/rfc$rfc.tsv
    want "RFC $rfc has a table" test -f "$table"
    # Of RFC 1122, the sections of the Internet layer.
    must=$(awk -F'\t' -v rfc="$rfc" '$3 ~ /^MUST/ && (rfc != 1122 || $2 ~ /^3/)' "$table")
    claimed=0 deviations=0
    while IFS=$'\t' read -r id section level requirement status; do
        row=$(grep -F "| $id |" docs/conformance.md | head -n 1)
        if [ -z "$row" ]; then
            echo "failed: $id does not stand in docs/conformance.md"
            faults=$((faults + 1))
        fi
        case $status in
        '') claimed=$((claimed + 1)) ;;
        deviation:*)
            deviations=$((deviations + 1))
            echo "$id §$section $level: $requirement — ${status#deviation: }"
            ;;
        *)
            echo "failed: $id §$section $level is put off: $requirement ($status)"
            faults=$((faults + 1))
            ;;
        esac
    done <<<"$must"
    echo "RFC $rfc: $claimed met, each with function and test; $deviations deviations"
done
[ "$faults" -eq 0 ] || fail "$faults requirements are not met"
