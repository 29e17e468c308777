#!/usr/bin/env python3
"""dns.py [--rounds N] [--seconds S] [--memory]: cached DNS answers a second and memory, ours beside unbound's and dnsmasq's.

Memory: unbound is asked for 100,000 names that nsd serves, and its resident size is read; our engine, alone in a
process, holds the same names. Answers: dnsperf on one core asks a server on the other for 1,000 names that it has in
its cache; the median of the rounds, in turns. unbound and dnsmasq are asked over the loopback; ours is a node of a lab,
reached through a TAP device from a namespace, for it serves no kernel sockets yet. And the engine alone, in one
process: answers a second, and instructions an answer by callgrind. --memory: only what the names take. Exits 1 when ours
take more than unbound's.
"""
import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOBOS = ROOT / "build" / "dobos"
ENGINE = ROOT / "build" / "bench" / "dns_cache"
MEMORY_NAMES, ANSWER_NAMES = 100_000, 1_000
NSD, UNBOUND, DNSMASQ = 15353, 15354, 15355
os.environ["PATH"] += ":/usr/sbin:/sbin"


def name_of(number):
    return f"host{number:06}.example.org"


def files_write(folder):
    zone = ["$ORIGIN example.org.", "$TTL 86400", "@ SOA ns me 1 3600 600 86400 300", "@ NS ns", "ns A 127.0.0.1"]
    zone += [f"host{i:06} A 10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}" for i in range(MEMORY_NAMES)]
    (folder / "example.org.zone").write_text("\n".join(zone) + "\n", encoding="utf-8")
    for count in (MEMORY_NAMES, ANSWER_NAMES):
        lines = "".join(f"{name_of(i)} A\n" for i in range(count))
        (folder / f"names{count}").write_text(lines, encoding="utf-8")
    (folder / "nsd.conf").write_text(
        f'server:\n  ip-address: 127.0.0.1\n  port: {NSD}\n  zonesdir: "{folder}"\n  pidfile: ""\n  username: ""\n'
        f'  database: ""\n  zonelistfile: "{folder}/zones"\n  xfrdfile: ""\n  logfile: "{folder}/log"\n'
        "remote-control:\n  control-enable: no\n"
        'zone:\n  name: example.org\n  zonefile: example.org.zone\n', encoding="utf-8")
    (folder / "unbound.conf").write_text(
        f'server:\n  interface: 127.0.0.1\n  port: {UNBOUND}\n  num-threads: 1\n  username: ""\n  chroot: ""\n'
        f'  directory: "{folder}"\n  pidfile: ""\n  use-syslog: no\n  module-config: "iterator"\n'
        "  do-not-query-localhost: no\n  msg-cache-size: 128m\n  rrset-cache-size: 256m\n"
        f"stub-zone:\n  name: example.org\n  stub-addr: 127.0.0.1@{NSD}\nremote-control:\n  control-enable: no\n",
        encoding="utf-8")
    hosts = "".join(f"            host{i:06}: {{A: 10.0.{i >> 8}.{i & 255}}}\n" for i in range(ANSWER_NAMES))
    (folder / "net.yaml").write_text(
        "network: bench\nsegments: {lan: {}}\nnodes:\n"
        "  client: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.10/24]}}}\n"
        "  cache:\n    interfaces: {eth0: {segment: lan, addresses: [192.0.2.1/24]}}\n"
        "    services: {dns: {forward: [192.0.2.2]}}\n"
        "  server:\n    interfaces: {eth0: {segment: lan, addresses: [192.0.2.2/24]}}\n"
        "    services:\n      dns:\n        zones:\n          example.org:\n"
        "            '@': {NS: ns.example.org}\n            ns: {A: 192.0.2.2}\n" + hosts, encoding="utf-8")


def figures(answer):
    """Answers a second and queries lost, of dnsperf's report; every answer must be a good one."""
    found = re.search(r"Queries per second:\s+([\d.]+)", answer.stdout)
    lost = re.search(r"Queries lost:\s+(\d+)", answer.stdout)
    codes = re.search(r"Response codes:\s+(.*)", answer.stdout)
    if not found or not re.fullmatch(r"NOERROR \d+ \(100\.00%\)", codes.group(1).strip()):
        raise SystemExit(f"dns.py: {answer.args}: {answer.stdout}{answer.stderr}")
    return float(found.group(1)), int(lost.group(1))


def dnsperf(folder, count, prefix, *arguments):
    command = [*prefix, "taskset", "-c", "1", "dnsperf", "-d", str(folder / f"names{count}"), *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return figures(answer)


def resident(process):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) * 1024


