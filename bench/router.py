#!/usr/bin/env python3
"""A router between two namespaces, dobos and the kernel in turns, in one run.

    bench/router.py [--rounds 5] [--seconds 3] [--build build] [--json FILE]

Client and server are real kernels in network namespaces of their own, each joined by a veth pair to the
router's namespace. There the kernel forwards (plain, then with nftables masquerade), or examples/router
does, by packet sockets. Offloads are what veth has by default, the same for all; congestion control is
cubic at both ends. Each round measures every row once, so that a machine that slows down slows all.
A third router, bench/packet_limit, hands frames on unread: what is possible by packet sockets at all.
Printed: the median of each row, of each ratio, and the processor's time for a gigabyte, of the whole
machine. Needs root, iperf3, nft, ethtool.
"""
import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time

CLIENT, ROUTER, SERVER = (f"dobos-bench-{os.getpid()}-{name}" for name in ("client", "router", "server"))
CLIENT_ADDRESS, ROUTER_CLIENT, ROUTER_SERVER, SERVER_ADDRESS = "10.66.1.2", "10.66.1.1", "10.66.2.1", "10.66.2.2"

MASQUERADE = """
table ip nat {
    chain post {
        type nat hook postrouting priority srcnat
        oifname "r1" masquerade
    }
}
"""


def run(*command, **more):
    return subprocess.run(command, check=True, text=True, timeout=120, **more)


def inside(namespace, *command):
    return ("ip", "netns", "exec", namespace, *command)


