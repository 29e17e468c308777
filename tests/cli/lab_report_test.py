#!/usr/bin/env python3
"""Reports of dobos lab for machines: JUnit's XML and JSON, whatever a step writes; and ^C."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import xml.etree.ElementTree as xml

from tap import finish, report

DOBOS = os.environ["DOBOS_COMMAND"]
NETWORK = """
network: n
segments: {{lan: {{rate: 10mbit}}}}
nodes:
  a: {{interfaces: {{eth0: {{segment: lan, addresses: [192.0.2.1/24]}}}}}}
  b:
    interfaces: {{eth0: {{segment: lan, addresses: [192.0.2.2/24]}}}}
    services:
      http:
        pages: {{/: "bell \\a <b>&amp;</b> ]]> \\x1B[2J \\u20AC \\uFFFF 'q'", /big: {{size: 100MiB}}}}
script:
{script}
"""


def lab(directory, script, *options):
    file = pathlib.Path(directory, "net.yaml")
    file.write_text(NETWORK.format(script=script), encoding="utf-8")
    return subprocess.run([DOBOS, "lab", str(file), *options], capture_output=True, timeout=60, check=False)


def same(title, found, wanted):
    report(title, found != wanted and f"{found!r}, expected {wanted!r}")


SCRIPT = """
- {node: a, run: fetch http://192.0.2.2/, expect: {exit: 0, output: bell}}
- {node: a, run: ping -c 1 192.0.2.9, expect: {exit: 0, output: '"1 received" & <more>'}}
- {node: a, run: fetch -o x http://192.0.2.2/}
- {node: b, expect: {counter: {IpInReceives: '> 0'}}}
- {node: b, run: ping -c 2 -i 5 192.0.2.1, background: true, expect: {exit: 0, within: 1s}}
- {at: 50s, node: a, run: addr}
"""


def test_junit(directory):
    path = pathlib.Path(directory, "report.xml")
    result = lab(directory, SCRIPT, "--junit", str(path), "--until", "20s")
    same("the exit code is the verdict's", result.returncode, 1)
    try:
        root = xml.parse(path).getroot()
    except xml.ParseError as error:
        report("JUnit's XML is well-formed", f"{error}: {path.read_text()}")
        return
    report("JUnit's XML is well-formed", False)
    suite = root.find("testsuite")
    same("the suite is the network", suite.get("name"), "n")
    cases = suite.findall("testcase")
    same("every step is a case", (len(cases), suite.get("tests"), root.get("tests")), (6, "6", "6"))
    wrong = [case.get("name") for case in cases if case.find("failure") is not None]
    same("those that failed say so", (len(wrong), suite.get("failures")), (3, "3"))
    same("a failure says why", cases[1].find("failure").get("message"), "exit 1, expected 0")
    same("and all of it", '"1 received" & <more>' in cases[1].find("failure").text, True)
    same("a case has its node", cases[3].get("classname"), "n.b")
    same("and its time", [float(case.get("time")) >= 0 for case in cases], [True] * 6)
    out = cases[0].find("system-out").text
    same("what a step wrote is there, shown as text", "bell \\x07 <b>&amp;</b> ]]> \\x1b[2J €" in out, True)
    errors = cases[2].find("system-err")
    same("so is what it complained of", errors is not None and "dobos fetch" in errors.text, True)
    same("a step that never began failed", "never began" in cases[5].find("failure").text, True)


def test_json(directory):
    result = lab(directory, SCRIPT, "--json", "--until", "20s")
    same("the exit code stays", result.returncode, 1)
    document = json.loads(result.stdout)
    same("JSON is all there is", result.stdout.count(b"\n"), 1)
    same("it has the verdict", (document["network"], document["passed"], document["failed"]), ("n", False, 4))
    same("and every step once, as they ended",
         [step["step"] for step in document["steps"]], [1, 2, 3, 4, 5, 6])
    first = document["steps"][0]
    same("a step has its line, node, command and exit code",
         (first["line"], first["node"], first["command"], first["exit"]),
         (13, "a", "fetch http://192.0.2.2/", 0))
    same("its bytes are whole", "bell \a <b>" in first["output"] and "\uffff" in first["output"], True)
    same("a step that never began has no time", document["steps"][5]["began"], None)
    same("text comes without --json", lab(directory, SCRIPT).stdout.splitlines()[-1], b"4 held, 3 failed")


def test_refused(directory):
    result = lab(directory, SCRIPT, "--junit", "/nonexistent/report.xml")
    same("a report that cannot be written is said before anything runs",
         (result.returncode, result.stdout), (2, b""))


def test_interrupt(directory):
    capture, junit = (pathlib.Path(directory, name) for name in ("c.pcapng", "i.xml"))
    script = "- {node: a, run: ping -c 1 192.0.2.2}\n- {node: a, run: fetch -o /dev/null http://192.0.2.2/big}\n" \
             "- {node: a, run: fetch --sha256 http://192.0.2.2/big, expect: {within: 1h}}\n- {node: a, run: addr}\n"
    file = pathlib.Path(directory, "i.yaml")
    file.write_text(NETWORK.format(script=script), encoding="utf-8")
    with subprocess.Popen([DOBOS, "lab", str(file), "--capture", f"lan={capture}", "--junit", str(junit)],
                          stdout=subprocess.PIPE) as process:
        line = process.stdout.readline()
        same("a report is shown while it goes on", line.startswith(b"[0.000000] a: ping"), True)
        while line and b"sha256" not in line:
            line = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        same("^C ends it, as a signal does", process.wait(timeout=60), -signal.SIGINT)
    same("and is told", rest.splitlines()[-1].endswith(b", interrupted"), True)
    same("steps that were left out are told", b"never began: interrupted" in rest, True)
    dump = subprocess.run([DOBOS, "dump", str(capture)], capture_output=True, timeout=60, check=False)
    same("the capture is whole", (dump.returncode, dump.stderr), (0, b""))
    same("so is the report", len(xml.parse(junit).getroot().findall("*/testcase")), 4)


with tempfile.TemporaryDirectory() as scratch:
    for test in (test_junit, test_json, test_refused, test_interrupt):
        test(scratch)
raise SystemExit(finish())
