#!/usr/bin/env python3
"""The command from outside: help, options in either order, exit codes, JSON, captures, bad input."""
import json
import os
import pathlib
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile

from tap import finish, report

DOBOS = os.environ["DOBOS_COMMAND"]
LABS = pathlib.Path(os.environ["DOBOS_SOURCE_ROOT"]) / "labs"
HOME, BOOK = str(LABS / "home.yaml"), str(LABS / "book.yaml")
NODE_TOOLS = ["addr", "route", "neigh", "ss", "stat", "ping", "trace", "fetch"]
COMMANDS = NODE_TOOLS + ["maddr", "nat", "dns", "run", "lab", "dump", "calc", "services"]
# What each tool is asked at the laptop.
QUESTIONS = {
    "addr": [], "route": [], "ss": ["-tua"], "stat": ["-a"],
    "neigh": [], "trace": ["-q", "1", "203.0.113.80"],
    "ping": ["-c", "1", "203.0.113.80"], "fetch": ["http://www.example.org/"],
}
# AddressSanitizer takes terabytes of addresses: there no limit can be set.
SANITIZED = b"__asan_init" in pathlib.Path(DOBOS).read_bytes()


def run(*arguments, **options):
    options.setdefault("timeout", 60)
    return subprocess.run([DOBOS, *arguments], capture_output=True, text=True, check=False, **options)


def expect(title, arguments, status, out=None, error=None, **options):
    """Runs; wants that exit status, and pieces of text in what it writes ('' means nothing at all)."""
    result = run(*arguments, **options)
    problem = []
    if result.returncode != status:
        problem.append(f"exit {result.returncode}, not {status}")
    for name, wanted, found in (("out", out, result.stdout), ("error", error, result.stderr)):
        if wanted == "" and found or wanted and wanted not in found:
            problem.append(f"standard {name} is {found!r}, expected {wanted!r}")
    report(title, "; ".join(problem) and "; ".join(problem) + f" (error: {result.stderr!r})")
    return result


def test_general():
    expect("--version says which", ["--version"], 0, "dobos 0.", "")
    result = expect("--help exits 0", ["--help"], 0, "Usage: dobos", "")
    missing = [c for c in COMMANDS if f"\n  {c} " not in result.stdout]
    report("--help lists every command", missing)
    expect("nothing at all is wrong usage", [], 2, "", "Usage: dobos")
    expect("an unknown command is refused", ["nosuch"], 2, "", "dobos: 'nosuch': no such command")
    expect("an unknown option is refused", ["--nosuch"], 2, "", "dobos: --nosuch: unknown option")


def test_every_command():
    for command in COMMANDS:
        expect(f"{command} --help exits 0", [command, "--help"], 0, "Usage: dobos " + command, "")
        result = run(command, "--nosuch", "x")
        wanted = 125 if command == "run" else 2
        problem = None
        if result.returncode != wanted or "nosuch" not in result.stderr or result.stdout:
            problem = f"exit {result.returncode}: {result.stdout!r} {result.stderr!r}"
        report(f"{command} refuses an unknown option", problem)


