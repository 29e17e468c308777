# Line 25: all overlaps of 2 and 3 fragments, against the engine and against a running host; each attack row
# of B, C and J has its tests, and they pass with the sanitizers on; random networks against an
# oracle: 3,000 as network files in dobos lab, CI's 3,000 seeds, chosen by the commit, all that ever
# failed, and docs/soak.md tells of a run of at least 100,000 without a failure.
# timeout: 1800
. "$(dirname "$0")/lib.sh"

want_attack_rows BCJ 20 'IPv6 is not begun'
ninja -C build-asan tests/host/topology >"$scratch/build.log" ||
    { tail -n 30 "$scratch/build.log"; fail "the build with sanitizers"; }
for test in all_pairs_of_fragments_overlap_or_fit all_triples_of_fragments_overlap_or_fit \
    attack_b2_every_overlap_of_two_and_three_fragments_kills_the_datagram; do
    want "$test" grep -qE "^ok [0-9]+ - $test" "$scratch/all.tap"
done

# Random networks.
want_status 0 "random networks with the sanitizers" build-asan/tests/host/topology --from 1 --count 300
want_status 0 "3,000 of them as network files, asked by ping in a lab" \
    env DOBOS_COMMAND="$dobos" tests/host/topology_file_test.sh build/tests/host/topology_file 1 3000
echo "$output"
want_status 0 "CI's seeds hold" ./scripts/check-seeds 3000 600
grep 'check-seeds:' <<<"$output"
want 'on 3,000 random networks' grep -q 'check-seeds: topology: 3000 seeds' <<<"$output"
want_status 0 'sixty seeds tell what they drew' \
    bash -c 'for seed in {1..60}; do build/tests/host/topology --seed $seed || exit 1; done'
for kind in '8 nodes' '[1-9] with NAT' 'mtu 296' 'goes down' 'goes up' '[1-9][0-9]* told' \
    '[1-9][0-9]* connections' '[1-9][0-9]* translations'; do
    want "some seed has: $kind" grep -qE "$kind" <<<"$output"
done
soaked=$(awk -F'|' '$2 ~ /^ 20[0-9-]+ $/ && $5 + 0 >= 100000 && $6 ~ /^ 0 $/ && $8 ~ /scripts\/soak-topologies/' docs/soak.md)
want 'docs/soak.md tells of 100,000 random networks without a failure' test -n "$soaked"
echo "$soaked"
