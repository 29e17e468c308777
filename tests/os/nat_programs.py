#!/usr/bin/env python3
"""nat_programs: real programs through a NAT of dobos: HTTP, SSH, FTP, and coturn, which says what kind
of NAT it is.

    nat_programs.py [CASE…]      all, or some of: http ssh ftp discovery; environment: DOBOS_COMMAND
"""
import functools
import hashlib
import os
import subprocess
import sys

from nat_lab import EXTERNAL, INSIDE, OTHER, OUTSIDE, Lab, enter

BYTES = 3_000_000
FORWARDS = ("{masquerade: [wan0], forward: [{tcp: 8080, to: 192.168.0.10:8000}, "
            "{tcp: 2222, to: 192.168.0.10:2200}]}")
FILTERINGS = {
    "endpoint-independent": "NAT with Endpoint Independent Filtering!",
    "address-dependent": "NAT with Address Dependent Filtering!",
    "address-and-port-dependent": "NAT with Address and Port Dependent Filtering!",
}
# Whom a server sees: a client inside has the router's address, one outside its own.
WAYS = [("out of the NAT", "inside", "outside", OUTSIDE, EXTERNAL),
        ("in by a forward", "outside", "inside", EXTERNAL, OUTSIDE)]


def site(lab):
    """A folder with a large file; (folder, hash)."""
    folder = lab.folder / "site"
    if not folder.exists():
        folder.mkdir()
        (folder / "large").write_bytes(os.urandom(BYTES))
    return folder, hashlib.sha256((folder / "large").read_bytes()).hexdigest()


def digest(space, *words):
    output = space.run(*words, stdout=subprocess.PIPE).stdout
    return hashlib.sha256(output).hexdigest()


def http(lab):
    folder, wanted = site(lab)
    words = ["python3", "-m", "http.server", "--directory", str(folder)]
    lab.serve(lab.outside, *words, "--bind", OUTSIDE, "8000", port=8000, address=OUTSIDE)
    lab.serve(lab.inside, *words, "--bind", INSIDE, "8000", port=8000, address=INSIDE)

    def fetch(client, server, port):
        found = digest(client, "curl", "-sS", "--fail", "--max-time", "30", f"http://{server}:{port}/large")
        assert found == wanted, "other bytes"
    with lab.up(FORWARDS):
        lab.case("HTTP: curl fetches out of the NAT", fetch, lab.inside, OUTSIDE, 8000)
        lab.case("HTTP: curl fetches in by a forward", fetch, lab.outside, EXTERNAL, 8080)
        lab.case("HTTP: and around by its hairpin", fetch, lab.inside, EXTERNAL, 8080)


def ssh(lab):
    keys = lab.folder / "keys"
    keys.mkdir()
    for name in "host", "user":
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / name)], check=True)
    os.makedirs("/run/sshd", exist_ok=True)
    for space, port, address in (lab.outside, 2200, OUTSIDE), (lab.inside, 2200, INSIDE):
        lab.serve(space, "/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", str(keys / "host"), "-p", str(port),
                  "-o", f"AuthorizedKeysFile={keys}/user.pub", "-o", "StrictModes=no", "-o", "PermitRootLogin=yes",
                  "-o", "UsePAM=no", "-o", "PidFile=none", "-o", "UseDNS=no", port=port, address=address)
    client = ["ssh", "-i", str(keys / "user"), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
              "-o", "LogLevel=ERROR", "-o", "BatchMode=yes"]

    def login(space, server, port, seen):
        words = [*client, "-p", str(port), f"root@{server}"]
        who = space.run(*words, "echo $SSH_CONNECTION", stdout=subprocess.PIPE, text=True).stdout
        assert who.split()[0] == seen, f"the server sees {who}"
        zeros = digest(space, *words, f"head -c {BYTES} /dev/zero")
        assert zeros == hashlib.sha256(bytes(BYTES)).hexdigest(), "other bytes"
    with lab.up(FORWARDS):
        lab.case("SSH: out of the NAT", login, lab.inside, OUTSIDE, 2200, EXTERNAL)
        lab.case("SSH: in by a forward", login, lab.outside, EXTERNAL, 2222, OUTSIDE)


