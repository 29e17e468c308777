#!/usr/bin/env python3
"""differ_dns: thousands of questions to dobos's servers with authority and its resolver, and the same to
nsd, knot and unbound, which serve the same zone files from the same addresses.

    differ_dns.py [--share S] [--report FILE] DOBOS [ID…]

All questions, or the first of each family (--share 0.1: a tenth), or those of the families or ids named
(names-17), which are then shown whole. A difference is allowed where a class of classes.py explains it; any other is
printed, and fails. The report is Markdown. Needs namespaces, as an ordinary user too; no packet leaves them.
The last line is "N passed, M failed": questions.
"""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import classes
import compare
import questions
import zones

HERE = pathlib.Path(__file__).resolve().parent
SHOWN, KINDS = 40, 60  # questions that failed, and in how many ways
SECONDS = 560


# ---- our network ----

def network():
    """Each server a node with its zone files, a cache with the root's addresses, the tester on one segment."""
    lines = ["network: differ-dns", "segments:", "  net: {}", "nodes:"]
    interface = "    interfaces: {{eth0: {{segment: net, addresses: [{}/24]}}}}"
    for name, (address, served) in zones.SERVERS.items():
        lines += [f"  {name}:", interface.format(address), "    services:", "      dns:", "        zones:"]
        lines += [f"          '{zone}': zones/{zones.file_of(zone)}" for zone in served]
    roots = ", ".join(address for name, (address, _) in zones.SERVERS.items() if name.startswith("root"))
    name, address = zones.CACHE
    lines += [f"  {name}:", interface.format(address), "    services:", f"      dns: {{roots: [{roots}]}}",
              "  tester:", interface.format(zones.TESTER)]
    return "\n".join(lines) + "\n"


def ask(dobos, folder):
    """Both sides at once; answers.json of each."""
    servers = [sys.executable, str(HERE / "servers.py")]
    words = {"peers": [*servers, "peers", str(folder)],
             "ours": [dobos, "run", "--root", "-f", str(folder / "network.yaml"), "-n", "tester", "--",
                      *servers, "ask", str(folder)]}
    running = {side: subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=sys.stderr) for side, line in words.items()}
    failed = [side for side, program in running.items() if program.wait(SECONDS) != 0]
    if failed:
        raise SystemExit(f"differ_dns: {' and '.join(failed)} ended badly")
    return json.loads((folder / "ours.json").read_text()), json.loads((folder / "peers.json").read_text())


# ---- comparison ----

class Tally:
    """What came of it."""

    def __init__(self):
        self.asked = self.passed = self.agreed = self.pairs = 0
        self.pairs_of, self.agreed_of = collections.Counter(), collections.Counter()
        self.explained = collections.Counter()
        self.example = {}
        self.failed = []

    def judge(self, question, ours, theirs):
        """One question and the peers' answers; returns what there is to show."""
        self.asked += 1
        shown, good, agreed = [], True, True
        for peer, message in theirs.items():
            pair = compare.Pair(question, compare.parsed(ours), peer, compare.parsed(message))
            faults = compare.faults_of(pair)
            rest, names = (set(), []) if faults else classes.explain(pair, compare.aspects(pair))
            self.pairs_of[peer] += 1
            self.agreed_of[peer] += not faults and not rest and not names
            agreed = agreed and not faults and not rest and not names
            good = good and not faults and not rest
            for name in names:
                self.explained[name] += 1
                self.example.setdefault(name, question["id"])
            shown.append((pair, sorted(faults) + sorted(rest), names))
        self.agreed += agreed
        self.passed += good
        if not good:
            self.failed.append(shown)
        return shown


def show(shown):
    """A question with all answers to it."""
    def words(answer):
        return "silence" if answer is None else answer if isinstance(answer, str) else answer.text()
    pair = shown[0][0]
    print(f"{pair.text()}\n ours: {words(pair.ours)}")
    for pair, faults, names in shown:
        print(f" {pair.peer}: {words(pair.theirs)}\n -> {', '.join(faults) or 'allowed'} {names}")