def test_node_options():
    for tool in NODE_TOOLS:
        expect(f"{tool} without a network says how", [tool, *QUESTIONS[tool]], 2, "", "-f NET.yaml")
        question = QUESTIONS[tool]
        expect(f"{tool} answers", [tool, "-f", HOME, "-n", "laptop", *question], 0, None, "")
        before = run("-f", HOME, "-n", "laptop", tool, *question)
        behind = run(tool, "-f" + HOME, "--node=laptop", *question)
        last = run(tool, *question, "--file", HOME, "--node", "laptop")
        same = before.stdout == behind.stdout == last.stdout and (before.stdout or tool == "neigh")
        report(f"{tool} takes -f and -n in any place", not same and f"{before}\n{behind}\n{last}")
        for spelling in (["--json", tool, "-f", HOME], [tool, "-f", HOME, "--json"]):
            result = run(*spelling, "-n", "laptop", *question)
            try:
                json.loads(result.stdout)
                problem = result.returncode and result
            except json.JSONDecodeError as reason:
                problem = f"{reason}: {result.stdout!r} {result.stderr!r}"
            report(f"{' '.join(spelling[:2])} is JSON", problem)
    expect("an unknown node is refused with those there are", ["addr", "-f", HOME, "-n", "nosuch"],
           2, "", "nosuch: no such node; the network home has laptop, router, www")
    expect("a missing node is refused with those there are", ["addr", "-f", HOME], 2, "",
           "-n NODE is missing; the network home has laptop")
    expect("-n wants a value", ["addr", "-f", HOME, "-n"], 2, "", "--node: expected a value")
    for words in (["-N", "home", "addr"], ["addr", "-Nhome"], ["ss", "--network=home"]):
        expect(f"{' '.join(words)} is not there", words, 2, "", "home: no network of that name is live")
    expect("nothing is live", ["addr", "-n", "laptop"], 2, "", "no network is live")
    expect("-f and -N are two networks", ["addr", "-f", HOME, "-N", "home"], 2, "", "expected one of")
    expect("a seed is a number", ["addr", "--seed", "x"], 2, "", "--seed: 'x': expected a whole number")
    expect("fetch keeps its own -f", ["fetch", "-f", HOME, "-n", "laptop", "-f",
                                      "http://www.example.org/nosuch"], 22, "", "(22)")
    expect("-f behind fetch's own words is explained", ["fetch", "http://h/", "-f", HOME], 2, "",
           "-f behind the tool's own arguments is the tool's")
    expect("wrong arguments are told before the network", ["ping", "-c", "x", "-f", "/nosuch"], 2, "",
           "dobos ping: -c: 'x': expected a whole number from 1 to 2147483647")


def test_network_files(scratch):
    expect("a file that is not there", ["addr", "-f", "/nosuch.yaml", "-n", "x"], 2, "", "/nosuch.yaml")
    expect("a folder", ["addr", "-f", scratch, "-n", "x"], 2, "", scratch)
    bad = os.path.join(scratch, "bad.yaml")
    text = pathlib.Path(HOME).read_text(encoding="utf-8")
    pathlib.Path(bad).write_text(text.replace("network: home", "network: home\nsegmets: {}"),
                                 encoding="utf-8")
    for command in (["addr", "-n", "laptop", "-f"], ["lab"]):
        expect(f"{command[0]}: a wrong key has its place", [*command, bad], 2, "", "bad.yaml:13:1")


