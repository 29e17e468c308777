# Line 50: docs/theory.md walks one packet in and out by the real function names; README says what is not
# supported yet.
# timeout: 60
. "$(dirname "$0")/lib.sh"

# Every name in `code` that looks like a function of ours must be one: defined or declared in the tree.
missing=0 seen=0
while read -r name; do
    seen=$((seen + 1))
    if ! grep -rqE "(^|[^A-Za-z0-9_])$name\(" src include; then
        echo "theory.md names $name, which is not there"
        missing=$((missing + 1))
    fi
done < <(sed -n "/^## A packet's way in/,\$p" docs/theory.md | grep -oE '`[a-z][a-z0-9]*(_[a-z0-9]+)+`' | tr -d '`' |
    grep -vE '^network_offset$' | sort -u)
echo "$seen names"
[ "$seen" -ge 40 ] || fail 'theory.md follows the packet by fewer than 40 names'
want 'every function that theory.md names is there' test "$missing" -eq 0

# In the order of the staircase, receive.c, forward.c, transmit.c and transmit_link.c do call what the page says they call.
for name in ethernet_receive neighbor_receive ipv4_receive reassembly_receive icmp_receive udp_receive tcp_receive; do
    want "receive.c calls $name" grep -q "$name(" src/host/receive.c
done
for name in path_find screen_forwarded translate_departure ingress_check_public ipv4_forward translate_apply transmit_ip; do
    want "forward.c calls $name" grep -q "$name(" src/host/forward.c
done
for name in tcp_transmit ipv4_transmit; do
    want "transmit.c calls $name" grep -q "$name(" src/host/transmit.c
done
for name in neighbor_resolve ethernet_transmit gso_split packet_finish_checksum egress_queue_append; do
    want "transmit_link.c calls $name" grep -q "$name(" src/host/transmit_link.c
done
want 'README has a part on what is not supported yet' grep -q '^## Not supported yet' README.md
for word in IPv6 DHCP PPP DNSSEC; do
    want "README says that $word is not" sh -c "sed -n '/^## Not supported yet/,/^## /p' README.md | grep -q '$word'"
done
