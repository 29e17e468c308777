# Line 2: what each kind of loss costs a transfer in virtual time: a SYN, a SYN,ACK, one segment, its retransmission too,
# the last segment, a FIN, half a window: at most a round trip and the RFC's timer beyond the ideal.
. "$(dirname "$0")/lib.sh"

want_status 0 'each loss is repaired in time' build/bench/recovery
echo "$output"
