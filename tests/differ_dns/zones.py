"""zones: the hierarchy that differ_dns serves: zone files, the same bytes in every run and for every server.

    .         198.51.100.1, .2     org, arpa, in-addr.arpa   .3     net, example   .4
    example.org and below          .5 (and .6)
    example.net, reverse zones     .6
    nasty.org, deep.org, big.org, old.org   .7
    a cache                        .53

Each zone is a list of lines that stand in its file, written on purpose in all the ways that RFC 1035 §5
has; `owners` are the names of its records, in the order of the file.
"""
import random

import wire

NET = "198.51.100."
SERVERS = {  # name: (address, its zones)
    "root-a": (NET + "1", (".",)),
    "root-b": (NET + "2", (".",)),
    "org": (NET + "3", ("org", "arpa", "in-addr.arpa")),
    "net": (NET + "4", ("net", "example")),
    "leaf-a": (NET + "5", ("example.org", "sub.example.org", "wild.example.org")),
    "leaf-b": (NET + "6", ("example.org", "example.net", "2.0.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa")),
    "nasty": (NET + "7", ("nasty.org", "deep.org", "big.org", "old.org")),
}
CACHE = ("cache", NET + "53")
TESTER = NET + "99"
SOA = "hostmaster.example.org. 2026010100 3600 600 86400 "

ROOT = f"""
$TTL 518400
. IN SOA a.roots.dobos. {SOA}300
. NS a.roots.dobos.
. NS b.roots.dobos.
a.roots.dobos. A {NET}1
b.roots.dobos. A {NET}2
text.root.dobos. TXT "the root has names of its own"
org. 172800 NS ns.tld.org.
org. 172800 NS ns2.tld.net.
ns.tld.org. A {NET}3
ns2.tld.net. A {NET}3
net. NS ns.tld.net.
ns.tld.net. A {NET}4
example. NS ns.tld.net.
arpa. NS ns.tld.org.
; nobody serves these there
lame. NS ns.tld.net.
loop-a. NS ns.loop-b.
loop-b. NS ns.loop-a.
; secure, by the looks of it
org. DS 12345 8 2 ( 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE3EE2A4FC0C3EB6A0EEF4B7A4 )
"""

ORG = f"""
$ORIGIN org.
@ 3600 IN SOA ns.tld hostmaster.tld 7 ( 1800
        900   ; retry
        604800 ) 60
@ 172800 NS ns.tld
  172800 NS ns2.tld.net.
tld 300 NS ns.tld
ns.tld 300 A {NET}3
example 86400 IN NS ns1.example
example 86400 IN NS ns2.example.net.
ns1.example 86400 A {NET}5
nasty 3600 NS ns.nasty
ns.nasty 3600 A {NET}7
deep 3600 NS ns.nasty
big 3600 NS ns.nasty
old 3600 NS ns.nasty
; delegations below a name that has nothing
one.of.co 600 NS ns.elsewhere.example.
two.of.co 600 NS ns.two.of.co
ns.two.of.co 600 A 192.0.2.53
ns.two.of.co 600 AAAA 2001:db8::53
signed 600 NS ns.signed
signed 600 DS 1 8 2 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE3EE2A4FC0C3EB6A0EEF4B7A4
ns.signed 600 A 192.0.2.54
"""

NETZONE = f"""
$ORIGIN net.
$TTL 7200
@ SOA ns.tld.net. {SOA}900
@ NS ns.tld.net.
ns.tld A {NET}4
ns2.tld A {NET}3
example NS ns2.example
example NS ns1.example.org.
ns2.example A {NET}6
lame NS ns.tld
silent NS ns.silent
ns.silent A 192.0.2.200
"""

EXAMPLE = f"""
$TTL 60
$ORIGIN example.
@ SOA ns.tld.net. {SOA}30
@ NS ns.tld.net.
host A 192.0.2.77
*.stars A 192.0.2.78
ns.elsewhere A {NET}7
out CNAME www.example.org.
out-far CNAME chain1.example.net.
out-none CNAME nothing.example.org.
out-nodata CNAME a.ent.example.org.
out-wild CNAME something.wild.example.org.
tree DNAME tree.example.org.
swap-a DNAME swap-b
swap-b DNAME swap-a
"""

ARPA = f"""
$TTL 3600
arpa. SOA ns.tld.org. {SOA}300
arpa. NS ns.tld.org.
8.b.d.0.1.0.0.2.ip6.arpa. NS ns2.example.net.
home.arpa. TXT "no zone of its own"
uri.arpa. TXT "here"
"""

INADDR = f"""
$TTL 3600
$ORIGIN in-addr.arpa.
@ SOA ns.tld.org. {SOA}300
@ NS ns.tld.org.
2.0.192 NS ns2.example.net.
"""

