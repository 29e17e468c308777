#!/usr/bin/env python3
"""nat_flows: flows of kernels through a NAT of dobos: so many at once, two hosts with one port, and TCP
opened from both ends.

    nat_flows.py FLOWS      environment: DOBOS_COMMAND
"""
import pathlib
import re
import select
import socket
import sys
import time

from nat_lab import EXTERNAL, INSIDE, OTHER, OUTSIDE, PATIENCE, SECOND, Lab, enter, soon

FIRST_PORT, BATCH = 1025, 128  # a socket takes so many that nobody reads
ECHO = 7007


def memory_kib(process):
    """What a process has in memory."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


class Echo:
    """Outside: answers each datagram with where it came from, while others wait for that."""

    def __init__(self, lab):
        self.ends = [lab.outside.socket(socket.SOCK_DGRAM, address, ECHO) for address in (OUTSIDE, OTHER)]
        for end in self.ends:
            end.setblocking(False)

    def answer(self):
        for end in self.ends:
            while True:
                try:
                    data, origin = end.recvfrom(100)
                except BlockingIOError:
                    break
                end.sendto(data + b"=%s:%d" % (origin[0].encode(), origin[1]), origin)

    def ask(self, sockets, to=OUTSIDE):
        """Sends one datagram by each socket, again if need be: {its name: address and port outside}."""
        waiting = {s.fileno(): s for s in sockets}
        seen = {}
        end = time.monotonic() + PATIENCE
        while waiting and time.monotonic() < end:
            for s in waiting.values():
                s.sendto(b"%s:%d" % (s.getsockname()[0].encode(), s.getsockname()[1]), (to, ECHO))
            again = time.monotonic() + 1
            poll = select.poll()
            for number in list(waiting) + [e.fileno() for e in self.ends]:
                poll.register(number, select.POLLIN)
            while waiting and time.monotonic() < again:
                for number, _ in poll.poll(100):
                    if number not in waiting:
                        self.answer()
                        continue
                    text, _, endpoint = waiting[number].recv(100).decode().partition("=")
                    name = waiting[number].getsockname()
                    assert text == "%s:%d" % name, f"{name} has the answer of {text}"
                    seen[name] = endpoint
                    poll.unregister(number)
                    del waiting[number]
        assert not waiting, f"{len(waiting)} flows have no answer"
        return seen


def flows_ask(lab, echo, count):
    """Each flow from an address and port of its own, a batch at a time: the endpoints outside."""
    names = [(address, port) for address in (INSIDE, SECOND)
             for port in range(FIRST_PORT, FIRST_PORT + count // 2)]
    seen = {}
    for first in range(0, count, BATCH):
        sockets = [lab.inside.socket(socket.SOCK_DGRAM, *name) for name in names[first:first + BATCH]]
        seen.update(echo.ask(sockets))
        for s in sockets:
            s.close()
    return seen


def many_flows(lab, count):
    """All at once, each with a port outside that it keeps."""
    with lab.up(f"{{masquerade: [wan0], ports: 1024-65535, quota: {count}}}") as live:
        echo = Echo(lab)
        before, begin = memory_kib(live), time.monotonic()
        first = flows_ask(lab, echo, count)
        seconds, after = time.monotonic() - begin, memory_kib(live)
        assert len(set(first.values())) == count, "two flows share an endpoint"
        assert all(endpoint.startswith(f"{EXTERNAL}:") for endpoint in first.values())
        lines = lab.ask("nat", "udp").count(f" {EXTERNAL}:")
        assert lines == count, f"dobos nat lists {lines} mappings"
        assert flows_ask(lab, echo, count) == first, "an endpoint outside has changed"
        print(f"# {count} mappings: {after - before} KiB, {(after - before) * 1024 // count} bytes each; "
              f"{seconds:.1f} s, all programs in one", flush=True)


def one_port(lab):
    """Two hosts ask the same server from the same port."""
    with lab.up("{masquerade: [wan0]}"):
        echo = Echo(lab)
        both = [lab.inside.socket(socket.SOCK_DGRAM, address, 40000) for address in (INSIDE, SECOND)]
        seen = [echo.ask([s])[s.getsockname()] for s in both]
        assert seen[0] != seen[1], f"one endpoint for two hosts: {seen}"
        assert [echo.ask([s], OTHER)[s.getsockname()] for s in both] == seen, "not endpoint-independent"
        listener = lab.outside.socket(socket.SOCK_STREAM, OUTSIDE, ECHO)
        listener.listen()
        for address in INSIDE, SECOND:
            client = lab.inside.socket(socket.SOCK_STREAM, address, 40000)
            client.connect((OUTSIDE, ECHO))
            server, origin = listener.accept()
            assert origin[0] == EXTERNAL
            client.sendall(address.encode())
            assert server.recv(100) == address.encode()


def simultaneous(lab):
    """Both ends connect, and nobody listens: their SYNs cross on a long way."""
    with lab.up("{masquerade: [wan0], filtering: address-and-port-dependent}", wan=", delay: 300ms"):
        listener = lab.outside.socket(socket.SOCK_STREAM, OTHER, ECHO)
        listener.listen()
        scout = lab.inside.socket(socket.SOCK_STREAM, INSIDE, 41000)
        scout.connect((OTHER, ECHO))
        outside = listener.accept()[1]  # the mapping is one for all destinations
        inner = lab.inside.socket(socket.SOCK_STREAM, INSIDE, 41000)
        outer = lab.outside.socket(socket.SOCK_STREAM, OUTSIDE, 42000)
        # Both ask for link addresses beforehand, so that the SYNs are off at once.
        lab.inside.run("ping", "-q", "-c", "1", "-W", "5", OUTSIDE, stdout=-3)
        lab.outside.run("ping", "-q", "-c", "1", "-W", "5", "-I", OUTSIDE, EXTERNAL, stdout=-3)
        for end in inner, outer:
            end.setblocking(False)
        # This one first: so it waits already when the other's SYN comes, however late.
        outer.connect_ex(outside)
        inner.connect_ex((OUTSIDE, 42000))
        for end in inner, outer:
            soon(lambda e=end: select.select([], [e], [], 0)[1])
            assert end.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
            end.settimeout(PATIENCE)
        inner.sendall(b"from inside")
        outer.sendall(b"from outside")
        assert outer.recv(100) == b"from inside" and inner.recv(100) == b"from outside"
        assert outer.getpeername() == outside


def main():
    enter(300)
    count = int(sys.argv[1])
    lab = Lab()
    status = 1
    try:
        lab.case(f"{count} mappings at once are all answered and keep their endpoints", many_flows, lab, count)
        lab.case("two hosts with one source port talk with one server", one_port, lab)
        lab.case("TCP opens when both ends connect", simultaneous, lab)
    finally:
        status = lab.end()
    sys.exit(status)


main()
