# Line 49: make bench prints its whole numbers, and none has grown by more than 5 % since the baseline.
# timeout: 900
. "$(dirname "$0")/lib.sh"

want_status 0 'make bench' make bench
echo "$output"
for metric in instructions_per_segment instructions_per_transaction instructions_per_forwarded_packet \
    bytes_per_idle_connection; do
    want "$metric is a whole number" grep -qE "^$metric[[:space:]]+[1-9][0-9]*\b" <<<"$output"
    want "$metric has a baseline" grep -qE "^$metric[[:space:]]+[1-9][0-9]*$" bench/baseline.tsv
done
