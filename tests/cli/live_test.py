#!/usr/bin/env python3
"""Live networks from outside: up and down, every tool at a node, ^C, several of them, bad clients.

Speaks TAP. Every network lives in a folder of the test's own.
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

from tap import finish, report

DOBOS = os.environ["DOBOS_COMMAND"]
HOME = str(pathlib.Path(os.environ["DOBOS_SOURCE_ROOT"]) / "labs" / "home.yaml")
PATIENCE = 30  # seconds until something that must come is given up


def expect(title, found, wanted):
    report(title, found != wanted and f"{found!r}, expected {wanted!r}")


def expect_in(title, wanted, found):
    report(title, wanted not in found and f"{wanted!r} is not in {found!r}")


def run(*arguments, **options):
    options.setdefault("timeout", PATIENCE)
    result = subprocess.run([DOBOS, *arguments], capture_output=True, text=True, check=False, **options)
    return result.returncode, result.stdout, result.stderr


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def children_of(process):
    return pathlib.Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()


class Live:
    """A network that is live while the block runs."""

    def __init__(self, *options, file=HOME):
        self.process = subprocess.Popen([DOBOS, "lab", file, "--live", *options],
                                        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said = self.process.stderr.readline()

    def __enter__(self):
        return self

    def end(self, number=signal.SIGTERM):
        """Returns its exit status, and what it wrote."""
        self.process.send_signal(number)
        out, error = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, error

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end()


class Client:
    """A connection to a control socket."""

    def __init__(self, folder, name="home"):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(str(folder / "dobos" / (name + ".sock")))
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, line):
        self.socket.sendall(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")

    def line(self):
        return json.loads(self.file.readline())

    def ask(self, line):
        self.send(line)
        return self.line()


def files_in(folder):
    try:
        return sorted(entry.name for entry in (folder / "dobos").iterdir())
    except FileNotFoundError:
        return []


def test_up_and_down(folder):
    capture = folder / "lan.pcapng"
    with Live("--capture", f"lan={capture}") as live:
        expect("it says that it is up", live.said,
               f"dobos lab: the network home is live: 4 nodes, control socket {folder}/dobos/home.sock\n")
        place = folder / "dobos" / "home.sock"
        expect("its socket is the user's alone", place.stat().st_mode & 0o777, 0o600)
        expect("so is the folder", place.parent.stat().st_mode & 0o777, 0o700)
        expect("it is listed with its nodes", run("lab", "--list"), (0, "home: laptop router www ns\n", ""))
        listed = json.loads(run("lab", "--list", "--json")[1])
        expect("also as JSON", listed, [{"network": "home", "name": "home",
                                         "nodes": ["laptop", "router", "www", "ns"]}])
        expect("one that is not live is no list", run("lab", "--list", "-N", "nosuch"),
               (2, "", "dobos lab: nosuch: no network of that name is live\n"))
        captured = capture.read_bytes()
        status, _, error = run("lab", HOME, "--live", "--capture", f"lan={capture}")
        expect("a second one of that name is refused", status, 2)
        expect_in("with the reason", "a network home is live already", error)
        report("before it has touched any file", not captured or not capture.read_bytes().startswith(captured))
        expect("and the first still answers", run("addr", "-n", "laptop")[0], 0)
        expect("SIGTERM ends it", live.end(), (0, "", ""))
    expect("nothing is left", files_in(folder), [])
    capture.unlink()
    with Live() as live:
        expect("so does ^C", live.end(signal.SIGINT), (0, "", ""))
    with Live("--until", "300ms") as live:
        expect("so does --until", live.process.wait(PATIENCE), 0)
    expect("nothing is left of that either", files_in(folder), [])


def test_tools():
    with Live():
        status, out, error = run("addr", "-N", "home", "-n", "router", "show", "dev", "lo")
        expect("addr answers as it would with -f", (status, out, error),
               run("addr", "-f", HOME, "-n", "router", "show", "dev", "lo"))
        status, out, _ = run("--json", "-n", "laptop", "route")
        report("there is JSON", status != 0 or not json.loads(out))
        status, out, error = run("ping", "-n", "laptop", "-c", "2", "-i", "0.2", "192.168.0.1")
        expect("ping exits 0", (status, error), (0, ""))
        expect_in("ping shows its statistics", "2 packets transmitted, 2 received", out)
        expect("fetch exits 22 for an error page, as curl does",
               run("fetch", "-n", "laptop", "--fail", "http://www.example.org/nosuch")[0], 22)
        expect_in("fetch fetches", "five layers", run("fetch", "-n", "laptop", "http://www.example.org/")[1])
        # Those who fetched asked the router, which asked the provider's server.
        expect_in("dns shows what was learned", "forwarder 203.0.113.80",
                  run("dns", "-n", "router", "cache", "www.example.org", "A")[1])
        expect_in("dns makes it forget", "forgotten", run("dns", "-n", "router", "flush", "example.org")[1])
        expect("and it has", run("dns", "-n", "router", "cache")[1], "Name TTL Type From Data\n")
        expect("a node that is not there", run("addr", "-n", "nosuch"),
               (2, "", "dobos addr: nosuch: no such node; the network home has laptop, router, www, ns\n"))
        expect("no node", run("addr"),
               (2, "", "dobos addr: -n NODE is missing; the network home has laptop, router, www, ns\n"))
        status, out, error = run("addr", "-n", "laptop", "show", "dev", "nosuch")
        expect("an interface that is not there", (status, out, error),
               run("addr", "-f", HOME, "-n", "laptop", "show", "dev", "nosuch"))
        expect("a network that is not live", run("addr", "-N", "nosuch", "-n", "laptop"),
               (2, "", "dobos addr: nosuch: no network of that name is live; there is home\n"))
        expect("a name that is none", run("addr", "-N", "../home", "-n", "laptop")[0], 2)
        expect("--seed is not for live networks", run("addr", "-N", "home", "--seed", "3")[0], 2)


def test_several():
    with Live(), Live("-N", "other"):
        expect("two are told apart", run("addr", "-n", "laptop"),
               (2, "", "dobos addr: several networks are live: -N NAME says which: home other\n"))
        expect("by -N", run("addr", "-N", "other", "-n", "ns")[0], 0)
    with Live("-N", "asleep") as asleep, Live():
        asleep.process.send_signal(signal.SIGSTOP)
        expect("one that is stopped holds no list up", run("lab", "--list"),
               (0, "home: laptop router www ns\n", "dobos lab: asleep: the network does not answer\n"))
        asleep.process.send_signal(signal.SIGCONT)
    expect("none is live", run("addr", "-n", "laptop")[0], 2)


def test_interrupt():
    with Live() as live:
        ping = subprocess.Popen([DOBOS, "ping", "-n", "laptop", "192.168.0.1"], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        expect_in("what ping writes is shown as it comes", "PING 192.168.0.1", ping.stdout.readline())
        expect_in("line by line", "icmp_seq=1", ping.stdout.readline())
        ping.send_signal(signal.SIGINT)
        out, error = ping.communicate(timeout=PATIENCE)
        expect("^C interrupts it", (ping.returncode, error), (0, ""))
        expect_in("with its last word", "ping statistics", out)
        ping = subprocess.Popen([DOBOS, "ping", "-n", "laptop", "192.168.0.1"], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        ping.stdout.readline()
        live.end(signal.SIGKILL)
        out, error = ping.communicate(timeout=PATIENCE)
        expect("a network that dies in the middle", (ping.returncode, error),
               (125, "dobos ping: the network home has ended\n"))


def test_kills(folder):
    live = Live()
    live.end(signal.SIGKILL)
    report("a killed network's socket goes", not wait_for(lambda: files_in(folder) == []))
    with Live() as live:
        guard = children_of(live.process.pid)
        expect("it has a guard", len(guard), 1)
        os.kill(int(guard[0]), signal.SIGKILL)
        report("a killed guard has a successor",
               not wait_for(lambda: children_of(live.process.pid) not in (guard, [])))
        expect("and the network goes on", run("addr", "-n", "laptop")[0], 0)
        live.end(signal.SIGKILL)
    report("whom the successor follows", not wait_for(lambda: files_in(folder) == []))
    live = Live()
    for process in (int(children_of(live.process.pid)[0]), live.process.pid):
        os.kill(process, signal.SIGSTOP)
    for process in (int(children_of(live.process.pid)[0]), live.process.pid):
        os.kill(process, signal.SIGKILL)
    live.process.communicate()
    expect("without any guard the socket stays", files_in(folder), ["home.sock"])
    expect("and is no network", run("addr", "-n", "laptop")[0], 2)
    expect("nor by its name", run("addr", "-N", "home", "-n", "laptop")[0], 2)
    with Live() as live:
        expect("the next one takes its place", run("addr", "-n", "laptop")[0], 0)
    expect("and takes it away", files_in(folder), [])


def test_places(folder):
    """Links, files and folders of others in the socket's place."""
    place = folder / "dobos" / "home.sock"
    victim = folder / "victim"
    victim.write_text("precious", encoding="ascii")
    place.symlink_to(victim)
    status, _, error = run("lab", HOME, "--live")
    expect("a link is not followed", (status, victim.read_text(encoding="ascii")), (2, "precious"))
    expect_in("but named", "home.sock is there and is no socket", error)
    place.unlink()
    place.write_text("mine", encoding="ascii")
    expect("a file stays", (run("lab", HOME, "--live")[0], place.read_text(encoding="ascii")), (2, "mine"))
    expect("a file is no network", run("addr", "-N", "home", "-n", "laptop")[0], 2)
    place.unlink()
    place.parent.chmod(0o770)
    status, _, error = run("lab", HOME, "--live")
    expect("a folder open to others is refused", status, 2)
    expect_in("with the reason", "not this user's alone", error)
    expect("by who asks too", run("addr", "-n", "laptop")[0], 125)
    place.parent.chmod(0o700)
    place.parent.rmdir()
    place.parent.symlink_to(folder)
    expect("a link to a folder is refused", run("lab", HOME, "--live")[0], 2)
    place.parent.unlink()
    for name in ("a/b", "..", "-x", "x" * 64, ""):
        expect(f"-N '{name[:5]}' is no name", run("lab", HOME, "--live", "-N" + name)[0], 2)
    if os.geteuid() == 0:
        os.chown(folder, 61234, 61234)
        fallback = pathlib.Path("/tmp/dobos-0")
        with Live("-N", f"fallback-{os.getpid()}") as live:
            expect("somebody else's folder is not used", str(folder) in live.said, False)
        os.chown(folder, 0, 0)
        if fallback.is_dir() and not any(fallback.iterdir()):
            fallback.rmdir()