def test_lab(scratch):
    expect("lab exits 0 when all held", ["lab", HOME], 0, "0 failed", "")
    expect("lab takes -f as the tools do", ["-f", HOME, "lab"], 0, "0 failed", "")
    expect("a border holds", ["lab", str(LABS / "border.yaml")], 0, "0 failed", "")
    for seed in ("0", "1", "2"):
        expect(f"a storm is lived through, seed {seed}", ["lab", str(LABS / "storm.yaml"), "--seed", seed], 0, "0 failed", "")
        expect(f"packets cross providers, seed {seed}", ["lab", str(LABS / "isp.yaml"), "--seed", seed], 0, "0 failed", "")
    failing = os.path.join(scratch, "failing.yaml")
    text = pathlib.Path(HOME).read_text(encoding="utf-8").split("\nscript:")[0]
    script = "\nscript:\n  - {node: laptop, run: ping -c 1 192.168.0.77, expect: {exit: 0}}\n"
    pathlib.Path(failing).write_text(text + script, encoding="utf-8")
    expect("lab exits 1 when something failed", ["lab", failing], 1, "FAILED", "")
    silent = os.path.join(scratch, "silent.yaml")
    pathlib.Path(silent).write_text(text, encoding="utf-8")
    expect("lab without script and --until", ["lab", silent], 2, "", "has no script: --until")
    expect("lab without script, --until", ["lab", silent, "--until", "5s"], 0, "", "")
    expect("lab --until wants a time", ["lab", silent, "--until", "soon"], 2, "", "--until: 'soon'")
    expect("lab --live has no report", ["lab", silent, "--live", "--json"], 2, "", "runs no script")
    expect("lab -N is for --live", ["lab", silent, "-N", "x"], 2, "", "expected --live")
    expect("lab wants a file", ["lab"], 2, "", "expected a network")
    expect("lab wants one file", ["lab", HOME, BOOK], 2, "", "expected one network only")
    expect("lab --seed wants a number", ["lab", HOME, "--seed", "-1"], 2, "", "--seed: '-1'")
    expect("lab has JSON, asked for before its name too", ["--json", "lab", HOME], 0, '"passed":true', "")
    expect("lab is no question to a node", ["-n", "laptop", "lab", HOME], 2, "", "not one node of it")
    expect("run has no JSON", ["--json", "run", "--", "true"], 125, "", "the program's own output")
    for value in ("lan", "=x", "lan=", "nosuch=" + os.path.join(scratch, "x.pcapng")):
        expect(f"lab --capture {value.split('/')[0]} is refused", ["lab", HOME, "--capture", value], 2)
    expect("lab --capture into nowhere", ["lab", HOME, "--capture", "lan=/nosuch/x.pcapng"], 2, None,
           "/nosuch/x.pcapng")
    first, second = run("lab", HOME, "--seed", "7"), run("lab", HOME, "--seed", "7")
    report("the same seed gives the same text", first.stdout != second.stdout)


def follow(capture, packets, scratch):
    """dump --packet: a packet at each hop."""
    lan = os.path.join(scratch, "lan.pcapng")
    expect("lab captures the other segment", ["lab", HOME, "--capture", "lan=" + lan], 0)
    number = next(p["packet"] for p in packets if p["layers"][-1].get("line") != "" and
                  any(text.startswith("forwarded by router") for text in p["comments"]))
    words = ["dump", "--packet", str(number)]
    text = expect("dump --packet follows one", [*words, capture, lan], 0, "changed since lan:", "").stdout
    frames = re.findall(r"^Frame \d+ \S+ (\w+) ", text, re.M)
    report("... in the order of time, whatever that of the files", frames != ["lan", "access"])
    report("... and says what has changed", "    IPv4 ttl 64 -> 63\n" not in text
           or not re.search(r"    IPv4 checksum 0x\w{4} -> 0x\w{4}\n", text))
    lines = expect("... as objects", [*words, "--json", lan, capture], 0, None, "").stdout.splitlines()
    first, last = (json.loads(line) for line in lines)
    report("... whose changes are named", "changes" in first or last["since"] != "lan" or
           {"layer": "IPv4", "field": "ttl", "before": 64, "after": 63} not in last["changes"])
    expect("a packet that is not there", ["dump", "--packet", "99999", lan, capture], 1, "",
           "packet 99999 is not there; the largest number is")
    expect("a packet of no number", ["dump", "--packet", "0", lan], 2, "", "--packet: '0'")
    bare = os.path.join(scratch, "bare.pcap")
    with open(bare, "wb") as file:
        file.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
                   + struct.pack("<IIII", 1, 2, 14, 14) + bytes(14))
    expect("a capture without comments", ["dump", "--packet", "1", bare], 2, "",
           "no frame has a comment with a packet's number")


