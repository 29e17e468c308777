"""questions: what differ_dns asks. Drawn, but the same in every run: a question's id is its family and a
number, which seed what is drawn in it, so any one can be asked again alone.

Families with authority are asked at a server of each zone, those of the cache at the cache.
"""
import random
import struct

import wire
import zones

COMMON = ("A", "AAAA", "MX", "NS", "SOA", "TXT", "CNAME", "PTR", "SRV", "DS", "CAA", "HTTPS")
RARE = [t for t in wire.TYPES if t not in COMMON and t not in
        ("OPT", "ANY", "AXFR", "IXFR", "TSIG", "TKEY", "MAILA", "MAILB", "NSEC", "NSEC3", "RRSIG", "SIG", "NXT")]
META = (0, 41, 128, 200, 247, 249, 250, 251, 252, 253, 254)
OUTSIDE = ("example.com.", "www.example.com.", "com.", "test.", "localhost.", "example.info.", "x.invalid.")
SIGNED = (46, 47, 50)  # what only a signed zone has, and zones of these servers are not
LETTERS = b"abcdefghijklmnopqrstuvwxyz0123456789-_"


# ---- what is drawn ----

def served():
    """(server, zone) of all."""
    return [(name, zone) for name, (_, zones_there) in zones.SERVERS.items() for zone in zones_there]


PAIRS = served()
WEIGHTS = [len(zones.OWNERS[zone]) if zone not in ("big.org", "nasty.org") else 90 for _, zone in PAIRS]


def ancestors(name, zone):
    return [name[i:] for i in range(1, len(name) - len(zones.apex_of(zone)))]


def scramble(draw, name):
    """Letters in cases of their own, as 0x20 sends them."""
    return tuple(bytes(draw.choice((o, o ^ 0x20)) if chr(o).isalpha() and o < 128 else o for o in label)
                 for label in name)


def label(draw, longest=12):
    return bytes(draw.choice(LETTERS) for _ in range(draw.randint(1, longest)))


def fits(name):
    return len(wire.name_bytes(name)) <= 255 and all(0 < len(l) < 64 for l in name)


def near(draw, zone):
    """A name in a zone or near those that are: what is there, above, below, beside, wild."""
    name = draw.choice(zones.OWNERS[zone])
    way = draw.randrange(10)
    if way < 4:
        return name
    if way == 4:
        return draw.choice([*ancestors(name, zone), name])
    if way == 5:
        return (label(draw), *name)
    if way == 6:
        return (label(draw), *name[1:]) if len(name) > len(zones.apex_of(zone)) else (label(draw), *name)
    if way == 7:
        return (b"*", *name)
    if way == 8:
        return tuple(label(draw) for _ in range(draw.randint(2, 4))) + name
    # with the first labels of another name of the zone
    other = draw.choice(zones.OWNERS[zone])
    return other[:max(1, len(other) - len(zones.apex_of(zone)))] + name


def drawn_name(draw, zone):
    while True:
        name = near(draw, zone)
        if fits(name):
            return name


def drawn_type(draw):
    return wire.TYPES[draw.choice(COMMON if draw.random() < 0.75 else RARE)]


def drawn_edns(draw):
    """b"" or an OPT of the ordinary kind."""
    if draw.random() < 0.5:
        return b""
    return wire.opt(size=draw.choice((512, 1232, 1232, 4096)))


def drawn(family, number):
    draw = random.Random(f"{family}-{number}")
    server, zone = draw.choices(PAIRS, WEIGHTS)[0]
    return draw, server, zone


def question(family, number, at, message, **more):
    return {"id": f"{family}-{number}", "at": at, "by": "udp", "wire": message.hex(), **more}


def identity(draw):
    return draw.randrange(1, 65536)


# ---- with authority ----

def exact(family, number):
    """Each owner of each zone, type after type: what zone files say is what is answered."""
    pairs = [(server, name) for server, zone in PAIRS for name in zones.OWNERS[zone] if server != "root-b"]
    server, name = pairs[number % len(pairs)]
    draw = random.Random(f"{family}-{number}")
    kind = wire.TYPES[draw.choice(COMMON)] if number >= len(pairs) else 1
    return question(family, number, server, wire.query(identity(draw), name, kind, flags=0))