def test_protocol(folder):
    with Live():
        with Client(folder) as client:
            expect("it says what network it is", client.ask({"do": "network"})["nodes"],
                   ["laptop", "router", "www", "ns"])
            for line in (b"\n", b"{\n", b"[]\n", b"null\n", b'"x"\n', b"\xff\xfe\n", b"{}\n", b'{"do":7}\n',
                         b'{"do":"fly"}\n', b'{"do":"run"}\n', b'{"do":"run","arguments":[]}\n',
                         b'{"do":"run","arguments":[1]}\n', b'{"do":"run","arguments":"addr"}\n',
                         b'{"do":"run","arguments":["addr"],"node":7}\n',
                         b'{"do":"run","arguments":["addr"],"node":"laptop","more":1}\n',
                         b'{"do":"run","arguments":["addr"],"node":"laptop","json":"yes"}\n',
                         b'{"do":"run","arguments":["a\\u0000b"],"node":"laptop"}\n',
                         b'{"do":"run","arguments":["addr"]}\n', b'{"do":"network","node":"laptop"}\n',
                         b'{"do":"run","do":"run"}\n', b"[" * 5000 + b"\n",
                         json.dumps({"do": "run", "arguments": ["x"] * 300}).encode() + b"\n"):
                answer = client.ask(line)
                report(f"refused: {line[:60]!r}", list(answer) != ["refused"] and answer)
            client.send({"do": "interrupt"})
            answer = client.ask({"do": "run", "node": "laptop", "arguments": ["nosuch"]})
            expect("no such tool", (list(answer), client.line()), (["error"], {"exit": 2}))
            client.send({"do": "run", "node": "laptop", "arguments": ["ping", "192.168.0.1"]})
            answer = client.ask({"do": "run", "node": "laptop", "arguments": ["addr"]})
            while "out" in answer:
                answer = client.line()
            expect("one tool at a time", answer, {"refused": "a tool runs already on this connection"})
        with Client(folder) as client:
            client.send(b"x" * 70000)
            expect("a line without end", client.line(), {"refused": "a line is too long"})
            try:
                rest = client.file.readline()
            except ConnectionResetError:
                rest = b""
            expect("ends the connection", rest, b"")
        with Client(folder) as client:
            client.send({"do": "run", "node": "laptop", "arguments": ["addr"]})
            client.socket.shutdown(socket.SHUT_WR)
            lines = client.file.readlines()
            expect("who asks and sends no more gets the answer", json.loads(lines[-1]), {"exit": 0})


