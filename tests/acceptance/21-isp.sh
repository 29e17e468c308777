# Line 21: real curl and ping from a home of labs/isp.yaml, through a gateway that translates and routers of two
# providers, to a server of the other one; trace shows the way, route get explains it, captures and dump follow one
# packet of ping from hop to hop and say what NAT rewrote; what is private ends at the border and is counted; and the
# transcripts of docs/isp.md hold.
# timeout: 600
. "$(dirname "$0")/lib.sh"

isp=$clone/labs/isp.yaml
# has TITLE PATTERN: the output has it.
has() {
    grep -qE -- "$2" <<<"$output" || fail "$1: no '$2' in: $output"
    echo "ok: $1"
}

begin=$SECONDS
want_status 0 'the script of labs/isp.yaml holds' timeout 60 "$dobos" lab "$isp"
has '... all of it' '^[0-9]+ held, 0 failed$'
want '... in a few seconds' test $((SECONDS - begin)) -le 10

# ---- real programs from both homes ----

for home in anna ben; do
    want_status 0 "curl at $home's gets a page of summit by its name" \
        timeout 60 "$dobos" run -f "$isp" -n "$home" -- curl -sS http://www.summit.example/
    has '... the right one' 'you can see everything from here'
done
want_status 0 "curl gets 200 KiB" timeout 60 "$dobos" run -f "$isp" -n anna -- \
    curl -sS -o "$scratch/view" http://www.summit.example/view
want_equal '... of the right bytes' "$("$dobos" fetch -f "$isp" -n www.summit --sha256 http://198.51.100.80/view | cut -d' ' -f1)" \
    "$(sha256sum "$scratch/view" | cut -d' ' -f1)"
want_status 0 "curl at anna's reaches the station in ben's home" timeout 60 "$dobos" run -f "$isp" -n anna -- \
    curl -sS http://station.birch.example:8080/
has '... which says' 'wind'
want_status 0 'the home has a private address, leased' timeout 60 "$dobos" run -f "$isp" -n anna -- ip -4 addr show dev eth0
has '... it is' 'inet 192\.168\.0\.100/24 .* dynamic'

# ---- both at once, in real time ----

export XDG_RUNTIME_DIR=$scratch
homes=()
"$dobos" lab "$isp" --live >"$scratch/live" 2>&1 &
live=$!
at_end "kill $live 2>/dev/null"
for _ in $(seq 100); do
    [ ! -s "$scratch/live" ] || break
    sleep 0.1
done
for home in anna ben; do
    timeout 60 "$dobos" run -N isp -n "$home" -- sh -c 'ip -4 -br addr show dev eth0
        curl -sS http://www.summit.example/' >"$scratch/$home" 2>&1 &
    homes+=("$!")
done
want 'curl in both homes at once' wait "${homes[0]}"
want '... in the other one, too' wait "${homes[1]}"
want_equal '... from the same private address' "$(head -n 1 "$scratch/anna")" "$(head -n 1 "$scratch/ben")"
want '... gets the page' grep -q 'see everything' "$scratch/anna"
want '... in the other one, too' grep -q 'see everything' "$scratch/ben"
want_status 0 'dobos nat at the alder' "$dobos" nat -N isp -n alder-gate
has '... has a mapping' 'tcp +192\.168\.0\.100:[0-9]+ +203\.0\.113\.12:[0-9]+ +198\.51\.100\.80:80 '
want_status 0 'dobos nat at the birch' "$dobos" nat -N isp -n birch-gate
has '... has another one' 'tcp +192\.168\.0\.100:[0-9]+ +198\.51\.100\.12:[0-9]+ +198\.51\.100\.80:80 '
kill "$live"
wait "$live" || :

# ---- one packet of real ping, from hop to hop ----

captures=()
for segment in alder meadow-access meadow-link transit west-north west-south summit-rack; do
    captures+=(--capture "$segment=$scratch/$segment.pcapng")
done
want_status 0 'ping at home is answered by summit' timeout 60 "$dobos" run -f "$isp" -n anna "${captures[@]}" -- \
    ping -c 3 -i 0.2 www.summit.example
has '... three times, with six routers on the way' '3 received'
has '... by whoever it asked' 'from 198\.51\.100\.80: icmp_seq=1 ttl=58 '
packet=$("$dobos" dump "$scratch/alder.pcapng" |
    awk '/^  # packet [0-9]+ from anna$/ { sent = $3 } /ICMP echo request/ && !first { first = sent } END { print first }')
