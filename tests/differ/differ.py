#!/usr/bin/env python3
"""differ: the same programs on a network of dobos and on one of Linux namespaces set up alike.

    laptop ---- lan ---- router ---- access ---- www, ns, shell

On one side `dobos run` takes the laptop's place, and the shell (sshd) is a namespace joined by a
veth; on the other every host is a Linux namespace: the kernel forwards, dnsmasq leases,
one named forwards names and one has authority. Each case runs in both laptops. Exit codes must be equal, and so must
what was printed, once times, ids and the like are replaced by words (see NORMAL).

    differ.py DOBOS [CASE…]             all cases, or those named; "--list" lists them
    differ.py --user DOBOS [CASE…]      dobos run --root by an ordinary user; without the shell, which
                                        only root can join

Needs root. Everything is in namespaces that this program makes; no packet leaves them. The last
line is "N passed, N failed".
"""
import difflib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
MAC, ROUTER_MAC = "02:00:00:00:07:77", "02:00:00:00:07:01"
SHELL = "203.0.113.22"
USER = 61235  # a uid that nobody has
CASE_SECONDS = 60


# ---- what is compared ----

class Case:
    """One program. `bare`: the laptop's interface is left for it to configure."""

    def __init__(self, name, command, normal=(), bare=False):
        self.name, self.command, self.bare = name, command, bare
        self.normal = [(re.compile(a, re.M), b) for a, b in normal]


DIG = [(r"^; <<>> DiG .*\n", ""), (r"(id: )\d+", r"\1ID"), (r"(Query time: )\d+", r"\1T"),
       (r"^;; WHEN: .*$", ";; WHEN"), (r"^; COOKIE: .*\n", ""),
       # the rest of a time to live counts down while the cases run
       (r"^(\S+\s+)\d+(\s+IN\s)", r"\1TTL\2"),
       # how large an answer each server takes and how well it compresses are its own affair
       (r"(udp: )\d+", r"\1N"), (r"(MSG SIZE  rcvd: )\d+", r"\1N")]
TIMES = [(r"\d+\.\d+ ms", "T ms"), (r"time \d+ms", "time Tms"),
         (r"= [\d.]+/[\d.]+/[\d.]+/\S+ ms", "= T ms")]
PING = [(r"time=[\d.]+ ms", "time=T ms")] + TIMES[::-1]
MTR = [(r"^Start: .*\n", ""), (r"^HOST: \S+", "HOST:"),
       (r"(\d+\.\d%\s+\d+)\s+[\d. ]+$", r"\1 T")]
NMAP = [(r"^Starting Nmap .*\n", ""), (r"\([\d.]+s latency\)", "(T latency)"),
        (r"scanned in [\d.]+ seconds", "scanned in T"), (r"at \d{4}-.*$", "")]
DHCLIENT = [(r"interval \d+", "interval N"), (r"\(xid=0x[0-9a-f]+\)", "(xid)"),
            (r"renewal in \d+ seconds", "renewal in N seconds"),
            (r"^Listening on.*\n|^Sending on.*\n|^Copyright.*\n|^All rights.*\n|^For info.*\n", ""),
            # how often it had to ask until the server had probed the address
            (r"(^DHCPDISCOVER on .*\n)+", "DHCPDISCOVER\n")]
DHCPCD = [(r"^.*(DUID|IAID).*\n", ""), (r"\d+ seconds", "N seconds"),
          (r"dhcpcd-\S+ starting", "dhcpcd starting"),
          (r"^.*(soliciting|router|carrier|IPv6|no longer|spawned|process|timed out|oneshot).*\n", ""),
          (r"\[\d+\]", "[PID]"), (r"pid \d+", "pid N"),
          (r"^.*offered .*\n", "offered\n"),
          # a user namespace of one user has none for it to become
          (r"^failed to drop privileges: Operation not permitted\n", ""),
          # whether its privileged half says goodbye before it is killed
          (r"^dhcpcd exited\n", "")]
