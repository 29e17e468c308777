#!/usr/bin/env python3
"""dig_explain_test: --explain tells who asked whom: cold and warm, through a translator, by nslookup too, in
words and as JSON; and a server that says nothing. TAP on standard output."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from tap import finish, report

DOBOS = os.environ["DOBOS_COMMAND"]
LABS = pathlib.Path(__file__).parents[2] / "labs"
MUTE = """
network: mute
segments: {lan: {delay: 1ms}}
nodes:
  host:
    interfaces: {eth0: {segment: lan, addresses: [192.0.2.1/24], nameservers: {addresses: [192.0.2.2]}}}
  cache:
    interfaces: {eth0: {segment: lan, addresses: [192.0.2.2/24]}}
    services: {dns: {forward: [192.0.2.FORWARD]}}
  mute:
    interfaces: {eth0: {segment: lan, addresses: [192.0.2.3/24]}}
    services: {discard: {}}
  knows:
    interfaces: {eth0: {segment: lan, addresses: [192.0.2.4/24]}}
    services: {dns: {zones: {example.org: {www: {A: 192.0.2.80}}}}}
"""


def check(name, good, shown=None):
    report(name, not good and (shown or "it is not"))


def run(*words):
    done = subprocess.run([DOBOS, *words], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def lines_of(text, prefix):
    _, _, rest = text.partition(prefix + "How the answer came, in ms:\n")
    return [line[len(prefix) + 12:] for line in rest.splitlines() if line.strip()]


def ask_mute(forward):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(MUTE.replace("FORWARD", forward))
        file.flush()
        return run("dig", "-f", file.name, "-n", "host", "www.example.org", "+short", "--explain")


def main():
    dns = ["-f", str(LABS / "dns.yaml"), "-n", "laptop"]
    lines = lines_of(run("dig", *dns, "python.org", "+short", "--explain"), "; ")
    check("the first query is the laptop's", lines[:1] == ["laptop asks gate (192.168.0.1): python.org A"], lines)
    check("the way leads down from the root",
          [line for line in lines if "python.org A" in line and "ns.python" in line and "asks" in line] ==
          ["    cache asks ns.python (104.130.43.53), which serves python.org: python.org A"], lines)
    check("who answers behind a translator is found", "    cache answers gate (203.0.113.12): NOERROR" in lines, lines)
    check("the last word is the gate's", lines[-1:] == ["  gate answers laptop (192.168.0.100): NOERROR"], lines)
    warm = run("dig", *dns, "python.org", "python.org", "+short", "--explain")
    again = lines_of(warm[warm.rindex("; How"):], "; ")
    check("what is asked again comes from the cache", len(again) == 3 and again[1].startswith(
        "  gate has in its cache: python.org A, for 3"), again)
    answers = json.loads(run("dig", *dns, "python.org", "--explain", "--json"))
    steps = answers[0]["explain"]
    check("JSON tells the same", steps[0]["node"] == "laptop" and steps[0]["step"] == "asks" and
          steps[-1]["step"] == "answered" and steps[-1]["peer_node"] == "laptop" and
          {"learned", "learned_cut", "referred", "from_zone"} <= {step["step"] for step in steps}, steps)
    lines = lines_of(run("nslookup", *dns, "python.org", "--explain"), "")
    check("nslookup tells of both its questions", [line for line in lines if line.startswith("laptop")] ==
          ["laptop asks gate (192.168.0.1): python.org A", "laptop asks gate (192.168.0.1): python.org AAAA"], lines)
    lines = lines_of(ask_mute("3"), "; ")
    check("who does not serve is told of", any(line == "  cache does not reach mute (192.0.2.3)" for line in lines)
          and any(line.startswith("  cache gives up") for line in lines), lines)
    lines = lines_of(ask_mute("9"), "; ")
    check("waiting in vain is told of", any(line == "  cache has waited in vain for 192.0.2.9" or
                                            line == "  cache does not reach 192.0.2.9" for line in lines), lines)
    lines = lines_of(ask_mute("4"), "; ")
    check("and who knows by its zones", "    knows knows by its own zone of example.org" in lines, lines)
    return finish()


sys.exit(main())