def ftp(lab):
    folder, wanted = site(lab)
    (folder / "incoming").mkdir()
    serve = ["/usr/bin/python3", "-m", "pyftpdlib", "-d", str(folder), "-w"]
    lab.serve(lab.outside, *serve, "-i", OUTSIDE, "-p", "2121", port=2121, address=OUTSIDE)
    # The server inside says the router's address and ports that are forwarded one to one.
    lab.serve(lab.inside, *serve, "-i", INSIDE, "-p", "2121", "-n", EXTERNAL, "-r", "50000-50002",
              port=2121, address=INSIDE)
    ports = ", ".join(f"{{tcp: {port}, to: {INSIDE}}}" for port in (2121, 50000, 50001, 50002))

    def passive(client, server, *how):
        words = ["curl", "-sS", "--max-time", "30", *how]
        assert digest(client, *words, f"ftp://{server}:2121/large") == wanted, "other bytes"
        assert "large" in client.run(*words, f"ftp://{server}:2121/", stdout=subprocess.PIPE, text=True).stdout
        client.run(*words, "-T", str(folder / "large"), f"ftp://{server}:2121/incoming/{server}{len(how)}")
        copy = folder / "incoming" / f"{server}{len(how)}"
        assert hashlib.sha256(copy.read_bytes()).hexdigest() == wanted, "other bytes came"
    with lab.up(f"{{masquerade: [wan0], forward: [{ports}]}}"):
        for how in (), ("--disable-epsv", "--no-ftp-skip-pasv-ip"):
            name = "PASV" if how else "EPSV"
            lab.case(f"FTP: {name} out of the NAT", passive, lab.inside, OUTSIDE, *how)
            lab.case(f"FTP: {name} in by forwards", passive, lab.outside, EXTERNAL, *how)


def discovery(lab):
    """turnutils_natdiscovery of coturn, against its server with two addresses and two ports."""
    lab.serve(lab.outside, "turnserver", "-n", "--stun-only", "-L", OUTSIDE, "-L", OTHER, "-p", "3478", "--no-cli",
              "--no-tls", "--no-dtls", "--log-file=stdout", "--pidfile", str(lab.folder / "turnserver.pid"),
              "--userdb", str(lab.folder / "turndb"), port=3478, address=OUTSIDE)

    def says(what, wanted, unwanted=()):
        output = lab.inside.run("turnutils_natdiscovery", what, "-L", INSIDE, OUTSIDE, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, errors="replace").stdout
        for text in wanted:
            assert text in output, f"no {text!r} in {output}"
        for text in unwanted:
            assert text not in output, f"{text!r} in {output}"
        # Whoever rewrites what looks like an address in a payload is found out here.
        assert "No ALG: Mapped == XOR-Mapped" in output and "UDP reflexive addr: " + EXTERNAL in output, output

    for filtering, text in FILTERINGS.items():
        with lab.up(f"{{masquerade: [wan0], filtering: {filtering}}}"):
            lab.case(f"coturn: {filtering}: mapping is endpoint-independent", says, "-m",
                     ["NAT with Endpoint Independent Mapping!"], ["Dependent Mapping!"])
            lab.case(f"coturn: {filtering}: filtering is as configured", says, "-f", [text],
                     [other for other in FILTERINGS.values() if other != text])
            lab.case(f"coturn: {filtering}: hairpins", says, "-H", ["Received a request (maybe a successful hairpinning)"])


CASES = {"http": http, "ssh": ssh, "ftp": ftp, "discovery": discovery}


def main():
    enter(300)
    lab = Lab()
    status = 1
    try:
        for name in sys.argv[1:] or CASES:
            functools.partial(CASES[name], lab)()
    finally:
        status = lab.end()
    sys.exit(status)


main()