def peers_of(question, theirs):
    """Who is compared: knot does not have all zones, and the cache's peer is unbound, asked in nsd's place."""
    if question["at"] == zones.CACHE[0]:
        return {"unbound": theirs["nsd"][question["id"]]}
    found = {"nsd": theirs["nsd"][question["id"]], "knot": theirs["knot"][question["id"]]}
    name = compare.Pair(question, None, "", None).name
    if any(name is not None and compare.wire.is_within(name, zones.apex_of(zone)) for zone in zones.UNKNOWN_TO_KNOT):
        del found["knot"]
    return found


# ---- report ----

def report(tally):
    """docs/differences.md."""
    def count(number):
        return f"{number:,}"
    lines = ["# Where our DNS servers answer otherwise", "",
             "<!-- made by tests/differ_dns/differ_dns.py --report; not edited by hand -->", "",
             f"{count(tally.asked)} questions were asked of servers of ours and of nsd, knot and unbound (Debian 12), all with the "
             "same zone files, from the root down, by UDP and TCP: names that are there, above, below, beside and below wildcards, "
             "empty names, delegations, chains of CNAME and DNAME, all types, classes, letter cases, EDNS of all sizes and "
             "versions, flags, opcodes, messages that are odd. Response code, flags, question, the three sections as sets, "
             "times to live and EDNS are compared.", "",
             "| peer | answers compared | the same in all | of a class below | unexplained |", "|---|---|---|---|---|"]
    bad = collections.Counter(pair.peer for shown in tally.failed for pair, faults, _ in shown if faults)
    for peer in sorted(tally.pairs_of):
        whole, same = tally.pairs_of[peer], tally.agreed_of[peer]
        lines.append(f"| {peer} | {count(whole)} | {count(same)} | {count(whole - same - bad[peer])} | {bad[peer]} |")
    lines += ["", f"{count(tally.agreed)} questions are answered alike by all, {count(tally.passed - tally.agreed)} differ by a class "
              f"below, {len(tally.failed)} otherwise. Each class has an example, which `tests/differ_dns/differ_dns.py build/dobos "
              "ID` asks again.", "", "| class | answers | example | why ours is right |", "|---|---|---|---|"]
    for each in classes.CLASSES:
        lines.append(f"| {each.name} | {count(tally.explained[each.name])} | {tally.example.get(each.name, '')} | "
                     f"{each.section}: {each.because} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--share", type=float, default=1)
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for all that is written, which stays")
    parser.add_argument("dobos")
    parser.add_argument("ids", nargs="*")
    words = parser.parse_args()
    asked = questions.all_questions(words.share, words.ids)
    with tempfile.TemporaryDirectory() as scratch:
        folder = (words.keep or pathlib.Path(scratch)).resolve()
        os.chmod(scratch, 0o755)
        (folder / "zones").mkdir(parents=True, exist_ok=True)
        zones.write(folder / "zones")
        (folder / "network.yaml").write_text(network())
        (folder / "questions.json").write_text(json.dumps(asked))
        ours, theirs = ask(words.dobos, folder)
    tally = Tally()
    for question in asked:
        shown = tally.judge(question, ours[question["id"]], peers_of(question, theirs))
        if words.ids:
            show(shown)
    return end(tally, words)


def end(tally, words):
    for shown in [] if words.ids else tally.failed[:SHOWN]:
        show(shown)
    kinds = collections.Counter((pair.peer, pair.family, fault) for shown in tally.failed for pair, faults, _ in shown
                                for fault in faults)
    for (peer, family, fault), number in kinds.most_common(KINDS):
        print(f"{number:5} {peer:8} {family:20} {fault}")
    for each in classes.CLASSES:
        print(f"{tally.explained[each.name]:6} {each.name} ({each.section})")
    idle = [each.name for each in classes.CLASSES if not tally.explained[each.name]] if words.share == 1 and not words.ids else []
    for name in idle:
        print(f"no answer differs by: {name}")
    if len(classes.CLASSES) > classes.MOST:
        print(f"{len(classes.CLASSES)} classes, {classes.MOST} may be")
    if words.report:
        words.report.write_text(report(tally))
    print(f"{tally.agreed} alike, {tally.passed - tally.agreed} by a class")
    print(f"{tally.passed} passed, {tally.asked - tally.passed} failed")
    return 1 if tally.failed or idle or len(classes.CLASSES) > classes.MOST or tally.asked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
