#!/usr/bin/env python3
"""run_configure_test: who configures the interface of `dobos run`, and with which files; as root
and as an ordinary user; speaks TAP.
"""
import json
import os
import pathlib
import shutil
import signal

from run_caller import USER, Skipped, expect, expect_in, run_cases, wait_for

LEASED = """\
network: leased
segments: {{lan: {{{segment}}}, far: {{{far}}}}}
nodes:
  laptop:
    interfaces: {{eth0: {{segment: lan, macaddress: 02:00:00:00:00:77, dhcp4: true}}}}
  router:
    forwarding: true
    interfaces: {{lan0: {{segment: lan, addresses: [192.168.7.1/24]}}}}
    services: {{{services}}}
"""
SERVER = "dhcp: {{interface: lan0, pool: 192.168.7.100-192.168.7.199, lease: {lease}}}"
# As Debian's udhcpc has one: busybox alone brings none.
UDHCPC = """\
#!/bin/sh
case $1 in
deconfig) ip addr flush dev "$interface"; ip link set "$interface" up ;;
bound | renew)
    ip addr replace "$ip/$mask" dev "$interface"
    ip route replace default via "$router"
    echo "nameserver $dns" >/etc/resolv.conf.new && mv /etc/resolv.conf.new /etc/resolv.conf ;;
esac
"""


def leased(caller, lease="1h", segment="", far="", served=True):
    """Options for a network in which the laptop leases its address."""
    file = caller.machine.folder / "leased.yaml"
    services = SERVER.format(lease=lease) if served else ""
    file.write_text(LEASED.format(segment=segment, far=far, services=services), encoding="utf-8")
    return ["-f", file]


def addresses_of(text):
    """Of `ip -j addr show dev eth0`."""
    return json.loads(text)[0]["addr_info"]


# ---- the lease of the interface ----


def lease_is_there_when_the_command_begins(caller):
    script = "ip -j addr show dev eth0; ip route; cat /etc/resolv.conf"
    status, out, error = caller.shell(script, network=False, options=leased(caller))
    expect((status, error), (0, ""))
    links, rest = out.split("\n", 1)
    address = addresses_of(links)[0]
    expect((address["local"], address["prefixlen"], address["broadcast"], address.get("dynamic")),
           ("192.168.7.100", 24, "192.168.7.255", True))
    if not 3400 < address["valid_life_time"] <= 3600:
        raise AssertionError(f"valid for {address['valid_life_time']} s")
    expect_in("default via 192.168.7.1 dev eth0 proto dhcp src 192.168.7.100", rest)


def lease_is_kept_while_the_command_runs(caller):
    # A lease of ten seconds is renewed after five: then its rest grows.
    script = ("rest() { ip -o addr show dev eth0 | sed -n 's/.*valid_lft \\([0-9]*\\)sec.*/\\1/p'; }\n"
              "old=$(rest); for i in $(seq 100); do sleep 0.2; new=$(rest); "
              "[ \"$new\" -le \"$old\" ] || exit 7; old=$new; done")
    expect(caller.shell(script, network=False, options=leased(caller, "10s")), (7, "", ""))


def network_without_a_server_lets_the_command_begin(caller):
    status, out, error = caller.shell("ip -4 addr show dev eth0; exit 3", network=False,
                                      options=leased(caller, served=False))
    expect((status, out), (3, ""))
    expect(error, "dobos run: eth0: no DHCP server answers: CMD starts without a lease, and the "
                  "client goes on\n")


def lease_from_inside_a_joined_network_has_its_minute(caller):
    setup = f"ip tuntap add dobos-test0 mode tap user {USER}; ip link set dobos-test0 up"
    status, out, error = caller.shell("ip -j addr show dev eth0", network=False, setup=setup,
                                      options=leased(caller, far="tap: dobos-test0"),
                                      own_network=True)
    expect((status, error), (0, ""))
    rest = addresses_of(out)[0]["valid_life_time"]
    if not 3400 < rest < 3580:  # leased in real time it would be of just now
        raise AssertionError(f"valid for {rest} s")


def takes_signals(process):
    """Whether it is dobos by now, and has blocked SIGTERM, to read it."""
    text = pathlib.Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return text.startswith("Name:\tdobos\n") and int(text.split("SigBlk:")[1].split()[0], 16) >> (signal.SIGTERM - 1) & 1


def wait_for_a_lease_from_outside_ends_with_a_signal(caller):
    options = leased(caller, segment="tap: dobos-test0", served=False)
    setup = f"ip tuntap add dobos-test0 mode tap user {USER}; ip link set dobos-test0 up"
    process = caller.start("true", network=False, options=options, setup=setup, own_network=True)
    wait_for(lambda: takes_signals(process.pid), 20)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=10)
    expect((process.returncode, error), (128 + signal.SIGTERM, ""))


# ---- DHCP clients inside ----