files=("$scratch"/{summit-rack,west-south,west-north,transit,meadow-link,meadow-access,alder}.pcapng)
want_status 0 "dump follows packet $packet" "$dobos" dump --packet "$packet" "${files[@]}"
want_equal '... over the segments in their order' 'alder meadow-access meadow-link transit west- summit-rack' \
    "$(sed -nE 's/^Frame [0-9]+ [^ ]+ ([a-z-]+) .*/\1/p' <<<"$output" | sed -E 's/^west-.*/west-/' | paste -sd ' ')"
has '... says what NAT rewrote' '^    IPv4 source 192\.168\.0\.100 -> 203\.0\.113\.12$'
has '... the identifier too' '^    ICMP id 0x[0-9a-f]{4} -> 0x[0-9a-f]{4}$'
has '... the time to live' '^    IPv4 ttl 64 -> 63$'
has '... that checksums follow' '^    ICMP checksum 0x[0-9a-f]{4} -> 0x[0-9a-f]{4}$'
has '... by which route' 'forwarded by alder-gate: route default via 203\.0\.113\.1 dev wan0'
has '... by which rule' 'filter rule 2: allow icmp'
has '... one of the equal ways' 'forwarded by west: route 198\.51\.100\.0/25 via .*, one of 2 equal ones'
has '... where it ended' 'then delivered to www\.summit'
want_equal 'every checksum on the way is right' '' "$(grep 'checksum wrong' <<<"$output")"
output=$(tshark -n -r "$scratch/meadow-access.pcapng" -T fields -e frame.comment -e _ws.malformed 2>&1)
has 'tshark shows the comments' "packet $packet from anna,forwarded by alder-gate: .*NAT source 192\.168\.0\.100 -> 203\.0\.113\.12"
for file in "${files[@]}"; do
    want_equal "... and finds nothing malformed in ${file##*/}" '' "$(tshark -n -r "$file" -Y _ws.malformed 2>/dev/null)"
done

# ---- all segments of the script ----

captures=()
segments=$(sed -n '/^segments:/,/^nodes:/s/^  \([a-z-]*\): {.*/\1/p' "$isp")
for segment in $segments; do
    captures+=(--capture "$segment=$scratch/script-$segment.pcapng")
done
want_status 0 'the script, captured everywhere' "$dobos" lab "$isp" "${captures[@]}"
want_equal '... has fifteen segments' 15 "$(wc -w <<<"$segments")"
checksums=(-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE)
bad='_ws.malformed || ip.checksum.status == "Bad" || tcp.checksum.status == "Bad" || udp.checksum.status == "Bad" || icmp.checksum.status == "Bad"'
for segment in $segments; do
    want_equal "... $segment: nothing malformed, no wrong checksum" '' \
        "$(tshark -n -r "$scratch/script-$segment.pcapng" "${checksums[@]}" -Y "$bad" 2>&1 | grep -v '^Running as')"
done

# ---- tools that explain ----

# One at a time: the server is asked by few enough that each is answered (RFC 1812 §4.3.2.8).
want_status 0 'traceroute at home' timeout 60 "$dobos" run -f "$isp" -n anna -- traceroute -n -q 1 -N 1 198.51.100.80
has '... shows the last router, by the north or by the south' '^ 6  198\.51\.100\.24[57] '
has '... and the server' '^ 7  198\.51\.100\.80 '
want_equal 'dobos trace shows the same way' "$(awk '/^ [0-9]/ { print $1, $2 }' <<<"$output" | sed '5,6d')" \
    "$("$dobos" trace -f "$isp" -n anna -n -q 1 198.51.100.80 | awk '/^ [0-9]/ { print $1, $2 }' | sed '5,6d')"
for row in 'core 192.0.2.80 192.0.2.0/24 via 198.18.0.3 .*chosen, the longest prefix' 'core 198.51.100.80 default via 198.51.100.252' \
    'edge 203.0.113.12 203.0.113.0/27 dev cust0' 'alder-gate 198.51.100.80 default via 203.0.113.1'; do
    read -r node address pattern <<<"$row"
    want_status 0 "route get at $node of $address" "$dobos" route -f "$isp" -n "$node" get "$address"
    has '... explains it' "\\* $pattern"
done

# ---- the border ----

want_status 1 'a private address does not get out' "$dobos" ping -f "$isp" -n till -c 1 203.0.113.80
has '... and is told' 'Packet filtered'
want_status 0 'the script counts' "$dobos" lab "$isp" --capture "shop=$scratch/shop.pcapng"
has '... what is private' '^DropSpecialRange +1 '
has '... what is forged' 'DropReversePath is 1'
has '... what the filter denied' 'DropFilter is [1-9]'
output=$("$dobos" dump "$scratch/shop.pcapng")
has 'and the capture says why' 'then dropped by shop-gate: DropSpecialRange: private or special address toward a public segment'

want 'the transcripts of docs/isp.md hold' ./tests/docs/readme_commands_test.sh docs/isp.md
