# Line 37: two hosts in bad weather (loss, bursts, duplicates, reordering, corruption, blackouts, links
# that go down, power cuts): CI's 3,000 seeds, chosen by the commit, and all that ever failed; and
# docs/soak.md tells of a run of at least 100,000 without a failure.
# timeout: 900
. "$(dirname "$0")/lib.sh"

want_status 0 "CI's seeds hold" ./scripts/check-seeds 3000 600
grep 'check-seeds:' <<<"$output"
want 'on 3,000 of the simulator' grep -q 'check-seeds: simulator: 3000 seeds' <<<"$output"
while read -r seed _; do
    case $seed in '' | '#'*) continue ;; esac
    want "seed $seed, which failed once" grep -q "1 seeds from $seed held" <<<"$output"
done <tests/host/failed-seeds

# Seeds have weather: of fifty, some are cut off, lose their power, give up.
want_status 0 'fifty seeds tell what they drew' \
    bash -c 'for seed in {2001..2050}; do build/tests/host/simulator --seed $seed || exit 1; done'
for kind in 'blackout at' 'link down at' 'power cut at' 'in bursts [1-9]' '[1-9][0-9]* hosts made anew' \
    '[1-9][0-9]* connections given up'; do
    want "some seed has: $kind" grep -q "$kind" <<<"$output"
done

# The log's lines: date, commit, seeds, count, failures, seconds, command.
soaked=$(awk -F'|' '$2 ~ /^ 20[0-9-]+ $/ && $5 + 0 >= 100000 && $6 ~ /^ 0 $/ && $8 ~ /scripts\/soak-seeds/' docs/soak.md)
want 'docs/soak.md tells of 100,000 seeds without a failure' test -n "$soaked"
echo "$soaked"