def client_inside(caller, program, script, options):
    """A client of DHCP in the program's place gets the interface its address."""
    if shutil.which(program) is None:
        raise Skipped(f"{program} is not installed")
    file = caller.machine.folder / "udhcpc.sh"
    file.write_text(UDHCPC, encoding="utf-8")
    file.chmod(0o755)
    script = (f"export PATH=$PATH:/usr/sbin:/sbin; UDHCPC={file}; {script}\n"
              "status=$?; ip -4 -o addr show dev eth0; ip route; exit $status")
    status, out, error = caller.shell(script, network=False, options=leased(caller) + options)
    expect(status, 0)
    expect_in("inet 192.168.7.100/24", out)
    expect_in("default via 192.168.7.1", out)
    expect("dobos run" in error, False)


BARE = ["--no-config", "--root"]
BESIDE = ["--root", "--private=/etc", "--private=/run", "--private=/var/lib"]


def udhcpc_configures_a_bare_interface(caller):
    client_inside(caller, "busybox", "busybox udhcpc -i eth0 -n -q -s $UDHCPC", BARE)


def udhcpc_takes_over_from_our_own_client(caller):
    client_inside(caller, "busybox", "busybox udhcpc -i eth0 -n -q -s $UDHCPC", BESIDE)


def dhclient_configures_a_bare_interface(caller):
    client_inside(caller, "dhclient", "dhclient -1 eth0", BARE)


def dhclient_takes_over_from_our_own_client(caller):
    client_inside(caller, "dhclient", "dhclient -1 eth0", BESIDE)


def dhcpcd_configures_a_bare_interface(caller):
    client_inside(caller, "dhcpcd", "dhcpcd -q -4 -A -w eth0", BARE)


def dhcpcd_takes_over_from_our_own_client(caller):
    client_inside(caller, "dhcpcd", "dhcpcd -q -4 -A -w eth0", BESIDE)

# ---- private copies of folders ----


def private_folder_is_a_copy_that_can_be_written(caller):
    script = ("head -1 /etc/passwd; echo x >/etc/new && mkdir /etc/folder && echo y >/etc/folder/z"
              " && mv /etc/new /etc/passwd && cat /etc/passwd /etc/folder/z; rm -r /etc/folder")
    first = pathlib.Path("/etc/passwd").read_text(encoding="utf-8").splitlines()[0]
    before = sorted(os.listdir("/etc"))
    expect(caller.shell(script, options=["--private", "/etc"]), (0, f"{first}\nx\ny\n", ""))
    expect(sorted(os.listdir("/etc")), before)


def private_copy_keeps_links_modes_and_files(caller):
    setup = ("mount -t tmpfs -o mode=755 none /srv; cd /srv; mkdir -p a/b; echo five >a/b/file; "
             "chmod 750 a/b/file; ln -s b/file a/link; ln -s nowhere a/lost; mkfifo a/pipe; "
             "echo secret >a/secret; chmod 0 a/secret; mkdir a/mount; "
             "mount -t tmpfs none a/mount; touch a/mount/below; chmod -R o+rX a/b; cd /")
    script = "cd /srv; cat a/link; readlink a/lost; stat -c %a a/b/file; ls a a/mount; exit 3"
    status, out, error = caller.shell(script, setup=setup, options=["--private", "/srv"])
    expect((status, error), (3, ""))
    secret = "secret\n" if caller.root else ""
    expect(out, f"five\nnowhere\n755\na:\nb\nlink\nlost\nmount\n{secret}\na/mount:\n")


def private_etc_lets_the_resolver_be_replaced(caller):
    script = ("cat /etc/resolv.conf; echo new >/etc/resolv.conf.tmp; "
              "mv /etc/resolv.conf.tmp /etc/resolv.conf; cat /etc/resolv.conf; "
              "grep ^hosts: /etc/nsswitch.conf")
    expect(caller.shell(script, options=["--private=/etc"])[:2],
           (0, "nameserver 192.168.7.1\nsearch example.org\nnew\nhosts: files dns\n"))


def bare_interface_comes_with_files_to_configure_it(caller):
    script = "touch /etc/mark /run/mark && mv /etc/mark /etc/resolv.conf && cat /etc/resolv.conf"
    expect(caller.shell(script, options=["--no-config", "--root"]), (0, "", ""))
    expect(os.path.exists("/run/mark"), False)


def what_is_mounted_on_a_file_is_no_part_of_the_copy(caller):
    """As the network namespaces are that ip-netns(8) keeps in /run."""
    setup = ("mount -t tmpfs none /run && mkdir /run/netns && touch /run/netns/one /run/mark && "
             "mount --bind /proc/self/ns/net /run/netns/one")
    if os.geteuid() != 0:
        raise Skipped("needs root to mount")
    expect(caller.shell("ls /run/mark /run/netns", options=["--no-config", "--root"], setup=setup),
           (0, "/run/mark\n\n/run/netns:\n", ""))


def private_folder_that_cannot_be_is_refused(caller):
    for folder, word in (("etc", "from /"), ("/", "from /"), ("/..", "from /"),
                         ("/no/such", "/no/such: No such file or directory"),
                         ("/etc/passwd", "/etc/passwd: Not a directory")):
        status, out, error = caller.run("true", options=["--private", folder])
        expect((status, out), (125, ""))
        expect_in(word, error)


run_cases(globals())
