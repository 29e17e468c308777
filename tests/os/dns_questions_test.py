#!/usr/bin/env python3
"""dns_questions_test DOBOS LABS: Debian's dig and nslookup, in the laptop's place in labs/dns.yaml, and dobos's own at the
laptop ask the same questions of the same servers, dig 500 of them; what they are told must be the same, section by
section, but for the order of records, times to live, identifiers and the moment. TAP."""
import os
import re
import subprocess
import sys
import tempfile

DOBOS, LABS = sys.argv[1], sys.argv[2]
LAB = os.path.join(LABS, "dns.yaml")
SERVERS = ["192.168.0.1", "203.0.113.53", "198.41.0.4", "193.0.14.129", "199.19.56.1", "199.19.54.1", "192.5.6.30",
           "199.180.182.53", "199.180.180.63", "104.130.43.53", "4.31.198.40", "173.245.59.31", "199.43.135.53",
           "199.43.133.53", "199.43.135.60", "203.0.113.54"]
NAMES = """python.org www.python.org docs.python.org mail.python.org nobody.python.org ietf.org www.ietf.org
datatracker.ietf.org www.ietf.org.cdn.cloudflare.net example.com www.example.com mail.example.com shop.example.com
any.shop.example.com till.shop.example.com below.till.shop.example.com here.example.com thing.here.example.com
no.thing.here.example.com _http._tcp.example.com many.example.com host.old.example.com first.example.com
gone.example.com lab.example.com bench.lab.example.com ns.lab.example.com meadow.net edge.meadow.net
nothing.at.all.example.net WWW.ExAmPlE.CoM laptop.home.arpa home.arpa localhost""".split()
ADDRESSES = "104.130.43.121 104.130.43.25 104.130.43.9 203.0.113.12 203.0.113.33 203.0.113.99 192.168.0.100 8.8.8.8".split()
TYPES = "A AAAA NS SOA MX TXT CNAME PTR SRV CAA HINFO TYPE65280".split()


def questions():
    """Lines as `dig -f` reads them."""
    asked = [f"@192.168.0.1 {name} {kind}" for name in NAMES for kind in TYPES]
    asked += [f"@192.168.0.1 -x {address}" for address in ADDRESSES]
    asked += [f"@{server} {name} A +norecurse" for server in SERVERS[2:] for name in NAMES[:5] + NAMES[9:10] + ["org", "com"]]
    asked += [f"@192.168.0.1 {name} TXT +tcp" for name in NAMES[9:14]]
    asked += [f"@192.168.0.1 {name} TXT" for name in ("long.example.com", "unknown.example.com", "short.example.com")]
    return asked[:500]


def batches(asked):
    """Questions that follow one another warm what comes after: both sides ask in one order, one batch a network."""
    size = 125
    return [asked[i:i + size] for i in range(0, len(asked), size)]


def answers(text):
    """What was said to each question: header, and the records of each section, sorted."""
    said, section = [], None
    for line in text.splitlines():
        if line.startswith(";; ->>HEADER<<-"):
            said.append({"status": re.search(r"status: (\w+)", line).group(1)})
        elif line.startswith(";; flags:") and said:
            said[-1]["flags"] = line.split(";")[2].strip()
        elif line.startswith(";; ") and line.endswith(" SECTION:") and said:
            section = said[-1].setdefault(line[3:-9], [])
        elif not line or line.startswith(";;"):
            section = None
        elif section is not None:
            words = line.split()
            section.append(" ".join(words[:1] + words[2:]) if not line.startswith(";") else line.split())
    for answer in said:
        for name, records in answer.items():
            if isinstance(records, list):
                records.sort(key=str)
    return said


def run(words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, **more).stdout


def ask_theirs(batch, folder):
    path = os.path.join(folder, "theirs")
    with open(path, "w") as file:
        file.write("".join(f"+nocookie {line}\n" for line in batch))
    return answers(run([DOBOS, "run", "-f", LAB, "-n", "laptop", "--", "dig", "-r", "-f", path]))


def script_run(commands, folder):
    """Commands at the laptop in virtual time, one after the other: what they wrote."""
    path = os.path.join(folder, "dns.yaml")
    with open(LAB) as file:
        network = file.read()
    network = network[:network.index("\nscript:")].replace(": dns/", f": {LABS}/dns/")
    steps = "".join(f"  - {{node: laptop, run: '{command}'}}\n" for command in commands)
    with open(path, "w") as file:
        file.write(f"{network}\nscript:\n{steps}")
    return run([DOBOS, "lab", path])


def ask_ours(batch, folder):
    return answers(script_run([f"dig {line}" for line in batch], folder))


def parts(text, heading):
    """What stands behind each heading, its lines sorted."""
    text = re.sub(r"\n\d+ held, \d+ failed\n$", "", text)
    return [sorted(line for line in part.splitlines()[1:] if line) for part in re.split(heading, text, flags=re.M)[1:]]


def look_up(words, folder):
    """The same with nslookup: what each of theirs and of ours wrote."""
    shell = "".join(f"echo '= {word}'; nslookup {word}; " for word in words)
    theirs = run([DOBOS, "run", "-f", LAB, "-n", "laptop", "--", "sh", "-c", shell])
    ours = script_run([f"nslookup {word}" for word in words], folder)
    return list(zip(words, parts(theirs, "^= "), parts(ours, r"^\[[0-9.]+\] laptop: ")))


def report(number, failed, title):
    print(f"{'not ok' if failed else 'ok'} {number} - {title}")
    for text in failed[:20]:
        print("# " + text.replace("\n", "\n# "))
    return bool(failed)


def digs(folder):
    asked, different = questions(), []
    for batch in batches(asked):
        theirs, ours = ask_theirs(batch, folder), ask_ours(batch, folder)
        if len(theirs) != len(batch) or len(ours) != len(batch):
            different.append(f"{len(batch)} questions, {len(theirs)} and {len(ours)} answers")
        for line, their, our in zip(batch, theirs, ours):
            if their != our:
                different.append(f"{line}\n    theirs {their}\n    ours   {our}")
    if len(asked) < 500:
        different.append(f"only {len(asked)} questions")
    return different


def lookups(folder):
    words = NAMES + ADDRESSES
    told = look_up(words, folder)
    different = [f"{word}\n    theirs {their}\n    ours   {our}" for word, their, our in told if their != our]
    return different if len(told) == len(words) else different + [f"{len(told)} answers to {len(words)} questions"]


def main():
    with tempfile.TemporaryDirectory() as folder:
        print("1..2")
        failed = report(1, digs(folder), "dig of Debian and ours are told the same 500 times")
        failed |= report(2, lookups(folder), "nslookup of Debian and ours say the same")
    return failed


sys.exit(main())
