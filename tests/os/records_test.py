#!/usr/bin/env python3
"""The kernel's ping with record route and timestamp options across a router of dobos, to a host of dobos: whom it asks is
recorded, each once and in order, and the kernel takes what has been written for well formed.

Speaks TAP; without iputils' ping it is skipped.
"""
# [rfc1812#142] [rfc1812#143] [rfc1122#94]
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

DOBOS = os.environ["DOBOS_COMMAND"]
NETWORK = """network: records
segments: {near: , far: }
nodes:
  ann:
    interfaces:
      eth0: {segment: near, addresses: [192.0.2.2/24], routes: [{to: default, via: 192.0.2.1}]}
  router:
    forwarding: true
    interfaces:
      eth0: {segment: near, addresses: [192.0.2.1/24]}
      eth1: {segment: far, addresses: [198.51.100.1/24]}
  bob:
    interfaces:
      eth0: {segment: far, addresses: [198.51.100.2/24], routes: [{to: default, via: 198.51.100.1}]}
"""
NEAR, FAR, ANN, BOB = "192.0.2.1", "198.51.100.1", "192.0.2.2", "198.51.100.2"
TIME = r"-?\d+( absolute)?( not-standard)?"
# The fourth place of tsandaddr is the last: ann itself finds none.
CASES = [
    ("route", ["-R"], r"RR: \t" + r"\s+".join([ANN, FAR, BOB, NEAR, ANN]) + r"\n\n"),
    ("times", ["-T", "tsonly"], rf"TS: \t\d+ absolute\n(\t{TIME}\n){{4}}\n"),
    ("times with addresses", ["-T", "tsandaddr"],
     rf"TS: \t{ANN}\t\d+ absolute\n\t{FAR}\t{TIME}\n\t{BOB}\t{TIME}\n\t{NEAR}\t{TIME}\nUnrecorded hops: 1\n"),
    ("times where they are asked for", ["-T", "tsprespec", ANN, NEAR, BOB],
     rf"TS: \t{ANN}\t\d+ absolute\n\t{NEAR}\t{TIME}\n\t{BOB}\t{TIME}\n\n"),
]


def main():
    version = subprocess.run(["ping", "-V"], capture_output=True, text=True, check=False).stdout if shutil.which("ping") else ""
    if "iputils" not in version:
        print("1..0 # SKIP no ping of iputils")
        return 0
    failed = False
    with tempfile.TemporaryDirectory() as name:
        file = pathlib.Path(name) / "n.yaml"
        file.write_text(NETWORK, encoding="ascii")
        for number, (what, options, wanted) in enumerate(CASES, 1):
            command = [DOBOS, "run", "-f", file, "-n", "ann", "--", "ping", "-n", "-c", "1", "-W", "20", *options, BOB]
            answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            good = answer.returncode == 0 and re.search(wanted, answer.stdout)
            failed = failed or not good
            print(f"{'ok' if good else 'not ok'} {number} - {what}")
            if not good:
                print("".join(f"# {line}\n" for line in (answer.stdout + answer.stderr).splitlines()), end="")
    print(f"1..{len(CASES)}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
