"""tap: what the tests of cli/ print, and how they end."""

LINES = 40
count = failed = 0


def report(title, problem=None):
    """problem: what is wrong, a text or a list of lines, of which some are shown; a false value: nothing is."""
    global count, failed
    count += 1
    failed += bool(problem)
    print(f"{'not ok' if problem else 'ok'} {count} - {title}", flush=True)
    if problem:
        lines = problem if isinstance(problem, list) else str(problem).splitlines()
        print("\n".join(f"# {line}" for line in lines[:LINES]), flush=True)


def finish():
    """Says that all has been reported; the exit status."""
    print(f"1..{count}")
    return 1 if failed else 0