def make_network():
    for name in (CLIENT, ROUTER, SERVER):
        run("ip", "netns", "add", name)
        run(*inside(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"))
        run("ip", "-n", name, "link", "set", "lo", "up")
    for end, device, router_device, address, gateway in (
        (CLIENT, "c0", "r0", CLIENT_ADDRESS, ROUTER_CLIENT),
        (SERVER, "s0", "r1", SERVER_ADDRESS, ROUTER_SERVER),
    ):
        run("ip", "link", "add", device, "netns", end, "type", "veth", "peer", "name", router_device, "netns", ROUTER)
        run("ip", "-n", end, "link", "set", device, "up")
        run("ip", "-n", ROUTER, "link", "set", router_device, "up")
        run("ip", "-n", end, "address", "add", address + "/24", "dev", device)
        run("ip", "-n", end, "route", "add", "default", "via", gateway)


def end_network():
    for name in (CLIENT, ROUTER, SERVER):
        subprocess.run(("ip", "netns", "del", name), check=False, stderr=subprocess.DEVNULL, timeout=30)


def forget_neighbours():
    for end, device in ((CLIENT, "c0"), (SERVER, "s0")):
        run("ip", "-n", end, "neigh", "flush", "dev", device)


class Kernel:
    """The kernel's own forwarding."""

    def __init__(self, masquerade, build):
        del build
        for device, address in (("r0", ROUTER_CLIENT), ("r1", ROUTER_SERVER)):
            run("ip", "-n", ROUTER, "address", "add", address + "/24", "dev", device)
        run(*inside(ROUTER, "sysctl", "-qw", "net.ipv4.ip_forward=1"))
        if masquerade:
            run(*inside(ROUTER, "nft", "-f", "-"),
                input=MASQUERADE)

    def end(self):
        run(*inside(ROUTER, "nft", "flush", "ruleset"))
        run(*inside(ROUTER, "sysctl", "-qw", "net.ipv4.ip_forward=0"))
        for device in ("r0", "r1"):
            run("ip", "-n", ROUTER, "address", "flush", "dev", device)


class Dobos:
    """examples/router on the same devices."""

    def __init__(self, masquerade, build):
        program = [os.path.join(build, "examples", "router")]
        if masquerade:
            program += ["--masquerade"]
        self.process = subprocess.Popen(
            inside(ROUTER, *program, "r0", ROUTER_CLIENT + "/24", "r1", ROUTER_SERVER + "/24"), stderr=subprocess.PIPE, text=True)
        time.sleep(0.2)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.report = self.process.communicate(timeout=10)[1]


class Limit:
    """bench/packet_limit: frames handed on unread, the most that packet sockets can do."""

    ADDRESS = "02:00:00:00:01:00"

    def __init__(self, masquerade, build):
        del masquerade
        macs = []
        for end, device, gateway in ((CLIENT, "c0", ROUTER_CLIENT), (SERVER, "s0", ROUTER_SERVER)):
            run("ip", "-n", end, "neigh", "replace", gateway, "lladdr", self.ADDRESS, "dev", device)
            shown = json.loads(run("ip", "-j", "-n", end, "link", "show", device, stdout=subprocess.PIPE).stdout)
            macs.append(shown[0]["address"])
        self.process = subprocess.Popen(
            inside(ROUTER, os.path.join(build, "bench", "packet_limit"), "r0", macs[0], "r1", macs[1]))
        time.sleep(0.2)

    def end(self):
        self.process.terminate()
        self.process.wait(timeout=10)
        for end, device, gateway in ((CLIENT, "c0", ROUTER_CLIENT), (SERVER, "s0", ROUTER_SERVER)):
            run("ip", "-n", end, "neigh", "del", gateway, "dev", device)


def busy_seconds():
    with open("/proc/stat", encoding="ascii") as stat:
        fields = [int(field) for field in stat.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4] - fields[7]) / os.sysconf("SC_CLK_TCK")


def measure_tcp(seconds, options):
    server = subprocess.Popen(inside(SERVER, "iperf3", "-s", "-1", "-p", "5201"), stdout=subprocess.DEVNULL)
    time.sleep(0.3)
    before = busy_seconds()
    try:
        out = run(*inside(CLIENT, "iperf3", "-c", SERVER_ADDRESS, "-p", "5201", "-t", str(seconds), "-C", "cubic", "-J", *options),
                  stdout=subprocess.PIPE).stdout
        spent = busy_seconds() - before
        server.wait(timeout=20)
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()
    received = json.loads(out)["end"]["sum_received"]
    return {"gbit_per_second": received["bits_per_second"] / 1e9, "cpu_seconds_per_gb": spent / (received["bytes"] / 1e9)}


def measure_udp(seconds, build):
    flood = os.path.join(build, "bench", "udp_flood")
    counter = subprocess.Popen(inside(SERVER, flood, "count", "9999", str(seconds)), stdout=subprocess.PIPE, text=True)
    try:
        counter.stdout.readline()
        sent = int(run(*inside(CLIENT, flood, "send", SERVER_ADDRESS, "9999", "22", str(seconds)), stdout=subprocess.PIPE).stdout)
        rate = int(counter.communicate(timeout=20)[0])
    finally:
        if counter.poll() is None:
            counter.kill()
            counter.wait()
    return {"packets_per_second": rate, "offered_per_second": sent / seconds}


ROWS = (
    ("tcp", "TCP, client to server", "gbit_per_second", lambda o: measure_tcp(o.seconds, ())),
    ("tcp_back", "TCP, server to client", "gbit_per_second", lambda o: measure_tcp(o.seconds, ("-R",))),
    ("udp64", "64-byte UDP", "packets_per_second", lambda o: measure_udp(o.seconds, o.build)),
)


ROUTERS = {"kernel": Kernel, "dobos": Dobos, "limit": Limit}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--build", default="build")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--rows", default="tcp,tcp_back,udp64")
    parser.add_argument("--kinds", default="plain,masquerade")
    options = parser.parse_args()
    results = {}
    make_network()
    try:
        for number in range(options.rounds):
            for kind in options.kinds.split(","):
                for router, make in ROUTERS.items():
                    if router == "limit" and kind != "plain":
                        continue
                    forget_neighbours()
                    at = make(kind == "masquerade", options.build)
                    try:
                        for row, _, unit, measure in ROWS:
                            if row not in options.rows.split(","):
                                continue
                            got = measure(options)
                            results.setdefault((row, kind, router), []).append(got)
                            print(f"round {number + 1}: {row} {kind} {router}: " + ", ".join(f"{k} {v:.2f}" for k, v in got.items()), file=sys.stderr)
                    finally:
                        at.end()
    finally:
        end_network()
    print(f"{'':34} {'kernel':>10} {'dobos':>10} {'ratio':>7} {'limit':>10} {'of it':>7}")
    summary = {}
    for row, text, unit, _ in ROWS:
        for kind in options.kinds.split(","):
            if (row, kind, "kernel") not in results:
                continue
            for name in results[(row, kind, "kernel")][0]:
                got = {router: [one[name] for one in results[(row, kind if router != "limit" else "plain", router)]]
                       for router in ROUTERS if (row, kind if router != "limit" else "plain", router) in results}
                label = f"{text}, {kind}" if name == unit else "    " + re.sub("_", " ", name)
                line = f"{label:34} {statistics.median(got['kernel']):10.2f} {statistics.median(got['dobos']):10.2f}"
                ratio = statistics.median(d / k for d, k in zip(got["dobos"], got["kernel"]) if k > 0)
                line += f" {ratio:7.2f}"
                summary[f"{row}.{kind}.{name}"] = {**got, "ratio": ratio}
                if "limit" in got:
                    of_limit = statistics.median(d / l for d, l in zip(got["dobos"], got["limit"]) if l > 0)
                    line += f" {statistics.median(got['limit']):10.2f} {of_limit:7.2f}"
                    summary[f"{row}.{kind}.{name}"]["of_limit"] = of_limit
                print(line)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump(summary, out, indent=1)


if __name__ == "__main__":
    main()
