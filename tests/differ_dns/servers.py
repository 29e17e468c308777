"""servers: who is asked by differ_dns, and the asking itself, from inside the network.

    servers.py ask FOLDER              questions.json of FOLDER -> answers.json, at what is there
    servers.py peers FOLDER            the same in a network namespace of this program's own, where nsd, knot
                                       (at port 5353 of the same addresses) and unbound serve FOLDER/zones

Questions are asked at (server, wire bytes, "udp" or "tcp"). Those for servers with authority go out many at
a time, those for the cache in their order.
"""
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import zones

NSD, KNOT = 53, 5353
PATIENCE, SILENCE = 4, 1  # seconds for an answer, and where none is expected
TRIES = 3
AT_ONCE = 12
PIPELINE = 5


# ---- asking ----

def ask_udp(address, message, seconds):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(seconds)
        s.connect(address)
        try:
            s.send(message)
            return s.recv(65535)
        except OSError:
            return None


def read_exactly(stream, count):
    data = b""
    while len(data) < count:
        part = stream.recv(count - len(data))
        if not part:
            raise ConnectionError
        data += part
    return data


def ask_tcp(address, messages, seconds):
    """Answers of one connection, by id: all are asked before the first is read."""
    found = {}
    try:
        with socket.create_connection(address, timeout=seconds) as s:
            s.sendall(b"".join(struct.pack("!H", len(m)) + m for m in messages))
            for _ in messages:
                message = read_exactly(s, struct.unpack("!H", read_exactly(s, 2))[0])
                found[message[:2]] = message
    except OSError:
        pass
    return [found.get(m[:2]) for m in messages]


def ask(address, question):
    """One question until there is an answer."""
    message = bytes.fromhex(question["wire"])
    silent = question.get("silent", False)
    for _ in range(1 if silent else 2 if question.get("odd") else TRIES):
        seconds = SILENCE if silent else question.get("patience", PATIENCE)
        answer = ask_tcp(address, [message], seconds)[0] if question["by"] == "tcp" else \
            ask_udp(address, message, seconds)
        if answer is not None:
            return answer
    return None


def ask_batch(address, questions):
    """By TCP several at once; what stays without an answer is asked again alone."""
    if len(questions) > 1:
        found = ask_tcp(address, [bytes.fromhex(q["wire"]) for q in questions], PATIENCE)
    else:
        found = [None]
    return {q["id"]: a if a is not None else ask(address, q) for q, a in zip(questions, found)}


def batches(questions):
    """TCP questions that are sound in fives, all others alone."""
    sound = [q for q in questions if q["by"] == "tcp" and not q.get("odd")]
    yield from (sound[i:i + PIPELINE] for i in range(0, len(sound), PIPELINE))
    yield from ([q] for q in questions if q["by"] != "tcp" or q.get("odd"))


def ask_all(questions, port):
    answers, ordered = {}, [q for q in questions if q["at"] == zones.CACHE[0]]
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [pool.submit(ask_batch, (address, port), batch) for name, (address, _) in zones.SERVERS.items()
                   for batch in batches([q for q in questions if q["at"] == name])]
        for done in waiting:
            answers.update(done.result())
    middle = time.monotonic()
    if port == NSD:
        for question in ordered:
            answers[question["id"]] = ask((zones.CACHE[1], NSD), question)
    print(f"{len(answers)} questions, {middle - begun:.1f} s with authority, "
          f"{time.monotonic() - middle:.1f} s the cache", file=sys.stderr)
    return {number: answer.hex() if answer is not None else None for number, answer in answers.items()}


def wait_for(address, seconds=20):
    """Until somebody answers there at all."""
    end = time.monotonic() + seconds
    while ask_udp(address, bytes.fromhex("123400000001000000000000") + b"\0\0\2\0\1", 0.2) is None:
        if time.monotonic() > end:
            raise SystemExit(f"nobody answers at {address}")


# ---- nsd, knot and unbound ----

def nsd(folder, name, address, served):
    zone_lines = "".join(f'zone:\n  name: "{z}"\n  zonefile: "{zones.file_of(z)}"\n' for z in served)
    (folder / "nsd.conf").write_text(f"""
server:
  ip-address: {address}@{NSD}
  username: ""
  chroot: ""
  zonesdir: "{folder.parent}/zones"
  database: ""
  pidfile: ""
  logfile: "{folder}/nsd.log"
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  xfrdir: "{folder}"
  do-ip6: no
  server-count: 1
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
{zone_lines}""")
    return ["nsd", "-d", "-c", str(folder / "nsd.conf")]