def names(family, number):
    """Names that are there, above, below, beside, wild."""
    draw, server, zone = drawn(family, number)
    name = drawn_name(draw, zone)
    return question(family, number, server, wire.query(identity(draw), name, drawn_type(draw), flags=draw.choice((0, wire.RD)),
                                                       extra=drawn_edns(draw)))


def cases(family, number):
    """Letter cases are kept in the question and meaningless for the answer (RFC 4343)."""
    draw, server, zone = drawn(family, number)
    name = scramble(draw, drawn_name(draw, zone))
    return question(family, number, server, wire.query(identity(draw), name, drawn_type(draw), extra=drawn_edns(draw)))


def types(family, number):
    """All types at names that are there, the few that ask for what is no data among them."""
    draw, server, zone = drawn(family, number)
    kind = wire.TYPES[draw.choice(RARE)] if draw.random() < 0.8 else draw.choice((*SIGNED, draw.randrange(260, 65280)))
    return question(family, number, server, wire.query(identity(draw), draw.choice(zones.OWNERS[zone]), kind, flags=0))


def own_types(family, number):
    """At each owner the type that stands in its line."""
    rows = [(server, zone, line) for server, zone in PAIRS for line in zones.ZONES[zone].splitlines()
            if line and line[0] not in " ;$" and server not in ("root-b",)]
    server, zone, line = rows[number % len(rows)]
    words = line.split()
    kind = next((wire.TYPES[w] for w in words[1:] if w in wire.TYPES), 1)
    draw = random.Random(f"{family}-{number}")
    origin = zones.apex_of(zone)
    return question(family, number, server, wire.query(identity(draw), wire.name_of(words[0], origin), kind, flags=0,
                                                       extra=drawn_edns(draw)), by=draw.choice(("udp", "udp", "tcp")))


def cuts(family, number):
    """At, below and beside delegations."""
    draw, server, zone = drawn(family, number)
    rows = [name for name in zones.OWNERS[zone] if len(name) > len(zones.apex_of(zone))]
    marks = ("cut", "sub", "glue", "co", "wild", "example", "loop", "lame", "signed", "silent", "2", "org", "net")
    chosen = [n for n in rows if any(l.decode("latin-1").lower() in marks for l in n)] or rows or [zones.apex_of(zone)]
    name = draw.choice(chosen)
    name = draw.choice((name, (label(draw), *name), (b"a", b"b", *name), name[1:], scramble(draw, name)))
    kind = wire.TYPES[draw.choice(("A", "NS", "DS", "SOA", "AAAA", "TXT", "ANY", "MX"))]
    return question(family, number, server, wire.query(identity(draw), name if fits(name) else chosen[0], kind,
                                                       flags=draw.choice((0, wire.RD)), extra=drawn_edns(draw)))


def any_type(family, number):
    draw, server, zone = drawn(family, number)
    return question(family, number, server, wire.query(identity(draw), drawn_name(draw, zone), 255, flags=0,
                                                       extra=drawn_edns(draw)), by=draw.choice(("udp", "tcp")))


def groups(family, number):
    """Classes that are not the Internet's."""
    draw, server, zone = drawn(family, number)
    group = draw.choice((3, 4, 254, 255, 2, 0, 77, 65535))
    name = draw.choice((drawn_name(draw, zone), wire.name_of("version.bind."), wire.name_of("id.server.")))
    return question(family, number, server, wire.query(identity(draw), name, draw.choice((1, 16, 255, 6)), group))


def meta_types(family, number):
    """Types that are no data: transfers, signatures, what is reserved."""
    draw, server, zone = drawn(family, number)
    return question(family, number, server, wire.query(identity(draw), drawn_name(draw, zone), draw.choice(META), flags=0),
                    odd=True)


def outside(family, number):
    """Names of zones that this server does not have."""
    draw, server, _ = drawn(family, number)
    name = wire.name_of(draw.choice(OUTSIDE))
    return question(family, number, server, wire.query(identity(draw), name, drawn_type(draw), extra=drawn_edns(draw)))


