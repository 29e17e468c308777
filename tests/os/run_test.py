#!/usr/bin/env python3
"""run_test: `dobos run` with real programs, as root and as an ordinary user; speaks TAP. What
configures the interface is in run_configure_test.py.
"""
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import time

from run_caller import (NETWORK, USER, expect, expect_in, line_of, processes_in, run_cases,
                        wait_for)

RESOLVED = """
mount -t tmpfs none /run
mkdir -p /run/lock /run/systemd/resolve
echo 'nameserver 127.0.0.53' >/run/systemd/resolve/stub-resolv.conf
touch /run/systemd/resolve/io.systemd.Resolve
"""
# /etc as the case wants it, over the machine's.
OWN_ETC = """
mount -t tmpfs none /run/lock
mkdir /run/lock/upper /run/lock/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/lock/upper,workdir=/run/lock/work none /etc
rm -f /etc/resolv.conf
"""


# ---- exit status ----


def command_that_succeeds_says_nothing(caller):
    expect(caller.run("true"), (0, "", ""))


def command_that_fails_gives_its_status(caller):
    expect(caller.shell("exit 7"), (7, "", ""))


def command_killed_gives_128_and_the_signal(caller):
    expect(caller.shell("kill -9 $$")[0], 137)
    expect(caller.shell("kill -ABRT $$")[0], 134)


def command_not_found_gives_127(caller):
    expect(caller.run("no-such-program"), (127, "", "dobos run: no-such-program: not found\n"))
    expect(caller.run("/no/such")[0], 127)


def command_not_executable_gives_126(caller):
    status, out, error = caller.run("/etc/passwd")
    expect((status, out), (126, ""))
    expect(error, "dobos run: /etc/passwd: cannot be executed: Permission denied\n")
    expect(caller.run("/etc")[0], 126)


def script_without_interpreter_gives_127(caller):
    script = caller.machine.folder / "script"
    script.write_text("#!/no/interpreter\n", encoding="utf-8")
    script.chmod(0o755)
    expect(caller.run(script), (127, "", f"dobos run: {script}: its interpreter is not found\n"))


def usage_errors_give_125(caller):
    for options in ([], ["--no-such-option"], ["--capture=lan"], ["--capture", "=x"]):
        status, out, error = caller.run(options=options)
        expect((status, out), (125, ""))
        expect_in("dobos run", error)


def help_goes_to_standard_output(caller):
    status, out, error = caller.run(options=["--help"], network=False)
    expect((status, error), (0, ""))
    expect_in("--capture", out)


# ---- what the program sees ----


def interface_is_as_the_file_says(caller):
    status, out, _ = caller.run("ip", "-j", "addr")
    expect(status, 0)
    links = json.loads(out)
    expect([link["ifname"] for link in links], ["lo", "eth0"])
    expect(links[0]["addr_info"][0]["local"], "127.0.0.1")
    expect_in("UP", links[0]["flags"])
    eth0 = links[1]
    expect((eth0["address"], eth0["mtu"]), ("02:00:00:00:00:77", 1400))
    expect_in("UP", eth0["flags"])
    expect(eth0["operstate"], "UP")
    expect([(a["local"], a["prefixlen"], a["broadcast"]) for a in eth0["addr_info"]],
           [("192.168.7.4", 24, "192.168.7.255")])
    routes = json.loads(caller.run("ip", "-j", "route")[1])
    expect((routes[0]["dst"], routes[0]["gateway"]), ("default", "192.168.7.1"))


def routes_that_lead_nowhere_are_the_programs_too(caller):
    file = caller.machine.folder / "nowhere.yaml"
    file.write_text(NETWORK.replace(
        "routes: [{to: default, via: 192.168.7.1}]",
        "routes: [{to: 10.1.0.0/16, type: blackhole}, {to: 10.2.0.0/16, type: unreachable},"
        " {to: 10.3.0.0/16, type: prohibit, metric: 9}]"), encoding="utf-8")
    status, out, error = caller.run("ip", "-j", "route", network=False, options=["-f", file])
    expect((status, error), (0, ""))
    expect([(route.get("type"), route["dst"], route.get("dev"), route.get("metric"))
            for route in json.loads(out)],
           [("blackhole", "10.1.0.0/16", None, None), ("unreachable", "10.2.0.0/16", None, None),
            ("prohibit", "10.3.0.0/16", None, 9), (None, "192.168.7.0/24", "eth0", None)])


def no_config_leaves_the_interface_bare(caller):
    links = json.loads(caller.run("ip", "-j", "addr", options=["--no-config"])[1])
    expect(links[1]["address"], "02:00:00:00:00:77")
    expect(links[1]["addr_info"], [])
    expect("UP" in links[1]["flags"], False)