def knot(folder, name, address, served):
    zone_lines = "".join(f'  - domain: "{z}"\n    file: "{zones.file_of(z)}"\n' for z in served
                         if z not in zones.UNKNOWN_TO_KNOT)
    (folder / "knot.conf").write_text(f"""
server:
  rundir: "{folder}"
  listen: {address}@{KNOT}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: "{folder}/knot"
control:
  listen: "{folder}/knot.sock"
log:
  - target: "{folder}/knot.log"
    any: info
template:
  - id: default
    storage: "{folder.parent}/zones"
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
zone:
{zone_lines}""")
    return ["knotd", "-c", str(folder / "knot.conf")]


def unbound(folder, address):
    (folder / "hints").write_text("".join(
        f". 3600 NS {letter}.roots.dobos.\n{letter}.roots.dobos. 3600 A {zones.NET}{i}\n"
        for i, letter in ((1, "a"), (2, "b"))))
    (folder / "unbound.conf").write_text(f"""
server:
  interface: {address}
  access-control: 0.0.0.0/0 allow
  outgoing-interface: {address}
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  logfile: "{folder}/unbound.log"
  root-hints: "{folder}/hints"
  do-ip6: no
  do-daemonize: no
  num-threads: 1
  module-config: "iterator"
  qname-minimisation: yes
  use-caps-for-id: no
  rrset-roundrobin: no
  minimal-responses: yes
  do-not-query-localhost: no
  unknown-server-time-limit: 200
  cache-max-ttl: 2147483647
  local-zone: "2.0.192.in-addr.arpa." nodefault
  local-zone: "8.b.d.0.1.0.0.2.ip6.arpa." nodefault
remote-control:
  control-enable: no
""")
    return ["unbound", "-d", "-p", "-c", str(folder / "unbound.conf")]


class Peers:
    """The programs that ours are held against."""

    def __init__(self, folder):
        self.folder, self.programs = folder, []

    def start(self, words, log):
        with open(log, "wb") as file:
            self.programs.append(subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=file, stderr=file))

    def __enter__(self):
        for name, (address, served) in zones.SERVERS.items():
            folder = self.folder / name
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            subprocess.run(["ip", "addr", "add", f"{address}/32", "dev", "lo"], check=True)
            for program in (nsd, knot):
                self.start(program(folder, name, address, served), folder / f"{program.__name__}.out")
        name, address = zones.CACHE
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        subprocess.run(["ip", "addr", "add", f"{address}/32", "dev", "lo"], check=True)
        self.start(unbound(folder, address), folder / "unbound.out")
        for address, _ in zones.SERVERS.values():
            wait_for((address, NSD))
            wait_for((address, KNOT))
        wait_for((zones.CACHE[1], NSD))
        return self

    def __exit__(self, *_):
        for program in self.programs:
            program.terminate()
        for program in self.programs:
            try:
                program.wait(5)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()


# ---- the two sides ----

def peers(folder):
    if os.environ.get("DIFFER_DNS") != "inside":
        os.environ["DIFFER_DNS"] = "inside"
        words = ["unshare", "--net", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc"]
        if os.getuid() != 0:
            words += ["--user", "--map-root-user"]
        os.execvp(words[0], [*words, sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    questions = json.loads((folder / "questions.json").read_text())
    with Peers(folder):
        found = {"nsd": ask_all(questions, NSD), "knot": ask_all(questions, KNOT)}
        (folder / "peers.json").write_text(json.dumps(found))


def ours(folder):
    questions = json.loads((folder / "questions.json").read_text())
    for name in {q["at"] for q in questions}:
        wait_for((zones.SERVERS.get(name, zones.CACHE[1:])[0], NSD))
    (folder / "ours.json").write_text(json.dumps(ask_all(questions, NSD)))


if __name__ == "__main__":
    signal.alarm(550)
    {"ask": ours, "peers": peers}[sys.argv[1]](pathlib.Path(sys.argv[2]))