def test_dump(scratch):
    capture = os.path.join(scratch, "access.pcapng")
    expect("lab captures two segments to two files", ["lab", HOME, "--capture", "lan=" + capture,
                                                      "--capture", "access=" + capture], 2, "",
           "expected a file of its own for each segment")
    expect("a capture is written", ["lab", HOME, "--capture", "access=" + capture], 0, None, "")
    whole = expect("dump shows it layer by layer", ["dump", capture], 0, "\n      ICMP", "").stdout
    size = os.path.getsize(capture)
    for other in ("nosuch", "access"):
        expect(f"lab refuses to capture {other} too", ["lab", HOME, "--capture", "access=" + capture,
                                                      "--capture", other + "=" + capture + "2"], 2)
    if os.path.getsize(capture) != size:
        raise SystemExit("a refused capture emptied a file")
    lines = expect("dump --json", ["dump", "--json", capture], 0, None, "").stdout.splitlines()
    packets = [json.loads(line) for line in lines]
    report("dump --json has a packet a line, numbered",
           [p["number"] for p in packets] != list(range(1, len(packets) + 1)) or len(packets) < 10)
    report("dump --json names interface and layers",
           any(p["interface"] != "access" or p["layers"][0]["layer"] != "Ethernet" for p in packets))
    first = expect("dump -c stops", ["dump", "-c", "1", capture], 0, None, "").stdout
    report("dump -c shows the first packets", first + "Frame 2 " not in whole[:len(first) + 9])
    with open(capture, "rb") as file:
        data = file.read()
    piped = subprocess.run([DOBOS, "dump", "-"], input=data, capture_output=True, check=False)
    report("dump reads standard input", piped.stdout.decode() != whole)
    bad = os.path.join(scratch, "bad")
    for title, content, status, text in (
            ("cut in a packet", data[:-7], 1, "byte "),
            ("an empty file", b"", 2, "byte 0"),
            ("a text", b"no capture at all", 2, "byte 0"),
            ("an old capture of nothing", struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1), 0, ""),
            ("one cut in its header", struct.pack(">IHHI", 0xa1b23c4d, 2, 4, 0), 2, "byte 0: file ends"),
            ("one of another version", struct.pack("<IHHIIII", 0xa1b2c3d4, 3, 4, 0, 0, 65535, 1), 2,
             "unknown version")):
        pathlib.Path(bad).write_bytes(content)
        expect(f"dump of {title}", ["dump", bad], status, None, text)
    expect("dump of a file that is not there", ["dump", "/nosuch"], 2, "", "No such file")
    expect("dump of a folder", ["dump", scratch], 2, "", "Is a directory")
    expect("dump of nothing", ["dump"], 2, "", "expected a capture")
    twice = expect("dump of two", ["dump", capture, capture], 0, None, "").stdout
    report("dump of two shows one after the other", twice != whole + whole)
    follow(capture, packets, scratch)
    expect("dump -c wants a number", ["dump", "-c", "0", capture], 2, "", "-c: '0'")


def test_output():
    with open("/dev/full", "w", encoding="utf-8") as full:
        for arguments in (["calc", "10.0.0.1/8"], ["--help"], ["addr", "-f", BOOK, "-n", "host"],
                          ["run", "--help"], ["lab", "--usage"]):
            result = subprocess.run([DOBOS, *arguments], stdout=full, stderr=subprocess.PIPE, text=True,
                                    check=False)
            report(f"{arguments[0]} says when its output is lost",
                   result.returncode != 1 or "No space left" not in result.stderr)


def test_long_output():
    """What a tool writes is shown while it writes, is not kept, and ^C ends it as it ends the model."""
    endless = [DOBOS, "ping", "-f", HOME, "-n", "laptop", "-c", "1000000000", "203.0.113.80"]
    with subprocess.Popen(endless, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))
                          if not SANITIZED else None) as ping:
        for _ in range(100000):
            last = ping.stdout.readline()
        report("an endless ping shows its answers", "icmp_seq=99999 " not in last and last)
        ping.send_signal(signal.SIGINT)
        out, error = ping.communicate(timeout=60)
    report("^C makes ping print its statistics", "ping statistics" not in out and out[-300:] + error)
    report("and exit 0, as there were answers", ping.returncode)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["XDG_RUNTIME_DIR"] = scratch  # nothing is live there
        test_general()
        test_every_command()
        test_node_options()
        test_network_files(scratch)
        test_lab(scratch)
        test_dump(scratch)
        test_output()
        test_long_output()
    return finish()


sys.exit(main())
