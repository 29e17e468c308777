"""run_caller: what the tests of `dobos run` share: who runs it and how, and what is expected.

Each case runs in a mount namespace of its own, so that it can hide /dev/net/tun or change /etc
without the machine noticing. The ordinary user is a uid that nobody has; it gets a /dev/net/tun
that everybody may open. Run by an ordinary user, the cases of root are left out.
"""
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time

USER = 61234
NETWORK = """\
network: flat
segments:
  lan: {}
  wan: {}
nodes:
  laptop:
    interfaces:
      eth0:
        segment: lan
        macaddress: 02:00:00:00:00:77
        mtu: 1400
        addresses: [192.168.7.4/24]
        routes: [{to: default, via: 192.168.7.1}]
        nameservers: {addresses: [192.168.7.1], search: [example.org]}
  router:
    forwarding: true
    interfaces:
      lan0: {segment: lan, addresses: [192.168.7.1/24]}
      wan0: {segment: wan, addresses: [203.0.113.1/24]}
  server:
    interfaces:
      eth0:
        segment: wan
        addresses: [203.0.113.80/24]
        routes: [{to: default, via: 203.0.113.1}]
    services: {echo: {}}
"""
OWN_TUN = """
set -e
mount -t tmpfs -o mode=755 none /mnt
mknod -m 666 /mnt/tun c 10 200
mount --bind /mnt/tun /dev/net/tun
"""


class Skipped(Exception):
    """A case that cannot be tried here."""


class Machine:
    """What the cases share: a folder that everybody can reach, with the command and a network."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.chmod(0o755)
        self.dobos = self.folder / "dobos"
        shutil.copy(os.environ["DOBOS_COMMAND"], self.dobos)
        self.network = self.folder / "flat.yaml"
        self.network.write_text(NETWORK, encoding="utf-8")


class Caller:
    """Who runs the command, and how: root or an ordinary user, after `setup` (a shell script)."""

    def __init__(self, machine, root):
        self.machine, self.root = machine, root

    def argv(self, command, setup="", tun=True, own_network=False):
        if os.geteuid() != 0:
            return [str(word) for word in command]
        drop = "" if self.root else f"setpriv --reuid {USER} --regid {USER} --clear-groups --"
        own_tun = OWN_TUN if tun and not self.root else ""
        script = f'{own_tun}\n{setup}\ncd /; exec {drop} "$@"'
        words = ["unshare", "--mount", "--propagation", "private"] + ["--net"] * own_network
        return words + ["sh", "-c", script, "sh"] + [str(word) for word in command]

    def start(self, *command, options=(), network=True, setup="", tun=True,
              own_network=False, **more):
        """Starts `dobos run`; the process started is dobos itself."""
        words = [self.machine.dobos, "run"]
        words += ["-f", self.machine.network] if network else []
        words += [*options, "--", *command] if command else list(options)
        more.setdefault("stdin", subprocess.DEVNULL)
        more.setdefault("stdout", subprocess.PIPE)
        more.setdefault("stderr", subprocess.PIPE)
        return subprocess.Popen(self.argv(words, setup, tun, own_network), text=True, **more)

    def run(self, *command, stdin=None, **more):
        """Runs it to its end; returns (exit status, standard output, standard error)."""
        more["stdin"] = subprocess.PIPE
        started = self.start(*command, **more)
        try:
            out, error = started.communicate(stdin, timeout=20)
        except subprocess.TimeoutExpired:
            started.kill()
            raise
        return started.returncode, out, error

    def shell(self, script, **more):
        return self.run("sh", "-c", script, **more)


def expect(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r}, not {wanted!r}")


def expect_in(part, whole):
    if part not in whole:
        raise AssertionError(f"{part!r} is not in {whole!r}")


def processes_in(namespace):
    """The processes whose network namespace it is ("net:[…]")."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.readlink(entry / "ns/net") == namespace:
                    found.append(int(entry.name))
            except OSError:
                pass
    return found


def wait_for(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it did not happen in time")
        time.sleep(0.01)


def line_of(process):
    """The next line of a process that is running, within some seconds."""
    ready, _, _ = select.select([process.stdout], [], [], 10)
    if not ready:
        raise AssertionError("nothing was written")
    return process.stdout.readline()


def run_cases(names, root_only=(), user_only=()):
    """Runs every function of `names` that takes a caller, as root and as an ordinary user; speaks
    TAP, and ends the process."""
    cases = [case for case in list(names.values())
             if callable(case) and getattr(case, "__code__", None) is not None
             and case.__code__.co_varnames[:case.__code__.co_argcount] == ("caller",)]
    number, failed = 0, 0
    wanted = sys.argv[1:]
    identities = [True, False] if os.geteuid() == 0 else [False]
    plan = [(root, case) for root in identities for case in cases
            if case not in (user_only if root else root_only)
            and (not wanted or case.__name__ in wanted)]
    print(f"1..{len(plan)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="dobos-run-") as folder:
        machine = Machine(folder)
        for root, case in plan:
            number += 1
            title = f"{case.__name__} ({'root' if root else 'user'})"
            try:
                case(Caller(machine, root))
                print(f"ok {number} - {title}", flush=True)
            except Skipped as reason:
                print(f"ok {number} - {title} # SKIP {reason}", flush=True)
            except Exception as error:  # pylint: disable=broad-except
                failed += 1
                print(f"not ok {number} - {title}\n# {error!r}", flush=True)
    sys.exit(1 if failed else 0)
