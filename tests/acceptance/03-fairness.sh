# Line 3, ours among themselves: 2, 4 and 16 CUBIC flows that begin a tenth of a second apart share a link of 100 Mbit/s
# and 20 ms: Jain's index of what each got in the second and third minute is at least 0.95.
. "$(dirname "$0")/lib.sh"

for flows in 2 4 16; do
    want_status 0 "$flows flows share evenly" build/bench/goodput --flows "$flows" --congestion cubic \
        --rate 100 --rtt 20 --loss 0 --seconds 180 --skip 60 --least-jain 0.95
    echo "$output"
done