def edns(family, number):
    """Sizes, versions, DO, options known and unknown."""
    draw, server, zone = drawn(family, number)
    options = b"".join(draw.choice((wire.option(3), wire.option(10, bytes(range(8))), wire.option(8, b"\0\1\0\0"),
                                    wire.option(65001, b"hello"), wire.option(12, bytes(20)), wire.option(15, b"\0\0"),
                                    wire.option(11), wire.option(9)))
                       for _ in range(draw.choice((0, 0, 1, 1, 2))))
    size = draw.choice((0, 1, 511, 512, 513, 800, 1232, 1400, 4096, 65535))
    version = draw.choice((0, 0, 0, 0, 1, 2, 255))
    extra = wire.opt(size=size, version=version, do=draw.random() < 0.4, options=options,
                     flags=draw.choice((0, 0, 0, 1, 0x7fff)))
    return question(family, number, server, wire.query(identity(draw), drawn_name(draw, zone), drawn_type(draw), extra=extra))


def flags(family, number):
    """Bits of the header that a question should not have, or need not."""
    draw, server, zone = drawn(family, number)
    bits = draw.choice((wire.AA, wire.TC, wire.RA, wire.Z, wire.AD, wire.CD, wire.AD | wire.CD, wire.AA | wire.RA | wire.Z)) | \
        draw.choice((0, wire.RD)) | draw.choice((0, 0, 0, 3))
    return question(family, number, server, wire.query(identity(draw), drawn_name(draw, zone), drawn_type(draw), flags=bits))


def opcodes(family, number):
    draw, server, zone = drawn(family, number)
    opcode = draw.choice((1, 2, 3, 4, 5, 6, 7, 15))
    return question(family, number, server, wire.query(identity(draw), drawn_name(draw, zone), 6, flags=0, opcode=opcode,
                                                       extra=drawn_edns(draw)), odd=True)


def odd(family, number):
    """Messages that are strange, or not sound: many questions or none, records where none belong, rubbish
    behind, two OPTs, names that are none."""
    draw, server, zone = drawn(family, number)
    name, kind, ident = drawn_name(draw, zone), drawn_type(draw), identity(draw)
    one = wire.name_bytes(name) + struct.pack("!HH", kind, 1)
    a = wire.name_bytes(name) + struct.pack("!HHIH", 1, 1, 60, 4) + bytes([192, 0, 2, 1])
    tsig = wire.name_bytes((b"key",)) + struct.pack("!HHIH", 250, 255, 0, 0)
    way = number % 18
    more, silent = {}, False
    if way == 0:
        message = wire.query(ident, name, kind, counts=(0, 0, 0, 0), records=b"")
    elif way == 1:
        message = wire.query(ident, name, kind, counts=(2, 0, 0, 0), records=one + one)
    elif way == 2:
        message = wire.query(ident, name, kind, counts=(2, 0, 0, 0), records=one)
    elif way == 3:
        message = wire.query(ident, name, kind, counts=(1, 0, 0, 0), records=one + b"rubbish")
    elif way == 4:
        message = wire.query(ident, name, kind, counts=(1, 1, 0, 0), records=one + a)
    elif way == 5:
        message = wire.query(ident, name, kind, counts=(1, 0, 1, 0), records=one + a)
    elif way == 6:
        message = wire.query(ident, name, kind, counts=(1, 0, 0, 1), records=one + a)
    elif way == 7:
        message = wire.query(ident, name, kind, counts=(1, 0, 0, 2), extra=wire.opt() + wire.opt())
    elif way == 8:
        message = wire.query(ident, name, kind, extra=wire.opt(owner=wire.name_bytes((b"x",))))
    elif way == 9:
        message = wire.query(ident, name, kind, counts=(1, 0, 0, 2), extra=wire.opt() + a)
    elif way == 10:
        # an option that runs over its end
        message = wire.query(ident, name, kind, extra=wire.opt(options=struct.pack("!HH", 65001, 9) + b"few"))
    elif way == 11:
        message = wire.query(ident, name, kind, counts=(1, 0, 0, 1), records=one[:-1])
    elif way == 12:
        # a name by a pointer to itself, or into the header
        message = wire.query(ident, b"\xc0" + bytes([draw.choice((12, 4, 0, 200))]), kind)
    elif way == 13:
        # labels of kinds that nobody has
        message = wire.query(ident, bytes([draw.choice((0x40, 0x80, 0x41))]) + b"x\0", kind)
    elif way == 14:
        # 256 octets
        message = wire.query(ident, (b"\x3f" + b"x" * 63) * 4 + b"\0", kind)
    elif way == 15:
        # an answer, not a question
        message, silent = wire.query(ident, name, kind, flags=wire.QR | wire.RD), True
    elif way == 16:
        message, silent = wire.query(ident, name, kind)[:draw.randrange(1, 12)], True
    else:
        message = wire.query(ident, name, kind, counts=(1, 0, 0, 1), extra=tsig)
    if silent:
        more["silent"] = True
    return question(family, number, server, message, odd=True, patience=1, **more)