def begin(command):
    process = subprocess.Popen(["taskset", "-c", "0", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1.5)
    if process.poll() is not None:
        raise SystemExit(f"dns.py: {command[0]} ended with {process.returncode}")
    return process


def memory_compare(folder, unbound):
    before = resident(unbound)
    dnsperf(folder, MEMORY_NAMES, [], "-s", "127.0.0.1", "-p", str(UNBOUND), "-n", "1", "-q", "50")
    dnsperf(folder, MEMORY_NAMES, [], "-s", "127.0.0.1", "-p", str(UNBOUND), "-n", "1", "-q", "50")
    after = resident(unbound)
    ours = subprocess.run([str(ENGINE), "memory", str(MEMORY_NAMES)], capture_output=True, text=True, check=True).stdout
    words = ours.split()
    print(f"memory, {MEMORY_NAMES} names: unbound {after / 1e6:.1f} MB resident ({(after - before) / 1e6:.1f} grown); "
          f"ours {int(words[7]) / 1e6:.1f} MB resident ({int(words[5]) / 1e6:.1f} grown, "
          f"{int(words[3]) / 1e6:.1f} by the allocator)", flush=True)
    return after, int(words[7])


def answers_compare(folder, rounds, seconds):
    names = str(folder / f"names{ANSWER_NAMES}")
    load = ["-l", str(seconds), "-c", "4", "-q", "100"]
    inside = ["taskset", "-c", "0", str(DOBOS), "run", "-f", str(folder / "net.yaml"), "-n", "client", "--"]
    # One dnsperf fills the cache of the lab's node, the next, in the same run, is counted.
    script = (f"dnsperf -d {names} -s 192.0.2.1 -n 1 -q 20 >/dev/null; "
              f"exec taskset -c 1 dnsperf -d {names} -s 192.0.2.1 {' '.join(load)}")
    results = {"unbound": [], "dnsmasq": [], "ours, over TAP": []}
    for port in (UNBOUND, DNSMASQ):
        dnsperf(folder, ANSWER_NAMES, [], "-s", "127.0.0.1", "-p", str(port), "-n", "2", "-q", "20")
    for _ in range(rounds):
        for name, port in (("unbound", UNBOUND), ("dnsmasq", DNSMASQ)):
            results[name].append(dnsperf(folder, ANSWER_NAMES, [], "-s", "127.0.0.1", "-p", str(port), *load))
        answer = subprocess.run([*inside, "sh", "-c", script], capture_output=True, text=True, check=False,
                                timeout=60 + seconds)
        results["ours, over TAP"].append(figures(answer))
    for name, rows in results.items():
        median = statistics.median(row[0] for row in rows)
        spread = f"{min(row[0] for row in rows):.0f}–{max(row[0] for row in rows):.0f}"
        print(f"answers a second, {name}: {median:.0f} ({spread}), lost {sum(row[1] for row in rows)}", flush=True)


def engine_measure(rounds):
    speeds = []
    for _ in range(rounds):
        words = subprocess.run(["taskset", "-c", "0", str(ENGINE), "answers", str(MEMORY_NAMES), "1000000"],
                               capture_output=True, text=True, check=True).stdout.split()
        speeds.append(int(words[1]) / float(words[3]))
    counted = []
    for count in (30_001, 1):
        answer = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(ENGINE),
                                 "answers", "10000", str(count)], capture_output=True, text=True, check=True)
        counted.append(int(re.search(r"refs:\s+([\d,]+)", answer.stderr).group(1).replace(",", "")))
    print(f"engine alone, {MEMORY_NAMES} names: {statistics.median(speeds):.0f} answers a second "
          f"({min(speeds):.0f}–{max(speeds):.0f}), {(counted[0] - counted[1]) // 30_000} instructions each")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    missing = [tool for tool in ("nsd", "unbound", "dnsmasq", "dnsperf", "valgrind") if not shutil.which(tool)]
    if missing:
        raise SystemExit(f"dns.py: not installed: {', '.join(missing)}")
    processes = []
    with tempfile.TemporaryDirectory() as text:
        folder = pathlib.Path(text)
        files_write(folder)
        try:
            processes.append(begin(["nsd", "-d", "-c", str(folder / "nsd.conf")]))
            unbound = begin(["unbound", "-d", "-c", str(folder / "unbound.conf")])
            processes.append(unbound)
            processes.append(begin(["dnsmasq", "-k", "-C", "/dev/null", "-p", str(DNSMASQ), "-a", "127.0.0.1", "-z",
                                    "-R", "-c", "10000", "-u", "root", "-S", f"127.0.0.1#{NSD}", "--pid-file="]))
            theirs, ours = memory_compare(folder, unbound)
            if not options.memory:
                engine_measure(options.rounds)
                answers_compare(folder, options.rounds, options.seconds)
        finally:
            for process in processes:
                process.terminate()
                process.wait(10)
    if ours > theirs:
        raise SystemExit("dns.py: ours takes more memory")


if __name__ == "__main__":
    main()
