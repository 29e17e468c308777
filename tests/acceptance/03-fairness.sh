# Line 3: 2, 4 and 16 CUBIC flows of ours that begin a tenth of a second apart share a link of 100 Mbit/s and 20 ms: Jain's
# index of what each got in the second and third minute is at least 0.95. So is that of a flow of ours beside one of the
# kernel's, and of two beside two, in real time over one cable whose delay swings by a twentieth (docs/performance.md says
# why).
# timeout: 900
. "$(dirname "$0")/lib.sh"

for flows in 2 4 16; do
    want_status 0 "$flows flows share evenly" build/bench/goodput --flows "$flows" --congestion cubic \
        --rate 100 --rtt 20 --loss 0 --seconds 180 --skip 60 --least-jain 0.95
    echo "$output"
done
for flows in 1 2; do
    want_status 0 "$flows of ours and $flows of the kernel's" build/bench/beside_linux --rate 50 --rtt 20 --jitter 1 --congestion cubic \
        --kernel-flows $flows --dobos-flows $flows --seconds 90 --skip 30
    echo "$output"
    jain=$(cut -f "$((5 + 2 * flows + 2))" <<<"$output")
    want "Jain's index $jain is at least 0.95" awk -v jain="$jain" 'BEGIN { exit !(jain >= 0.95) }'
done
