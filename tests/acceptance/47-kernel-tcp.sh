# Line 47: TCP against the kernel over TAP, both directions: 1 GiB each way, 10,000 connections one
# after another, 500 at once; nothing lost; 64 MiB each way clean under ASan.
# timeout: 900
. "$(dirname "$0")/lib.sh"

# Every byte is checked by the receiver (tests/os/kernel_tcp.c).
against_kernel() {
    local program=$1 title=$2
    shift 2
    want_status 0 "$title" unshare --net "$program" "$@"
    echo "$output"
}
plain=build/tests/os/kernel_tcp
for client in kernel dobos; do
    against_kernel "$plain" "1 GiB from the server, $client connects" --client "$client" --down 1073741824
    against_kernel "$plain" "1 GiB to the server, $client connects" --client "$client" --up 1073741824
    against_kernel "$plain" "10,000 connections one after another, $client connects" \
        --client "$client" --connections 10000 --up 64 --down 64
    against_kernel "$plain" "500 at once, $client connects" \
        --client "$client" --connections 500 --at-once 500 --up 65536 --down 65536
done

want 'the sanitized build is there' ./scripts/build build-asan
for client in kernel dobos; do
    against_kernel build-asan/tests/os/kernel_tcp "64 MiB each way under ASan and UBSan, $client connects" \
        --client "$client" --up 67108864 --down 67108864
done