def resolver_asks_the_network(caller):
    status, out, _ = caller.shell("cat /etc/resolv.conf; grep ^hosts: /etc/nsswitch.conf")
    expect((status, out), (0, "nameserver 192.168.7.1\nsearch example.org\nhosts: files dns\n"))


def uid_is_kept_and_root_is_asked_for(caller):
    uid = os.geteuid() if caller.root or os.geteuid() != 0 else USER
    expect(caller.run("id", "-u")[1], f"{uid}\n")
    expect(caller.run("id", "-u", options=["--root"])[1], "0\n")


def network_is_the_programs_own_to_change(caller):
    expect(caller.shell("ip addr add 10.0.0.1/8 dev eth0 && ip link set lo mtu 9000")[0], 0)


def low_ports_and_raw_sockets_are_allowed(caller):
    script = ("import socket; socket.socket().bind(('0.0.0.0', 80));"
              "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)")
    expect(caller.run("/usr/bin/python3", "-c", script)[0], 0)


def loopback_answers_a_ping(caller):
    expect(caller.run("ping", "-c1", "-W2", "127.0.0.1")[0], 0)


def standard_input_and_output_pass_through(caller):
    text = "five layers\n" * 20000
    expect(caller.run("cat", stdin=text)[:2], (0, text))


def folder_and_environment_are_the_callers(caller):
    expect(caller.shell("pwd; echo $MARK", env={**os.environ, "MARK": "here"}, cwd="/")[1],
           "/\nhere\n")


def signals_are_as_the_caller_had_them(caller):
    out = caller.shell("grep -E '^Sig(Blk|Ign)' /proc/self/status")[1]
    for line in out.splitlines():
        expect(int(line.split()[1], 16) & 0x14003, 0)  # HUP, INT, TERM, CHLD


def descriptors_that_were_closed_stay_closed(caller):
    words = [caller.machine.dobos, "run", "-f", caller.machine.network, "--", "sh", "-c",
             "for i in 0 1 2; do [ ! -e /proc/self/fd/$i ] || exit 1; done; exit 9"]
    argv = caller.argv(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *words])
    expect(subprocess.run(argv, timeout=20, check=False).returncode, 9)


def interface_deleted_inside_is_a_cable_pulled(caller):
    expect(caller.shell("ip link del eth0; sleep 0.1; exit 3"), (3, "", ""))


def run_inside_a_run_has_a_network_of_its_own(caller):
    inner = [caller.machine.dobos, "run", "-f", caller.machine.network, "--"]
    expect(caller.run(*inner, "sh", "-c", "hostname -I; exit 6")[:2], (6, "192.168.7.4 \n"))


# ---- ways of /etc/resolv.conf ----


def resolver_behind_a_link_of_systemd(caller):
    setup = RESOLVED + OWN_ETC + "ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf"
    out = caller.shell("grep -c 192.168.7.1 /etc/resolv.conf; ls /run/systemd/resolve",
                       setup=setup)[1]
    expect(out, "1\nresolv.conf\nstub-resolv.conf\n")


def resolver_behind_a_link_to_nowhere(caller):
    setup = OWN_ETC + "ln -s /run/nowhere/resolv.conf /etc/resolv.conf"
    expect(caller.shell("grep -c 192.168.7.1 /etc/resolv.conf", setup=setup)[1], "1\n")


def resolver_that_is_missing(caller):
    expect(caller.shell("grep -c 192.168.7.1 /etc/resolv.conf", setup=OWN_ETC)[1], "1\n")


def socket_of_nscd_is_hidden(caller):
    setup = "mkdir -p /run/lock && mount -t tmpfs none /run && mkdir /run/nscd && touch /run/nscd/socket"
    expect(caller.shell("ls -A /var/run/nscd", setup=setup)[:2], (0, ""))


# ---- what cannot be ----


def refused(caller, words, **more):
    status, out, error = caller.run("true", **more)
    expect((status, out), (125, ""))
    expect(error.count("\n"), 1)
    for word in ["dobos run: ", *words]:
        expect_in(word, error)


def node_that_is_not_there_is_refused(caller):
    refused(caller, ["nobody"], options=["-n", "nobody"])


def node_that_forwards_is_refused(caller):
    refused(caller, ["router", "forward"], options=["-n", "router"])


def node_with_services_is_refused(caller):
    refused(caller, ["server", "service"], options=["-n", "server"])


def file_that_is_not_there_is_refused(caller):
    refused(caller, ["/no/such.yaml"], network=False, options=["-f", "/no/such.yaml"])


