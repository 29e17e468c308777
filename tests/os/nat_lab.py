"""nat_lab: what the tests of NAT with real programs share: a router of dobos between two namespaces.

    inside (192.168.0.10, .11) ---- in0 | lan ---- router ---- wan | out0 ---- outside (203.0.113.80, .81)

`dobos lab --live` has the router; its segments are joined to veths whose other ends are in namespaces
of this program's own, with the kernel's stack in them. Works as an ordinary user where user namespaces
do. Everything ends with the first process of the namespace. What is printed is TAP.
"""
import contextlib
import ctypes
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time

DOBOS = os.environ["DOBOS_COMMAND"]
INSIDE, SECOND = "192.168.0.10", "192.168.0.11"
EXTERNAL = "203.0.113.1"
OUTSIDE, OTHER = "203.0.113.80", "203.0.113.81"
PATIENCE = 20  # seconds for anything to happen
CLONE_NEWNET = 0x40000000

NETWORK = """network: nat
segments:
  lan: {{interface: in0}}
  wan: {{interface: out0{wan}}}
nodes:
  router:
    forwarding: true
    interfaces:
      lan0: {{segment: lan, addresses: [192.168.0.1/24]}}
      wan0: {{segment: wan, addresses: [203.0.113.1/24]}}
    {nat}
"""


def enter(seconds):
    """Goes on in a namespace of its own, as its root, for so many seconds at most."""
    if os.environ.get("NAT_LAB") == "inside":
        signal.alarm(seconds)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return
    words = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.getuid() != 0:
        words += ["--user", "--map-root-user"]
    os.environ["NAT_LAB"] = "inside"
    os.execvp(words[0], words + [sys.executable, *sys.argv])


def soon(what, *, seconds=PATIENCE):
    """The first true answer of `what`."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"nothing came of {what}")
        time.sleep(0.02)


class Space:
    """A network namespace, held by a process."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "100000"])
        self.path = f"/proc/{self.holder.pid}/ns/net"
        own = os.readlink("/proc/self/ns/net")
        soon(lambda: os.readlink(self.path) != own)
        self.run("ip", "link", "set", "lo", "up")

    def words(self, *words):
        return ["nsenter", f"--net={self.path}", "--", *words]

    def run(self, *words, **options):
        options = {"check": True, "timeout": 60, **options}
        return subprocess.run(self.words(*words), stdin=subprocess.DEVNULL, **options)

    def start(self, *words, **options):
        return subprocess.Popen(self.words(*words), stdin=subprocess.DEVNULL, **options)

    @contextlib.contextmanager
    def inside(self):
        """What is opened in here belongs to the namespace."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net", "rb") as own, open(self.path, "rb") as other:
            if libc.setns(other.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield
            finally:
                libc.setns(own.fileno(), CLONE_NEWNET)

    def socket(self, kind, address="0.0.0.0", port=0):
        with self.inside():
            made = socket.socket(socket.AF_INET, kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.settimeout(PATIENCE)
        made.bind((address, port))
        return made


class Lab:
    """The two namespaces, and the router between them while it is `up`."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        os.environ["XDG_RUNTIME_DIR"] = str(self.folder)
        self.programs = []
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        self.inside = self.space("in0", (INSIDE, SECOND), "192.168.0.1")
        self.outside = self.space("out0", (OUTSIDE, OTHER), None)
        self.count = self.failed = 0

    def space(self, name, addresses, gateway):
        space = Space()
        subprocess.run(["ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns",
                        str(space.holder.pid)], check=True)
        subprocess.run(["ip", "link", "set", name, "up"], check=True)
        space.run("ip", "link", "set", "eth0", "up")
        for address in addresses:
            space.run("ip", "addr", "add", f"{address}/24", "dev", "eth0")
        if gateway:
            space.run("ip", "route", "add", "default", "via", gateway)
        return space

    @contextlib.contextmanager
    def up(self, nat, wan=""):
        """Brings the router up with these keys; gives the process of dobos."""
        path = self.folder / "nat.yaml"
        path.write_text(NETWORK.format(nat=nat and f"nat: {nat}", wan=wan))
        said = self.folder / "said"
        with open(said, "wb") as out:
            live = subprocess.Popen([DOBOS, "lab", str(path), "--live"], stdin=subprocess.DEVNULL,
                                    stdout=out, stderr=out)
        try:
            soon(lambda: b"is live" in said.read_bytes() or live.poll() is not None)
            if live.poll() is not None:
                raise RuntimeError(said.read_text())
            yield live
        finally:
            live.terminate()
            live.wait(PATIENCE)

    def ask(self, *words):
        """What a tool says at the router."""
        return subprocess.run([DOBOS, words[0], "-n", "router", *words[1:]], check=True, text=True,
                              stdout=subprocess.PIPE, timeout=60).stdout

    def serve(self, space, *words, port, address="127.0.0.1"):
        """Starts a program and waits until it listens."""
        log = self.folder / f"{pathlib.Path(words[0]).name}.log"
        with open(log, "ab") as out:
            program = space.start(*words, stdout=out, stderr=out)
        self.programs.append(program)

        def is_there():
            if program.poll() is not None:
                raise RuntimeError(f"{words[0]} ended: {log.read_text()}")
            with space.inside():
                probe = socket.socket()
            with probe:
                return probe.connect_ex((address, port)) == 0
        soon(is_there)
        return program

    def case(self, name, function, *arguments):
        """A case of TAP."""
        self.count += 1
        try:
            function(*arguments)
            print(f"ok {self.count} - {name}", flush=True)
        except (AssertionError, OSError, RuntimeError, subprocess.SubprocessError) as fault:
            self.failed += 1
            print(f"not ok {self.count} - {name}", flush=True)
            for line in f"{type(fault).__name__}: {fault}".splitlines():
                print(f"# {line}", flush=True)

    def end(self):
        for program in self.programs:
            program.terminate()
        for program in self.programs:
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.wait(5)
        for space in self.inside, self.outside:
            space.holder.kill()
            space.holder.wait()
        subprocess.run(["rm", "-rf", str(self.folder)], check=True)
        print(f"1..{self.count}")
        return 1 if self.failed else 0
