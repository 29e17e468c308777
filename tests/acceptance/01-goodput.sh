# Line 1, in virtual time: without loss CUBIC keeps a link of 10, 100 and 1000 Mbit/s busy at least 98 % of the time, at
# round trips of 1, 20, 100 and 200 ms, with a queue of one bandwidth-delay product (at least a hundred packets): 60 s, of
# which the last 30 count.
. "$(dirname "$0")/lib.sh"

want_status 0 'CUBIC keeps every link busy' build/bench/goodput --congestion cubic --loss 0 --least-busy 98
echo "$output"
