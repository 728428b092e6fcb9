#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What "check" takes of the processor: the command itself, and its judgement as the host grows.

Usage: check.py MEASURE BENCH-CORE ESP-OFFLOADCTL WORKER [RUNS]

The command looks at this host with a policy of one bond and one conn, which need not be there: its
time is its own and that of what it starts. The judgement is of hosts made up: reading the files,
all checks and the plan of each bond, up to 64 bonds and 10,000 conns. Leaves with 1 when the
command takes 100 ms, or the largest host more than in proportion to a quarter of its conns.
"""
import os
import statistics
import subprocess
import sys
import tempfile

LIMIT_MS, GROWTH = 100, 1.25
POLICY = "version: 1\nbonds:\n  bond0:\n    connections: [example]\n"
SIZES = [(10, "1 bond, 10 conns"), (2500, "62 bonds, 2,500 conns"), (5000, "64 bonds, 5,000 conns"),
         (10000, "64 bonds, 10,000 conns")]


def run(measure, argv, statuses=(0,)):
    """Wall clock and processor time in ms, peak memory in MB."""
    out = subprocess.run([measure] + argv, stdout=subprocess.PIPE, cwd="/", check=True).stdout
    wall, cpu, memory, status = map(int, out.split())
    if status not in statuses:
        sys.exit(f"{argv}: exit status {status}")
    return wall / 1e3, cpu / 1e3, memory / 1024


def main():
    measure, core, ctl, worker = map(os.path.abspath, sys.argv[1:5])
    runs = int(sys.argv[5] if len(sys.argv) > 5 else os.environ.get("BENCH_RUNS", 15))
    results = {}

    with tempfile.TemporaryDirectory(prefix="bench-check-") as root:
        os.makedirs(os.path.join(root, "etc/esp-offloadd"))
        with open(os.path.join(root, "etc/esp-offloadd/config.yaml"), "w") as f:
            f.write(POLICY)
        for _ in range(runs):
            # 3: something is in the way, as on a host without such a bond.
            results.setdefault("esp-offloadctl check", []).append(
                run(measure, [ctl, "check", "--root=" + root, "--worker=" + worker], (0, 3)))
            for size, name in SIZES:
                results.setdefault(name, []).append(run(measure, [core, "each-bond", str(size)]))

    print(f"| check, median of {runs} | wall ms | processor ms | memory MB |\n|---|---|---|---|")
    medians = {}
    for name, figures in results.items():
        medians[name] = [statistics.median(column) for column in zip(*figures)]
        print(f"| {name} | " + " | ".join(f"{m:.1f}" for m in medians[name]) + " |")

    command = medians["esp-offloadctl check"][1]
    growth = medians[SIZES[-1][1]][1] / medians[SIZES[1][1]][1] / 4
    print(f"limits: the command {command:.1f} of {LIMIT_MS} ms; per conn, 10,000 take {growth:.2f} "
          f"times what 2,500 take, at most {GROWTH}")
    return int(command >= LIMIT_MS or growth > GROWTH)


if __name__ == "__main__":
    sys.exit(main())
