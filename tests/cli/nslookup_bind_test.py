#!/usr/bin/env python3
"""nslookup_bind_test [all]: `dobos nslookup` prints what nslookup of BIND prints in the same node's
place, to the byte, and exits alike: on a few questions about the network nslookup_bind.yaml, or on all.
The program's name in what goes to standard error is the one difference. And the textbook's text, which
labs/book.yaml promises. TAP on standard output."""
import os
import pathlib
import subprocess
import sys

from bind import DOBOS, FAILING, LONG, NOBODY, NS, SILENT, ask_bind, ask_dobos
from tap import finish, report

BOOK = pathlib.Path(__file__).parents[2] / "labs" / "book.yaml"
TEXTBOOK = (b"Server:\t\t192.168.0.4\nAddress:\t192.168.0.4#53\n\nNon-authoritative answer:\n"
            b"Name:\tpython.org\nAddress: 104.130.43.121\n\n")

# What there is, what there is not, and what cannot be.
NAMES = ["www.example.org", "WwW.Example.ORG", "www.example.org.", "example.org", "ns.example.org",
         "www2.example.org", "zero.example.org", "mail.example.org", "six.example.org",
         "text.example.org", "alias.example.org", "alias2.example.org", "gone.example.org",
         "out.example.org", "ring1.example.org", "aliassix.example.org", "aliastext.example.org",
         "a.b.c.example.org", "b.c.example.org", "under_score.example.org", "x-dash-.example.org",
         "1.example.org", "dot\\.ted.example.org", "spa\\032ce.example.org", "spa ce.example.org",
         'quo"te.example.org', "back\\\\slash.example.org", "at@dollar$.example.org",
         "semi;paren().example.org", "high\\200\\000.example.org", "toodd.example.org",
         "x.wild.example.org", "x.y.wild.example.org", "z.star.example.org", "w.sub.example.org",
         "sub.example.org", "ns.sub.example.org", LONG, "a" * 63 + ".example.org",
         "many.example.org", "no.example.org", "no.no.example.org", "elsewhere.test", "test", "org",
         ".", "invalid", "localhost", "there.cache.test", "away.cache.test", "no.cache.test",
         "1.2.3", "256.1.1.1", "1.2.3.4.5", "x" * 30 + ".test"]
SHORT = ["www", "ns", "no", "w.", "www.", "a.b", "dot\\.ted", "1", "many", "@"]
ADDRESSES = ["192.0.2.1", "192.0.2.2", "192.0.2.25", "192.0.2.80", "192.0.2.81", "192.0.2.95",
             "192.0.2.99", "10.0.0.1", "127.0.0.1", "8.8.8.8", "2001:db8::80", "2001:db8::81",
             "::1", "192.0.2.080", "0.0.0.0"]
TYPES = ["A", "aaaa", "MX", "NS", "SOA", "TXT", "CNAME", "PTR", "ANY", "SRV", "TYPE65280"]
TYPED = ["example.org", "www.example.org", "alias.example.org", "no.example.org",
         "x.wild.example.org", "sub.example.org"]
