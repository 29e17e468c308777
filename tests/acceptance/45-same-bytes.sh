# Line 45: the same seed gives identical captures of labs/home.yaml, another seed other bytes; the capture
# of a segment is the same whether another is captured; tshark, all checksum checks on, finds nothing
# malformed in captures with ARP, ICMP errors, fragments, DNS, and TCP with loss, reordering, a reset.
# timeout: 300
. "$(dirname "$0")/lib.sh"

hash_of() {
    sha256sum <"$1" | cut -d' ' -f1
}
capture() {
    want_status 0 "$*" "$dobos" lab "$@"
}
capture labs/home.yaml --seed 5 --capture "lan=$scratch/first" --capture "access=$scratch/access"
capture labs/home.yaml --seed 5 --capture "lan=$scratch/second" --capture "access=$scratch/access2"
capture labs/home.yaml --seed 5 --capture "lan=$scratch/alone"
capture labs/home.yaml --seed 6 --capture "lan=$scratch/other"
want_equal 'the same seed: the same bytes (lan)' "$(hash_of "$scratch/first")" "$(hash_of "$scratch/second")"
want_equal 'the same seed: the same bytes (access)' "$(hash_of "$scratch/access")" "$(hash_of "$scratch/access2")"
want_equal 'the same whether another segment is captured' "$(hash_of "$scratch/first")" "$(hash_of "$scratch/alone")"
want 'another seed: other bytes' test "$(hash_of "$scratch/first")" != "$(hash_of "$scratch/other")"
want 'the same bytes from gcc -O2, clang -O0 and ASan builds' ./scripts/check-same-capture

# A preference that this tshark does not know would end it before it read a frame.
checksums=(-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE)
tshark_count() {
    tshark -n -r "$1" "${checksums[@]}" -Y "$2" >"$scratch/frames" || fail "tshark cannot read $1"
    wc -l <"$scratch/frames"
}
bad='_ws.malformed || _ws.expert.severity == error || ip.checksum.status == "Bad" || tcp.checksum.status == "Bad" || udp.checksum.status == "Bad" || icmp.checksum.status == "Bad"'
holds() {
    local title=$1 filter=$2 total=0 segment
    for segment in lan wild narrow; do
        total=$((total + $(tshark_count "$scratch/$segment" "$filter")))
    done
    echo "$total frames: $title"
    [ "$total" -gt 0 ] || fail "the captures hold no $title"
}
capture labs/tour.yaml --seed 1 --capture "lan=$scratch/lan" --capture "wild=$scratch/wild" --capture "narrow=$scratch/narrow"
for segment in lan wild narrow; do
    want_equal "$segment: nothing malformed, no wrong checksum" 0 "$(tshark_count "$scratch/$segment" "$bad")"
    want "$segment: frames with checksums that were checked" test \
        "$(tshark_count "$scratch/$segment" 'ip.checksum.status == "Good"')" -gt 10
done
holds 'ARP' arp
holds 'ICMP host or port unreachable' 'icmp.type == 3'
holds 'ICMP time exceeded' 'icmp.type == 11'
holds 'fragments' 'ip.flags.mf == 1 || ip.frag_offset > 0'
holds 'DNS answers' 'dns.flags.response == 1'
holds 'TCP sent again' 'tcp.analysis.retransmission || tcp.analysis.fast_retransmission'
holds 'TCP out of order' 'tcp.analysis.out_of_order || tcp.analysis.lost_segment || tcp.analysis.duplicate_ack'
holds 'TCP resets' 'tcp.flags.reset == 1'

# The filter does find what is wrong: the same network with a cable that flips bits.
sed 's/reorder: 3%/reorder: 3%, corrupt: 20%/' labs/tour.yaml >"$scratch/corrupt.yaml"
"$dobos" lab "$scratch/corrupt.yaml" --seed 1 --capture "wild=$scratch/wild" >"$scratch/log" 2>&1 || :
want 'the same filter finds wrong checksums where bits are flipped' test \
    "$(tshark_count "$scratch/wild" "$bad")" -gt 0