def file_with_a_fault_is_refused_with_its_place(caller):
    bad = caller.machine.folder / "bad.yaml"
    bad.write_text(NETWORK.replace("mtu: 1400", "mtu: 70000"), encoding="utf-8")
    refused(caller, ["bad.yaml:11:", "mtu", "70000"], network=False, options=["-f", bad])


def segment_that_is_not_there_is_refused(caller):
    refused(caller, ["nowhere"], options=["--capture", f"nowhere={caller.machine.folder}/x"])


def capture_that_cannot_be_written_is_refused(caller):
    refused(caller, ["/no/such/file"], options=["--capture", "lan=/no/such/file"])


def device_that_is_missing_says_what_to_do(caller):
    refused(caller, ["there is no /dev/net/tun", "modprobe tun"],
            setup="mount -t tmpfs none /dev/net", tun=False)


def device_that_is_closed_says_what_to_do(caller):
    if caller.root:
        return
    setup = "mount -t tmpfs -o mode=755 none /mnt; mknod -m 600 /mnt/tun c 10 200\n"
    setup += "mount --bind /mnt/tun /dev/net/tun"
    refused(caller, [f"uid {USER}", "chmod 666 /dev/net/tun"], setup=setup, tun=False)


def user_namespaces_switched_off_say_what_to_do(caller):
    inside = "echo 0 >/proc/sys/user/max_user_namespaces\n"
    inside += 'exec setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin -- "$@"'
    words = [caller.machine.dobos, "run", "-f", caller.machine.network, "--", "true"]
    argv = caller.argv(["unshare", "--user", "--map-root-user", "sh", "-c", inside, "sh", *words])
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    expect(done.returncode, 125)
    expect_in("user.max_user_namespaces is 0: as root, `sysctl -w", done.stderr)


# ---- signals and terminals ----

TRAP = "trap 'echo caught; exit 4' TERM INT HUP USR1; echo ready; while :; do sleep 0.02; done"


def signal_to_dobos_reaches_the_command(caller):
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1):
        process = caller.start("sh", "-c", TRAP)
        expect(line_of(process), "ready\n")
        process.send_signal(number)
        expect(process.communicate(timeout=10)[0], "caught\n")
        expect(process.returncode, 4)


def terminated_command_gives_143(caller):
    process = caller.start("sh", "-c", "echo ready; exec sleep 60")
    expect(line_of(process), "ready\n")
    process.terminate()
    expect(process.wait(timeout=10), 143)


def in_terminal(caller, *command):
    """Starts it as a terminal's foreground process; returns (process id, terminal)."""
    return terminal_start(
        caller.argv([caller.machine.dobos, "run", "-f", caller.machine.network, "--", *command]))


