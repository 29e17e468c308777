#!/usr/bin/env python3
"""dig_bind_test [all]: `dobos dig` prints what dig of BIND prints in the same node's place, to the
byte but for what no two runs have alike (ids, cookies, times, the version), and exits alike: on a few
questions about the network nslookup_bind.yaml, or on all. Mistakes of the user end alike, in words of our
own. TAP on standard output."""
import os
import re
import sys

from bind import CACHE, FAILING, LONG, NOBODY, NS, SILENT, ask_bind, ask_dobos
from tap import finish, report

NAMES = ["www.example.org", "WwW.Example.ORG", "www.example.org.", "example.org", "ns.example.org",
         "zero.example.org", "mail.example.org", "six.example.org", "text.example.org",
         "alias.example.org", "alias2.example.org", "gone.example.org", "out.example.org",
         "ring1.example.org", "aliastext.example.org", "b.c.example.org", "under_score.example.org",
         "dot\\.ted.example.org", "spa\\032ce.example.org", 'quo"te.example.org',
         "back\\\\slash.example.org", "at@dollar$.example.org", "high\\200\\000.example.org",
         "x.wild.example.org", "w.sub.example.org", "sub.example.org", LONG,
         "a" * 63 + ".example.org", "many.example.org", "no.example.org", "elsewhere.test", "org", ".",
         "there.cache.test", "away.cache.test", "no.cache.test", "x.local", "local"]
TYPES = ["A", "aaaa", "MX", "NS", "SOA", "TXT", "CNAME", "PTR", "ANY", "SRV", "TYPE65280", "type1"]
TYPED = ["example.org", "www.example.org", "alias.example.org", "no.example.org", "sub.example.org"]
SHOWN = ["+short", "+noall", "+noall +answer", "+noall +authority", "+noall +comments", "+nocomments",
         "+noall +question", "+noall +stats", "+nostats +identify", "+nocmd", "+noquestion", "+noanswer",
         "+qr", "+noall +qr +comments", "+short +identify", "+multiline", "+nottlid", "+noclass",
         "+nottl +noclass", "+ttlunits", "+multiline +noall +answer +authority", "+noall +all",
         "+unknownformat", "+short +unknownformat", "+multiline +nottlid", "+multiline +noclass"]
SENT = ["+noedns", "+tcp", "+vc +short", "+dnssec", "+do +qr", "+cd", "+noad +qr", "+aa +qr",
        "+tcflag +qr", "+raflag +qr", "+zflag +qr", "+nocookie +qr", "+bufsize=512", "+bufsize=4096 +qr",
        "+bufsize=0", "+bufsize", "+edns=0", "+edns=1", "+edns=1 +noednsneg", "+nsid +qr", "+expire +qr",
        "+subnet=192.0.2.0/24 +qr", "+subnet=0 +qr", "+subnet=2001:db8::/32 +qr", "+ednsopt=65001:0a41 +qr",
        "+ednsopt=65001 +qr", "+cookie=0011223344556677 +qr", "+ednsflags=128 +qr", "+qid=7 +qr",
        "+ignore", "+tries=1", "+retry=0", "+time=1", "+nofail", "+search", "+domain=example.org",
        "+keepalive +qr", "+keepalive +tcp +qr", "+noedns +do +qr", "+besteffort", "+noedns +cookie +qr"]