def test_greed(folder):
    """Clients that take nothing, or everything: the network answers others all the while."""
    with Live() as live:
        with Client(folder) as deaf:
            question = json.dumps({"do": "network"}).encode() + b"\n"
            deaf.socket.setblocking(False)
            sent = 0
            try:
                while sent < 50 << 20:
                    sent += deaf.socket.send(question * 1000)
            except BlockingIOError:
                pass
            report("who does not read is not read from", sent >= 50 << 20)
            expect("others are answered", run("addr", "-n", "laptop")[0], 0)
            report("and nothing piles up", resident_bytes(live.process.pid) > 64 << 20)
        crowd = [Client(folder) for _ in range(32)]
        with Client(folder) as one_more:
            expect("one too many", one_more.line(), {"refused": "too many connections"})
        expect("who asks is told", run("addr", "-n", "laptop"),
               (2, "", "dobos addr: too many connections\n"))
        for client in crowd:
            client.__exit__()
        report("room is made again", not wait_for(lambda: run("addr", "-n", "laptop")[0] == 0))


def resident_bytes(process):
    pages = pathlib.Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def test_long_answers(folder):
    """Many requests that come at once, each with a long answer that nobody takes."""
    big = folder / "big.yaml"
    big.write_text("network: big\nsegments: {lan: {}}\nnodes:\n" + "".join(
        f"  n{i:060}: {{interfaces: {{eth0: {{segment: lan}}}}}}\n" for i in range(1000)), encoding="ascii")
    with Live(file=str(big)) as live, Client(folder, "big") as deaf:
        before = resident_bytes(live.process.pid)
        questions = 3000
        deaf.send(b'{"do":"network"}\n' * questions)
        expect("others are answered", run("addr", "-n", "n" + "0" * 60)[0], 0)
        report("no heap of answers is made", resident_bytes(live.process.pid) - before > 32 << 20)
        deaf.socket.shutdown(socket.SHUT_WR)
        expect("who reads at last gets all", len(deaf.file.readlines()), questions)
    big.unlink()


