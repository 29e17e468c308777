# Line 46: two hosts over a bad cable (loss to 20 %, duplicates, reordering, corruption): 1,000 seeds:
# every byte in order, an error only after R2, no stuck connection, no leak, every frame one fate.
# timeout: 900
. "$(dirname "$0")/lib.sh"

# The simulator checks all of it seed by seed (tests/host/simulator.c); LeakSanitizer watches too.
want_status 0 '1,000 seeds hold' build/tests/host/simulator --from 1 --count 1000
echo "$output"
want 'the sanitized build is there' ./scripts/build build-asan
want_status 0 '1,000 seeds hold under ASan, UBSan and LeakSanitizer' \
    build-asan/tests/host/simulator --from 1 --count 1000
echo "$output"
want_status 0 'one line replays a seed' build/tests/host/simulator --seed 77
echo "$output"
