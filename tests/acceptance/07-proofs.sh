# Line 7: each attack row E has its test, which hold with the sanitizers on; docs/conformance.md shows the MUSTs of RFC 9293
# and of RFC 1122 §4.2 and those of TCP's other standards, each with function and test, or as a deviation with its reason;
# the simulator (loss in bursts, reordering, duplicates, corruption, rates, queues, changing delay, blackouts one way)
# holds on CI's 3,000 seeds and all that ever failed, and docs/soak.md tells of 100,000 with this TCP.
# timeout: 2400
. "$(dirname "$0")/lib.sh"

want_attack_rows E 3
want_musts 9293 '1122:^4\.2' 2018 2883 3168 5681 5682 5961 6298 7323 7413 8985 9406 9438 9768 9937 4821
want_status 0 "CI's seeds hold" ./scripts/check-seeds 3000 900
grep 'check-seeds:' <<<"$output"
want 'on 3,000 of the simulator' grep -q 'check-seeds: simulator: 3000 seeds' <<<"$output"
