# Line 15: a cold resolution from the laptop of labs/dns.yaml is answered though every fifth frame between its provider
# and all other servers is lost, in each direction; 100,000 cached names take no more memory than they do in unbound.
# timeout: 600
. "$(dirname "$0")/lib.sh"

cp -r labs/dns.yaml labs/dns "$scratch/"
sed -i 's/^  uplink: {/  uplink: {loss: 20%, /' "$scratch/dns.yaml"
want 'the loss is in the file' grep -q '^  uplink: {loss: 20%, ' "$scratch/dns.yaml"
# Each way down takes about twelve exchanges, of which more than a third is lost: one cold question in twenty
# may run out of time, which the second question finds again.
answered=0
for seed in $(seq 100); do
    output=$(timeout 100 "$dobos" dig -f "$scratch/dns.yaml" --seed "$seed" -n laptop +short +tries=6 www.ietf.org)
    ! grep -qE '^([0-9]{1,3}\.){3}[0-9]{1,3}$' <<<"$output" || answered=$((answered + 1))
done
want "$answered of 100 cold resolutions are answered, expected 90 at least" test "$answered" -ge 90
want_status 0 'the scenario of a laptop behind two caches, with a fifth of all datagrams lost' bash -c \
    'ninja -C build tests/scenarios/scenarios >/dev/null && build/tests/scenarios/scenarios tests/scenarios/caches.txt'
want '... holds' grep -q '^ok [0-9]* - .*with a fifth of all datagrams lost' <<<"$output"

# unbound 1.17 had 80 MB of memory with 100,000 names in its cache.
want 'the bench is built' ninja -C build bench/dns_cache
want_status 0 '100,000 names' build/bench/dns_cache memory 100000
echo "$output"
resident=$(sed -n 's/^names 100000 .* resident \([0-9]*\)$/\1/p' <<<"$output")
want "the process has $resident bytes, unbound 80,000,000" test "${resident:-80000001}" -le 80000000