def terminal_start(argv):
    """Starts it as the first process of a terminal; returns (process id, terminal)."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(argv[0], argv)
    return child, terminal


def read_until(terminal, word, after=""):
    """Reads until `word` has come behind `after`."""
    text, end = "", time.monotonic() + 20
    while word not in (text.split(after, 1) + [""])[1] if after else word not in text:
        if time.monotonic() > end:
            break
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                text += os.read(terminal, 4096).decode()
            except OSError:
                break
    expect_in(word, text)


def wait_stopped(words):
    """Until the shell with these words in its command line is stopped: while it is only about to be,
    it would still take what is typed next."""
    end = time.monotonic() + 20
    state = ""
    while time.monotonic() < end and state != "T":
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                name, _, rest = (folder / "stat").read_text(encoding="utf-8").rpartition(")")
                if name.endswith("(sh") and words.encode() in (folder / "cmdline").read_bytes():
                    state = rest[1]
            except OSError:
                pass  # it has ended
        time.sleep(0.02)
    expect(state, "T")


def interrupt_key_reaches_the_command_once(caller):
    script = ("import signal, time; n = []; signal.signal(2, lambda *_: n.append(1));"
              "print('ready', flush=True); t = time.monotonic() + 10\n"
              "while not n and time.monotonic() < t: time.sleep(0.01)\n"
              "time.sleep(0.2); raise SystemExit(len(n))")
    child, terminal = in_terminal(caller, "/usr/bin/python3", "-c", script)
    read_until(terminal, "ready")
    os.write(terminal, b"\x03")
    expect(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 1)
    os.close(terminal)


def stop_key_stops_and_continues_both(caller):
    # From a shell: the kernel stops no process group that has no parent in its session.
    command = [caller.machine.dobos, "run", "-f", caller.machine.network, "--", "sh", "-c",
               "'echo rea\"\"dy; read line; echo got $line; exit 6'"]
    child, terminal = terminal_start(caller.argv(["bash", "--norc", "-i"]))
    os.write(terminal, (" ".join(map(str, command)) + "\n").encode())
    read_until(terminal, "ready")
    os.write(terminal, b"\x1a")
    read_until(terminal, "bash-", "Stopped")
    wait_stopped("read line; echo got")
    os.write(terminal, b"fg\n")
    read_until(terminal, "dobos")
    os.write(terminal, b"word\n")
    read_until(terminal, "got word")
    os.write(terminal, b"exit $?\n")
    expect(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 6)
    os.close(terminal)


def shell_with_job_control_works(caller):
    child, terminal = in_terminal(caller, "bash", "--norc", "-i")
    os.write(terminal, b"sleep 30 &\nkill %1; wait; echo done $((6*7))\nexit 5\n")
    read_until(terminal, "done 42")
    expect(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 5)
    os.close(terminal)


# ---- nothing is left behind ----

DAEMONS = ("setsid sleep 61 & (sleep 62 & setsid sh -c 'sleep 63 & sleep 64' & ) & "
           "readlink /proc/self/ns/net; ")


def nothing_is_left_when_the_command_ends(caller):
    mounts = pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    process = caller.start("sh", "-c", DAEMONS + "exit 3", stderr=subprocess.DEVNULL)
    namespace = line_of(process).strip()
    expect(process.wait(timeout=10), 3)
    expect(processes_in(namespace), [])
    expect(pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8"), mounts)
    links = pathlib.Path("/proc/net/dev").read_text(encoding="utf-8")
    expect("eth0:" in links, "eth0" in os.listdir("/sys/class/net"))


def mounts_do_not_reach_a_shared_machine(caller):
    count = "grep -c . /proc/self/mountinfo"
    script = f'before=$({count}); "$@" || exit 1; [ "$before" = "$({count})" ] || exit 2'
    words = [caller.machine.dobos, "run", "-f", caller.machine.network, "--", "true"]
    argv = caller.argv(["sh", "-c", script, "sh", *words], setup="mount --make-rshared /")
    expect(subprocess.run(argv, timeout=20, check=False).returncode, 0)


def nothing_is_left_when_dobos_is_killed(caller):
    process = caller.start("sh", "-c", DAEMONS + "exec sleep 65")
    namespace = line_of(process).strip()
    wait_for(lambda: len(processes_in(namespace)) >= 5)
    process.kill()
    expect(process.wait(timeout=10), -9)
    wait_for(lambda: processes_in(namespace) == [])
    expect(process.stdout.read(), "")  # its last holder is gone
    process.stderr.close()


def nothing_is_left_when_dobos_is_killed_at_any_moment(caller):
    for moment in range(40):
        process = caller.start("sh", "-c", "exec sleep 66.5")
        time.sleep(moment * 0.0005)
        process.kill()
        process.communicate(timeout=10)  # returns when the last holder of the pipes is gone


# ---- of root alone ----


def run_works_inside_a_chroot(caller):
    if not caller.root:
        return
    root = caller.machine.folder / "root"
    for name in ("usr", "proc", "dev", "etc", "tmp", "run", "sys"):
        (root / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / name).symlink_to(f"usr/{name}")
    (root / "etc/resolv.conf").write_text("nameserver 192.0.2.1\n", encoding="utf-8")
    shutil.copy(caller.machine.dobos, root / "tmp/dobos")
    shutil.copy(caller.machine.network, root / "tmp/flat.yaml")
    setup = f"mount --make-rshared /; cd {root}; "
    setup += "for d in usr dev proc; do mount --rbind /$d $d; done\n"
    script = f"before=$(grep -c . /proc/self/mountinfo); chroot {root} \"$@\"; status=$?;"
    script += '[ "$before" = "$(grep -c . /proc/self/mountinfo)" ] && exit $status'
    words = ["sh", "-c", script, "sh", "/tmp/dobos", "run", "-f", "/tmp/flat.yaml", "--", "sh",
             "-c", "cat /etc/resolv.conf; ls /; exit 9"]
    done = subprocess.run(caller.argv(words, setup), capture_output=True, text=True, timeout=20,
                          check=False)
    expect((done.returncode, done.stderr), (9, ""))
    expect_in("nameserver 192.168.7.1\n", done.stdout)
    expect_in("\ntmp\n", done.stdout)
    expect((root / "etc/resolv.conf").read_text(encoding="utf-8"), "nameserver 192.0.2.1\n")

run_cases(globals(), {run_works_inside_a_chroot}, {device_that_is_closed_says_what_to_do})