WORDS = [
    "", "-x 192.0.2.80", "-x 192.0.2.99", "-x 2001:db8::80", "-x 1.2.3", "-x abc", "-x 192.0.2.80 +short",
    "www", "www +search", "no +search", "no +showsearch", "www +domain=example.org",
    "ns +search +showsearch", "a.b +search +ndots=2", "www.example.org ns.example.org",
    "+noall +answer www.example.org example.org mx", "www.example.org +noall +answer alias.example.org",
    "mx example.org www.example.org +noall +question", "-t mx example.org", "-t mx mx", "-tmx example.org",
    "-c ch -t txt version.bind", "version.bind txt ch", "-q www.example.org -t a", "-t nonsense www",
    "-c nonsense www", "example.org mx in ns", "in in www.example.org", "type65", "class7 www +noall +question",
    "@ns.example.org www.example.org", f"@{NS} www.example.org", f"@{NS} www.example.org @{NS} example.org mx",
    f"@{CACHE} there.cache.test", f"@{NS} many.example.org", f"@{NS} many.example.org +ignore",
    f"@{NS} many.example.org +short", f"@{FAILING} x.test", f"@{FAILING} x.test +nofail",
    f"@{NOBODY} www.example.org", f"@{NOBODY} www.example.org +tries=1 +short",
    f"@{NOBODY} +tries=1 www.example.org www", f"@{NOBODY} +tcp www.example.org",
    f"@{NOBODY} +tcp +tries=1 www.example.org", f"@{SILENT} +time=1 +tries=1 www.example.org",
    f"@{SILENT} +time=1 +tries=2 www.example.org", f"@{SILENT} +tcp +time=1 +tries=1 www.example.org",
    f"@{SILENT} +time=0 +retry=0 +noall www", f"-p 5353 @{NS} +tries=1 www", "-4 www.example.org",
    "-u www.example.org", f"@{NS} www.example.org +norecurse +noidnin", "+noall +cmd www.example.org",
    "www.example.org +noall +cmd", "+cmd +noall +question www.example.org", "+nocmd www.example.org",
    f"-b 192.0.2.95 @{NS} www.example.org +short", "-b 192.0.2.96 www.example.org +tries=1",
    ". ns", "+short . soa", "-t type0 www.example.org", "-c class0 www.example.org", "-c none www.example.org",
    "-c any www.example.org", "www.example.org any +notcp", "+trace www.example.org",
    "+trace +short . ns", "+short +split=4 www.example.org",
]
BAD = ["a..b", "a" * 64 + ".org", "a\\256.b", "+time=x www", "+tries=x www", "+bufsize=99999 www", "+ndots=x www",
       "+nonsense www", "+t www", "+tr www", "-Z www", "-p x www", "-p 99999 www", "-b x www", "-q",
       "@no.example.org www", "@ www", "+qid=x www", "+edns=256 www", "+ednsopt www", "-x"]
FEW = ["www.example.org", "+short mail.example.org", "no.example.org", "example.org any", "-x 192.0.2.80",
       f"@{NS} many.example.org", "www.example.org +qr +dnssec +multiline", f"@{NOBODY} +tries=1 www"]

MASKS = [(rb"<<>> (DiG|dobos dig) \S+ <<>>( -r)?", b"<<>> DIG <<>>"), (rb"\bid: \d+", b"id: ID"),
         (rb"COOKIE: [0-9a-f]{16}", b"COOKIE: CCCCCCCCCCCCCCCC"), (rb"(time:|in) \d+ (m|u)sec", rb"\1 T \2sec"),
         (rb"in \d+ ms", b"in T ms"), (rb"WHEN: .*", b"WHEN: W"),
         # What the cache answered BIND it has had for some time.
         (rb"([\t ])(3[56]\d\d|[56]\d|[12]\d\d|1h|59m\d+s|59s|1m|[45]m\d*s?)(?=[\t ]+([A-Z]))", rb"\1T")]


def masked(text):
    for pattern, replacement in MASKS:
        text = re.sub(pattern, replacement, text)
    return text


def questions():
    if sys.argv[1:] != ["all"]:
        return [line.split() for line in FEW], [["a..b"], ["+nonsense", "www"]]
    lines = [[name] for name in NAMES] + [[f"@{NS}", name] for name in NAMES]
    lines += [[name, kind] for kind in TYPES for name in TYPED]
    lines += [["www.example.org", *words.split()] for words in SHOWN + SENT]
    lines += [["no.example.org", "mx", *words.split()] for words in SHOWN]
    lines += [[*words.split(), f"@{NS}", "example.org", "any"] for words in SHOWN + SENT]
    return lines + [words.split() for words in WORDS], [words.split() for words in BAD]


def main():
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        print("1..0 # SKIP /dev/net/tun is not open to this user")
        return 0
    lines, bad = questions()
    expected = ask_bind(["dig", "-r"], "laptop", lines + bad)
    for number, (line, bind) in enumerate(zip(lines + bad, expected, strict=True)):
        ours = ask_dobos("dig", "laptop", line)
        if number < len(lines):
            good = (bind[0], masked(bind[1]), bind[2]) == (ours[0], masked(ours[1]), ours[2])
        else:
            good = bind[0] == ours[0] and b"dobos dig: " in ours[2]
        report("dig " + " ".join(map(repr, line)), not good and [f"BIND  {bind}", f"dobos {ours}"])
    return finish()


sys.exit(main())
