# Line 43: dobos addr prints the textbook's text to the byte; the text follows the file; and for three
# networks drawn by seed (ADDR_SEEDS gives others) it prints what iproute2 prints for a namespace set up
# alike, but for the group and the transmit queue of lo, which the textbook's text leaves out.
. "$(dirname "$0")/lib.sh"

book='1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP qlen 1000
    link/ether b8:27:eb:5d:7f:ae brd ff:ff:ff:ff:ff:ff
    inet 192.168.0.4/24 brd 192.168.0.255 scope global eth0
       valid_lft forever preferred_lft forever
'
printf '%s' "$book" >"$scratch/book"
"$dobos" addr -f labs/book.yaml -n host >"$scratch/found"
want 'the text is that of the textbook, byte for byte' cmp "$scratch/book" "$scratch/found"
"$dobos" addr -f labs/book.yaml -n host show dev eth0 >"$scratch/found"
want 'one interface alone is its part of it' cmp <(tail -n 4 "$scratch/book") "$scratch/found"

# Whatever is changed in a copy of the file changes in the text, and nothing else does.
follows() {
    sed "$2" labs/book.yaml >"$scratch/copy.yaml"
    want_equal "the text follows $1" "$(sed "$3" "$scratch/book")" \
        "$("$dobos" addr -f "$scratch/copy.yaml" -n host)"
}
follows 'the address' 's/192\.168\.0\.4\//192.168.0.77\//' 's/192\.168\.0\.4\//192.168.0.77\//'
follows 'the mask' 's/192\.168\.0\.4\/24/192.168.0.4\/20/' \
    's/192\.168\.0\.4\/24 brd 192\.168\.0\.255/192.168.0.4\/20 brd 192.168.15.255/'
follows 'the MAC' 's/b8:27:eb:5d:7f:ae/02:00:5e:10:00:01/' 's/b8:27:eb:5d:7f:ae/02:00:5e:10:00:01/'
follows 'the MTU' 's/macaddress: b8.*/&\n        mtu: 1400/' 's/mtu 1500/mtu 1400/'

read -ra seeds <<<"${ADDR_SEEDS:-3 9 12}"
DOBOS_COMMAND=$dobos tests/cli/addr_namespace_test.py "${seeds[@]}" || fail 'iproute2 prints otherwise'
echo "ok: networks drawn by seeds ${seeds[*]} look as iproute2 shows them"
