# Line 1: goodput. In virtual time CUBIC without loss keeps a link of 10, 100 and 1000 Mbit/s busy at least 98 % of the time,
# at round trips of 1, 20, 100 and 200 ms, with a queue of one bandwidth-delay product (at least a hundred packets): 60 s,
# of which the last 30 count; docs/performance.md has the table of all cells. In real time, beside the kernel's CUBIC over
# the same cable element, ours gets at least 0.95 of its median of five in each of 12 cells, each algorithm.
# timeout: 3600
. "$(dirname "$0")/lib.sh"

want_status 0 'CUBIC keeps every link busy' build/bench/goodput --congestion cubic --loss 0 --least-busy 98
echo "$output"
for rate in 10 100 1000; do
    for rtt in 1 20 100 200; do
        for congestion in cubic reno bbr; do
            want "the table has $rate Mbit/s, $rtt ms, $congestion" \
                grep -qE "^\| $rate \| $rtt \| $congestion \|( [0-9.]+ \|){7}$" docs/performance.md
        done
    done
done
want_status 0 'beside the kernel, 12 cells, each algorithm' python3 bench/beside_linux.py --seconds 60 --skip 30 --at-once 16 --again 15
echo "$output"
