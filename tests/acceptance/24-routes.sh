# Line 24: 1,000,000 routes from a file.
# timeout: 600
. "$(dirname "$0")/lib.sh"

# It exits with 1 when loading takes 2 s, an answer is not the plain trie's, or a packet is lost.
want '1,000,000 routes: loaded in time, right answers, no packet lost while they change' \
    "$clone/build/tests/lab/routes_scale"
