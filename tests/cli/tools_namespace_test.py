#!/usr/bin/env python3
"""dobos trace and dobos ping print what Debian's traceroute and ping print in namespaces set up alike, but for the
times; dobos neigh what ip neigh prints there of whom was asked; and dobos ss what ss prints of sockets like those of
the services. TAP on standard output."""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile

from tap import finish, report

DOBOS = os.environ["DOBOS_COMMAND"]
os.environ["PATH"] += ":/usr/sbin:/sbin"
# Nodes in a row: where each has its links, and its routes.
NODES = {
    "a": ({"x": "10.0.0.2/24"}, {"default": "10.0.0.1"}),
    "r": ({"x": "10.0.0.1/24", "y": "10.0.1.1/24"}, {"10.0.2.0/24": "10.0.1.2"}),
    "s": ({"y": "10.0.1.2/24", "z": "10.0.2.1/24"}, {"10.0.0.0/24": "10.0.1.1"}),
    "b": ({"z": "10.0.2.2/24"}, {"default": "10.0.2.1"}),
}
MACS = {("a", "x"): "02:00:00:00:00:a1", ("r", "x"): "02:00:00:00:00:b1"}


def command(*words, check=True):
    return subprocess.run(words, capture_output=True, text=True, check=check, timeout=60)


def network_file():
    lines = ["network: row", "segments: {x: {}, y: {}, z: {}}", "nodes:"]
    for name, (links, routes) in NODES.items():
        lines += [f"  {name}:", f"    forwarding: {'true' if name in 'rs' else 'false'}", "    interfaces:"]
        for link, address in links.items():
            gateway = [f"{{to: {to}, via: {via}}}" for to, via in routes.items()
                       if via.rsplit(".", 1)[0] == address.rsplit(".", 1)[0]]
            mac = f", macaddress: '{MACS[name, link]}'" if (name, link) in MACS else ""
            lines.append(f"      {link}: {{segment: {link}, addresses: [{address}]{mac}, "
                         f"routes: [{', '.join(gateway)}]}}")
        if name == "b":
            lines.append("    services: {http: {pages: {/: hello}}, echo: {}, discard: {}}")
    return "\n".join(lines) + "\n"


def set_up():
    """The same of namespaces: their names live in this mount namespace only."""
    command("mount", "-t", "tmpfs", "none", "/run")
    os.makedirs("/run/netns")
    # Names are asked of nobody, who refuses at once.
    with open("/run/resolv.conf", "w", encoding="ascii") as file:
        file.write("nameserver 127.0.0.1\n")
    command("mount", "--bind", "/run/resolv.conf", os.path.realpath("/etc/resolv.conf"))
    for name in NODES:
        command("ip", "netns", "add", name)
        command("ip", "-n", name, "link", "set", "lo", "up")
        # Without Linux's limit on ICMP errors, which a run before may have used up.
        command("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0")
    for link, (left, right) in {"x": ("a", "r"), "y": ("r", "s"), "z": ("s", "b")}.items():
        command("ip", "link", "add", link, "netns", left, "type", "veth", "peer", "name", link, "netns", right)
    for name, (links, routes) in NODES.items():
        for link, address in links.items():
            if (name, link) in MACS:
                command("ip", "-n", name, "link", "set", link, "address", MACS[name, link])
            command("ip", "-n", name, "addr", "add", address, "dev", link)
            command("ip", "-n", name, "link", "set", link, "up")
        for to, via in routes.items():
            command("ip", "-n", name, "route", "add", to, "via", via)
        if name in "rs":
            command("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.ip_forward=1")


def without_times(text):
    return re.sub(r"\d+\.\d{3} ms", "T ms", text)


def same(title, left, right):
    report(title, left != right and ["dobos printed", *left.splitlines(), "the other printed", *right.splitlines()])


def compare_trace(file, *arguments):
    ours = command(DOBOS, "trace", "-f", file, "-n", "a", *arguments, check=False)
    theirs = command("ip", "netns", "exec", "a", "traceroute", "-N", "1", *arguments, check=False)
    same("trace " + " ".join(arguments), f"{without_times(ours.stdout)}exit {ours.returncode}",
           f"{without_times(theirs.stdout)}exit {theirs.returncode}")


def without_ping_times(text):
    text = re.sub(r"time=[\d.]+ ms", "time=T ms", text)
    text = re.sub(r"time \d+ms", "time Tms", text)
    return re.sub(r"= [\d.]+/[\d.]+/[\d.]+/[\d.]+ ms(, pipe \d+)?", "= T ms", text)


def compare_ping(file, *arguments):
    """The node's own first: both then know their neighbours, or both do not."""
    ours = command(DOBOS, "ping", "-f", file, "-n", "a", *arguments, check=False)
    theirs = command("ip", "netns", "exec", "a", "ping", "-4", *arguments, check=False)
    same("ping " + " ".join(arguments), f"{without_ping_times(ours.stdout)}exit {ours.returncode}",
           f"{without_ping_times(theirs.stdout)}exit {theirs.returncode}")


def neighbors_of_ours(file, *arguments):
    """What is known behind the questions that asked for them: the last of a script's steps."""
    with open(file, encoding="utf-8") as text, tempfile.NamedTemporaryFile("w", suffix=".yaml") as script:
        script.write(text.read() + "script:\n- {node: a, run: ping -c 1 10.0.0.1}\n"
                     "- {node: a, run: ping -c 1 10.0.0.9}\n"
                     f"- {{node: a, run: {' '.join(('neigh',) + arguments)}}}\n")
        script.flush()
        return json.loads(command(DOBOS, "lab", "--json", script.name).stdout)["steps"][-1]["output"]