EXAMPLE_ORG = f"""
$ORIGIN example.org.
$TTL 3600
@       IN SOA ns1.example.org. ( hostmaster.example.org. 2026010100
                3600 600   86400 300 )
        IN NS ns1
        IN NS ns2.example.net.
@       A 192.0.2.10
@       AAAA 2001:db8::10
@       MX 10 mail
@       MX 20 mail.example.net.
@       MX 30 MAIL2.Example.ORG.
@       TXT "v=spf1 -all"
@       CAA 0 issue "ca.example.net"
@       CAA 128 iodef "mailto:x@example.org"
ns1     A {NET}5
mail    A 192.0.2.25
        AAAA 2001:db8::25
mail2   A 192.0.2.26
www     300 A 192.0.2.80
www     300 A 192.0.2.81
www     300 IN AAAA 2001:db8::80
www     HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.80
svc     SVCB 0 www
svc2    SVCB 16 svc.example.net. port=8443 key667="hello"
UPPER   A 192.0.2.90
Mixed.Case TXT "Kept As It Is"
zero    0 A 192.0.2.91
long-ttl 2147483647 A 192.0.2.92
text    TXT "one" "two three" "" unquoted
text    TXT "quote \\" backslash \\\\ octet \\007\\255 semicolon ; end"
text    TXT ( "over"
              "lines" )
empty   TXT ""
hinfo   HINFO "a processor" "an os"
rp      RP someone.example.org. text
afsdb   AFSDB 1 afs
afs     A 192.0.2.100
kx      KX 10 afs
_sip._tcp SRV 10 60 5060 bigbox
_sip._tcp SRV 10 20 5060 smallbox.example.net.
_none._udp SRV 0 0 0 .
bigbox  A 192.0.2.101
naptr   NAPTR 100 10 "U" "E2U+sip" "!^.*$!sip:info@example.org!" .
naptr   NAPTR 102 10 "S" "" "" _sip._tcp
cert    CERT 1 0 0 MTIzNDU2Nzg5MA==
apl     APL 1:192.168.32.0/21 !1:192.168.38.0/28 2:2001:db8::/32
sshfp   SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789
tlsa    TLSA 3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971
loc     LOC 52 22 23.000 N 4 53 32.000 E -2.00m 1m 10000m 10m
uri     URI 10 1 "https://example.org/path"
eui     EUI48 00-00-5e-00-53-2a
eui     EUI64 00-00-5e-ef-10-00-00-2a
nid     NID 10 0014:4fff:ff20:ee64
l32     L32 10 10.1.2.0
l64     L64 10 2001:0db8:1140:1000
lp      LP 10 l64
mf      A 192.0.2.102
unknown TYPE65280 \\# 6 0a0b 0c0d 0e0f
unknown TYPE65281 \\# 0
unknown-a TYPE1 \\# 4 c0000263
minfo   MINFO afs mail
nsap    TXT "no NSAP"
a\\.dot  A 192.0.2.110
\\000octets\\255 A 192.0.2.111
sp\\032ace A 192.0.2.112
under_score A 192.0.2.113
-dash-  A 192.0.2.114
1       A 192.0.2.115
; names that have nothing
a.ent   A 192.0.2.120
x.y.z.ent A 192.0.2.121
; aliases
alias   CNAME www
alias2  CNAME alias
alias3  CNAME Alias2
to-net  CNAME www.example.net.
to-nothing CNAME no.such.name.example.org.
to-ent  CNAME ent
to-nodata CNAME text
to-sub  CNAME www.sub
to-cut  CNAME host.cut
to-wild CNAME any.star
to-away CNAME www.elsewhere.example.
to-com  CNAME www.example.com.
round   CNAME round-2
round-2 CNAME round-3
round-3 CNAME round
self    CNAME self
to-dname CNAME www.tree
mx-alias MX 10 alias
srv-alias SRV 1 1 1 alias
; wildcards
*.star  A 192.0.2.130
*.star  TXT "one for all"
b.star  A 192.0.2.131
c.d.star A 192.0.2.132
*.alias CNAME www
*.mail-wild 600 MX 5 mail
x.*.star2 A 192.0.2.133
*.star2 A 192.0.2.134
*.*.star3 A 192.0.2.135
*.loop  CNAME a.loop
*.away  CNAME www.example.net.
; trees that are elsewhere
tree    DNAME leaves
www.leaves A 192.0.2.140
a.b.leaves A 192.0.2.141
alias.leaves CNAME www.leaves
abroad  DNAME example.net.
inward  DNAME inward2.example.org.
inward2 DNAME leaves
tree-text DNAME leaves
tree-text TXT "a DNAME may have neighbours"
down    DNAME nothing.leaves
lengthen DNAME {'l' * 63}.{'m' * 63}.{'n' * 40}
; cuts
sub     NS ns1.sub
        NS ns1
ns1.sub A {NET}5
wild    NS ns1
cut     900 NS ns.cut
        900 NS ns2.cut
        900 DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
ns.cut  900 A 192.0.2.150
ns.cut  900 AAAA 2001:db8::150
ns2.cut 900 A 192.0.2.151
; beneath the cut, hidden by it
hidden.cut A 192.0.2.152
*.cut   A 192.0.2.153
lower.hidden.cut NS ns.cut
cut2    NS ns.elsewhere.example.
cut3    NS www
"""

