"""mutants: tests written as text that name their line of the code, and programs in which that line is another.

    mutate src/transport/tcp/rtt.c: OLD => NEW

OLD stands exactly once in that file (any white space counts as one blank); NEW takes its place in a
copy, which is compiled and linked with the tests' runner and with what is built.
check-mutants-dns and check-mutants-tcp look whether each test fails then.
"""
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECONDS = 30  # a mutant may run for ever
FLAGS = ["-std=c17", "-w", "-D_GNU_SOURCE"]


class Test:
    """One test, and the mutation that it names: (file, OLD, NEW), or None."""

    def __init__(self, line):
        self.place, mutation, self.title, *rest = line.split("\t")
        self.path = self.place.rsplit(":", 1)[0]
        self.behaviour = rest[0] if rest else None
        found = re.match(r"(\S+): (.*) => ?(.*)$", mutation)
        self.mutation = found.groups() if found else None

    def fault(self):
        """What is wrong with the mutation's text, or None."""
        if self.mutation is None:
            return "names no line: mutate FILE: OLD => NEW"
        path, old, new = self.mutation
        if not (ROOT / path).is_file():
            return f"no file {path}"
        if mutate((ROOT / path).read_text(encoding="utf-8"), old, new) is None:
            return f"stands not exactly once in {path}: {old}"
        return None

    def passes(self, binary):
        played = play(binary, ["--only", self.place, self.path])
        return played is not None and played.returncode == 0


def play(binary, words):
    """The runner's end and output; None: it ends badly, or not."""
    try:
        played = subprocess.run([binary, *words], timeout=SECONDS, capture_output=True, text=True,
                                check=False, errors="replace")
    except subprocess.TimeoutExpired:
        return None
    return played if played.returncode in (0, 1) else None


def tests_of(runner, paths):
    listed = subprocess.run([runner, "--list", *paths], capture_output=True, text=True, check=True)
    return [Test(line) for line in listed.stdout.splitlines()]


def mutate(text, old, new):
    """The text with the one place of `old` changed; None: there is none, or more."""
    found = list(re.finditer(r"\s+".join(re.escape(word) for word in old.split()), text))
    if len(found) != 1:
        return None
    return text[:found[0].start()] + new + text[found[0].end():]


class Bench:
    """Where mutants are built: the runner's objects, and the library as it is."""

    def __init__(self, build, folder, runner, reached, optimization):
        """runner: the folder of the runner's sources; reached: the sources that a mutated header may reach."""
        self.library, self.folder, self.reached = build / "libdobos_inner.a", folder, reached
        compiler = ["ccache", "cc"] if shutil.which("ccache") else ["cc"]
        self.compiler = [*compiler, *FLAGS, optimization, f"-iquote{runner}"]
        self.sources = sorted(runner.glob("*.c"))
        self.runner = self.compile(self.sources, folder, [])

    def compile(self, sources, folder, before):
        objects = []
        for source in sources:
            objects.append(folder / f"{source.parent.name}_{source.stem}.o")
            subprocess.run([*self.compiler, *before, f"-I{ROOT}/src", f"-I{ROOT}/include", "-c", str(source),
                            "-o", str(objects[-1])], check=True, capture_output=True, text=True)
        return objects

    def make(self, number, path, text):
        """The runner with a file's text in its place, and the folder it stands in."""
        folder = self.folder / str(number)
        place = folder / path
        place.parent.mkdir(parents=True)
        before = [f"-I{folder}/src", f"-I{folder}/include"]
        if path.endswith(".h"):
            for sibling in (ROOT / path).parent.glob("*.h"):  # "x.h" from beside goes first, too
                shutil.copy(sibling, place.parent)
            place.write_text(text, encoding="utf-8")
            objects = self.compile([*self.reached, *self.sources], folder, before)
        else:
            place.write_text(text, encoding="utf-8")
            objects = self.compile([place], folder, before) + self.runner
        subprocess.run(["cc", *map(str, objects), str(self.library), "-o", str(folder / "runner")], check=True,
                       capture_output=True, text=True)
        return folder / "runner", folder

    def faults(self, number, mutation, tests, also=lambda binary: None):
        """What is wrong with the tests of one mutation: (test, fault) each; and what `also` says of its program."""
        path, old, new = mutation
        text = mutate((ROOT / path).read_text(encoding="utf-8"), old, new)
        try:
            binary, folder = self.make(number, path, text)
        except subprocess.CalledProcessError as error:
            return [(test, f"the mutant is no program: {error.stderr[:300]}") for test in tests], None
        faults = [(test, f"passes though {path} has {new or 'nothing'} for {old}")
                  for test in tests if test.passes(binary)]
        said = also(binary)
        shutil.rmtree(folder)
        return faults, said


def faults_print(faults):
    for test, fault in faults:
        print(f"{test.place}: {test.title}: {fault}")
