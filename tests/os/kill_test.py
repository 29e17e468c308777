#!/usr/bin/env python3
"""kill_test [KILLS [SEED]]: dobos run, dobos run -N and dobos lab --live, killed at random, leave nothing.

Each time somebody starts one of them (root, or an ordinary user), and after a random while somebody
sends TERM or KILL to a process of it: dobos itself, the first process inside the namespace, CMD, or
the guard of the control socket. What does not end by that is ended by a second signal to dobos. Then
the processes, mounts, interfaces and files must be those from before.

The test has namespaces of its own, so that it sees all that is left, and nobody else's. Speaks TAP.
"""
import ctypes
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

USER = 61234
PATIENCE = 20  # seconds until something that must happen is given up
NETWORK = """\
network: flat
segments:
  lan: {}
nodes:
  laptop:
    interfaces:
      eth0: {segment: lan, addresses: [192.168.7.4/24], routes: [{to: default, via: 192.168.7.1}]}
  router:
    interfaces:
      lan0: {segment: lan, addresses: [192.168.7.1/24]}
"""
# A program with children that go on without it, one of them deaf to TERM in a session of its own.
COMMAND = ("setsid sh -c 'trap \"\" TERM; while :; do sleep 1; done' >/dev/null 2>&1 &"
           "sleep 300 & while :; do sleep 0.1; done")
INSIDE = """
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 none /mnt
cp "$1" "$2" /mnt # they may stand in /tmp, too
export DOBOS_COMMAND="/mnt/${2##*/}"
script="/mnt/${1##*/}"
shift 2
mount -t tmpfs -o mode=1777 none /tmp
if mknod -m 666 /mnt/tun c 10 200 2>/dev/null; then mount --bind /mnt/tun /dev/net/tun; fi
ip link set lo up
python=$1
shift
exec "$python" "$script" "$@"
"""


def enter(arguments):
    """Begins anew as process 2 of namespaces of its own."""
    words = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        words += ["--user", "--map-root-user"]
    words += ["sh", "-c", INSIDE, "sh", __file__, os.environ["DOBOS_COMMAND"], sys.executable, *arguments]
    os.execvp(words[0], words)