def long_names(family, number):
    """Names of up to 255 octets, labels of up to 63, below and beside what is there."""
    draw, server, zone = drawn(family, number)
    name = draw.choice(zones.OWNERS[zone])
    while len(wire.name_bytes(name)) < 250:
        room = 255 - len(wire.name_bytes(name)) - 1
        name = (label(draw, max(1, min(63, room))), *name)
        if draw.random() < 0.1:
            break
    name = name if fits(name) else name[1:]
    return question(family, number, server, wire.query(identity(draw), name, drawn_type(draw), extra=drawn_edns(draw)))


def octets(family, number):
    """Labels of any octets."""
    draw, server, zone = drawn(family, number)
    first = bytes(draw.randrange(256) for _ in range(draw.randint(1, 4)))
    name = draw.choice(((first, *draw.choice(zones.OWNERS[zone])), (bytes([number % 256]), b"octet", b"nasty", b"org")))
    server = "nasty" if name[1:] == (b"octet", b"nasty", b"org") else server
    return question(family, number, server, wire.query(identity(draw), name if fits(name) else zones.apex_of(zone),
                                                       wire.TYPES[draw.choice(("A", "TXT"))]))


def truncated(family, number):
    """Sets that do not fit, by all sizes, and the same by TCP."""
    draw = random.Random(f"{family}-{number}")
    rows = (("many", "A"), ("many", "AAAA"), ("texts", "TXT"), ("huge", "TXT"), ("one-big", "TXT"), ("mx-many", "MX"),
            ("srv-many", "SRV"), ("x.glue", "A"), ("x.long-glue", "A"), ("full", "A"), ("fan1", "A"), ("fan25", "A"),
            ("fan33", "A"), ("many", "ANY"), ("long-glue", "NS"), ("glue", "NS"))
    name, kind = rows[number % len(rows)]
    extra = draw.choice((b"", *(wire.opt(size=size) for size in (512, 700, 1000, 1232, 1400, 4096))))
    return question(family, number, "nasty", wire.query(identity(draw), wire.name_of(f"{name}.nasty.org."), wire.TYPES[kind],
                                                        extra=extra), by=draw.choice(("udp", "udp", "tcp")))


def aliases(family, number, rd=0):
    """Chains of CNAME and DNAME, in a circle too, over zones, into nothing."""
    draw = random.Random(f"{family}-{number}")
    server = draw.choice(("leaf-a", "leaf-a", "leaf-b", "net", "nasty"))
    rows = {"net": ("out", "out-far", "out-none", "a.tree", "x.swap-a", "tree", "a.b.swap-b"),
            "nasty": ("cycle", "a.cycle", "a.b.down.deeper", "a.down.deeper", "fan1", "fan30", "full", "x.cycle2")}
    rows["leaf-a"] = rows["leaf-b"] = (
        "alias", "alias2", "alias3", "to-net", "to-nothing", "to-ent", "to-nodata", "to-sub", "to-cut", "to-wild",
        "to-away", "to-com", "round", "round-2", "self", "to-dname", "x.loop", "a.loop", "x.away", "tree", "www.tree",
        "a.b.tree", "alias.tree", "x.tree", "abroad", "www.abroad", "x.abroad", "inward", "www.inward", "a.b.inward",
        "tree-text", "www.tree-text", "x.down", "x.y.down", "lengthen", "x.lengthen", f"{'k' * 63}.{'j' * 60}.lengthen",
        "x.alias", "mx-alias", "srv-alias", "www.sub", "up.sub")
    zone = {"net": "example", "nasty": "nasty.org"}.get(server, "example.org")
    name = scramble(draw, wire.name_of(f"{draw.choice(rows[server])}.{zone}."))
    kind = wire.TYPES[draw.choice(("A", "A", "AAAA", "TXT", "CNAME", "DNAME", "MX", "ANY", "NS", "SOA", "DS"))]
    return question(family, number, server, wire.query(identity(draw), name, kind, flags=draw.choice((rd, wire.RD)),
                                                       extra=drawn_edns(draw)), by=draw.choice(("udp", "udp", "udp", "tcp")))


# ---- the cache ----

