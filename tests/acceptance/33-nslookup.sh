# Line 33: dobos nslookup prints the textbook's text for python.org, which follows labs/book.yaml; and on
# some hundreds of names (there, not there, aliases, all types, reverse, odd ones, short ones, servers
# that fail or are silent) what Debian's nslookup prints in the same node's place, and exits alike.
# timeout: 600
. "$(dirname "$0")/lib.sh"

expected=$(printf 'Server:\t\t192.168.0.4\nAddress:\t192.168.0.4#53\n\nNon-authoritative answer:\nName:\tpython.org\nAddress: 104.130.43.121\n\nend')
found=$("$dobos" nslookup -f labs/book.yaml -n host python.org && echo end)
want_equal "the textbook's text, to the byte" "$expected" "$found"
found=$("$dobos" -f labs/book.yaml -n host nslookup python.org && echo end)
want_equal 'the node named first' "$expected" "$found"

# The same from a real program in the place of the laptop, and of another address.
found=$("$dobos" run -f labs/book.yaml -n laptop -- nslookup python.org && echo end)
want_equal "Debian's nslookup prints it too" "$expected" "$found"
sed 's/104\.130\.43\.121/192.0.2.121/' labs/book.yaml >"$scratch/book.yaml"
found=$("$dobos" nslookup -f "$scratch/book.yaml" -n host python.org && echo end)
want_equal 'another address, another text' "${expected/104.130.43.121/192.0.2.121}" "$found"

# The AA bit alone decides the third line.
found=$("$dobos" nslookup -f labs/book.yaml -n host python.org 203.0.113.53 && echo end)
want_equal 'with authority' "$(printf 'Server:\t\t203.0.113.53\nAddress:\t203.0.113.53#53\n\nName:\tpython.org\nAddress: 104.130.43.121\n\nend')" "$found"

nslookup -version 2>&1
DOBOS_COMMAND=$dobos tests/cli/nslookup_bind_test.py all >"$scratch/names" || {
    grep -A 2 '^not ok' "$scratch/names"
    fail 'BIND says otherwise'
}
count=$(grep -c '^ok' "$scratch/names")
[ "$count" -ge 200 ] || fail "only $count questions"
echo "ok: BIND's nslookup prints the same and exits alike on $count questions"
