# Line 5: the kernel's TCP and ours with reno, cubic and bbr, in both directions, with ECN and without, over a cable with
# rate, delay and loss; and 24 virtual hours of connections between two hosts of ours with flat memory.
# timeout: 1800
. "$(dirname "$0")/lib.sh"

mbytes=8388608
for congestion in reno cubic bbr; do
    for ecn in '' --ecn; do
        for way in '--kernel-flows 1 --receiver dobos' '--dobos-flows 1 --receiver kernel'; do
            # shellcheck disable=SC2086
            want_status 0 "$congestion ${ecn:-without ECN}, $way" build/bench/beside_linux --rate 50 --rtt 20 --loss 0.5 \
                --congestion "$congestion" $ecn $way --bytes $mbytes --seconds 60
            echo "$output"
        done
    done
done
want_status 0 '24 virtual hours of churn' build/tests/host/churn 24
echo "$output"