SUB = f"""
$TTL 120
@ SOA ns1 hostmaster 1 3600 600 86400 7200
@ NS ns1
@ NS ns1.example.org.
@ A 192.0.2.160
ns1 A {NET}5
www A 192.0.2.161
up CNAME www.example.org.
*.star CNAME up
low.er NS ns1
"""

WILD = f"""
$TTL 240
@ SOA ns1.example.org. {SOA}240
  NS ns1.example.org.
* A 192.0.2.170
* MX 10 mail
exact A 192.0.2.171
a.b.c TXT "leaves b and c empty"
*.deep CNAME exact
*.tree.deep A 192.0.2.172
"""

OLD = f"""
$TTL 900
@ SOA ns.nasty.org. {SOA}90
@ NS ns.nasty.org.
rt      RT 10 afs
mb      MB afs
mg      MG mr
mr      MR mg
x25     X25 311061700956
isdn    ISDN 150862028003217 004
px      PX 10 map822.example.net. mapx400.example.net.
afs A 192.0.2.100
"""

EXAMPLE_NET = f"""
$ORIGIN example.net.
$TTL 1800
@ SOA ns2.example.net. {SOA}1800
@ NS ns2
@ NS ns1.example.org.
ns2 A {NET}6
@ A 192.0.2.180
www A 192.0.2.181
www AAAA 2001:db8::181
mail A 192.0.2.182
mail2 CNAME mail
smallbox A 192.0.2.183
bounce CNAME to-net.example.org.
$ORIGIN chain.example.net.
$INCLUDE chain.part
$ORIGIN example.net.
chain1 CNAME chain2.example.org.
back DNAME tree.example.org.
svc A 192.0.2.184
"""
CHAIN = "\n".join(f"c{i} CNAME c{i + 1}" for i in range(1, 12)) + "\nc12 A 192.0.2.190\n" + \
    "included 77 TXT \"from another file\"\n"

REVERSE = f"""
$ORIGIN 2.0.192.in-addr.arpa.
$TTL 3600
@ SOA ns2.example.net. {SOA}600
@ NS ns2.example.net.
10 PTR example.org.
80 PTR www.example.org.
81 PTR www.example.org.
82 PTR WWW.Example.NET.
; RFC 2317
0/26 NS ns2.example.net.
128/26 TXT "a network of 64"
130 CNAME 130.128/26
131 CNAME 131.128/26
130.128/26 PTR star.example.org.
""" + "".join(f"{i} PTR host-{i}.example.net.\n" for i in range(200, 232))

REVERSE6 = f"""
$TTL 3600
@ SOA ns2.example.net. {SOA}600
@ NS ns2.example.net.
{'.'.join('0182' + '0' * 20)} PTR www.example.net.
{'.'.join('0800' + '0' * 20)} PTR www.example.org.
*.f.f.f.f PTR any.example.net.
"""


def nasty():
    """Names as long as can be, letters of all kinds, sets that fill messages."""
    long_label = "x" * 63
    full = f"{long_label}.{'y' * 63}.{'z' * 63}.{'w' * (255 - 3 * 64 - 11 - 2)}"
    lines = ["$ORIGIN nasty.org.", "$TTL 400", f"@ SOA ns.nasty.org. {SOA}100", "@ NS ns", f"ns A {NET}7",
             f"{long_label} A 192.0.2.1", f"{full} A 192.0.2.2", f"*.{long_label} A 192.0.2.3",
             f"full CNAME {full}", "none MX 0 .", "mx-root MX 10 .", f"mx-long MX 1 {full}"]
    lines += [f"\\{octet:03d}.octet TXT \"{octet}\"" for octet in range(0, 256, 5)]
    lines += [f"many A 198.18.{i // 250}.{i % 250 + 1}" for i in range(90)]
    lines += [f"many AAAA 2001:db8:1::{i + 1:x}" for i in range(60)]
    lines += [f"texts TXT \"{i:03d}{'t' * 200}\"" for i in range(5)]
    lines += [f"huge TXT \"{i:03d}{'h' * 250}\"" for i in range(60)]
    lines += [f"one-big TXT {' '.join(chr(34) + 'o' * 250 + chr(34) for _ in range(6))}"]
    lines += [f"mx-many MX {i} host-{i}.mx-many" for i in range(20)]
    lines += [f"host-{i}.mx-many A 198.18.9.{i + 1}" for i in range(20)]
    lines += [f"srv-many SRV {i} 0 25 host-{i}.mx-many" for i in range(20)]
    lines += [f"fan{i} CNAME fan{i + 1}" for i in range(1, 40)] + ["fan40 A 192.0.2.4"]
    lines += [f"glue NS ns{i}.glue" for i in range(13)] + [f"ns{i}.glue A 198.18.8.{i + 1}" for i in range(13)]
    lines += [f"ns{i}.glue AAAA 2001:db8:8::{i + 1:x}" for i in range(13)]
    lines += [f"long-glue NS {'n' * 60}{i:02d}.long-glue" for i in range(9)]
    lines += [f"{'n' * 60}{i:02d}.long-glue A 198.18.7.{i + 1}" for i in range(9)]
    lines += ["no-glue NS ns.cut2.example.org.", "no-glue NS ns.nothing.example."]
    lines += ["down.deeper DNAME deep.org.", "cycle DNAME x.cycle2", "cycle2 DNAME y.cycle"]
    for i in range(6):
        lines += [f"same-{i} A 192.0.2.{i + 1}", f"SAME-{i} A 192.0.2.{i + 101}"]
    return "\n".join(lines) + "\n"