def test_too_much_to_do(folder):
    """A transfer that never ends, on a cable without a rate: more than any machine can do in that time."""
    fast = folder / "fast.yaml"
    fast.write_text("""\
network: fast
segments: {lan: {}}
nodes:
  a: {interfaces: {eth0: {segment: lan, addresses: [192.168.5.1/24]}}}
  b:
    interfaces: {eth0: {segment: lan, addresses: [192.168.5.2/24]}}
    services: {http: {pages: {/: hello}}}
""", encoding="utf-8")
    with Live(file=str(fast)) as live:
        fetch = subprocess.Popen([DOBOS, "fetch", "-n", "a", "--upload", "1000000000000", "http://192.168.5.2/"],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        report("it is under way", not wait_for(lambda: "bytes_sent" in run("ss", "-n", "a", "-ti")[1]))
        expect("others are answered meanwhile", run("addr", "-n", "b", "-br")[0], 0)
        fetch.send_signal(signal.SIGINT)
        fetch.communicate(timeout=PATIENCE)
        expect("^C ends it", run("ping", "-n", "a", "-c", "1", "192.168.5.2")[0], 0)
        fetch = subprocess.Popen([DOBOS, "fetch", "-n", "a", "--upload", "1000000000000", "http://192.168.5.2/"],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        report("it is under way again", not wait_for(lambda: "bytes_sent" in run("ss", "-n", "a", "-ti")[1]))
        expect("SIGTERM ends the network all the same", live.end()[0], 0)
        fetch.communicate(timeout=PATIENCE)
    fast.unlink()


def test_lost_output():
    with Live(), open("/dev/full", "w", encoding="utf-8") as full:
        result = subprocess.run([DOBOS, "addr", "-n", "laptop"], stdout=full, stderr=subprocess.PIPE,
                                text=True, check=False, timeout=PATIENCE)
        expect("a tool whose output is lost says why", (result.returncode, result.stderr),
               (1, "dobos: standard output: No space left on device\n"))


def test_strangers(folder):
    """Who gets as far as the socket, and is another user, is not heard."""
    if os.geteuid() != 0:
        return
    ask = ("import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
           "s.settimeout(20); s.send(b'{\"do\":\"network\"}\\n'); print(s.recv(100))")
    with Live() as live:
        place = folder / "dobos" / "home.sock"
        stranger = ["setpriv", "--reuid", "61234", "--regid", "61234", "--clear-groups", "python3", "-c", ask, place]
        folder.chmod(0o711)
        result = subprocess.run(stranger, capture_output=True, text=True, check=False, timeout=PATIENCE)
        expect_in("a stranger does not reach the socket", "Permission denied", result.stderr)
        place.parent.chmod(0o711)
        place.chmod(0o666)
        result = subprocess.run(stranger, capture_output=True, text=True, check=False, timeout=PATIENCE)
        report("nor is answered when it does", "home" in result.stdout and result.stdout)
        report("but hung up on", "ConnectionResetError" not in result.stderr and "BrokenPipe" not in result.stderr
               and result.stdout != "b''\n" and (result.stdout, result.stderr))
        place.parent.chmod(0o700)
        expect("the network goes on", run("addr", "-n", "laptop")[0], 0)
        live.end()


def test_place(folder):
    """A program in a node's place: dobos run -N."""
    two = folder / "two.yaml"
    two.write_text("""\
network: two
segments: {lan: {}}
nodes:
  a: {interfaces: {eth0: {segment: lan, addresses: [192.168.5.1/24]}}}
  b: {interfaces: {eth0: {segment: lan, addresses: [192.168.5.2/24]}}}
  r:
    interfaces: {eth0: {segment: lan, addresses: [192.168.5.254/24]}}
    services: {http: {pages: {/: hello}}}
""", encoding="utf-8")
    serve = "import http.server; http.server.test(http.server.SimpleHTTPRequestHandler, port=8000)"
    ask = ["python3", "-c", "import urllib.request as u; print(u.urlopen('http://192.168.5.2:8000/').status)"]
    with Live(file=str(two)) as live:
        server = subprocess.Popen([DOBOS, "run", "-N", "two", "-n", "b", "--", "python3", "-c", serve],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
        (folder / "bytes").write_bytes(os.urandom(3 << 20))
        report("a program answers a node of the network", not wait_for(
            lambda: run("fetch", "-n", "a", "--head", "http://192.168.5.2:8000/")[0] == 0))
        expect("and another program", run("run", "-N", "two", "-n", "a", "--", *ask), (0, "200\n", ""))
        with Client(folder, "two") as deaf:
            fetch = ["fetch", "http://192.168.5.2:8000/bytes"]
            deaf.send({"do": "run", "node": "a", "arguments": fetch})
            for _ in range(2):
                found = subprocess.run([DOBOS, *fetch[:1], "-n", "a", *fetch[1:]], capture_output=True,
                                       check=False, timeout=PATIENCE)
                report("what is no text comes whole, also beside who does not read", (found.returncode,
                       found.stdout) != (0, (folder / "bytes").read_bytes()) and found.stderr)
            answer = {}
            while "exit" not in answer:
                answer = deaf.line()
            expect("who reads at last gets all", answer, {"exit": 0})
        expect("without -n it takes the first that it can", run("run", "-N", "two", "--", *ask)[:2], (0, "200\n"))
        status, _, error = run("run", "-N", "two", "-n", "b", "--", "true")
        expect("a place is taken once", status, 125)
        expect_in("with the reason", "a program has its place already", error)
        expect_in("a node with services has none", "with services",
                  run("run", "-N", "two", "-n", "r", "--", "true")[2])
        expect("a node that is not there", run("run", "-N", "two", "-n", "x", "--", "true"),
               (125, "", "dobos run: x: no such node; the network two has a, b, r\n"))
        expect("a network that is not live", run("run", "-N", "x", "--", "true")[0], 125)
        expect("-f is another network", run("run", "-N", "two", "-f", HOME, "--", "true")[0], 125)
        expect("CMD's exit status", run("run", "-N", "two", "-n", "a", "--", "sh", "-c", "exit 7")[0], 7)
        server.send_signal(signal.SIGTERM)
        expect("signals pass", server.wait(PATIENCE), 143)
        report("then the node is the network's own again", not wait_for(
            lambda: run("ping", "-n", "a", "-c", "1", "-W", "1", "192.168.5.2")[0] == 0))
        asleep = subprocess.Popen([DOBOS, "run", "-N", "two", "-n", "b", "--", "sleep", "60"])
        report("it is taken again", not wait_for(lambda: run("addr", "-n", "b")[0] == 2))
        expect("who asks there is told", run("addr", "-n", "b"),
               (2, "", "dobos addr: b: a program has this node's place, and only its own tools know\n"))
        asleep.kill()
        asleep.wait()
        report("and given back when dobos is killed", not wait_for(lambda: run("addr", "-n", "b")[0] == 0))
        with Client(folder, "two") as client:
            expect("a device needs a place", client.ask({"do": "attach"}), {"refused": "no place is taken"})
            told = client.ask({"do": "take", "node": "b"})["configure"]
            expect("a client may take one", (told["interface"], told["addresses"][0]["address"]),
                   ("eth0", "192.168.5.2/24"))
            expect("once", client.ask({"do": "take"}),
                   {"refused": "this connection has taken a place already"})
            with open("/dev/null", "rb") as nothing:
                socket.send_fds(client.socket, [b'{"do":"attach"}\n'], [nothing.fileno()])
            expect_in("what is no TAP device is refused", "TAP device", client.line().get("refused", ""))
            before = len(os.listdir(f"/proc/{live.process.pid}/fd"))
            with open("/dev/null", "rb") as nothing:
                for _ in range(20):
                    socket.send_fds(client.socket, [b'{"do":"attach"}\n'], [nothing.fileno()] * 3)
                    client.line()
            expect("of several descriptors none stays", len(os.listdir(f"/proc/{live.process.pid}/fd")), before)
        report("its place is free when it goes", not wait_for(lambda: run("addr", "-n", "b")[0] == 0))
        asleep = subprocess.Popen([DOBOS, "run", "-N", "two", "-n", "b", "--", "sleep", "60"], text=True,
                                  stderr=subprocess.PIPE)
        report("a program lives", not wait_for(lambda: run("addr", "-n", "b")[0] == 2))
        live.end()
        expect("as long as its network", (asleep.communicate(timeout=PATIENCE)[1], asleep.returncode),
               ("dobos run: the network two has ended\n", 125))
    two.unlink()


def test_lease(folder):
    """A program in the place of a node that leases its address; and a capture that can be read meanwhile."""
    capture = folder / "lan.pcapng"
    with Live("--capture", f"lan={capture}"):
        status, out, error = run("run", "-N", "home", "-n", "laptop", "--", "ip", "-4", "-o", "addr", "show", "dev", "eth0")
        expect("it starts with its lease", (status, " dynamic eth0" in out, error), (0, True, ""))
        status, out, _ = run("dump", str(capture))
        expect("the capture is there already", (status, "DHCP" in out), (0, True))
        report("the node leases again for itself", not wait_for(
            lambda: "dynamic" in run("addr", "-n", "laptop", "show", "dev", "eth0")[1]))
    capture.unlink()


def test_words(folder):
    with Live(), Client(folder) as client:
        client.send({"do": "run", "node": "laptop", "arguments": ["ping", "-c", "1", "\u00fc\u20ac"]})
        written, answer = "", {}
        while "exit" not in answer:
            answer = client.line()
            written += answer.get("error", "")
        expect_in("an argument keeps its letters", "\u00fc\u20ac", written)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        os.environ["XDG_RUNTIME_DIR"] = scratch
        test_up_and_down(folder)
        test_tools()
        test_several()
        test_interrupt()
        test_kills(folder)
        test_protocol(folder)
        test_greed(folder)
        test_long_answers(folder)
        test_too_much_to_do(folder)
        test_words(folder)
        test_place(folder)
        test_strangers(folder)
        test_lost_output()
        test_lease(folder)
        test_places(folder)
    return finish()


sys.exit(main())