UDHCPC = [(r"(^udhcpc: broadcasting discover\n)+", "udhcpc: discover\n"),
          (r"lease time \d+", "lease time N")]
# a veth's and a TAP's other end
LIFE = [(r"(valid_lft |preferred_lft )\d+sec", r"\1Nsec"), (r"@if\d+", ""), (r"qdisc \S+ ", ""),
        (r" link-netnsid 0", "")]
SSH = "ssh -i $KEYS/user -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
AFTER = "; echo =$?; ip -4 addr show dev eth0; ip -4 route; sed '/^#/d' /etc/resolv.conf"

CASES = [
    # what the namespace itself looks like, and the stack's first words
    Case("addr", "ip -4 addr show dev eth0", LIFE),
    Case("ping", "ping -c 3 -i 0.2 203.0.113.80", PING),
    Case("ping-router", "ping -c 2 -i 0.2 -s 1400 192.168.0.1", PING),
    Case("ping-fragments", "ping -c 2 -i 0.2 -s 4000 203.0.113.80", PING),
    Case("ping-nobody", "ping -c 2 -i 0.2 -W 1 203.0.113.99", PING + [(r"icmp_seq=\d", "icmp_seq=N"), (r"\+\d errors", "+N errors")]),
    Case("ping-name", "ping -c 1 www.example.org", PING),
    Case("ping-ttl", "ping -c 1 -t 1 203.0.113.80", PING),
    # names
    Case("dig", "dig +nocookie www.example.org", DIG),
    Case("dig-short", "dig +short www.example.org"),
    Case("dig-nxdomain", "dig +nocookie nothing.example.org", DIG),
    Case("dig-alias", "dig +nocookie alias.example.org", DIG),
    Case("dig-nodata", "dig +nocookie www.example.org AAAA", DIG),
    Case("dig-mx", "dig +nocookie +noall +answer example.org MX", DIG),
    Case("dig-txt", "dig +nocookie +noall +answer text.example.org TXT", DIG),
    Case("dig-reverse", "dig +nocookie +noall +answer +question -x 203.0.113.80", DIG),
    Case("dig-tcp", "dig +nocookie +tcp www.example.org", DIG),
    Case("dig-authority", "dig +nocookie @203.0.113.53 www.example.org", DIG),
    Case("dig-silent", "dig +nocookie +time=1 +tries=1 @203.0.113.99 www.example.org", DIG),
    Case("nslookup", "nslookup www.example.org"),
    Case("nslookup-absent", "nslookup nothing.example.org"),
    Case("nslookup-reverse", "nslookup 203.0.113.80"),
    Case("nslookup-alias", "nslookup alias.example.org"),
    Case("nslookup-mx", "nslookup -type=mx example.org"),
    Case("nslookup-refused", "nslookup www.example.org 203.0.113.80"),
    Case("host", "host www.example.org"),
    Case("host-absent", "host nothing.example.org"),
    Case("host-alias", "host alias.example.org"),
    Case("host-reverse", "host 203.0.113.80"),
    Case("host-verbose", "host -t txt text.example.org"),
    Case("getent", "getent ahostsv4 www.example.org; getent hosts nothing.example.org; echo $?"),
    # the way
    Case("traceroute", "traceroute -n -q 1 203.0.113.80", TIMES),
    Case("traceroute-names", "traceroute -q 2 www.example.org", TIMES),
    Case("traceroute-icmp", "traceroute -n -I -q 1 203.0.113.80", TIMES),
    Case("traceroute-tcp", "traceroute -n -T -q 1 203.0.113.80", TIMES),
    Case("traceroute-nobody", "traceroute -n -q 1 -m 3 -w 1 203.0.113.99", TIMES),
    Case("mtr", "mtr -n -r -c 2 -i 0.2 203.0.113.80", MTR),
    Case("mtr-names", "mtr -r -w -c 2 -i 0.2 www.example.org", MTR),
    Case("mtr-udp", "mtr -u -n -r -c 2 -i 0.2 203.0.113.80", MTR),
    Case("mtr-tcp", "mtr -T -P 80 -n -r -c 2 -i 0.2 203.0.113.80", MTR),
    # who listens
    Case("nmap", "nmap -n -sT -p 1-200 203.0.113.80", NMAP),
    Case("nmap-names", "nmap -sT -p 7,9,80,443 www.example.org", NMAP),
    Case("nmap-nobody", "nmap -n -sT -p 80 203.0.113.99", NMAP),
    Case("nmap-router", "nmap -n -sT -p 22,53,80 192.168.0.1", NMAP),
    # HTTP
    Case("urllib", "python3 $HERE/fetch.py http://www.example.org/"),
    Case("urllib-absent", "python3 $HERE/fetch.py http://www.example.org/nothing"),
    Case("urllib-refused", "python3 $HERE/fetch.py http://203.0.113.80:81/"),
    Case("urllib-no-name", "python3 $HERE/fetch.py http://nothing.example.org/"),
    Case("urllib-big", "python3 $HERE/fetch.py http://www.example.org/big"),
    Case("http.server", "cd $SITE; python3 -m http.server 8080 >$LOG 2>&1 & server=$!; "
         "python3 $HERE/fetch.py --wait http://127.0.0.1:8080/page; "
         "python3 $HERE/fetch.py http://$(ip -4 -br addr show eth0 | sed 's/.* \\([0-9.]*\\)\\/.*/\\1/'):8080/nothing; "
         f"{SSH} root@203.0.113.22 python3 $HERE/fetch.py http://192.168.0.100:8080/page; "
         "{ kill $server; wait $server; } 2>/dev/null; sed 's/\\[.*\\]/[TIME]/' $LOG"),
    # ssh to a server in another namespace
    Case("ssh", f"{SSH} root@203.0.113.22 'echo hello; echo there >&2; exit 3'"),
    Case("ssh-upload", f"head -c 3000000 /dev/zero | {SSH} root@203.0.113.22 sha256sum"),
    Case("ssh-download", f"{SSH} root@203.0.113.22 'head -c 3000000 /dev/zero' | sha256sum"),
    Case("ssh-who", f"{SSH} root@203.0.113.22 'echo $SSH_CONNECTION'", [(r"(192\S+) \d+", r"\1 PORT")]),
    Case("ssh-terminal", f"{SSH} -tt root@203.0.113.22 'tty >/dev/null && echo a terminal' </dev/null"),
    Case("ssh-refused", f"{SSH} -o IdentityFile=/dev/null -o IdentitiesOnly=yes -o BatchMode=yes root@203.0.113.22 true",
         [(r"^.*no such identity.*\n|^Load key.*\n", "")]),
    Case("ssh-closed", f"{SSH} -p 23 root@203.0.113.22 true"),
    # DHCP: the interface is bare, the program configures it
    Case("udhcpc", "ip link set eth0 up; busybox udhcpc -f -q -n -t 5 -i eth0 -s $HERE/udhcpc.sh" + AFTER,
         UDHCPC + LIFE, bare=True),
    Case("dhclient", "dhclient -v -1 -lf $SCRATCH/leases -pf $SCRATCH/pid eth0" + AFTER +
         "; dhclient -v -r -lf $SCRATCH/leases -pf $SCRATCH/pid eth0; ip -4 addr show dev eth0",
         DHCLIENT + LIFE + [(r"^Killed old .*\n|^Internet Systems .*\n", "")], bare=True),
    Case("dhcpcd", "dhcpcd -4 -1 -t 30 eth0" + AFTER + "; dhcpcd -k -4 eth0; ip -4 addr show dev eth0",
         DHCPCD + LIFE, bare=True),
]