def recursive(family, number):
    """Anything in the hierarchy, asked from the root down."""
    draw, _, zone = drawn(family, number)
    name = drawn_name(draw, zone)
    if draw.random() < 0.3:
        name = scramble(draw, name)
    return question(family, number, "cache", wire.query(identity(draw), name, drawn_type(draw), extra=drawn_edns(draw)),
                    by=draw.choice(("udp", "udp", "udp", "tcp")), patience=20)


def recursive_aliases(family, number):
    made = aliases(family.removeprefix("recursive-"), number, wire.RD)
    return {**made, "id": f"{family}-{number}", "at": "cache", "patience": 20}


def recursive_large(family, number):
    made = truncated(family.removeprefix("recursive-"), number)
    return {**made, "id": f"{family}-{number}", "at": "cache", "patience": 20}


def recursive_special(family, number):
    """Names that are not asked in public, reverse and forward (RFC 6761, 6303, 7686, 8375)."""
    draw = random.Random(f"{family}-{number}")
    name = wire.name_of(draw.choice((
        "localhost.", "x.localhost.", "invalid.", "x.invalid.", "test.", "x.test.", "onion.", "x.onion.", "home.arpa.",
        "printer.home.arpa.", "1.0.0.127.in-addr.arpa.", "1.1.168.192.in-addr.arpa.", "10.in-addr.arpa.",
        "5.4.3.10.in-addr.arpa.", "1.16.172.in-addr.arpa.", "254.169.in-addr.arpa.", "1.0.0.0.in-addr.arpa.",
        "255.255.255.255.in-addr.arpa.", "8.e.f.ip6.arpa.", "d.f.ip6.arpa.", "local.", "x.local.",
        "1." + "0." * 31 + "ip6.arpa.")))
    kind = wire.TYPES[draw.choice(("A", "AAAA", "PTR", "NS", "SOA", "TXT"))]
    return question(family, number, "cache", wire.query(identity(draw), name, kind), patience=20)


def recursive_broken(family, number):
    """Zones that nobody serves, that wait for each other, that lie far below."""
    draw = random.Random(f"{family}-{number}")
    name = wire.name_of(draw.choice((
        "lame.", "www.lame.", "a.b.lame.", "lame.net.", "x.lame.net.", "loop-a.", "x.loop-a.", "x.loop-b.",
        "x.no-glue.nasty.org.", "host.cut2.example.org.", "host.one.of.co.org.", "cut3.example.org.", "x.cut3.example.org.",
        "nothing.", "x.nothing.", "co.org.", "of.co.org.", "x.co.org.", "ns.tld.org.", "ns2.tld.net.")))
    return question(family, number, "cache", wire.query(identity(draw), name, drawn_type(draw)), patience=40)


def recursive_edges(family, number):
    """Everything odd that the servers with authority are asked, at the cache."""
    makers = (edns, flags, opcodes, odd, groups, meta_types, any_type, octets, long_names)
    made = makers[number % len(makers)](family, number)
    return {**made, "at": "cache", "patience": made.get("patience", 20)}


FAMILIES = {  # name: (maker, how many)
    "exact": (exact, 1200), "names": (names, 1100), "cases": (cases, 300), "types": (types, 500),
    "own-types": (own_types, 800), "cuts": (cuts, 400), "any": (any_type, 200), "classes": (groups, 120),
    "meta-types": (meta_types, 120), "outside": (outside, 60), "edns": (edns, 400), "flags": (flags, 120),
    "opcodes": (opcodes, 64), "odd": (odd, 180), "long-names": (long_names, 200), "octets": (octets, 300),
    "truncated": (truncated, 240), "aliases": (aliases, 500),
    "recursive": (recursive, 1200), "recursive-aliases": (recursive_aliases, 240),
    "recursive-large": (recursive_large, 96), "recursive-special": (recursive_special, 120),
    "recursive-broken": (recursive_broken, 80), "recursive-edges": (recursive_edges, 270),
}


def all_questions(share=1, chosen=()):
    """All, the families chosen, or the first of each family: a share of 0.1 is a tenth."""
    found = []
    for family, (maker, count) in FAMILIES.items():
        numbers = range(max(1, int(count * share)))
        ids = [int(c.rpartition("-")[2]) for c in chosen if c.rpartition("-")[0] == family]
        if chosen:
            numbers = numbers if family in chosen else ids
        found += [maker(family, number) for number in numbers]
    return found