class Scene:
    """Where the kills happen: a folder that everybody can reach."""

    def __init__(self, folder, generator, ordinary):
        self.folder, self.random, self.ordinary = pathlib.Path(folder), generator, ordinary
        self.folder.chmod(0o755)
        self.dobos = self.folder / "dobos"
        self.dobos.write_bytes(pathlib.Path(os.environ["DOBOS_COMMAND"]).read_bytes())
        self.dobos.chmod(0o755)
        self.network = self.folder / "flat.yaml"
        self.network.write_text(NETWORK, encoding="utf-8")
        for name, owner in (("root", 0), ("user", USER)):
            (self.folder / name).mkdir(mode=0o700)
            if ordinary:
                os.chown(self.folder / name, owner, owner)

    def start(self, kind, root):
        words = {"lab --live": ["lab", str(self.network), "--live"],
                 "run": ["run", "-f", str(self.network), "--", "sh", "-c", COMMAND],
                 "run -N": ["run", "-N", "other", "--", "sh", "-c", COMMAND],
                 "the network of run -N": ["lab", str(self.network), "--live", "-N", "other"]}[kind]
        words.insert(0, str(self.dobos))
        drop = [] if root else ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups"]
        runtime = self.folder / ("root" if root else "user")
        return subprocess.Popen([*drop, *words], env={**os.environ, "XDG_RUNTIME_DIR": str(runtime)},
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def state(self):
        """All that could be left: processes, mounts, interfaces, files."""
        reap()
        processes = {entry.name: name_of(entry) for entry in pathlib.Path("/proc").iterdir()
                     if entry.name.isdigit() and int(entry.name) != os.getpid()}
        mounts = pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
        links = [line.split(":")[0].strip() for line in
                 pathlib.Path("/proc/net/dev").read_text(encoding="ascii").splitlines()[2:]]
        files = sorted(str(path) for place in ("/tmp", str(self.folder))
                       for path in pathlib.Path(place).rglob("*") if not path.is_dir())
        return {"processes": processes, "mounts": mounts, "links": links, "files": files}


def name_of(entry):
    try:
        return (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return "?"


def reap():
    """Orphans come to this process."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] > 0:
            pass
    except ChildProcessError:
        pass


def children_of(process):
    try:
        text = pathlib.Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(word) for word in text.split()]


def signal_send(process, number):
    try:
        os.kill(process, number)
    except ProcessLookupError:
        pass


def ended(started, seconds):
    end = time.monotonic() + seconds
    while started.poll() is None and time.monotonic() < end:
        time.sleep(0.005)
    return started.poll() is not None


def network_of(scene, root):
    """A live network for run -N to take a place in; it is up."""
    network = scene.start("the network of run -N", root)
    place = scene.folder / ("root" if root else "user") / "dobos" / "other.sock"
    end = time.monotonic() + PATIENCE
    while not place.exists() and time.monotonic() < end:
        time.sleep(0.005)
    return network


def victim_of(started, kind, depth):
    """The process so deep below dobos, or the deepest there is yet, and what it is."""
    victim, found = started.pid, 0
    while found < depth and children_of(victim):
        victim, found = children_of(victim)[0], found + 1
    return victim, ("dobos", "its guard" if kind == "lab --live" else "the first process inside", "CMD")[found]


def kill_once(scene):
    """Returns (what was done, what is wrong)."""
    draw = scene.random
    kind = draw.choice(["lab --live", "lab --live", "run", "run", "run -N"])
    root = not scene.ordinary or draw.random() < 0.5
    number = draw.choice([signal.SIGTERM, signal.SIGKILL])
    depth = draw.choice([0, 1] if kind == "lab --live" else [0, 1, 2])
    pause = draw.random() * draw.choice([0.02, 0.08, 0.4])
    before = scene.state()
    network = network_of(scene, root) if kind == "run -N" else None
    started = scene.start(kind, root)
    time.sleep(pause)
    if network and draw.random() < 0.3:
        victim, who = network.pid, "its network"
    else:
        victim, who = victim_of(started, kind, depth)
    done = f"{kind} by {'root' if root else 'a user'}, {number.name} to {who} after {pause * 1000:.0f} ms"
    signal_send(victim, number)
    # The guard, and the first process from outside, are deaf to TERM; and no network ends with its guard.
    goes_on = who == "its guard" or who == "the first process inside" and number == signal.SIGTERM
    if not ended(started, 0.2 if goes_on else PATIENCE):
        if not goes_on:
            return done, "dobos goes on"
        done += ", then " + number.name + " to dobos"
        signal_send(started.pid, number)
        if not ended(started, PATIENCE):
            return done, "dobos goes on after the second signal"
    if network and victim != network.pid:
        if network.poll() is not None:
            return done, "its network has ended"
        network.send_signal(signal.SIGTERM)
    if network and not ended(network, PATIENCE):
        return done, "its network goes on"
    return done, difference(scene, before)


def difference(scene, before):
    """What is left; nothing must be, after a while."""
    end = time.monotonic() + PATIENCE
    while True:
        after = scene.state()
        wrong = [f"{kind}: {before[kind]} became {after[kind]}" for kind in before
                 if before[kind] != after[kind]]
        if not wrong:
            return None
        if time.monotonic() > end:
            return "; ".join(wrong)
        time.sleep(0.01)


def main(arguments):
    if "DOBOS_KILLS_INSIDE" not in os.environ:
        os.environ["DOBOS_KILLS_INSIDE"] = "root" if os.geteuid() == 0 else "user"
        enter(arguments)
    kills = int(arguments[0]) if arguments else 10
    seed = int(arguments[1]) if len(arguments) > 1 else int.from_bytes(os.urandom(4), "big")
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    print(f"1..{kills}\n# seed {seed}", flush=True)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(folder, random.Random(seed), os.environ["DOBOS_KILLS_INSIDE"] == "root")
        for number in range(1, kills + 1):
            done, wrong = kill_once(scene)
            failed += wrong is not None
            print(f"{'not ok' if wrong else 'ok'} {number} - {done}", flush=True)
            if wrong:
                print(f"# {wrong}", flush=True)
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