# What stands for itself on both sides.
NORMAL = [(re.compile(r"\r\n"), "\n")]


def normalised(case, text):
    for pattern, word in NORMAL + case.normal:
        text = pattern.sub(word, text)
    return text


# ---- namespaces ----

def run(*words, check=True, **options):
    return subprocess.run(words, check=check, **options)


class Space:
    """A network, mount and UTS namespace, held by a process of ours, with its own /etc and /run."""

    def __init__(self, name):
        self.name = name
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "--uts", "--fork", "--kill-child", "bash", "-ec",
             f"hostname {name}; mount -t tmpfs none /mnt; cp -a /etc /mnt/etc; mount --bind /mnt/etc /etc; "
             "mount -t tmpfs none /run; mkdir -p /run/sshd /run/lock; ip link set lo up; "
             "mkdir -p /mnt/dhcpcd; mount --bind /mnt/dhcpcd /var/lib/dhcpcd 2>/dev/null || :; "
             "sysctl -qw net.ipv4.ping_group_range='0 2147483647'; echo ready; exec sleep 100000"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "ready\n":
            raise RuntimeError(f"no namespace for {name}")
        children = pathlib.Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children")
        self.pid = int(children.read_text().split()[0])

    def words(self, *words):
        return ["nsenter", "-t", str(self.pid), "-n", "-m", "-u", "--", *words]

    def run(self, *words, **options):
        return run(*self.words(*words), **options)

    def sh(self, text, **options):
        return self.run("bash", "-ec", text, **options)

    def start(self, *words, **options):
        return subprocess.Popen(self.words(*words), stdin=subprocess.DEVNULL, **options)

    def end(self):
        self.holder.kill()
        self.holder.wait()


