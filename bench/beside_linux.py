#!/usr/bin/env python3
"""TCP of ours beside the kernel's over the same cable element, in real time: a table, and whether it holds.

    bench/beside_linux.py [--build DIR] [--runs N] [--seconds N] [--skip N] [--congestion NAME]… [--at-once N]
                          [--least RATIO] [--again N]

For each of 12 cells (10 and 100 Mbit/s, 20 and 100 ms, 0, 0.1 and 1 % loss) and each algorithm, a flow of the kernel's
and one of ours to the same kernel's receiver, alternating, with the same seeds; medians of the runs, and their ratio.
The algorithm is set on both sides, TSO and GSO are off. Exit status 1 when a ratio is below --least (0.95).

Where losses rule, a run of half a minute meets only a few dozen, and the median of five runs varies by more than the
margin, the kernel's beside itself too. With --again a cell below --least is therefore measured with N further seeds,
and the medians of all its runs decide; both rows are printed.
"""
import argparse
import concurrent.futures
import itertools
import os
import statistics
import subprocess
import sys

CELLS = list(itertools.product((10, 100), (20, 100), (0, 0.1, 1)))


def measure(options, cell, congestion, who, seed):
    rate, rtt, loss = cell
    command = [os.path.join(options.build, 'bench/beside_linux'), '--rate', str(rate), '--rtt', str(rtt),
               '--loss', str(loss), '--congestion', congestion, f'--{who}-flows', '1', '--seed', str(seed),
               '--seconds', str(options.seconds), '--skip', str(options.skip)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=options.seconds + 30, check=False)
    if done.returncode != 0:
        sys.exit(f'{" ".join(command)}: exit {done.returncode}: {done.stderr}')
    return float(done.stdout.split('\t')[6])


class Row:
    """A cell with an algorithm: its runs, and what they say."""

    def __init__(self, options, pool, cell, congestion):
        self.options, self.pool, self.cell, self.congestion = options, pool, cell, congestion
        self.runs, self.ratio = [], 0.0
        self.measure(options.runs)

    def measure(self, count):
        """Begins COUNT runs more."""
        for seed in range(len(self.runs) + 1, len(self.runs) + count + 1):
            self.runs.append({who: self.pool.submit(measure, self.options, self.cell, self.congestion, who, seed)
                              for who in ('kernel', 'dobos')})

    def judge(self):
        """Waits for the runs, prints the row, returns the ratio of the medians."""
        kernel, dobos = (statistics.median(run[who].result() for run in self.runs) for who in ('kernel', 'dobos'))
        self.ratio = dobos / kernel
        print(*self.cell, self.congestion, len(self.runs), f'{kernel:.3f}', f'{dobos:.3f}', f'{self.ratio:.3f}',
              sep='\t', flush=True)
        return self.ratio


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', default='build')
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--seconds', type=int, default=60)
    parser.add_argument('--skip', type=int, default=30)
    parser.add_argument('--congestion', action='append')
    parser.add_argument('--at-once', type=int, default=4, help='measurements side by side')
    parser.add_argument('--least', type=float, default=0.95)
    parser.add_argument('--again', type=int, default=0, help='further runs of a cell below --least')
    parser.add_argument('--cell', action='append', help='RATE,RTT,LOSS: only these')
    return parser.parse_args()


def main():
    options = read_arguments()
    cells = CELLS
    if options.cell:
        wanted = [tuple(float(part) for part in cell.split(',')) for cell in options.cell]
        cells = [cell for cell in CELLS if tuple(map(float, cell)) in wanted]
    print('Mbit/s\tRTT ms\tloss %\talgorithm\truns\tkernel\tdobos\tratio')
    with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        rows = [Row(options, pool, cell, congestion)
                for congestion in options.congestion or ['cubic', 'reno', 'bbr'] for cell in cells]
        again = [row for row in rows if row.judge() < options.least and options.again]
        for row in again:
            row.measure(options.again)
        low = sum(row.judge() < options.least for row in again) if options.again else sum(
            row.ratio < options.least for row in rows)
    print(f'{low} of {len(rows)} below {options.least}')
    sys.exit(low > 0)


main()
