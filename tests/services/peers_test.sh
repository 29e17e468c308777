#!/usr/bin/env bash
# peers_test: real clients (dig, host, nslookup, curl) against the name server and the web server, in
# a namespace of their own on a network of ours; speaks TAP. The clients run inside one `dobos run`,
# whose program is this script again.
set -uo pipefail

if [ "${1:-}" != inside ]; then
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    {
        cat <<'END'
network: peers
segments: {lan: {delay: 1ms}}
nodes:
  client:
    interfaces:
      eth0:
        segment: lan
        addresses: [192.0.2.1/24]
        nameservers: {addresses: [192.0.2.53], search: [example.org]}
  server:
    interfaces:
      eth0: {segment: lan, addresses: [192.0.2.53/24]}
    services:
      http:
        pages:
          /: "first\n"
          /second: "second\n"
          /big: {size: 3MiB}
      dns:
        zones:
          2.0.192.in-addr.arpa:
            '53': {PTR: www.example.org}
          example.org:
            '@': {NS: ns.example.org, MX: 10 www.example.org}
            ns: {A: 192.0.2.53}
            www: {A: 192.0.2.53, AAAA: '2001:db8::53', TXT: '"two words" \065'}
            alias: {CNAME: www.example.org}
            '*.wild': {A: 192.0.2.99}
            sub: {NS: ns.sub.example.org}
            ns.sub: {A: 192.0.2.54}
END
        printf '            many: {A: ['
        for i in $(seq 0 99); do printf '10.0.0.%d, ' "$i"; done
        printf '10.0.0.100]}\n'
    } >"$scratch/peers.yaml"
    head -c 2500000 /dev/urandom >"$scratch/upload"
    python3 - "$scratch/pattern" <<'END'
# The pattern of generated pages, written apart from the server: splitmix64's finaliser of each
# number, eight bytes each.
import struct, sys
mask = 2**64 - 1
def word(n):
    z = (n + 0x9e3779b97f4a7c15) & mask
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & mask
    z = (z ^ z >> 27) * 0x94d049bb133111eb & mask
    return z ^ z >> 31
with open(sys.argv[1], "wb") as file:
    for n in range(3 * 2**20 // 8):
        file.write(struct.pack("<Q", word(n)))
END
    timeout 100 "${DOBOS_COMMAND:?set by meson}" run -f "$scratch/peers.yaml" -n client -- \
        bash "$0" inside "$scratch" || echo "Bail out! dobos run: $?"
    exit 0
fi

scratch=$2 number=0
# says TITLE PATTERN COMMAND…: what the command says matches the pattern, lines joined by a blank.
says() {
    local title=$1 pattern=$2 said
    shift 2
    number=$((number + 1))
    said=$("$@" 2>&1 | tr -s '\r\n\t ' ' ')
    if grep -qE -- "$pattern" <<<"$said"; then
        echo "ok $number - $title"
    else
        echo "not ok $number - $title"
        echo "# $* said: $said"
    fi
}
ask() { dig +time=3 +tries=1 "$@"; }
get() { curl -sS -m 20 "$@"; }
url=http://www.example.org

says 'dig finds an address, with authority' \
    'NOERROR.*flags: qr aa rd; .* www.example.org. [0-9]+ IN A 192.0.2.53 ' ask www.example.org
says 'dig is heard without EDNS and with TCP' '^192.0.2.53 $' ask +short +noedns +tcp www.example.org
says 'dig gets one set of ANY by TCP (RFC 8482)' 'ANSWER: 1.*www.example.org. [0-9]+ IN A 192.0.2.53' \
    ask +tcp www.example.org ANY
says 'dig follows an alias' 'alias.example.org. .* CNAME www.example.org. .* A 192.0.2.53' \
    ask alias.example.org
says 'dig finds what a wildcard says' 'a.b.wild.example.org. .* A 192.0.2.99' ask a.b.wild.example.org
says 'dig is told that a name is not there' 'NXDOMAIN.*AUTHORITY: 1.* SOA ns.example.org.' ask no.example.org
says 'dig is told that a type is not there' 'NOERROR.*ANSWER: 0, AUTHORITY: 1.* SOA ' ask ns.example.org MX
says 'dig is referred' 'ANSWER: 0.*sub.example.org. [0-9]+ IN NS ns.sub.example.org.*A 192.0.2.54' \
    ask x.sub.example.org
says 'dig is refused elsewhere' 'status: REFUSED' ask example.com
says 'dig is refused a transfer' 'Transfer failed' ask example.org AXFR
says 'dig learns of a newer EDNS version' 'BADVERS' ask +edns=1 +noednsneg www.example.org
says 'dig is told that an opcode is not implemented' 'NOTIMP' ask +opcode=notify www.example.org
says 'dig asks again by TCP when an answer is cut' 'Truncated, retrying.*ANSWER: 101,.*TCP' \
    ask many.example.org
says 'dig keeps a connection for several questions' '192.0.2.53.*192.0.2.99.*10.0.0.100' \
    ask +tcp +keepopen +short www.example.org a.wild.example.org many.example.org
says 'host finds addresses and mail' \
    'www.example.org has address 192.0.2.53 www.example.org has IPv6 address 2001:db8::53' \
    host -W 3 www.example.org
says 'host finds the name of an address' 'domain name pointer www.example.org.' host -W 3 192.0.2.53
says 'nslookup uses the search list' 'Name: www.example.org Address: 192.0.2.53' \
    nslookup -timeout=3 www
says 'the C library finds an address' '192.0.2.53 .*www.example.org' getent ahostsv4 www

says 'curl gets two pages on one connection' '^first 1 second 0 $' \
    get -w '%{num_connects} ' "$url/" "$url/second"
says 'curl gets a head' '^HTTP/1.1 200 OK .*Content-Length: 6 ' get -I "$url/"
says 'curl speaks 1.0' 'Connection: close.*first' get -i --http1.0 "$url/"
says 'curl is told of missing pages and methods' '404 .*405 .*501 ' \
    get -o "$scratch/out" -w '%{http_code} ' "$url/no" -X GET --next -sS -m 20 -o "$scratch/out" -w '%{http_code} ' \
    -X DELETE "$url/" --next -sS -m 20 -o "$scratch/out" -w '%{http_code} ' -X BREW "$url/"
says 'curl gets a generated page' \
    "^$(sha256sum <"$scratch/pattern" | cut -c 1-64)" \
    bash -c "curl -sS -m 20 $url/big | sha256sum"
sum="2500000 $(sha256sum <"$scratch/upload" | cut -c 1-64)"
says 'curl uploads with a length, waiting for leave' "100 Continue.*$sum" \
    get -v -H 'Expect: 100-continue' -T "$scratch/upload" "$url/up"
says 'curl uploads in chunks' "$sum" get -H 'Transfer-Encoding: chunked' -T "$scratch/upload" "$url/up"
says 'curl posts a form' '^3 [0-9a-f]{64} $' get -d a=b "$url/"
echo "1..$number"
