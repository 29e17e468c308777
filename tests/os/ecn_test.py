#!/usr/bin/env python3
"""ecn_test: explicit congestion notification between the kernel's TCP and ours, both ways over a line
that marks one frame in a hundred in place of losing it; speaks TAP. The kernel is asked what it saw.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

NETWORK = """\
network: marks
segments:
  lan: {rate: 50mbit, delay: 5ms, loss: 1%, ecn: true}
  fast: {}
nodes:
  pc:
    interfaces:
      eth0: {segment: lan, addresses: [10.0.1.2/24], routes: [{to: default, via: 10.0.1.1}]}
  gate:
    forwarding: true
    interfaces:
      lan0: {segment: lan, addresses: [10.0.1.1/24], queue: fq_codel}
      fast0: {segment: fast, addresses: [10.0.0.1/24]}
  server:
    tcp: {ecn: SETTING}
    interfaces:
      eth0: {segment: fast, addresses: [10.0.0.2/24], routes: [{to: default, via: 10.0.0.1}]}
    services: {echo: {}}
"""
BYTES = 2000000
# Run in the kernel's namespace: sends bytes, reads them back, and prints the kernel's counters.
PROGRAM = f"""\
import socket, threading
open('/proc/sys/net/ipv4/tcp_ecn', 'w').write('KERNEL')
connection = socket.create_connection(('10.0.0.2', 7))
got = 0
def read():
    global got
    while got < {BYTES}:
        data = connection.recv(65536)
        if not data:
            break
        got += len(data)
reader = threading.Thread(target=read)
reader.start()
connection.sendall(bytes({BYTES}))
reader.join()
print('echoed', got)
for name in 'netstat', 'snmp':
    lines = open('/proc/net/' + name).read().splitlines()
    for names, values in zip(lines[::2], lines[1::2]):
        for key, value in zip(names.split()[1:], values.split()[1:]):
            print(key, value)
"""


def counters_of(kernel, setting):
    with tempfile.TemporaryDirectory() as folder:
        network = pathlib.Path(folder) / "marks.yaml"
        network.write_text(NETWORK.replace("SETTING", setting), encoding="utf-8")
        done = subprocess.run(
            [os.environ["DOBOS_COMMAND"], "run", "--root", "-f", str(network), "--", "python3", "-c",
             PROGRAM.replace("KERNEL", kernel)], capture_output=True, text=True, timeout=50, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return {key: int(value) for key, value in (line.split() for line in done.stdout.splitlines())}


def marks_are_told_and_answered_both_ways():
    seen = counters_of("1", "on")
    assert seen["echoed"] == BYTES, seen
    assert seen["InCEPkts"] >= 3, seen
    assert seen["InECT0Pkts"] >= 500 and seen["InECT1Pkts"] == 0, seen
    assert seen["TCPDeliveredCE"] >= 3, seen


def host_that_would_tell_more_falls_back_to_what_the_kernel_asks():
    seen = counters_of("1", "accurate")
    assert seen["echoed"] == BYTES and seen["TCPDeliveredCE"] >= 3, seen


def kernel_without_gets_no_marks():
    seen = counters_of("0", "on")
    assert seen["echoed"] == BYTES, seen
    assert seen["InCEPkts"] == 0 and seen["InECT0Pkts"] == 0, seen


def host_without_sends_none():
    seen = counters_of("1", "off")
    assert seen["echoed"] == BYTES, seen
    assert seen["InCEPkts"] == 0 and seen["InECT0Pkts"] == 0, seen


def main():
    cases = [marks_are_told_and_answered_both_ways,
             host_that_would_tell_more_falls_back_to_what_the_kernel_asks,
             kernel_without_gets_no_marks, host_without_sends_none]
    print(f"1..{len(cases)}")
    failed = 0
    for number, case in enumerate(cases, 1):
        try:
            case()
            print(f"ok {number} - {case.__name__}")
        except (AssertionError, subprocess.TimeoutExpired) as wrong:
            failed += 1
            print(f"not ok {number} - {case.__name__}")
            print("# " + str(wrong).replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