OTHERS = [
    ["a" * 64 + ".org"], ["a..b"], [".a"], ["a\\256.b"], ["a\\25.b"], ["a\\"], ["a\\", NS], ["a.b\\"], ["w\\2"], ["x" * 64], ["..", NS],
    ["x" * 250 + ".org"],
    ["-type=mx", "192.0.2.80"], ["-TYPE=mx", "example.org"], ["-ty=ns", "example.org"],
    ["-query=soa", "example.org"], ["-qu=soa", "example.org"], ["-q=soa", "example.org"],
    ["-querytype=a", "www.example.org"], ["-type=nonsense", "www.example.org"], ["-type=", "www"],
    ["-class=ch", "www.example.org"], ["-class=any", "-type=a", "www.example.org", NS],
    ["-class=x", "www.example.org"], ["-nonsense", "www.example.org"], ["-recurse", "www"],
    ["-norecurse", "there.cache.test"], ["-norec", "no.example.org", NS],
    ["-norecurse", "never.example.org"], ["-nosearch", "www"],
    ["-nosea", "www"], ["-nodef", "www"], ["-search", "www"], ["-domain=wild.example.org", "h"],
    ["-do=example.org", "mail"], ["-ndots=2", "a.b"], ["-ndots=3", "a.b.c"], ["-ndots=0", "www"],
    ["-ndots=129", "www"], ["-ndots=x", "www"], ["-port=53", "www"], ["-port=65536", "www"],
    ["-port=5353", "-retry=1", "www"], ["-po=54", "www.example.org", NOBODY], ["-vc", "www"],
    ["-vc", "many.example.org"], ["-novc", "-type=any", "www.example.org"], ["-noxvc", "www"],
    ["-debug", "www.example.org", NS], ["-debug", "-type=mx", "example.org", NS],
    ["-deb", "no.example.org", NS], ["-debug", "-type=soa", "example.org", NS],
    ["-debug", "ns", NS], ["-nodebug", "www"], ["-d2x", "www"], ["-fail", "x.test", FAILING],
    ["x.test", FAILING], ["-nofail", "x.test", FAILING], ["www.example.org", NOBODY],
    ["-retry=1", "www.example.org", NOBODY], ["-retry=2", "-vc", "www.example.org", NOBODY],
    ["-timeout=1", "-retry=1", "www.example.org", SILENT], ["-t=1", "-ret=2", "192.0.2.1", SILENT],
    ["-timeout=1", "-retry=1", "-vc", "www.example.org", SILENT],
    ["-timeout=1", "-retry=0", "-type=any", "www.example.org", SILENT], ["-retry=x", "www"],
    ["-timeout=x", "www"], ["www.example.org", "ns.example.org"], ["www", "ns.example.org"],
    ["www.example.org", "there.cache.test"], ["-type=mx", "example.org", "ns.example.org"],
    ["www.example.org", "no.example.org"], ["www.example.org", "-type=mx", NS],
]
AT_DESK = [["www.example.org"], ["no.example.org"], ["-type=mx", "example.org"], ["192.0.2.80"],
           ["www"], ["-norecurse", "www.example.org"]]
AT_BENCH = [["www.example.org"], ["-fail", "www.example.org"], ["no.example.org"], ["www"],
            ["-type=txt", "example.org"]]
FEW = [["www.example.org"], ["alias.example.org"], ["no.example.org"], ["text.example.org"],
       ["192.0.2.80"], ["192.0.2.99"], ["-type=mx", "example.org"], ["-type=soa", "example.org", NS],
       ["-type=any", "www.example.org"], ["www"], ["many.example.org"], ["www.example.org", NS],
       ["x.test", FAILING], ["www.example.org", NOBODY], ["a..b"],
       ["-timeout=1", "-retry=1", "www.example.org", SILENT]]

def questions():
    """The questions of each node."""
    if sys.argv[1:] != ["all"]:
        return {"laptop": FEW}
    lines = [[name] for name in NAMES + SHORT + ADDRESSES]
    lines += [[name, NS] for name in NAMES + SHORT + ADDRESSES]
    lines += [["-type=" + kind, name] for kind in TYPES for name in TYPED]
    lines += [["-type=" + kind, name, NS] for kind in TYPES for name in TYPED]
    return {"laptop": lines + OTHERS, "desk": AT_DESK, "bench": AT_BENCH}


def ours(node, line):
    code, out, error = ask_dobos("nslookup", node, line)
    return code, out, error.replace(b"dobos nslookup:", b"nslookup:")


def main():
    done = subprocess.run([DOBOS, "nslookup", "-f", BOOK, "-n", "host", "python.org"],
                          capture_output=True, check=False)
    found = done.returncode, done.stdout, done.stderr
    report("the textbook's text", found != (0, TEXTBOOK, b"") and found)
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        report("as BIND # SKIP /dev/net/tun is not open to this user")
        return finish()
    for node, lines in questions().items():
        for line, expected in zip(lines, ask_bind(["nslookup"], node, lines), strict=True):
            found = ours(node, line)
            # In real time, who is refused often is not told each time: BIND is asked again, alone.
            good = found == expected or found == ask_bind(["nslookup"], node, [line])[0]
            report(f"{node} nslookup " + " ".join(map(repr, line)),
                   not good and [f"BIND  {expected}", f"dobos {found}"])
    return finish()


sys.exit(main())
