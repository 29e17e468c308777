#!/usr/bin/env python3
"""Long work shows how far it is on a terminal, and nothing when standard error is piped: a lab its virtual
time, a dump the part of its file. TAP on standard output."""
import os
import pathlib
import pty
import struct
import subprocess
import tempfile
import threading

from tap import finish, report

DOBOS = os.environ["DOBOS_COMMAND"]


def on_terminal(arguments):
    """What comes on a terminal that is standard error, and the exit code."""
    ours, theirs = pty.openpty()
    shown = []

    def read():
        try:
            while data := os.read(ours, 65536):
                shown.append(data)
        except OSError:
            pass

    reader = threading.Thread(target=read)
    with subprocess.Popen([DOBOS, *arguments], stdin=subprocess.DEVNULL, stderr=theirs,
                          stdout=subprocess.DEVNULL) as process:
        os.close(theirs)
        reader.start()
        try:
            code = process.wait(timeout=100)
        finally:
            process.kill()
    reader.join()
    os.close(ours)
    return b"".join(shown).decode(errors="replace"), code


def network_file(path, pings):
    """One that is busy for long: pings without end."""
    path.write_text(f"""
network: busy
segments: {{lan: {{}}}}
nodes:
  a: {{interfaces: {{eth0: {{segment: lan, addresses: [192.0.2.1/24]}}}}}}
  b: {{interfaces: {{eth0: {{segment: lan, addresses: [192.0.2.2/24]}}}}}}
script:
- {{node: a, run: ping -q -i 0.001 -c {pings} 192.0.2.2, expect: {{exit: 0, within: 90000s}}}}
""", encoding="ascii")


def capture_file(path, packets):
    """One that takes long to show."""
    frame = bytes(12) + b"\x08\x06" + bytes(46)
    packet = struct.pack("<IIII", 1, 2, len(frame), len(frame)) + frame
    path.write_bytes(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1) + packet * packets)


with tempfile.TemporaryDirectory() as directory:
    network, capture = pathlib.Path(directory, "busy.yaml"), pathlib.Path(directory, "large.pcap")
    lab = ["lab", str(network)]
    dump = ["dump", "--json", str(capture)]
    for title, arguments, wanted in (("a lab shows its virtual time", lab, "\rvirtual time "),
                                     ("a dump shows the part of its file", dump, "% of the file")):
        for work in (300000, 1500000, 5000000):  # more on a machine that had it done before it was shown
            network_file(network, work)
            capture_file(capture, work)
            text, code = on_terminal(arguments)
            if wanted in text:
                break
        good = code == 0 and wanted in text and text.endswith("\r\x1b[K")
        report(title, not good and f"exit {code}: {text[-200:]!r}")
        result = subprocess.run([DOBOS, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, check=False, timeout=100)
        report("and nothing when piped", (result.returncode or result.stderr) and result)
raise SystemExit(finish())