def lines_of(text):
    """In the order of addresses, with the states of who answered as one: they change with time."""
    text = re.sub(r"STALE|DELAY|PROBE", "REACHABLE", text)
    if text.startswith("["):
        return json.dumps(sorted(json.loads(text), key=lambda entry: entry["dst"]))
    return "".join(sorted(text.splitlines(keepends=True)))


def compare_neighbors(file):
    for address in ("10.0.0.1", "10.0.0.9"):
        command("ip", "netns", "exec", "a", "ping", "-c", "1", "-W", "5", address, check=False)
    for arguments in ([], ["show", "dev", "x"], ["show", "nud", "failed"], ["show", "10.0.0.1"],
                      ["show", "to", "10.0.0.0/29"], ["ls", "nud", "permanent"]):
        theirs = command("ip", "-4", "-n", "a", "neigh", *arguments).stdout
        same("neigh " + " ".join(arguments), lines_of(neighbors_of_ours(file, *arguments)), lines_of(theirs))
    theirs = command("ip", "-4", "-j", "-n", "a", "neigh").stdout
    same("neigh --json", lines_of(neighbors_of_ours(file, "--json")), lines_of(theirs))


def sockets_open():
    """The sockets of the services of node b, in this namespace."""
    sockets = []
    for kind, ports in ((socket.SOCK_DGRAM, (7, 9)), (socket.SOCK_STREAM, (80, 7, 9))):
        for port in ports:
            each = socket.socket(socket.AF_INET, kind)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            each.bind(("0.0.0.0", port))
            if kind == socket.SOCK_STREAM:
                each.listen(256)
            sockets.append(each)
    return sockets


def compare_sockets(file):
    with open("/proc/sys/net/core/somaxconn", "w", encoding="ascii") as limit:
        limit.write("4096")
    sockets = sockets_open()
    for words in ("-tuln", "-tul", "-tln", "-uan", "-Htuan", "-tuan sport = :7", "-tn state listening", "-tuan src *:9",
                  "-tan sport != :80", "-tn", "-uln dst 192.0.2.1", "-tuan exclude listening", "-ltu sport = :http"):
        ours = command(DOBOS, "ss", "-f", file, "-n", "b", *words.split()).stdout
        theirs = command("ss", "-4", *words.split()).stdout
        same(f"ss {words}", "".join(sorted(ours.splitlines(True))), "".join(sorted(theirs.splitlines(True))))
    for each in sockets:
        each.close()


def main():
    if os.environ.get("DOBOS_TEST_NAMESPACE") != "1":
        return subprocess.run(["unshare", "--map-root-user", "--mount", "--net", "--pid", "--fork", "--mount-proc",
                               sys.executable, __file__],
                              env={**os.environ, "DOBOS_TEST_NAMESPACE": "1"}, check=False,
                              timeout=110).returncode
    set_up()
    command("ip", "link", "set", "lo", "up")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(network_file())
        file.flush()
        compare_ping(file.name, "-c", "1", "10.7.0.1")  # Linux rations these errors: first of all
        compare_trace(file.name, "-n", "10.0.2.2")
        compare_trace(file.name, "-n", "-I", "10.0.2.2")
        compare_trace(file.name, "10.0.2.2")
        compare_trace(file.name, "-n", "-q", "1", "-f", "2", "10.0.2.2", "400")
        compare_trace(file.name, "-n", "-m", "2", "10.0.2.2")
        compare_trace(file.name, "-n", "10.0.0.2")
        compare_trace(file.name, "-n", "-w", "5", "-m", "3", "-q", "1", "10.0.2.9")
        compare_trace(file.name, "-n", "-w", "5", "10.7.0.1")
        compare_neighbors(file.name)
        compare_sockets(file.name)
        compare_ping(file.name, "-c", "3", "-i", "0.2", "10.0.2.2")
        compare_ping(file.name, "-q", "-c", "2", "-i", "0.2", "10.0.2.2")
        compare_ping(file.name, "-n", "-c", "1", "-s", "1000", "-t", "9", "10.0.2.2")
        compare_ping(file.name, "-c", "1", "-s", "4000", "10.0.2.2")
        compare_ping(file.name, "-c", "1", "-s", "0", "10.0.2.2")
        compare_ping(file.name, "-c", "2", "-i", "0.2", "-t", "1", "10.0.2.2")
        compare_ping(file.name, "-c", "1", "-t", "2", "-q", "10.0.2.2")
        compare_ping(file.name, "-c", "1", "-W", "5", "10.0.0.9")
        compare_ping(file.name, "-c", "1", "-M", "do", "-s", "1472", "10.0.2.2")
        compare_ping(file.name, "-c", "1", "-I", "10.0.0.2", "10.0.2.2")
        compare_ping(file.name, "-c", "1", "-I", "x", "10.0.2.2")
        compare_ping(file.name, "-w", "3", "-i", "1.1", "10.0.2.2")  # by far: between two questions
        compare_ping(file.name, "-c", "1", "127.0.0.1")
        compare_ping(file.name, "-c", "1", "10.0.0.2")
    return finish()


sys.exit(main())