def join(a, name_a, b, name_b, mac=None):
    """A veth between two namespaces."""
    run("ip", "link", "add", name_a, "netns", str(a.pid), "type", "veth", "peer", "name", name_b,
        "netns", str(b.pid))
    for space, name in (a, name_a), (b, name_b):
        # finished checksums: as the frames of a lab's segments have them
        space.sh(f"ip link set {name} up; ethtool -K {name} tx off >/dev/null 2>&1 || :")
    if mac:
        a.run("ip", "link", "set", name_a, "address", mac)


class Side:
    """One of the two networks."""

    def __init__(self, scratch, name):
        self.scratch = scratch / name
        self.scratch.mkdir(mode=0o755)
        self.spaces, self.programs = [], []
        self.keys = scratch / "keys"

    def space(self, name):
        space = Space(name)
        self.spaces.append(space)
        return space

    def program(self, space, *words, log="log"):
        with open(self.scratch / f"{space.name}-{pathlib.Path(words[0]).name}.{log}", "wb") as file:
            self.programs.append(space.start(*words, stdout=file, stderr=file))

    def sshd(self, space):
        # sshd wants an absolute path
        self.program(space, "/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", str(self.keys / "host"),
                     "-o", f"AuthorizedKeysFile={self.keys}/user.pub", "-o", "StrictModes=no",
                     "-o", "PermitRootLogin=yes", "-o", "UsePAM=no", "-o", "PidFile=none", "-o", "UseDNS=no")

    def script(self, case, scratch):
        """What runs inside the laptop."""
        return (f"export LC_ALL=C TERM=dumb HERE={HERE} SITE={HERE}/site KEYS={self.keys} "
                f"SCRATCH={scratch} LOG={scratch}/server.log\n{case.command}\n")

    def case(self, case):
        """Exit code and both outputs."""
        scratch = self.scratch / case.name
        scratch.mkdir(exist_ok=True)
        scratch.chmod(0o777)
        script = scratch / "script"
        script.write_text(self.script(case, scratch))
        with open(scratch / "out", "wb") as out, open(scratch / "err", "wb") as err:
            program = subprocess.Popen(self.laptop(case, ["bash", str(script)]), stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=err, start_new_session=True)
            try:
                code = program.wait(CASE_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(program.pid, signal.SIGKILL)
                program.wait()
                code = "no end in time"
        return code, *((scratch / name).read_text(errors="replace") for name in ("out", "err"))

    def end(self):
        for program in self.programs:
            program.terminate()
        for program in self.programs:
            try:
                program.wait(5)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        for space in self.spaces:
            space.end()


class LinuxSide(Side):
    """Namespaces, the kernel, dnsmasq and named."""

    def __init__(self, scratch):
        super().__init__(scratch, "linux")
        router, www, ns, shell = (self.space(name) for name in ("router", "www", "ns", "shell"))
        access = self.space("access")
        self.router = router
        self.count = 0
        access.sh("ip link add br0 type bridge; ip link set br0 up")
        for space, name, address in (router, "wan0", "203.0.113.1"), (www, "eth0", "203.0.113.80"), \
                (ns, "eth0", "203.0.113.53"), (shell, "eth0", "203.0.113.22"):
            join(space, name, access, f"to-{space.name}")
            access.run("ip", "link", "set", f"to-{space.name}", "master", "br0")
            space.run("ip", "addr", "add", f"{address}/24", "dev", name)
            if space is not router:
                space.run("ip", "route", "add", "192.168.0.0/24", "via", "203.0.113.1")
        # what the lab's hosts do too: no limit on errors, at once
        for space in router, www, ns, shell:
            space.sh("sysctl -qw net.ipv4.icmp_ratelimit=0")
        router.sh("sysctl -qw net.ipv4.ip_forward=1; ip link add lan0 type bridge; ip link set lan0 up; "
                  f"ip link set lan0 address {ROUTER_MAC}; ip addr add 192.168.0.1/24 dev lan0")
        self.named(ns, "recursion no;", ("example.org", "113.0.203.in-addr.arpa"))
        self.named(router, "recursion yes; forward only; forwarders { 203.0.113.53; };")
        self.program(router, "dnsmasq", "-k", "-C", "/dev/null", "--port=0",
                     "--dhcp-option=option:dns-server,192.168.0.1", "--interface=lan0", "--bind-dynamic", "--user=root",
                     "--dhcp-range=192.168.0.100,192.168.0.199,1h", f"--dhcp-host={MAC},192.168.0.100",
                     "--dhcp-authoritative", f"--dhcp-leasefile={self.scratch}/dnsmasq.leases",
                     "--pid-file=")
        self.program(www, "python3", str(HERE / "www.py"))
        self.sshd(shell)

    def named(self, space, options, zones=()):
        folder = self.scratch / f"named-{space.name}"
        folder.mkdir()
        for zone in zones:
            shutil.copy(HERE / f"{zone}.zone", folder)
        (folder / "named.conf").write_text(
            f'options {{ directory "{folder}"; pid-file none; session-keyfile "{folder}/key"; '
            'listen-on { any; }; listen-on-v6 { none; }; minimal-responses yes; dnssec-validation no; '
            f'empty-zones-enable no; {options} }};\ncontrols {{ }};\n' +
            "".join(f'zone "{zone}" {{ type primary; file "{folder}/{zone}.zone"; }};\n' for zone in zones))
        self.program(space, "named", "-f", "-4", "-c", str(folder / "named.conf"))

    def laptop(self, case, words):
        """A laptop of its own for each case, as `dobos run` gives one."""
        self.count += 1
        laptop = self.space("laptop")
        join(laptop, "eth0", self.router, f"to-laptop{self.count}", MAC)
        self.router.run("ip", "link", "set", f"to-laptop{self.count}", "master", "lan0")
        laptop.sh("printf 'nameserver 192.168.0.1\\n' >/etc/resolv.conf")
        if case.bare:
            laptop.sh("ip link set eth0 down")
        else:
            laptop.sh("ip addr add 192.168.0.100/24 brd + dev eth0 valid_lft 3600 preferred_lft 3600; "
                      "ip route add default via 192.168.0.1 proto dhcp src 192.168.0.100")
        return laptop.words(*words)

    def case(self, case):
        try:
            return super().case(case)
        finally:
            # its laptop
            self.spaces.pop().end()


class DobosSide(Side):
    """`dobos run`; the shell is a namespace joined by a veth."""

    def __init__(self, scratch, dobos, is_user):
        super().__init__(scratch, "dobos")
        self.dobos = shutil.copy(dobos, self.scratch / "dobos")
        self.is_user = is_user
        self.network = self.scratch / "differ.yaml"
        self.home = self.space("laptop")
        text = (HERE / "differ.yaml").read_text()
        if is_user:
            text = text.replace("{interface: shell0}", "{}")
            self.home.sh("mkdir /mnt/dev; mknod -m 666 /mnt/dev/tun c 10 200; "
                         "mount --bind /mnt/dev/tun /dev/net/tun")
        else:
            shell = self.space("shell")
            join(shell, "eth0", self.home, "shell0")
            shell.sh(f"ip addr add {SHELL}/24 dev eth0; ip route add 192.168.0.0/24 via 203.0.113.1")
            self.sshd(shell)
        self.network.write_text(text)

    def laptop(self, case, words):
        bare = ["--no-config"] if case.bare else []
        as_user = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", "--"]
        return self.home.words(*(as_user if self.is_user else []), self.dobos, "run", "--root",
                               "-f", str(self.network), "-n", "laptop", *bare, "--", *words)


# ---- both ----

def wait_for_services(linux):
    """Both servers of the Linux side answer, or this is no comparison."""
    case = Case("ready", "for i in $(seq 50); do dig +short +time=1 +tries=1 www.example.org | grep -q 203 "
                "&& python3 $HERE/fetch.py http://203.0.113.80/ >/dev/null && exit 0; sleep 0.2; done; exit 1")
    if linux.case(case)[0] != 0:
        raise RuntimeError("the servers of the Linux side do not answer")


def compare(case, linux, dobos):
    expected, found = linux.case(case), dobos.case(case)
    faults = []
    if expected[0] != found[0]:
        faults.append(f"exit: Linux {expected[0]}, dobos {found[0]}")
    for name, a, b in zip(("out", "err"), expected[1:], found[1:]):
        a, b = normalised(case, a), normalised(case, b)
        faults += difflib.unified_diff(a.splitlines(), b.splitlines(), f"linux {name}", f"dobos {name}",
                                       lineterm="", n=1)
    return expected, faults


def main():
    if "--list" in sys.argv:
        print("\n".join(case.name for case in CASES))
        return 0
    is_user = sys.argv[1] == "--user"
    dobos, *chosen = sys.argv[2 if is_user else 1:]
    cases = [case for case in CASES if (not chosen or case.name in chosen)
             and not (is_user and SHELL in case.command)]
    unknown = set(chosen) - {case.name for case in CASES}
    if unknown:
        print(f"differ: no such case: {', '.join(sorted(unknown))}")
        return 2
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="differ-") as folder:
        scratch = pathlib.Path(folder)
        scratch.chmod(0o755)
        keys = scratch / "keys"
        keys.mkdir()
        for name in "host", "user":
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(keys / name))
        linux = LinuxSide(scratch)
        try:
            wait_for_services(linux)
            theirs = DobosSide(scratch, dobos, is_user)
            try:
                for case in cases:
                    start = time.monotonic()
                    expected, faults = compare(case, linux, theirs)
                    seconds = time.monotonic() - start
                    if faults:
                        failed += 1
                        print(f"FAIL {case.name} ({seconds:.1f} s)")
                        print("\n".join("    " + line for line in faults))
                    else:
                        passed += 1
                        print(f"ok   {case.name}: exit {expected[0]}, "
                              f"{len((expected[1] + expected[2]).splitlines())} lines ({seconds:.1f} s)")
                    sys.stdout.flush()
            finally:
                theirs.end()
        finally:
            linux.end()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
