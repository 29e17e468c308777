"""bind: the network nslookup_bind.yaml, and a program asked in the place of a node of it: BIND's, and ours."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

DOBOS = os.environ["DOBOS_COMMAND"]
LAB = str(pathlib.Path(__file__).with_name("nslookup_bind.yaml"))
NS, CACHE, FAILING, SILENT, NOBODY = (f"192.0.2.{n}" for n in range(1, 6))
LONG = ".".join(letter * 63 for letter in "abc") + "." + "d" * 48 + ".example.org"

# In the place of a node: asks all there is to ask, and tells.
DRIVER = """
import json, subprocess, sys
command, lines = json.load(open(sys.argv[1]))
for line in lines:
    done = subprocess.run([*command, *line], stdin=subprocess.DEVNULL, capture_output=True)
    print(json.dumps([done.returncode, done.stdout.hex(), done.stderr.hex()]))
"""


def ask_bind(command, node, lines):
    """Each line's exit status and what it wrote: standard output, standard error."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump([command, lines], file)
        file.flush()
        done = subprocess.run([DOBOS, "run", "-f", LAB, "-n", node, "--", sys.executable, "-c", DRIVER,
                               file.name], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"dobos run: {done.returncode}: {done.stderr}")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return [(code, bytes.fromhex(out), bytes.fromhex(error)) for code, out, error in told]


def ask_dobos(tool, node, line):
    done = subprocess.run([DOBOS, tool, "-f", LAB, "-n", node, *line], stdin=subprocess.DEVNULL,
                          capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr
