#!/usr/bin/env python3
"""Multicast between programs of the kernel at nodes of a live network: what the kernel says in IGMPv3 lets the switch know
where members are, and a host of dobos takes the kernel's query.

Speaks TAP.
"""
# [rfc4541#4]
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

DOBOS = os.environ["DOBOS_COMMAND"]
PATIENCE = 30  # seconds until something that must come is given up
DATAGRAMS, ROUNDS = 5, 8
GROUP, PORT = "239.1.2.3", 5000
NETWORK = "network: multicast\nsegments: {lan: }\nnodes:\n" + "".join(
    f"  {name}: {{interfaces: {{eth0: {{segment: lan, addresses: [192.0.2.{i}/24]}}}}}}\n"
    for i, name in enumerate(["querier", "sender", "receiver", "quiet"], 1))


def checksum(message):
    total = sum(struct.unpack(f"!{len(message) // 2}H", message))
    while total >> 16:
        total = (total >> 16) + (total & 0xffff)
    return ~total & 0xffff


def receive():
    """Tells of each datagram to the group."""
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.bind(("", PORT))
    own.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                   socket.inet_aton(GROUP) + socket.inet_aton("192.0.2.3"))
    print("joined", flush=True)
    while True:
        print(own.recvfrom(100)[1][0], flush=True)


def query():
    """A general query of version 3, to be answered within a second."""
    message = bytearray(struct.pack("!BBH4sBBH", 0x11, 10, 0, bytes(4), 2, 125, 0))
    message[2:4] = struct.pack("!H", checksum(bytes(message)))
    own = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
    own.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"\x94\x04\0\0")
    own.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.0.2.1"))
    own.sendto(bytes(message), ("224.0.0.1", 0))


def send():
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.0.2.2"))
    for _ in range(DATAGRAMS):
        own.sendto(b"hello", (GROUP, PORT))


def at_node(node, what):
    return [DOBOS, "run", "-N", "multicast", "-n", node, "--", sys.executable, __file__, what]


def counter(name):
    shown = subprocess.run([DOBOS, "stat", "-N", "multicast", "-n", "quiet", "-a"], capture_output=True,
                           text=True, check=False, timeout=PATIENCE).stdout
    return next((int(line.split()[1]) for line in shown.splitlines() if line.split()[0] == name), None)


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def test(folder):
    """Gives what is wrong, or None."""
    heard = folder / "heard"
    with heard.open("w", encoding="ascii") as out:
        receiver = subprocess.Popen(at_node("receiver", "receive"), stdout=out)
    try:
        if not wait_for(lambda: "joined" in heard.read_text(encoding="ascii")):
            return "the receiver has not joined"
        subprocess.run(at_node("querier", "query"), check=True, timeout=PATIENCE)
        if not wait_for(lambda: counter("IgmpInQueries") == 1):
            return "the query was not taken"
        for turn in range(1, ROUNDS + 1):  # until everybody has had the time to answer
            time.sleep(1)
            before = counter("DropGroup")
            subprocess.run(at_node("sender", "send"), check=True, timeout=PATIENCE)
            wanted = turn * DATAGRAMS
            if not wait_for(lambda: heard.read_text(encoding="ascii").count("192.0.2.2\n") >= wanted):
                return "the receiver has not heard all"
            if counter("DropGroup") == before:
                return None
        return "the frames went to a node that has not joined"
    finally:
        receiver.send_signal(signal.SIGTERM)
        receiver.wait(PATIENCE)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.environ["XDG_RUNTIME_DIR"] = name
        (folder / "n.yaml").write_text(NETWORK, encoding="ascii")
        live = subprocess.Popen([DOBOS, "lab", str(folder / "n.yaml"), "--live"], stderr=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL)
        try:
            is_up = wait_for(lambda: (folder / "dobos" / "multicast.sock").exists())
            problem = test(folder) if is_up else "the network has not come up"
        finally:
            live.send_signal(signal.SIGTERM)
            live.wait(PATIENCE)
    print(f"{'not ok' if problem else 'ok'} 1 - a group's frames go to the kernel that has joined it alone")
    if problem:
        print(f"# {problem}")
    print("1..1")
    return bool(problem)


if __name__ == "__main__":
    roles = {"receive": receive, "query": query, "send": send}
    sys.exit(roles.get(sys.argv[1], main)() if len(sys.argv) > 1 else main())
