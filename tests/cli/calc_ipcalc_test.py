#!/usr/bin/env python3
"""calc_ipcalc_test [COUNT [SEED]]: `dobos calc` says of COUNT random inputs what Debian's ipcalc says.
TAP on standard output."""
import concurrent.futures
import os
import random
import re
import subprocess
import sys

DOBOS = os.environ["DOBOS_COMMAND"]
LABEL = re.compile(r"^([\w/]+):\s+(\S+)(?: = (\d+))?")


def fields(words):
    """The labelled lines of either program."""
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = {}
    for line in text.splitlines():
        match = LABEL.match(line)
        if match:
            found[match.group(1)] = match.group(2)
            if match.group(3):
                found["prefix"] = match.group(3)
    return found


def draw_input(draw):
    """Words for both programs: a prefix, or a netmask."""
    number, length = draw.getrandbits(32), draw.randrange(33)
    dotted = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
    if draw.random() < 0.5:
        return [f"{dotted}/{length}"]
    mask = 0xffffffff << 32 - length & 0xffffffff
    return [dotted, ".".join(str(mask >> shift & 255) for shift in (24, 16, 8, 0))]


def fault_of(words):
    # ipcalc refuses the netmask 0.0.0.0, but not the prefix that says the same.
    known = [words[0] + "/0"] if words[1:] == ["0.0.0.0"] else words
    ours, theirs = fields([DOBOS, "calc", *words]), fields(["ipcalc", "-n", "-b", *known])
    if "Hostroute" in theirs:  # a single host: it has no line for the range
        host = theirs.pop("Hostroute")
        theirs.update({"Network": host + "/32", "HostMin": host, "HostMax": host})
    return None if ours == theirs else f"{words}: dobos {ours}, ipcalc {theirs}"


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    draw = random.Random(seed)
    edges = [["1.2.3.4/0"], ["1.2.3.4", "0.0.0.0"], ["1.2.3.4/31"], ["1.2.3.4/32"], ["0.0.0.0/0"], ["255.255.255.255/32"]]
    inputs = edges + [draw_input(draw) for _ in range(count)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        faults = [fault for fault in pool.map(fault_of, inputs) if fault]
    for fault in faults[:20]:
        print("# " + fault)
    print(f"{'not ok' if faults else 'ok'} 1 - {len(inputs)} inputs of seed {seed}: {len(faults)} differ from "
          "ipcalc")
    print("1..1")
    return 1 if faults else 0


sys.exit(main())