def deep():
    """Labels of one letter as deep as a name can go."""
    lines = ["$ORIGIN deep.org.", "$TTL 500", f"@ SOA ns.nasty.org. {SOA}50", "@ NS ns.nasty.org."]
    for depth in (1, 5, 20, 60, 118):
        lines.append(f"{'.'.join('abcdefghij'[i % 10] for i in range(depth))} A 192.0.2.{depth}")
    return "\n".join(lines) + "\n*.star.a.b TXT \"down there\"\n"


def big():
    """Three hundred drawn names, all types mixed."""
    draw = random.Random("big.org")
    lines = ["$ORIGIN big.org.", "$TTL 700", f"@ SOA ns.nasty.org. {SOA}70", "@ NS ns.nasty.org."]
    words = ("a", "b", "web", "mail", "ns", "x1", "y-2", "z", "*", "Q", "_t")
    taken = set()
    for _ in range(300):
        name = tuple(draw.choice(words) for _ in range(draw.randint(1, 4)))
        key = tuple(label.lower() for label in name)
        if key in taken:
            continue
        taken.add(key)
        ttl = draw.choice(("", "", "", str(draw.randint(0, 90000))))
        host = draw.randint(1, 254)
        kind = draw.choice(("A", "A", "AAAA", "MX", "TXT", "CNAME", "SRV", "A+TXT", "A+MX"))
        owner = ".".join(name)
        target = ".".join(draw.choice(words[:8]) for _ in range(draw.randint(1, 3)))
        data = {"A": f"198.18.1.{host}", "AAAA": f"2001:db8:b::{host:x}", "MX": f"{host} {target}", "CNAME": target,
                "TXT": f"\"{owner}\"", "SRV": f"0 0 {host} {target}"}
        lines += [f"{owner} {ttl} {word} {data[word]}" for word in kind.split("+")]
    return "\n".join(lines) + "\n"


ZONES = {
    ".": ROOT, "org": ORG, "net": NETZONE, "example": EXAMPLE, "arpa": ARPA, "in-addr.arpa": INADDR,
    "example.org": EXAMPLE_ORG, "sub.example.org": SUB, "wild.example.org": WILD, "example.net": EXAMPLE_NET,
    "2.0.192.in-addr.arpa": REVERSE, "8.b.d.0.1.0.0.2.ip6.arpa": REVERSE6, "nasty.org": nasty(),
    "deep.org": deep(), "big.org": big(), "old.org": OLD,
}
UNKNOWN_TO_KNOT = ("old.org",)  # it has types that knot refuses to read
PARTS = {"chain.part": CHAIN}


def file_of(zone):
    return ("root" if zone == "." else zone) + ".zone"


def write(folder):
    for zone, text in ZONES.items():
        (folder / file_of(zone)).write_text(text)
    for name, text in PARTS.items():
        (folder / name).write_text(text)


def apex_of(zone):
    return wire.name_of(zone if zone == "." else zone + ".")


def owners_in(text, origin):
    """The names that begin lines; enough of the format for the files above."""
    found, depth = [], 0
    for line in text.splitlines():
        if line.startswith("$ORIGIN"):
            origin = wire.name_of(line.split()[1])
        elif line.startswith("$INCLUDE"):
            found += owners_in(PARTS[line.split()[1]], origin)
        elif line and depth == 0 and line[0] not in " ;$":
            found.append(wire.name_of(line.split()[0], origin))
        depth += line.count("(") - line.count(")")
    return list(dict.fromkeys(found))


OWNERS = {zone: owners_in(text, apex_of(zone)) for zone, text in ZONES.items()}
